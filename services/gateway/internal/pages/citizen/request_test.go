package citizen_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// filled is what somebody types who fills in every question.
var filled = map[string]string{
	"name": "Ахметова Айгүл Серікқызы", "former": "Иванова", "birth": "12.3.1950", "org": "Алматинский хлопчатобумажный комбинат", "years": "1975–1983",
	"details": "Прядильщица, 2 цех.\nНужно для пенсии.", "language": "ru", "delivery": "electronic", "contact": "aigul@mail.kz",
	"phone": "+7 701 123 45 67", "own": "Ахметов Нұрлан", "iin": "500312 400123",
}

func with(more map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range filled {
		out[k] = v
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

var everyTopic = []string{"work_record", "pay", "award", "repression", "land", "document", "information", "petition"}

// TestARequestHasAtMostFourScreensAndTwelveFields walks the forms as a browser without JavaScript
// does, for every topic, for oneself and for another.
func TestARequestHasAtMostFourScreensAndTwelveFields(t *testing.T) {
	for _, topic := range everyTopic {
		for _, whom := range []string{"self", "heir"} {
			t.Run(topic+" "+whom, func(t *testing.T) {
				a := &archive{}
				v := visitor(t, a)
				v.get("/?lang=ru").get("/request")
				fill := with(map[string]string{"topic": topic, "whom": whom})
				screens, fields := 0, []string{}
				for !strings.HasSuffix(v.at.Path, "/receipt") {
					if screens++; screens > 4 {
						t.Fatalf("more than four screens; now %s\n%s", v.heading(), v.body)
					}
					_, seen := v.values(v.form("ask"))
					fields = append(fields, seen...)
					v.press("ask", "next", fill)
				}
				if len(fields) > 12 || screens > 4 {
					t.Errorf("%d screens, %d fields: %q", screens, len(fields), fields)
				}
				t.Logf("%d screens, %d fields: %q", screens, len(fields), fields)
				got := a.registered[0]
				ap := got.GetSubmission().GetApplicant()
				want := [3]string{"Ахметова", "Айгүл", "Серікқызы"}
				if whom != "self" {
					want = [3]string{"Ахметов", "Нұрлан", ""}
					if !strings.HasPrefix(ap.GetOnBehalfOf(), filled["name"]) || ap.GetAuthority() == "" {
						t.Errorf("asked for %q by %q", ap.GetOnBehalfOf(), ap.GetAuthority())
					}
				}
				if [3]string{ap.GetSurname(), ap.GetGivenName(), ap.GetPatronymic()} != want {
					t.Errorf("applicant %v", ap)
				}
				if (ap.GetIin() != "") != (topic == "information") {
					t.Errorf("%s asks the IIN: %q", topic, ap.GetIin())
				}
				if got.GetChannel() != "web" || got.GetLanguage() != "ru" || ap.GetEmail() != filled["contact"] || got.GetCommandId() == "" {
					t.Errorf("registered %v", got)
				}
				if !strings.Contains(got.GetSubmission().GetText(), "Прядильщица, 2 цех.\nНужно") {
					t.Errorf("text %q", got.GetSubmission().GetText())
				}
			})
		}
	}
}

// toCheck walks to the check screen.
func toCheck(v *reader, fill map[string]string) *reader {
	v.t.Helper()
	v.get("/request?lang=ru")
	for range 3 {
		v.press("ask", "next", fill)
	}
	if v.heading() != "Проверьте перед отправкой" {
		v.t.Fatalf("not at the check screen but at %q\n%s", v.heading(), v.body)
	}
	return v
}

// TestNothingIsLost goes back, forth, into another language and around by "change".
func TestNothingIsLost(t *testing.T) {
	a := &archive{}
	fill := with(map[string]string{"topic": "work_record", "whom": "self"})
	v := toCheck(visitor(t, a), fill)
	for _, typed := range []string{"Фамилия: Ахметова; имя: Айгүл; отчество: Серікқызы", "12.3.1950", "1975–1983", "aigul@mail.kz", "+7 701 123 45 67", "7 декабря 2026 г., понедельник", "15 календарных дней"} {
		if !v.says(typed) {
			t.Errorf("the check screen lacks %q", typed)
		}
	}
	v.press("ask", "change:2", nil)
	if got, _ := v.values(v.form("ask")); got.Get("org") != filled["org"] || got.Get("details") != filled["details"] {
		t.Errorf("after change: %v", got)
	}
	v.press("ask", "next", map[string]string{"years": "1976"})
	if v.heading() != "Проверьте перед отправкой" || !v.says("1976") {
		t.Errorf("after a change the reader comes to %q", v.heading())
	}
	v.press("ask", "back", nil).press("ask", "back", nil)
	if got, _ := v.values(v.form("ask")); got.Get("years") != "1976" || got.Get("contact") != "aigul@mail.kz" {
		t.Errorf("after two steps back: %v", got)
	}
	// Half filled in, the language is changed by the button of the frame.
	form := v.form("ask")
	values, _ := v.values(form)
	values.Set("org", "Қазақ сөзі")
	values.Set("go", "stay")
	var kk string
	for _, b := range v.find(func(n *html.Node) bool { return attr(n, "form") == "ask" && attr(n, "lang") == "kk" }) {
		kk = attr(b, "formaction")
	}
	v.post(kk, values)
	if got, _ := v.values(v.form("ask")); v.header.Get("Content-Language") != "kk" || got.Get("org") != "Қазақ сөзі" || got.Get("contact") != "aigul@mail.kz" {
		t.Errorf("in another language: %s %v", v.header.Get("Content-Language"), got)
	}
	if len(a.registered) != 0 {
		t.Error("something was registered before it was sent")
	}
}

// TestWhatIsWrongIsSaidAndKept leaves out and mistypes.
func TestWhatIsWrongIsSaidAndKept(t *testing.T) {
	for _, c := range []struct {
		name    string
		screen  int
		fill    map[string]string
		field   string
		message string
	}{
		{"no topic", 1, map[string]string{}, "topic", "Выберите, что вам нужно"},
		{"no name", 2, map[string]string{"name": ""}, "name", "Напишите фамилию и имя"},
		{"one word", 2, map[string]string{"name": "Ахметова"}, "name", "Нужны хотя бы два слова"},
		{"no such day", 2, map[string]string{"birth": "31.02.1950"}, "birth", "Напишите дату"},
		{"a day to come", 2, map[string]string{"birth": "23.11.2026"}, "birth", "Напишите дату"},
		{"no organisation", 2, map[string]string{"org": " "}, "org", "Напишите организацию"},
		{"too long", 2, map[string]string{"details": strings.Repeat("ә", 3001)}, "details", "Слишком длинно"},
		{"turned round", 2, map[string]string{"details": "а\u202eб"}, "details", "непечатаемые"},
		{"a choice that is none", 2, map[string]string{"whom": "king"}, "whom", "Выберите один"},
		{"paper and e-mail", 3, map[string]string{"delivery": "paper"}, "contact", "полный адрес"},
		{"electronic and address", 3, map[string]string{"contact": "Алматы, Абай 1, 2"}, "contact", "почту"},
		{"no way", 3, map[string]string{"delivery": ""}, "delivery", "Выберите, как получить ответ"},
		{"phone in words", 3, map[string]string{"phone": "нет"}, "phone", "цифрами"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visitor(t, &archive{}).get("/request?lang=ru")
			fill := with(map[string]string{"topic": "work_record", "whom": "self"})
			if c.screen == 1 {
				delete(fill, "topic")
			}
			for screen := 1; screen < c.screen; screen++ {
				v.press("ask", "next", fill)
			}
			for k, value := range c.fill {
				fill[k] = value
			}
			v.press("ask", "next", fill)
			if v.status != 422 || !v.says(c.message) {
				t.Fatalf("%d, without %q\n%s", v.status, c.message, v.body)
			}
			links := v.find(func(n *html.Node) bool { return n.Data == "a" && attr(n, "href") == "#"+c.field })
			fields := v.find(func(n *html.Node) bool { return attr(n, "id") == c.field })
			if len(links) != 1 || len(fields) != 1 {
				t.Errorf("%d links in the summary lead to %d fields", len(links), len(fields))
			}
			got, _ := v.values(v.form("ask"))
			for k, typed := range fill {
				if typed = strings.TrimSpace(typed); c.screen == 2 && k != "whom" && got.Has(k) && strings.TrimSpace(got.Get(k)) != typed {
					t.Errorf("%s was typed as %q and is now %q", k, typed, got.Get(k))
				}
			}
		})
	}
}

// TestAForgedLastScreenIsCheckedWhole sends the last screen without the ones before it.
func TestAForgedLastScreenIsCheckedWhole(t *testing.T) {
	a := &archive{}
	v := visitor(t, a).get("/request?lang=ru")
	v.post("/request", url.Values{"screen": {"4"}, "topic": {"work_record"}, "whom": {"self"}, "go": {"next"}, "command": {"x"}})
	if v.status != 422 || len(a.registered) != 0 || v.heading() != "Что искать?" {
		t.Errorf("%d, %d registered, %q", v.status, len(a.registered), v.heading())
	}
	for _, screen := range []string{"0", "-1", "99", "x", "4"} {
		v.post("/request", url.Values{"screen": {screen}, "topic": {"nothing"}, "go": {"next"}, "fonds": {"a b c <d>"}})
		if v.status != 422 || v.heading() != "Что вам нужно?" {
			t.Errorf("screen %s of no topic: %d %q", screen, v.status, v.heading())
		}
	}
}

// TestHostileInputIsOnlyText types markup into every field.
func TestHostileInputIsOnlyText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)> {{.}}`
	fill := with(map[string]string{"topic": "document", "whom": "heir", "name": "А " + evil, "org": evil, "years": "1975", "details": evil, "own": "Б " + evil, "delivery": "paper", "contact": evil})
	a := &archive{}
	v := visitor(t, a).get("/request?lang=ru")
	for range 3 {
		v.press("ask", "next", fill)
		if n := len(v.find(func(n *html.Node) bool { return n.Data == "script" && attr(n, "src") == "" || n.Data == "img" })); n != 0 {
			t.Fatalf("%s has %d elements that nobody put there", v.heading(), n)
		}
	}
	if !v.says(evil) {
		t.Errorf("what was typed is not shown as it was typed\n%s", v.body)
	}
}

// TestSentTwiceItIsOneRequest presses the button twice: both carry the same command id.
func TestSentTwiceItIsOneRequest(t *testing.T) {
	a := &archive{}
	v := toCheck(visitor(t, a), with(map[string]string{"topic": "pay", "whom": "self"}))
	values, _ := v.values(v.form("ask"))
	values.Set("go", "next")
	v.post("/request", values)
	v.post("/request", values)
	if len(a.registered) != 2 || a.registered[0].GetCommandId() != a.registered[1].GetCommandId() || a.registered[0].GetCommandId() == "" {
		t.Errorf("sent twice: %v", a.registered)
	}
}

// TestFondsAreSuggestedAndChosen marks a fonds, and takes the mark back.
func TestFondsAreSuggestedAndChosen(t *testing.T) {
	a := &archive{}
	v := visitor(t, a).get("/request?lang=ru")
	fill := with(map[string]string{"topic": "work_record", "whom": "self"})
	v.press("ask", "next", fill).press("ask", "next", fill)
	if !v.says("Алматинский хлопчатобумажный комбинат") || !v.says("Фонд 1109") {
		t.Fatalf("no fonds is suggested\n%s", v.body)
	}
	v.press("ask", "fonds:1109", fill).press("ask", "fonds:1109", nil).press("ask", "fonds:1109", nil)
	if got, _ := v.values(v.form("ask")); got.Get("contact") != filled["contact"] || got.Get("fonds") != "1109" {
		t.Errorf("after marking: %v", got)
	}
	v.press("ask", "next", nil).press("ask", "next", nil)
	if hints := a.registered[0].GetSubmission().GetHints(); hints != filled["org"]+"; фонды: 1109" {
		t.Errorf("hints %q", hints)
	}
	if v.get("/request/fonds?q=комбинат"); v.body != "[\"Алматинский хлопчатобумажный комбинат\"]\n" {
		t.Errorf("the script gets %q", v.body)
	}
	if v.get("/request/fonds?q=к"); v.body != "[]\n" {
		t.Errorf("the script gets %q", v.body)
	}
}

// TestAMisreadNumberIsSaidBesideItsField, in the words of the page, before the last screen.
func TestAMisreadNumberIsSaidBesideItsField(t *testing.T) {
	fill := with(map[string]string{"topic": "information", "whom": "self", "iin": misread})
	v := visitor(t, &archive{}).get("/request?lang=ru")
	v.press("ask", "next", fill).press("ask", "next", fill).press("ask", "next", fill)
	if v.status != 422 || v.heading() != "Куда отправить ответ?" || !v.says("Контрольная цифра ИИН не сходится") {
		t.Errorf("%d %s\n%s", v.status, v.heading(), v.body)
	}
	fill["iin"] = filled["iin"]
	if v.press("ask", "next", fill); v.heading() != "Проверьте перед отправкой" {
		t.Errorf("mended: %s", v.heading())
	}
}

// TestTheServiceIsAway loses nothing of what was typed.
func TestTheServiceIsAway(t *testing.T) {
	gone := fault.Define(fault.Unavailable, "citizen_test.gone", "away", "служба недоступна", "қызмет жоқ").With()
	a := &archive{}
	fill := with(map[string]string{"topic": "work_record", "whom": "self"})
	v := visitor(t, a).get("/request?lang=ru")
	v.press("ask", "next", fill).press("ask", "next", fill)
	a.away = gone
	v.press("ask", "next", fill)
	if got, _ := v.values(v.form("ask")); !v.says("Служба недоступна") || got.Get("contact") != filled["contact"] || got.Get("name") != filled["name"] {
		t.Errorf("before the check: %v\n%s", got, v.body)
	}
	a.away = nil
	v.press("ask", "next", nil)
	a.away = gone
	v.press("ask", "next", nil)
	if got, _ := v.values(v.form("ask")); v.status != 503 || !v.says("Служба недоступна") || got.Get("name") != filled["name"] {
		t.Errorf("at the end: %d %v", v.status, got)
	}
	a.away = nil
	v.press("ask", "next", nil)
	if v.heading() == "Проверьте перед отправкой" {
		v.press("ask", "next", nil)
	}
	if len(a.registered) != 1 || !slices.Contains(a.called, "register") {
		t.Errorf("at last %d are registered", len(a.registered))
	}
}
