package check

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// cross holds what a service knows of the others against their journals.
func (c *checker) cross(st *store.Store) error {
	positions := make(map[string]*journalv1.ReaderPosition)
	if err := st.View(func(v *store.View) error {
		for name, raw := range v.Scan("readers", nil, nil) {
			pos := new(journalv1.ReaderPosition)
			if err := proto.Unmarshal(raw, pos); err != nil {
				continue // Verify has said so
			}
			positions[string(name)] = pos
		}
		return c.effects(st.Service(), v, positions)
	}); err != nil {
		return err
	}
	for name, pos := range positions {
		if followed := c.stores[name]; followed != nil {
			if err := c.position(st.Service(), pos, followed); err != nil {
				return err
			}
		}
	}
	return nil
}

// position checks how far a journal was followed, and with which tree.
func (c *checker) position(service string, pos *journalv1.ReaderPosition, followed *store.Store) error {
	head, name := followed.Head(), followed.Service()
	where := "position in " + name
	switch {
	case pos.GetSeq() == 0:
		return nil
	case pos.GetEpoch() > head.Epoch:
		c.add(service, where, "it is in epoch %d, the journal of %s is in epoch %d", pos.GetEpoch(), name, head.Epoch)
		return nil
	case pos.GetSeq() > head.Seq:
		if pos.GetEpoch() == head.Epoch {
			c.add(service, where, "it followed %s to event %d, but that journal ends with %d: its tail is lost here (start it: what the stream holds comes back)",
				name, pos.GetSeq(), head.Seq)
		}
		return nil
	}
	epoch, err := epochAt(followed, pos.GetSeq())
	if err != nil {
		return err
	}
	if epoch != pos.GetEpoch() {
		return nil // it followed a tail that was proven lost; it resynchronises when it runs
	}
	edge, err := journal.EdgeOf(pos.GetSeq(), pos.GetEdge())
	if err != nil {
		return nil //nolint:nilerr // Verify has said so
	}
	root, err := followed.RootAt(pos.GetSeq())
	if err != nil {
		return err
	}
	if edge.Root() != root {
		c.add(service, where, "the tree that it followed to event %d has another root than the journal of %s: they have parted", pos.GetSeq(), name)
	}
	return c.checkpoint(service, where, pos, followed)
}

// checkpoint checks the checkpoint that a service keeps of another.
func (c *checker) checkpoint(service, where string, pos *journalv1.ReaderPosition, followed *store.Store) error {
	if len(pos.GetCheckpoint()) == 0 {
		return nil
	}
	verifier, _, err := journal.LoadVerifier(c.cfg.Keys, followed.Service())
	if err != nil {
		c.add(service, where, "the checkpoint cannot be verified: %v", err)
		return nil
	}
	kept, err := journal.OpenCheckpoint(pos.GetCheckpoint(), verifier)
	if err != nil {
		c.add(service, where, "%v", err)
		return nil
	}
	if kept.Size != pos.GetCheckpointSize() || kept.Service != followed.Service() || kept.Archive != followed.Archive() {
		c.add(service, where, "the checkpoint is of %s/%s with size %d", kept.Archive, kept.Service, kept.Size)
		return nil
	}
	root, err := followed.RootAt(kept.Size)
	if err != nil {
		return err
	}
	if root != kept.Root {
		c.add(service, where, "%s signed another tree of size %d than its journal holds", followed.Service(), kept.Size)
	}
	return nil
}

func epochAt(st *store.Store, seq uint64) (epoch uint64, err error) {
	err = st.View(func(v *store.View) error {
		r, err := v.Entry(seq)
		if err != nil {
			return err
		}
		if r == nil {
			return fmt.Errorf("event %d is missing", seq)
		}
		epoch = r.Header.GetEpoch()
		return nil
	})
	return epoch, err
}

// effects checks that no command took effect twice, and that every reaction answers an event
// that is there and was counted as followed.
func (c *checker) effects(service string, v *store.View, positions map[string]*journalv1.ReaderPosition) error {
	type id [16]byte
	done := make(map[id]uint64)
	for _, raw := range v.Scan("journal", nil, nil) {
		r, err := journal.DecodeBytes(raw)
		if err != nil {
			return nil // Verify has said so
		}
		where := fmt.Sprintf("event %d", r.Seq())
		if key := r.Header.GetCommandId(); len(key) == 16 {
			if before, twice := done[id(key)]; twice && before != r.Header.GetTransaction() {
				c.add(service, where, "command %x took effect twice: in transaction %d and in %d", key, before, r.Header.GetTransaction())
			}
			done[id(key)] = r.Header.GetTransaction()
		}
		cause := r.Header.GetCause()
		if cause == nil || cause.GetService() == service {
			continue
		}
		if pos := positions[cause.GetService()]; pos != nil && cause.GetEpoch() == pos.GetEpoch() && cause.GetSeq() > max(pos.GetSeq(), pos.GetHandled()) {
			c.add(service, where, "it answers event %d of %s, which was followed only to %d", cause.GetSeq(), cause.GetService(), pos.GetSeq())
		}
		if source := c.stores[cause.GetService()]; source != nil {
			if head := source.Head(); cause.GetEpoch() == head.Epoch && cause.GetSeq() > head.Seq {
				c.add(service, where, "it answers event %d of %s, whose journal ends with %d", cause.GetSeq(), cause.GetService(), head.Seq)
			}
		}
	}
	return nil
}
