package find_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/find"
	"github.com/qoyma/qoyma/services/catalogue/internal/index"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
)

// TestSetsAndSingleRowsAreDecidedAsTheMonitorDecides goes through all labels and clearances of
// four grounds, one of which nobody knows.
func TestSetsAndSingleRowsAreDecidedAsTheMonitorDecides(t *testing.T) {
	known := []string{"personal", "medical", "bank"}
	labels, err := find.NewLabels(known)
	if err != nil {
		t.Fatal(err)
	}
	all := append(known[:3:3], "alien")
	pick := func(bits int) (names []string) {
		for i, name := range all {
			if bits>>i&1 == 1 {
				names = append(names, name)
			}
		}
		return names
	}
	for label := range 16 {
		for clearance := range 16 {
			for _, levels := range [][2]uint32{{0, 0}, {1, 0}, {2, 3}, {255, 255}, {1 << 20, 1 << 31}} {
				l := monitor.Label{Level: levels[0], Grounds: pick(label)}
				c := monitor.Scope{Level: levels[1], Grounds: pick(clearance)}
				want := c.Allows(l) && label&8 == 0 && l.Level < 255 // what does not fit the index is closed
				got := labels.Reads(labels.Scope(c), &journalv1.Label{Level: l.Level, Grounds: l.Grounds})
				if got != want {
					t.Errorf("label %v, clearance %v: %t, want %t", l, c, got, want)
				}
			}
		}
	}
	if _, err := find.NewLabels(make([]string, 32)); err == nil {
		t.Error("32 grounds were taken")
	}
	many := make([]string, 31)
	for i := range many {
		many[i] = fmt.Sprint("g", i)
	}
	if labels, err = find.NewLabels(many); err != nil {
		t.Fatal(err)
	}
	if !labels.Reads(labels.Scope(monitor.Scope{Grounds: many}), &journalv1.Label{Grounds: many}) ||
		labels.Reads(labels.Scope(monitor.Scope{Grounds: many}), &journalv1.Label{Grounds: []string{"alien"}}) {
		t.Error("the 31st ground and the unknown one are mixed up")
	}
}

// TestUntilItIsFilledTheSearchSaysSo asks a finder that nobody runs.
func TestUntilItIsFilledTheSearchSaysSo(t *testing.T) {
	s := open(t)
	catalogue(t, s, 1, 3)
	labels, err := find.NewLabels(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := find.New(s, labels)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, behind, err := f.Search(ctx, index.Query{}); !errors.Is(err, find.Filling) || behind != s.Head().Seq {
		t.Errorf("it answers, %d behind: %v", behind, err)
	}
}

// TestFilesAreFoundAsSoonAsTheyAreCommitted commits while the finder runs and measures nothing:
// it waits for the finder's own word that it is no more behind.
func TestFilesAreFoundAsSoonAsTheyAreCommitted(t *testing.T) {
	s := open(t)
	catalogue(t, s, 1, 2500) // more than two pages
	f := running(t, s)
	for n := 2; n < 12; n++ {
		catalogue(t, s, n, 130) // more than a batch
		res := found(t, s, f)
		if want := 2500 + (n-1)*130; res.Total != want+2*n {
			t.Fatalf("after %d inventories %d documents are found, want %d", n, res.Total, want+2*n)
		}
	}
}

// TestNothingIsMissedThatIsCommittedWhileTheIndexIsFilled commits beside the filling.
func TestNothingIsMissedThatIsCommittedWhileTheIndexIsFilled(t *testing.T) {
	s := open(t)
	for n := range 5 {
		catalogue(t, s, 2*n+1, 1500) // room between: later fonds sort before some of these
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 5 {
			catalogue(t, s, 2*n+2, 200)
		}
	}()
	f := running(t, s)
	<-done
	if res := found(t, s, f); res.Total != 5*1502+5*202 {
		t.Errorf("%d documents are found, want %d", res.Total, 5*1502+5*202)
	}
}

func open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(store.Config{
		Dir: t.TempDir(), Archive: "kz-test", Service: "catalogue", Schema: cataloguestore.Schema, Apply: cataloguestore.Apply, Reserve: 1, Unsynced: true,
	})
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

func running(t testing.TB, s *store.Store) *find.Finder {
	t.Helper()
	labels, err := find.NewLabels(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := find.New(s, labels)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	return f
}

// found searches everything as soon as the finder is no more behind.
func found(t testing.TB, s *store.Store, f *find.Finder) index.Result {
	t.Helper()
	tick := time.NewTicker(100 * time.Microsecond)
	defer tick.Stop()
	for {
		_, committed, err := s.Read(1, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		res, behind, err := f.Search(t.Context(), index.Query{Limit: 1})
		if errors.Is(err, find.Filling) {
			continue // a slow machine
		}
		if err != nil {
			t.Fatal(err)
		}
		if behind == 0 && s.Head().Seq == committed.Seq {
			return res
		}
		<-tick.C
	}
}

// catalogue opens fonds n with an inventory and files, 500 to an event.
func catalogue(t testing.TB, s *store.Store, n, files int) {
	t.Helper()
	fonds := fmt.Sprint(n)
	events := []proto.Message{
		&cataloguev1.FondsOpened{Fonds: fonds, OrganisationId: "o" + fonds, Name: &recordv1.Text{Ru: "Акимат"}},
		&cataloguev1.InventoryOpened{Fonds: fonds, Inventory: "1", Title: &recordv1.Text{Ru: "Дела"}},
		&cataloguev1.AccessionPlaced{AccessionNumber: fonds, Fonds: fonds, Inventory: "1", Listed: uint32(files), Accepted: uint32(files)},
	}
	chunk := &cataloguev1.FilesCatalogued{Fonds: fonds, Inventory: "1", AccessionNumber: fonds}
	for i := range files {
		chunk.Files = append(chunk.Files, &cataloguev1.CataloguedFile{Number: fmt.Sprint(i + 1), File: &recordv1.File{
			Id: fmt.Sprint(n, "-", i), DateFrom: fmt.Sprint(1950+i%70, "-01-01"), DateTo: fmt.Sprint(1951+i%70, "-12-31"), Title: &recordv1.Text{
				Ru: fmt.Sprintf("Переписка с отделом %d о строительстве школ", i%997), Kk: fmt.Sprintf("%d бөлімімен мектеп салу туралы хат алмасу", i%997),
			},
		}})
		if len(chunk.GetFiles()) == 500 || i == files-1 {
			events = append(events, chunk)
			chunk = &cataloguev1.FilesCatalogued{Fonds: fonds, Inventory: "1", AccessionNumber: fonds}
		}
	}
	for _, m := range events {
		if _, err := s.Do(t.Context(), store.Command{ID: uuid.Must(uuid.NewV7()), Name: "/test/Write", Actor: "service:test", Decide: func(*store.View, time.Time) ([]store.Event, error) {
			return []store.Event{{Refs: []journal.Ref{{Type: "fonds", ID: fonds}}, Body: m}}, nil
		}}); err != nil {
			t.Error(err)
			return
		}
	}
}

// BenchmarkFill fills the index from a store of 50 000 files, as at a start.
func BenchmarkFill(b *testing.B) {
	s := open(b)
	for n := range 10 {
		catalogue(b, s, n+1, 5000)
	}
	for b.Loop() {
		labels, err := find.NewLabels(nil)
		if err != nil {
			b.Fatal(err)
		}
		f := find.New(s, labels)
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- f.Run(ctx) }()
		if res := found(b, s, f); res.Total != 50_020 {
			b.Fatalf("%d documents", res.Total)
		}
		cancel()
		<-done
	}
	b.ReportMetric(50_020*float64(b.N)/b.Elapsed().Seconds(), "documents/s")
}

// BenchmarkCommittedToFound commits an event of one file beside 10 000 others and asks until
// the answer knows it.
func BenchmarkCommittedToFound(b *testing.B) {
	s := open(b)
	catalogue(b, s, 1, 10_000)
	f := running(b, s)
	found(b, s, f)
	var waited time.Duration
	n := 10_000
	for b.Loop() {
		n++
		m := &cataloguev1.FilesCatalogued{Fonds: "1", Inventory: "1", AccessionNumber: "1", Files: []*cataloguev1.CataloguedFile{
			{Number: fmt.Sprint(n), File: &recordv1.File{Title: &recordv1.Text{Ru: fmt.Sprintf("Дело %d", n)}}},
		}}
		if _, err := s.Do(b.Context(), store.Command{ID: uuid.Must(uuid.NewV7()), Name: "/test/Write", Actor: "service:test", Decide: func(*store.View, time.Time) ([]store.Event, error) {
			return []store.Event{{Refs: []journal.Ref{{Type: "fonds", ID: "1"}}, Body: m}}, nil
		}}); err != nil {
			b.Fatal(err)
		}
		answered := time.Now()
		for behind := uint64(1); behind > 0; {
			var err error
			if _, behind, err = f.Search(b.Context(), index.Query{Words: fmt.Sprintf("1/1/%d", n), Limit: 1}); err != nil {
				b.Fatal(err)
			}
		}
		waited += time.Since(answered)
	}
	b.ReportMetric(float64(waited.Microseconds())/float64(b.N), "µs-to-found")
}
