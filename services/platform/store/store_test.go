package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// The service under test keeps organisations and refuses to register one twice: enough state
// for every property of the store, and a rule that refuses.

var taken = fault.Define(fault.Conflict, "test.taken", "{id} is taken", "{id} занят", "{id} бос емес")

func register(id string) store.Decide {
	return func(v *store.View, _ time.Time) ([]store.Event, error) {
		if v.Get("organisations", []byte(id)) != nil {
			return nil, taken.With("id", id)
		}
		return []store.Event{{
			Refs: []journal.Ref{{Type: "organisation", ID: id}},
			Body: &retentionv1.OrganisationRegistered{Organisation: &recordv1.Organisation{Id: id, Level: "regional"}},
		}}, nil
	}
}

func apply(tx *store.Tx, r *journal.Record) error {
	if !r.Is((*retentionv1.OrganisationRegistered)(nil)) {
		return nil
	}
	var b retentionv1.OrganisationRegistered
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return err
	}
	if b.GetOrganisation().GetId() == "poison" {
		return errors.New("a defect")
	}
	tx.Put("organisations", []byte(b.GetOrganisation().GetId()), r.Entry.GetBody())
	return nil
}

func config(dir string) store.Config {
	return store.Config{
		Dir: dir, Archive: "kz-test", Service: "toy", Reserve: 1,
		Schema: store.Schema{Version: 1, Buckets: []store.Bucket{{Name: "organisations"}}},
		Apply:  apply,
	}
}

func open(t testing.TB, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Admit()
	return s
}

func command(d store.Decide) store.Command {
	return store.Command{ID: uuid.Must(uuid.NewV7()), Name: "/test.v1.Toy/Register", Actor: "person:test", Decide: d}
}

func whole(t testing.TB, s *store.Store) {
	t.Helper()
	problems, err := s.Verify(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s: %s", p.Service, p.Where, p.What)
	}
}

func TestACommandIsDecidedAppliedAndAnsweredOnce(t *testing.T) {
	s := open(t, config(t.TempDir()))
	c := command(register("akimat"))
	first, err := s.Do(t.Context(), c)
	if err != nil || len(first) != 1 || first[0].Seq() != 1 {
		t.Fatalf("got %v, %v", first, err)
	}
	again, err := s.Do(t.Context(), c)
	if err != nil || len(again) != 1 || !proto.Equal(again[0].Entry, first[0].Entry) {
		t.Errorf("a retry must give the same events: %v, %v", again, err)
	}
	if _, err := s.Do(t.Context(), command(register("akimat"))); !errors.Is(err, taken) {
		t.Errorf("a second registration must be refused, got %v", err)
	}
	c.Name = "/test.v1.Toy/Other"
	if _, err := s.Do(t.Context(), c); !errors.Is(err, store.IDReused) {
		t.Errorf("the id of another command must be refused, got %v", err)
	}
	if h := s.Head(); h.Seq != 1 {
		t.Errorf("refusals left something behind: the journal ends with %d", h.Seq)
	}
	whole(t, s)
}

func TestAPanicOrADefectHarmsOnlyItsOwnCommand(t *testing.T) {
	s := open(t, config(t.TempDir()))
	var wg sync.WaitGroup
	errs := make([]error, 60)
	for i := range errs {
		wg.Go(func() {
			decide := register(fmt.Sprintf("o%02d", i))
			switch i % 10 {
			case 3:
				decide = func(*store.View, time.Time) ([]store.Event, error) { panic("a defect in a rule") }
			case 7:
				decide = register("poison")
			}
			_, errs[i] = s.Do(t.Context(), command(decide))
		})
	}
	wg.Wait()
	for i, err := range errs {
		if bad := i%10 == 3 || i%10 == 7; bad != (err != nil) || (bad && fault.KindOf(err) != fault.Internal) {
			t.Errorf("command %d: %v", i, err)
		}
	}
	if h := s.Head(); h.Seq != 48 {
		t.Errorf("the journal ends with %d, want 48", h.Seq)
	}
	whole(t, s)
}

// TestAFoldedJournalEqualsTheLiveStoreAndAPlainMap runs random commands from many callers,
// a fifth of them refused, beside a plain map.
func TestAFoldedJournalEqualsTheLiveStoreAndAPlainMap(t *testing.T) {
	commands := 100_000
	if testing.Short() {
		commands = 5_000
	}
	s := open(t, config(t.TempDir()))
	const callers = 64
	var mu sync.Mutex
	model := make(map[string]bool)
	var refused int
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			for range commands / callers {
				id := fmt.Sprintf("o%d", random.IntN(commands*2))
				_, err := s.Do(context.Background(), command(register(id)))
				mu.Lock()
				switch {
				case err == nil && model[id]:
					t.Errorf("%s was registered twice", id)
				case err == nil:
					model[id] = true
				case errors.Is(err, taken):
					refused++
				default:
					t.Errorf("%s: %v", id, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	count := 0
	if err := s.View(func(v *store.View) error {
		for k := range v.Scan("organisations", nil, nil) {
			if count++; !model[string(k)] {
				t.Errorf("%s is in the store and was never acknowledged", k)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if count != len(model) || s.Head().Seq != uint64(count) || refused == 0 {
		t.Errorf("%d in the store, %d acknowledged, %d events, %d refused", count, len(model), s.Head().Seq, refused)
	}
	whole(t, s)
}
