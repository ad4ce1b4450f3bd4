package messages_test

import (
	"testing"

	"github.com/qoyma/qoyma/services/gateway/internal/web/messages"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func TestATextThatLacksALanguageOrStandsTwiceIsRefused(t *testing.T) {
	c := messages.Catalogue{}
	if err := c.Add([]byte(`{"a.b": {"kk": "бір {n}", "ru": "один {n}", "en": "one {n}"}}`)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		`{"c": {"kk": "", "ru": "x", "en": "x"}}`, `{"c": {"kk": "x", "en": "x"}}`, `{"a.b": {"kk": "x", "ru": "x", "en": "x"}}`,
		`{"d": {"kk": "x", "ru": "x", "en": "x"}, "d": {"kk": "y", "ru": "y", "en": "y"}}`, `{`,
	} {
		if err := c.Add([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if got := c.Text(fault.Russian, "a.b", "n", 7); got != "один 7" {
		t.Errorf("%q", got)
	}
	if got := c.Text(fault.Kazakh, "no.such"); got != "‹no.such›" {
		t.Errorf("%q", got)
	}
}
