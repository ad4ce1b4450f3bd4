package timeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/timeline"
)

// journals are those of a test: by service, each event as the refs that it names.
type journals map[string][]string

// read answers one event a page, to try the paging too.
func (j journals) read(_ context.Context, service string, ref journal.Ref, after uint64) (*journalv1.TimelineResponse, error) {
	res := new(journalv1.TimelineResponse)
	for i, refs := range j[service] {
		seq := uint64(i) + 1
		if seq <= after || !slices.Contains(strings.Fields(refs), ref.String()) {
			continue
		}
		if len(res.GetEvents()) == 1 {
			res.More = true
			break
		}
		e := &journalv1.TimelineEvent{Service: service, Epoch: 1, Seq: seq, RecordedAt: timestamppb.New(time.Unix(int64(seq), 0))}
		for text := range strings.FieldsSeq(refs) {
			r, _ := journal.ParseRef(text)
			e.Refs = append(e.Refs, r.Proto())
		}
		res.Events = append(res.Events, e)
	}
	return res, nil
}

func TestGather(t *testing.T) {
	world := journals{
		"a": {"file/7", "crate/1 shelf/9", "file/8", "crate/2 shelf/9"},
		"b": {"copy/7 file/7 crate/1", "copy/8 file/8 crate/1", "check/1 copy/7 file/7 copy/8 file/8 crate/3", "crate/3", "crate/1 room/5"},
	}
	plan := timeline.Plan{
		From:   []journal.Ref{{Type: "copy", ID: "7"}},
		Links:  []timeline.Link{{From: "copy", To: "file"}, {From: "copy", To: "crate"}, {From: "crate", To: "room", Of: "a"}},
		Single: []string{"copy", "file"},
	}
	// Not the neighbour's file and copy, nor the crate that an event about both names, nor a room that
	// another service than a speaks of; what is about both is there once.
	for _, test := range []struct {
		name string
		most int
		want string
		cut  bool
	}{
		{"all", 0, "a1 b1 a2 b3 b5", false},
		{"not more objects than asked for", 2, "a1 b1 b3", true},
	} {
		plan.Most = test.most
		events, cut, err := timeline.Gather(t.Context(), []string{"a", "b"}, world.read, plan)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			got = append(got, fmt.Sprintf("%s%d", e.GetService(), e.GetSeq()))
		}
		if strings.Join(got, " ") != test.want || cut != test.cut {
			t.Errorf("%s: %v, %v; want %s, %v", test.name, got, cut, test.want, test.cut)
		}
	}
	away := errors.New("away")
	if _, _, err := timeline.Gather(t.Context(), []string{"a"}, func(context.Context, string, journal.Ref, uint64) (*journalv1.TimelineResponse, error) {
		return nil, away
	}, plan); !errors.Is(err, away) {
		t.Errorf("a journal that cannot be read gives %v", err)
	}
}
