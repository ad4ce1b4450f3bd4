package droid

import "bytes"

// budget bounds the places that are tried for one signature in one file: what hostile bytes can
// cost. The published signatures stay far below on real files.
const budget = 200_000

// scan is one signature's work on one file.
type scan struct{ left int }

func (s *scan) spend() bool {
	s.left--
	return s.left > 0
}

// forward tries atoms from a place on and gives every end to found, until found is content.
func (s *scan) forward(atoms []atom, data []byte, at int, found func(end int) bool) bool {
	if !s.spend() {
		return false
	}
	if len(atoms) == 0 {
		return found(at)
	}
	a, rest := &atoms[0], atoms[1:]
	switch a.kind {
	case gap:
		last := len(data)
		if a.most >= 0 {
			last = min(last, at+a.most)
		}
		for next := at + a.least; next <= last; next++ {
			if len(rest) > 0 && rest[0].kind == literal { // jump to where it can go on
				i := bytes.Index(data[next:min(len(data), last+len(rest[0].low))], rest[0].low)
				if i < 0 {
					return false
				}
				next += i
			}
			if s.forward(rest, data, next, found) {
				return true
			}
			if s.left <= 0 {
				return false
			}
		}
		return false
	case choice:
		for _, way := range a.ways {
			if s.forward(way, data, at, func(end int) bool { return s.forward(rest, data, end, found) }) {
				return true
			}
		}
		return false
	case literal, one, between:
	}
	n := a.width()
	return at+n <= len(data) && a.holds(data[at:at+n]) && s.forward(rest, data, at+n, found)
}

// backward is forward towards the beginning: it gives every place where atoms can begin so that
// they end at a place.
func (s *scan) backward(atoms []atom, data []byte, end int, found func(at int) bool) bool {
	if !s.spend() {
		return false
	}
	if len(atoms) == 0 {
		return found(end)
	}
	a, rest := &atoms[len(atoms)-1], atoms[:len(atoms)-1]
	switch a.kind {
	case gap:
		first := 0
		if a.most >= 0 {
			first = max(0, end-a.most)
		}
		for at := end - a.least; at >= first; at-- {
			if s.backward(rest, data, at, found) {
				return true
			}
			if s.left <= 0 {
				return false
			}
		}
		return false
	case choice:
		for _, way := range a.ways {
			if s.backward(way, data, end, func(at int) bool { return s.backward(rest, data, at, found) }) {
				return true
			}
		}
		return false
	case literal, one, between:
	}
	n := a.width()
	return end-n >= 0 && a.holds(data[end-n:end]) && s.backward(rest, data, end-n, found)
}

func (a *atom) width() int {
	if a.kind == one {
		return 1
	}
	return len(a.low)
}

func (a *atom) holds(b []byte) bool {
	switch a.kind {
	case literal:
		return bytes.Equal(b, a.low)
	case one:
		return a.set[b[0]>>6]&(1<<(b[0]&63)) != 0
	case between:
		return (bytes.Compare(b, a.low) >= 0 && bytes.Compare(b, a.high) <= 0) != a.not
	case choice, gap:
	}
	return false
}

// each gives every place from first to last where an expression can begin; an index of the key
// leads there where it has one.
func (s *scan) each(e *expression, data []byte, first, last int, found func(at int) bool) bool {
	last = min(last, len(data)-e.least)
	begins, width := &e.atoms[0], 0
	if begins.kind == literal || begins.kind == one || begins.kind == between {
		width = begins.width()
	}
	for at := max(0, first); at <= last; at++ {
		if e.keyAt >= 0 && len(e.key) > 0 {
			i := bytes.Index(data[at+e.keyAt:min(len(data), last+e.keyAt+len(e.key))], e.key)
			if i < 0 {
				return false
			}
			at += i
		}
		// What most places fail by is asked before anything is called.
		if (width == 0 || begins.holds(data[at:at+width])) && found(at) {
			return true
		}
		if !s.spend() {
			return false
		}
	}
	return false
}

// fragment is a part beside the main sequence: MinOffset to MaxOffset bytes away from what stands
// nearer to it. Several at one position are alternatives.
type fragment struct {
	least, most int
	ways        []expression
}

// subsequence is a main sequence with its fragments.
type subsequence struct {
	main        expression
	left, right []fragment // the nearest to main first
	least, most int        // where it may begin, or end, counted from what went before; most -1: anywhere
	leftLeast   int        // bytes that the left fragments take at least
	rightLeast  int
	leftMost    int // at most; -1 is without end
	rightMost   int
}

// lefts gives every beginning of the left fragments before a place.
func (s *scan) lefts(f []fragment, data []byte, end int, found func(at int) bool) bool {
	if len(f) == 0 {
		return found(end)
	}
	for away := f[0].least; away <= f[0].most && end-away >= 0; away++ {
		for i := range f[0].ways {
			if s.backward(f[0].ways[i].atoms, data, end-away, func(at int) bool { return s.lefts(f[1:], data, at, found) }) {
				return true
			}
		}
		if !s.spend() {
			return false
		}
	}
	return false
}

// rights gives every end of the right fragments after a place.
func (s *scan) rights(f []fragment, data []byte, at int, found func(end int) bool) bool {
	if len(f) == 0 {
		return found(at)
	}
	for away := f[0].least; away <= f[0].most && at+away <= len(data); away++ {
		for i := range f[0].ways {
			if s.forward(f[0].ways[i].atoms, data, at+away, func(end int) bool { return s.rights(f[1:], data, end, found) }) {
				return true
			}
		}
		if !s.spend() {
			return false
		}
	}
	return false
}

// sequence is a ByteSequence.
type sequence struct {
	fromEnd  bool // counted from the end of the file
	anywhere bool // counted from nowhere
	parts    []subsequence
}

// match tries a sequence; head begins the file, tail ends it.
func (q *sequence) match(head, tail []byte) bool {
	if len(head) == 0 || len(tail) == 0 {
		return false
	}
	s := &scan{left: budget}
	if q.fromEnd {
		return s.end(q.parts, tail, len(tail))
	}
	return s.begin(q.parts, head, 0) || q.anywhere && &head[0] != &tail[0] && s.begin(q.parts, tail, 0)
}

// begin tries the parts one after the other; each counts from the end of the one before.
func (s *scan) begin(parts []subsequence, data []byte, from int) bool {
	if len(parts) == 0 {
		return true
	}
	p := &parts[0]
	first, last := from+p.least+p.leftLeast, len(data)
	if p.most >= 0 && p.leftMost >= 0 {
		last = from + p.most + p.leftMost
	}
	lowest, highest := from+p.least, len(data)
	if p.most >= 0 {
		highest = from + p.most
	}
	return s.each(&p.main, data, first, last, func(at int) bool {
		if len(p.left) > 0 && !s.near(p, data, at) {
			return false
		}
		return s.lefts(p.left, data, at, func(begins int) bool {
			if begins < lowest || begins > highest {
				return false
			}
			return s.forward(p.main.atoms, data, at, func(end int) bool {
				return s.rights(p.right, data, end, func(end int) bool { return s.begin(parts[1:], data, end) })
			})
		})
	})
}

// near says whether the main sequence stands at a place with what must follow it. It is asked
// first: a left fragment may be many bytes away, and looking for it costs as many steps.
func (s *scan) near(p *subsequence, data []byte, at int) bool {
	return s.forward(p.main.atoms, data, at, func(end int) bool {
		return len(p.right) == 0 || s.rights(p.right[:1], data, end, func(int) bool { return true })
	})
}

// end tries the parts from the end of the file, the last first; each counts from the beginning of
// the one after it.
func (s *scan) end(parts []subsequence, data []byte, until int) bool {
	if len(parts) == 0 {
		return true
	}
	p := &parts[len(parts)-1]
	lowest, highest := 0, until-p.least
	if p.most >= 0 {
		lowest = until - p.most
	}
	last := until - p.least - p.rightLeast - p.main.least
	first := 0
	if p.most >= 0 && p.rightMost >= 0 && p.main.most >= 0 {
		first = until - p.most - p.rightMost - p.main.most
	}
	return s.each(&p.main, data, first, last, func(at int) bool {
		return s.forward(p.main.atoms, data, at, func(end int) bool {
			return s.rights(p.right, data, end, func(ends int) bool {
				if ends < lowest || ends > highest {
					return false
				}
				return s.lefts(p.left, data, at, func(begins int) bool { return s.end(parts[:len(parts)-1], data, begins) })
			})
		})
	})
}
