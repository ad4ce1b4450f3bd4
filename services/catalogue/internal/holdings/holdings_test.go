package holdings_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/catalogue/internal/holdings"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

var first = archcode.Code{Fonds: archcode.FondsNumber{Number: 1}, Inventory: archcode.InventoryNumber{Number: 1}}

func TestAFondsNumberFollowsTheLastEverGiven(t *testing.T) {
	for _, c := range []struct {
		last uint32
		want string
		err  error
	}{{0, "1", nil}, {41, "42", nil}, {archcode.MaxNumber - 1, "9999999", nil}, {archcode.MaxNumber, "0", holdings.NumbersEnd}, {1 << 31, "0", holdings.NumbersEnd}} {
		got, err := holdings.NextFonds(c.last)
		if !errors.Is(err, c.err) || got.String() != c.want {
			t.Errorf("after %d comes %s, %v; want %s, %v", c.last, got, err, c.want, c.err)
		}
	}
}

func TestAListGetsItsRunOfNumbers(t *testing.T) {
	opened := &holdings.Inventory{Code: first, Kind: "permanent", Reserved: 120, Sections: []holdings.Section{
		{List: "2010", Offset: 0, Listed: 100}, {List: "2011", Offset: 100, Listed: 20},
	}}
	for _, c := range []struct {
		name   string
		have   *holdings.Inventory
		kind   string
		list   string
		listed uint32
		want   holdings.Section
		err    error
	}{
		{"a new inventory begins with 1", nil, "permanent", "2010", 100, holdings.Section{List: "2010", Listed: 100}, nil},
		{"the next year goes on", opened, "permanent", "2012", 7, holdings.Section{List: "2012", Offset: 120, Listed: 7}, nil},
		{"a second part of a list has its numbers already", opened, "permanent", "2011", 20, holdings.Section{List: "2011", Offset: 100, Listed: 20}, nil},
		{"another kind of files needs another inventory", opened, "personnel", "2012", 7, holdings.Section{}, holdings.InventoryConflict},
		{"more files than there are numbers", opened, "permanent", "2012", archcode.MaxNumber, holdings.Section{}, holdings.NumbersEnd},
		{"a list without a name is always a new one", opened, "permanent", "", 1, holdings.Section{Offset: 120, Listed: 1}, nil},
	} {
		got, err := holdings.Place(c.have, first, c.kind, c.list, c.listed)
		if !errors.Is(err, c.err) || got != c.want {
			t.Errorf("%s: got %+v, %v; want %+v, %v", c.name, got, err, c.want, c.err)
		}
	}
}

func TestAFileKeepsItsPositionWhereThatIsFree(t *testing.T) {
	section := holdings.Section{List: "2011", Offset: 100, Listed: 3}
	inventory := holdings.Inventory{Code: first, Reserved: 110, Sections: []holdings.Section{section}}
	for _, c := range []struct {
		name      string
		positions []uint32
		taken     []uint32
		want      []uint32
	}{
		{"in order", []uint32{1, 2, 3}, nil, []uint32{101, 102, 103}},
		{"a part, out of order", []uint32{3, 1}, nil, []uint32{103, 101}},
		{"a position said twice", []uint32{2, 2}, nil, []uint32{102, 111}},
		{"a number given before", []uint32{2, 3}, []uint32{102}, []uint32{111, 103}},
		{"no position", []uint32{0, 1}, nil, []uint32{111, 101}},
		{"more than was listed", []uint32{4, 4_000_000_000}, nil, []uint32{111, 112}},
	} {
		numbers := inventory.Number(section, func(n archcode.FileNumber) bool { return slices.Contains(c.taken, n.Number) })
		var got []uint32
		for _, p := range c.positions {
			n, err := numbers.Next(p)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got = append(got, n.Number)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	full := holdings.Inventory{Code: first, Reserved: archcode.MaxNumber}
	if n, err := full.Number(holdings.Section{}, func(archcode.FileNumber) bool { return false }).Next(1); !errors.Is(err, holdings.NumbersEnd) {
		t.Errorf("a full inventory gives %v, %v", n, err)
	}
}

// TestNoNumberIsGivenTwice numbers lists in any order and interleaving, with positions as
// careless as people are.
func TestNoNumberIsGivenTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inventory := &holdings.Inventory{Code: first, Kind: "permanent"}
		given := map[uint32]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "accessions") {
			list := rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "list")
			section, err := holdings.Place(inventory, first, "permanent", list, rapid.Uint32Range(0, 8).Draw(t, "listed"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(inventory.Sections, section) {
				for n := section.Offset + 1; n <= section.Offset+section.Listed; n++ {
					if given[n] {
						t.Fatalf("number %d is kept for %q and was given", n, list)
					}
				}
				inventory.Sections = append(inventory.Sections, section)
			}
			inventory.Reserved = max(inventory.Reserved, section.Offset+section.Listed)
			numbers := inventory.Number(section, func(n archcode.FileNumber) bool { return given[n.Number] })
			var batch []uint32
			for _, position := range rapid.SliceOfN(rapid.Uint32Range(0, 10), 0, 8).Draw(t, "positions") {
				n, err := numbers.Next(position)
				if err != nil {
					t.Fatal(err)
				}
				batch = append(batch, n.Number)
			}
			for _, n := range batch {
				if given[n] {
					t.Fatalf("number %d was given twice", n)
				}
				given[n] = true
				inventory.Reserved = max(inventory.Reserved, n)
			}
		}
	})
}
