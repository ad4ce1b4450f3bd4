package archcode

import (
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// What Parse answers to text that it cannot make a code of.
var (
	// NotCode: the text is no archival code at all; a search goes on with its words.
	NotCode = fault.Define(fault.Invalid, "archcode.not_code",
		"“{text}” is not an archival code; write it as 1109/2/345 or “fonds 1109, inventory 2, file 345”",
		"«{text}» – не архивный шифр; напишите, например, 1109/2/345 или «Ф. 1109. Оп. 2. Д. 345»",
		"«{text}» – архивтік шифр емес; мысалы, 1109/2/345 немесе «Қ. 1109, Т. 2, І. 345» деп жазыңыз")
	// Gap: parts are named without the part they stand in.
	Gap = fault.Define(fault.Invalid, "archcode.gap",
		"in “{text}” a part is missing: name the fonds, then the inventory, then the file, then leaves",
		"в «{text}» пропущена часть шифра: укажите фонд, затем опись, затем дело, затем листы",
		"«{text}» шифрінің бір бөлігі жоқ: алдымен қорды, сонан соң тізімдемені, істі, парақтарды көрсетіңіз")
	// NumberRange: a number is 0 or beyond MaxNumber.
	NumberRange = fault.Define(fault.Invalid, "archcode.number",
		"in “{text}” a number is out of range: numbers run from 1 to {max}; check what you typed",
		"в «{text}» недопустимый номер: номера идут от 1 до {max}; проверьте набранное",
		"«{text}» шифрінде нөмір дұрыс емес: нөмірлер 1-ден {max} дейін болады; жазғаныңызды тексеріңіз")
	// LeafOrder: a run of leaves ends before it begins.
	LeafOrder = fault.Define(fault.Invalid, "archcode.leaf_order",
		"in “{text}” the leaves run backwards; write the smaller leaf first",
		"в «{text}» листы идут в обратном порядке; сначала укажите меньший номер листа",
		"«{text}» шифрінде парақтар кері жазылған; алдымен кіші нөмірді жазыңыз")
)

// Parse reads an archival code in any spelling that people use: labelled in Kazakh,
// Russian or English before the number (Ф. 1. Оп. 2) or after it (44-қор, 1-тізімдеме),
// or bare with slashes or hyphens (1109/2/345, Р-1109-2-345); any case, any dash, extra
// blanks, Latin look-alikes. A code may stop at fonds or inventory. Bare text is a code
// only if it has a fonds index, a slash, or three numbers: 1109 and 1941-1945 are not.
// A lower case word before the fonds is taken as an archive's abbreviation only if an
// inventory follows, so that «план ф. 12» stays two words.
//
// Errors are faults: [NotCode] for other text (also over 256 bytes), and [Gap],
// [NumberRange], [LeafOrder] for what is meant as a code and is faulty. The whole text must be the code.
func Parse(text string) (Code, error) {
	shown := clip.Runes(text, maxShown)
	tokens, ok := lex(text)
	if !ok || len(tokens) == 0 {
		return Code{}, NotCode.With("text", shown)
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].kind == mark && strings.Contains(".,;", tokens[len(tokens)-1].text) {
		tokens = tokens[:len(tokens)-1]
	}
	var faulty error // П-708 is a leaf without a file when read as labelled, and a fonds when read bare
	for _, read := range []func(*reader) bool{(*reader).labelled, (*reader).trailing, (*reader).bare} {
		r := &reader{t: tokens}
		if !read(r) || r.at != len(r.t) || !r.archiveIsPlain() {
			continue
		}
		code, err := r.result(shown)
		if err == nil {
			return code, nil
		}
		if faulty == nil {
			faulty = err
		}
	}
	if faulty != nil {
		return Code{}, faulty
	}
	return Code{}, NotCode.With("text", shown)
}

// reader walks the tokens and gathers a code; gap and outOfRange note what is wrong with
// text that has the shape of a code.
type reader struct {
	t       []token
	at      int
	code    Code
	last    part
	archive []token

	gap        bool // a part is missing before another
	outOfRange bool // a number is 0 or too great
}

func (r *reader) result(shown string) (Code, error) {
	switch {
	case r.outOfRange:
		return Code{}, NumberRange.With("text", shown, "max", MaxNumber)
	case r.gap:
		return Code{}, Gap.With("text", shown)
	}
	for _, l := range r.code.Leaves {
		if l.From.compare(l.To) > 0 {
			return Code{}, LeafOrder.With("text", shown)
		}
	}
	r.code.Archive = archiveName(r.archive)
	return r.code, nil
}

// peek is the token n places on, or a zero token of no text.
func (r *reader) peek(n int) token {
	if r.at+n < len(r.t) {
		return r.t[r.at+n]
	}
	return token{kind: mark}
}

func (r *reader) skip(marks string) {
	for r.at < len(r.t) && r.t[r.at].kind == mark && strings.Contains(marks, r.t[r.at].text) {
		r.at++
	}
}

// labelled reads labels that stand before their numbers: ЦГА РК. Ф. 1. Оп. 2.
func (r *reader) labelled() bool {
	if !r.findArchive(func() bool { p, _ := r.label(0); return p == fondsPart }) {
		r.at = 0 // perhaps it begins with an inventory: a gap, if the rest is sound
	}
	for r.at < len(r.t) {
		p, n := r.label(0)
		if p == noPart || p <= r.last {
			return false
		}
		r.at += n
		r.skip(".:-")
		if !r.part(p) {
			return false
		}
		r.skip(".,;-/")
	}
	return r.last != noPart
}

// part reads the value of a labelled part.
func (r *reader) part(p part) bool {
	if p == leafPart {
		return r.leaves() && r.put(p, "", 0, "")
	}
	index := ""
	if p == fondsPart {
		index = r.index("-.")
	}
	n, letters, ok := r.value(p, true)
	return ok && r.put(p, index, n, letters)
}

// trailing reads labels that stand after their numbers: 44-қор, 1-тізімдеме, 345-іс, 5-п.
func (r *reader) trailing() bool {
	if !r.findArchive(func() bool { return r.peek(0).kind == number || r.peek(0).kind == word && r.peek(1).text == "-" }) {
		return false
	}
	for r.at < len(r.t) {
		index := r.index("-")
		start := r.at
		n, letters, ok := r.value(noPart, false)
		if !ok {
			return false
		}
		if r.peek(0).text == "-" && ordinals[r.peek(1).text] {
			if p, _ := r.label(2); p != noPart {
				r.at += 2
			}
		}
		p, size := r.closing()
		if p == noPart || p == leafPart { // a list of leaves may stand before its label: 10–12-п.
			r.at = start
			if p, size = r.leavesBefore(); p != leafPart {
				return false
			}
		}
		if p <= r.last || index != "" && p != fondsPart {
			return false
		}
		r.at += size
		r.skip(".")
		if p == leafPart && r.verso() {
			r.code.Leaves[len(r.code.Leaves)-1].setLastVerso()
		}
		r.put(p, index, n, letters)
		r.skip(".,;")
	}
	return r.last != noPart
}

// closing looks for [-] label after a value.
func (r *reader) closing() (part, int) {
	n := 0
	if r.peek(0).text == "-" {
		n = 1
	}
	p, size := r.label(n)
	return p, n + size
}

func (r *reader) leavesBefore() (part, int) {
	if !r.leaves() {
		return noPart, 0
	}
	return r.closing()
}

// bare reads numbers with slashes or hyphens between: Р-1109/2/345, 1109-2-345; a label
// may stand before them all.
func (r *reader) bare() bool {
	r.findArchive(func() bool {
		indexed := r.peek(0).kind == word && !r.peek(1).spaced && (r.peek(1).kind == number || r.peek(1).text == "-")
		p, _ := r.label(0)
		return indexed || r.peek(0).kind == number || p == fondsPart
	})
	p, size := r.label(0)
	marked := p == fondsPart // фонд 12/2/345
	if marked {
		r.at += size
		r.skip(".:-")
	}
	index := r.index("-")
	separator := ""
	for p := fondsPart; ; p++ {
		if p == leafPart {
			if !r.leaves() {
				return false
			}
			r.put(p, "", 0, "")
			break
		}
		n, letters, ok := r.value(unlabelled, true)
		if !ok {
			return false
		}
		r.put(p, index, n, letters)
		index = r.code.Fonds.Index
		next := r.peek(0)
		if next.text != "/" && next.text != "-" || separator != "" && next.text != separator {
			break
		}
		separator = next.text
		r.at++
	}
	// A bare number, or a pair as in 1941-1945, is no code without an index or a label.
	return marked || index != "" || r.last >= filePart || r.last == inventoryPart && separator == "/"
}

// put stores a part's value and notes gaps and numbers out of range.
func (r *reader) put(p part, index string, n uint64, letters string) bool {
	if p != leafPart && (n == 0 || n > MaxNumber) {
		r.outOfRange = true
	}
	number := clampNumber(n)
	switch p {
	case fondsPart:
		r.code.Fonds = FondsNumber{Index: index, Number: number, Letters: letters}
	case inventoryPart:
		r.code.Inventory = InventoryNumber{Number: number, Letters: letters}
	case filePart:
		r.code.File = FileNumber{Number: number, Letters: letters}
	case leafPart, noPart:
	}
	r.gap = r.gap || p != r.last+1
	r.last = p
	return true
}

func clampNumber(n uint64) uint32 { return uint32(min(n, MaxNumber+1)) }

// label says which part the words n places on name, and how many tokens that takes.
func (r *reader) label(n int) (part, int) {
	t := r.peek(n)
	if t.kind != word {
		return noPart, 0
	}
	next := 1
	if r.peek(n+next).text == "." {
		next++
	}
	if second := r.peek(n + next); second.kind == word {
		if p, ok := pairs[[2]string{t.text, second.text}]; ok {
			return p, next + 1
		}
	}
	return labels[t.text], min(1, int(labels[t.text]))
}

// index reads the letter index of a fonds: Р-1109, ЛС-14, Р1109. joints are the marks
// that may stand between. Nothing is consumed where there is none.
func (r *reader) index(joints string) string {
	t := r.peek(0)
	if t.kind != word || !lettersOK(t.text) {
		return ""
	}
	if len([]rune(t.text)) > 1 && labels[t.text] != noPart {
		return ""
	}
	n := 1
	if m := r.peek(1); m.kind == mark && m.text != "" && strings.Contains(joints, m.text) {
		n = 2
	}
	if r.peek(n).kind != number {
		return ""
	}
	r.at += n
	return strings.ToUpper(t.text)
}

// value reads a number with its letters: 345, 345а, 2-лс, 2 лс. p is the part being
// read in labelled text, where a word that labels a later part and has a number behind
// it is no letter of this one (оп2д345); noPart where labels follow their numbers;
// unlabelled where there are none. hyphen allows letters after a hyphen.
func (r *reader) value(p part, hyphen bool) (n uint64, letters string, ok bool) {
	t := r.peek(0)
	if t.kind != number {
		return 0, "", false
	}
	n, err := strconv.ParseUint(t.text, 10, 64)
	if err != nil {
		n = MaxNumber + 1 // more digits than any number has
	}
	r.at++
	switch w := r.peek(0); {
	case w.kind == word && !w.spaced && !r.isLabelHere(p, 0):
		letters = w.text
		r.at++
	case w.kind == word && w.spaced && (w.text == "лс" || strings.Contains("а б в г", w.text)) && !r.isLabelHere(p, 0):
		letters = w.text
		r.at++
	case hyphen && w.text == "-" && r.peek(1).kind == word && !r.peek(1).spaced && !w.spaced && !r.isLabelHere(p, 1):
		letters = r.peek(1).text
		r.at += 2
	}
	return n, letters, letters == "" || lettersOK(letters)
}

// isLabelHere says whether the word n places on must be read as a label.
func (r *reader) isLabelHere(p part, n int) bool {
	q, size := r.label(n)
	if q == noPart || p == unlabelled {
		return false
	}
	after := n + size
	if p == noPart { // labels follow numbers: a letter is followed by its own label
		if r.peek(after).text == "-" {
			after++
		}
		following, _ := r.label(after)
		return following == noPart
	}
	for r.peek(after).kind == mark && r.peek(after).text != "" {
		after++
	}
	following := r.peek(after)
	if q == fondsPart || q <= p {
		return false
	}
	return following.kind == number
}

// lettersOK says whether letters can stand in a number: few, and of the alphabet.
func lettersOK(letters string) bool {
	n := 0
	for _, c := range letters {
		if _, ok := rank[c]; !ok {
			return false
		}
		n++
	}
	return n <= maxLetters
}
