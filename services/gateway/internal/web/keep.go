package web

import (
	"net/http"
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
	c.HttpOnly, c.SameSite, c.Secure = true, http.SameSiteLaxMode, r.encrypted()
	http.SetCookie(r.w, &c)
}

// Origin is where this site stands for the reader, "https://archive.example": for links that
// leave the browser, on paper or as a QR code. A proxy that ends TLS says so.
func (r *Request) Origin() string {
	scheme := "http"
	if r.encrypted() {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func (r *Request) encrypted() bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// Attempt is asked before a secret is compared: whoever guesses too often waits.
func (r *Request) Attempt(what string) error {
	if r.site.cfg.Attempt == nil {
		return nil
	}
	return r.site.cfg.Attempt(r.Request, what)
}

// Upload is a page that answers a file: take reads the body (Request.MultipartReader) of at most
// so many bytes and gives what the template draws. A fault becomes an error page.
func (s *Site) Upload(path, page string, allow Allow, most int64, take func(*Request) (any, error)) {
	s.route("POST "+path, allow, s.bounded(page, allow, most, take))
}
