package droid

import (
	"math/rand/v2"
	"testing"
)

// Published loads the registry where it is at hand, for tests outside the package.
func Published(t testing.TB) *Signatures { return published(t) }

// Skeletons writes a file after each internal signature: the shortest that it should find.
func (s *Signatures) Skeletons() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	var all [][]byte
	for i := range s.signatures {
		if file, ok := skeleton(&s.signatures[i], r); ok {
			all = append(all, file)
		}
	}
	return all
}

// Refines says whether a format takes precedence of another, by itself or through a third: it is
// a special case of it.
func (s *Signatures) Refines(special, general string) bool {
	seen := map[int]bool{}
	todo := []int{s.byPUID[special]}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if s.over[at][s.byPUID[general]] {
			return true
		}
		for less := range s.over[at] {
			if !seen[less] {
				seen[less] = true
				todo = append(todo, less)
			}
		}
	}
	return false
}
