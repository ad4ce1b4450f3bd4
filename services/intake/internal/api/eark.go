package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/eark"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// An E-ARK package comes as the bag that is made of it (standards/parcel): its records with their rows, and everything else as tag
// files under eark/<the package's folder>/. What its METS files promise is compared with what the one pass has counted.

// Bounds of METS and PREMIS files, beside those of a package.
const (
	maxMETS   = 128 << 20 // bytes: some 200,000 files
	maxHeld   = 100_000   // metadata sections, and elements of a structural map
	maxPREMIS = 4 << 20   // bytes; a larger one is kept and not looked into
	maxWord   = 300       // characters of a word of the package that is recorded
)

// mayBe says whether a path is one of those as which the files of an E-ARK package come.
func mayBe(path string) bool {
	_, _, record := parcel.Original(path)
	return strings.HasPrefix(path, "eark/") || record
}

// earkPackage is what is known of an E-ARK package before it is judged.
type earkPackage struct {
	folders []string     // the first few in which its files lie; a sound one has one
	astray  transfer.Few // records that are of no row
}

// weighEARK holds an E-ARK package to the rules of its METS files. A package with names that are refused is not looked at.
func (u *upload) weighEARK(ctx context.Context, report *bagit.Report, v *verdict) error {
	for _, f := range report.Faults {
		if !errors.Is(f.Fault, bagit.NoPayload.Definition) {
			return nil
		}
	}
	p, err := u.earkPackage()
	if err != nil {
		return err
	}
	if report.Files == 0 && p.astray.Count() == 0 {
		p.astray.Add("representations", transfer.NoRow.With())
	}
	v.faults = []transfer.Few{p.astray} // of a bag that has no records it says more
	if len(p.folders) > 1 || slices.Contains(p.folders, "") {
		v.faults = append(v.faults, transfer.Few{Items: []fault.Item{{Fault: eark.STR1.With("found", clip.Value(strings.Join(p.folders, ", ")))}}})
		return nil
	}
	return u.judgeEARK(ctx, strings.Join(p.folders, ""), v)
}

// earkPackage goes through the names of the files.
func (u *upload) earkPackage() (p earkPackage, err error) {
	for path, err := range u.staged.Paths(true) {
		if err != nil {
			return p, err
		}
		if !strings.HasPrefix(path, "eark/") {
			continue // of the bag of our making
		}
		folder, name, _ := parcel.Original(path)
		if !slices.Contains(p.folders, folder) && len(p.folders) < 5 {
			p.folders = append(p.folders, folder)
		}
		if parts := strings.SplitN(name, "/", 4); len(parts) == 4 && parts[0] == "representations" && parts[2] == "data" {
			p.astray.Add(name, transfer.NoRow.With())
		}
	}
	return p, nil
}

// judgeEARK lets the standard judge the package that lies in staging.
func (u *upload) judgeEARK(ctx context.Context, folder string, v *verdict) (err error) {
	places := u.area.Places()
	defer func() { err = errors.Join(err, places.Close()) }()
	report, err := eark.Judge(ctx, eark.Contents{
		Name: folder,
		Files: func(yield func(eark.File, error) bool) {
			for e, err := range u.all() {
				_, name, is := parcel.Original(e.Path)
				if err == nil && !is {
					continue
				}
				if !yield(eark.File{Path: name, Size: e.Size, SHA256: e.SHA256, SHA512: e.SHA512}, err) {
					return
				}
			}
		},
		Open: func(name string) (io.ReadCloser, error) {
			place, err := places.Of(u.command.ID.String(), parcel.PlacedEARK(folder+"/"+name))
			if err != nil {
				return nil, err
			}
			return place.Open()
		},
	}, eark.Options{Now: time.Now(), Spool: u.place(), Limits: eark.Limits{
		METSBytes: maxMETS, Held: maxHeld, PREMISBytes: maxPREMIS, Faults: transfer.Kept,
	}})
	if err != nil {
		return fmt.Errorf("package %s: %w", u.command.ID, err)
	}
	v.faults = append(v.faults, transfer.Few{Items: report.Faults})
	v.warnings = append(v.warnings, transfer.Few{Items: report.Warnings})
	p := report.Package
	v.eark = &intakev1.EArkPackage{Id: clip.Within(p.ID, maxWord), OaisType: clip.Within(p.OAISType, maxWord), Profile: clip.Within(p.Profile, maxWord), Representations: uint32(len(p.Representations))}
	return nil
}

// sentAs is what a file was called by whoever sent it.
func (u *upload) sentAs(path string) string {
	if u.eark {
		if _, name, is := parcel.Original(path); is {
			return name
		}
	}
	return path
}

// asSent names the files of findings as they are called in the E-ARK package, and says of a record that is of no row where such a
// package has it.
func asSent(all []transfer.Few) {
	for _, few := range all {
		for i, f := range few.Items {
			if _, name, is := parcel.Original(f.Where); is {
				few.Items[i].Where = name
			}
			if errors.Is(f.Fault, transfer.NoUnit) {
				few.Items[i].Fault = transfer.NoRow.With()
			}
		}
	}
}
