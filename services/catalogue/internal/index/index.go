// Package index is the catalogue's search index held in memory: the delta that is
// rebuilt from the store at start and takes every change at once. Immutable segments
// will lie beneath it later; its answers will stay the same.
//
// What one reader may not see never enters a result, a count, a facet or a suggestion:
// the [Scope] is intersected first, and ranking uses nothing that depends on other
// documents, so that a hidden record cannot be inferred (IS-5, IS-7).
//
// One writer at a time, any number of readers. Readers share a read lock for the length
// of one search; the writer analyses text before it takes the lock, and holds it only to
// put numbers into lists. See README.md for why this and not copies.
package index

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// Text is a text in the three languages of the catalogue; any may be empty.
type Text struct{ KK, RU, EN string }

// Document is what the index knows of a fonds, an inventory or a file. Its kind is the
// level of its key.
type Document struct {
	Key        []byte // archcode.Code.Key; the identity: a later Put replaces
	Title      Text
	Annotation Text
	FondsName  Text
	From, To   int    // outer dates, in years 1 to 9999; both 0 where there are none
	Level      uint8  // level of the label
	Grounds    uint32 // grounds of restriction, as bits that the caller assigns
}

// Scope is what a reader may see: a document is readable if and only if its level is at
// most MaxLevel and its grounds are a subset of Grounds.
type Scope struct {
	MaxLevel uint8
	Grounds  uint32
}

// Reads says whether a document with this label is in the scope.
func (s Scope) Reads(level uint8, grounds uint32) bool {
	return level <= s.MaxLevel && grounds&^s.Grounds == 0
}

// YearsFault refuses outer dates that no calendar has.
var YearsFault = fault.Define(fault.Invalid, "index.years",
	"the outer dates {from}–{to} are not possible; give years from 1 to 9999, the earlier first, or none",
	"крайние даты {from}–{to} невозможны; укажите годы от 1 до 9999, сначала ранний, или не указывайте",
	"{from}–{to} шеткі даталары мүмкін емес; 1-ден 9999-ға дейінгі жылдарды, алдымен ертесін көрсетіңіз не мүлде жазбаңыз")

// label is a level with its grounds; there are few of them, each with its documents.
type label struct {
	level   uint8
	grounds uint32
}

// document is a stored document: what search and a later removal need. The text is not kept.
type document struct {
	key      string
	terms    []byte // the lexicon's entries of this document, see encode
	from, to int16
	label    label
	kind     archcode.Level
}

// Index is the search index. The zero value is not ready; use New.
type Index struct {
	write    sync.Mutex // one writer; guards analyser
	analyser analyser

	mu    sync.RWMutex // guards everything below
	byKey map[string]uint32
	docs  []document // by id
	order []uint64   // by id: see approximate
	fonds []uint32   // by id: number of the fonds in groups
	free  []uint32   // ids to use again

	lexicon lexicon
	labels  map[label]*roaring.Bitmap
	kinds   [archcode.FileLevel + 1]*roaring.Bitmap
	decades map[int]*roaring.Bitmap
	groups  groups
}

// New is an empty index.
func New() *Index {
	x := &Index{
		byKey:   map[string]uint32{},
		lexicon: newLexicon(),
		labels:  map[label]*roaring.Bitmap{},
		decades: map[int]*roaring.Bitmap{},
		groups:  newGroups(),
	}
	for i := range x.kinds {
		x.kinds[i] = roaring.New()
	}
	return x
}

// Len is how many documents the index holds, visible or not; for metrics only.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.byKey)
}

// Put adds documents, each replacing the one with its key. A reader sees all of them or
// none, and waits meanwhile: beside readers keep batches to about a hundred documents; while
// filling at start take a thousand. On an error ([YearsFault], [archcode.KeyFault]) nothing is changed.
func (x *Index) Put(docs ...Document) error {
	x.write.Lock()
	defer x.write.Unlock()
	ready := make([]analysed, len(docs))
	for i := range docs {
		var err error
		if ready[i], err = x.analyser.analyse(&docs[i]); err != nil {
			return err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range ready {
		x.remove(string(docs[i].Key))
		x.add(&docs[i], &ready[i])
	}
	x.lexicon.settle()
	return nil
}

// Delete removes the documents with these keys; a key that is not there is no error.
func (x *Index) Delete(keys ...[]byte) {
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, key := range keys {
		x.remove(string(key))
	}
	x.lexicon.settle()
}

func (x *Index) add(d *Document, a *analysed) {
	id := uint32(len(x.docs))
	if n := len(x.free); n > 0 {
		id, x.free = x.free[n-1], x.free[:n-1]
	} else {
		x.docs = append(x.docs, document{})
		x.order = append(x.order, 0)
		x.fonds = append(x.fonds, 0)
	}
	key := string(d.Key)
	entries := make([]uint32, 0, len(a.title)+len(a.rest))
	for _, term := range a.title {
		entries = append(entries, x.lexicon.add(term, id, true))
	}
	for _, term := range a.rest {
		entries = append(entries, x.lexicon.add(term, id, false))
	}
	x.byKey[key] = id
	x.docs[id] = document{
		key: key, terms: encode(entries), from: int16(d.From), to: int16(d.To),
		label: label{d.Level, d.Grounds}, kind: a.code.Level(),
	}
	x.order[id] = approximate(a.code)
	x.fonds[id] = x.groups.add(a.code, id)
	x.kinds[a.code.Level()].Add(id)
	l := x.docs[id].label
	if x.labels[l] == nil {
		x.labels[l] = roaring.New()
	}
	x.labels[l].Add(id)
	for decade := range decadesOf(x.docs[id].from, x.docs[id].to) {
		if x.decades[decade] == nil {
			x.decades[decade] = roaring.New()
		}
		x.decades[decade].Add(id)
	}
}

func (x *Index) remove(key string) {
	id, ok := x.byKey[key]
	if !ok {
		return
	}
	d := &x.docs[id]
	for entry := range decode(d.terms) {
		x.lexicon.remove(entry, id)
	}
	code, err := archcode.ParseKey([]byte(key))
	if err == nil { // it was read when the document came
		x.groups.remove(code, id)
	}
	x.kinds[d.kind].Remove(id)
	x.labels[d.label].Remove(id)
	if x.labels[d.label].IsEmpty() {
		delete(x.labels, d.label)
	}
	for decade := range decadesOf(d.from, d.to) {
		x.decades[decade].Remove(id)
		if x.decades[decade].IsEmpty() {
			delete(x.decades, decade)
		}
	}
	delete(x.byKey, key)
	x.docs[id] = document{}
	x.free = append(x.free, id)
}

// decadesOf yields the first year of each decade that the outer dates touch.
func decadesOf(from, to int16) func(func(int) bool) {
	return func(yield func(int) bool) {
		if from == 0 {
			return
		}
		for d := int(from) / 10 * 10; d <= int(to); d += 10 {
			if !yield(d) {
				return
			}
		}
	}
}

// approximate packs a code into a number that never decreases from one code to a later
// one, so that sorting hits rarely looks at keys: 18 bits of index letters, 24 of fonds
// number, 1 for its letters, 9 of inventory, 12 of file. Where a part does not fit, or has
// letters, the bits below it are all ones and the keys decide.
func approximate(c archcode.Code) uint64 {
	key := c.OfFonds().Key()
	var n uint64
	for i := range 3 {
		n <<= 6
		if i < len(c.Fonds.Index)/2 { // two bytes of UTF-8 to a Cyrillic letter
			n |= uint64(key[i])
		}
	}
	if len(c.Fonds.Index)/2 > 3 {
		return n<<46 | (1<<46 - 1)
	}
	n = n<<24 | uint64(c.Fonds.Number)
	if c.Fonds.Letters != "" {
		return n<<22 | (1<<22 - 1)
	}
	n = n<<10 | min(uint64(c.Inventory.Number), 511) // the bit above is that of the fonds' letters
	if c.Inventory.Letters != "" || c.Inventory.Number >= 511 {
		return n<<12 | (1<<12 - 1)
	}
	return n<<12 | min(uint64(c.File.Number), 4095)
}
