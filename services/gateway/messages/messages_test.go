package messages_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/gateway/messages"
	"github.com/qoyma/qoyma/services/platform/fault"
)

var value = regexp.MustCompile(`\{[a-z]+\}`)

func TestEveryMessageIsThereInThreeLanguagesAndNamesTheSameValues(t *testing.T) {
	c, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	kk, ru := 0, 0
	for key, m := range c {
		want := value.FindAllString(m.EN, -1)
		slices.Sort(want)
		for _, text := range []string{m.KK, m.RU} {
			got := value.FindAllString(text, -1)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q names %v, the English text %v", key, text, got, want)
			}
		}
		kk, ru = kk+1, ru+1
		_ = fault.Kazakh
	}
	if kk < ru {
		t.Errorf("%d Kazakh texts, %d Russian (IS-3)", kk, ru)
	}
}

var used = regexp.MustCompile(`(?:t|text) "([a-z.0-9]+)"|\.text\("([a-z.0-9]+)"`)

// TestEveryMessageIsUsedAndEveryUseExists reads the templates and handlers.
func TestEveryMessageIsUsedAndEveryUseExists(t *testing.T) {
	c, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, pattern := range []string{"templates/*.html", "*.go"} {
		files, err := fs.Glob(os.DirFS(".."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			raw, err := os.ReadFile("../" + name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(raw)
		}
	}
	for _, m := range used.FindAllStringSubmatch(all.String(), -1) {
		if key := m[1] + m[2]; c[key].EN == "" {
			t.Errorf("%s is used and does not exist", key)
		}
	}
	for key := range c {
		prefix := key[:strings.LastIndex(key, ".")+1]
		if !strings.Contains(all.String(), `"`+key+`"`) && !strings.Contains(all.String(), `"`+prefix+`" `) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}
