// Package api answers qoyma.insurance.v1.InsuranceService: it translates, calls, translates.
package api

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/insurance/internal/react"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// maxShown is how much a message shows of what a caller named, in characters.
const maxShown = 60

// Server answers the service's calls.
type Server struct {
	insurancev1.UnimplementedInsuranceServiceServer
	Store     *base.Store
	Keeper    *keeper.Keeper
	Catalogue func() (cataloguev1.CatalogueServiceClient, error)
	// Data is the folder of the service's own data: a site on the same device is warned of.
	Data string
}

// limited is a page's length.
func limited(asked uint32, most int) int {
	if asked == 0 || asked > uint32(most) {
		return most
	}
	return int(asked)
}

func clearance(ctx context.Context) monitor.Scope {
	id, _ := monitor.From(ctx)
	return id.Clearance
}

func allows(scope monitor.Scope, c *insurancev1.Copy) bool {
	l := store.LabelOf(c)
	return scope.Allows(monitor.Label{Level: l.Level, Grounds: l.Grounds})
}

// visible reads a copy that the caller may see; one that he may not see is unknown, word for
// word like one that is not there.
func visible(ctx context.Context, v *base.View, id string) ([]byte, *insurancev1.CopyRow, error) {
	key, err := store.Key(id)
	if err != nil {
		return nil, nil, err
	}
	row, err := store.Copy(v, key)
	if err == nil && (row == nil || !allows(clearance(ctx), row.GetCopy())) {
		err = fund.Unknown.With("code", clip.Runes(id, maxShown))
	}
	return key, row, err
}

// dressed adds to a copy what does not stand in its row: when it is checked next, and what it
// waits for at this moment.
func (s *Server) dressed(v *base.View, c *insurancev1.Copy) *insurancev1.Copy {
	if at := c.GetCheckedAt(); at != nil {
		c.CheckDueAt = timestamppb.New(at.AsTime().AddDate(0, 0, int(store.Period(v))))
	}
	if c.GetReason() != nil || c.GetState() != string(fund.Ordered) && c.GetState() != string(fund.Made) {
		return c
	}
	names := []string{"copy " + c.GetCopyId(), "intake"}
	for _, at := range c.GetSites() {
		if at.GetVerifiedAt() == nil {
			names = append(names, "site "+at.GetSite())
		}
	}
	for _, name := range names {
		if err := s.Keeper.Alarm(name); err != nil {
			c.Reason = words(err)
			break
		}
	}
	return c
}

func words(err error) *recordv1.Text {
	f := fault.Of(err)
	return &recordv1.Text{Kk: f.In(fault.Kazakh), Ru: f.In(fault.Russian), En: f.In(fault.English)}
}

// ListCopies implements InsuranceService.
func (s *Server) ListCopies(ctx context.Context, req *insurancev1.ListCopiesRequest) (*insurancev1.ListCopiesResponse, error) {
	if err := known(req.GetState()); err != nil {
		return nil, err
	}
	var after []byte
	if req.GetAfter() != "" {
		var err error
		if after, err = store.Key(req.GetAfter()); err != nil {
			return nil, err
		}
	}
	scope, limit := clearance(ctx), limited(req.GetLimit(), 500)
	res := new(insurancev1.ListCopiesResponse)
	err := s.Store.View(func(v *base.View) error {
		looked := 0
		if err := store.EachCopy(v, fund.State(req.GetState()), after, func(_ []byte, row *insurancev1.CopyRow) bool {
			c := row.GetCopy()
			if !allows(scope, c) || req.GetEspeciallyValuable() && !c.GetFile().GetFile().GetEspeciallyValuable() {
				looked++
				return looked < 100_000 // a page is never a reason to read for long
			}
			if len(res.Copies) == limit {
				res.More = true
				return false
			}
			res.Copies = append(res.Copies, s.dressed(v, c))
			return true
		}); err != nil {
			return err
		}
		for _, state := range fund.States() {
			labels, err := store.Counts(v, state)
			if err != nil {
				return err
			}
			n := uint32(0)
			for _, l := range labels {
				if scope.Allows(monitor.Label{Level: l.GetLabel().GetLevel(), Grounds: l.GetLabel().GetGrounds()}) {
					n += l.GetCount()
				}
			}
			res.Counts = append(res.Counts, &insurancev1.StateCount{State: string(state), Count: n})
		}
		return nil
	})
	return res, err
}

func known(state string) error {
	names := make([]string, 0, 8)
	for _, s := range fund.States() {
		if state == string(s) {
			return nil
		}
		names = append(names, string(s))
	}
	if state == "" {
		return nil
	}
	return fund.BadState.With("state", clip.Runes(state, maxShown), "known", strings.Join(names, ", "))
}

// GetCopy implements InsuranceService.
func (s *Server) GetCopy(ctx context.Context, req *insurancev1.GetCopyRequest) (*insurancev1.GetCopyResponse, error) {
	res := new(insurancev1.GetCopyResponse)
	err := s.Store.View(func(v *base.View) error {
		key, row, err := visible(ctx, v, req.GetCopyId())
		if err != nil {
			return err
		}
		res.Copy = s.dressed(v, row.GetCopy())
		if res.Files, res.MoreFiles, err = store.Content(v, key, "", 500); err != nil {
			return err
		}
		if res.Checks, err = store.Checks(v, key, 100); err != nil {
			return err
		}
		res.Damages, err = store.Damages(v, key, 100)
		return err
	})
	return res, err
}

// read gives a copy again after it was changed.
func (s *Server) read(ctx context.Context, id string) (c *insurancev1.Copy, err error) {
	err = s.Store.View(func(v *base.View) error {
		_, row, err := visible(ctx, v, id)
		if err == nil {
			c = s.dressed(v, row.GetCopy())
		}
		return err
	})
	return c, err
}

// OrderCopy implements InsuranceService. The catalogue says what the file is, to this reader.
func (s *Server) OrderCopy(ctx context.Context, req *insurancev1.OrderCopyRequest) (*insurancev1.OrderCopyResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), insurancev1.InsuranceService_OrderCopy_FullMethodName)
	if err != nil {
		return nil, err
	}
	ground, err := fund.Ground(req.GetGround())
	if err != nil {
		return nil, err
	}
	catalogue, err := s.Catalogue()
	if err != nil {
		return nil, err
	}
	found, err := catalogue.GetFile(ctx, &cataloguev1.GetFileRequest{Code: req.GetCode()})
	if err != nil {
		return nil, err
	}
	file := found.GetFile()
	code, key, err := store.KeyOf(file.GetFonds(), file.GetInventory(), file.GetFile().GetNumber())
	if err != nil {
		return nil, err
	}
	c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) {
		have, err := store.Copy(v, key)
		if err != nil {
			return nil, err
		}
		if have != nil {
			return nil, fund.Exists.With("code", store.ID(code), "state", have.GetCopy().GetState())
		}
		return react.Order(v, file, file.GetFile(), "", ground, s.Keeper.Names())
	}
	if _, err := s.Store.Do(ctx, c); err != nil {
		return nil, err
	}
	ordered, err := s.read(ctx, store.ID(code))
	return &insurancev1.OrderCopyResponse{Copy: ordered}, err
}

// RetryCopy implements InsuranceService.
func (s *Server) RetryCopy(ctx context.Context, req *insurancev1.RetryCopyRequest) (*insurancev1.RetryCopyResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), insurancev1.InsuranceService_RetryCopy_FullMethodName)
	if err != nil {
		return nil, err
	}
	c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) {
		_, row, err := visible(ctx, v, req.GetCopyId())
		if err != nil {
			return nil, err
		}
		if row.GetCopy().GetState() != string(fund.Failed) {
			return nil, fund.NotFailed.With("code", row.GetCopy().GetCopyId(), "state", row.GetCopy().GetState())
		}
		return []base.Event{event(row.GetCopy(), &insurancev1.CopyRetried{CopyId: row.GetCopy().GetCopyId()})}, nil
	}
	if _, err := s.Store.Do(ctx, c); err != nil {
		return nil, err
	}
	again, err := s.read(ctx, req.GetCopyId())
	return &insurancev1.RetryCopyResponse{Copy: again}, err
}

func event(c *insurancev1.Copy, body interface {
	message
	GetCopyId() string
}, more ...journal.Ref,
) base.Event {
	return base.Event{Refs: keeper.Refs(c.GetFile(), more...), Label: store.LabelOf(c), Body: body}
}

// RecordMicroform implements InsuranceService.
func (s *Server) RecordMicroform(ctx context.Context, req *insurancev1.RecordMicroformRequest) (*insurancev1.RecordMicroformResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), insurancev1.InsuranceService_RecordMicroform_FullMethodName)
	if err != nil {
		return nil, err
	}
	m := req.GetMicroform()
	film := fund.Film{Kind: m.GetKind(), Roll: strings.TrimSpace(m.GetRoll()), MadeOn: m.GetMadeOn(), Place: m.GetPlace(), From: m.GetFrameFrom(), To: m.GetFrameTo()}
	c.Decide = func(v *base.View, now time.Time) ([]base.Event, error) {
		_, row, err := visible(ctx, v, req.GetCopyId())
		if err != nil {
			return nil, err
		}
		today := civil.Of(now)
		if err := film.Judge(today); err != nil {
			return nil, err
		}
		return []base.Event{event(row.GetCopy(), &insurancev1.MicroformRecorded{
			CopyId: row.GetCopy().GetCopyId(), RegisterNumber: store.LastNumber(v) + 1, RecordedOn: today.String(),
			Microform: &insurancev1.Microform{
				Kind: film.Kind, Roll: film.Roll, FrameFrom: film.From, FrameTo: film.To, MadeOn: film.MadeOn, Place: film.Place,
			},
		})}, nil
	}
	records, err := s.Store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	recorded, ok := body.(*insurancev1.MicroformRecorded)
	if !ok {
		return nil, base.IDReused.With("command", c.Name)
	}
	kept, err := s.read(ctx, recorded.GetCopyId())
	return &insurancev1.RecordMicroformResponse{RegisterNumber: recorded.GetRegisterNumber(), Copy: kept}, err
}

// ListRegister implements InsuranceService.
func (s *Server) ListRegister(ctx context.Context, req *insurancev1.ListRegisterRequest) (*insurancev1.ListRegisterResponse, error) {
	scope, limit := clearance(ctx), limited(req.GetLimit(), 500)
	res := new(insurancev1.ListRegisterResponse)
	err := s.Store.View(func(v *base.View) error {
		var failed error
		looked := 0
		err := store.EachLine(v, req.GetAfter(), func(n uint32, row *insurancev1.RegisterRow) bool {
			key, err := store.Key(row.GetCopyId())
			if err != nil {
				failed = err
				return false
			}
			kept, err := store.Copy(v, key)
			if failed = err; err != nil {
				return false
			}
			if !allows(scope, kept.GetCopy()) {
				looked++
				return looked < 100_000
			}
			if res.More = len(res.Lines) == limit; res.More {
				return false
			}
			res.Lines = append(res.Lines, line(n, row, kept.GetCopy()))
			return true
		})
		if failed != nil {
			return failed
		}
		return err
	})
	return res, err
}

// line is a line of the register as the forms of practice have it: frames and roll, or object;
// date of the last check.
func line(n uint32, row *insurancev1.RegisterRow, c *insurancev1.Copy) *insurancev1.RegisterLine {
	l := &insurancev1.RegisterLine{
		Number: n, EnteredOn: row.GetEnteredOn(), CopyId: c.GetCopyId(), Code: c.GetFile().GetCode(), Title: c.GetFile().GetFile().GetTitle(),
		Kind: row.GetKind(),
	}
	if row.GetKind() != "object" {
		if i := int(row.GetMicroform()); i < len(c.GetMicroforms()) {
			m := c.GetMicroforms()[i]
			l.Carrier, l.FrameFrom, l.FrameTo = m.GetRoll(), m.GetFrameFrom(), m.GetFrameTo()
		}
		return l
	}
	l.Files, l.Bytes, l.CheckedAt = c.GetFiles(), c.GetBytes(), c.GetCheckedAt()
	for _, at := range c.GetSites() {
		if at.GetVerifiedAt() != nil {
			l.Carrier = at.GetCopyObjectId()
			break
		}
	}
	return l
}
