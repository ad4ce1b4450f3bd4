package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/standards/ocfl"
)

func (a *app) objectCommand() *cobra.Command {
	return a.family("object", "OCFL objects and storage roots; needs no archive", a.objectValidate())
}

func (a *app) objectValidate() *cobra.Command {
	c := &cobra.Command{
		Use: "validate PATH", Short: "Check an OCFL object or a whole storage root", Args: cobra.ExactArgs(1),
		Long: "Check an OCFL object or a whole storage root, of OCFL 1.0 or 1.1, whichever PATH is: every rule of the specification,\n" +
			"every byte against the inventories. Exit code 1 where it breaks one; every fault is listed with the specification's code.",
	}
	c.RunE = a.do(func(ctx context.Context, args []string) error {
		report, err := ocfl.Validate(ctx, args[0])
		if err != nil {
			return err
		}
		if a.json {
			if err := a.printJSON(struct {
				Path string `json:"path"`
				*ocfl.Report
				Valid    bool      `json:"valid"`
				Faults   []problem `json:"faults"`
				Warnings []problem `json:"warnings"`
			}{args[0], report, report.Valid(), a.problems(report.Faults), a.problems(report.Warnings)}); err != nil {
				return err
			}
			return report.Err(args[0])
		}
		a.showValidated(args[0], report)
		return report.Err(args[0])
	})
	return c
}

// showValidated says what was validated and what deserves a look; faults are the error's.
func (a *app) showValidated(path string, r *ocfl.Report) {
	what := a.say(text{"object", "объект", "объект"})
	if r.Kind == ocfl.RootKind {
		what = a.say(text{"storage root", "хранилище", "қойма"})
	}
	a.printf("%s: %s", clean(path), what)
	if r.Edition != "" {
		a.printf(", OCFL %s", r.Edition)
	}
	if r.Layout != "" {
		a.printf(", %s", r.Layout)
	} else if r.Kind == ocfl.RootKind {
		a.printf(", %s", a.say(text{"layout not known here, places not checked", "устройство здесь неизвестно, места объектов не проверены", "құрылымы мұнда белгісіз, объектілердің орны тексерілмеді"}))
	}
	a.printf("\n")
	for _, w := range r.Warnings {
		a.printf("%s: %s: %s\n", a.say(text{"warning", "предупреждение", "ескерту"}), clean(w.Where), clean(w.Fault.In(a.language())))
	}
	if r.Valid() {
		a.printf(a.say(text{
			"valid: objects %d, files %d, bytes %d\n", "исправно: объектов %d, файлов %d, байт %d\n", "жарамды: объект %d, файл %d, байт %d\n",
		}), r.Objects, r.Files, r.Bytes)
	}
}
