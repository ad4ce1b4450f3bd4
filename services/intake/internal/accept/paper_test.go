package accept

import (
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
)

// TestOnlyAPersonsPapersHaveTheirOwnForm (practice.md, acts).
func TestOnlyAPersonsPapersHaveTheirOwnForm(t *testing.T) {
	for _, k := range []kind.Kind{"", "scheduled", "early", "extra", "liquidated", kind.PersonalPapers, "purchase", "returned"} {
		paper := Paper(act.Text{}, &intakev1.AccessionAccepted{Kind: string(k)}, &facts{}, nil)
		if paper.Personal != (k == kind.PersonalPapers) {
			t.Errorf("%q: %v", k, paper.Personal)
		}
	}
}

// TestTheActSaysWhoLookedForMalware, and never more than was looked at.
func TestTheActSaysWhoLookedForMalware(t *testing.T) {
	for name, c := range map[string]struct {
		scanners []string
		want     string // in Russian
	}{
		"none":        {nil, ""},
		"no scanner":  {[]string{""}, ""},
		"one":         {[]string{"ClamAV 1"}, "проверены все файлы (ClamAV 1)"},
		"two":         {[]string{"ClamAV 1", "ClamAV 2"}, "проверены все файлы (ClamAV 1; ClamAV 2)"},
		"only a part": {[]string{"ClamAV 1", ""}, "остальные не проверялись"},
	} {
		got := malware(c.scanners)
		if (got.RU == "") != (c.want == "") || (got.KK == "") != (c.want == "") || !strings.Contains(got.RU, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
