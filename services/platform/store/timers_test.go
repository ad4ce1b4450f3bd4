package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// The service under test sets a timer when an organisation is registered: its level says when, in
// seconds after the event. One whose level begins with "-" is taken back.

func timed(dir string) store.Config {
	cfg := config(dir)
	cfg.Apply = func(tx *store.Tx, r *journal.Record) error {
		if !r.Is((*retentionv1.OrganisationRegistered)(nil)) {
			return nil
		}
		var b retentionv1.OrganisationRegistered
		if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
			return err
		}
		id, level := b.GetOrganisation().GetId(), b.GetOrganisation().GetLevel()
		if level == "due" { // what the timer itself wrote
			return nil
		}
		after, err := time.ParseDuration(strings.TrimPrefix(level, "-"))
		if err != nil {
			return err
		}
		if strings.HasPrefix(level, "-") {
			row := tx.Get("organisations", []byte(id))
			tx.ClearTimer(time.Unix(int64(number(row)), 0), "due", id)
			return nil
		}
		due := r.Time().Add(after)
		tx.Put("organisations", []byte(id), journal.SeqKey(uint64(due.Unix())))
		tx.SetTimer(due, "due", id)
		return nil
	}
	return cfg
}

func number(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

func setTimer(t *testing.T, s *store.Store, id, level string) {
	t.Helper()
	if _, err := s.Do(t.Context(), command(registered(id, level))); err != nil {
		t.Fatal(err)
	}
}

func registered(id, level string) store.Decide {
	return func(*store.View, time.Time) ([]store.Event, error) {
		return []store.Event{{
			Refs: []journal.Ref{{Type: "organisation", ID: id}},
			Body: &retentionv1.OrganisationRegistered{Organisation: &recordv1.Organisation{Id: id, Level: level}},
		}}, nil
	}
}

// alarmClock notes when which timer was tried.
type alarmClock struct {
	mu    sync.Mutex
	begun time.Time
	tries []string
	fail  func(key string, try int) error
}

func (a *alarmClock) on(kind, key string, due time.Time) store.Decide {
	return func(*store.View, time.Time) ([]store.Event, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.tries = append(a.tries, fmt.Sprintf("%s at %s", key, time.Since(a.begun).Round(time.Second)))
		try := 0
		for _, line := range a.tries {
			if strings.HasPrefix(line, key+" ") {
				try++
			}
		}
		if a.fail != nil {
			if err := a.fail(key, try); err != nil {
				return nil, err
			}
		}
		return []store.Event{{
			Refs: []journal.Ref{{Type: "organisation", ID: key}},
			Body: &retentionv1.OrganisationRegistered{Organisation: &recordv1.Organisation{Id: key, Level: kind}},
		}}, nil
	}
}

func (a *alarmClock) seen() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.tries)
}

// running opens a store with timers inside a synctest bubble, whose clock moves only when every
// goroutine waits. It gives what stops it.
func running(t *testing.T, cfg store.Config, a *alarmClock) (s *store.Store, stop func()) {
	t.Helper()
	s, err := store.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Admit()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.RunTimers(ctx, a.on) })
	return s, func() {
		cancel()
		wg.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestATimerFiresOnceWhenDueAndNotWhenTakenBack(t *testing.T) {
	dir := t.TempDir()
	scratch := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		a := &alarmClock{begun: time.Now()}
		s, stop := running(t, timed(dir), a)
		defer stop()
		setTimer(t, s, "late", "3h")
		setTimer(t, s, "soon", "10s")
		setTimer(t, s, "never", "1h")
		setTimer(t, s, "never", "-1h")
		synctest.Wait()
		if got := a.seen(); len(got) > 0 {
			t.Fatalf("fired before its time: %v", got)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if got, want := a.seen(), []string{"soon at 10s", "late at 3h0m0s"}; !slices.Equal(got, want) {
			t.Errorf("fired %v, want %v", got, want)
		}
		problems, err := s.Verify(scratch)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v %v", problems, err)
		}
		records, err := s.Timeline(journal.Ref{Type: "timer", ID: "due:soon"}, 0, 10)
		last := uint64(0)
		if err == nil {
			err = s.View(func(v *store.View) error {
				last = v.LastAbout(journal.Ref{Type: "timer", ID: "due:soon"})
				return nil
			})
		}
		if err != nil || len(records) != 1 || records[0].Seq() != last || records[0].Header.GetActor() != "service:toy" || records[0].Header.GetCommand() != "timer:due" {
			t.Errorf("the timer's own event: %v, %v", records, err)
		}
	})
}

func TestARefusedTimerIsTriedAgainWithGrowingPausesAndOthersGoOn(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		a := &alarmClock{begun: time.Now(), fail: func(key string, try int) error {
			if key == "stuck" && try <= 5 {
				return taken.With("id", key)
			}
			return nil
		}}
		s, stop := running(t, timed(dir), a)
		defer stop()
		setTimer(t, s, "stuck", "10s")
		setTimer(t, s, "free", "12s")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		want := []string{"stuck at 10s", "stuck at 11s", "free at 12s", "stuck at 13s", "stuck at 17s", "stuck at 25s", "stuck at 41s"}
		if got := a.seen(); !slices.Equal(got, want) {
			t.Errorf("tried %v, want %v", got, want)
		}
	})
}

// TestManyRefusedTimersKeepNoOtherFromFiring has more refused ones than one look handles.
func TestManyRefusedTimersKeepNoOtherFromFiring(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		a := &alarmClock{begun: time.Now(), fail: func(key string, _ int) error {
			if key != "free" {
				return taken.With("id", key)
			}
			return nil
		}}
		s, stop := running(t, timed(dir), a)
		defer stop()
		for i := range 1100 {
			setTimer(t, s, fmt.Sprintf("stuck%04d", i), "10s")
		}
		setTimer(t, s, "free", "1h")
		time.Sleep(61 * time.Minute)
		synctest.Wait()
		if got := a.seen(); !slices.Contains(got, "free at 1h0m0s") {
			t.Errorf("it never fired among %d tries", len(got))
		}
	})
}

// TestNoTimerFiresOnAClockThatJumpedUntilAPersonConfirmsIt starts with a clock two days past the
// journal's last time.
func TestNoTimerFiresOnAClockThatJumpedUntilAPersonConfirmsIt(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(timed(dir))
		if err != nil {
			t.Fatal(err)
		}
		s.Admit()
		setTimer(t, s, "due", "10s")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(48 * time.Hour)
		a := &alarmClock{begun: time.Now()}
		s, stop := running(t, timed(dir), a)
		defer stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := a.seen(); len(got) > 0 || !s.ClockHeld() {
			t.Fatalf("fired on a clock that jumped: %v (held: %t)", got, s.ClockHeld())
		}
		if _, err := s.ConfirmClock(t.Context(), command(nil)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := a.seen(); len(got) != 1 || s.ClockHeld() {
			t.Errorf("after the confirmation: %v (held: %t)", got, s.ClockHeld())
		}
		records, err := s.Timeline(journal.Ref{Type: "service", ID: "toy"}, 0, 10)
		if err != nil || len(records) != 1 || !records[0].Is((*journalv1.ClockConfirmed)(nil)) {
			t.Errorf("the confirmation must be in the journal: %v, %v", records, err)
		}
	})
}

// TestAShortRestOrANewStoreHoldsNoTimer starts half a day after the last event, and empty.
func TestAShortRestOrANewStoreHoldsNoTimer(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		for range 2 {
			s, err := store.Open(timed(dir))
			if err != nil {
				t.Fatal(err)
			}
			if s.ClockHeld() {
				t.Error("held without a reason")
			}
			s.Admit()
			setTimer(t, s, "x", "10s")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(12 * time.Hour)
		}
	})
}

// TestRecordedTimeNeverGoesBack sets the clock back between two commands.
func TestRecordedTimeNeverGoesBack(t *testing.T) {
	cfg := config(t.TempDir())
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cfg.Now = func() time.Time { return now }
	s := open(t, cfg)
	first, err := s.Do(t.Context(), command(register("a")))
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(-time.Hour)
	second, err2 := s.Do(t.Context(), command(register("b")))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if second[0].Time().Before(first[0].Time()) {
		t.Errorf("recorded at %s after %s", second[0].Time(), first[0].Time())
	}
	whole(t, s)
}
