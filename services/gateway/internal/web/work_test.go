package web

import (
	"testing"
	"time"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestTheActIsNamedInTheReadersLanguage, and in Russian where it was recorded before there were three.
func TestTheActIsNamedInTheReadersLanguage(t *testing.T) {
	step := &recordv1.DueStep{LegalBasis: "приказ", Basis: &recordv1.Text{Kk: "бұйрық", Ru: "приказ", En: "order"}}
	for l, want := range map[fault.Language]string{fault.Kazakh: "бұйрық", fault.Russian: "приказ", fault.English: "order"} {
		if got := Basis(l, step); got != want {
			t.Errorf("%s: %q", l, got)
		}
		if got := Basis(l, &recordv1.DueStep{LegalBasis: "приказ"}); got != "приказ" {
			t.Errorf("%s, of an earlier program: %q", l, got)
		}
	}
}

func TestTermsAreShapeWordAndNumber(t *testing.T) {
	now := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC) // the 23rd in Almaty
	for date, want := range map[string]Term{
		"2026-12-24": {Class: "", Key: "term.left", Days: 31},
		"2026-12-23": {Class: "soon", Key: "term.left", Days: 30},
		"2026-11-24": {Class: "soon", Key: "term.left", Days: 1},
		"2026-11-23": {Class: "soon", Key: "term.today"},
		"2026-11-22": {Class: "soon", Key: "term.past", Days: 1},
		"2026-10-24": {Class: "soon", Key: "term.past", Days: 30},
		"2026-10-23": {Class: "late", Key: "term.past", Days: 31},
		"":           {Key: "term.none"},
	} {
		want.Date = date
		if got := TermOf(date, nil, now); got.Class != want.Class || got.Key != want.Key || got.Days != want.Days || got.Date != date {
			t.Errorf("%s: %+v, want %+v", date, got, want)
		}
	}
}

func TestNumbersArePrintedForPeople(t *testing.T) {
	ru, en := View{Lang: fault.Russian}, View{Lang: fault.English}
	for bytes, want := range map[uint64]string{0: "0\u00a0Б", 999: "999\u00a0Б", 1000: "1\u00a0КБ", 1_440_000: "1,4\u00a0МБ", 3_000_000_000_000_000: "3000\u00a0ТБ"} {
		if got := ru.Size(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
	if got := en.Size(1_440_000); got != "1.4\u00a0MB" {
		t.Error(got)
	}
	for n, want := range map[uint32]string{0: "0", 999: "999", 1000: "1\u00a0000", 1234567: "1\u00a0234\u00a0567"} {
		if got := ru.Number(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	if got := ru.Stamp("2026-11-22T20:05:09Z"); got != "23.11.2026, 01:05" {
		t.Error(got)
	}
	if got := ru.Plain("sha256 3fc0df46ad222cbe8b8b284e6deb6d4918749a08a455f49f1ee1d62c75478bd3, № 12"); got != "sha256 3fc0df46…, № 12" {
		t.Error(got)
	}
}

// TestARefusalNamesThingsAsThePagesDo: whoever is refused reads no code that programs use.
func TestARefusalNamesThingsAsThePagesDo(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.Words("kind", "kind.")
	s.Words("role", "role.")
	for lang, want := range map[fault.Language]string{
		fault.Russian: "вид «дело», роли администратор, аудитор, none; файл file.pdf",
		fault.Kazakh:  "түрі «іс», рөлдері әкімші, аудитор, none; файл file.pdf",
		fault.English: "kind file, roles administrator, auditor, none; name file.pdf",
	} {
		refused := fault.Define(fault.Invalid, "web_test.refused",
			"kind {kind}, roles {role}; name {name}", "вид «{kind}», роли {role}; файл {name}", "түрі «{kind}», рөлдері {role}; файл {name}",
		).With("kind", "file", "role", "administrator, auditor, none", "name", "file.pdf")
		r := &Request{site: s, Lang: lang}
		if got := r.Words(refused); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}
