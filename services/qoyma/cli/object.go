package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/standards/ocfl"
)

func (a *app) objectCommand() *cobra.Command {
	return a.family("object", "OCFL objects and storage roots; needs no archive", a.objectValidate(), a.objectExport())
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

func (a *app) objectExport() *cobra.Command {
	c := &cobra.Command{
		Use: "export OBJECT --to FOLDER", Short: "Take the files of an OCFL object out into a folder", Args: cobra.ExactArgs(1),
		Long: "Take the files of an OCFL object out under their own names, into a folder that is not there yet: of the newest version, or of\n" +
			"--version. Each is counted against the inventory while it is copied; where one is damaged nothing is left. The object of an\n" +
			"accession gives a BagIt package (RFC 8493), which transfer validate checks.",
	}
	to := c.Flags().String("to", "", "folder to make")
	version := c.Flags().String("version", "", "version to take, v1 the first (default the newest)")
	_ = c.MarkFlagRequired("to") // the flag is there
	c.RunE = a.do(func(ctx context.Context, args []string) error {
		e, err := ocfl.Export(ctx, args[0], *version, *to)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(e)
		}
		a.printf(a.say(text{
			"%s: version %s of %s, files %d, bytes %d\n", "%s: версия %s объекта %s, файлов %d, байт %d\n", "%s: %s нұсқасы, объект %s, файл %d, байт %d\n",
		}), clean(*to), clean(e.Version), clean(e.ID), e.Files, e.Bytes)
		return nil
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
		a.printf("%s: %s%s\n", a.say(text{"warning", "предупреждение", "ескерту"}), heading(w.Where), clean(w.Fault.In(a.language())))
	}
	if r.Valid() {
		a.printf(a.say(text{
			"valid: objects %d, files %d, bytes %d\n", "исправно: объектов %d, файлов %d, байт %d\n", "жарамды: объект %d, файл %d, байт %d\n",
		}), r.Objects, r.Files, r.Bytes)
	}
}
