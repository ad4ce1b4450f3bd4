package api

import (
	"context"
	"strings"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/eark"
)

// Bounds of what one event lists: findings, and their bytes.
const (
	maxListed    = 500
	maxListBytes = 192 << 10
	maxWarnings  = 100
	maxWarnBytes = 32 << 10
)

// verdict is what was found of a package, and the events that say so. The rows of its files go before
// them where it stands.
type verdict struct {
	faults, warnings []transfer.Few
	eark             *intakev1.EArkPackage // nil of any other package
	taken            bool
	events           []base.Event
	files, tags      int // of a package that stands
}

// bad is how many faults there are.
func (v *verdict) bad() (count int) {
	for _, f := range v.faults {
		count += f.Count()
	}
	return count
}

// weigh looks at the files of a package and judges it.
func (u *upload) weigh(ctx context.Context, report *bagit.Report) (v verdict, err error) {
	v.faults = []transfer.Few{{Items: report.Faults}}
	v.warnings = []transfer.Few{{Items: report.Warnings}}
	if u.eark {
		if err := u.weighEARK(ctx, report, &v); err != nil {
			return v, err
		}
	}
	if err := u.examine(ctx, report, &v); err != nil {
		return v, err
	}
	if u.scanner, err = u.scan(ctx, report, &v); err != nil {
		return v, err
	}
	return v, u.judge(report, &v)
}

// judge holds the package against the standard and the inventory, and gives the events that
// say so.
func (u *upload) judge(report *bagit.Report, v *verdict) error {
	to := transfer.Assign(u.units)
	for path, err := range u.staged.Paths(false) {
		if err != nil {
			return err
		}
		to.Add(path)
	}
	redone, faults, warnings := u.redone(to.End())
	v.faults, v.warnings = append(v.faults, faults), append([]transfer.Few{warnings}, v.warnings...)
	if u.eark {
		asSent(v.faults)
		asSent(v.warnings)
	}
	packageID := u.command.ID.String()
	refs := store.Refs(u.id, u.transfer.GetOrganisation(), u.transfer.GetInventory())
	if count := v.bad(); count > 0 {
		v.events = []base.Event{{Refs: refs, Label: u.list.Label, Body: &intakev1.PackageRefused{
			TransferId: u.id, PackageId: packageID, Count: uint32(count), Faults: listed(items(v.faults), maxListed, maxListBytes),
		}}}
		return nil
	}
	manifest := ""
	for e, err := range u.staged.Files(true) {
		if err != nil {
			return err
		}
		v.tags++
		// The digest of the payload manifest, by preference of the one with SHA-512.
		if strings.HasPrefix(e.Path, "manifest-") && (manifest == "" || e.Path == "manifest-sha512.txt") {
			manifest = e.SHA512
		}
	}
	v.taken, v.files = true, report.Files
	v.events = []base.Event{{Refs: refs, Label: u.list.Label, Body: &intakev1.PackageChecked{
		TransferId: u.id, PackageId: packageID, Files: uint32(report.Files), Bytes: uint64(report.Bytes),
		ManifestSha512: manifest, Redone: redone, Scanner: u.scanner, Software: u.Software, Signatures: u.Signatures, Eark: v.eark, Warnings: listed(items(v.warnings), maxWarnings, maxWarnBytes),
	}}}
	return nil
}

// items are findings one behind the other.
func items(all []transfer.Few) (list []fault.Item) {
	for _, f := range all {
		list = append(list, f.Items...)
	}
	return list
}

// listed puts findings into words, as many as an event carries.
func listed(items []fault.Item, most, bytes int) []*intakev1.PackageFault {
	var out []*intakev1.PackageFault
	for _, i := range items {
		clause := bagit.Clause(i.Fault.Code)
		switch {
		case strings.HasPrefix(clause, "§"):
			clause = "RFC 8493 " + clause
		case strings.HasPrefix(i.Fault.Code, "intake."):
			clause = transfer.Clause
		}
		if c, of := eark.Clause(i.Fault.Code); of {
			clause = c
		}
		f := &intakev1.PackageFault{Where: i.Where, Code: i.Fault.Code, Clause: clause, Text: &recordv1.Text{
			Kk: i.Fault.In(fault.Kazakh), Ru: i.Fault.In(fault.Russian), En: i.Fault.In(fault.English),
		}}
		if bytes -= proto.Size(f) + 8; bytes < 0 || len(out) == most {
			break
		}
		out = append(out, f)
	}
	return out
}
