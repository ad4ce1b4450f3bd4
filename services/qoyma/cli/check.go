package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/qoyma/check"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

var unsound = fault.Define(fault.Refused, "cli.unsound",
	"{count} things are wrong in {folder}; change nothing there, keep a copy, and follow the runbook",
	"в {folder} найдено нарушений: {count}; ничего там не меняйте, сохраните копию и действуйте по руководству",
	"{folder} ішінде {count} ақау табылды; ештеңе өзгертпей, көшірмесін сақтап, нұсқаулық бойынша әрекет етіңіз")

func (a *app) checkCommand() *cobra.Command {
	var cfg check.Config
	c := &cobra.Command{
		Use: "check", Short: "Check every store, journal, tree and position of a stopped data folder", Args: cobra.NoArgs,
		Long: "Check a stopped data folder and change nothing: the pages of every store, its journal (order, envelope, tree, keys), that the journal\n" +
			"folded into an empty store gives exactly this state, each service's own rules, what the services hold of each other's journals\n" +
			"(position, root, signed checkpoint), every original and every insurance copy against its digests. Exit code 1 where anything is wrong.",
	}
	c.Flags().StringVar(&cfg.Data, "data", os.Getenv("QOYMA_DATA"), "data folder (default: QOYMA_DATA)")
	c.Flags().StringVar(&cfg.Keys, "keys", "", "folder of the keys (default: keys in the data folder)")
	c.Flags().BoolVar(&cfg.Quick, "quick", false, "leave out the digests of the originals")
	_ = c.MarkFlagDirname("data")
	c.RunE = a.do(func(ctx context.Context, _ []string) error {
		if cfg.Data == "" {
			return noData.usage()
		}
		if err := archiveIn(cfg.Data, cfg.Keys); err != nil {
			return err
		}
		if answers(filepath.Join(cfg.Data, process.Socket)) {
			return check.Running.With("folder", cfg.Data)
		}
		cfg.Services = a.services
		if !a.json {
			cfg.Progress = func(what map[fault.Language]string) { _, _ = fmt.Fprintf(a.err, "… %s\n", what[a.language()]) }
		}
		report, err := check.Folder(ctx, cfg)
		if err != nil {
			return err
		}
		if a.json {
			if err := a.printJSON(report); err != nil {
				return err
			}
		} else {
			a.showCheck(report)
		}
		if !report.OK {
			return unsound.With("count", len(report.Problems), "folder", cfg.Data)
		}
		return nil
	})
	return c
}

func (a *app) showCheck(r *check.Report) {
	for _, s := range r.Services {
		a.printf(a.say(text{"%s: %d events, epoch %d\n", "%s: событий %d, эпоха %d\n", "%s: оқиға %d, дәуір %d\n"}), s.Name, s.Events, s.Epoch)
	}
	if r.Objects > 0 {
		a.printf(a.say(text{"originals: %d objects, %d bytes\n", "подлинники: объектов %d, байт %d\n", "түпнұсқалар: нысан %d, байт %d\n"}), r.Objects, r.Bytes)
	}
	if r.Copies > 0 {
		a.printf(a.say(text{"insurance copies: %d objects\n", "страховые копии: объектов %d\n", "сақтандыру көшірмелері: нысан %d\n"}), r.Copies)
	}
	for _, p := range r.Problems {
		a.printf("! %s: %s\n", p.Service, clean(p.Words[a.language()]))
	}
	if r.OK {
		a.printf(a.say(text{"all is well (%.1f s)\n", "всё в порядке (%.1f с)\n", "бәрі дұрыс (%.1f с)\n"}), r.Seconds)
	}
}
