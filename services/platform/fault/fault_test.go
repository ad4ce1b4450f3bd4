package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var noFile = fault.Define(fault.NotFound, "test.file.unknown",
	"there is no file {code}", "дела {code} нет", "{code} ісі жоқ")

func TestAFaultSpeaksThreeLanguagesAndKeepsItsCause(t *testing.T) {
	cause := errors.New("disk on fire")
	err := fmt.Errorf("open file: %w", noFile.With("code", "1/2/3").Because(cause))
	f := fault.Of(err)
	for lang, want := range map[fault.Language]string{
		fault.English: "there is no file 1/2/3", fault.Russian: "дела 1/2/3 нет", fault.Kazakh: "1/2/3 ісі жоқ",
	} {
		if got := f.In(lang); got != want {
			t.Errorf("In(%s) = %q, want %q", lang, got, want)
		}
	}
	if !errors.Is(err, noFile) || !errors.Is(err, cause) {
		t.Error("the chain must lead to the definition and to the cause")
	}
	if fault.KindOf(err) != fault.NotFound || f.Kind.HTTP() != 404 || fault.Exit(err) != 1 {
		t.Errorf("kind %v", f.Kind)
	}
}

func TestWhatIsNoFaultIsInternalAndBlandOutside(t *testing.T) {
	f := fault.Of(errors.New("secret detail"))
	if f.Kind != fault.Internal || strings.Contains(f.In(fault.English), "secret") {
		t.Errorf("got %v %q", f.Kind, f.In(fault.English))
	}
	if !strings.Contains(f.Error(), "secret detail") {
		t.Error("the log must keep the cause")
	}
	if fault.Of(nil) != nil || fault.Exit(nil) != 0 || fault.Exit(fault.Usage.With("problem", "x")) != 2 {
		t.Error("nil is no fault; wrong use exits with 2")
	}
}

var noCopy = fault.Define(fault.Refused, "test.copy.none",
	"no copy ({reason})", "копии нет ({reason})", "көшірме жоқ ({reason})")

func TestAFaultWithinAFaultIsSaidInTheSameLanguage(t *testing.T) {
	f := noCopy.With("reason", noFile.With("code", "1/2/3"))
	for lang, want := range map[fault.Language]string{
		fault.English: "no copy (there is no file 1/2/3)", fault.Russian: "копии нет (дела 1/2/3 нет)", fault.Kazakh: "көшірме жоқ (1/2/3 ісі жоқ)",
	} {
		if got := f.In(lang); got != want {
			t.Errorf("In(%s) = %q, want %q", lang, got, want)
		}
	}
	if f.Args["reason"] != "there is no file 1/2/3" {
		t.Errorf("programs get %q", f.Args["reason"])
	}
}

func TestNamed(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("disk on fire"), false},
		{fmt.Errorf("ask: %w", fault.Of(errors.New("disk on fire"))), false},
		{fmt.Errorf("ask: %w", noFile.With("code", "7")), true},
		{noFile, true},
	} {
		if _, ok := fault.Named(test.err); ok != test.want {
			t.Errorf("%v: %v", test.err, ok)
		}
	}
}

func TestADefinitionWithUnequalLanguagesDoesNotStart(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a missing value in one language must panic")
		}
	}()
	_ = fault.Define(fault.Invalid, "test.uneven", "{a} {b}", "{a}", "{a} {b}")
}
