package droid

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// Basis says what a format was recognised by.
type Basis string

// The bases, from the firmest to none.
const (
	Container Basis = "container"
	Signature Basis = "signature"
	Extension Basis = "extension"
	None      Basis = "none"
)

// Match is one format that a file may have.
type Match struct {
	Format
	Basis Basis
	// Mismatch: the extension is not one of the format's.
	Mismatch bool
}

// Window is how much of the beginning and of the end of a file is looked at, in bytes: DROID's
// own default.
const Window = 64 << 10

// Identify names the formats of a file: usually one; several where the registry itself cannot tell
// them apart; none where nothing is known. Only its first and last bytes are read, and a container's
// directory. The error is the reader's.
func (s *Signatures) Identify(name string, r io.ReaderAt, size int64) ([]Match, error) {
	head := make([]byte, min(size, Window))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	tail := head
	if size > Window {
		tail = make([]byte, Window)
		if _, err := r.ReadAt(tail, size-Window); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	hits, basis := s.bytes(head, tail), Signature
	if kind := s.shell(hits); kind != "" {
		if found := s.open(kind, r, size); len(found) > 0 {
			hits, basis = found, Container
		}
	}
	if hits = s.prior(hits); len(hits) == 0 {
		hits, basis = s.claimed(extension), Extension
	}
	var out []Match
	for _, at := range hits {
		f := s.formats[at]
		m := Match{Format: f, Basis: basis}
		m.Mismatch = basis != Extension && extension != "" && len(f.Extensions) > 0 && !slices.Contains(f.Extensions, extension)
		out = append(out, m)
	}
	return out, nil
}

// bytes are the formats whose signatures hold.
func (s *Signatures) bytes(head, tail []byte) []int {
	if len(head) == 0 {
		return nil
	}
	first := s.grams.in(head)
	last := first
	if &head[0] != &tail[0] {
		last = s.grams.in(tail)
	}
	var hits []int
	for _, list := range [][]int{s.starting[head[0]], s.anyStart} {
		for _, i := range list {
			one := &s.signatures[i]
			if !bytes.HasPrefix(head, one.start) || !one.gram.possible(first, last) || !one.match(head, tail) {
				continue
			}
			for _, at := range one.formats {
				if !slices.Contains(hits, at) {
					hits = append(hits, at)
				}
			}
		}
	}
	slices.Sort(hits)
	return hits
}

func (s *signature) match(head, tail []byte) bool {
	for i := range s.sequences {
		if !s.sequences[i].match(head, tail) {
			return false
		}
	}
	return true
}

// shell is the kind of container whose inside is worth a look.
func (s *Signatures) shell(hits []int) string {
	for _, at := range hits {
		if kind := s.triggers[at]; kind != "" {
			return kind
		}
	}
	return ""
}

func (s *Signatures) open(kind string, r io.ReaderAt, size int64) []int {
	list := zipEntries
	if kind == "OLE2" {
		list = oleEntries
	}
	inside, err := list(r, size)
	if err != nil {
		return nil // a damaged container is what its first bytes say
	}
	return s.inside(kind, inside)
}

// prior leaves out the formats that another hit takes precedence of.
func (s *Signatures) prior(hits []int) []int {
	return slices.DeleteFunc(slices.Clone(hits), func(at int) bool {
		return slices.ContainsFunc(hits, func(other int) bool { return s.over[other][at] })
	})
}

// claimed are the formats that the extension claims, those without a signature: had the others been
// it, their signature would have been there.
func (s *Signatures) claimed(extension string) []int {
	return slices.DeleteFunc(slices.Clone(s.byExt[extension]), func(at int) bool { return s.signed[at] })
}

// reasonable refuses a ZIP that claims more entries than its bytes can hold: a reader makes room
// for as many as are claimed.
func reasonable(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, Window+22))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+22 > len(tail) {
		return errors.New("no ZIP directory")
	}
	claimed := int64(binary.LittleEndian.Uint16(tail[at+10:]))
	if at >= 20 && bytes.HasPrefix(tail[at-20:], []byte("PK\x06\x07")) {
		var record [56]byte
		if _, err := r.ReadAt(record[:], int64(binary.LittleEndian.Uint64(tail[at-12:])&(1<<62-1))); err != nil {
			return err
		}
		if claimed = int64(binary.LittleEndian.Uint64(record[32:]) & (1<<62 - 1)); claimed > maxEntries {
			return errors.New("too many entries to be looked at")
		}
	}
	if claimed*46 > size {
		return errors.New("a ZIP directory that claims more than there is")
	}
	return nil
}
