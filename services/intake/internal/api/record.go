package api

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// maxDuplicates is how many files that the archive has already are recorded for one package.
const maxDuplicates = 500

// recorder turns the files of a package that stands into rows, in their order.
type recorder struct {
	*upload
	strictest *journalv1.Label
	examined  [2]*kinds // each file is in one of them, or in none
}

func (u *upload) recorder() *recorder {
	return &recorder{
		upload: u, strictest: &journalv1.Label{Level: u.list.Label.Level, Grounds: u.list.Label.Grounds},
		examined: [2]*kinds{u.early.walk(), u.late.walk()},
	}
}

// wholeAs is what a file was examined as; empty where it was not, or is not whole.
func (r *recorder) wholeAs(path string) string {
	for _, k := range r.examined {
		if kind, seen := k.of(path); seen {
			return kind
		}
	}
	return ""
}

// label is that of the unit to which a file belongs; a tag file may name any of the units.
func (r *recorder) label(f *intakev1.ContentFile) *journalv1.Label {
	if position, ok := transfer.PositionOf(f.GetPath()); ok {
		return r.labels[position]
	}
	return r.strictest
}

// rows are the events of the next files.
func (r *recorder) rows(entries []bagit.Entry) (events []base.Event, err error) {
	content := make([]*intakev1.ContentFile, 0, len(entries))
	for _, e := range entries {
		examined := ""
		if strings.HasPrefix(e.Path, "data/") {
			examined = r.wholeAs(e.Path)
		}
		content = append(content, &intakev1.ContentFile{
			Path: e.Path, Size: uint64(e.Size), Sha256: e.SHA256, Sha512: e.SHA512, Blake3: e.BLAKE3, Examined: examined,
			Puid: e.Format.PUID, Format: strings.TrimSpace(e.Format.Name + " " + e.Format.Version), Mime: e.Format.MIME, Basis: string(e.Format.Basis),
		})
	}
	refs := store.Refs(r.id, r.transfer.GetOrganisation(), r.transfer.GetInventory())
	store.Chunks(content, r.label, func(label base.Label, chunk []*intakev1.ContentFile, _ bool) {
		events = append(events, base.Event{Refs: refs, Label: label, Body: &intakev1.PackageFilesChecked{
			TransferId: r.id, PackageId: r.command.ID.String(), Files: chunk,
		}})
	})
	return events, errors.Join(r.examined[0].err(), r.examined[1].err())
}

// steps gives the files of the package, as many at once as one command takes.
func (u *upload) steps() iter.Seq2[[]bagit.Entry, error] {
	return func(yield func([]bagit.Entry, error) bool) {
		var step []bagit.Entry
		for e, err := range u.all() {
			if err != nil {
				yield(nil, err)
				return
			}
			if step = append(step, e); len(step) == store.MaxStep {
				if !yield(step, nil) {
					return
				}
				step = nil
			}
		}
		if len(step) > 0 {
			yield(step, nil)
		}
	}
}

// record writes the outcome. The caller's going away does not stop it: whether the package
// stands must be known before its bytes are touched again.
//
// The rows of a large package go before it, a thousand to a command. Until its PackageChecked
// they are leftovers: if we crash between two commands the next start forgets them, and the
// department sends the package again.
//
// kept says that the disk has the package; rows need not wait for that.
func (u *upload) record(ctx context.Context, found verdict, r *recorder, kept func() error) (*intakev1.UploadPackageResponse, error) {
	ctx = context.WithoutCancel(ctx)
	c, events := u.command, found.events
	if found.taken {
		rows, err := u.rowsOf(ctx, found, r)
		if err != nil {
			return nil, err
		}
		events = slices.Concat(events, rows)
		if err := kept(); err != nil {
			return nil, err // the rows are leftovers
		}
	}
	c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) { return events, u.open(v) }
	records, err := u.store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	// If we crash here a checked package stands, and a repeated upload is answered at once.
	return u.answer(ctx, records, u.id)
}

// open refuses what comes for a transfer that takes no package any more, or no longer these rows.
func (u *upload) open(v *base.View) error {
	t, err := store.Transfer(v, u.id)
	if err == nil {
		err = transfer.MayReceive(u.id, transfer.State(t.GetState()), true)
	}
	if err != nil {
		return err
	}
	return u.unchanged(v)
}

// atOnce is how many commands with rows of a package may wait for the store: it flushes them together.
const atOnce = 4

// rowsOf are the events that go with the outcome: which files the archive has already, and the rows of a
// small package. Those of a large one are written here, a thousand to a command. What an attempt that failed with its id
// has written is forgotten first: it may have had other files.
func (u *upload) rowsOf(ctx context.Context, found verdict, r *recorder) ([]base.Event, error) {
	ahead := found.files+found.tags > store.MaxStep
	if err := u.forget(ctx, store.Leftover{TransferID: u.id, PackageID: u.command.ID.String()}); err != nil {
		return nil, err
	}
	var held []*intakev1.DuplicateFile
	var events []base.Event
	writing, going := errgroup.WithContext(ctx) // commands that share a flush, while the next rows are made
	writing.SetLimit(atOnce)
	defer func() { _ = writing.Wait() }() // where it matters it was asked
	for step, err := range u.steps() {
		if err != nil {
			return nil, err
		}
		if held, err = u.held(held, step); err != nil {
			return nil, err
		}
		rows, err := r.rows(step)
		if err != nil {
			return nil, err
		}
		if !ahead {
			events = append(events, rows...)
			continue
		}
		c := u.command
		c.ID = uuid.Must(uuid.NewV7()) // an attempt that died with our id must not answer for us
		c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) { return rows, u.open(v) }
		if going.Err() != nil {
			break // a command failed: Wait says how
		}
		writing.Go(func() error {
			_, err := u.store.Do(ctx, c) // each to its end: none may come after rows were forgotten
			return err
		})
	}
	if len(held) > 0 {
		events = slices.Concat(u.duplicates(held), events)
	}
	return events, writing.Wait()
}

// held adds the files whose bytes an accession has. It is asked of a thousand files at once, in a read transaction that
// does not last.
func (u *upload) held(rows []*intakev1.DuplicateFile, step []bagit.Entry) ([]*intakev1.DuplicateFile, error) {
	err := u.store.View(func(v *base.View) error {
		for _, e := range step {
			if _, payload := transfer.PositionOf(e.Path); !payload || e.Size == 0 || len(rows) == maxDuplicates {
				continue
			}
			if _, held := store.FirstHolder(v, e.SHA256); held {
				rows = append(rows, &intakev1.DuplicateFile{Path: e.Path})
			}
		}
		return nil
	})
	return rows, err
}

// duplicates names the files whose bytes an accession has.
func (u *upload) duplicates(rows []*intakev1.DuplicateFile) (events []base.Event) {
	refs := store.Refs(u.id, u.transfer.GetOrganisation(), u.transfer.GetInventory())
	// A name of a file may be of any of the units: the strictest label.
	store.Chunks(rows, func(*intakev1.DuplicateFile) *journalv1.Label {
		return &journalv1.Label{Level: u.list.Label.Level, Grounds: u.list.Label.Grounds}
	}, func(label base.Label, chunk []*intakev1.DuplicateFile, _ bool) {
		events = append(events, base.Event{Refs: refs, Label: label, Body: &intakev1.PackageDuplicatesFound{
			TransferId: u.id, PackageId: u.command.ID.String(), Files: chunk,
		}})
	})
	return events
}

// known puts into words which files of the package that stands the archive has already, as far
// as the reader may know: another department's accession does not exist for a clerk, nor a
// unit whose label he may not read for anybody.
func (s *Server) known(ctx context.Context, id string) (warnings []*intakev1.PackageFault, err error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	scope := clearance(ctx)
	err = s.store.View(func(v *base.View) error {
		list, err := store.ListOf(v, id)
		if err != nil || !scope.Allows(labelOf(list.Label)) {
			return err
		}
		all := store.NewHolders(v)
		for _, path := range store.Duplicates(v, id, maxWarnings) {
			f, ok, err := store.ContentFile(v, id, path)
			if err != nil {
				return err
			}
			if !ok {
				continue // its unit was redone
			}
			holders, err := all.Of(f.GetSha256())
			if err != nil {
				return err
			}
			at := slices.IndexFunc(holders, func(h store.Holder) bool {
				return h.Accession.GetTransferId() != id && of.Has(h.Accession.GetOrganisation().GetId()) && scope.Allows(labelOf(h.Label))
			})
			if at >= 0 {
				warnings = append(warnings, listed([]fault.Item{{Where: path, Fault: transfer.Duplicate.With(
					"number", holders[at].Accession.GetAccessionNumber(), "path", holders[at].Path)}}, 1, maxWarnBytes)...)
			}
		}
		return nil
	})
	return warnings, err
}

// Tidy forgets the rows of packages that stand no more or never stood, as far as no upload of
// theirs is under way.
func (s *Server) Tidy(ctx context.Context) error {
	var list []store.Leftover
	if err := s.store.View(func(v *base.View) (err error) {
		list, err = store.Leftovers(v, store.MaxStep)
		return err
	}); err != nil {
		return err
	}
	for _, l := range list {
		_, release, ok := s.claim("package/" + l.PackageID)
		if !ok {
			continue
		}
		err := s.forget(ctx, l)
		release()
		if err != nil {
			return err
		}
	}
	return nil
}

// forget takes a package's rows away, a thousand to a command. If we crash between two of them
// the rest is still among the leftovers.
func (s *Server) forget(ctx context.Context, l store.Leftover) error {
	for {
		var t *intakev1.Transfer
		left := false
		if err := s.store.View(func(v *base.View) (err error) {
			left = store.IsLeftover(v, l)
			t, err = store.Transfer(v, l.TransferID)
			return err
		}); err != nil || !left {
			return err
		}
		c := base.Command{ID: uuid.Must(uuid.NewV7()), Name: "plan:forget", Actor: "service:" + s.store.Service()}
		c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) {
			if !store.IsLeftover(v, l) {
				return nil, nil
			}
			return []base.Event{{
				Refs: store.Refs(l.TransferID, t.GetOrganisation(), t.GetInventory()),
				Body: &intakev1.PackageRowsForgotten{TransferId: l.TransferID, PackageId: l.PackageID},
			}}, nil
		}
		if _, err := s.store.Do(ctx, c); err != nil {
			return err
		}
	}
}
