package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// View is what a template sees.
type View struct {
	r    *Request
	Lang fault.Language
	Data any
}

// T is a message in the reader's language.
func (v View) T(key string, pairs ...any) string { return v.r.T(key, pairs...) }

// Has tells whether there is such a message: a code of a service may have words here or not.
func (v View) Has(key string) bool { return v.r.site.messages.Has(key) }

// In is a text in the reader's language, or in the first that it has.
func (v View) In(t *recordv1.Text) string { return In(v.Lang, t) }

// In is a text in a language, or in the first that it has.
func In(l fault.Language, t *recordv1.Text) string {
	order := []string{t.GetEn(), t.GetRu(), t.GetKk()}
	switch l {
	case fault.Kazakh:
		order = []string{t.GetKk(), t.GetRu(), t.GetEn()}
	case fault.Russian:
		order = []string{t.GetRu(), t.GetKk(), t.GetEn()}
	case fault.English:
	}
	for _, text := range order {
		if text != "" {
			return text
		}
	}
	return ""
}

// based is what rests on an act: a rule, or a step in the arithmetic of a date.
type based interface {
	GetBasis() *recordv1.Text
	GetLegalBasis() string
}

// Basis is the act that something rests on, in a language; what was recorded before there were three has it in Russian alone.
func Basis(l fault.Language, of based) string {
	return cmp.Or(In(l, of.GetBasis()), of.GetLegalBasis())
}

// Basis is the act that something rests on, in the reader's language.
func (v View) Basis(of based) string {
	return strings.ReplaceAll(Basis(v.Lang, of), "№ ", "№\u00a0") // a number stays with its sign
}

// Edition is the edition of a rule in words, by its number or its year: of "transfer.early@1" the first, of "archival.answer/2014"
// that of 2014. Which rule it is, is said by its act.
func (v View) Edition(rule string) string {
	if _, n, found := strings.Cut(rule, "@"); found {
		return v.T("term.edition", "n", n)
	}
	if _, year, found := strings.Cut(rule, "/"); found {
		return v.T("term.edition.year", "year", year)
	}
	return rule
}

// Query is what stands in the search box.
func (v View) Query() string { return strings.TrimSpace(v.r.URL.Query().Get("q")) }

// Person is whoever is signed in.
func (v View) Person() Person { return v.r.Person }

// Signed tells whether somebody is.
func (v View) Signed() bool { return v.r.Person.Account != "" }

// Role tells whether the reader has a role, by its name.
func (v View) Role(role string) bool { return v.r.Person.Identity.Has(monitor.Role(role)) }

// Desk tells whether the page is one of work, drawn denser.
func (v View) Desk() bool { return v.Signed() }

// Private tells whether nobody but the reader sees this page.
func (v View) Private() bool { return v.r.private }

// Refused tells whether a form was sent and something in it has to be looked at again.
func (v View) Refused() bool { return !v.r.failed && (v.r.problem != nil || len(v.r.wrong) > 0) }

// Demo tells whether this is a demonstration.
func (v View) Demo() bool { return v.r.site.cfg.Demo != nil && v.r.site.cfg.Demo() }

// Path is the address of this page.
func (v View) Path() string { return v.r.URL.Path }

// Error is the fault on top of the page; empty where there is none.
func (v View) Error() string {
	if v.r.problem == nil {
		return ""
	}
	return v.r.Sentence(v.r.problem)
}

// Back is the page of ours from which something was sent that was refused; "" where it is not known, or where nothing was
// sent.
func (v View) Back() string {
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		return ""
	}
	from, err := url.Parse(v.r.Referer())
	if err != nil || from.Host == "" || from.Host != v.r.Host || strings.HasPrefix(from.Path, "//") {
		return ""
	}
	return from.RequestURI()
}

// Lost are the texts that a person had typed when the session ran out.
func (v View) Lost() []string { return v.r.lost }

// SignIn is where to sign in after the session ran out, and come back to the page of the form; else
// empty.
func (v View) SignIn() string {
	if !errors.Is(v.r.problem, notSignedIn) && !errors.Is(v.r.problem, filesLost) {
		return ""
	}
	next := "/"
	if u, err := url.Parse(v.r.Referer()); err == nil && u.Host == v.r.Host {
		next = u.RequestURI()
	}
	return "/sign-in?next=" + url.QueryEscape(next)
}

// sentence makes one of a fault's text, which elsewhere follows a colon.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	if word, _, _ := strings.Cut(text, " "); !strings.Contains(word, "/") { // a path is spelled as it is
		first, size := utf8.DecodeRuneInString(text)
		text = string(unicode.ToUpper(first)) + text[size:]
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// Sentence begins a service's words with a capital and ends them with a stop.
func (v View) Sentence(text string) string { return sentence(text) }

// Code is the fault's code, for whoever asks for help.
func (v View) Code() string {
	if v.r.problem == nil {
		return ""
	}
	return v.r.problem.Code
}

// Done is the message that says what was done; empty where nothing was.
func (v View) Done() string {
	if v.r.said != "" {
		return v.r.said
	}
	key := "done." + v.r.URL.Query().Get("done")
	if v.r.Method != "GET" || !v.Has(key) {
		return ""
	}
	return v.T(key)
}

// Command is a fresh idempotency key for a form: sent twice, it acts once.
func (v View) Command() string {
	if kept := v.r.PostFormValue("command"); kept != "" && v.r.Method == "POST" && !v.r.renewed {
		return kept
	}
	return uuid.Must(uuid.NewV7()).String()
}

// Problem is one field that is wrong.
type Problem struct{ Field, Text string }

// Problems lists the fields that are wrong, in the order in which they were found.
func (v View) Problems() []Problem {
	var out []Problem
	for _, field := range v.r.order {
		out = append(out, Problem{field, v.r.wrong[field]})
	}
	return out
}

// Input is one field of a form, for the templates "text", "area", "choice" and "tick".
type Input struct {
	Name, Label, Hint, Value, Wrong string
	Type                            string // of an <input>
	Auto                            string // autocomplete token (WCAG 2.2, 1.3.5)
	Required                        bool
	Optional                        string // the word, where it is not required
	Options                         []Option
	Rows                            int
}

// Option is one choice of a field.
type Option struct {
	Value, Label, Hint string
	Chosen             bool
}

// Field makes an input: its name, the key of its label, and settings as pairs: "hint" (key), "type",
// "auto", "value" (where nothing was typed yet), "required" ("yes"), "rows".
func (v View) Field(name, label string, settings ...any) Input {
	in := Input{Name: name, Label: v.T(label), Type: "text", Wrong: v.r.wrong[name], Rows: 5}
	for i := 0; i+1 < len(settings); i += 2 {
		value, _ := settings[i+1].(string)
		switch settings[i] {
		case "hint":
			if value != "" {
				in.Hint = v.T(value)
			}
		case "type":
			in.Type = value
		case "auto":
			in.Auto = value
		case "value":
			in.Value = value
		case "required":
			in.Required = value == "yes"
		case "rows":
			if n, ok := settings[i+1].(int); ok {
				in.Rows = n
			}
		}
	}
	if !in.Required {
		in.Optional = v.T("form.optional")
	}
	if typed, ok := v.typed(name); ok && in.Type != "password" {
		in.Value = typed
	}
	return in
}

// Choice makes an input with options, each a value whose label is the message prefix+value.
func (v View) Choice(name, label, prefix string, chosen string, values ...string) Input {
	in := v.Field(name, label, "required", "yes")
	if typed, ok := v.typed(name); ok {
		chosen = typed
	}
	for _, value := range values {
		o := Option{Value: value, Label: v.T(prefix + value), Chosen: value == chosen}
		if hint := prefix + value + ".hint"; v.Has(hint) {
			o.Hint = v.T(hint)
		}
		in.Options = append(in.Options, o)
	}
	return in
}

// Pick makes an input with options that are not messages; settings as those of Field.
func (v View) Pick(name, label, chosen string, options []Option, settings ...any) Input {
	in := v.Field(name, label, append([]any{"required", "yes"}, settings...)...)
	if typed, ok := v.typed(name); ok {
		chosen = typed
	}
	for _, o := range options {
		o.Chosen = o.Value == chosen
		in.Options = append(in.Options, o)
	}
	return in
}

func (v View) typed(name string) (string, bool) {
	values, ok := v.r.PostForm[name]
	if !ok || len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// Typed is what was typed into a field; empty before anything was.
func (v View) Typed(name string) string {
	value, _ := v.typed(name)
	return value
}

// Ticked tells whether a value of a field with several was chosen; otherwise is what holds
// before anything was sent.
func (v View) Ticked(name, value string, otherwise bool) bool {
	if v.r.Method != "POST" {
		return otherwise
	}
	for _, one := range v.r.PostForm[name] {
		if one == value {
			return true
		}
	}
	return false
}

// Menu lists the entries of the main menu that the reader may open. The one that stands nearest above
// the page is the current one.
func (v View) Menu() []Link {
	var out []Link
	here, longest := -1, 0 // the entry with the longest address that leads here
	for _, n := range v.r.site.nav {
		if !n.allow.Lets(v.r.Person) {
			continue
		}
		if length := n.leads(v.r.URL.Path); length > longest {
			here, longest = len(out), length
		}
		out = append(out, Link{Address: n.address, Name: v.T(n.key)})
	}
	if here >= 0 {
		out[here].Current = true
	}
	return out
}

// Link is one entry of a menu.
type Link struct {
	Code, Name, Address string
	Current             bool
}

// Languages are the three choices; each leads to this same page. The path stays as it was sent:
// decoded, "/%2Fother.example" would lead to another site.
func (v View) Languages() []Link {
	var out []Link
	for _, l := range []struct {
		code fault.Language
		name string
	}{{fault.Kazakh, "Қазақша"}, {fault.Russian, "Русский"}, {fault.English, "English"}} {
		q := v.r.URL.Query()
		q.Set("lang", string(l.code))
		out = append(out, Link{Code: string(l.code), Name: l.name, Address: v.r.URL.EscapedPath() + "?" + q.Encode(), Current: l.code == v.Lang})
	}
	return out
}

// With hands a part of a template what it draws together with this view.
func (v View) With(a any) Pair { return Pair{v, a} }

// Pair is what With gives.
type Pair struct {
	V View
	A any
}
