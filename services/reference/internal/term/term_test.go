package term_test

import (
	"errors"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/rules"
	"github.com/qoyma/qoyma/services/reference/internal/term"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

func law(t *testing.T) term.Law {
	t.Helper()
	set, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return term.Law{Rules: set, Calendar: worktime.Shipped(worktime.FiveDay)}
}

func date(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDuties dates requests by hand-counted days of the calendar of 2026.
func TestDuties(t *testing.T) {
	l := law(t)
	for _, c := range []struct {
		id                   string
		regime               regime.Regime
		received, registered string
		want                 map[term.Kind]string
	}{
		{"archival practice", regime.Archival, "2026-11-02", "2026-11-02", map[term.Kind]string{term.Answer: "2026-11-17", term.Forward: "2026-11-09"}},
		{"ends on a Sunday", regime.Archival, "2026-11-07", "2026-11-07", map[term.Kind]string{term.Answer: "2026-11-23", term.Forward: "2026-11-12"}},
		{
			"AI-11.10, 11.11, 11.15, 11.17", regime.Information, "2026-11-02", "2026-11-02",
			map[term.Kind]string{term.Answer: "2026-11-17", term.Refusal: "2026-11-09", term.Forward: "2026-11-05", term.Published: "2026-11-05"},
		},
		{
			"registered later than received", regime.Information, "2026-10-30", "2026-11-02",
			map[term.Kind]string{term.Answer: "2026-11-16", term.Refusal: "2026-11-09", term.Forward: "2026-11-04", term.Published: "2026-11-04"},
		},
		{"over Nauryz", regime.Information, "2026-03-16", "2026-03-16", map[term.Kind]string{term.Answer: "2026-03-31", term.Forward: "2026-03-19"}},
		{"15 working days over Independence Day", regime.Petition, "2026-12-01", "2026-12-01", map[term.Kind]string{term.Answer: "2026-12-23"}},
	} {
		got, err := l.Duties(c.regime, date(t, c.received), date(t, c.registered))
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		if got[0].Kind != term.Answer || !got[0].Binding {
			t.Errorf("%s: the first duty is %s", c.id, got[0].Kind)
		}
		for _, d := range got {
			if want := c.want[d.Kind]; want != "" && d.DueOn.String() != want {
				t.Errorf("%s: %s is due on %s, want %s", c.id, d.Kind, d.DueOn, want)
			}
			if d.Edition.Verified || len(d.Steps) < 2 || d.Binding != (d.Kind == term.Answer) {
				t.Errorf("%s: %s: verified %t, %d steps, binding %t", c.id, d.Kind, d.Edition.Verified, len(d.Steps), d.Binding)
			}
			if c.regime == regime.Archival && d.Edition.Subject == rules.InformationAnswer {
				t.Errorf("%s: an archival request runs on AI-11.10", c.id)
			}
		}
	}
	if _, err := l.Duties(regime.Information, date(t, "2014-01-01"), date(t, "2014-01-01")); !errors.Is(err, rules.NoEdition) {
		t.Errorf("before the law: %v", err)
	}
}

// TestExtend is AI-11.10 and the archival extension.
func TestExtend(t *testing.T) {
	l := law(t)
	registered, due, decided := date(t, "2026-11-02"), date(t, "2026-11-17"), date(t, "2026-11-12")
	for _, c := range []struct {
		id       string
		regime   regime.Regime
		extended string
		days     int
		ground   term.Ground
		reason   string
		want     *fault.Definition
		due      string
		notice   string
	}{
		{"all of it", regime.Information, "", 0, term.OtherHolders, "x", nil, "2026-12-02", "2026-11-17"},
		{"fewer days", regime.Information, "", 3, term.OtherHolders, "x", nil, "2026-11-20", "2026-11-17"},
		{"twice", regime.Information, "2026-12-02", 1, term.OtherHolders, "x", term.Twice, "", ""},
		{"too long", regime.Information, "", 16, term.OtherHolders, "x", term.TooLong, "", ""},
		{"less than nothing", regime.Information, "", -1, term.OtherHolders, "x", term.TooLong, "", ""},
		{"no ground", regime.Information, "", 5, "", "x", term.NoGround, "", ""},
		{"no reason", regime.Information, "", 5, term.OtherHolders, "", term.NoGround, "", ""},
		{"archival", regime.Archival, "", 30, term.SeveralOrganisations, "x", nil, "2026-12-17", "2026-11-16"},
		{"archival on AI-11.10's ground", regime.Archival, "", 5, term.OtherHolders, "x", term.NoGround, "", ""},
		{"petition", regime.Petition, "", 5, term.OtherHolders, "x", term.NotExtendable, "", ""},
	} {
		var extended civil.Date
		if c.extended != "" {
			extended = date(t, c.extended)
		}
		x, err := l.Extend(c.regime, registered, due, extended, decided, c.days, c.ground, c.reason)
		if c.want != nil {
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.id, err)
			}
			continue
		}
		if err != nil || x.Answer.DueOn.String() != c.due || x.Notice.DueOn.String() != c.notice || !x.Notice.Binding {
			t.Errorf("%s: %s, notice %s, %v", c.id, x.Answer.DueOn, x.Notice.DueOn, err)
		}
	}
	// A missed term does not keep anybody from extending.
	if _, err := l.Extend(regime.Information, registered, due, civil.Date{}, date(t, "2026-12-30"), 0, term.OtherHolders, "x"); err != nil {
		t.Errorf("after the term: %v", err)
	}
}

// TestToComplain is AI-18: three months.
func TestToComplain(t *testing.T) {
	for learnt, want := range map[string]string{"2026-11-02": "2027-02-02", "2026-11-30": "2027-03-01", "2026-08-31": "2026-11-30"} {
		d, err := law(t).ToComplain(date(t, learnt), date(t, "2026-11-02"))
		if err != nil || d.DueOn.String() != want {
			t.Errorf("%s: %s %v", learnt, d.DueOn, err)
		}
	}
}
