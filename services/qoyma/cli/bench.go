package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/qoyma/bench"
)

var slower = fault.Define(fault.Refused, "cli.slower",
	"not every ratio was reached on this machine; see those marked FAIL",
	"на этой машине достигнуты не все отношения; смотрите отмеченные FAIL",
	"бұл машинада арақатынастардың бәріне қол жеткен жоқ; FAIL деп белгіленгендерін қараңыз")

func (a *app) benchCommand() *cobra.Command {
	return a.family("bench", "Measure on this machine", a.benchJournal())
}

func (a *app) benchJournal() *cobra.Command {
	var cfg bench.Config
	var seconds float64
	var large bool
	c := &cobra.Command{
		Use: "journal", Short: "Measure a real command beside raw fdatasync and plain bbolt.Update", Args: cobra.NoArgs,
		Long: "Measure registering a file (rules, event, tree, indexes) at the store and through gRPC, its effect in another service, and refusals,\n" +
			"beside a raw fdatasync loop and plain bbolt.Update on the same disk. Exit code 1 where a required ratio is not reached.",
	}
	c.Flags().StringVar(&cfg.Dir, "dir", os.TempDir(), "folder on the disk to measure; a folder is made in it and removed")
	c.Flags().IntVar(&cfg.Rows, "rows", 1_000_000, "files registered before measuring")
	c.Flags().Float64Var(&seconds, "seconds", 10, "length of each measurement")
	c.Flags().IntVar(&cfg.Callers, "callers", 256, "callers at once")
	c.Flags().BoolVar(&large, "large", false, "also fill a store of 8 GB and measure opening it (minutes)")
	_ = c.MarkFlagDirname("dir")
	c.RunE = a.do(func(ctx context.Context, _ []string) (err error) {
		if cfg.Rows < 0 || cfg.Callers < 1 || seconds <= 0 {
			return fault.Usage.With("problem", "--rows, --callers and --seconds are positive")
		}
		cfg.Period = time.Duration(seconds * float64(time.Second))
		if large {
			cfg.Large = 8 << 30
		}
		if cfg.Telemetry, err = quiet(ctx, a); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cfg.Telemetry.Shutdown(context.WithoutCancel(ctx))) }()
		cfg.Services = a.services
		cfg.Progress = func(what string) { _, _ = fmt.Fprintf(a.err, "… %s\n", what) }
		report, err := bench.Journal(ctx, cfg)
		if err != nil {
			return err
		}
		if a.json {
			err = a.printJSON(report)
		} else {
			a.showBench(report)
		}
		if err == nil && !report.OK() {
			err = slower.With()
		}
		return err
	})
	return c
}

func (a *app) showBench(r *bench.Report) {
	a.printf("%s: %d rows, %d callers, %.0f s each\n\n", r.Dir, r.Rows, r.Callers, r.Seconds)
	for _, f := range r.Figures {
		a.printf("  %-52s %12.2f %s\n", f.Name, f.Value, f.Unit)
	}
	a.printf("\n")
	for _, ratio := range r.Ratios {
		verdict, sign := "pass", "≥"
		if !ratio.OK {
			verdict = "FAIL"
		}
		if ratio.AtMost {
			sign = "≤"
		}
		a.printf("  %-52s %12.2f  %s %-6g %s\n", ratio.Name, ratio.Value, sign, ratio.Limit, verdict)
	}
}
