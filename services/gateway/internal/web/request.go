package web

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// Request is one visit. Its context carries the visitor's identity: every call made with it
// goes out under that identity, never under the gateway's own.
type Request struct {
	*http.Request
	Person Person
	Lang   fault.Language
	Carry  any // what submit found out for show, where the page stays

	site    *Site
	w       http.ResponseWriter // for cookies
	problem *fault.Error
	wrong   map[string]string // by field
	order   []string          // fields of wrong, as they were found
	lost    []string          // see keepTyped
	private bool
	failed  bool   // the page is the error page, whatever was asked for
	said    string // what was done, where the page stays
	renewed bool
	kept    string // the form of this page that a change of language must not empty
	instead *answer
}

type answer struct {
	page string
	data any
}

// Services are the names of all services of the archive.
func (r *Request) Services() []string { return r.site.cfg.Services }

// Show answers a form or a button with a page instead of sending the reader on: for what is shown
// once and stands under no address, a one-time password. Reloading sends the form again, whose
// command id gives the same answer.
func (r *Request) Show(page string, data any) (Redirect, error) {
	r.instead = &answer{page, data}
	return "", nil
}

// Redirect sends the reader to another address of this site.
type Redirect string

// Stay draws a form again, with everything as it was typed: a step of the work was done, and the
// rest of the page is not saved yet.
const Stay Redirect = ""

// Say puts a message on top of the page that stays: what was done. The next thing sent from the page
// is another command.
func (r *Request) Say(key string, pairs ...any) {
	r.said, r.renewed = r.T(key, pairs...), true
}

func (r *Request) as(p Person) {
	r.Person = p
	id := p.Identity
	if p.Account == "" || p.MustChange {
		id = Visitor
	}
	r.Request = r.WithContext(monitor.ActAs(r.Context(), id))
}

// Conn is a connection to a service; call with r.Context().
func (r *Request) Conn(service string) (grpc.ClientConnInterface, error) {
	return r.site.cfg.Conn(service)
}

// Private keeps this page out of every cache: it shows something of one person.
func (r *Request) Private() { r.private = true }

// T is a message in the reader's language.
func (r *Request) T(key string, pairs ...any) string {
	return r.site.messages.Text(r.Lang, key, pairs...)
}

// Has tells whether there is such a message.
func (r *Request) Has(key string) bool { return r.site.messages.Has(key) }

func (r *Request) readForm() error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	if !isText(r.PostForm) {
		return notText.With()
	}
	return nil
}

// worthKeeping is from how many characters on a text that a person typed is more than a code or a
// choice.
const worthKeeping = 20

// keepTyped notes the longer texts of a form that was sent when the session had run out, so that the
// error page can give them back. What may be secret is not among them.
func (r *Request) keepTyped() {
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if text := r.Field(name); utf8.RuneCountInString(text) >= worthKeeping && !strings.Contains(name, "pass") && name != "command" && name != "mark" {
			r.lost = append(r.lost, text)
		}
	}
}

// isText is whether everything is UTF-8: no message to a service may hold anything else.
func isText(values url.Values) bool {
	for name, list := range values {
		if !utf8.ValidString(name) || slices.ContainsFunc(list, func(v string) bool { return !utf8.ValidString(v) }) {
			return false
		}
	}
	return true
}

// Field is what was typed into a field, without the spaces around it.
func (r *Request) Field(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// Wrong notes what is wrong with a field, in the reader's language: the message stands beside
// the field and in the summary on top.
func (r *Request) Wrong(field, key string, pairs ...any) {
	r.wrongText(field, r.T(key, pairs...))
}

func (r *Request) wrongText(field, text string) {
	if r.wrong == nil {
		r.wrong = make(map[string]string)
	}
	if _, twice := r.wrong[field]; !twice {
		r.wrong[field] = text
		r.order = append(r.order, field)
	}
}

// WrongFault is Wrong with the text of a fault.
func (r *Request) WrongFault(field string, err error) {
	r.wrongText(field, sentence(r.Words(err)))
}

// Sentence is a fault as a sentence in the reader's language, for what is not a page.
func (r *Request) Sentence(err error) string { return sentence(r.Words(err)) }

// code is a word that programs use for a thing.
var code = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// Words is the text of a fault in the reader's language, with the codes in it said in the words of the pages
// (Site.Words). A service sends its text filled in, so a code is looked for in the text itself: among Cyrillic
// letters it is unmistakable; an English text keeps the codes that are English words.
func (r *Request) Words(err error) string {
	f := fault.Of(err)
	text := f.In(r.Lang)
	for name, value := range f.Args {
		for one := range strings.SplitSeq(value, ", ") { // one, or all that are allowed
			if !code.MatchString(one) || r.Lang == fault.English && !strings.Contains(one, "_") {
				continue
			}
			for _, prefix := range r.site.words[name] {
				if r.Has(prefix + one) {
					alone := regexp.MustCompile(`(^|[^\w./-])` + one + `([^\w./-]|\.?$|\.\s)`) // and no part of a path
					text = alone.ReplaceAllString(text, "${1}"+strings.ReplaceAll(r.T(prefix+one), "$", "$$")+"${2}")
					break
				}
			}
		}
	}
	return text
}

// OK tells whether no field is wrong so far.
func (r *Request) OK() bool { return r.wrong == nil }

// refused keeps a fault for the top of the page.
func (r *Request) refused(err error) {
	if err == nil {
		return
	}
	r.problem = fault.Of(err)
	if r.problem.Kind == fault.Internal {
		r.site.cfg.Log.ErrorContext(r.Context(), "form", "path", r.URL.Path, "error", err)
	}
}

// Next is the address of this site that a parameter names, or another where it names none of
// ours: who signs in is not sent elsewhere.
func (r *Request) Next(otherwise string) Redirect {
	next := r.FormValue("next")
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return Redirect(otherwise)
	}
	return Redirect(next)
}

// Home is where a person begins: the first entry of the menu that is not for everybody.
func (r *Request) Home(p Person) string {
	for _, n := range r.site.nav {
		if n.allow != nil && n.allow.Lets(p) {
			return n.address
		}
	}
	return "/account"
}

// Done is an address with a message on top that says what was done; the key begins with
// "done.".
func Done(address, key string) Redirect {
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	return Redirect(address + sep + "done=" + url.QueryEscape(strings.TrimPrefix(key, "done.")))
}

// Language is the language in which a request is answered.
func Language(r *http.Request) fault.Language {
	l, _ := languageOf(r)
	return l
}

// languageOf is the language asked for now, chosen before, or preferred by the browser; Kazakh
// where none of ours is.
func languageOf(r *http.Request) (l fault.Language, chosen bool) {
	known := map[string]fault.Language{"kk": fault.Kazakh, "ru": fault.Russian, "en": fault.English}
	if l, ok := known[r.URL.Query().Get("lang")]; ok {
		return l, true
	}
	if c, err := r.Cookie("lang"); err == nil {
		if l, ok := known[c.Value]; ok {
			return l, false
		}
	}
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		code, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		code, _, _ = strings.Cut(code, "-")
		if l, ok := known[strings.ToLower(code)]; ok {
			return l, false
		}
	}
	return fault.Kazakh, false
}
