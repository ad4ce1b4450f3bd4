package store

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
)

// exits: what is to be destroyed or removed is in its list, and nothing else is.
func (c *checker) exits() {
	wanted := map[string]int{}
	for k, raw := range c.v.Scan("leaving", nil, nil) {
		d := new(intakev1.Deaccession)
		if err := proto.Unmarshal(raw, d); err != nil {
			c.bad(fmt.Sprintf("deaccession %q", k), "%v", err)
			continue
		}
		p := d.GetProposed()
		doomed := d.GetState() == done && p.GetContent() == Destroyed && d.GetContentClosedOn() == "" && (p.GetWay() == Destroyed || d.GetReceived() != nil)
		removing := d.GetRemovesObject() && d.GetObjectRemovedOn() == ""
		for bucket, want := range map[string]bool{"doomed": doomed, "removing": removing} {
			if want {
				wanted[bucket]++
			}
			if in := c.v.Get(bucket, k) != nil; in != want {
				c.bad(fmt.Sprintf("deaccession %s/%d", p.GetAccessionNumber(), p.GetNumber()), "it is among the %s: %t, should be: %t", bucket, in, want)
			}
		}
	}
	for _, bucket := range []string{"doomed", "removing"} {
		n := 0
		for range c.v.Scan(bucket, nil, nil) {
			n++
		}
		if n != wanted[bucket] {
			c.bad(bucket, "%d rows, %d deaccessions need one", n, wanted[bucket])
		}
	}
}
