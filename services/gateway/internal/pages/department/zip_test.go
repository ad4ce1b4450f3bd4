package department

import (
	"archive/zip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// deaf takes every message and does nothing.
type deaf struct {
	intakev1.IntakeService_UploadPackageClient
}

func (deaf) Send(*intakev1.UploadPackageRequest) error { return nil }

// TestADamagedEntryIsNamedInThePersonsLanguage, whether it cannot be opened or not be read to its end, and with no words of a library.
func TestADamagedEntryIsNamedInThePersonsLanguage(t *testing.T) {
	s := &sending{stream: deaf{}, buffer: make([]byte, 16)}
	for name, open := range map[string]func() (io.ReadCloser, error){
		"not opened": func() (io.ReadCloser, error) { return nil, zip.ErrAlgorithm },
		"not read":   func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(zip.ErrChecksum)), nil },
	} {
		f := fault.Of(s.entry(parcel.File{Open: open}, "data/0001/скан", "папка"))
		ru, kk := f.In(fault.Russian), f.In(fault.Kazakh)
		if !errors.Is(f, parcel.BadZip) || !strings.Contains(ru, "data/0001/скан") || strings.Contains(ru+kk, "zip:") || strings.Contains(ru+kk, "checksum") || strings.Contains(ru+kk, "algorithm") {
			t.Errorf("%s: %s | %s", name, ru, kk)
		}
	}
}
