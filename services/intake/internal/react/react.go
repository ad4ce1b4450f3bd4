// Package react is what the intake service does in answer to events of others: what fell due
// in retention is expected here.
package react

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Retention handles what retention publishes.
func Retention() follow.Handlers {
	return follow.Handlers{
		name((*retentionv1.TransferDue)(nil)):       due,
		name((*retentionv1.TransferDueListed)(nil)): listed,
	}
}

func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

func due(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b retentionv1.TransferDue
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.Never.With("reason", err.Error()).Because(err)
	}
	if b.GetTransferId() == "" || b.GetOrganisation().GetId() == "" || b.GetInventory().GetId() == "" {
		return nil, base.Never.With("reason", "the transfer names no number, no organisation or no inventory")
	}
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		if t, err := store.Transfer(v, b.GetTransferId()); err == nil {
			return nil, base.Never.With("reason", fmt.Sprintf("transfer %s is here already and is %s", t.GetTransferId(), t.GetState()))
		}
		return []base.Event{{
			Refs:  store.Refs(b.GetTransferId(), b.GetOrganisation(), b.GetInventory()),
			Label: store.LabelOf(r.Header.GetLabel()),
			Body: &intakev1.TransferExpected{
				TransferId: b.GetTransferId(), Organisation: b.GetOrganisation(), Inventory: b.GetInventory(), DueOn: b.GetDueOn(),
			},
		}}, nil
	}, nil
}

func listed(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b retentionv1.TransferDueListed
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.Never.With("reason", err.Error()).Because(err)
	}
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := store.Transfer(v, b.GetTransferId())
		if err != nil {
			return nil, err // its TransferDue waits: so do we
		}
		list, err := store.ListOf(v, b.GetTransferId())
		if err != nil {
			return nil, err
		}
		seen := make(map[uint32]bool, len(b.GetFiles()))
		for _, f := range b.GetFiles() {
			if p := f.GetPosition(); p == 0 || seen[p] || store.IsListed(v, b.GetTransferId(), p) {
				return nil, base.Never.With("reason", fmt.Sprintf("position %d stands twice in transfer %s or is none", p, b.GetTransferId()))
			}
			seen[f.GetPosition()] = true
		}
		all := list.Rows + uint32(len(b.GetFiles()))
		if list.Complete || (b.GetLast() && all != t.GetInventory().GetFiles()) {
			return nil, base.Never.With("reason", fmt.Sprintf("transfer %s lists %d files, its inventory has %d", b.GetTransferId(), all, t.GetInventory().GetFiles()))
		}
		return expected(t, b.GetFiles(), b.GetLast()), nil
	}, nil
}

// expected repeats the rows in events of one label each.
func expected(t *intakev1.Transfer, files []*recordv1.File, last bool) []base.Event {
	var events []base.Event
	store.Chunks(files, (*recordv1.File).GetLabel, func(label base.Label, chunk []*recordv1.File, final bool) {
		events = append(events, base.Event{
			Refs: store.Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: label,
			Body: &intakev1.TransferFilesExpected{TransferId: t.GetTransferId(), Files: chunk, Last: last && final},
		})
	})
	return events
}
