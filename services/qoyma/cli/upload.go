package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

func (a *app) transferUpload() *cobra.Command {
	var t target
	var parallel uint
	var restart, quiet, stream bool
	c := &cobra.Command{
		Use: "upload ID PATH", Short: "Send a package for a transfer: a folder, a mounted disk, a ZIP or a tar", Args: cobra.ExactArgs(2),
		Long: `Send a package for a transfer: a BagIt package (a folder), an E-ARK package (a folder), a folder or mounted disk with
folders called by the numbers of the inventory (0001, 0002 …), or any of them as a ZIP or a tar. In an E-ARK package the records
of a row lie in representations/<name>/data/<its number>/.

It is taken whole or refused with everything that is wrong listed; the good files of a refused package (not of a ZIP, a tar or an
E-ARK package) are kept for some days, so that after it was mended only the others are sent again. Where the archive returned rows, of numbered folders only those rows are sent.

It may be interrupted at any moment, on either side: called again, it sends only what is missing. While the archive
is away or its disk is full it waits and goes on by itself.

With --stream the whole of a BagIt or E-ARK folder comes in one call: about twice as fast for very many small files, over a
good line. Broken off, it begins again from its first byte, and it has ten minutes.`,
	}
	t.flags(c)
	c.Flags().UintVar(&parallel, "parallel", 2, "files at once, up to 16")
	c.Flags().BoolVar(&restart, "restart", false, "forget what was sent of an unfinished upload before")
	c.Flags().BoolVar(&stream, "stream", false, "send a BagIt or E-ARK folder in one call that cannot be resumed")
	c.MarkFlagsMutuallyExclusive("stream", "restart")
	c.MarkFlagsMutuallyExclusive("stream", "parallel")
	c.Flags().BoolVar(&quiet, "quiet", false, "say nothing of the progress on the standard error")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		if parallel == 0 || parallel > 16 {
			return text{"--parallel is 1 to 16", "--parallel – от 1 до 16", "--parallel 1 мен 16 аралығында болады"}.usage()
		}
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		if stream {
			return a.streamed(ctx, cl, args[0], args[1])
		}
		b := &client.Bulk{Client: cl, Transfer: args[0], Root: args[1], Parallel: int(parallel), Restart: restart}
		if !quiet {
			b.Wait = func(err error, wait time.Duration) {
				_, _ = fmt.Fprintf(a.err, a.say(text{"%s (again in %s s)\n", "%s (снова через %s с)\n", "%s (%s с өткенде қайта)\n"}),
					fault.Of(err).In(a.language()), numeral.Decimal(wait.Seconds(), 2, a.language()))
			}
			b.Left = func(files int) {
				_, _ = fmt.Fprintf(a.err, a.say(text{
					"%d files are of rows that were not returned: they stay as they are and are not sent\n",
					"файлов из строк, которые не возвращались: %d; они остаются как есть и не отправляются\n",
					"қайтарылмаған жолдардың файлы: %d; олар сол күйінде қалады, жіберілмейді\n",
				}), files)
			}
			defer a.watch(&b.Progress)()
		}
		res, err := b.Run(ctx)
		if err != nil {
			return err
		}
		if !res.GetTaken() && !quiet {
			a.sayKept(ctx, cl, args[0])
		}
		return a.showOutcome(args[0], res)
	})
	return c
}

// streamed sends a bag or an E-ARK package in one call.
func (a *app) streamed(ctx context.Context, cl intakev1.IntakeServiceClient, transfer, folder string) error {
	kind := parcel.Rows
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		kind = client.Kind(os.DirFS(folder))
	}
	if kind == parcel.Rows {
		return text{
			"--stream is for a folder with bagit.txt or METS.xml",
			"--stream – для папки, в которой есть bagit.txt или METS.xml",
			"--stream ішінде bagit.txt не METS.xml бар қалтаға арналған",
		}.usage()
	}
	id, err := commandID()
	if err != nil {
		return err
	}
	res, err := client.Upload(ctx, cl, &intakev1.UploadBegin{CommandId: id, TransferId: transfer, Eark: kind == parcel.EARK}, folder)
	if err != nil {
		return err
	}
	return a.showOutcome(transfer, res)
}

// sayKept says on the standard error what is kept of a package that was refused.
func (a *app) sayKept(ctx context.Context, cl intakev1.IntakeServiceClient, transfer string) {
	list, err := cl.ListUploads(ctx, &intakev1.ListUploadsRequest{TransferId: transfer, Limit: 1})
	if err != nil || list.GetRefusedPackage() == "" {
		return // nothing is kept, or it is seen when the rest is sent
	}
	until, err := time.Parse(time.RFC3339, list.GetExpiresAt())
	if err != nil {
		return
	}
	_, _ = fmt.Fprintf(a.err, a.say(text{
		"kept until %[2]s: %[1]d good files; correct the rest and send the same folder again\n",
		"хранятся до %[2]s годные файлы: %[1]d; исправьте остальное и отправьте ту же папку снова\n",
		"%[2]s дейін сақталатын жарамды файл: %[1]d; қалғанын түзетіп, сол қалтаны қайта жіберіңіз\n",
	}), list.GetWholeFiles(), civil.Of(until))
}

func (a *app) showOutcome(transfer string, res *intakev1.UploadPackageResponse) error {
	if err := a.show(res, func() {
		if res.GetTaken() {
			a.printf(a.say(text{"taken: package %s, %d files, %s\n", "принят: пакет %s, файлов %d, %s\n", "алынды: пакет %s, файл саны %d, %s\n"}),
				res.GetPackageId(), res.GetFiles(), a.size(res.GetBytes()))
		}
		a.showFaults(a.say(warnings), res.GetWarnings())
	}); err != nil || res.GetTaken() {
		return err
	}
	return packageRefused.With("transfer", transfer, "count", res.GetFaultCount()).Listing(items(res.GetFaults()))
}

// watch says on the standard error how far an upload has come: every second to a person, every ten to
// a log. What it returns ends it.
func (a *app) watch(p *client.Progress) (stop func()) {
	every, end := 10*time.Second, "\n"
	if f, ok := a.err.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			every, end = time.Second, "\r"
		}
	}
	said := a.say(text{"sent: %d of %d files, %s of %s, %s/s", "отправлено: файлов %d из %d, %s из %s, %s/с", "жіберілді: файл %d / %d, %s / %s, %s/с"})
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		before, at := p.BytesThere.Load(), time.Now()
		for {
			select {
			case <-done:
				if end == "\r" {
					_, _ = fmt.Fprintln(a.err)
				}
				return
			case now := <-tick.C:
				there := p.BytesThere.Load()
				rate := float64(max(there-before, 0)) / max(now.Sub(at).Seconds(), 0.001)
				before, at = there, now
				_, _ = fmt.Fprintf(a.err, said+end, p.FilesThere.Load(), p.Files.Load(), a.size(uint64(max(there, 0))), a.size(uint64(p.Bytes.Load())), a.size(uint64(rate)))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func (a *app) transferLimits() *cobra.Command {
	return a.family("limits", "How much may be on its way to the archive", a.limitsList(), a.limitsSet())
}

func (a *app) limitsList() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "list", Short: "List the limits of uploads, by organisation and day", Args: cobra.NoArgs}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		res, err := cl.ListUploadLimits(ctx, &intakev1.ListUploadLimitsRequest{})
		if err != nil {
			return err
		}
		return a.show(res, func() {
			var rows [][]string
			for _, l := range res.GetLimits() {
				rows = append(rows, []string{
					l.GetFrom(), cmp.Or(l.GetOrganisationId(), a.say(text{"all others", "все прочие", "қалғанының бәрі"})), a.size(l.GetTransferBytes()), fmt.Sprint(l.GetTransferFiles()),
					a.size(l.GetDepartmentBytes()), fmt.Sprint(l.GetDepartmentFiles()), fmt.Sprint(l.GetKeepDays()),
				})
			}
			a.table([]text{
				{"FROM", "С", "БАСЫ"},
				headOrganisation,
				{"TRANSFER", "ПЕРЕДАЧА", "ТАПСЫРУ"},
				headContent,
				{"DEPARTMENT", "ВЕДОМСТВО", "МЕКЕМЕ"},
				headContent,
				{"DAYS", "ДНЕЙ", "КҮН"},
			}, rows)
		})
	})
	return c
}

func (a *app) limitsSet() *cobra.Command {
	var t target
	l := new(intakev1.UploadLimitsSet)
	c := &cobra.Command{
		Use: "set", Short: "Let other limits of uploads hold from a day on", Args: cobra.NoArgs,
		Long: `Let other limits of uploads hold from a day on: of one transfer, of a department with all that waits for its
acceptance, and for how many days after its last byte an unfinished upload is kept.`,
	}
	t.flags(c)
	f := c.Flags()
	f.StringVar(&l.OrganisationId, "department", "", "id of the department for which they hold (default: every one without its own)")
	f.StringVar(&l.From, "from", "", "civil date from which they hold, 2026-01-31")
	f.Uint64Var(&l.TransferBytes, "transfer-bytes", 0, "bytes of one transfer")
	f.Uint32Var(&l.TransferFiles, "transfer-files", 0, "files of one transfer")
	f.Uint64Var(&l.DepartmentBytes, "department-bytes", 0, "bytes of a department")
	f.Uint32Var(&l.DepartmentFiles, "department-files", 0, "files of a department")
	f.Uint32Var(&l.KeepDays, "keep-days", 0, "days that an unfinished upload is kept, up to 365")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		id, err := commandID()
		if err != nil {
			return err
		}
		res, err := cl.SetUploadLimits(ctx, &intakev1.SetUploadLimitsRequest{CommandId: id, Limits: l})
		if err != nil {
			return err
		}
		return a.show(res, func() {})
	})
	return c
}
