package accept

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"slices"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// An object is a bag (RFC 8493), so that whoever takes its files out can check them with any tool. Where
// one package was accepted whole and brought manifests of SHA-256 and SHA-512, its own tag files make
// that bag. Where rows were redone, or only a part was accepted, no package's manifests list what the
// archive has: then the archive writes a bag of its own around the accepted content, from the digests
// that were counted when the bytes arrived, and keeps the tag files of each package as they came under
// submission/<package>/ (IS-9: what was handed over can be shown).

// rebags tells whether the archive makes the bag. Where nothing digital is accepted there is nothing to
// make one of.
func (r *run) rebags() bool {
	whole := len(r.facts.packages) == 1
	any, own := false, map[string]bool{}
	for _, c := range r.facts.content {
		if _, payload := transfer.PositionOf(c.GetPath()); !payload {
			own[c.GetPath()] = true
			continue
		}
		kept := r.keeps(c)
		any, whole = any || kept, whole && kept
	}
	return any && (!whole || !own["manifest-sha256.txt"] || !own["manifest-sha512.txt"])
}

// settle decides how the bag is made and reads what it needs.
func (r *run) settle(anew bool) error {
	r.anew, r.tags = anew, nil
	if !anew {
		return nil
	}
	return r.Store.View(func(v *base.View) (err error) {
		r.tags, err = store.Submitted(v, r.plan.GetTransferId())
		return err
	})
}

// kept gives what becomes part of the object, the archive's own files apart: payload by path, then tag
// files, each with its path there. source is where its bytes are in staging.
func (r *run) kept(yield func(c *intakev1.ContentFile, source string) bool) {
	for _, c := range r.facts.content {
		if _, payload := transfer.PositionOf(c.GetPath()); !r.keeps(c) || r.anew && !payload {
			continue
		}
		if !yield(c, r.Staging.Path(r.facts.packageOf(c), c.GetPath())) {
			return
		}
	}
	for _, c := range r.tags {
		at := proto.CloneOf(c)
		at.Path = transfer.Submission(c.GetPackageId(), c.GetPath())
		if !yield(at, r.Staging.Path(c.GetPackageId(), c.GetPath())) {
			return
		}
	}
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
	counted := func(payload bool) func(func(bagit.Counted) bool) {
		return func(yield func(bagit.Counted) bool) {
			for c := range r.kept {
				if _, is := transfer.PositionOf(c.GetPath()); is == payload && !yield(bagit.Counted{
					Path: c.GetPath(), Size: c.GetSize(), SHA256: c.GetSha256(), SHA512: c.GetSha512(),
				}) {
					return
				}
			}
		}
	}
	return bagit.Describe(info, counted(true), counted(false), write)
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
		b.Files, files = append(b.Files, made), append(files, historyFile(made, d.Path))
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

// whole is nil where the bytes of everything that was accepted, or is to be looked at once more, are in
// staging.
func (p *Plans) whole(f *facts) error {
	var tags []*intakev1.ContentFile
	if err := p.Store.View(func(v *base.View) (err error) {
		tags, err = store.Submitted(v, f.transfer.GetTransferId())
		return err
	}); err != nil {
		return err
	}
	for _, c := range slices.Concat(f.content, tags) {
		if err := p.Staging.Whole(f.packageOf(c), c.GetPath(), c.GetSize()); err != nil {
			return err
		}
	}
	return nil
}
