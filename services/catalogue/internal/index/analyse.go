package index

import (
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/catalogue/internal/words"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// remembered bounds the analyser's memory of tokens; when it is full it begins anew.
const remembered = 1 << 17

// analyser turns documents into terms. It remembers the terms of words as typed, since a
// catalogue says the same words again and again, and folding and stemming is most of the work.
type analyser struct {
	memory map[typed][]string
}

// typed is a word as it stands in a field of a language.
type typed struct {
	raw   string
	field fault.Language
}

// analysed is a document's code and its distinct terms: those of the title, and those
// that stand only elsewhere.
type analysed struct {
	code        archcode.Code
	title, rest []string
}

func (a *analyser) analyse(d *Document) (analysed, error) {
	code, err := archcode.ParseKey(d.Key)
	if err != nil {
		return analysed{}, err
	}
	dated := d.From >= 1 && d.From <= d.To && d.To <= 9999
	if !dated && (d.From != 0 || d.To != 0) {
		return analysed{}, YearsFault.With("from", d.From, "to", d.To)
	}
	title := a.text(nil, d.Title)
	rest := a.text(a.text(nil, d.Annotation), d.FondsName)
	slices.Sort(title)
	title = slices.Compact(title)
	slices.Sort(rest)
	rest = slices.DeleteFunc(slices.Compact(rest), func(term string) bool {
		_, in := slices.BinarySearch(title, term)
		return in
	})
	return analysed{code, title, rest}, nil
}

func (a *analyser) text(terms []string, t Text) []string {
	for _, part := range [...]struct {
		text  string
		field fault.Language
	}{{t.KK, fault.Kazakh}, {t.RU, fault.Russian}, {t.EN, fault.English}} {
		if part.text == "" {
			continue
		}
		for raw := range words.Raw(part.text) {
			found, ok := a.memory[typed{raw, part.field}]
			if !ok {
				if len(a.memory) >= remembered || a.memory == nil {
					a.memory = make(map[typed][]string, 1024)
				}
				found = words.Terms(words.Fold(raw), part.field)
				a.memory[typed{strings.Clone(raw), part.field}] = found
			}
			terms = append(terms, found...)
		}
	}
	return terms
}
