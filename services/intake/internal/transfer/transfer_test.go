package transfer_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func TestPositionOf(t *testing.T) {
	for path, want := range map[string]uint32{
		"data/0001/a.pdf": 1, "data/1/a": 1, "data/12/x/y/z": 12, "data/4294967295/a": 4294967295,
		"data/a.pdf": 0, "data/0000/a": 0, "data/0001": 0, "data/0001/": 0, "bagit.txt": 0, "data/x1/a": 0, "data/-1/a": 0,
		"data/+1/a": 0, "data/1 /a": 0, "data/4294967296/a": 0, "data/00000000001/a": 0, "data//a": 0, "data/١/a": 0, "": 0,
	} {
		got, ok := transfer.PositionOf(path)
		if ok != (want > 0) || (ok && got != want) {
			t.Errorf("%q: %d, %t; want %d", path, got, ok, want)
		}
	}
}

func FuzzPositionOf(f *testing.F) {
	f.Add("data/0001/a.pdf")
	f.Add("data/0/a")
	f.Fuzz(func(t *testing.T, path string) {
		if n, ok := transfer.PositionOf(path); ok && (n == 0 || !strings.HasPrefix(path, "data/")) {
			t.Errorf("%q gave %d", path, n)
		}
	})
}

func TestNumbers(t *testing.T) {
	day, err := civil.Parse("2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	if n := transfer.Next(day, 41); n.String() != "2026-42" {
		t.Error(n)
	}
	for _, s := range []string{"2026-1", "2026-4294967295", "1000-3"} {
		if n, err := transfer.ParseNumber(s); err != nil || n.String() != s {
			t.Errorf("%s: %v, %v", s, n, err)
		}
	}
	for _, s := range []string{"", "2026", "2026-0", "2026-01", "02026-1", "2026-1-1", "2026--1", "2026-4294967296", " 2026-1", "999-1", "x-1"} {
		if n, err := transfer.ParseNumber(s); !errors.Is(err, transfer.BadNumber) {
			t.Errorf("%q was read as %v, %v", s, n, err)
		}
	}
}

func TestMayReceive(t *testing.T) {
	for _, c := range []struct {
		state    transfer.State
		complete bool
		want     error
	}{
		{transfer.Expected, true, nil},
		{transfer.Checked, true, nil},
		{transfer.Expected, false, transfer.Incomplete},
		{transfer.Accepting, true, transfer.UnderWay},
		{transfer.Accepted, true, transfer.AlreadyAccepted},
	} {
		if err := transfer.MayReceive("2026-1", c.state, c.complete); !errors.Is(err, c.want) {
			t.Errorf("%s, %t: %v", c.state, c.complete, err)
		}
	}
}

func codes(items []fault.Item) (out []string) {
	for _, i := range items {
		out = append(out, i.Where+" "+i.Fault.Code)
	}
	return out
}

func TestAssign(t *testing.T) {
	units := []transfer.Unit{{Position: 1}, {Position: 2, Leaves: 5}, {Position: 7}}
	of, faults, warnings := assign(units, "data/0001/b", "data/07/x/y", "data/1/a", "data/3/c", "data/loose")
	if of[1] != "data/0001/b" || of[7] != "data/07/x/y" || len(of) != 2 {
		t.Errorf("%v", of)
	}
	if got := codes(faults.Items); !slices.Equal(got, []string{"data/3/c intake.package.not_listed", "data/loose intake.package.no_unit"}) {
		t.Error(got)
	}
	if got := codes(warnings.Items); !slices.Equal(got, []string{"2 intake.package.on_paper"}) {
		t.Error(got)
	}
}

func TestAUnitWithMoreFilesThanAnEventHoldsIsAFaultSaidOnce(t *testing.T) {
	var paths []string
	for i := range 4000 {
		paths = append(paths, fmt.Sprintf("data/1/%0100d", i))
	}
	_, faults, _ := assign([]transfer.Unit{{Position: 1, Row: 300}}, paths...)
	if faults.Count() != 1 || !errors.Is(faults.Items[0].Fault, transfer.TooManyInUnit) {
		t.Error(codes(faults.Items))
	}
}

func assign(units []transfer.Unit, paths ...string) (of map[uint32]string, faults, warnings transfer.Few) {
	a := transfer.Assign(units)
	for _, path := range paths {
		a.Add(path)
	}
	return a.End()
}

func TestFaultsBeyondWhatIsListedAreCounted(t *testing.T) {
	a := transfer.Assign([]transfer.Unit{{Position: 1}})
	for i := range 5000 {
		a.Add(fmt.Sprintf("data/%d", i))
	}
	if _, faults, warnings := a.End(); faults.Count() != 5000 || len(faults.Items) > 1000 || faults.Items[0].Where != "data/0" || warnings.Count() != 1 {
		t.Errorf("%d faults, %d kept, %d warnings", faults.Count(), len(faults.Items), warnings.Count())
	}
}

func TestChoose(t *testing.T) {
	units := []transfer.Unit{{Position: 3}, {Position: 1}, {Position: 2}}
	for _, c := range []struct {
		asked, want []uint32
		err         error
	}{
		{nil, []uint32{1, 2, 3}, nil},
		{[]uint32{3, 1}, []uint32{1, 3}, nil},
		{[]uint32{1, 1}, nil, transfer.NoSuchPosition},
		{[]uint32{4}, nil, transfer.NoSuchPosition},
	} {
		got, err := transfer.Choose("2026-1", units, c.asked)
		if !errors.Is(err, c.err) || !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, %v", c.asked, got, err)
		}
	}
	if _, err := transfer.Choose("2026-1", nil, nil); !errors.Is(err, transfer.NoSuchPosition) {
		t.Error(err)
	}
}

// TestSettled (AR-5): of each unit files came or something was found; what is found counts where paper comes.
func TestSettled(t *testing.T) {
	units := []transfer.Unit{{Position: 1}, {Position: 2, Leaves: 5}, {Position: 3}, {Position: 4, Leaves: 5}, {Position: 5}}
	found := transfer.Checks{Findings: map[uint32]transfer.Finding{4: transfer.Present, 5: transfer.Damaged}}
	content := func(p uint32) bool { return p == 1 }
	for _, c := range []struct {
		chosen []uint32
		paper  bool
		err    error
		at     string // the position that the error names
	}{
		{[]uint32{1, 4, 5}, true, nil, ""},
		{[]uint32{1, 2, 4, 5}, true, transfer.NotChecked, "2"},
		{[]uint32{1, 3}, true, transfer.NotChecked, "3"}, // the inventory counts no leaves: somebody must look
		{[]uint32{1}, false, nil, ""},
		{[]uint32{1, 2}, false, transfer.NothingThere, "2"},
		{[]uint32{1, 4}, false, transfer.NothingThere, "4"}, // all of it comes as files: nobody can have found paper
	} {
		err := found.Left(units, c.chosen, content, c.paper).Settled("2026-1")
		if !errors.Is(err, c.err) {
			t.Errorf("%v, paper %v: %v", c.chosen, c.paper, err)
		} else if err != nil && !strings.Contains(err.Error(), "position "+c.at+" ") && !strings.Contains(err.Error(), "position "+c.at+";") {
			t.Errorf("%v, paper %v, names another unit: %v", c.chosen, c.paper, err)
		}
	}
}
