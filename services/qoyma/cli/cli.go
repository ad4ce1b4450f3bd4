// Package cli is the command line: flags in, one call, text or JSON out. It decides nothing.
//
// Every command ends with 0 (done), 1 (refused or failed) or 2 (used wrongly), speaks the
// language of --lang, and with --json writes exactly one JSON document to the standard
// output; only identify writes a line for each file, because they may be millions.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// app is one invocation.
type app struct {
	started  time.Time
	out, err io.Writer
	lang     string
	json     bool
	// running is set when a command's own work begins: an error before it is wrong use.
	running  bool
	services []process.Service
}

// Main runs one command and gives its exit code.
func Main(args []string, out, errOut io.Writer) int {
	a := &app{started: time.Now(), out: out, err: errOut, services: process.Services()}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := a.root()
	root.SetArgs(args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // a shell shows what the help says of each command
		a.translate(root)
	}
	err := root.ExecuteContext(ctx)
	if err != nil && !a.running && !errors.Is(err, fault.Usage) {
		a.hear(args)
		err = fault.Usage.With("problem", misused(err))
	}
	if err = disk(err); err != nil {
		a.report(err)
	}
	return fault.Exit(err)
}

// hear takes --lang and --json where the library did not come so far as to read them.
func (a *app) hear(args []string) {
	for i, arg := range args {
		lang, given := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			lang, given = args[i+1], true
		}
		if _, known := languages[lang]; given && known {
			a.lang = lang
		}
		a.json = a.json || arg == "--json"
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "qoyma",
		Short: "Qoyma keeps an archive: transfers, accessions, files, and what proves them",
		Long: "Qoyma keeps an archive: transfers, accessions, files, and what proves them.\n\n" +
			"Exit codes: 0 done, 1 refused or failed, 2 wrong use.",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs, RunE: a.group,
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { a.printf("%s", a.help(c)) })
	root.SetHelpCommand(a.helpCommand())
	root.PersistentFlags().StringVar(&a.lang, "lang", "", "language of what is printed: kk, ru or en (default: QOYMA_LANG, LC_ALL or LANG, else en)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON document")
	root.AddCommand(
		a.serveCommand(), a.demoCommand(), a.tokenCommand(), a.checkCommand(), a.verifyCommand(), a.benchCommand(),
		a.searchCommand(), a.timelineCommand(), a.identifyCommand(), a.packageCommand(), a.objectCommand(), a.transferCommand(), a.accessionCommand(), a.actCommand(),
		a.organisationCommand(), a.nomenclatureCommand(), a.departmentCommand(), a.inventoryCommand(), a.dueCommand(), a.requestCommand(), a.signerCommand(), a.fondsCommand(), a.fileCommand(), a.insuranceCommand(),
		a.keysCommand(), a.brokerCommand(), a.healthCommand(),
		a.accountCommand(), a.statusCommand(), a.waitingCommand(), a.clockCommand(), a.eraseCommand(), a.journalCommand(),
	)
	return root
}

// group is what a command does that only has commands under it.
func (a *app) group(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return text{"%s has no command “%s”", "у %s нет команды «%s»", "%s үшін «%s» деген пәрмен жоқ"}.usage(cmd.CommandPath(), args[0])
	}
	if cmd == cmd.Root() {
		return cmd.Help()
	}
	return text{"%s needs a command", "%s: укажите команду", "%s: пәрменді көрсетіңіз"}.usage(cmd.CommandPath())
}

// family makes a command that only has commands under it.
func (a *app) family(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: a.group}
	c.AddCommand(commands...)
	return c
}

// do marks where wrong use ends and work begins.
func (a *app) do(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if _, ok := languages[a.lang]; !ok {
			return text{"--lang is kk, ru or en, not “%s”", "--lang – это kk, ru или en, а не «%s»", "--lang мәні kk, ru немесе en, ал берілгені «%s»"}.usage(a.lang)
		}
		a.running = true
		return work(cmd.Context(), args)
	}
}

var languages = map[string]fault.Language{"": "", "kk": fault.Kazakh, "ru": fault.Russian, "en": fault.English}

// language is the language of what is printed.
func (a *app) language() fault.Language {
	for _, value := range []string{a.lang, os.Getenv("QOYMA_LANG"), os.Getenv("LC_ALL"), os.Getenv("LANG")} {
		if value == "" {
			continue
		}
		if end := strings.IndexAny(value, "_.@"); end >= 0 {
			value = value[:end]
		}
		if l := languages[strings.ToLower(value)]; l != "" {
			return l
		}
		return fault.English
	}
	return fault.English
}

// text is one of our own words in the three languages.
type text struct{ en, ru, kk string }

func (a *app) say(t text) string {
	switch a.language() {
	case fault.Kazakh:
		return t.kk
	case fault.Russian:
		return t.ru
	case fault.English:
	}
	return t.en
}

// printf writes to the standard output. A reader that went away (a closed pipe) is no
// failure of the command.
func (a *app) printf(format string, args ...any) { _, _ = fmt.Fprintf(a.out, format, args...) }

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// printLine writes one of many JSON documents.
func (a *app) printLine(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// problem is an error as --json prints it.
type problem struct {
	Kind  string            `json:"kind"`
	Code  string            `json:"code"`
	Text  string            `json:"text"`
	Where string            `json:"where,omitempty"`
	Args  map[string]string `json:"args,omitempty"`
	Cause string            `json:"cause,omitempty"`
	Items []problem         `json:"items,omitempty"`
}

func (a *app) problemOf(where string, f *fault.Error) problem {
	p := problem{Kind: f.Kind.String(), Code: f.Code, Text: f.In(a.language()), Where: where, Args: f.Args}
	for _, item := range f.Items {
		p.Items = append(p.Items, a.problemOf(item.Where, item.Fault))
	}
	return p
}

// report prints an error with everything that is wrong, in the person's language. What is
// no fault happened on this machine, to its administrator: they get the whole chain.
func (a *app) report(err error) {
	f := fault.Of(err)
	p := a.problemOf("", f)
	if f.Kind == fault.Internal && f.Unwrap() != nil {
		p.Cause = err.Error()
	}
	if a.json {
		enc := json.NewEncoder(a.err)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(map[string]problem{"error": p}) // nowhere is left to say so
		return
	}
	_, _ = fmt.Fprintf(a.err, "qoyma: %s\n", p.Text)
	if p.Cause != "" {
		_, _ = fmt.Fprintf(a.err, "  %s\n", p.Cause)
	}
	for _, item := range p.Items {
		_, _ = fmt.Fprintf(a.err, "  %s%s\n", heading(item.Where), item.Text)
	}
}

// heading is where something is wrong, before what is wrong; nothing for the whole.
func heading(where string) string {
	if where == "" {
		return ""
	}
	return clean(where) + ": "
}
