// Package custody says how the history of one archival file is put together from what several
// services recorded of it: the custodial history of ISAD(G) 3.2.3, from the department that made
// the file to the paper that cites it. It is data: which objects speak of a file, and from which
// object one goes on to which.
package custody

import "github.com/qoyma/qoyma/services/standards/archcode"

// Types of objects, as the events of the services name them.
const (
	Code        = "code"        // the file, by the code that the archive gave it
	Copy        = "insurance"   // its copy in the insurance fund, which has the same number
	File        = "file"        // the file as the department registered it
	Inventory   = "inventory"   // the department's inventory
	Transfer    = "transfer"    // the transfer that brought it
	Accession   = "accession"   // the accession under which it was taken
	Request     = "request"     // a request whose answer rests on it
	Certificate = "certificate" // the paper of such a request
)

// Link says that the history goes on from an object of one type to those of another that its
// events name. Where Of is given, only events of that service lead on: the department's inventory
// and the archive's are both called so.
type Link struct{ From, To, Of string }

// Links are all ways on. None leads back to a fonds, an organisation or an archive's inventory,
// through which the history of one file would become that of all.
func Links() []Link {
	return []Link{
		{From: Copy, To: File},
		{From: Copy, To: Accession},
		{From: Copy, To: Transfer},
		{From: Accession, To: Transfer},
		{From: Transfer, To: Inventory, Of: "retention"},
		{From: Code, To: Request},
		{From: Request, To: Certificate},
	}
}

// Single are the types that name one file: an event about another file of the same transfer,
// accession or request is no part of this one's history.
func Single() []string { return []string{Code, Copy, File} }

// Object is one thing that events speak of.
type Object struct{ Type, ID string }

// Names are those under which one file is known, empty where it has none yet or none is known to
// who asks.
type Names struct {
	Code      string // as ID gives it
	File      string
	Accession string
	Inventory string // the department's, for a file that is in no accession yet
}

// Begin are the objects at which the history of a file begins.
func (n Names) Begin() (objects []Object) {
	for _, o := range []Object{{Code, n.Code}, {Copy, n.Code}, {File, n.File}, {Accession, n.Accession}, {Inventory, n.Inventory}} {
		if o.ID != "" {
			objects = append(objects, o)
		}
	}
	return objects
}

// ID is the number under which events know a file: 1/1/2. False where a text is no code of a file.
func ID(text string) (id string, ok bool) {
	c, err := archcode.Parse(text)
	if err != nil || c.Level() < archcode.FileLevel {
		return "", false
	}
	return c.Fonds.String() + "/" + c.Inventory.String() + "/" + c.File.String(), true
}
