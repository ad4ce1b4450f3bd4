// Package repository keeps the originals: one OCFL 1.1 object for each accepted transfer,
// and beside them the acts as PDF, each under its digest.
//
//	<dir>/ocfl/…              the storage root
//	<dir>/acts/<SHA-256>.pdf
//	<dir>/quarantine/<command>/…    what stood in the place of a file that was restored
//	<dir>/restoring/<command>       bytes of a restoration under way
package repository

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zeebo/blake3"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// Damaged is answered where bytes are not the ones that were accepted: a fact of the object, found by
// a program that works, so it is refused and no mistake of ours.
var Damaged = fault.Define(fault.Refused, "intake.content.damaged",
	"{what} is not what was accepted: its digest differs; stop using it and tell the administrator, it must be restored from a copy",
	"{what} – не то, что было принято: контрольная сумма не совпадает; не используйте и сообщите администратору, нужно восстановить из копии",
	"{what} – қабылданған нұсқа емес: бақылау сомасы сәйкес келмейді; пайдаланбаңыз, әкімшіге хабарлаңыз, көшірмеден қалпына келтіру керек")

// Gone is answered where accepted bytes are not there or the disk does not give them.
var Gone = fault.Define(fault.Refused, "intake.content.gone",
	"{what} is missing or cannot be read, though it was accepted; tell the administrator, it must be restored from a copy",
	"{what} отсутствует или не читается, хотя было принято; сообщите администратору, нужно восстановить из копии",
	"{what} қабылданғанымен, орнында жоқ немесе оқылмайды; әкімшіге хабарлаңыз, көшірмеден қалпына келтіру керек")

// Repository is the storage root with the acts. Its methods may be called by several
// goroutines at once.
type Repository struct {
	root *ocfl.Root
	home string // the service's folder
	dir  string
	acts string

	indexes indexes
}

// indexes remembers where the files of the last few objects lie whose files were not found under their own
// names: whoever reads a transfer's files one after another would otherwise read its inventory once for each.
// What it remembers cannot do harm: every byte is compared with its recorded digest.
type indexes struct {
	mu  sync.Mutex
	all []indexed // the last one asked comes last
}

type indexed struct {
	object, version string
	*ocfl.Index
}

const maxIndexes = 8

// at is where a file of an object's version lies, and the digest of the inventory that says so.
func (x *indexes) at(ctx context.Context, root *ocfl.Root, object, version, path string) (content, inventory string, err error) {
	x.mu.Lock() // also while an inventory is read: two that ask for the same one read it once
	defer x.mu.Unlock()
	i := slices.IndexFunc(x.all, func(have indexed) bool { return have.object == object && have.version == version })
	if i < 0 {
		made, err := root.Index(ctx, object, version)
		if err != nil {
			return "", "", err
		}
		if len(x.all) == maxIndexes {
			err = x.all[0].Close()
			x.all = slices.Delete(x.all, 0, 1)
		}
		i, x.all = len(x.all), append(x.all, indexed{object, version, made})
		if err != nil {
			return "", "", err
		}
	}
	have := x.all[i]
	x.all = append(slices.Delete(x.all, i, i+1), have)
	content, err = have.At(path)
	return content, have.InventorySHA512, err
}

func (x *indexes) forget(object string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all = slices.DeleteFunc(x.all, func(have indexed) bool {
		if have.object == object {
			_ = have.Close() // a file without a name: nothing of it is needed
		}
		return have.object == object
	})
}

// Open opens or makes it.
func Open(dir string) (*Repository, error) {
	r := &Repository{home: dir, dir: filepath.Join(dir, "ocfl"), acts: filepath.Join(dir, "acts")}
	if err := os.MkdirAll(r.acts, 0o700); err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	var err error
	if r.root, err = ocfl.Init(r.dir); err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	return r, syncDir(dir)
}

// Dir is where objects stand, to ask for its free space.
func (r *Repository) Dir() string { return r.dir }

// ObjectID is the identifier of a transfer's object. It does not hang on the accession number,
// which is given only after the object stands.
func ObjectID(archive, transfer string) string {
	return "urn:qoyma:" + archive + ":transfer:" + transfer
}

// File is one file that becomes part of an object; where it lies it is durable (staging.Keep).
type File struct {
	Path, Source, SHA512 string
	Size                 uint64
	Part                 bool  // of Source, from At on
	At                   int64 // bytes
}

// Content is the file as an object takes it.
func (f File) Content() ocfl.Content {
	return ocfl.Content{Logical: f.Path, Source: f.Source, Part: f.Part, At: f.At, SHA512: f.SHA512, Size: int64(f.Size)}
}

func contents(files iter.Seq2[File, error]) iter.Seq2[ocfl.Content, error] {
	return func(yield func(ocfl.Content, error) bool) {
		for f, err := range files {
			if !yield(f.Content(), err) {
				return
			}
		}
	}
}

// SpecOf is everything that a transfer's object says besides its files. It follows from the journal
// alone, so that the object's own record can be written anew when it is damaged.
func SpecOf(archive, transfer string, begun time.Time) ocfl.Spec {
	return ocfl.Spec{
		ID: ObjectID(archive, transfer), Message: "Transfer " + transfer, Created: begun,
		Durable: true, User: ocfl.User{Name: "Qoyma intake, archive " + archive, Address: "urn:qoyma:" + archive + ":intake"},
	}
}

// Create makes the object of a transfer; begun is when its acceptance was recorded. It may be
// called again after any failure and gives the same object. It answers with the SHA-512 of
// the object's inventory. Memory does not grow with the number of files.
func (r *Repository) Create(ctx context.Context, archive, transfer string, begun time.Time, files iter.Seq2[File, error]) (sha string, err error) {
	sha, err = r.root.CreateFrom(ctx, SpecOf(archive, transfer, begun), contents(files))
	if err != nil {
		return "", fmt.Errorf("repository: %w", err)
	}
	return sha, nil
}

// Stands tells whether there is an object, whole or damaged: each comes by one rename.
func (r *Repository) Stands(object string) (bool, error) {
	_, err := os.Lstat(r.root.Path(object))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("repository: %w", err)
	}
	return true, nil
}

// Standing tells how large a file of a version of an object is, in bytes, and its SHA-512 as it lies on the
// disk; there is false where the version brought no such file.
func (r *Repository) Standing(ctx context.Context, object string, version uint32, path string) (size uint64, sha string, there bool, err error) {
	from, err := r.open(ctx, object, version, path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", false, nil
	}
	if err != nil {
		return 0, "", false, fmt.Errorf("repository: %w", err)
	}
	h := sha512.New()
	n, err := io.Copy(h, from)
	if err = errors.Join(err, from.Close(), ctx.Err()); err != nil {
		return 0, "", false, fmt.Errorf("repository: %s: %w", path, err)
	}
	return uint64(n), hex.EncodeToString(h.Sum(nil)), true, nil
}

// Fixity are the digests that a file was accepted with. BLAKE3 is compared where there is one: on one core
// it counts some five times as fast, and is as hard to deceive.
type Fixity struct{ SHA512, BLAKE3 string }

func (f Fixity) begin() (h hash.Hash, want string) {
	if f.BLAKE3 != "" {
		return blake3.New(), f.BLAKE3
	}
	return sha512.New(), f.SHA512
}

// Read gives a file of an object piece by piece, as the version has it that brought it, 1 the first. When it
// returns nil, everything that emit got was what was accepted; Damaged means that it was not, Gone that it
// cannot be had. The object's inventory is read only where the file does not lie under its own name.
func (r *Repository) Read(ctx context.Context, object string, version uint32, path string, fixity Fixity, emit func([]byte) error) error {
	from, err := r.open(ctx, object, version, path)
	return verify(path, from, err, fixity, emit)
}

// own is where a file lies in its object, relative to it, unless others have the same bytes.
func own(version uint32, path string) string { return fmt.Sprintf("v%d/content/%s", version, path) }

// open opens a file of an object. The error is fs.ErrNotExist where it lies nowhere.
func (r *Repository) open(ctx context.Context, object string, version uint32, path string) (io.ReadCloser, error) {
	from, err := r.root.OpenContent(object, own(version, path))
	if !errors.Is(err, fs.ErrNotExist) {
		return from, err
	}
	content, _, elsewhere := r.indexes.at(ctx, r.root, object, fmt.Sprint("v", version), path)
	if elsewhere != nil || content == own(version, path) {
		return nil, errors.Join(err, elsewhere)
	}
	return r.root.OpenContent(object, content)
}

func verify(path string, from io.ReadCloser, err error, fixity Fixity, emit func([]byte) error) error {
	if err != nil {
		return broken(path, err)
	}
	defer func() { _ = from.Close() }() // it was only read
	h, want := fixity.begin()
	return verified(path, from, h, want, emit)
}

// broken says of an error whether what was accepted is damaged or gone, or whether reading it
// failed for a reason that passes.
func broken(what string, err error) error {
	if ocfl.Lost(err) {
		return Gone.With("what", what).Because(err)
	}
	return fmt.Errorf("repository: %s: %w", what, err)
}

// chunk is how much is read at once, in bytes.
const chunk = 256 << 10

func verified(what string, from io.Reader, h hash.Hash, want string, emit func([]byte) error) error {
	buf := make([]byte, chunk)
	for {
		n, err := io.ReadFull(from, buf)
		_, _ = h.Write(buf[:n]) // a hash never fails
		if n > 0 {
			if err := emit(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return broken(what, err)
		}
	}
	if hex.EncodeToString(h.Sum(nil)) != want {
		return Damaged.With("what", what)
	}
	return nil
}

// KeepAct writes an act under its digest and makes it durable. Writing it again changes
// nothing.
func (r *Repository) KeepAct(pdf []byte) (sha string, err error) {
	sum := sha256.Sum256(pdf)
	sha = hex.EncodeToString(sum[:])
	path := r.act(sha)
	f, err := os.CreateTemp(r.acts, ".new-*")
	if err != nil {
		return "", fmt.Errorf("act: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when the rename succeeded
	_, err = f.Write(pdf)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(r.acts)
	}
	if err != nil {
		return "", fmt.Errorf("act: %w", err)
	}
	// If we crash here the act is there and not recorded: it is printed again, and lands
	// under the same name; an act that nobody records is swept away.
	return sha, nil
}

func (r *Repository) act(sha string) string { return filepath.Join(r.acts, sha+".pdf") }

// Act reads an act by its recorded digest. Damaged where the file is another.
func (r *Repository) Act(sha string) ([]byte, error) {
	raw, err := os.ReadFile(r.act(sha))
	if err != nil {
		return nil, fmt.Errorf("act: %w", err)
	}
	sum := sha256.Sum256(raw)
	if hex.EncodeToString(sum[:]) != sha {
		return nil, Damaged.With("what", sha+".pdf")
	}
	return raw, nil
}

// Sweep takes away what dead attempts have left: stages of objects, and acts that no event
// names. It is for the start, before any acceptance.
func (r *Repository) Sweep(acts map[string]bool) error {
	if err := r.root.Sweep(); err != nil {
		return fmt.Errorf("repository: %w", err)
	}
	if err := r.sweepRestoring(); err != nil {
		return err
	}
	return r.eachAct(func(path, sha string) error {
		if acts[sha] {
			return nil
		}
		return os.Remove(path)
	})
}

func (r *Repository) eachAct(do func(path, sha string) error) error {
	entries, err := os.ReadDir(r.acts)
	if err != nil {
		return fmt.Errorf("acts: %w", err)
	}
	for _, e := range entries {
		if err := do(filepath.Join(r.acts, e.Name()), strings.TrimSuffix(e.Name(), ".pdf")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("acts: %w", err)
		}
	}
	return nil
}

// Validate checks the whole storage root after the specification; it is not quick.
func (r *Repository) Validate(ctx context.Context) (*ocfl.Report, error) { return r.root.Validate(ctx) }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
