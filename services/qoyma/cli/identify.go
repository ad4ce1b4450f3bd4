package cli

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/pronom"
)

// identified is one file's format, as it is printed.
type identified struct {
	File    string          `json:"file"`
	Size    int64           `json:"size"`
	Formats []pronom.Result `json:"formats"`
	Error   string          `json:"error,omitempty"` // in the person's language

	err    error // why it could not be read
	passed bool  // it is a link or a device within a folder, and was not looked at
}

func (a *app) identifyCommand() *cobra.Command {
	var signatures string
	c := &cobra.Command{
		Use: "identify PATH…", Short: "Name the formats of files by PRONOM; needs no archive", Args: cobra.MinimumNArgs(1),
		Long: "Name the formats of files, and of all files in folders, by their PRONOM identifier. With --json one line for each file.\n" +
			"Without --signatures some hundred formats are known by heart; with it the whole registry of the signature files in that folder.",
	}
	c.Flags().StringVar(&signatures, "signatures", "", "folder with DROID_SignatureFile_V….xml and container-signature-….xml")
	_ = c.MarkFlagDirname("signatures")
	c.RunE = a.do(func(ctx context.Context, args []string) error {
		look := byHeart
		if signatures != "" {
			registry, err := pronom.OpenRegistry(signatures)
			if err != nil {
				return err
			}
			look = func(f *os.File, size int64) ([]pronom.Result, error) { return registry.Identify(f.Name(), f, size) }
		}
		var sum summary
		err := identifyAll(ctx, args, look, func(one identified) error {
			sum.add(one)
			if one.err != nil {
				one.Error = fault.Of(disk(one.err)).In(a.language())
			}
			if one.passed {
				return nil
			}
			if a.json {
				return a.printLine(one)
			}
			a.showIdentified(one)
			return nil
		})
		if err != nil {
			return err
		}
		if !a.json {
			a.showSummary(sum)
		}
		if sum.failed > 0 {
			return unread.With("count", sum.failed)
		}
		return nil
	})
	return c
}

// identifiers is how many files are looked at at once: reading waits for the disk, naming for
// the processor.
const identifiers = 2

// identifyAll looks at all files below the paths, several at once, and shows them in the order
// of the walk. What cannot be read is shown with the reason; the error is that of show, or the
// context's end.
func identifyAll(ctx context.Context, paths []string, look looker, show func(identified) error) error {
	g, ctx := errgroup.WithContext(ctx)
	// The answers stand in a queue in the order of the walk, each empty until it is known.
	queue := make(chan chan identified, 64)
	work := make(chan struct{}, identifiers)
	g.Go(func() error {
		defer close(queue)
		for _, path := range paths {
			if err := walk(ctx, path, func(one identified) error {
				answer := make(chan identified, 1)
				select {
				case queue <- answer:
				case <-ctx.Done():
					return ctx.Err()
				}
				select {
				case work <- struct{}{}:
				case <-ctx.Done():
					return ctx.Err()
				}
				go func() {
					answer <- identify(one, look)
					<-work
				}()
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for answer := range queue {
			select {
			case one := <-answer:
				if err := show(one); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}

// walk gives every regular file below a path, and what cannot be read with the reason. The path itself may be a link, as a person
// names it; links below it are passed over, so that nothing is looked at twice.
func walk(ctx context.Context, named string, each func(identified) error) error {
	from := named
	if info, err := os.Stat(named); err == nil && info.IsDir() {
		from += string(filepath.Separator) // a link to a folder is that folder
	}
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		one := identified{File: path, Formats: []pronom.Result{}, err: err}
		if err == nil && !e.Type().IsRegular() {
			if e.IsDir() {
				return nil
			}
			info, err := os.Stat(path)
			one.passed, one.err = path != named || err == nil && !info.Mode().IsRegular(), err
		}
		return each(one)
	})
}

var unread = fault.Define(fault.Unavailable, "cli.unread",
	"{count} files could not be read; the reason stands beside each",
	"не удалось прочитать файлов: {count}; причина указана у каждого",
	"{count} файл оқылмады; себебі әрқайсысының жанында көрсетілген")

// looker names the formats of an open file of that size in bytes.
type looker func(f *os.File, size int64) ([]pronom.Result, error)

// identify looks at a file, unless the walk has failed there already.
func identify(one identified, look looker) identified {
	if one.err != nil || one.passed {
		return one
	}
	fail := func(err error) identified {
		one.err = err
		return one
	}
	f, err := os.Open(one.File)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return fail(err)
	}
	one.Size = info.Size()
	formats, err := look(f, one.Size)
	if err != nil {
		return fail(err)
	}
	one.Formats = append(one.Formats, formats...)
	return one
}

// byHeart asks the table that needs no file.
func byHeart(f *os.File, _ int64) ([]pronom.Result, error) {
	i := pronom.NewIdentifier(f.Name())
	if _, err := io.Copy(i, f); err != nil {
		return nil, err
	}
	if r := i.Result(); r.PUID != "" {
		return []pronom.Result{r}, nil
	}
	return nil, nil
}

// summary counts what was looked at.
type summary struct {
	files, failed, unknown, mismatched int
	passed                             int // links and devices within folders
	bytes                              int64
	formats                            map[string]int // files by PUID and name of their first format
}

func (s *summary) add(one identified) {
	if one.passed {
		s.passed++
		return
	}
	s.files++
	s.bytes += one.Size
	switch {
	case one.err != nil:
		s.failed++
	case len(one.Formats) == 0:
		s.unknown++
	default:
		if s.formats == nil {
			s.formats = map[string]int{}
		}
		first := one.Formats[0]
		s.formats[first.PUID+" "+strings.TrimSpace(first.Name+" "+first.Version)]++
		if first.Mismatch {
			s.mismatched++
		}
	}
}

// showSummary tells, but of a single file, how many of each format there are, the commonest
// first.
func (a *app) showSummary(s summary) {
	if s.files == 1 && s.passed == 0 {
		return
	}
	a.printf("\n")
	byCount := slices.SortedFunc(maps.Keys(s.formats), func(x, y string) int {
		return cmp.Or(cmp.Compare(s.formats[y], s.formats[x]), strings.Compare(x, y))
	})
	for _, format := range byCount {
		a.printf("%7d  %s\n", s.formats[format], clean(format))
	}
	a.printf(a.say(text{
		"files: %d, bytes: %d, unknown: %d, with another extension: %d, unread: %d\n",
		"файлов: %d, байт: %d, неизвестных: %d, с чужим расширением: %d, непрочитанных: %d\n",
		"файл: %d, байт: %d, белгісіз: %d, кеңейтімі басқа: %d, оқылмаған: %d\n",
	}), s.files, s.bytes, s.unknown, s.mismatched, s.failed)
	if s.passed > 0 {
		a.printf(a.say(text{"links and devices passed over: %d\n", "пропущено ссылок и устройств: %d\n", "өткізілген сілтемелер мен құрылғылар: %d\n"}), s.passed)
	}
}

func (a *app) showIdentified(one identified) {
	switch {
	case one.err != nil:
		a.printf("%s\n", clean(one.Error))
	case len(one.Formats) == 0:
		a.printf("%s: %s\n", clean(one.File), a.say(text{"unknown", "неизвестен", "белгісіз"}))
	}
	for _, f := range one.Formats {
		mismatch := ""
		if f.Mismatch {
			mismatch = a.say(text{" (the extension says otherwise)", " (расширение говорит о другом)", " (кеңейтімі басқаны көрсетеді)"})
		}
		a.printf("%s: %s %s [%s]%s\n", clean(one.File), f.PUID, strings.TrimSpace(f.Name+" "+f.Version), a.word(formatBases, string(f.Basis)), mismatch)
	}
}
