package term

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
)

// maxText bounds what is read as one term, in bytes; the longest real one has under 200.
const maxText = 1000

// The grammar. Go's regular expressions run in linear time, so a hostile text costs no
// more than its length. Texts are cleaned first (see clean).
var (
	permanentRE = regexp.MustCompile(`(?i)^(?:постоянн(?:о|ое|ого|ый)|пост|тұрақты|тұр|perm|permanent(?:ly)?)\.?` +
		`(?: (?:хранени[ея]|срок|сақтау|сақталады|сақтауға|storage|keeping|retention))?$`)
	replacedRE = regexp.MustCompile(`(?i)^(?:до замены(?: (?:на )?нов(?:ыми|ым|ой|ые|ый|ую))?` +
		`|(?:жаңасымен |жаңамен |жаңаларымен )?ауыстыр(?:ылғанға|ғанға) дейін` +
		`|until (?:they are |it is )?replaced(?: (?:by|with) (?:a )?new(?: ones?)?)?)$`)
	neededRE = regexp.MustCompile(`(?i)^(?:до минования (?:надобности|необходимости)|до миновения надобности|д\.? ?м\.? ?н\.?` +
		`|қажеттілі(?:гі|к) (?:өткенге|жойылғанға|өткенше)(?: дейін)?` +
		`|until (?:it is )?no longer needed|while needed|until the need (?:has passed|passes))((?:[ ,;(].*)?)$`)
	liquidationRE = regexp.MustCompile(`(?i)^(?:до ликвидации(?: организаци[ия]| юридического лица)?` +
		`|(?:ұйым(?:ның)? |заңды тұлға )?(?:таратылғанға|таратылғанша|жойылғанға)(?: дейін)?` +
		`|until (?:the )?(?:liquidation(?: of the organi[sz]ation)?|organi[sz]ation is (?:liquidated|wound up)))$`)
	claimedRE = regexp.MustCompile(`(?i)^(?:до востребования|талап етілгенге дейін|until (?:it is )?claimed)((?:[ ,;(].*)?)$`)
	claimedIs = regexp.MustCompile(`(?i)^(?:до востребования|талап етілгенге дейін|until (?:it is )?claimed)$`)

	// 1 least, 2 N, 3 M, 4 the rest
	yearsRE = regexp.MustCompile(`(?i)^(не менее |кемінде |at least |minimum )?(\d{1,9})(?: ?/ ?(\d{1,9}))? ?` +
		`(?:годов|года|год|лет|жыл|years|year|yrs|yr|л|г|ж|y)\.?((?:[ ,;(–—-].*)?)$`)
	// Kazakh puts the event first: 1 event, 2 the term
	eventFirstRE = regexp.MustCompile(`(?i)^(\D.*(?:кейін|бастап|соң|жағдайда)),? ((?:кемінде )?\d.*)$`)
	// what stands between "until …" and its number of years
	leadRE = regexp.MustCompile(`(?i)^(?:затем|но|одан кейін|бірақ|then|but|невостребованн(?:ые|ых)|талап етілмеген(?:дері)?|unclaimed)[ ,–—-]+`)

	markRE   = regexp.MustCompile(`(?i)(^|[^\pL])(?:цэпк|эпк|остк|стк|epc)([^\pL]|$)`)
	cutOffRE = regexp.MustCompile(`\d{2}\.\d{2}\.\d{4}|\d{4}-\d{2}-\d{2}`)
	// what may stand beside the date of a cut-off and nothing else
	cutOffWordsRE = regexp.MustCompile(`(?i)^(?:[\s/,;]|(?:закончен(?:ы|ные)? делопроизводством|іс жүргізуде аяқталған|closed|` +
		`с|до|после|дейін|кейін|бастап|from|since|before|after|on|\d{4})(?:[\s/,;]|$))*$`)
	startsEventRE = regexp.MustCompile(`(?i)^(?:после|с момента|с даты|со дня|с налогового|при условии|по окончании|по истечении|` +
		`after|following|upon|since|provided|from the) `)
	endsEventRE = regexp.MustCompile(`(?i) (?:кейін|бастап|соң|жағдайда)$`)
)

// Parse reads one term as people and lists write it in Kazakh, Russian or English. The
// faults are Unreadable, BadYears and MarkMisplaced. Footnote marks and columns belong to
// an article, not to a term: see ParseArticle.
func Parse(text string) (Term, error) {
	unreadable := Unreadable.With("text", shown(text))
	if len(text) > maxText {
		return Term{}, unreadable
	}
	s := clean(text)
	rest, review := cutMark(s)
	t, err := parse(rest)
	if err != nil {
		return Term{}, err
	}
	if t.Kind == None {
		return Term{}, unreadable
	}
	if review && t.Kind != Years {
		return Term{}, MarkMisplaced.With("text", shown(text))
	}
	t.Review = review
	if err := t.Validate(); err != nil {
		return Term{}, err
	}
	return t, nil
}

// parse reads a cleaned term without its mark; a Term of kind None is one it cannot read.
func parse(s string) (Term, error) {
	switch {
	case permanentRE.MatchString(s):
		return Term{Kind: Permanent}, nil
	case replacedRE.MatchString(s):
		return Term{Kind: UntilReplaced}, nil
	case liquidationRE.MatchString(s):
		return Term{Kind: UntilLiquidation}, nil
	}
	if m := neededRE.FindStringSubmatch(s); m != nil {
		return parseLeast(UntilNotNeeded, m[1])
	}
	if m := claimedRE.FindStringSubmatch(s); m != nil {
		return parseLeast(UntilClaimed, m[1])
	}
	if m := yearsRE.FindStringSubmatch(s); m != nil {
		return parseYears(m, trim(m[4]))
	}
	if m := eventFirstRE.FindStringSubmatch(s); m != nil {
		if y := yearsRE.FindStringSubmatch(m[2]); y != nil {
			t, err := parseYears(y, trim(y[4]))
			if err != nil || t.Kind != Years || t.Trigger != Closing || !t.qualify(m[1]) {
				return Term{}, err
			}
			return t, nil
		}
	}
	return Term{}, nil
}

// parseLeast reads the years that may follow "until …": «до минования надобности, не менее
// 1 года», «до востребования (невостребованные – 50 лет)». Between the two only a lead-in
// may stand.
func parseLeast(kind Kind, rest string) (Term, error) {
	t := Term{Kind: kind}
	if trim(rest) == "" {
		return t, nil
	}
	rest = trim(rest)
	rest = trim(leadRE.ReplaceAllString(unwrap(rest), ""))
	m := yearsRE.FindStringSubmatch(rest)
	if m == nil {
		return Term{}, nil
	}
	y, err := parseYears(m, trim(m[4]))
	if err != nil || y.Kind != Years || y.Trigger != Closing {
		return Term{}, err
	}
	t.Years, t.Before, t.CutOff = y.Years, y.Before, y.CutOff
	return t, nil
}

// parseYears makes a term from the parts of yearsRE and what follows it.
func parseYears(m []string, rest string) (Term, error) {
	t := Term{Kind: Years, AtLeast: m[1] != ""}
	var err error
	if t.Years, err = number(m[2]); err != nil {
		return Term{}, err
	}
	if m[3] != "" {
		if t.Before, err = number(m[3]); err != nil {
			return Term{}, err
		}
		t.AtLeast = false // said of both numbers, it says nothing more than the numbers do
	}
	if rest == "" {
		return t, nil
	}
	if !t.qualify(rest) {
		return Term{}, nil
	}
	return t, nil
}

// qualify adds to a term in years what its text or the list's trigger column says: a
// cut-off day, an event, or that it follows "until claimed". False where it is none.
func (t *Term) qualify(text string) bool {
	words := unwrap(trim(text))
	if day, ok := readCutOff(words); ok && t.Before > 0 && t.CutOff.IsZero() {
		t.CutOff = day
		return true
	}
	// «50/75 лет (с 01.01.2003) после …»
	if head, tail, ok := strings.Cut(words, ") "); ok && t.Before > 0 && t.CutOff.IsZero() && strings.HasPrefix(head, "(") {
		if day, isDay := readCutOff(head[1:]); isDay {
			t.CutOff = day
			return t.qualify(tail)
		}
	}
	if claimedIs.MatchString(words) && t.Trigger == Closing {
		t.Kind, t.AtLeast = UntilClaimed, false
		return true
	}
	trigger, event, ok := readTrigger(words)
	if !ok || t.Trigger != Closing {
		return false
	}
	t.Trigger, t.Words = trigger, event
	return true
}

// readTrigger reads the event after which a term runs. The words are kept only where no
// typed trigger says the same.
func readTrigger(text string) (Trigger, string, bool) {
	words := unwrap(trim(text))
	if trigger, ok := byPhrase[strings.ToLower(words)]; ok {
		return trigger, "", true
	}
	if len(words) > maxText/2 || !balanced(words) || markRE.MatchString(words) {
		return Closing, "", false
	}
	if startsEventRE.MatchString(words) || endsEventRE.MatchString(words) {
		return OtherEvent, words, true
	}
	return Closing, "", false
}

// readCutOff reads a cut-off day: one date and nothing but the words that go with it.
func readCutOff(words string) (civil.Date, bool) {
	found := cutOffRE.FindAllString(words, 2)
	if len(found) != 1 || !cutOffWordsRE.MatchString(strings.Replace(words, found[0], " ", 1)) {
		return civil.Date{}, false
	}
	iso := found[0]
	if iso[2] == '.' {
		iso = iso[6:] + "-" + iso[3:5] + "-" + iso[:2]
	}
	day, err := civil.Parse(iso)
	return day, err == nil
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > MaxYears {
		return 0, BadYears.With("years", s, "most", MaxYears)
	}
	return n, nil
}

// cutMark takes the commission's mark out of the text.
func cutMark(s string) (string, bool) {
	m := markRE.FindStringSubmatchIndex(s)
	if m == nil {
		return s, false
	}
	before, after := s[:m[3]], s[m[4]:]
	if strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")") {
		before, after = before[:len(before)-1], after[1:]
	}
	return clean(trim(before) + " " + after), true
}

// clean makes one line of a text: every run of white space, non-breaking ones included,
// becomes one space; final full stops and commas go.
func clean(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff'
	}), " ")
	return strings.TrimRight(s, " ,;.")
}

// trim drops the punctuation around a part of a term.
func trim(s string) string { return strings.Trim(s, " ,;–—-") }

// unwrap takes off one pair of brackets that holds the whole text.
func unwrap(s string) string {
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") && balanced(s[1:len(s)-1]) {
		return trim(s[1 : len(s)-1])
	}
	return s
}

// balanced tells whether the brackets of a text pair up.
func balanced(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}

// shown is a text in a message: on one line, and its beginning only.
func shown(s string) string { return clip.Runes(clean(s), 80) }
