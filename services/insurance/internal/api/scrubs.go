package api

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

type message = proto.Message

// StartScrub implements InsuranceService.
func (s *Server) StartScrub(ctx context.Context, req *insurancev1.StartScrubRequest) (*insurancev1.StartScrubResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), insurancev1.InsuranceService_StartScrub_FullMethodName)
	if err != nil {
		return nil, err
	}
	c.Decide = func(v *base.View, now time.Time) ([]base.Event, error) {
		if req.GetCopyId() == "" {
			return beginAll(v, now)
		}
		_, row, err := visible(ctx, v, req.GetCopyId())
		if err != nil {
			return nil, err
		}
		if row.GetCopy().GetCheckedAt() == nil {
			return nil, fund.NothingToCheck.With()
		}
		return keeper.Begin(v, row, now), nil
	}
	records, err := s.Store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	begun, ok := body.(*insurancev1.ScrubBegun)
	if !ok {
		return nil, base.IDReused.With("command", c.Name)
	}
	res := new(insurancev1.StartScrubResponse)
	err = s.Store.View(func(v *base.View) (err error) {
		res.Scrub, err = s.scrub(v, store.ParseScrub(begun.GetScrubId()))
		return err
	})
	return res, err
}

func beginAll(v *base.View, now time.Time) ([]base.Event, error) {
	running, err := store.WholeRunning(v)
	if err != nil {
		return nil, err
	}
	if running != 0 {
		return nil, fund.Running.With("scrub", running)
	}
	events := keeper.Begin(v, nil, now)
	if len(events) == 0 {
		return nil, fund.NothingToCheck.With()
	}
	return events, nil
}

// OnTimer begins a scrub of what has fallen due. What falls due within the hour goes along.
func OnTimer(kind, _ string, _ time.Time) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		if kind != store.TimerScrub {
			return nil, nil
		}
		if running, err := store.WholeRunning(v); err != nil || running != 0 {
			return nil, err
		}
		return keeper.Begin(v, nil, now.AddDate(0, 0, -int(store.Period(v))).Add(time.Hour)), nil
	}
}

// scrub is a scrub as people see it, with what is done and not recorded yet.
func (s *Server) scrub(v *base.View, n uint64) (*insurancev1.Scrub, error) {
	row, err := store.Scrub(v, n)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fund.NoScrub.With("scrub", n)
	}
	out := row.GetScrub()
	if out.GetState() == "running" {
		s.Keeper.Progress(out)
		out.Percent = min(fund.Percent(out.GetCopiesDone(), out.GetCopies()), 99)
	} else {
		out.Percent = 100
	}
	return out, nil
}

// mayKnow tells whether a reader may know of the copy that a scrub is about.
func mayKnow(v *base.View, scope monitor.Scope, s *insurancev1.Scrub) (bool, error) {
	if s.GetCopyId() == "" {
		return true, nil
	}
	key, err := store.Key(s.GetCopyId())
	if err != nil {
		return false, err
	}
	row, err := store.Copy(v, key)
	return row != nil && allows(scope, row.GetCopy()), err
}

// GetScrub implements InsuranceService.
func (s *Server) GetScrub(ctx context.Context, req *insurancev1.GetScrubRequest) (*insurancev1.GetScrubResponse, error) {
	scope := clearance(ctx)
	res := new(insurancev1.GetScrubResponse)
	unknown := fund.NoScrub.With("scrub", clip.Runes(req.GetScrubId(), maxShown))
	err := s.Store.View(func(v *base.View) (err error) {
		n := store.ParseScrub(req.GetScrubId())
		if n == 0 {
			return unknown
		}
		if res.Scrub, err = s.scrub(v, n); err != nil {
			return err
		}
		if ok, err := mayKnow(v, scope, res.GetScrub()); err != nil || !ok {
			if err == nil {
				err = unknown
			}
			return err
		}
		damages, err := store.DamagesOf(v, n, 500)
		if err != nil {
			return err
		}
		for _, d := range damages {
			key, err := store.Key(d.GetCopyId())
			if err != nil {
				return err
			}
			row, err := store.Copy(v, key)
			if err != nil {
				return err
			}
			if allows(scope, row.GetCopy()) {
				res.Damages = append(res.Damages, d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// ListScrubs implements InsuranceService.
func (s *Server) ListScrubs(ctx context.Context, req *insurancev1.ListScrubsRequest) (*insurancev1.ListScrubsResponse, error) {
	scope, limit := clearance(ctx), limited(req.GetLimit(), 100)
	res := new(insurancev1.ListScrubsResponse)
	err := s.Store.View(func(v *base.View) error {
		n := store.LastScrub(v)
		if req.GetAfter() != "" {
			after := store.ParseScrub(req.GetAfter())
			if after == 0 {
				return fund.NoScrub.With("scrub", clip.Runes(req.GetAfter(), maxShown))
			}
			n = min(n, after-1)
		}
		for ; n > 0; n-- {
			one, err := s.scrub(v, n)
			if err != nil {
				return err
			}
			if ok, err := mayKnow(v, scope, one); err != nil || !ok {
				if err != nil {
					return err
				}
				continue
			}
			if res.More = len(res.Scrubs) == limit; res.More {
				break
			}
			res.Scrubs = append(res.Scrubs, one)
		}
		res.CheckPeriodDays = store.Period(v)
		res.NextAt = moment(store.NextScrub(v))
		return nil
	})
	return res, err
}

func moment(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// SetCheckPeriod implements InsuranceService.
func (s *Server) SetCheckPeriod(ctx context.Context, req *insurancev1.SetCheckPeriodRequest) (*insurancev1.SetCheckPeriodResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), insurancev1.InsuranceService_SetCheckPeriod_FullMethodName)
	if err != nil {
		return nil, err
	}
	if err := fund.Period(req.GetDays()); err != nil {
		return nil, err
	}
	c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) {
		return []base.Event{{
			Refs: []journal.Ref{{Type: "service", ID: "insurance"}},
			Body: &insurancev1.CheckPeriodSet{Before: store.Period(v), After: req.GetDays()},
		}}, nil
	}
	if _, err := s.Store.Do(ctx, c); err != nil {
		return nil, err
	}
	res := new(insurancev1.SetCheckPeriodResponse)
	err = s.Store.View(func(v *base.View) error {
		res.Days, res.NextAt = store.Period(v), moment(store.NextScrub(v))
		return nil
	})
	return res, err
}

// sameDisk is the warning of a site that does not outlive the originals' disk.
var sameDisk = &recordv1.Text{
	Kk: "Алаң қызмет деректері тұрған дискіде орналасқан: көшірме файлдың бүлінуінен сақтайды, дискінің істен шығуынан сақтамайды. Заң көшірмелерді түпнұсқалардан бөлек ұстауды талап етеді: басқа дискідегі, дұрысы басқа ғимараттағы қалтаны көрсетіңіз.",
	Ru: "Площадка находится на том же диске, что и данные службы: копия спасёт от порчи файла, но не от гибели диска. Закон требует хранить копии отдельно от оригиналов: укажите папку на другом диске, лучше в другом здании.",
	En: "The site lies on the same disk as the service's data: a copy there survives damage to a file, and not the loss of the disk. The law wants copies kept apart from the originals: name a folder on another disk, best in another building.",
}

// dropped is the alarm of a site that keeps copies and is not configured any more.
var dropped = &recordv1.Text{
	Kk: "Алаңда көшірмелер бар, бірақ ол баптауда жоқ: көшірмелер тексерілмейді. Алаңды --insurance-dir арқылы қайтарыңыз.",
	Ru: "На площадке есть копии, но в настройках её нет: копии не проверяются. Верните площадку в --insurance-dir.",
	En: "The site keeps copies and is not in the configuration: they are not checked. Give the site back with --insurance-dir.",
}

// ListSites implements InsuranceService.
func (s *Server) ListSites(context.Context, *insurancev1.ListSitesRequest) (*insurancev1.ListSitesResponse, error) {
	res := new(insurancev1.ListSitesResponse)
	err := s.Store.View(func(v *base.View) error {
		for _, p := range s.Keeper.Places {
			row, err := store.Site(v, p.ID)
			if err != nil {
				return err
			}
			res.Sites = append(res.Sites, s.site(p, row))
		}
		for _, name := range store.Sites(v) {
			if slices.Contains(s.Keeper.Names(), name) {
				continue
			}
			row, err := store.Site(v, name)
			if err != nil {
				return err
			}
			if row.GetCopies() > 0 {
				res.Sites = append(res.Sites, &insurancev1.Site{
					Site: name, State: "absent", Copies: row.GetCopies(), Bytes: row.GetBytes(), CheckedAt: row.GetCheckedAt(), Alarm: dropped,
				})
			}
		}
		return nil
	})
	return res, err
}

func (s *Server) site(p *site.Place, row *insurancev1.SiteRow) *insurancev1.Site {
	out := &insurancev1.Site{
		Site: p.ID, Folder: p.Dir, State: "ready", Copies: row.GetCopies(), Bytes: row.GetBytes(), CheckedAt: row.GetCheckedAt(),
	}
	out.FreeBytes, out.TotalBytes = p.Space()
	if out.SameDevice = p.SameDevice(s.Data); out.GetSameDevice() {
		out.Warning = sameDisk
	}
	_, err := p.Root(row.GetCopies() > 0)
	if err != nil {
		out.State, out.Alarm = "absent", words(err)
		return out
	}
	if err := p.Room(0); err != nil {
		out.State, out.Alarm = "full", words(err)
	} else if err := s.Keeper.Alarm("site " + p.ID); err != nil {
		out.Alarm = words(err)
	}
	return out
}
