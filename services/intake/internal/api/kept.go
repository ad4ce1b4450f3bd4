package api

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// keepGood ends a package that came file by file and was refused: the files about which the refusal says
// nothing stay as an unfinished package, so that only the others are sent again. They count among what is on
// its way (limits), and are swept away at their term like any unfinished package. Nothing stays of a ZIP, which
// is one file, nor of an E-ARK package, whose METS files speak of all the others, nor where the refusal does not name everything that is wrong.
//
// It follows from the recorded refusal alone: if we crash anywhere in it, the next start does the same.
func (s *Server) keepGood(set *staging.Set, refused *intakev1.PackageRefused) error {
	bad, all := badOf(refused)
	if !all || set.Form == staging.Zip || set.Form == staging.EARK {
		return set.Discard()
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	if _, err := set.Renew(id.String(), bad); err != nil {
		// Files that cannot be kept are sent again; what matters is that no refused package lies there.
		return errors.Join(err, set.Discard())
	}
	return nil
}

// badOf tells of each path of a refused package whether the refusal is about it; all is false where more is
// wrong than it names. What came for a row that was not returned is bad whole, though one path stands for it.
func badOf(refused *intakev1.PackageRefused) (bad func(path string) bool, all bool) {
	if int(refused.GetCount()) != len(refused.GetFaults()) {
		return nil, false
	}
	paths, rows := make(map[string]bool), make(map[uint32]bool)
	for _, f := range refused.GetFaults() {
		switch f.GetCode() {
		case bagit.MoreFaults.Code, bagit.TooManyEntries.Code:
			return nil, false
		case notToRedo.Code:
			if position, ok := transfer.PositionOf(f.GetWhere()); ok {
				rows[position] = true
			}
		}
		paths[f.GetWhere()] = true
	}
	return func(path string) bool {
		position, _ := transfer.PositionOf(path)
		return paths[path] || paths[bagit.Shown(path)] || rows[position]
	}, true
}

// refusalOf is the recorded refusal of a package; false where its transfer's last outcome is another.
func (s *Server) refusalOf(transferID, packageID string) (refused *intakev1.PackageRefused, is bool, err error) {
	err = s.store.View(func(v *base.View) error {
		refused, _, err = store.Findings(v, transferID)
		return err
	})
	return refused, err == nil && refused.GetPackageId() == packageID, err
}
