package citizen_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/qoyma/qoyma/services/gateway/internal/pages/citizen"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/public"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// morning is the moment at which all tests happen: 22 November 2026 in Almaty.
var morning = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

// lines collects the log.
type lines struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// reader is somebody with a browser without JavaScript: it follows links and redirections, keeps
// cookies, fills in forms and presses buttons.
type reader struct {
	t      *testing.T
	client *http.Client
	server *httptest.Server
	log    *lines

	at     *url.URL
	status int
	header http.Header
	body   string
	page   *html.Node
	// Every request that was made on the way to the page, with its Referer.
	referers []string
}

func visitor(t *testing.T, a *archive) *reader {
	t.Helper()
	log := &lines{}
	site, err := web.New(web.Config{
		Conn: start(t, a), Now: func() time.Time { return morning },
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range []func(*web.Site) error{public.Add, citizen.Add} {
		if err := add(site); err != nil {
			t.Fatal(err)
		}
	}
	r := &reader{t: t, log: log}
	h := site.Handler()
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		r.referers = append(r.referers, hr.Referer())
		h.ServeHTTP(w, hr)
	}))
	t.Cleanup(r.server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// A browser sends along where the reader came from, not the address that sent them on.
	r.client = &http.Client{Jar: jar, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		req.Header.Set("Referer", via[0].Referer())
		return nil
	}}
	return r
}

func (r *reader) get(address string) *reader {
	r.t.Helper()
	u := address
	if !strings.HasPrefix(u, "http") {
		u = r.server.URL + address
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, u, http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(req)
}

func (r *reader) do(req *http.Request) *reader {
	r.t.Helper()
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if r.at != nil {
		req.Header.Set("Referer", r.at.String())
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	r.at, r.status, r.header, r.body = res.Request.URL, res.StatusCode, res.Header, string(raw)
	if r.page, err = html.Parse(strings.NewReader(r.body)); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// find lists the elements of a page that fit.
func (r *reader) find(fits func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for n := range r.page.Descendants() {
		if n.Type == html.ElementNode && fits(n) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func within(n, parent *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == parent {
			return true
		}
	}
	return false
}

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// form is the form whose id it is.
func (r *reader) form(id string) *html.Node {
	r.t.Helper()
	found := r.find(func(n *html.Node) bool { return n.Data == "form" && attr(n, "id") == id })
	if len(found) != 1 {
		r.t.Fatalf("%s: %d forms %q\n%s", r.at, len(found), id, r.body)
	}
	return found[0]
}

// values are what the form would send as it stands, and the names of the fields that are seen.
func (r *reader) values(form *html.Node) (v url.Values, seen []string) {
	v = url.Values{}
	counted := map[string]bool{}
	count := func(name string) {
		if !counted[name] {
			counted[name] = true
			seen = append(seen, name)
		}
	}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if name == "" {
			continue
		}
		switch n.Data {
		case "input":
			switch kind := attr(n, "type"); kind {
			case "hidden":
				v.Add(name, attr(n, "value"))
			case "radio", "checkbox":
				count(name)
				if has(n, "checked") {
					v.Add(name, attr(n, "value"))
				}
			default:
				count(name)
				v.Add(name, attr(n, "value"))
			}
		case "textarea":
			count(name)
			v.Add(name, strings.TrimPrefix(rawText(n), "\n"))
		case "select":
			count(name)
			for o := range n.Descendants() {
				if o.Data == "option" && (has(o, "selected") || !v.Has(name)) {
					v.Set(name, attr(o, "value"))
				}
			}
		}
	}
	return v, seen
}

func rawText(n *html.Node) string {
	if n.FirstChild == nil {
		return ""
	}
	return n.FirstChild.Data
}

// press fills in a form and presses the button with the value (the first one where it is empty).
func (r *reader) press(id, button string, fill map[string]string) *reader {
	r.t.Helper()
	form := r.form(id)
	v, seen := r.values(form)
	for name, value := range fill {
		for _, s := range seen {
			if s == name {
				v.Set(name, value)
			}
		}
	}
	action := attr(form, "action")
	found := button == ""
	for _, b := range r.find(func(n *html.Node) bool { return n.Data == "button" }) {
		if (within(b, form) || attr(b, "form") == id) && attr(b, "value") == button && !found {
			found = true
			v.Set(attr(b, "name"), button)
			if over := attr(b, "formaction"); over != "" {
				action = over
			}
		}
	}
	if !found {
		r.t.Fatalf("%s has no button %q", r.at, button)
	}
	return r.post(action, v)
}

func (r *reader) post(action string, v url.Values) *reader {
	r.t.Helper()
	to, err := r.at.Parse(action)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, to.String(), strings.NewReader(v.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.do(req)
}

// heading is the page's only h1.
func (r *reader) heading() string {
	r.t.Helper()
	found := r.find(func(n *html.Node) bool { return n.Data == "h1" })
	if len(found) != 1 {
		r.t.Fatalf("%s: %d headings", r.at, len(found))
	}
	return words(found[0])
}

func (r *reader) says(text string) bool { return strings.Contains(words(r.page), text) }
