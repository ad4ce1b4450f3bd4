package store

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
)

// locks: each file of a lock points at it, nothing else does, no request holds one, and no lock is of a declined deaccession.
func (c *checker) locks() {
	pointed := 0
	for k, raw := range c.v.Scan("locks", nil, nil) {
		b := new(referencev1.FilesLocked)
		if err := proto.Unmarshal(raw, b); err != nil {
			c.bad(fmt.Sprintf("lock %q", k), "%v", err)
			continue
		}
		if c.v.Get("declined", k) != nil {
			c.bad("lock of "+act(b.GetAccessionNumber(), b.GetDeaccession()), "its deaccession was declined")
		}
		for _, code := range b.GetCodes() {
			pointed++
			if string(c.v.Get("locked", []byte(code))) != string(k) {
				c.bad("lock on "+code, "the file does not say that deaccession %s/%d locks it", b.GetAccessionNumber(), b.GetDeaccession())
			}
			for range c.v.Scan("holds", under(code), nil) {
				c.bad("lock on "+code, "an open request names the file")
			}
		}
	}
	for range c.v.Scan("locked", nil, nil) {
		pointed--
	}
	if pointed != 0 {
		c.bad("locks", "%d files more are named by locks than are locked", pointed)
	}
}
