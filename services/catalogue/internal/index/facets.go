package index

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/qoyma/qoyma/services/catalogue/internal/words"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// count fills in the total and the facets; the hits are already within the scope.
func (x *Index) count(s *search, r *Result) {
	if s.all == nil || s.all.IsEmpty() {
		return
	}
	r.Total = int(s.all.GetCardinality())
	for kind := archcode.FondsLevel; kind <= archcode.FileLevel; kind++ {
		if n := int(s.all.AndCardinality(x.kinds[kind])); n > 0 {
			r.Kinds = append(r.Kinds, Count[archcode.Level]{kind, n})
		}
	}
	for _, decade := range slices.Sorted(maps.Keys(x.decades)) {
		if n := int(s.all.AndCardinality(x.decades[decade])); n > 0 {
			r.Decades = append(r.Decades, Count[int]{decade, n})
		}
	}
	r.Fonds = x.countFonds(s.all)
}

// countFonds counts the hits of each fonds in one pass.
func (x *Index) countFonds(hits *roaring.Bitmap) []Count[archcode.Code] {
	counts := make([]uint32, len(x.groups.keys))
	var buffer [1024]uint32
	for it := hits.ManyIterator(); ; {
		n := it.NextMany(buffer[:])
		if n == 0 {
			break
		}
		for _, id := range buffer[:n] {
			counts[x.fonds[id]]++
		}
	}
	better := func(a, b uint32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(x.groups.keys[a], x.groups.keys[b]))
	}
	var top []uint32 // sorted; few, so that insertion is cheap
	for f, n := range counts {
		if n == 0 || len(top) == MaxFonds && better(uint32(f), top[MaxFonds-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, uint32(f), better)
		top = slices.Insert(top[:min(len(top), MaxFonds-1)], min(at, MaxFonds-1), uint32(f))
	}
	facet := make([]Count[archcode.Code], 0, len(top))
	for _, f := range top {
		code, err := archcode.ParseKey([]byte(x.groups.keys[f]))
		if err != nil {
			continue // cannot be: the key was made from a code
		}
		facet = append(facet, Count[archcode.Code]{code, int(counts[f])})
	}
	return facet
}

// Suggest gives up to n terms that begin with the last word of the text, with the number
// of documents in scope that have them, the most frequent first. A term that stands only
// in hidden documents is not given. Terms are stems; a word of fewer than three letters gets none.
func (x *Index) Suggest(text string, scope Scope, n int) []Count[string] {
	text = cut(text)
	prefix := prefixOf(text, words.Query(text))
	if prefix == "" || n <= 0 {
		return nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	readable := x.readable(scope)
	var found []Count[string]
	for _, t := range x.lexicon.beginning(prefix) {
		if count := x.lexicon.postings[t].countIn(readable); count > 0 {
			found = append(found, Count[string]{x.lexicon.names[t], count})
		}
	}
	slices.SortFunc(found, func(a, b Count[string]) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return found[:min(len(found), n)]
}
