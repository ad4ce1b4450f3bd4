package accept

import (
	"context"
	"errors"
	"fmt"
	"io"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/history"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// history writes the object's history into staging, from what the journal said before the plan began.
func (r *run) history() (*intakev1.ObjectHistory, string, error) {
	f, err := r.past()
	if err != nil {
		return nil, "", err
	}
	h := new(intakev1.ObjectHistory)
	if h.Path, err = r.historyPath(); err != nil {
		return nil, "", err
	}
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
		Last: r.facts.checked.GetPackageId(), Files: r.accepted(),
	}
	if r.facts.tags > 0 { // they are of the last package, and all kept
		f.Packages[r.facts.checked.GetPackageId()] = history.Package{}
	}
	for _, position := range r.chosen {
		if unit := r.facts.content[position]; unit != nil {
			f.Packages[unit.of] = history.Package{}
		}
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
func (r *run) create(ctx context.Context) (sha string, h *intakev1.ObjectHistory, err error) {
	h, source, err := r.history()
	if err != nil {
		return "", nil, fmt.Errorf("history: %w", err)
	}
	archive, id := r.Store.Archive(), r.plan.GetTransferId()
	with := func(h *intakev1.ObjectHistory, source string) (string, error) {
		return r.Repository.Create(ctx, archive, id, r.begun.Time(), func(yield func(repository.File, error) bool) {
			if h == nil || yield(historyFile(h, source), nil) {
				r.files()(yield)
			}
		})
	}
	if sha, err = with(h, source); !errors.Is(err, ocfl.Conflict) {
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
	}
	sha, err = with(h, "")
	return sha, h, err
}

// historyPath is where the history lies beside the package's own files.
func (r *run) historyPath() (path string, err error) {
	path = history.PathOf(func(yield func(string) bool) {
		for c, broken := range store.EachFile(r.Store, r.plan.GetTransferId(), true) {
			if err = broken; err != nil || !yield(c.GetPath()) {
				return
			}
		}
	})
	return path, err
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
