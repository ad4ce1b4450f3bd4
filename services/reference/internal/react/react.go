// Package react answers what the intake service decided: files of a declined deaccession may be named by requests again, and
// are not locked for it any more.
package react

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

// Intake is the service followed.
const Intake = "intake"

// Handlers answer intake's events.
func Handlers() follow.Handlers {
	return follow.Handlers{string((*intakev1.DeaccessionDeclined)(nil).ProtoReflect().Descriptor().FullName()): declined}
}

func declined(_ context.Context, r *journal.Record) (base.Decide, error) {
	var e intakev1.DeaccessionDeclined
	if err := proto.Unmarshal(r.Entry.GetBody(), &e); err != nil {
		return nil, base.CannotRead(fmt.Errorf("reference: intake's event %d: %w", r.Seq(), err))
	}
	return store.Unlock(e.GetAccessionNumber(), e.GetNumber()), nil
}
