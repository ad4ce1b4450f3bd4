package pronom

import (
	"bytes"
	"slices"
	"testing"
)

// TestTheTableAgreesWithTheRegistryOnBytes asks both about the same bytes, where the checkout has
// the registry's files beside it.
func TestTheTableAgreesWithTheRegistryOnBytes(t *testing.T) {
	registry := published(t)
	agree, silent := 0, 0
	for _, s := range samples {
		if s.basis != Signature && s.basis != Container {
			continue
		}
		got, err := registry.Identify(s.file, bytes.NewReader(s.content), int64(len(s.content)))
		if err != nil {
			t.Fatal(err)
		}
		got = slices.DeleteFunc(got, func(m Result) bool { return m.Basis == Extension || m.Basis == Text })
		switch {
		case len(got) == 0:
			silent++ // the sample is shorter than the registry's signature asks
		case slices.ContainsFunc(got, func(m Result) bool { return m.PUID == s.puid }):
			agree++
		case differs[s.puid+" "+got[0].PUID] == "":
			t.Errorf("%s: the table says %s, the registry %s %s", s.file, s.puid, got[0].PUID, got[0].Name)
		}
	}
	t.Logf("%d samples agree, of %d the registry says nothing", agree, silent)
	if agree < 25 {
		t.Errorf("only %d samples agree", agree)
	}
}

// differs says where the two may differ, with the reason.
var differs = map[string]string{
	"fmt/354 fmt/276":    "the sample's claim of PDF/A has no namespace, which the registry asks for",
	"fmt/478 fmt/276":    "see above",
	"fmt/479 fmt/276":    "see above",
	"fmt/1910 fmt/276":   "see above",
	"fmt/215 x-fmt/263":  "the sample's content types stand alone, the registry asks for the whole declaration",
	"fmt/291 fmt/290":    "the sample names its version in the content alone",
	"fmt/1755 x-fmt/263": "see above",
	"fmt/161 x-fmt/263":  "the sample's header has no schema location",
	"fmt/141 fmt/6":      "the sample's format chunk is cut short",
}
