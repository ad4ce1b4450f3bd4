package parcel

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// latin finds words in Latin letters; of these a Russian or Kazakh sentence has the names of formats alone.
var latin = regexp.MustCompile(`[A-Za-z]{2,}`)

func foreign(f *fault.Error, l fault.Language) []string {
	return slices.DeleteFunc(latin.FindAllString(f.In(l), -1), func(w string) bool { return w == "ZIP" || w == "tar" })
}

// TestWhatIsBrokenIsSaidInThePersonsLanguage: no words of a library stand in a sentence, and each is its cause.
func TestWhatIsBrokenIsSaidInThePersonsLanguage(t *testing.T) {
	for want, cause := range map[string]error{
		"оглавления":  zip.ErrFormat,
		"контрольной": zip.ErrChecksum,
		"вида":        zip.ErrAlgorithm,
		"заголовок":   tar.ErrHeader,
		"сжатые":      flate.CorruptInputError(7),
		"обрывается":  io.ErrUnexpectedEOF,
		"после конца": ErrTrailing,
		"дальше":      errors.New("something else"),
	} {
		f := BrokenEntry("папка", "0001/скан", fmt.Errorf("read: %w", cause))
		if ru := f.In(fault.Russian); !strings.Contains(ru, want) || !strings.Contains(ru, "0001/скан") || len(foreign(f, fault.Russian)) > 0 || len(foreign(f, fault.Kazakh)) > 0 {
			t.Errorf("%v: %s | %s", cause, ru, f.In(fault.Kazakh))
		}
		if !errors.Is(f, cause) || !errors.Is(f, BadZip) {
			t.Errorf("%v is lost", cause)
		}
	}
}

// TestABrokenTarSaysWhyInThePersonsLanguage of every way to be refused as one that cannot be read.
func TestABrokenTarSaysWhyInThePersonsLanguage(t *testing.T) {
	sound := asTar(t, file{name: "0001/a", text: "first"}, file{name: "0002/b", text: strings.Repeat("x", 3000)})
	for name, c := range map[string]struct {
		raw   []byte
		cause error
	}{
		"cut in a file":   {sound[:len(sound)-4000], io.ErrUnexpectedEOF},
		"cut at its end":  {sound[:len(sound)-512], io.ErrUnexpectedEOF},
		"a broken header": {slices.Concat(sound[:1024], bytes.Repeat([]byte("x"), 512), sound[1536:]), tar.ErrHeader},
		"another behind":  {slices.Concat(sound, sound), ErrTrailing},
		"odd":             {asTar(t, file{name: "0001/0002", kind: tar.TypeLink}), nil},
	} {
		_, err := Unpack(bytes.NewReader(c.raw), int64(len(c.raw)), "папка", func(File, string, Kind) error { return nil })
		f := fault.Of(err)
		if !errors.Is(err, BadZip) || len(foreign(f, fault.Russian)) > 0 || len(foreign(f, fault.Kazakh)) > 0 || c.cause != nil && !errors.Is(err, c.cause) {
			t.Errorf("%s: %v | %s | %s", name, err, f.In(fault.Russian), f.In(fault.Kazakh))
		}
	}
}
