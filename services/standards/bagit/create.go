package bagit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Create makes a bag of version 1.0 in the directory root, which must not exist yet, from
// the files of payload: data/, manifests and tag manifests for sha256 and sha512, and
// bag-info.txt with the fields given, to which Payload-Oxum is added. It gives the report
// of what it made. A file that a bag may not hold is refused with its fault, and the
// directory is taken away again.
//
// It is for handing over and for tests: it does not make its files durable.
func Create(ctx context.Context, root string, payload fs.FS, info []Field, opts Options) (report *Report, err error) {
	if err := os.Mkdir(root, 0o755); err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(root))
		}
	}()
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b := &builder{Checker: NewChecker(opts), root: r}
	if err := b.Directory("data"); err != nil {
		return nil, err
	}
	if err := r.Mkdir("data", 0o755); err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	if err := b.copyPayload(ctx, payload); err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	if err := b.Wrap(info, func(name string, text *bytes.Buffer) error { return b.write(name, text) }); err != nil {
		return nil, fmt.Errorf("make bag: %w", err)
	}
	report = b.Finish()
	return report, report.Err()
}

type builder struct {
	*Checker
	root *os.Root
}

func (b *builder) copyPayload(ctx context.Context, payload fs.FS) error {
	return fs.WalkDir(payload, ".", func(p string, e fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		to := path.Join("data", p)
		switch {
		case p == ".":
			return nil
		case e.IsDir():
			if err := b.Directory(to); err != nil {
				return err
			}
			return b.root.Mkdir(to, 0o755)
		case !e.Type().IsRegular():
			return b.Irregular(to, e.Type())
		}
		from, err := payload.Open(p)
		if err != nil {
			return err
		}
		defer func() { _ = from.Close() }() // only read from
		return b.write(to, from)
	})
}

// write checks and writes one file of the bag.
func (b *builder) write(name string, from io.Reader) error {
	s, err := b.Begin(name, -1, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	f, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		_ = s.Abort() // the open error is what the caller must hear of
		return err
	}
	s.to = f
	return errors.Join(s.fill(from), f.Close())
}

// Wrap makes a bag of the payload that came: it gives the tag files to write, each whole and once, in
// the order in which they stand on each other. What is written is to come back as files of the bag.
// Files whose bytes did not all come are left out. The fields of info may not contain ":" in
// a label.
func (c *Checker) Wrap(info []Field, write func(name string, text *bytes.Buffer) error) error {
	var sum oxum
	for _, e := range c.listed(false) {
		sum.bytes += e.Size
		sum.files++
	}
	text := &bytes.Buffer{}
	for _, f := range append(slices.Clone(info), Field{oxumLabel, sum.String()}) {
		label, value := oneLine(f.Label), oneLine(f.Value)
		if label == "" || strings.Contains(label, ":") {
			return fmt.Errorf("the label %q is no label of bag-info.txt", f.Label)
		}
		fmt.Fprintf(text, "%s: %s\n", label, value)
	}
	if err := write("bagit.txt", bytes.NewBufferString("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")); err != nil {
		return err
	}
	if err := write("bag-info.txt", text); err != nil {
		return err
	}
	for _, kind := range []string{"manifest-", "tagmanifest-"} {
		files := c.listed(kind == "tagmanifest-")
		for _, algorithm := range []string{"sha256", "sha512"} {
			if err := write(kind+algorithm+".txt", manifestText(files, algorithm)); err != nil {
				return err
			}
		}
	}
	return nil
}

// listed are the files that a manifest lists, by path: payload or tag files.
func (c *Checker) listed(tags bool) []*entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	var files []*entry
	for p, e := range c.entries {
		if e.done && strings.HasPrefix(p, payloadPrefix) != tags {
			files = append(files, e)
		}
	}
	slices.SortFunc(files, func(x, y *entry) int { return strings.Compare(x.Path, y.Path) })
	return files
}

func manifestText(files []*entry, algorithm string) *bytes.Buffer {
	text := &bytes.Buffer{}
	for _, e := range files {
		fmt.Fprintf(text, "%s  %s\n", e.digest(algorithm), encodePath(e.Path))
	}
	return text
}

// oneLine keeps a value on its line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
