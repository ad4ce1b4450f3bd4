// Package api opens the retention service over gRPC: it translates a request, calls, and
// translates the answer. Rules and state are elsewhere.
//
// An answer to a command is made from the events that it wrote, so that a retry with the same
// command id is answered the same way. What the reader may not see is left out as if it were
// not there.
package api

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// Server answers qoyma.retention.v1.RetentionService.
type Server struct {
	retentionv1.UnimplementedRetentionServiceServer
	store *platform.Store
	rules *store.Rules
}

// New makes the server.
func New(s *platform.Store, rules *store.Rules) *Server { return &Server{store: s, rules: rules} }

// do carries a command out and reads the first event's body, which all answers are made of.
func (s *Server) do(ctx context.Context, id, method string, decide platform.Decide, into proto.Message) (*journal.Record, error) {
	c, err := journalapi.Command(ctx, id, method)
	if err != nil {
		return nil, err
	}
	c.Decide = decide
	records, err := s.store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("retention: %s wrote no event", method)
	}
	if err := proto.Unmarshal(records[0].Entry.GetBody(), into); err != nil {
		return nil, fmt.Errorf("retention: event %d: %w", records[0].Seq(), err)
	}
	return records[0], nil
}

// reader is what the caller may see: what his clearance allows, and of whom.
type reader struct {
	monitor.Scope
	monitor.Department
}

// readerOf is the caller's; the fault is monitor.ErrNoDepartment.
func readerOf(ctx context.Context) (reader, error) {
	id, _ := monitor.From(ctx)
	department, err := monitor.DepartmentOf(ctx)
	return reader{id.Clearance, department}, err
}

func bounded(asked uint32) int {
	if asked == 0 || asked > store.MaxPage {
		return store.MaxPage
	}
	return int(asked)
}

// RegisterOrganisation implements RetentionService.
func (s *Server) RegisterOrganisation(ctx context.Context, q *retentionv1.RegisterOrganisationRequest) (*retentionv1.RegisterOrganisationResponse, error) {
	var e retentionv1.OrganisationRegistered
	if _, err := s.do(ctx, q.GetCommandId(), retentionv1.RetentionService_RegisterOrganisation_FullMethodName,
		s.rules.RegisterOrganisation(q.GetOrganisation()), &e); err != nil {
		return nil, err
	}
	return &retentionv1.RegisterOrganisationResponse{Organisation: e.GetOrganisation()}, nil
}

// AddNomenclatureEntry implements RetentionService.
func (s *Server) AddNomenclatureEntry(ctx context.Context, q *retentionv1.AddNomenclatureEntryRequest) (*retentionv1.AddNomenclatureEntryResponse, error) {
	var e retentionv1.NomenclatureEntryAdded
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.do(ctx, q.GetCommandId(), retentionv1.RetentionService_AddNomenclatureEntry_FullMethodName,
		s.rules.AddNomenclatureEntry(q.GetEntry(), scope), &e); err != nil {
		return nil, err
	}
	return &retentionv1.AddNomenclatureEntryResponse{Entry: store.EntryOf(&e)}, nil
}

// OpenFile implements RetentionService.
func (s *Server) OpenFile(ctx context.Context, q *retentionv1.OpenFileRequest) (*retentionv1.OpenFileResponse, error) {
	var e retentionv1.FileOpened
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	rec, err := s.do(ctx, q.GetCommandId(), retentionv1.RetentionService_OpenFile_FullMethodName, s.rules.OpenFile(q, scope), &e)
	if err != nil {
		return nil, err
	}
	f := store.FileOf(&e)
	return &retentionv1.OpenFileResponse{File: f}, s.unseal(scope, f, rec)
}

// unseal puts the sealed title into an answer about one file, for a reader who may see the
// file. An erased title stays away, and the line's title stands in its place.
func (s *Server) unseal(scope reader, f *retentionv1.DepartmentFile, rec *journal.Record) error {
	label := monitor.Label{Level: f.GetFile().GetLabel().GetLevel(), Grounds: f.GetFile().GetLabel().GetGrounds()}
	if rec == nil || rec.Header.GetSealedKey() == 0 || !scope.Allows(label) {
		return nil
	}
	sealed, err := s.store.Keys().Unseal(rec)
	if errors.Is(err, journal.Erased) {
		return nil
	}
	if err != nil {
		return err
	}
	if text, ok := sealed.(*recordv1.Text); ok {
		f.File.Title = text
	}
	return nil
}

// CloseFile implements RetentionService.
func (s *Server) CloseFile(ctx context.Context, q *retentionv1.CloseFileRequest) (*retentionv1.CloseFileResponse, error) {
	var e retentionv1.FileClosed
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.do(ctx, q.GetCommandId(), retentionv1.RetentionService_CloseFile_FullMethodName, s.rules.CloseFile(q, scope), &e); err != nil {
		return nil, err
	}
	row, err := s.file(scope, e.GetFileId())
	if err != nil {
		return nil, err
	}
	// As it was when this command closed it, whatever happened since: a retry is answered
	// the same way.
	row.State, row.InventoryId, row.File.Position = store.StateClosed, "", 0
	store.CloseWith(row, &e)
	return &retentionv1.CloseFileResponse{File: row}, nil
}

// file reads one file with its title.
func (s *Server) file(scope reader, id string) (*retentionv1.DepartmentFile, error) {
	var row store.FileRow
	var opened *journal.Record
	if err := s.store.View(func(v *platform.View) (err error) {
		if row, err = store.File(v, id, scope); err != nil {
			return err
		}
		opened, err = store.SealedTitle(v, row)
		return err
	}); err != nil {
		return nil, err
	}
	return row.DepartmentFile, s.unseal(scope, row.DepartmentFile, opened)
}

// GetFile implements RetentionService.
func (s *Server) GetFile(ctx context.Context, q *retentionv1.GetFileRequest) (*retentionv1.GetFileResponse, error) {
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.file(scope, q.GetFileId())
	if err != nil {
		return nil, err
	}
	return &retentionv1.GetFileResponse{File: f}, nil
}

// ApproveInventory implements RetentionService.
func (s *Server) ApproveInventory(ctx context.Context, q *retentionv1.ApproveInventoryRequest) (*retentionv1.ApproveInventoryResponse, error) {
	var e retentionv1.InventoryApproved
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.do(ctx, q.GetCommandId(), retentionv1.RetentionService_ApproveInventory_FullMethodName,
		s.rules.ApproveInventory(q, scope), &e); err != nil {
		return nil, err
	}
	return &retentionv1.ApproveInventoryResponse{Inventory: e.GetInventory(), DueOn: e.GetDueOn(), Steps: e.GetSteps()}, nil
}

// tooManyRows refuses what one call does not look through.
var tooManyRows = fault.Define(fault.Invalid, "retention.rows.many",
	"{count} rows are too many for one call (the most is {most}); send them in parts",
	"строк {count} – слишком много за один раз (не более {most}); отправьте их частями",
	"{count} жол бір рет үшін тым көп (ең көбі {most}); бөліп жіберіңіз")

// badState refuses a state that files do not have.
var badState = fault.Define(fault.Invalid, "retention.bad_state",
	"there is no state “{state}”; give open, closed, listed, due or transferred, or leave it empty for all",
	"состояния «{state}» нет; укажите open, closed, listed, due или transferred либо оставьте пустым для всех",
	"«{state}» күйі жоқ; open, closed, listed, due немесе transferred деп көрсетіңіз, бәрі үшін бос қалдырыңыз")
