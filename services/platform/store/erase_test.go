package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// TestALostKeyFileNeverGivesASlotTwice loses the key file, or puts an empty older copy back, and
// seals on: erasing a new object must not touch what the old slots meant.
func TestALostKeyFileNeverGivesASlotTwice(t *testing.T) {
	seal := func(s *store.Store, id string) *journal.Record {
		t.Helper()
		records, err := s.Do(t.Context(), command(func(*store.View, time.Time) ([]store.Event, error) {
			return []store.Event{{
				Refs: []journal.Ref{{Type: "transfer", ID: id}}, Body: &intakev1.ContactNamed{TransferId: id},
				Sealed: &intakev1.Contact{Name: "Әсел " + id},
			}}, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		return records[0]
	}
	dir := t.TempDir()
	s, err := store.Open(config(dir))
	if err != nil {
		t.Fatal(err)
	}
	s.Admit()
	first, second := seal(s, "1"), seal(s, "2")
	journalOf := entries(t, s)
	if _, err := s.Erase(t.Context(), command(nil), second.Object(), "court"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), os.Remove(filepath.Join(dir, "keys.bin"))); err != nil {
		t.Fatal(err)
	}
	lost := func(s *store.Store, where string) {
		t.Helper()
		third := seal(s, "3")
		if third.Header.GetSealedKey() != 3 {
			t.Errorf("%s: slot %d was given a second time", where, third.Header.GetSealedKey())
		}
		if _, err := s.Keys().Unseal(third); err != nil {
			t.Errorf("%s: %v", where, err)
		}
		if _, err := s.Keys().Unseal(first); err == nil || errors.Is(err, journal.Erased) {
			t.Errorf("%s: a lost key is neither there nor lawfully destroyed: %v", where, err)
		}
	}
	s = open(t, config(dir))
	lost(s, "lost file")
	problems, err := s.Verify(t.TempDir())
	if err != nil || len(problems) != 1 || problems[0].Where != "event 1" {
		t.Errorf("the check must name the one event whose key is lost: %v, %v", problems, err)
	}
	restored := open(t, config(t.TempDir()))
	if err := restored.Restore(t.Context(), journalOf, nil); err != nil {
		t.Fatal(err)
	}
	lost(restored, "restored from the stream")
}

// TestErasureLeavesEveryProofAndNoContent destroys an object's key and looks for its content
// in the store, in its key file, in a backup taken before, and under an older key file put
// back; the proofs must still hold.
func TestErasureLeavesEveryProofAndNoContent(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(config(dir))
	if err != nil {
		t.Fatal(err)
	}
	s.Admit()
	secret := "Жұмабекова Сәуле, +7 701 000 00 00"
	object := journal.Ref{Type: "transfer", ID: "2026-1"}
	contact := command(func(*store.View, time.Time) ([]store.Event, error) {
		return []store.Event{{Refs: []journal.Ref{object}, Body: &intakev1.ContactNamed{TransferId: "2026-1"}, Sealed: &intakev1.Contact{Name: secret}}}, nil
	})
	records, err := s.Do(t.Context(), contact)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Do(t.Context(), command(register("akimat"))); err != nil {
		t.Fatal(err)
	}
	m, err := s.Keys().Unseal(records[0])
	if contact, ok := m.(*intakev1.Contact); err != nil || !ok || contact.GetName() != secret {
		t.Fatalf("before the erasure it must be readable: %v, %v", m, err)
	}
	backup, err := os.ReadFile(filepath.Join(dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	oldKeys, err := os.ReadFile(filepath.Join(dir, "keys.bin"))
	if err != nil {
		t.Fatal(err)
	}

	if _, err := s.Erase(t.Context(), command(nil), object, ""); !errors.Is(err, store.GroundNeeded) {
		t.Errorf("an erasure without a ground must be refused, got %v", err)
	}
	if _, err := s.Erase(t.Context(), command(nil), journal.Ref{Type: "transfer", ID: "2026-2"}, "court"); !errors.Is(err, store.NothingSealed) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Erase(t.Context(), command(nil), object, "the person withdrew consent"); err != nil {
		t.Fatal(err)
	}
	unreadable := func(s *store.Store, where string) {
		t.Helper()
		rec, proof, err := s.Inclusion(1, s.Head().Seq)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Keys().Unseal(rec); !errors.Is(err, journal.Erased) {
			t.Errorf("%s: the sealed body must be unreadable, got %v", where, err)
		}
		root, err := s.RootAt(s.Head().Seq)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, int64(s.Head().Seq), root, 0, journal.LeafHash(rec.Entry)); err != nil {
			t.Errorf("%s: the proof must still hold: %v", where, err)
		}
		whole(t, s)
	}
	unreadable(s, "live")
	if _, err := s.Do(t.Context(), command(func(*store.View, time.Time) ([]store.Event, error) {
		return []store.Event{{Refs: []journal.Ref{object}, Body: &intakev1.ContactNamed{}, Sealed: &intakev1.Contact{Name: "x"}}}, nil
	})); err == nil {
		t.Error("nothing new may be sealed under an erased object")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"store.db", "keys.bin"} {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("Жұмабекова")) || bytes.Contains(content, oldKeys[:32]) {
			t.Errorf("%s still holds the content or its key", file)
		}
	}
	if bytes.Contains(backup, []byte("Жұмабекова")) || bytes.Contains(backup, oldKeys[:32]) {
		t.Error("the backup holds the content or its key")
	}

	// An older key file comes back: the journal's KeyDestroyed destroys the key again.
	if err := os.WriteFile(filepath.Join(dir, "keys.bin"), oldKeys, 0o600); err != nil {
		t.Fatal(err)
	}
	unreadable(open(t, config(dir)), "older key file")

	// The backup with the present key file: its journal ends before the erasure, its
	// content is gone all the same.
	restored := t.TempDir()
	present, err := os.ReadFile(filepath.Join(dir, "keys.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(restored, "store.db"), backup, 0o600), os.WriteFile(filepath.Join(restored, "keys.bin"), present, 0o600)); err != nil {
		t.Fatal(err)
	}
	b := open(t, config(restored))
	rec, _, err := b.Inclusion(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Keys().Unseal(rec); !errors.Is(err, journal.Erased) {
		t.Errorf("backup: the sealed body must be unreadable, got %v", err)
	}
	if raw, err := proto.Marshal(rec.Entry); err != nil || bytes.Contains(raw, []byte("Жұмабекова")) {
		t.Error("the entry, which is what the stream holds, carries the content")
	}
}
