// Package keeper does the fund's long work: it makes copies, reads them back, scrubs originals
// and copies, and mends what it can. Every step is recorded before the next begins, and each
// may be done again:
//
//	CopyOrdered    the plan
//	incoming       the original's files, each counted while it comes and verified by intake
//	object         one rename at the site; the same object however often it is made
//	CopyMade       its digests are known from here on
//	incoming gone
//	CopyVerified   read back from the disk: enters the register
//
//	ScrubBegun     the plan
//	DamageFound    before anything is touched
//	bytes restored
//	…Restored
//	CopiesChecked  in groups, as far as it came
//	ScrubFinished
//
//	CopyLeaves     the plan: intake destroys the original's content
//	object removed at a site
//	CopyDestroyed
//
// One goroutine copies and one scrubs, so that the work of the fund never takes more of a
// machine than two readers do, and an order does not wait for a scrub that takes days.
package keeper

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// Step is a durable step, for the seam After.
type Step string

// The steps.
const (
	Fetched   Step = "fetched"
	Object    Step = "object"
	Recorded  Step = "copy made"
	Swept     Step = "incoming gone"
	Confirmed Step = "copy verified"
	Found     Step = "damage found"
	Mended    Step = "bytes restored"
	Closed    Step = "restoration recorded"
	Noted     Step = "checks recorded"
	Ended     Step = "scrub finished"
	Removed   Step = "copy removed"
	Buried    Step = "destruction recorded"
)

// Keeper does the work. Its fields are set before Run.
type Keeper struct {
	Store  *base.Store
	Places []*site.Place
	Intake func() (intakev1.IntakeServiceClient, error)
	Log    *slog.Logger
	// After is called behind every durable step; an error stops there, as a death of the
	// process would. nil outside of tests.
	After func(Step) error
	// Pause bounds how long work that cannot go on waits before it is tried again. 0 means a
	// minute.
	Pause time.Duration

	mu        sync.Mutex
	holds     map[string]hold // what cannot go on now
	busy      map[string]bool // copies that are worked on
	freed     chan struct{}   // closed and made anew when one is not any more
	records   map[string]bool // objects whose record the scrub recordsOf has checked
	recordsOf uint64
	pending   map[uint64]tally // what running scrubs have done and not recorded yet
}

// hold is why something waits, and until when.
type hold struct {
	why   error
	until time.Time
	pause time.Duration
}

func (k *Keeper) after(s Step) error {
	if k.After == nil {
		return nil
	}
	if err := k.After(s); err != nil {
		return errors.Join(ErrStopped, err)
	}
	return nil
}

// ErrStopped is what an error of After ends work with.
var ErrStopped = errors.New("stopped behind a step")

// Place is a site by its name; nil where the configuration does not have it.
func (k *Keeper) Place(name string) *site.Place {
	for _, p := range k.Places {
		if p.ID == name {
			return p
		}
	}
	return nil
}

// Names are the sites of the configuration.
func (k *Keeper) Names() []string {
	names := make([]string, len(k.Places))
	for i, p := range k.Places {
		names[i] = p.ID
	}
	return names
}

// Run works until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	if err := k.Extend(ctx); err != nil {
		k.log().ErrorContext(ctx, "copies could not be ordered at every site", "error", err) // the next start tries again
	}
	var wg sync.WaitGroup
	wg.Go(func() { k.loop(ctx, "copying", k.CopyOnce) })
	wg.Go(func() { k.loop(ctx, "scrubbing", k.ScrubOnce) })
	wg.Go(func() { k.loop(ctx, "destroying", k.DestroyOnce) })
	wg.Wait()
	return ctx.Err()
}

// loop does one piece of work after another. next says whether there was any; where there was
// none, or it cannot go on, the loop waits for a commit or until something may be tried again.
func (k *Keeper) loop(ctx context.Context, what string, next func(context.Context) (bool, error)) {
	pause := time.Duration(0)
	for ctx.Err() == nil {
		_, changed := k.Store.Wait()
		did, err := next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			pause = min(max(2*pause, 100*time.Millisecond), k.longest())
			k.log().ErrorContext(ctx, what+" cannot go on", "error", err, "retry_in", pause)
			changed = nil // a commit of others is no reason to try at once
		case did:
			pause = 0
			continue
		default:
			pause = 0
		}
		wait := k.longest()
		if pause > 0 {
			wait = pause
		} else if at, any := k.earliest(); any {
			wait = min(wait, max(time.Until(at), 10*time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (k *Keeper) longest() time.Duration {
	if k.Pause > 0 {
		return k.Pause
	}
	return time.Minute
}

func (k *Keeper) log() *slog.Logger {
	if k.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return k.Log
}

// waits tells whether something waits at this moment.
func (k *Keeper) waits(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.holds[name]
	return ok && time.Now().Before(h.until)
}

// Alarm is why something last could not go on; nil since it could.
func (k *Keeper) Alarm(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.holds[name].why
}

// holdUp lets something wait, longer each time.
func (k *Keeper) holdUp(ctx context.Context, name string, why error) {
	k.mu.Lock()
	if k.holds == nil {
		k.holds = make(map[string]hold)
	}
	pause := min(max(2*k.holds[name].pause, time.Second), k.longest())
	k.holds[name] = hold{why: why, until: time.Now().Add(pause), pause: pause}
	k.mu.Unlock()
	k.log().ErrorContext(ctx, "the insurance fund waits", "for", name, "error", why, "retry_in", pause)
}

func (k *Keeper) release(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.holds, name)
}

// earliest is when the first thing that waits may be tried again. What may be tried already has
// just been looked at.
func (k *Keeper) earliest() (at time.Time, any bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	for _, h := range k.holds {
		if h.until.After(now) && (!any || h.until.Before(at)) {
			at, any = h.until, true
		}
	}
	return at, any
}

// claim lets one goroutine at a time work on a copy.
func (k *Keeper) claim(ctx context.Context, key []byte) (release func(), err error) {
	for {
		k.mu.Lock()
		if k.busy == nil {
			k.busy, k.freed = make(map[string]bool), make(chan struct{})
		}
		if !k.busy[string(key)] {
			k.busy[string(key)] = true
			k.mu.Unlock()
			return func() {
				k.mu.Lock()
				defer k.mu.Unlock()
				delete(k.busy, string(key))
				close(k.freed)
				k.freed = make(chan struct{})
			}, nil
		}
		freed := k.freed
		k.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// sort out what an error of work holds up: a site, intake, or this copy alone.
func (k *Keeper) sortOut(ctx context.Context, place *site.Place, copyID string, err error) {
	switch {
	case errors.Is(err, site.Absent), errors.Is(err, site.Full):
		k.holdUp(ctx, "site "+place.ID, err)
	case fault.KindOf(err) == fault.Unavailable:
		k.holdUp(ctx, "intake", err)
	default:
		k.holdUp(ctx, "copy "+copyID, err)
	}
}

// do carries out a step as a command of its own. Each Decide looks at the state first, so that
// a step which comes twice takes effect once.
func (k *Keeper) do(ctx context.Context, name string, decide base.Decide) ([]*journal.Record, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return k.Store.Do(ctx, base.Command{ID: id, Name: "plan:" + name, Actor: "service:" + k.Store.Service(), Decide: located(decide)})
}

// located has the events of a step say the site that they are about: a site has a history, too. A site whose copy an original was
// restored from is one.
func located(decide base.Decide) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		events, err := decide(v, now)
		for i, e := range events {
			site := ""
			switch body := e.Body.(type) {
			case *insurancev1.OriginalRestored:
				site = body.GetFromSite()
			case interface{ GetSite() string }:
				site = body.GetSite()
			}
			if site != "" {
				events[i].Refs = append(slices.Clone(e.Refs), journal.Ref{Type: "site", ID: site})
			}
		}
		return events, err
	}
}

// Refs are the objects of an event about a copy, the copy first.
func Refs(f *insurancev1.InsuredFile, more ...journal.Ref) []journal.Ref {
	refs := []journal.Ref{{Type: "insurance", ID: f.GetCopyId()}}
	for _, r := range []journal.Ref{
		{Type: "file", ID: f.GetFile().GetId()}, {Type: "accession", ID: f.GetAccessionNumber()}, {Type: "transfer", ID: f.GetTransferId()},
	} {
		if r.ID != "" {
			refs = append(refs, r)
		}
	}
	return append(refs, more...)
}

// ObjectID is the identifier of a copy's OCFL object.
func ObjectID(archive, copyID string) string {
	parts := strings.Split(copyID, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "urn:qoyma:" + archive + ":insurance:" + strings.Join(parts, ":")
}

// SpecOf is everything that a copy's object says. It follows from the journal alone, so that
// its own record can be written anew when it is damaged. source says where the bytes of a
// file lie; nil where none are brought.
func SpecOf(archive string, c *insurancev1.Copy, files []*insurancev1.CopiedFile, source map[string]string) ocfl.Spec {
	s := ocfl.Spec{
		ID: ObjectID(archive, c.GetCopyId()), Message: "Insurance copy of " + c.GetCopyId(), Created: c.GetOrderedAt().AsTime(),
		User: ocfl.User{Name: "Qoyma insurance, archive " + archive, Address: "urn:qoyma:" + archive + ":insurance"},
	}
	for _, f := range files {
		s.Files = append(s.Files, ocfl.Content{Logical: f.GetPath(), Source: source[f.GetPath()], SHA512: f.GetSha512(), Size: int64(f.GetSize())})
	}
	sort.Slice(s.Files, func(i, j int) bool { return s.Files[i].Logical < s.Files[j].Logical })
	return s
}
