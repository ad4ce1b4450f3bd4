package archtest_test

import (
	"slices"
	"testing"

	"github.com/qoyma/qoyma/services/platform/archtest"
)

// exceptions: "package -> import": why. Keep it short; each line is a debt.
var exceptions = map[string]string{
	"catalogue/internal/index -> github.com/RoaringBitmap/roaring/v2":         "sets of document numbers; the index is an algorithm over them",
	"catalogue/internal/words -> github.com/blevesearch/snowballstem":         "Russian and English stems, kept by others",
	"catalogue/internal/words -> github.com/blevesearch/snowballstem/english": "see above",
	"catalogue/internal/words -> github.com/blevesearch/snowballstem/russian": "see above",
	"catalogue/internal/words -> golang.org/x/text/unicode/norm":              "Unicode normal forms",
	"gateway/internal/accounts -> golang.org/x/crypto/argon2":                 "password hashing (RFC 9106); a pure function",
	"gateway/internal/accounts -> golang.org/x/text/unicode/norm":             "Unicode normal forms",
	"intake/internal/repository -> github.com/zeebo/blake3":                   "the quickest digest, for fixity; a pure function",
}

// TestTheTreeHasItsShape checks the real tree.
func TestTheTreeHasItsShape(t *testing.T) {
	module, err := archtest.ModulePath("../..")
	if err != nil {
		t.Fatal(err)
	}
	found, files, err := archtest.Check(archtest.Tree{
		Root: "../..", Module: module, Proto: "github.com/qoyma/qoyma/proto/gen", Exceptions: exceptions,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
	if files < 10 {
		t.Errorf("only %d files were read", files)
	}
}

// TestItCanFail checks a small tree that breaks every rule once.
func TestItCanFail(t *testing.T) {
	const m = "example.org/x/services"
	found, _, err := archtest.Check(archtest.Tree{
		Root: "testdata/tree", Module: m, Proto: "example.org/x/proto/gen",
		Exceptions: map[string]string{
			"intake/internal/bag -> example.org/hash": "a hash that the standard library lacks",
			"intake/internal/bag -> example.org/old":  "was needed once",
			"intake -> example.org/x/services/qoyma":  " ",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range found {
		got = append(got, v.String())
	}
	want := []string{
		"intake -> example.org/x/services/qoyma imports : " + archtest.RuleReason,
		"intake/intake.go imports " + m + "/retention: " + archtest.RuleService,
		"intake/internal/bag/bag.go imports " + m + "/intake/internal/store: " + archtest.RuleRules,
		"intake/internal/bag/bag.go imports " + m + "/platform/store: " + archtest.RuleRules,
		"intake/internal/bag/bag.go imports example.org/library: " + archtest.RuleRules,
		"intake/internal/bag/bag.go imports example.org/x/proto/gen/intake/v1: " + archtest.RuleRules,
		"intake/internal/bag/bag_test.go imports " + m + "/intake/internal/store: " + archtest.RuleRules,
		"platform/store/store.go imports " + m + "/retention: " + archtest.RulePlatform,
		"platform/store/store.go imports " + m + "/standards/bagit: " + archtest.RulePlatform,
		"retention/retention.go imports " + m + "/qoyma: " + archtest.RuleBinary,
		"standards/bagit/bagit.go imports " + m + "/platform/store: " + archtest.RuleStandards,
		"standards/bagit/bagit.go imports example.org/x/proto/gen/intake/v1: " + archtest.RuleStandards,
		"intake/internal/bag -> example.org/old imports : " + archtest.RuleUnused,
	}
	if !slices.Equal(got, want) {
		t.Error("violations differ")
		for _, line := range got {
			t.Log("got ", line)
		}
		for _, line := range want {
			t.Log("want", line)
		}
	}
}
