package api

import (
	"context"
	"errors"
	"io"
	"path"
	"path/filepath"
	"time"

	"google.golang.org/grpc"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

var (
	onlyInsurance = fault.Define(fault.Denied, "intake.restore.who",
		"only the insurance service restores originals; start a check of the copy there",
		"оригиналы восстанавливает только служба страхового фонда; запустите там проверку копии",
		"түпнұсқаларды тек сақтандыру қоры қызметі қалпына келтіреді; көшірмені тексеруді сонда бастаңыз")
	badRestore = fault.Define(fault.Invalid, "intake.restore.order",
		"a restoration begins with the name of its file, then come its bytes",
		"восстановление начинается с имени файла, затем идут его байты",
		"қалпына келтіру файл атауынан басталады, содан кейін байттары келеді")
)

// insurer is the one who may restore originals.
const insurer = "service:insurance"

func byInsurer(ctx context.Context) error {
	if id, ok := monitor.From(ctx); !ok || id.Actor != insurer {
		return onlyInsurance.With()
	}
	return nil
}

// kept finds the accession of an object.
func (s *Server) kept(object string) (a *intakev1.Accession, err error) {
	err = s.store.View(func(v *base.View) error {
		n, ok := store.Object(v, object)
		if !ok {
			return noContent.With()
		}
		a, err = store.Accession(v, n)
		if err == nil && a == nil {
			err = noContent.With()
		}
		if err == nil && a.GetObjectLeft() {
			err = given(v, a, "")
		}
		return err
	})
	return a, err
}

// keptAlone finds it and lets nobody else change the object until it is released.
func (s *Server) keptAlone(ctx context.Context, object string) (*intakev1.Accession, func(), error) {
	a, err := s.kept(object)
	if err != nil {
		return nil, nil, err
	}
	a, release, err := s.plans.Hold(ctx, a.GetAccessionNumber())
	if err != nil {
		return nil, nil, err
	}
	if _, err := s.kept(object); err != nil { // removed meanwhile
		release()
		return nil, nil, err
	}
	return a, release, nil
}

// CheckObject implements IntakeService.
func (s *Server) CheckObject(ctx context.Context, req *intakev1.CheckObjectRequest) (*intakev1.CheckObjectResponse, error) {
	if err := byInsurer(ctx); err != nil {
		return nil, err
	}
	a, release, err := s.keptAlone(ctx, req.GetObjectId())
	if err != nil {
		return nil, err
	}
	defer release()
	res := new(intakev1.CheckObjectResponse)
	inventories, err := s.plans.Inventories(a)
	if err != nil {
		return nil, err
	}
	wrong, err := s.repo.CheckRecord(a.GetObjectId(), inventories)
	if err != nil {
		return nil, err
	}
	own, err := s.damagedWritten(ctx, a)
	if err != nil && !errors.Is(err, accept.ErrOther) { // of an object that another program made, with a damaged record, no more is known
		return nil, err
	}
	for _, f := range own {
		wrong = append(wrong, f.Difference)
	}
	for _, d := range wrong {
		res.Damaged = append(res.Damaged, &intakev1.DamagedRecord{Path: d.Path, ExpectedSha512: d.Want, ActualSha512: d.Have})
	}
	return res, nil
}

// RestoreRecord implements IntakeService.
func (s *Server) RestoreRecord(ctx context.Context, req *intakev1.RestoreRecordRequest) (*intakev1.RestoreRecordResponse, error) {
	if err := byInsurer(ctx); err != nil {
		return nil, err
	}
	c, err := journalapi.Command(ctx, req.GetCommandId(), intakev1.IntakeService_RestoreRecord_FullMethodName)
	if err != nil {
		return nil, err
	}
	a, release, err := s.keptAlone(ctx, req.GetObjectId())
	if err != nil {
		return nil, err
	}
	defer release()
	mended, err := s.mendRecord(ctx, a, c.ID.String())
	if err != nil {
		return nil, err
	}
	past, err := s.mendWritten(ctx, a, c.ID.String())
	if err != nil {
		return nil, err
	}
	mended = append(mended, past...)
	// If we crash here the record is whole again, and no event says so: what stood there lies
	// in quarantine under the command's id.
	res := new(intakev1.RestoreRecordResponse)
	for _, d := range mended {
		res.Paths = append(res.Paths, d.Path)
	}
	if len(mended) == 0 {
		return res, nil
	}
	c.Decide = func(*base.View, time.Time) ([]base.Event, error) {
		var events []base.Event
		for _, d := range mended {
			quarantined := ""
			if d.Have != "" {
				quarantined = filepath.ToSlash(filepath.Join(repository.Quarantine(c.ID.String()), path.Base(d.Path)+".0"))
			}
			events = append(events, base.Event{
				Refs: store.AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory()),
				Body: &intakev1.ContentRestored{
					AccessionNumber: a.GetAccessionNumber(), ObjectId: a.GetObjectId(), Path: d.Path, Sha512: d.Want,
					DamagedSha512: d.Have, Quarantined: quarantined, ScrubId: req.GetScrubId(),
				},
			})
		}
		return events, nil
	}
	_, err = s.store.Do(ctx, c)
	return res, err
}

// mendRecord writes the object's own record anew where it is damaged.
func (s *Server) mendRecord(ctx context.Context, a *intakev1.Accession, command string) (_ []ocfl.Difference, err error) {
	inventories, err := s.plans.Inventories(a)
	if err != nil {
		return nil, err
	}
	return s.repo.RestoreRecord(a.GetObjectId(), inventories, func() (*ocfl.Described, error) { return s.plans.Describe(ctx, a) }, command)
}

// restoration is one RestoreContent under way.
type restoration struct {
	*Server
	begin     *intakev1.RestoreBegin
	command   base.Command
	accession *intakev1.Accession
	file      *intakev1.ContentFile
	label     base.Label
}

// RestoreContent implements IntakeService.
func (s *Server) RestoreContent(stream grpc.ClientStreamingServer[intakev1.RestoreContentRequest, intakev1.RestoreContentResponse]) error {
	ctx := stream.Context()
	if err := byInsurer(ctx); err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	r := &restoration{Server: s, begin: first.GetBegin()}
	if err := r.find(ctx); err != nil {
		return err
	}
	_, release, ok := s.claim("object/" + r.begin.GetObjectId())
	if !ok {
		return busyRestoring.With("path", clip.Value(r.begin.GetPath()))
	}
	defer release()
	var done func()
	if r.accession, done, err = s.plans.Hold(ctx, r.accession.GetAccessionNumber()); err != nil {
		return err
	}
	defer done()
	restored, err := r.run(ctx, stream.Recv)
	if err != nil {
		return err
	}
	return stream.SendAndClose(&intakev1.RestoreContentResponse{Restored: restored})
}

var busyRestoring = fault.Define(fault.Unavailable, "intake.restore.busy",
	"the object of {path} is being restored at this moment; try again",
	"объект файла {path} сейчас восстанавливается; повторите позже",
	"{path} файлының нысаны дәл қазір қалпына келтірілуде; кейінірек қайталаңыз")

// find looks up what is to be restored.
func (r *restoration) find(ctx context.Context) (err error) {
	if r.begin == nil {
		return badRestore.With()
	}
	if r.command, err = journalapi.Command(ctx, r.begin.GetCommandId(), intakev1.IntakeService_RestoreContent_FullMethodName); err != nil {
		return err
	}
	if r.accession, err = r.kept(r.begin.GetObjectId()); err != nil {
		return err
	}
	return r.store.View(func(v *base.View) error {
		var ok bool
		if r.file, ok, err = store.ObjectFile(v, r.accession, r.begin.GetPath()); err != nil || !ok {
			return orElse(err, noContent.With())
		}
		if err = given(v, r.accession, r.begin.GetPath()); err != nil {
			return err
		}
		r.label, err = labelOfFile(v, r.accession, r.begin.GetPath())
		return err
	})
}

// run takes the bytes, replaces what is damaged, and records it.
func (r *restoration) run(ctx context.Context, next func() (*intakev1.RestoreContentRequest, error)) (bool, error) {
	id, name := r.command.ID.String(), r.file.GetPath()
	known, have, err := r.seek(ctx, r.accession, 1, name, r.file.GetSha512())
	if err != nil {
		return false, err
	}
	begun, _, err := r.repo.Begun(id)
	if err != nil {
		return false, err
	}
	if have == r.file.GetSha512() {
		if !begun {
			return false, nil // whole: nothing is touched
		}
		return true, r.record(ctx)
	}
	to, err := r.repo.Restore(id, name, r.file.GetSha512(), r.file.GetSize())
	if err != nil {
		return false, err
	}
	for err == nil {
		var part *intakev1.RestoreContentRequest
		if part, err = next(); err == nil {
			if part.GetBegin() != nil {
				err = badRestore.With()
			} else {
				_, err = to.Write(part.GetData())
			}
		}
	}
	if errors.Is(err, io.EOF) {
		err = to.Put(ctx, known)
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return false, err
	}
	// If we crash here the file is whole again and its event is missing: the command comes
	// again, finds the folder of its quarantine, and records it.
	return true, r.record(ctx)
}

// record writes the event of a file that was replaced.
func (r *restoration) record(ctx context.Context) error {
	id := r.command.ID.String()
	_, kept, err := r.repo.Begun(id)
	if err != nil {
		return err
	}
	body := &intakev1.ContentRestored{
		AccessionNumber: r.accession.GetAccessionNumber(), ObjectId: r.accession.GetObjectId(), Path: r.file.GetPath(),
		Sha512: r.file.GetSha512(), FromSite: clip.Value(r.begin.GetFromSite()), ScrubId: clip.Value(r.begin.GetScrubId()),
	}
	if len(kept) > 0 { // in order of their names: the folder is this command's alone
		body.DamagedSha512 = r.repo.KeptDigest(ctx, id, kept[0])
		body.Quarantined = filepath.ToSlash(filepath.Join(repository.Quarantine(id), kept[0]))
	}
	a := r.accession
	r.command.Decide = func(*base.View, time.Time) ([]base.Event, error) {
		return []base.Event{{
			Refs:  store.AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory()),
			Label: r.label, Body: body,
		}}, nil
	}
	_, err = r.store.Do(ctx, r.command)
	return err
}

// labelOfFile is the label of the unit to which a file of an accession belongs; what belongs to
// none (the package's tag files) has the strictest of the inventory's.
func labelOfFile(v *base.View, of *intakev1.Accession, path string) (base.Label, error) {
	n, err := transfer.ParseNumber(of.GetAccessionNumber())
	if err != nil {
		return base.Label{}, err
	}
	position, payload := transfer.PositionOf(path)
	if !payload {
		list, err := store.ListOf(v, of.GetTransferId())
		return list.Label, err
	}
	unit, ok, err := store.AcceptedFile(v, n, position)
	if err != nil || !ok {
		return base.Label{}, orElse(err, noContent.With())
	}
	return store.LabelOf(unit.GetFile().GetLabel()), nil
}
