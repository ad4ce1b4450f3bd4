package archcode

import (
	"strings"
	"unicode"
)

// findArchive steps over the words of an archive's name up to the place where begins is
// true; false, with nothing consumed, where there is no such place.
func (r *reader) findArchive(begins func() bool) bool {
	for r.at = 0; r.at < len(r.t) && r.at <= 6; r.at++ {
		if begins() {
			for _, t := range r.t[:r.at] {
				if t.kind == word {
					r.archive = append(r.archive, t)
				}
			}
			return true
		}
		t := r.t[r.at]
		if t.kind == number || t.kind == mark && t.text != "." && t.text != "," {
			break
		}
	}
	r.at = 0
	return false
}

// archiveIsPlain says whether the words before the fonds can be an abbreviation: one to
// three of two to eight letters, in capitals, or before a code with an inventory. None
// is a label of the fonds, for which it would be taken where the label stands before.
func (r *reader) archiveIsPlain() bool {
	if len(r.archive) > 3 {
		return false
	}
	for _, t := range r.archive {
		letters := []rune(t.raw)
		if len(letters) < 2 || len(letters) > 8 || labels[t.text] == fondsPart {
			return false
		}
		if t.raw != strings.ToUpper(t.raw) && r.code.Level() < InventoryLevel {
			return false
		}
	}
	return true
}

// archiveName is the abbreviation in capitals; if any of it is Cyrillic, all of it is.
func archiveName(tokens []token) string {
	cyrillic := false
	for _, t := range tokens {
		cyrillic = cyrillic || strings.ContainsFunc(t.raw, func(c rune) bool { return unicode.Is(unicode.Cyrillic, c) })
	}
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = strings.ToUpper(t.raw)
		if cyrillic {
			parts[i] = strings.ToUpper(t.text)
		}
	}
	return strings.Join(parts, " ")
}
