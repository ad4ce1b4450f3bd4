package numeral_test

import (
	"testing"

	"github.com/qoyma/qoyma/services/platform/numeral"
)

func TestRuns(t *testing.T) {
	for _, c := range []struct {
		numbers []uint32
		most    int
		text    string
		left    int
	}{
		{nil, 5, "", 0},
		{[]uint32{7}, 5, "7", 0},
		{[]uint32{9, 3, 8, 7, 3}, 5, "3, 7–9", 0},
		{[]uint32{1, 2, 4, 5, 6, 9}, 2, "1–2, 4–6", 1},
		{[]uint32{1, 3, 5, 6, 7}, 2, "1, 3", 3},
		{[]uint32{1<<32 - 2, 1<<32 - 1, 0}, 2, "0, 4294967294–4294967295", 0},
		{[]uint32{1}, 0, "", 1},
	} {
		if text, left := numeral.Runs(c.numbers, c.most); text != c.text || left != c.left {
			t.Errorf("%v, %d: %q and %d, want %q and %d", c.numbers, c.most, text, left, c.text, c.left)
		}
	}
}
