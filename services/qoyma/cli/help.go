package cli

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// helpJSON is what the help says in Kazakh and Russian, by what it says in English where commands are made.
//
//go:embed help.json
var helpJSON []byte

// helpTexts reads helpJSON once somebody asks for help in another language: a command at work needs none of it.
var helpTexts = sync.OnceValues(func() (map[string]text, error) {
	var table map[string]struct{ KK, RU string }
	if err := json.Unmarshal(helpJSON, &table); err != nil {
		return nil, fmt.Errorf("texts of the help: %w", err)
	}
	texts := make(map[string]text, len(table))
	for en, t := range table {
		texts[en] = text{en, t.RU, t.KK}
	}
	return texts, nil
})

// What the help says around the words of a command.
var (
	helpUsage    = text{"Usage:", "Использование:", "Қолданылуы:"}
	helpExamples = text{"Examples:", "Примеры:", "Мысалдар:"}
	helpCommands = text{"Available Commands:", "Команды:", "Пәрмендер:"}
	helpFlags    = text{"Flags:", "Флаги:", "Жалаушалар:"}
	helpGlobal   = text{"Global Flags:", "Общие флаги:", "Ортақ жалаушалар:"}
	helpMore     = text{`Use "%s [command] --help" for more information about a command.`, "Подробнее о команде: %s [команда] --help", "Пәрмен туралы толығырақ: %s [пәрмен] --help"}
	helpFor      = text{"help for %s", "справка по %s", "%s бойынша көмек"}
	helpDefault  = text{"(default %s)", "(по умолчанию %s)", "(әдепкісі %s)"}
	// helpNotation stands in the line that shows how a command is called.
	helpNotation = []text{{"[command]", "[команда]", "[пәрмен]"}, {"[flags]", "[флаги]", "[жалаушалар]"}}
)

// flagValues are the kinds of values that flags take. The library names them as programs do.
var flagValues = words{
	"string":         {"string", "значение", "мән"},
	"strings":        {"strings", "значения", "мәндер"},
	"stringArray":    {"stringArray", "значение", "мән"},
	"stringToString": {"stringToString", "имя=значение", "аты=мән"},
	"int":            {"int", "число", "сан"},
	"ints":           {"ints", "числа", "сандар"},
	"uint":           {"uint", "число", "сан"},
	"uint32":         {"uint32", "число", "сан"},
	"uints":          {"uints", "числа", "сандар"},
	"float":          {"float", "число", "сан"},
	"duration":       {"duration", "длительность", "ұзақтық"},
}

// helpCommand is the library's, but a command that does not exist is wrong use.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [command]", Short: "Help about any command", Args: cobra.ArbitraryArgs,
		Example: "  qoyma help transfer\n  qoyma help transfer upload",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return a.group(about, rest)
			}
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			if about, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, c := range about.Commands() {
					if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), begun) {
						names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// translate puts all commands' help into the person's language. What has no translation stays in English; the tests know of none.
func (a *app) translate(root *cobra.Command) {
	if a.language() == fault.English {
		return
	}
	texts, err := helpTexts()
	if err != nil { // our own file, which the tests read: English is better than none
		return
	}
	say := func(s *string) {
		if t, ok := texts[*s]; ok {
			*s = a.say(t)
		}
	}
	for _, c := range tree(root) {
		for _, s := range []*string{&c.Short, &c.Long, &c.Example} {
			say(s)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { say(&f.Usage) })
		c.PersistentFlags().VisitAll(func(f *pflag.Flag) { say(&f.Usage) })
	}
}

// tree is a command with all under it.
func tree(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, under := range c.Commands() {
		all = append(all, tree(under)...)
	}
	return all
}

// help is what --help prints of a command.
func (a *app) help(c *cobra.Command) string {
	c.InitDefaultHelpFlag() // “help X” has not made it
	a.translate(c.Root())
	if f := c.Flags().Lookup("help"); f != nil {
		f.Usage = fmt.Sprintf(a.say(helpFor), c.Name())
	}
	var b strings.Builder
	about := c.Long
	if about == "" {
		about = c.Short
	}
	fmt.Fprintf(&b, "%s\n\n%s\n", strings.TrimRight(about, " \n"), a.say(helpUsage))
	if c.Runnable() {
		fmt.Fprintf(&b, "  %s\n", a.useLine(c))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s %s\n", c.CommandPath(), a.say(helpNotation[0]))
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\n%s\n%s\n", a.say(helpExamples), c.Example)
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", a.say(helpCommands))
		for _, under := range c.Commands() {
			if under.IsAvailableCommand() || under.Name() == "help" {
				fmt.Fprintf(&b, "  %-*s %s\n", under.NamePadding(), under.Name(), under.Short)
			}
		}
	}
	a.helpOnFlags(&b, helpFlags, c.LocalFlags())
	a.helpOnFlags(&b, helpGlobal, c.InheritedFlags())
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n"+a.say(helpMore)+"\n", c.CommandPath())
	}
	return b.String()
}

// useLine is how a command is called.
func (a *app) useLine(c *cobra.Command) string {
	line := c.UseLine()
	for _, t := range helpNotation {
		line = strings.Replace(line, t.en, a.say(t), 1)
	}
	return line
}

// helpOnFlags writes flags below each other, their words in one column whatever the alphabet.
func (a *app) helpOnFlags(b *strings.Builder, title text, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	var names, says []string
	widest := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			name += " " + a.word(flagValues, value)
		}
		if shown := defaultOf(f); shown != "" {
			usage += " " + fmt.Sprintf(a.say(helpDefault), shown)
		}
		names, says, widest = append(names, name), append(says, usage), max(widest, len([]rune(name)))
	})
	fmt.Fprintf(b, "\n%s\n", a.say(title))
	for i, name := range names {
		fmt.Fprintf(b, "%-*s   %s\n", widest, name, says[i])
	}
}

// defaultOf is the value of a flag that is not given, where it is worth showing. One that comes from a variable is not: its usage
// names the variable, and what the variable holds may be a secret.
func defaultOf(f *pflag.Flag) string {
	switch {
	case f.DefValue == "", f.DefValue == "[]", f.Value.Type() != "string" && (f.DefValue == "false" || f.DefValue == "0"), strings.Contains(f.Usage, "QOYMA_"):
		return ""
	case f.Value.Type() == "string":
		return fmt.Sprintf("%q", f.DefValue)
	}
	return f.DefValue
}
