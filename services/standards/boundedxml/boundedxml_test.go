package boundedxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// whole reads a document into one tree.
func whole(r io.Reader, l Limits) (*Node, error) {
	x := New(r, l)
	root, err := x.Root()
	if err != nil {
		return nil, err
	}
	if err := x.Fill(root); err != nil {
		return nil, err
	}
	return root, x.End()
}

func TestWhatIsRefused(t *testing.T) {
	laughs := `<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>`
	for name, c := range map[string]struct {
		text string
		l    Limits
		want error
		line int
	}{
		"entities":        {"\n" + laughs, Limits{}, ErrDoctype, 2},
		"external":        {`<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`, Limits{}, ErrDoctype, 1},
		"inner doctype":   {"<a>\n<!DOCTYPE a></a>", Limits{}, ErrDoctype, 2},
		"own entity":      {"<a>&secret;</a>", Limits{}, ErrSyntax, 1},
		"other encoding":  {`<?xml version="1.0" encoding="windows-1251"?><a/>`, Limits{}, ErrSyntax, 1},
		"broken byte":     {"<a>\xff</a>", Limits{}, ErrSyntax, 1},
		"control":         {"<a>\x01</a>", Limits{}, ErrSyntax, 1},
		"cut":             {"<a>\n<b>", Limits{}, ErrSyntax, 2},
		"cut in a tag":    {"<a", Limits{}, ErrSyntax, 1},
		"crossed":         {"<a><b></a></b>", Limits{}, ErrSyntax, 1},
		"nothing":         {"", Limits{}, ErrSyntax, 1},
		"text before":     {"x<a/>", Limits{}, ErrSyntax, 1},
		"text after":      {"<a/>x", Limits{}, ErrSyntax, 1},
		"two roots":       {"<a/><a/>", Limits{}, ErrSyntax, 1},
		"deep":            {strings.Repeat("<a>\n", 5) + strings.Repeat("</a>", 5), Limits{Depth: 4}, ErrDepth, 5},
		"long":            {"<a>0123456789</a>", Limits{Bytes: 16}, ErrBytes, 1},
		"many":            {"<a><b/><b/><b/></a>", Limits{Elements: 3}, ErrElements, 1},
		"many attributes": {`<a b="" c="" d=""/>`, Limits{Attrs: 2}, ErrAttrs, 1},
	} {
		_, err := whole(strings.NewReader(c.text), c.l)
		var e *Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Line != c.line {
			t.Errorf("%s: want %v at line %d, got %v", name, c.want, c.line, err)
		}
	}
	if _, err := whole(strings.NewReader("<a>0123456789</a>"), Limits{Bytes: 17}); err != nil {
		t.Errorf("a document that just fits: %v", err)
	}
	broken := errors.New("disk")
	if _, err := whole(io.MultiReader(strings.NewReader("<a>"), iotest.ErrReader(broken)), Limits{}); !errors.Is(err, broken) || errors.Is(err, ErrSyntax) {
		t.Errorf("the reader's own error is none of the document's: %v", err)
	}
}

func TestElementsComeOneByOneOrAsTrees(t *testing.T) {
	r := New(strings.NewReader("\uFEFF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<m:a xmlns:m=\"urn:M\" m:k=\"v\" k=\"w\">\n<m:b>x<![CDATA[<]]>y</m:b><c><d/></c><e><f>1</f><f>2</f></e>\n</m:a>\n"), Limits{})
	root, err := r.Root()
	if err != nil || root.Name != (xml.Name{Space: "urn:M", Local: "a"}) || root.Line != 2 {
		t.Fatalf("%+v %v", root, err)
	}
	if v, ok := root.Get("URN:m", "k"); !ok || v != "v" {
		t.Errorf("attribute %q", v)
	}
	if v, ok := root.Get("", "k"); !ok || v != "w" {
		t.Errorf("attribute %q", v)
	}
	b, err := r.Next()
	if err != nil || b.Name.Local != "b" {
		t.Fatalf("%+v %v", b, err)
	}
	if err := r.Fill(b); err != nil || b.Text != "x<y" {
		t.Errorf("%+v %v", b, err)
	}
	if c, err := r.Next(); err != nil || c.Name.Local != "c" {
		t.Fatalf("%+v %v", c, err)
	}
	if err := r.Skip(); err != nil {
		t.Fatal(err)
	}
	if e, err := r.Next(); err != nil || e.Name.Local != "e" {
		t.Fatalf("%+v %v", e, err)
	}
	f, err := r.Next()
	if err != nil || f.Name.Local != "f" || r.Fill(f) != nil || f.Text != "1" {
		t.Fatalf("%+v %v", f, err)
	}
	if f, err = r.Next(); err != nil || r.Fill(f) != nil || f.Text != "2" {
		t.Fatalf("%+v %v", f, err)
	}
	for range 2 { // the ends of e and of the root
		if n, err := r.Next(); n != nil || err != nil {
			t.Fatalf("%+v %v", n, err)
		}
	}
	if err := r.End(); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<a xmlns="u" b="c">x<d/>y</a>`))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>`))
	f.Add([]byte("\xEF\xBB\xBF<?xml version='1.0'?><a><![CDATA[]]]]></a><!-- x -->"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		root, err := whole(bytes.NewReader(raw), Limits{Bytes: 4 << 10, Depth: 8, Elements: 100, Attrs: 8})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 {
				t.Fatalf("an unexplained error: %v", err)
			}
			return
		}
		var walk func(n *Node, depth int) int
		walk = func(n *Node, depth int) int {
			if depth > 8 || !Allowed(n.Text) || len(n.Attr) > 8 {
				t.Errorf("let through: depth %d, %+v", depth, n)
			}
			total := 1
			for _, c := range n.Children {
				total += walk(c, depth+1)
			}
			return total
		}
		if total := walk(root, 1); total > 100 || len(raw) > 4<<10 {
			t.Errorf("%d elements in %d bytes", total, len(raw))
		}
	})
}
