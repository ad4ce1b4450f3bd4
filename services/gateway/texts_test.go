package gateway

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/gateway/internal/pages/department"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

var (
	value = regexp.MustCompile(`\{[a-z]+\}`)
	used  = regexp.MustCompile("\\b(?:T|In|Wrong|Nav|Done|Field|Choice|Pick|Text)\\b[( ][^\n}]*?\"([a-z]+\\.[a-z.0-9-]+)\"")
	quote = regexp.MustCompile("\"([a-z]+\\.[a-z.0-9_-]*)\"")
)

// sources is every template and handler of the pages.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
			return err
		}
		raw, err := os.ReadFile(path)
		all.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestEveryTextNamesTheSameValues compares what a text fills in, in the three languages. That none
// lacks a language the program itself checks at its start (IS-3).
func TestEveryTextNamesTheSameValues(t *testing.T) {
	site, err := newSite(web.Config{}, nil, department.Config{})
	if err != nil {
		t.Fatal(err)
	}
	names := func(text string) []string {
		found := value.FindAllString(text, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key, m := range site.Messages() {
		for _, text := range []string{m.KK, m.RU} {
			if !slices.Equal(names(text), names(m.EN)) {
				t.Errorf("%s: %q names %v, the English text %v", key, text, names(text), names(m.EN))
			}
		}
	}
}

// TestEveryTextIsUsedAndEveryUseExists reads the templates and handlers. A text counts as used
// where its key stands in quotes, or the beginning of its key up to a dot.
func TestEveryTextIsUsedAndEveryUseExists(t *testing.T) {
	site, err := newSite(web.Config{}, nil, department.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c, all := site.Messages(), sources(t)
	for _, m := range used.FindAllStringSubmatch(all, -1) {
		if key := m[1]; !c.Has(key) && !strings.HasSuffix(key, ".") {
			t.Errorf("%s is used and does not exist", key)
		}
	}
	quoted := map[string]bool{}
	for _, m := range quote.FindAllStringSubmatch(all, -1) {
		quoted[m[1]] = true
	}
	for key := range c {
		found := quoted[key]
		for i := range key {
			found = found || key[i] == '.' && quoted[key[:i+1]]
		}
		if !found {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

// asking is a request by another word than the field's, which is "сұрау салу" (запрос); verbs are the four below.
var asking = regexp.MustCompile(`(?i)сұрау[а-яәғқңөұүһі]*(?: са)?`)

// TestARequestHasOneWordInKazakh.
func TestARequestHasOneWordInKazakh(t *testing.T) {
	site, err := newSite(web.Config{}, nil, department.Config{})
	if err != nil {
		t.Fatal(err)
	}
	verbs := []string{"task.request", "ask.iin.hint", "desk.clarify", "desk.clarify.hint"}
	for key, m := range site.Messages() {
		for _, found := range asking.FindAllString(m.KK, -1) {
			if !strings.HasSuffix(found, " са") && !slices.Contains(verbs, key) {
				t.Errorf("%s: %q", key, m.KK)
			}
		}
	}
}
