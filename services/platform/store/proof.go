package store

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// OutOfRange is answered where a proof is asked of a tree that does not exist.
var OutOfRange = fault.Define(fault.Invalid, "journal.out_of_range",
	"the journal of {service} has {size} events; ask within that",
	"в журнале службы {service} событий: {size}; запрашивайте в этих пределах",
	"{service} қызметінің журналында {size} оқиға бар; осы шекте сұраңыз")

// hashes reads stored tree hashes for sumdb/tlog.
func hashes(v *View) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			raw := v.Get("tree", number(uint64(index)))
			if len(raw) != tlog.HashSize {
				return nil, fmt.Errorf("tree: hash %d is missing", index)
			}
			out[i] = tlog.Hash(raw)
		}
		return out, nil
	})
}

// treeReader gives the stored hash of a level that leaf n completed.
func (s *Store) treeReader(v *View) func(n uint64, level int) []byte {
	return func(n uint64, level int) []byte {
		return v.Get("tree", number(uint64(tlog.StoredHashIndex(0, int64(n)))+uint64(level)))
	}
}

// Inclusion proves that event seq stands in the tree of a size (RFC 6962 §2.1.1), with the
// event itself.
func (s *Store) Inclusion(seq, size uint64) (r *journal.Record, proof tlog.RecordProof, err error) {
	err = s.View(func(v *View) error {
		h, err := readHeadLight(v)
		if err != nil {
			return err
		}
		if seq == 0 || seq > size || size > h.Seq {
			return OutOfRange.With("service", s.cfg.Service, "size", h.Seq)
		}
		if r, err = v.Entry(seq); err != nil {
			return err
		}
		proof, err = tlog.ProveRecord(int64(size), int64(seq-1), hashes(v))
		return err
	})
	return r, proof, err
}

// Consistency proves that the tree of the new size continues the one of the old size
// (RFC 6962 §2.1.2).
func (s *Store) Consistency(oldSize, newSize uint64) (proof tlog.TreeProof, err error) {
	err = s.View(func(v *View) error {
		h, err := readHeadLight(v)
		if err != nil {
			return err
		}
		if oldSize == 0 || oldSize > newSize || newSize > h.Seq {
			return OutOfRange.With("service", s.cfg.Service, "size", h.Seq)
		}
		proof, err = tlog.ProveTree(int64(newSize), int64(oldSize), hashes(v))
		return err
	})
	return proof, err
}

// RootAt is the tree's root at a size that the journal has reached.
func (s *Store) RootAt(size uint64) (root tlog.Hash, err error) {
	err = s.View(func(v *View) error {
		edge, err := readEdge(v, size)
		root = edge.Root()
		return err
	})
	return root, err
}

// CheckpointAt signs the tree at a size that the journal has reached; the epoch is that of the
// last event in it.
func (s *Store) CheckpointAt(size uint64) ([]byte, error) {
	if s.cfg.Signer == nil {
		return nil, fmt.Errorf("store %s: no signing key", s.cfg.Service)
	}
	c := journal.Checkpoint{Archive: s.cfg.Archive, Service: s.cfg.Service, Epoch: 1, Size: size}
	if err := s.View(func(v *View) error {
		edge, err := readEdge(v, size)
		if err != nil {
			return err
		}
		c.Root = edge.Root()
		r, err := v.Entry(size)
		if err != nil || r == nil {
			return err
		}
		c.Epoch = r.Header.GetEpoch()
		return nil
	}); err != nil {
		return nil, fmt.Errorf("store %s: checkpoint at %d: %w", s.cfg.Service, size, err)
	}
	return c.Sign(s.cfg.Signer)
}

// Timeline gives the events that concern an object, in order, after a seq.
func (s *Store) Timeline(ref journal.Ref, after uint64, limit int) (records []*journal.Record, err error) {
	err = s.View(func(v *View) error {
		prefix := append(ref.Key(), 0)
		var from []byte
		if after > 0 {
			from = append(append([]byte(nil), prefix...), journal.SeqKey(after)...)
		}
		for k := range v.Scan("refs", prefix, from) {
			if len(k) != len(prefix)+8 {
				continue
			}
			r, err := v.Entry(parseNumber(k[len(prefix):]))
			if err != nil {
				return err
			}
			if r == nil {
				return fmt.Errorf("store %s: the timeline of %s names event %d, which is not there", s.cfg.Service, ref, parseNumber(k[len(prefix):]))
			}
			if records = append(records, r); len(records) == limit {
				return nil
			}
		}
		return nil
	})
	return records, err
}

// LastAbout is the seq of the last event that concerns an object; 0 where there is none.
func (v *View) LastAbout(ref journal.Ref) uint64 {
	prefix := append(ref.Key(), 0)
	k, _ := v.Last("refs", prefix)
	if len(k) != len(prefix)+8 {
		return 0
	}
	return parseNumber(k[len(prefix):])
}

// Back gives up to limit events before a seq, newest first; before 0 means from the end.
func (s *Store) Back(before uint64, limit int) (records []*journal.Record, err error) {
	err = s.View(func(v *View) error {
		h, err := readHeadLight(v)
		if err != nil {
			return err
		}
		if before == 0 || before > h.Seq {
			before = h.Seq + 1
		}
		for seq := before - 1; seq > 0 && len(records) < limit; seq-- {
			r, err := v.Entry(seq)
			if err != nil {
				return err
			}
			if r == nil {
				return fmt.Errorf("store %s: event %d is not there", s.cfg.Service, seq)
			}
			records = append(records, r)
		}
		return nil
	})
	return records, err
}
