package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/eark"
)

var (
	packageExists = fault.Define(fault.Conflict, "cli.package_exists",
		"{path} exists already; nothing was written; give the package another name",
		"{path} уже существует; ничего не записано; дайте пакету другое имя",
		"{path} бұрыннан бар; ештеңе жазылған жоқ; пакетке басқа ат беріңіз")
	noFolder = fault.Define(fault.NotFound, "cli.no_folder",
		"{path} is not a folder that can be read; nothing was written",
		"{path} не является папкой, которую можно прочитать; ничего не записано",
		"{path} оқылатын қалта емес; ештеңе жазылған жоқ")
	noProfile = fault.Define(fault.NotFound, "cli.no_profile",
		"the profile {path} cannot be read; give the file of a BagIt profile",
		"профиль {path} не читается; укажите файл профиля BagIt",
		"{path} профилі оқылмайды; BagIt профилінің файлын көрсетіңіз")
)

func (a *app) packageCommand() *cobra.Command {
	return a.family("package", "Packages for handing over; needs no archive", a.packageCreate())
}

// creation is what package create was told.
type creation struct {
	from, to, tags, profile string
	info, algorithms        []string
	zip, tar, eark          bool
	sip                     earkPackage // what --eark needs besides
}

func (a *app) packageCreate() *cobra.Command {
	var told creation
	c := &cobra.Command{
		Use: "create --from DIR --to PACKAGE", Short: "Make a BagIt or E-ARK package of a folder; needs no archive", Args: cobra.NoArgs,
		Long: "Make a BagIt package (RFC 8493) of the files in a folder: a folder itself, or with --zip or --tar one file.\n" +
			"The same files and flags give the same bytes (with --eark but for the time of making). The package takes its name when it is whole and keeps to the profile; a failure leaves nothing.\n" +
			"With --eark a submission package of E-ARK (SIP 2.2), in the same forms; it says what it is (--label) and who hands it over (--submitter).",
	}
	f := c.Flags()
	f.StringVar(&told.from, "from", "", "folder with the records")
	f.StringVar(&told.to, "to", "", "name of the package, which must not exist yet")
	f.StringVar(&told.tags, "tag-files", "", "folder with further tag files, which stand beside data/")
	f.StringVar(&told.profile, "profile", "", "file of a BagIt profile that the package must keep to")
	f.StringArrayVar(&told.info, "info", nil, "Label=value of bag-info.txt; may be repeated")
	f.StringSliceVar(&told.algorithms, "algorithm", nil, "md5, sha1, sha224, sha256, sha384 or sha512; may be repeated (default: sha256 and sha512)")
	f.BoolVar(&told.zip, "zip", false, "make a ZIP")
	f.BoolVar(&told.tar, "tar", false, "make a tar")
	f.BoolVar(&told.eark, "eark", false, "make an E-ARK submission package")
	f.StringVar(&told.sip.label, "label", "", "with --eark: what the package is, in words")
	f.StringVar(&told.sip.submitter, "submitter", "", "with --eark: the organisation that hands it over")
	f.StringVar(&told.sip.creator, "creator", "", "with --eark: the organisation whose records they are")
	f.StringVar(&told.sip.agreement, "agreement", "", "with --eark: the submission agreement")
	f.StringArrayVar(&told.sip.descriptions, "description", nil, "with --eark: XML file of descriptive metadata; may be repeated")
	f.StringVar(&told.sip.documentation, "documentation", "", "with --eark: folder with documentation")
	f.StringVar(&told.sip.schemas, "schemas", "", "with --eark: folder with the schemas of the XML files")
	for _, name := range []string{"from", "to"} {
		_ = c.MarkFlagRequired(name) // the flag is there
	}
	_ = c.MarkFlagDirname("from")
	_ = c.MarkFlagDirname("tag-files")
	_ = c.RegisterFlagCompletionFunc("algorithm", cobra.FixedCompletions([]string{"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}, cobra.ShellCompDirectiveNoFileComp))
	c.MarkFlagsMutuallyExclusive("zip", "tar")
	for _, name := range []string{"profile", "info", "algorithm", "tag-files"} { // of bags alone
		c.MarkFlagsMutuallyExclusive("eark", name)
	}
	for _, name := range []string{"label", "submitter"} {
		c.MarkFlagsRequiredTogether("eark", name)
	}
	c.RunE = a.do(func(ctx context.Context, _ []string) error {
		if told.eark {
			told.sip.payload, told.sip.to = told.from, told.to
			switch {
			case told.zip:
				told.sip.form = eark.Zip
			case told.tar:
				told.sip.form = eark.Tar
			}
			err := a.createEARK(ctx, told.sip, time.Now())
			if errors.Is(err, fs.ErrExist) {
				err = packageExists.With("path", told.to).Because(err)
			}
			return err
		}
		report, err := told.create(ctx)
		if errors.Is(err, fs.ErrExist) {
			return packageExists.With("path", told.to).Because(err)
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printBag(report, nil)
		}
		a.printWarnings(report)
		a.printf(a.say(text{"made: %s, %d files, %d bytes\n", "собран: %s, файлов %d, байт %d\n", "жиналды: %s, файл саны %d, байт %d\n"}), clean(told.to), len(report.Payload), report.Bytes)
		return nil
	})
	return c
}

func (told creation) create(ctx context.Context) (*bagit.Report, error) {
	m := bagit.Making{Algorithms: told.algorithms}
	switch {
	case told.zip:
		m.Form = bagit.Zip
	case told.tar:
		m.Form = bagit.Tar
	}
	for _, field := range told.info {
		label, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, text{"--info is Label=value, not %s", "--info пишется как Метка=значение, а не %s", "--info Белгі=мән түрінде жазылады, ал берілгені %s"}.usage(field)
		}
		m.Info = append(m.Info, bagit.Field{Label: label, Value: value})
	}
	var err error
	if m.Profile, err = loadProfile(told.profile); err != nil {
		return nil, err
	}
	payload, err := os.OpenRoot(told.from)
	if err != nil {
		return nil, noFolder.With("path", told.from).Because(err)
	}
	defer func() { _ = payload.Close() }() // only read from
	if told.tags == "" {
		return bagit.Make(ctx, told.to, payload.FS(), nil, m)
	}
	tags, err := os.OpenRoot(told.tags)
	if err != nil {
		return nil, noFolder.With("path", told.tags).Because(err)
	}
	defer func() { _ = tags.Close() }() // only read from
	return bagit.Make(ctx, told.to, payload.FS(), tags.FS(), m)
}

// loadProfile reads a BagIt profile; none where no file is named.
func loadProfile(path string) (*bagit.Profile, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, noProfile.With("path", path).Because(err)
	}
	defer func() { _ = f.Close() }() // only read from
	return bagit.ParseProfile(f)
}
