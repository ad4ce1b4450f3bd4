package eark

import (
	"cmp"
	"context"
	"io"
	"iter"
)

// Contents is a package that lies in no folder: its files were taken, and counted, by somebody else.
type Contents struct {
	Name string // of the package's folder
	// Files are its files, each once, in any order; an error is the last that comes. Names that lead out of the package, or
	// collide, are whoever took them to refuse.
	Files iter.Seq2[File, error]
	// Open opens one of them to read: METS and PREMIS files, and those of which a METS file promises a digest that File has not.
	Open func(p string) (io.ReadCloser, error)
}

// Judge holds a package to the rules as Validate does, by what a pass over its files has found. Memory goes by the number of
// representations, and of the sections that Limits.Held allows; the rest lies in Options.Spool. The report lists no files and no
// metadata, and formats are not identified. The error is for what is wrong on our side.
func Judge(ctx context.Context, of Contents, opts Options) (*Report, error) {
	opts.Limits = opts.Limits.withDefaults()
	j := newJudge(of.Name, opts)
	j.open = of.Open
	return j.report, j.run(ctx, of.Name, func() error {
		n := 0
		for f, err := range of.Files {
			if err = cmp.Or(err, ctx.Err(), j.broken); err != nil {
				return err
			}
			n++
			for _, b := range []struct{ count, most int }{{n, opts.Limits.Entries}, {len(j.dirs), opts.Limits.Held}} { // representations are held
				if b.count > b.most {
					j.full = true
					j.bad("", TooMany, "limit", b.most)
					return nil
				}
			}
			if f.Path == "" || !goodName(f.Path) {
				j.bad(show(f.Path), BadName)
				continue
			}
			for dir := range landmarks(f.Path) {
				j.dirs[dir] = true
			}
			j.add(f)
		}
		return nil
	})
}

// Clause is where the specification asks for what a fault of this package is about: "E-ARK CSIP1"; for a bound of ours "". known is
// false for a code that is none of its.
func Clause(code string) (clause string, known bool) {
	for _, r := range rules {
		if r.Code != code {
			continue
		}
		switch {
		case official(r.ID):
			return "E-ARK " + r.ID, true
		case r.Clause == limit:
			return "", true
		}
		return "E-ARK " + r.Clause, true
	}
	return "", false
}
