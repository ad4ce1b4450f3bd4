package pronom

import (
	"bytes"
	"slices"
)

// Row is one format of the table. The first row that matches wins, so the special stands
// before the general.
type Row struct {
	PUID    string
	Name    string // as in PRONOM
	Version string
	MIME    string
	Ext     []string  // lower case, without the dot; the first is the usual one
	Any     []Pattern // one of them must hold
	Shell   string    // it is only the shell of this kind of container: "zip" or "ole2"
	In      string    // it is a container of this kind, and Inside must hold
	Inside  []Inside  // one of them must hold
	test    func(view) bool
}

// Pattern holds when all its probes do.
type Pattern []Probe

// Probe is a sequence of bytes at an offset between At and At+Slack, counted from the
// head, or from the end of the file to the end of the sequence when Tail is set. Then,
// when set, must follow Gap bytes after the sequence.
type Probe struct {
	At, Slack int
	Tail      bool
	Bytes     string
	Gap       int
	Then      string
}

// Inside is one entry of a container: its name and, when set, what its content must hold
// (for ZIP only, and only if the entry lies within the windows).
type Inside struct {
	Entry string
	Holds string
}

func (r *Row) has(ext string) bool {
	for _, e := range r.Ext {
		if e == ext {
			return true
		}
	}
	return false
}

// kin says whether another row of the same MIME type claims the extension: a JPEG named
// .jpe is no disagreement, whichever version of JFIF it is.
func (r *Row) kin(ext string) bool {
	if r.MIME == "" {
		return false
	}
	for j := range table {
		if table[j].MIME == r.MIME && table[j].has(ext) {
			return true
		}
	}
	return false
}

func (r *Row) signed() bool { return len(r.Any) > 0 || r.In != "" || r.test != nil }

func (r *Row) result(b Basis) Result {
	return Result{PUID: r.PUID, Name: r.Name, Version: r.Version, MIME: r.MIME, Basis: b}
}

// recognise finds the first row whose patterns hold. Containers are opened once, and only
// when the head is that of a container.
func recognise(v view) (*Row, Basis) {
	var inside contents
	if kind := containerKind(v); kind != "" {
		inside = open(kind, v)
	}
	for _, r := range beginning[first(v)] {
		switch {
		case r.In != "":
			if r.In == inside.kind && inside.holdsAny(r.Inside) {
				return r, Container
			}
		case r.matches(v):
			return r, Signature
		}
	}
	return nil, None
}

// beginning has, by a file's first byte, the rows that may match it, in their order: few of the table.
var beginning = func() (rows [256][]*Row) {
	for j := range table {
		for b := range rows {
			if table[j].mayBegin(byte(b)) {
				rows[b] = append(rows[b], &table[j])
			}
		}
	}
	return rows
}()

// first is the first byte of a file that has one.
func first(v view) byte {
	if len(v.head) == 0 {
		return 0
	}
	return v.head[0]
}

// mayBegin tells whether a file that begins with a byte may match, as far as the patterns alone say.
func (r *Row) mayBegin(b byte) bool {
	if r.In != "" || len(r.Any) == 0 {
		return true
	}
	return slices.ContainsFunc(r.Any, func(pattern Pattern) bool {
		return !slices.ContainsFunc(pattern, func(p Probe) bool {
			return p.At == 0 && p.Slack == 0 && !p.Tail && p.Bytes != "" && p.Bytes[0] != b
		})
	})
}

func (r *Row) matches(v view) bool {
	for _, pattern := range r.Any {
		if pattern.hold(v) && (r.test == nil || r.test(v)) {
			return true
		}
	}
	return len(r.Any) == 0 && r.test != nil && r.test(v)
}

func (p Pattern) hold(v view) bool {
	for _, probe := range p {
		if !probe.holds(v) {
			return false
		}
	}
	return len(p) > 0
}

func (p Probe) holds(v view) bool {
	window, at := v.head, p.At
	if p.Tail {
		window = v.tail
		at = len(window) - len(p.Bytes) - p.At - p.Slack
		if at < 0 {
			at = 0
		}
		// the sequence must end At+Slack bytes or fewer, and at least At, before the end
		end := len(window) - p.At
		return end >= at && bytes.Contains(window[at:max(end, at)], []byte(p.Bytes))
	}
	end := min(at+p.Slack+len(p.Bytes), len(window))
	for at <= end {
		i := bytes.Index(window[min(at, end):end], []byte(p.Bytes))
		if i < 0 {
			return false
		}
		at += i
		if p.Then == "" || follows(window, at+len(p.Bytes)+p.Gap, p.Then) {
			return true
		}
		at++
	}
	return false
}

func follows(window []byte, at int, then string) bool {
	return at >= 0 && at+len(then) <= len(window) && string(window[at:at+len(then)]) == then
}

// pdfScan looks for the place where a PDF claims PDF/A conformance. XMP metadata lies
// anywhere in a PDF, so windows would miss it; but only a PDF is scanned, and the scan
// stops at the first claim.
type pdfScan struct {
	off   bool
	carry []byte // the end of the previous write, where a claim may begin
	found []byte
}

const (
	pdfClaim   = "pdfaid:"
	claimSpace = 512 // bytes after the claim that hold part and conformance
)

func (s *pdfScan) take(p []byte, at int64, head []byte) {
	if s.off || len(s.found) >= claimSpace {
		return
	}
	if len(head) >= 5 && string(head[:5]) != "%PDF-" {
		s.off = true
		return
	}
	if len(s.found) > 0 {
		s.found = append(s.found, p[:min(len(p), claimSpace-len(s.found))]...)
		return
	}
	if joint := len(s.carry); joint > 0 {
		edge := slices.Concat(s.carry, p[:min(len(p), len(pdfClaim)-1)])
		if i := bytes.Index(edge, []byte(pdfClaim)); i >= 0 {
			s.found = append(s.found, edge[i:joint]...)
			s.found = append(s.found, p[:min(len(p), claimSpace)]...)
			return
		}
		s.carry = edge[:joint]
	}
	if i := bytes.Index(p, []byte(pdfClaim)); i >= 0 {
		s.found = append(s.found, p[i:min(len(p), i+claimSpace)]...)
		return
	}
	s.keep(p)
}

// keep remembers the last bytes, shorter by one than the claim.
func (s *pdfScan) keep(p []byte) {
	const most = len(pdfClaim) - 1
	s.carry = append(s.carry, p[max(0, len(p)-most):]...)
	if over := len(s.carry) - most; over > 0 {
		s.carry = append(s.carry[:0], s.carry[over:]...)
	}
}
