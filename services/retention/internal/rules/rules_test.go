package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
)

func day(t testing.TB, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func shipped(t testing.TB) *rules.Set {
	t.Helper()
	s, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShipped(t *testing.T) {
	s := shipped(t)
	on := day(t, "2026-11-22")
	for subject, want := range map[rules.Subject]int{
		rules.KeepingRepublican: 15, rules.KeepingRegional: 10, rules.KeepingDistrict: 5, rules.KeepingAudio: 3, rules.KeepingDesign: 20,
		rules.PersonnelNewer: 50, rules.PersonnelOlder: 75, rules.ClockStart: 1, rules.NotNeededLeast: 1,
	} {
		e, err := s.On(subject, on)
		if err != nil || e.Number != want {
			t.Errorf("%s: %d, %v; want %d", subject, e.Number, err, want)
		}
	}
	if e, err := s.On(rules.PersonnelCutOff, on); err != nil || e.Date != day(t, "2003-01-01") {
		t.Errorf("%+v, %v", e, err)
	}
	for _, e := range s.All() {
		if e.Verified {
			t.Errorf("%s: nobody compared it with the act, and it says verified", e.ID)
		}
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
			if e.LegalBasis.In(l) == "" || e.Subject.In(l) == string(e.Subject) {
				t.Errorf("%s: silent in %s", e.ID, l)
			}
		}
	}
}

// A day has the edition of its own time, and a seam has neither hole nor overlap.
func TestEditionsByDay(t *testing.T) {
	s := shipped(t)
	for on, id := range map[string]string{
		"1998-12-22": "keeping.district/1998", "2023-08-24": "keeping.district/1998", "2023-08-25": "keeping.district/2023", "2100-01-01": "keeping.district/2023",
	} {
		if e, err := s.On(rules.KeepingDistrict, day(t, on)); err != nil || e.ID != id {
			t.Errorf("%s: %s, %v; want %s", on, e.ID, err, id)
		}
	}
	if _, err := s.On(rules.KeepingDistrict, day(t, "1998-12-21")); !errors.Is(err, rules.Missing) {
		t.Error(err)
	}
}

const basis = `"legal_basis":{"kk":"бұйрық","ru":"приказ","en":"order"}`

func TestExtend(t *testing.T) {
	s := shipped(t)
	more, err := s.Extend([]byte(`{"source":"Order 12 of 1 December 2026","editions":[
		{"id":"keeping.district/2027","subject":"keeping.district","number":7,"unit":"years",` + basis + `,
		 "valid_from":"2027-01-01","verified":true,"mark":"F","supersedes":"keeping.district/2023"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string]int{"2026-12-31": 5, "2027-01-01": 7} {
		e, err := more.On(rules.KeepingDistrict, day(t, on))
		if err != nil || e.Number != want {
			t.Errorf("%s: %d, %v", on, e.Number, err)
		}
	}
	if e, _ := more.Edition("keeping.district/2027"); e.Source != "Order 12 of 1 December 2026" || !e.Verified {
		t.Errorf("%+v", e)
	}
	if e, _ := more.Edition("keeping.district/2023"); e.ValidTo != day(t, "2026-12-31") {
		t.Errorf("%+v", e)
	}
	if e, err := s.On(rules.KeepingDistrict, day(t, "2027-01-01")); err != nil || e.Number != 5 {
		t.Error("the first set was changed", e, err)
	}
}

func TestExtendRefuses(t *testing.T) {
	edition := func(s string) string {
		return `{"source":"an order","editions":[` + s + `]}`
	}
	for name, c := range map[string]struct {
		file string
		want *fault.Definition
		item *fault.Definition
	}{
		"not JSON":       {"{", rules.NotReadable, nil},
		"two values":     {`{"source":"x","editions":[]}{}`, rules.NotReadable, nil},
		"misspelt field": {edition(`{"id":"a","validfrom":"2027-01-01"}`), rules.NotReadable, nil},
		"no such day":    {edition(`{"id":"a","valid_from":"2027-02-30"}`), rules.NotReadable, nil},
		"no source":      {`{"editions":[]}`, rules.NoSource, nil},
		"too large":      {strings.Repeat(" ", 2<<20), rules.NotReadable, nil},
		"overlap": {
			edition(`{"id":"keeping.district/2027","subject":"keeping.district","number":7,"unit":"years",` + basis + `,"valid_from":"2027-01-01","mark":"D"}`),
			rules.Refused, rules.Overlap,
		},
		"overlap inside": {edition(`{"id":"keeping.district/1990","subject":"keeping.district","number":7,"unit":"years",` + basis + `,"valid_from":"1990-01-01","valid_to":"1998-12-22","mark":"D"}`), rules.Refused, rules.Overlap},
		"same id": {
			edition(`{"id":"keeping.district/2023","subject":"keeping.district","number":7,"unit":"years",` + basis + `,"valid_from":"2027-01-01","mark":"D"}`),
			rules.Refused, rules.Repeated,
		},
		"ends nothing":       {edition(`{"id":"a","subject":"keeping.district","number":7,"unit":"years",` + basis + `,"valid_from":"2027-01-01","mark":"D","supersedes":"keeping.regional/2023"}`), rules.Refused, rules.NothingToEnd},
		"ends the past":      {edition(`{"id":"a","subject":"keeping.district","number":7,"unit":"years",` + basis + `,"valid_from":"1998-12-22","mark":"D","supersedes":"keeping.district/1998"}`), rules.Refused, rules.NothingToEnd},
		"unknown subject":    {edition(`{"id":"a","subject":"tea"}`), rules.Refused, rules.BadField},
		"no legal basis":     {edition(`{"id":"a","subject":"clock.start","number":1,"unit":"years","valid_from":"1990-01-01","valid_to":"1990-01-02","mark":"D"}`), rules.Refused, rules.BadField},
		"verified hearsay":   {edition(`{"id":"a","subject":"clock.start","number":1,"unit":"years",` + basis + `,"valid_from":"1990-01-01","valid_to":"1990-01-02","mark":"RU","verified":true}`), rules.Refused, rules.BadField},
		"ends before it is":  {edition(`{"id":"a","subject":"clock.start","number":1,"unit":"years",` + basis + `,"valid_from":"1990-01-03","valid_to":"1990-01-02","mark":"RU"}`), rules.Refused, rules.BadField},
		"a number for a day": {edition(`{"id":"a","subject":"personnel.cut-off","number":1,"unit":"day",` + basis + `,"valid_from":"1990-01-01","valid_to":"1990-01-02","mark":"RU"}`), rules.Refused, rules.BadField},
		"zero years":         {edition(`{"id":"a","subject":"keeping.design","number":0,"unit":"years",` + basis + `,"valid_from":"1990-01-01","valid_to":"1990-01-02","mark":"RU"}`), rules.Refused, rules.BadField},
	} {
		_, err := shipped(t).Extend([]byte(c.file))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %s", name, err, c.want.Code)
			continue
		}
		if said := fault.Of(err).In(fault.Russian); c.want == rules.NotReadable && (strings.Contains(said, "json:") || strings.Contains(said, "EOF") || strings.Contains(said, " B >")) {
			t.Errorf("%s is not said in Russian: %s", name, said)
		}
		if c.item == nil {
			continue
		}
		if items := fault.Of(err).Items; len(items) == 0 || !errors.Is(items[0].Fault, c.item) {
			t.Errorf("%s: %+v; want %s", name, items, c.item.Code)
		}
	}
}

func FuzzExtend(f *testing.F) {
	f.Add([]byte(`{"source":"x","editions":[{"id":"a","subject":"clock.start","number":1,"unit":"years",` + basis + `,"valid_from":"1990-01-01","valid_to":"1990-01-02","mark":"RU"}]}`))
	f.Add([]byte(`{"source":"x"}`))
	s := shipped(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		more, err := s.Extend(data)
		if err != nil {
			return
		}
		for _, e := range more.All() {
			if got, err := more.On(e.Subject, e.ValidFrom); err != nil || got.ID != e.ID {
				t.Fatalf("%s does not hold on its first day: %+v, %v", e.ID, got, err)
			}
		}
	})
}
