// Package cite reads and writes where a fact stands: the archival code of a file with its
// leaves, as references print it.
package cite

import (
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// NotAFile refuses a code that stops before the file: a fact stands in one.
var NotAFile = fault.Define(fault.Invalid, "reference.cite.not_a_file",
	"“{code}” does not go down to a file; write fonds, inventory and file, like Ф. 1. Оп. 2. Д. 345",
	"«{code}» не доходит до дела; укажите фонд, опись и дело, например Ф. 1. Оп. 2. Д. 345",
	"«{code}» іске дейін жетпейді; қорды, тізімдемені және істі жазыңыз, мысалы Қ. 1, Т. 2, І. 345")

// Parse reads a code in any spelling, with leaves in it or apart ("10–12 об."). Errors: those of
// archcode.Parse, NotAFile.
func Parse(code, leaves string) (archcode.Code, error) {
	c, err := archcode.Parse(code)
	if err != nil {
		return c, err
	}
	if c.Level() != archcode.FileLevel {
		return c, NotAFile.With("code", clip.Value(code))
	}
	if strings.TrimSpace(leaves) == "" {
		return c, nil
	}
	with, err := archcode.Parse(c.OfFile().Format(fault.Russian) + ". Л. " + leaves)
	if err != nil {
		return c, err
	}
	if with.OfFile().Compare(c.OfFile()) != 0 || len(with.Leaves) == 0 {
		return c, archcode.NotCode.With("text", clip.Value(leaves))
	}
	return with, nil
}

// File is the one spelling of a file's code by which holds are kept: "Р-1109/2лс/345а".
func File(c archcode.Code) string { return c.OfFile().String() }

// Leaves are the leaves of a code as they are kept: "10–12 об.".
func Leaves(c archcode.Code) string {
	if len(c.Leaves) == 0 {
		return ""
	}
	_, leaves, _ := strings.Cut(archcode.Code{Fonds: c.Fonds, Inventory: c.Inventory, File: c.File, Leaves: c.Leaves}.Format(fault.Russian), "Л. ")
	return leaves
}

// Beyond are the runs of a code's leaves that go past the number of leaves in the file, as they are kept: "51–52"; empty where none
// does, and where the number is not known (0). A letter or an overleaf does not count: 48а and 48 об. are in a file of 48 leaves.
func Beyond(c archcode.Code, leaves uint32) string {
	if leaves == 0 {
		return ""
	}
	c.Leaves = slices.DeleteFunc(slices.Clone(c.Leaves), func(r archcode.LeafRange) bool { return r.To.Number <= leaves })
	return Leaves(c)
}

// Format cites as a paper in a language does; what cannot be read is cited as it was kept.
func Format(code, leaves string, l fault.Language) string {
	c, err := Parse(code, leaves)
	if err != nil {
		return strings.TrimSpace(code + " " + leaves)
	}
	return c.Format(l)
}
