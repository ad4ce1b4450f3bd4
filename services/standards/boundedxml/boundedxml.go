// Package boundedxml reads XML that comes from strangers. It gives elements one after
// another or as small trees, and refuses what an archive's XML never needs and an attacker
// does: a document type (and with it every entity of one's own), another encoding than
// UTF-8, nesting without end, a document without end.
//
// It knows no vocabulary: the libraries of the standards stand on it (premis, eark).
package boundedxml

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits bound what one document may cost. A zero field takes its default.
type Limits struct {
	Bytes    int64 // of the document; 256 MiB
	Depth    int   // elements within elements; 64
	Elements int   // in the document; 10,000,000
	Attrs    int   // of one element; 256
	// What Fill holds of one element: that many elements in it, and that many bytes of the document; no bound but those above.
	Filled      int
	FilledBytes int64
}

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 64
	}
	if l.Elements <= 0 {
		l.Elements = 10_000_000
	}
	if l.Attrs <= 0 {
		l.Attrs = 256
	}
	if l.Filled <= 0 {
		l.Filled = l.Elements
	}
	if l.FilledBytes <= 0 {
		l.FilledBytes = l.Bytes
	}
	return l
}

// Why a document is refused. A Reader's error wraps one of these in an *Error with the
// line; every other error is that of the underlying reader.
var (
	ErrSyntax    = errors.New("not well-formed XML in UTF-8")
	ErrDoctype   = errors.New("a document type declaration")
	ErrBytes     = errors.New("more bytes than allowed")
	ErrDepth     = errors.New("elements nested deeper than allowed")
	ErrElements  = errors.New("more elements than allowed")
	ErrAttrs     = errors.New("more attributes of one element than allowed")
	errNoRoot    = errors.New("no element at all")
	errTwoRoots  = errors.New("more than one root element")
	errStrayText = errors.New("text outside the root element")
)

// Error is a refusal and the line where it was met.
type Error struct {
	Line int // from 1
	Err  error
}

// Error reads as one line of a log.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Node is an element. Text is its own character data, all pieces of it together; what
// lies in children is theirs.
type Node struct {
	Name     xml.Name
	Attr     []xml.Attr
	Text     string
	Children []*Node
	Line     int // of its start tag, from 1
}

// Get is the value of an attribute, and whether it is there. An attribute without a
// prefix has the space "". Spaces are compared without regard to capital letters: the
// specifications themselves write some of them both ways.
func (n *Node) Get(space, local string) (string, bool) {
	for _, a := range n.Attr {
		if a.Name.Local == local && strings.EqualFold(a.Name.Space, space) {
			return a.Value, true
		}
	}
	return "", false
}

// Child is the first child of that local name, or nil.
func (n *Node) Child(local string) *Node {
	for _, c := range n.Children {
		if c.Name.Local == local {
			return c
		}
	}
	return nil
}

// All are the children of that local name.
func (n *Node) All(local string) []*Node {
	var found []*Node
	for _, c := range n.Children {
		if c.Name.Local == local {
			found = append(found, c)
		}
	}
	return found
}

// Reader goes through a document once. Begin with Root.
type Reader struct {
	limits   Limits
	d        *xml.Decoder
	in       *counter
	depth    int
	elements int
}

// New reads from r.
func New(r io.Reader, l Limits) *Reader {
	l = l.withDefaults()
	in := &counter{r: r, left: l.Bytes}
	d := xml.NewDecoder(in)
	return &Reader{limits: l, d: d, in: in}
}

// counter ends a document that is too long. It remembers the underlying reader's error,
// which the decoder would otherwise pass off as a mistake in the document.
type counter struct {
	r    io.Reader
	left int64
	err  error
}

func (c *counter) Read(p []byte) (int, error) {
	if c.left <= 0 {
		// One byte more tells a document that just fits from one that does not.
		n, err := c.r.Read(make([]byte, 1))
		if n > 0 {
			c.err = ErrBytes
			return 0, ErrBytes
		}
		return 0, c.keep(err)
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	return n, c.keep(err)
}

func (c *counter) keep(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return err
}

func (r *Reader) line() int {
	line, _ := r.d.InputPos()
	return line
}

// token is the next one that says something. Its error is io.EOF, an *Error, or the
// underlying reader's.
func (r *Reader) token() (xml.Token, error) {
	for {
		t, err := r.d.Token()
		if err != nil {
			return nil, r.refuse(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if r.depth++; r.depth > r.limits.Depth {
				return nil, r.wrong(ErrDepth)
			}
			if r.elements++; r.elements > r.limits.Elements {
				return nil, r.wrong(ErrElements)
			}
			if len(t.Attr) > r.limits.Attrs {
				return nil, r.wrong(ErrAttrs)
			}
			return t, nil
		case xml.EndElement:
			r.depth--
			return t, nil
		case xml.CharData:
			return t, nil
		case xml.Directive:
			return nil, r.wrong(ErrDoctype)
		}
	}
}

func (r *Reader) wrong(err error) error { return &Error{Line: r.line(), Err: err} }

func (r *Reader) refuse(err error) error {
	switch {
	case errors.Is(r.in.err, ErrBytes):
		return r.wrong(ErrBytes)
	case r.in.err != nil:
		return r.in.err
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	return r.wrong(fmt.Errorf("%w: %w", ErrSyntax, err))
}

// Root is the start tag of the document's element, which then is open.
func (r *Reader) Root() (*Node, error) {
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return nil, r.wrong(fmt.Errorf("%w: %w", ErrSyntax, errNoRoot))
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return r.node(t), nil
		case xml.CharData:
			// A byte order mark is read as text; nothing else may stand here.
			if strings.Trim(string(t), "\uFEFF \t\r\n") != "" {
				return nil, r.wrong(fmt.Errorf("%w: %w", ErrSyntax, errStrayText))
			}
		}
	}
}

func (r *Reader) node(t xml.StartElement) *Node {
	return &Node{Name: t.Name, Attr: t.Copy().Attr, Line: r.line()}
}

// Next is the start tag of the next element within the open one, and opens it; nil closes
// the open one at its end. Text in between is passed over.
func (r *Reader) Next() (*Node, error) {
	for {
		t, err := r.token()
		if err != nil {
			return nil, r.cut(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			return r.node(t), nil
		case xml.EndElement:
			return nil, nil // the end of the open element is no error, and there is no node
		}
	}
}

// cut turns the end of the input within an element into a refusal.
func (r *Reader) cut(err error) error {
	if errors.Is(err, io.EOF) {
		return r.wrong(fmt.Errorf("%w: %w", ErrSyntax, io.ErrUnexpectedEOF))
	}
	return err
}

// Fill reads the open element, which is n, to its end: its text and its children.
func (r *Reader) Fill(n *Node) error {
	open := []*Node{n}
	texts := []*strings.Builder{{}}
	elements, from := r.elements, r.d.InputOffset()
	for len(open) > 0 {
		last := len(open) - 1
		t, err := r.token()
		switch {
		case err != nil:
			return r.cut(err)
		case r.elements-elements > r.limits.Filled:
			return r.wrong(ErrElements)
		case r.d.InputOffset()-from > r.limits.FilledBytes:
			return r.wrong(ErrBytes)
		}
		switch t := t.(type) {
		case xml.StartElement:
			child := r.node(t)
			open[last].Children = append(open[last].Children, child)
			open, texts = append(open, child), append(texts, &strings.Builder{})
		case xml.CharData:
			_, _ = texts[last].Write(t) // a builder takes everything
		case xml.EndElement:
			open[last].Text = texts[last].String()
			open, texts = open[:last], texts[:last]
		}
	}
	return nil
}

// Skip passes over the open element to its end.
func (r *Reader) Skip() error {
	for until := r.depth - 1; r.depth > until; {
		if _, err := r.token(); err != nil {
			return r.cut(err)
		}
	}
	return nil
}

// End makes sure that nothing follows the document's element.
func (r *Reader) End() error {
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return r.wrong(fmt.Errorf("%w: %w", ErrSyntax, errStrayText))
			}
		default:
			return r.wrong(fmt.Errorf("%w: %w", ErrSyntax, errTwoRoots))
		}
	}
}

// Allowed says whether every character of a text may stand in XML 1.0 (§2.2). What may
// not cannot be written at all, not even escaped.
func Allowed(s string) bool {
	for i, c := range s {
		switch {
		case c == '\t', c == '\n', c == '\r', c >= 0x20 && c <= 0xD7FF, c >= 0xE000 && c < 0xFFFD, c >= 0x10000 && c <= 0x10FFFF:
		case c == 0xFFFD && strings.HasPrefix(s[i:], "\uFFFD"): // itself, not what stands for a broken byte
		default:
			return false
		}
	}
	return true
}
