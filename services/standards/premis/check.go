package premis

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
)

// Check judges a document: each entity by itself, identifiers that stand twice, and links
// that lead nowhere in it.
func Check(d *Document) *Report {
	found := &findings{most: Limits{}.withDefaults().Faults}
	d.check(found)
	return found.report()
}

// check puts what is wrong among the findings.
func (d *Document) check(found *findings) {
	if len(d.Objects) == 0 {
		found.bad("premis", NoObject)
	}
	for i := range d.Objects {
		(&checker{found, place("object", i, d.Objects[i].IDs...)}).object(&d.Objects[i])
	}
	for i := range d.Events {
		(&checker{found, place("event", i, d.Events[i].ID)}).event(&d.Events[i])
	}
	for i := range d.Agents {
		(&checker{found, place("agent", i, d.Agents[i].IDs...)}).agent(&d.Agents[i])
	}
	for i := range d.Rights {
		(&checker{found, place("rights", i, d.Rights[i].ID)}).rights(&d.Rights[i])
	}
	d.links(found)
}

// place names an entity as a person finds it: by its number in the document and its first
// identifier.
func place(kind string, i int, ids ...Identifier) string {
	where := fmt.Sprintf("%s[%d]", kind, i+1)
	if len(ids) > 0 && ids[0].Value != "" {
		where += " " + show(ids[0].String())
	}
	return where
}

// checker judges one entity. Its units are named as the dictionary names them.
type checker struct {
	*findings
	where string
}

func (c *checker) say(r *Rule, args ...any) { c.bad(c.where, r, args...) }

// texts sees to it that every text can be written as XML.
func (c *checker) texts(unit string, texts ...string) {
	for _, t := range texts {
		if !boundedxml.Allowed(t) {
			c.say(BadText, "unit", unit)
		}
	}
}

func (c *checker) identifiers(unit string, ids ...Identifier) {
	if len(ids) == 0 {
		c.say(NoIdentifier, "unit", unit)
	}
	for _, id := range ids {
		if id.Type == "" || id.Value == "" {
			c.say(NoIdentifier, "unit", unit)
		}
		c.texts(unit+"Identifier", id.Type, id.Value)
	}
}

func (c *checker) pointers(unit string, ids ...Identifier) {
	for _, id := range ids {
		if id.Type == "" || id.Value == "" {
			c.say(HalfLink, "unit", unit)
		}
		c.texts(unit, id.Type, id.Value)
	}
}

func (c *checker) roles(unit string, links []Link) {
	for _, l := range links {
		c.pointers(unit, l.Identifier)
		c.texts(unit, l.Roles...)
		if slices.Contains(l.Roles, "") {
			c.say(HalfLink, "unit", unit)
		}
	}
}

func (c *checker) date(unit string, d Date) {
	if d != "" && !d.Valid() {
		c.say(BadDate, "unit", unit, "value", show(string(d)))
	}
}

func (c *checker) period(unit string, p Period) {
	c.date(unit, p.Start)
	c.date(unit, p.End)
	from, ok := p.Start.Time()
	to, ok2 := p.End.Time()
	if p.Start == "" && p.End != "" || ok && ok2 && to.Before(from) || sameForm(p) && p.End < p.Start {
		c.say(OpenPeriod, "unit", unit)
	}
}

// sameForm says whether both ends are plain dates of the same length, which compare as
// text.
func sameForm(p Period) bool {
	plain := func(d Date) bool { return len(d) <= len(time.DateOnly) && d.Valid() && d[0] >= '0' && d[0] <= '9' }
	return len(p.Start) == len(p.End) && plain(p.Start) && plain(p.End)
}

func (c *checker) object(o *Object) {
	c.identifiers("object", o.IDs...)
	if !slices.Contains(categories, o.Category) {
		c.say(BadCategory, "category", show(string(o.Category)))
		return
	}
	misplaced := func(unit string) { c.say(Misplaced, "category", o.Category, "unit", unit) }
	if o.Category.stored() {
		c.characteristics(o)
	} else if len(o.Fixity) > 0 || o.Size != 0 || len(o.Formats) > 0 {
		misplaced("objectCharacteristics")
	}
	if o.Category == Bitstream && o.OriginalName != "" {
		misplaced("originalName")
	}
	if o.Category == IntellectualEntity && len(o.Storage) > 0 {
		misplaced("storage")
	}
	c.texts("originalName", o.OriginalName)
	for _, s := range o.Storage {
		c.texts("storage", s.LocationType, s.Location, s.Medium)
		if (s.LocationType == "") != (s.Location == "") || s.Location == "" && s.Medium == "" {
			c.say(HalfStorage)
		}
	}
	for _, r := range o.Relationships {
		c.texts("relationship", r.Type, r.SubType)
		if r.Type == "" || r.SubType == "" || len(r.Objects) == 0 {
			c.say(HalfRelationship)
		}
		c.pointers("relatedObjectIdentifier", r.Objects...)
		c.pointers("relatedEventIdentifier", r.Events...)
	}
	c.pointers("linkingEventIdentifier", o.Events...)
	c.pointers("linkingRightsStatementIdentifier", o.Rights...)
}

var puid = regexp.MustCompile(`^(x-)?(fmt|sfw)/[1-9][0-9]{0,5}$`)

func (c *checker) characteristics(o *Object) {
	if o.Category == File && len(o.Fixity) == 0 {
		c.say(NoFixity)
	}
	for _, f := range o.Fixity {
		c.texts("fixity", f.Algorithm, f.Digest, f.Originator)
		if f.Algorithm == "" || f.Digest == "" || strings.TrimSpace(f.Digest) != f.Digest {
			c.say(HalfFixity)
		} else if digits := digestLength[digestKey(f.Algorithm)]; digits > 0 && !isHex(f.Digest, digits) {
			c.say(BadDigest, "algorithm", show(f.Algorithm), "digest", show(f.Digest), "digits", digits)
		}
	}
	if o.Size < UnknownSize {
		c.say(BadSize, "size", o.Size)
	}
	if len(o.Formats) == 0 {
		c.say(NoFormat)
	}
	for _, f := range o.Formats {
		c.texts("format", append([]string{f.Name, f.Version, f.Registry, f.Key, f.Role}, f.Notes...)...)
		switch {
		case f.Name == "" && (f.Key == "" || f.Version != ""), (f.Registry == "") != (f.Key == ""), f.Role != "" && f.Key == "", strings.TrimSpace(f.Key) != f.Key:
			c.say(HalfFormat)
		case strings.EqualFold(f.Registry, PRONOM) && !puid.MatchString(f.Key):
			c.say(BadPUID, "key", show(f.Key))
		}
	}
}

func isHex(s string, length int) bool {
	return len(s) == length && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F')
	}) < 0
}

func (c *checker) event(e *Event) {
	c.identifiers("event", e.ID)
	switch {
	case e.Type == "":
		c.say(NoEventType)
	case !eventTypes.knows(string(e.Type)):
		c.say(OtherEventType, "type", show(string(e.Type)))
	}
	if e.At == "" {
		c.say(NoEventDate)
	}
	c.date("eventDateTime", e.At)
	c.texts("event", string(e.Type), e.Detail)
	for _, o := range e.Outcomes {
		c.texts("eventOutcomeInformation", append([]string{o.Outcome}, o.Notes...)...)
		if o.Outcome == "" && len(o.Notes) == 0 || slices.Contains(o.Notes, "") {
			c.say(EmptyOutcome)
		}
	}
	c.roles("linkingAgentIdentifier", e.Agents)
	c.roles("linkingObjectIdentifier", e.Objects)
}

func (c *checker) agent(a *Agent) {
	c.identifiers("agent", a.IDs...)
	if len(a.Names) == 0 {
		c.say(NoAgentName)
	}
	if a.Type != "" && !agentTypes.knows(string(a.Type)) {
		c.say(OtherAgentType, "type", show(string(a.Type)))
	}
	c.texts("agent", append(append([]string{string(a.Type), a.Version}, a.Names...), a.Notes...)...)
	c.pointers("linkingEventIdentifier", a.Events...)
	c.pointers("linkingRightsStatementIdentifier", a.Rights...)
}

func (c *checker) rights(r *Rights) {
	c.identifiers("rightsStatement", r.ID)
	c.texts("rightsBasis", r.Basis)
	if r.Basis == "" {
		c.say(NoBasis)
	}
	said := map[string]bool{
		RightsCopyright: r.Copyright != nil, RightsLicense: r.License != nil,
		RightsStatute: len(r.Statutes) > 0, RightsOther: r.Other != nil,
	}
	if given, ours := said[strings.ToLower(r.Basis)]; ours && !given {
		c.say(BasisWithout, "basis", strings.ToLower(r.Basis))
	}
	if x := r.Copyright; x != nil {
		c.part("copyrightInformation", "copyrightStatus", x.Status)
		c.part("copyrightInformation", "copyrightJurisdiction", x.Jurisdiction)
		c.date("copyrightStatusDeterminationDate", x.Determined)
		c.terms("copyrightInformation", nil, x.Notes, x.Applies)
	}
	if x := r.License; x != nil {
		if len(x.Documents) == 0 {
			c.part("licenseInformation", "licenseTerms", x.Terms)
		}
		c.texts("licenseTerms", x.Terms)
		c.terms("licenseInformation", x.Documents, x.Notes, x.Applies)
	}
	for _, x := range r.Statutes {
		c.part("statuteInformation", "statuteJurisdiction", x.Jurisdiction)
		c.part("statuteInformation", "statuteCitation", x.Citation)
		c.date("statuteInformationDeterminationDate", x.Determined)
		c.terms("statuteInformation", x.Documents, x.Notes, x.Applies)
	}
	if x := r.Other; x != nil {
		c.part("otherRightsInformation", "otherRightsBasis", x.Basis)
		c.terms("otherRightsInformation", x.Documents, x.Notes, x.Applies)
	}
	for _, g := range r.Granted {
		c.part("rightsGranted", "act", g.Act)
		c.texts("rightsGranted", append(slices.Clone(g.Restrictions), g.Notes...)...)
		c.period("termOfGrant", g.Term)
		c.period("termOfRestriction", g.Restricted)
	}
	c.roles("linkingObjectIdentifier", r.Objects)
	c.roles("linkingAgentIdentifier", r.Agents)
}

// part judges a text that must be there.
func (c *checker) part(unit, part, text string) {
	if text == "" {
		c.say(HalfRights, "unit", unit, "part", part)
	}
	c.texts(part, text)
}

// terms judges what the four kinds of rights information have in common.
func (c *checker) terms(unit string, documents []Link, notes []string, applies Period) {
	for _, d := range documents {
		c.pointers(unit, d.Identifier)
		c.texts(unit, d.Roles...)
		if len(d.Roles) > 1 || slices.Contains(d.Roles, "") {
			c.say(HalfRights, "unit", unit, "part", "documentationRole")
		}
	}
	c.texts(unit, notes...)
	c.period(unit, applies)
}

// links judges identifiers across the document. An identifier that another document
// describes is no mistake, only worth a warning.
func (d *Document) links(found *findings) {
	objects, events, agents, rights := index{}, index{}, index{}, index{}
	for i, o := range d.Objects {
		objects.add(found, place("object", i, o.IDs...), o.IDs...)
	}
	for i, e := range d.Events {
		events.add(found, place("event", i, e.ID), e.ID)
	}
	for i, a := range d.Agents {
		agents.add(found, place("agent", i, a.IDs...), a.IDs...)
	}
	for i, r := range d.Rights {
		rights.add(found, place("rights", i, r.ID), r.ID)
	}
	for i, o := range d.Objects {
		where := place("object", i, o.IDs...)
		for _, r := range o.Relationships {
			objects.want(found, where, "relatedObjectIdentifier", r.Objects...)
			events.want(found, where, "relatedEventIdentifier", r.Events...)
		}
		events.want(found, where, "linkingEventIdentifier", o.Events...)
		rights.want(found, where, "linkingRightsStatementIdentifier", o.Rights...)
	}
	for i, e := range d.Events {
		where := place("event", i, e.ID)
		agents.wantLinks(found, where, "linkingAgentIdentifier", e.Agents)
		objects.wantLinks(found, where, "linkingObjectIdentifier", e.Objects)
	}
	for i, a := range d.Agents {
		where := place("agent", i, a.IDs...)
		events.want(found, where, "linkingEventIdentifier", a.Events...)
		rights.want(found, where, "linkingRightsStatementIdentifier", a.Rights...)
	}
	for i, r := range d.Rights {
		where := place("rights", i, r.ID)
		objects.wantLinks(found, where, "linkingObjectIdentifier", r.Objects)
		agents.wantLinks(found, where, "linkingAgentIdentifier", r.Agents)
	}
}

// index is the set of identifiers of one kind of entity.
type index map[Identifier]bool

func (x index) add(found *findings, where string, ids ...Identifier) {
	for _, id := range ids {
		if x[id] && id.Value != "" {
			found.bad(where, RepeatedIdentifier, "id", show(id.String()))
		}
		x[id] = true
	}
}

func (x index) want(found *findings, where, unit string, ids ...Identifier) {
	for _, id := range ids {
		if !x[id] {
			found.bad(where, UnknownLink, "unit", unit, "id", show(id.String()))
		}
	}
}

func (x index) wantLinks(found *findings, where, unit string, links []Link) {
	for _, l := range links {
		x.want(found, where, unit, l.Identifier)
	}
}
