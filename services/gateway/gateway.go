// Package gateway is the web face: pages for people, drawn from the services over gRPC. It has
// no archival rule of its own and keeps nothing.
//
// Today it shows the public what needs no account: search, fonds, inventories, files. Every
// page works without JavaScript, in three languages, on a phone and on paper.
package gateway

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/messages"
	"github.com/qoyma/qoyma/services/platform/fault"
)

//go:embed templates static
var files embed.FS

// Config is what the gateway works with.
type Config struct {
	// Conn is a connection to a service as the public: nobody in particular, cleared for
	// what is open.
	Conn func(service string) (grpc.ClientConnInterface, error)
	Log  *slog.Logger
}

type gateway struct {
	cfg      Config
	messages messages.Catalogue
	pages    map[string]*template.Template
	static   http.Handler
}

// New makes the handler of all pages.
func New(cfg Config) (http.Handler, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	g := &gateway{cfg: cfg, pages: make(map[string]*template.Template)}
	var err error
	if g.messages, err = messages.Load(); err != nil {
		return nil, err
	}
	if err := g.load(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", g.page("home", g.home))
	mux.Handle("GET /search", g.page("search", g.search))
	mux.Handle("GET /fonds", g.page("fonds", g.fonds))
	mux.Handle("GET /fonds/{fonds}", g.page("onefonds", g.oneFonds))
	mux.Handle("GET /fonds/{fonds}/{inventory}", g.page("inventory", g.inventory))
	mux.Handle("GET /u/{code...}", g.page("file", g.file))
	mux.Handle("GET /help", g.page("help", func(*request) (any, error) { return nil, nil }))
	mux.Handle("GET /static/", g.static)
	mux.Handle("/", g.page("error", func(r *request) (any, error) { return nil, notFound.With() }))
	return guarded(mux), nil
}

var notFound = fault.Define(fault.NotFound, "gateway.no_page",
	"there is no such page; check the address, or search",
	"такой страницы нет; проверьте адрес или воспользуйтесь поиском",
	"мұндай бет жоқ; мекенжайын тексеріңіз немесе іздеп көріңіз")

// load parses the templates, each page with the common frame.
func (g *gateway) load() error {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	for _, name := range names {
		page := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		if page == "frame" {
			continue
		}
		t, err := template.New("frame.html").ParseFS(files, "templates/frame.html", name)
		if err != nil {
			return fmt.Errorf("gateway: %s: %w", name, err)
		}
		g.pages[page] = t
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	g.static = http.StripPrefix("/static/", cached(http.FileServerFS(static)))
	return nil
}

// cached lets a browser keep the style sheet for an hour.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		next.ServeHTTP(w, r)
	})
}

// guarded sets what every answer carries: nothing but our own style sheet is loaded, nothing is
// framed, nothing is told to others.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// request is one visit of a page.
type request struct {
	*http.Request
	g    *gateway
	lang fault.Language
}

func (r *request) catalogue() (cataloguev1.CatalogueServiceClient, error) {
	conn, err := r.g.cfg.Conn("catalogue")
	if err != nil {
		return nil, err
	}
	return cataloguev1.NewCatalogueServiceClient(conn), nil
}

// view is what a template sees. T translates, In chooses a language of a text.
type view struct {
	r     *request
	Lang  fault.Language
	Query string
	Data  any
	Error string
}

// T is a message in the reader's language.
func (v view) T(key string, pairs ...any) string { return v.r.g.messages.Text(v.Lang, key, pairs...) }

// In is a text in the reader's language, or in the first that it has.
func (v view) In(t *recordv1.Text) string {
	order := []string{t.GetEn(), t.GetRu(), t.GetKk()}
	switch v.Lang {
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

// Language is one choice of the language switch.
type Language struct {
	Code, Name, Address string
	Current             bool
}

// Languages are the three choices; each leads to this same page. The path stays as it was sent:
// decoded, "/%2Fother.example" would lead to another site.
func (v view) Languages() []Language {
	var out []Language
	for _, l := range []struct {
		code fault.Language
		name string
	}{{fault.Kazakh, "Қазақша"}, {fault.Russian, "Русский"}, {fault.English, "English"}} {
		q := v.r.URL.Query()
		q.Set("lang", string(l.code))
		out = append(out, Language{Code: string(l.code), Name: l.name, Address: v.r.URL.EscapedPath() + "?" + q.Encode(), Current: l.code == v.Lang})
	}
	return out
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

// page draws a template from what a handler found. An error becomes a page of its own, in the
// reader's language, with the status that fits.
func (g *gateway) page(name string, find func(*request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		ctx, cancel := context.WithTimeout(hr.Context(), 10*time.Second)
		defer cancel()
		lang, chosen := languageOf(hr)
		if chosen {
			http.SetCookie(w, &http.Cookie{
				Name: "lang", Value: string(lang), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
			})
		}
		r := &request{Request: hr.WithContext(ctx), g: g, lang: lang}
		data, err := find(r)
		if moved, ok := data.(redirect); ok && err == nil {
			http.Redirect(w, hr, string(moved), http.StatusFound)
			return
		}
		v := view{r: r, Lang: lang, Query: strings.TrimSpace(hr.URL.Query().Get("q")), Data: data}
		shown, status := name, http.StatusOK
		if err != nil {
			f := fault.Of(err)
			shown, status, v.Error = "error", f.Kind.HTTP(), f.In(lang)
			if f.Kind == fault.Internal {
				g.cfg.Log.ErrorContext(ctx, "page", "path", hr.URL.Path, "error", err)
			}
		}
		g.draw(w, shown, status, v)
	})
}

// redirect sends the reader to another page.
type redirect string

func (g *gateway) draw(w http.ResponseWriter, name string, status int, v view) {
	var page bytes.Buffer
	if err := g.pages[name].Execute(&page, v); err != nil {
		g.cfg.Log.Error("draw page", "page", name, "error", err)
		http.Error(w, fault.Of(err).In(v.Lang), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(v.Lang))
	w.Header().Set("Vary", "Accept-Language, Cookie")
	// One address, three languages: whoever keeps a page asks again before showing it.
	w.Header().Set("Cache-Control", "private, no-cache")
	w.WriteHeader(status)
	if _, err := page.WriteTo(w); err != nil {
		g.cfg.Log.Debug("the reader went away", "error", err)
	}
}
