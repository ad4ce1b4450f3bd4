package process

import (
	"fmt"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/monitor"
)

// TestAFloodOfDenialsIsJournaledOnce: nobody fills the journal from outside, and nobody's flood
// hides what a person was refused.
func TestAFloodOfDenialsIsJournaledOnce(t *testing.T) {
	var r recentDenials
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	count := func(of func(i int) monitor.Denial) (n int) {
		for i := range 10_000 {
			if r.first(kindOf(of(i)), now) {
				n++
			}
		}
		return n
	}
	stranger := func(i int) monitor.Denial {
		return monitor.Denial{Method: fmt.Sprint("/method/", i), Reason: monitor.ErrNoIdentity.With()}
	}
	person := func(int) monitor.Denial {
		return monitor.Denial{Method: "/a", Identity: monitor.Identity{Actor: "person:a"}, Reason: monitor.ErrDenied.With("method", "/a")}
	}
	if n := count(stranger); n != 1 {
		t.Errorf("strangers are journaled %d times", n)
	}
	if n := count(person); n != 1 {
		t.Errorf("a person behind them is journaled %d times", n)
	}
	now = now.Add(denialPause)
	if n := count(person); n != 1 {
		t.Errorf("a while later: %d", n)
	}
	now = now.Add(-48 * time.Hour)
	if n := count(person); n != 1 {
		t.Errorf("after the clock went back: %d", n)
	}
	many := func(i int) monitor.Denial {
		return monitor.Denial{Identity: monitor.Identity{Actor: fmt.Sprint("person:", i)}, Reason: monitor.ErrDenied.With()}
	}
	if count(many); len(r.seen) > denialKinds {
		t.Errorf("%d kinds are remembered", len(r.seen))
	}
}
