package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
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
	return a.family("bench", "Measure on this machine", a.benchJournal(), a.benchIntake())
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
			return text{
				"--callers and --seconds are positive, --rows is not negative",
				"--callers и --seconds больше нуля, --rows не меньше",
				"--callers мен --seconds нөлден үлкен, --rows нөлден кем емес",
			}.usage()
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
		return a.measured(report, fmt.Sprintf("%s: %d rows, %d callers, %.0f s each", report.Dir, report.Rows, report.Callers, report.Seconds))
	})
	return c
}

func (a *app) benchIntake() *cobra.Command {
	var cfg bench.IntakeConfig
	c := &cobra.Command{
		Use: "intake", Short: "Measure a package's way in beside cp -r and sha256sum", Args: cobra.NoArgs,
		Long: "Upload and accept packages of large and of many small files, beside cp -r and sha256sum on the same trees in the same run, and measure the\n" +
			"memory of packages of many files. When an upload is answered its bytes are on the disk; when cp returns they are not. Exit code 1 where\n" +
			"a required ratio is not reached.",
	}
	c.Flags().StringVar(&cfg.Dir, "dir", os.TempDir(), "folder on the disk to measure; a folder is made in it and removed")
	c.Flags().IntVar(&cfg.LargeMiB, "large", 256, "MiB of each of four large files")
	c.Flags().IntVar(&cfg.Files, "files", 20_000, "small files")
	c.Flags().IntVar(&cfg.FileBytes, "bytes", 20<<10, "bytes of each small file")
	c.Flags().IntSliceVar(&cfg.Memory, "memory", []int{1000, 10_000, 100_000}, "files in the packages whose memory is measured; 0: not measured")
	_ = c.MarkFlagDirname("dir")
	c.RunE = a.do(func(ctx context.Context, _ []string) (err error) {
		cfg.Memory = slices.DeleteFunc(cfg.Memory, func(n int) bool { return n == 0 })
		if cfg.LargeMiB < 1 || cfg.Files < 1 || cfg.FileBytes < 32 || slices.ContainsFunc(cfg.Memory, func(n int) bool { return n < 1 }) {
			return text{
				"--large and --files are positive, --memory is not negative, --bytes is at least 32",
				"--large и --files больше нуля, --memory не меньше нуля, --bytes не меньше 32",
				"--large мен --files нөлден үлкен, --memory нөлден кем емес, --bytes кемінде 32",
			}.usage()
		}
		if cfg.Telemetry, err = quiet(ctx, a); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cfg.Telemetry.Shutdown(context.WithoutCancel(ctx))) }()
		cfg.Services = a.services
		cfg.Progress = func(what string) { _, _ = fmt.Fprintf(a.err, "… %s\n", what) }
		report, err := bench.Intake(ctx, cfg)
		if err != nil {
			return err
		}
		return a.measured(report, report.Dir)
	})
	return c
}

// measured shows what was measured; slower is the error where a ratio was not reached.
func (a *app) measured(r *bench.Report, title string) error {
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.showBench(r, title)
	}
	if !r.OK() {
		return slower.With()
	}
	return nil
}

func (a *app) showBench(r *bench.Report, title string) {
	a.printf("%s\n\n", title)
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
