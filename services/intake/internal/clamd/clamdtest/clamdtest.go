// Package clamdtest is a daemon that speaks clamd's protocol and answers as a test wants. It is
// test support.
package clamdtest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Version is how the daemon names itself unless it is told otherwise.
const Version = "ClamAV 1.4.2/27500/Mon Jan  6 09:00:00 2025"

// Malware is the content in which the daemon finds Name.
const (
	Malware = "EVIL"
	Name    = "Test.Malware-1"
)

// Daemon is a running one. Its fields may be changed between calls.
type Daemon struct {
	Address string // as it is configured

	mu    sync.Mutex
	say   func(command, content string) string
	limit int
	hear  sync.WaitGroup
}

// Start runs one on a unix socket until the test ends.
func Start(t *testing.T) *Daemon {
	t.Helper()
	return run(t, "unix", filepath.Join(t.TempDir(), "clamd"))
}

// StartTCP runs one on a port of this machine.
func StartTCP(t *testing.T) *Daemon {
	t.Helper()
	return run(t, "tcp", "127.0.0.1:0")
}

func run(t *testing.T, network, address string) *Daemon {
	t.Helper()
	lis, err := new(net.ListenConfig).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{Address: lis.Addr().String(), say: Honest}
	if network == "unix" {
		d.Address = "unix:" + d.Address
	}
	d.hear.Go(func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			d.hear.Go(func() { d.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = lis.Close()
		d.hear.Wait()
	})
	return d
}

// Honest answers as ClamAV does. Every answer ends with NUL.
func Honest(command, content string) string {
	switch {
	case command == "VERSION":
		return Version + "\x00"
	case strings.Contains(content, Malware):
		return "stream: " + Name + " FOUND\x00"
	}
	return "stream: OK\x00"
}

// Say sets what is answered, its end included; nil: nothing ever, until the caller goes away.
func (d *Daemon) Say(say func(command, content string) string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.say = say
}

// Limit refuses streams of more bytes, in the middle, as StreamMaxLength does; 0: none.
func (d *Daemon) Limit(bytes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limit = bytes
}

func (d *Daemon) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	d.mu.Lock()
	say, limit := d.say, d.limit
	d.mu.Unlock()
	in := bufio.NewReader(conn)
	command, err := in.ReadString(0)
	if err != nil {
		return
	}
	command = strings.Trim(command, "z\x00")
	content := new(strings.Builder)
	for command == "INSTREAM" {
		var size uint32
		if binary.Read(in, binary.BigEndian, &size) != nil {
			return
		}
		if size == 0 {
			break
		}
		if limit > 0 && content.Len()+int(size) > limit {
			_, _ = io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
			return
		}
		if _, err := io.CopyN(content, in, int64(size)); err != nil {
			return
		}
	}
	if say == nil {
		_, _ = io.Copy(io.Discard, in)
		return
	}
	_, _ = io.WriteString(conn, say(command, content.String()))
}
