package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestAFormThatDidNotArriveIsSaidInThePersonsLanguage, and in no words of the library, nor of a command line.
func TestAFormThatDidNotArriveIsSaidInThePersonsLanguage(t *testing.T) {
	for _, cause := range []error{io.ErrUnexpectedEOF, url.EscapeError("%zz"), &http.MaxBytesError{Limit: 1}} {
		f := fault.Of(formError(cause))
		if ru, kk := f.In(fault.Russian), f.In(fault.Kazakh); f.Kind != fault.Invalid || strings.Contains(ru+kk, cause.Error()) || strings.Contains(ru+kk, "--help") {
			t.Errorf("%v: %s | %s", cause, ru, kk)
		}
		if large := (*http.MaxBytesError)(nil); !errors.As(cause, &large) && !errors.Is(f, cause) {
			t.Errorf("%v is lost", cause)
		}
	}
}
