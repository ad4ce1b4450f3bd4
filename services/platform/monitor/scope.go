package monitor

import (
	"fmt"
	"slices"
	"strings"
)

// Label says how protected an object is: a level and the grounds for restricting it
// (personal, medical, bank, official use …, which are data, not code). State secrets have
// no label here: they are refused, not stored.
type Label struct {
	Level   uint32
	Grounds []string
}

// Scope is what a reader may see: the highest level, and the grounds the reader is cleared
// for. It answers for sets what the policy answers for one object; a test proves that both
// say the same. The zero Scope sees what is open to all.
type Scope struct {
	Level   uint32
	Grounds []string
}

// Allows reports whether an object may be read: its level is not above the reader's, and
// the reader is cleared for each of its grounds.
func (s Scope) Allows(l Label) bool {
	if l.Level > s.Level {
		return false
	}
	for _, ground := range l.Grounds {
		if !slices.Contains(s.Grounds, ground) {
			return false
		}
	}
	return true
}

// Narrow is what both scopes may see.
func (s Scope) Narrow(other Scope) Scope {
	var both []string
	for _, ground := range s.Grounds {
		if slices.Contains(other.Grounds, ground) {
			both = append(both, ground)
		}
	}
	return Scope{Level: min(s.Level, other.Level), Grounds: both}
}

// Mask is a label or a scope as an index keeps it: two numbers to compare.
type Mask struct {
	Level   uint32
	Grounds uint64
}

// Allows reports whether a scope's mask lets a label's mask be read.
func (m Mask) Allows(label Mask) bool {
	return label.Level <= m.Level && label.Grounds&^m.Grounds == 0
}

// unknownGround is the bit of a ground that the registry does not know. A label may carry
// it, a scope never does: what we do not understand stays closed.
const unknownGround = uint64(1) << 63

// maxGrounds is how many grounds a registry can hold.
const maxGrounds = 63

// Grounds numbers the grounds, for masks. The order is part of every index built with it:
// append new grounds, never reorder; an index notes String and is rebuilt when it differs.
type Grounds struct {
	names []string
	bits  map[string]uint64
}

// NewGrounds makes a registry of at most 63 distinct, non-empty names without commas.
func NewGrounds(names ...string) (*Grounds, error) {
	if len(names) > maxGrounds {
		return nil, fmt.Errorf("%d grounds for restriction, at most %d fit an index", len(names), maxGrounds)
	}
	g := &Grounds{names: slices.Clone(names), bits: make(map[string]uint64, len(names))}
	for i, name := range names {
		if _, twice := g.bits[name]; twice || name == "" || strings.Contains(name, ",") {
			return nil, fmt.Errorf("ground for restriction %q is empty, has a comma or is there twice", name)
		}
		g.bits[name] = 1 << i
	}
	return g, nil
}

// String is the order of the grounds, for an index to note.
func (g *Grounds) String() string { return strings.Join(g.names, ",") }

// Label is a label's mask. An unknown ground closes the object to everybody.
func (g *Grounds) Label(l Label) Mask {
	m := Mask{Level: l.Level}
	for _, name := range l.Grounds {
		bit, ok := g.bits[name]
		if !ok {
			bit = unknownGround
		}
		m.Grounds |= bit
	}
	return m
}

// Scope is a reader's mask. An unknown ground clears nothing.
func (g *Grounds) Scope(s Scope) Mask {
	m := Mask{Level: s.Level}
	for _, name := range s.Grounds {
		m.Grounds |= g.bits[name]
	}
	return m
}
