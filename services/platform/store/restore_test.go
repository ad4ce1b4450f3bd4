package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

func entries(t testing.TB, s *store.Store) []*journalv1.Entry {
	t.Helper()
	list, _, err := s.Read(1, 10_000, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func fill(t testing.TB, s *store.Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := s.Do(context.Background(), command(register(id))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRestoreTakesOnlyWhatContinuesThisJournal(t *testing.T) {
	source := open(t, config(t.TempDir()))
	fill(t, source, "a", "b", "c", "d", "e")
	good := entries(t, source)
	altered := func(i int, change func(h *journalv1.Header)) []*journalv1.Entry {
		list := append([]*journalv1.Entry(nil), good...)
		e, ok := proto.Clone(list[i]).(*journalv1.Entry)
		if !ok {
			t.Fatal("a clone is of the same type")
		}
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		change(r.Header)
		if e.Header, err = proto.Marshal(r.Header); err != nil {
			t.Fatal(err)
		}
		list[i] = e
		return list
	}
	for name, list := range map[string][]*journalv1.Entry{
		"not from the beginning":     good[1:],
		"a gap":                      append(append([]*journalv1.Entry(nil), good[:2]...), good[3:]...),
		"a repeat":                   append(append([]*journalv1.Entry(nil), good[:2]...), good[1:]...),
		"another service":            altered(2, func(h *journalv1.Header) { h.Service = "other" }),
		"another archive":            altered(2, func(h *journalv1.Header) { h.Archive = "kz-else" }),
		"an epoch that nobody began": altered(4, func(h *journalv1.Header) { h.Epoch = 2 }),
		"time that goes back":        altered(2, func(h *journalv1.Header) { h.RecordedAt.Seconds -= 60 }),
		"no object":                  altered(2, func(h *journalv1.Header) { h.Refs = nil }),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, config(t.TempDir()))
			if err := s.Restore(t.Context(), list, nil); err == nil {
				t.Error("accepted")
			}
			if h := s.Head(); h.Seq != 0 {
				t.Errorf("half of it was taken: %d events", h.Seq)
			}
			if err := s.Restore(t.Context(), good, nil); err != nil {
				t.Errorf("the true journal must still be taken: %v", err)
			}
			whole(t, s)
		})
	}
	s := open(t, config(t.TempDir()))
	no := errors.New("the signed root is another")
	if err := s.Restore(t.Context(), good, func(journal.Edge) error { return no }); !errors.Is(err, no) || s.Head().Seq != 0 {
		t.Errorf("a checkpoint that does not fit must refuse all of it: %v, %d events", err, s.Head().Seq)
	}
	if err := s.Restore(t.Context(), good, func(edge journal.Edge) error {
		root, err := source.RootAt(5)
		if err == nil && edge.Root() != root {
			err = no
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestAnEpochBeginsOnceAndOnlyForALostTail repeats the command, asks for one that is not due, and
// lets one fail beside others that share its commit.
func TestAnEpochBeginsOnceAndOnlyForALostTail(t *testing.T) {
	s := open(t, config(t.TempDir()))
	fill(t, s, "a", "b")
	begin := func(c store.Command, lost uint64, statement string) error {
		_, err := s.BeginEpoch(t.Context(), c, lost, []byte("proof"), statement)
		return err
	}
	if err := begin(command(nil), 2, "nothing is lost"); err == nil {
		t.Error("an epoch began though nothing is lost")
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if i%2 == 0 {
				fill(t, s, strings.Repeat("x", i+1))
			} else if err := begin(command(nil), 1000, strings.Repeat("long ", 100_000)); !errors.Is(err, store.TooLarge) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if h := s.Head(); h.Epoch != 1 || h.Seq != 12 {
		t.Fatalf("after refusals: epoch %d, %d events", h.Epoch, h.Seq)
	}
	c := command(nil)
	for range 2 {
		if err := begin(c, 1000, "the book ends with number 12"); err != nil {
			t.Fatal(err)
		}
	}
	if h := s.Head(); h.Epoch != 2 || h.Seq != 13 {
		t.Errorf("a repeated command began another epoch: epoch %d, %d events", h.Epoch, h.Seq)
	}
	fill(t, s, "after")
	whole(t, s)
	again := open(t, config(t.TempDir()))
	if err := again.Restore(t.Context(), entries(t, s), nil); err != nil {
		t.Errorf("a journal with two epochs must be restored: %v", err)
	}
	whole(t, again)
}

// TestProofsVerifyAtEverySize asks for random proofs and checks them as an outsider does.
func TestProofsVerifyAtEverySize(t *testing.T) {
	s := open(t, config(t.TempDir()))
	const most = 200
	var wg sync.WaitGroup
	for i := range most {
		wg.Go(func() { fill(t, s, "o"+strings.Repeat("i", i)) })
	}
	wg.Wait()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Uint64Range(1, most).Draw(t, "size")
		seq := rapid.Uint64Range(1, size).Draw(t, "seq")
		root, err := s.RootAt(size)
		if err != nil {
			t.Fatal(err)
		}
		r, proof, err := s.Inclusion(seq, size)
		if err != nil || r.Seq() != seq {
			t.Fatal(err)
		}
		leaf := journal.LeafOf(r.Entry.GetHeader(), journal.BodyDigest(r.Entry))
		if err := tlog.CheckRecord(proof, int64(size), root, int64(seq-1), leaf); err != nil {
			t.Error(err)
		}
		leaf[0] ^= 1
		if tlog.CheckRecord(proof, int64(size), root, int64(seq-1), leaf) == nil {
			t.Error("another leaf passes")
		}
		older, err := s.RootAt(seq)
		if err != nil {
			t.Fatal(err)
		}
		grown, err := s.Consistency(seq, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(grown, int64(size), root, int64(seq), older); err != nil {
			t.Error(err)
		}
	})
	for _, ask := range [][2]uint64{{0, 1}, {2, 1}, {1, most + 1}, {most + 1, most + 1}, {1, 0}} {
		if _, _, err := s.Inclusion(ask[0], ask[1]); !errors.Is(err, store.OutOfRange) {
			t.Errorf("inclusion of %d in %d: %v", ask[0], ask[1], err)
		}
		if _, err := s.Consistency(ask[0], ask[1]); !errors.Is(err, store.OutOfRange) {
			t.Errorf("consistency of %d and %d: %v", ask[0], ask[1], err)
		}
	}
}

// TestAProofByHand follows the steps that the journal's README gives to an outsider.
func TestAProofByHand(t *testing.T) {
	s := open(t, config(t.TempDir()))
	for i := range 21 {
		fill(t, s, strings.Repeat("o", i+1))
	}
	node := func(left, right []byte) []byte {
		h := sha256.Sum256(append(append([]byte{1}, left...), right...))
		return h[:]
	}
	for size := uint64(1); size <= 21; size++ {
		root, err := s.RootAt(size)
		if err != nil {
			t.Fatal(err)
		}
		for seq := uint64(1); seq <= size; seq++ {
			r, path, err := s.Inclusion(seq, size)
			if err != nil {
				t.Fatal(err)
			}
			digest := journal.BodyDigest(r.Entry)
			leaf := sha256.Sum256(append(append([]byte{0}, r.Entry.GetHeader()...), digest[:]...))
			h, i, last := leaf[:], seq-1, size-1
			for _, p := range path {
				if i%2 == 1 || i == last {
					h = node(p[:], h)
					for i%2 == 0 && i != 0 {
						i, last = i/2, last/2
					}
				} else {
					h = node(h, p[:])
				}
				i, last = i/2, last/2
			}
			if last != 0 || !bytes.Equal(h, root[:]) {
				t.Errorf("event %d of %d", seq, size)
			}
		}
	}
}

// TestANameThatTheIndexCouldMistakeIsADefect tries refs that name nothing, and an event that no
// message could carry.
func TestANameThatTheIndexCouldMistakeIsADefect(t *testing.T) {
	s := open(t, config(t.TempDir()))
	try := func(refs ...journal.Ref) error {
		_, err := s.Do(t.Context(), command(func(*store.View, time.Time) ([]store.Event, error) {
			return []store.Event{{Refs: refs, Body: &journalv1.AccessDenied{}}}, nil
		}))
		return err
	}
	good := journal.Ref{Type: "file", ID: "1"}
	for _, refs := range [][]journal.Ref{
		nil, {{}}, {{Type: "file"}}, {{ID: "1"}}, {{Type: "file", ID: "a\x00b"}}, {{Type: "f\x00", ID: "a"}}, {good, {Type: "file"}},
	} {
		if try(refs...) == nil {
			t.Errorf("%q: accepted", refs)
		}
	}
	many := make([]journal.Ref, 40_000)
	for i := range many {
		many[i] = good
	}
	if err := try(many...); !errors.Is(err, store.TooLarge) {
		t.Errorf("got %v", err)
	}
	if err := try(good, good); err != nil {
		t.Error(err)
	}
	whole(t, s)
}
