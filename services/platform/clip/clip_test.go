package clip_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/clip"
)

func TestClip(t *testing.T) {
	for name, c := range map[string]struct {
		text                 string
		most                 int
		runes, within, bytes string
	}{
		"empty":                    {"", 4, "", "", ""},
		"empty, no room":           {"", 0, "", "", ""},
		"short":                    {"дело", 9, "дело", "дело", "дело"},
		"at the limit of each":     {"file", 4, "file", "file", "file"},
		"one over":                 {"files", 4, "file…", "fil…", "file…"},
		"at the limit, letters":    {"дело", 4, "дело", "дело", "де…"},
		"one over, letters":        {"қойма", 4, "қойм…", "қой…", "қо…"},
		"at the limit, bytes":      {"дело", 8, "дело", "дело", "дело"},
		"half a letter":            {"дело", 7, "дело", "дело", "дел…"},
		"beyond the first plane":   {"😀😀😀", 2, "😀😀…", "😀…", "…"},
		"combining mark at limit":  {"и\u0306", 2, "и\u0306", "и\u0306", "и…"},
		"combining mark cut":       {"аи\u0306б", 2, "аи…", "а…", "а…"},
		"mark of our own":          {"…", 1, "…", "…", "…"},
		"invalid bytes":            {"a\xff\xfeb", 9, "a\uFFFDb", "a\uFFFDb", "a\uFFFDb"},
		"invalid bytes at limit":   {"a\xff\xfeb", 3, "a\uFFFDb", "a\uFFFDb", "a…"},
		"invalid bytes, one over":  {"a\xff\xfebc", 3, "a\uFFFDb…", "a\uFFFD…", "a…"},
		"nothing but such":         {"\xff\xff\xff", 2, "\uFFFD", "\uFFFD", "…"},
		"half a letter at the end": {"де\xd0", 4, "де\uFFFD", "де\uFFFD", "де…"},
		"control characters":       {"a\x00\nb", 3, "a\x00\n…", "a\x00…", "a\x00\n…"},
		"no room":                  {"дело", 0, "…", "…", "…"},
		"less than no room":        {"дело", -3, "…", "…", "…"},
	} {
		for of, got := range map[string][2]string{
			"Runes": {clip.Runes(c.text, c.most), c.runes}, "Within": {clip.Within(c.text, c.most), c.within}, "Bytes": {clip.Bytes(c.text, c.most), c.bytes},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %s(%q, %d) = %q, want %q", name, of, c.text, c.most, got[0], got[1])
			}
		}
	}
	for n, want := range map[int]string{40: strings.Repeat("ж", 40), 41: strings.Repeat("ж", 40) + "…"} {
		if got := clip.Value(strings.Repeat("ж", n)); got != want {
			t.Errorf("Value of %d letters: %q", n, got)
		}
	}
}

// FuzzClip holds what is promised of every text and limit.
func FuzzClip(f *testing.F) {
	f.Add("қойма", 3)
	f.Add("a\xff\xfeb", 2)
	f.Add("", 1)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(1, most)
		whole := strings.ToValidUTF8(text, "\uFFFD")
		for of, c := range map[string]struct {
			got  string
			fits bool // the limit is kept
			cut  bool
		}{
			"Runes":  {clip.Runes(text, most), utf8.RuneCountInString(clip.Runes(text, most))-1 <= most, utf8.RuneCountInString(whole) > most},
			"Within": {clip.Within(text, most), utf8.RuneCountInString(clip.Within(text, most)) <= most, utf8.RuneCountInString(whole) > most},
			"Bytes":  {clip.Bytes(text, most), len(clip.Bytes(text, most))-len("…") <= most, len(whole) > most},
		} {
			kept, marked := strings.CutSuffix(c.got, "…")
			if !utf8.ValidString(c.got) || !c.fits || !c.cut && c.got != whole || c.cut && (!marked || !strings.HasPrefix(whole, kept)) {
				t.Errorf("%s(%q, %d) = %q", of, text, most, c.got)
			}
		}
	})
}
