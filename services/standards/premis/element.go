package premis

import (
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/standards/boundedxml"
)

// element is a node whose children are taken one by one; what is not taken is counted.
type element struct {
	*boundedxml.Node
	d       *decoder
	taken   []string
	opened  []*element
	foreign bool // not of what is read here
}

// all takes the children of that name.
func (e *element) all(name string) []*element {
	e.taken = append(e.taken, name)
	var found []*element
	for _, c := range e.Children {
		if c.Name.Local == name && c.Name.Space == Namespace {
			found = append(found, &element{Node: c, d: e.d})
		}
	}
	e.opened = append(e.opened, found...)
	return found
}

// one takes the children of a name that the schema allows once, and says where there are
// more: which of them is meant nobody can tell.
func (e *element) one(name string) []*element {
	all := e.all(name)
	if len(all) > 1 {
		e.d.found.bad("premis", Repeated, "line", all[1].Line, "unit", e.Name.Local+"/"+name)
	}
	return all
}

// hold says which of the elements hold nothing, where the schema asks for something.
func (e *element) hold(all []*element) []*element {
	for _, c := range all {
		if len(c.Children) == 0 {
			e.d.found.bad("premis", Hollow, "line", c.Line, "unit", e.Name.Local+"/"+c.Name.Local)
		}
	}
	return all
}

// texts takes the texts of the children of that name.
func (e *element) texts(name string) []string {
	var texts []string
	for _, c := range e.all(name) {
		texts = append(texts, c.Text)
	}
	return texts
}

// text takes the text of the one child of that name; several, which is a fault, are put
// on lines of their own, so that none is lost.
func (e *element) text(name string) string {
	var texts []string
	for _, c := range e.one(name) {
		texts = append(texts, c.Text)
	}
	return strings.Join(texts, "\n")
}

// lone is text for a list of texts: none where there is no such child.
func (e *element) lone(name string) []string {
	if e.Child(name) == nil {
		return nil
	}
	return []string{e.text(name)}
}

// token takes a text that has no white space at its ends.
func (e *element) token(name string) string { return strings.TrimSpace(e.text(name)) }

func (e *element) date(name string) Date { return Date(e.token(name)) }

// term takes a word, by its address in the vocabulary where the document gives one.
func (e *element) term(name string, v *vocabulary) string {
	all := e.one(name)
	if len(all) == 0 {
		return ""
	}
	address, _ := all[0].Get("", "valueURI")
	if word, ok := v.word(address); ok {
		return word
	}
	return all[0].Text
}

func (e *element) ids(name string) []Identifier {
	var ids []Identifier
	for _, c := range e.all(name) {
		ids = append(ids, c.pair(name))
	}
	return ids
}

func (e *element) pair(name string) Identifier {
	return Identifier{e.text(name + "Type"), e.text(name + "Value")}
}

func (e *element) links(name, role string) []Link {
	var links []Link
	for _, c := range e.all(name) {
		links = append(links, Link{c.pair(name), c.texts(role)})
	}
	return links
}

func (e *element) period(name string) Period {
	var p Period
	for _, c := range e.hold(e.one(name)) {
		p = Period{c.date("startDate"), c.date("endDate")}
	}
	return p
}

// close counts what was not taken, here and below.
func (e *element) close() {
	if e.foreign {
		e.d.ignored[e.Name.Local]++
		return
	}
	for _, c := range e.Children {
		if c.Name.Space != Namespace || !slices.Contains(e.taken, c.Name.Local) {
			e.d.ignored[e.Name.Local+"/"+c.Name.Local]++
		}
	}
	for _, c := range e.opened {
		c.close()
	}
}
