package store

import (
	"testing"
	"time"
)

func TestAClockThatMovesBesideTheTimeThatPassedHasJumped(t *testing.T) {
	for _, row := range []struct {
		name          string
		wall, elapsed time.Duration
		jumped        bool
	}{
		{"together", 3 * time.Hour, 3 * time.Hour, false},
		{"a month asleep, both ran", 30 * 24 * time.Hour, 30 * 24 * time.Hour, false},
		{"corrected by a minute", 61 * time.Second, time.Second, false},
		{"exactly a day", 24*time.Hour + time.Second, time.Second, false},
		{"more than a day forward", 24*time.Hour + 2*time.Second, time.Second, true},
		{"a year forward", 365 * 24 * time.Hour, time.Second, true},
		{"a day back and more", -25 * time.Hour, time.Second, true},
	} {
		if got := jumped(row.wall, row.elapsed); got != row.jumped {
			t.Errorf("%s: %t", row.name, got)
		}
	}
}
