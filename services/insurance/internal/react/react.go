// Package react orders insurance copies of what was catalogued.
//
// It follows the catalogue and not intake: a copy is named by the archival code, by which the
// fund's register cites the original, and only a catalogued file has one. FilesCatalogued
// carries everything else that an order needs: the mark, the label, object and paths.
package react

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

// Catalogue handles what the catalogue publishes. sites are where copies are ordered.
func Catalogue(sites []string) follow.Handlers {
	return follow.Handlers{
		name((*cataloguev1.FilesCatalogued)(nil)): func(_ context.Context, r *journal.Record) (base.Decide, error) {
			var b cataloguev1.FilesCatalogued
			if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
				return nil, base.CannotRead(err)
			}
			var marked []*cataloguev1.CataloguedFile
			for _, f := range b.GetFiles() {
				if f.GetFile().GetEspeciallyValuable() {
					marked = append(marked, f)
				}
			}
			if len(marked) == 0 {
				return nil, nil
			}
			transfer := transferOf(r)
			return func(v *base.View, _ time.Time) ([]base.Event, error) {
				var events []base.Event
				for _, f := range marked {
					order, err := Order(v, &b, f, transfer, fund.Marked, sites)
					if err != nil {
						return nil, base.Never.With("reason", fault.Of(err)).Because(err)
					}
					events = append(events, order...)
				}
				return events, nil
			}, nil
		},
	}
}

func transferOf(r *journal.Record) string {
	for _, ref := range r.Header.GetRefs() {
		if ref.GetType() == "transfer" {
			return ref.GetId()
		}
	}
	return ""
}

// Place is where a catalogued file stands, as the catalogue's events and answers say it.
type Place interface {
	GetFonds() string
	GetInventory() string
	GetAccessionNumber() string
}

// Order is the events that order a copy of a file; none where the fund has one or awaits one. A
// file without digital content is awaited on film.
func Order(v *base.View, at Place, f *cataloguev1.CataloguedFile, transfer, ground string, sites []string) ([]base.Event, error) {
	code, key, err := store.KeyOf(at.GetFonds(), at.GetInventory(), f.GetNumber())
	if err != nil {
		return nil, fmt.Errorf("file %s/%s/%s: %w", at.GetFonds(), at.GetInventory(), f.GetNumber(), err)
	}
	if have, err := store.Copy(v, key); err != nil || have != nil {
		return nil, err
	}
	file := insured(code, at, f, transfer)
	refs, label := keeper.Refs(file), store.LabelOf(&insurancev1.Copy{File: file})
	if len(f.GetContentPaths()) == 0 || f.GetObjectId() == "" {
		return []base.Event{{Refs: refs, Label: label, Body: &insurancev1.CopyAwaited{File: file, Ground: ground}}}, nil
	}
	events := []base.Event{{Refs: refs, Label: label, Body: &insurancev1.CopyOrdered{
		File: file, Ground: ground, Sites: sites, Files: uint32(len(f.GetContentPaths())),
	}}}
	for _, paths := range store.Chunks(f.GetContentPaths(), func(p string) int { return len(p) }) {
		events = append(events, base.Event{Refs: refs, Label: label, Body: &insurancev1.CopyContentListed{CopyId: file.GetCopyId(), Paths: paths}})
	}
	return events, nil
}

func insured(code archcode.Code, at Place, f *cataloguev1.CataloguedFile, transfer string) *insurancev1.InsuredFile {
	return &insurancev1.InsuredFile{
		CopyId: store.ID(code), Fonds: at.GetFonds(), Inventory: at.GetInventory(), Number: f.GetNumber(),
		Code: &recordv1.Text{Kk: code.Format(fault.Kazakh), Ru: code.Format(fault.Russian), En: code.Format(fault.English)},
		File: f.GetFile(), AccessionNumber: at.GetAccessionNumber(), TransferId: transfer, ObjectId: f.GetObjectId(),
	}
}
