package store

import (
	"bytes"
	"fmt"
	"testing"
)

// FuzzAnnouncedNumber: what is read is what would be written, and announced transfers come after those
// of retention, in the order of their numbers.
func FuzzAnnouncedNumber(f *testing.F) {
	for _, s := range []string{"A2026-1", "A2026-10", "2026-1", "A02026-1", "A2026-01", "A-1", "A65536-1", "AA2026-1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		year, n, err := announcedNumber(s)
		if err != nil {
			return
		}
		if fmt.Sprintf("A%d-%d", year, n) != s {
			t.Errorf("%q is read as %d and %d", s, year, n)
		}
		if n < 1<<31 && bytes.Compare(key(s), key(fmt.Sprintf("A%d-%d", year, n+1))) >= 0 {
			t.Errorf("%q does not come before its successor", s)
		}
		if bytes.Compare(key("9999-1"), key(s)) >= 0 {
			t.Errorf("%q comes before a transfer of retention", s)
		}
	})
}
