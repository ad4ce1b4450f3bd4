package eark

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// Form is how a package is written.
type Form string

// The forms. A ZIP and a tar hold the package's folder and nothing beside it (CSIPSTR1, CSIPSTR3).
const (
	Folder Form = ""
	Zip    Form = "zip"
	Tar    Form = "tar"
)

// An entry of a ZIP is dense where it unpacks to more than so many times its size and at least to so many
// bytes.
const (
	ratio     = 200
	ratioFrom = 16 << 20
)

// RecogniseArchive says whether a file is a ZIP or a tar with an E-ARK package in it: a METS.xml in its top
// folder and no BagIt declaration there. Of a tar all headers are read, of a ZIP its table of contents.
func RecogniseArchive(file string) bool {
	mets, bag := false, false
	_, err := each(context.Background(), file, Limits{}.withDefaults(), func(e entry) error {
		_, name, _ := strings.Cut(e.name, "/")
		mets, bag = mets || name == metsName, bag || name == "bagit.txt" || e.name == "bagit.txt"
		return nil
	})
	return err == nil && mets && !bag
}

// ValidateArchive checks a package that is a ZIP or a tar, told by its content. It is unpacked into a
// private folder of the system's temporary files, which is taken away again; what may not be in an archive
// refuses it before anything is judged. Otherwise like Validate.
func ValidateArchive(ctx context.Context, file string, opts Options) (report *Report, err error) {
	opts.Limits = opts.Limits.withDefaults()
	dir, err := os.MkdirTemp("", "qoyma-eark-")
	if err != nil {
		return nil, fmt.Errorf("unpack package: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	root, err := os.OpenRoot(dir) // nothing is written outside, whatever a name says
	if err != nil {
		return nil, fmt.Errorf("unpack package: %w", err)
	}
	u := &unpacking{judge: newJudge("", opts), root: root, tops: map[string]bool{}}
	_, err = each(ctx, file, opts.Limits, u.take)
	if err = errors.Join(err, root.Close()); err != nil {
		var refused *refusal
		if !errors.As(err, &refused) {
			return nil, fmt.Errorf("unpack package: %w", err)
		}
		u.put(refused.item(), refused.rule.Warning())
	}
	tops := make([]string, 0, len(u.tops))
	for name := range u.tops {
		tops = append(tops, name)
	}
	if slices.Sort(tops); len(u.faults) == 0 && (len(tops) != 1 || u.loose) {
		u.bad("", STR1, "found", show(strings.Join(tops[:min(5, len(tops))], ", ")))
	}
	if len(u.faults) > 0 {
		u.settle()
		return u.report, nil
	}
	return Validate(ctx, filepath.Join(dir, tops[0]), opts)
}

// CreateArchive is Create for a package that is one file, in a folder that is named by the Spec's ID. It
// grows beside its name and takes it when it is whole; a name that is taken stays (fs.ErrExist). The same
// Spec gives the same bytes. Files are stored and not compressed, so that a damaged one can still be read.
func CreateArchive(ctx context.Context, file string, form Form, s Spec, opts Options) (report *Report, err error) {
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("make package %s: %w", file, fs.ErrExist)
	}
	dir, err := os.MkdirTemp(filepath.Dir(file), "."+filepath.Base(file)+".making-")
	if err != nil {
		return nil, fmt.Errorf("make package: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if !goodName(s.ID) || strings.Contains(s.ID, "/") || s.ID == "." || s.ID == ".." {
		return nil, fmt.Errorf("%s: %w", show(s.ID), BadName.With())
	}
	if report, err = Create(ctx, filepath.Join(dir, cmp.Or(s.ID, "package")), s, opts); err != nil {
		return report, err
	}
	made := filepath.Join(dir, ".archive") // no identifier that is good begins so and is another's
	if err := pack(ctx, os.DirFS(dir), s.ID, made, form, s); err != nil {
		return nil, fmt.Errorf("make package: %w", err)
	}
	if err := os.Link(made, file); err != nil { // never in the place of something else
		return nil, fmt.Errorf("make package: %w", err)
	}
	return report, nil
}

// pack writes the folder name of a file system as an archive.
func pack(ctx context.Context, from fs.FS, name, to string, form Form, s Spec) (err error) {
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	put, end := packer(w, form, s)
	if err := fs.WalkDir(from, name, func(p string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if d.IsDir() {
			return put(p+"/", 0, nil)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f, err := from.Open(p)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // only read from
		return put(p, info.Size(), &interruptible{ctx, f})
	}); err != nil {
		return err
	}
	return errors.Join(end(), w.Sync())
}

// packer puts entries into an archive, with the same modes and times whoever makes it; a folder ends with
// a slash and has no bytes.
func packer(w io.Writer, form Form, s Spec) (put func(name string, size int64, from io.Reader) error, end func() error) {
	if form == Tar {
		t := tar.NewWriter(w)
		return func(name string, size int64, from io.Reader) error {
			h := &tar.Header{Name: name, Size: size, Mode: 0o644, ModTime: s.Created.UTC(), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
			if from == nil {
				h.Mode, h.Typeflag = 0o755, tar.TypeDir
			}
			if err := t.WriteHeader(h); err != nil || from == nil {
				return err
			}
			_, err := io.Copy(t, from)
			return err
		}, t.Close
	}
	z := zip.NewWriter(w)
	return func(name string, _ int64, from io.Reader) error {
		to, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: s.Created.UTC()})
		if err != nil || from == nil {
			return err
		}
		_, err = io.Copy(to, from)
		return err
	}, z.Close
}

// entry is one entry of an archive.
type entry struct {
	name   string
	folder bool
	odd    bool      // neither file nor folder
	packed int64     // bytes in the archive; 0 where they are as many as outside
	body   io.Reader // only while it is being handed out; nil of a folder
}

// refusal ends the reading of an archive that is refused.
type refusal struct {
	where string
	rule  *Rule
	args  []any
	cause error
}

func (r *refusal) item() fault.Item {
	f := r.rule.With(r.args...)
	if r.cause != nil {
		f = f.Because(r.cause)
	}
	return fault.Item{Where: r.where, Fault: f}
}

func (r *refusal) Error() string { return r.item().Fault.Error() }

func broken(err error) error {
	return &refusal{rule: BadArchive, args: []any{"problem", parcel.Broken(err)}, cause: err}
}

// each hands out the entries of a ZIP or a tar in their order; the first error of take ends it. Error: a
// refusal where it is no whole archive or has too many entries.
func each(ctx context.Context, file string, l Limits, take func(entry) error) (form Form, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err == nil && string(magic[:2]) == "PK" {
		return Zip, eachZipped(ctx, f, info.Size(), l, take)
	}
	ends := parcel.NewEnds(&interruptible{ctx, f})
	t := tar.NewReader(ends)
	for n := 1; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return Tar, tarEnd(ctx, ends)
		}
		if ctx.Err() != nil {
			return Tar, ctx.Err()
		}
		if err != nil {
			return Tar, broken(err)
		}
		if n > l.Entries {
			return Tar, &refusal{rule: TooMany, args: []any{"limit", l.Entries}}
		}
		e := entry{name: h.Name, folder: h.Typeflag == tar.TypeDir, body: t}
		e.odd = !e.folder && h.Typeflag != tar.TypeReg
		if err := take(e); err != nil {
			return Tar, err
		}
	}
}

// tarEnd looks whether a tar was whole and nothing follows it.
func tarEnd(ctx context.Context, ends *parcel.Ends) error {
	if ends.Cut() {
		return broken(io.ErrUnexpectedEOF)
	}
	padded, err := parcel.OnlyPadding(ends)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return broken(err)
	case !padded:
		return broken(parcel.ErrTrailing)
	}
	return nil
}

func eachZipped(ctx context.Context, f io.ReaderAt, size int64, l Limits, take func(entry) error) error {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return broken(err)
	}
	if len(z.File) > l.Entries {
		return &refusal{rule: TooMany, args: []any{"limit", l.Entries}}
	}
	for _, file := range z.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := entry{name: file.Name, folder: file.Mode().IsDir(), packed: int64(min(file.CompressedSize64, 1<<62))}
		e.odd = !e.folder && !file.Mode().IsRegular()
		if !e.folder && !e.odd {
			body, err := file.Open()
			if err != nil {
				return broken(err)
			}
			e.body = body
			err = take(e)
			if err = errors.Join(err, body.Close()); err != nil {
				return err
			}
			continue
		}
		if err := take(e); err != nil {
			return err
		}
	}
	return nil
}

// unpacking writes the entries of an archive into a folder.
type unpacking struct {
	*judge
	root  *os.Root
	tops  map[string]bool // first elements of the names
	loose bool            // a file lies beside the folder
	bytes int64
}

func (u *unpacking) take(e entry) error {
	name := strings.TrimSuffix(strings.TrimPrefix(e.name, "./"), "/")
	if name == "" || name == "." {
		return nil // the folder that a tar was made in
	}
	where := show(name)
	switch {
	case e.odd:
		u.bad(where, Irregular)
		return nil
	case !goodName(name):
		u.bad(where, BadName)
		return nil
	case !fs.ValidPath(name) || path.IsAbs(e.name):
		u.bad(where, BadEntry)
		return nil
	}
	top, _, inside := strings.Cut(name, "/")
	u.tops[top] = true
	u.loose = u.loose || !inside && !e.folder
	if e.folder {
		if err := u.root.MkdirAll(name, 0o700); err != nil {
			return u.taken(where, err)
		}
		return nil
	}
	if err := u.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return u.taken(where, err)
	}
	w, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return u.taken(where, err)
	}
	most := u.opts.Limits.Unpacked - u.bytes
	if e.packed > 0 {
		most = min(most, max(ratioFrom, e.packed*ratio))
	}
	n, err := io.Copy(w, io.LimitReader(e.body, most+1))
	u.bytes += n
	if closed := w.Close(); closed != nil {
		return closed
	}
	switch {
	case n > most:
		return &refusal{where: where, rule: TooDense, args: []any{"limit", u.opts.Limits.Unpacked}}
	case err != nil && full(err):
		return err // our side
	case err != nil:
		return broken(err)
	}
	return nil
}

// taken says that a name is taken by something else in the archive; any other error is ours.
func (u *unpacking) taken(where string, err error) error {
	for _, known := range []error{fs.ErrExist, syscall.ENOTDIR, syscall.EISDIR} {
		if errors.Is(err, known) {
			u.bad(where, BadEntry)
			return nil
		}
	}
	return err
}

// full tells an error of our disk from one of the archive.
func full(err error) bool {
	var at *fs.PathError
	return errors.As(err, &at) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
