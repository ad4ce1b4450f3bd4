package api

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

var emptyZip = fault.Define(fault.Invalid, "intake.upload.zip_empty",
	"there is no file in this ZIP or tar; pack the folder again and send it",
	"в этом ZIP или tar нет ни одного файла; упакуйте папку заново и отправьте её",
	"бұл ZIP не tar ішінде бірде-бір файл жоқ; қалтаны қайта қаптап жіберіңіз")

// FinishPackage implements IntakeService. Once begun it is carried to its end even if the caller goes
// away; the same command id then gives the answer.
func (s *Server) FinishPackage(req *intakev1.FinishPackageRequest, stream grpc.ServerStreamingServer[intakev1.FinishPackageResponse]) error {
	ctx := stream.Context()
	c, err := journalapi.Command(ctx, req.GetCommandId(), intakev1.IntakeService_FinishPackage_FullMethodName)
	if err != nil {
		return err
	}
	t, err := s.mine(ctx, req.GetTransferId())
	if err != nil {
		return err
	}
	so, unlock, err := s.lock(ctx, t.GetTransferId(), c.ID.String())
	if err != nil {
		return err
	}
	defer unlock()
	res, err := s.answered(ctx, c, t.GetTransferId())
	if err == nil && res == nil {
		if err := s.arrived(ctx, t.GetTransferId()); err != nil {
			return err
		}
		u := upload{Server: s, id: t.GetTransferId(), command: c, so: so}
		res, err = u.finish(context.WithoutCancel(ctx))
	}
	if err != nil {
		return s.full(err)
	}
	return stream.Send(&intakev1.FinishPackageResponse{Outcome: res})
}

// finish judges and records a package that came file by file. Whatever happens, its bytes stay until
// the outcome is recorded.
func (u *upload) finish(ctx context.Context) (_ *intakev1.UploadPackageResponse, err error) {
	set := u.area.Set(u.id)
	if set == nil || set.ID != u.command.ID.String() {
		return nil, staging.NoUpload.With()
	}
	if err := u.look(); err != nil {
		return nil, err
	}
	u.examining()
	if u.staged, err = set.Whole(u.seen); err != nil {
		return nil, errors.Join(err, u.examined())
	}
	res, err := u.decided(ctx, set)
	closing := u.close() // before anything is taken away: files out of a ZIP may still be on their way to the disk
	defer func() { err = errors.Join(err, closing) }()
	switch {
	case err == nil && !res.GetTaken():
		// If we crash before this, the next start finds the refusal and does the same.
		return res, u.settleRefused(set)
	case parcel.Refused(err), errors.Is(err, emptyZip), set.Form == staging.Zip && errors.Is(err, staging.OutOfOrder):
		return nil, errors.Join(err, set.Discard()) // no byte that would still come could mend it
	case err != nil && !u.stands(set.ID):
		return nil, errors.Join(err, set.Reopen())
	}
	// If we crash before this, the next start settles the package.
	return res, errors.Join(err, set.Settle())
}

// settleRefused keeps what is good of a package whose refusal was recorded a moment ago.
func (u *upload) settleRefused(set *staging.Set) error {
	refused, is, err := u.refusalOf(u.id, set.ID)
	if err != nil || !is { // of a refusal that cannot be read nothing is kept
		return errors.Join(err, set.Discard())
	}
	return u.keepGood(set, refused)
}

// decided gives the outcome.
func (u *upload) decided(ctx context.Context, set *staging.Set) (*intakev1.UploadPackageResponse, error) {
	u.eark = set.Form == staging.EARK
	u.bare = set.Form == staging.Bare || u.eark
	if set.Form == staging.Zip {
		if err := u.unpack(set); err != nil {
			return nil, u.full(err)
		}
	} else {
		bytes, files := set.Announced()
		u.so.files.Store(files)
		u.so.bytes.Store(bytes)
	}
	if err := set.Reread(ctx, u.staged); err != nil {
		return nil, err
	}
	return u.conclude(ctx)
}

// unpack takes the files out of a ZIP or a tar as if they came one by one.
func (u *upload) unpack(set *staging.Set) (err error) {
	f, size, err := set.Archive()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	name := ""
	for p, err := range set.Parts("") { // it is one file
		if err != nil {
			return err
		}
		name = parcel.Base(p.Name)
	}
	limits, err := u.limitsOf(set.Organisation)
	if err != nil {
		return err
	}
	left := transfer.Used{} // what has come out of it
	taken, err := parcel.Unpack(f, size, clip.Value(name), func(f parcel.File, path string, kind parcel.Kind) error {
		u.bare, u.eark = kind != parcel.Bag, kind == parcel.EARK
		if err := limits.Admit(left, 0); err != nil {
			return err
		}
		left.TransferFiles++
		if len(path) > maxPathBytes {
			return staging.OutOfOrder.With("problem", "a path of more than 4096 bytes")
		}
		full, err := u.staged.Unsized(path)
		if err != nil || full {
			return errors.Join(err, stop(full))
		}
		u.so.files.Add(1)
		return u.extract(f, path, name, limits, &left)
	})
	switch {
	case errors.Is(err, errFull):
		return nil // the report says so
	case err == nil && taken == 0:
		return emptyZip.With()
	}
	return err
}

// errFull ends the walk through an archive file where a package takes no more files.
var errFull = errors.New("no more files are taken")

func stop(full bool) error {
	if full {
		return errFull
	}
	return nil
}

// extract takes one file of an archive file, as far as there is room and the limits let it: the sizes that a hostile
// one says are invented.
func (u *upload) extract(f parcel.File, path, name string, limits transfer.Limits, so *transfer.Used) error {
	broken := func(err error) error { return parcel.BrokenEntry(clip.Value(name), u.sentAs(path), err) }
	from, err := f.Open()
	if err != nil {
		return broken(err)
	}
	defer func() { _ = from.Close() }() // its checksum was compared at the end of reading
	for {
		buffer := make([]byte, min(max(f.Size, 4<<10), maxData)) // the upload keeps it
		n, err := io.ReadFull(from, buffer)
		if n > 0 {
			if err := errors.Join(limits.Admit(transfer.Used{TransferBytes: so.TransferBytes}, uint64(n)), u.hasRoom(uint64(n))); err != nil {
				return err
			}
			if err := u.staged.Data(buffer[:n]); err != nil {
				return err
			}
			so.TransferBytes += uint64(n)
			u.so.bytes.Add(uint64(n))
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && n > 0 && ended(from):
			return nil
		case err != nil:
			return broken(err)
		}
	}
}

// ended tells a short end from a broken ZIP: both are io.ErrUnexpectedEOF to io.ReadFull.
func ended(r io.Reader) bool {
	_, err := r.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// resumeSets takes over the packages that were on their way, and ends those whose outcome is
// recorded already; of what was refused the good files go on. It adds the others to what is kept.
func (s *Server) resumeSets(keep map[string]bool) error {
	sets, err := s.area.LoadSets()
	if err != nil {
		return err
	}
	for _, set := range sets {
		if err := s.resume(set, keep); err != nil {
			return err
		}
		if now := s.area.Set(set.Transfer); now != nil {
			keep[now.ID] = true
		}
	}
	return nil
}

// resume ends one package that the last process left, or lets it go on.
func (s *Server) resume(set *staging.Set, keep map[string]bool) error {
	if keep[set.ID] {
		return set.Settle()
	}
	var t *intakev1.Transfer
	err := s.store.View(func(v *base.View) (err error) {
		t, err = store.Transfer(v, set.Transfer)
		return err
	})
	if errors.Is(err, transfer.Unknown) {
		return set.Discard()
	}
	if err != nil {
		return err
	}
	if transfer.MayReceive(set.Transfer, transfer.State(t.GetState()), true) != nil {
		return set.Discard()
	}
	refused, is, err := s.refusalOf(set.Transfer, set.ID)
	if err != nil {
		return err
	}
	if !is {
		return set.Reopen() // whoever was finishing it died: what came out of its ZIP goes
	}
	return s.keepGood(set, refused)
}

// SweepUploads takes away unfinished packages that nobody can finish, because their transfer is accepted, and those to
// which nothing came for as long as the limits of the day say.
func (s *Server) SweepUploads(now time.Time) error {
	var errs []error
	for _, set := range s.area.Sets() {
		late, err := s.tooLate(set, now)
		if err != nil || !late {
			errs = append(errs, err)
			continue
		}
		_, unlock, ok := s.claim("transfer/"+set.Transfer, "package/"+set.ID)
		if !ok {
			continue // it is being finished
		}
		errs = append(errs, set.Discard())
		unlock()
	}
	return errors.Join(errs...)
}

func (s *Server) tooLate(set *staging.Set, now time.Time) (bool, error) {
	var t *intakev1.Transfer
	err := s.store.View(func(v *base.View) (err error) {
		t, err = store.Transfer(v, set.Transfer)
		return err
	})
	if err != nil || t.GetState() == string(transfer.Accepted) {
		return err == nil, err
	}
	limits, err := s.limitsOf(set.Organisation)
	return err == nil && !now.Before(expiry(set, limits)), err
}
