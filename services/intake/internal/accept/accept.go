// Package accept carries an acceptance out as a plan whose every step is recorded and may be
// done again:
//
//	AcceptanceBegun            the archivist's decision; from here on there is one way back, and only until
//	                           the number: AcceptanceAbandoned, where staging has lost what was accepted
//	object in the repository   one rename; the same object however often it is made
//	AccessionAccepted, units   the number, decided inside the transaction: no gaps; the units
//	                           of a large one in further transactions
//	act in kk, act in ru       file under its digest, then ActDrawnUp; the second ends the plan
//	staging is emptied         what is left of it the sweep at the next start takes away
//
// The call itself and the start of the service run the same function.
package accept

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/spool"
)

var (
	changed = fault.Define(fault.Conflict, "intake.accept.changed",
		"something was sent for transfer {id} or found of it at the same moment; look at it and accept again",
		"по передаче {id} в этот же момент что-то пришло или изменилось; просмотрите её и примите снова",
		"{id} тапсыруы бойынша дәл осы сәтте бірдеңе келді не өзгерді; оны қарап шығып, қайта қабылдаңыз")
	abandoned = fault.Define(fault.Refused, "intake.accept.abandoned",
		"this acceptance of transfer {id} was taken back, because bytes of its package were lost; look at the transfer and accept it anew",
		"этот приём передачи {id} отменён: данные её пакета утрачены; просмотрите передачу и примите её заново",
		"{id} тапсыруын бұл қабылдау қайтарып алынды: оның пакетінің деректері жоғалған; тапсыруды қарап шығып, жаңадан қабылдаңыз")
	noRoom = fault.Define(fault.Exhausted, "intake.accept.no_room",
		"there is not enough free space to accept this transfer ({free} free, {need} needed); nothing of it is lost; ask the administrator to make room and accept it again",
		"для приёма этой передачи недостаточно места (свободно {free}, нужно {need}); из неё ничего не потеряно; попросите администратора освободить место и примите её снова",
		"бұл тапсыруды қабылдауға бос орын жетпейді (бос {free}, керегі {need}); одан ештеңе жоғалған жоқ; әкімшіден орын босатуды сұрап, оны қайта қабылдаңыз")
)

// Step is a durable step of the plan, for the seam After.
type Step string

// The steps, in their order.
const (
	Begun    Step = "begun"
	Object   Step = "object"
	Recorded Step = "accession"
	Units    Step = "units"       // once for each further command, in large accessions only
	Printed  Step = "act printed" // twice, once for each language
	Drawn    Step = "act recorded"
	Unstaged Step = "staging emptied"
)

// Plans carries acceptances out.
type Plans struct {
	Store      *base.Store
	Staging    *staging.Area
	Repository *repository.Repository
	Archive    act.Text // its name on acts
	Reserve    uint64   // bytes of the disk that every store lives from: no acceptance begins that would touch them
	// After is called behind every durable step; an error stops the plan there, as a death
	// of the process would. nil outside of tests.
	After func(Step) error

	mu   sync.Mutex
	busy map[string]chan struct{}
}

func (p *Plans) after(s Step) error {
	if p.After == nil {
		return nil
	}
	return p.After(s)
}

// lock lets one goroutine at a time work on a transfer's plan.
func (p *Plans) lock(ctx context.Context, id string) (unlock func(), err error) {
	for {
		p.mu.Lock()
		done, taken := p.busy[id]
		if !taken {
			if p.busy == nil {
				p.busy = make(map[string]chan struct{})
			}
			mine := make(chan struct{})
			p.busy[id] = mine
			p.mu.Unlock()
			return func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				delete(p.busy, id)
				close(mine)
			}, nil
		}
		p.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Begin records the decision: the state allows it, the positions are right, the package's
// bytes are there, the act can be printed. The same command gives the same event again.
func (p *Plans) Begin(ctx context.Context, c base.Command, id string, positions []uint32) (*journal.Record, error) {
	unlock, err := p.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	before, err := p.weigh(id, nil)
	if err != nil {
		return nil, err
	}
	var ready error
	if decided(before.transfer) == nil { // in other states the state itself is the answer
		ready = p.ready(before, positions)
	}
	c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := store.Transfer(v, id)
		if err != nil {
			return nil, err
		}
		switch err := decided(t); {
		case err != nil:
			return nil, err
		case ready != nil:
			return nil, ready
		case v.LastAbout(journal.Ref{Type: "transfer", ID: id}) != before.seq:
			// A plan that begins on other facts than were weighed could never be carried out.
			return nil, changed.With("id", id)
		}
		return []base.Event{{
			Refs: store.Refs(id, t.GetOrganisation(), t.GetInventory()),
			Body: &intakev1.AcceptanceBegun{TransferId: id, PackageId: t.GetPackageId(), Positions: positions},
		}}, nil
	}
	records, err := p.Store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	// If we crash here the plan stands, and the next start carries it out.
	return records[0], p.after(Begun)
}

// ready says why an acceptance must not begin: after it there is no way back.
func (p *Plans) ready(f *facts, positions []uint32) error {
	chosen, tried, err := f.try(positions)
	if err != nil {
		return err
	}
	if err := tried.Settled(f.transfer.GetTransferId()); err != nil {
		return err
	}
	if err := p.whole(f); err != nil {
		return err
	}
	if err := p.room(f); err != nil {
		return err
	}
	return p.printable(f, chosen)
}

// printable says why the act of an acceptance could not be printed, whatever its number and day.
func (p *Plans) printable(f *facts, chosen []uint32) error {
	line := f.accession(chosen, "1000-1", civil.Date{Year: 1000, Month: 1, Day: 1})
	return Paper(p.Archive, line, f, chosen).Check()
}

// accession is the accession's line as the plan's facts give it.
func (f *facts) accession(chosen []uint32, number string, day civil.Date) *intakev1.AccessionAccepted {
	t := f.transfer
	a := &intakev1.AccessionAccepted{
		AccessionNumber: number, TransferId: t.GetTransferId(), AcceptedOn: day.String(), Organisation: t.GetOrganisation(),
		Inventory: t.GetInventory(), Listed: uint32(len(f.units)) + t.GetUndescribed().GetUnits(), Accepted: uint32(len(chosen)) + f.undescribed(),
		Kind: t.GetKind(), Form: t.GetForm(), Ground: t.GetGround(), Undescribed: f.undescribed(),
	}
	for _, position := range chosen {
		if c := f.content[position]; c != nil {
			a.Files, a.Bytes = a.GetFiles()+uint32(c.files), a.GetBytes()+uint64(c.bytes)
		}
	}
	return a
}

// Finish carries a begun plan to its end. It may be called again at any time, also when
// everything is done. When it returns nil the accession and its acts exist. A plan that was
// abandoned stays so, whatever has come since.
func (p *Plans) Finish(ctx context.Context, begun *journal.Record) (_ *intakev1.Accession, err error) {
	body, err := begun.Body()
	if err != nil {
		return nil, err
	}
	plan, ok := body.(*intakev1.AcceptanceBegun)
	if !ok {
		return nil, base.IDReused.With("command", begun.Header.GetCommand())
	}
	unlock, err := p.lock(ctx, plan.GetTransferId())
	if err != nil {
		return nil, err
	}
	defer unlock()
	r := run{Plans: p, begun: begun, plan: plan, paths: spool.Place{Dir: p.Staging.Dir()}.Sorter(), places: p.Staging.Places()}
	defer func() { err = errors.Join(err, r.paths.Close(), r.places.Close()) }()
	if err := r.stands(); err != nil {
		return nil, err
	}
	a, err := r.all(ctx)
	if err != nil {
		return nil, fmt.Errorf("accept transfer %s: %w", plan.GetTransferId(), err)
	}
	return a, nil
}

// Resume carries out every plan that did not finish. One that fails does not hold up the
// others; it stays for the next time.
func (p *Plans) Resume(ctx context.Context) error {
	var begun []*journal.Record
	if err := p.Store.View(func(v *base.View) error {
		for _, seq := range store.Plans(v) {
			r, err := v.Entry(seq)
			if err != nil {
				return err
			}
			begun = append(begun, r)
		}
		return nil
	}); err != nil {
		return err
	}
	var errs []error
	for _, r := range begun {
		if _, err := p.Finish(ctx, r); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// run is one plan being carried out.
type run struct {
	*Plans
	begun  *journal.Record
	plan   *intakev1.AcceptanceBegun
	facts  *facts
	chosen []uint32
	anew   bool          // the archive makes the bag
	paths  *spool.Sorter // position → path of each file of the content; nil where no units are recorded
	units  unitPaths
	places *staging.Places // nil where the object stands already
}

// stands refuses a plan that was abandoned: what is read now may be another package's.
func (r *run) stands() error {
	return r.timeline(r.plan.GetTransferId(), r.begun.Seq(), func(e *journal.Record) (more bool, err error) {
		if e.Is((*intakev1.AcceptanceAbandoned)(nil)) {
			return false, abandoned.With("id", r.plan.GetTransferId())
		}
		return !e.Is((*intakev1.AccessionAccepted)(nil)), nil
	})
}

func (r *run) all(ctx context.Context) (*intakev1.Accession, error) {
	err := r.weighed()
	if err != nil {
		return nil, err
	}
	if r.facts.transfer.GetAccessionNumber() == "" {
		if err := r.record(ctx); err != nil {
			return nil, err
		}
	}
	a, err := r.line()
	if err != nil {
		return nil, err
	}
	if err := r.rest(ctx, a); err != nil {
		return nil, err
	}
	for _, language := range store.Languages[len(a.GetActs()):] {
		if err := r.act(ctx, a, language); err != nil {
			return nil, err
		}
	}
	if r.plan.GetPackageId() != "" {
		for _, id := range r.facts.packages {
			if err := r.Staging.Remove(id); err != nil {
				return nil, err
			}
		}
		// If we crash before this, the package lies in staging, and the sweep at the next
		// start takes it away.
		if err := r.after(Unstaged); err != nil {
			return nil, err
		}
	}
	return r.line()
}

// line reads the accession as it stands in the book.
func (r *run) line() (a *intakev1.Accession, err error) {
	err = r.Store.View(func(v *base.View) error {
		t, err := store.Transfer(v, r.plan.GetTransferId())
		if err != nil {
			return err
		}
		n, err := transfer.ParseNumber(t.GetAccessionNumber())
		if err != nil {
			return err
		}
		a, err = store.Accession(v, n)
		return err
	})
	return a, err
}

// files are what becomes part of the object, what the archive itself writes apart.
func (r *run) files() iter.Seq2[repository.File, error] {
	return func(yield func(repository.File, error) bool) {
		for c, err := range r.kept() {
			f := repository.File{Path: c.GetPath(), SHA512: c.GetSha512(), Size: c.GetSize()}
			if err == nil {
				var at staging.Place
				at, err = r.source(c)
				f.Source, f.Part, f.At = at.File, at.Part, at.At
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// keeps tells whether a file becomes part of the object: what is not accepted is not kept.
func (r *run) keeps(c *intakev1.ContentFile) bool {
	position, payload := transfer.PositionOf(c.GetPath())
	return !payload || r.accepts(position)
}

// made is an object that stands.
type made struct {
	id, sha string // SHA-512 of its inventory
	history *intakev1.ObjectHistory
	bag     *intakev1.ObjectBag
}

// object puts the accepted content into the repository, with the tag files of its bag and the history.
// Nothing is made of paper alone, nor of tag files all of whose content is left out: they would be a bag that lacks every file.
func (r *run) object(ctx context.Context) (m made, err error) {
	if files := slices.ContainsFunc(r.chosen, r.facts.has); !files && (r.facts.tags == 0 || len(r.facts.content) > 0) {
		return m, nil
	}
	if m, err = r.create(ctx); err != nil {
		return made{}, err
	}
	// If we crash here the object stands and no accession names it: the plan makes it
	// again, finds it the same, and goes on.
	return m, r.after(Object)
}

// act prints one act and records it.
func (r *run) act(ctx context.Context, a *intakev1.Accession, language string) error {
	day, err := civil.Parse(a.GetAcceptedOn())
	if err != nil {
		return err
	}
	line := r.facts.accession(r.chosen, a.GetAccessionNumber(), day)
	for _, f := range a.GetBag().GetFiles() {
		if f.GetPath() == manifests[1] { // whoever takes the object out finds the act's digest with sha512sum
			r.facts.digest = f.GetSha512()
		}
	}
	pdf, err := Paper(r.Archive, line, r.facts, r.chosen).PDF(fault.Language(language))
	if err != nil {
		return fmt.Errorf("act in %s: %w", language, err)
	}
	sha, err := r.Repository.KeepAct(pdf)
	if err != nil {
		return err
	}
	if err := r.after(Printed); err != nil {
		return err
	}
	err = r.do(ctx, "act "+language, func(v *base.View, _ time.Time) ([]base.Event, error) {
		n, err := transfer.ParseNumber(a.GetAccessionNumber())
		if err != nil {
			return nil, err
		}
		if now, err := store.Accession(v, n); err != nil || slices.ContainsFunc(now.GetActs(), func(d *intakev1.ActDrawnUp) bool { return d.GetLanguage() == language }) {
			return nil, err
		}
		return []base.Event{{
			Refs: store.AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory()),
			Body: &intakev1.ActDrawnUp{AccessionNumber: a.GetAccessionNumber(), Language: language, Sha256: sha, Size: uint64(len(pdf))},
		}}, nil
	})
	if err != nil {
		return err
	}
	return r.after(Drawn)
}

// do carries out a step of the plan as a command of its own, whose id follows from the
// archivist's: done again, it is the same command.
func (r *run) do(ctx context.Context, step string, decide base.Decide) error {
	h := r.begun.Header
	id, err := uuid.FromBytes(h.GetCommandId())
	if err != nil {
		return err
	}
	onBehalf := h.GetOnBehalfOf()
	if onBehalf == "" {
		onBehalf = h.GetActor()
	}
	_, err = r.Store.Do(ctx, base.Command{
		ID: uuid.NewSHA1(id, []byte(step)), Name: "plan:accept", Actor: "service:" + r.Store.Service(), OnBehalfOf: onBehalf, Decide: decide,
	})
	return err
}
