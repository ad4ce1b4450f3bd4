package archcode

import (
	"strconv"
	"strings"
)

// maxRuns bounds the runs of leaves in one code.
const maxRuns = 64

// leafLetters is how many letters a leaf number may have: 17а.
const leafLetters = 2

// leaves reads 10–12 об., 15, 17а.
func (r *reader) leaves() bool {
	for {
		from, ok := r.leaf()
		if !ok {
			return false
		}
		to := from
		if r.peek(0).text == "-" && r.peek(1).kind == number {
			r.at++
			if to, ok = r.leaf(); !ok {
				return false
			}
		}
		if len(r.code.Leaves) == maxRuns {
			return false
		}
		r.code.Leaves = append(r.code.Leaves, LeafRange{from, to})
		next := r.peek(0)
		joins := next.text == "," || next.text == ";" || next.text == "и" || next.text == "және" || next.raw == "and"
		if !joins || r.peek(1).kind != number {
			return true
		}
		r.at++
	}
}

func (r *reader) leaf() (Leaf, bool) {
	t := r.peek(0)
	if t.kind != number {
		return Leaf{}, false
	}
	n, err := strconv.ParseUint(t.text, 10, 64)
	if err != nil || n == 0 || n > MaxNumber {
		r.outOfRange = true
	}
	r.at++
	leaf := Leaf{Number: clampNumber(n)}
	if w := r.peek(0); w.kind == word && !w.spaced && !isV(w) && labels[w.text] != leafPart {
		letters, verso := strings.CutSuffix(w.text, "об")
		if versos[w.text] {
			letters, verso = "", true
		}
		// What labels leaves is no letter of one before об either: 10р is a page, so 10роб is no leaf 10р.
		if !lettersOK(letters) || len([]rune(letters)) > leafLetters || strings.HasSuffix(letters, "об") || labels[letters] == leafPart {
			return Leaf{}, false
		}
		leaf.Letters, leaf.Verso = letters, verso
		r.at++
		if verso {
			r.skipDot()
		}
	}
	if r.verso() {
		leaf.Verso = true
	}
	return leaf, true
}

// verso reads a mark of the back of a leaf, with its dot.
func (r *reader) verso() bool {
	w := r.peek(0)
	if w.kind != word || !versos[w.text] && !isV(w) {
		return false
	}
	r.at++
	r.skipDot()
	return true
}

// isV says whether a word is the Latin v of verso; folded it would be the letter в.
func isV(w token) bool { return w.raw == "v" || w.raw == "V" }

// skipDot steps over the dot of an abbreviation.
func (r *reader) skipDot() {
	if r.peek(0).text == "." {
		r.at++
	}
}

func (l *LeafRange) setLastVerso() {
	if l.From == l.To {
		l.From.Verso = true
	}
	l.To.Verso = true
}
