package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// unheard is answered inside, where a command id has not come yet.
var unheard = fault.Define(fault.NotFound, "intake.upload.unheard", "not recorded", "не записано", "жазылмаған")

type uploadStream = grpc.ClientStreamingServer[intakev1.UploadPackageRequest, intakev1.UploadPackageResponse]

// UploadPackage implements IntakeService. An upload that breaks off leaves nothing; the same
// command id after an answer gives the same answer without the bytes.
func (s *Server) UploadPackage(stream uploadStream) error {
	ctx := stream.Context()
	first, err := stream.Recv()
	if errors.Is(err, io.EOF) || (err == nil && first.GetBegin() == nil) {
		return staging.OutOfOrder.With("problem", "no begin")
	}
	if err != nil {
		return err
	}
	begin := first.GetBegin()
	c, err := journalapi.Command(ctx, begin.GetCommandId(), intakev1.IntakeService_UploadPackage_FullMethodName)
	if err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return err
	}
	if err := s.store.View(func(v *base.View) error {
		_, err := store.Mine(v, begin.GetTransferId(), of)
		return err
	}); err != nil {
		return err
	}
	so, unlock, err := s.lock(ctx, begin.GetTransferId(), c.ID.String())
	if err != nil {
		return err
	}
	defer unlock()
	if res, err := s.answered(ctx, c, begin.GetTransferId()); err != nil || res != nil {
		if err != nil {
			return err
		}
		return stream.SendAndClose(res)
	}
	if err := s.arrived(ctx, begin.GetTransferId()); err != nil {
		return err
	}
	u := upload{Server: s, id: begin.GetTransferId(), command: c, bare: begin.GetBare() || begin.GetEark(), eark: begin.GetEark(), so: so}
	res, err := u.take(stream)
	if err != nil {
		return err
	}
	return stream.SendAndClose(res)
}

// answered repeats the answer to a command id that came before; nil where it did not.
func (s *Server) answered(ctx context.Context, c base.Command, id string) (*intakev1.UploadPackageResponse, error) {
	c.Decide = func(*base.View, time.Time) ([]base.Event, error) { return nil, unheard.With() }
	records, err := s.store.Do(ctx, c)
	if errors.Is(err, unheard) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, records, id)
}

// answer follows from the recorded event, so that it is the same each time; to a package that
// was taken is added which of its files the archive has already.
func (s *Server) answer(ctx context.Context, records []*journal.Record, id string) (*intakev1.UploadPackageResponse, error) {
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	if records[0].Object().ID != id {
		return nil, base.IDReused.With("command", records[0].Header.GetCommand())
	}
	switch b := body.(type) {
	case *intakev1.PackageRefused:
		return &intakev1.UploadPackageResponse{PackageId: b.GetPackageId(), FaultCount: b.GetCount(), Faults: b.GetFaults()}, nil
	case *intakev1.PackageChecked:
		known, err := s.known(ctx, id)
		if err != nil {
			return nil, err
		}
		return &intakev1.UploadPackageResponse{
			PackageId: b.GetPackageId(), Taken: true, Files: b.GetFiles(), Bytes: b.GetBytes(), Warnings: append(b.GetWarnings(), known...),
		}, nil
	}
	return nil, base.IDReused.With("command", records[0].Header.GetCommand())
}

// upload is one package being taken.
type upload struct {
	*Server
	id      string
	command base.Command
	bare    bool // the archive makes the bag around what comes
	eark    bool // an E-ARK package comes
	so      *progress
	staged  *staging.Upload
	// as they stood when the upload began
	transfer *intakev1.Transfer
	list     store.List
	units    []transfer.Unit
	labels   map[uint32]*journalv1.Label // of units that have one, by position
	quota    quota
	granted  uint64   // bytes for which there was room when the disk was asked last
	returned []uint32 // positions that alone may be replaced; none: all
	packages []string // whose bytes stand
	scanner  string   // that looked for malware
	early    looks    // at small files, as they came
	late     looks    // at the others
}

// take receives, judges and records. Whatever happens, only a recorded package keeps its bytes.
func (u *upload) take(stream uploadStream) (res *intakev1.UploadPackageResponse, err error) {
	if err := u.look(); err != nil {
		return nil, err
	}
	if u.quota, err = u.quotaOf(u.transfer); err != nil {
		return nil, err
	}
	packageID := u.command.ID.String()
	if u.staged, err = u.area.Begin(packageID); err != nil {
		return nil, u.explained(err, 0)
	}
	defer func() {
		if !u.stands(packageID) {
			err = errors.Join(err, u.staged.Discard())
		}
		err = errors.Join(err, u.close())
	}()
	u.staged.Look = u.glance
	u.examining()
	if err := u.receive(stream); err != nil {
		return nil, err
	}
	return u.conclude(stream.Context())
}

// conclude judges what has come, and records. When it gives no answer the caller looks whether the
// package stands.
func (u *upload) conclude(ctx context.Context) (res *intakev1.UploadPackageResponse, err error) {
	packageID := u.command.ID.String()
	if u.bare {
		if err := u.staged.Wrap(u.info()); err != nil {
			return nil, u.explained(err, 0)
		}
	}
	report, err := u.staged.Finish()
	if err != nil {
		return nil, u.explained(err, 0)
	}
	// The disk takes the package while it is looked at and its rows are written: one that is refused for what is found then was
	// flushed for nothing, and most are not.
	var disk errgroup.Group
	if report.Valid() {
		disk.Go(u.staged.Keep)
	}
	defer func() { _ = disk.Wait() }() // where it matters it was asked
	found, err := u.weigh(ctx, report)
	if err != nil {
		return nil, u.explained(err, 0)
	}
	if !found.taken {
		return u.record(ctx, found, nil, nil)
	}
	res, err = u.record(ctx, found, u.recorder(), func() error { return u.explained(disk.Wait(), 0) })
	for _, old := range u.packages {
		// If we crash before this, the replaced package is swept away at the next start, its bytes and
		// its rows. Where rows were redone, those of the others stay.
		if err == nil && old != packageID && len(u.returned) == 0 {
			err = errors.Join(u.area.Remove(old), u.forget(context.WithoutCancel(ctx), store.Leftover{TransferID: u.id, PackageID: old}))
		}
	}
	return res, err
}

// examining makes room for what is found of the files.
func (u *upload) examining() { u.early.kinds, u.late.kinds = u.place().Sorter(), u.place().Sorter() }

// close lets the package's folder go, whatever became of it; examining was called.
func (u *upload) close() error {
	err := u.staged.Close() // first: until then files are still looked at
	return errors.Join(err, u.examined())
}

// examined gives back what examining took.
func (u *upload) examined() error { return errors.Join(u.early.kinds.Close(), u.late.kinds.Close()) }

// place is where goes what does not fit into memory: the package's folder.
func (u *upload) place() spool.Place {
	return spool.Place{Dir: filepath.Join(u.area.Dir(), u.command.ID.String())}
}

// all gives the files of the package: the payload, then the tag files, each by path.
func (u *upload) all() iter.Seq2[bagit.Entry, error] {
	return func(yield func(bagit.Entry, error) bool) {
		for _, tags := range []bool{false, true} {
			for e, err := range u.staged.Files(tags) {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// look reads what the package is held against, and refuses where none may be sent.
func (u *upload) look() error {
	if err := u.store.View(func(v *base.View) (err error) {
		if u.transfer, err = store.Transfer(v, u.id); err != nil {
			return err
		}
		if u.list, err = store.ListOf(v, u.id); err != nil {
			return err
		}
		if err := transfer.MayReceive(u.id, transfer.State(u.transfer.GetState()), u.list.Complete); err != nil {
			return err
		}
		return u.lookAtRows(v)
	}); err != nil {
		return err
	}
	u.units, u.labels = nil, make(map[uint32]*journalv1.Label)
	same := make(map[string]*journalv1.Label)              // many units have one label
	for f, err := range store.EachUnit(u.store, u.id, 0) { // a complete inventory does not change
		if err != nil {
			return err
		}
		u.units = append(u.units, transfer.Unit{Position: f.GetPosition(), Leaves: f.GetLeaves(), Row: proto.Size(f)})
		if l := f.GetLabel(); l != nil {
			name := l.String()
			if same[name] == nil {
				same[name] = l
			}
			u.labels[f.GetPosition()] = same[name]
		}
	}
	return nil
}

// stands tells whether the journal names the package; where that cannot be read the bytes
// stay, and the next start decides.
func (u *upload) stands(packageID string) bool {
	stands := false
	err := u.store.View(func(v *base.View) error {
		t, err := store.Transfer(v, u.id)
		stands = t.GetPackageId() == packageID
		return err
	})
	return stands || err != nil
}

// info says in the bag of our making whose it is (RFC 8493 §2.2.2).
func (u *upload) info() []bagit.Field {
	name := u.transfer.GetOrganisation().GetName()
	return []bagit.Field{
		{Label: "Source-Organization", Value: cmp.Or(name.GetKk(), name.GetRu(), name.GetEn())},
		{Label: "External-Identifier", Value: u.id},
		{Label: "Internal-Sender-Identifier", Value: u.transfer.GetInventory().GetId()},
		{Label: "Bag-Software-Agent", Value: "Qoyma"},
	}
}
