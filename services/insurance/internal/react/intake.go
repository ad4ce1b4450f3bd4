package react

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Intake handles what intake publishes:
//
//   - of the histories of its objects. It is noted of every object: the copies out of one are ordered later, when the catalogue has given its
//     files their codes;
//   - of content that an act of deaccession destroys: it takes its copies with it. A microform lies on a shelf and is no concern of a program:
//     a copy that has one is left to people;
//   - of objects that are removed: their history goes on no more, and leaves the sites.
func Intake() follow.Handlers {
	return follow.Handlers{
		name((*intakev1.AccessionAccepted)(nil)): told(func(b *intakev1.AccessionAccepted) base.Decide {
			return known(b.GetObjectId(), b.GetAccessionNumber(), 1, b.GetHistory())
		}),
		name((*intakev1.ObjectVersionAdded)(nil)): told(func(b *intakev1.ObjectVersionAdded) base.Decide {
			return known(b.GetObjectId(), b.GetAccessionNumber(), b.GetVersion(), b.GetHistory())
		}),
		name((*intakev1.ContentClosed)(nil)): told(closed),
		name((*intakev1.ObjectRemoved)(nil)): told(removed),
	}
}

// message is a pointer to a T that is a message.
type message[T any] interface {
	*T
	proto.Message
}

// told reads an event's body for a decision; nil: it is no concern of ours.
func told[T any, M message[T]](decide func(M) base.Decide) follow.Handle {
	return func(_ context.Context, r *journal.Record) (base.Decide, error) {
		b := M(new(T))
		if err := proto.Unmarshal(r.Entry.GetBody(), b); err != nil {
			return nil, base.CannotRead(err)
		}
		return decide(b), nil
	}
}

// known is no concern of ours where there is no object, or an earlier program wrote no history.
func known(object, accession string, version uint32, h *intakev1.ObjectHistory) base.Decide {
	if object == "" || h == nil {
		return nil
	}
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		if row, err := store.History(v, object); err != nil || row.GetEnded() || row.GetKnown().GetVersion() >= version {
			return nil, err
		}
		return []base.Event{{
			Refs: []journal.Ref{{Type: "accession", ID: accession}},
			Body: &insurancev1.HistoryKnown{
				ObjectId: object, AccessionNumber: accession, Version: version, Path: h.GetPath(), Size: h.GetSize(), Sha512: h.GetSha512(),
			},
		}}, nil
	}
}

func closed(b *intakev1.ContentClosed) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		var events []base.Event
		for _, code := range b.GetCodes() {
			key, err := store.Key(code)
			if err != nil {
				return nil, base.Never.With("reason", fault.Of(err)).Because(err)
			}
			row, err := store.Copy(v, key)
			if err != nil {
				return nil, err
			}
			c := row.GetCopy()
			if c == nil || c.GetLeftBy() != "" || len(c.GetMicroforms()) > 0 || c.GetFile().GetAccessionNumber() != b.GetAccessionNumber() {
				continue
			}
			events = append(events, base.Event{Refs: keeper.Refs(c.GetFile()), Label: store.LabelOf(c), Body: &insurancev1.CopyLeaves{
				CopyId: c.GetCopyId(), Deaccession: fmt.Sprintf("%s/%d", b.GetAccessionNumber(), b.GetNumber()),
			}})
		}
		return events, nil
	}
}

// removed ends a history: its bytes are gone with the object, and the sites let go of theirs.
func removed(b *intakev1.ObjectRemoved) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		if row, err := store.History(v, b.GetObjectId()); err != nil || row.GetKnown() == nil || row.GetEnded() {
			return nil, err
		}
		return []base.Event{{
			Refs: []journal.Ref{{Type: "accession", ID: b.GetAccessionNumber()}},
			Body: &insurancev1.HistoryEnded{ObjectId: b.GetObjectId(), AccessionNumber: b.GetAccessionNumber()},
		}}, nil
	}
}
