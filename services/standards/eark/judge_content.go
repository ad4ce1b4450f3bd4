package eark

import (
	"path"
	"strings"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
)

// sectionKind is a sort of metadata section with its rules.
type sectionKind struct {
	name             string // as in Metadata.Kind
	id, made, status *Rule  // made only where the section's own date is asked for
	ref              link
	folder           string
	misplaced        *Rule
}

var (
	descriptiveSection = sectionKind{"descriptive", CSIP18, CSIP19, CSIP20, descriptive, "metadata/descriptive/", STR7}
	provenanceSection  = sectionKind{"provenance", CSIP33, nil, CSIP34, provenance, "metadata/preservation/", STR6}
	rightsSection      = sectionKind{"rights", CSIP46, nil, CSIP47, rightsRefs, "", nil}
)

// administrative judges amdSec (CSIP 5.3.4).
func (m *metsFile) administrative(n *boundedxml.Node) error {
	id, _ := n.Get("", "ID")
	m.amdIDs[id] = true
	for {
		c, err := m.x.Next()
		if err != nil || c == nil {
			return err
		}
		own, _ := c.Get("", "ID")
		m.amdIDs[own] = true
		switch c.Name.Local {
		case "digiprovMD":
			err = m.section(c, id, provenanceSection)
		case "rightsMD":
			err = m.section(c, id, rightsSection)
		default:
			err = m.x.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// section judges a dmdSec, digiprovMD or rightsMD, which is open.
func (m *metsFile) section(n *boundedxml.Node, parent string, kind sectionKind) error {
	if err := m.hold(n); err != nil {
		return err
	}
	s := section{id: m.id(n, kind.id), parent: parent}
	if kind.made != nil {
		m.moment(n, "CREATED", kind.made)
	}
	status, _ := n.Get("", "STATUS")
	if status != "CURRENT" && status != "SUPERSEDED" {
		m.bad(m.at(n), kind.status)
	}
	s.current = status != "SUPERSEDED"
	if kind.name == "descriptive" {
		m.dmds = append(m.dmds, s)
		m.dmdIDs[s.id] = true
	} else {
		m.amds = append(m.amds, s)
	}
	refs := 0
	for {
		c, err := m.x.Next()
		if err != nil {
			return err
		}
		if c == nil {
			break
		}
		if err := m.x.Skip(); err != nil { // an mdRef is empty, anything else is not looked at
			return err
		}
		if c.Name.Local == "mdRef" {
			refs++
			m.metadata(c, kind, status)
		}
	}
	if refs == 0 {
		m.bad(m.at(n), kind.ref.there)
	}
	return nil
}

// metadata judges an mdRef.
func (m *metsFile) metadata(n *boundedxml.Node, kind sectionKind, status string) {
	r := m.promise(n, kind.ref)
	r.preserves = kind.name != "descriptive"
	mdType, _ := n.Get("", "MDTYPE")
	version, given := n.Get("", "MDTYPEVERSION")
	r.premis = mdType == "PREMIS" && (!given || strings.HasPrefix(version, "3"))
	p := m.follow(n, kind.ref)
	m.promises(p, r)
	created, _ := n.Get("", "CREATED")
	if m.listing {
		m.report.Package.Metadata = append(m.report.Package.Metadata, Metadata{
			Kind: kind.name, Path: p, MDType: mdType, Created: created, Status: status, Representation: m.representation,
		})
	}
	if p == "" {
		return
	}
	if kind.misplaced != nil && !strings.HasPrefix(p, kind.folder) && !inRepresentation(p, kind.folder) {
		m.bad(show(p), kind.misplaced)
	}
}

// inRepresentation says whether a file lies in that folder of a representation.
func inRepresentation(p, folder string) bool {
	rest, ok := strings.CutPrefix(p, "representations/")
	if !ok {
		return false
	}
	_, below, _ := strings.Cut(rest, "/")
	return strings.HasPrefix(below, folder)
}

// fileSection judges fileSec (CSIP 5.3.5), which is open.
func (m *metsFile) fileSection(n *boundedxml.Node) error {
	if m.fileSecs++; m.fileSecs > 1 {
		m.bad(m.at(n), CSIP58)
	}
	m.id(n, CSIP59)
	for {
		c, err := m.x.Next()
		if err != nil || c == nil {
			return err
		}
		if c.Name.Local == "fileGrp" {
			err = m.fileGroup(c)
		} else {
			err = m.x.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// fileGroup judges a fileGrp, which is open, and the groups in it.
func (m *metsFile) fileGroup(n *boundedxml.Node) error {
	if err := m.hold(n); err != nil {
		return err
	}
	use := m.present(n, "", "USE", CSIP64)
	g := group{id: m.id(n, CSIP65)}
	g.kind, _, _ = strings.Cut(use, "/")
	if content, _ := n.Get(csipNamespace, "CONTENTINFORMATIONTYPE"); g.kind == "Representations" && content == "" {
		m.bad(m.at(n), CSIP62)
	} else {
		own, _ := n.Get(csipNamespace, "OTHERCONTENTINFORMATIONTYPE")
		m.other(n, own, content == "OTHER", CSIP63)
	}
	m.names(n, "ADMID", m.amdIDs, CSIP61)
	files, records := 0, 0
	for {
		c, err := m.x.Next()
		if err != nil {
			return err
		}
		if c == nil {
			break
		}
		switch c.Name.Local {
		case "file":
			if err := m.x.Fill(c); err != nil {
				return err
			}
			files++
			if p := m.file(c); !isPointer(p) {
				records++
			}
		case "fileGrp":
			files++ // the files are in there
			records++
			if err := m.fileGroup(c); err != nil {
				return err
			}
		default:
			if err := m.x.Skip(); err != nil {
				return err
			}
		}
	}
	if files == 0 {
		m.bad(m.at(n), CSIP66)
	}
	g.pointers = records == 0
	m.groups = append(m.groups, g)
	return nil
}

// names judges that what an attribute names are sections of one sort. METS has the
// sections before the files.
func (m *metsFile) names(n *boundedxml.Node, attr string, sections map[string]bool, r *Rule) {
	text, _ := n.Get("", attr)
	for id := range strings.FieldsSeq(text) {
		if !sections[id] {
			m.bad(m.at(n), r, "found", show(id))
		}
	}
}

// isPointer says whether a file is the METS file of a representation.
func isPointer(p string) bool {
	dir, name := path.Split(p)
	return name == metsName && path.Dir(path.Clean(dir)) == "representations"
}

// file judges a file element, and gives the file of the package that it stands for.
func (m *metsFile) file(n *boundedxml.Node) string {
	m.id(n, CSIP67)
	m.names(n, "ADMID", m.amdIDs, CSIP74)
	m.names(n, "DMDID", m.dmdIDs, CSIP75)
	r := m.promise(n, files)
	places := n.All("FLocat")
	if len(places) != 1 {
		m.bad(m.at(n), files.there)
	}
	last := ""
	for _, place := range places {
		last = m.follow(place, files)
		m.promises(last, r)
	}
	return last
}

// allGroups judges which groups there are. A group is asked for where the package has
// files that belong into it.
func (m *metsFile) allGroups() {
	kinds := map[string]bool{}
	records := false
	for _, g := range m.groups {
		kinds[g.kind] = true
		records = records || g.kind != "Documentation" && g.kind != "Schemas"
	}
	if m.fileSecs == 0 && (m.below("documentation") || m.below("schemas") || m.below("representations") || m.below("data")) {
		m.bad(show(m.path), CSIP58)
		return
	}
	if !kinds["Documentation"] && m.below("documentation") {
		m.bad(show(m.path), CSIP60)
	}
	if !kinds["Schemas"] && m.below("schemas") {
		m.bad(show(m.path), CSIP113)
	}
	// A representation's own METS file is free in how it calls the group of its records.
	if !kinds["Representations"] && m.below("representations") || !records && m.below("data") {
		m.bad(show(m.path), CSIP114)
	}
}
