package citizen

import (
	"net/http"
	"regexp"
	"strings"
	"unicode"

	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// A request is one's own by its number and its secret. The secret travels in a link once; the
// page that the link leads to puts it into a cookie of its own path and goes on without it, so
// that it stands in no history, no log and no Referer. Who has no cookie types number and code.

// kept is how long a device remembers a request, in seconds: 60 days, longer than any term.
const kept = 60 * 24 * 3600

var (
	numberForm = regexp.MustCompile(`^[0-9]{4}-[1-9][0-9]{0,8}$`)
	secretForm = regexp.MustCompile(`^[0-9a-z]{8,128}$`)
)

func cookieName(number string) string { return "r-" + number }

// remember puts the secret into the cookie of the request.
func remember(r *web.Request, number, secret string) {
	r.SetCookie(http.Cookie{Name: cookieName(number), Value: secret, Path: "/r/" + number, MaxAge: kept})
}

func forgetCookie(r *web.Request, number string) {
	r.SetCookie(http.Cookie{Name: cookieName(number), Path: "/r/" + number, MaxAge: -1})
}

// secretOf is the secret that the device remembers.
func secretOf(r *web.Request, number string) (string, bool) {
	c, err := r.Cookie(cookieName(number))
	if err != nil || !secretForm.MatchString(c.Value) {
		return "", false
	}
	return c.Value, true
}

// tidyNumber reads a number as people type it: with spaces, another dash, № before it.
func tidyNumber(s string) string {
	s = strings.TrimLeft(strings.TrimSpace(s), "№#NnoO. ")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case unicode.Is(unicode.Pd, r) || r == '−' || r == '/':
			return '-'
		}
		return r
	}, s)
}

// lookalike are Cyrillic letters that a Kazakh or Russian keyboard gives for Latin ones, and
// signs that people read for those of a secret: it has neither l nor o.
var lookalike = strings.NewReplacer(
	"А", "A", "В", "B", "С", "C", "Е", "E", "Н", "H", "К", "K", "М", "M", "О", "0", "O", "0", "Р", "P", "Т", "T", "Х", "X", "У", "Y", "З", "3",
)

// tidySecret reads a code as people copy it from paper: in groups, in small or capital letters.
func tidySecret(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '−' {
			return -1
		}
		return unicode.ToLower(r)
	}, lookalike.Replace(strings.ToUpper(s)))
}

// grouped shows a secret so that it can be copied by hand: in groups of four.
func grouped(secret string) string {
	var b strings.Builder
	for i, c := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	return b.String()
}
