package custody_test

import (
	"slices"
	"testing"

	"github.com/qoyma/qoyma/services/standards/custody"
)

func TestID(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"1/1/2", "1/1/2"},
		{"Ф. 1. Оп. 1. Д. 2", "1/1/2"},
		{"Қ. 1, Т. 1, І. 2", "1/1/2"},
		{"Ф. 1. Оп. 1. Д. 2. Л. 5", "1/1/2"},
		{"1/1", ""},
		{"2026-1", ""},
		{"", ""},
	} {
		if id, ok := custody.ID(row.text); id != row.want || ok != (row.want != "") {
			t.Errorf("%q is %q, %v; want %q", row.text, id, ok, row.want)
		}
	}
}

func TestBegin(t *testing.T) {
	for _, row := range []struct {
		names custody.Names
		want  []custody.Object
	}{
		{custody.Names{File: "7"}, []custody.Object{{custody.File, "7"}}},
		{custody.Names{File: "7", Inventory: "3"}, []custody.Object{{custody.File, "7"}, {custody.Inventory, "3"}}},
		{
			custody.Names{Code: "1/1/2", File: "7", Accession: "2026-1"},
			[]custody.Object{{custody.Code, "1/1/2"}, {custody.Copy, "1/1/2"}, {custody.File, "7"}, {custody.Accession, "2026-1"}},
		},
	} {
		if got := row.names.Begin(); !slices.Equal(got, row.want) {
			t.Errorf("%+v begins at %v, want %v", row.names, got, row.want)
		}
	}
}

// TestNoLinkLeadsRound: from no object does the history come back to one that it came from, so that
// it cannot spread over the archive.
func TestNoLinkLeadsRound(t *testing.T) {
	var reach func(from string, seen []string)
	reach = func(from string, seen []string) {
		if slices.Contains(seen, from) {
			t.Fatalf("the links go round: %v, %s", seen, from)
		}
		for _, l := range custody.Links() {
			if l.From == from {
				reach(l.To, append(slices.Clone(seen), from))
			}
		}
	}
	for _, l := range custody.Links() {
		reach(l.From, nil)
	}
}
