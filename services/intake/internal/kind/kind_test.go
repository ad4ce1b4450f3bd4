package kind

import (
	"errors"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func day(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEditionsAreWhole: each has its texts in all languages and a basis, needs only fields that there
// are, and no two of a kind are in force on one day.
func TestEditionsAreWhole(t *testing.T) {
	names := map[string]bool{}
	for i, r := range rules {
		if r.Title.KK == "" || r.Title.RU == "" || r.Title.EN == "" || r.LegalBasis.KK == "" || r.LegalBasis.RU == "" || r.LegalBasis.EN == "" || !r.ValidFrom.Valid() {
			t.Errorf("%s is not whole", r.Name())
		}
		if names[r.Name()] {
			t.Errorf("%s stands twice", r.Name())
		}
		names[r.Name()] = true
		for _, need := range r.Needs {
			if w := words[need]; need != "consent" && (w.KK == "" || w.RU == "" || w.EN == "") {
				t.Errorf("%s needs %q, which has no words", r.Name(), need)
			}
		}
		for _, side := range r.AnnouncedBy {
			if side != Department && side != Archive || r.Kind == Scheduled || r.Outside && side == Department {
				t.Errorf("%s may be announced by %q", r.Name(), side)
			}
		}
		if len(r.AnnouncedBy) == 0 && r.Kind != Scheduled {
			t.Errorf("nobody may announce %s", r.Name())
		}
		for _, other := range rules[i+1:] {
			if other.Kind == r.Kind && (r.ValidTo.IsZero() || !other.ValidFrom.After(r.ValidTo)) {
				t.Errorf("%s and %s are in force on one day", r.Name(), other.Name())
			}
		}
		if got, ok := ByName(r.Name()); !ok || got.Kind != r.Kind {
			t.Errorf("%s is not found by its name", r.Name())
		}
	}
}

// TestAKindIsJudgedByItsDay: before the first edition there is no such kind; everything missing is
// named at once, in each language (AR-2, AR-12).
func TestAKindIsJudgedByItsDay(t *testing.T) {
	if _, err := Check(Liquidated, Ground{Reason: "x", LiquidatedOn: "2001-01-01"}, day(t, "2023-08-24")); !errors.Is(err, UnknownKind) {
		t.Errorf("the day before: %v", err)
	}
	if r, err := Check(Liquidated, Ground{Reason: "x", LiquidatedOn: "2001-01-01"}, day(t, "2023-08-25")); err != nil || r.Name() != "transfer.liquidated@1" {
		t.Errorf("on the day: %v %v", r, err)
	}
	_, err := Check(Purchase, Ground{}, day(t, "2026-11-27"))
	for l, want := range map[fault.Language][]string{
		fault.Kazakh: {"сатып алу", "құжаттың күні", "комиссия хаттамасы"}, fault.Russian: {"покупка", "дата документа", "протокол комиссии"},
		fault.English: {"purchase", "the paper's date", "the commission's protocol"},
	} {
		for _, w := range want {
			if !strings.Contains(fault.Of(err).In(l), w) {
				t.Errorf("%s: no %q in %q", l, w, fault.Of(err).In(l))
			}
		}
	}
	_, err = Check(Liquidated, Ground{Reason: "x", LiquidatedOn: "2999-01-01"}, day(t, "2026-11-27"))
	for l, want := range map[fault.Language]string{
		fault.Kazakh: "таратылған күні: «2999-01-01»", fault.Russian: "дата ликвидации: «2999-01-01»", fault.English: "the day of liquidation: “2999-01-01”",
	} {
		if said := fault.Of(err).In(l); !errors.Is(err, BadDate) || !strings.HasPrefix(said, want) || strings.Contains(said, "liquidated_on") {
			t.Errorf("%s: %q", l, said)
		}
	}
	if _, err := Check(Extra, Ground{Reason: strings.Repeat("ы", limit+1)}, day(t, "2026-11-27")); !errors.Is(err, TooLong) {
		t.Errorf("an endless reason: %v", err)
	}
}
