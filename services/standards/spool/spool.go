// Package spool keeps rows that may be too many for memory: a Sorter gives them back in the order of
// their keys, a Table finds one by its key. Each takes a fixed amount of memory; what passes it goes
// to a file without a name, so that a process that dies leaves nothing behind.
//
// It is for rows that somebody else's package makes as many as it likes (names, digests, lines of a
// manifest), and that are needed no longer than the package is looked at. Nothing here is durable.
package spool

import (
	"errors"
	"fmt"
	"os"
)

// Place is where rows go that do not fit. The zero Place keeps all of them in memory.
type Place struct {
	Dir    string // an existing folder; nothing with a name stays in it
	Budget int    // bytes of memory that each Sorter and Table takes; 1 MiB
}

// defaultBudget holds some five thousand rows of a package: what most packages have.
const defaultBudget = 1 << 20

func (p Place) budget() int {
	switch {
	case p.Dir == "":
		return int(^uint(0) >> 1)
	case p.Budget <= 0:
		return defaultBudget
	}
	return p.Budget
}

// prefix is how files are called for the moment in which they have a name.
const prefix = ".spool-"

// file makes a file that is gone once it is closed. If we crash before its name is taken away an
// empty one stays, for whoever sweeps the folder.
func (p Place) file() (*os.File, error) {
	f, err := os.CreateTemp(p.Dir, prefix+"*")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("spool: %w", err), f.Close())
	}
	return f, nil
}
