package check

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/store"
)

//go:embed findings.json
var findingsJSON []byte

// words are the texts of findings, and of what is being checked, in Kazakh and Russian. A service words its finding in English, as
// fmt.Sprintf takes it; that form is the key, and the other languages name the same values, in
// whatever order. Where is said by its first words: they name a kind of thing, the rest names one.
type words struct {
	What  map[string][2]string `json:"what"`
	Where map[string][2]string `json:"where"`
	// Progress has the same form as What.
	Progress map[string][2]string `json:"progress"`
}

func readWords() (w words, err error) {
	if err := json.Unmarshal(findingsJSON, &w); err != nil {
		return w, fmt.Errorf("check: words of findings: %w", err)
	}
	return w, nil
}

// unreadable is an error that is no fault, where it is all that a finding says.
var unreadable = fault.Define(fault.Internal, "check.unreadable",
	"it cannot be read: {problem}", "не читается: {problem}", "оқылмайды: {problem}")

// yesNo is a truth in words.
var yesNo = map[bool]*fault.Definition{
	true:  fault.Define(fault.Internal, "check.yes", "yes", "да", "иә"),
	false: fault.Define(fault.Internal, "check.no", "no", "нет", "жоқ"),
}

// say puts a problem into all languages of the interface.
func (w words) say(p store.Problem) store.Problem {
	p.Words = map[fault.Language]string{fault.English: p.Where + ": " + p.What}
	for i, l := range []fault.Language{fault.Kazakh, fault.Russian} {
		p.Words[l] = w.where(p.Where, i) + ": " + w.what(p, i, l)
	}
	return p
}

// progress puts a line of progress into all languages of the interface.
func (w words) progress(format string, args []any) map[fault.Language]string {
	said := map[fault.Language]string{fault.English: fmt.Sprintf(format, args...)}
	for i, l := range []fault.Language{fault.Kazakh, fault.Russian} {
		said[l] = fmt.Sprintf(w.Progress[format][i], args...)
	}
	return said
}

func (w words) what(p store.Problem, i int, l fault.Language) string {
	format, known := w.What[p.Format]
	if !known { // of a service of another make: as it was said
		return p.What
	}
	args := make([]any, len(p.Args))
	for n, arg := range p.Args {
		args[n] = inLanguage(arg, l, p.Format == "%v")
	}
	return fmt.Sprintf(format[i], args...)
}

// inLanguage is a value as a text in a language takes it. alone says that it is the whole text.
func inLanguage(arg any, l fault.Language, alone bool) any {
	switch v := arg.(type) {
	case nil:
		return said("–")
	case bool:
		return said(yesNo[v].With().In(l))
	case error:
		if f, ok := fault.Named(v); ok {
			return said(f.In(l))
		}
		if alone {
			return said(unreadable.With("problem", v).In(l))
		}
		return said(v.Error())
	}
	return arg
}

// said is a text that stands for a value of another type, whatever the verb.
type said string

// Format implements fmt.Formatter.
func (s said) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s)) } // fmt's own buffer

// where says what kind of thing a place is; the longest known beginning names it.
func (w words) where(place string, i int) string {
	for _, kind := range slices.SortedFunc(maps.Keys(w.Where), func(a, b string) int { return len(b) - len(a) }) {
		if rest, ok := strings.CutPrefix(place, kind); ok && (rest == "" || strings.HasPrefix(rest, " ")) {
			return w.Where[kind][i] + rest
		}
	}
	return place
}
