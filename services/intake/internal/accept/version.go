package accept

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/history"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// What happens to content after its acceptance becomes a later version of its object, in which the
// history alone is another:
//
//	QuarantineBegun, ContentRestored …  what the journal says (history.Tells)
//	ObjectVersionBegun                  the plan: up to which event the version tells
//	version in the repository           one rename; the same version however often it is made
//	ObjectVersionAdded                  its digests are known from here on
//
// Nothing is added for one event alone where others may follow at once: a broken disk has thousands of
// files restored in an hour, and each version holds the whole history of them all.
const (
	Planned Step = "version begun"
	Stands  Step = "version stands"
	Known   Step = "version recorded"
)

// quiet is how long nothing more must have happened to an object before its next version is made, and
// longest how long what happened waits for that at most.
const (
	quiet   = time.Minute
	longest = time.Hour
)

// Versions makes the versions that are due at a time. One that fails does not hold up the others; it
// stays for the next time.
func (p *Plans) Versions(ctx context.Context, now time.Time) error {
	var numbers []transfer.Number
	if err := p.Store.View(func(v *base.View) error {
		numbers = store.Untold(v)
		return nil
	}); err != nil {
		return err
	}
	var errs []error
	for _, n := range numbers {
		if err := p.version(ctx, n, now); err != nil {
			errs = append(errs, fmt.Errorf("next version of the object of accession %s: %w", n, err))
		}
	}
	return errors.Join(errs...)
}

// version makes the next version of an object where it is due, or ends one that was begun.
func (p *Plans) version(ctx context.Context, n transfer.Number, now time.Time) error {
	a, release, err := p.hold(ctx, n)
	if err != nil {
		return err
	}
	defer release()
	through, err := p.due(n, a, now)
	if err != nil || through == 0 {
		return err
	}
	if whole, err := p.recordWhole(a); err != nil || !whole {
		return err // the insurance fund's check has the record restored first
	}
	begun, err := p.beginVersion(ctx, n, a, through)
	if err != nil || begun == nil {
		return err
	}
	return p.endVersion(ctx, n, a, begun)
}

// recordWhole tells whether the object's own record is what was recorded of it.
func (p *Plans) recordWhole(a *intakev1.Accession) (bool, error) {
	inventories, err := p.Inventories(a)
	if err != nil {
		return false, err
	}
	wrong, err := p.Repository.CheckRecord(a.GetObjectId(), inventories)
	return len(wrong) == 0, err
}

// Hold lets one caller at a time work on an accession's object, and first ends a version of it that was
// begun, so that the object and the journal say the same. Where that cannot be, because the object's record
// is damaged, the version waits until that is restored: whoever restores it comes by here. It gives the
// accession as it then is.
func (p *Plans) Hold(ctx context.Context, number string) (a *intakev1.Accession, release func(), err error) {
	n, err := transfer.ParseNumber(number)
	if err != nil {
		return nil, nil, err
	}
	return p.hold(ctx, n)
}

func (p *Plans) hold(ctx context.Context, n transfer.Number) (a *intakev1.Accession, release func(), err error) {
	unlock, err := p.lock(ctx, "object of "+n.String())
	if err != nil {
		return nil, nil, err
	}
	a, begun, err := p.standing(n)
	if err == nil && begun != nil {
		if err = p.endVersion(ctx, n, a, begun); err == nil {
			a, _, err = p.standing(n)
		} else if whole, unknown := p.recordWhole(a); unknown == nil && !whole {
			err = nil
		}
	}
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return a, unlock, nil
}

// standing reads an accession, and the plan of its object's next version where one was begun.
func (p *Plans) standing(n transfer.Number) (a *intakev1.Accession, begun *journal.Record, err error) {
	err = p.Store.View(func(v *base.View) (err error) {
		if a, err = store.Accession(v, n); err == nil && a == nil {
			err = store.NoAccession.With("number", n)
		}
		if err == nil {
			begun, err = store.Versioning(v, n)
		}
		return err
	})
	return a, begun, err
}

// due is the last event that the next version tells of; 0 where none is due.
func (p *Plans) due(n transfer.Number, a *intakev1.Accession, now time.Time) (through uint64, err error) {
	var told []*journal.Record
	err = p.Store.View(func(v *base.View) error {
		versions, err := store.Versions(v, n)
		if err != nil || len(versions) == 0 {
			return err
		}
		told, err = store.Chronicle(v, n, versions[len(versions)-1].GetThrough(), ^uint64(0))
		return err
	})
	if err != nil || len(told) == 0 || a.GetObjectId() == "" || a.GetObjectLeft() {
		return 0, err
	}
	newest, oldest := told[len(told)-1], told[0]
	if now.Sub(newest.Time()) < quiet && now.Sub(oldest.Time()) < longest {
		return 0, nil
	}
	return newest.Seq(), nil
}

// beginVersion records the plan; nil where one was begun in the meantime.
func (p *Plans) beginVersion(ctx context.Context, n transfer.Number, a *intakev1.Accession, through uint64) (*journal.Record, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	records, err := p.Store.Do(ctx, base.Command{
		ID: id, Name: "plan:version", Actor: "service:" + p.Store.Service(),
		Decide: func(v *base.View, _ time.Time) ([]base.Event, error) {
			now, err := store.Accession(v, n)
			if err != nil || now.GetObjectVersion() != a.GetObjectVersion() || now.GetObjectLeft() {
				return nil, err
			}
			if begun, err := store.Versioning(v, n); err != nil || begun != nil {
				return nil, err
			}
			return []base.Event{{Refs: objectRefs(a), Body: &intakev1.ObjectVersionBegun{
				AccessionNumber: a.GetAccessionNumber(), ObjectId: a.GetObjectId(), Version: a.GetObjectVersion() + 1, Through: through,
			}}}, nil
		},
	})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	// If we crash here the plan stands; the next start, or whoever comes to the object next, ends it.
	return records[0], p.after(Planned)
}

func objectRefs(a *intakev1.Accession) []journal.Ref {
	return store.AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory())
}

// endVersion makes the version that was begun and records it. Done again, it is the same version.
func (p *Plans) endVersion(ctx context.Context, n transfer.Number, a *intakev1.Accession, begun *journal.Record) (err error) {
	body, err := begun.Body()
	if err != nil {
		return err
	}
	plan, ok := body.(*intakev1.ObjectVersionBegun)
	if !ok {
		return fmt.Errorf("event %d begins no version", begun.Seq())
	}
	r, err := p.again(a)
	if err != nil {
		return err
	}
	f, err := r.pastUntil(n, plan.GetThrough())
	if err != nil {
		return err
	}
	h := a.GetHistory()
	if h == nil { // an earlier program made the object and wrote none
		path, err := r.historyPath()
		if err != nil {
			return err
		}
		h = &intakev1.ObjectHistory{Path: path}
	}
	as, err := p.Describe(ctx, a)
	if err != nil && !errors.Is(err, ErrOther) {
		return err
	}
	if as != nil {
		defer func() { err = errors.Join(err, as.Close()) }()
	}
	made, err := p.Repository.AddVersion(ctx, repository.Version{
		Object: a.GetObjectId(), Number: plan.GetVersion(), Path: h.GetPath(), Change: changeOf(p.Store.Archive(), plan, begun.Time()),
		Write: func(w io.Writer) error { return history.Write(w, f) },
	}, as)
	if err != nil {
		return err
	}
	// If we crash here the version stands and the journal does not say so: made again it is found the
	// same, and recorded.
	if err := p.after(Stands); err != nil {
		return err
	}
	return p.recordVersion(ctx, n, a, plan, begun, made)
}

func (p *Plans) recordVersion(ctx context.Context, n transfer.Number, a *intakev1.Accession, plan *intakev1.ObjectVersionBegun, begun *journal.Record, made repository.Made) error {
	id, err := uuid.FromBytes(begun.Header.GetCommandId())
	if err != nil {
		return err
	}
	_, err = p.Store.Do(ctx, base.Command{
		ID: uuid.NewSHA1(id, []byte("version")), Name: "plan:version", Actor: "service:" + p.Store.Service(),
		Decide: func(v *base.View, _ time.Time) ([]base.Event, error) {
			if now, err := store.Versioning(v, n); err != nil || now == nil {
				return nil, err
			}
			return []base.Event{{Refs: objectRefs(a), Body: &intakev1.ObjectVersionAdded{
				AccessionNumber: a.GetAccessionNumber(), ObjectId: a.GetObjectId(), Version: plan.GetVersion(), Through: plan.GetThrough(),
				History:      &intakev1.ObjectHistory{Path: made.Path, Size: made.Size, Sha512: made.SHA512},
				ObjectSha512: made.Inventory, Created: begun.Header.GetRecordedAt(),
			}}}, nil
		},
	})
	if err != nil {
		return err
	}
	return p.after(Known)
}

// changeOf is a version as OCFL describes it, from its plan.
func changeOf(archive string, plan *intakev1.ObjectVersionBegun, at time.Time) ocfl.Change {
	return repository.ChangeOf(archive, plan.GetVersion()-1, plan.GetThrough(), at)
}

// pastUntil gathers the facts of the history as of an event of the journal.
func (r *run) pastUntil(n transfer.Number, through uint64) (history.Facts, error) {
	f, err := r.past()
	if err != nil {
		return f, err
	}
	var told []*journal.Record
	if err := r.Store.View(func(v *base.View) (err error) {
		told, err = store.Chronicle(v, n, 0, through)
		return err
	}); err != nil {
		return f, err
	}
	for _, e := range told {
		body, err := e.Body()
		if err != nil {
			return f, err
		}
		f.Later = append(f.Later, history.Later{Seq: e.Seq(), At: e.Time(), Body: body})
	}
	return f, nil
}

// versions reads the versions of an accession's object.
func (p *Plans) versions(a *intakev1.Accession) (n transfer.Number, list []*intakev1.ObjectVersionAdded, err error) {
	if n, err = transfer.ParseNumber(a.GetAccessionNumber()); err != nil {
		return n, nil, err
	}
	err = p.Store.View(func(v *base.View) (err error) {
		list, err = store.Versions(v, n)
		return err
	})
	return n, list, err
}

// later are the versions after the first, as they were given to the repository.
func later(archive string, versions []*intakev1.ObjectVersionAdded) (changes []ocfl.Change) {
	for _, v := range versions[min(1, len(versions)):] {
		c := repository.ChangeOf(archive, v.GetVersion()-1, v.GetThrough(), v.GetCreated().AsTime())
		h := v.GetHistory()
		c.Put = []ocfl.Content{{Logical: h.GetPath(), SHA512: h.GetSha512(), Size: int64(h.GetSize())}}
		changes = append(changes, c)
	}
	return changes
}
