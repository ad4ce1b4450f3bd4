package react

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var damageNotInBook = fault.Define(fault.Refused, "intake.damage.unknown",
	"the insurance fund found damage in accession {accession}, which is not in the book of accessions; see whether a part of this journal is lost",
	"страховой фонд нашёл повреждение в поступлении {accession}, которого нет в книге поступлений; проверьте, не утрачена ли часть этого журнала",
	"сақтандыру қоры түсімдер кітабында жоқ {accession} түсімінен зақым тапты; осы журналдың бір бөлігі жоғалмағанын тексеріңіз")

// Insurance handles what the insurance fund publishes of originals that its checks found damaged: the
// object's history tells of it, also where nothing could be restored.
func Insurance() follow.Handlers {
	return follow.Handlers{name((*insurancev1.DamageFound)(nil)): damaged}
}

func damaged(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b insurancev1.DamageFound
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
	if _, content := transfer.PositionOf(b.GetPath()); b.GetSide() != "original" || !content {
		return nil, nil // copies are the fund's, and an object's own record follows from our journal
	}
	number := ""
	for _, ref := range r.Header.GetRefs() {
		if ref.GetType() == "accession" {
			number = ref.GetId()
		}
	}
	label := store.LabelOf(r.Header.GetLabel())
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		a, _, err := store.AccessionOf(v, number, monitor.Department{})
		if err != nil {
			return nil, base.Never.With("reason", damageNotInBook.With("accession", number)).Because(err)
		}
		return []base.Event{{
			Refs: store.AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory()), Label: label,
			Body: &intakev1.OriginalDamageKnown{
				AccessionNumber: a.GetAccessionNumber(), ObjectId: a.GetObjectId(), Path: b.GetPath(), ExpectedSha512: b.GetExpectedSha512(),
				ActualSha512: b.GetActualSha512(), Kind: b.GetKind(), ScrubId: b.GetScrubId(),
			},
		}}, nil
	}, nil
}
