package store_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/journal"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// furnished is a store with an organisation and a line of its nomenclature. spoil is called
// with the event of the organisation "spoil", and may write what no decision would.
func furnished(t testing.TB, unsynced bool, spoil func(tx *platform.Tx)) (*platform.Store, *store.Rules) {
	t.Helper()
	set, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	today := civil.Date{Year: 2026, Month: 11, Day: 22}
	s, err := platform.Open(platform.Config{
		Dir: t.TempDir(), Archive: "kz-test", Service: store.Name, Reserve: 1, Unsynced: unsynced, Now: today.Start, Schema: store.Schema(), Check: store.Check,
		Apply: func(tx *platform.Tx, r *journal.Record) error {
			if r.Object().ID == "spoil" {
				spoil(tx)
				return nil
			}
			return store.Apply(tx, r)
		},
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
	decisions := &store.Rules{Set: set, Grounds: []string{"personal"}}
	do(t, s, decisions.RegisterOrganisation(&recordv1.Organisation{Id: "a", Name: &recordv1.Text{Kk: "Ұйым"}, Level: "district"}))
	do(t, s, decisions.AddNomenclatureEntry(&retentionv1.NomenclatureEntry{
		OrganisationId: "a", Year: 2014, Index: "01-01", Title: &recordv1.Text{Ru: "Приказы"}, Term: "постоянно",
	}, everyone))
	return s, decisions
}

func do(t testing.TB, s *platform.Store, d platform.Decide) {
	t.Helper()
	if _, err := s.Do(t.Context(), platform.Command{ID: uuid.Must(uuid.NewV7()), Name: "/test", Actor: "person:test", Decide: d}); err != nil {
		t.Fatal(err)
	}
}

func opening() *retentionv1.OpenFileRequest {
	return &retentionv1.OpenFileRequest{OrganisationId: "a", Year: 2014, Index: "01-01", OpenedOn: "2014-01-09"}
}

// TestCheckFindsWhatIsWrong spoils one row at a time.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	number := func(prefix string, n uint32) []byte { return binary.BigEndian.AppendUint32([]byte(prefix), n) }
	entry := "a\x00" + string(binary.BigEndian.AppendUint16(nil, 2014)) + "01-01"
	year := string(binary.BigEndian.AppendUint16(nil, 2026))
	due := civil.Date{Year: 2020, Month: 1, Day: 1}.Start()
	for name, c := range map[string]struct {
		spoil func(tx *platform.Tx)
		want  string
	}{
		"counter":           {func(tx *platform.Tx) { tx.Put("counters", []byte(entry), number("", 7)) }, "the last file is 2"},
		"file lost":         {func(tx *platform.Tx) { tx.Delete("files", []byte{0, 0, 0, 0, 0, 0, 0, 1}) }, "it follows number 0"},
		"row lost":          {func(tx *platform.Tx) { tx.Delete("rows", number("a/1\x00", 1)) }, "it has 1 rows and says 2"},
		"row twice":         {func(tx *platform.Tx) { tx.Put("rows", number("a/1\x00", 3), []byte("1")) }, "says No. 1 of a/1"},
		"row of nobody":     {func(tx *platform.Tx) { tx.Put("rows", number("a/9\x00", 1), []byte("1")) }, "the inventories have"},
		"entry lost":        {func(tx *platform.Tx) { tx.Delete("entries", []byte(entry)) }, "line of the nomenclature"},
		"transfer from air": {func(tx *platform.Tx) { tx.Put("transfers", number(year, 2), []byte("a/1")) }, "it follows number 0"},
		"timer lost":        {func(tx *platform.Tx) { tx.ClearTimer(due, store.TimerDue, "a/1") }, "without a timer"},
		"timer from air":    {func(tx *platform.Tx) { tx.SetTimer(due, store.TimerDue, "a/2") }, "2 timers, 1 inventories wait"},
		"duty lost":         {func(tx *platform.Tx) { tx.Delete("due", []byte("a\x002020-01-01\x00a/1")) }, "list of duties"},
		"inventory broken":  {func(tx *platform.Tx) { tx.Put("inventories", []byte("a/1"), []byte{0xff}) }, "inventories, key"},
		"nothing":           {func(*platform.Tx) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := furnished(t, true, c.spoil)
			for _, file := range []string{"1", "2"} {
				do(t, s, r.OpenFile(opening(), everyone))
				do(t, s, r.CloseFile(&retentionv1.CloseFileRequest{FileId: file, ClosedOn: "2014-12-30", Leaves: 1}, everyone))
			}
			do(t, s, r.ApproveInventory(&retentionv1.ApproveInventoryRequest{
				OrganisationId: "a", Number: "1", Title: &recordv1.Text{Kk: "Істер"}, Kind: "permanent",
				FileIds: []string{"1", "2"}, Approval: &recordv1.Protocol{Commission: "ЭПК", Number: "1", Date: "2016-01-11"},
			}, everyone))
			do(t, s, func(*platform.View, time.Time) ([]platform.Event, error) {
				return []platform.Event{{Refs: []journal.Ref{{Type: "x", ID: "spoil"}}, Body: &journalv1.TimerFired{}}}, nil
			})
			var found []string
			if err := s.View(func(v *platform.View) error {
				for _, p := range store.Check(v) {
					found = append(found, p.Where+": "+p.What)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(found, "\n"); !strings.Contains(all, c.want) || (c.want == "") != (all == "") {
				t.Errorf("found %q, want %q", all, c.want)
			}
		})
	}
}

// A reader cleared for little passes over many files in several short transactions.
func TestManyHiddenFilesArePassedOver(t *testing.T) {
	s, r := furnished(t, true, nil)
	hidden := opening()
	hidden.Label = &journalv1.Label{Level: 2}
	for range 5003 {
		do(t, s, r.OpenFile(hidden, everyone))
	}
	do(t, s, r.OpenFile(opening(), everyone))
	for _, state := range []string{"", store.StateOpen} {
		var got []string
		after, pages := "", 0
		for {
			var page store.Page
			if err := s.View(func(v *platform.View) (err error) {
				page, err = store.Files(v, "a", state, after, 10, reader{})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			pages++
			for _, f := range page.Files {
				got = append(got, f.GetFile().GetId())
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if pages != 2 || fmt.Sprint(got) != "[5004]" {
			t.Errorf("state %q: %v in %d pages", state, got, pages)
		}
	}
}

// What a list answers stays below what a message holds, however long the titles are.
func TestLongTitlesEndAPageEarly(t *testing.T) {
	s, r := furnished(t, true, nil)
	long := opening()
	long.Title = &recordv1.Text{Kk: strings.Repeat("қ", 1000), Ru: strings.Repeat("ы", 1000), En: strings.Repeat("₸", 1000)}
	for range 400 {
		do(t, s, r.OpenFile(long, everyone))
	}
	for _, state := range []string{"", store.StateOpen} {
		seen, after := 0, ""
		for more := true; more; {
			if err := s.View(func(v *platform.View) error {
				page, err := store.Files(v, "a", state, after, store.MaxPage, everyone)
				size := 0
				for _, f := range page.Files {
					size += proto.Size(f.DepartmentFile)
					after = f.GetFile().GetId()
				}
				if size > store.MaxPageBytes || page.More && len(page.Files) == 0 {
					t.Errorf("a page of %d files, %d bytes", len(page.Files), size)
				}
				seen, more = seen+len(page.Files), page.More
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if seen != 400 {
			t.Errorf("state %q: %d files", state, seen)
		}
	}
}

// A year's nomenclature is listed whole, so that it is bounded.
func TestANomenclatureIsBounded(t *testing.T) {
	s, r := furnished(t, true, nil)
	add := func(i int) platform.Decide {
		return r.AddNomenclatureEntry(&retentionv1.NomenclatureEntry{
			OrganisationId: "a", Year: 2014, Index: fmt.Sprintf("%d-%d", 100+i/900, 100+i%900), Title: &recordv1.Text{Ru: "Статья"}, Term: "ДМН",
		}, everyone)
	}
	for i := range store.MaxEntries - 1 {
		do(t, s, add(i))
	}
	_, err := s.Do(t.Context(), platform.Command{ID: uuid.Must(uuid.NewV7()), Name: "/test", Actor: "person:test", Decide: add(store.MaxEntries)})
	if !errors.Is(err, nomenclature.TooManyEntries) {
		t.Errorf("got %v", err)
	}
	problems, err := s.Verify(t.TempDir())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

// BenchmarkOpenFile is the whole command at the store: rules, event, tree, indexes, one
// fdatasync for all callers of a group.
func BenchmarkOpenFile(b *testing.B) {
	s, r := furnished(b, false, nil)
	b.SetParallelism(128) // of 2 processors: 256 callers
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Do(b.Context(), platform.Command{
				ID: uuid.Must(uuid.NewV7()), Name: "/test", Actor: "person:test", Decide: r.OpenFile(opening(), everyone),
			}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}
