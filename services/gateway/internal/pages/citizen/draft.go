package citizen

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// Most characters of an answer; what the service takes of the whole is more.
var longest = map[string]int{"details": 3000, "name": 150, "own": 150, "former": 100, "org": 300, "years": 100, "contact": 300, "phone": 40, "birth": 20, "iin": 20}

// draft is what was typed so far. It is worked out anew on every screen from the form alone.
type draft struct {
	topic
	values map[string]string
	// Numbers of fonds that were chosen from those suggested.
	fonds string
}

// wrong is one answer that has to be looked at again: the field and the key of the message.
type wrong struct {
	field, key string
	most       int // characters, where there are too many
}

func (d draft) another() bool { w := d.values["whom"]; return w != "" && w != "self" }

// fields lists the questions of a screen.
func (d draft) fields(screen int) []string {
	if d.code == "" {
		return []string{"topic"}[:max(0, 2-screen)]
	}
	return d.topic.fields(screen, d.another())
}

// problems lists what is wrong on a screen (1 to 3), in the order of its questions.
func (d draft) problems(screen int, today civil.Date) []wrong {
	if d.code == "" {
		return []wrong{{field: "topic", key: "ask.topic.wrong"}}
	}
	var out []wrong
	for _, f := range d.fields(screen) {
		value := d.values[f]
		switch {
		case value == "" && d.must(f):
			out = append(out, wrong{field: f, key: "ask." + f + ".missing"})
		case value == "":
		case utf8.RuneCountInString(value) > max(longest[f], 30):
			out = append(out, wrong{f, "ask.long", max(longest[f], 30)})
		case !printable(value):
			out = append(out, wrong{field: f, key: "ask.unprintable"})
		case !d.fits(f, value, today):
			out = append(out, wrong{field: f, key: "ask." + f + ".wrong"})
		}
	}
	return out
}

func (d draft) fits(field, value string, today civil.Date) bool {
	switch field {
	case "whom":
		return oneOf(value, whoms...)
	case "language":
		return oneOf(value, "kk", "ru", "en")
	case "delivery":
		return oneOf(value, "electronic", "paper")
	case "name", "own":
		surname, given, _ := splitName(value)
		return surname != "" && given != ""
	case "birth":
		_, _, ok := birth(value, today)
		return ok
	case "contact":
		if d.values["delivery"] == "electronic" {
			return email.MatchString(value)
		}
		return !email.MatchString(value) && utf8.RuneCountInString(value) >= 10
	case "phone":
		n := len(digits(value))
		return n >= 5 && n <= 15 && strings.Trim(value, "0123456789+-() .") == ""
	case "iin":
		return len(digits(value)) == 12 && strings.Trim(value, "0123456789 -") == ""
	}
	return true
}

var email = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s.]+$`)

func oneOf(value string, known ...string) bool {
	for _, k := range known {
		if value == k {
			return true
		}
	}
	return false
}

// printable tells whether a text has nothing that turns it round or hides in it.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	})
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// splitName reads a name as identity papers order it: surname, name, and what is left is the
// patronymic. The check screen shows the parts apart, so that a mistake is seen.
func splitName(full string) (surname, given, patronymic string) {
	words := strings.Fields(full)
	if len(words) > 0 {
		surname = words[0]
	}
	if len(words) > 1 {
		given = words[1]
	}
	if len(words) > 2 {
		patronymic = strings.Join(words[2:], " ")
	}
	return surname, given, patronymic
}

// birth reads a day of birth as people write it (31.12.1950, 31/12/1950, 1950-12-31), or a year
// alone, for whoever knows no more.
func birth(text string, today civil.Date) (day, year string, ok bool) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == '/' || r == '-' || r == ' ' })
	if len(parts) == 1 && len(text) == 4 && digits(text) == text {
		return "", text, text >= "1800" && text <= today.String()[:4]
	}
	if len(parts) != 3 {
		return "", "", false
	}
	if len(parts[0]) != 4 {
		parts[0], parts[2] = parts[2], parts[0]
	}
	for i, p := range parts {
		if len(p) == 1 {
			parts[i] = "0" + p
		}
	}
	d, err := civil.Parse(strings.Join(parts, "-"))
	if err != nil || d.Year < 1850 || today.Before(d) {
		return "", "", false
	}
	return d.String(), "", true
}

// text is the request in words: the usual sentence of the topic and what was added to it.
func (d draft) text(t func(key string, pairs ...any) string, today civil.Date) string {
	lines := []string{t("ask.text." + d.code)}
	if _, year, ok := birth(d.values["birth"], today); ok && year != "" {
		lines = append(lines, t("ask.text.born", "year", year))
	}
	if details := d.values["details"]; details != "" {
		lines = append(lines, strings.ReplaceAll(details, "\r\n", "\n"))
	}
	return strings.Join(lines, "\n")
}

// submission is what the service keeps of the draft (sealed, IS-2).
func (d draft) submission(t func(key string, pairs ...any) string, today civil.Date) *referencev1.Submission {
	v := d.asked()
	a := &referencev1.Applicant{Phone: v["phone"], Iin: digits(v["iin"])}
	day, _, _ := birth(v["birth"], today)
	if d.another() {
		a.Surname, a.GivenName, a.Patronymic = splitName(v["own"])
		a.OnBehalfOf = v["name"]
		if v["former"] != "" {
			a.OnBehalfOf += " (" + v["former"] + ")"
		}
		if day != "" {
			a.OnBehalfOf += ", " + day
		}
		a.Authority = t("whom." + v["whom"])
	} else {
		a.Surname, a.GivenName, a.Patronymic = splitName(v["name"])
		a.FormerSurname, a.BirthDate = v["former"], day
	}
	if v["delivery"] == "electronic" {
		a.Email = v["contact"]
	} else {
		a.Address = v["contact"]
	}
	hints := v["org"]
	if d.fonds != "" {
		hints = strings.TrimPrefix(hints+"; "+t("ask.fonds.hint", "numbers", strings.ReplaceAll(d.fonds, " ", ", ")), "; ")
	}
	return &referencev1.Submission{Applicant: a, Text: d.text(t, today), Hints: hints, Period: v["years"]}
}

// asked is what was typed into the questions of this draft: what another topic asked, before
// the topic was changed, is not sent.
func (d draft) asked() map[string]string {
	out := make(map[string]string)
	for screen := 1; screen <= 3; screen++ {
		for _, f := range d.fields(screen) {
			out[f] = d.values[f]
		}
	}
	return out
}
