package civil_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func date(t testing.TB, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAlmatyChangedItsClock(t *testing.T) {
	for _, c := range []struct{ utc, want string }{
		{"2024-02-28T17:59:59Z", "2024-02-28"}, // +06: midnight is 18:00Z
		{"2024-02-28T18:00:00Z", "2024-02-29"},
		{"2024-02-29T17:59:59Z", "2024-02-29"},
		{"2024-02-29T18:30:00Z", "2024-02-29"}, // the extra hour of 29 February, clocks back at midnight
		{"2024-02-29T19:00:00Z", "2024-03-01"}, // +05 since
		{"2026-07-01T18:59:59Z", "2026-07-01"},
		{"2026-07-01T19:00:00Z", "2026-07-02"},
		{"2004-12-31T18:00:00Z", "2005-01-01"},
	} {
		at, err := time.Parse(time.RFC3339, c.utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := civil.Of(at).String(); got != c.want {
			t.Errorf("Of(%s) = %s, want %s", c.utc, got, c.want)
		}
	}
	if _, off := date(t, "2024-06-01").Start().Zone(); off != 5*3600 {
		t.Errorf("Almaty in June 2024 is at %d s, want +05", off)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", "2026-1-1", "2026-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "2026-01-32",
		"2026-01-01 ", "+026-01-01", "2026/01/01", "٢٠٢٦-01-01", "2026-01-01T00:00:00Z",
	} {
		if d, err := civil.Parse(s); !errors.Is(err, civil.BadDate) {
			t.Errorf("Parse(%q) = %v, %v; want BadDate", s, d, err)
		}
	}
}

func TestYearsAndDays(t *testing.T) {
	for _, c := range []struct {
		from  string
		years int
		want  string
	}{
		{"2024-02-29", 1, "2025-02-28"},
		{"2024-02-29", 4, "2028-02-29"},
		{"2011-01-01", 75, "2086-01-01"},
		{"2011-12-31", -11, "2000-12-31"},
	} {
		if got := date(t, c.from).AddYears(c.years).String(); got != c.want {
			t.Errorf("%s + %d years = %s, want %s", c.from, c.years, got, c.want)
		}
	}
	if got := date(t, "2023-12-31").AddDays(60).String(); got != "2024-02-29" {
		t.Errorf("got %s", got)
	}
	if got := date(t, "2010-06-30").NextYear().String(); got != "2011-01-01" {
		t.Errorf("got %s", got)
	}
	if got := date(t, "2026-11-22").Weekday(); got != time.Sunday {
		t.Errorf("got %s", got)
	}
}

func TestWords(t *testing.T) {
	d := date(t, "2026-08-05")
	for l, want := range map[fault.Language]string{
		fault.Russian: "5 августа 2026 г.", fault.Kazakh: "2026 жылғы 5 тамыз", fault.English: "5 August 2026",
	} {
		if got := d.In(l); got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
	}
	if d.Dotted() != "05.08.2026" || (civil.Date{}).Dotted() != "" || (civil.Date{}).In(fault.Russian) != "" {
		t.Error("dotted form")
	}
}

func TestJSON(t *testing.T) {
	type box struct {
		On  civil.Date `json:"on"`
		End civil.Date `json:"end,omitzero"`
	}
	data, err := json.Marshal(box{On: date(t, "2026-01-02")})
	if err != nil || string(data) != `{"on":"2026-01-02"}` {
		t.Fatalf("%s, %v", data, err)
	}
	var back box
	if err := json.Unmarshal([]byte(`{"on":"2026-02-30"}`), &back); !errors.Is(err, civil.BadDate) {
		t.Fatalf("30 February was read: %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"on":""}`), &back); err != nil || !back.On.IsZero() {
		t.Fatalf("the empty text: %v, %v", back, err)
	}
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := civil.Date{Year: 1800, Month: time.January, Day: 1}
		a := base.AddDays(rapid.IntRange(0, 200_000).Draw(t, "a"))
		n := rapid.IntRange(0, 5000).Draw(t, "n")
		b := a.AddDays(n)
		if !a.Valid() || !b.Valid() {
			t.Fatalf("left the calendar: %v %v", a, b)
		}
		if a.DaysUntil(b) != n || b.AddDays(-n) != a {
			t.Fatalf("%v + %d days = %v", a, n, b)
		}
		if back, err := civil.Parse(b.String()); err != nil || back != b {
			t.Fatalf("%v reads back as %v, %v", b, back, err)
		}
		if n > 0 && !a.Before(b) {
			t.Fatalf("%v is not before %v", a, b)
		}
		if civil.Of(b.Start()) != b || civil.Of(b.Start().Add(-time.Nanosecond)) != b.AddDays(-1) {
			t.Fatalf("the first moment of %v", b)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-02-28", "2024-02-29", "", "9999-12-31", "2026-02-30", "١"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := civil.Parse(s)
		if err == nil && (d.String() != s || !d.Valid()) {
			t.Fatalf("%q read as %v", s, d)
		}
	})
}
