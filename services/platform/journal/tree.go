package journal

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Edge is the right edge of an append-only Merkle tree (RFC 6962 §2.1): the roots of its
// perfect subtrees, largest first. It is all that is needed to append and to know the root,
// so the writer keeps one instead of reading neighbours back, and every reader keeps one
// per journal it follows and so recomputes each root by itself.
type Edge struct {
	size   uint64
	hashes []tlog.Hash
}

// EdgeOf rebuilds an edge that was stored. The number of hashes must fit the size.
func EdgeOf(size uint64, hashes [][]byte) (Edge, error) {
	e := Edge{size: size}
	if bits.OnesCount64(size) != len(hashes) {
		return Edge{}, fmt.Errorf("journal: a tree of %d leaves has %d subtrees, not %d", size, bits.OnesCount64(size), len(hashes))
	}
	for _, h := range hashes {
		if len(h) != tlog.HashSize {
			return Edge{}, fmt.Errorf("journal: hash of %d bytes", len(h))
		}
		e.hashes = append(e.hashes, tlog.Hash(h))
	}
	return e, nil
}

// Size is the number of leaves.
func (e *Edge) Size() uint64 { return e.size }

// Hashes are the subtree roots as they are stored.
func (e *Edge) Hashes() [][]byte {
	out := make([][]byte, len(e.hashes))
	for i := range e.hashes {
		out[i] = append([]byte(nil), e.hashes[i][:]...)
	}
	return out
}

// Clone is an independent copy.
func (e *Edge) Clone() Edge { return Edge{size: e.size, hashes: append([]tlog.Hash(nil), e.hashes...)} }

// Append adds a leaf and returns the hashes that became final, in the order in which
// sumdb/tlog stores them: the leaf, then each subtree it completed.
func (e *Edge) Append(leaf tlog.Hash) []tlog.Hash {
	completed := []tlog.Hash{leaf}
	h := leaf
	for level := e.size; level&1 == 1; level >>= 1 {
		left := e.hashes[len(e.hashes)-1]
		e.hashes = e.hashes[:len(e.hashes)-1]
		h = tlog.NodeHash(left, h)
		completed = append(completed, h)
	}
	e.hashes = append(e.hashes, h)
	e.size++
	return completed
}

// Root is the tree hash; of an empty tree the hash of nothing.
func (e *Edge) Root() tlog.Hash {
	if e.size == 0 {
		return emptyRoot
	}
	root := e.hashes[len(e.hashes)-1]
	for i := len(e.hashes) - 2; i >= 0; i-- {
		root = tlog.NodeHash(e.hashes[i], root)
	}
	return root
}

// emptyRoot is SHA-256 of nothing (RFC 6962 §2.1).
var emptyRoot = func() tlog.Hash {
	h, err := tlog.TreeHash(0, nil)
	if err != nil {
		panic(err)
	}
	return h
}()
