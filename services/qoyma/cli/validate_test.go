package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// TestABagIsPrintedAsIfAllOfItWereInMemory holds the JSON of a bag whose files are written one by one beside that of its
// whole report.
func TestABagIsPrintedAsIfAllOfItWereInMemory(t *testing.T) {
	payload := fstest.MapFS{"a/<&>.txt": {Data: []byte("x")}, "b.txt": {Data: []byte("ү")}}
	sound := filepath.Join(t.TempDir(), "bag.zip")
	if _, err := bagit.Make(t.Context(), sound, payload, nil, bagit.Making{Form: bagit.Zip, Info: []bagit.Field{{Label: "Note", Value: `"payload": null`}}}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{sound, t.TempDir()} { // an empty folder has no file at all
		report, err := bagit.Validate(t.Context(), path, bagit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var want, got bytes.Buffer
		a := &app{out: &want, json: true, lang: "en"}
		if err := a.printBag(report, nil); err != nil {
			t.Fatal(err)
		}
		a.out = &got
		if err := a.validateBag(t.Context(), path, bagit.Options{}, false); (err == nil) != report.Valid() {
			t.Fatal(err)
		}
		if !json.Valid(got.Bytes()) || got.String() != want.String() {
			t.Errorf("%s\nis not\n%s", &got, &want)
		}
	}
}

// TestFaultsThatAreNotListedAreCounted: whoever sends a package of nothing but faults is told how many there are, in each language.
func TestFaultsThatAreNotListedAreCounted(t *testing.T) {
	dir := t.TempDir()
	const wrong = 1_200
	lines := strings.Repeat("nonsense\n", wrong)
	for name, text := range map[string]string{"bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "manifest-md5.txt": lines, "data/x": ""} {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	all := wrong + 1 // data/x is in no manifest
	for lang, want := range map[string]string{
		"en": fmt.Sprintf("%d more are not listed", all-1000), "ru": fmt.Sprintf("ещё не показано здесь: %d", all-1000), "kk": fmt.Sprintf("мұнда тағы көрсетілмегені: %d", all-1000),
	} {
		for _, asJSON := range []bool{false, true} {
			var out, problems bytes.Buffer
			a := &app{out: &out, err: &problems, lang: lang, json: asJSON}
			err := a.validateBag(t.Context(), dir, bagit.Options{}, false)
			if !errors.Is(err, bagit.Refused) {
				t.Fatal(err)
			}
			a.report(err)
			if !strings.Contains(problems.String(), want) || !strings.Contains(problems.String(), fmt.Sprint(all)) {
				t.Errorf("%s, JSON %v: %.300s", lang, asJSON, &problems)
			}
			if asJSON && (!strings.Contains(out.String(), want) || !strings.Contains(out.String(), fmt.Sprintf(`"fault_count": %d`, all))) {
				t.Errorf("%s: %.300s", lang, &out)
			}
		}
	}
}
