package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/rules"
)

// TestShipped: the numbers of the handbook, none of them verified yet.
func TestShipped(t *testing.T) {
	set, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	today := civil.Date{Year: 2026, Month: 11, Day: 2}
	for subject, want := range map[rules.Subject]string{
		rules.ArchivalAnswer: "15 calendar_days", rules.ArchivalExtension: "30 calendar_days", rules.ArchivalNotice: "3 calendar_days",
		rules.ArchivalForward: "5 calendar_days", rules.InformationAnswer: "15 calendar_days", rules.InformationExtension: "15 calendar_days",
		rules.InformationNotice: "3 working_days", rules.InformationForward: "3 working_days", rules.InformationPublished: "3 working_days",
		rules.InformationRefusal: "5 working_days", rules.PetitionAnswer: "15 working_days", rules.Complaint: "3 months",
	} {
		e, err := set.On(subject, today)
		if err != nil || e.Term().String() != want || e.Verified {
			t.Errorf("%s: %v %v", subject, e, err)
		}
		if !strings.HasPrefix(e.ID, string(subject)+"/") || e.LegalBasis.KK == "" {
			t.Errorf("%s: edition %q", subject, e.ID)
		}
		if _, err := set.On(subject, e.ValidFrom.AddDays(-1)); !errors.Is(err, rules.NoEdition) {
			t.Errorf("%s before it was in force: %v", subject, err)
		}
	}
}

const good = `{"id": "complaint/2015", "subject": "complaint", "number": 3, "unit": "months", "start": "learning",
 "legal_basis": {"kk": "а", "ru": "б", "en": "c"}, "valid_from": "2015-11-16", "verified": false, "mark": "F"}`

const acts = `{"id": "regime.information/2015", "regime": "information", "acts": "401-V",
 "legal_basis": {"kk": "а", "ru": "б", "en": "c"}, "valid_from": "2015-11-16", "verified": false, "mark": "F"}`

func file(editions ...string) string {
	return `{"source": "x", "editions": [` + strings.Join(editions, ",") + `], "regimes": [` + acts + `]}`
}

// TestARegimeCitesTheActsInForce: an act is cited from its day on, and no act where none is known.
func TestARegimeCitesTheActsInForce(t *testing.T) {
	set, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		way  regime.Regime
		day  civil.Date
		acts string // empty: none in force
	}{
		{regime.Archival, civil.Date{Year: 1998, Month: 12, Day: 21}, ""},
		{regime.Archival, civil.Date{Year: 2015, Month: 11, Day: 15}, "326-I"},
		{regime.Archival, civil.Date{Year: 2015, Month: 11, Day: 16}, "326-I; 401-V 3(3)"},
		{regime.Archival, civil.Date{Year: 2020, Month: 5, Day: 28}, "326-I; 401-V 3(3)"},
		{regime.Archival, civil.Date{Year: 2020, Month: 5, Day: 29}, "326-I; № 159, 29.05.2020; 401-V 3(3)"},
		{regime.Information, civil.Date{Year: 2015, Month: 11, Day: 15}, ""},
		{regime.Information, civil.Date{Year: 2026, Month: 11, Day: 2}, "401-V"},
		{regime.Petition, civil.Date{Year: 2021, Month: 6, Day: 30}, ""},
		{regime.Petition, civil.Date{Year: 2026, Month: 11, Day: 2}, "ӘРПК / АППК 76"},
	} {
		b, err := set.Basis(c.way, c.day)
		if b.Acts != c.acts || (err == nil) != (c.acts != "") || err != nil && !errors.Is(err, rules.NoEdition) {
			t.Errorf("%s on %s: %q %v", c.way, c.day, b.Acts, err)
		}
		if err == nil && (b.Verified || b.LegalBasis.KK == "" || !strings.HasPrefix(b.ID, "regime."+string(c.way)+"/")) {
			t.Errorf("%s on %s: %+v", c.way, c.day, b)
		}
	}
}

// TestAFileIsTakenWholeOrNotAtAll names what is wrong with each.
func TestAFileIsTakenWholeOrNotAtAll(t *testing.T) {
	if _, err := rules.Load([]byte(file(good))); err != nil {
		t.Fatal(err)
	}
	later := strings.NewReplacer("complaint/2015", "complaint/2030", "2015-11-16", "2030-01-01").Replace(good)
	ended := strings.Replace(good, `"verified"`, `"valid_to": "2029-12-31", "verified"`, 1)
	set, err := rules.Load([]byte(file(later, ended)))
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{"2029-12-31": "complaint/2015", "2030-01-01": "complaint/2030"} {
		d, err := civil.Parse(day)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := set.On(rules.Complaint, d); err != nil || e.ID != want {
			t.Errorf("on %s: %s %v", day, e.ID, err)
		}
	}
	for name, text := range map[string]string{
		"no JSON":          "x",
		"two values":       file(good) + "{}",
		"unknown field":    strings.Replace(file(good), `"mark"`, `"marc"`, 1),
		"unknown subject":  strings.Replace(file(good), `"subject": "complaint"`, `"subject": "x"`, 1),
		"no number":        strings.Replace(file(good), `"number": 3`, `"number": 0`, 1),
		"unit":             strings.Replace(file(good), "months", "years", 1),
		"start":            strings.Replace(file(good), "learning", "dreaming", 1),
		"no Kazakh":        strings.Replace(file(good), `"kk": "а"`, `"kk": " "`, 1),
		"ends before":      strings.Replace(file(good), `"verified"`, `"valid_to": "2015-11-15", "verified"`, 1),
		"twice":            file(good, good),
		"together":         file(good, later),
		"verified default": strings.Replace(strings.Replace(file(good), "false", "true", 1), `"F"`, `"D"`, 1),
		"unknown regime":   strings.Replace(file(good), `"regime": "information"`, `"regime": "x"`, 1),
		"no acts":          strings.Replace(file(good), "401-V", "", 1),
		"acts without law": strings.Replace(file(good), `"legal_basis": {"kk": "а", "ru": "б", "en": "c"}, "valid_from": "2015-11-16", "verified": false, "mark": "F"}]`, `"valid_from": "2015-11-16", "mark": "F"}]`, 1),
		"acts twice":       strings.Replace(file(good), acts, acts+","+acts, 1),
		"acts together":    strings.Replace(file(good), acts, acts+","+strings.Replace(acts, "information/2015", "information/2030", 1), 1),
		"one id for both":  strings.Replace(file(good), "regime.information/2015", "complaint/2015", 1),
		"id":               strings.Replace(file(good), "complaint/2015", "Ё", 1),
	} {
		if _, err := rules.Load([]byte(text)); !errors.Is(err, rules.Refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(file(good)))
	f.Add([]byte(`{"editions":[{"valid_from":"9999-12-31"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := rules.Load(data)
		if err == nil && set == nil {
			t.Fatal("no set and no error")
		}
		if err != nil && !errors.Is(err, rules.Refused) {
			t.Fatalf("not a fault: %v", err)
		}
	})
}
