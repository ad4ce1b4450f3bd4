package store

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Limits lists the limits of uploads that the archive has set, by organisation and day.
func Limits(v *base.View) ([]*intakev1.UploadLimitsSet, error) {
	var all []*intakev1.UploadLimitsSet
	for k, raw := range v.Scan("uploadlimits", nil, nil) {
		l := new(intakev1.UploadLimitsSet)
		if err := proto.Unmarshal(raw, l); err != nil {
			return nil, fmt.Errorf("uploadlimits %q: %w", k, err)
		}
		all = append(all, l)
	}
	return all, nil
}

func applyLimits(tx *base.Tx, b *intakev1.UploadLimitsSet) error {
	return put(tx, "uploadlimits", under([]byte(b.GetOrganisationId()), []byte(b.GetFrom())...), b)
}

// Waiting is what of an organisation waits in staging for its acceptance, but for one transfer.
func Waiting(v *base.View, organisation, without string) (bytes uint64, files uint32, err error) {
	for _, state := range []transfer.State{transfer.Checked, transfer.Returned, transfer.Accepting} {
		prefix := departmentKey(organisation, string(state), nil)
		for k := range v.Scan("departments", prefix, nil) {
			t := new(intakev1.Transfer)
			if _, err := get(v, "transfers", k[len(prefix):], t); err != nil {
				return 0, 0, err
			}
			if t.GetTransferId() != without {
				bytes, files = bytes+t.GetPackageBytes(), files+t.GetPackageFiles()
			}
		}
	}
	return bytes, files, nil
}

// LimitsRefs is the object of an event about limits: the organisation, or the archive's uploads.
func LimitsRefs(organisation string) []journal.Ref {
	if organisation == "" {
		return []journal.Ref{{Type: "limits", ID: "uploads"}}
	}
	return []journal.Ref{{Type: "organisation", ID: organisation}}
}
