package index

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/standards/archcode"
)

func codeOf(t testing.TB, text string) archcode.Code {
	t.Helper()
	c, err := archcode.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// open is the scope of a reader who may see what bears no restriction.
var open = Scope{}

// holdings is a small archive in which the examples below are found.
func holdings(t testing.TB) *Index {
	t.Helper()
	x := New()
	doc := func(code, kk, ru string, from, to int) Document {
		return Document{Key: codeOf(t, code).Key(), Title: Text{KK: kk, RU: ru}, From: from, To: to}
	}
	secret := doc("Р-1109/2/346", "Колхоз төрағасының жеке ісі", "Личное дело председателя колхоза", 1936, 1940)
	secret.Level, secret.Grounds = 1, 1
	err := x.Put(
		doc("Ф. Р-1109", "Алматы облыстық атқару комитеті", "Алматинский облисполком", 1932, 1994),
		doc("Р-1109/2", "Тұрақты сақталатын істер тізімдемесі", "Опись дел постоянного хранения", 1932, 1960),
		doc("Р-1109/2/345", "Колхоз құжаттары мен хаттамалары", "Документы и протоколы колхоза", 1935, 1937),
		secret,
		doc("Р-1109/2/345а", "Мұрағат ережесі", "Положение об архиве", 1938, 1938),
		doc("Ф. 12", "Жетісу губернаторы", "Семиреченский губернатор", 1867, 1917),
		doc("12/1/7", "Қазақ ауылдары туралы", "О казахских аулах", 1901, 1901),
	)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func keysOf(t testing.TB, r Result) string {
	t.Helper()
	var codes []string
	for _, h := range r.Hits {
		c, err := archcode.ParseKey(h.Key)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, c.String())
	}
	return strings.Join(codes, ", ")
}

func TestSearchFinds(t *testing.T) {
	x := holdings(t)
	for text, want := range map[string]string{
		"құжаттардың": "Р-1109/2/345",  // a Kazakh word in another case
		"протоколов":  "Р-1109/2/345",  // a Russian one
		"qujat":       "Р-1109/2/345",  // Kazakh in Latin
		"колхоз":      "Р-1109/2/345",  // the secret file has it too
		"төраға":      "",              // only the secret file has it
		"архивы":      "Р-1109/2/345а", // архив and мұрағат meet
		"документы губернатора": "Ф. 12, Р-1109/2/345", // no file has both: either, fonds first
		"облисп":           "Р-1109", // the beginning of a word
		"облисп ":          "",       // a word that is finished
		"Р-1109/2/345":     "Р-1109/2/345",
		"P-1109-2-345":     "Р-1109/2/345",
		"ф р1109 оп2 д345": "Р-1109/2/345",
		"Р-1109-қор, 2-тізімдеме, 345-іс": "Р-1109/2/345",
		"Р-1109/2/346":    "", // it exists, but not for this reader
		"Қ. 12":           "Ф. 12, 12/1/7",
		"ф. Р-1109 оп. 2": "Р-1109/2, Р-1109/2/345, Р-1109/2/345а",
		"":                "Ф. 12, Р-1109, Р-1109/2, 12/1/7, Р-1109/2/345, Р-1109/2/345а",
	} {
		r := x.Search(Query{Words: text, Scope: open, Limit: 20})
		if got := keysOf(t, r); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
		if r.Total != len(r.Hits) {
			t.Errorf("%q: total %d of %d hits", text, r.Total, len(r.Hits))
		}
	}
	if r := x.Search(Query{Words: "p-1109/2/345", Limit: 1}); !r.Hits[0].Exact {
		t.Error("the file that a code names must be marked")
	}
	if r := x.Search(Query{Words: "төраға", Scope: Scope{1, 3}, Limit: 9}); keysOf(t, r) != "Р-1109/2/346" {
		t.Errorf("who may see the file finds %q", keysOf(t, r))
	}
}

func TestFiltersAndPages(t *testing.T) {
	x := holdings(t)
	for want, q := range map[string]Query{
		"Ф. 12, 12/1/7":                       {Within: codeOf(t, "ф. 12")},
		"Р-1109/2/345":                        {Within: codeOf(t, "Р-1109/2"), Words: "колхоз"},
		"12/1/7, Р-1109/2/345, Р-1109/2/345а": {Kind: archcode.FileLevel},
		"Р-1109, Р-1109/2, Р-1109/2/345а":     {Years: Years{1938, 1938}},
		"Ф. 12":                               {Years: Years{To: 1900}},
		"Р-1109":                              {Years: Years{From: 1961}},
	} {
		q.Limit = 10
		if got := keysOf(t, x.Search(q)); got != want {
			t.Errorf("%+v finds %q, want %q", q, got, want)
		}
	}
	if got := keysOf(t, x.Search(Query{Offset: 1, Limit: 3})); got != "Р-1109, Р-1109/2, 12/1/7" {
		t.Errorf("the page is %q", got)
	}
	if r := x.Search(Query{Offset: MaxWindow, Limit: 5}); len(r.Hits) != 0 || r.Total != 6 {
		t.Errorf("beyond the window: %+v", r)
	}
	if r := x.Search(Query{Offset: -5, Limit: -5}); len(r.Hits) != 0 || r.Total != 6 {
		t.Errorf("nonsense bounds: %+v", r)
	}
}

func TestBadDocumentsChangeNothing(t *testing.T) {
	x := holdings(t)
	good := Document{Key: codeOf(t, "1/1/1").Key()}
	for _, bad := range []Document{
		{Key: good.Key, From: 1950, To: 1940},
		{Key: good.Key, From: 0, To: 1940},
		{Key: good.Key, From: -5, To: 1940},
		{Key: good.Key, From: 1940, To: 10_000},
		{Key: []byte("x")},
		{},
	} {
		if err := x.Put(good, bad); !errors.Is(err, YearsFault) && !errors.Is(err, archcode.KeyFault) {
			t.Errorf("Put(%+v) = %v", bad, err)
		}
	}
	x.Delete([]byte("x"), nil, good.Key)
	if x.Len() != 7 {
		t.Errorf("%d documents", x.Len())
	}
}

var vocabulary = strings.Fields(`құжат құжаттары құжаттардың хат хаттама документ документы документов протокол протоколы архив
	мұрағат мұрағатта колхоз колхозы колхоза ауыл ауылдың Almaty Алматы qujat archive archives report 1935 345а іс`)

var someText = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, 3).Draw(t, "words"), " ")
})

var someCode = rapid.Custom(func(t *rapid.T) archcode.Code {
	c := archcode.Code{Fonds: archcode.FondsNumber{
		Index: rapid.SampledFrom([]string{"", "", "Р", "АБВ", "АБВГ"}).Draw(t, "index"), Number: rapid.Uint32Range(1, 6).Draw(t, "fonds"),
		Letters: rapid.SampledFrom([]string{"", "", "", "а"}).Draw(t, "letters"),
	}}
	if depth := rapid.IntRange(1, 6).Draw(t, "depth"); depth > 1 {
		c.Inventory = archcode.InventoryNumber{Number: rapid.SampledFrom([]uint32{1, 2, 511, 600}).Draw(t, "inventory"), Letters: rapid.SampledFrom([]string{"", "", "лс"}).Draw(t, "letters")}
		if depth > 2 {
			c.File = archcode.FileNumber{Number: rapid.SampledFrom([]uint32{1, 2, 3, 10, 345, 4095, 5000}).Draw(t, "file"), Letters: rapid.SampledFrom([]string{"", "", "а"}).Draw(t, "letters")}
		}
	}
	return c
})

var someDocument = rapid.Custom(func(t *rapid.T) Document {
	d := Document{
		Key:        someCode.Draw(t, "code").Key(),
		Title:      Text{KK: someText.Draw(t, "kk"), RU: someText.Draw(t, "ru"), EN: someText.Draw(t, "en")},
		Annotation: Text{RU: someText.Draw(t, "annotation")},
		FondsName:  Text{KK: someText.Draw(t, "fonds name")},
		Level:      rapid.Uint8Range(0, 2).Draw(t, "level"),
		Grounds:    rapid.Uint32Range(0, 3).Draw(t, "grounds"),
	}
	if rapid.Bool().Draw(t, "dated") {
		d.From = rapid.IntRange(1899, 1950).Draw(t, "from")
		d.To = d.From + rapid.IntRange(0, 30).Draw(t, "span")
	}
	return d
})

var someScope = rapid.Custom(func(t *rapid.T) Scope {
	return Scope{rapid.Uint8Range(0, 2).Draw(t, "max level"), rapid.Uint32Range(0, 3).Draw(t, "reader's grounds")}
})

var someQuery = rapid.Custom(func(t *rapid.T) Query {
	q := Query{Scope: someScope.Draw(t, "scope"), Offset: rapid.SampledFrom([]int{0, 0, 3, 20}).Draw(t, "offset"), Limit: rapid.SampledFrom([]int{0, 1, 5, 20, 500}).Draw(t, "limit")}
	switch rapid.IntRange(0, 4).Draw(t, "text") {
	case 0:
		q.Words = someCode.Draw(t, "typed").String()
	case 1:
		q.Words = someText.Draw(t, "words") + " "
	case 2, 3:
		runes := []rune(someText.Draw(t, "words"))
		q.Words = string(runes[:rapid.IntRange(0, len(runes)).Draw(t, "cut")])
	}
	if rapid.IntRange(0, 3).Draw(t, "filtered") == 0 {
		q.Within = someCode.Draw(t, "within")
	}
	if rapid.IntRange(0, 3).Draw(t, "in years") == 0 {
		q.Years = Years{rapid.SampledFrom([]int{0, 1900, 1910, 1917}).Draw(t, "from"), rapid.SampledFrom([]int{0, 1919, 1929, 1941}).Draw(t, "to")}
	}
	if rapid.IntRange(0, 3).Draw(t, "of a kind") == 0 {
		q.Kind = archcode.Level(rapid.IntRange(1, 3).Draw(t, "kind"))
	}
	return q
})

// A posting is its documents, as a list and as bitmaps, and where it turns from one into
// the other.
func TestPostingIsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p posting
		titles := map[uint32]bool{} // document → in the title
		for range rapid.IntRange(0, 3*few).Draw(t, "changes") {
			id := rapid.Uint32Range(0, 2*few).Draw(t, "id")
			if _, held := titles[id]; held {
				p.remove(id)
				delete(titles, id)
				continue
			}
			titles[id] = rapid.Bool().Draw(t, "title")
			p.add(id, titles[id], 8)
		}
		for _, onlyTitles := range []bool{false, true} {
			got, dense, want := roaring.New(), make([]uint64, few), roaring.New()
			p.orInto(got, onlyTitles)
			p.orDense(dense, onlyTitles)
			for id, title := range titles {
				if title || !onlyTitles {
					want.Add(id)
				}
			}
			if !got.Equals(want) || !roaring.FromDense(dense, false).Equals(want) {
				t.Fatalf("titles only %v: %v, want %v", onlyTitles, got, want)
			}
		}
		evens := roaring.New()
		evenHeld := 0
		for id := uint32(0); id <= 2*few; id += 2 {
			evens.Add(id)
			if _, held := titles[id]; held {
				evenHeld++
			}
		}
		if p.countIn(evens) != evenHeld || p.empty() != (len(titles) == 0) {
			t.Fatalf("%d even of %d", p.countIn(evens), len(titles))
		}
	})
}

// The index under random changes answers as a look at every document would; and as an
// index would that never held what the reader may not see.
func TestIndexIsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, m := New(), model{}
		x.lexicon.slack = rapid.SampledFrom([]int{0, 3, 4096}).Draw(t, "slack")
		x.lexicon.few = rapid.SampledFrom([]int{2, few}).Draw(t, "few")
		put := func(docs ...Document) {
			if err := x.Put(docs...); err != nil {
				t.Fatal(err)
			}
			for _, d := range docs {
				m[string(d.Key)] = d
			}
		}
		put(rapid.SliceOfN(someDocument, 0, 150).Draw(t, "holdings")...)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) { put(rapid.SliceOfN(someDocument, 1, 4).Draw(t, "documents")...) },
			"delete": func(t *rapid.T) {
				key := string(someCode.Draw(t, "code").Key())
				if len(m) > 0 && rapid.Bool().Draw(t, "held") {
					keys := make([]string, 0, len(m))
					for k := range m {
						keys = append(keys, k)
					}
					slices.Sort(keys)
					key = rapid.SampledFrom(keys).Draw(t, "key")
				}
				x.Delete([]byte(key))
				delete(m, key)
			},
			"search": func(t *rapid.T) {
				q := someQuery.Draw(t, "query")
				got := x.Search(q)
				if want := m.search(q); !reflect.DeepEqual(got, want) {
					t.Fatalf("%+v\nfinds %+v\nwant  %+v", q, got, want)
				}
			},
			"suggest": func(t *rapid.T) {
				text := rapid.SampledFrom([]string{"құж", "док", "колх", "арх", "мұр", "alm", "193", "qu", "колхоз "}).Draw(t, "text")
				scope := someScope.Draw(t, "scope")
				if got, want := x.Suggest(text, scope, 3), m.suggest(text, scope, 3); !slices.Equal(got, want) {
					t.Fatalf("%q suggests %v, want %v", text, got, want)
				}
			},
			"hide": func(t *rapid.T) {
				q := someQuery.Draw(t, "query")
				without := New()
				for _, d := range m {
					if q.Scope.Reads(d.Level, d.Grounds) {
						if err := without.Put(d); err != nil {
							t.Fatal(err)
						}
					}
				}
				if got, want := x.Search(q), without.Search(q); !reflect.DeepEqual(got, want) {
					t.Fatalf("%+v\nfinds %+v\nbut without what is hidden %+v", q, got, want)
				}
			},
			"": func(t *rapid.T) {
				if x.Len() != len(m) {
					t.Fatalf("%d documents, want %d", x.Len(), len(m))
				}
			},
		})
		for key := range m {
			x.Delete([]byte(key))
		}
		if len(x.lexicon.ids)+len(x.lexicon.skeleton)+len(x.labels)+len(x.decades)+len(x.groups.members)+len(x.byKey) != 0 {
			t.Fatalf("something is left of an emptied index: %d terms, %d labels, %d decades", len(x.lexicon.ids), len(x.labels), len(x.decades))
		}
	})
}

// Readers run beside the writer; the race detector watches, and each answer must be whole:
// the three documents are put together, so a reader sees none or all.
func TestReadersSeeWholeChanges(t *testing.T) {
	x := New()
	trio := make([]Document, 3)
	for i, code := range []string{"1/1/1", "1/1/2", "1/1/3"} {
		trio[i] = Document{Key: codeOf(t, code).Key(), Title: Text{RU: "Протоколы колхоза"}}
	}
	keys := [][]byte{trio[0].Key, trio[1].Key, trio[2].Key}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if r := x.Search(Query{Words: "протокол", Limit: 10}); r.Total != 0 && r.Total != 3 || len(r.Hits) != r.Total {
					t.Errorf("saw %d of 3, %d hits", r.Total, len(r.Hits))
					return
				}
				x.Suggest("прот", Scope{}, 3)
			}
		})
	}
	for range 2000 {
		if err := x.Put(trio...); err != nil {
			t.Fatal(err)
		}
		x.Delete(keys...)
	}
	close(stop)
	readers.Wait()
}

// Whatever is typed, what is hidden stays so and nothing breaks.
func FuzzSearch(f *testing.F) {
	for _, text := range []string{"", "колхоз", "төраға", "Р-1109/2/346", "ф. Р-1109", "qujat архив", "\xff", "а ә б в г д е ж з и к л м н о п р с", strings.Repeat("колхоз ", 400)} {
		f.Add(text, 0, 10)
	}
	x := holdings(f)
	hidden := codeOf(f, "Р-1109/2/346").Key()
	f.Fuzz(func(t *testing.T, text string, offset, limit int) {
		r := x.Search(Query{Words: text, Offset: offset, Limit: limit})
		for _, h := range r.Hits {
			if slices.Equal(h.Key, hidden) {
				t.Fatalf("%q shows what is hidden", text)
			}
		}
		if r.Total > 6 || len(r.Hits) > r.Total {
			t.Fatalf("%q: total %d, %d hits", text, r.Total, len(r.Hits))
		}
		x.Suggest(text, Scope{}, 5)
	})
}
