package cli

import (
	"context"

	"github.com/qoyma/qoyma/services/standards/eark"
)

// validateEARK checks an E-ARK package, a folder or one file, as the archive would.
func (a *app) validateEARK(ctx context.Context, path string, archive bool) error {
	validate := eark.Validate
	if archive {
		validate = eark.ValidateArchive
	}
	report, err := validate(ctx, path, eark.Options{Now: a.started})
	if err != nil {
		return err
	}
	return a.showEARK(report)
}

// showEARK prints what a package is and what is wrong with it; its error is the package's.
func (a *app) showEARK(report *eark.Report) error {
	if a.json {
		if err := a.printJSON(struct {
			*eark.Report
			Valid    bool      `json:"valid"`
			Faults   []problem `json:"faults"`
			Warnings []problem `json:"warnings"`
		}{report, report.Valid(), a.problems(report.Faults), a.problems(report.Warnings)}); err != nil {
			return err
		}
		return report.Err()
	}
	for _, w := range report.Warnings {
		a.printf("%s: %s: %s\n", a.say(text{"warning", "предупреждение", "ескерту"}), clean(w.Where), clean(w.Fault.In(a.language())))
	}
	if report.Valid() {
		p := report.Package
		a.printf(a.say(text{
			"valid E-ARK package %s (%s): %d records, %d files, %d bytes\n",
			"годен пакет E-ARK %s (%s): документов %d, файлов %d, байт %d\n",
			"жарамды E-ARK пакеті %s (%s): құжат саны %d, файл саны %d, байт %d\n",
		}), clean(p.ID), clean(p.OAISType), len(report.Payload()), len(report.Files), report.Bytes)
	}
	return report.Err()
}
