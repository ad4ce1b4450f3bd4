package store

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// undescribedReceived counts what came into a fonds without an inventory.
func undescribedReceived(tx *store.Tx, m *cataloguev1.UndescribedReceived) error {
	return undescribed(tx, m.GetFonds(), func(row *cataloguev1.FondsRow) { row.Undescribed += m.GetUnits() })
}

// undescribedDescribed takes out of it what an act of description gave an inventory.
func undescribedDescribed(tx *store.Tx, m *cataloguev1.UndescribedDescribed) error {
	return undescribed(tx, m.GetFonds(), func(row *cataloguev1.FondsRow) { row.Undescribed -= min(row.GetUndescribed(), m.GetUnits()) })
}

func undescribed(tx *store.Tx, number string, with func(*cataloguev1.FondsRow)) error {
	code, err := codeOf(number, "")
	if err != nil {
		return err
	}
	fonds, err := Fonds(&tx.View, code)
	if err != nil || fonds == nil {
		return missing(code, err)
	}
	with(fonds)
	return put(tx, fondsBucket, code.Key(), fonds)
}

// filesLeft marks files that have left the archive: their codes and records stay theirs, the counts
// of inventory and fonds go down (AR-9).
func filesLeft(tx *store.Tx, m *cataloguev1.FilesLeft) error {
	code, fonds, inventory, err := placed(&tx.View, m.GetFonds(), m.GetInventory())
	if err != nil {
		return err
	}
	for _, number := range m.GetNumbers() {
		if code.File, err = archcode.ParseFile(number); err != nil {
			return fmt.Errorf("catalogue: file %s of %s: %w", number, code.OfInventory(), err)
		}
		row, err := File(&tx.View, code)
		if err != nil || row == nil {
			return missing(code, err)
		}
		row.Left = m.GetLeft()
		if err := put(tx, files, code.Key(), row); err != nil {
			return err
		}
		label := row.GetFile().GetFile().GetLabel()
		inventory.Files, fonds.Files = uncounted(inventory.GetFiles(), label), uncounted(fonds.GetFiles(), label)
	}
	return replace(tx, code, fonds, inventory)
}

// uncounted takes one file from the count of its label; the label's line stays, at nought if need be.
func uncounted(counts []*cataloguev1.LabelCount, label *journalv1.Label) []*cataloguev1.LabelCount {
	if label == nil {
		label = new(journalv1.Label)
	}
	for _, c := range counts {
		if proto.Equal(c.GetLabel(), label) && c.GetCount() > 0 {
			c.Count--
		}
	}
	return counts
}
