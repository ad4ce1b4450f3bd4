package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// TestFilesArePagedAsTheyStand sends more files than a page has, has rows redone by two further packages, and compares what
// is read page by page with what one transaction sees.
func TestFilesArePagedAsTheyStand(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0), file(3, 0), file(4, 0))
	send := func(payload map[string]string) {
		t.Helper()
		if res, err := w.send(newID(), "2026-1", bag(t, payload)); err != nil || !res.GetTaken() {
			t.Fatalf("%v %v", res, err)
		}
	}
	many := func(unit string, count int, text string) map[string]string {
		files := make(map[string]string)
		for n := range count {
			files[fmt.Sprintf("%s/%04d.txt", unit, n*11%count)] = fmt.Sprint(text, n, "\n")
		}
		return files
	}
	together := func(all ...map[string]string) map[string]string {
		files := make(map[string]string)
		for _, one := range all {
			for path, text := range one {
				files[path] = text
			}
		}
		return files
	}
	send(together(many("0001", 700, "a"), many("2", 900, "b"), many("03", 30, "c"), many("4", 600, "d")))
	w.paged("2026-1", 700+900+30+600)
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"}, &intakev1.ReturnedRow{Position: 4, Reason: "unreadable"}); err != nil {
		t.Fatal(err)
	}
	w.as(clerk("bilim"))
	send(many("0002", 510, "e"))
	send(many("4", 1, "f"))
	w.paged("2026-1", 700+510+30+1)
	w.as(archivist)
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 4 {
		t.Fatal(a, err)
	}
	var paths []string
	for _, u := range w.accepted(a.GetAccessionNumber()) {
		if !slices.IsSorted(u.GetContentPaths()) {
			t.Errorf("paths of %d are not in order", u.GetFile().GetPosition())
		}
		paths = append(paths, u.GetContentPaths()...)
	}
	if len(paths) != 700+510+30+1 {
		t.Errorf("%d paths are accepted", len(paths))
	}
}

// accepted are the units of an accession.
func (w *world) accepted(number string) []*intakev1.AcceptedFile {
	w.t.Helper()
	res, err := w.client.GetAccession(w.t.Context(), &intakev1.GetAccessionRequest{AccessionNumber: number, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return res.GetFiles()
}

// paged fails unless the files of a transfer are the same page by page, of which payload are as many as
// said; and tag files alone are those of all that are no payload.
func (w *world) paged(id string, payload int) {
	w.t.Helper()
	s := w.s.host.Store()
	var want, tags []*intakev1.ContentFile
	if err := s.View(func(v *base.View) error {
		return store.EachContent(v, id, func(f *intakev1.ContentFile) error {
			want = append(want, f)
			return nil
		})
	}); err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(want, func(a, b *intakev1.ContentFile) int { return cmp.Compare(a.GetPath(), b.GetPath()) })
	for _, f := range want {
		if !strings.HasPrefix(f.GetPath(), "data/") {
			tags = append(tags, f)
		}
	}
	if len(want)-len(tags) != payload || len(tags) == 0 {
		w.t.Fatalf("%d payload files, %d tag files", len(want)-len(tags), len(tags))
	}
	for only, list := range map[bool][]*intakev1.ContentFile{false: want, true: tags} {
		var got []*intakev1.ContentFile
		for f, err := range store.EachFile(s, id, only) {
			if err != nil {
				w.t.Fatal(err)
			}
			got = append(got, f)
		}
		if !slices.EqualFunc(got, list, func(a, b *intakev1.ContentFile) bool { return proto.Equal(a, b) }) {
			w.t.Errorf("tags=%v: %d files page by page, %d in one transaction", only, len(got), len(list))
		}
	}
}
