package react

import (
	"fmt"
	"slices"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

var notThere = fault.Define(fault.Conflict, "catalogue.left_unknown",
	"the file at position {position} of accession {accession} is not in the catalogue or has left it already; compare the two",
	"дела {position} поступления {accession} в каталоге нет, или оно уже выбыло; сверьте",
	"{accession} түсімінің {position}-ісі каталогта жоқ немесе шығып кеткен; салыстырыңыз")

// undescribed opens the fonds of an accession that came without an inventory and counts its units.
func undescribed(v *store.View, m *intakev1.AccessionAccepted) ([]store.Event, error) {
	code, opened, err := fondsOf(v, m)
	if err != nil {
		return nil, err
	}
	var events []store.Event
	if opened != nil {
		events = append(events, store.Event{Refs: refs(m, fondsRef(code)), Body: opened})
	}
	return append(events, store.Event{Refs: refs(m, fondsRef(code)), Body: &cataloguev1.UndescribedReceived{
		Fonds: code.Fonds.String(), AccessionNumber: m.GetAccessionNumber(), TransferId: m.GetTransferId(), Units: m.GetUndescribed(),
	}}), nil
}

// described places an accession that an act of description gave its inventory: from here on it is
// like any other, and its rows follow.
func described(v *store.View, m *intakev1.AccessionDescribed) ([]store.Event, error) {
	as := &intakev1.AccessionAccepted{
		AccessionNumber: m.GetAccessionNumber(), TransferId: m.GetTransferId(), Organisation: m.GetOrganisation(), Inventory: m.GetInventory(),
		Listed: m.GetDescribed(), Accepted: m.GetDescribed(), ObjectId: m.GetObjectId(),
	}
	events, err := accepted(v, as)
	if err != nil {
		return nil, err
	}
	code, ok, err := cataloguestore.FondsOf(v, m.GetOrganisation().GetId())
	if err != nil || !ok {
		return events, err // its fonds opens only now: nothing was counted in it
	}
	return append(events, store.Event{Refs: refs(as, fondsRef(code)), Body: &cataloguev1.UndescribedDescribed{
		Fonds: code.Fonds.String(), AccessionNumber: m.GetAccessionNumber(), TransferId: m.GetTransferId(), Units: m.GetCounted(),
	}}), nil
}

// left marks files that have left the archive.
func left(v *store.View, m *intakev1.AccessionDeaccessioned) ([]store.Event, error) {
	number := m.GetAccessionNumber()
	accession, err := cataloguestore.Accession(v, number)
	if err != nil {
		return nil, err
	}
	if accession == nil || !accession.GetCatalogued() {
		return nil, fmt.Errorf("accession %s: %w", number, errNoHeader)
	}
	code, _, section, err := place(v, accession)
	if err != nil {
		return nil, err
	}
	numbers, label := make([]string, 0, len(m.GetPositions())), store.Label{}
	for _, position := range m.GetPositions() {
		at, row, err := standing(v, code, section.Offset+position, number, position)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, at.File.String())
		label = stricter(label, labelOf(row.GetFile()))
	}
	return []store.Event{{
		Refs: related(accession, inventoryRef(code), fondsRef(code), accessionRef(number)), Label: label,
		Body: &cataloguev1.FilesLeft{
			Fonds: accession.GetFonds(), Inventory: accession.GetInventory(), AccessionNumber: number, Numbers: numbers,
			Left: &cataloguev1.FileLeft{
				Way: m.GetWay(), LeftOn: m.GetApprovedOn(), Act: fmt.Sprintf("%s/%d", number, m.GetNumber()), Receiver: m.GetReceiver(),
			},
		},
	}}, nil
}

// standing finds the file at a position of an accession: at its number in the section, or, where that
// was taken, at the number it was given instead. Error: notThere.
func standing(v *store.View, code archcode.Code, likely uint32, accession string, position uint32) (archcode.Code, *cataloguev1.FileRow, error) {
	is := func(row *cataloguev1.FileRow) bool {
		return row.GetAccessionNumber() == accession && row.GetFile().GetFile().GetPosition() == position && row.GetLeft() == nil
	}
	code.File = archcode.FileNumber{Number: likely}
	row, err := cataloguestore.File(v, code)
	if err != nil || is(row) {
		return code, row, err
	}
	row = nil
	err = cataloguestore.EachFile(v, code.OfInventory(), archcode.Code{}, func(at archcode.Code, one *cataloguev1.FileRow) bool {
		if is(one) {
			code, row = at, one
		}
		return row == nil
	})
	if err == nil && row == nil {
		err = notThere.With("position", position, "accession", accession)
	}
	return code, row, err
}

// stricter is a label at least as strict as both.
func stricter(a, b store.Label) store.Label {
	grounds := slices.Sorted(slices.Values(slices.Concat(a.Grounds, b.Grounds)))
	return store.Label{Level: max(a.Level, b.Level), Grounds: slices.Compact(grounds)}
}
