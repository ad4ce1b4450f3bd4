package eark

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/premis"
	"github.com/qoyma/qoyma/services/standards/pronom"
)

// Spec is a package to be made. The same Spec makes the same bytes.
type Spec struct {
	ID          string    // OBJID; the folder should bear it too
	Label       string    // what the package is, for people; may be empty
	Type        string    // category of the content; "Mixed"
	ContentType string    // content information type specification; "MIXED"
	SIP         bool      // a submission package, with an agent that submits it
	Status      string    // RECORDSTATUS of a SIP; "NEW"
	Created     time.Time // of the package and, for the package, of its files
	Software    string    // the program that makes it
	Version     string    // of that program
	Agents      []Agent   // ARCHIVIST the creator, CREATOR the submitter, PRESERVATION the archive …
	OtherIDs    []OtherID // SUBMISSIONAGREEMENT, REFERENCECODE …

	Payload       fs.FS         // the records, as the representation rep1
	Further       []Rendition   // the same content in other forms; may be none
	Descriptions  []Description // descriptive metadata
	Documentation fs.FS         // or nil
	Schemas       fs.FS         // or nil
}

// Rendition is a further representation of the content.
type Rendition struct {
	Name    string // of its folder, as "rep2"; each once, none is "rep1"
	Payload fs.FS
}

// Description is a file of descriptive metadata.
type Description struct {
	Name    string // of the file in metadata/descriptive
	MDType  string // a word of METS's list: "EAD", "DC"
	Version string // of that standard; may be empty
	Content []byte
}

// Incomplete is a Spec that no package can be made of.
var Incomplete = fault.Define(fault.Invalid, "eark.incomplete",
	"an E-ARK package cannot be made without {part}; name it",
	"пакет E-ARK нельзя собрать без {part}; укажите",
	"{part} болмаса, E-ARK пакетін жинауға болмайды; көрсетіңіз")

const representationName = "rep1"

// Create makes a package in the folder dir, which must not exist yet: METS files, PREMIS
// files, the payload as one representation. It gives the report of a validation of what
// it made. A package that its own rules refuse (a name that may not be, a SIP without an
// agent that submits it) is taken away again and its fault given.
//
// It is for handing over and for tests: it does not make its files durable.
func Create(ctx context.Context, dir string, s Spec, opts Options) (report *Report, err error) {
	s.Type, s.ContentType = cmp.Or(s.Type, "Mixed"), cmp.Or(s.ContentType, "MIXED")
	for _, part := range []struct {
		name    string
		missing bool
	}{{"ID", s.ID == ""}, {"Created", s.Created.IsZero()}, {"Software", s.Software == ""}, {"Version", s.Version == ""}, {"Payload", s.Payload == nil}} {
		if part.missing {
			return nil, Incomplete.With("part", part.name)
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make package: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	r, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("make package: %w", err)
	}
	b := &builder{ctx: ctx, root: r, spec: s}
	if err := errors.Join(b.build(), r.Close()); err != nil {
		return nil, fmt.Errorf("make package: %w", err)
	}
	opts.SIP = opts.SIP || s.SIP
	report, err = Validate(ctx, dir, opts)
	if err != nil {
		return nil, err
	}
	return report, report.Err()
}

// builder makes one package.
type builder struct {
	ctx  context.Context // lives as long as one call
	root *os.Root
	spec Spec
}

// placed is a file that was written into the package.
type placed struct {
	path   string // in the package
	size   int64
	sha256 string
	format pronom.Result
	desc   Description // of descriptive metadata
}

func (b *builder) build() error {
	whole := &contentsOf{id: b.spec.ID}
	for _, r := range append([]Rendition{{representationName, b.spec.Payload}}, b.spec.Further...) {
		if r.Name == "" || strings.Contains(r.Name, "/") || r.Payload == nil || slices.Contains(whole.names, r.Name) {
			return Incomplete.With("part", "Further: "+show(r.Name))
		}
		mets, err := b.representation(r, key(len(whole.names)))
		if err != nil {
			return err
		}
		whole.names, whole.records = append(whole.names, r.Name), append(whole.records, mets)
	}
	for _, d := range b.spec.Descriptions {
		p, err := b.write("metadata/descriptive/"+d.Name, strings.NewReader(string(d.Content)))
		if err != nil {
			return err
		}
		p.desc = d
		whole.descriptions = append(whole.descriptions, p)
	}
	made := []premis.Event{b.event("creation", premis.PackageCreation, b.spec.ID)}
	packagePremis, err := b.premis("", b.packageObject, made)
	if err != nil {
		return err
	}
	whole.provenance = []placed{packagePremis}
	if whole.documentation, err = b.copyAll("documentation", b.spec.Documentation); err != nil {
		return err
	}
	if whole.schemas, err = b.copyAll("schemas", b.spec.Schemas); err != nil {
		return err
	}
	_, err = b.mets(whole)
	return err
}

// representation writes one, and gives its METS file.
func (b *builder) representation(r Rendition, key string) (mets placed, err error) {
	rep := "representations/" + r.Name
	records, err := b.copyAll(rep+"/data", r.Payload)
	if err != nil {
		return mets, err
	}
	premis, err := b.premis(rep, b.representationObjects(rep, records), b.counted(r.Name, rep))
	if err != nil {
		return mets, err
	}
	return b.mets(&contentsOf{id: r.Name, key: key, dir: rep + "/", provenance: []placed{premis}, records: records})
}

// copyAll writes the files of a folder into the package, in the order of their names.
func (b *builder) copyAll(to string, from fs.FS) ([]placed, error) {
	var all []placed
	if from == nil {
		return nil, nil
	}
	err := fs.WalkDir(from, ".", func(p string, e fs.DirEntry, err error) error {
		if err := errors.Join(err, b.ctx.Err()); err != nil {
			return err
		}
		name := path.Join(to, p)
		switch {
		case e.IsDir():
			return b.root.MkdirAll(name, 0o755)
		case !e.Type().IsRegular():
			return Irregular.With()
		}
		f, err := from.Open(p)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // only read from
		file, err := b.write(name, f)
		all = append(all, file)
		return err
	})
	return all, err
}

// write writes one file and counts it.
func (b *builder) write(name string, from io.Reader) (placed, error) {
	if !goodName(path.Base(name)) || !fs.ValidPath(name) {
		return placed{}, fmt.Errorf("%s: %w", show(name), BadName.With())
	}
	if err := b.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return placed{}, err
	}
	f, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return placed{}, err
	}
	sum, format := sha256.New(), pronom.NewIdentifier(path.Base(name))
	n, err := io.Copy(io.MultiWriter(f, sum, format), &interruptible{b.ctx, from})
	if err := errors.Join(err, f.Close()); err != nil {
		return placed{}, fmt.Errorf("write %s: %w", show(name), err)
	}
	return placed{path: name, size: n, sha256: hex.EncodeToString(sum.Sum(nil)), format: format.Result()}, nil
}

// pipe writes a file from what a function writes.
func (b *builder) pipe(name string, write func(io.Writer) error) (placed, error) {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(write(w)) }() // it never fails
	p, err := b.write(name, r)
	_ = r.Close() // so that the other side ends when this one failed
	return p, err
}

const localID = "local"

func (b *builder) agentID() premis.Identifier {
	return premis.Identifier{Type: localID, Value: b.spec.Software + " " + b.spec.Version}
}

// premis writes the preservation metadata of the package or a representation.
func (b *builder) premis(dir string, objects func(yield func(premis.Object) bool), events []premis.Event) (placed, error) {
	doc := premis.Document{Events: events, Agents: []premis.Agent{{
		IDs: []premis.Identifier{b.agentID()}, Names: []string{b.spec.Software}, Type: premis.Software, Version: b.spec.Version,
	}}}
	s := doc.Stream()
	s.Objects = objects
	return b.pipe(path.Join(dir, "metadata/preservation/premis.xml"), s.Encode)
}

func (b *builder) event(id string, kind premis.EventType, object string) premis.Event {
	return premis.Event{
		ID: premis.Identifier{Type: localID, Value: id}, Type: kind, At: premis.At(b.spec.Created),
		Outcomes: []premis.Outcome{{Outcome: premis.Success}},
		Agents:   []premis.Link{{Identifier: b.agentID(), Roles: []string{premis.RoleExecuting}}},
		Objects:  []premis.Link{{Identifier: premis.Identifier{Type: localID, Value: object}}},
	}
}

// counted are the events of making a representation: what was counted and recognised.
func (b *builder) counted(name, rep string) []premis.Event {
	return []premis.Event{
		b.event(name+"/digests", premis.MessageDigestCalculation, rep),
		b.event(name+"/formats", premis.FormatIdentification, rep),
	}
}

func (b *builder) packageObject(yield func(premis.Object) bool) {
	yield(premis.Object{IDs: []premis.Identifier{{Type: localID, Value: b.spec.ID}}, Category: premis.IntellectualEntity, OriginalName: b.spec.Label})
}

// representationObjects are the representation and its files, one at a time.
func (b *builder) representationObjects(rep string, records []placed) func(yield func(premis.Object) bool) {
	id := premis.Identifier{Type: localID, Value: rep}
	return func(yield func(premis.Object) bool) {
		if !yield(premis.Object{IDs: []premis.Identifier{id}, Category: premis.Representation}) {
			return
		}
		for _, r := range records {
			if !yield(premis.Object{
				IDs: []premis.Identifier{{Type: localID, Value: r.path}}, Category: premis.File, Size: r.size,
				Fixity:        []premis.Fixity{{Algorithm: "SHA-256", Digest: r.sha256}},
				Formats:       []premis.Format{formatOf(r.format)},
				OriginalName:  strings.TrimPrefix(r.path, rep+"/data/"),
				Relationships: []premis.Relationship{{Type: "structural", SubType: "is part of", Objects: []premis.Identifier{id}}},
			}) {
				return
			}
		}
	}
}

// formatOf says what a file is and, where it is no finding, that it only seems so.
func formatOf(r pronom.Result) premis.Format {
	if r.PUID == "" {
		return premis.Format{Name: "unknown"}
	}
	f := premis.Format{Name: r.Name, Version: r.Version, Registry: premis.PRONOM, Key: r.PUID}
	if r.Basis == pronom.Extension || r.Basis == pronom.Text {
		f.Notes = []string{"basis: " + string(r.Basis)}
	}
	return f
}
