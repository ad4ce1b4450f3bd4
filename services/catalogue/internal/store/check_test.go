package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

func key(t *testing.T, code string) []byte {
	t.Helper()
	c, err := archcode.Parse(code)
	if err != nil {
		t.Fatal(err)
	}
	return c.Key()
}

// TestTheCheckSeesEachDamage writes a small catalogue and then, past all rules, one wrong row.
func TestTheCheckSeesEachDamage(t *testing.T) {
	row := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for _, c := range []struct {
		name   string
		damage func(tx *store.Tx)
		want   string
	}{
		{"nothing", func(*store.Tx) {}, ""},
		{"a file without inventory", func(tx *store.Tx) { tx.Put("files", key(t, "1/9/1"), row(&cataloguev1.FileRow{})) }, "1 stand in no inventory"},
		{"an inventory without fonds", func(tx *store.Tx) { tx.Put("inventories", key(t, "7/1"), row(&cataloguev1.InventoryRow{})) }, "1 stand in no fonds"},
		{"a lost file", func(tx *store.Tx) { tx.Delete("files", key(t, "1/1/2")) }, "it counts 2 files and has 1"},
		{"a lost inventory", func(tx *store.Tx) { tx.Delete("inventories", key(t, "1/1")) }, "it counts 1 inventories and has 0"},
		{"a number that was never given", func(tx *store.Tx) { tx.Put("fonds", key(t, "Ф. 5"), row(&cataloguev1.FondsRow{OrganisationId: "x"})) }, "greater than the last one given, 1"},
		{"one organisation twice", func(tx *store.Tx) { tx.Put("organisations", []byte("other"), key(t, "Ф. 1")) }, "2 of them for 1 fonds"},
		{"a record in two places", func(tx *store.Tx) { tx.Put("records", []byte("a"), key(t, "1/1/2")) }, `record "a" is said to stand at "1/1/2"`},
		{"an accession that lost count", func(tx *store.Tx) {
			tx.Put("accessions", []byte("2026-1"), row(&cataloguev1.AccessionRow{Files: 3}))
		}, "it counts 3 files and has 2"},
		{"a file under another key", func(tx *store.Tx) {
			tx.Put("files", key(t, "1/1/2"), row(&cataloguev1.FileRow{AccessionNumber: "2026-1", File: &cataloguev1.CataloguedFile{Number: "8"}}))
		}, `its row says number "8"`},
		{"a damaged row", func(tx *store.Tx) { tx.Put("files", key(t, "1/1/2"), []byte{0xff}) }, "cannot parse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := store.Open(store.Config{
				Dir: t.TempDir(), Archive: "kz-test", Service: "catalogue", Schema: cataloguestore.Schema, Reserve: 1, Unsynced: true,
				Check: cataloguestore.Check,
				Apply: func(tx *store.Tx, r *journal.Record) error {
					if r.Is((*cataloguev1.AccessionCatalogued)(nil)) {
						c.damage(tx)
						return nil
					}
					return cataloguestore.Apply(tx, r)
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			s.Admit()
			write(t, s,
				&cataloguev1.FondsOpened{Fonds: "1", OrganisationId: "akimat", AccessionNumber: "2026-1"},
				&cataloguev1.InventoryOpened{Fonds: "1", Inventory: "1", Kind: "permanent", AccessionNumber: "2026-1"},
				&cataloguev1.AccessionPlaced{AccessionNumber: "2026-1", Fonds: "1", Inventory: "1", Listed: 2, Accepted: 2},
				&cataloguev1.FilesCatalogued{Fonds: "1", Inventory: "1", AccessionNumber: "2026-1", Files: []*cataloguev1.CataloguedFile{
					{Number: "1", File: &recordv1.File{Id: "a"}}, {Number: "2", File: &recordv1.File{Id: "b"}},
				}},
				&cataloguev1.AccessionCatalogued{AccessionNumber: "2026-1", Files: 2},
			)
			var found []string
			if err := s.View(func(v *store.View) error {
				for _, p := range cataloguestore.Check(v) {
					found = append(found, p.Where+": "+p.What)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(found, "; "); c.want == "" && all != "" || !strings.Contains(all, c.want) {
				t.Errorf("the check says %q, want %q", all, c.want)
			}
		})
	}
}

// TestApplyRefusesEventsThatDoNotFollow: each would be a defect of our own.
func TestApplyRefusesEventsThatDoNotFollow(t *testing.T) {
	for name, events := range map[string][]proto.Message{
		"an inventory without fonds":   {&cataloguev1.InventoryOpened{Fonds: "1", Inventory: "1"}},
		"a fonds twice":                {&cataloguev1.FondsOpened{Fonds: "1", OrganisationId: "a"}, &cataloguev1.FondsOpened{Fonds: "1", OrganisationId: "b"}},
		"an accession in no inventory": {&cataloguev1.FondsOpened{Fonds: "1", OrganisationId: "a"}, &cataloguev1.AccessionPlaced{Fonds: "1", Inventory: "1"}},
		"files of no accession": {
			&cataloguev1.FondsOpened{Fonds: "1", OrganisationId: "a"}, &cataloguev1.InventoryOpened{Fonds: "1", Inventory: "1"},
			&cataloguev1.FilesCatalogued{Fonds: "1", Inventory: "1", AccessionNumber: "2026-1"},
		},
		"a number that is none": {&cataloguev1.FondsOpened{Fonds: "first", OrganisationId: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(store.Config{
				Dir: t.TempDir(), Archive: "kz-test", Service: "catalogue", Schema: cataloguestore.Schema, Reserve: 1, Unsynced: true, Apply: cataloguestore.Apply,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			s.Admit()
			last := len(events) - 1
			write(t, s, events[:last]...)
			if err := do(t, s, events[last]); err == nil {
				t.Error("it was applied")
			}
		})
	}
}

func write(t *testing.T, s *store.Store, bodies ...proto.Message) {
	t.Helper()
	for _, body := range bodies {
		if err := do(t, s, body); err != nil {
			t.Fatal(err)
		}
	}
}

func do(t *testing.T, s *store.Store, body proto.Message) error {
	t.Helper()
	_, err := s.Do(t.Context(), store.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "/test/Write", Actor: "service:test",
		Decide: func(*store.View, time.Time) ([]store.Event, error) {
			return []store.Event{{Refs: []journal.Ref{{Type: "fonds", ID: "1"}}, Body: body}}, nil
		},
	})
	return err
}
