package term

import (
	"regexp"
	"strings"
)

// Article is what one article of a list says of retention: one term, or several by
// lettered sub-items and by kinds of organisation.
type Article struct {
	Items []Item
	// Condition is what the list's trigger column says that is neither an event nor a
	// cut-off day, in the list's words («по месту утверждения»); a person applies it.
	Condition string
}

// Item is a lettered sub-item; Letter is empty where the article has none.
type Item struct {
	Letter  string
	Columns []Column // one for each kind of organisation the list tells apart, at least one
}

// Column is one cell: a term with its footnote, or a dash (such documents do not arise).
type Column struct {
	Term     Term   // Kind None for a dash
	Footnote string // the footnote's mark: "1"
}

var (
	letterRE   = regexp.MustCompile(`(?i)^([\pL\d])\) ?(.*)$`)
	splitRE    = regexp.MustCompile(`; ?(?:[\pL\d]\))`)
	footnoteRE = regexp.MustCompile(`[(<](\d{1,2}|\*+)[)>]`)
	leastRE    = regexp.MustCompile(`(?i)^(?:не менее|кемінде|at least) (\d{1,3}) (?:года|лет|год|жыл|years?)$`)
)

// ParseArticle reads the cells of one article: its term, and the columns that some lists
// keep apart for the event (or cut-off), the commission's mark and the note. Of a note
// only "at least N years" is read; the rest of it is for people.
func ParseArticle(term, event, mark, note string) (Article, error) {
	if len(term) > 4*maxText || len(event) > maxText {
		return Article{}, Unreadable.With("text", shown(term))
	}
	var a Article
	events := letters(clean(event))
	for _, part := range letters(clean(term)) {
		item := Item{Letter: part.letter}
		for cell := range strings.SplitSeq(part.text, "|") {
			column, err := parseColumn(cell, clean(mark), clean(note))
			if err != nil {
				return Article{}, err
			}
			for _, e := range events {
				if e.letter == "" || e.letter == part.letter {
					a.apply(&column.Term, e.text)
				}
			}
			if err := validOrDash(column.Term); err != nil {
				return Article{}, err
			}
			item.Columns = append(item.Columns, column)
		}
		a.Items = append(a.Items, item)
	}
	return a, nil
}

func validOrDash(t Term) error {
	if t == (Term{}) {
		return nil
	}
	return t.Validate()
}

// apply gives an event column's text to a term in years, or keeps it as the condition.
func (a *Article) apply(t *Term, event string) {
	if event == "" || t.Kind == None {
		return
	}
	if t.Kind != Years || !t.qualify(event) {
		a.Condition = event
	}
}

func parseColumn(cell, mark, note string) (Column, error) {
	var c Column
	if m := footnoteRE.FindStringSubmatch(cell); m != nil {
		c.Footnote = m[1]
		cell = strings.Replace(cell, m[0], "", 1)
	}
	cell = clean(cell)
	if trim(cell) == "" {
		return c, nil
	}
	var err error
	if c.Term, err = Parse(cell); err != nil {
		return Column{}, err
	}
	if markRE.MatchString(mark) && c.Term.Kind == Years {
		c.Term.Review = true
	}
	if m := leastRE.FindStringSubmatch(note); m != nil && c.Term.Kind == UntilNotNeeded && c.Term.Years == 0 {
		if c.Term.Years, err = number(m[1]); err != nil {
			return Column{}, err
		}
	}
	return c, nil
}

type lettered struct{ letter, text string }

// letters cuts a text into its sub-items «а) …; б) …». A text without letters is one item.
func letters(s string) []lettered {
	if !letterRE.MatchString(s) {
		return []lettered{{"", s}}
	}
	var parts []lettered
	for s != "" {
		end := len(s)
		if at := splitRE.FindStringIndex(s); at != nil {
			end = at[0]
		}
		part := s[:end]
		s = strings.TrimLeft(s[end:], "; ")
		if m := letterRE.FindStringSubmatch(part); m != nil {
			parts = append(parts, lettered{strings.ToLower(m[1]), m[2]})
		}
	}
	return parts
}
