package index

import (
	"github.com/RoaringBitmap/roaring/v2"

	"github.com/qoyma/qoyma/services/standards/archcode"
)

// groups are the documents of each fonds and of each inventory, themselves included, so
// that a search within one, and a code typed in part, cost a look-up.
type groups struct {
	members map[string]*posting // by the key of the fonds or inventory
	number  map[string]uint32   // a number for each fonds ever seen, for counting
	keys    []string            // its key, by number
}

func newGroups() groups {
	return groups{members: map[string]*posting{}, number: map[string]uint32{}}
}

func (g *groups) add(c archcode.Code, id uint32) uint32 {
	fonds := string(c.OfFonds().Key())
	g.join(fonds, id)
	if c.Level() >= archcode.InventoryLevel {
		g.join(string(c.OfInventory().Key()), id)
	}
	n, ok := g.number[fonds]
	if !ok {
		n = uint32(len(g.keys))
		g.number[fonds] = n
		g.keys = append(g.keys, fonds)
	}
	return n
}

func (g *groups) join(key string, id uint32) {
	p := g.members[key]
	if p == nil {
		p = &posting{}
		g.members[key] = p
	}
	p.add(id, false, few)
}

func (g *groups) remove(c archcode.Code, id uint32) {
	for _, key := range []string{string(c.OfFonds().Key()), string(c.OfInventory().Key())} {
		if p := g.members[key]; p != nil {
			p.remove(id)
			if p.empty() {
				delete(g.members, key)
			}
		}
	}
}

// under are the documents whose code begins with c: for a file, the file alone.
func (x *Index) under(c archcode.Code) *roaring.Bitmap {
	found := roaring.New()
	if c.Level() == archcode.FileLevel {
		if id, ok := x.byKey[string(c.Key())]; ok {
			found.Add(id)
		}
		return found
	}
	if p := x.groups.members[string(c.Key())]; p != nil {
		p.orInto(found, false)
	}
	return found
}
