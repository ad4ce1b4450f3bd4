package bagit

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"io"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// failing takes so many writes and then none.
type failing struct{ left int }

var errFull = errors.New("no disk")

func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// lend gives a file in pieces of two parts; each piece is overwritten as soon as it comes back.
func lend(s *Sink, content []byte, size int, lent, back *atomic.Int32) error {
	for len(content) > 0 {
		piece := bytes.Clone(content[:min(size, len(content))])
		content = content[len(piece):]
		lent.Add(1)
		if err := s.Lend([][]byte{piece[:len(piece)/3], piece[len(piece)/3:]}, func() {
			clear(piece)
			back.Add(1)
		}); err != nil {
			return err
		}
	}
	return nil
}

// TestAFileIsTheSameHoweverItIsTaken gives files to Write, to Whole, to Lend and to Lend and Write by turns, tag files with
// older digests among them.
func TestAFileIsTheSameHoweverItIsTaken(t *testing.T) {
	md5 := "MD5 of nothing asked for\n"
	files := map[string][]byte{
		"bagit.txt": []byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"), "bag-info.txt": []byte("A: b\n"), "notes/a.txt": []byte(md5),
		"data/empty": {}, "data/a.pdf": append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("pdfaid:"), 30_000)...), "data/b.txt": bytes.Repeat([]byte("ж"), apart),
	}
	var lent, back atomic.Int32
	judged := func(take func(s *Sink, content []byte) error) *Report {
		c := NewChecker(Options{BLAKE3: true, Digests: []string{"md5"}})
		for path, content := range files {
			var to bytes.Buffer
			s, err := c.Begin(path, int64(len(content)), &to)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(take(s, content), s.Close()); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(to.Bytes(), content) {
				t.Errorf("%s: other bytes are handed on", path)
			}
		}
		return c.Finish()
	}
	want := judged(func(s *Sink, content []byte) error { _, err := s.Write(content); return err })
	if len(want.Payload) != 3 || len(want.Tags) != 3 {
		t.Fatalf("%+v", want)
	}
	for name, take := range map[string]func(s *Sink, content []byte) error{
		"whole": func(s *Sink, content []byte) error { return s.Whole(content, nil) },
		"whole, its SHA-512 known": func(s *Sink, content []byte) error {
			known := sha512.Sum512(content)
			return s.Whole(content, &known)
		},
		"lent":        func(s *Sink, content []byte) error { return lend(s, content, 10_000, &lent, &back) },
		"lent larger": func(s *Sink, content []byte) error { return lend(s, content, apart+1, &lent, &back) },
		"by turns": func(s *Sink, content []byte) error {
			half := len(content) / 2
			err := lend(s, content[:half], 7_000, &lent, &back)
			_, wrote := s.Write(content[half:])
			return errors.Join(err, wrote)
		},
	} {
		if got := judged(take); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v\n%+v", name, got, want)
		}
	}
	if lent.Load() == 0 || lent.Load() != back.Load() {
		t.Errorf("%d of %d came back", back.Load(), lent.Load())
	}
}

// TestWhatIsLentComesBackWhereItFails: each piece once, and the sink's goroutine ends.
func TestWhatIsLentComesBackWhereItFails(t *testing.T) {
	for name, c := range map[string]struct {
		to   io.Writer
		most int64
		want error
	}{
		"the disk at once": {&failing{}, 0, errFull},
		"the disk later":   {&failing{3}, 0, errFull},
		"a bag too big":    {io.Discard, 25_000, TooBig.Definition},
	} {
		var lent, back atomic.Int32
		checker := NewChecker(Options{Limits: Limits{Bytes: c.most}})
		s, err := checker.Begin("data/a", -1, c.to)
		if err != nil {
			t.Fatal(err)
		}
		if err := lend(s, make([]byte, 100_000), 10_000, &lent, &back); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Close(); fault.Of(err) == nil {
			t.Errorf("%s: closed with %v", name, err)
		}
		if lent.Load() != back.Load() || lent.Load() == 10 {
			t.Errorf("%s: %d of %d came back", name, back.Load(), lent.Load())
		}
		w, err := checker.Begin("data/b", -1, c.to)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Whole(make([]byte, 30_000), nil); !errors.Is(err, c.want) {
			t.Errorf("%s: whole: %v", name, err)
		}
		_ = w.Abort()
	}
}

// TestLinesEndAsTheyMay reads lines whose ends fall on each side of what is read at once.
func TestLinesEndAsTheyMay(t *testing.T) {
	for _, pad := range []int{0, 1, 64<<10 - 3, 64<<10 - 2, 64<<10 - 1, 64 << 10, 64<<10 + 1} {
		text := string(bytes.Repeat([]byte("p"), pad)) + "\r\nb\rc\n\n\r\r\nlast"
		want := []string{string(bytes.Repeat([]byte("p"), min(pad, 101))), "b", "c", "", "", "", "last"}
		var got []string
		l := newLines(bytes.NewReader([]byte(text)), 100)
		for l.next() {
			got = append(got, l.text)
		}
		if l.err != nil || !reflect.DeepEqual(got, want) || l.number != len(want) {
			t.Errorf("%d: %d lines, %v", pad, len(got), l.err)
		}
	}
}
