package store

import (
	"context"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// maxJump is how far the clock may lie past the journal's last time before timers wait for a
// person: a wrong clock must not destroy or transfer anything.
const maxJump = 24 * time.Hour

// maxStride is how far past the last event a command may be recorded without a person's word:
// recorded time never goes back, so one command on a clock that shows 2099 would date everything
// after it, and the numbers of its year, for ever.
const maxStride = 366 * 24 * time.Hour

// OnTimer gives the decision of a timer that is due. Its events and the removal of the timer
// are one command.
type OnTimer func(kind, key string, due time.Time) Decide

// clockGuard notices a clock that jumped: at start against the journal's last time, and while
// running against the monotonic clock.
type clockGuard struct {
	mu   sync.Mutex
	held bool
	last time.Time // with its monotonic reading
	late bool      // a person confirmed that the clock is right although the journal is ahead of it
}

func (c *clockGuard) start(now, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = !last.IsZero() && jumped(now.Sub(last), 0)
	c.last = now
}

func (c *clockGuard) confirm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held, c.late = false, true
}

// admits tells whether a command may be recorded on this clock after an event of that time.
func (c *clockGuard) admits(now, last time.Time) bool {
	switch ahead := now.Sub(last); {
	case last.IsZero() || ahead >= -maxJump && ahead <= maxStride:
		return true
	case ahead < 0:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.late
	}
	return false
}

// ok looks at the clock: wall and monotonic time must have run alike since the last look.
func (c *clockGuard) ok(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := now.Sub(c.last) // monotonic where both have a reading
	wall := now.Round(0).Sub(c.last.Round(0))
	if jumped(wall, elapsed) {
		c.held = true
	}
	c.last = now
	return !c.held
}

// jumped tells whether the wall clock moved by more than maxJump, forward or back, beside the
// time that passed.
func jumped(wall, elapsed time.Duration) bool {
	jump := wall - elapsed
	return jump > maxJump || jump < -maxJump
}

// ClockHeld tells whether timers wait for ConfirmClock.
func (s *Store) ClockHeld() bool {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	return s.clock.held
}

func timerKey(due time.Time, kind, key string) []byte {
	k := binary.BigEndian.AppendUint64(nil, uint64(due.Unix())^(1<<63))
	k = append(append(k, kind...), 0)
	return append(k, key...)
}

type timer struct {
	due       time.Time
	kind, key string
}

func parseTimer(k []byte) (timer, bool) {
	if len(k) < 9 {
		return timer{}, false
	}
	kind, key, ok := strings.Cut(string(k[8:]), "\x00")
	due := time.Unix(int64(binary.BigEndian.Uint64(k[:8])^(1<<63)), 0).UTC()
	return timer{due: due, kind: kind, key: key}, ok
}

// HasTimer tells whether a timer is set, for a service's check of its own state.
func (v *View) HasTimer(due time.Time, kind, key string) bool {
	return v.Get("timers", timerKey(due, kind, key)) != nil
}

// CountTimers is how many timers of a kind are set.
func (v *View) CountTimers(kind string) (n int) {
	for k := range v.Scan("timers", nil, nil) {
		if t, ok := parseTimer(k); ok && t.kind == kind {
			n++
		}
	}
	return n
}

// RunTimers fires timers as they fall due, until ctx ends. A timer whose decision is refused
// or fails is tried again with a growing pause, and the others go on.
func (s *Store) RunTimers(ctx context.Context, on OnTimer) {
	retry := make(map[timer]time.Time)
	pause := make(map[timer]time.Duration)
	for ctx.Err() == nil {
		_, changed := s.Wait()
		now := s.cfg.Now()
		next := now.Add(time.Minute)
		if s.Ready() == nil && s.clock.ok(now) {
			due, later := s.dueTimers(now, retry)
			for _, t := range due {
				if err := s.fire(ctx, t, on); err != nil {
					pause[t] = min(max(2*pause[t], time.Second), time.Hour)
					retry[t] = now.Add(pause[t])
					s.cfg.Log.Error("a timer could not be carried out", "kind", t.kind, "key", t.key, "error", err, "retry_in", pause[t])
					continue
				}
				delete(retry, t)
				delete(pause, t)
			}
			if len(due) > 0 {
				continue
			}
			if later.Before(next) {
				next = later
			}
		} else {
			next = now.Add(time.Second)
		}
		select {
		case <-time.After(max(next.Sub(now), 10*time.Millisecond)):
		case <-changed:
		case <-ctx.Done():
		case <-s.stop:
			return
		}
	}
}

// dueTimers gives up to 64 timers that are due and not waiting for another try, and when the
// next one will be. Those that wait are passed over, however many they are: a list of refused
// ones must not keep the others from firing.
func (s *Store) dueTimers(now time.Time, retry map[timer]time.Time) (due []timer, next time.Time) {
	next = now.Add(time.Minute)
	err := s.View(func(v *View) error {
		for k := range v.Scan("timers", nil, nil) {
			t, ok := parseTimer(k)
			if !ok {
				continue
			}
			if t.due.After(now) {
				next = minTime(next, t.due)
				break
			}
			if again, waits := retry[t]; waits && again.After(now) {
				next = minTime(next, again)
				continue
			}
			if due = append(due, t); len(due) == 64 {
				break
			}
		}
		return nil
	})
	if err != nil {
		s.cfg.Log.Error("reading timers", "error", err)
	}
	return due, next
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// fire carries one timer out.
func (s *Store) fire(ctx context.Context, t timer, on OnTimer) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	decide := on(t.kind, t.key, t.due)
	_, err = s.Do(ctx, Command{
		ID: id, Name: "timer:" + t.kind, Actor: "service:" + s.cfg.Service,
		Decide: func(v *View, now time.Time) ([]Event, error) {
			if v.Get("timers", timerKey(t.due, t.kind, t.key)) == nil {
				return nil, nil // it was taken back or has fired meanwhile
			}
			events, err := decide(v, now)
			if err != nil {
				return nil, err
			}
			fired := Event{
				Refs: []journal.Ref{{Type: "timer", ID: t.kind + ":" + t.key}},
				Body: &journalv1.TimerFired{Due: timestamppb.New(t.due), Kind: t.kind, Key: t.key},
			}
			return append([]Event{fired}, events...), nil
		},
	})
	return err
}

// traceRing remembers the trace contexts of the latest commands for the relay. It serves
// tracing only: what falls out of it is not missed.
type traceRing struct {
	mu   sync.Mutex
	ring [4096]trace
}

func (t *traceRing) put(seq uint64, parent string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ring[seq%uint64(len(t.ring))] = trace{seq: seq, parent: parent}
}

// Traceparents are the trace contexts of the commands that wrote n events from a seq on, empty
// where one is not known any more; nil where none is.
func (s *Store) Traceparents(from uint64, n int) []string {
	s.traces.mu.Lock()
	defer s.traces.mu.Unlock()
	out := make([]string, n)
	known := false
	for i := range out {
		seq := from + uint64(i)
		if t := s.traces.ring[seq%uint64(len(s.traces.ring))]; t.seq == seq {
			out[i], known = t.parent, true
		}
	}
	if !known {
		return nil
	}
	return out
}
