package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/eark"
	"github.com/qoyma/qoyma/services/standards/pronom"
)

func (a *app) transferValidate() *cobra.Command {
	var profile, signatures string
	var fetch bool
	c := &cobra.Command{
		Use: "validate PATH", Short: "Check a BagIt or E-ARK package before sending it; needs no archive", Args: cobra.ExactArgs(1),
		Long: "Check a BagIt package (a folder, a ZIP or a tar) as the archive will check it: every rule of RFC 8493, every byte against the manifests.\n" +
			"A folder, a ZIP or a tar with a METS.xml is checked as an E-ARK package: the rules of CSIP and SIP 2.2, every file against its checksum.\n" +
			"Nothing is unpacked, but an E-ARK package that is one file is, into a private folder that is taken away again. Exit code 1 where it would be refused; every fault is listed.",
	}
	c.Flags().StringVar(&profile, "profile", "", "file of a BagIt profile that the package must keep to as well")
	c.Flags().BoolVar(&fetch, "allow-fetch", false, "accept a package with fetch.txt, which an archive does not by itself")
	c.Flags().StringVar(&signatures, "signatures", "", "folder with DROID_SignatureFile_V….xml and container-signature-….xml, by which formats are named")
	_ = c.MarkFlagDirname("signatures")
	c.RunE = a.do(func(ctx context.Context, args []string) error {
		archive := eark.RecogniseArchive(args[0])
		if archive || eark.Recognise(args[0]) {
			if profile != "" || fetch || signatures != "" {
				return text{
					"--profile, --allow-fetch and --signatures are for BagIt packages, and this is one of E-ARK",
					"--profile, --allow-fetch и --signatures – для пакетов BagIt, а это пакет E-ARK",
					"--profile, --allow-fetch және --signatures BagIt пакеттеріне арналған, ал бұл – E-ARK пакеті",
				}.usage()
			}
			return a.validateEARK(ctx, args[0], archive)
		}
		opts := bagit.Options{AllowFetch: fetch}
		var err error
		if opts.Identify, err = identifierOf(signatures); err != nil {
			return err
		}
		if opts.Profile, err = loadProfile(profile); err != nil {
			return err
		}
		return a.validateBag(ctx, args[0], opts, signatures != "")
	})
	return c
}

// validateBag checks a BagIt package of however many files: what does not fit into memory goes to the folder for
// temporary files.
func (a *app) validateBag(ctx context.Context, path string, opts bagit.Options, formats bool) (err error) {
	opts.Spool.Dir = os.TempDir()
	checker, err := bagit.Take(ctx, path, opts)
	if checker != nil {
		defer func() { err = errors.Join(err, checker.Close()) }()
	}
	if err != nil {
		return err
	}
	report := checker.Finish()
	if err := checker.Err(); err != nil {
		return err
	}
	if a.json {
		if err := a.printBag(report, checker.Files); err != nil {
			return err
		}
		return report.Err()
	}
	a.printWarnings(report)
	if report.Valid() {
		a.printf(a.say(text{"valid: %d files, %d bytes\n", "годен: файлов %d, байт %d\n", "жарамды: файл саны %d, байт %d\n"}), report.Files, report.Bytes)
	}
	if formats {
		a.showFormats(checker.Files(false))
	}
	return report.Err()
}

// identifierOf names formats by the signature files of a folder while bytes pass; without a folder by the
// table that is built in. Errors: those of pronom.OpenRegistry.
func identifierOf(folder string) (func(path string) bagit.Identifier, error) {
	if folder == "" {
		return nil, nil
	}
	registry, err := pronom.OpenRegistry(folder)
	if err != nil {
		return nil, err
	}
	return func(path string) bagit.Identifier { return registry.Watch(path) }, nil
}

// showFormats counts the formats of a package's payload, as “qoyma identify” does.
func (a *app) showFormats(payload iter.Seq[bagit.Entry]) {
	var sum summary
	for e := range payload {
		one := identified{File: e.Path, Size: e.Size}
		if e.Format.PUID != "" {
			one.Formats = []pronom.Result{e.Format}
		}
		sum.add(one)
	}
	a.showSummary(sum)
}

// printBag prints a report of a package with what is wrong with it. Where the report does not list the files, they are
// written as files gives them, one by one.
func (a *app) printBag(report *bagit.Report, files func(tags bool) iter.Seq[bagit.Entry]) error {
	rest, err := indented("", struct {
		*bagit.Report
		Valid    bool      `json:"valid"`
		Faults   []problem `json:"faults"`
		Warnings []problem `json:"warnings"`
	}{report, report.Valid(), a.problems(report.Faults), a.problems(report.Warnings)})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	for _, list := range []struct {
		key  string
		tags bool
	}{{"payload", false}, {"tags", true}} {
		// A text cannot look like this: its ends of line are escaped.
		before, after, there := strings.Cut(rest, "\n  \""+list.key+"\": null")
		if !there || files == nil {
			continue // it is listed
		}
		_, _ = out.WriteString(before + "\n  \"" + list.key + "\": ") // Flush tells
		if err := writeEach(out, files(list.tags)); err != nil {
			return err
		}
		rest = after
	}
	_, _ = out.WriteString(rest + "\n") // Flush tells
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// writeEach writes a list within an object as printJSON does. The error of to is told by its Flush.
func writeEach(to *bufio.Writer, files iter.Seq[bagit.Entry]) error {
	before, after := "[", "null"
	for f := range files {
		one, err := indented("    ", f)
		if err != nil {
			return err
		}
		_, _ = to.WriteString(before + "\n    " + one)
		before, after = ",", "\n  ]"
	}
	_, _ = to.WriteString(after)
	return nil
}

// indented is a value in JSON, as printJSON writes it, with something before each line but the first.
func indented(prefix string, v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("write JSON: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func (a *app) printWarnings(report *bagit.Report) {
	for _, w := range report.Warnings {
		a.printf("%s: %s%s\n", a.say(text{"warning", "предупреждение", "ескерту"}), heading(w.Where), clean(w.Fault.In(a.language())))
	}
}

func (a *app) problems(items []fault.Item) []problem {
	out := make([]problem, 0, len(items))
	for _, item := range items {
		out = append(out, a.problemOf(item.Where, item.Fault))
	}
	return out
}
