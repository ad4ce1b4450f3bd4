package citizen

import (
	"slices"
	"strconv"
	"strings"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// screens is how many screens a request has: topic, questions, contact, check (ux).
const screens = 4

// askPage is one screen of the request.
type askPage struct {
	Screen  int
	Topic   string // code; empty on the first screen before one was chosen
	Fields  []askField
	Another bool
	// What was typed on the other screens: it travels with the form and is kept nowhere else.
	Carried []pair
	// Fonds that match the organisation, and those of them that were chosen.
	Fonds []foundFonds
	// Why the fourth screen could not be drawn.
	Trouble string
	// The fourth screen.
	Rows    []row
	Preview *referencev1.PreviewRequestResponse
	Due     dueView
	Lacks   []lack
}

// lack is what the law asks for besides, and where it says so.
type lack struct{ Words, Law string }

type pair struct{ Name, Value string }

// askField is a question as the template draws it.
type askField struct {
	Name, Label, Hint, Kind, Auto string // Kind: text, area, select, radio
	Need                          string // "yes" where it must be answered
	Chosen                        string
	Options                       []web.Option
}

type foundFonds struct {
	*cataloguev1.Fonds
	Chosen bool
}

// row is one answer on the check screen, with the screen that changes it.
type row struct {
	Key, Value, Field string
	Screen            int
}

// read takes the draft from the form.
func read(r *web.Request) draft {
	d := draft{values: make(map[string]string)}
	code := r.Field("topic")
	d.topic, _ = topicOf(code)
	for _, f := range allFields {
		d.values[f] = r.Field(f)
	}
	for _, n := range strings.Fields(r.Field("fonds")) {
		if len(d.fonds) < 100 && !slices.Contains(strings.Fields(d.fonds), n) {
			d.fonds = strings.TrimSpace(d.fonds + " " + n)
		}
	}
	return d
}

var allFields = []string{"topic", "whom", "name", "former", "birth", "org", "years", "details", "language", "delivery", "contact", "phone", "own", "iin"}

func screenOf(r *web.Request) int {
	n, err := strconv.Atoi(r.Field("screen"))
	if err != nil || n < 1 || n > screens {
		return 1
	}
	return n
}

// to makes a screen the one that is drawn. "checked" remembers that the check screen was reached, so
// that a change leads back to it.
func to(r *web.Request, screen int) web.Redirect {
	r.PostForm.Set("screen", strconv.Itoa(screen))
	if screen == screens {
		r.PostForm.Set("checked", "yes")
	}
	return web.Stay
}

func submitAsk(r *web.Request) (web.Redirect, error) {
	d, at, pressed := read(r), screenOf(r), r.Field("go")
	day := civil.Of(r.Now())
	kind, value, _ := strings.Cut(pressed, ":")
	switch kind {
	case "back":
		return to(r, max(at-1, 1)), nil
	case "change":
		if n, err := strconv.Atoi(value); err == nil && n >= 1 && n < screens {
			return to(r, n), nil
		}
		return to(r, 1), nil
	case "fonds":
		r.PostForm.Set("fonds", toggle(d.fonds, value))
		return to(r, at), nil
	}
	if at < screens {
		if problems := d.problems(at, day); len(problems) > 0 {
			note(r, problems)
			return to(r, at), nil
		}
		at++
		for ; at < screens && r.Field("checked") != "" && len(d.problems(at, day)) == 0; at++ {
		}
		return to(r, at), nil
	}
	for screen := 1; screen < screens; screen++ {
		if problems := d.problems(screen, day); len(problems) > 0 {
			note(r, problems)
			return to(r, screen), nil
		}
	}
	return register(r, d, day)
}

func note(r *web.Request, problems []wrong) {
	for _, p := range problems {
		r.Wrong(p.field, p.key, "n", p.most)
	}
}

// toggle chooses a fonds, or takes it back.
func toggle(chosen, number string) string {
	list := strings.Fields(chosen)
	if i := slices.Index(list, number); i >= 0 {
		return strings.Join(slices.Delete(list, i, i+1), " ")
	}
	if strings.ContainsAny(number, " \t\r\n") || len(number) > 20 {
		return chosen
	}
	return strings.Join(append(list, number), " ")
}

// register sends the request. Sent twice, it is the same request: the command id of the form is
// the key.
func register(r *web.Request, d draft, day civil.Date) (web.Redirect, error) {
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	res, err := c.RegisterRequest(r.Context(), &referencev1.RegisterRequestRequest{
		CommandId: r.Field("command"), Facts: d.facts(), Channel: "web",
		Language: d.values["language"], Delivery: d.values["delivery"], Submission: d.submission(r.T, day),
	})
	if err != nil {
		return "", err
	}
	remember(r, res.GetNumber(), res.GetSecret())
	return web.Redirect("/r/" + res.GetNumber() + "/receipt"), nil
}

// wrongNumber is the code of the fault for an identification number whose check digit does not fit.
const wrongNumber = "reference.iin"

func showAsk(r *web.Request) (any, error) {
	r.Keep("ask")
	d, screen := read(r), screenOf(r)
	if r.Method != "POST" {
		d.topic, _ = topicOf(r.URL.Query().Get("topic"))
		screen = 1
	}
	if d.code == "" {
		screen = 1
	}
	if screen > 2 {
		r.Private()
	}
	p := &askPage{Screen: screen, Topic: d.code, Another: d.another()}
	if screen == screens {
		if err := check(r, d, p); err != nil { // nothing is lost: one screen back, and what is the matter
			p.Screen, screen = 3, 3
			if fault.Of(err).Code == wrongNumber {
				r.Wrong("iin", "ask.iin.digit")
			} else {
				p.Trouble = r.Sentence(err)
			}
		}
	}
	shown := d.fields(screen)
	for _, name := range shown {
		p.Fields = append(p.Fields, d.field(r, name))
	}
	for _, name := range append(allFields, "fonds", "checked") {
		if value := r.Field(name); value != "" && !slices.Contains(shown, name) {
			p.Carried = append(p.Carried, pair{name, value})
		}
	}
	if screen == 3 {
		p.Fonds = matching(r, d)
	}
	return p, nil
}

// field is a question with its words. What a topic asks differently has words of its own:
// "ask.org.award" before "ask.org".
func (d draft) field(r *web.Request, name string) askField {
	key := func(end string) string {
		if own := "ask." + name + "." + d.code + end; r.Has(own) {
			return own
		}
		return "ask." + name + end
	}
	f := askField{Name: name, Kind: "text", Label: key(".label"), Auto: auto[name]}
	if d.must(name) {
		f.Need = "yes"
	}
	if r.Has(key(".hint")) {
		f.Hint = key(".hint")
	}
	options := func(kind, prefix, chosen string, values ...string) {
		f.Kind, f.Chosen = kind, chosen
		for _, v := range values {
			o := web.Option{Value: v, Label: r.T(prefix + v)}
			if hint := prefix + v + ".hint"; r.Has(hint) {
				o.Hint = r.T(hint)
			}
			f.Options = append(f.Options, o)
		}
	}
	switch name {
	case "topic":
		codes := make([]string, len(topics))
		for i, t := range topics {
			codes[i] = t.code
		}
		options("radio", "topic.", d.code, codes...)
	case "whom":
		options("select", "whom.", "self", whoms...)
	case "language":
		options("radio", "answer.", string(r.Lang), "kk", "ru", "en")
	case "delivery":
		options("radio", "delivery.", "", "electronic", "paper")
	case "details":
		f.Kind = "area"
	}
	if d.another() && name != "own" {
		f.Auto = ""
	}
	return f
}

// auto are the tokens by which a browser fills in what it knows (WCAG 2.2, 1.3.5): only what is
// surely the reader's own.
var auto = map[string]string{"name": "name", "own": "name", "phone": "tel", "birth": "bday"}

// check fills the last screen: everything as it was typed, and what will become of it.
func check(r *web.Request, d draft, p *askPage) error {
	c, err := reference(r)
	if err != nil {
		return err
	}
	day := civil.Of(r.Now())
	s := d.submission(r.T, day)
	p.Preview, err = c.PreviewRequest(r.Context(), &referencev1.PreviewRequestRequest{Facts: d.facts(), Channel: "web", Applicant: s.GetApplicant()})
	if err != nil {
		return err
	}
	for _, duty := range p.Preview.GetDuties() {
		if duty.GetKind() == "answer" {
			p.Due = due(r, duty)
		}
	}
	if p.Due.On == "" {
		p.Due.On = longDate(r, p.Preview.GetDueOn())
	}
	for _, l := range p.Preview.GetLacks() {
		p.Lacks = append(p.Lacks, lack{Words: web.In(r.Lang, l.GetWords()), Law: point(r, l.GetRequirement())})
	}
	v := d.asked()
	add := func(screen int, field, key, value string) {
		if value != "" {
			p.Rows = append(p.Rows, row{Key: key, Value: value, Field: field, Screen: screen})
		}
	}
	choice := func(prefix, value string) string { return r.T(prefix + value) }
	add(1, "topic", "ask.topic.row", choice("topic.", d.code))
	add(2, "whom", "ask.whom.label", choice("whom.", v["whom"]))
	for _, f := range []string{"name", "former", "birth", "org", "years"} {
		value := v[f]
		if f == "name" {
			value = named(r, value)
		}
		add(2, f, d.field(r, f).Label, value)
	}
	if d.fonds != "" {
		add(3, "fonds", "ask.fonds.row", strings.ReplaceAll(d.fonds, " ", ", "))
	}
	add(2, "details", "ask.text.row", s.GetText())
	add(3, "language", "ask.language.label", choice("answer.", v["language"]))
	add(3, "delivery", "ask.delivery.label", choice("delivery.", v["delivery"]))
	for _, f := range []string{"contact", "own", "iin", "phone"} {
		value := v[f]
		if f == "own" && value != "" {
			value = named(r, value)
		}
		add(3, f, d.field(r, f).Label, value)
	}
	return nil
}

// point writes a requirement ("AI-11.5") as the point of the law that it is.
func point(r *web.Request, requirement string) string {
	article, number, ok := strings.Cut(strings.TrimPrefix(requirement, "AI-"), ".")
	if !ok || !strings.HasPrefix(requirement, "AI-") {
		return ""
	}
	return r.T("law.point", "article", article, "point", number)
}

// named shows how a full name was read.
func named(r *web.Request, full string) string {
	surname, given, patronymic := splitName(full)
	if patronymic == "" {
		return r.T("ask.named.two", "surname", surname, "given", given)
	}
	return r.T("ask.named", "surname", surname, "given", given, "patronymic", patronymic)
}
