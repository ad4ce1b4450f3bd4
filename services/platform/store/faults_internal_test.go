package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

var errInjected = errors.New("injected")

// counting is a service that counts how often each transfer's contact was named, sealed, so
// that every durable write of the store takes part.
func counting(dir string) Config {
	return Config{
		Dir: dir, Archive: "kz-test", Service: "toy", Reserve: 1,
		Schema: Schema{Version: 1, Buckets: []Bucket{{Name: "counts"}}},
		Apply: func(tx *Tx, r *journal.Record) error {
			if r.Is((*intakev1.ContactNamed)(nil)) {
				key := []byte(r.Object().ID)
				tx.Put("counts", key, number(parseNumber(tx.Get("counts", key))+1))
			}
			return nil
		},
	}
}

func name(id string) Decide {
	return func(*View, time.Time) ([]Event, error) {
		return []Event{{
			Refs: []journal.Ref{{Type: "transfer", ID: id}}, Body: &intakev1.ContactNamed{TransferId: id},
			Sealed: &intakev1.Contact{Name: "Әсел Қуанышқызы " + id},
		}}, nil
	}
}

// TestAStoreWhoseFileCannotBeOpenedAgainRecoversWhenItCan takes the file away in the moment of a
// full disk: nothing may be answered from an empty one, and when it is back everything goes on.
func TestAStoreWhoseFileCannotBeOpenedAgainRecoversWhenItCan(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(counting(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	s.Admit()
	do := func(id string) error {
		_, err := s.Do(t.Context(), Command{ID: uuid.Must(uuid.NewV7()), Name: "/t/Name", Actor: "person:t", Decide: name(id)})
		return err
	}
	if err := do("1"); err != nil {
		t.Fatal(err)
	}
	file, aside := filepath.Join(dir, "store.db"), filepath.Join(dir, "aside.db")
	s.commit = func(tx *bbolt.Tx) error {
		return errors.Join(tx.Rollback(), os.Rename(file, aside), syscall.ENOSPC)
	}
	if err := do("2"); !errors.Is(err, Unknown) {
		t.Errorf("got %v", err)
	}
	s.commit = (*bbolt.Tx).Commit
	if err := do("3"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an empty file must not take the place of the journal: %v", err)
	}
	if err := s.View(func(*View) error { return nil }); !errors.Is(err, NotReady) {
		t.Errorf("reading without a file: %v", err)
	}
	if s.Head().Seq != 1 {
		t.Errorf("the head is %d", s.Head().Seq)
	}
	if err := os.Rename(aside, file); err != nil {
		t.Fatal(err)
	}
	if err := do("4"); err != nil {
		t.Errorf("the file is back: %v", err)
	}
	problems, err := s.Verify(t.TempDir())
	if err != nil || len(problems) > 0 || s.Head().Seq != 2 {
		t.Errorf("%v %v, %d events", problems, err, s.Head().Seq)
	}
}

// TestNobodyIsToldOfWhatIsBeyondTheHead looks at the journal in the moment between a commit and the head
// that says so: a relay that published from there looked, after a publish that went wrong, like
// the witness of a lost tail, and its service stopped taking commands.
func TestNobodyIsToldOfWhatIsBeyondTheHead(t *testing.T) {
	s, err := Open(counting(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	s.Admit()
	looked := 0
	s.commit = func(tx *bbolt.Tx) error {
		if err := tx.Commit(); err != nil {
			return err
		}
		looked++
		entries, head, err := s.Announced(1, 10, 1<<20)
		if err != nil || uint64(len(entries)) != head.Seq || head != s.Head() {
			t.Errorf("%d entries, head %d, %v; the head says %d", len(entries), head.Seq, err, s.Head().Seq)
		}
		return nil
	}
	for _, id := range []string{"1", "2"} {
		if _, err := s.Do(t.Context(), Command{ID: uuid.Must(uuid.NewV7()), Name: "/t/Name", Actor: "person:t", Decide: name(id)}); err != nil {
			t.Fatal(err)
		}
	}
	if entries, head, err := s.Announced(1, 10, 1<<20); err != nil || len(entries) != 2 || head.Seq != 2 || looked != 2 {
		t.Errorf("%d entries, head %d, %v after %d looks", len(entries), head.Seq, err, looked)
	}
}

// TestEveryDurableWriteMayFail injects, at each durable write, a loss and a success that is
// reported as an error, under load from many callers who repeat their command ids.
func TestEveryDurableWriteMayFail(t *testing.T) {
	var n atomic.Int64
	spoil := func() bool { return n.Add(1)%5 == 0 }
	for _, row := range []struct {
		name   string
		inject func(s *Store)
	}{
		{"key file sync, lost", func(s *Store) {
			s.sync = func() error {
				if spoil() {
					return errInjected
				}
				return s.keys.Sync()
			}
		}},
		{"key file sync, stored but error", func(s *Store) {
			s.sync = func() error {
				if err := s.keys.Sync(); err != nil || !spoil() {
					return err
				}
				return errInjected
			}
		}},
		{"commit, lost", func(s *Store) {
			s.commit = func(tx *bbolt.Tx) error {
				if !spoil() {
					return tx.Commit()
				}
				return errors.Join(tx.Rollback(), errInjected)
			}
		}},
		{"commit, stored but error", func(s *Store) {
			s.commit = func(tx *bbolt.Tx) error {
				if err := tx.Commit(); err != nil || !spoil() {
					return err
				}
				return errInjected
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			n.Store(0)
			s, err := Open(counting(t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			s.Admit()
			row.inject(s)
			var failures atomic.Int64
			var wg sync.WaitGroup
			for caller := range 8 {
				wg.Go(func() {
					for i := range 40 {
						id := uuid.Must(uuid.NewV7())
						for {
							_, err := s.Do(context.Background(), Command{ID: id, Name: "/t/Name", Actor: "person:t", Decide: name(fmt.Sprintf("%d-%d", caller, i))})
							if err == nil {
								break
							}
							if fault.KindOf(err) != fault.Unavailable {
								t.Errorf("a failed write must say that it may be repeated, said %v", err)
							}
							failures.Add(1)
						}
					}
				})
			}
			wg.Wait()
			if failures.Load() == 0 {
				t.Error("nothing was injected")
			}
			count := 0
			if err := s.View(func(v *View) error {
				for k, val := range v.Scan("counts", nil, nil) {
					if count++; parseNumber(val) != 1 {
						t.Errorf("%s took effect %d times", k, parseNumber(val))
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if count != 8*40 {
				t.Errorf("%d of %d commands are in the store", count, 8*40)
			}
			problems, err := s.Verify(t.TempDir())
			if err != nil || len(problems) > 0 {
				t.Errorf("%v %v", problems, err)
			}
		})
	}
}

// TestAFoldThatWasCutShortIsDoneAgain stops a rebuild in its middle and opens the store again.
func TestAFoldThatWasCutShortIsDoneAgain(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(counting(dir))
	if err != nil {
		t.Fatal(err)
	}
	s.Admit()
	for i := range 20 {
		if _, err := s.Do(t.Context(), Command{ID: uuid.Must(uuid.NewV7()), Name: "/t/Name", Actor: "person:t", Decide: name(strconv.Itoa(i))}); err != nil {
			t.Fatal(err)
		}
	}
	apply := s.cfg.Apply
	s.cfg.Apply = func(tx *Tx, r *journal.Record) error {
		if r.Seq() == 11 {
			return errInjected
		}
		return apply(tx, r)
	}
	if err := s.Rebuild(); !errors.Is(err, errInjected) {
		t.Fatalf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(counting(dir)); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	problems, err := s.Verify(t.TempDir())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
