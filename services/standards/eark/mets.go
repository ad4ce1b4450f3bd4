package eark

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// The namespaces of a METS file. The E-ARK ones are met with other capital letters too.
const (
	metsNamespace  = "http://www.loc.gov/METS/"
	xlinkNamespace = "http://www.w3.org/1999/xlink"
	csipNamespace  = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
)

// metsFile is one METS file being read: of the package, or of a representation.
type metsFile struct {
	*judge
	path           string // in the package
	dir            string // its folder, from which references count; "" for the package's
	representation string // its name, or ""

	x      *boundedxml.Reader
	ids    *spool.Table    // every ID so far
	dmdIDs map[string]bool // of them, those of descriptive metadata
	amdIDs map[string]bool // those of administrative metadata, and of their amdSec
	dmds   []section
	amds   []section // digiprovMD and rightsMD

	held                                            int // sections and groups, which are kept until the file's end
	headers, dmdSecs, amdSecs, fileSecs, structMaps int
	groups                                          []group
	maps                                            []*boundedxml.Node // labelled CSIP
	profile, oais                                   string
	headerNode                                      *boundedxml.Node
}

// section is a dmdSec, digiprovMD or rightsMD.
type section struct {
	id, parent string // the ID of its amdSec
	current    bool   // not superseded
}

// group is a fileGrp.
type group struct {
	id, kind string // kind: the first part of USE
	pointers bool   // names METS files of representations only
}

func (m *metsFile) at(n *boundedxml.Node) string { return at(m.path, n.Line) }

// below says whether any file lies in a folder beside the METS file.
func (m *metsFile) below(dir string) bool { return m.filled[path.Join(m.dir, dir)] }

// mets reads and judges one METS file of the folder.
func (j *judge) mets(p, representation string) {
	f, err := j.open(p)
	if err != nil {
		if !j.listing {
			j.keep(err)
		}
		return // said when it is counted
	}
	defer func() { _ = f.Close() }() // only read from
	j.metsFrom(f, p, representation)
}

func (j *judge) metsFrom(f io.Reader, p, representation string) {
	l := j.opts.Limits
	m := &metsFile{
		judge: j, path: p, dir: strings.TrimSuffix(strings.TrimSuffix(p, metsName), "/"), representation: representation,
		x: boundedxml.New(f, boundedxml.Limits{Bytes: l.METSBytes, Elements: l.Elements, Filled: l.Held}), ids: j.place.Table(), dmdIDs: map[string]bool{}, amdIDs: map[string]bool{},
	}
	defer func() { j.keep(m.ids.Close()) }()
	complete, err := m.read()
	var e *boundedxml.Error
	switch {
	case errors.As(err, &e):
		m.refuse(e)
	case err == nil && complete:
		m.whole()
	} // another error is said when the file is counted
}

// refuse puts the reader's refusal into words.
func (m *metsFile) refuse(e *boundedxml.Error) {
	switch where := at(m.path, e.Line); {
	case errors.Is(e, boundedxml.ErrDoctype):
		m.bad(where, Doctype)
	case errors.Is(e, boundedxml.ErrSyntax):
		m.bad(where, NotXML)
	default:
		m.bad(where, TooBig, "limit", m.opts.Limits.METSBytes)
	}
}

// read goes through the file; complete says that it is METS and was read to its end.
func (m *metsFile) read() (complete bool, err error) {
	n, err := m.x.Root()
	if err != nil {
		return false, err
	}
	if n.Name.Local != "mets" || n.Name.Space != metsNamespace {
		m.bad(m.at(n), NotMETS, "found", show(strings.TrimSpace(n.Name.Space+" "+n.Name.Local)))
		return false, nil
	}
	m.rootElement(n)
	for {
		n, err := m.x.Next()
		if err != nil {
			return false, err
		}
		if n == nil {
			return true, m.x.End()
		}
		if err := m.part(n); err != nil {
			return false, err
		}
	}
}

// part reads one section of the file.
func (m *metsFile) part(n *boundedxml.Node) error {
	if n.Name.Space != metsNamespace {
		return m.x.Skip()
	}
	switch n.Name.Local {
	case "metsHdr":
		if err := m.x.Fill(n); err != nil {
			return err
		}
		m.header(n)
		return nil
	case "dmdSec":
		m.dmdSecs++
		return m.section(n, "", descriptiveSection)
	case "amdSec":
		m.amdSecs++
		return m.administrative(n)
	case "fileSec":
		return m.fileSection(n)
	case "structMap":
		m.structMaps++
		if label, _ := n.Get("", "LABEL"); label != "CSIP" {
			return m.x.Skip()
		}
		m.maps = append(m.maps, n)
		return m.x.Fill(n)
	}
	return m.x.Skip()
}

// whole judges what is only known at the end of the file.
func (m *metsFile) whole() {
	if m.headers == 0 {
		m.bad(show(m.path), CSIP117)
	}
	if m.dmdSecs == 0 && m.below("metadata/descriptive") {
		m.bad(show(m.path), CSIP17)
	}
	if m.amdSecs == 0 && m.below("metadata/preservation") || m.amdSecs > 1 {
		m.bad(show(m.path), CSIP31)
	}
	if m.amdSecs > 0 {
		m.recorded[m.dir] = true
	}
	m.allGroups()
	m.structuralMap()
	if m.representation == "" && m.isSIP() {
		m.submission()
	}
}

var ncName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{M}\p{N}_.\x{B7}-]*$`)

// id judges and remembers an element's identifier.
func (m *metsFile) id(n *boundedxml.Node, r *Rule) string {
	id, _ := n.Get("", "ID")
	key := id
	if len(id) > 256 { // a table takes no key of any length
		key = fmt.Sprintf("%x", sha256.Sum256([]byte(id)))
	}
	_, known, err := m.ids.Get(key)
	m.keep(err)
	if !ncName.MatchString(id) || known {
		m.bad(m.at(n), r)
		return id
	}
	m.keep(m.ids.Put(key, ""))
	return id
}

// hold counts what is kept until the file's end.
func (m *metsFile) hold(n *boundedxml.Node) error {
	if m.held++; m.held > m.opts.Limits.Held {
		return &boundedxml.Error{Line: n.Line, Err: boundedxml.ErrElements}
	}
	return nil
}

// moment judges a date and time.
func (m *metsFile) moment(n *boundedxml.Node, name string, r *Rule) (time.Time, string) {
	text, _ := n.Get("", name)
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, text
		}
	}
	m.bad(m.at(n), r)
	return time.Time{}, text
}

// present judges that an attribute says something.
func (m *metsFile) present(n *boundedxml.Node, space, name string, r *Rule) string {
	text, _ := n.Get(space, name)
	if strings.TrimSpace(text) == "" {
		m.bad(m.at(n), r)
	}
	return text
}

// value judges that an attribute says one certain thing.
func (m *metsFile) value(n *boundedxml.Node, space, name, want string, r *Rule) {
	if got, _ := n.Get(space, name); got != want {
		m.bad(m.at(n), r, "found", show(got))
	}
}

var mdTypes = []string{
	"MARC", "MODS", "EAD", "DC", "NISOIMG", "LC-AV", "VRA", "TEIHDR", "DDI", "FGDC", "LOM", "PREMIS", "PREMIS:OBJECT", "PREMIS:AGENT",
	"PREMIS:RIGHTS", "PREMIS:EVENT", "TEXTMD", "METSRIGHTS", "ISO 19115:2003 NAP", "EAC-CPF", "LIDO", "OTHER",
}

var (
	mediaType = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126})/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(\s*;.*)?$`)
	mediaTops = []string{"application", "audio", "example", "font", "haptics", "image", "message", "model", "multipart", "text", "video"}
)

// medium judges a media type. 2.2 strongly recommends IANA's list and leaves another to an
// agreement, so one of another form (RFC 6838, 4.2), of a top-level type that IANA has not,
// or several in one value only warn: tools in use write "inode/x-empty".
func (m *metsFile) medium(n *boundedxml.Node, r *Rule) {
	text := strings.TrimSpace(m.present(n, "", "MIMETYPE", r))
	parts := mediaType.FindStringSubmatch(text)
	known := len(parts) > 1 && slices.Contains(mediaTops, strings.ToLower(parts[1]))
	if text != "" && !known {
		m.bad(m.at(n), OtherMedium, "found", show(text))
	}
}

// promise reads what an element says of the file that it stands for.
func (m *metsFile) promise(n *boundedxml.Node, l link) reference {
	r := reference{where: m.at(n), size: -1}
	if l.mdtype != nil {
		if kind, _ := n.Get("", "MDTYPE"); !slices.Contains(mdTypes, kind) {
			m.bad(r.where, l.mdtype)
		}
	}
	m.medium(n, l.mime)
	size, _ := n.Get("", "SIZE")
	if bytes, err := strconv.ParseInt(strings.TrimSpace(size), 10, 64); err == nil && bytes >= 0 {
		r.size = bytes
	} else {
		m.bad(r.where, l.size)
	}
	m.moment(n, "CREATED", l.created)
	algorithm, _ := n.Get("", "CHECKSUMTYPE")
	begin, known := checksumTypes[algorithm]
	if known {
		r.algorithm = algorithm
	} else {
		m.bad(r.where, l.algorithm)
	}
	digest, _ := n.Get("", "CHECKSUM")
	r.digest = strings.ToLower(strings.TrimSpace(digest))
	if raw, err := hex.DecodeString(r.digest); err != nil || len(raw) == 0 || begin != nil && len(raw) != begin().Size() {
		m.bad(r.where, l.checksum)
		r.digest = ""
	}
	return r
}

// follow judges a locator and gives the file of the package that it leads to, or "".
func (m *metsFile) follow(n *boundedxml.Node, l link) string {
	m.value(n, "", "LOCTYPE", "URL", l.loctype)
	m.value(n, xlinkNamespace, "type", "simple", l.kind)
	href := m.present(n, xlinkNamespace, "href", l.href)
	if strings.TrimSpace(href) == "" {
		return ""
	}
	p, wrong := m.resolve(m.dir, href)
	switch wrong {
	case Outside:
		m.bad(m.at(n), Outside, "href", show(href))
		return ""
	case Missing:
		m.bad(m.at(n), Missing, "file", show(p))
		return ""
	case OtherForm:
		m.bad(m.at(n), OtherForm, "file", show(href))
	}
	if m.dir != "" && !strings.HasPrefix(p, m.dir+"/") {
		m.bad(m.at(n), OtherRepresentation, "file", show(p))
	}
	return p
}

// promises remembers what is said of a file until the file is counted.
func (m *metsFile) promises(p string, r reference) {
	if p != "" {
		m.refer(p, r)
	}
}
