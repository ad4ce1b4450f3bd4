package store

import (
	"bytes"
	"testing"
)

// FuzzIDs: one file has one id and one key, whatever somebody sends.
func FuzzIDs(f *testing.F) {
	for _, seed := range []string{"almaly/2014/02-05/1", "a/2014/01-01/01", "a/+1/1/1", "a//1/1", "a/65536/1/1", "2026-1", "2026-01", "-", "a\x00/1/1/1", "а/1/ә/4294967295"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := parseFileID(s); ok {
			if id.String() != s {
				t.Errorf("%q reads as %q", s, id)
			}
			if back, err := idOfKey(id.key()); err != nil || back != id {
				t.Errorf("%q came back as %v, %v", s, back, err)
			}
		}
		if key, ok := transferKey(s); ok && (len(key) != 6 || bytes.Equal(key, make([]byte, 6)) && s != "0-0") {
			t.Errorf("%q gives %x", s, key)
		}
	})
}
