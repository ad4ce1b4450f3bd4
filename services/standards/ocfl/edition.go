package ocfl

import "strings"

// Edition is a version of the specification.
type Edition string

// The editions that are understood. Later editions were written so that an object of an earlier
// one stays what it is (OCFL 1.1 §3.9, §4.2).
const (
	V10 Edition = "1.0"
	V11 Edition = "1.1"
)

const (
	rootPrefix   = "0=ocfl_"
	objectPrefix = "0=ocfl_object_"
)

// The names of the declarations (§3.3, §4.2): the file's name, and without "0=" its text.
func (e Edition) root() string   { return rootPrefix + string(e) }
func (e Edition) object() string { return objectPrefix + string(e) }

func (e Edition) inventoryType() string { return "https://ocfl.io/" + string(e) + "/spec/#inventory" }

func (e Edition) known() bool { return e == V10 || e == V11 }

// declared is the edition that a declaration's name gives.
func declared(name, prefix string) (Edition, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	return Edition(rest), ok && Edition(rest).known()
}

// editionOf is the edition that an inventory says it follows.
func editionOf(inventoryType string) (Edition, bool) {
	for _, e := range []Edition{V10, V11} {
		if inventoryType == e.inventoryType() {
			return e, true
		}
	}
	return "", false
}

// codes1 are the codes by which edition 1.0 says what 1.1 gave codes of their own (change log
// of 1.1); nil is what 1.0 does not ask for.
var codes1 = map[*Rule]*Rule{E106: E041, E107: E050, E110: E037, E111: E057, E112: E086, W016: nil}

// rule is the rule of this edition, or nil.
func (e Edition) rule(r *Rule) *Rule {
	if e == V10 {
		if old, other := codes1[r]; other {
			return old
		}
	}
	return r
}
