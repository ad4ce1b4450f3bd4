package handover

import (
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

func TestParseRows(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       string
		rows       []string // position title from to leaves index
	}{
		{name: "nothing", text: " \n\n"},
		{name: "semicolons", text: "Приказы; 2011; 2012; 120; 02-05\n\nПротоколы", rows: []string{"8|Приказы|2011-01-01|2012-12-31|120|02-05", "9|Протоколы|||0|"}},
		{name: "tabs, as a spreadsheet copies", text: "Бұйрықтар; жеке құрам\t01.02.2011\t2011-12-20\t5\r\n", rows: []string{"8|Бұйрықтар; жеке құрам|2011-02-01|2011-12-20|5|"}},
		{name: "a year alone is whole", text: "Планы;2011", rows: []string{"8|Планы|2011-01-01|2011-12-31|0|"}},
		{name: "no title", text: ";2011;2011;5", code: "gateway.rows.line"},
		{name: "a day that is none", text: "Планы;2011-02-30", code: "gateway.rows.line"},
		{name: "backwards", text: "Планы;2012;2011", code: "gateway.rows.order"},
		{name: "leaves in words", text: "Планы;2011;2011;пять", code: "gateway.rows.line"},
		{name: "a cell too many", text: "Планы;2011;2011;5;02-05;ещё", code: "gateway.rows.line"},
		{name: "too long a title", text: strings.Repeat("ұ", maxTitle+1), code: "gateway.rows.line"},
		{name: "too many", text: strings.Repeat("Планы\n", bounded+1), code: "gateway.rows.many"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := ParseRows(c.text, 7, fault.Russian)
			if code := codeOf(err); code != c.code {
				t.Fatalf("%q, want %q: %v", code, c.code, err)
			}
			var got []string
			for _, f := range rows {
				got = append(got, strings.Join([]string{Span(f.GetPosition(), f.GetPosition()), f.GetTitle().GetRu(), f.GetDateFrom(), f.GetDateTo(), Span(f.GetLeaves(), f.GetLeaves()), f.GetIndex()}, "|"))
			}
			if !slices.Equal(got, c.rows) {
				t.Errorf("%q, want %q", got, c.rows)
			}
		})
	}
}

// TestALineSaysWhatIsWrongInThePersonsLanguage, with the column called as the page calls it.
func TestALineSaysWhatIsWrongInThePersonsLanguage(t *testing.T) {
	for text, want := range map[string][2]string{
		";2011;2011;5":                  {"нет заголовка: «;2011;2011;5»", "тақырыбы жоқ: «;2011;2011;5»"},
		"Планы;2011-02-30":              {"первая дата «2011-02-30» – не дата", "бірінші күні «2011-02-30» күн емес"},
		"Планы;2011;осенью":             {"последняя дата «осенью» – не дата", "соңғы күні «осенью» күн емес"},
		"Планы;2011;2011;пять":          {"листы «пять» – не число", "парақ саны «пять» сан емес"},
		"Планы;2011;2011;5;02-05;ещё":   {"больше пяти ячеек: «Планы", "бес ұяшықтан көп: «Планы"},
		strings.Repeat("ұ", maxTitle+1): {"заголовок длиннее 1000 знаков", "тақырыбы 1000 таңбадан ұзын"},
	} {
		_, err := ParseRows(text, 0, fault.Russian)
		f := fault.Of(err)
		if f == nil || !strings.Contains(f.In(fault.Russian), "строка 1: "+want[0]) || !strings.Contains(f.In(fault.Kazakh), want[1]) {
			t.Errorf("%q: %s | %s", text, f.In(fault.Russian), f.In(fault.Kazakh))
		}
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func TestPositions(t *testing.T) {
	for text, want := range map[string][]uint32{
		"": nil, "3": {3}, "5–8, 3": {3, 5, 6, 7, 8}, "2-4;3\n9": {2, 3, 4, 9}, " 7 , 7 ": {7},
	} {
		if got, err := Positions(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "x", "5-3", "1-", "-2", "1-501", "1-300, 301-600", "4294967295-1", "99999999999"} {
		if got, err := Positions(text); codeOf(err) != "gateway.positions" {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// FuzzParseRows holds every text to what ParseRows promises.
func FuzzParseRows(f *testing.F) {
	f.Add("Приказы; 2011; 2012; 120; 02-05\nПланы\t01.02.2011")
	f.Add(";;;;;\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := ParseRows(text, 0, fault.Kazakh)
		if err != nil && rows != nil || len(rows) > bounded {
			t.Fatalf("%d rows and %v", len(rows), err)
		}
		for i, r := range rows {
			if r.GetPosition() != uint32(i)+1 || r.GetTitle().GetKk() == "" || r.GetDateTo() != "" && r.GetDateFrom() > r.GetDateTo() {
				t.Fatalf("row %d: %v", i, r)
			}
		}
	})
}

// FuzzPositions holds every text to what Positions promises.
func FuzzPositions(f *testing.F) {
	f.Add("3, 5–8")
	f.Add("4294967290-4294967295")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Positions(text)
		if err != nil && got != nil || len(got) > bounded || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) || slices.Contains(got, 0) {
			t.Fatalf("%q: %v, %v", text, got, err)
		}
	})
}
