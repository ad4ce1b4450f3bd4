package index

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/catalogue/internal/words"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// model is the index as a plain map, searched by looking at every document.
type model map[string]Document

type modelHit struct {
	doc      Document
	code     archcode.Code
	exact    bool
	under    bool
	words    int // how many words of the query it has
	title    bool
	allWords bool
}

func termsOf(t Text) []string {
	return slices.Concat(words.Document(t.KK, fault.Kazakh), words.Document(t.RU, fault.Russian), words.Document(t.EN, fault.English))
}

func has(terms []string, w words.Word, prefix string) bool {
	return slices.ContainsFunc(terms, func(term string) bool {
		return slices.Contains(w.Terms, term) || prefix != "" && strings.HasPrefix(term, prefix) ||
			words.Cyrillic(term) && slices.Contains(w.Skeletons, words.Skeleton(term))
	})
}

func (m model) visible(q Query) []modelHit {
	var hits []modelHit
	for _, d := range m {
		code, err := archcode.ParseKey(d.Key)
		if err != nil {
			panic(err)
		}
		to := cmp.Or(q.Years.To, 9999)
		switch {
		case d.Level > q.Scope.MaxLevel || d.Grounds&^q.Scope.Grounds != 0:
		case !bytes.HasPrefix(d.Key, q.Within.Key()):
		case q.Kind != archcode.NoLevel && q.Kind != code.Level():
		case q.Years != (Years{}) && (d.From == 0 || d.From > to || d.To < q.Years.From):
		default:
			hits = append(hits, modelHit{doc: d, code: code})
		}
	}
	return hits
}

// lastPrefix is said here again, from the promise and not from the code.
func lastPrefix(text string) string {
	tokens := words.Tokens(text)
	if len(tokens) == 0 || strings.HasSuffix(text, " ") {
		return ""
	}
	last := tokens[len(tokens)-1].Text
	if utf8.RuneCountInString(last) < 3 {
		return ""
	}
	return last
}

func (m model) search(q Query) Result {
	query := words.Query(q.Words)
	code, err := archcode.Parse(q.Words)
	typed, prefix := err == nil, lastPrefix(q.Words)
	hits := m.visible(q)
	anyUnder, anyAll := false, false
	for i := range hits {
		h := &hits[i]
		h.exact = typed && bytes.Equal(h.doc.Key, code.Key())
		h.under = typed && bytes.HasPrefix(h.doc.Key, code.Key())
		title := termsOf(h.doc.Title)
		all := slices.Concat(title, termsOf(h.doc.Annotation), termsOf(h.doc.FondsName))
		h.title = true
		for j, w := range query {
			p := ""
			if j == len(query)-1 {
				p = prefix
			}
			if has(all, w, p) {
				h.words++
			}
			h.title = h.title && has(title, w, p)
		}
		h.allWords = len(query) > 0 && h.words == len(query)
		h.title = h.title && h.allWords
		anyUnder, anyAll = anyUnder || h.under, anyAll || h.allWords
	}
	result := Result{}
	anyWord := !anyAll && !anyUnder && len(query) > 1
	hits = slices.DeleteFunc(hits, func(h modelHit) bool {
		return !h.under && !h.allWords && (!anyWord || h.words == 0) && (len(query) > 0 || typed)
	})
	result.AnyWord = anyWord && len(hits) > 0
	rank := func(h modelHit) int {
		switch {
		case h.exact:
			return 0
		case h.under:
			return 1
		case h.title:
			return 2
		case h.allWords || len(query) == 0:
			return 3
		}
		return 100 - h.words
	}
	slices.SortFunc(hits, func(a, b modelHit) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.code.Level(), b.code.Level()), bytes.Compare(a.doc.Key, b.doc.Key))
	})
	result.Total = len(hits)
	result.facets(hits)
	for i, h := range hits {
		if i >= q.Offset && i < q.Offset+q.Limit {
			result.Hits = append(result.Hits, Hit{h.doc.Key, h.exact})
		}
	}
	return result
}

func (r *Result) facets(hits []modelHit) {
	kinds, decades, fonds := map[archcode.Level]int{}, map[int]int{}, map[string]int{}
	for _, h := range hits {
		kinds[h.code.Level()]++
		fonds[string(h.code.OfFonds().Key())]++
		for y := 0; y < 10_000 && h.doc.From > 0; y += 10 {
			if h.doc.From <= y+9 && h.doc.To >= y {
				decades[y]++
			}
		}
	}
	for k := archcode.FondsLevel; k <= archcode.FileLevel; k++ {
		if kinds[k] > 0 {
			r.Kinds = append(r.Kinds, Count[archcode.Level]{k, kinds[k]})
		}
	}
	for y := 0; y < 10_000; y += 10 {
		if decades[y] > 0 {
			r.Decades = append(r.Decades, Count[int]{y, decades[y]})
		}
	}
	for key, n := range fonds {
		code, err := archcode.ParseKey([]byte(key))
		if err != nil {
			panic(err)
		}
		r.Fonds = append(r.Fonds, Count[archcode.Code]{code, n})
	}
	slices.SortFunc(r.Fonds, func(a, b Count[archcode.Code]) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), bytes.Compare(a.Value.Key(), b.Value.Key()))
	})
	r.Fonds = r.Fonds[:min(len(r.Fonds), MaxFonds)]
}

func (m model) suggest(text string, scope Scope, n int) []Count[string] {
	prefix := lastPrefix(text)
	if prefix == "" {
		return nil
	}
	counts := map[string]int{}
	for _, h := range m.visible(Query{Scope: scope}) {
		terms := slices.Concat(termsOf(h.doc.Title), termsOf(h.doc.Annotation), termsOf(h.doc.FondsName))
		slices.Sort(terms)
		for _, term := range slices.Compact(terms) {
			if strings.HasPrefix(term, prefix) {
				counts[term]++
			}
		}
	}
	var found []Count[string]
	for term, count := range counts {
		found = append(found, Count[string]{term, count})
	}
	slices.SortFunc(found, func(a, b Count[string]) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return found[:min(len(found), n)]
}
