package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// intakeArchive is a running process with the intake service, in retention's place one that says
// nothing but what fell due, and in insurance's one that says nothing.
type intakeArchive struct {
	running
	retention *host.Service
	client    intakev1.IntakeServiceClient
	insurer   intakev1.IntakeServiceClient
	originals string // the storage root
	transfers int
}

func openIntake(ctx context.Context, cfg IntakeConfig, dir string) (_ *intakeArchive, err error) {
	i := slices.IndexFunc(cfg.Services, func(s process.Service) bool { return s.Name == "intake" })
	if i < 0 {
		return nil, errors.New("bench: this program has no intake service")
	}
	a := &intakeArchive{originals: filepath.Join(dir, "intake", "ocfl")}
	services := []process.Service{cfg.Services[i]}
	for _, name := range []string{"retention", "insurance"} {
		spec := func() host.Spec {
			return host.Spec{
				Name: name, Schema: store.Schema{Version: 1, Buckets: []store.Bucket{{Name: "due"}}},
				Apply: func(*store.Tx, *journal.Record) error { return nil },
			}
		}
		services = append(services, process.Service{Name: name, Spec: spec, New: func(p host.Process) (*host.Service, error) {
			svc, err := host.Open(p, spec())
			if name == "retention" {
				a.retention = svc
			}
			return svc, err
		}})
	}
	p, err := a.run(ctx, cfg.Telemetry, dir, services)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	for _, who := range []struct {
		actor string
		role  monitor.Role
		to    *intakev1.IntakeServiceClient
	}{{"person:bench", monitor.Archivist, &a.client}, {"service:insurance", monitor.Service, &a.insurer}} {
		roles := []monitor.Role{who.role}
		conn, err := p.As(monitor.Identity{Actor: who.actor, Roles: roles, Clearance: process.Clearance(roles)}).Conn("intake")
		if err != nil {
			return nil, err
		}
		*who.to = intakev1.NewIntakeServiceClient(conn)
	}
	return a, nil
}

// again is when it is asked again whether something long is done: more often would be a load of its own.
const again = 100 * time.Millisecond

// expect lets units fall due and waits until the intake service has heard of all of them.
func (a *intakeArchive) expect(ctx context.Context, units int) (id string, err error) {
	a.transfers++
	id = fmt.Sprintf("2026-%d", a.transfers)
	say := func(body proto.Message) error {
		_, err := a.retention.Store().Do(ctx, store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "bench", Actor: "service:retention",
			Decide: func(*store.View, time.Time) ([]store.Event, error) {
				return []store.Event{{Refs: []journal.Ref{{Type: "transfer", ID: id}}, Body: body}}, nil
			},
		})
		return err
	}
	title := &recordv1.Text{Ru: "Опись дел постоянного хранения", Kk: "Тұрақты сақталатын істер тізімдемесі"}
	if err := say(&retentionv1.TransferDue{
		TransferId: id, DueOn: "2026-01-01", Organisation: &recordv1.Organisation{Id: "bench", Name: title, Level: "regional"},
		Inventory: &recordv1.Inventory{
			Id: "bench-" + id, Number: "1", Kind: "permanent", Files: uint32(units), Title: title,
			Approval: &recordv1.Protocol{Commission: "ЭПК", Number: "1", Date: "2020-03-01"},
		},
	}); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	var files []*recordv1.File
	for n := range units {
		files = append(files, &recordv1.File{Id: fmt.Sprintf("%s-%d", id, n), Position: uint32(n + 1), Title: title})
		if len(files) == 500 || n == units-1 {
			if err := say(&retentionv1.TransferDueListed{TransferId: id, Files: files, Last: n == units-1}); err != nil {
				return "", fmt.Errorf("bench: %w", err)
			}
			files = nil
		}
	}
	return id, until(ctx, func() bool {
		res, err := a.client.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: id, After: uint32(units - 1), Limit: 1})
		return err == nil && len(res.GetFiles()) == 1
	})
}

// send uploads a folder as files without a bag.
func (a *intakeArchive) send(ctx context.Context, id, tree string) error {
	begin := &intakev1.UploadBegin{CommandId: newID(), TransferId: id, Bare: true}
	res, err := client.Upload(ctx, a.client, begin, tree)
	if err == nil && !res.GetTaken() {
		err = fmt.Errorf("bench: the package was refused: %v", res.GetFaults()[0])
	}
	return err
}

// sendResumable uploads a folder as qoyma transfer upload does without --stream.
func (a *intakeArchive) sendResumable(ctx context.Context, id, tree string) error {
	b := &client.Bulk{Client: a.client, Transfer: id, Root: tree, Parallel: 2}
	res, err := b.Run(ctx)
	if err == nil && !res.GetTaken() {
		err = fmt.Errorf("bench: the package was refused: %v", res.GetFaults()[0])
	}
	return err
}

// accept waits until the accession stands and its acts are drawn up: a call that runs out of time has begun it all the same.
func (a *intakeArchive) accept(ctx context.Context, id string) error {
	_, err := a.client.AcceptTransfer(ctx, &intakev1.AcceptTransferRequest{CommandId: newID(), TransferId: id})
	if err != nil && fault.KindOf(err) != fault.Unavailable {
		return fmt.Errorf("bench: accept: %w", err)
	}
	return asked(ctx, again, func() bool {
		line, err := a.accession(ctx, id)
		return err == nil && len(line.GetActs()) == 2
	})
}

// accession is the line of a transfer that was accepted.
func (a *intakeArchive) accession(ctx context.Context, transfer string) (*intakev1.Accession, error) {
	t, err := a.client.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: transfer, Limit: 1})
	if err != nil {
		return nil, err
	}
	res, err := a.client.GetAccession(ctx, &intakev1.GetAccessionRequest{AccessionNumber: t.GetTransfer().GetAccessionNumber(), Limit: 1})
	return res.GetAccession(), err
}
