package eark

import (
	"path"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
)

// divisions are the parts of the structural map, by what they stand for.
type divisions struct {
	metadata, documentation, schemas, records, pointers []*boundedxml.Node
}

// sortDivisions tells divisions by their labels. A label in other capital letters is
// taken for what it means, so that the mistake is named once and where it is.
func sortDivisions(all []*boundedxml.Node) divisions {
	var d divisions
	for _, n := range all {
		label, _ := n.Get("", "LABEL")
		_, adm := n.Get("", "ADMID")
		_, dmd := n.Get("", "DMDID")
		switch {
		case n.Child("mptr") != nil, strings.HasPrefix(label, "Representations/") && len(pointersIn(n)) == 0:
			d.pointers = append(d.pointers, n)
		case strings.EqualFold(label, "Documentation"):
			d.documentation = append(d.documentation, n)
		case strings.EqualFold(label, "Schemas"):
			d.schemas = append(d.schemas, n)
		case strings.EqualFold(label, "Representations"), strings.HasPrefix(label, "Representations/"):
			d.records = append(d.records, n)
		case strings.EqualFold(label, "Metadata"), adm, dmd:
			d.metadata = append(d.metadata, n)
		}
	}
	return d
}

// pointersIn are the file pointers in a division and in those below it.
func pointersIn(n *boundedxml.Node) []*boundedxml.Node {
	all := n.All("fptr")
	for _, below := range n.All("div") {
		all = append(all, pointersIn(below)...)
	}
	return all
}

// structuralMap judges structMap (CSIP 5.3.6).
func (m *metsFile) structuralMap() {
	switch {
	case m.structMaps == 0:
		m.bad(show(m.path), CSIP80)
		return
	case len(m.maps) != 1:
		m.bad(show(m.path), CSIP82)
	}
	for _, n := range m.maps {
		m.value(n, "", "TYPE", "PHYSICAL", CSIP81)
		m.id(n, CSIP83)
		all := n.All("div")
		if len(all) != 1 {
			m.bad(m.at(n), CSIP84)
		}
		for _, whole := range all {
			m.id(whole, CSIP85)
			m.divisions(whole)
		}
	}
}

func (m *metsFile) divisions(whole *boundedxml.Node) {
	d := sortDivisions(whole.All("div"))
	if len(d.metadata) != 1 {
		m.bad(m.at(whole), CSIP88)
	}
	for _, n := range d.metadata {
		m.id(n, CSIP89)
		m.value(n, "", "LABEL", "Metadata", CSIP90)
		m.namesAll(n, "ADMID", m.amds, m.amdIDs, CSIP91)
		m.namesAll(n, "DMDID", m.dmds, m.dmdIDs, CSIP92)
	}
	pointed := m.pointers(d.pointers)
	m.contents(whole, d.documentation, documentationDiv, nil)
	m.contents(whole, d.schemas, schemasDiv, nil)
	m.contents(whole, d.records, representationDiv, pointed)
}

// namesAll judges that a division names every current section, by itself or by the
// amdSec around it, and nothing that is none.
func (m *metsFile) namesAll(n *boundedxml.Node, attr string, all []section, ids map[string]bool, r *Rule) {
	text, _ := n.Get("", attr)
	named, wrong := map[string]bool{}, false
	for id := range strings.FieldsSeq(text) {
		named[id] = true
		wrong = wrong || !ids[id]
	}
	for _, s := range all {
		wrong = wrong || s.current && !named[s.id] && (s.parent == "" || !named[s.parent])
	}
	if wrong {
		m.bad(m.at(n), r)
	}
}

// contents judges the divisions that stand for the file groups of one use. Groups in
// pointed are stood for by the division of their representation.
func (m *metsFile) contents(whole *boundedxml.Node, all []*boundedxml.Node, r divisionRules, pointed map[string]bool) {
	var wanted []string
	own, known := map[string]bool{}, map[string]bool{}
	for _, g := range m.groups {
		known[g.id] = true
		if g.kind != r.name {
			continue
		}
		own[g.id] = true
		if !pointed[g.id] && !(g.pointers && r.name == "Representations") {
			wanted = append(wanted, g.id)
		}
	}
	if len(all) == 0 && len(wanted) > 0 || len(all) > 1 && r.name != "Representations" {
		m.bad(m.at(whole), r.there)
	}
	if len(all) == 0 {
		return
	}
	named := map[string]bool{} // anywhere in the map: a representation may keep its own schemas
	for _, f := range pointersIn(whole) {
		id, _ := f.Get("", "FILEID")
		named[id] = true
	}
	for _, n := range all {
		m.id(n, r.id)
		if label, _ := n.Get("", "LABEL"); !strings.HasPrefix(label, "Representations/") {
			m.value(n, "", "LABEL", r.name, r.label)
		}
		m.leads(n.All("fptr"), own, r.fileID)
		for _, part := range n.All("div") { // the parts of a representation, of any use
			m.leads(pointersIn(part), known, r.fileID)
		}
	}
	if slices.ContainsFunc(wanted, func(id string) bool { return !named[id] }) {
		m.bad(m.at(all[0]), r.all)
	}
}

// leads judges that file pointers name one of those groups.
func (m *metsFile) leads(all []*boundedxml.Node, to map[string]bool, r *Rule) {
	for _, f := range all {
		if id, _ := f.Get("", "FILEID"); !to[id] {
			m.bad(m.at(f), r)
		}
	}
}

// pointers judges the divisions that lead to the METS files of representations, and gives
// the file groups that they name.
func (m *metsFile) pointers(all []*boundedxml.Node) map[string]bool {
	pointed, reached, known := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, g := range m.groups {
		known[g.id] = true
	}
	for _, n := range all {
		m.id(n, CSIP106)
		to := n.All("mptr")
		if len(to) != 1 {
			m.bad(m.at(n), pointer.there)
		}
		for _, p := range to {
			title, _ := p.Get(xlinkNamespace, "title")
			if title == "" || !known[title] {
				m.bad(m.at(p), CSIP108)
			}
			pointed[title] = true
			file := m.follow(p, pointer)
			if !isPointer(file) {
				continue
			}
			reached[file] = true
			want := "Representations/" + path.Base(path.Dir(file))
			if label, _ := n.Get("", "LABEL"); label != want {
				m.bad(m.at(n), CSIP107, "expected", show(want), "found", show(label))
			}
		}
	}
	if m.representation != "" {
		return pointed
	}
	for _, name := range m.packaged {
		if file := path.Join("representations", name, metsName); m.has(file) && !reached[file] {
			m.bad(show(file), CSIP105)
		}
	}
	return pointed
}
