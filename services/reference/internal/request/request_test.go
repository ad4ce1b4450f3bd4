package request_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/request"
)

// secondWeights is a number whose first weighted sum gives 10.
const secondWeights = "610405400607"

func TestNumbers(t *testing.T) {
	for text, ok := range map[string]bool{
		"2026-1": true, "2026-4294967295": true, "2026-0": false, "2026-01": false, "26-1": false, "2026-1-1": false, "": false, "2026-": false,
		"-1": false, "2026-4294967296": false, "10000-1": false, "2026-1 ": false, "٢٠٢٦-1": false,
	} {
		n, err := request.ParseNumber(text)
		if (err == nil) != ok || ok && n.String() != text {
			t.Errorf("%q: %v %v", text, n, err)
		}
	}
	for text, ok := range map[string]bool{"2026-1-1": true, "2026-1": false, "2026-1-0": false, "2026-1-01": false, "2026-1-1-1": false, "": false} {
		p, err := request.ParsePaper(text)
		if (err == nil) != ok || ok && p.String() != text {
			t.Errorf("%q: %v %v", text, p, err)
		}
	}
}

func FuzzParsePaper(f *testing.F) {
	for _, s := range []string{"2026-1-1", "2026-1", "-", "2026--1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := request.ParsePaper(s); err == nil && p.String() != s {
			t.Fatalf("%q reads as %s", s, p)
		}
	})
}

// TestApplicant is AI-11.5, AI-11.7, AI-11.8. The numbers are made up; their check digits fit.
func TestApplicant(t *testing.T) {
	today := civil.Date{Year: 2026, Month: 11, Day: 2}
	person := request.Applicant{Surname: "Ойдағыева", GivenName: "Сабира", Email: "s@example.kz"}
	for name, c := range map[string]struct {
		change func(a *request.Applicant)
		want   *fault.Definition
	}{
		"a person":             {func(*request.Applicant) {}, nil},
		"an organisation":      {func(a *request.Applicant) { *a = request.Applicant{Organisation: "ТОО «Ойжан»"} }, nil},
		"AI-11.7 no name":      {func(a *request.Applicant) { a.GivenName = "" }, request.Anonymous},
		"IIN":                  {func(a *request.Applicant) { a.IIN = "610405400015" }, nil},
		"IIN, second weights":  {func(a *request.Applicant) { a.IIN = secondWeights }, nil},
		"IIN, wrong digit":     {func(a *request.Applicant) { a.IIN = "610405400016" }, request.BadIIN},
		"IIN, letters":         {func(a *request.Applicant) { a.IIN = "61040540001o" }, request.BadIIN},
		"IIN, short":           {func(a *request.Applicant) { a.IIN = "61040540001" }, request.BadIIN},
		"BIN, wrong digit":     {func(a *request.Applicant) { a.Organisation, a.BIN = "x", "010540000000" }, request.BadIIN},
		"long":                 {func(a *request.Applicant) { a.Address = strings.Repeat("ж", 301) }, request.TooLong},
		"not UTF-8":            {func(a *request.Applicant) { a.Phone = "\xff" }, request.BadText},
		"born tomorrow":        {func(a *request.Applicant) { a.BirthDate = "2026-11-03" }, request.BadDay},
		"born in no such year": {func(a *request.Applicant) { a.BirthDate = "19610405" }, civil.BadDate},
	} {
		a := person
		c.change(&a)
		err := a.Check(today)
		if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	lacks := func(a request.Applicant, r regime.Regime) (out string) {
		for _, l := range a.Lacks(r) {
			out += l.Field + " "
		}
		return out
	}
	for _, c := range []struct {
		a    request.Applicant
		r    regime.Regime
		want string
	}{
		{person, regime.Archival, ""},
		{person, regime.Information, "iin phone "},
		{request.Applicant{Organisation: "x"}, regime.Information, "bin outgoing_number outgoing_date signatory_name signatory_post phone address "},
		{request.Applicant{Surname: "x", GivenName: "y", OnBehalfOf: "мать", Phone: "1"}, regime.Archival, "address authority "},
	} {
		if got := lacks(c.a, c.r); got != c.want {
			t.Errorf("%+v under %s lacks %q, want %q", c.a, c.r, got, c.want)
		}
	}
}

// TestOutcome: how a request ends follows from the kind of its answer.
func TestOutcome(t *testing.T) {
	for kind, want := range map[request.AnswerKind]string{
		request.Certificate: "answered", request.Negative: "negative", request.Refusal: "refused", request.Forwarded: "forwarded", request.Published: "published",
	} {
		if got := kind.Outcome(); got != want {
			t.Errorf("%s ends as %s", kind, got)
		}
	}
}

func TestADraftIsBounded(t *testing.T) {
	d := request.Draft{Kind: request.Negative, Language: "ru"}
	n := request.Number{Year: 2026, N: 1}
	if err := d.Check(n, regime.Pay, nil); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*request.Draft){
		"facts": func(d *request.Draft) { d.Facts = make([]request.Fact, request.MaxFacts+1) },
		"notes": func(d *request.Draft) { d.Gaps = make([]string, request.MaxNotes+1) },
		"all text": func(d *request.Draft) {
			for range 20 {
				d.Facts = append(d.Facts, request.Fact{Text: strings.Repeat("ә", request.MaxText)})
			}
		},
		"citations": func(d *request.Draft) { d.Facts = []request.Fact{{Findings: make([]uint32, request.MaxCitations+1)}} },
	} {
		bad := d
		change(&bad)
		if err := bad.Check(n, regime.Pay, nil); !errors.Is(err, request.TooLong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
