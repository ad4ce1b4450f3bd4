// Package react answers what the intake service did: an accession closes the duty to transfer,
// and its files are in the archive.
package react

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// Intake is the service followed.
const Intake = "intake"

// Handlers answer intake's events.
func Handlers() follow.Handlers {
	return follow.Handlers{
		typeOf(&intakev1.AccessionAccepted{}):      accepted,
		typeOf(&intakev1.AccessionFilesAccepted{}): filesAccepted,
	}
}

func typeOf(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

func accepted(_ context.Context, r *journal.Record) (platform.Decide, error) {
	var e intakev1.AccessionAccepted
	if err := proto.Unmarshal(r.Entry.GetBody(), &e); err != nil {
		return nil, platform.CannotRead(fmt.Errorf("retention: intake's event %d: %w", r.Seq(), err))
	}
	if announced(e.GetKind()) {
		return nothing, nil
	}
	return store.Fulfil(e.GetTransferId(), e.GetAccessionNumber(), e.GetAccepted()), nil
}

func filesAccepted(_ context.Context, r *journal.Record) (platform.Decide, error) {
	var e intakev1.AccessionFilesAccepted
	if err := proto.Unmarshal(r.Entry.GetBody(), &e); err != nil {
		return nil, platform.CannotRead(fmt.Errorf("retention: intake's event %d: %w", r.Seq(), err))
	}
	if announced(e.GetKind()) {
		return nothing, nil
	}
	ids := make([]string, len(e.GetFiles()))
	for i, f := range e.GetFiles() {
		ids[i] = f.GetFile().GetId()
	}
	return store.HandOver(e.GetAccessionNumber(), ids), nil
}

// announced tells a transfer that no term of ours brought: it closes no duty here.
func announced(kind string) bool { return kind != "" && kind != "scheduled" }

func nothing(*platform.View, time.Time) ([]platform.Event, error) { return nil, nil }
