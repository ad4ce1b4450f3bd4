package premis

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

const (
	xsiNamespace   = "http://www.w3.org/2001/XMLSchema-instance"
	schemaLocation = "http://www.loc.gov/standards/premis/v3/premis.xsd"
)

// Encode writes the document. A document that Check refuses is not begun: the error is
// then the fault Refused with everything that is wrong. Any other error is the writer's.
func (d *Document) Encode(w io.Writer) error {
	if err := Check(d).Err(); err != nil {
		return err
	}
	return d.Stream().Encode(w)
}

// Encode writes the parts as they come, in memory that does not grow with their number.
// Each is judged before it is written; at the first that is refused the error is the
// fault Refused with what is wrong with it, and what was written so far is to be thrown
// away. That identifiers are unique and links lead somewhere is not seen here: it would
// need them all.
func (s Stream) Encode(w io.Writer) error {
	e := &encoder{w: bufio.NewWriterSize(w, 64<<10)}
	e.raw(xml.Header)
	e.raw(`<premis:premis xmlns:premis="` + Namespace + `" xmlns:xsi="` + xsiNamespace +
		`" xsi:schemaLocation="` + Namespace + " " + schemaLocation + `" version="` + version + "\">\n")
	e.depth = 1
	if each(e, "object", s.Objects, func(x *Object) []Identifier { return x.IDs }, (*checker).object, e.object) == 0 && e.err == nil {
		e.err = Refused.With("count", 1).Listing([]fault.Item{{Where: "premis", Fault: NoObject.With()}})
	}
	each(e, "event", s.Events, func(x *Event) []Identifier { return []Identifier{x.ID} }, (*checker).event, e.event)
	each(e, "agent", s.Agents, func(x *Agent) []Identifier { return x.IDs }, (*checker).agent, e.agent)
	each(e, "rights", s.Rights, func(x *Rights) []Identifier { return []Identifier{x.ID} }, (*checker).rights, e.rights)
	e.depth = 0
	e.raw("</premis:premis>\n")
	if e.err != nil {
		return e.err
	}
	if err := e.w.Flush(); err != nil {
		return fmt.Errorf("write PREMIS: %w", err)
	}
	return nil
}

// encoder writes elements in the order of the schema. Its first error ends all writing.
type encoder struct {
	w     *bufio.Writer
	depth int
	err   error
}

// each judges and writes the parts of one kind until one is refused, and counts them.
func each[T any](e *encoder, kind string, parts iter.Seq[T], ids func(*T) []Identifier, judge func(*checker, *T), write func(*T)) int {
	n := 0
	if parts == nil || e.err != nil {
		return n
	}
	for part := range parts {
		found := &findings{most: 100}
		judge(&checker{found, place(kind, n, ids(&part)...)}, &part)
		if err := found.report().Err(); err != nil {
			e.err = err
		}
		if e.err != nil {
			break
		}
		write(&part)
		n++
	}
	return n
}

func (e *encoder) raw(s string) {
	if e.err != nil {
		return
	}
	if _, err := e.w.WriteString(s); err != nil {
		e.err = fmt.Errorf("write PREMIS: %w", err)
	}
}

const spaces = "                                "

func (e *encoder) indent() { e.raw(spaces[:2*e.depth]) }

// text writes an element that holds a text. Attributes come as name, value pairs.
func (e *encoder) text(name, text string, attrs ...string) {
	e.indent()
	e.raw("<premis:" + name)
	for i := 0; i < len(attrs); i += 2 {
		e.raw(" " + attrs[i] + `="`)
		e.escape(attrs[i+1])
		e.raw(`"`)
	}
	e.raw(">")
	e.escape(text)
	e.raw("</premis:" + name + ">\n")
}

func (e *encoder) escape(s string) {
	if e.err != nil {
		return
	}
	if !strings.ContainsAny(s, "<>&'\"\t\r\n") {
		e.raw(s)
		return
	}
	if err := xml.EscapeText(e.w, []byte(s)); err != nil {
		e.err = fmt.Errorf("write PREMIS: %w", err)
	}
}

// some writes an element only where there is a text.
func (e *encoder) some(name, text string, attrs ...string) {
	if text != "" {
		e.text(name, text, attrs...)
	}
}

func (e *encoder) texts(name string, texts []string) {
	for _, t := range texts {
		e.text(name, t)
	}
}

// in writes an element that holds elements.
func (e *encoder) in(name string, inside func()) {
	e.indent()
	e.raw("<premis:" + name + ">\n")
	e.depth++
	inside()
	e.depth--
	e.indent()
	e.raw("</premis:" + name + ">\n")
}

// id writes a container of a type and a value, with roles where it is a link.
func (e *encoder) id(name, prefix string, id Identifier, role string, roles ...string) {
	e.in(name, func() {
		e.text(prefix+"Type", id.Type)
		e.text(prefix+"Value", id.Value)
		e.texts(role, roles)
	})
}

func (e *encoder) ids(name string, ids []Identifier) {
	for _, id := range ids {
		e.id(name, name, id, "")
	}
}

func (e *encoder) links(name, role string, links []Link) {
	for _, l := range links {
		e.id(name, name, l.Identifier, role, l.Roles...)
	}
}

// term writes a word with its address in the vocabulary, where it has one.
func (e *encoder) term(name string, v *vocabulary, word string) {
	if code := v.codes[word]; code != "" {
		e.text(name, word, "authority", v.authority, "authorityURI", v.uri, "valueURI", v.uri+"/"+code)
		return
	}
	e.text(name, word)
}

func (e *encoder) object(o *Object) {
	e.indent()
	e.raw(`<premis:object xsi:type="premis:` + string(o.Category) + "\">\n")
	e.depth++
	e.ids("objectIdentifier", o.IDs)
	if o.Category.stored() {
		e.in("objectCharacteristics", func() { e.characteristics(o) })
	}
	e.some("originalName", o.OriginalName)
	for _, s := range o.Storage {
		e.in("storage", func() {
			if s.Location != "" {
				e.id("contentLocation", "contentLocation", Identifier{s.LocationType, s.Location}, "")
			}
			e.some("storageMedium", s.Medium)
		})
	}
	for _, r := range o.Relationships {
		e.in("relationship", func() {
			e.text("relationshipType", r.Type)
			e.text("relationshipSubType", r.SubType)
			e.ids("relatedObjectIdentifier", r.Objects)
			e.ids("relatedEventIdentifier", r.Events)
		})
	}
	e.ids("linkingEventIdentifier", o.Events)
	e.ids("linkingRightsStatementIdentifier", o.Rights)
	e.depth--
	e.indent()
	e.raw("</premis:object>\n")
}

func (e *encoder) characteristics(o *Object) {
	for _, f := range o.Fixity {
		e.in("fixity", func() {
			e.text("messageDigestAlgorithm", f.Algorithm)
			e.text("messageDigest", f.Digest)
			e.some("messageDigestOriginator", f.Originator)
		})
	}
	if o.Size != UnknownSize {
		e.text("size", strconv.FormatInt(o.Size, 10))
	}
	for _, f := range o.Formats {
		e.in("format", func() { e.format(&f) })
	}
}

func (e *encoder) format(f *Format) {
	if f.Name != "" {
		e.in("formatDesignation", func() {
			e.text("formatName", f.Name)
			e.some("formatVersion", f.Version)
		})
	}
	if f.Key != "" {
		e.in("formatRegistry", func() {
			e.text("formatRegistryName", f.Registry)
			e.text("formatRegistryKey", f.Key)
			e.some("formatRegistryRole", f.Role)
		})
	}
	e.texts("formatNote", f.Notes)
}

func (e *encoder) event(x *Event) {
	e.in("event", func() {
		e.ids("eventIdentifier", []Identifier{x.ID})
		e.term("eventType", eventTypes, string(x.Type))
		e.text("eventDateTime", string(x.At))
		if x.Detail != "" {
			e.in("eventDetailInformation", func() { e.text("eventDetail", x.Detail) })
		}
		for _, o := range x.Outcomes {
			e.in("eventOutcomeInformation", func() {
				e.some("eventOutcome", o.Outcome)
				for _, n := range o.Notes {
					e.in("eventOutcomeDetail", func() { e.text("eventOutcomeDetailNote", n) })
				}
			})
		}
		e.links("linkingAgentIdentifier", "linkingAgentRole", x.Agents)
		e.links("linkingObjectIdentifier", "linkingObjectRole", x.Objects)
	})
}

func (e *encoder) agent(x *Agent) {
	e.in("agent", func() {
		e.ids("agentIdentifier", x.IDs)
		e.texts("agentName", x.Names)
		if x.Type != "" {
			e.term("agentType", agentTypes, string(x.Type))
		}
		e.some("agentVersion", x.Version)
		e.texts("agentNote", x.Notes)
		e.ids("linkingEventIdentifier", x.Events)
		e.ids("linkingRightsStatementIdentifier", x.Rights)
	})
}

func (e *encoder) rights(x *Rights) {
	e.in("rights", func() {
		e.in("rightsStatement", func() {
			e.ids("rightsStatementIdentifier", []Identifier{x.ID})
			e.text("rightsBasis", x.Basis)
			e.grounds(x)
			for _, g := range x.Granted {
				e.in("rightsGranted", func() {
					e.text("act", g.Act)
					e.texts("restriction", g.Restrictions)
					e.period("termOfGrant", g.Term)
					e.period("termOfRestriction", g.Restricted)
					e.texts("rightsGrantedNote", g.Notes)
				})
			}
			e.links("linkingObjectIdentifier", "linkingObjectRole", x.Objects)
			e.links("linkingAgentIdentifier", "linkingAgentRole", x.Agents)
		})
	})
}

func (e *encoder) grounds(r *Rights) {
	if x := r.Copyright; x != nil {
		e.in("copyrightInformation", func() {
			e.text("copyrightStatus", x.Status)
			e.text("copyrightJurisdiction", x.Jurisdiction)
			e.some("copyrightStatusDeterminationDate", string(x.Determined))
			e.texts("copyrightNote", x.Notes)
			e.period("copyrightApplicableDates", x.Applies)
		})
	}
	if x := r.License; x != nil {
		e.in("licenseInformation", func() {
			e.links("licenseDocumentationIdentifier", "licenseDocumentationRole", x.Documents)
			e.some("licenseTerms", x.Terms)
			e.texts("licenseNote", x.Notes)
			e.period("licenseApplicableDates", x.Applies)
		})
	}
	for _, x := range r.Statutes {
		e.in("statuteInformation", func() {
			e.text("statuteJurisdiction", x.Jurisdiction)
			e.text("statuteCitation", x.Citation)
			e.some("statuteInformationDeterminationDate", string(x.Determined))
			e.texts("statuteNote", x.Notes)
			e.links("statuteDocumentationIdentifier", "statuteDocumentationRole", x.Documents)
			e.period("statuteApplicableDates", x.Applies)
		})
	}
	if x := r.Other; x != nil {
		e.in("otherRightsInformation", func() {
			e.links("otherRightsDocumentationIdentifier", "otherRightsDocumentationRole", x.Documents)
			e.text("otherRightsBasis", x.Basis)
			e.period("otherRightsApplicableDates", x.Applies)
			e.texts("otherRightsNote", x.Notes)
		})
	}
}

func (e *encoder) period(name string, p Period) {
	if p == (Period{}) {
		return
	}
	e.in(name, func() {
		e.text("startDate", string(p.Start))
		e.some("endDate", string(p.End))
	})
}
