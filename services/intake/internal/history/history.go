// Package history writes what was done with an accession's digital content as PREMIS 3.0: the
// file that the OCFL object keeps beside the content, so that whoever has the object alone knows
// where it came from. It is a function of the journal's facts: no clock, no name of a person, the
// same bytes whenever it is written again.
package history

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/standards/premis"
)

// Package is a package whose bytes stand in the object, as the journal says that it was checked.
type Package struct {
	Seq     uint64 // in the journal of intake
	At      time.Time
	Checked *intakev1.PackageChecked
}

// Facts are everything that a history says.
type Facts struct {
	Archive  string // its id
	Object   string // the object's identifier, of the accession as a whole
	Transfer string
	From     *recordv1.Organisation
	Begun    Decision
	Packages map[string]Package // by id
	Last     string             // the package of files that name none
	Files    iter.Seq2[*intakev1.ContentFile, error]
	Rebagged bool    // the archive wrote a bag around what it accepted
	Later    []Later // what happened since, in the order of the journal; none in an object's first version
}

// Decision is the acceptance, at its place in the journal.
type Decision struct {
	Seq uint64
	At  time.Time
}

// The folder in which a history lies, and how another begins where that one cannot be.
const (
	usual   = "metadata"
	unusual = "qoyma-metadata-"
)

// PathOf is where a history lies among the files of an object: "metadata/premis.xml", unless the
// package has a file or folder in its way, which is kept as it came.
func PathOf(files iter.Seq[string]) string {
	taken := make(map[string]bool)
	for f := range files {
		f = strings.ToLower(f)
		folder, _, _ := strings.Cut(f, "/")
		if folder != usual && !strings.HasPrefix(folder, unusual) {
			continue // nowhere near
		}
		if folder == f {
			taken[folder+"/"] = true // a file: nothing can lie under it
		} else if name := folder + "/premis.xml"; f == name || strings.HasPrefix(f, name+"/") {
			taken[name] = true
		}
	}
	for n := 1; ; n++ {
		folder := usual
		if n > 1 {
			folder = unusual + strconv.Itoa(n)
		}
		if name := folder + "/premis.xml"; !taken[folder+"/"] && !taken[name] {
			return name
		}
	}
}

// Write writes the history; memory does not grow with the number of files. Errors are the
// writer's, those of premis and of Files; what was written then is no history.
func Write(w io.Writer, f Facts) error {
	var broken error
	err := premis.Stream{Objects: f.objects(&broken), Events: slices.Values(f.events()), Agents: slices.Values(f.agents())}.Encode(w)
	return errors.Join(broken, err)
}

func (f *Facts) whole() premis.Identifier { return premis.Identifier{Type: "URI", Value: f.Object} }

// order is the packages in the order in which they came.
func (f *Facts) order() []Package {
	return slices.SortedFunc(maps.Values(f.Packages), func(a, b Package) int { return int(int64(a.Seq) - int64(b.Seq)) })
}

// journaled identifies what one entry of the journal says; one entry says several things.
func journaled(seq uint64, what string) premis.Identifier {
	return premis.Identifier{Type: "journal entry", Value: fmt.Sprintf("intake/%d#%s", seq, what)}
}

func (p Package) done() (ids []premis.Identifier) {
	for _, what := range p.deeds() {
		ids = append(ids, journaled(p.Seq, what))
	}
	return ids
}

func (p Package) deeds() []string {
	all := []string{receipt, digest, format, validation}
	if p.Checked.GetScanner() != "" {
		all = append(all, virus)
	}
	return all
}

// pathType is how a file of the object is identified.
const pathType = "OCFL logical path"

const (
	receipt    = "receipt"
	digest     = "digest"
	format     = "format"
	validation = "validation"
	virus      = "virus"
	accession  = "accession"
	bagging    = "bag"
)

func (f *Facts) objects(broken *error) iter.Seq[premis.Object] {
	return func(yield func(premis.Object) bool) {
		accepted := journaled(f.Begun.Seq, accession)
		whole := premis.Object{IDs: []premis.Identifier{f.whole(), {Type: "transfer", Value: f.Transfer}}, Category: premis.IntellectualEntity}
		for _, p := range f.order() {
			whole.Events = append(whole.Events, p.done()...)
		}
		whole.Events = append(whole.Events, accepted)
		if f.Rebagged {
			whole.Events = append(whole.Events, journaled(f.Begun.Seq, bagging))
		}
		whole.Events = append(whole.Events, f.told().whole...)
		if !yield(whole) {
			return
		}
		since := f.told()
		done := make(map[string][]premis.Identifier, len(f.Packages)) // the same for each file of a package
		for id, p := range f.Packages {
			done[id] = append(p.done(), accepted)
		}
		for c, err := range f.Files {
			if *broken = err; err != nil || !yield(f.file(c, slices.Concat(done[cmp.Or(c.GetPackageId(), f.Last)], since.of(c.GetPath())))) {
				return
			}
		}
	}
}

func (f *Facts) file(c *intakev1.ContentFile, done []premis.Identifier) premis.Object {
	o := premis.Object{
		IDs: []premis.Identifier{{Type: pathType, Value: c.GetPath()}}, Category: premis.File, Size: int64(c.GetSize()),
		OriginalName:  f.original(c),
		Relationships: []premis.Relationship{{Type: "structural", SubType: "is part of", Objects: []premis.Identifier{f.whole()}}},
		Events:        done,
	}
	for _, d := range []premis.Fixity{{Algorithm: "SHA-256", Digest: c.GetSha256()}, {Algorithm: "SHA-512", Digest: c.GetSha512()}, {Algorithm: "BLAKE3", Digest: c.GetBlake3()}} {
		if d.Digest != "" {
			o.Fixity = append(o.Fixity, d)
		}
	}
	is := premis.Format{Name: c.GetFormat(), Key: c.GetPuid()}
	if is.Key != "" {
		is.Registry = premis.PRONOM
	} else if is.Name == "" {
		is.Name = "unknown"
	}
	for _, note := range [][2]string{{"media type", c.GetMime()}, {"identified by", c.GetBasis()}, {"examined and found whole as", c.GetExamined()}} {
		if note[1] != "" {
			is.Notes = append(is.Notes, note[0]+" "+note[1])
		}
	}
	o.Formats = []premis.Format{is}
	return o
}

// original is the name that a file came under.
func (f *Facts) original(c *intakev1.ContentFile) string {
	if _, path, ok := transfer.Submitted(c.GetPath()); ok && f.Rebagged {
		return path
	}
	return c.GetPath()
}

func (f *Facts) events() (all []premis.Event) {
	whole := []premis.Link{{Identifier: f.whole()}}
	add := func(seq uint64, at time.Time, what string, kind premis.EventType, detail string, outcome premis.Outcome, agents ...premis.Link) {
		all = append(all, premis.Event{
			ID: journaled(seq, what), Type: kind, At: premis.At(at.UTC()), Detail: detail,
			Outcomes: []premis.Outcome{outcome}, Agents: agents, Objects: whole,
		})
	}
	good := premis.Outcome{Outcome: premis.Success}
	for _, p := range f.order() {
		program := link(f.program(p), premis.RoleExecuting)
		add(p.Seq, p.At, receipt, premis.Transfer, "package "+p.Checked.GetPackageId()+" received over the network",
			premis.Outcome{Outcome: premis.Success, Notes: []string{fmt.Sprintf("%d files, %d bytes", p.Checked.GetFiles(), p.Checked.GetBytes())}},
			link(f.sender(), premis.RoleImplementer), program)
		add(p.Seq, p.At, digest, premis.MessageDigestCalculation, "each file as it arrived", good, program)
		by := "the table of formats of the program"
		if s := p.Checked.GetSignatures(); s != "" {
			by = s
		}
		add(p.Seq, p.At, format, premis.FormatIdentification, "by "+by, good, program)
		judged := good
		if n := len(p.Checked.GetWarnings()); n > 0 {
			judged = premis.Outcome{Outcome: premis.Warning, Notes: []string{fmt.Sprintf("%d warnings, named in the journal", n)}}
		}
		add(p.Seq, p.At, validation, premis.Validation, rules(p.Checked), judged, link(f.program(p), premis.RoleValidator))
		if p.Checked.GetScanner() != "" {
			add(p.Seq, p.At, virus, premis.VirusCheck, "every file, before the package was taken", good, link(f.scanner(p), premis.RoleExecuting))
		}
	}
	add(f.Begun.Seq, f.Begun.At, accession, premis.Accession, "transfer "+f.Transfer+" accepted", good,
		link(f.decider(), premis.RoleAuthorizer), link(f.keeper(), premis.RoleImplementer))
	if f.Rebagged {
		add(f.Begun.Seq, f.Begun.At, bagging, premis.PackageCreation,
			"a bag of what was accepted, its manifests from the digests that were counted on arrival; the tag files of each package under "+transfer.Submission("‹package›", ""),
			good, link(f.keeper(), premis.RoleImplementer))
	}
	return append(all, f.laterEvents()...)
}

// rules are what a package was held to.
func rules(p *intakev1.PackageChecked) string {
	by := "the package by RFC 8493"
	if e := p.GetEark(); e != nil {
		by = "the package " + e.GetId() + " (" + e.GetOaisType() + ") by E-ARK CSIP 2.2, the bag that was made of it by RFC 8493"
	}
	return by + ", and the structure of files whose format is examined"
}

func link(a premis.Agent, role string) premis.Link {
	return premis.Link{Identifier: a.IDs[0], Roles: []string{role}}
}

// agents are those that the events name, each once.
func (f *Facts) agents() (all []premis.Agent) {
	add := func(a premis.Agent) {
		if !slices.ContainsFunc(all, func(b premis.Agent) bool { return a.IDs[0] == b.IDs[0] }) {
			all = append(all, a)
		}
	}
	add(f.keeper())
	add(f.decider())
	if f.headDecided() {
		add(f.head())
	}
	for _, p := range f.order() {
		add(f.sender())
		add(f.program(p))
		if p.Checked.GetScanner() != "" {
			add(f.scanner(p))
		}
	}
	return all
}

func (f *Facts) keeper() premis.Agent {
	urn := "urn:qoyma:" + f.Archive
	return premis.Agent{IDs: []premis.Identifier{{Type: "URI", Value: urn}}, Names: []string{"archive " + f.Archive}, Type: premis.Organization}
}

// decider is the office and not the person: who held it stands in the journal, under IS-2.
func (f *Facts) decider() premis.Agent {
	urn := "urn:qoyma:" + f.Archive + ":role:archivist"
	return premis.Agent{
		IDs: []premis.Identifier{{Type: "URI", Value: urn}}, Names: []string{"archivist"}, Type: premis.Person,
		Notes: []string{"a role; the journal says which account held it"},
	}
}

func (f *Facts) sender() premis.Agent {
	id := f.From.GetId()
	names := []string{id}
	for _, n := range []string{f.From.GetName().GetKk(), f.From.GetName().GetRu()} {
		if n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return premis.Agent{IDs: []premis.Identifier{{Type: "URI", Value: "urn:qoyma:" + f.Archive + ":organisation:" + id}}, Names: names, Type: premis.Organization}
}

func (f *Facts) program(p Package) premis.Agent {
	name, version := "qoyma", ""
	if s := p.Checked.GetSoftware(); s != "" {
		name, version, _ = strings.Cut(s, " ")
	}
	a := software(strings.TrimSpace(name+" "+version), name)
	a.Version = version
	return a
}

func (f *Facts) scanner(p Package) premis.Agent {
	name, version, _ := strings.Cut(p.Checked.GetScanner(), " ")
	a := software(p.Checked.GetScanner(), name)
	a.Version = version
	return a
}

func software(id, name string) premis.Agent {
	return premis.Agent{IDs: []premis.Identifier{{Type: "software", Value: id}}, Names: []string{name}, Type: premis.Software}
}
