package store_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/monitor"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// model is the service as plain maps: what it ought to say.
type model struct {
	organisations map[string]bool
	entries       map[string]bool // organisation/year/index
	opened        map[string]int  // of an entry
	files         map[string]*file
	inventories   map[string]*inventory
	transfers     int
	accessions    int
}

type file struct {
	organisation string
	volume       int // of its line
	state        string
	permanent    bool
	personal     bool
	inventory    string
}

type inventory struct {
	files    []string
	state    string
	transfer string
}

type world struct {
	*model
	t     *rapid.T
	store *platform.Store
	rules *store.Rules
}

var everyone = reader{monitor.Scope{Level: 3, Grounds: []string{"personal"}}}

// reader has the files of all organisations.
type reader struct{ monitor.Scope }

func (reader) Has(string) bool { return true }

// TestModel runs random commands, good and bad, beside the model; then every file, list and
// duty must be as the model has it, and the journal folded into an empty store must give the
// same store.
func TestModel(t *testing.T) {
	set, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	today, err := civil.Parse("2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		s, err := platform.Open(platform.Config{
			Dir: t.TempDir(), Archive: "kz-test", Service: store.Name, Reserve: 1, Unsynced: true, Now: today.Start,
			Schema: store.Schema(), Apply: store.Apply, Check: store.Check,
		})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				rt.Error(err)
			}
		}()
		s.Admit()
		w := &world{t: rt, store: s, rules: &store.Rules{Set: set, Grounds: []string{"personal"}}, model: &model{
			organisations: map[string]bool{}, entries: map[string]bool{}, opened: map[string]int{}, files: map[string]*file{}, inventories: map[string]*inventory{},
		}}
		w.register("a")
		w.add("a", "01-01")
		rt.Repeat(map[string]func(*rapid.T){
			"register": func(*rapid.T) { w.register(w.organisation()) },
			"add":      func(*rapid.T) { w.add(w.organisation(), w.index()) },
			"open":     func(*rapid.T) { w.open(w.organisation(), w.index()) },
			"open2":    func(*rapid.T) { w.open("a", "01-01") },
			"close":    func(*rapid.T) { w.close() },
			"close2":   func(*rapid.T) { w.close() },
			"approve":  func(*rapid.T) { w.approve() },
			"due":      func(*rapid.T) { w.fire() },
			"fulfil":   func(*rapid.T) { w.fulfil() },
			"early":    func(*rapid.T) { w.early() },
			"":         func(*rapid.T) {},
		})
		w.same(t)
	})
}

func (w *world) organisation() string {
	return rapid.SampledFrom([]string{"a", "a-1", "b"}).Draw(w.t, "organisation")
}

func (w *world) index() string {
	return rapid.SampledFrom([]string{"01-01", "01-02", "01-011"}).Draw(w.t, "index")
}

func (w *world) some() string {
	ids := w.ids(func(*file) bool { return true })
	return rapid.SampledFrom(append(ids, "0", "900000")).Draw(w.t, "file")
}

func (w *world) ids(which func(*file) bool) (ids []string) {
	for id, f := range w.files {
		if which(f) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// do carries out a command and tells whether it was accepted, which the model foresees.
func (w *world) do(what string, want bool, d platform.Decide) bool {
	w.t.Helper()
	_, err := w.store.Do(w.t.Context(), platform.Command{ID: uuid.Must(uuid.NewV7()), Name: "/test/" + what, Actor: "person:test", Decide: d})
	if (err == nil) != want {
		w.t.Fatalf("%s: got %v, the model says %t", what, err, want)
	}
	return want
}

func (w *world) register(id string) {
	if w.do("register "+id, !w.organisations[id], w.rules.RegisterOrganisation(&recordv1.Organisation{Id: id, Name: &recordv1.Text{Kk: "Ұйым"}, Level: "district"})) {
		w.organisations[id] = true
	}
}

// add enters lines; those of 01-02 are letters kept five years.
func (w *world) add(organisation, index string) {
	term, key := "permanent", organisation+"/2014/"+index
	if index == "01-02" {
		term = "5 years"
	}
	if w.do("add "+key, w.organisations[organisation] && !w.entries[key], w.rules.AddNomenclatureEntry(&retentionv1.NomenclatureEntry{
		OrganisationId: organisation, Year: 2014, Index: index, Title: &recordv1.Text{Ru: "Статья"}, Term: term,
	}, everyone)) {
		w.entries[key] = true
	}
}

func (w *world) open(organisation, index string) {
	key := organisation + "/2014/" + index
	q := &retentionv1.OpenFileRequest{OrganisationId: organisation, Year: 2014, Index: index, OpenedOn: "2014-01-09"}
	personal := rapid.Bool().Draw(w.t, "personal")
	if personal {
		q.Label, q.Title = &journalv1.Label{Level: 2, Grounds: []string{"personal"}}, &recordv1.Text{Ru: "Иванов"}
	}
	if w.do("open "+key, w.entries[key], w.rules.OpenFile(q, everyone)) {
		w.opened[key]++
		w.files[fmt.Sprint(len(w.files)+1)] = &file{organisation: organisation, volume: w.opened[key], state: store.StateOpen, permanent: index != "01-02", personal: personal}
	}
}

func (w *world) close() {
	id := w.some()
	f := w.files[id]
	cleared := rapid.Bool().Draw(w.t, "cleared")
	scope := reader{}
	if cleared {
		scope = everyone
	}
	want := f != nil && f.state == store.StateOpen && (cleared || !f.personal)
	if w.do("close "+id, want, w.rules.CloseFile(&retentionv1.CloseFileRequest{FileId: id, ClosedOn: "2014-12-30", Leaves: 9}, scope)) {
		f.state = store.StateClosed
	}
}

// approve takes closed files of one organisation, sometimes with one that does not belong.
func (w *world) approve() {
	organisation := w.organisation()
	ids := w.ids(func(f *file) bool { return f.state == store.StateClosed && f.permanent })
	ids = slices.DeleteFunc(ids, func(id string) bool { return w.files[id].organisation != organisation })
	ids = ids[:rapid.IntRange(0, len(ids)).Draw(w.t, "count")]
	want := len(ids) > 0
	if rapid.IntRange(0, 3).Draw(w.t, "stray") == 0 {
		stray := w.some()
		f := w.files[stray]
		want = f != nil && f.state == store.StateClosed && f.permanent && f.organisation == organisation && !slices.Contains(ids, stray)
		ids = append(ids, stray)
	}
	number := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(w.t, "number")
	id := organisation + "/" + number
	want = want && w.inventories[id] == nil && w.organisations[organisation]
	if !w.do("approve "+id, want, w.rules.ApproveInventory(&retentionv1.ApproveInventoryRequest{
		OrganisationId: organisation, Number: number, Title: &recordv1.Text{Kk: "Істер"}, Kind: "permanent", FileIds: ids,
		Approval: &recordv1.Protocol{Commission: "ЭПК", Number: "1", Date: "2016-01-11"},
	}, everyone)) {
		return
	}
	w.inventories[id] = &inventory{files: ids, state: store.DutyWaiting}
	for _, f := range ids {
		w.files[f].state, w.files[f].inventory = store.StateListed, id
	}
}

// fire lets the timers run, as the platform does, until nothing is due any more.
func (w *world) fire() {
	var waiting []string
	for id, inv := range w.inventories {
		if inv.state == store.DutyWaiting {
			waiting = append(waiting, id)
		}
	}
	if len(waiting) == 0 {
		return
	}
	w.timers()
	slices.Sort(waiting) // all are due on the same day, so that ids decide the order
	for _, id := range waiting {
		inv := w.inventories[id]
		w.transfers++
		inv.state, inv.transfer = store.DutyDue, fmt.Sprintf("2026-%d", w.transfers)
		for _, f := range inv.files {
			if w.files[f].state != store.StateTransferred { // it came before its term
				w.files[f].state = store.StateDue
			}
		}
	}
}

// timers lets the platform's timers run until none is left.
func (w *world) timers() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.store.RunTimers(ctx, w.rules.OnTimer) })
	defer running.Wait()
	defer cancel()
	patience := time.NewTimer(20 * time.Second)
	defer patience.Stop()
	for {
		_, changed := w.store.Wait()
		left := 0
		if err := w.store.View(func(v *platform.View) error {
			left = v.CountTimers(store.TimerDue)
			return nil
		}); err != nil {
			w.t.Fatal(err)
		}
		if left == 0 {
			return
		}
		select {
		case <-changed:
		case <-patience.C:
			w.t.Fatalf("%d timers did not fire", left)
		}
	}
}

// fulfil accepts a transfer, known or not, all its files or the first ones.
func (w *world) fulfil() {
	transfer := fmt.Sprintf("2026-%d", rapid.IntRange(1, w.transfers+1).Draw(w.t, "transfer"))
	accession := fmt.Sprintf("2026-%d", w.accessions+1)
	var inv *inventory
	for _, one := range w.inventories {
		if one.transfer == transfer && one.state == store.DutyDue {
			inv = one
		}
	}
	if !w.do("fulfil "+transfer, inv != nil, store.Fulfil(transfer, accession, 1)) {
		return
	}
	w.accessions++
	inv.state = store.DutyFulfilled
	taken := inv.files[:rapid.IntRange(0, len(inv.files)).Draw(w.t, "taken")]
	w.do("hand over "+accession, true, store.HandOver(accession, taken))
	for _, f := range taken {
		w.files[f].state = store.StateTransferred
	}
}

// early accepts an announced transfer of an organisation's files, sometimes with one that cannot come so.
func (w *world) early() {
	organisation := w.organisation()
	ids := w.ids(func(f *file) bool {
		return f.organisation == organisation && (f.state == store.StateClosed || f.state == store.StateListed || f.state == store.StateDue)
	})
	ids = ids[:rapid.IntRange(0, len(ids)).Draw(w.t, "count")]
	want := true
	if rapid.IntRange(0, 3).Draw(w.t, "stray") == 0 {
		stray := w.some()
		f := w.files[stray]
		want = f != nil && f.organisation == organisation && f.state != store.StateOpen
		ids = append(ids, stray)
	}
	accession := fmt.Sprintf("2026-%d", w.accessions+1)
	if !w.do("early "+accession, want, store.HandOverEarly(store.Early{Transfer: "A" + accession, Accession: accession, Organisation: organisation, Files: ids})) {
		return
	}
	w.accessions++
	for _, id := range ids {
		w.files[id].state = store.StateTransferred
		inv := w.inventories[w.files[id].inventory]
		if inv != nil && inv.state != store.DutyFulfilled && !slices.ContainsFunc(inv.files, func(f string) bool { return w.files[f].state != store.StateTransferred }) {
			inv.state = store.DutyFulfilled
		}
	}
}

// same compares the store with the model.
func (w *world) same(t *testing.T) {
	if err := w.store.View(func(v *platform.View) error {
		for _, state := range []string{"", store.StateOpen, store.StateClosed, store.StateListed, store.StateDue, store.StateTransferred} {
			for organisation := range w.organisations {
				want := w.ids(func(f *file) bool { return state == "" || f.state == state })
				want = slices.DeleteFunc(want, func(id string) bool { return w.files[id].organisation != organisation })
				page, err := store.Files(v, organisation, state, "", 1000, everyone)
				if err != nil {
					return err
				}
				var got []string
				for _, row := range page.Files {
					got = append(got, row.GetFile().GetId())
					if f := w.files[got[len(got)-1]]; f == nil || row.GetState() != f.state || int(row.GetVolume()) != f.volume || row.GetInventoryId() != f.inventory {
						w.t.Errorf("%v, the model has %v", row.DepartmentFile, f)
					}
				}
				sort.Strings(got)
				if !slices.Equal(got, want) {
					w.t.Errorf("files of %s in state %q: %v, want %v", organisation, state, got, want)
				}
			}
		}
		duties, err := store.Duties(v, "", "", 1000)
		if len(duties) != len(w.inventories) {
			w.t.Errorf("%d duties, want %d", len(duties), len(w.inventories))
		}
		for _, d := range duties {
			if inv := w.inventories[d.GetInventory().GetId()]; inv == nil || inv.state != d.GetState() || inv.transfer != d.GetTransferId() {
				w.t.Errorf("duty %v, the model has %v", d, inv)
			}
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	problems, err := w.store.Verify(t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range problems {
		w.t.Errorf("%s: %s", p.Where, p.What)
	}
}
