package droid

import (
	"bytes"
	"fmt"
	"strings"
)

// atom matches one place of an expression: a byte of a set, one of several byte strings, or a
// run of any bytes.
type atom struct {
	kind  atomKind
	set   [4]uint64 // of bytes, for one
	low   []byte    // for between and literal: the bytes, or the least of them
	high  []byte    // for between
	not   bool      // for between: outside of it
	ways  [][]atom  // for any
	least int       // for gap, in bytes
	most  int       // for gap; -1 is without end
}

type atomKind uint8

const (
	literal atomKind = iota // the bytes of low
	one                     // one byte of set
	between                 // as many bytes as low has, from low to high
	choice                  // one of ways
	gap                     // least to most bytes, whatever they are
)

// expression is a compiled byte sequence of a signature file.
type expression struct {
	atoms []atom
	// least and most are how many bytes it takes; most is -1 where it has no end.
	least, most int
	// key is its longest literal, which lies keyAt bytes after the beginning where everything
	// before it has one length (keyAt is -1 otherwise): a search looks for the key first.
	key   []byte
	keyAt int
}

// maxExpression bounds an expression's text in bytes and maxDepth its nesting: the longest of the
// published files are far below.
const (
	maxExpression = 1 << 16
	maxDepth      = 8
)

// compile reads the syntax of PRONOM's byte sequences: pairs of hexadecimal digits, 'text' in
// quotes, ?? (any byte), * and {n}, {n-m}, {n-*} (runs of any bytes), [a:b] (from a to b), [!…]
// (not), [&mask] (all bits of the mask), (a|b) (either).
func compile(text string) (expression, error) {
	if len(text) > maxExpression {
		return expression{}, fmt.Errorf("a sequence of %d characters", len(text))
	}
	p := parser{rest: text}
	atoms, err := p.sequence(0)
	if err == nil && p.rest != "" {
		err = fmt.Errorf("%.20q has no beginning", p.rest)
	}
	if err == nil && len(atoms) == 0 {
		err = fmt.Errorf("an empty sequence")
	}
	if err != nil {
		return expression{}, fmt.Errorf("sequence %.60q: %w", text, err)
	}
	e := expression{atoms: atoms, keyAt: -1}
	e.least, e.most = span(atoms)
	e.anchor()
	return e, nil
}

// span is how many bytes atoms take at least and at most; -1 is without end.
func span(atoms []atom) (least, most int) {
	for i := range atoms {
		l, m := atoms[i].span()
		least += l
		if most >= 0 {
			most += m
			if m < 0 {
				most = -1
			}
		}
	}
	return least, most
}

func (a *atom) span() (least, most int) {
	switch a.kind {
	case literal, between:
		return len(a.low), len(a.low)
	case one:
		return 1, 1
	case gap:
		return a.least, a.most
	case choice:
		least, most = span(a.ways[0])
		for _, way := range a.ways[1:] {
			l, m := span(way)
			least = min(least, l)
			if m < 0 || most < 0 {
				most = -1
			} else {
				most = max(most, m)
			}
		}
	}
	return least, most
}

// anchor finds the key: the longest literal behind a beginning of one length.
func (e *expression) anchor() {
	at := 0
	for i := range e.atoms {
		a := &e.atoms[i]
		if a.kind == literal && len(a.low) > len(e.key) {
			e.key, e.keyAt = a.low, at
		}
		least, most := a.span()
		if least != most {
			return
		}
		at += least
	}
}

type parser struct{ rest string }

func (p *parser) sequence(depth int) ([]atom, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	var atoms []atom
	for {
		p.rest = strings.TrimLeft(p.rest, " \t\r\n")
		if p.rest == "" || p.rest[0] == '|' || p.rest[0] == ')' {
			return atoms, nil
		}
		a, err := p.atom(depth)
		if err != nil {
			return nil, err
		}
		if n := len(atoms); a.kind == literal && n > 0 && atoms[n-1].kind == literal {
			atoms[n-1].low = append(atoms[n-1].low, a.low...)
			continue
		}
		atoms = append(atoms, a)
	}
}

func (p *parser) atom(depth int) (atom, error) {
	switch p.rest[0] {
	case '[':
		return p.brackets()
	case '(':
		return p.alternatives(depth)
	case '{':
		return p.run()
	case '*':
		p.rest = p.rest[1:]
		return atom{kind: gap, most: -1}, nil
	case '?':
		if !strings.HasPrefix(p.rest, "??") {
			return atom{}, fmt.Errorf("a lone ?")
		}
		p.rest = p.rest[2:]
		return atom{kind: gap, least: 1, most: 1}, nil
	}
	b, err := p.bytes()
	return atom{kind: literal, low: b}, err
}

// bytes reads one pair of digits, or one quoted text.
func (p *parser) bytes() ([]byte, error) {
	if p.rest != "" && (p.rest[0] == '\'' || p.rest[0] == '"') {
		text, rest, ok := strings.Cut(p.rest[1:], p.rest[:1])
		if !ok || text == "" {
			return nil, fmt.Errorf("a text without end: %.20q", p.rest)
		}
		p.rest = rest
		return []byte(text), nil
	}
	if len(p.rest) < 2 {
		return nil, fmt.Errorf("half a byte: %q", p.rest)
	}
	high, low := digit(p.rest[0]), digit(p.rest[1])
	if high < 0 || low < 0 {
		return nil, fmt.Errorf("no byte: %.10q", p.rest)
	}
	p.rest = p.rest[2:]
	return []byte{byte(high<<4 | low)}, nil
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// string reads bytes until something else comes.
func (p *parser) string() ([]byte, error) {
	var all []byte
	for {
		p.rest = strings.TrimLeft(p.rest, " \t\r\n")
		if p.rest == "" || strings.IndexByte(":-]", p.rest[0]) >= 0 {
			if len(all) == 0 {
				return nil, fmt.Errorf("no bytes before %.10q", p.rest)
			}
			return all, nil
		}
		b, err := p.bytes()
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
}

func (p *parser) take(prefix string) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	rest, ok := strings.CutPrefix(p.rest, prefix)
	p.rest = rest
	return ok
}

func (p *parser) brackets() (atom, error) {
	p.rest = p.rest[1:]
	not := p.take("!")
	if p.take("&") || p.take("~") {
		mask, err := p.string()
		if err != nil || len(mask) != 1 || !p.take("]") {
			return atom{}, fmt.Errorf("a mask of one byte was expected before %.10q", p.rest)
		}
		a := atom{kind: one}
		for b := range 256 {
			if (byte(b)&mask[0] == mask[0]) != not {
				a.set[b>>6] |= 1 << (b & 63)
			}
		}
		return a, nil
	}
	low, err := p.string()
	if err != nil {
		return atom{}, err
	}
	high := low
	if p.take(":") || p.take("-") {
		if high, err = p.string(); err != nil {
			return atom{}, err
		}
	}
	if !p.take("]") {
		return atom{}, fmt.Errorf("a bracket without end before %.10q", p.rest)
	}
	if len(low) != len(high) {
		return atom{}, fmt.Errorf("a range from %d bytes to %d", len(low), len(high))
	}
	if bytes.Compare(low, high) > 0 {
		low, high = high, low
	}
	if len(low) > 1 {
		return atom{kind: between, low: low, high: high, not: not}, nil
	}
	a := atom{kind: one}
	for b := range 256 {
		if (b >= int(low[0]) && b <= int(high[0])) != not {
			a.set[b>>6] |= 1 << (b & 63)
		}
	}
	return a, nil
}

func (p *parser) alternatives(depth int) (atom, error) {
	p.rest = p.rest[1:]
	a := atom{kind: choice}
	for {
		way, err := p.sequence(depth + 1)
		if err != nil {
			return a, err
		}
		if len(way) == 0 {
			return a, fmt.Errorf("an empty alternative")
		}
		a.ways = append(a.ways, way)
		if p.take("|") {
			continue
		}
		if !p.take(")") {
			return a, fmt.Errorf("alternatives without end")
		}
		return a, nil
	}
}

// run reads {n}, {n-m} or {n-*}.
func (p *parser) run() (atom, error) {
	text, rest, ok := strings.Cut(p.rest[1:], "}")
	p.rest = rest
	least, most, isRange := strings.Cut(strings.ReplaceAll(text, " ", ""), "-")
	a := atom{kind: gap}
	if !ok || !number(least, &a.least) {
		return a, fmt.Errorf("no run of bytes: {%.20s", text)
	}
	a.most = a.least
	switch {
	case isRange && most == "*":
		a.most = -1
	case isRange && (!number(most, &a.most) || a.most < a.least):
		return a, fmt.Errorf("no run of bytes: {%.20s}", text)
	}
	return a, nil
}

// maxRun bounds a run that has an end, in bytes.
const maxRun = 1 << 24

func number(s string, n *int) bool {
	if s == "" || len(s) > 8 {
		return false
	}
	*n = 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		*n = *n*10 + int(s[i]-'0')
	}
	return *n <= maxRun
}
