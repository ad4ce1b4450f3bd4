package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/space"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

var (
	uploading = fault.Define(fault.Unavailable, "intake.upload.busy",
		"another upload for transfer {id} is under way; wait until it has ended and send again",
		"по передаче {id} уже идёт загрузка; дождитесь её окончания и отправьте снова",
		"{id} тапсыруы бойынша басқа жүктеу жүріп жатыр; оның аяқталуын күтіп, қайта жіберіңіз")
	noRoom = fault.Define(fault.Exhausted, "intake.upload.no_room",
		"there is not enough free space for this package ({free} MiB free, {need} MiB needed); nothing of it was kept; ask the administrator to make room and send it again",
		"для пакета недостаточно места (свободно {free} МиБ, нужно {need} МиБ); ничего из него не сохранено; попросите администратора освободить место и отправьте снова",
		"пакетке бос орын жетпейді (бос {free} МиБ, керегі {need} МиБ); одан ештеңе сақталған жоқ; әкімшіден орын босатуды сұрап, қайта жіберіңіз")
	// unheard is answered inside, where a command id has not come yet.
	unheard = fault.Define(fault.NotFound, "intake.upload.unheard", "not recorded", "не записано", "жазылмаған")
)

// Bounds of one message and of what one event lists.
const (
	maxData      = 1 << 20
	maxPathBytes = 4 << 10
	maxListed    = 500
	maxListBytes = 192 << 10
	maxWarnings  = 100
	maxWarnBytes = 32 << 10
)

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
	u := upload{Server: s, id: begin.GetTransferId(), command: c, bare: begin.GetBare(), so: so}
	res, err := u.take(stream)
	if err != nil {
		return err
	}
	return stream.SendAndClose(res)
}

// progress is how far an upload has come.
type progress struct {
	files atomic.Uint32
	bytes atomic.Uint64
	over  chan struct{} // closed when the names are free again
}

// lockPatience is how long one upload waits for another to end: whoever was refused and sends again at once
// is here before the one that he broke off has noticed.
const lockPatience = 3 * time.Second

// lock keeps other uploads of the transfer, and of the same id, out.
func (s *Server) lock(ctx context.Context, id, packageID string) (so *progress, unlock func(), err error) {
	late := time.NewTimer(lockPatience)
	defer late.Stop()
	for {
		so, unlock, ok := s.claim("transfer/"+id, "package/"+packageID)
		if ok {
			return so, unlock, nil
		}
		select {
		case <-so.over:
		case <-late.C:
			return nil, nil, uploading.With("id", clip(id))
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// claim takes names of what is worked on. Where one is taken it is false, and so is who has it.
func (s *Server) claim(names ...string) (so *progress, release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if other := s.busy[name]; other != nil {
			return other, nil, false
		}
	}
	so = &progress{over: make(chan struct{})}
	for _, name := range names {
		s.busy[name] = so
	}
	return so, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, name := range names {
			delete(s.busy, name)
		}
		close(so.over)
	}, true
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
	bare    bool // the payload alone comes
	so      *progress
	staged  *staging.Upload
	// as they stood when the upload began
	transfer *intakev1.Transfer
	list     store.List
	files    []*recordv1.File
	quota    quota
	granted  uint64   // bytes for which there was room when the disk was asked last
	returned []uint32 // positions that alone may be replaced; none: all
	packages []string // whose bytes stand
	scanner  string   // that looked for malware
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
		err = errors.Join(err, u.staged.Close())
	}()
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
	// The disk takes the package while it is looked at: one that is refused for what is found then was
	// flushed for nothing, and most are not.
	var disk errgroup.Group
	if report.Valid() {
		disk.Go(u.staged.Keep)
	}
	found, examined, err := u.weigh(ctx, report)
	if kept := disk.Wait(); err == nil && found.taken {
		err = kept
	}
	if err != nil {
		return nil, u.explained(err, 0)
	}
	if !found.taken {
		return u.record(ctx, found, nil)
	}
	res, err = u.record(ctx, found, u.recorder(examined))
	for _, old := range u.packages {
		// If we crash before this, the replaced package is swept away at the next start, its bytes and
		// its rows. Where rows were redone, those of the others stay.
		if err == nil && old != packageID && len(u.returned) == 0 {
			err = errors.Join(u.area.Remove(old), u.forget(context.WithoutCancel(ctx), store.Leftover{TransferID: u.id, PackageID: old}))
		}
	}
	return res, err
}

// weigh looks at the files of a package and judges it; examined says what each whole file was examined as.
func (u *upload) weigh(ctx context.Context, report *bagit.Report) (found verdict, examined map[string]string, err error) {
	if examined, err = u.examine(ctx, report); err != nil {
		return found, nil, err
	}
	if u.scanner, err = u.scan(ctx, report); err != nil {
		return found, nil, err
	}
	return u.judge(report), examined, nil
}

// look reads what the package is held against, and refuses where none may be sent.
func (u *upload) look() error {
	return u.store.View(func(v *base.View) (err error) {
		if u.transfer, err = store.Transfer(v, u.id); err != nil {
			return err
		}
		if u.list, err = store.ListOf(v, u.id); err != nil {
			return err
		}
		if err := transfer.MayReceive(u.id, transfer.State(u.transfer.GetState()), u.list.Complete); err != nil {
			return err
		}
		if err := u.lookAtRows(v); err != nil {
			return err
		}
		u.files, _, err = store.Expected(v, u.id, 0, math.MaxInt)
		return err
	})
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

// receive takes the files as they come.
func (u *upload) receive(stream uploadStream) error {
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch part := m.GetPart().(type) {
		case *intakev1.UploadPackageRequest_File:
			if len(part.File.GetPath()) > maxPathBytes {
				return staging.OutOfOrder.With("problem", "a path of more than 4096 bytes")
			}
			if u.bare && !strings.HasPrefix(part.File.GetPath(), "data/") {
				return staging.OutOfOrder.With("problem", "a bare package has files of data/ alone")
			}
			if err := u.room(part.File.GetSize()); err != nil {
				return err
			}
			full, err := u.begin(part.File)
			u.so.files.Add(1)
			if err != nil {
				return u.explained(err, part.File.GetSize())
			}
			if full {
				return nil // the report says so; what would still come changes nothing
			}
			if err := u.data(part.File.GetContent()); err != nil {
				return err
			}
		case *intakev1.UploadPackageRequest_Data:
			if err := u.data(part.Data); err != nil {
				return err
			}
		default:
			return staging.OutOfOrder.With("problem", "a second begin")
		}
	}
}

// data takes the next bytes of the open file; none are no error.
func (u *upload) data(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if len(p) > maxData {
		return staging.OutOfOrder.With("problem", "a message of more than 1 MiB")
	}
	// Again for each piece: packages that are sent at the same time were each promised
	// the same space, and the reserve is what every store lives from.
	if err := u.room(uint64(len(p))); err != nil {
		return err
	}
	if err := u.staged.Data(p); err != nil {
		return u.explained(err, uint64(len(p)))
	}
	u.so.bytes.Add(uint64(len(p)))
	return nil
}

func (u *upload) begin(f *intakev1.UploadFile) (full bool, err error) {
	if f.GetUnsized() {
		return u.staged.Unsized(f.GetPath())
	}
	return u.staged.File(f.GetPath(), f.GetSize())
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

// askedAgain is after how many bytes the disk is asked again: little beside the reserve, and many small files.
const askedAgain = 4 << 20

// room refuses a file for which there is no space beside the reserve.
func (u *upload) room(size uint64) error {
	if err := u.quota.admit(u.so, size); err != nil {
		return err
	}
	if size <= u.granted {
		u.granted -= size
		return nil
	}
	free, err := space.Free(u.area.Dir())
	if err != nil {
		return err
	}
	if free < u.reserve || free-u.reserve < size {
		return noRoom.With("free", free>>20, "need", (u.reserve>>20)+(size>>20)+1)
	}
	u.granted = min(free-u.reserve-size, askedAgain)
	return nil
}

// explained turns a full disk into its fault.
func (u *upload) explained(err error, size uint64) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return noRoom.With("free", 0, "need", (u.reserve>>20)+(size>>20)+1).Because(err)
	}
	return err
}

// judge holds the package against the standard and the inventory, and gives the events that
// say so.
func (u *upload) judge(report *bagit.Report) verdict {
	units := make([]transfer.Unit, len(u.files))
	for i, f := range u.files {
		units[i] = transfer.Unit{Position: f.GetPosition(), Leaves: f.GetLeaves(), Row: proto.Size(f)}
	}
	paths := make([]string, len(report.Payload))
	for i, e := range report.Payload {
		paths[i] = e.Path
	}
	of, faults, warnings := transfer.Assign(units, paths)
	redone, faults, warnings := u.redone(of, faults, warnings)
	faults = append(slices.Clone(report.Faults), faults...)
	packageID := u.command.ID.String()
	refs := store.Refs(u.id, u.transfer.GetOrganisation(), u.transfer.GetInventory())
	if len(faults) > 0 {
		return verdict{events: []base.Event{{Refs: refs, Label: u.list.Label, Body: &intakev1.PackageRefused{
			TransferId: u.id, PackageId: packageID, Count: uint32(len(faults)), Faults: listed(faults, maxListed, maxListBytes),
		}}}}
	}
	events := []base.Event{{Refs: refs, Label: u.list.Label, Body: &intakev1.PackageChecked{
		TransferId: u.id, PackageId: packageID, Files: uint32(len(report.Payload)), Bytes: uint64(report.Bytes),
		ManifestSha512: manifest(report), Redone: redone, Scanner: u.scanner, Software: u.Software, Signatures: u.Signatures, Warnings: listed(append(warnings, report.Warnings...), maxWarnings, maxWarnBytes),
	}}}
	return verdict{taken: true, events: events, files: slices.Concat(report.Payload, report.Tags)}
}

// manifest is the digest of the payload manifest, by preference of the one with SHA-512.
func manifest(report *bagit.Report) string {
	digest := ""
	for _, e := range report.Tags {
		if strings.HasPrefix(e.Path, "manifest-") && (digest == "" || e.Path == "manifest-sha512.txt") {
			digest = e.SHA512
		}
	}
	return digest
}

// listed puts findings into words, as many as an event carries.
func listed(items []fault.Item, most, bytes int) []*intakev1.PackageFault {
	var out []*intakev1.PackageFault
	for _, i := range items {
		clause := bagit.Clause(i.Fault.Code)
		switch {
		case strings.HasPrefix(clause, "§"):
			clause = "RFC 8493 " + clause
		case strings.HasPrefix(i.Fault.Code, "intake."):
			clause = transfer.Clause
		}
		f := &intakev1.PackageFault{Where: i.Where, Code: i.Fault.Code, Clause: clause, Text: &recordv1.Text{
			Kk: i.Fault.In(fault.Kazakh), Ru: i.Fault.In(fault.Russian), En: i.Fault.In(fault.English),
		}}
		if bytes -= proto.Size(f) + 8; bytes < 0 || len(out) == most {
			break
		}
		out = append(out, f)
	}
	return out
}
