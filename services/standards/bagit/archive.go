package bagit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Media types of the archives that a bag comes in.
const (
	MIMETar = "application/x-tar"
	MIMEZip = "application/zip"
)

// Validate checks the bag at a path: a folder (ValidateDir), a tar or a ZIP, told by what is
// in it and not by its name. Nothing is unpacked to the disk. The error is for what is wrong
// on our side, or the fault UnknownArchive.
func Validate(ctx context.Context, path string, opts Options) (*Report, error) {
	return judged(Take(ctx, path, opts))
}

// judged is the report of a bag that was taken whole.
func judged(c *Checker, err error) (*Report, error) {
	if c == nil {
		return nil, err
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	report := c.Finish()
	return report, c.Close()
}

// Take reads the bag at a path as Validate does, for whoever wants to go through the files of one of very many,
// which its report does not list (Options.Spool). Asking Finish, Files and Err of the checker is the caller's, and Close,
// also beside an error where there is a checker.
func Take(ctx context.Context, path string, opts Options) (*Checker, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open bag: %w", err)
	}
	if info.IsDir() {
		return takeDir(ctx, path, opts)
	}
	if !info.Mode().IsRegular() {
		return nil, UnknownArchive.With()
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open bag: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read bag %s: %w", path, err)
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PK")):
		return takeZip(ctx, f, info.Size(), opts)
	case len(head) == 512 && string(head[257:262]) == "ustar", len(head) == 512 && oldTar(head):
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read bag %s: %w", path, err)
		}
		return takeTar(ctx, f, opts)
	}
	// A program may stand before a ZIP; the ZIP then says so of itself.
	if _, rule, err := findZipEnd(f, info.Size()); err != nil || (rule != nil && rule.rule == Broken) {
		return nil, UnknownArchive.With().Because(err)
	}
	return takeZip(ctx, f, info.Size(), opts)
}

// oldTar says whether a block is the header of a tar from before POSIX, by its checksum: the
// sum of its bytes with those of the checksum itself taken as spaces, in octal.
func oldTar(block []byte) bool {
	sum, field := int64(0), int64(0)
	for i, b := range block {
		if i >= 148 && i < 156 {
			if b >= '0' && b <= '7' {
				field = field<<3 | int64(b-'0')
			}
			b = ' '
		}
		sum += int64(b)
	}
	return sum == field
}

// packed feeds a checker from an archive, in which the bag lies in one folder (BagIt 0.97,
// Serialization) or, as many pack it, without one.
type packed struct {
	*Checker
	base    string // the folder, with "/"; empty for none
	decided bool
	ignored bool // Ignored was said
}

// inside is the path in the bag of an entry that is called name in the archive. ok is false
// for one that is done with: refused, ignored, or the folder of the bag itself.
//
// The first entry decides which folder the bag lies in, so that a tar can be read as it
// comes.
func (p *packed) inside(name string, dir bool) (path string, ok bool) {
	if dir {
		name = strings.TrimSuffix(name, "/")
	}
	if badPath(name, p.opts.Limits) != nil {
		return p.named(name), true // the checker refuses it by its rule
	}
	top, rest, deeper := strings.Cut(name, "/")
	if top == "__MACOSX" {
		if !p.ignored {
			p.ignored = true
			p.note(name, Ignored)
		}
		return "", false
	}
	if !p.decided {
		p.decided = true
		if top != "data" && (deeper || dir) {
			p.base = top + "/"
		} else {
			p.note("", NoBase)
		}
	}
	switch {
	case p.base == "":
		return name, true
	case name+"/" == p.base && dir:
		return "", false
	case top+"/" == p.base && deeper:
		return rest, true
	}
	p.note(name, Outside, "base", show(p.base))
	return "", false
}

// named is an entry of the archive as a file of the bag would be named.
func (p *packed) named(name string) string { return strings.TrimPrefix(name, p.base) }

// ended says whether an error of an entry ends the reading: a limit of the whole is reached.
func ended(err error) bool {
	return errors.Is(err, TooManyEntries.Definition) || errors.Is(err, TooBig.Definition)
}

// source is the archive as it is read. It remembers the error that is ours (the disk, the end
// of the context), which a reader of archives would otherwise report as a broken archive.
type source struct {
	ctx context.Context
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
