// Package web is the frame of all pages: routes with who may open them, languages, forms that
// keep what was typed, errors as pages, headers. The pages themselves stand in areas
// (internal/pages/…), each with its templates and its texts.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/gateway/internal/web/messages"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

//go:embed templates static texts.json
var own embed.FS

// Config is what the frame works with.
type Config struct {
	// Conn is a connection to a service; the identity of a call stands in its context.
	Conn func(service string) (grpc.ClientConnInterface, error)
	// Services are the names of all services of the archive, wherever they run.
	Services []string
	// Who tells who makes a request; the zero Person for a visitor. nil: everybody is one.
	Who func(*http.Request) (Person, error)
	// URL is the public address of the site, "https://archive.example"; empty takes it from each visit.
	URL string
	// Proxies are the reverse proxies in front of the site.
	Proxies Proxies
	// Demo tells whether this is a demonstration; nil: it is none.
	Demo func() bool
	Log  *slog.Logger
	Now  func() time.Time // nil means time.Now
}

// Person is whoever is signed in; the zero Person is a visitor, nobody in particular.
type Person struct {
	Account  string // opaque account number
	Name     string // as the frame greets
	Identity monitor.Identity
	// MustChange: the person signed in with a one-time password and does nothing before choosing
	// another.
	MustChange bool
}

// Visitor reads what is open to all, and asks.
var Visitor = monitor.Identity{Actor: "person:visitor", Roles: []monitor.Role{monitor.Researcher}}

// Allow says who may open a page: nil is everybody; otherwise any of the roles.
type Allow []monitor.Role

// Signed is everybody who is signed in.
var Signed = Allow(slices.DeleteFunc(monitor.Roles(), func(r monitor.Role) bool { return r == monitor.Service }))

// Lets tells whether a person may open it.
func (a Allow) Lets(p Person) bool {
	return a == nil || p.Account != "" && slices.ContainsFunc(p.Identity.Roles, func(r monitor.Role) bool { return slices.Contains(a, r) })
}

// Route is one address as it was registered, for the table of denials.
type Route struct {
	Pattern string
	Allow   Allow
}

// Site is all pages together.
type Site struct {
	cfg      Config
	mux      *http.ServeMux
	messages messages.Catalogue
	pages    map[string]*template.Template
	nav      []navItem
	routes   []Route
	limits   map[string]*limiter // by pattern
	words    map[string][]string // prefixes of messages by the name of a fault's argument
}

type navItem struct {
	address, key string
	allow        Allow
	also         []string // addresses whose pages stand under it too
}

// leads tells how much of a page's path an entry stands above: the length of its address, or of another that stands
// under it; 0 where the page is none of its.
func (n navItem) leads(path string) (length int) {
	for _, address := range append([]string{n.address}, n.also...) {
		if path == address || address != "/" && strings.HasPrefix(path, address+"/") {
			length = max(length, len(address))
		}
	}
	return length
}

// New makes the frame with its style sheet and its error page.
func New(cfg Config) (*Site, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Site{cfg: cfg, mux: http.NewServeMux(), messages: messages.Catalogue{}, pages: map[string]*template.Template{}, limits: map[string]*limiter{}, words: map[string][]string{}}
	texts, err := own.ReadFile("texts.json")
	if err == nil {
		err = s.messages.Add(texts)
	}
	if err == nil {
		err = s.parse(own, "error")
	}
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	static, err := fs.Sub(own, "static")
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	s.mux.Handle("GET /static/", http.StripPrefix("/static/", cached(http.FileServerFS(static))))
	s.mux.Handle("/", s.handler("error", nil, func(*Request) (any, error) { return nil, NotFound.With() }))
	return s, nil
}

var (
	// NotFound is answered for a page that there is not.
	NotFound = fault.Define(fault.NotFound, "gateway.no_page",
		"there is no such page; check the address, or search",
		"такой страницы нет; проверьте адрес или воспользуйтесь поиском",
		"мұндай бет жоқ; мекенжайын тексеріңіз немесе іздеп көріңіз")
	notYours = fault.Define(fault.Denied, "gateway.not_yours",
		"this page is for people with another task; sign in with another account, or ask the administrator for the role",
		"эта страница для людей с другой задачей; войдите под другой учётной записью или попросите роль у администратора",
		"бұл бет басқа міндеті бар адамдарға арналған; басқа есептік жазбамен кіріңіз немесе әкімшіден рөл сұраңыз")
	notSignedIn = fault.Define(fault.Unauthenticated, "gateway.not_signed_in",
		"you are no longer signed in, so nothing was done; sign in and do it again, what you typed stands below",
		"вы больше не в системе, поэтому ничего не сделано; войдите и повторите, набранное стоит ниже",
		"сіз енді жүйеде емессіз, сондықтан ештеңе жасалмады; кіріп, қайталаңыз, тергеніңіз төменде тұр")
	filesLost = fault.Define(fault.Unauthenticated, "gateway.not_signed_in.files",
		"you are no longer signed in, so no file was taken; sign in, go back and choose the files again",
		"вы больше не в системе, поэтому ни один файл не взят; войдите, вернитесь и выберите файлы снова",
		"сіз енді жүйеде емессіз, сондықтан бірде-бір файл алынбады; кіріп, артқа қайтып, файлдарды қайта таңдаңыз")
	crossSite = fault.Define(fault.Denied, "gateway.cross_site",
		"this request came from another site, so nothing was done; open the page here and try again",
		"запрос пришёл с другого сайта, поэтому ничего не сделано; откройте страницу здесь и повторите",
		"сұрау салу басқа сайттан келді, сондықтан ештеңе жасалмады; бетті осы жерде ашып, қайталаңыз")
	notText = fault.Define(fault.Invalid, "gateway.not_text",
		"what was sent is not text in UTF-8; type it on the page here and try again",
		"присланное – не текст в UTF-8; наберите его на странице и повторите",
		"жіберілген нәрсе UTF-8 мәтіні емес; оны осы беттің өзінде теріп, қайталаңыз")
	// BadForm is answered for a form that no page of ours sends, or that came in part.
	BadForm = fault.Define(fault.Invalid, "gateway.form",
		"the form did not arrive as this page sends it, so nothing was done; open the page again and send it once more",
		"форма пришла не такой, какой её отправляет страница, поэтому ничего не сделано; откройте страницу заново и отправьте ещё раз",
		"нысан бет жіберетін күйінде келген жоқ, сондықтан ештеңе жасалмады; бетті қайта ашып, тағы бір рет жіберіңіз")
	tooLarge = fault.Define(fault.Invalid, "gateway.form_too_large",
		"the form is larger than {limit} KiB; shorten it",
		"форма больше {limit} КиБ; сократите её",
		"форма {limit} КиБ-тан үлкен; қысқартыңыз")
)

// Area adds the templates (templates/*.html) and texts (texts.json) of one group of pages. A
// template is named by its file: "home" is templates/home.html. Files that begin with "parts" hold
// parts that every page of the area may use.
func (s *Site) Area(files fs.FS) error {
	texts, err := fs.ReadFile(files, "texts.json")
	if err == nil {
		err = s.messages.Add(texts)
	}
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	for _, name := range names {
		page := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		if strings.HasPrefix(page, "parts") {
			continue
		}
		if s.pages[page] != nil {
			return fmt.Errorf("gateway: two pages are called %s", page)
		}
		if err := s.parse(files, page); err != nil {
			return fmt.Errorf("gateway: %w", err)
		}
	}
	return nil
}

// parse reads a page with the frame and the parts.
func (s *Site) parse(files fs.FS, page string) error {
	t, err := template.New("frame.html").ParseFS(own, "templates/frame.html", "templates/parts*.html")
	if err != nil {
		return err
	}
	if parts, err := fs.Glob(files, "templates/parts*.html"); err != nil {
		return err
	} else if len(parts) > 0 && files != fs.FS(own) {
		if t, err = t.ParseFS(files, parts...); err != nil {
			return err
		}
	}
	if t, err = t.ParseFS(files, "templates/"+page+".html"); err != nil {
		return err
	}
	s.pages[page] = t
	return nil
}

// Nav adds an entry to the main menu of those who may open it, in the order of the calls. also are addresses of pages to which it
// leads although they do not stand under its own.
func (s *Site) Nav(address, key string, allow Allow, also ...string) {
	s.nav = append(s.nav, navItem{address, key, allow, also})
}

// Words says under which prefix the messages stand for the codes that an argument of a fault may be: a person
// who is refused reads "архивная справка", not "certificate".
func (s *Site) Words(argument, prefix string) { s.words[argument] = append(s.words[argument], prefix) }

// Routes lists every address with who may open it.
func (s *Site) Routes() []Route { return slices.Clone(s.routes) }

// Text is a message, for what is not a page.
func (s *Site) Text(l fault.Language, key string, pairs ...any) string {
	return s.messages.Text(l, key, pairs...)
}

// Messages is the catalogue, for a test.
func (s *Site) Messages() messages.Catalogue { return s.messages }

func (s *Site) route(pattern string, allow Allow, h http.Handler) {
	s.routes = append(s.routes, Route{pattern, allow})
	s.mux.Handle(pattern, h)
}

// Page is a page that is only looked at. find gives what its template draws (.Data), a
// Redirect, or a fault, which becomes an error page in the reader's language.
func (s *Site) Page(path, page string, allow Allow, find func(*Request) (any, error)) {
	s.route("GET "+path, allow, s.handler(page, allow, find))
}

// Form is a page that is filled in. show gives what its template draws; submit reads what was
// typed and gives a Redirect, or Stay. A fault of submit draws the page again, with the fault on top and
// every field as it was typed: nothing is lost.
func (s *Site) Form(path, page string, allow Allow, show func(*Request) (any, error), submit func(*Request) (Redirect, error)) {
	s.route("GET "+path, allow, s.handler(page, allow, show))
	s.route("POST "+path, allow, s.handler(page, allow, func(r *Request) (any, error) {
		if err := r.readForm(); err != nil {
			return nil, err
		}
		if r.Field("go") == stay {
			return show(r)
		}
		to, err := submit(r)
		if err == nil && r.instead != nil {
			return nil, nil
		}
		if err == nil && r.wrong == nil && to != Stay {
			return to, nil
		}
		r.refused(err)
		return show(r)
	}))
}

// Act is a button: do carries it out and gives the page to show next. A fault becomes an error
// page with a way back.
func (s *Site) Act(path string, allow Allow, do func(*Request) (Redirect, error)) {
	s.route("POST "+path, allow, s.handler("error", allow, func(r *Request) (any, error) {
		if err := r.readForm(); err != nil {
			return nil, err
		}
		return do(r)
	}))
}

// Raw is an address that answers for itself (a download, a stream of events, an upload). An
// error that it returns becomes an error page, as long as nothing was written.
func (s *Site) Raw(pattern string, allow Allow, do func(w http.ResponseWriter, r *Request) error) {
	s.route(pattern, allow, http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r, done := s.request(w, hr)
		if done || s.turnedAway(w, r, allow) {
			return
		}
		if err := do(w, r); err != nil {
			s.fail(w, r, err)
		}
	}))
}

// patience is how long a page may take to find what it shows.
const patience = 15 * time.Second

// maxForm bounds a form in KiB; files have addresses of their own (Raw).
const maxForm = 256

func (s *Site) handler(page string, allow Allow, find func(*Request) (any, error)) http.Handler {
	return s.bounded(page, allow, maxForm<<10, find)
}

func (s *Site) bounded(page string, allow Allow, most int64, find func(*Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		ctx, cancel := context.WithTimeout(hr.Context(), patience)
		defer cancel()
		hr = hr.WithContext(ctx)
		hr.Body = http.MaxBytesReader(w, hr.Body, most)
		r, done := s.request(w, hr)
		if done || s.turnedAway(w, r, allow) {
			return
		}
		data, err := find(r)
		if err == nil && r.instead != nil {
			s.draw(w, r.instead.page, http.StatusOK, View{r: r, Lang: r.Lang, Data: r.instead.data})
			return
		}
		if to, ok := data.(Redirect); ok && err == nil {
			if r.private {
				w.Header().Set("Cache-Control", "no-store")
			}
			http.Redirect(w, hr, string(to), http.StatusSeeOther)
			return
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		status := http.StatusOK
		if r.problem != nil {
			status = r.problem.Kind.HTTP()
		} else if r.wrong != nil {
			status = http.StatusUnprocessableEntity
		}
		s.draw(w, page, status, View{r: r, Lang: r.Lang, Data: data})
	})
}

// request finds out who asks, and in which language; done where the answer was given.
func (s *Site) request(w http.ResponseWriter, hr *http.Request) (r *Request, done bool) {
	lang, chosen := languageOf(hr)
	if chosen {
		http.SetCookie(w, &http.Cookie{
			Name: "lang", Value: string(lang), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.cfg.Proxies.Secure(hr),
		})
	}
	r = &Request{Request: hr, site: s, Lang: lang, w: w}
	if l := s.limits[hr.Pattern]; l != nil {
		if wait := l.take(r.Client(), s.cfg.Now()); wait > 0 {
			r.as(Person{})
			seconds := int((wait + time.Second - 1) / time.Second)
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
			s.fail(w, r, tooMany.With("seconds", seconds))
			return r, true
		}
	}
	person := Person{}
	if s.cfg.Who != nil {
		var err error
		if person, err = s.cfg.Who(hr); err != nil {
			r.as(Person{})
			s.fail(w, r, err)
			return r, true
		}
	}
	r.as(person)
	if !utf8.ValidString(hr.URL.Path) || !isText(hr.URL.Query()) {
		s.fail(w, r, notText.With())
		return r, true
	}
	return r, false
}

// turnedAway answers whoever may not open the page: a visitor signs in first, and comes back.
func (s *Site) turnedAway(w http.ResponseWriter, r *Request, allow Allow) bool {
	switch {
	case allow.Lets(r.Person):
		return false
	case r.Person.Account == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		http.Redirect(w, r.Request, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	case r.Person.MustChange:
		http.Redirect(w, r.Request, "/account/password", http.StatusSeeOther)
	case r.Person.Account == "":
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
			s.fail(w, r, filesLost.With())
			break
		}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && r.readForm() == nil {
			r.keepTyped()
		}
		s.fail(w, r, notSignedIn.With())
	default:
		s.fail(w, r, notYours.With())
	}
	return true
}

// fail draws the error page.
func (s *Site) fail(w http.ResponseWriter, r *Request, err error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		s.cfg.Log.ErrorContext(r.Context(), "page", "path", r.URL.Path, "error", err)
	}
	r.problem, r.failed = f, true
	status := f.Kind.HTTP()
	if errors.Is(err, tooMany) {
		status = http.StatusTooManyRequests
	}
	s.draw(w, "error", status, View{r: r, Lang: r.Lang})
}

func (s *Site) draw(w http.ResponseWriter, name string, status int, v View) {
	var page bytes.Buffer
	if err := s.pages[name].Execute(&page, v); err != nil {
		s.cfg.Log.Error("draw page", "page", name, "error", err)
		http.Error(w, fault.Of(err).In(v.Lang), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(v.Lang))
	w.Header().Set("Vary", "Accept-Language, Cookie")
	// One address, three languages and many people: whoever keeps a page asks again before
	// showing it, and a signed-in person's pages are not kept at all.
	w.Header().Set("Cache-Control", "private, no-cache")
	if v.r.Person.Account != "" || v.r.private {
		w.Header().Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if _, err := page.WriteTo(w); err != nil {
		s.cfg.Log.Debug("the reader went away", "error", err)
	}
}

// Handler is the whole site: nothing but our own files is loaded, nothing is framed, nothing is
// told to others, and no other site's page makes changes here (Sec-Fetch-Site and Origin).
func (s *Site) Handler() http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		lang, _ := languageOf(hr)
		r := &Request{Request: hr, site: s, Lang: lang, w: w}
		r.as(Person{})
		s.fail(w, r, crossSite.With())
	}))
	next := cross.Handler(s.mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		next.ServeHTTP(w, r)
	})
}

// cached lets a browser keep the style sheet for an hour.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		next.ServeHTTP(w, r)
	})
}

func formError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge.With("limit", maxForm)
	}
	return BadForm.With().Because(err)
}
