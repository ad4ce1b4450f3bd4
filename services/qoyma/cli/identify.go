package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/pronom"
	"github.com/qoyma/qoyma/services/standards/pronom/droid"
)

var noSignatures = fault.Define(fault.NotFound, "cli.no_signatures",
	"{folder} holds no DROID signature file; put DROID_SignatureFile_V….xml of The National Archives there, and container-signature-….xml beside it",
	"в папке {folder} нет файла сигнатур DROID; положите туда DROID_SignatureFile_V….xml Национальных архивов Великобритании и рядом container-signature-….xml",
	"{folder} қалтасында DROID сигнатуралар файлы жоқ; Ұлыбритания Ұлттық архивінің DROID_SignatureFile_V….xml файлын, жанына container-signature-….xml файлын салыңыз")

// identified is one file's format, as it is printed.
type identified struct {
	File    string          `json:"file"`
	Size    int64           `json:"size"`
	Formats []pronom.Result `json:"formats"`
	Error   string          `json:"error,omitempty"`
}

func (a *app) identifyCommand() *cobra.Command {
	var signatures string
	c := &cobra.Command{
		Use: "identify PATH…", Short: "Name the formats of files by PRONOM; needs no archive", Args: cobra.MinimumNArgs(1),
		Long: "Name the formats of files, and of all files in folders, by their PRONOM identifier.\n" +
			"Without --signatures some hundred formats are known by heart; with it the whole registry of the signature files in that folder.",
	}
	c.Flags().StringVar(&signatures, "signatures", "", "folder with DROID_SignatureFile_V….xml and container-signature-….xml")
	_ = c.MarkFlagDirname("signatures")
	c.RunE = a.do(func(ctx context.Context, args []string) error {
		look := byHeart
		if signatures != "" {
			registry, err := loadSignatures(signatures)
			if err != nil {
				return err
			}
			look = func(f *os.File, size int64) ([]pronom.Result, error) { return byRegistry(registry, f, size) }
		}
		all, failed := []identified{}, 0
		for _, path := range args {
			err := filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err == nil && !e.Type().IsRegular() {
					return nil
				}
				one := identified{File: path}
				if err == nil {
					one.Formats, one.Size, err = identify(path, look)
				}
				if err != nil {
					one.Error = err.Error()
					failed++
				}
				if a.json {
					all = append(all, one)
				} else {
					a.showIdentified(one)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if a.json {
			if err := a.printJSON(all); err != nil {
				return err
			}
		}
		if failed > 0 {
			return unread.With("count", failed)
		}
		return nil
	})
	return c
}

var unread = fault.Define(fault.Unavailable, "cli.unread",
	"{count} files could not be read; the reason stands beside each",
	"не удалось прочитать файлов: {count}; причина указана у каждого",
	"{count} файл оқылмады; себебі әрқайсысының жанында көрсетілген")

func identify(path string, look func(*os.File, int64) ([]pronom.Result, error)) ([]pronom.Result, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	formats, err := look(f, info.Size())
	return formats, info.Size(), err
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
	return []pronom.Result{}, nil
}

func byRegistry(registry *droid.Signatures, f *os.File, size int64) ([]pronom.Result, error) {
	matches, err := registry.Identify(f.Name(), f, size)
	out := []pronom.Result{}
	for _, m := range matches {
		out = append(out, pronom.Result{
			PUID: m.PUID, Name: m.Name, Version: m.Version, MIME: strings.Join(m.MIME, ", "), Basis: pronom.Basis(m.Basis), Mismatch: m.Mismatch,
		})
	}
	return out, err
}

// loadSignatures takes the newest files of a folder, by name.
func loadSignatures(folder string) (*droid.Signatures, error) {
	newest := func(pattern string) (*os.File, error) {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(names) == 0 {
			return nil, errors.Join(fs.ErrNotExist, err)
		}
		return os.Open(names[len(names)-1])
	}
	files, err := newest("DROID_SignatureFile_V*.xml")
	if err != nil {
		return nil, noSignatures.With("folder", folder).Because(err)
	}
	defer func() { _ = files.Close() }()
	inside, err := newest("container-signature-*.xml")
	if errors.Is(err, fs.ErrNotExist) {
		return droid.Load(files, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	defer func() { _ = inside.Close() }()
	return droid.Load(files, inside)
}

func (a *app) showIdentified(one identified) {
	switch {
	case one.Error != "":
		a.printf("%s: %s\n", clean(one.File), clean(one.Error))
	case len(one.Formats) == 0:
		a.printf("%s: %s\n", clean(one.File), a.say(text{"unknown", "неизвестен", "белгісіз"}))
	}
	for _, f := range one.Formats {
		mismatch := ""
		if f.Mismatch {
			mismatch = a.say(text{" (the extension says otherwise)", " (расширение говорит о другом)", " (кеңейтімі басқаны көрсетеді)"})
		}
		a.printf("%s: %s %s [%s]%s\n", clean(one.File), f.PUID, strings.TrimSpace(f.Name+" "+f.Version), f.Basis, mismatch)
	}
}
