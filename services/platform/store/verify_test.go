package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// put changes one value of a stopped store, as a failing disk or a person with an editor would.
func put(dir, bucket string, key []byte, change func(old []byte) []byte) error {
	db, err := bbolt.Open(filepath.Join(dir, "store.db"), 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		value := change(bytes.Clone(b.Get(key)))
		if value == nil {
			return b.Delete(key)
		}
		return b.Put(key, value)
	})
	return errors.Join(err, db.Close())
}

func flip(at int) func([]byte) []byte {
	return func(old []byte) []byte { old[at] ^= 1; return old }
}

// position is a reader's row at an event of a journal of its own, signed.
func position(t *testing.T, dir string, spoil func(*journalv1.ReaderPosition)) []byte {
	t.Helper()
	key, err := journal.LoadSigningKey(dir, "kz-test", "writer")
	if err != nil {
		t.Fatal(err)
	}
	var edge journal.Edge
	for i := range 5 {
		edge.Append(tlog.RecordHash([]byte{byte(i)}))
	}
	signed, err := journal.Checkpoint{Archive: "kz-test", Service: "writer", Epoch: 1, Size: 5, Root: edge.Root()}.Sign(key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	pos := &journalv1.ReaderPosition{Epoch: 1, Seq: 5, Edge: edge.Hashes(), Checkpoint: signed, CheckpointSize: 5}
	spoil(pos)
	raw, err := proto.Marshal(pos)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestVerifyFindsEveryPlantedCorruption spoils one thing at a time in a stopped folder and wants it
// found where it lies.
func TestVerifyFindsEveryPlantedCorruption(t *testing.T) {
	entry := func(change func(e *journalv1.Entry, h *journalv1.Header)) func([]byte) []byte {
		return func(old []byte) []byte {
			r, err := journal.DecodeBytes(old)
			if err != nil {
				panic(err)
			}
			change(r.Entry, r.Header)
			if r.Entry.Header, err = proto.Marshal(r.Header); err != nil {
				panic(err)
			}
			raw, err := proto.Marshal(r.Entry)
			if err != nil {
				panic(err)
			}
			return raw
		}
	}
	row := func(value []byte) func([]byte) []byte { return func([]byte) []byte { return value } }
	tree := func(level int, n int64) []byte {
		return binary.BigEndian.AppendUint64(nil, uint64(tlog.StoredHashIndex(level, n)))
	}
	for name, c := range map[string]struct {
		plant func(t *testing.T, dir string) error
		where string // in some finding
	}{
		"nothing": {func(*testing.T, string) error { return nil }, ""},
		"a body byte": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), entry(func(e *journalv1.Entry, _ *journalv1.Header) { e.Body[len(e.GetBody())-1] ^= 1 }))
		}, "event 4"},
		"a salt byte": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), entry(func(e *journalv1.Entry, _ *journalv1.Header) { e.Salt[0] ^= 1 }))
		}, "event 4"},
		"another actor": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), entry(func(_ *journalv1.Entry, h *journalv1.Header) { h.Actor = "person:else" }))
		}, "event 4"},
		"another number": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), entry(func(_ *journalv1.Entry, h *journalv1.Header) { h.Seq = 5 }))
		}, "event 4"},
		"another archive": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), entry(func(_ *journalv1.Entry, h *journalv1.Header) { h.Archive = "kz-else" }))
		}, "event 4"},
		"an epoch out of nowhere": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), entry(func(_ *journalv1.Entry, h *journalv1.Header) { h.Epoch = 2 }))
		}, "event 4"},
		"a time before": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), entry(func(_ *journalv1.Entry, h *journalv1.Header) { h.RecordedAt.Seconds -= 3600 }))
		}, "event 4"},
		"rubbish for an entry": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), row([]byte("rubbish")))
		}, "event 4"},
		"a missing event": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(4), row(nil))
		}, "event 5"},
		"a missing last event": {func(_ *testing.T, dir string) error {
			return put(dir, "journal", journal.SeqKey(12), row(nil))
		}, "bucket tree"},
		"a leaf hash": {func(_ *testing.T, dir string) error {
			return put(dir, "tree", tree(0, 3), flip(0))
		}, "event 4"},
		"an inner hash": {func(_ *testing.T, dir string) error {
			return put(dir, "tree", tree(2, 0), flip(31))
		}, "event 4"},
		"a missing hash": {func(_ *testing.T, dir string) error { return put(dir, "tree", tree(1, 2), row(nil)) }, "event 6"},
		"a state row": {func(_ *testing.T, dir string) error {
			return put(dir, "organisations", []byte("o003"), flip(1))
		}, `bucket organisations, key "o003"`},
		"a lost state row": {func(_ *testing.T, dir string) error {
			return put(dir, "organisations", []byte("o003"), row(nil))
		}, `bucket organisations, key "o003"`},
		"a state row out of nowhere": {func(_ *testing.T, dir string) error {
			return put(dir, "organisations", []byte("zzz"), row([]byte("x")))
		}, `bucket organisations, key "zzz"`},
		"a timeline row": {func(_ *testing.T, dir string) error {
			return put(dir, "refs", append([]byte("organisation\x00o003\x00"), journal.SeqKey(4)...), row(nil))
		}, "bucket refs"},
		"a timer": {func(_ *testing.T, dir string) error {
			return put(dir, "timers", append(journal.SeqKey(1<<63+1), "due\x00x"...), row([]byte{}))
		}, "bucket timers"},
		"a zeroed key": {func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "keys.bin"), make([]byte, 40), 0o600)
		}, "event 11"},
		"a damaged key": {func(_ *testing.T, dir string) error {
			raw, err := os.ReadFile(filepath.Join(dir, "keys.bin"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "keys.bin"), flip(3)(raw), 0o600)
		}, "event 11"},
		"a lost key file": {func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "keys.bin")) }, "event 11"},
		"another key row": {func(_ *testing.T, dir string) error {
			return put(dir, "keys", []byte("transfer\x002026-1"), row(journal.SeqKey(9)))
		}, "event 11"},
		"a sound position": {func(t *testing.T, dir string) error {
			return put(dir, "readers", []byte("writer"), row(position(t, dir, func(*journalv1.ReaderPosition) {})))
		}, ""},
		"a hash of the edge": {func(t *testing.T, dir string) error {
			return put(dir, "readers", []byte("writer"), row(position(t, dir, func(p *journalv1.ReaderPosition) { p.Edge[1][0] ^= 1 })))
		}, "position in writer"},
		"an edge too short": {func(t *testing.T, dir string) error {
			return put(dir, "readers", []byte("writer"), row(position(t, dir, func(p *journalv1.ReaderPosition) { p.Edge = p.GetEdge()[:1] })))
		}, "position in writer"},
		"a position behind its checkpoint": {func(t *testing.T, dir string) error {
			return put(dir, "readers", []byte("writer"), row(position(t, dir, func(p *journalv1.ReaderPosition) { p.Seq, p.Edge = 4, p.GetEdge()[:1] })))
		}, "position in writer"},
		"another service's checkpoint": {func(t *testing.T, dir string) error {
			return put(dir, "readers", []byte("else"), row(position(t, dir, func(*journalv1.ReaderPosition) {})))
		}, "position in else"},
		"rubbish for a position": {func(_ *testing.T, dir string) error { return put(dir, "readers", []byte("writer"), row([]byte{0xff})) }, "position in writer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cfg := config(dir)
			s, err := store.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			s.Admit()
			for i := range 10 {
				if _, err := s.Do(t.Context(), command(register(fmt.Sprintf("o%03d", i)))); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Do(t.Context(), command(func(*store.View, time.Time) ([]store.Event, error) {
				return []store.Event{{
					Refs: []journal.Ref{{Type: "transfer", ID: "2026-1"}},
					Body: &intakev1.ContactNamed{TransferId: "2026-1"}, Sealed: &intakev1.Contact{Name: "Әсел"},
				}}, nil
			})); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Do(t.Context(), command(register("last"))); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Close(), c.plant(t, dir)); err != nil {
				t.Fatal(err)
			}
			cfg.ReadOnly = true
			problems := verified(t, cfg)
			if c.where == "" {
				if len(problems) > 0 {
					t.Errorf("found where nothing is wrong: %v", problems)
				}
				return
			}
			for _, p := range problems {
				if strings.HasPrefix(p.Where, c.where) && p.Service == "toy" && p.What != "" {
					return
				}
			}
			t.Errorf("not found at %q: %v", c.where, problems)
		})
	}
}

// verified checks a stopped folder.
func verified(t *testing.T, cfg store.Config) []store.Problem {
	t.Helper()
	s, err := store.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	problems, err := s.Verify(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return problems
}
