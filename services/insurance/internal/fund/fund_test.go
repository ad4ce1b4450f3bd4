package fund

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func TestTheStateOfACopy(t *testing.T) {
	for name, c := range map[string]struct {
		f    Facts
		want State
	}{
		"just ordered":            {Facts{Sites: []State{Ordered}}, Ordered},
		"one of two made":         {Facts{Sites: []State{Verified, Ordered}}, Ordered},
		"made, not read back":     {Facts{Sites: []State{Verified, Made}}, Made},
		"whole everywhere":        {Facts{Sites: []State{Verified, Verified}}, Verified},
		"on film as well":         {Facts{Sites: []State{Verified}, Microforms: 1}, Verified},
		"paper":                   {Facts{}, Awaited},
		"paper on film":           {Facts{Microforms: 2}, Microform},
		"failed":                  {Facts{Sites: []State{Ordered}, Failed: true}, Failed},
		"damage outweighs":        {Facts{Sites: []State{Ordered}, Failed: true, Open: 1}, Damaged},
		"beyond repair outweighs": {Facts{Sites: []State{Damaged}, Open: 2, Beyond: 1}, Beyond},
		"mended":                  {Facts{Sites: []State{Damaged}}, Verified},
	} {
		if got := StateOf(c.f); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestAMicroformIsJudged(t *testing.T) {
	today := civil.Date{Year: 2026, Month: 3, Day: 2}
	whole := Film{Kind: "microfilm", Roll: "Р-17", MadeOn: "2026-03-02", Place: "Хранилище 2", From: 1, To: 94}
	if err := whole.Judge(today); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Film){
		"kind":         func(f *Film) { f.Kind = "papyrus" },
		"no roll":      func(f *Film) { f.Roll = "" },
		"long roll":    func(f *Film) { f.Roll = strings.Repeat("ж", 101) },
		"bytes":        func(f *Film) { f.Roll = "\xff" },
		"no frames":    func(f *Film) { f.From = 0 },
		"back to back": func(f *Film) { f.To = 0 },
		"no date":      func(f *Film) { f.MadeOn = "вчера" },
		"tomorrow":     func(f *Film) { f.MadeOn = "2026-03-03" },
		"long place":   func(f *Film) { f.Place = strings.Repeat("x", 201) },
	} {
		f := whole
		spoil(&f)
		err := f.Judge(today)
		if said := fault.Of(err).In(fault.Russian); strings.ContainsAny(said, "≤>") || strings.Contains(said, "made_on") || strings.Contains(said, "roll") {
			t.Errorf("%+v: %s", f, said)
		}
		if !errors.Is(err, BadMicroform) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGroundAndPeriod(t *testing.T) {
	if g, err := Ground("  ЭПК, № 4 от 21.03.2026 "); err != nil || g != "ЭПК, № 4 от 21.03.2026" {
		t.Errorf("%q %v", g, err)
	}
	for _, bad := range []string{"", "  ", "ab", strings.Repeat("ж", 501), Marked, "\xff\xfe\xfd"} {
		if _, err := Ground(bad); !errors.Is(err, BadGround) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for days, ok := range map[uint32]bool{0: false, 1: true, 30: true, 3650: true, 3651: false} {
		if err := Period(days); (err == nil) != ok {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

func TestTheNextCheck(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }
	if got := NextCheck(day(1), 30, time.Time{}); !got.Equal(day(31)) {
		t.Errorf("%v", got)
	}
	// A site that could not be reached leaves a copy unchecked; it is not tried every minute.
	if got := NextCheck(day(1), 5, day(20)); !got.Equal(day(21)) {
		t.Errorf("%v", got)
	}
	if Percent(0, 0) != 100 || Percent(199, 200) != 99 || Percent(200, 200) != 100 || Percent(1<<31, 1<<31+1) != 99 {
		t.Error("percent")
	}
	if KindOf("ab", true) != "changed" || KindOf("", true) != "missing" || KindOf("", false) != "unreadable" {
		t.Error("kinds")
	}
}
