package regime_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/reference/internal/regime"
)

// TestDecide is AI-3: which law answers a request.
func TestDecide(t *testing.T) {
	for _, c := range []struct {
		id    string
		facts regime.Facts
		want  regime.Regime
		first regime.Reason
	}{
		{"a reference", regime.Facts{Topic: regime.WorkRecord, Wish: regime.Reference}, regime.Archival, regime.ByWish},
		{"a copy on any topic", regime.Facts{Topic: regime.Other, Wish: regime.Copy}, regime.Archival, regime.ByWish},
		{"topic alone", regime.Facts{Topic: regime.Pay}, regime.Archival, regime.ByTopic},
		{"AI-3.3: information asked of one's own record is a reference", regime.Facts{Topic: regime.Land, Wish: regime.ForInfo}, regime.Archival, regime.ByTopic},
		{"AI-3.3: whatever is asked for", regime.Facts{Topic: regime.Award, Asked: regime.Information}, regime.Archival, regime.ByTopic},
		{"repressions of somebody", regime.Facts{Topic: regime.Repression}, regime.Archival, regime.ByTopic},
		{"AI-6.12: information on repressions", regime.Facts{Topic: regime.Repression, Wish: regime.ForInfo}, regime.Information, regime.AsInformation},
		{"information", regime.Facts{Topic: regime.Other, Wish: regime.ForInfo}, regime.Information, regime.AsInformation},
		{"AI-3.2", regime.Facts{Topic: regime.Other, Wish: regime.ForInfo, InProceedings: true}, regime.Petition, regime.InMatter},
		{"AI-3.2 does not touch archival requests", regime.Facts{Topic: regime.Other, Wish: regime.Extract, InProceedings: true}, regime.Archival, regime.ByWish},
		{"AI-3.4", regime.Facts{Topic: regime.Other, Wish: regime.ForInfo, ByMedia: true}, regime.Petition, regime.OfMedia},
		{"a petition", regime.Facts{Topic: regime.Pay, Wish: regime.ForAPetition}, regime.Petition, regime.AsPetition},
		{"as asked", regime.Facts{Topic: regime.Other, Asked: regime.Archival}, regime.Archival, regime.AsAsked},
		{"in doubt the shorter term", regime.Facts{Topic: regime.Other}, regime.Information, regime.InDoubt},
	} {
		d, err := regime.Decide(c.facts)
		if err != nil || d.Regime != c.want || d.Reasons[0] != c.first {
			t.Errorf("%s: %v %v", c.id, d, err)
		}
		if e := d.Explain(); e.KK == "" || e.RU == "" || e.EN == "" {
			t.Errorf("%s: not explained in three languages", c.id)
		}
	}
	for _, f := range []regime.Facts{{}, {Topic: "x"}, {Topic: regime.Pay, Wish: "x"}, {Topic: regime.Pay, Asked: "x"}} {
		if _, err := regime.Decide(f); !errors.Is(err, regime.Unknown) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// TestAReferenceNeverRunsOnTheClockOfInformation holds for all facts (AI-3.3).
func TestAReferenceNeverRunsOnTheClockOfInformation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := regime.Facts{
			Topic: rapid.SampledFrom(regime.Topics()).Draw(t, "topic"), Wish: rapid.SampledFrom(append(regime.Wishes(), "")).Draw(t, "wish"),
			InProceedings: rapid.Bool().Draw(t, "proceedings"), ByMedia: rapid.Bool().Draw(t, "media"),
			Asked: rapid.SampledFrom(append(regime.Regimes(), "")).Draw(t, "asked"),
		}
		d, err := regime.Decide(f)
		if err != nil {
			t.Fatal(err)
		}
		reference := slices.Contains([]regime.Wish{regime.Reference, regime.Copy, regime.Extract}, f.Wish)
		if reference && d.Regime != regime.Archival {
			t.Fatalf("%+v runs as %s", f, d.Regime)
		}
		if to, err := regime.Change(f, regime.Information); err == nil && (reference || to.Regime != regime.Information) {
			t.Fatalf("%+v was changed to %s", f, to.Regime)
		}
	})
}
