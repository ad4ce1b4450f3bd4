package droid_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/qoyma/qoyma/services/standards/pronom"
	"github.com/qoyma/qoyma/services/standards/pronom/droid"
)

// TestTheTableAgreesOnTheRegistrysFiles asks the built-in table about the files that are written
// after the registry's signatures.
func TestTheTableAgreesOnTheRegistrysFiles(t *testing.T) {
	s := droid.Published(t)
	same, special, differ := 0, 0, 0
	for _, file := range s.Skeletons() {
		table := pronom.Identify("x", file)
		if table.Basis != pronom.Signature {
			continue
		}
		registry, err := s.Identify("x", bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		named := func(says func(puid string) bool) bool {
			return slices.ContainsFunc(registry, func(m droid.Match) bool { return says(m.PUID) })
		}
		switch {
		case named(func(puid string) bool { return puid == table.PUID }):
			same++
		case named(func(puid string) bool { return s.Refines(puid, table.PUID) }):
			special++
		default:
			differ++
			for _, m := range registry {
				if apart[table.PUID+" "+m.PUID] == "" {
					t.Errorf("the table says %s (%s %s), the registry %s (%s %s)", table.PUID, table.Name, table.Version, m.PUID, m.Name, m.Version)
				}
			}
		}
	}
	t.Logf("%d the same, %d a special case of the table's, %d another", same, special, differ)
	if same < 100 || differ > 20 {
		t.Errorf("%d agree, %d do not", same, differ)
	}
}

// apart says where table and registry name one file otherwise, with the reason.
var apart = map[string]string{
	"fmt/116 fmt/117":   "the table knows one Windows bitmap of version 3",
	"fmt/116 x-fmt/270": "see above; that of OS/2 has the same head",
	"fmt/134 fmt/198":   "an ID3 tag alone tells nothing of the layer, and layer III is what carries it",
	"fmt/410 x-fmt/219": "the table knows one ARC; the two differ in a line within",
	"fmt/411 x-fmt/264": "the head of RAR is the same from 1.5 to 4",
	"fmt/45 fmt/969":    "the skeleton has the head of RTF and no version",
	"fmt/4 fmt/1708":    "a player that carries a GIF's head",
}
