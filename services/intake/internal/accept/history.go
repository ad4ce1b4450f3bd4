package accept

import (
	"cmp"
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
		Last: r.facts.checked.GetPackageId(), Files: r.kept(), Rebagged: r.anew,
	}
	for c, err := range r.tags() {
		if err != nil {
			return f, err
		}
		f.Packages[r.facts.packageOf(c)] = history.Package{}
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

// create makes the object with its bag and its history. Where one stands already that another program
// made, before the process was replaced by this one, that object is taken as it is.
func (r *run) create(ctx context.Context) (m made, err error) {
	// Asked again: whoever began at the same time was promised the same space. An object that stands takes none.
	if stands, err := r.Repository.Stands(repository.ObjectID(r.Store.Archive(), r.plan.GetTransferId())); err != nil || !stands {
		if err = cmp.Or(err, r.room(r.facts)); err != nil {
			return m, err
		}
	}
	if r.anew = r.rebags(); r.anew {
		if m, err = r.attempt(ctx); !errors.Is(err, ocfl.Conflict) {
			return m, err
		}
		r.anew = false
	}
	return r.attempt(ctx)
}

// attempt makes the object with the bag that is settled.
func (r *run) attempt(ctx context.Context) (m made, err error) {
	own, bag, err := r.makeBag()
	if err != nil {
		return m, fmt.Errorf("bag: %w", err)
	}
	h, source, err := r.history()
	if err != nil {
		return m, fmt.Errorf("history: %w", err)
	}
	archive, id := r.Store.Archive(), r.plan.GetTransferId()
	with := func(h *intakev1.ObjectHistory, source string) (string, error) {
		return r.Repository.Create(ctx, archive, id, r.begun.Time(), func(yield func(repository.File, error) bool) {
			if h != nil && !yield(written(h, source), nil) {
				return
			}
			for _, f := range own {
				if !yield(f, nil) {
					return
				}
			}
			r.files()(yield)
		})
	}
	m = made{id: repository.ObjectID(archive, id), history: h, bag: bag}
	if m.sha, err = with(h, source); !errors.Is(err, ocfl.Conflict) {
		return m, err
	}
	size, digest, there, standErr := r.Repository.Standing(ctx, m.id, 1, h.GetPath())
	if standErr != nil {
		return m, errors.Join(err, standErr)
	}
	m.history = nil
	if there {
		m.history = &intakev1.ObjectHistory{Path: h.GetPath(), Size: size, Sha512: digest}
	}
	m.sha, err = with(m.history, "")
	return m, err
}

// historyPath is where the history lies beside the package's own files.
func (r *run) historyPath() (path string, err error) {
	path = history.PathOf(func(yield func(string) bool) {
		for c, broken := range r.tags() {
			if err = broken; err != nil || !yield(c.GetPath()) {
				return
			}
		}
	})
	return path, err
}

// written is a file that the archive wrote, as the object takes it.
func written(h *intakev1.ObjectHistory, source string) repository.File {
	return repository.File{Path: h.GetPath(), Source: source, SHA512: h.GetSha512(), Size: h.GetSize()}
}

// WriteHistory writes the history of an accession's object again, as of a version, byte for byte.
func (p *Plans) WriteHistory(a *intakev1.Accession, version uint32, w io.Writer) error {
	n, versions, err := p.versions(a)
	if err != nil {
		return err
	}
	if version == 0 || int(version) > len(versions) {
		return fmt.Errorf("the object of accession %s has no version %d", n, version)
	}
	r, err := p.again(a)
	if err != nil {
		return err
	}
	f, err := r.pastUntil(n, versions[version-1].GetThrough())
	if err != nil {
		return err
	}
	return history.Write(w, f)
}

// Written is a file of an object that the archive wrote.
type Written struct {
	*intakev1.ObjectHistory
	Version uint32 // of the object that brought it, 1 the first
	At      string // where it lies in the object where that is no more its logical path, otherwise empty
	Write   func(io.Writer) error
}

// Written lists them: the bag, and the history of every version.
func (p *Plans) Written(a *intakev1.Accession) (files []Written, err error) {
	_, versions, err := p.versions(a)
	if err != nil {
		return nil, err
	}
	for _, b := range a.GetBag().GetFiles() {
		files = append(files, Written{ObjectHistory: b, Version: 1, Write: func(w io.Writer) error { return p.WriteBag(a, b.GetPath(), w) }})
	}
	for _, v := range versions {
		if v.GetHistory() == nil {
			continue
		}
		f := Written{
			ObjectHistory: v.GetHistory(), Version: v.GetVersion(),
			Write: func(w io.Writer) error { return p.WriteHistory(a, v.GetVersion(), w) },
		}
		if v.GetVersion() != a.GetObjectVersion() {
			f.At = fmt.Sprintf("v%d/content/%s", f.Version, f.GetPath())
		}
		files = append(files, f)
	}
	return files, nil
}
