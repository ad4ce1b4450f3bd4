package transfer

import (
	"errors"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

func TestTheEditionOfTheDayIsInForce(t *testing.T) {
	defaults, err := DefaultLimits()
	if err != nil || len(defaults) == 0 {
		t.Fatal(err)
	}
	for _, l := range defaults {
		if err := l.Check(); err != nil {
			t.Error(err)
		}
	}
	all := []Limits{{From: "2026-01-01", KeepDays: 1}, {From: "2026-06-01", KeepDays: 2}, {Organisation: "bilim", From: "2026-03-01", KeepDays: 3}, {From: "2026-06-01", KeepDays: 4}}
	for _, c := range []struct {
		organisation, day string
		want              uint32
	}{
		{"su", "2025-12-31", 0},
		{"su", "2026-01-01", 1},
		{"su", "2026-05-31", 1},
		{"su", "2026-06-01", 4},
		{"bilim", "2026-02-28", 1},
		{"bilim", "2026-03-01", 3},
		{"bilim", "2030-01-01", 3},
	} {
		if got, ok := LimitsOf(all, c.organisation, c.day); got.KeepDays != c.want || ok != (c.want != 0) {
			t.Errorf("%s on %s: %d, want %d", c.organisation, c.day, got.KeepDays, c.want)
		}
	}
}

func TestAFileThatPassesALimitIsRefused(t *testing.T) {
	l := Limits{TransferBytes: 100, TransferFiles: 2, DepartmentBytes: 150, DepartmentFiles: 3}
	for _, c := range []struct {
		used Used
		size uint64
		want error
	}{
		{Used{}, 100, nil},
		{Used{}, 101, OverTransfer},
		{Used{TransferBytes: 100, TransferFiles: 1}, 0, nil},
		{Used{TransferFiles: 2}, 0, OverTransfer},
		{Used{TransferBytes: 200}, 1, OverTransfer},
		{Used{DepartmentBytes: 60}, 90, nil},
		{Used{DepartmentBytes: 60}, 91, OverDepartment},
		{Used{DepartmentFiles: 3}, 0, OverDepartment},
		{Used{}, ^uint64(0), OverTransfer},
	} {
		if err := l.Admit(c.used, c.size); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%+v and %d: %v, want %v", c.used, c.size, err, c.want)
		}
	}
	if (Limits{From: "2026-01-01", TransferBytes: 1, TransferFiles: 1, DepartmentBytes: 1, DepartmentFiles: 1}).Check() == nil {
		t.Error("limits without a term were taken")
	}
}

// TestARefusalTellsWhatIsLeftFromWhatWasToCome: of small limits nothing reads as 0, and two numbers that differ do not read as one.
func TestARefusalTellsWhatIsLeftFromWhatWasToCome(t *testing.T) {
	for _, c := range []struct {
		left, size uint64
		ru         string
	}{
		{500_000, 600_000, "это не помещается в одну передачу: осталось 500 КБ и файлов 9;"},
		{1 << 30, 1<<30 + 1, "это не помещается в одну передачу: осталось 1,07374182 ГБ и файлов 9;"},
		{0, 5, "это не помещается в одну передачу: осталось 0 Б и файлов 9;"},
	} {
		err := Limits{TransferBytes: c.left, TransferFiles: 9, DepartmentBytes: 1 << 40, DepartmentFiles: 9}.Admit(Used{}, c.size)
		if got := strings.ReplaceAll(fault.Of(err).In(fault.Russian), "\u00a0", " "); !strings.HasPrefix(got, c.ru) {
			t.Errorf("%q, want %q", got, c.ru)
		}
		err = Limits{TransferBytes: 1 << 40, TransferFiles: 9, DepartmentBytes: c.left, DepartmentFiles: 9}.Admit(Used{}, c.size)
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
			if got := fault.Of(err).In(l); strings.Contains(got, "{") || strings.Contains(got, "iB") || strings.Contains(got, "иБ") {
				t.Errorf("%s: %q", l, got)
			}
		}
	}
}
