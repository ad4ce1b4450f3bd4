// Package archtest holds the shape of the tree by its imports: services know only the
// platform, the standards, the protocols and themselves; their rules know almost nothing;
// the platform knows no archival word.
//
// Go's internal folders keep most of this already; what they cannot say stands here.
package archtest

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Tree is what to check.
type Tree struct {
	Root   string // folder of the services module
	Module string // its path: "github.com/qoyma/qoyma/services"
	Proto  string // prefix of generated protocols: "github.com/qoyma/qoyma/proto/gen"
	// Exceptions are imports that are allowed although a rule forbids them: "intake/internal/x
	// -> example.org/y", with the reason. An exception that nothing uses, or that gives no
	// reason, is itself a violation.
	Exceptions map[string]string
}

// Violation is one import that should not be.
type Violation struct {
	File   string // below Root
	Import string
	Rule   string // the rule in words
}

// String reads as one line of a test's output.
func (v Violation) String() string { return fmt.Sprintf("%s imports %s: %s", v.File, v.Import, v.Rule) }

// The rules in words; a violation quotes one.
const (
	RuleService   = "a service imports only proto/gen, platform, standards and itself"
	RuleRules     = "a service's rules import only the standard library, the platform's plain values, standards and other rules of the same service"
	RulePlatform  = "platform imports neither a service nor an archival standard"
	RuleStandards = "a standard imports only the platform's plain values and other standards"
	RuleBinary    = "nobody imports the binary"
	RuleReason    = "an exception needs a reason"
	RuleUnused    = "this exception is not used: remove it"
)

// plain are the platform's packages that rules and standards may use: functions on values (dates,
// numbers in words, shortened texts, printed sheets, signatures), no I/O.
var plain = []string{"platform/fault", "platform/clip", "platform/civil", "platform/numeral", "platform/paper", "platform/signing", "platform/strictjson"}

// mechanics are the folders below a service's internal that do I/O; all others are rules. What
// find does is to keep an index at the heels of a store; accept carries out a plan, commands of
// its own, one after another, and so does issue; keeper does the long work of the insurance fund, site is a place of its
// copies on a disk; history says in PREMIS what the journal knows of an object; staging is where
// packages lie on a disk; web and pages are the
// gateway's frame and its pages.
var mechanics = []string{"store", "api", "react", "find", "accept", "issue", "keeper", "site", "history", "staging", "web", "pages"}

// binaries are the top folders that put services together.
var binaries = []string{"qoyma", "e2e"}

// Check reads all Go files below the root, and gives the violations in the files' order
// together with the number of files read (a check of nothing proves nothing).
func Check(tree Tree) (found []Violation, files int, err error) {
	unused := map[string]bool{}
	for key, reason := range tree.Exceptions {
		unused[key] = true
		if strings.TrimSpace(reason) == "" {
			found = append(found, Violation{File: key, Rule: RuleReason})
		}
	}
	err = filepath.WalkDir(tree.Root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != tree.Root && (name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		files++
		bad, err := tree.file(file, unused)
		found = append(found, bad...)
		return err
	})
	for _, key := range slices.Sorted(maps.Keys(unused)) {
		found = append(found, Violation{File: key, Rule: RuleUnused})
	}
	return found, files, err
}

func (tree Tree) file(file string, unused map[string]bool) ([]Violation, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	below, err := filepath.Rel(tree.Root, file)
	if err != nil {
		return nil, err
	}
	below = filepath.ToSlash(below)
	from := path.Dir(below)
	var found []Violation
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", file, spec.Path.Value, err)
		}
		rule := tree.judge(from, imported, strings.HasSuffix(below, "_test.go"))
		if rule == "" {
			continue
		}
		key := from + " -> " + imported
		if _, excepted := tree.Exceptions[key]; excepted {
			delete(unused, key)
			continue
		}
		found = append(found, Violation{File: below, Import: imported, Rule: rule})
	}
	return found, nil
}

// judge names the rule that an import breaks, or nothing. A test file may use libraries
// for testing, but reaches no further into our own tree than what it tests.
func (tree Tree) judge(from, imported string, test bool) string {
	to, ours := strings.CutPrefix(imported, tree.Module+"/")
	if ours && within(to, binaries...) && !within(from, binaries...) {
		return RuleBinary
	}
	switch top := first(from); {
	case from == "." || slices.Contains(binaries, top):
		return ""
	case top == "platform":
		if ours && first(to) != "platform" {
			return RulePlatform
		}
		return ""
	case top == "standards":
		if ours && first(to) != "standards" && !within(to, plain...) {
			return RuleStandards
		}
		if tree.generated(imported) {
			return RuleStandards
		}
		return ""
	case isRules(from):
		return tree.judgeRules(from, imported, to, ours, test)
	default:
		if ours && !slices.Contains([]string{"platform", "standards", top}, first(to)) {
			return RuleService
		}
		return ""
	}
}

func (tree Tree) judgeRules(from, imported, to string, ours, test bool) string {
	switch {
	case ours:
		same := first(to) == first(from) && isRules(to)
		if same || first(to) == "standards" || within(to, plain...) {
			return ""
		}
	case !strings.Contains(first(imported), "."): // the standard library
		return ""
	case test && !tree.generated(imported):
		return ""
	}
	return RuleRules
}

func (tree Tree) generated(imported string) bool {
	return imported == tree.Proto || strings.HasPrefix(imported, tree.Proto+"/")
}

// isRules reports whether a package is <service>/internal/<thing> or below, and thing is
// none of the mechanics.
func isRules(pkg string) bool {
	parts := strings.Split(pkg, "/")
	return len(parts) >= 3 && parts[1] == "internal" && !slices.Contains(mechanics, parts[2]) &&
		parts[0] != "platform" && parts[0] != "standards"
}

func first(p string) string {
	top, _, _ := strings.Cut(p, "/")
	return top
}

// within reports whether p is one of the folders or below one.
func within(p string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
}

// ModulePath reads the module's path from go.mod in a folder.
func ModulePath(folder string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", errors.New(folder + "/go.mod names no module")
}
