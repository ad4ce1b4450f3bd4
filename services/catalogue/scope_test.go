package catalogue_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// everyCall asks every method in every way that could show a file, and gives the answers in
// words. An error is an answer too.
func (w *world) everyCall(cleared ...string) (answers map[string]string) {
	ctx, c := w.as(cleared...)
	answers = map[string]string{}
	keep := func(what string, m proto.Message, err error) {
		if err != nil {
			answers[what] = err.Error()
			return
		}
		answers[what] = prototext.Format(m)
	}
	queries := []string{"", "учителя", "школы", "мұғалім", "personal file", "Сарсенбаева", "Сәрсенбаев", "1", "Ф. 1", "1/1", "протоколы заседаний учителя", "сарс"}
	for n := 1; n <= 8; n++ {
		code := fmt.Sprintf("1/1/%d", n)
		queries = append(queries, code)
		file, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: code})
		keep("file "+code, file, err)
		file, err = c.GetFile(ctx, &cataloguev1.GetFileRequest{Record: fmt.Sprint("a", n)})
		keep(fmt.Sprint("record a", n), file, err)
		files, err := c.ListFiles(ctx, &cataloguev1.ListFilesRequest{Fonds: "1", Inventory: "1", After: fmt.Sprint(n)})
		keep("list after "+code, files, err)
		files, err = c.ListFiles(ctx, &cataloguev1.ListFilesRequest{Fonds: "1", Inventory: "1", Limit: uint32(n)})
		keep(fmt.Sprint("list of ", n), files, err)
	}
	for _, q := range queries {
		for _, kind := range []string{"", "fonds", "inventory", "file"} {
			for _, years := range [][2]uint32{{0, 0}, {2020, 2022}} {
				res, err := c.Search(ctx, &cataloguev1.SearchRequest{Query: q, Kind: kind, YearFrom: years[0], YearTo: years[1]})
				keep(fmt.Sprint("search ", q, " ", kind, " ", years), res, err)
			}
		}
	}
	list, err := c.ListFonds(ctx, &cataloguev1.ListFondsRequest{})
	keep("fonds", list, err)
	fonds, err := c.GetFonds(ctx, &cataloguev1.GetFondsRequest{Number: "1"})
	keep("fonds 1", fonds, err)
	return answers
}

// TestAReaderWithoutClearanceGetsTheAnswersOfAnArchiveWithoutThoseFiles compares every answer
// with that of a catalogue that never held the hidden files. Only the numbers that they took
// stay empty, as they do where a file was never handed over.
func TestAReaderWithoutClearanceGetsTheAnswersOfAnArchiveWithoutThoseFiles(t *testing.T) {
	with, without := newWorld(t), newWorld(t)
	a := schools()
	secret := proto.CloneOf(a.files[2])
	secret.Id, secret.Position, secret.Label = "a5", 5, &journalv1.Label{Level: 1, Grounds: []string{"secret-ground-nobody-knows"}}
	a.files = append(a.files, secret)
	b := schools()
	b.listed = len(a.files)
	b.files = append(b.files[:2:2], b.files[3])
	with.says(a.events()...)
	without.says(b.events()...)
	with.followed()
	without.followed()
	got, want := with.everyCall(), without.everyCall()
	for what, answer := range want {
		if got[what] != answer {
			t.Errorf("%s\ngot  %s\nwant %s", what, got[what], answer)
		}
	}
	for what, answer := range with.everyCall("medical", "official-use", "secret-ground-nobody-knows") {
		if strings.Contains(answer, "Сарсенбаев") {
			t.Errorf("the wrong clearance shows the file: %s: %s", what, answer)
		}
	}
	ctx, c := with.as("personal")
	file, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: "1/1/3"})
	if err != nil || file.GetFile().GetFile().GetFile().GetId() != "a3" || file.GetFonds().GetFiles() != 4 || file.GetInventory().GetFiles() != 4 {
		t.Errorf("a cleared reader gets %v, %v", file, err)
	}
	res, err := c.Search(ctx, &cataloguev1.SearchRequest{Query: "учителя школы"})
	if err != nil || res.GetTotal() != 1 || res.GetHits()[0].GetCode().GetRu() != "Ф. 1. Оп. 1. Д. 3" {
		t.Errorf("a cleared reader finds %v, %v", res, err)
	}
	if _, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: "1/1/5"}); fault.KindOf(err) != fault.NotFound {
		t.Error("a ground that nobody knows opened to somebody")
	}
	with.whole()
}

// TestARestartFindsWhatTheRunningServiceFound compares the index that followed the journal
// with the one that was filled from the store.
func TestARestartFindsWhatTheRunningServiceFound(t *testing.T) {
	w := newWorld(t)
	w.says(schools().events()...)
	for i := range 3 {
		a := acceptance{number: fmt.Sprintf("2026-%d", i+2), organisation: fmt.Sprintf("org-%d", i), inventory: "2лс", kind: "personnel", list: fmt.Sprint("p", i)}
		for j := range 40 {
			f := &recordv1.File{Id: fmt.Sprintf("f%d-%d", i, j), Position: uint32(j + 1), DateFrom: fmt.Sprint(1990+j, "-02-30"), Title: &recordv1.Text{
				Ru: fmt.Sprintf("Дело %d о выплате учителям", j), Kk: "Мұғалімдерге төлем туралы іс",
			}}
			if j%5 == 0 {
				f.Label = personal
			}
			a.files = append(a.files, f)
		}
		w.says(a.events()...)
	}
	w.followed()
	before, cleared := w.everyCall(), w.everyCall("personal")
	w.catalogue.stop()
	w.startCatalogue()
	w.followed()
	for what, answer := range w.everyCall() {
		if before[what] != answer {
			t.Errorf("%s\nbefore %s\nafter  %s", what, before[what], answer)
		}
	}
	for what, answer := range w.everyCall("personal") {
		if cleared[what] != answer {
			t.Errorf("with clearance: %s\nbefore %s\nafter  %s", what, cleared[what], answer)
		}
	}
	// And it goes on following.
	w.says(acceptance{number: "2026-9", organisation: "org-9", inventory: "1", kind: "permanent", list: "z", files: []*recordv1.File{
		{Id: "z", Position: 1, Title: &recordv1.Text{Ru: "Карта паводка"}},
	}}.events()...)
	w.followed()
	ctx, c := w.as()
	res, err := c.Search(ctx, &cataloguev1.SearchRequest{Query: "карты паводков"})
	if err != nil || res.GetTotal() != 1 || res.GetHits()[0].GetCode().GetRu() != "Ф. 5. Оп. 1. Д. 1" {
		t.Errorf("after the restart: %v, %v", res, err)
	}
	w.whole()
}

func TestListsPageInTheOrderOfTheShelf(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		a := acceptance{number: fmt.Sprintf("2026-%d", i+1), organisation: fmt.Sprintf("org-%02d", i), inventory: "1", kind: "permanent", list: fmt.Sprint(i)}
		if i == 0 {
			for j := range 25 {
				f := &recordv1.File{Id: fmt.Sprint("f", j), Position: uint32(j + 1)}
				if j%3 == 2 {
					f.Label = personal
				}
				a.files = append(a.files, f)
			}
		}
		w.says(a.events()...)
	}
	w.followed()
	ctx, c := w.as()
	var numbers []string
	for after, more := "", true; more; {
		res, err := c.ListFonds(ctx, &cataloguev1.ListFondsRequest{After: after, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.GetFonds() {
			after = f.GetNumber()
			numbers = append(numbers, after)
		}
		more = res.GetMore()
	}
	if got := strings.Join(numbers, " "); got != "1 2 3 4 5 6 7 8 9 10 11 12" {
		t.Errorf("fonds %s", got)
	}
	numbers = nil
	for after, more := "", true; more; {
		res, err := c.ListFiles(ctx, &cataloguev1.ListFilesRequest{Fonds: "1", Inventory: "1", After: after, Limit: 4})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.GetFiles() {
			after = f.GetFile().GetNumber()
			numbers = append(numbers, after)
		}
		more = res.GetMore()
	}
	if got := strings.Join(numbers, " "); got != "1 2 4 5 7 8 10 11 13 14 16 17 19 20 22 23 25" {
		t.Errorf("files %s", got)
	}
}

func TestAFaultyRequestIsAnsweredWithWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.says(schools().events()...)
	w.followed()
	ctx, c := w.as()
	for name, call := range map[string]func() error{
		"catalogue.not_file": func() error { _, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: "1/1"}); return err },
		"archcode.not_code":  func() error { _, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: "школы"}); return err },
		"catalogue.no_file":  func() error { _, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: "1/1/99"}); return err },
		"catalogue.no_fonds": func() error { _, err := c.GetFonds(ctx, &cataloguev1.GetFondsRequest{Number: "9"}); return err },
		"catalogue.no_inventory": func() error {
			_, err := c.ListFiles(ctx, &cataloguev1.ListFilesRequest{Fonds: "1", Inventory: "9"})
			return err
		},
		"catalogue.bad_kind": func() error { _, err := c.Search(ctx, &cataloguev1.SearchRequest{Kind: "book"}); return err },
		"catalogue.bad_years": func() error {
			_, err := c.Search(ctx, &cataloguev1.SearchRequest{YearFrom: 2020, YearTo: 2010})
			return err
		},
		"archcode.number": func() error { _, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: "1/1/0"}); return err },
	} {
		err := call()
		if f := new(fault.Error); !errors.As(err, &f) || f.Code != name {
			t.Errorf("want %s, got %v", name, err)
		}
	}
	if _, err := c.GetFonds(ctx, &cataloguev1.GetFondsRequest{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no number: %v", err)
	}
}
