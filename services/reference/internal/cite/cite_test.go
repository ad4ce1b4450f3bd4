package cite_test

import (
	"errors"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/cite"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ code, leaves, file, kept string }{
		{"Ф. Р-1109. Оп. 2лс. Д. 345а. Л. 10–12 об.", "", "Р-1109/2лс/345а", "10–12 об."},
		{"р-1109-2лс-345а", "10-12об", "Р-1109/2лс/345а", "10–12 об."},
		{"Қ. 1, Т. 2, І. 345", "14, 16", "1/2/345", "14, 16"},
		{"ЦГА РК. Ф. 1. Оп. 2. Д. 345", "", "1/2/345", ""},
		{"1/2/345", "  ", "1/2/345", ""},
	} {
		got, err := cite.Parse(c.code, c.leaves)
		if err != nil || cite.File(got) != c.file || cite.Leaves(got) != c.kept {
			t.Errorf("%+v: %q %q %v", c, cite.File(got), cite.Leaves(got), err)
			continue
		}
		again, err := cite.Parse(cite.File(got), cite.Leaves(got))
		if err != nil || cite.File(again) != c.file || cite.Leaves(again) != c.kept {
			t.Errorf("%+v does not read back: %v %v", c, again, err)
		}
	}
	for code, want := range map[string]*fault.Definition{"Ф. 1. Оп. 2": cite.NotAFile, "1": archcode.NotCode, "": archcode.NotCode} {
		if _, err := cite.Parse(code, ""); !errors.Is(err, want) {
			t.Errorf("%q: %v", code, err)
		}
	}
	for _, leaves := range []string{"x", "12–10", "10. Д. 7", "Д. 7. Л. 1"} {
		if c, err := cite.Parse("1/2/345", leaves); err == nil {
			t.Errorf("leaves %q read as %v", leaves, c)
		}
	}
}

func TestBeyond(t *testing.T) {
	for _, c := range []struct {
		leaves string
		count  uint32
		want   string
	}{
		{"10–12 об.", 48, ""},
		{"48 об.", 48, ""},
		{"48а", 48, ""},
		{"51–52", 48, "51–52"},
		{"3, 47–49, 12, 60 об.", 48, "47–49, 60 об."},
		{"1", 0, ""}, // nobody knows how many there are
		{"", 48, ""},
	} {
		code, err := cite.Parse("1/2/345", c.leaves)
		if err != nil {
			t.Fatal(err)
		}
		kept := cite.Leaves(code)
		if got := cite.Beyond(code, c.count); got != c.want || cite.Leaves(code) != kept {
			t.Errorf("%q of %d: %q, want %q; the code has %q", c.leaves, c.count, got, c.want, cite.Leaves(code))
		}
	}
}

func TestFormat(t *testing.T) {
	for l, want := range map[fault.Language]string{
		fault.Russian: "Ф. 1. Оп. 2. Д. 345. Л. 10–12 об.", fault.Kazakh: "Қ. 1, Т. 2, І. 345, П. 10–12 сырты",
	} {
		if got := cite.Format("1/2/345", "10–12 об.", l); got != want {
			t.Errorf("%s: %s", l, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Ф. Р-1109. Оп. 2лс. Д. 345а", "10–12 об.")
	f.Add("1/2/345", "")
	f.Add("44-қор, 1-тізімдеме, 345-іс", "5")
	f.Fuzz(func(t *testing.T, code, leaves string) {
		c, err := cite.Parse(code, leaves)
		if err != nil {
			return
		}
		again, err := cite.Parse(cite.File(c), cite.Leaves(c))
		if err != nil || cite.File(again) != cite.File(c) || cite.Leaves(again) != cite.Leaves(c) {
			t.Fatalf("%q %q is kept as %q %q, which reads as %q %q: %v", code, leaves, cite.File(c), cite.Leaves(c), cite.File(again), cite.Leaves(again), err)
		}
	})
}
