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

// Intake handles what intake publishes: content that an act of deaccession destroys takes its copies with it. A microform lies on a shelf
// and is no concern of a program: a copy that has one is left to people.
func Intake() follow.Handlers {
	return follow.Handlers{string((*intakev1.ContentClosed)(nil).ProtoReflect().Descriptor().FullName()): closed}
}

func closed(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b intakev1.ContentClosed
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
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
	}, nil
}
