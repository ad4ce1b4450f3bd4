package web

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/standards/term"
)

// Term is a date that somebody waits for, beside today: drawn as shape, word and number (the template
// "term"), with the exact date.
type Term struct {
	Date  string // civil
	Class string // of the badge: "", soon, late or good
	Key   string // of its words, which name {n}
	Days  int    // from today, without sign
	Steps []*recordv1.DueStep
}

// soon is from how many days before its date a term is drawn as near.
const soon = 30

// TermOf compares a date with today. What has come is near for as many days, and late after.
func TermOf(date string, steps []*recordv1.DueStep, now time.Time) Term {
	t := Term{Date: date, Key: "term.none", Steps: steps}
	day, err := civil.Parse(date)
	if err != nil {
		return t
	}
	t.Days = civil.Of(now).DaysUntil(day)
	switch {
	case t.Days > soon:
		t.Key = "term.left"
	case t.Days > 0:
		t.Class, t.Key = "soon", "term.left"
	case t.Days == 0:
		t.Class, t.Key = "soon", "term.today"
	default:
		t.Days = -t.Days
		if t.Class, t.Key = "late", "term.past"; t.Days <= soon {
			t.Class = "soon"
		}
	}
	return t
}

// Met is a term that nobody waits for any more.
func Met(date string, steps []*recordv1.DueStep) Term {
	return Term{Date: date, Class: "good", Key: "term.met", Steps: steps}
}

// TermView is what the templates "term" and "arithmetic" draw.
type TermView struct {
	View View
	Term Term
}

// Term hands a term to its templates.
func (v View) Term(t Term) TermView { return TermView{v, t} }

// KeptFor is how long a file is kept, in the reader's language: services answer with the canonical term.
func (v View) KeptFor(written string) string { return term.Words(written, v.Lang) }

// Size is a number of bytes as people read it.
func (v View) Size(bytes uint64) string { return Size(v.Lang, bytes) }

// Size is a number of bytes as readers of a language write it: "34,5 КБ", in one line. The units are decimal.
func Size(lang fault.Language, bytes uint64) string { return numeral.Size(bytes, lang) }

// Stamp is a time (RFC 3339) as a clock in the archive shows it, to the minute.
func (v View) Stamp(stamp string) string {
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return stamp
	}
	at = at.In(civil.Almaty())
	return v.Date(civil.Of(at).String()) + ", " + at.Format("15:04")
}

var longHex = regexp.MustCompile(`[0-9a-f]{32,}`)

// Plain is a message for people who compare no digests: each is cut to its beginning.
func (v View) Plain(text string) string {
	return longHex.ReplaceAllStringFunc(text, func(digest string) string { return digest[:8] + "…" })
}

// Digest is the beginning of a long digest, enough to compare by eye.
func (v View) Digest(s string) string {
	if len(s) <= 16 {
		return s
	}
	return s[:16] + "…"
}

// Number is a whole number with its thousands apart.
func (v View) Number(n any) string {
	digits := fmt.Sprint(n)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteRune('\u00a0')
		}
		out.WriteRune(d)
	}
	return out.String()
}
