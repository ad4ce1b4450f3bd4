package store

import (
	"bytes"
	"testing"
)

// FuzzIDs: one file has one id and one key, whatever somebody sends.
func FuzzIDs(f *testing.F) {
	for _, seed := range []string{"1", "01", "+1", "0", "-1", "18446744073709551615", "18446744073709551616", "1 ", "2026-1", "2026-01", "-", "а"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := parseFileID(s); ok {
			if id.String() != s {
				t.Errorf("%q reads as %q", s, id)
			}
			if len(id.key()) != 8 {
				t.Errorf("%q has the key %x", s, id.key())
			}
		}
		if key, ok := transferKey(s); ok && (len(key) != 6 || bytes.Equal(key, make([]byte, 6)) && s != "0-0") {
			t.Errorf("%q gives %x", s, key)
		}
	})
}
