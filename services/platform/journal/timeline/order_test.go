package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
)

// at makes an event from "service seq second" and, after "<", its cause.
func at(t *testing.T, text string) *journalv1.TimelineEvent {
	t.Helper()
	e := &journalv1.TimelineEvent{Epoch: 1}
	var second int64
	own, cause, caused := strings.Cut(text, " < ")
	if _, err := fmt.Sscan(own, &e.Service, &e.Seq, &second); err != nil {
		t.Fatal(err)
	}
	e.RecordedAt = timestamppb.New(time.Unix(second, 0))
	if caused {
		e.Cause = &journalv1.Cause{Epoch: 1}
		if _, err := fmt.Sscan(cause, &e.Cause.Service, &e.Cause.Seq); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func TestInOrder(t *testing.T) {
	for _, test := range []struct {
		name   string
		events []string // each journal in its order
		want   string
	}{
		{"nothing", nil, ""},
		{"by time", []string{"a 1 10", "a 2 30", "b 1 20"}, "a1 b1 a2"},
		{"a cause first, though its clock is ahead", []string{"a 1 50", "b 1 10 < a 1", "b 2 11"}, "a1 b1 b2"},
		{"a journal keeps its order where a cause is later", []string{"a 1 10", "a 2 40", "a 3 50", "b 1 5 < a 3", "b 2 6"}, "a1 a2 a3 b1 b2"},
		{"there and back", []string{"a 1 1", "a 2 2 < b 1", "b 1 9 < a 1"}, "a1 b1 a2"},
		{"a cause that may not be seen", []string{"a 1 9", "b 1 5 < a 7"}, "b1 a1"},
		{"a circle, which nothing honest makes", []string{"a 1 2 < b 1", "b 1 1 < a 1"}, "b1 a1"},
	} {
		var events []*journalv1.TimelineEvent
		for _, text := range test.events {
			events = append(events, at(t, text))
		}
		var got []string
		for _, e := range InOrder(events) {
			got = append(got, fmt.Sprintf("%s%d", e.GetService(), e.GetSeq()))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
	}
}
