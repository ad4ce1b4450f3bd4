package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// stay is the button that only draws a form again as it stands, in another language.
const stay = "stay"

// Keep says that what is typed into a form of this page is not to be lost when the language is
// changed: the choice of languages then sends the form, which comes back in the other language.
// The form posts to the address of its page and is called id.
func (r *Request) Keep(id string) { r.kept = id }

// Kept is the form named with Request.Keep.
func (v View) Kept() string { return v.r.kept }

// SetCookie sets a cookie that no script reads and no other site's form sends along; over TLS
// only where the page came that way. The caller gives name, value, path and age.
func (r *Request) SetCookie(c http.Cookie) {
	c.HttpOnly, c.SameSite, c.Secure = true, http.SameSiteLaxMode, r.site.cfg.Proxies.Secure(r.Request)
	http.SetCookie(r.w, &c)
}

// Origin is where this site stands for the reader, "https://archive.example": for links that
// leave the browser, on paper or as a QR code.
func (r *Request) Origin() string {
	if r.site.cfg.URL != "" {
		return strings.TrimRight(r.site.cfg.URL, "/")
	}
	scheme := "http"
	if r.site.cfg.Proxies.Secure(r.Request) {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// Upload is a page that answers a file: take reads the body (Request.MultipartReader) of at most
// so many bytes and gives what the template draws. A fault becomes an error page.
func (s *Site) Upload(path, page string, allow Allow, most int64, take func(*Request) (any, error)) {
	s.route("POST "+path, allow, s.bounded(page, allow, most, take))
}

// Now is the moment of the visit.
func (r *Request) Now() time.Time { return r.site.cfg.Now() }

// List is its values, for a template that draws one after another.
func (v View) List(values ...string) []string { return values }

// Of is the message whose key is a prefix with a value behind it, "state."+"signed"; where there is
// none the value as it is: a service may know a word that the pages do not know yet.
func (v View) Of(prefix string, value any) string {
	word := fmt.Sprint(value)
	if word == "" || !v.Has(prefix+word) {
		return word
	}
	return v.T(prefix + word)
}
