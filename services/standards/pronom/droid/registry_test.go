package droid

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEverySignatureOfTheRegistryFindsWhatItDescribes writes a file after each signature and looks
// whether that signature, and with it its format or one that takes precedence, is found.
func TestEverySignatureOfTheRegistryFindsWhatItDescribes(t *testing.T) {
	s := published(t)
	internal, container := s.Count()
	t.Logf("version %d with %d signatures, containers %d with %d", s.Version, internal, s.ContainerVersion, container)
	if internal < 2000 || container < 250 {
		t.Errorf("only %d and %d signatures", internal, container)
	}
	r := rand.New(rand.NewPCG(1, 2))
	lost, hidden := 0, 0
	for i := range s.signatures {
		file, ok := skeleton(&s.signatures[i], r)
		if !ok {
			t.Errorf("signature %d: no file could be written after it", s.signatures[i].id)
			continue
		}
		head, tail := file[:min(len(file), Window)], file[max(0, len(file)-Window):]
		if !s.signatures[i].match(head, tail) {
			lost++
			t.Errorf("signature %d does not find the file written after it", s.signatures[i].id)
			continue
		}
		got, err := s.Identify("x", bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.signatures[i].formats) == 0 {
			continue // nobody's any more
		}
		if !slices.ContainsFunc(got, func(m Match) bool {
			at := s.byPUID[m.PUID]
			return slices.ContainsFunc(s.signatures[i].formats, func(f int) bool { return f == at || s.over[at][f] })
		}) {
			hidden++
			if hidden < 5 {
				t.Logf("signature %d of %s: found is %s", s.signatures[i].id, s.formats[s.signatures[i].formats[0]].PUID, puids(got))
			}
		}
	}
	t.Logf("%d of %d signatures lost, %d hidden behind others", lost, internal, hidden)
	if hidden*50 > internal {
		t.Errorf("%d files were taken for something else", hidden)
	}
}

// skeleton writes the shortest file that a signature should find.
func skeleton(sig *signature, r *rand.Rand) ([]byte, bool) {
	var begin, middle, end []byte
	for _, q := range sig.sequences {
		var written []byte
		for i := range q.parts {
			p := &q.parts[i]
			var part []byte
			for j := len(p.left) - 1; j >= 0; j-- {
				part = append(part, write(p.left[j].ways[0].atoms, r)...)
				part = append(part, filler(p.left[j].least)...)
			}
			part = append(part, write(p.main.atoms, r)...)
			for _, f := range p.right {
				part = append(part, filler(f.least)...)
				part = append(part, write(f.ways[0].atoms, r)...)
			}
			if q.fromEnd {
				written = append(append(written, part...), filler(p.least)...)
			} else {
				written = append(append(written, filler(p.least)...), part...)
			}
		}
		slack := max(0, q.parts[0].most-q.parts[0].least)
		switch {
		case q.fromEnd:
			end = merge(end, written, true, slack)
		case q.anywhere:
			middle = append(append(middle, written...), fill)
		default:
			begin = merge(begin, written, false, slack)
		}
	}
	file := slices.Concat(begin, filler(64), middle, end)
	return file, len(file) > 64
}

// merge puts two descriptions of the same end of a file over each other; the second may be moved
// away from that end by slack bytes.
func merge(a, b []byte, fromEnd bool, slack int) []byte {
	for away := range slack + 1 {
		out := bytes.Repeat([]byte{fill}, max(len(a), len(b)+away))
		lay := func(of []byte, away int) bool {
			fits := true
			for i := range of {
				at, from := away+i, i
				if fromEnd {
					at, from = len(out)-1-away-i, len(of)-1-i
				}
				fits = fits && (of[from] == fill || out[at] == fill || out[at] == of[from])
				if of[from] != fill {
					out[at] = of[from]
				}
			}
			return fits
		}
		if lay(a, 0); lay(b, away) || away == slack {
			return out
		}
	}
	return nil
}

// fill is what stands where anything may.
const fill = 0x7E

func filler(n int) []byte { return bytes.Repeat([]byte{fill}, n) }

func write(atoms []atom, r *rand.Rand) []byte {
	var out []byte
	for i := range atoms {
		a := &atoms[i]
		switch a.kind {
		case literal:
			out = append(out, a.low...)
		case one:
			for {
				b := byte(r.Uint32())
				if a.set[b>>6]&(1<<(b&63)) != 0 {
					out = append(out, b)
					break
				}
			}
		case between:
			b := slices.Clone(a.low)
			for a.not && !a.holds(b) {
				b[len(b)-1]++
			}
			out = append(out, b...)
		case choice:
			out = append(out, write(a.ways[0], r)...)
		case gap:
			out = append(out, filler(a.least)...)
		}
	}
	return out
}

// BenchmarkIdentify names files on one core, and counts the SHA-256 of the same bytes beside it,
// in turns, so that what else the machine does weighs on both: "×sha256" is how many times as
// long the naming takes. noise is recognised by nothing; skeletons are the files written after
// the registry's own signatures.
func BenchmarkIdentify(b *testing.B) {
	s := published(b)
	r := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 4*Window)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	text := strings.Repeat("мектеп салу туралы құжаттар\n", 1300)
	pdf := "%PDF-1.7\n" + strings.Repeat("0 0 obj\n", 2000) + "%%EOF\n"
	for _, c := range []struct {
		name  string
		files [][]byte
	}{
		{"skeletons", s.Skeletons()},
		{"noise 4 KiB", [][]byte{noise[:4096]}},
		{"noise 256 KiB", [][]byte{noise}},
		{"noise 4 MiB", [][]byte{bytes.Repeat(noise, 16)}},
		{"text 64 KiB", [][]byte{[]byte(text)}},
		{"pdf 16 KiB", [][]byte{[]byte(pdf)}},
		{"pdf 2 MiB", [][]byte{[]byte("%PDF-1.7\n" + string(bytes.Repeat(noise, 8)) + pdf)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var naming, hashing time.Duration
			n := 0
			for b.Loop() {
				file := c.files[n%len(c.files)]
				n++
				begun := time.Now()
				if _, err := s.Identify("x.bin", bytes.NewReader(file), int64(len(file))); err != nil {
					b.Fatal(err)
				}
				named := time.Now()
				_ = sha256.Sum256(file)
				naming, hashing = naming+named.Sub(begun), hashing+time.Since(named)
			}
			b.ReportMetric(float64(n)/naming.Seconds(), "files/s")
			b.ReportMetric(float64(n)/hashing.Seconds(), "sha256/s")
			b.ReportMetric(naming.Seconds()/hashing.Seconds(), "×sha256")
		})
	}
}

func FuzzIdentify(f *testing.F) {
	s := loadSmall(f)
	f.Add("a.qoy", []byte("QOYMA..\xbe\xef\x00...END....\xaa1\xff."))
	f.Add("a.par", []byte(parcel(f, "parcel 1\x05", "what/is.txt", "also")))
	f.Add("a.doc", append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 2048)...))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if _, err := s.Identify(name, bytes.NewReader(content), int64(len(content))); err != nil {
			t.Error(err)
		}
		if list, err := oleEntries(bytes.NewReader(content), int64(len(content))); err == nil {
			for _, open := range list {
				_, _ = open(innerWindow) // it may be damaged, it must end
			}
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"4142", "(41|42){1-4}*[!30:39]", "'text'[&01]??"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := compile(text)
		if err != nil {
			return
		}
		if e.least < 0 || e.most >= 0 && e.most < e.least {
			t.Errorf("%q takes from %d to %d bytes", text, e.least, e.most)
		}
		s := &scan{left: 1000}
		s.forward(e.atoms, []byte("AB01 text"), 0, func(int) bool { return false })
		s.backward(e.atoms, []byte("AB01 text"), 9, func(int) bool { return false })
	})
}

// FuzzLoad loads signature files; what is taken must be usable on any bytes.
func FuzzLoad(f *testing.F) {
	f.Add(small, smallInside)
	f.Add(strings.Replace(small, "BOFoffset", "Variable", 1), "")
	f.Add(strings.Replace(small, `SubSeqMaxOffset="0"`, "", 2), smallInside)
	f.Fuzz(func(t *testing.T, files, inside string) {
		var containers io.Reader
		if inside != "" {
			containers = strings.NewReader(inside)
		}
		s, err := Load(strings.NewReader(files), containers)
		if err != nil {
			if !errors.Is(err, BadFile) {
				t.Errorf("%v", err)
			}
			return
		}
		for _, content := range []string{"QOYMA..\xbe\xef\x00...END....\xaa1\xff.", "PK\x03\x04", "AAAA" + strings.Repeat("AB", 64)} {
			if _, err := s.Identify("a.qoy", strings.NewReader(content), int64(len(content))); err != nil {
				t.Error(err)
			}
		}
	})
}
