package store

import (
	"time"

	"github.com/qoyma/qoyma/services/platform/store"
)

// timerAt is the first moment of a due day, in Almaty, where the law's days begin.
func timerAt(dueOn string) (time.Time, error) {
	day, err := parseDay(dueOn)
	if err != nil {
		return time.Time{}, err
	}
	return day.Start(), nil
}

// OnTimer gives the decision of a timer.
func (r *Rules) OnTimer(kind, key string, _ time.Time) store.Decide {
	return func(v *store.View, now time.Time) ([]store.Event, error) {
		if kind != TimerDue {
			return nil, nil // of an older program: nothing is to be done any more
		}
		return fallDue(v, key, now)
	}
}
