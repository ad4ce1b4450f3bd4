package bagit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// Form is what a bag is made as.
type Form uint8

// The forms. In an archive the files are stored as they are, without compression, under one
// folder with the name of the archive; payload first, since the manifests follow from it.
const (
	Folder Form = iota
	Tar
	Zip
)

// media is the form's media type, empty for a folder.
func (f Form) media() string {
	switch f {
	case Tar:
		return MIMETar
	case Zip:
		return MIMEZip
	case Folder:
	}
	return ""
}

// Builder makes one bag, file by file, as their bytes come. Until Commit has returned without
// an error nothing stands under the bag's name: it grows beside it, as .NAME.making-…, and
// takes its name when it is whole, valid and durable. What fails or is discarded is taken away
// again; a process that is killed leaves only the folder or file of the odd name. One
// goroutine uses a Builder; it ends with Commit or Discard.
type Builder struct {
	checker *Checker
	making  Making
	target  target
	ended   bool
}

// target is where a bag grows. Errors are those of the disk.
type target interface {
	mkdir(path string) error
	// create begins a file of size bytes; -1 is for a size that is not known.
	create(path string, size int64) (io.WriteCloser, error)
	// publish makes everything durable and gives it its name, which nothing may have.
	publish() error
	// remove leaves nothing.
	remove() error
}

// NewBuilder begins a bag that will stand under the name of root. The error is fs.ErrExist
// where something stands there, a fault where no such bag can be made or the profile does not
// allow it.
func NewBuilder(root string, m Making) (*Builder, error) {
	if err := m.prepare(); err != nil {
		return nil, err
	}
	t, err := newTarget(root, m.Form, m.Limits.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	b := &Builder{checker: NewChecker(Options{Limits: m.Limits, Profile: m.Profile, Digests: m.Algorithms}), making: m, target: t}
	b.checker.serialization = m.Form.media()
	if err := b.mkdir("data"); err != nil {
		return nil, b.end(err)
	}
	return b, nil
}

// Add takes a payload file by its path under data/ and its size in bytes, which only a tar
// must know; -1 is for one that is not known. The error ends the bag.
func (b *Builder) Add(name string, size int64, from io.Reader) error {
	return b.write(path.Join("data", name), size, from)
}

// AddPayload takes all files of a file system as payload, in the order of their names. The
// names are judged before the first byte is read: where some cannot stand in a bag the error
// is Refused, listing them.
func (b *Builder) AddPayload(ctx context.Context, files fs.FS) error {
	return b.addAll(ctx, "data", files)
}

// AddTags takes all files of a file system as tag files, as AddPayload does.
func (b *Builder) AddTags(ctx context.Context, files fs.FS) error { return b.addAll(ctx, "", files) }

// surveyed is one file or folder, as found before anything is read.
type surveyed struct {
	name string
	dir  bool
}

func (b *Builder) addAll(ctx context.Context, under string, files fs.FS) error {
	list, err := b.survey(ctx, under, files)
	if err != nil {
		return err
	}
	for _, f := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.dir {
			err = b.mkdir(path.Join(under, f.name))
		} else {
			err = b.copyFile(files, f.name, path.Join(under, f.name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// survey walks the names, and refuses the whole where some cannot stand in a bag. It looks
// once: a bag that grows within its own source is not taken into itself.
func (b *Builder) survey(ctx context.Context, under string, files fs.FS) ([]surveyed, error) {
	names := NewChecker(Options{Limits: b.checker.opts.Limits})
	var list []surveyed
	err := fs.WalkDir(files, ".", func(p string, e fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if p == "." {
			return nil
		}
		to, kind := path.Join(under, p), e.Type()
		if kind != 0 && !kind.IsDir() {
			_ = names.Irregular(to, kind) // listed below
			return nil
		}
		if f := names.admit(to, kind.IsDir()); f != nil {
			if names.full {
				return fs.SkipAll
			}
			if kind.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		list = append(list, surveyed{p, kind.IsDir()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	r := &Report{}
	r.faults(names.found)
	return list, r.Err()
}

func (b *Builder) mkdir(name string) error {
	if err := b.checker.Directory(name); err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	if err := b.target.mkdir(name); err != nil {
		return fmt.Errorf("make bag: %w", err)
	}
	return nil
}

func (b *Builder) copyFile(files fs.FS, name, to string) error {
	from, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("make bag: %w", err)
	}
	defer func() { _ = from.Close() }() // only read from
	info, err := from.Stat()
	if err != nil {
		return fmt.Errorf("make bag: %w", err)
	}
	if !info.Mode().IsRegular() { // it was, when the names were judged
		return b.checker.Irregular(to, info.Mode())
	}
	return b.write(to, info.Size(), from)
}

// write checks and writes one file of the bag. The size is announced: a file that changes
// while it is read is refused.
func (b *Builder) write(name string, size int64, from io.Reader) error {
	s, err := b.checker.Begin(name, size, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	f, err := b.target.create(name, size)
	if err != nil {
		_ = s.Abort() // the open error is what the caller must hear of
		return fmt.Errorf("make bag: %w", err)
	}
	s.to = f
	if err := errors.Join(s.fill(from), f.Close()); err != nil {
		return fmt.Errorf("make bag: %s: %w", show(name), err)
	}
	return nil
}

// Commit writes the tag files, judges the bag, and gives it its name. The error is Refused
// where it is not valid or breaks the profile, fs.ErrExist where something took its name
// meanwhile; then nothing is left of it.
func (b *Builder) Commit(ctx context.Context) (report *Report, err error) {
	if b.ended {
		return nil, errEnded
	}
	defer func() {
		if err != nil {
			err = b.end(err)
		}
	}()
	if err := b.checker.wrap(b.making, func(name string, text *spool.Text) error {
		return b.write(name, text.Size(), text.Reader())
	}); err != nil {
		return nil, err
	}
	report = b.checker.Finish()
	if err := errors.Join(report.Err(), ctx.Err()); err != nil {
		return report, err
	}
	// If we crash here, the bag is whole under its odd name, and nothing under its own.
	if err := b.target.publish(); err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	b.ended = true
	return report, nil
}

// Discard leaves nothing of the bag. After Commit it does nothing.
func (b *Builder) Discard() error { return b.end(nil) }

// end takes away what is not committed; err is why.
func (b *Builder) end(err error) error {
	if b.ended {
		return err
	}
	b.ended = true
	return errors.Join(err, b.target.remove())
}

var errEnded = errors.New("the bag was made or discarded already")

// baseName is the folder within an archive: its name without what follows the last dot.
func baseName(file string) string {
	if i := strings.LastIndexByte(file, '.'); i > 0 {
		return file[:i]
	}
	return file
}
