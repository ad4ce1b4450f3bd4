package intake

import (
	"crypto/md5" //nolint:gosec // what departments' old bags have
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// takenOut exports an accession's object and wants a bag whose manifests of SHA-256 and SHA-512 list all of
// its payload; it gives the paths that lie in the folder.
func (w *world) takenOut(a *intakev1.Accession) (paths []string) {
	w.t.Helper()
	to := filepath.Join(w.t.TempDir(), "out")
	root, err := ocfl.Open(filepath.Join(w.dir, "intake", "ocfl"))
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := ocfl.Export(w.t.Context(), root.Path(a.GetObjectId()), "", to); err != nil {
		w.t.Fatal(err)
	}
	report, err := bagit.Validate(w.t.Context(), to, bagit.Options{})
	if err != nil || report.Err() != nil {
		w.t.Fatal(report.Err(), err)
	}
	for _, warning := range report.Warnings { // the history becomes another with each version: the inventory guards it
		if warning.Where != "metadata/premis.xml" {
			w.t.Error(warning)
		}
	}
	if want := []string{"sha256", "sha512"}; !slices.Equal(report.Manifests, want) || !slices.Equal(report.TagManifests, want) {
		w.t.Errorf("manifests of %v, tag manifests of %v", report.Manifests, report.TagManifests)
	}
	_ = filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(to, path)
			paths = append(paths, filepath.ToSlash(rel))
		}
		return err
	})
	return paths
}

var made = []string{"bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt", "metadata/premis.xml", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}

// of are the tag files of a package where they stand in an object whose bag the archive made.
func of(packageID string, names ...string) (paths []string) {
	for _, n := range names {
		paths = append(paths, "submission/"+packageID+"/"+n)
	}
	return paths
}

var tagFiles = []string{"bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}

func wantPaths(t *testing.T, got []string, want ...[]string) {
	t.Helper()
	all := slices.Concat(want...)
	slices.Sort(all)
	if slices.Sort(got); !slices.Equal(got, all) {
		t.Errorf("the object holds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(all, "\n"))
	}
}

// redone brings a transfer of two rows of which one was redone.
func redone(w *world) (first, second string, sent map[string]string) {
	w.t.Helper()
	w.expect("2026-1", file(1, 0), file(2, 0))
	sent = bag(w.t, map[string]string{"1/a": "first", "2/b": "second"})
	first, second = newID(), newID()
	if res, err := w.send(first, "2026-1", sent); err != nil || !res.GetTaken() {
		w.t.Fatal(res, err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"}); err != nil {
		w.t.Fatal(err)
	}
	if res, err := w.send(second, "2026-1", bag(w.t, map[string]string{"2/new": "second, mended"})); err != nil || !res.GetTaken() {
		w.t.Fatal(res, err)
	}
	return first, second, sent
}

// TestAfterARedoTheObjectIsABag: its manifests list everything that was accepted, both packages' own tag
// files stand as they came and can be read, and each file that the archive wrote is made again by the byte.
func TestAfterARedoTheObjectIsABag(t *testing.T) {
	w := newWorld(t)
	first, second, sent := redone(w)
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	wantPaths(t, w.takenOut(a), made, []string{"data/1/a", "data/2/new"}, of(first, tagFiles...), of(second, tagFiles...))
	for _, name := range tagFiles {
		if text, err := w.content(a.GetObjectId(), "submission/"+first+"/"+name); err != nil || text != sent[name] {
			t.Errorf("%s of the first package: %q %v", name, text, err)
		}
	}
	text, err := w.content(a.GetObjectId(), "manifest-sha256.txt")
	if err != nil || strings.Count(text, "\n") != 2 || !strings.Contains(text, "  data/1/a\n") {
		t.Errorf("the manifest is %q, %v", text, err)
	}
	for _, nothing := range []string{"submission/" + first + "/data/1/a", "submission/" + first, "submission//bagit.txt", "submission/" + newID() + "/bagit.txt"} {
		if text, err := w.content(a.GetObjectId(), nothing); err == nil {
			t.Errorf("%s gives %q", nothing, text)
		}
	}
	w.madeAgainOf(a, "v1/content/bagit.txt", "v1/content/bag-info.txt", "v1/content/manifest-sha512.txt", "v1/content/tagmanifest-sha256.txt", "v1/content/metadata/premis.xml", "v1/inventory.json")
	w.quarantined(a.GetAccessionNumber())
	w.versions()
	a = w.line(a.GetAccessionNumber())
	if a.GetObjectVersion() != 2 {
		t.Error(a)
	}
	wantPaths(t, w.takenOut(a), made, []string{"data/1/a", "data/2/new"}, of(first, tagFiles...), of(second, tagFiles...))
	w.whole()
}

// TestTheActHasTheDigestOfWhatIsKept: whoever takes the object out compares the act with sha512sum of its manifest, after a redo, of a part, and
// where the package's own manifest is the object's.
func TestTheActHasTheDigestOfWhatIsKept(t *testing.T) {
	part := func(w *world) {
		w.expect("2026-1", file(1, 0), file(2, 0))
		if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "first", "2/b": "second"})); err != nil || !res.GetTaken() {
			t.Fatal(res, err)
		}
	}
	for name, c := range map[string]struct {
		come      func(*world)
		positions []uint32
	}{
		"redone": {func(w *world) { redone(w) }, nil}, "a part": {part, []uint32{2}}, "a part of what was redone": {func(w *world) { redone(w) }, []uint32{2}}, "whole": {part, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.come(w)
			a, err := w.accept(newID(), "2026-1", c.positions...)
			if err != nil {
				t.Fatal(err)
			}
			manifest, err := w.content(a.GetObjectId(), "manifest-sha512.txt")
			if err != nil || manifest == "" {
				t.Fatalf("%q %v", manifest, err)
			}
			sum := sha512.Sum512([]byte(manifest))
			var groups []string
			for group := range slices.Chunk([]byte(hex.EncodeToString(sum[:])), 8) {
				groups = append(groups, string(group))
			}
			for _, language := range []string{"kk", "ru"} {
				w.reads(a.GetAccessionNumber(), language, strings.Join(groups, " "))
			}
		})
	}
}

// TestTheBagOfAPartListsThePart: what was not accepted is in no manifest of the object.
func TestTheBagOfAPartListsThePart(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0))
	id := newID()
	if res, err := w.send(id, "2026-1", bag(t, map[string]string{"1/a": "first", "2/b": "second"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1", 2)
	if err != nil {
		t.Fatal(err)
	}
	wantPaths(t, w.takenOut(a), made, []string{"data/2/b"}, of(id, tagFiles...))
	w.whole()
}

// TestNoObjectIsMadeOfManifestsAlone: where none of a package's content is accepted, its tag files would be a bag that lacks every file.
func TestNoObjectIsMadeOfManifestsAlone(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5), file(2, 5))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 1, Reason: "format"}); err != nil {
		t.Fatal(err)
	}
	w.present("2026-1", 2)
	command, packages := w.stopAt(accept.Begun, "2026-1") // and no byte of it is needed any more
	for _, id := range packages {
		if err := w.s.plans.Staging.Remove(id); err != nil {
			t.Fatal(err)
		}
	}
	w.reopen()
	a, err := w.accept(command, "2026-1")
	if err != nil || a.GetAccepted() != 1 || a.GetObjectId() != "" {
		t.Errorf("%v, %v", a, err)
	}
	if got := w.staged(); len(got) != 0 {
		t.Errorf("staging holds %v", got)
	}
	w.whole()
	w.reopen()
	w.whole()
}

// TestAWholePackageIsItsOwnBag: its tag files stay where they were; nothing is written around it. One that
// has weaker digests alone gets a bag of SHA-256 and SHA-512 from what was counted on arrival.
func TestAWholePackageIsItsOwnBag(t *testing.T) {
	w, a := kept(t)
	if a.GetBag() != nil {
		t.Error(a.GetBag())
	}
	wantPaths(t, w.takenOut(a), made, []string{"data/1/a", "data/2/b", "data/2/copy"})
	w.expect("2026-2", file(1, 0))
	sum := md5.Sum([]byte("text")) //nolint:gosec // as above
	id := newID()
	messages := []*intakev1.UploadPackageRequest{part(&intakev1.UploadBegin{CommandId: id, TransferId: "2026-2"})}
	for _, f := range [][2]string{ // the manifest first: MD5 is counted only where it is asked for
		{"bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"}, {"manifest-md5.txt", hex.EncodeToString(sum[:]) + "  data/1/a\n"}, {"data/1/a", "text"},
	} {
		messages = append(messages, part(&intakev1.UploadFile{Path: f[0], Size: uint64(len(f[1]))}), data(f[1]))
	}
	if res, err := w.raw(messages...); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-2")
	if err != nil {
		t.Fatal(err)
	}
	wantPaths(t, w.takenOut(a), made, []string{"data/1/a"}, of(id, "bagit.txt", "manifest-md5.txt"))
	w.whole()
}

// TestABagKilledAtEveryStep: the acceptance of a transfer with a redone row is stopped behind each durable
// step and carried out by the next start.
func TestABagKilledAtEveryStep(t *testing.T) {
	for kill := range 8 {
		t.Run(fmt.Sprint(kill), func(t *testing.T) {
			w := newWorld(t)
			first, second, _ := redone(w)
			steps := 0
			w.s.plans.After = func(accept.Step) error {
				if steps++; steps == kill+1 {
					return errKilled
				}
				return nil
			}
			command := newID()
			if _, err := w.accept(command, "2026-1"); err == nil {
				t.Fatal("not killed")
			}
			w.reopen()
			if err := w.s.plans.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			a, err := w.accept(command, "2026-1")
			if err != nil {
				t.Fatal(err)
			}
			wantPaths(t, w.takenOut(a), made, []string{"data/1/a", "data/2/new"}, of(first, tagFiles...), of(second, tagFiles...))
			if got := w.staged(); len(got) != 0 {
				t.Errorf("staging holds %v", got)
			}
			w.whole()
		})
	}
}
