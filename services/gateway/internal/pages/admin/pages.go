// Package admin is the administrator's pages: how the services stand, what waits for a person,
// what proves the journals, and the accounts of people.
package admin

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"

	faultv1 "github.com/qoyma/qoyma/proto/gen/qoyma/fault/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

//go:embed templates texts.json
var files embed.FS

// Who may open what. An auditor looks and changes nothing.
var (
	administrator = web.Allow{monitor.Administrator}
	looks         = web.Allow{monitor.Administrator, monitor.Auditor}
	proofs        = web.Allow{monitor.Administrator, monitor.Auditor, monitor.Head}
)

// Add adds the pages to a site.
func Add(s *web.Site) error {
	if err := s.Area(files); err != nil {
		return err
	}
	s.Nav("/admin", "nav.admin", looks)
	s.Page("/admin", "admin", looks, status)
	s.Act("/admin/retry", administrator, retry)
	s.Act("/admin/clock", administrator, confirmClock)
	s.Page("/admin/checkpoints", "checkpoints", looks, checkpoints)
	s.Raw("GET /admin/checkpoints/{service}", looks, checkpoint)
	s.Raw("GET /admin/proof/{service}/{seq}", proofs, proof)
	s.Form("/admin/uploads", "uploads", administrator, uploads, setUploads)
	accountPages(s)
	return nil
}

func journalOf(r *web.Request, service string) (journalv1.JournalServiceClient, error) {
	conn, err := r.Conn(service)
	if err != nil {
		return nil, err
	}
	return journalv1.NewJournalServiceClient(conn), nil
}

// each asks all services at once; one that is away holds up no other.
func each(ctx context.Context, services []string, ask func(ctx context.Context, i int, service string)) {
	var wg sync.WaitGroup
	for i, service := range services {
		wg.Go(func() { ask(ctx, i, service) })
	}
	wg.Wait()
}

// serviceRow is one service as the administrator sees it.
type serviceRow struct {
	*journalv1.ServiceStatus
	Name    string
	Away    string // why it does not answer; "" where it does
	Lag     uint64 // events that the stream does not have yet
	Alarm   said
	Readers []reader
}

// said is a fault in the reader's language, and the technical detail where that adds to it.
type said struct{ Text, Detail string }

func say(r *web.Request, f *faultv1.Fault, detail string) (s said) {
	s.Text, s.Detail = wire.Said(f, detail, r.Lang)
	return s
}

// reader is another service that this one follows.
type reader struct {
	*journalv1.FollowerStatus
	Alarm said
}

// Behind is how far a follower is behind.
func (serviceRow) Behind(f *journalv1.FollowerStatus) uint64 {
	return f.GetHead() - min(f.GetSeq(), f.GetHead())
}

// Good tells whether nobody needs to look.
func (s serviceRow) Good() bool {
	return s.Away == "" && s.GetAlarm() == "" && !s.GetClockHeld() && s.GetParked() == 0
}

type waitingRow struct {
	*journalv1.WaitingEvent
	Service string
	Name    string // key of the event's name
	Why     said
}

type statusPage struct {
	Services []serviceRow
	Waiting  []waitingRow
	Good     bool
}

func status(r *web.Request) (any, error) {
	services := r.Services()
	page := statusPage{Services: make([]serviceRow, len(services)), Good: true}
	waiting := make([][]waitingRow, len(services))
	each(r.Context(), services, func(ctx context.Context, i int, service string) {
		row := &page.Services[i]
		row.Name, row.ServiceStatus = service, &journalv1.ServiceStatus{}
		c, err := journalOf(r, service)
		var res *journalv1.StatusResponse
		if err == nil {
			res, err = c.Status(ctx, &journalv1.StatusRequest{Service: service})
		}
		if err == nil && len(res.GetServices()) > 0 {
			row.ServiceStatus = res.GetServices()[0]
			row.Alarm = say(r, row.GetAlarmFault(), row.GetAlarm())
			for _, f := range row.GetFollows() {
				row.Readers = append(row.Readers, reader{f, say(r, f.GetAlarmFault(), f.GetAlarm())})
			}
			row.Lag = row.GetLast() - min(row.GetRelayed(), row.GetLast())
		}
		if err == nil && row.GetParked()+row.GetWaiting() > 0 {
			var list *journalv1.WaitingResponse
			list, err = c.Waiting(ctx, &journalv1.WaitingRequest{Service: service})
			for _, e := range list.GetEvents() {
				waiting[i] = append(waiting[i], waitingRow{e, service, web.EventKey(e.GetBodyType()), say(r, e.GetFault(), e.GetReason())})
			}
		}
		if err != nil {
			row.Away = fault.Of(err).In(r.Lang)
		}
	})
	for i, row := range page.Services {
		page.Good = page.Good && row.Good()
		page.Waiting = append(page.Waiting, waiting[i]...)
	}
	return page, nil
}

func retry(r *web.Request) (web.Redirect, error) {
	c, err := journalOf(r, r.Field("service"))
	if err != nil {
		return "", err
	}
	q := &journalv1.RetryRequest{Service: r.Field("service")}
	if of := r.Field("of"); of != "" {
		epoch, err1 := strconv.ParseUint(r.Field("epoch"), 10, 64)
		seq, err2 := strconv.ParseUint(r.Field("seq"), 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return "", web.BadForm.With().Because(err)
		}
		q.Event = &journalv1.Cause{Service: of, Epoch: epoch, Seq: seq}
	}
	res, err := c.Retry(r.Context(), q)
	switch {
	case err != nil:
		return "", err
	case res.GetStillWaiting() > 0:
		return web.Done("/admin", "done.still-waiting"), nil
	}
	return web.Done("/admin", "done.retried"), nil
}

func confirmClock(r *web.Request) (web.Redirect, error) {
	c, err := journalOf(r, r.Field("service"))
	if err != nil {
		return "", err
	}
	if _, err := c.ConfirmClock(r.Context(), &journalv1.ConfirmClockRequest{Service: r.Field("service"), CommandId: r.Field("command")}); err != nil {
		return "", err
	}
	return web.Done("/admin", "done.clock"), nil
}

// witness says how far another service has verified a journal.
type witness struct {
	By  string
	Seq uint64
}

type checkpointRow struct {
	Service, Verifier string
	Origin, Root      string
	Size              uint64
	Witnesses         []witness
	Away              string
}

func checkpoints(r *web.Request) (any, error) {
	services := r.Services()
	rows := make([]checkpointRow, len(services))
	each(r.Context(), services, func(ctx context.Context, i int, service string) {
		rows[i] = checkpointOf(ctx, r, service)
	})
	return rows, nil
}

func checkpointOf(ctx context.Context, r *web.Request, service string) checkpointRow {
	row := checkpointRow{Service: service}
	c, err := journalOf(r, service)
	var res *journalv1.CheckpointResponse
	if err == nil {
		res, err = c.Checkpoint(ctx, &journalv1.CheckpointRequest{Service: service})
	}
	if err != nil {
		row.Away = fault.Of(err).In(r.Lang)
		return row
	}
	// C2SP tlog-checkpoint: origin, size and root, a line each.
	lines := strings.SplitN(string(res.GetCheckpoint()), "\n", 4)
	if len(lines) == 4 {
		row.Origin, row.Root = lines[0], lines[2]
		row.Size, _ = strconv.ParseUint(lines[1], 10, 64) // 0 where it cannot be read
	}
	row.Verifier = res.GetVerifier()
	for _, other := range r.Services() {
		if other == service {
			continue
		}
		o, err := journalOf(r, other)
		if err != nil {
			continue // the table says that the service is away
		}
		if w, err := o.Witness(ctx, &journalv1.WitnessRequest{Service: other, Of: service}); err == nil && len(w.GetCheckpoint()) > 0 {
			row.Witnesses = append(row.Witnesses, witness{other, w.GetSeq()})
		}
	}
	return row
}

// checkpoint gives the signed note itself, to keep elsewhere.
func checkpoint(w http.ResponseWriter, r *web.Request) error {
	service := r.PathValue("service")
	c, err := journalOf(r, service)
	if err != nil {
		return err
	}
	res, err := c.Checkpoint(r.Context(), &journalv1.CheckpointRequest{Service: service})
	if err != nil {
		return err
	}
	attach(w, "text/plain; charset=utf-8", service+"-checkpoint.txt")
	_, _ = w.Write(res.GetCheckpoint()) // who asked has gone
	return nil
}

// proof gives what an outsider needs to check that an event stands in a journal.
func proof(w http.ResponseWriter, r *web.Request) error {
	service := r.PathValue("service")
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil {
		return web.NotFound.With().Because(err)
	}
	c, err := journalOf(r, service)
	if err != nil {
		return err
	}
	res, err := c.InclusionProof(r.Context(), &journalv1.InclusionProofRequest{Service: service, Seq: seq})
	if err != nil {
		return err
	}
	raw, err := protojson.MarshalOptions{Multiline: true, UseProtoNames: true}.Marshal(res)
	if err != nil {
		return err
	}
	attach(w, "application/json", service+"-"+strconv.FormatUint(seq, 10)+"-proof.json")
	_, _ = w.Write(append(raw, '\n')) // who asked has gone
	return nil
}

func attach(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
}
