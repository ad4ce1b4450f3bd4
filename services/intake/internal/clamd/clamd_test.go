package clamd

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/qoyma/qoyma/services/intake/internal/clamd/clamdtest"
)

func at(t *testing.T, address string) *Scanner {
	t.Helper()
	s, err := New(address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func scan(ctx context.Context, s *Scanner, text string) (string, error) {
	return s.Scan(ctx, "a/b", int64(len(text)), strings.NewReader(text))
}

func TestCleanAndFound(t *testing.T) {
	large := strings.Repeat("x", 3*chunk+1)
	for name, d := range map[string]*clamdtest.Daemon{"unix": clamdtest.Start(t), "tcp": clamdtest.StartTCP(t)} {
		s := at(t, d.Address)
		if v, err := s.Version(t.Context()); v != clamdtest.Version || err != nil {
			t.Errorf("%s: %q %v", name, v, err)
		}
		for text, want := range map[string]string{"": "", "good": "", large: "", large + clamdtest.Malware: clamdtest.Name} {
			if got, err := scan(t.Context(), s, text); got != want || err != nil {
				t.Errorf("%s, %d bytes: %q %v, want %q", name, len(text), got, err, want)
			}
		}
	}
}

// TestWhateverIsNotPlainIsNoAnswer: a file that nobody looked at must never pass for clean.
func TestWhateverIsNotPlainIsNoAnswer(t *testing.T) {
	d := clamdtest.Start(t)
	s := at(t, d.Address)
	for _, answer := range []string{
		"", "stream: OK", "\x00", "OK\x00", "stream: \x00", "stream: OK FOUND it\x00", "stream:  FOUND\x00", "stream: a\nb FOUND\x00", "stream: ok\x00",
		"UNKNOWN COMMAND\x00", "stream: Can't allocate memory ERROR\x00", clamdtest.Version + "x\x01\x00", strings.Repeat("a", 2*maxReply) + "\x00",
		"ClamAV " + strings.Repeat("1", maxVersion) + "\x00",
	} {
		d.Say(func(string, string) string { return answer })
		if got, err := scan(t.Context(), s, "text"); got != "" || !errors.Is(err, Down) {
			t.Errorf("%q: %q %v", answer, got, err)
		}
		if got, err := s.Version(t.Context()); got != "" || !errors.Is(err, Down) {
			t.Errorf("%q: version %q %v", answer, got, err)
		}
	}
}

func TestADeadOrSlowDaemonIsNoAnswer(t *testing.T) {
	for _, address := range []string{"unix:" + t.TempDir() + "/none", "127.0.0.1:1"} {
		if _, err := scan(t.Context(), at(t, address), "text"); !errors.Is(err, Down) {
			t.Errorf("%s: %v", address, err)
		}
	}
	d := clamdtest.Start(t)
	d.Say(nil)
	s := at(t, d.Address)
	s.Patience = 20 * time.Millisecond
	if _, err := scan(t.Context(), s, "text"); !errors.Is(err, Down) {
		t.Error(err)
	}
	s = at(t, d.Address) // patient, but the caller goes away
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := scan(ctx, s, "text"); !errors.Is(err, Down) {
		t.Error(err)
	}
}

func TestAFileBeyondTheDaemonsBoundIsSaid(t *testing.T) {
	d := clamdtest.Start(t)
	d.Limit(100)
	if _, err := scan(t.Context(), at(t, d.Address), strings.Repeat("x", 101)); !errors.Is(err, TooLarge) {
		t.Error(err)
	}
}

// TestADisksFailureIsNotTheDaemons, and a file that is shorter than it was is not clean.
func TestADisksFailureIsNotTheDaemons(t *testing.T) {
	s := at(t, clamdtest.Start(t).Address)
	disk := errors.New("disk")
	if _, err := s.Scan(t.Context(), "a/b", 9, io.MultiReader(strings.NewReader("text"), iotest.ErrReader(disk))); !errors.Is(err, disk) || errors.Is(err, Down) {
		t.Error(err)
	}
	if _, err := s.Scan(t.Context(), "a/b", 9, strings.NewReader("text")); !errors.Is(err, Down) {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"unix:/run/clamd": true, "localhost:3310": true, "[::1]:3310": true,
		"unix:run": false, "unix:": false, "localhost": false, ":3310": false, "localhost:": false, "/run/clamd": false,
	} {
		if _, err := New(address); (err == nil) != good || (err != nil && !errors.Is(err, BadAddress)) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, reply := range []string{"stream: OK", "stream: Eicar-Test-Signature FOUND", "INSTREAM size limit exceeded. ERROR", "stream: x ERROR", ""} {
		f.Add(reply)
	}
	f.Fuzz(func(t *testing.T, reply string) {
		v, err := Parse(reply)
		clean := err == nil && v == Verdict{}
		if clean != (reply == "stream: OK") {
			t.Errorf("%q is clean: %v", reply, clean)
		}
		if v.Malware != "" && (reply != "stream: "+v.Malware+" FOUND" || err != nil) {
			t.Errorf("%q: %v %v", reply, v, err)
		}
	})
}
