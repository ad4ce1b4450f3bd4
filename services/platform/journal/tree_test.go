package journal_test

import (
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/journal"
)

// reference stores hashes as sumdb/tlog does itself.
type reference []tlog.Hash

func (r reference) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = r[index]
	}
	return out, nil
}

// TestTheEdgeGrowsAsTlogDoes appends random leaves, stores and rebuilds the edge at random
// moments, and compares every stored hash and every root with sumdb/tlog.
func TestTheEdgeGrowsAsTlogDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var edge journal.Edge
		var stored reference
		if want, err := tlog.TreeHash(0, stored); err != nil || edge.Root() != want {
			t.Fatalf("empty tree: %v", err)
		}
		for n := range rapid.IntRange(1, 300).Draw(t, "leaves") {
			leaf := tlog.RecordHash([]byte{byte(n), byte(n >> 8), rapid.Byte().Draw(t, "salt")})
			want, err := tlog.StoredHashesForRecordHash(int64(n), leaf, stored)
			if err != nil {
				t.Fatal(err)
			}
			before := edge.Clone()
			got := edge.Append(leaf)
			if len(got) != len(want) {
				t.Fatalf("leaf %d completes %d hashes, want %d", n, len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("leaf %d: hash of level %d differs", n, i)
				}
			}
			stored = append(stored, want...)
			root, err := tlog.TreeHash(int64(n+1), stored)
			if err != nil || edge.Root() != root || edge.Size() != uint64(n+1) {
				t.Fatalf("root of %d leaves differs (%v)", n+1, err)
			}
			if before.Size() != uint64(n) {
				t.Fatal("a clone changed with its original")
			}
			if rapid.Bool().Draw(t, "store") {
				if edge, err = journal.EdgeOf(edge.Size(), edge.Hashes()); err != nil || edge.Root() != root {
					t.Fatalf("a stored edge of %d leaves came back with another root (%v)", n+1, err)
				}
			}
		}
	})
}

func TestAnEdgeThatDoesNotFitIsRefused(t *testing.T) {
	hash := make([]byte, tlog.HashSize)
	for name, row := range map[string]struct {
		size   uint64
		hashes [][]byte
	}{
		"one too few":  {3, [][]byte{hash}},
		"one too many": {2, [][]byte{hash, hash}},
		"short hash":   {1, [][]byte{hash[:31]}},
		"of nothing":   {0, [][]byte{hash}},
	} {
		if _, err := journal.EdgeOf(row.size, row.hashes); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
