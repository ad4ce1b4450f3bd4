package premis

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
)

// Limits bound what one document may cost. A zero field takes its default.
type Limits struct {
	Bytes    int64 // of the document; 256 MiB
	Entities int   // objects, events, agents and rights together; 1,000,000
	Depth    int   // elements within elements; 32
	Faults   int   // listed in a report, and as many warnings; 1,000
}

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
	}
	if l.Entities <= 0 {
		l.Entities = 1_000_000
	}
	if l.Depth <= 0 {
		l.Depth = 32
	}
	if l.Faults <= 0 {
		l.Faults = 1000
	}
	return l
}

// Decode reads a document and judges it as Check does. It takes elements in any order and
// with any prefix; what it does not know it counts (the warning Ignored). A document that
// is no XML, or passes a limit, is read up to there; the report says so.
//
// The error is only that of r.
func Decode(r io.Reader, l Limits) (*Document, *Report, error) {
	l = l.withDefaults()
	d := &decoder{
		x:       boundedxml.New(r, boundedxml.Limits{Bytes: l.Bytes, Depth: l.Depth}),
		limits:  l,
		found:   &findings{most: l.Faults},
		ignored: map[string]int{},
	}
	complete, err := d.document()
	if err != nil && !d.explain(err) {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(d.ignored)) {
		d.found.bad("premis", Ignored, "unit", show(name), "count", d.ignored[name])
	}
	if complete { // of half a document the rest would only repeat what is said
		d.doc.check(d.found)
	}
	return &d.doc, d.found.report(), nil
}

type decoder struct {
	x       *boundedxml.Reader
	limits  Limits
	doc     Document
	found   *findings
	ignored map[string]int // name of an element that is not kept → how often
}

// explain turns the reader's refusal into a finding, and says whether it was one.
func (d *decoder) explain(err error) bool {
	var e *boundedxml.Error
	if !errors.As(err, &e) {
		return false
	}
	switch {
	case errors.Is(e, boundedxml.ErrDoctype):
		d.found.bad("premis", Doctype, "line", e.Line)
	case errors.Is(e, boundedxml.ErrBytes):
		d.found.bad("premis", TooBig, "line", e.Line, "limit", d.limits.Bytes)
	case errors.Is(e, boundedxml.ErrDepth), errors.Is(e, boundedxml.ErrAttrs):
		d.found.bad("premis", TooDeep, "line", e.Line)
	case errors.Is(e, boundedxml.ErrElements):
		d.found.bad("premis", TooMany, "line", e.Line, "limit", d.limits.Entities)
	default:
		d.found.bad("premis", NotXML, "line", e.Line)
	}
	return true
}

// document reads to the end; complete says that it came there.
func (d *decoder) document() (complete bool, err error) {
	root, err := d.x.Root()
	if err != nil {
		return false, err
	}
	if root.Name.Local != "premis" || root.Name.Space != Namespace {
		d.found.bad("premis", NotPREMIS, "name", show(strings.TrimSpace(root.Name.Space+" "+root.Name.Local)))
		return false, nil
	}
	if v, _ := root.Get("", "version"); v != version {
		d.found.bad("premis", WrongVersion, "version", show(v))
	}
	for n := 0; ; n++ {
		node, err := d.x.Next()
		if err != nil {
			return false, err
		}
		if node == nil {
			return true, d.x.End()
		}
		if n == d.limits.Entities {
			d.found.bad("premis", TooMany, "line", node.Line, "limit", d.limits.Entities)
			return false, nil
		}
		if err := d.x.Fill(node); err != nil {
			return false, err
		}
		d.entity(node)
	}
}

func (d *decoder) entity(n *boundedxml.Node) {
	e := &element{Node: n, d: d}
	defer e.close()
	if n.Name.Space != Namespace {
		e.foreign = true
		return
	}
	switch n.Name.Local {
	case "object":
		d.doc.Objects = append(d.doc.Objects, d.object(e))
	case "event":
		d.doc.Events = append(d.doc.Events, d.event(e))
	case "agent":
		d.doc.Agents = append(d.doc.Agents, d.agent(e))
	case "rights":
		if len(n.Children) == 0 {
			d.found.bad("premis", Hollow, "line", n.Line, "unit", "rights")
		}
		for _, s := range e.all("rightsStatement") {
			d.doc.Rights = append(d.doc.Rights, d.rights(s))
		}
	default:
		e.foreign = true
	}
}

func (d *decoder) object(e *element) Object {
	kind, _ := e.Get(xsiNamespace, "type")
	if _, local, ok := strings.Cut(kind, ":"); ok {
		kind = local
	}
	o := Object{IDs: e.ids("objectIdentifier"), Category: Category(kind)}
	if o.Category.stored() {
		o.Size = UnknownSize
	}
	for _, c := range e.all("objectCharacteristics") {
		d.characteristics(c, &o, place("object", len(d.doc.Objects), o.IDs...))
	}
	o.OriginalName = e.text("originalName")
	for _, s := range e.all("storage") {
		var out Storage
		for _, l := range s.hold(s.one("contentLocation")) {
			at := l.pair("contentLocation")
			out.LocationType, out.Location = at.Type, at.Value
		}
		out.Medium = s.text("storageMedium")
		o.Storage = append(o.Storage, out)
	}
	for _, r := range e.all("relationship") {
		o.Relationships = append(o.Relationships, Relationship{
			r.text("relationshipType"), r.text("relationshipSubType"), r.ids("relatedObjectIdentifier"), r.ids("relatedEventIdentifier"),
		})
	}
	o.Events = e.ids("linkingEventIdentifier")
	o.Rights = e.ids("linkingRightsStatementIdentifier")
	return o
}

func (d *decoder) characteristics(e *element, o *Object, where string) {
	for _, f := range e.all("fixity") {
		o.Fixity = append(o.Fixity, Fixity{f.text("messageDigestAlgorithm"), f.token("messageDigest"), f.text("messageDigestOriginator")})
	}
	for _, c := range e.one("size") {
		size := strings.TrimSpace(c.Text)
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil || n < 0 {
			d.found.bad(where, BadSize, "size", show(size))
			n = UnknownSize
		}
		o.Size = n
	}
	for _, f := range e.all("format") {
		var out Format
		for _, x := range f.hold(f.one("formatDesignation")) {
			out.Name, out.Version = x.text("formatName"), x.text("formatVersion")
		}
		for _, x := range f.hold(f.one("formatRegistry")) {
			out.Registry, out.Key, out.Role = x.text("formatRegistryName"), x.token("formatRegistryKey"), x.text("formatRegistryRole")
		}
		out.Notes = f.texts("formatNote")
		o.Formats = append(o.Formats, out)
	}
}

func (d *decoder) event(e *element) Event {
	x := Event{Type: EventType(e.term("eventType", eventTypes)), At: e.date("eventDateTime")}
	for _, c := range e.one("eventIdentifier") {
		x.ID = c.pair("eventIdentifier")
	}
	var details []string
	for _, c := range e.all("eventDetailInformation") {
		details = append(details, c.lone("eventDetail")...)
	}
	x.Detail = strings.Join(details, "\n")
	for _, c := range e.all("eventOutcomeInformation") {
		o := Outcome{Outcome: c.text("eventOutcome")}
		for _, n := range c.hold(c.all("eventOutcomeDetail")) {
			o.Notes = append(o.Notes, n.lone("eventOutcomeDetailNote")...)
		}
		x.Outcomes = append(x.Outcomes, o)
	}
	x.Agents = e.links("linkingAgentIdentifier", "linkingAgentRole")
	x.Objects = e.links("linkingObjectIdentifier", "linkingObjectRole")
	return x
}

func (d *decoder) agent(e *element) Agent {
	return Agent{
		IDs: e.ids("agentIdentifier"), Names: e.texts("agentName"), Type: AgentType(e.term("agentType", agentTypes)),
		Version: e.text("agentVersion"), Notes: e.texts("agentNote"),
		Events: e.ids("linkingEventIdentifier"), Rights: e.ids("linkingRightsStatementIdentifier"),
	}
}

func (d *decoder) rights(e *element) Rights {
	x := Rights{Basis: e.text("rightsBasis")}
	for _, c := range e.one("rightsStatementIdentifier") {
		x.ID = c.pair("rightsStatementIdentifier")
	}
	for _, c := range e.one("copyrightInformation") {
		x.Copyright = &Copyright{
			c.text("copyrightStatus"), c.text("copyrightJurisdiction"), c.date("copyrightStatusDeterminationDate"),
			c.texts("copyrightNote"), c.period("copyrightApplicableDates"),
		}
	}
	for _, c := range e.one("licenseInformation") {
		x.License = &License{
			c.links("licenseDocumentationIdentifier", "licenseDocumentationRole"), c.text("licenseTerms"),
			c.texts("licenseNote"), c.period("licenseApplicableDates"),
		}
	}
	for _, c := range e.all("statuteInformation") {
		x.Statutes = append(x.Statutes, Statute{
			c.text("statuteJurisdiction"), c.text("statuteCitation"), c.date("statuteInformationDeterminationDate"), c.texts("statuteNote"),
			c.links("statuteDocumentationIdentifier", "statuteDocumentationRole"), c.period("statuteApplicableDates"),
		})
	}
	for _, c := range e.one("otherRightsInformation") {
		x.Other = &OtherRights{
			c.links("otherRightsDocumentationIdentifier", "otherRightsDocumentationRole"), c.text("otherRightsBasis"),
			c.period("otherRightsApplicableDates"), c.texts("otherRightsNote"),
		}
	}
	for _, c := range e.all("rightsGranted") {
		x.Granted = append(x.Granted, Grant{
			c.text("act"), c.texts("restriction"), c.period("termOfGrant"), c.period("termOfRestriction"), c.texts("rightsGrantedNote"),
		})
	}
	x.Objects = e.links("linkingObjectIdentifier", "linkingObjectRole")
	x.Agents = e.links("linkingAgentIdentifier", "linkingAgentRole")
	return x
}
