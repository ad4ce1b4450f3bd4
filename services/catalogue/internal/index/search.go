package index

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/qoyma/qoyma/services/catalogue/internal/words"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// The bounds of one search; what lies beyond is cut, not refused.
const (
	MaxText   = 1024   // bytes of a query's text that are read
	MaxWords  = 16     // words of a query that count
	MaxLimit  = 1000   // hits of one page
	MaxWindow = 10_000 // Offset + Limit: nobody pages further, and it bounds the sorting
	MaxFonds  = 20     // fonds in the facet

	prefixLetters = 3 // the last word counts as a beginning from so many letters on
)

// Years is a span of years, both included; the zero value sets no bound.
type Years struct{ From, To int }

// Query is one search. The zero values of all but Scope and Limit mean no bound.
type Query struct {
	Words  string         // as typed: words, or an archival code in any spelling
	Within archcode.Code  // a fonds, an inventory or a file to stay within
	Years  Years          // documents whose outer dates touch the span; those without dates do not
	Kind   archcode.Level // only fonds, inventories or files
	Scope  Scope
	Offset int
	Limit  int
}

// Hit is one document found. Exact says that it is what the typed code names.
type Hit struct {
	Key   []byte
	Exact bool
}

// Count is a value of a facet with the number of visible hits that have it.
type Count[T any] struct {
	Value T
	Count int
}

// Result is the page asked for with the counts over all hits. AnyWord says that no
// document had all words, and those with any of them are listed, most words first.
type Result struct {
	Hits    []Hit
	Total   int
	AnyWord bool
	Fonds   []Count[archcode.Code]  // the MaxFonds most frequent, then by code
	Decades []Count[int]            // by first year; a document counts in each it touches
	Kinds   []Count[archcode.Level] // fonds, inventory, file; those that occur
}

// Search finds documents. First stands what a typed code names, then what lies under it,
// then documents with all words in the title, then with all words anywhere; within each,
// fonds before inventories before files, in the order of codes. The last word also
// stands for what begins with it. With no words and no code, everything in scope is found.
func (x *Index) Search(q Query) Result {
	text := cut(q.Words)
	query := words.Query(text)
	query = query[:min(len(query), MaxWords)]
	code, err := archcode.Parse(text)
	typed := err == nil
	prefix := prefixOf(text, query)

	x.mu.RLock()
	defer x.mu.RUnlock()
	base := x.base(q)
	if base.IsEmpty() {
		return Result{}
	}
	s := search{base: base, years: q.Years}
	exact, found := uint32(0), false
	if typed {
		under := x.within(&s, x.under(code))
		if exact, found = x.byKey[string(code.Key())]; found && under.Contains(exact) {
			s.take(roaring.BitmapOf(exact))
		} else {
			found = false
		}
		s.take(under)
	}
	result := Result{}
	switch {
	case len(query) > 0:
		result.AnyWord = x.byWords(&s, query, prefix)
	case !typed:
		s.take(x.dated(base, q.Years))
	}
	x.count(&s, &result)
	result.Hits = x.page(&s, q, exact, found)
	return result
}

// cut is the text as far as it is read, so that a giant query costs no more than a long one.
func cut(text string) string {
	if len(text) <= MaxText {
		return text
	}
	return strings.ToValidUTF8(text[:MaxText], "")
}

// prefixOf is the beginning that the last word stands for, or "".
func prefixOf(text string, query []words.Word) string {
	last := words.Last(text)
	if len(query) == 0 || query[len(query)-1].Text != last || utf8.RuneCountInString(last) < prefixLetters {
		return ""
	}
	return last
}

// base is what the search may see, but for the years, which are dearer and wait until
// there are fewer documents to look at. It may be shared with the index: read only.
func (x *Index) base(q Query) *roaring.Bitmap {
	base := x.readable(q.Scope)
	if q.Within.Level() != archcode.NoLevel {
		base = roaring.And(x.under(q.Within), base)
	}
	if q.Kind > archcode.NoLevel && q.Kind <= archcode.FileLevel {
		base = roaring.And(base, x.kinds[q.Kind])
	}
	return base
}

// readable is the documents in a scope; shared with the index where one label has them all.
func (x *Index) readable(scope Scope) *roaring.Bitmap {
	var may []*roaring.Bitmap
	for l, ids := range x.labels { // the union does not depend on the order
		if scope.Reads(l.level, l.grounds) {
			may = append(may, ids)
		}
	}
	if len(may) == 1 {
		return may[0]
	}
	return roaring.FastOr(may...)
}

// within cuts documents down to what the search may see.
func (x *Index) within(s *search, ids *roaring.Bitmap) *roaring.Bitmap {
	return x.dated(roaring.And(ids, s.base), s.years)
}

// dated is the documents among ids whose outer dates touch the years; ids themselves
// where no years are asked for.
func (x *Index) dated(ids *roaring.Bitmap, y Years) *roaring.Bitmap {
	if y == (Years{}) || ids.IsEmpty() {
		return ids
	}
	from, to := max(y.From, 1), y.To
	if to == 0 {
		to = 9999
	}
	inside, edge := roaring.New(), roaring.New()
	for decade, in := range x.decades {
		switch {
		case decade >= from && decade+9 <= to:
			inside.Or(roaring.And(in, ids))
		case decade+9 >= from && decade <= to:
			edge.Or(roaring.And(in, ids))
		}
	}
	edge.AndNot(inside)
	for it := edge.Iterator(); it.HasNext(); {
		id := it.Next()
		if d := &x.docs[id]; int(d.from) <= to && int(d.to) >= from {
			inside.Add(id)
		}
	}
	return inside
}

// search gathers hits in groups of falling rank; a document stands in its first group.
type search struct {
	base   *roaring.Bitmap // what may be found, but for the years
	years  Years
	groups []*roaring.Bitmap
	all    *roaring.Bitmap
}

func (s *search) take(ids *roaring.Bitmap) {
	if s.all == nil {
		s.all = ids.Clone()
		s.groups = append(s.groups, s.all.Clone())
		return
	}
	s.groups = append(s.groups, roaring.AndNot(ids, s.all))
	s.all.Or(ids)
}

// byWords takes the documents with all words, or, where there are none and no code was
// met, those with any; then it answers true.
func (x *Index) byWords(s *search, query []words.Word, prefix string) bool {
	matches := make([]*roaring.Bitmap, len(query))
	for i, w := range query {
		begins := ""
		if i == len(query)-1 {
			begins = prefix
		}
		matches[i] = roaring.And(x.having(x.termsOf(w, begins), false), s.base)
	}
	all := x.dated(intersection(matches), s.years)
	if !all.IsEmpty() {
		titles := all.Clone()
		for i, w := range query {
			begins := ""
			if i == len(query)-1 {
				begins = prefix
			}
			titles.And(x.having(x.termsOf(w, begins), true))
		}
		s.take(titles)
		s.take(all)
		return false
	}
	if len(query) < 2 || s.all != nil && !s.all.IsEmpty() {
		return false
	}
	for _, group := range byCount(matches) {
		s.take(x.dated(group, s.years))
	}
	return s.all != nil && !s.all.IsEmpty()
}

// termsOf are the numbers of the terms that a word stands for.
func (x *Index) termsOf(w words.Word, prefix string) []uint32 {
	var terms []uint32
	for _, term := range w.Terms {
		if t, ok := x.lexicon.ids[term]; ok {
			terms = append(terms, t)
		}
	}
	for _, skeleton := range w.Skeletons {
		terms = append(terms, x.lexicon.skeleton[skeleton]...)
	}
	if prefix != "" {
		terms = append(terms, x.lexicon.beginning(prefix)...)
	}
	return terms
}

// having is the documents with any of the terms, in the title only if so asked. It may
// be shared with the index: read only.
func (x *Index) having(terms []uint32, title bool) *roaring.Bitmap {
	if len(terms) == 1 {
		if p := &x.lexicon.postings[terms[0]]; p.all != nil {
			if title {
				return p.title
			}
			return p.all
		}
	}
	if len(terms) > 32 { // a union of many bitmaps is slow; bits set in a row are not
		dense := make([]uint64, (len(x.docs)+63)/64)
		for _, t := range terms {
			x.lexicon.postings[t].orDense(dense, title)
		}
		return roaring.FromDense(dense, false)
	}
	found := roaring.New()
	for _, t := range terms {
		x.lexicon.postings[t].orInto(found, title)
	}
	return found
}

// intersection is what all bitmaps share, the smallest first.
func intersection(bitmaps []*roaring.Bitmap) *roaring.Bitmap {
	sorted := slices.Clone(bitmaps)
	slices.SortStableFunc(sorted, func(a, b *roaring.Bitmap) int { return cmp.Compare(a.GetCardinality(), b.GetCardinality()) })
	all := sorted[0].Clone()
	for _, b := range sorted[1:] {
		all.And(b)
	}
	return all
}

// byCount parts the union of bitmaps by how many hold a document, most first. The counts
// are added for all documents at once, one bitmap to each binary digit.
func byCount(bitmaps []*roaring.Bitmap) []*roaring.Bitmap {
	var digits []*roaring.Bitmap
	for _, b := range bitmaps {
		carry := b.Clone()
		for i := 0; !carry.IsEmpty(); i++ {
			if i == len(digits) {
				digits = append(digits, roaring.New())
			}
			next := roaring.And(digits[i], carry)
			digits[i].Xor(carry)
			carry = next
		}
	}
	groups := make([]*roaring.Bitmap, 0, len(bitmaps))
	for n := len(bitmaps); n > 0; n-- {
		var having, lacking []*roaring.Bitmap
		for i, d := range digits {
			if n>>i&1 == 1 {
				having = append(having, d)
			} else {
				lacking = append(lacking, d)
			}
		}
		if len(having) == 0 || n>>len(digits) > 0 {
			continue
		}
		group := intersection(having)
		for _, d := range lacking {
			group.AndNot(d)
		}
		groups = append(groups, group)
	}
	return groups
}

// page sorts as much as the page needs.
func (x *Index) page(s *search, q Query, exact uint32, found bool) []Hit {
	offset := max(q.Offset, 0)
	limit := min(max(q.Limit, 0), MaxLimit, max(MaxWindow-offset, 0))
	var hits []Hit
	for _, group := range s.groups {
		for kind := archcode.FondsLevel; kind <= archcode.FileLevel && len(hits) < limit; kind++ {
			ids := roaring.And(group, x.kinds[kind])
			n := int(ids.GetCardinality())
			if n <= offset {
				offset -= n
				continue
			}
			for _, id := range x.first(ids, offset+limit-len(hits))[offset:] {
				hits = append(hits, Hit{Key: []byte(x.docs[id].key), Exact: found && id == exact})
			}
			offset = 0
		}
	}
	return hits
}

// first is the first n documents in the order of codes, by a heap of the n best so far.
func (x *Index) first(ids *roaring.Bitmap, n int) []uint32 {
	best := make([]uint32, 0, min(n, int(ids.GetCardinality())))
	after := func(a, b uint32) bool { return x.compare(a, b) > 0 }
	var buffer [1024]uint32
	for it := ids.ManyIterator(); ; {
		got := it.NextMany(buffer[:])
		if got == 0 {
			break
		}
		for _, id := range buffer[:got] {
			switch {
			case len(best) < n:
				best = append(best, id)
				siftUp(best, after)
			case x.order[id] <= x.order[best[0]] && after(best[0], id):
				best[0] = id
				siftDown(best, after)
			}
		}
	}
	slices.SortFunc(best, x.compare)
	return best
}

func (x *Index) compare(a, b uint32) int {
	if d := cmp.Compare(x.order[a], x.order[b]); d != 0 {
		return d
	}
	return strings.Compare(x.docs[a].key, x.docs[b].key)
}

func siftUp(heap []uint32, after func(a, b uint32) bool) {
	for i := len(heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !after(heap[i], heap[parent]) {
			return
		}
		heap[i], heap[parent] = heap[parent], heap[i]
		i = parent
	}
}

func siftDown(heap []uint32, after func(a, b uint32) bool) {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && after(heap[child+1], heap[child]) {
			child++
		}
		if !after(heap[child], heap[i]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
