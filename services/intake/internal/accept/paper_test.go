package accept

import (
	"strings"
	"testing"
)

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
