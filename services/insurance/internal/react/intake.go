package react

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Intake handles what intake publishes of the histories of its objects. It is noted of every object: the
// copies out of one are ordered later, when the catalogue has given its files their codes.
func Intake() follow.Handlers {
	name := func(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }
	return follow.Handlers{
		name((*intakev1.AccessionAccepted)(nil)): func(_ context.Context, r *journal.Record) (base.Decide, error) {
			var b intakev1.AccessionAccepted
			if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
				return nil, base.Never.With("reason", err.Error()).Because(err)
			}
			return known(b.GetObjectId(), b.GetAccessionNumber(), 1, b.GetHistory()), nil
		},
		name((*intakev1.ObjectVersionAdded)(nil)): func(_ context.Context, r *journal.Record) (base.Decide, error) {
			var b intakev1.ObjectVersionAdded
			if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
				return nil, base.Never.With("reason", err.Error()).Because(err)
			}
			return known(b.GetObjectId(), b.GetAccessionNumber(), b.GetVersion(), b.GetHistory()), nil
		},
	}
}

// known is no concern of ours where there is no object, or an earlier program wrote no history.
func known(object, accession string, version uint32, h *intakev1.ObjectHistory) base.Decide {
	if object == "" || h == nil {
		return nil
	}
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		if row, err := store.History(v, object); err != nil || row.GetKnown().GetVersion() >= version {
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
