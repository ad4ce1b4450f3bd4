package accept

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"iter"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// An object is a bag (RFC 8493), so that whoever takes its files out can check them with any tool. Where
// one package was accepted whole and brought manifests of SHA-256 and SHA-512, its own tag files make
// that bag. Where rows were redone, or only a part was accepted, no package's manifests list what the
// archive has: then the archive writes a bag of its own around the accepted content, from the digests
// that were counted when the bytes arrived, and keeps the tag files of each package as they came under
// submission/<package>/ (IS-9: what was handed over can be shown).

// manifests are the payload manifests without which the archive makes the bag. The digest of the second is the one on the act.
var manifests = [...]string{"manifest-sha256.txt", "manifest-sha512.txt"}

// rebags tells whether the archive makes the bag. Where nothing digital is accepted there is nothing to
// make one of.
func (r *run) rebags() bool {
	whole := len(r.facts.packages) == 1 && r.facts.manifests == len(manifests)
	any := false
	for position := range r.facts.content {
		kept := r.accepts(position)
		any, whole = any || kept, whole && kept
	}
	return any && !whole
}

// kept gives what becomes part of the object, the archive's own files apart, each with its path there. All is
// in the order of the paths; where the archive makes the bag the packages' tag files follow the payload.
func (r *run) kept() iter.Seq2[*intakev1.ContentFile, error] {
	if !r.anew {
		return r.accepted()
	}
	return func(yield func(*intakev1.ContentFile, error) bool) {
		for _, files := range []iter.Seq2[*intakev1.ContentFile, error]{r.payload(), r.tags()} {
			for c, err := range files {
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	}
}

// payload gives the accepted content without tag files, by path.
func (r *run) payload() iter.Seq2[*intakev1.ContentFile, error] {
	return func(yield func(*intakev1.ContentFile, error) bool) {
		for c, err := range r.accepted() {
			if _, payload := transfer.PositionOf(c.GetPath()); err == nil && !payload {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// tags gives the packages' tag files as the object has them: by path, and where the archive makes the bag
// package by package.
func (r *run) tags() iter.Seq2[*intakev1.ContentFile, error] {
	id := r.plan.GetTransferId()
	if !r.anew {
		return store.EachFile(r.Store, id, true)
	}
	return func(yield func(*intakev1.ContentFile, error) bool) {
		for c, err := range store.EachSubmitted(r.Store, id) {
			if err == nil {
				c.Path = transfer.Submission(c.GetPackageId(), c.GetPath())
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// source is where the bytes of a kept file are in staging; nowhere where the object stands already.
func (r *run) source(c *intakev1.ContentFile) (staging.Place, error) {
	if r.places == nil {
		return staging.Place{}, nil
	}
	if packageID, path, moved := transfer.Submitted(c.GetPath()); r.anew && moved {
		return r.places.Of(packageID, path)
	}
	return r.places.Of(r.facts.packageOf(c), c.GetPath())
}

// bag writes the tag files of the bag around what is accepted. It follows from the journal alone.
func (r *run) bag(write func(name string, text func(io.Writer) error) (bagit.Counted, error)) error {
	t := r.facts.transfer
	from := t.GetOrganisation()
	info := []bagit.Field{
		{Label: "Source-Organization", Value: cmp.Or(from.GetName().GetKk(), from.GetName().GetRu(), from.GetId())},
		{Label: "External-Description", Value: "What archive " + r.Store.Archive() + " accepted of transfer " + t.GetTransferId()},
		{Label: "External-Identifier", Value: repository.ObjectID(r.Store.Archive(), t.GetTransferId())},
		{Label: "Internal-Sender-Identifier", Value: t.GetTransferId()},
		{Label: "Bagging-Date", Value: civil.Of(r.begun.Time()).String()},
	}
	return bagit.Describe(info, counted(r.payload()), counted(r.tags()), write)
}

func counted(files iter.Seq2[*intakev1.ContentFile, error]) iter.Seq2[bagit.Counted, error] {
	return func(yield func(bagit.Counted, error) bool) {
		for c, err := range files {
			if !yield(bagit.Counted{Path: c.GetPath(), Size: c.GetSize(), SHA256: c.GetSha256(), SHA512: c.GetSha512()}, err) {
				return
			}
		}
	}
}

// makeBag writes them into staging; none where the package's own make the bag.
func (r *run) makeBag() (files []repository.File, b *intakev1.ObjectBag, err error) {
	if !r.anew {
		return nil, nil, nil
	}
	b = new(intakev1.ObjectBag)
	err = r.bag(func(name string, text func(io.Writer) error) (bagit.Counted, error) {
		sum := sha256.New()
		// No path of a package begins with a slash, so none of its files is in the way.
		d, err := r.Staging.Derive(r.facts.checked.GetPackageId(), "/bag/"+name, func(w io.Writer) error { return text(io.MultiWriter(w, sum)) })
		made := &intakev1.ObjectHistory{Path: name, Size: d.Size, Sha512: d.SHA512}
		b.Files, files = append(b.Files, made), append(files, written(made, d.Path))
		return bagit.Counted{Size: d.Size, SHA256: hex.EncodeToString(sum.Sum(nil)), SHA512: d.SHA512}, err
	})
	return files, b, err
}

// WriteBag writes a tag file of an accession's bag again, byte for byte.
func (p *Plans) WriteBag(a *intakev1.Accession, name string, w io.Writer) error {
	r, err := p.again(a)
	if err != nil {
		return err
	}
	return r.bag(func(n string, text func(io.Writer) error) (bagit.Counted, error) {
		short, long := sha256.New(), sha512.New()
		to := io.MultiWriter(short, long)
		if n == name {
			to = io.MultiWriter(to, w)
		}
		size := counter(0)
		err := text(io.MultiWriter(to, &size))
		return bagit.Counted{Size: uint64(size), SHA256: hex.EncodeToString(short.Sum(nil)), SHA512: hex.EncodeToString(long.Sum(nil))}, err
	})
}

// counter counts bytes.
type counter uint64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
