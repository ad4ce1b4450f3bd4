// Package journalapi opens the journals of a process over gRPC: to followers that fill gaps,
// to auditors who read timelines and check proofs, to witnesses, and to the administrator who
// looks at what waits.
package journalapi

import (
	"cmp"
	"context"
	"errors"
	"sort"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"golang.org/x/mod/sumdb/tlog"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/platform/telemetry"
)

var (
	noService = fault.Define(fault.NotFound, "journal.no_service",
		"the journal of {service} is not in this process; ask the process that runs that service",
		"журнала службы {service} в этом процессе нет; обратитесь к процессу, в котором она работает",
		"{service} қызметінің журналы бұл процесте жоқ; сол қызмет жұмыс істейтін процеске жүгініңіз")
	badCommandID = fault.Define(fault.Invalid, "journal.bad_command_id",
		"the command id must be a UUID", "идентификатор команды должен быть UUID", "пәрмен идентификаторы UUID болуы керек")
	badRef = fault.Define(fault.Invalid, "journal.bad_ref",
		"name the object by type and id, for example transfer/2026-1",
		"назовите объект типом и номером, например transfer/2026-1",
		"нысанды түрімен және нөмірімен атаңыз, мысалы transfer/2026-1")
	noEvent = fault.Define(fault.NotFound, "journal.no_event",
		"event {seq} does not exist", "события {seq} нет", "{seq} оқиғасы жоқ")
	// restricted stands for a reason that the reader may not see.
	restricted = fault.Define(fault.Denied, "journal.reason_restricted",
		"the reason is restricted like its event; ask somebody who is cleared for it to look",
		"причина закрыта, как и само событие; попросите посмотреть того, у кого есть к нему доступ",
		"себебі оқиғаның өзі сияқты жабық; оған рұқсаты бар адамнан қарауды сұраңыз")
)

// Source is one service's journal with everything around it.
type Source struct {
	Store     *store.Store
	Public    string                               // verifier key of its checkpoints
	Relay     func() (relayed uint64, alarm error) // nil where nothing is published
	Followers []*follow.Follower
}

// Server answers qoyma.journal.v1.JournalService for all services of the process.
type Server struct {
	journalv1.UnimplementedJournalServiceServer
	sources map[string]Source
}

// New makes the server.
func New(sources ...Source) *Server {
	s := &Server{sources: make(map[string]Source, len(sources))}
	for _, src := range sources {
		s.sources[src.Store.Service()] = src
	}
	return s
}

func (s *Server) source(name string) (Source, error) {
	src, ok := s.sources[name]
	if !ok {
		return Source{}, noService.With("service", name)
	}
	return src, nil
}

const (
	maxRead      = 1000
	maxReadBytes = 1 << 20
	maxTimeline  = 500
	maxWaiting   = 500
	// maxTimelineBytes keeps an answer within a gRPC message (4 MiB) with one more event of
	// journal.MaxBody, which JSON makes longer.
	maxTimelineBytes = 1 << 20
	timelineStep     = 64 // events of one read transaction
	maxRecent        = 100
	maxLooked        = 2000 // events that one call of Recent goes through: some 10 ms
)

func bounded(asked uint32, most int) int {
	if asked == 0 || int64(asked) > int64(most) {
		return most
	}
	return int(asked)
}

// Read implements JournalService.
func (s *Server) Read(_ context.Context, req *journalv1.ReadRequest) (*journalv1.ReadResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	entries, head, err := src.Store.Announced(max(req.GetFrom(), 1), bounded(req.GetLimit(), maxRead), maxReadBytes)
	if err != nil {
		return nil, err
	}
	res := &journalv1.ReadResponse{Epoch: head.Epoch, Last: head.Seq, Entries: entries}
	if len(entries) > 0 {
		first := max(req.GetFrom(), 1)
		res.Traceparents = src.Store.Traceparents(first, len(entries))
		// With a checkpoint for every range the reader is a witness of all that it saw.
		res.Checkpoint, err = src.Store.CheckpointAt(first + uint64(len(entries)) - 1)
	}
	return res, err
}

// Checkpoint implements JournalService.
func (s *Server) Checkpoint(_ context.Context, req *journalv1.CheckpointRequest) (*journalv1.CheckpointResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	signed, err := src.Store.Checkpoint()
	if err != nil {
		return nil, err
	}
	return &journalv1.CheckpointResponse{Checkpoint: signed, Verifier: src.Public}, nil
}

// at gives a size and the checkpoint that covers it.
func at(src Source, size uint64) (uint64, []byte, error) {
	head := src.Store.Head()
	if size == 0 {
		size = head.Seq
	}
	signed, err := src.Store.CheckpointAt(min(size, head.Seq))
	return size, signed, err
}

// InclusionProof implements JournalService.
func (s *Server) InclusionProof(_ context.Context, req *journalv1.InclusionProofRequest) (*journalv1.InclusionProofResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	size, signed, err := at(src, req.GetSize())
	if err != nil {
		return nil, err
	}
	rec, proof, err := src.Store.Inclusion(req.GetSeq(), size)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, noEvent.With("seq", req.GetSeq())
	}
	digest := journal.BodyDigest(rec.Entry)
	return &journalv1.InclusionProofResponse{
		Header: rec.Entry.GetHeader(), BodyDigest: digest[:], Size: size, Path: path(proof), Checkpoint: signed,
	}, nil
}

// ConsistencyProof implements JournalService.
func (s *Server) ConsistencyProof(_ context.Context, req *journalv1.ConsistencyProofRequest) (*journalv1.ConsistencyProofResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	size, signed, err := at(src, req.GetNewSize())
	if err != nil {
		return nil, err
	}
	proof, err := src.Store.Consistency(req.GetOldSize(), size)
	if err != nil {
		return nil, err
	}
	return &journalv1.ConsistencyProofResponse{NewSize: size, Path: path(proof), Checkpoint: signed}, nil
}

func path(proof []tlog.Hash) [][]byte {
	out := make([][]byte, len(proof))
	for i := range proof {
		out[i] = proof[i][:]
	}
	return out
}

// Timeline implements JournalService. What the reader may not see is left out as if it were
// not there.
func (s *Server) Timeline(ctx context.Context, req *journalv1.TimelineRequest) (*journalv1.TimelineResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	ref := journal.RefOf(req.GetRef())
	if ref.Type == "" || ref.ID == "" {
		return nil, badRef.With()
	}
	id, _ := monitor.From(ctx)
	limit, size, after := bounded(req.GetLimit(), maxTimeline), 0, req.GetAfter()
	res := new(journalv1.TimelineResponse)
	for ctx.Err() == nil {
		// Short reads: an object may have events for years, and none that this reader may see.
		records, err := src.Store.Timeline(ref, after, timelineStep)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			after = rec.Seq()
			label := monitor.Label{Level: rec.Header.GetLabel().GetLevel(), Grounds: rec.Header.GetLabel().GetGrounds()}
			if !id.Clearance.Allows(label) {
				continue
			}
			e := s.event(src, rec, id)
			size += proto.Size(e)
			if len(res.GetEvents()) == limit || len(res.GetEvents()) > 0 && size > maxTimelineBytes {
				res.More = true
				return res, nil
			}
			res.Events = append(res.Events, e)
		}
		if len(records) < timelineStep {
			return res, nil
		}
	}
	return nil, ctx.Err()
}

// Recent implements JournalService. There is no index by actor, which would cost a row with every
// event; going back through the journal costs nothing until somebody asks.
func (s *Server) Recent(ctx context.Context, req *journalv1.RecentRequest) (*journalv1.RecentResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	id, _ := monitor.From(ctx)
	limit, size, before := bounded(req.GetLimit(), maxRecent), 0, req.GetBefore()
	res := new(journalv1.RecentResponse)
	for looked := 0; looked < maxLooked && ctx.Err() == nil; looked += timelineStep {
		records, err := src.Store.Back(before, timelineStep)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			before = rec.Seq()
			label := monitor.Label{Level: rec.Header.GetLabel().GetLevel(), Grounds: rec.Header.GetLabel().GetGrounds()}
			of := req.GetActor() == "" || rec.Header.GetActor() == req.GetActor() || rec.Header.GetOnBehalfOf() == req.GetActor()
			if !of || !id.Clearance.Allows(label) {
				continue
			}
			e := s.event(src, rec, id)
			res.Events = append(res.Events, e)
			if size += proto.Size(e); len(res.GetEvents()) == limit || size > maxTimelineBytes {
				res.Next = before
				break
			}
		}
		switch {
		case res.GetNext() > 1:
			return res, nil
		case before <= 1 || len(records) < timelineStep:
			res.Next = 0
			return res, nil
		}
	}
	res.Next = before
	return res, ctx.Err()
}

func (s *Server) event(src Source, rec *journal.Record, id monitor.Identity) *journalv1.TimelineEvent {
	h := rec.Header
	e := &journalv1.TimelineEvent{
		Service: h.GetService(), Epoch: h.GetEpoch(), Seq: h.GetSeq(), RecordedAt: h.GetRecordedAt(),
		Command: h.GetCommand(), Actor: h.GetActor(), OnBehalfOf: h.GetOnBehalfOf(), Cause: h.GetCause(),
		Refs: h.GetRefs(), BodyType: h.GetBodyType(),
	}
	if body, err := rec.Body(); err == nil {
		if raw, err := protojson.Marshal(body); err == nil {
			e.BodyJson = string(raw)
		}
	}
	if h.GetSealedKey() == 0 {
		return e
	}
	switch sealed, err := src.Store.Keys().Unseal(rec); {
	case errors.Is(err, journal.Erased):
		e.Erased = true
	case err == nil && id.Clearance.Allows(monitor.Label{Level: rec.SealedLabel().GetLevel(), Grounds: rec.SealedLabel().GetGrounds()}):
		if raw, err := protojson.Marshal(sealed); err == nil {
			e.SealedJson = string(raw)
		}
	}
	return e
}

// Witness implements JournalService.
func (s *Server) Witness(_ context.Context, req *journalv1.WitnessRequest) (*journalv1.WitnessResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	res := new(journalv1.WitnessResponse)
	err = src.Store.View(func(v *store.View) error {
		pos, err := v.Position(req.GetOf())
		if err != nil {
			return err
		}
		res.Epoch, res.Seq, res.Checkpoint = pos.GetEpoch(), pos.GetSeq(), pos.GetCheckpoint()
		return nil
	})
	return res, err
}

// Waiting implements JournalService. The reason may quote the event, so it is shown to those who
// may read the event; that it waits is shown to all who look after the system.
func (s *Server) Waiting(ctx context.Context, req *journalv1.WaitingRequest) (*journalv1.WaitingResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	id, _ := monitor.From(ctx)
	res := new(journalv1.WaitingResponse)
	err = src.Store.View(func(v *store.View) error {
		rows, err := v.Waiting(maxWaiting)
		for _, row := range rows {
			label, labelErr := v.WaitingLabel(row)
			if labelErr != nil {
				return labelErr
			}
			if !id.Clearance.Allows(monitor.Label{Level: label.Level, Grounds: label.Grounds}) {
				row.Reason, row.Fault = "", wire.Kept(restricted.With())
			}
			res.Events = append(res.Events, &journalv1.WaitingEvent{
				Event: row.GetEvent(), Object: row.GetObject(), BodyType: row.GetBodyType(), Reason: row.GetReason(),
				Parked: row.GetParked(), Behind: row.GetBehind(), Since: row.GetSince(), Fault: row.GetFault(),
			})
		}
		return err
	})
	sort.SliceStable(res.Events, func(i, j int) bool {
		return res.Events[i].GetSince().AsTime().Before(res.Events[j].GetSince().AsTime())
	})
	return res, err
}

// Retry implements JournalService.
func (s *Server) Retry(ctx context.Context, req *journalv1.RetryRequest) (*journalv1.RetryResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	res := new(journalv1.RetryResponse)
	for _, f := range src.Followers {
		if req.GetEvent() != nil && req.GetEvent().GetService() != f.Service() {
			continue
		}
		settled, still, err := f.Retry(ctx, req.GetEvent())
		if err != nil {
			return nil, err
		}
		res.Settled += uint32(settled)
		res.StillWaiting += uint32(still)
	}
	return res, nil
}

// Command begins a command of the caller of a gRPC method: his identity, the idempotency key
// that he sent (a UUID in text form, best a UUIDv7) and his trace. Error: a fault where the
// key is none.
func Command(ctx context.Context, id, method string) (store.Command, error) {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return store.Command{}, badCommandID.With().Because(err)
	}
	who, _ := monitor.From(ctx)
	return store.Command{
		ID: parsed, Name: method, Actor: who.Actor, OnBehalfOf: who.OnBehalfOf, Traceparent: telemetry.Traceparent(ctx),
	}, nil
}

// EraseObject implements JournalService.
func (s *Server) EraseObject(ctx context.Context, req *journalv1.EraseObjectRequest) (*journalv1.EraseObjectResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	c, err := Command(ctx, req.GetCommandId(), journalv1.JournalService_EraseObject_FullMethodName)
	if err != nil {
		return nil, err
	}
	rec, err := src.Store.Erase(ctx, c, journal.RefOf(req.GetObject()), req.GetGround())
	if err != nil {
		return nil, err
	}
	return &journalv1.EraseObjectResponse{Seq: rec.Seq()}, nil
}

// ConfirmClock implements JournalService.
func (s *Server) ConfirmClock(ctx context.Context, req *journalv1.ConfirmClockRequest) (*journalv1.ConfirmClockResponse, error) {
	src, err := s.source(req.GetService())
	if err != nil {
		return nil, err
	}
	c, err := Command(ctx, req.GetCommandId(), journalv1.JournalService_ConfirmClock_FullMethodName)
	if err != nil {
		return nil, err
	}
	rec, err := src.Store.ConfirmClock(ctx, c)
	if err != nil {
		return nil, err
	}
	return &journalv1.ConfirmClockResponse{Seq: rec.Seq()}, nil
}

// Status implements JournalService.
func (s *Server) Status(_ context.Context, req *journalv1.StatusRequest) (*journalv1.StatusResponse, error) {
	res := new(journalv1.StatusResponse)
	for name, src := range s.sources {
		if req.GetService() != "" && req.GetService() != name {
			continue
		}
		st, err := status(src)
		if err != nil {
			return nil, err
		}
		res.Services = append(res.Services, st)
	}
	if len(res.GetServices()) == 0 && req.GetService() != "" {
		return nil, noService.With("service", req.GetService())
	}
	sort.Slice(res.Services, func(i, j int) bool { return res.Services[i].GetService() < res.Services[j].GetService() })
	return res, nil
}

func status(src Source) (*journalv1.ServiceStatus, error) {
	head := src.Store.Head()
	st := &journalv1.ServiceStatus{
		Service: src.Store.Service(), Archive: src.Store.Archive(), Epoch: head.Epoch, Last: head.Seq,
		ClockHeld: src.Store.ClockHeld(),
	}
	alarm := src.Store.Ready()
	if src.Relay != nil {
		relayed, unpublished := src.Relay()
		st.Relayed, alarm = relayed, cmp.Or(alarm, unpublished)
	}
	st.Alarm, st.AlarmFault = said(alarm), wire.Kept(alarm)
	err := src.Store.View(func(v *store.View) error {
		rows, err := v.Waiting(maxWaiting)
		for _, row := range rows {
			if row.GetParked() {
				st.Parked++
			} else {
				st.Waiting++
			}
		}
		for _, f := range src.Followers {
			pos, posErr := v.Position(f.Service())
			if posErr != nil {
				return posErr
			}
			known, alarm := f.Status()
			st.Follows = append(st.Follows, &journalv1.FollowerStatus{
				Service: f.Service(), Epoch: pos.GetEpoch(), Seq: pos.GetSeq(), Head: max(known, pos.GetSeq()),
				Alarm: said(alarm), AlarmFault: wire.Kept(alarm),
			})
		}
		return err
	})
	return st, err
}

// said is an alarm for the log and for programs: in English, with the whole chain of causes.
func said(alarm error) string {
	if alarm == nil {
		return ""
	}
	return alarm.Error()
}
