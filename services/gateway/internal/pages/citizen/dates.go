package citizen

import (
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// dueView is a date with its arithmetic, in the reader's language.
type dueView struct {
	R     *web.Request // for the words around it
	Kind  string
	On    string // in words, with the day of the week
	Done  string // when it was done; empty where it was not
	Steps []stepView
	// What the calendar does not surely know of those days.
	Doubts   []string
	Calendar string
	Missed   bool
	Binding  bool
}

type stepView struct {
	Words    string
	Basis    string // empty where the next step rests on the same act
	Verified bool
}

func due(r *web.Request, d *referencev1.Duty) dueView {
	v := dueView{
		R: r, Kind: d.GetKind(), On: longDate(r, d.GetDueOn()), Done: longDate(r, d.GetDoneOn()), Calendar: longDate(r, d.GetCalendarEdition()),
		Missed: d.GetMissed(), Binding: d.GetBinding(),
	}
	for _, s := range d.GetSteps() {
		step := stepView{Words: web.In(r.Lang, s.GetWords()), Basis: web.Basis(r.Lang, s), Verified: s.GetVerified()}
		// An act that carries several steps is named under the last of them.
		if n := len(v.Steps); n > 0 && v.Steps[n-1].Basis == step.Basis && v.Steps[n-1].Verified == step.Verified {
			v.Steps[n-1].Basis = ""
		}
		v.Steps = append(v.Steps, step)
	}
	for _, doubt := range d.GetDoubts() {
		v.Doubts = append(v.Doubts, web.In(r.Lang, doubt))
	}
	return v
}

// longDate writes a civil date in words, with the day of the week: whoever reads it on a phone
// has no calendar beside it.
func longDate(r *web.Request, iso string) string {
	d, err := civil.Parse(iso)
	if err != nil {
		return iso
	}
	return d.In(r.Lang) + ", " + r.T("weekday."+d.Weekday().String())
}

func shortDate(r *web.Request, iso string) string {
	d, err := civil.Parse(iso)
	if err != nil || r.Lang == "en" {
		return iso
	}
	return d.Dotted()
}
