package eark

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
)

const (
	csipProfileURL = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP-v2-2-0.xml"
	sipProfileURL  = "https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml"
	locations      = "http://www.loc.gov/METS/ http://www.loc.gov/standards/mets/mets.xsd " +
		"http://www.w3.org/1999/xlink http://www.loc.gov/standards/mets/xlink.xsd " +
		"https://DILCIS.eu/XML/METS/CSIPExtensionMETS https://earkcsip.dilcis.eu/schema/DILCISExtensionMETS.xsd"
)

// contentsOf is what one METS file speaks of.
type contentsOf struct {
	id, dir                                                   string // dir: "" or ends with /
	key                                                       string // of a representation
	descriptions, provenance, records, documentation, schemas []placed
	names                                                     []string // of the package: the representations whose METS files are the records
}

// whole says whether it is the METS file of the package.
func (c *contentsOf) whole() bool { return c.dir == "" }

// mets writes the METS file of the package or a representation.
func (b *builder) mets(c *contentsOf) (placed, error) {
	return b.pipe(c.dir+metsName, func(w io.Writer) error {
		m := &metsWriter{w: bufio.NewWriter(w), created: b.spec.Created.Format(time.RFC3339Nano), c: c, spec: &b.spec}
		m.document()
		if m.err != nil {
			return fmt.Errorf("write METS: %w", m.err)
		}
		return m.w.Flush()
	})
}

// metsWriter writes elements in the order of the METS schema. Its first error ends all.
type metsWriter struct {
	w       *bufio.Writer
	open    []string
	created string
	c       *contentsOf
	spec    *Spec
	err     error
}

func (m *metsWriter) raw(s string) {
	if m.err == nil {
		_, m.err = m.w.WriteString(s)
	}
}

func (m *metsWriter) escape(s string) {
	if m.err == nil && !boundedxml.Allowed(s) {
		m.err = fmt.Errorf("%s: %w", show(s), BadName.With())
	}
	if m.err == nil {
		m.err = xml.EscapeText(m.w, []byte(s))
	}
}

// tag writes a start tag up to its >. Attributes are name, value pairs; one without a
// value is left out.
func (m *metsWriter) tag(name string, attrs ...string) {
	m.raw(strings.Repeat("  ", len(m.open)) + "<mets:" + name)
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			m.raw(" " + attrs[i] + `="`)
			m.escape(attrs[i+1])
			m.raw(`"`)
		}
	}
}

func (m *metsWriter) empty(name string, attrs ...string) {
	m.tag(name, attrs...)
	m.raw("/>\n")
}

func (m *metsWriter) text(name, text string, attrs ...string) {
	m.tag(name, attrs...)
	m.raw(">")
	m.escape(text)
	m.raw("</mets:" + name + ">\n")
}

// in writes an element that holds elements.
func (m *metsWriter) in(name string, inside func(), attrs ...string) {
	m.tag(name, attrs...)
	m.raw(">\n")
	m.open = append(m.open, name)
	inside()
	m.open = m.open[:len(m.open)-1]
	m.raw(strings.Repeat("  ", len(m.open)) + "</mets:" + name + ">\n")
}

// id makes an identifier that stands once in the file, and in the package.
func (m *metsWriter) id(what string) string {
	if m.c.whole() {
		return "package-" + what
	}
	return m.c.key + "-" + what
}

// key is what a representation is called in identifiers: a name may begin with a digit or hold a space, an identifier may
// not (XML Schema part 2, §3.3.8).
func key(i int) string { return "rep" + strconv.Itoa(i+1) }

func (m *metsWriter) document() {
	profile := csipProfileURL
	if m.spec.SIP {
		profile = sipProfileURL
	}
	m.raw(xml.Header)
	m.in("mets", func() {
		m.header()
		for i, d := range m.c.descriptions {
			m.in("dmdSec", func() { m.reference(&d, d.desc.MDType, d.desc.Version) },
				"ID", m.id("dmd-"+strconv.Itoa(i+1)), "CREATED", m.created, "STATUS", "CURRENT")
		}
		m.in("amdSec", func() {
			for i, p := range m.c.provenance {
				m.in("digiprovMD", func() { m.reference(&p, "PREMIS", "3.0") },
					"ID", m.id("provenance-"+strconv.Itoa(i+1)), "CREATED", m.created, "STATUS", "CURRENT")
			}
		}, "ID", m.id("amd"))
		if len(m.c.records)+len(m.c.documentation)+len(m.c.schemas) > 0 {
			m.in("fileSec", m.groups, "ID", m.id("files"))
		}
		m.in("structMap", m.division, "ID", m.id("map"), "TYPE", "PHYSICAL", "LABEL", "CSIP")
	}, "xmlns:mets", metsNamespace, "xmlns:xlink", xlinkNamespace, "xmlns:csip", csipNamespace,
		"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", "xsi:schemaLocation", locations,
		"OBJID", m.c.id, "LABEL", m.spec.Label, "TYPE", m.spec.Type, "csip:CONTENTINFORMATIONTYPE", m.spec.ContentType, "PROFILE", profile)
}

func (m *metsWriter) header() {
	kind, status := "AIP", ""
	if m.spec.SIP {
		kind, status = "SIP", cmp.Or(m.spec.Status, "NEW")
	}
	m.in("metsHdr", func() {
		m.in("agent", func() {
			m.text("name", m.spec.Software)
			m.text("note", m.spec.Version, "csip:NOTETYPE", "SOFTWARE VERSION")
		}, "ROLE", "CREATOR", "TYPE", "OTHER", "OTHERTYPE", "SOFTWARE")
		if !m.c.whole() {
			return
		}
		for _, a := range m.spec.Agents {
			m.agent(&a)
		}
		for _, id := range m.spec.OtherIDs {
			m.text("altRecordID", id.Value, "TYPE", id.Type)
		}
	}, "CREATEDATE", m.created, "RECORDSTATUS", status, "csip:OAISPACKAGETYPE", kind)
}

var (
	agentRoles = []string{"CREATOR", "EDITOR", "ARCHIVIST", "PRESERVATION", "DISSEMINATOR", "CUSTODIAN", "IPOWNER"}
	agentTypes = []string{"INDIVIDUAL", "ORGANIZATION"}
)

// agent writes an agent. What METS has no word for goes where it has one for that.
func (m *metsWriter) agent(a *Agent) {
	attrs := word("ROLE", a.Role, agentRoles)
	attrs = append(attrs, word("TYPE", a.Type, agentTypes)...)
	noteType := "IDENTIFICATIONCODE"
	if a.Type == "INDIVIDUAL" && a.Role == "CREATOR" {
		noteType = "" // how to reach a person
	}
	m.in("agent", func() {
		m.text("name", a.Name)
		for _, n := range a.Notes {
			m.text("note", n, "csip:NOTETYPE", noteType)
		}
	}, attrs...)
}

func word(name, value string, known []string) []string {
	if slices.Contains(known, value) {
		return []string{name, value}
	}
	return []string{name, "OTHER", "OTHER" + name, value}
}

// about are the attributes that say what a file is.
func (m *metsWriter) about(p *placed) []string {
	return []string{
		"MIMETYPE", cmp.Or(medium(p.format.MIME), "application/octet-stream"), "SIZE", strconv.FormatInt(p.size, 10),
		"CREATED", m.created, "CHECKSUM", p.sha256, "CHECKSUMTYPE", "SHA-256",
	}
}

// medium is the first of the media types that PRONOM gives a format.
func medium(all string) string {
	first, _, _ := strings.Cut(all, ",")
	return strings.TrimSpace(first)
}

// href is the way to a file from the METS file, as a relative URL.
func (m *metsWriter) href(p *placed) string {
	parts := strings.Split(strings.TrimPrefix(p.path, m.c.dir), "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

func (m *metsWriter) reference(p *placed, mdType, version string) {
	m.empty("mdRef", append([]string{
		"LOCTYPE", "URL", "xlink:type", "simple", "xlink:href", m.href(p), "MDTYPE", mdType, "MDTYPEVERSION", version,
	}, m.about(p)...)...)
}

// records names the group of a representation's METS file in the package's: the first is "records".
func (m *metsWriter) records(i int) string {
	if i == 0 {
		return "records"
	}
	return "records-" + key(i)
}

func (m *metsWriter) groups() {
	m.group("documentation", "Documentation", "", m.c.documentation)
	m.group("schemas", "Schemas", "", m.c.schemas)
	if !m.c.whole() {
		m.group("records", "Representations/"+m.c.id+"/data", m.spec.ContentType, m.c.records)
		return
	}
	for i, p := range m.c.records {
		m.group(m.records(i), "Representations/"+m.c.names[i], m.spec.ContentType, []placed{p})
	}
}

func (m *metsWriter) group(what, use, content string, all []placed) {
	if len(all) == 0 {
		return
	}
	m.in("fileGrp", func() {
		for i, p := range all {
			m.in("file", func() {
				m.empty("FLocat", "LOCTYPE", "URL", "xlink:type", "simple", "xlink:href", m.href(&p))
			}, append([]string{"ID", m.id(what + "-" + strconv.Itoa(i+1))}, m.about(&p)...)...)
		}
	}, "ID", m.id(what), "USE", use, "csip:CONTENTINFORMATIONTYPE", content)
}

func (m *metsWriter) division() {
	m.in("div", func() {
		var dmds, amds []string
		for i := range m.c.descriptions {
			dmds = append(dmds, m.id("dmd-"+strconv.Itoa(i+1)))
		}
		for i := range m.c.provenance {
			amds = append(amds, m.id("provenance-"+strconv.Itoa(i+1)))
		}
		m.empty("div", "ID", m.id("div-metadata"), "LABEL", "Metadata", "ADMID", strings.Join(amds, " "), "DMDID", strings.Join(dmds, " "))
		m.stands("documentation", "Documentation", m.c.documentation)
		m.stands("schemas", "Schemas", m.c.schemas)
		if !m.c.whole() {
			m.stands("records", "Representations", m.c.records)
			return
		}
		for i, p := range m.c.records {
			m.in("div", func() {
				m.empty("mptr", "LOCTYPE", "URL", "xlink:type", "simple", "xlink:href", m.href(&p), "xlink:title", m.id(m.records(i)))
			}, "ID", m.id("div-"+key(i)), "LABEL", "Representations/"+m.c.names[i])
		}
	}, "ID", m.id("div"), "LABEL", m.c.id)
}

// stands writes the division that stands for a file group.
func (m *metsWriter) stands(what, label string, all []placed) {
	if len(all) == 0 {
		return
	}
	m.in("div", func() { m.empty("fptr", "FILEID", m.id(what)) }, "ID", m.id("div-"+what), "LABEL", label)
}
