// Package clamd asks a running ClamAV daemon whether files hold malware: the commands VERSION
// and INSTREAM of clamd(8), over a unix socket or TCP. Only the bytes travel, so that the daemon
// needs no access to the archive's folders and may run on another machine.
//
// There are three answers: clean, found, and no answer. Whatever is not plainly one of the first two is
// the third: a file that nobody looked at must never pass for clean.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var (
	// BadAddress refuses an address at the start, before anybody relies on a scanner.
	BadAddress = fault.Define(fault.Invalid, "clamd.address",
		"“{address}” is no address of clamd; write unix:/path/of/the/socket or host:port",
		"«{address}» не адрес clamd; укажите unix:/путь/к/сокету или хост:порт",
		"«{address}» clamd мекенжайы емес; unix:/сокет/жолы немесе хост:порт деп жазыңыз")
	// Down is every kind of no answer.
	Down = fault.Define(fault.Unavailable, "clamd.down",
		"the malware scanner does not answer, and nothing is taken unscanned; try again later, and tell the administrator if it lasts",
		"антивирусная проверка не отвечает, а без неё ничего не принимается; повторите позже, а если не пройдёт, сообщите администратору",
		"зиянды бағдарламаларды тексергіш жауап бермейді, ал тексерусіз ештеңе қабылданбайды; кейінірек қайталаңыз, түзелмесе, әкімшіге хабарлаңыз")
	// TooLarge is the daemon's own bound (StreamMaxLength): only its administrator can raise it.
	TooLarge = fault.Define(fault.Unavailable, "clamd.too_large",
		"the file {path} of {size} bytes is larger than the malware scanner takes; ask the administrator to raise StreamMaxLength, then try again",
		"файл {path} ({size} байт) больше, чем принимает антивирусная проверка; попросите администратора увеличить StreamMaxLength и повторите",
		"{path} файлы ({size} байт) зиянды бағдарламаларды тексергіш қабылдайтыннан үлкен; әкімшіден StreamMaxLength мәнін арттыруды сұрап, қайталаңыз")
)

// Bounds of one conversation.
const (
	// chunk is how much of a file is sent at a time.
	chunk = 256 << 10
	// maxReply is the longest reply that is read, in bytes; the daemon's are a line.
	maxReply = 4 << 10
	// maxVersion is what fits on an act, in bytes.
	maxVersion = 200
	// patience is how long a chunk may take to be accepted, and a reply to come: a large archive
	// is unpacked behind its last byte (clamd's MaxScanTime is 120 s).
	patience = 150 * time.Second
	// reach is how long a daemon may take to be reached.
	reach = 10 * time.Second
)

// Scanner is a configured daemon. It may be used by several goroutines at once.
type Scanner struct {
	// Patience bounds each step of a conversation; it is set before the first call.
	Patience         time.Duration
	network, address string
}

// New takes an address: "unix:/path" or "host:port". Errors: BadAddress.
func New(address string) (*Scanner, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if !strings.HasPrefix(path, "/") {
			return nil, BadAddress.With("address", address)
		}
		return &Scanner{Patience: patience, network: "unix", address: path}, nil
	}
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
		return nil, BadAddress.With("address", address)
	}
	return &Scanner{Patience: patience, network: "tcp", address: address}, nil
}

// Version is how the daemon names itself and its database: "ClamAV 1.4.2/27500/Mon Jan  6 …".
// Errors: Down.
func (s *Scanner) Version(ctx context.Context) (string, error) {
	reply, err := s.ask(ctx, "VERSION", nil)
	if err == nil && (!strings.HasPrefix(reply, "ClamAV ") || !printable(reply) || len(reply) > maxVersion) {
		err = fmt.Errorf("a strange version: %q", reply)
	}
	if err != nil {
		return "", Down.With().Because(err)
	}
	return reply, nil
}

// Scan gives the name of the malware in what r reads, empty where it is clean; path and size are
// for the fault's text. Errors: Down, TooLarge, and r's own.
func (s *Scanner) Scan(ctx context.Context, path string, size int64, r io.Reader) (malware string, err error) {
	from := &source{r: r}
	reply, err := s.ask(ctx, "INSTREAM", from)
	if from.failed != nil {
		return "", fmt.Errorf("scan %s: %w", path, from.failed)
	}
	var verdict Verdict
	if err == nil {
		verdict, err = Parse(reply)
	}
	switch {
	case err != nil:
		return "", Down.With().Because(err)
	case verdict.TooLarge:
		return "", TooLarge.With("path", path, "size", size)
	case from.n != size:
		return "", Down.With().Because(fmt.Errorf("%d of %d bytes were looked at", from.n, size))
	}
	return verdict.Malware, nil
}

// Verdict is what a reply to INSTREAM says; its zero value is clean.
type Verdict struct {
	Malware  string
	TooLarge bool
}

// errNonsense is a reply that says neither clean nor found.
var errNonsense = errors.New("clamd: no reply that we know")

// Parse reads a reply without its end: "stream: OK", "stream: NAME FOUND", or the refusal of a
// stream that is too long. Everything else is an error.
func Parse(reply string) (Verdict, error) {
	if reply == "INSTREAM size limit exceeded. ERROR" {
		return Verdict{TooLarge: true}, nil
	}
	said, ok := strings.CutPrefix(reply, "stream: ")
	if ok && said == "OK" {
		return Verdict{}, nil
	}
	if name, found := strings.CutSuffix(said, " FOUND"); ok && found && name != "" && printable(name) {
		return Verdict{Malware: name}, nil
	}
	return Verdict{}, fmt.Errorf("%w: %q", errNonsense, reply)
}

// printable keeps what stands in events and on papers to ASCII of one line.
func printable(s string) bool {
	for _, b := range []byte(s) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}

// ask has one conversation on a connection of its own: a command ended by NUL, the content in
// chunks behind their sizes, a reply ended by NUL.
func (s *Scanner) ask(ctx context.Context, command string, content *source) (reply string, err error) {
	dialer := net.Dialer{Timeout: min(s.Patience, reach)}
	conn, err := dialer.DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }() // what was said is said
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	err = s.write(conn, []byte("z"+command+"\x00"))
	if err == nil && content != nil {
		err = s.stream(conn, content)
		if content.failed != nil {
			return "", content.failed // the daemon waits for an end that does not come
		}
	}
	// A daemon that has had enough answers and closes while we still write: its answer counts.
	reply, heard := s.read(conn)
	if heard != nil {
		return "", errors.Join(err, heard)
	}
	if err != nil && reply != "INSTREAM size limit exceeded. ERROR" {
		return "", fmt.Errorf("it answered %q before it had heard all: %w", reply, err)
	}
	return reply, nil
}

func (s *Scanner) stream(conn net.Conn, content io.Reader) error {
	buffer := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(content, buffer[4:])
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return err
		}
		if n > 0 {
			binary.BigEndian.PutUint32(buffer, uint32(n))
			if err := s.write(conn, buffer[:4+n]); err != nil {
				return err
			}
		}
		if ended {
			return s.write(conn, make([]byte, 4)) // a chunk of no bytes ends the stream
		}
	}
}

func (s *Scanner) write(conn net.Conn, p []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(s.Patience)); err != nil {
		return err
	}
	_, err := conn.Write(p)
	return err
}

func (s *Scanner) read(conn net.Conn) (string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(s.Patience)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadString(0)
	if err != nil {
		return "", fmt.Errorf("%w: %q: %w", errNonsense, line, err)
	}
	return strings.TrimRight(line, "\x00\n"), nil
}

// source counts what was read, and tells our disk's failures from the daemon's.
type source struct {
	r      io.Reader
	n      int64
	failed error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}
