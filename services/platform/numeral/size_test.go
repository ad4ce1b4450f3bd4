package numeral_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

// plain has common spaces, to be read in a test.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func TestSize(t *testing.T) {
	for bytes, want := range map[uint64][3]string{
		0:                     {"0 Б", "0 Б", "0 B"},
		999:                   {"999 Б", "999 Б", "999 B"},
		34_500:                {"34,5 КБ", "34,5 КБ", "34.5 KB"},
		1_000_000:             {"1 МБ", "1 МБ", "1 MB"},
		1_234_567_890:         {"1,2 ГБ", "1,2 ГБ", "1.2 GB"},
		5_000_000_000_000_000: {"5000 ТБ", "5000 ТБ", "5000 TB"},
	} {
		for i, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
			if got := plain(numeral.Size(bytes, l)); got != want[i] {
				t.Errorf("%d in %s: %q, want %q", bytes, l, got, want[i])
			}
		}
	}
}

// TestTwoSizesAreToldApart: whatever two numbers of bytes are, a person sees which is more, and of the same sees that they are.
func TestTwoSizesAreToldApart(t *testing.T) {
	for _, c := range []struct {
		a, b          uint64
		first, second string
	}{
		{0, 1, "0 Б", "1 Б"},
		{500_000, 600_000, "500 КБ", "600 КБ"},
		{1 << 20, 1<<20 + 1, "1,048576 МБ", "1,048577 МБ"},
		{1_000_000, 1_049_000, "1 МБ", "1,05 МБ"},
		{2_000_000_000, 3, "2 ГБ", "3 Б"},
		{7 << 20, 7 << 20, "7,3 МБ", "7,3 МБ"},
	} {
		first, second := numeral.Apart(c.a, c.b)
		if plain(first.In(fault.Russian)) != c.first || plain(second.In(fault.Kazakh)) != c.second {
			t.Errorf("%d and %d: %q and %q", c.a, c.b, first.In(fault.Russian), second.In(fault.Kazakh))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		a := random.Uint64() >> random.UintN(64)
		for _, b := range []uint64{a + 1, a - 1, random.Uint64() >> random.UintN(64), math.MaxUint64 - a} {
			first, second := numeral.Apart(a, b)
			for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
				if same := first.In(l) == second.In(l); same != (a == b) {
					t.Fatalf("%d and %d: %q and %q", a, b, first.In(l), second.In(l))
				}
			}
		}
	}
}
