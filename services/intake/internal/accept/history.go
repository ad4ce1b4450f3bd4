package accept

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/history"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// history writes the object's history into staging, from what the journal said before the plan began.
func (r *run) history(files []repository.File) (*intakev1.ObjectHistory, string, error) {
	f, err := r.past()
	if err != nil {
		return nil, "", err
	}
	h := &intakev1.ObjectHistory{Path: historyPath(files)}
	made, err := r.Staging.Derive(r.facts.checked.GetPackageId(), h.GetPath(), func(w io.Writer) error { return history.Write(w, f) })
	h.Size, h.Sha512 = made.Size, made.SHA512
	return h, made.Path, err
}

// past gathers the facts of the history.
func (r *run) past() (history.Facts, error) {
	t := r.facts.transfer
	f := history.Facts{
		Archive: r.Store.Archive(), Object: repository.ObjectID(r.Store.Archive(), t.GetTransferId()), Transfer: t.GetTransferId(), From: t.GetOrganisation(),
		Begun: history.Decision{Seq: r.begun.Seq(), At: r.begun.Time()}, Packages: make(map[string]history.Package),
		Last: r.facts.checked.GetPackageId(), Files: r.accepted,
	}
	for c := range r.accepted {
		f.Packages[r.facts.packageOf(c)] = history.Package{}
	}
	var checks []*journal.Record
	err := r.Store.View(func(v *base.View) (err error) {
		checks, err = store.StandingChecks(v, t.GetTransferId())
		return err
	})
	if err != nil {
		return f, err
	}
	for _, e := range checks {
		body, err := e.Body()
		if err != nil {
			return f, err
		}
		checked, _ := body.(*intakev1.PackageChecked)
		if _, kept := f.Packages[checked.GetPackageId()]; kept {
			f.Packages[checked.GetPackageId()] = history.Package{Seq: e.Seq(), At: e.Time(), Checked: checked}
		}
	}
	for id, p := range f.Packages {
		if p.Checked == nil && err == nil {
			err = fmt.Errorf("package %s: its check is not in the journal", id)
		}
	}
	return f, err
}

// accepted gives the content that becomes part of the object, by path.
func (r *run) accepted(yield func(*intakev1.ContentFile) bool) {
	for _, c := range r.facts.content {
		if r.keeps(c) && !yield(c) {
			return
		}
	}
}

// maxPage is how many events are held in memory at once: each may have 256 KiB.
const maxPage = 50

// timeline gives what the journal says of a transfer after a seq, in order, until each has enough.
func (p *Plans) timeline(transferID string, after uint64, each func(*journal.Record) (more bool, err error)) error {
	for {
		records, err := p.Store.Timeline(journal.Ref{Type: "transfer", ID: transferID}, after, maxPage)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, r := range records {
			if more, err := each(r); err != nil || !more {
				return err
			}
			after = r.Seq()
		}
	}
}

// create makes the object with its history. Where one stands already that another program made,
// before the process was replaced by this one, that object is taken as it is.
func (r *run) create(ctx context.Context, files []repository.File) (sha string, h *intakev1.ObjectHistory, err error) {
	h, source, err := r.history(files)
	if err != nil {
		return "", nil, fmt.Errorf("history: %w", err)
	}
	archive, id := r.Store.Archive(), r.plan.GetTransferId()
	sha, err = r.Repository.Create(ctx, archive, id, r.begun.Time(), append(slices.Clip(files), historyFile(h, source)))
	if !errors.Is(err, ocfl.Conflict) {
		return sha, h, err
	}
	size, digest, there, standErr := r.Repository.Standing(ctx, repository.ObjectID(archive, id), h.GetPath())
	if standErr != nil {
		return "", nil, errors.Join(err, standErr)
	}
	was := h.GetPath()
	h = nil
	if there {
		h = &intakev1.ObjectHistory{Path: was, Size: size, Sha512: digest}
		files = append(slices.Clip(files), historyFile(h, ""))
	}
	sha, err = r.Repository.Create(ctx, archive, id, r.begun.Time(), files)
	return sha, h, err
}

func historyPath(files []repository.File) string {
	return history.PathOf(func(yield func(string) bool) {
		for _, f := range files {
			if !yield(f.Path) {
				return
			}
		}
	})
}

func historyFile(h *intakev1.ObjectHistory, source string) repository.File {
	return repository.File{Path: h.GetPath(), Source: source, SHA512: h.GetSha512(), Size: h.GetSize()}
}

// WriteHistory writes the history of an accession's object again, byte for byte.
func (p *Plans) WriteHistory(a *intakev1.Accession, w io.Writer) error {
	r, err := p.again(a.GetTransferId())
	if err != nil {
		return err
	}
	f, err := r.past()
	if err != nil {
		return err
	}
	return history.Write(w, f)
}
