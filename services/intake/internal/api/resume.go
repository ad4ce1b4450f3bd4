package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/numeral"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// paused is answered while the disk is full: what was acknowledged stays, and the sender tries
// again by itself.
var paused = fault.Define(fault.Exhausted, "intake.upload.paused",
	"the archive's storage is full ({free} free), so the upload is paused; nothing is lost, and it goes on by itself when there is room",
	"хранилище архива заполнено (свободно {free}), загрузка приостановлена; ничего не потеряно, она продолжится сама, когда появится место",
	"архив қоймасы толы (бос {free}), жүктеу кідіртілді; ештеңе жоғалған жоқ, орын босағанда ол өзі жалғасады")

// mine is a transfer that the caller's department has.
func (s *Server) mine(ctx context.Context, id string) (t *intakev1.Transfer, err error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.View(func(v *base.View) error {
		t, err = store.Mine(v, id, of)
		return err
	})
	return t, err
}

// receiving is a transfer of the caller's department to which files may come.
func (s *Server) receiving(ctx context.Context, id string) (*intakev1.Transfer, error) {
	t, err := s.mine(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := transfer.MayReceive(t.GetTransferId(), transfer.State(t.GetState()), true); err != nil {
		return nil, err
	}
	if kind.Form(t.GetForm()) == kind.Paper {
		return nil, onPaperOnly.With("id", clip.Value(t.GetTransferId()))
	}
	return t, nil
}

// OpenUpload implements IntakeService. An unfinished upload is no archival fact: nothing of it is
// journaled, its rows stand beside its bytes.
func (s *Server) OpenUpload(ctx context.Context, req *intakev1.OpenUploadRequest) (*intakev1.OpenUploadResponse, error) {
	t, err := s.receiving(ctx, req.GetTransferId())
	if err != nil {
		return nil, err
	}
	limits, err := s.limitsOf(t.GetOrganisation().GetId())
	if err != nil {
		return nil, err
	}
	f := staging.File{Path: req.GetPath(), Name: req.GetName(), Size: req.GetSize(), ModifiedMS: req.GetModifiedMs(), Metadata: req.GetMetadata()}
	var p *staging.Part
	set, err := s.announce(t, limits, req.GetForm(), []staging.File{f}, func(set *staging.Set) (err error) {
		p, err = set.Open(f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &intakev1.OpenUploadResponse{Upload: shown(set, p, limits)}, nil
}

// announce has files let into the transfer's package, which begins where it is not under way. Where one is refused none
// is let in.
func (s *Server) announce(t *intakev1.Transfer, limits transfer.Limits, form string, files []staging.File, let func(*staging.Set) error) (*staging.Set, error) {
	for _, f := range files {
		if err := mayOpen(form, f); err != nil {
			return nil, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	if err := s.admit(t, limits, files); err != nil {
		return nil, err
	}
	set, err := s.area.OpenSet(id.String(), t.GetTransferId(), t.GetOrganisation().GetId(), form)
	if err == nil {
		err = let(set)
	}
	return set, s.full(err)
}

// admit holds files against the limits, those that were announced before excepted.
func (s *Server) admit(t *intakev1.Transfer, limits transfer.Limits, files []staging.File) error {
	set := s.area.Set(t.GetTransferId())
	var used transfer.Used
	fresh := false
	for _, f := range files {
		known, err := set.Has(f.Path)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		if !fresh {
			if used, err = s.used(t); err != nil {
				return err
			}
		}
		fresh = true
		if err := limits.Admit(used, f.Size); err != nil {
			return err
		}
		used = used.With(f.Size)
	}
	if fresh {
		return s.hasRoom(0)
	}
	return nil
}

// mayOpen refuses announcements that no package could hold. What is wrong with a name is said by the
// rules of bags, with everything else, once the package is whole.
func mayOpen(form string, f staging.File) error {
	problem := ""
	switch path := f.Path; {
	case len(path) > maxPathBytes || len(f.Name) > maxPathBytes || len(f.Metadata) > 2*maxPathBytes:
		problem = "a path of more than 4096 bytes"
	case f.Size > 1<<62:
		problem = "a size that no file has"
	case form == staging.Zip && path != "":
		problem = "a ZIP package is one file"
	case form != staging.Zip && path == "":
		problem = "a file without a path"
	case form == staging.Bare && (len(path) < 6 || path[:5] != "data/"):
		problem = "a bare package has files of data/ alone"
	case form == staging.EARK && !mayBe(path):
		problem = notEARK
	}
	if problem != "" {
		return staging.OutOfOrder.With("problem", problem)
	}
	return nil
}

// used is what is on its way of a transfer and of its department.
func (s *Server) used(t *intakev1.Transfer) (u transfer.Used, err error) {
	for _, set := range s.area.Sets() {
		if set.Organisation != t.GetOrganisation().GetId() {
			continue
		}
		bytes, files := set.Announced()
		u.DepartmentBytes, u.DepartmentFiles = u.DepartmentBytes+bytes, u.DepartmentFiles+files
		if set.Transfer == t.GetTransferId() {
			u.TransferBytes, u.TransferFiles = bytes, files
		}
	}
	err = s.store.View(func(v *base.View) error {
		bytes, files, err := store.Waiting(v, t.GetOrganisation().GetId(), t.GetTransferId())
		u.DepartmentBytes, u.DepartmentFiles = u.DepartmentBytes+bytes, u.DepartmentFiles+files
		return err
	})
	return u, err
}

// shown is a file as callers see it.
func shown(set *staging.Set, p *staging.Part, limits transfer.Limits) *intakev1.Upload {
	return &intakev1.Upload{
		UploadId: p.ID(), PackageId: set.ID, Path: p.Path, Name: p.Name, Size: p.Size, Offset: p.Offset(), ModifiedMs: p.ModifiedMS, Metadata: p.Metadata,
		ExpiresAt: expiry(set, limits).UTC().Format(time.RFC3339),
	}
}

// expiry is when an unfinished package is swept away unless something comes before.
func expiry(set *staging.Set, limits transfer.Limits) time.Time {
	return set.Last().AddDate(0, 0, int(limits.KeepDays))
}

// part finds a file of the caller's.
func (s *Server) part(ctx context.Context, transferID, uploadID string) (*staging.Set, *staging.Part, transfer.Limits, error) {
	t, err := s.mine(ctx, transferID)
	if err != nil {
		return nil, nil, transfer.Limits{}, err
	}
	limits, err := s.limitsOf(t.GetOrganisation().GetId())
	if err != nil {
		return nil, nil, limits, err
	}
	set := s.area.Set(t.GetTransferId())
	p, err := set.Part(uploadID)
	return set, p, limits, err
}

// AppendUpload implements IntakeService.
func (s *Server) AppendUpload(stream grpc.ClientStreamingServer[intakev1.AppendUploadRequest, intakev1.AppendUploadResponse]) error {
	first, err := stream.Recv()
	if errors.Is(err, io.EOF) || err == nil && first.GetBegin() == nil {
		return staging.OutOfOrder.With("problem", "no begin")
	}
	if err != nil {
		return err
	}
	begin := first.GetBegin()
	set, p, limits, err := s.part(stream.Context(), begin.GetTransferId(), begin.GetUploadId())
	if err != nil {
		return err
	}
	piece, err := p.Begin(begin.GetOffset(), begin.GetChecksum())
	if err != nil {
		return s.full(err)
	}
	if err := s.append(stream, piece); err != nil {
		return s.full(errors.Join(err, piece.Break()))
	}
	if err := piece.End(); err != nil {
		return s.full(err)
	}
	upload := shown(set, p, limits)
	if p.Offset() == p.Size {
		if upload.Sha256, err = p.Digest(); err != nil {
			return err
		}
	}
	return stream.SendAndClose(&intakev1.AppendUploadResponse{Upload: upload})
}

// append takes the bytes as they come.
func (s *Server) append(stream grpc.ClientStreamingServer[intakev1.AppendUploadRequest, intakev1.AppendUploadResponse], piece *staging.Piece) error {
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data, ok := m.GetPart().(*intakev1.AppendUploadRequest_Data)
		if !ok || len(data.Data) > maxData {
			return staging.OutOfOrder.With("problem", "after begin comes data of at most 1 MiB")
		}
		if err := s.hasRoom(uint64(len(data.Data))); err != nil {
			return err
		}
		if _, err := piece.Write(data.Data); err != nil {
			return err
		}
	}
}

// hasRoom pauses uploads before the disk is full.
func (s *Server) hasRoom(size uint64) error {
	free, enough, err := s.spare(size)
	if err == nil && !enough {
		err = paused.With("free", numeral.Said(free))
	}
	return err
}

// full turns a full disk into its fault.
func (s *Server) full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return paused.With("free", numeral.Said(0)).Because(err)
	}
	return err
}

// StatUpload implements IntakeService.
func (s *Server) StatUpload(ctx context.Context, req *intakev1.StatUploadRequest) (*intakev1.StatUploadResponse, error) {
	set, p, limits, err := s.part(ctx, req.GetTransferId(), req.GetUploadId())
	if err != nil {
		return nil, err
	}
	upload := shown(set, p, limits)
	if req.GetDigest() {
		if upload.Sha256, err = p.Digest(); err != nil {
			return nil, err
		}
	}
	return &intakev1.StatUploadResponse{Upload: upload}, nil
}

// digested is how many bytes of whole files end a page with digests, and up to how many one of them has one: what an earlier process
// took may have to be read again, and no call lives longer than a minute.
const digested = 1 << 30

// ListUploads implements IntakeService.
func (s *Server) ListUploads(ctx context.Context, req *intakev1.ListUploadsRequest) (*intakev1.ListUploadsResponse, error) {
	t, err := s.mine(ctx, req.GetTransferId())
	if err != nil {
		return nil, err
	}
	limits, err := s.limitsOf(t.GetOrganisation().GetId())
	if err != nil {
		return nil, err
	}
	used, err := s.used(t)
	if err != nil {
		return nil, err
	}
	ofTransfer, ofDepartment, files, departmentFiles := limits.Left(used)
	res := &intakev1.ListUploadsResponse{BytesLeft: min(ofTransfer, ofDepartment), FilesLeft: min(files, departmentFiles), KeepDays: limits.KeepDays}
	set := s.area.Set(t.GetTransferId())
	if set == nil {
		return res, nil
	}
	totals := set.Totals()
	res.PackageId, res.Form, res.ExpiresAt, res.RefusedPackage = set.ID, set.Form, expiry(set, limits).UTC().Format(time.RFC3339), set.Refused
	res.Files, res.WholeFiles, res.Bytes, res.BytesThere = uint32(totals.Files), uint32(totals.Whole), totals.Bytes, totals.There
	counted := uint64(0) // bytes of which a digest was asked for
	for p, err := range set.Parts(req.GetAfter()) {
		if err != nil {
			return nil, err
		}
		if len(res.GetUploads()) == limited(req.GetLimit()) || counted >= digested {
			res.More = true
			break
		}
		upload := shown(set, p, limits)
		if req.GetDigest() && p.Offset() == p.Size && p.Size <= digested {
			counted += p.Size
			if upload.Sha256, err = p.Digest(); err != nil {
				return nil, err
			}
		}
		res.Uploads = append(res.Uploads, upload)
	}
	return res, nil
}

// DiscardUpload implements IntakeService.
func (s *Server) DiscardUpload(ctx context.Context, req *intakev1.DiscardUploadRequest) (*intakev1.DiscardUploadResponse, error) {
	if req.GetUploadId() != "" {
		_, p, _, err := s.part(ctx, req.GetTransferId(), req.GetUploadId())
		if err == nil {
			err = p.Drop()
		}
		return new(intakev1.DiscardUploadResponse), err
	}
	t, err := s.mine(ctx, req.GetTransferId())
	if err != nil {
		return nil, err
	}
	set := s.area.Set(t.GetTransferId())
	if set == nil {
		return new(intakev1.DiscardUploadResponse), nil
	}
	_, unlock, err := s.lock(ctx, t.GetTransferId(), set.ID)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if s.area.Set(t.GetTransferId()) != set {
		return nil, staging.NoUpload.With() // while we waited it was finished: what it became stays
	}
	return new(intakev1.DiscardUploadResponse), set.Discard()
}
