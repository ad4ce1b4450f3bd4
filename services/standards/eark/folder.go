package eark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

// judge is one validation under way.
type judge struct {
	root   *os.Root
	name   string // of the package's folder
	opts   Options
	report *Report

	faults, warnings []fault.Item
	more             int // faults that were too many to keep

	dirs     map[string]bool
	files    map[string]bool
	filled   map[string]bool        // folders with a file in or below them
	records  map[string][]string    // preservation metadata by the folder of the METS file that should name them
	full     bool                   // the package has too many entries to be judged
	byNormal map[string]string      // NFC of a file's path → the path
	promised map[string][]reference // by path: what METS files say of it
	packaged []string               // representations, by folder name
	premis   []string               // files that are said to be PREMIS
	preserve map[string]bool        // files that an amdSec names
}

// reference is what a METS file says of a file.
type reference struct {
	where     string // the METS file and line
	size      int64  // bytes, or -1
	algorithm string // as METS writes it, or empty
	digest    string // lower case
}

func newJudge(root *os.Root, name string, opts Options) *judge {
	return &judge{
		root: root, name: name, opts: opts, report: &Report{}, dirs: map[string]bool{}, files: map[string]bool{},
		filled: map[string]bool{}, records: map[string][]string{},
		promised: map[string][]reference{}, preserve: map[string]bool{},
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

func (j *judge) run(ctx context.Context) error {
	if err := j.list(ctx); err != nil || j.full {
		return err
	}
	if j.files[metsName] {
		j.mets(metsName, "")
	} else {
		j.bad(metsName, STR4)
	}
	for _, name := range j.packaged {
		r := Representation{Name: name}
		if at := path.Join("representations", name, metsName); j.files[at] {
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
func (j *judge) list(ctx context.Context) error {
	n := 0
	err := fs.WalkDir(j.root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
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
			j.dirs[p] = true
		case !e.Type().IsRegular():
			j.bad(show(p), Irregular)
		default:
			j.add(p)
		}
		return nil
	})
	for p := range j.dirs {
		if path.Dir(p) == "representations" {
			j.packaged = append(j.packaged, path.Base(p))
		}
	}
	slices.Sort(j.packaged)
	return err
}

// add remembers a file.
func (j *judge) add(p string) {
	j.files[p] = true
	for dir := path.Dir(p); dir != "." && !j.filled[dir]; dir = path.Dir(dir) {
		j.filled[dir] = true
	}
	if before, _, ok := strings.Cut(p, "metadata/preservation/"); ok {
		dir := strings.TrimSuffix(before, "/")
		j.records[dir] = append(j.records[dir], p)
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
	for p := range j.files {
		if path.Dir(p) == "representations" {
			j.bad(show(p), STR10)
		}
	}
	for _, name := range j.packaged {
		at := "representations/" + name
		for _, want := range []struct {
			there bool
			rule  *Rule
		}{{j.dirs[at+"/data"], STR11}, {j.files[at+"/"+metsName], STR12}, {j.dirs[at+"/metadata"], STR13}} {
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
	if local(dir, plain) && j.files[raw] {
		return raw, nil
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(href, "file:"), "//")
	decoded, err := unescape(rest)
	if err != nil || scheme.MatchString(rest) || !local(dir, decoded) || !local(dir, rest) {
		return "", Outside
	}
	p := path.Join(dir, decoded)
	if j.files[p] {
		return p, nil
	}
	if j.byNormal == nil {
		j.byNormal = make(map[string]string, len(j.files))
		for f := range j.files {
			j.byNormal[norm.NFC.String(f)] = f
		}
	}
	if other, ok := j.byNormal[norm.NFC.String(p)]; ok {
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
