package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of listening and connecting.
var (
	ErrAddressTaken = fault.Define(fault.Conflict, "serve.address.taken",
		"another process already listens on {address}; stop it or choose another address",
		"адрес {address} уже занят другим процессом; остановите его или выберите другой адрес",
		"{address} мекенжайын басқа процесс алып тұр; оны тоқтатыңыз немесе басқа мекенжай таңдаңыз")
	ErrNotASocket = fault.Define(fault.Invalid, "serve.address.not_a_socket",
		"{path} exists and is not a socket; choose another path or move the file away",
		"{path} существует и не является сокетом; выберите другой путь или уберите файл",
		"{path} бар, бірақ сокет емес; басқа жол таңдаңыз немесе файлды орнынан алыңыз")
	ErrUnknownService = fault.Define(fault.Unavailable, "serve.service.unknown",
		"the service {service} neither runs in this process nor has an address; add it to --target or give its address",
		"сервис {service} не запущен в этом процессе и не имеет адреса; добавьте его в --target или укажите адрес",
		"{service} сервисі бұл процесте іске қосылмаған әрі мекенжайы жоқ; оны --target тізіміне қосыңыз немесе мекенжайын көрсетіңіз")
	ErrPlainNetwork = fault.Define(fault.Invalid, "serve.address.plain",
		"{address} is on another machine and needs TLS, because identities go over the wire; run qoyma keys init, or allow plain connections in a closed network",
		"{address} находится на другой машине и требует TLS: по сети передаются подтверждения личности; выполните qoyma keys init или разрешите открытые соединения в закрытой сети",
		"{address} басқа машинада, сондықтан TLS керек: желімен жеке басты растау беріледі; qoyma keys init орындаңыз немесе жабық желіде ашық қосылуға рұқсат беріңіз")
)

func listen(address string) (net.Listener, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return listenUnix(path)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, ErrAddressTaken.With("address", address).Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// listenUnix listens on a socket file that only its owner can use. A file left by a dead
// process is replaced; one that answers is refused (ErrAddressTaken), and so is a file
// that is no socket (ErrNotASocket).
//
// The socket is bound under another name, closed to others and then renamed, so that it
// never stands at its path with wider permissions. If we crash before the rename, a file
// with a random name is left, which does no harm.
func listenUnix(path string) (net.Listener, error) {
	if err := unixFree(path); err != nil {
		return nil, err
	}
	draft := path + "." + rand.Text()[:8]
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: draft, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on unix:%s: %w", path, err)
	}
	l.SetUnlinkOnClose(false) // it would remove the draft's name
	if err := os.Chmod(draft, 0o600); err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(draft))
	}
	if err := os.Rename(draft, path); err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(draft))
	}
	made, err := os.Lstat(path)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &unixListener{UnixListener: l, path: path, made: made}, nil
}

func unixFree(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return ErrNotASocket.With("path", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return errors.Join(ErrAddressTaken.With("address", "unix:"+path), conn.Close())
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil // its process is dead
	default:
		return ErrAddressTaken.With("address", "unix:"+path).Because(err)
	}
}

// unixListener removes its socket file when closed, if the file is still its own.
type unixListener struct {
	*net.UnixListener
	path string
	made fs.FileInfo
	once sync.Once
	err  error
}

func (l *unixListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

func (l *unixListener) Close() error {
	l.once.Do(func() {
		l.err = l.UnixListener.Close()
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.made) {
			l.err = errors.Join(l.err, os.Remove(l.path))
		}
	})
	return l.err
}
