// Package certificate prints the archive's answers (архивтік анықтама, архивная справка, and
// the other kinds of answer) as PDF, appends to one the proof that it stands signed in the
// journal, and verifies such a file offline.
//
//	Draw(facts)            the first revision: its SHA-256 is what the head signs and the journal keeps
//	Append(pdf, proof)     the same bytes and, as an incremental update (ISO 32000-1 §7.5.6), the proof
//	Verify(pdf, keys…)     hashes the first revision, checks the proof, refuses any other appended content
//
// It knows no store and no connection: everything comes in as values.
package certificate

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// The faults of a paper whose facts are not complete.
var (
	BadField = fault.Define(fault.Invalid, "certificate.field",
		"the paper cannot be printed: “{field}” is missing or wrong ({value}); enter it and print again",
		"документ нельзя напечатать: «{field}» не заполнено или неверно ({value}); внесите и напечатайте снова",
		"құжатты басып шығаруға болмайды: «{field}» толтырылмаған немесе дұрыс емес ({value}); толтырып, қайта басып шығарыңыз")
	NoSource = fault.Define(fault.Invalid, "certificate.source",
		"statement {number} rests on no document; give its archival code and leaves, or take it out",
		"сведение № {number} не опирается на документ; укажите архивный шифр и листы или уберите его",
		"№ {number} мәлімет құжатқа негізделмеген; архивтік шифрі мен парақтарын көрсетіңіз немесе алып тастаңыз")
)

// Kind says what an answer is.
type Kind string

// The kinds of answer. Certificate, Copy and Extract state what documents say, each
// statement with its codes; Negative says that nothing was found and where it was looked
// for; the others follow the law on access to information (AI-11.11, 11.15, 11.16).
const (
	Certificate Kind = "certificate"
	Copy        Kind = "copy"
	Extract     Kind = "extract"
	Negative    Kind = "negative"
	Answer      Kind = "answer"
	Refusal     Kind = "refusal"
	Forwarded   Kind = "forwarded"
	Published   Kind = "published"
)

// Kinds are all kinds, in the order above.
func Kinds() []Kind {
	return []Kind{Certificate, Copy, Extract, Negative, Answer, Refusal, Forwarded, Published}
}

// cites tells whether each statement of the kind must name its documents.
func (k Kind) cites() bool { return k == Certificate || k == Copy || k == Extract }

// Name is the kind as people call it: «архивтік анықтама», «архивная справка».
func (k Kind) Name() Text { return kinds[k].name }

// Text is a text in the languages of the interface. Where one is empty, Russian stands for
// it, and Kazakh for Russian.
type Text struct{ KK, RU, EN string }

// In is the text in a language.
func (t Text) In(l fault.Language) string {
	text := t.RU
	switch l {
	case fault.Kazakh:
		text = t.KK
	case fault.English:
		text = t.EN
	case fault.Russian:
	}
	for _, other := range []string{t.RU, t.KK, t.EN} {
		if text == "" {
			text = other
		}
	}
	return text
}

// Facts are everything that stands on the paper. Equal facts give equal bytes.
type Facts struct {
	Language fault.Language // of the paper: the language of the request (AI-11.12)
	Kind     Kind
	Archive  Archive
	Number   string // of the paper, "2026-1-1"
	Date     civil.Date
	// Addressee is to whom, as it prints: a name, and an address on lines of its own.
	Addressee     string
	RequestNumber string     // AI-11.14
	RequestDate   civil.Date // AI-11.14
	// Opening is the first sentence; empty prints the usual one of the kind.
	Opening    string
	Statements []Statement // in the order of time
	// Spellings are names that documents write differently; they stay as they stand there
	// («так в документе»).
	Spellings []string
	Gaps      []string        // years without documents, lost leaves
	Searched  []archcode.Code // what was looked through, where nothing or not all was found
	// Reasons are the reasons of a refusal, where it is published, who holds it instead, or
	// the text of a plain answer; paragraphs are parted by a line break.
	Reasons string
	// Ground is the ground of a refusal, 1 to 7 (AI-11.16); 0 for other kinds.
	Ground int
	// Closing is a last paragraph: which part is closed and which is answered (AI-6).
	Closing   string
	Signatory Person
	Executor  Executor
	Check     Check
}

// Archive is the holder as its letterhead has it (AI-11.14).
type Archive struct {
	Name     Text
	Address  Text   // postal address
	Contacts string // telephone, e-mail
}

// Statement is one thing that documents say.
type Statement struct {
	Period  string // "12.03.1975 – 01.09.1983"; may be empty
	Text    string
	Sources []archcode.Code // with leaves
}

// Person signs.
type Person struct {
	Post Text
	Name string // initials and surname
}

// Executor prepared the answer; no name prints a place to enter it.
type Executor struct{ Name, Phone string }

// Check is how the holder of the paper sees that it is genuine.
type Check struct {
	Address string // where to type number and digits: "archive.kz/verify"
	Link    string // what the QR code holds; empty takes Address
	Digits  string // the eight digits to type beside the number
}

// Cite puts an archival code and leaves together as they are kept apart: "Р-1109/2лс/345а",
// "10–12 об.". Errors are those of archcode.Parse.
func Cite(code, leaves string) (archcode.Code, error) {
	if leaves = strings.TrimSpace(leaves); leaves == "" {
		return archcode.Parse(code)
	}
	whole, err := archcode.Parse(code)
	if err != nil {
		return archcode.Code{}, err
	}
	return archcode.Parse(whole.OfFile().Format(fault.Russian) + ". Л. " + leaves)
}

// Limits of what fits on a form; far above real answers.
const (
	maxRows = 500
	maxText = 8000 // characters of a statement or of the reasons
	maxLine = 500  // characters of a name, a number, a spelling
)

// Validate refuses facts that Draw would refuse, without printing.
func (f Facts) Validate() error {
	if _, known := kinds[f.Kind]; !known {
		return BadField.With("field", "kind", "value", f.Kind)
	}
	if _, known := forms[f.Language]; !known {
		return BadField.With("field", "language", "value", f.Language)
	}
	for _, r := range []struct{ field, value string }{
		{"archive", f.Archive.Name.In(f.Language)},
		{"address", f.Archive.Address.In(f.Language)},
		{"number", f.Number},
		{"addressee", f.Addressee},
		{"request", f.RequestNumber},
		{"post", f.Signatory.Post.In(f.Language)},
		{"signatory", f.Signatory.Name},
		{"verification address", f.Check.Address},
		{"verification digits", f.Check.Digits},
	} {
		if strings.TrimSpace(r.value) == "" {
			return BadField.With("field", r.field, "value", "")
		}
	}
	switch {
	case !f.Date.Valid():
		return BadField.With("field", "date", "value", f.Date)
	case !f.RequestDate.Valid() || f.RequestDate.After(f.Date):
		return BadField.With("field", "request date", "value", f.RequestDate)
	case len(f.Statements) > maxRows || len(f.Spellings) > maxRows || len(f.Gaps) > maxRows || len(f.Searched) > maxRows:
		return BadField.With("field", "statements", "value", len(f.Statements))
	case len(f.Check.Link) > maxLine || len(f.Check.Digits) > 40:
		return BadField.With("field", "verification", "value", len(f.Check.Link))
	}
	if err := f.contents(); err != nil {
		return err
	}
	return f.lengths()
}

// contents checks what the kind asks for.
func (f Facts) contents() error {
	if f.Kind.cites() && len(f.Statements) == 0 {
		return BadField.With("field", "statements", "value", 0)
	}
	for i, s := range f.Statements {
		if strings.TrimSpace(s.Text) == "" {
			return BadField.With("field", fmt.Sprintf("statement %d", i+1), "value", "")
		}
		if f.Kind.cites() && len(s.Sources) == 0 {
			return NoSource.With("number", i+1)
		}
		if len(s.Sources) > maxRows || slices.ContainsFunc(s.Sources, func(c archcode.Code) bool { return c.Level() == archcode.NoLevel }) {
			return NoSource.With("number", i+1)
		}
	}
	switch {
	case f.Kind == Refusal && (f.Ground < 1 || f.Ground > len(grounds)):
		return BadField.With("field", "ground", "value", f.Ground)
	case f.Kind != Refusal && f.Ground != 0:
		return BadField.With("field", "ground", "value", f.Ground)
	case f.Reasons == "" && (f.Kind == Refusal || f.Kind == Forwarded || f.Kind == Published):
		return BadField.With("field", "reasons", "value", "")
	case f.Reasons == "" && f.Opening == "" && len(f.Statements) == 0 && f.Kind == Answer:
		return BadField.With("field", "answer", "value", "")
	}
	return nil
}

// lengths refuses texts that would not fit on the form.
func (f Facts) lengths() error {
	lines := []string{
		f.Archive.Name.KK, f.Archive.Name.RU, f.Archive.Name.EN, f.Archive.Address.KK, f.Archive.Address.RU, f.Archive.Address.EN, f.Archive.Contacts,
		f.Number, f.Addressee, f.RequestNumber, f.Signatory.Post.KK, f.Signatory.Post.RU, f.Signatory.Post.EN, f.Signatory.Name,
		f.Executor.Name, f.Executor.Phone, f.Check.Address, f.Check.Link, f.Check.Digits,
	}
	texts := []string{f.Opening, f.Reasons, f.Closing}
	for _, s := range f.Statements {
		lines, texts = append(lines, s.Period), append(texts, s.Text)
	}
	texts = append(append(texts, f.Spellings...), f.Gaps...)
	if err := fit(lines, maxLine); err != nil {
		return err
	}
	return fit(texts, maxText)
}

func fit(texts []string, most int) error {
	for _, s := range texts {
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
			return BadField.With("field", "text", "value", clip.Value(s))
		}
	}
	return nil
}

// basis lists every document cited, each once, in the order of the holdings; the leaves of
// one file are gathered.
func (f Facts) basis() []archcode.Code {
	var all []archcode.Code
	for _, s := range f.Statements {
		all = append(all, s.Sources...)
	}
	slices.SortStableFunc(all, archcode.Code.Compare)
	var out []archcode.Code
	for _, c := range all {
		if n := len(out); n > 0 && out[n-1].Compare(c) == 0 && out[n-1].Archive == c.Archive {
			for _, leaves := range c.Leaves {
				if !slices.Contains(out[n-1].Leaves, leaves) {
					out[n-1].Leaves = append(slices.Clip(out[n-1].Leaves), leaves)
				}
			}
			continue
		}
		out = append(out, c)
	}
	for i := range out {
		slices.SortStableFunc(out[i].Leaves, func(a, b archcode.LeafRange) int { return int(a.From.Number) - int(b.From.Number) })
	}
	return out
}
