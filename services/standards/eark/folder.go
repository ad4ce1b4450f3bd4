package eark

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/fault"
	"golang.org/x/text/unicode/norm"
)

// judge is one validation under way. What there is for each file lies in rows (rows.go).
type judge struct {
	open    func(p string) (io.ReadCloser, error)
	name    string // of the package's folder
	opts    Options
	report  *Report
	listing bool // the report lists files and metadata; then each file is read here

	faults, warnings []fault.Item
	more             int // faults that were too many to keep

	dirs     map[string]bool // those that rules speak of (landmark)
	filled   map[string]bool // of them, those with a file in or below them
	recorded map[string]bool // folders of METS files that have administrative metadata
	full     bool            // the package has too many entries to be judged
	packaged []string        // representations, by folder name
	rows
}

func newJudge(name string, opts Options) *judge {
	return &judge{
		name: name, opts: opts, report: &Report{}, dirs: map[string]bool{},
		filled: map[string]bool{}, recorded: map[string]bool{}, rows: newRows(opts.Spool),
	}
}

// bad puts a finding into the report, as long as there is room.
func (j *judge) bad(where string, r *Rule, args ...any) {
	j.put((&finding{where, r, args}).item(), r.Warning())
}

func (j *judge) put(item fault.Item, warning bool) {
	to := &j.faults
	if warning {
		to = &j.warnings
	}
	// Kept beyond the bound, so that the report's list is the same in whatever order
	// files were read; but not without any.
	if len(*to) >= 20*j.opts.Limits.Faults {
		if !warning {
			j.more++
		}
		return
	}
	*to = append(*to, item)
}

// run judges what list adds, and settles the report.
func (j *judge) run(ctx context.Context, name string, list func() error) (err error) {
	defer func() { err = errors.Join(err, j.close()) }()
	if err := cmp.Or(list(), j.broken); err != nil {
		return fmt.Errorf("read package %s: %w", name, err)
	}
	if !j.full {
		err = cmp.Or(j.judge(ctx), j.broken)
	}
	if err != nil {
		return fmt.Errorf("read package %s: %w", name, err)
	}
	j.settle()
	return nil
}

func (j *judge) judge(ctx context.Context) error {
	for p := range j.dirs {
		if path.Dir(p) == "representations" {
			j.packaged = append(j.packaged, path.Base(p))
		}
	}
	slices.Sort(j.packaged)
	if j.has(metsName) {
		j.mets(metsName, "")
	} else {
		j.bad(metsName, STR4)
	}
	for _, name := range j.packaged {
		r := Representation{Name: name}
		if at := path.Join("representations", name, metsName); j.has(at) {
			r.METS = true
			j.report.Package.Representations = append(j.report.Package.Representations, r)
			j.mets(at, name)
			continue
		}
		j.report.Package.Representations = append(j.report.Package.Representations, r)
	}
	j.structure()
	if err := j.count(ctx); err != nil {
		return err
	}
	return j.preservation(ctx)
}

// list walks the folder and remembers what is there.
func (j *judge) list(ctx context.Context, folder fs.FS) error {
	n := 0
	return fs.WalkDir(folder, ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && p == ".":
			return err
		case err != nil:
			j.bad(show(p), Unreadable)
			return skipDir(e)
		case p == ".":
			return nil
		}
		if n++; n > j.opts.Limits.Entries {
			j.full = true
			j.bad("", TooMany, "limit", j.opts.Limits.Entries)
			return fs.SkipAll
		}
		switch {
		case !goodName(path.Base(p)):
			j.bad(show(p), BadName)
			return skipDir(e)
		case e.IsDir():
			j.folder(p)
		case !e.Type().IsRegular():
			j.bad(show(p), Irregular)
		default:
			j.add(File{Path: p})
		}
		return nil
	})
}

// add remembers a file.
func (j *judge) add(f File) {
	j.came(f)
	if path.Dir(f.Path) == "representations" {
		j.bad(show(f.Path), STR10)
	}
	for dir := range landmarks(f.Path) {
		j.filled[dir] = true
	}
}

// folder remembers a folder.
func (j *judge) folder(p string) {
	for dir := range landmarks(p + "/") {
		j.dirs[dir] = true
	}
}

// landmarks gives the folders around a path that rules speak of: representations, each of its folders, and those of the same names in
// the package and in a representation. There are few of them, however many folders a package has.
func landmarks(p string) iter.Seq[string] {
	return func(yield func(string) bool) {
		base := ""
		if rest, ok := strings.CutPrefix(p, "representations/"); ok {
			name, _, inside := strings.Cut(rest, "/")
			if !yield("representations") || !inside {
				return
			}
			if base = "representations/" + name + "/"; !yield(base[:len(base)-1]) {
				return
			}
		}
		for _, name := range [...]string{"metadata", "metadata/descriptive", "metadata/preservation", "documentation", "schemas", "data"} {
			if strings.HasPrefix(p[len(base):], name+"/") && !yield(base+name) {
				return
			}
		}
	}
}

func skipDir(e fs.DirEntry) error {
	if e != nil && e.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// goodName says whether a name is text that shows as it is.
func goodName(name string) bool {
	return utf8.ValidString(name) && !strings.Contains(name, `\`) && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\u00A0' || r == utf8.RuneError
	})
}

// structure judges the folders (CSIP 4.1).
func (j *judge) structure() {
	if id := j.report.Package.ID; id != "" && mapped(id) != mapped(j.name) {
		j.bad("", STR2, "found", show(j.name), "expected", show(id))
	}
	if !j.dirs["metadata"] {
		j.bad("metadata", STR5)
	}
	if !j.dirs["representations"] {
		j.bad("representations", STR9)
	} else if len(j.packaged) == 0 {
		j.bad("representations", STR10)
	}
	for _, name := range j.packaged {
		at := "representations/" + name
		for _, want := range []struct {
			there bool
			rule  *Rule
		}{{j.dirs[at+"/data"], STR11}, {j.has(at + "/" + metsName), STR12}, {j.dirs[at+"/metadata"], STR13}} {
			if !want.there {
				j.bad(show(at), want.rule)
			}
		}
	}
	if !j.anywhere("schemas") {
		j.bad("schemas", STR15)
	}
	if !j.anywhere("documentation") {
		j.bad("documentation", STR16)
	}
}

// anywhere says whether the package or one of its representations has a folder.
func (j *judge) anywhere(name string) bool {
	return j.dirs[name] || slices.ContainsFunc(j.packaged, func(r string) bool { return j.dirs["representations/"+r+"/"+name] })
}

// mapped is an identifier as a folder can bear it: what file systems refuse is put as _
// (CSIP1 of version 2.2 leaves the way to the sender).
func mapped(id string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, norm.NFC.String(id))
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// resolve finds the file that a reference in a METS file of that folder leads to. The
// rule is nil where it was found.
func (j *judge) resolve(dir, href string) (string, *Rule) {
	plain := strings.TrimPrefix(href, "./")
	raw := path.Join(dir, plain)
	if local(dir, plain) && j.has(raw) {
		return raw, nil
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(href, "file:"), "//")
	decoded, err := unescape(rest)
	if err != nil || scheme.MatchString(rest) || !local(dir, decoded) || !local(dir, rest) {
		return "", Outside
	}
	p := path.Join(dir, decoded)
	if j.has(p) {
		return p, nil
	}
	if other, ok := j.otherForm(p); ok {
		return other, OtherForm
	}
	return p, Missing
}

var errEscape = errors.New("a broken percent-encoding")

// unescape reads percent-encoded octets.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", errEscape
		}
		octet, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%w: %w", errEscape, err)
		}
		b.WriteByte(byte(octet))
		i += 2
	}
	return b.String(), nil
}

// local says whether a path from a folder of the package stays in the package.
func local(dir, p string) bool {
	if p == "" || strings.HasPrefix(p, "/") || strings.ContainsAny(p, "\\\x00") {
		return false
	}
	full := path.Join(dir, p)
	return full != "." && full != ".." && !strings.HasPrefix(full, "../")
}

// show makes what a stranger wrote fit to be put before a person.
func show(s string) string {
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	if !goodName(strings.ReplaceAll(s, `\`, "/")) {
		return fmt.Sprintf("%+q", s)
	}
	return s
}

// at names a line of a file.
func at(file string, line int) string { return show(file) + ":" + strconv.Itoa(line) }

// cutLine splits what at put together.
func cutLine(where string) (string, int) {
	i := strings.LastIndexByte(where, ':')
	if i < 0 {
		return where, 0
	}
	n, err := strconv.Atoi(where[i+1:])
	if err != nil {
		return where, 0
	}
	return where[:i], n
}
