package index

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/qoyma/qoyma/services/catalogue/internal/words"
)

// few is how long a posting list grows before it becomes bitmaps: most terms of a real
// catalogue stand in a handful of documents, where a bitmap costs ten times the list.
const few = 64

// posting is the documents of one term. Short: a sorted list of id·2 + 1 if the term
// stands in the title, else id·2. Long: bitmaps of all and of those with it in the title.
type posting struct {
	list       []uint32
	all, title *roaring.Bitmap
}

// add adds a document; a list that grows beyond most becomes bitmaps.
func (p *posting) add(id uint32, title bool, most int) {
	if p.all != nil {
		p.all.Add(id)
		if title {
			p.title.Add(id)
		}
		return
	}
	at, _ := slices.BinarySearch(p.list, id<<1)
	p.list = slices.Insert(p.list, at, id<<1|bit(title))
	if len(p.list) > most {
		all, titles := roaring.New(), roaring.New()
		p.orInto(all, false)
		p.orInto(titles, true)
		*p = posting{all: all, title: titles}
	}
}

func (p *posting) remove(id uint32) {
	if p.all != nil {
		p.all.Remove(id)
		p.title.Remove(id)
		return
	}
	if at, _ := slices.BinarySearch(p.list, id<<1); at < len(p.list) && p.list[at]>>1 == id {
		p.list = slices.Delete(p.list, at, at+1)
	}
}

func (p *posting) empty() bool {
	if p.all != nil {
		return p.all.IsEmpty()
	}
	return len(p.list) == 0
}

// orInto adds the documents, or those with the term in the title, to a bitmap.
func (p *posting) orInto(to *roaring.Bitmap, title bool) {
	switch {
	case p.all == nil:
		for _, entry := range p.list {
			if !title || entry&1 == 1 {
				to.Add(entry >> 1)
			}
		}
	case title:
		to.Or(p.title)
	default:
		to.Or(p.all)
	}
}

// orDense is orInto for the union of very many terms.
func (p *posting) orDense(to []uint64, title bool) {
	set := func(id uint32) { to[id>>6] |= 1 << (id & 63) }
	if p.all == nil {
		for _, entry := range p.list {
			if !title || entry&1 == 1 {
				set(entry >> 1)
			}
		}
		return
	}
	ids := p.all
	if title {
		ids = p.title
	}
	var buffer [1024]uint32
	for it := ids.ManyIterator(); ; {
		n := it.NextMany(buffer[:])
		if n == 0 {
			return
		}
		for _, id := range buffer[:n] {
			set(id)
		}
	}
}

// countIn is how many of the documents are in the bitmap.
func (p *posting) countIn(in *roaring.Bitmap) int {
	if p.all != nil {
		return int(p.all.AndCardinality(in))
	}
	n := 0
	for _, entry := range p.list {
		if in.Contains(entry >> 1) {
			n++
		}
	}
	return n
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// lexicon is the terms with their postings. A term is gone with its last document. For
// prefixes the terms are kept sorted, except the fresh ones, which are few and are looked
// through; settle merges them when they become many.
type lexicon struct {
	ids      map[string]uint32
	names    []string
	postings []posting
	skeleton map[string][]uint32 // Cyrillic terms by their skeleton
	sorted   []uint32
	fresh    []uint32
	unused   []uint32 // terms without documents, still in sorted or fresh
	free     []uint32
	few      int // see few; smaller in tests
	slack    int // how many fresh or unused terms are let stand in any case
}

func newLexicon() lexicon {
	return lexicon{ids: map[string]uint32{}, skeleton: map[string][]uint32{}, few: few, slack: 4096}
}

// add notes that a document has a term and gives the entry under which to remove it.
func (l *lexicon) add(term string, id uint32, title bool) uint32 {
	t, ok := l.ids[term]
	if !ok {
		t = uint32(len(l.names))
		if n := len(l.free); n > 0 {
			t, l.free = l.free[n-1], l.free[:n-1]
			l.names[t] = term
		} else {
			l.names = append(l.names, term)
			l.postings = append(l.postings, posting{})
		}
		l.ids[term] = t
		l.fresh = append(l.fresh, t)
		if words.Cyrillic(term) {
			s := words.Skeleton(term)
			l.skeleton[s] = append(l.skeleton[s], t)
		}
	}
	l.postings[t].add(id, title, l.few)
	return t
}

func (l *lexicon) remove(t, id uint32) {
	p := &l.postings[t]
	p.remove(id)
	if !p.empty() {
		return
	}
	term := l.names[t]
	delete(l.ids, term)
	if s := words.Skeleton(term); words.Cyrillic(term) {
		if rest := slices.DeleteFunc(l.skeleton[s], func(u uint32) bool { return u == t }); len(rest) > 0 {
			l.skeleton[s] = rest
		} else {
			delete(l.skeleton, s)
		}
	}
	l.postings[t] = posting{}
	l.unused = append(l.unused, t)
}

// settle keeps the fresh and the unused terms few beside the sorted ones.
func (l *lexicon) settle() {
	most := max(l.slack, len(l.sorted)/16)
	if len(l.fresh) <= most && len(l.unused) <= most {
		return
	}
	gone := func(t uint32) bool { return l.postings[t].empty() }
	l.sorted = slices.DeleteFunc(l.sorted, gone)
	l.fresh = slices.DeleteFunc(l.fresh, gone)
	byName := func(a, b uint32) int { return strings.Compare(l.names[a], l.names[b]) }
	slices.SortFunc(l.fresh, byName)
	merged := make([]uint32, 0, len(l.sorted)+len(l.fresh))
	i := 0
	for _, t := range l.fresh {
		for i < len(l.sorted) && byName(l.sorted[i], t) < 0 {
			merged = append(merged, l.sorted[i])
			i++
		}
		merged = append(merged, t)
	}
	l.sorted = append(merged, l.sorted[i:]...)
	l.fresh = l.fresh[:0]
	for _, t := range l.unused {
		l.names[t] = ""
	}
	l.free = append(l.free, l.unused...)
	l.unused = l.unused[:0]
}

// beginning are the living terms that begin with prefix, in no certain order.
func (l *lexicon) beginning(prefix string) []uint32 {
	var found []uint32
	start := sort.Search(len(l.sorted), func(i int) bool { return l.names[l.sorted[i]] >= prefix })
	for _, t := range l.sorted[start:] {
		if !strings.HasPrefix(l.names[t], prefix) {
			break
		}
		found = append(found, t)
	}
	for _, t := range l.fresh {
		if strings.HasPrefix(l.names[t], prefix) {
			found = append(found, t)
		}
	}
	return slices.DeleteFunc(found, func(t uint32) bool { return l.postings[t].empty() })
}

// encode packs the entries of a document as the differences of the sorted entries.
func encode(entries []uint32) []byte {
	slices.Sort(entries)
	packed := make([]byte, 0, 2*len(entries)+4)
	last := uint32(0)
	for _, e := range entries {
		packed = binary.AppendUvarint(packed, uint64(e-last))
		last = e
	}
	return slices.Clip(packed)
}

// decode yields what encode packed.
func decode(packed []byte) func(func(uint32) bool) {
	return func(yield func(uint32) bool) {
		last := uint32(0)
		for len(packed) > 0 {
			d, n := binary.Uvarint(packed)
			if n <= 0 {
				return
			}
			last, packed = last+uint32(d), packed[n:]
			if !yield(last) {
				return
			}
		}
	}
}
