// Package eark checks, reads and makes information packages after the E-ARK
// specifications of the DILCIS Board: the Common Specification for Information Packages
// (CSIP) 2.2 and, on top of it, the Submission Information Package (SIP).
//
// A package is a folder with a METS.xml, metadata, and representations that have METS
// files of their own. Validate judges the folder's structure, every METS file by the
// specification's own numbers, and every file against the sizes and checksums that the
// METS files promise. What a stranger sends is never believed: nothing outside the folder
// is opened, no link followed, no document type read, and every bound is a number in
// Limits.
package eark

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/pronom"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// Limits bound what one package may cost. A zero field takes its default.
type Limits struct {
	Entries   int   // files and folders; 1,000,000
	METSBytes int64 // of one METS or PREMIS file; 256 MiB
	Elements  int   // of one METS file; 5,000,000
	Faults    int   // listed in a report, and as many warnings; 1,000
	// Of one METS file: its metadata sections and file groups, and the elements of a header or structural map, which are held in
	// memory together; as Elements.
	Held int
	// Of one PREMIS file that is looked into, in bytes; as METSBytes. A larger one only warns.
	PREMISBytes int64
	Unpacked    int64 // bytes that an archive may unpack to; 64 GiB
}

func (l Limits) withDefaults() Limits {
	l.Entries = cmp.Or(max(l.Entries, 0), 1_000_000)
	l.METSBytes = cmp.Or(max(l.METSBytes, 0), 256<<20)
	l.Elements = cmp.Or(max(l.Elements, 0), 5_000_000)
	l.Faults = cmp.Or(max(l.Faults, 0), 1000)
	l.Held = cmp.Or(max(l.Held, 0), l.Elements)
	l.PREMISBytes = cmp.Or(max(l.PREMISBytes, 0), l.METSBytes)
	l.Unpacked = cmp.Or(max(l.Unpacked, 0), 64<<30)
	return l
}

// Options choose what is asked of a package.
type Options struct {
	Limits  Limits
	SIP     bool      // hold it to the rules of the SIP even where it does not call itself one
	Workers int       // files read at once; 2
	Now     time.Time // a package made or changed a day after it was not; zero asks nothing
	// Spool is where goes what does not fit into memory of a package of very many files. The zero Place keeps all in memory.
	Spool spool.Place
}

// Report is what a checked package is. Its lists are sorted.
type Report struct {
	Package  Package      `json:"package"`
	Files    []Entry      `json:"files"` // every file of the folder
	Bytes    int64        `json:"bytes"` // of all files
	Faults   []fault.Item `json:"-"`     // what refuses it
	Warnings []fault.Item `json:"-"`     // what does not
}

// Valid says whether nothing refuses the package.
func (r *Report) Valid() bool { return len(r.Faults) == 0 }

// Err is nil for a valid package, otherwise the fault Refused listing every fault.
func (r *Report) Err() error {
	if r.Valid() {
		return nil
	}
	return Refused.With("count", len(r.Faults)).Listing(r.Faults)
}

// Payload are the records themselves: the files in the data folder of a representation.
func (r *Report) Payload() []Entry {
	return slices.DeleteFunc(slices.Clone(r.Files), func(e Entry) bool { return e.Logical == "" })
}

// Package is what a package's METS files say of it.
type Package struct {
	ID              string           `json:"id"` // OBJID
	Label           string           `json:"label,omitempty"`
	Type            string           `json:"type"` // category of the content, OTHERTYPE where it says OTHER
	ContentType     string           `json:"contentType,omitempty"`
	Profile         string           `json:"profile"`
	OAISType        string           `json:"oaisType"` // SIP, AIP, DIP, AIU, AIC
	Status          string           `json:"status,omitempty"`
	Created         string           `json:"created"` // as written, a date and time
	Modified        string           `json:"modified,omitempty"`
	Agents          []Agent          `json:"agents,omitempty"`
	OtherIDs        []OtherID        `json:"otherIds,omitempty"` // altRecordID: submission agreement, reference code
	Metadata        []Metadata       `json:"metadata,omitempty"` // of the package and of its representations
	Representations []Representation `json:"representations,omitempty"`
}

// Agent is who had to do with the package.
type Agent struct {
	Role  string   `json:"role"`
	Type  string   `json:"type"`
	Name  string   `json:"name"`
	Notes []string `json:"notes,omitempty"`
}

// OtherID is another identifier of the package, with its type.
type OtherID struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Metadata is a file of metadata that a METS file refers to.
type Metadata struct {
	Kind           string `json:"kind"` // descriptive, provenance, rights
	Path           string `json:"path"` // in the package; empty where it does not lead to a file of it
	MDType         string `json:"mdType"`
	Created        string `json:"created,omitempty"`
	Status         string `json:"status,omitempty"`
	Representation string `json:"representation,omitempty"`
}

// Representation is one rendition of the content.
type Representation struct {
	Name string `json:"name"` // of its folder
	ID   string `json:"id,omitempty"`
	METS bool   `json:"mets"` // has a METS file of its own
}

// Entry is a file of the package, with what the one pass over it found.
type Entry struct {
	Path           string        `json:"path"`                     // in the package
	Logical        string        `json:"logical,omitempty"`        // below the data folder of its representation
	Representation string        `json:"representation,omitempty"` // the folder's name
	Size           int64         `json:"size"`                     // bytes
	SHA256         string        `json:"sha256"`
	Format         pronom.Result `json:"format"`
	Listed         bool          `json:"listed"` // a METS file names it
}

const metsName = "METS.xml"

// Recognise says whether a folder looks like an E-ARK package: a METS.xml at its top and
// no BagIt declaration.
func Recognise(dir string) bool {
	is := func(name string) bool {
		info, err := os.Lstat(filepath.Join(dir, name))
		return err == nil && info.Mode().IsRegular()
	}
	return is(metsName) && !is("bagit.txt")
}

// Validate checks the package in the folder dir. The error is for what is wrong on our
// side (the folder cannot be opened, the context ended); what is wrong with the package is
// in the report.
func Validate(ctx context.Context, dir string, opts Options) (*Report, error) {
	opts.Limits = opts.Limits.withDefaults()
	opts.Workers = cmp.Or(max(opts.Workers, 0), 2)
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	r, err := os.OpenRoot(full)
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	defer func() { _ = r.Close() }() // only read from
	j := newJudge(filepath.Base(full), opts)
	j.open = func(p string) (io.ReadCloser, error) { return openRegular(r, p) }
	j.listing = true
	return j.report, j.run(ctx, dir, func() error { return j.list(ctx, r.FS()) })
}

// finding is one thing that is wrong, before it is put into words.
type finding struct {
	where string
	rule  *Rule
	args  []any
}

func (f *finding) item() fault.Item { return fault.Item{Where: f.where, Fault: f.rule.With(f.args...)} }

// settle puts what was found into words, sorted and bounded, warnings apart.
func (j *judge) settle() {
	sortItems := func(items []fault.Item) {
		slices.SortStableFunc(items, func(a, b fault.Item) int {
			return cmp.Or(compareWhere(a.Where, b.Where), cmp.Compare(a.Fault.Code, b.Fault.Code), cmp.Compare(a.Fault.In(fault.English), b.Fault.In(fault.English)))
		})
	}
	r, most := j.report, j.opts.Limits.Faults
	sortItems(j.faults)
	sortItems(j.warnings)
	r.Faults, r.Warnings = j.faults, j.warnings
	if more := len(r.Faults) - most + j.more; more > 0 && len(r.Faults) >= most {
		r.Faults = append(r.Faults[:most:most], (&finding{rule: MoreFaults, args: []any{"count", more}}).item())
	}
	r.Warnings = r.Warnings[:min(len(r.Warnings), most)]
}

// compareWhere orders places by file and then by line, as a person reads them.
func compareWhere(a, b string) int {
	fileA, lineA := cutLine(a)
	fileB, lineB := cutLine(b)
	return cmp.Or(strings.Compare(fileA, fileB), cmp.Compare(lineA, lineB), strings.Compare(a, b))
}
