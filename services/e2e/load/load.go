// Package load drives a running archive as its people would, from many callers at once, and
// remembers every answer: what was acknowledged must be there afterwards, whatever happened
// to the process in between.
package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/qoyma/process"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// Archive is a running archive as its clients reach it.
type Archive struct {
	network *serve.Network
	caller  serve.Caller
	reader  serve.Caller // of whole journals, as a service
}

// Dial reaches the server that runs on a data folder, over its unix socket, with every role.
func Dial(data string) (*Archive, error) {
	folder := keys.Folder(filepath.Join(data, "keys"))
	operator, err := folder.Issuer(monitor.Operator, 0, time.Now)
	if err != nil {
		return nil, err
	}
	follower, err := folder.Issuer(monitor.Gateway, 0, time.Now)
	if err != nil {
		return nil, err
	}
	addresses := make(map[string]string)
	for _, name := range process.Names() {
		addresses[name] = "unix:" + filepath.Join(data, process.Socket)
	}
	a := &Archive{network: serve.NewNetwork(serve.NetworkConfig{Addresses: addresses})}
	everything := monitor.Scope{Level: 3, Grounds: process.Grounds}
	a.caller = a.network.As(monitor.NewCredentials(operator, monitor.Identity{
		Actor: "person:load", Clearance: everything,
		Roles: []monitor.Role{monitor.Clerk, monitor.Archivist, monitor.Commission, monitor.Auditor, monitor.Administrator},
	}))
	a.reader = a.network.As(monitor.NewCredentials(follower, monitor.Identity{
		Actor: "service:" + monitor.Gateway, Clearance: everything, Roles: []monitor.Role{monitor.Service},
	}))
	return a, nil
}

// Close ends the connections.
func (a *Archive) Close() error { return a.network.Close() }

// Retention is that service's client; Intake and Journal are those of theirs.
func (a *Archive) Retention() (retentionv1.RetentionServiceClient, error) {
	c, err := a.caller.Conn("retention")
	return retentionv1.NewRetentionServiceClient(c), err
}

// Intake is the intake service's client.
func (a *Archive) Intake() (intakev1.IntakeServiceClient, error) {
	c, err := a.caller.Conn("intake")
	return intakev1.NewIntakeServiceClient(c), err
}

// Journal is a service's journal.
func (a *Archive) Journal(service string) (journalv1.JournalServiceClient, error) {
	c, err := a.caller.Conn(service)
	return journalv1.NewJournalServiceClient(c), err
}

// followed is a service's journal as those see it who follow it.
func (a *Archive) followed(service string) (journalv1.JournalServiceClient, error) {
	c, err := a.reader.Conn(service)
	return journalv1.NewJournalServiceClient(c), err
}

// WaitReady waits until every service takes commands.
func (a *Archive) WaitReady(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ready := 0
		for _, name := range process.Names() {
			c, err := a.Journal(name)
			if err != nil {
				return err
			}
			res, err := c.Status(ctx, &journalv1.StatusRequest{Service: name})
			if err == nil && res.GetServices()[0].GetAlarm() == "" {
				ready++
			}
		}
		if ready == len(process.Names()) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d services are ready: %w", ready, len(process.Names()), ctx.Err())
		}
	}
}

// Act is one command with the answer that was acknowledged, or none.
type Act struct {
	ID     string
	Name   string
	Do     func(ctx context.Context, a *Archive) (proto.Message, error)
	Answer proto.Message
}

// Memory keeps what was sent and what was acknowledged.
type Memory struct {
	mu       sync.Mutex
	acks     []*Act
	open     []*Act // sent, outcome unknown
	seen     map[string][]byte
	lastSize map[string]uint64
	bags     string
}

// NewMemory makes an empty memory; bags are made in a folder of its own.
func NewMemory(bags string) *Memory {
	return &Memory{seen: make(map[string][]byte), lastSize: make(map[string]uint64), bags: bags}
}

// Acknowledged counts the acknowledged acts.
func (m *Memory) Acknowledged() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.acks)
}

// perform sends an act until it is acknowledged, refused, or the context ends.
func (m *Memory) perform(ctx context.Context, a *Archive, act *Act) (proto.Message, error) {
	answer, err := act.Do(ctx, a)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case err == nil:
		act.Answer = answer
		m.acks = append(m.acks, act)
	case settled(err):
		return nil, fmt.Errorf("%s: %w", act.Name, err)
	default:
		m.open = append(m.open, act) // the process died, or is dying: the outcome is unknown
	}
	return answer, err
}

// settled tells a refusal from an outcome that is not known.
func settled(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Refused, fault.Denied, fault.Unauthenticated:
		return true
	case fault.Internal, fault.Exhausted, fault.Unavailable:
	}
	return false
}

// ErrRefused is a refusal of an act that had to succeed.
var ErrRefused = errors.New("refused")

// Finish repeats every act whose outcome is unknown, with its command id, until each is
// acknowledged.
func (m *Memory) Finish(ctx context.Context, a *Archive) error {
	m.mu.Lock()
	open := m.open
	m.open = nil
	m.mu.Unlock()
	for i, act := range open {
		if _, err := m.perform(ctx, a, act); err != nil {
			m.mu.Lock()
			if settled(err) {
				m.mu.Unlock()
				return fmt.Errorf("repeated %s: %w: %w", act.Name, ErrRefused, err)
			}
			m.open = append(m.open, open[i+1:]...)
			m.mu.Unlock()
			return err
		}
	}
	return nil
}

// Repeat asks every acknowledged act again, from the given one on, and wants the same answer.
func (m *Memory) Repeat(ctx context.Context, a *Archive, from int) error {
	m.mu.Lock()
	acks := append([]*Act(nil), m.acks[from:]...)
	m.mu.Unlock()
	for _, act := range acks {
		again, err := act.Do(ctx, a)
		if err != nil {
			return fmt.Errorf("%s was acknowledged and is not there: %w", act.Name, err)
		}
		if !same(again, act.Answer) {
			return fmt.Errorf("%s was answered %v, is now answered %v", act.Name, act.Answer, again)
		}
	}
	return nil
}

// same tells whether a repeated act got its answer again. Where the catalogue placed an accession is
// learnt after the answer, and is on the accession from then on.
func same(again, first proto.Message) bool {
	placed, ok := again.(*intakev1.AcceptTransferResponse)
	if ok && placed.GetAccession().GetCode() != nil {
		unplaced := proto.CloneOf(placed)
		unplaced.Accession.Code = nil
		known, _ := first.(*intakev1.AcceptTransferResponse)
		if known.GetAccession().GetCode() == nil {
			again = unplaced
		}
	}
	return proto.Equal(again, first)
}

// Missing counts how many of the first n acknowledged acts are not there with the same answer.
func (m *Memory) Missing(ctx context.Context, a *Archive, n int) (gone int, err error) {
	m.mu.Lock()
	acks := append([]*Act(nil), m.acks[:n]...)
	m.mu.Unlock()
	for _, act := range acks {
		again, err := act.Do(ctx, a)
		if err != nil && !settled(err) {
			return gone, fmt.Errorf("%s: %w", act.Name, err)
		}
		if err != nil || !same(again, act.Answer) {
			gone++
		}
	}
	return gone, nil
}

// Run keeps callers busy until ctx ends: files are opened and closed, put into inventories
// that fall due at once, their bags uploaded and accepted. A refusal ends it with an error.
func (m *Memory) Run(ctx context.Context, a *Archive, callers int, seed uint64) error {
	var wg sync.WaitGroup
	errs := make(chan error, callers)
	for caller := range callers {
		wg.Go(func() {
			w := worker{m: m, a: a, random: rand.New(rand.NewPCG(seed, uint64(caller)))}
			for ctx.Err() == nil {
				if err := w.department(ctx); err != nil {
					if settled(err) || errors.Is(err, ErrRefused) {
						errs <- err
					}
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

type worker struct {
	m      *Memory
	a      *Archive
	random *rand.Rand
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (w worker) act(ctx context.Context, name string, do func(ctx context.Context, a *Archive, id string) (proto.Message, error)) (proto.Message, error) {
	id := newID()
	return w.m.perform(ctx, w.a, &Act{ID: id, Name: name + " " + id, Do: func(ctx context.Context, a *Archive) (proto.Message, error) {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		return do(ctx, a, id)
	}})
}

// department registers an organisation with a few files, some of which go all the way.
func (w worker) department(ctx context.Context) error {
	org, files, err := w.listed(ctx)
	if err != nil || w.random.IntN(3) > 0 {
		return err // paper that stays due
	}
	return w.transfer(ctx, org, files)
}

// listed registers an organisation whose files stand in an approved inventory; it gives its id and how many
// files. Acts that were not answered are repeated long after a return, so nothing that they use is a result.
func (w worker) listed(ctx context.Context) (string, int, error) {
	org := "o" + newID()[24:] + fmt.Sprintf("%04x", w.random.IntN(1<<16))
	if _, err := w.act(ctx, "register "+org, func(ctx context.Context, a *Archive, id string) (proto.Message, error) {
		c, err := a.Retention()
		if err != nil {
			return nil, err
		}
		return c.RegisterOrganisation(ctx, &retentionv1.RegisterOrganisationRequest{CommandId: id, Organisation: &recordv1.Organisation{
			Id: org, Level: "district", Name: &recordv1.Text{Kk: "Мекеме " + org, Ru: "Учреждение " + org},
		}})
	}); err != nil {
		return "", 0, err
	}
	if _, err := w.act(ctx, "line of "+org, func(ctx context.Context, a *Archive, id string) (proto.Message, error) {
		c, err := a.Retention()
		if err != nil {
			return nil, err
		}
		return c.AddNomenclatureEntry(ctx, &retentionv1.AddNomenclatureEntryRequest{CommandId: id, Entry: &retentionv1.NomenclatureEntry{
			OrganisationId: org, Year: 2010, Index: "01-01", Title: &recordv1.Text{Kk: "Бұйрықтар", Ru: "Приказы"}, Term: "Постоянно", Article: "19",
		}})
	}); err != nil {
		return "", 0, err
	}
	var files []string
	for range 2 + w.random.IntN(5) {
		id, err := w.file(ctx, org)
		if err != nil {
			return "", 0, err
		}
		files = append(files, id)
	}
	if _, err := w.act(ctx, "inventory of "+org, func(ctx context.Context, a *Archive, id string) (proto.Message, error) {
		c, err := a.Retention()
		if err != nil {
			return nil, err
		}
		return c.ApproveInventory(ctx, &retentionv1.ApproveInventoryRequest{
			CommandId: id, OrganisationId: org, Number: "1", Title: &recordv1.Text{Ru: "Опись за 2010 год"}, Kind: "permanent", FileIds: files,
			Approval: &recordv1.Protocol{Commission: "ЭПК", Number: "1", Date: "2012-03-01"},
		})
	}); err != nil {
		return "", 0, err
	}
	return org, len(files), nil
}

func (w worker) file(ctx context.Context, org string) (string, error) {
	opened, err := w.act(ctx, "open a file of "+org, func(ctx context.Context, a *Archive, id string) (proto.Message, error) {
		c, err := a.Retention()
		if err != nil {
			return nil, err
		}
		return c.OpenFile(ctx, &retentionv1.OpenFileRequest{
			CommandId: id, OrganisationId: org, Year: 2010, Index: "01-01", OpenedOn: "2010-01-11",
			Title: &recordv1.Text{Kk: "Негізгі қызмет бойынша бұйрықтар", Ru: "Приказы по основной деятельности"},
		})
	})
	if err != nil {
		return "", err
	}
	res, ok := opened.(*retentionv1.OpenFileResponse)
	if !ok {
		return "", fmt.Errorf("opening a file was answered with %T", opened)
	}
	file := res.GetFile().GetFile().GetId()
	_, err = w.act(ctx, "close "+file, func(ctx context.Context, a *Archive, id string) (proto.Message, error) {
		c, err := a.Retention()
		if err != nil {
			return nil, err
		}
		return c.CloseFile(ctx, &retentionv1.CloseFileRequest{CommandId: id, FileId: file, ClosedOn: "2010-12-20", Leaves: 40})
	})
	return file, err
}

// transfer waits until the inventory has fallen due, uploads its bag and accepts it.
func (w worker) transfer(ctx context.Context, org string, files int) error {
	transfer, err := w.due(ctx, org)
	if err != nil {
		return err
	}
	bag := filepath.Join(w.m.bags, org)
	if err := makeBag(ctx, bag, files); err != nil {
		return err
	}
	if _, err := w.act(ctx, "upload "+transfer, func(ctx context.Context, a *Archive, id string) (proto.Message, error) {
		c, err := a.Intake()
		if err != nil {
			return nil, err
		}
		return client.Upload(ctx, c, &intakev1.UploadBegin{CommandId: id, TransferId: transfer}, bag)
	}); err != nil {
		return err
	}
	_, err = w.act(ctx, "accept "+transfer, func(ctx context.Context, a *Archive, id string) (proto.Message, error) {
		c, err := a.Intake()
		if err != nil {
			return nil, err
		}
		return c.AcceptTransfer(ctx, &intakev1.AcceptTransferRequest{CommandId: id, TransferId: transfer})
	})
	return err
}

// due waits until the archive expects the organisation's transfer.
func (w worker) due(ctx context.Context, org string) (string, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := w.a.Retention()
		if err != nil {
			return "", err
		}
		res, err := r.ListDue(ctx, &retentionv1.ListDueRequest{OrganisationId: org})
		if err != nil {
			return "", err
		}
		if len(res.GetTransfers()) > 0 && res.GetTransfers()[0].GetTransferId() != "" {
			id := res.GetTransfers()[0].GetTransferId()
			i, err := w.a.Intake()
			if err != nil {
				return "", err
			}
			if _, err := i.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: id}); err == nil {
				return id, nil
			} else if fault.KindOf(err) != fault.NotFound {
				return "", err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func makeBag(ctx context.Context, bag string, files int) error {
	payload := bag + "-payload"
	defer func() { _ = os.RemoveAll(payload) }()
	for i := range files {
		dir := filepath.Join(payload, fmt.Sprintf("%04d", i+1))
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "text.txt"), fmt.Appendf(nil, "%s %d\n", bag, i), 0o600); err != nil {
			return err
		}
	}
	_, err := bagit.Create(ctx, bag, os.DirFS(payload), nil, bagit.Options{})
	return err
}
