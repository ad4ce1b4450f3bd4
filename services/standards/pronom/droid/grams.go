package droid

import (
	"bytes"
	"encoding/binary"
)

// gram is four bytes of which a file must have one or the other for a signature to hold. One
// pass over a window finds all of them, and most signatures need then not be tried: without it
// each would search the window for itself.
type gram struct {
	any        []int // none: nothing is known to be needed
	head, tail bool  // where it must be
}

// grams is what a pass looks for: a small table that says no to nearly every place, and a map
// for the rest.
type grams struct {
	maybe [1 << 12]uint64
	ids   map[[4]byte]int
}

func place(four []byte) (word uint32, bit uint64) {
	h := binary.LittleEndian.Uint32(four) * 0x9E3779B1 >> 14
	return h >> 6, 1 << (h & 63)
}

// add chooses the grams for a signature: of all that every file of it has, the four bytes with
// the most different ones, which are the rarest; of alternatives, each its own.
func (g *grams) add(s *signature) {
	var needed [][]byte
	best := 1 // four times one byte is everywhere
	for i := range s.sequences {
		q := &s.sequences[i]
		for _, ways := range q.needs() {
			if chosen, worth := rarest(ways); worth > best || worth == best && len(chosen) < len(needed) {
				needed, best = chosen, worth
				s.gram.head, s.gram.tail = !q.fromEnd, q.fromEnd || q.anywhere
			}
		}
	}
	for _, four := range needed {
		key := [4]byte(four)
		if g.ids[key] == 0 {
			g.ids[key] = len(g.ids) + 1
			word, bit := place(four)
			g.maybe[word] |= bit
		}
		s.gram.any = append(s.gram.any, g.ids[key])
	}
}

// rarest chooses a gram for each of several alternatives; what they are worth together is what
// the commonest of them is. Nothing where one of them has no four bytes.
func rarest(ways [][][]byte) (chosen [][]byte, worth int) {
	worth = 4
	for _, literals := range ways {
		var four []byte
		most := 0
		for _, l := range literals {
			for at := 0; at+4 <= len(l); at++ {
				if n := different(l[at : at+4]); n > most {
					four, most = l[at:at+4], n
				}
			}
		}
		if four == nil {
			return nil, 0
		}
		chosen, worth = append(chosen, four), min(worth, most)
	}
	return chosen, worth
}

func different(b []byte) int {
	n := 0
	for i := range b {
		if bytes.IndexByte(b[:i], b[i]) < 0 {
			n++
		}
	}
	return n
}

// needs are what a sequence cannot do without: for each place, the literals of each of its
// alternatives.
func (q *sequence) needs() (all [][][][]byte) {
	for i := range q.parts {
		p := &q.parts[i]
		for j := range p.main.atoms {
			switch a := &p.main.atoms[j]; a.kind {
			case literal:
				all = append(all, [][][]byte{{a.low}})
			case choice:
				var ways [][][]byte
				for _, way := range a.ways {
					ways = append(ways, literals(way))
				}
				all = append(all, ways)
			case one, between, gap:
			}
		}
		for _, side := range [][]fragment{p.left, p.right} {
			for j := range side {
				var ways [][][]byte
				for k := range side[j].ways {
					ways = append(ways, literals(side[j].ways[k].atoms))
				}
				all = append(all, ways)
			}
		}
	}
	return all
}

func literals(atoms []atom) (all [][]byte) {
	for i := range atoms {
		if atoms[i].kind == literal {
			all = append(all, atoms[i].low)
		}
	}
	return all
}

// seen is a set of grams, by id.
type seen []uint64

func (s seen) has(id int) bool { return s[id>>6]&(1<<(id&63)) != 0 }

// in finds the grams of a window.
func (g *grams) in(window []byte) seen {
	s := make(seen, len(g.ids)>>6+1)
	for i := 0; i+4 <= len(window); i++ {
		word, bit := place(window[i : i+4])
		if g.maybe[word]&bit == 0 {
			continue
		}
		if id := g.ids[[4]byte(window[i:i+4])]; id > 0 {
			s[id>>6] |= 1 << (id & 63)
		}
	}
	return s
}

// possible says whether one of a signature's grams is where it must be.
func (m *gram) possible(head, tail seen) bool {
	for _, id := range m.any {
		if m.head && head.has(id) || m.tail && tail.has(id) {
			return true
		}
	}
	return len(m.any) == 0
}
