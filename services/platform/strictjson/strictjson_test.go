package strictjson_test

import (
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/strictjson"
)

// TestWhatIsWrongIsSaidInThePersonsLanguage, with the line or the field where it stands, and in no words of the library.
func TestWhatIsWrongIsSaidInThePersonsLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"{\n\"days\": 5}":               "",
		"":                              "в нём ничего нет",
		"{\"days\": 5":                  "он обрывается: не закрыта скобка или кавычка",
		"{\n\"days\": пять}":            "в строке 2 это не JSON",
		"{\"dayz\": 5}":                 "поля «dayz» не бывает",
		"{\n\n\"days\": \"5\"}":         "в строке 3 у «days» значение другого вида",
		"[]":                            "в строке 1 начинается значение другого вида",
		"{} {}":                         "после его конца следует что-то ещё",
		"{\"from\": \"2027-02-30\"}":    "2027-02-30",
		strings.Repeat(" ", 101) + "{}": "в нём больше 100 байт",
	} {
		var to struct {
			Days int        `json:"days"`
			From civil.Date `json:"from"`
		}
		f := strictjson.Decode([]byte(text), 100, &to)
		if want == "" {
			if f != nil || to.Days != 5 {
				t.Errorf("%q: %v", text, f)
			}
			continue
		}
		if f == nil || !strings.Contains(f.In(fault.Russian), want) {
			t.Errorf("%q: %v, want %s", text, f, want)
			continue
		}
		for _, l := range []fault.Language{fault.Russian, fault.Kazakh} {
			if said := f.In(l); strings.Contains(said, "json:") || strings.Contains(said, "invalid") || strings.Contains(said, "EOF") {
				t.Errorf("%q: %s", text, said)
			}
		}
	}
}

// FuzzDecode: whatever stands in a file, it is read or refused with a text.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"days": 5}`))
	f.Add([]byte("{\"a\": \"\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var to struct{ Days int }
		if wrong := strictjson.Decode(data, 1<<10, &to); wrong != nil && wrong.In(fault.Kazakh) == "" {
			t.Error("no text")
		}
	})
}
