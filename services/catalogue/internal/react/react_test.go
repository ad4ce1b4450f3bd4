package react_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/react"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// failer is what testing.T and rapid.T share.
type failer interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// pair is intake's journal and the catalogue's store; what one writes the other is told of
// as a follower would.
type pair struct {
	t                 failer
	dir               string
	intake, catalogue *store.Store
	at                uint64
}

func newPair(t failer) *pair {
	dir, err := os.MkdirTemp("", "catalogue")
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, dir: dir}
	p.intake = p.open(store.Config{Service: "intake", Schema: store.Schema{Version: 1}, Apply: func(*store.Tx, *journal.Record) error { return nil }})
	p.catalogue = p.open(store.Config{Service: "catalogue", Schema: cataloguestore.Schema, Apply: cataloguestore.Apply, Check: cataloguestore.Check})
	return p
}

func (p *pair) open(cfg store.Config) *store.Store {
	cfg.Dir, cfg.Archive, cfg.Reserve, cfg.Unsynced = filepath.Join(p.dir, cfg.Service), "kz-test", 1, true
	s, err := store.Open(cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	s.Admit()
	return s
}

func (p *pair) close() {
	for _, s := range []*store.Store{p.intake, p.catalogue} {
		if err := s.Close(); err != nil {
			p.t.Errorf("close: %v", err)
		}
	}
	if err := os.RemoveAll(p.dir); err != nil {
		p.t.Errorf("clean up: %v", err)
	}
}

// says writes intake's events in one command and lets the catalogue react to each.
func (p *pair) says(events ...store.Event) {
	records, err := p.intake.Do(context.Background(), store.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "/test/Accept", Actor: "person:archivist",
		Decide: func(*store.View, time.Time) ([]store.Event, error) { return events, nil },
	})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range records {
		reaction := store.Reaction{Source: r}
		if handle := react.Handlers()[r.Header.GetBodyType()]; handle != nil {
			reaction.Decide, reaction.Err = handle(context.Background(), r)
		}
		if err := p.catalogue.React(context.Background(), "intake", p.at, []store.Reaction{reaction}, &journalv1.ReaderPosition{Epoch: 1, Seq: r.Seq()}); err != nil {
			p.t.Fatalf("event %d: %v", r.Seq(), err)
		}
		p.at = r.Seq()
	}
}

// whole wants every invariant to hold. The positions in this test carry no edge of the other
// tree, which is the follower's part and not looked at here.
func (p *pair) whole() {
	scratch, err := os.MkdirTemp(p.dir, "scratch")
	if err != nil {
		p.t.Fatal(err)
	}
	problems, err := p.catalogue.Verify(scratch)
	if err != nil {
		p.t.Fatal(err)
	}
	problems = slices.DeleteFunc(problems, func(x store.Problem) bool { return x.Where == "position in intake" })
	different, err := p.catalogue.Fold(filepath.Join(scratch, "again"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, x := range append(problems, different...) {
		p.t.Errorf("%s: %s", x.Where, x.What)
	}
}

// waiting are the reasons why events wait; behind counts those that wait for others.
func (p *pair) waiting() (reasons []string, behind int) {
	if err := p.catalogue.View(func(v *store.View) error {
		rows, err := v.Waiting(1000)
		for _, r := range rows {
			if r.GetBehind() {
				behind++
			} else {
				reasons = append(reasons, r.GetReason())
			}
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return reasons, behind
}

// codes are the codes of all catalogued files by the files' identifiers.
func (p *pair) codes() map[string]string {
	found := map[string]string{}
	if err := p.catalogue.View(func(v *store.View) error {
		return cataloguestore.EachFile(v, archcode.Code{}, archcode.Code{}, func(code archcode.Code, row *cataloguev1.FileRow) bool {
			found[row.GetFile().GetFile().GetId()] = code.String()
			return true
		})
	}); err != nil {
		p.t.Fatal(err)
	}
	return found
}

func header(number, organisation, inventory, kind, list string, listed, accepted int) store.Event {
	return store.Event{Refs: []journal.Ref{{Type: "accession", ID: number}}, Body: &intakev1.AccessionAccepted{
		AccessionNumber: number, TransferId: "t" + number, Organisation: &recordv1.Organisation{Id: organisation},
		Inventory: &recordv1.Inventory{Id: list, Number: inventory, Kind: kind, Files: uint32(listed)},
		Listed:    uint32(listed), Accepted: uint32(accepted), ObjectId: "o" + number,
	}}
}

func rows(number string, last bool, files ...*recordv1.File) store.Event {
	m := &intakev1.AccessionFilesAccepted{AccessionNumber: number, Last: last}
	for _, f := range files {
		m.Files = append(m.Files, &intakev1.AcceptedFile{File: f})
	}
	return store.Event{Refs: []journal.Ref{{Type: "accession", ID: number}}, Body: m}
}

func TestNumbersOfAnInventoryContinueFromYearToYear(t *testing.T) {
	p := newPair(t)
	defer p.close()
	p.says(header("2026-1", "akimat", "1", "permanent", "2010", 3, 2), rows("2026-1", false, &recordv1.File{Id: "a", Position: 1}), rows("2026-1", true, &recordv1.File{Id: "c", Position: 3}))
	p.says(header("2026-2", "weather", "1", "permanent", "w", 1, 1), rows("2026-2", true, &recordv1.File{Id: "w", Position: 1}))
	p.says(header("2026-3", "akimat", "1", "permanent", "2011", 2, 2), rows("2026-3", true, &recordv1.File{Id: "d", Position: 1}, &recordv1.File{Id: "e", Position: 2}))
	p.says(header("2026-4", "akimat", "1", "permanent", "2010", 3, 1), rows("2026-4", true, &recordv1.File{Id: "b", Position: 2})) // the rest of the first
	p.says(header("2026-5", "akimat", "2лс", "personnel", "p", 1, 1), rows("2026-5", true, &recordv1.File{Id: "p", Position: 1}))
	want := map[string]string{"a": "1/1/1", "b": "1/1/2", "c": "1/1/3", "d": "1/1/4", "e": "1/1/5", "w": "2/1/1", "p": "1/2лс/1"}
	if got := p.codes(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if reasons, behind := p.waiting(); len(reasons)+behind > 0 {
		t.Errorf("something waits: %v, %d behind", reasons, behind)
	}
	p.whole()
}

func TestWhatCannotBeCataloguedIsParkedWithItsReasonAndHoldsUpNobodyElse(t *testing.T) {
	p := newPair(t)
	defer p.close()
	p.says(header("2026-1", "akimat", "1", "permanent", "2010", 1, 1), rows("2026-1", true, &recordv1.File{Id: "a", Position: 1}))
	for _, c := range []struct {
		name   string
		events []store.Event
		reason string
		behind int
	}{
		{"another kind", []store.Event{header("2026-2", "akimat", "1", "personnel", "p", 1, 1), rows("2026-2", true, &recordv1.File{Id: "b"})}, "files of another kind (permanent, not personnel)", 1},
		{"no organisation", []store.Event{header("2026-3", "", "1", "permanent", "x", 1, 1), rows("2026-3", true)}, "names no organisation", 1},
		{"no number", []store.Event{header("2026-4", "akimat", "first", "permanent", "x", 1, 1)}, "“first” cannot be the number", 0},
		{"the same accession again", []store.Event{header("2026-1", "akimat", "1", "permanent", "2010", 1, 1)}, "2026-1 was catalogued before", 0},
		{"a file that is there already", []store.Event{header("2026-5", "akimat", "1", "permanent", "2012", 1, 1), rows("2026-5", true, &recordv1.File{Id: "a"})}, "catalogued already as Ф. 1. Оп. 1. Д. 1", 0},
		{"a file twice in one event", []store.Event{header("2026-6", "akimat", "1", "permanent", "2013", 2, 2), rows("2026-6", true, &recordv1.File{Id: "z"}, &recordv1.File{Id: "z"})}, "file z", 0},
		{"rows without a header", []store.Event{rows("2026-7", true, &recordv1.File{Id: "q"})}, "the acceptance itself has not been catalogued", 0},
		{"no body", []store.Event{{Refs: []journal.Ref{{Type: "accession", ID: "2026-8"}}, Body: &intakev1.AccessionAccepted{}}}, "names no organisation", 0},
	} {
		before, behindBefore := p.waiting()
		p.says(c.events...)
		reasons, behind := p.waiting()
		added := slices.DeleteFunc(slices.Clone(reasons), func(r string) bool { return slices.Contains(before, r) })
		if len(reasons) != len(before)+1 || behind-behindBefore != c.behind || !strings.Contains(strings.Join(added, ""), c.reason) {
			t.Errorf("%s: waiting %q (+%d behind), want %q (+%d)", c.name, added, behind-behindBefore, c.reason, c.behind)
		}
	}
	p.says(header("2026-9", "weather", "1", "permanent", "w", 1, 1), rows("2026-9", true, &recordv1.File{Id: "w", Position: 1}))
	if got := p.codes(); got["w"] != "2/1/1" || len(got) != 2 {
		t.Errorf("others were held up: %v", got)
	}
	p.whole()
}

func TestAnEventIsLabelledAsItsRowsAreAndFitsIntoTheJournal(t *testing.T) {
	p := newPair(t)
	defer p.close()
	personal := &journalv1.Label{Level: 2, Grounds: []string{"personal"}}
	long := strings.Repeat("құжат ", 200)
	var files []*recordv1.File
	for i := range 100 {
		f := &recordv1.File{Id: fmt.Sprint(i), Position: uint32(i + 1), Title: &recordv1.Text{Kk: long}}
		if i%3 == 0 {
			f.Label = personal
		}
		files = append(files, f)
	}
	p.says(header("2026-1", "akimat", "1", "permanent", "x", 100, 100), rows("2026-1", true, files...))
	seen := 0
	entries, _, err := p.catalogue.Read(1, 1000, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		m := new(cataloguev1.FilesCatalogued)
		if !r.Is(m) {
			continue
		}
		if err := proto.Unmarshal(e.GetBody(), m); err != nil {
			t.Fatal(err)
		}
		for _, f := range m.GetFiles() {
			seen++
			if l := f.GetFile().GetLabel(); l.GetLevel() != r.Header.GetLabel().GetLevel() || !slices.Equal(l.GetGrounds(), r.Header.GetLabel().GetGrounds()) {
				t.Errorf("file %s labelled %v in an event labelled %v", f.GetNumber(), l, r.Header.GetLabel())
			}
			if want := fmt.Sprint(f.GetFile().GetPosition()); f.GetNumber() != want {
				t.Errorf("the file at position %s got number %s", want, f.GetNumber())
			}
		}
		if len(e.GetBody()) > journal.MaxBody {
			t.Errorf("an event of %d bytes", len(e.GetBody()))
		}
	}
	if reasons, _ := p.waiting(); seen != 100 || len(reasons) > 0 {
		t.Errorf("%d files are catalogued; waiting: %v", seen, reasons)
	}
	p.whole()
}

// TestAnyOrderOfAcceptancesLeavesAWholeCatalogue runs random acceptances, careless ones among
// them, beside a plain model of which files must be there.
func TestAnyOrderOfAcceptancesLeavesAWholeCatalogue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair(t)
		defer p.close()
		kinds := map[string]string{}          // organisation and inventory → kind
		there, order := map[string]bool{}, "" // files catalogued; organisations in order of first receipt
		for n := range rapid.IntRange(1, 6).Draw(t, "accessions") {
			number := fmt.Sprintf("2026-%d", n+1)
			org := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "organisation")
			inventory := rapid.SampledFrom([]string{"1", "2лс", "2 ЛС", "опись"}).Draw(t, "inventory")
			kind := rapid.SampledFrom([]string{"permanent", "permanent", "personnel"}).Draw(t, "kind")
			list := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "list")
			var events []store.Event
			canonical, err := archcode.ParseInventory(inventory)
			key := org + " " + canonical.String()
			good := err == nil && (kinds[key] == "" || kinds[key] == kind)
			if good {
				kinds[key] = kind
				if !strings.Contains(order, org) {
					order += org
				}
			}
			count := rapid.IntRange(0, 4).Draw(t, "events")
			total := 0
			for i := range count {
				var files []*recordv1.File
				clash := false
				ids := rapid.SliceOfN(rapid.IntRange(0, 60), 0, 5).Draw(t, "files")
				for _, id := range ids {
					f := &recordv1.File{Id: fmt.Sprint("f", id), Position: rapid.Uint32Range(0, 6).Draw(t, "position")}
					if id%4 == 0 {
						f.Label = &journalv1.Label{Level: 2, Grounds: []string{"personal"}}
					}
					clash = clash || there[f.GetId()] || slices.ContainsFunc(files, func(o *recordv1.File) bool { return o.GetId() == f.GetId() })
					files = append(files, f)
				}
				events = append(events, rows(number, i == count-1, files...))
				if good = good && !clash; good {
					total += len(files)
					for _, f := range files {
						there[f.GetId()] = true
					}
				}
			}
			p.says(append([]store.Event{header(number, org, inventory, kind, list, total, total)}, events...)...)
		}
		got := p.codes()
		for id := range there {
			if got[id] == "" {
				t.Errorf("file %s is not catalogued", id)
			}
		}
		if len(got) != len(there) {
			t.Errorf("%d files are catalogued, %d should be: %v", len(got), len(there), got)
		}
		if err := p.catalogue.View(func(v *store.View) error {
			for i, org := range strings.Split(order, "") {
				if code, ok, err := cataloguestore.FondsOf(v, org); err != nil || !ok || code.Fonds.Number != uint32(i+1) {
					t.Errorf("organisation %s came as number %d and has fonds %s, %v", org, i+1, code, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		p.whole()
	})
}
