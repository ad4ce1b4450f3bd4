package react

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Catalogue handles what the catalogue publishes: where an accession was placed, for its labels. Of one that came undescribed the
// fonds alone is known before its act of description.
func Catalogue() follow.Handlers {
	return follow.Handlers{
		name((*cataloguev1.AccessionPlaced)(nil)):     placed,
		name((*cataloguev1.UndescribedReceived)(nil)): counted,
	}
}

func placed(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b cataloguev1.AccessionPlaced
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
	return coded(&intakev1.AccessionCodeKnown{
		AccessionNumber: b.GetAccessionNumber(), Fonds: b.GetFonds(), Inventory: b.GetInventory(), Offset: b.GetOffset(),
	}), nil
}

func counted(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b cataloguev1.UndescribedReceived
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
	return coded(&intakev1.AccessionCodeKnown{AccessionNumber: b.GetAccessionNumber(), Fonds: b.GetFonds()}), nil
}

// coded repeats where an accession stands, whose number may be spelt otherwise there.
func coded(known *intakev1.AccessionCodeKnown) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		a, _, err := store.AccessionOf(v, known.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, base.Never.With("reason", notInBook.With("accession", known.GetAccessionNumber())).Because(err)
		}
		known.AccessionNumber = a.GetAccessionNumber()
		return []base.Event{{Refs: store.AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory()), Body: known}}, nil
	}
}

// Reference handles what the reference service publishes of signing keys: a signature under an act
// is checked here, with the key that the person enrolled there.
func Reference() follow.Handlers {
	return follow.Handlers{
		name((*referencev1.SignerEnrolled)(nil)): enrolled,
		name((*referencev1.SignerRevoked)(nil)):  revoked,
	}
}

func enrolled(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b referencev1.SignerEnrolled
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
	return known(b.GetAccount(), b.GetKey().GetKeyId(), b.GetKey().GetPublicKey()), nil
}

func revoked(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b referencev1.SignerRevoked
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
	return known(b.GetAccount(), b.GetKeyId(), nil), nil
}

func known(account, keyID string, key []byte) base.Decide {
	return func(*base.View, time.Time) ([]base.Event, error) {
		return []base.Event{{
			Refs: []journal.Ref{{Type: "signer", ID: account}},
			Body: &intakev1.SignerKeyKnown{Account: account, KeyId: keyID, PublicKey: key},
		}}, nil
	}
}
