package check

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/store"
)

// sources are the files in which findings are worded.
var sources = []string{"*.go", "../../*/internal/store/check*.go", "../../gateway/internal/store/apply.go", "../../platform/store/rebuild.go"}

// worded are the arguments of every call that adds a finding, the expressions of where and the formats, and of every call that says how far
// the check is.
func worded(t *testing.T) (wheres, formats, progress []string) {
	t.Helper()
	for _, pattern := range sources {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if ok && called(call) == "progress" && len(call.Args) > 0 {
					if format, ok := literal(call.Args[0]); ok {
						progress = append(progress, format)
					}
				}
				if !ok || !slices.Contains([]string{"add", "bad", "Found"}, called(call)) {
					return true
				}
				at := 1 // where, format, args…
				if called(call) == "Found" || !strings.Contains(name, "/") {
					at = 2 // service, where, format, args…
				}
				if len(call.Args) > at {
					if format, ok := literal(call.Args[at]); ok {
						formats = append(formats, format)
					}
					if where, ok := literal(call.Args[at-1]); ok {
						wheres = append(wheres, where)
					}
				}
				return true
			})
		}
	}
	return wheres, formats, progress
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// literal is a text, or the text with which a sum or a format begins.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		return literal(e.X)
	case *ast.CallExpr:
		if called(e) == "Sprintf" {
			return literal(e.Args[0])
		}
	}
	return "", false
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?([a-z])`)

// values are the values that a text names, as "1d 2s".
func values(format string) string {
	var found []string
	for i, m := range verb.FindAllStringSubmatch(format, -1) {
		n := m[1]
		if n == "" {
			n = strconv.Itoa(i + 1)
		}
		found = append(found, n+m[2])
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// TestEveryFindingHasWords (IS-3): in Kazakh and Russian, naming the same values as in English; and no
// word is left of a finding that nobody makes.
func TestEveryFindingHasWords(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	wheres, formats, progress := worded(t)
	if len(formats) < 150 {
		t.Fatalf("only %d findings were found in the sources", len(formats))
	}
	if len(progress) < 5 {
		t.Fatalf("only %d lines of progress were found in the sources", len(progress))
	}
	inAllLanguages(t, formats, w.What)
	inAllLanguages(t, progress, w.Progress)
	for _, where := range wheres {
		place := strings.TrimSpace(where)
		if w.where(place, 1) == place && !strings.HasSuffix(place, ".db") && !strings.HasSuffix(place, ".json") {
			t.Errorf("the place %q has no name in Russian", where)
		}
	}
}

// inAllLanguages holds texts against those that are said.
func inAllLanguages(t *testing.T, formats []string, words map[string][2]string) {
	t.Helper()
	for _, format := range formats {
		texts, ok := words[format]
		if !ok {
			t.Errorf("%q has no words", format)
			continue
		}
		for _, text := range texts {
			if values(text) != values(format) || text == "" {
				t.Errorf("%q names other values than %q", text, format)
			}
		}
	}
	for format := range words {
		if !slices.Contains(formats, format) {
			t.Errorf("nobody says %q", format)
		}
	}
}

func TestProgressInALanguage(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	got := w.progress("%s: pages", []any{"intake"})
	if got[fault.Kazakh] != "intake: беттер" || got[fault.Russian] != "intake: страницы" || got[fault.English] != "intake: pages" {
		t.Errorf("%q", got)
	}
}

var noShelf = fault.Define(fault.NotFound, "check_test.no_shelf",
	"there is no shelf {shelf}", "полки {shelf} нет", "{shelf} сөресі жоқ")

func TestAFindingInALanguage(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		problem           store.Problem
		kk, ru, inEnglish string
	}{
		{
			store.Found("intake", "event 4", "epoch %d follows epoch %d", 3, 2),
			"оқиға 4: 2-дәуірден кейін 3-дәуір тұр", "событие 4: после эпохи 2 стоит эпоха 3", "event 4: epoch 3 follows epoch 2",
		},
		{
			store.Found("reference", "request 2026-1", "it is %s; in the queue: %t, among the closed: %t", "signed", true, false),
			"сұрау салу 2026-1: күйі – signed; кезекте: иә, жабылғандар арасында: жоқ", "запрос 2026-1: состояние – signed; в очереди: да, среди закрытых: нет",
			"request 2026-1: it is signed; in the queue: true, among the closed: false",
		},
		{
			store.Found("intake", "accession 2026-1", "its object %s: %v", "o-1", fmt.Errorf("look: %w", noShelf.With("shelf", 3))),
			"түсім 2026-1: оның o-1 нысаны: 3 сөресі жоқ", "поступление 2026-1: её объект o-1: полки 3 нет", "accession 2026-1: its object o-1: look: there is no shelf 3",
		},
		{store.Found("intake", "store.db", "%v", errors.New("EOF")), "store.db: оқылмайды: EOF", "store.db: не читается: EOF", "store.db: EOF"},
		{
			store.Found("insurance", "copy 1/1/2", "it stands under another key (%v)", nil),
			"көшірме 1/1/2: басқа кілтпен тұр (–)", "копия 1/1/2: стоит под другим ключом (–)", "copy 1/1/2: it stands under another key (<nil>)",
		},
		{store.Found("later", "thing 7", "it is %s green", "very"), "thing 7: it is very green", "thing 7: it is very green", "thing 7: it is very green"},
	} {
		got := w.say(test.problem).Words
		if got[fault.Kazakh] != test.kk || got[fault.Russian] != test.ru || got[fault.English] != test.inEnglish {
			t.Errorf("%q", got)
		}
	}
}
