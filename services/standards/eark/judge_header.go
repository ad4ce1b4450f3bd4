package eark

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
)

// rootElement judges the attributes of mets (CSIP 5.3.1).
func (m *metsFile) rootElement(n *boundedxml.Node) {
	id := m.present(n, "", "OBJID", CSIP1)
	kind := m.present(n, "", "TYPE", CSIP2)
	other, _ := n.Get(csipNamespace, "OTHERTYPE")
	if m.other(n, other, strings.EqualFold(kind, "OTHER"), CSIP3) {
		kind = other
	}
	content := m.present(n, csipNamespace, "CONTENTINFORMATIONTYPE", CSIP4)
	own, _ := n.Get(csipNamespace, "OTHERCONTENTINFORMATIONTYPE")
	if m.other(n, own, content == "OTHER", CSIP5) {
		content = own
	}
	m.profile = m.present(n, "", "PROFILE", CSIP6)
	if m.representation != "" {
		all := m.report.Package.Representations
		all[len(all)-1].ID = id
		if id != "" && mapped(id) != mapped(m.representation) {
			m.bad(m.at(n), OtherName, "found", show(id), "expected", show(m.representation))
		}
		return
	}
	p := &m.report.Package
	p.ID, p.Type, p.ContentType, p.Profile = id, kind, content, m.profile
	p.Label, _ = n.Get("", "LABEL")
}

// other judges a word of one's own, which stands where the word of the list is OTHER and
// nowhere else. It says whether that word is the one that counts.
func (m *metsFile) other(n *boundedxml.Node, word string, wanted bool, r *Rule) bool {
	given := strings.TrimSpace(word) != ""
	if given != wanted {
		m.bad(m.at(n), r)
	}
	return given && wanted
}

var packageTypes = []string{"SIP", "AIP", "DIP", "AIU", "AIC"}

// header judges metsHdr (CSIP 5.3.2).
func (m *metsFile) header(n *boundedxml.Node) {
	if m.headers++; m.headers > 1 {
		m.bad(m.at(n), CSIP117)
	}
	made, created := m.moment(n, "CREATEDATE", CSIP7)
	if m.toCome(made) {
		m.bad(m.at(n), CSIP7)
	}
	modified := ""
	if _, there := n.Get("", "LASTMODDATE"); there {
		last, text := m.moment(n, "LASTMODDATE", CSIP8)
		if modified = text; !last.IsZero() && (last.Before(made) || m.toCome(last)) {
			m.bad(m.at(n), CSIP8)
		}
	}
	m.oais, _ = n.Get(csipNamespace, "OAISPACKAGETYPE")
	if !slices.Contains(packageTypes, m.oais) {
		m.bad(m.at(n), CSIP9)
	}
	m.software(n)
	if m.representation != "" {
		return
	}
	p := &m.report.Package
	p.Created, p.Modified, p.OAISType = created, modified, m.oais
	p.Status, _ = n.Get("", "RECORDSTATUS")
	m.headerNode = n
	for _, a := range n.All("agent") {
		p.Agents = append(p.Agents, agentOf(a))
	}
	for _, id := range n.All("altRecordID") {
		kind, _ := id.Get("", "TYPE")
		p.OtherIDs = append(p.OtherIDs, OtherID{kind, strings.TrimSpace(id.Text)})
	}
}

func agentOf(n *boundedxml.Node) Agent {
	or := func(name string) string {
		v, _ := n.Get("", name)
		if other, _ := n.Get("", "OTHER"+name); v == "OTHER" && other != "" {
			return other
		}
		return v
	}
	a := Agent{Role: or("ROLE"), Type: or("TYPE"), Name: nameOf(n)}
	for _, note := range n.All("note") {
		a.Notes = append(a.Notes, strings.TrimSpace(note.Text))
	}
	return a
}

// nameOf is an agent's name.
func nameOf(agent *boundedxml.Node) string {
	if name := agent.Child("name"); name != nil {
		return strings.TrimSpace(name.Text)
	}
	return ""
}

func is(n *boundedxml.Node, name, value string) bool {
	v, _ := n.Get("", name)
	return v == value
}

// software judges the agent that must be there: the program that made the package. What
// is said is how far the nearest agent comes.
func (m *metsFile) software(header *boundedxml.Node) {
	nearest, missing := -1, CSIP10
	var agents []*boundedxml.Node
	for _, a := range header.All("agent") {
		switch n, lacks := program(a); {
		case lacks == nil:
			agents = append(agents, a)
		case n > nearest || n == nearest && lacks.ID < missing.ID:
			nearest, missing = n, lacks
		}
	}
	if len(agents) == 0 {
		m.bad(m.at(header), missing)
	}
	for _, a := range agents {
		if nameOf(a) == "" || len(a.All("name")) > 1 {
			m.bad(m.at(a), CSIP14)
		}
		notes := a.All("note")
		if len(notes) != 1 || strings.TrimSpace(notes[0].Text) == "" {
			m.bad(m.at(a), CSIP15)
			continue
		}
		m.value(notes[0], csipNamespace, "NOTETYPE", "SOFTWARE VERSION", CSIP16)
	}
}

// program says how many of its three words an agent has that a program which makes
// packages has, and the rule of the first that it lacks.
func program(a *boundedxml.Node) (has int, lacks *Rule) {
	for _, word := range []struct {
		rule        *Rule
		name, value string
	}{{CSIP13, "OTHERTYPE", "SOFTWARE"}, {CSIP12, "TYPE", "OTHER"}, {CSIP11, "ROLE", "CREATOR"}} {
		if is(a, word.name, word.value) {
			has++
		} else {
			lacks = word.rule
		}
	}
	return has, lacks
}

// toCome says whether a moment is later than any clock on Earth may stand, as far as the
// time is known. A moment without a zone may be fourteen hours off.
func (m *metsFile) toCome(t time.Time) bool {
	return !m.opts.Now.IsZero() && t.After(m.opts.Now.Add(24*time.Hour))
}

// isSIP says whether the package claims the profile of the SIP, or must be one. That it is
// of the OAIS type SIP is not enough: such a package may follow the common profile alone.
func (m *metsFile) isSIP() bool { return m.opts.SIP || strings.Contains(m.profile, "E-ARK-SIP") }

var (
	sipProfile = regexp.MustCompile(`^https?://earksip\.dilcis\.eu/profile/E-ARK-SIP(-v2-\d+-\d+)?\.xml$`)
	statuses   = []string{"", "NEW", "SUPPLEMENT", "REPLACEMENT", "TEST", "VERSION", "DELETE", "OTHER"}
	parties    = []string{"ORGANIZATION", "INDIVIDUAL"}
)

// submission judges what a SIP must be besides (SIP 5.3.1, 5.3.2).
func (m *metsFile) submission() {
	if !sipProfile.MatchString(m.profile) {
		m.bad(show(m.path), SIP2, "found", show(m.profile))
	}
	n := m.headerNode
	if n == nil {
		return // said already
	}
	if m.oais != "SIP" {
		m.bad(m.at(n), SIP4, "found", show(m.oais))
	}
	if s := m.report.Package.Status; !slices.Contains(statuses, s) {
		m.bad(m.at(n), SIP3, "found", show(s))
	}
	for _, id := range n.All("altRecordID") {
		for _, known := range otherIDs {
			if is(id, "TYPE", known.kind) && strings.TrimSpace(id.Text) == "" {
				m.bad(m.at(id), known.empty)
			}
		}
	}
	submitter := false
	for _, a := range n.All("agent") {
		switch {
		case is(a, "ROLE", "ARCHIVIST"):
			m.party(a, SIP11, SIP12, SIP14)
		case is(a, "ROLE", "PRESERVATION"):
			m.value(a, "", "TYPE", "ORGANIZATION", SIP28)
			m.party(a, nil, SIP29, SIP31)
		case is(a, "ROLE", "OTHER") && is(a, "OTHERROLE", "SUBMITTER"), is(a, "ROLE", "CREATOR") && !is(a, "TYPE", "OTHER") && !is(a, "TYPE", "INDIVIDUAL"):
			submitter = true
			m.party(a, SIP17, SIP18, SIP20)
		case is(a, "ROLE", "CREATOR") && is(a, "TYPE", "INDIVIDUAL"):
			// The submitter, or a contact person, whose notes are free.
			submitter = true
			m.party(a, nil, SIP24, nil)
		}
	}
	if !submitter {
		m.bad(m.at(n), SIP15)
	}
}

// party judges an agent that is a person or an organisation, by the rules for its type,
// name and note.
func (m *metsFile) party(a *boundedxml.Node, kind, name, note *Rule) {
	if v, _ := a.Get("", "TYPE"); kind != nil && !slices.Contains(parties, v) {
		m.bad(m.at(a), kind)
	}
	if nameOf(a) == "" {
		m.bad(m.at(a), name)
	}
	for _, n := range a.All("note") {
		if note != nil {
			m.value(n, csipNamespace, "NOTETYPE", "IDENTIFICATIONCODE", note)
		}
	}
}
