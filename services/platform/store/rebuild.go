package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// foldStep is how many events are applied in one transaction while folding.
const foldStep = 4096

// refold throws away everything that follows from the journal and lets it follow again.
func (s *Store) refold(db *bbolt.DB) error {
	if err := db.Update(func(btx *bbolt.Tx) error {
		for _, b := range s.buckets() {
			if !folded(b.Name) {
				continue
			}
			if err := btx.DeleteBucket([]byte(b.Name)); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
				return err
			}
			if _, err := btx.CreateBucket([]byte(b.Name)); err != nil {
				return err
			}
		}
		// If we crash from here on, the next start sees the mark and folds from the beginning.
		tx := s.tx(btx)
		tx.Put("meta", []byte("folding"), []byte{1})
		return tx.err
	}); err != nil {
		return fmt.Errorf("store %s: fold: %w", s.cfg.Service, err)
	}
	var edge journal.Edge
	for {
		end := false
		if err := db.Update(func(btx *bbolt.Tx) error {
			tx := s.tx(btx)
			for range foldStep {
				r, err := tx.Entry(edge.Size() + 1)
				if err != nil {
					return err
				}
				if end = r == nil; end {
					break
				}
				growTree(tx, &edge, journal.LeafHash(r.Entry))
				if err := s.consequences(tx, r); err != nil {
					return err
				}
			}
			if end {
				tx.Delete("meta", []byte("folding"))
			}
			return tx.err
		}); err != nil {
			return fmt.Errorf("store %s: fold: %w", s.cfg.Service, err)
		}
		if end {
			return nil
		}
	}
}

// Rebuild folds the whole state again from the journal, in place. The service must not take
// commands meanwhile (call it before Admit). Positions in other journals begin anew: what
// was handled is known from the causes in our own journal, the rest is read again.
func (s *Store) Rebuild() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refold(s.db); err != nil {
		return err
	}
	done := make(handled)
	if err := s.db.View(func(btx *bbolt.Tx) error {
		v := s.view(btx)
		for _, raw := range v.Scan("journal", nil, nil) {
			r, err := journal.DecodeBytes(raw)
			if err != nil {
				return err
			}
			if err := done.note(r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("store %s: rebuild: %w", s.cfg.Service, err)
	}
	return s.db.Update(func(btx *bbolt.Tx) error {
		if err := btx.DeleteBucket([]byte("readers")); err != nil {
			return err
		}
		if _, err := btx.CreateBucket([]byte("readers")); err != nil {
			return err
		}
		tx := s.tx(btx)
		for service, upTo := range done {
			raw, err := proto.Marshal(&journalv1.ReaderPosition{Handled: upTo.seq})
			if err != nil {
				return err
			}
			tx.Put("readers", []byte(service), raw)
		}
		return tx.err
	})
}

// handled is up to which event of each service a journal holds our answers.
type handled map[string]answeredTo

type answeredTo struct {
	epoch, seq uint64
	branched   bool // we resynchronised: numbers beyond may be another epoch's events
}

// note takes one event of our own into account. Numbers of an epoch that was given up say
// nothing of the events that bear them in the next one.
func (h handled) note(r *journal.Record) error {
	if r.Is((*journalv1.ReaderResynchronised)(nil)) {
		var b journalv1.ReaderResynchronised
		if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
			return fmt.Errorf("event %d: %w", r.Seq(), err)
		}
		h[b.GetService()] = answeredTo{epoch: b.GetEpoch(), seq: b.GetKept(), branched: true}
		return nil
	}
	c := r.Header.GetCause()
	if c == nil {
		return nil
	}
	to := h[c.GetService()]
	if c.GetEpoch() > to.epoch || c.GetEpoch() == to.epoch && c.GetSeq() > to.seq {
		to.epoch, to.seq = c.GetEpoch(), c.GetSeq()
		h[c.GetService()] = to
	}
	return nil
}

var errForked = errors.New("the entries do not continue this journal")

// Restore appends this service's own entries as they stand in the stream or in another copy:
// the journal ended before them because the store is an older copy, or new. Every entry must
// continue the journal; where a checkpoint comes with them it must be signed by us and
// fit.
func (s *Store) Restore(ctx context.Context, entries []*journalv1.Entry, check func(edge journal.Edge) error) error {
	erased := false
	err := s.exec(ctx, true, func(g *group) error {
		done := make(handled)
		for _, e := range entries {
			r, err := journal.Decode(e)
			if err != nil {
				g.spoilt = err
				return err
			}
			h := r.Header
			began := r.Is((*journalv1.EpochBegan)(nil)) && h.GetEpoch() > g.head.epoch
			switch {
			case h.GetSeq() != g.head.edge.Size()+1, h.GetEpoch() != g.head.epoch && !began,
				r.Time().Before(g.head.time), h.GetArchive() != s.cfg.Archive, h.GetService() != s.cfg.Service:
				g.spoilt = fmt.Errorf("store %s: event %d of %s/%s epoch %d after %d: %w", s.cfg.Service,
					h.GetSeq(), h.GetArchive(), h.GetService(), h.GetEpoch(), g.head.edge.Size(), errForked)
				return g.spoilt
			}
			if err := g.write(r); err != nil {
				g.spoilt = err
				return err
			}
			erased = erased || r.Is((*journalv1.KeyDestroyed)(nil))
			if err := done.note(r); err != nil {
				g.spoilt = err
				return err
			}
		}
		if err := g.handled(done); err != nil {
			g.spoilt = err
			return err
		}
		if check != nil {
			if err := check(g.head.edge); err != nil {
				g.spoilt = err
				return err
			}
		}
		return nil
	})
	if err != nil || !erased {
		return err
	}
	// The key file may be an older copy too, and hold what was erased since. If we crash before
	// this, the next start does it.
	return s.finishErasures()
}

// handled notes up to which events of others the restored journal holds our answers: they are
// not to be answered again, although the position may be older.
func (g *group) handled(by handled) error {
	for service, to := range by {
		pos, err := g.tx.Position(service)
		if err != nil {
			return err
		}
		if !to.branched && to.seq <= max(pos.GetSeq(), pos.GetHandled()) {
			continue
		}
		pos.Handled = to.seq
		if err := g.position(service, pos); err != nil {
			return err
		}
	}
	return nil
}

// BeginEpoch goes on after a lost tail: a witness's checkpoint proves that events up to
// lostThrough existed, and a person decided that they are gone. Nothing but this ever makes a
// new epoch. Commands need not be admitted.
func (s *Store) BeginEpoch(ctx context.Context, c Command, lostThrough uint64, proof []byte, statement string) (*journal.Record, error) {
	it := item{command: c}
	err := s.exec(ctx, true, func(g *group) (err error) {
		// A repeated command must not give up a second time what was written since.
		if it.records, err = g.known(&it.command); err != nil || len(it.records) > 0 {
			return err
		}
		kept := g.head.edge.Size()
		// Above every epoch that was ever seen: two histories under one number could not be told
		// apart, and the tail that the proof speaks of may itself lie in a later one than ours.
		before, last := g.head.epoch, g.head.epoch
		if c, err := journal.ReadCheckpoint(proof); err == nil {
			last = max(last, c.Epoch)
		}
		if lostThrough <= kept && last == before {
			return fmt.Errorf("store %s: nothing is lost: the journal ends with %d, the witness saw %d", s.cfg.Service, kept, lostThrough)
		}
		g.head.epoch = last + 1
		defer func() {
			if err != nil { // others of the group still write into the present epoch
				g.head.epoch = before
			}
		}()
		it.records, err = g.append(&it.command, []Event{{
			Refs: []journal.Ref{{Type: "service", ID: s.cfg.Service}},
			Body: &journalv1.EpochBegan{Epoch: g.head.epoch, Kept: kept, LostThrough: lostThrough, Proof: proof, Statement: statement},
		}})
		return err
	})
	if err != nil {
		return nil, err
	}
	return it.records[0], nil
}

// Read gives up to limit entries from a seq, at most maxBytes together (but always one where
// there is one), and the head at that moment.
func (s *Store) Read(from uint64, limit, maxBytes int) (entries []*journalv1.Entry, head Head, err error) {
	err = s.View(func(v *View) error {
		h, err := readHeadLight(v)
		if err != nil {
			return err
		}
		head = h
		size := 0
		after := journal.SeqKey(from - 1)
		for _, raw := range v.Scan("journal", nil, after) {
			if len(entries) == limit || (len(entries) > 0 && size+len(raw) > maxBytes) {
				return nil
			}
			e := new(journalv1.Entry)
			if err := proto.Unmarshal(raw, e); err != nil {
				return fmt.Errorf("store %s: %w", s.cfg.Service, err)
			}
			entries, size = append(entries, e), size+len(raw)
		}
		return nil
	})
	return entries, head, err
}

// Announced gives what Read gives, but nothing beyond Head: what others may be told. A commit can
// be read in the file before it is durable and Head says so; whoever was told of it in that moment
// would hold what the journal does not own to yet, and that is how a lost tail looks.
func (s *Store) Announced(from uint64, limit, maxBytes int) (entries []*journalv1.Entry, head Head, err error) {
	head = s.Head()
	if from > head.Seq {
		return nil, head, nil
	}
	entries, _, err = s.Read(from, int(min(uint64(limit), head.Seq-from+1)), maxBytes)
	return entries, head, err
}

// readHeadLight is the head without its tree.
func readHeadLight(v *View) (Head, error) {
	key, raw := v.Last("journal", nil)
	if key == nil {
		return Head{Epoch: 1}, nil
	}
	r, err := journal.DecodeBytes(raw)
	if err != nil {
		return Head{}, err
	}
	return Head{Epoch: r.Header.GetEpoch(), Seq: r.Seq(), Time: r.Time()}, nil
}

// Problem is one thing that a check found wrong, and where.
type Problem struct {
	Service string `json:"service"`
	Where   string `json:"where"` // bucket and key, or event number
	What    string `json:"what"`  // in English
	// Format and Args are what What was made of, for who says it in another language.
	Format string `json:"-"`
	Args   []any  `json:"-"`
	// Words are Where and What in each language of the interface; empty until somebody has said them.
	Words map[fault.Language]string `json:"words,omitempty"`
}

// Found is a problem, with what is wrong put as fmt.Sprintf does. An error among the args is said
// in the reader's language where it is a fault.
func Found(service, where, format string, args ...any) Problem {
	return Problem{Service: service, Where: where, What: fmt.Sprintf(format, args...), Format: format, Args: args}
}

// maxProblems bounds a report: a broken file has more than anybody reads.
const maxProblems = 100

type findings struct {
	service string
	list    []Problem
}

func (f *findings) add(where, format string, args ...any) {
	if len(f.list) < maxProblems {
		f.list = append(f.list, Found(f.service, where, format, args...))
	}
}

// Verify checks every invariant of the store: the journal's order and envelope, its tree, the
// keys, the reader positions, the service's own rules, and that the journal folded into an
// empty store in scratch gives exactly this state.
func (s *Store) Verify(scratch string) ([]Problem, error) {
	f := &findings{service: s.cfg.Service}
	if err := s.View(func(v *View) error {
		s.verifyJournal(v, f)
		s.verifyReaders(v, f)
		if s.cfg.Check != nil {
			f.list = append(f.list, s.cfg.Check(v)...)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if len(f.list) > 0 {
		return f.list, nil // a fold of a broken journal would only repeat it
	}
	different, err := s.Fold(scratch)
	return append(f.list, different...), err
}

func (s *Store) verifyJournal(v *View, f *findings) {
	var edge journal.Edge
	var last *journal.Record
	scratch := s.treeReader(v)
	for key, raw := range v.Scan("journal", nil, nil) {
		where := fmt.Sprintf("event %d", parseNumber(key))
		r, err := journal.DecodeBytes(raw)
		if err != nil {
			f.add(where, "%v", err)
			return
		}
		s.verifyEntry(v, f, where, key, r, last)
		index := edge.Size()
		for i, h := range edge.Append(journal.LeafHash(r.Entry)) {
			if got := scratch(index, i); !bytes.Equal(got, h[:]) {
				f.add(where, "the stored tree does not hold its hash of level %d", i)
			}
		}
		last = r
	}
}

func (s *Store) verifyEntry(v *View, f *findings, where string, key []byte, r, last *journal.Record) {
	h := r.Header
	expect, epoch, when := uint64(1), uint64(1), time.Time{}
	if last != nil {
		expect, epoch, when = last.Seq()+1, last.Header.GetEpoch(), last.Time()
	}
	if r.Seq() != expect || parseNumber(key) != expect {
		f.add(where, "it says number %d, expected is %d", r.Seq(), expect)
	}
	if h.GetArchive() != s.cfg.Archive || h.GetService() != s.cfg.Service {
		f.add(where, "it belongs to %s/%s", h.GetArchive(), h.GetService())
	}
	if began := r.Is((*journalv1.EpochBegan)(nil)); h.GetEpoch() != epoch && !(began && h.GetEpoch() > epoch) {
		f.add(where, "epoch %d follows epoch %d", h.GetEpoch(), epoch)
	}
	if r.Time().Before(when) {
		f.add(where, "recorded at %s, before the event that it follows", r.Time())
	}
	if first := h.GetTransaction() == r.Seq(); !first && (last == nil || last.Header.GetTransaction() != h.GetTransaction()) {
		f.add(where, "its transaction %d was not open", h.GetTransaction())
	}
	if _, err := r.Body(); err != nil {
		f.add(where, "%v", err)
	}
	if slot := h.GetSealedKey(); slot != 0 {
		rowSlot, destroyed := keyRow(v.Get("keys", r.Object().Key()))
		present, err := s.keys.State(slot)
		switch {
		case rowSlot != slot:
			f.add(where, "it is sealed under key %d, the object has key %d", slot, rowSlot)
		case err != nil && destroyed: // nothing can be read, which is what was asked
		case err != nil:
			f.add(where, "key %d: %v", slot, err)
		case present == destroyed:
			f.add(where, "key %d: destroyed by the journal %t, present in the key file %t", slot, destroyed, present)
		case present:
			if _, err := s.keys.Unseal(r); err != nil {
				f.add(where, "%v", err)
			}
		}
	}
}

func (s *Store) verifyReaders(v *View, f *findings) {
	for name, raw := range v.Scan("readers", nil, nil) {
		pos := new(journalv1.ReaderPosition)
		if err := proto.Unmarshal(raw, pos); err != nil {
			f.add("position in "+string(name), "%v", err)
			continue
		}
		verifyPosition(f, "position in "+string(name), string(name), pos)
	}
}

// verifyPosition checks that a position's edge, its checkpoint and its number belong together.
func verifyPosition(f *findings, where, service string, pos *journalv1.ReaderPosition) {
	edge, err := journal.EdgeOf(pos.GetSeq(), pos.GetEdge())
	if err != nil {
		f.add(where, "%v", err)
		return
	}
	if len(pos.GetCheckpoint()) == 0 {
		return
	}
	c, err := journal.ReadCheckpoint(pos.GetCheckpoint())
	switch {
	case err != nil:
		f.add(where, "%v", err)
	case c.Service != service || c.Size != pos.GetCheckpointSize():
		f.add(where, "the checkpoint is that of %s at size %d, the row says %d", c.Service, c.Size, pos.GetCheckpointSize())
	case c.Size > pos.GetSeq():
		f.add(where, "checkpoint of size %d beyond position %d", c.Size, pos.GetSeq())
	case c.Size == pos.GetSeq() && c.Root != edge.Root():
		f.add(where, "the edge does not give the root that %s signed at %d", service, c.Size)
	}
}

// Fold lets the journal follow into an empty store in a folder of its own and compares; what
// differs is listed by bucket and key.
func (s *Store) Fold(scratch string) ([]Problem, error) {
	cfg := s.cfg
	cfg.Dir, cfg.Unsynced, cfg.ReadOnly = filepath.Join(scratch, s.cfg.Service), true, false
	fresh, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = fresh.Close() }()
	for from := uint64(1); ; {
		entries, _, err := s.Read(from, foldStep, 16<<20)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			break
		}
		if err := fresh.Restore(context.Background(), entries, nil); err != nil {
			return []Problem{Found(s.cfg.Service, fmt.Sprintf("events from %d", from), "%v", err)}, nil
		}
		from += uint64(len(entries))
	}
	f := &findings{service: s.cfg.Service}
	err = s.View(func(live *View) error {
		return fresh.View(func(again *View) error {
			for _, b := range s.buckets() {
				if folded(b.Name) || b.Name == "journal" {
					compare(f, b.Name, live, again)
				}
			}
			return nil
		})
	})
	return f.list, err
}

// compare lists the keys on which two buckets differ.
func compare(f *findings, bucket string, live, again *View) {
	a, b := live.bucket(bucket).Cursor(), again.bucket(bucket).Cursor()
	ak, av := a.First()
	bk, bv := b.First()
	for (ak != nil || bk != nil) && len(f.list) < maxProblems {
		where := func(k []byte) string { return fmt.Sprintf("bucket %s, key %q", bucket, k) }
		switch order := bytes.Compare(ak, bk); {
		case bk == nil || (ak != nil && order < 0):
			f.add(where(ak), "it is in the store and does not follow from the journal")
			ak, av = a.Next()
		case ak == nil || order > 0:
			f.add(where(bk), "it follows from the journal and is not in the store")
			bk, bv = b.Next()
		default:
			if !bytes.Equal(av, bv) {
				f.add(where(ak), "its value differs from what follows from the journal")
			}
			ak, av = a.Next()
			bk, bv = b.Next()
		}
	}
}
