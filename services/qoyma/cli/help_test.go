package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// commands is a whole tree with what the library adds to it, as nobody's environment changes it.
func commands(t *testing.T, lang string) (*app, []*cobra.Command) {
	t.Helper()
	for _, name := range []string{"QOYMA_LANG", "LC_ALL", "LANG"} {
		t.Setenv(name, "")
	}
	a := &app{services: process.Services()}
	root := a.root()
	a.lang = lang
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return a, tree(root)
}

// helpString is one text of the help, and where it stands.
type helpString struct{ where, use, en string }

func helpStrings(t *testing.T) (all []helpString) {
	_, tree := commands(t, "en")
	for _, c := range tree {
		add := func(where, en string) {
			if en != "" {
				all = append(all, helpString{c.CommandPath() + where, c.Use, en})
			}
		}
		add(": short", c.Short)
		add(": long", c.Long)
		add(": example", c.Example)
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { add(" --"+f.Name, f.Usage) })
	}
	return all
}

// TestHelpIsInAllLanguages: every text that a command says of itself is in the table, in both other languages, and no other; what people
// type stays as they type it. An example is what they type, and stands in the table only where it quotes English.
func TestHelpIsInAllLanguages(t *testing.T) {
	texts, err := helpTexts()
	if err != nil {
		t.Fatal(err)
	}
	quoted, english := regexp.MustCompile(`"[^"]*"`), regexp.MustCompile(`[a-z]{3}`)
	used := make(map[string]bool)
	for _, s := range helpStrings(t) {
		words, ok := texts[s.en]
		switch {
		case used[s.en]: // of another command too
		case ok:
			used[s.en] = true
			for lang, said := range map[string]string{"kk": words.kk, "ru": words.ru} {
				for _, wrong := range mistranslated(s, said) {
					t.Errorf("%s in %s: %s\n%s\n%s", s.where, lang, wrong, s.en, said)
				}
			}
			if kk, ru := latinIn(words.kk), latinIn(words.ru); !slices.Equal(kk, ru) {
				t.Errorf("%s: kk and ru do not name the same: %q, %q", s.where, kk, ru)
			}
		case strings.HasSuffix(s.where, ": example") && !english.MatchString(strings.Join(quoted.FindAllString(s.en, -1), " ")):
		default:
			t.Errorf("%s: help.json has no %q", s.where, s.en)
		}
	}
	for en := range texts {
		if !used[en] {
			t.Errorf("help.json: no command says %q", en)
		}
	}
}

var (
	latinWord = regexp.MustCompile(`[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?`)
	// typed is what people type or look up as it stands: flags, variables, placeholders, codes, files, commands.
	typed = regexp.MustCompile(`--[a-z0-9-]+|\b[A-Z][A-Z0-9_-]+\b|\w+_\w+|\w+\.(?:json|xml|pub|txt)\b|“[^”]+”|\d+`)
	// codes are values of which one is chosen.
	codes = regexp.MustCompile(`\b[a-z][a-z0-9_]*(?:, [a-z][a-z0-9_]*)+ or [a-z][a-z0-9_]*|^[a-z_]+ or [a-z_]+$|\b[a-z_]+(?:, [a-z_]+){3,}$`)
	// spoken are placeholders that stand in no line of use: wrong use says them in the person's language too; and units.
	spoken = []string{"FINDINGS", "PERIOD", "TEXT", "NAME", "FOLDER", "PATH", "GB"}
	// words of a language, not codes
	noCodes = []string{"administrative, civil or criminal", "microfilm, microfiche or scan in", "roll, fiche or carrier"}
)

func latinIn(s string) []string {
	found := latinWord.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// mistranslated is what a translation names that the English does not, or leaves out.
func mistranslated(s helpString, said string) (wrong []string) {
	if said == "" {
		return []string{"nothing"}
	}
	has, may := latinIn(said), latinIn(s.en)
	for _, word := range has {
		if !slices.Contains(may, word) {
			wrong = append(wrong, "names "+word)
		}
	}
	for _, word := range typed.FindAllString(s.en, -1) {
		if slices.Contains(spoken, word) && !slices.Contains(latinIn(s.use), word) {
			continue
		}
		if !strings.Contains(said, strings.Trim(word, "“”")) {
			wrong = append(wrong, "leaves out "+word)
		}
	}
	for _, list := range codes.FindAllString(s.en, -1) {
		if slices.ContainsFunc(noCodes, func(words string) bool { return strings.Contains(s.en, words) }) {
			continue
		}
		for _, code := range latinIn(strings.ReplaceAll(list, " or ", ", ")) {
			if !slices.Contains(has, code) {
				wrong = append(wrong, "leaves out the code "+code)
			}
		}
	}
	if backquoted := func(s string) int { return strings.Count(s, "`") }; backquoted(s.en) != backquoted(said) {
		wrong = append(wrong, "loses a placeholder in backquotes")
	}
	if strings.HasSuffix(s.en, "\n") != strings.HasSuffix(said, "\n") {
		wrong = append(wrong, "ends another way")
	}
	return wrong
}

// TestHelpTableIsInOrder: who adds a text finds its place, and no text stands twice.
func TestHelpTableIsInOrder(t *testing.T) {
	dec := json.NewDecoder(bytes.NewReader(helpJSON))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	last := ""
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		var said map[string]string
		if err := dec.Decode(&said); err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(said)); !slices.Equal(got, []string{"kk", "ru"}) {
			t.Errorf("%q has %q", key, got)
		}
		if key.(string) <= last {
			t.Errorf("%q stands after %q", key, last)
		}
		last = key.(string)
	}
}

// TestHelpInEnglishIsTheLibrarys: nothing that the library would say is lost (aliases, groups, kinds of flags that we never used
// before), but for empty lists as defaults.
func TestHelpInEnglishIsTheLibrarys(t *testing.T) {
	a, tree := commands(t, "en")
	for _, c := range tree {
		got := a.help(c)
		about := c.Long
		if about == "" {
			about = c.Short
		}
		want := strings.ReplaceAll(strings.TrimRight(about, " \n")+"\n\n"+c.UsageString(), " (default [])", "")
		if got != want {
			t.Errorf("%s:\n%s\nthe library:\n%s", c.CommandPath(), got, want)
		}
	}
}

// TestHelpLeavesNoEnglish: neither the words around nor a kind of value stay in English.
func TestHelpLeavesNoEnglish(t *testing.T) {
	english := regexp.MustCompile(`(?i)usage:|flags|available|command\]|examples|\(default|help for|more information|  --?\w[\w-]*(?:, --\w+)? (?:u?int|string|float|dur)`)
	for _, lang := range []string{"kk", "ru"} {
		a, tree := commands(t, lang)
		for _, c := range tree {
			if found := english.FindString(a.help(c)); found != "" {
				t.Errorf("%s in %s: %q", c.CommandPath(), lang, found)
			}
		}
	}
}

// TestHelpWordsStandInOneColumn: letters of two bytes shift nothing.
func TestHelpWordsStandInOneColumn(t *testing.T) {
	for _, lang := range []string{"kk", "ru", "en"} {
		a, tree := commands(t, lang)
		for _, c := range tree {
			var b strings.Builder
			a.help(c)
			a.helpOnFlags(&b, helpFlags, c.LocalFlags())
			column := 0
			for line := range strings.Lines(b.String()) {
				gap := regexp.MustCompile(`^ +-.*?\S {3,}\S`).FindStringIndex(line)
				if gap == nil {
					continue
				}
				at := len([]rune(line[:gap[1]]))
				if column != 0 && at != column {
					t.Errorf("%s in %s: column %d after %d: %s", c.CommandPath(), lang, at, column, line)
				}
				column = at
			}
		}
	}
}

// TestHelpSpeaksThePersonsLanguage: however it is asked for, and wherever --lang stands.
func TestHelpSpeaksThePersonsLanguage(t *testing.T) {
	const kk, ru, en = "Тапсыру пакетін жіберу", "Отправить пакет передачи", "Send a package for a transfer"
	for name, c := range map[string]struct {
		env  map[string]string
		args string
		want string
	}{
		"before":             {nil, "--lang kk transfer upload --help", kk},
		"between":            {nil, "transfer --lang ru upload --help", ru},
		"before --help":      {nil, "transfer upload --lang=kk --help", kk},
		"after --help":       {nil, "transfer upload --help --lang ru", ru},
		"after -h":           {nil, "transfer upload -h --lang=kk", kk},
		"help X":             {nil, "help transfer upload --lang kk", kk},
		"before help X":      {nil, "--lang ru help transfer upload", ru},
		"within help X":      {nil, "help --lang kk transfer upload", kk},
		"QOYMA_LANG":         {map[string]string{"QOYMA_LANG": "kk", "LANG": "ru_RU.UTF-8"}, "transfer upload --help", kk},
		"LC_ALL":             {map[string]string{"LC_ALL": "kk_KZ.UTF-8", "LANG": "ru_RU.UTF-8"}, "help transfer upload", kk},
		"LANG":               {map[string]string{"LANG": "ru_RU.UTF-8"}, "transfer upload -h", ru},
		"--lang before LANG": {map[string]string{"LANG": "ru_RU.UTF-8"}, "transfer upload -h --lang en", en},
		"C":                  {map[string]string{"LC_ALL": "C", "LANG": "ru_RU.UTF-8"}, "transfer upload -h", en},
		"no language":        {map[string]string{"LANG": "."}, "transfer upload -h", en},
		"none":               {nil, "transfer upload -h", en},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range []string{"QOYMA_LANG", "LC_ALL", "LANG"} {
				t.Setenv(v, c.env[v])
			}
			var out, errOut bytes.Buffer
			if exit := Main(strings.Fields(c.args), &out, &errOut); exit != 0 || !strings.HasPrefix(out.String(), c.want) || errOut.Len() > 0 {
				t.Errorf("%d\n%s%s", exit, &out, &errOut)
			}
		})
	}
}

// TestHelpOnNothing: a command that there is not is wrong use of help too.
func TestHelpOnNothing(t *testing.T) {
	for args, want := range map[string]string{
		"help bogus --lang ru":          "у qoyma нет команды «bogus»",
		"help transfer bogus --lang kk": "qoyma transfer үшін «bogus» деген пәрмен жоқ",
		"help --bogus --lang kk":        "--bogus жалаушасы жоқ",
		"--bogus --help --lang ru":      "нет флага --bogus",
	} {
		var out, errOut bytes.Buffer
		if exit := Main(strings.Fields(args), &out, &errOut); exit != fault.Exit(fault.Usage.With()) || !strings.Contains(errOut.String(), want) || out.Len() > 0 {
			t.Errorf("%s: %d\n%s%s", args, exit, &out, &errOut)
		}
	}
}

// TestHelpTellsNoSecret: what a variable holds does not stand in the help.
func TestHelpTellsNoSecret(t *testing.T) {
	t.Setenv("QOYMA_TOKEN", "geheim")
	var out bytes.Buffer
	if exit := Main([]string{"search", "--help"}, &out, &out); exit != 0 || strings.Contains(out.String(), "geheim") {
		t.Errorf("%d\n%s", exit, &out)
	}
}

// TestCompletionSpeaksThePersonsLanguage: shells show the words of the help beside what can be typed.
func TestCompletionSpeaksThePersonsLanguage(t *testing.T) {
	t.Setenv("QOYMA_LANG", "kk")
	var out, errOut bytes.Buffer
	if exit := Main([]string{"__complete", "transfer", "uplo"}, &out, &errOut); exit != 0 || !strings.HasPrefix(out.String(), "upload\tТапсыру пакетін жіберу") {
		t.Errorf("%d\n%s%s", exit, &out, &errOut)
	}
}
