// Package request holds the rules of a request and its answer as plain values: who may be
// anonymous, what a regime asks for, what an answer of each kind must say, in which state what
// may be done.
package request

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Faults of what people enter.
var (
	BadNumber = fault.Define(fault.Invalid, "reference.number",
		"“{text}” is no number of a request; it looks like 2026-15",
		"«{text}» – не номер запроса; он выглядит как 2026-15",
		"«{text}» – сұрау салу нөмірі емес; ол 2026-15 түрінде болады")
	BadWord = fault.Define(fault.Invalid, "reference.word",
		"“{value}” does not fit {field}; choose one of: {known}",
		"«{value}» не подходит для {field}; выберите одно из: {known}",
		"«{value}» {field} үшін жарамайды; мыналардың бірін таңдаңыз: {known}")
	TooLong = fault.Define(fault.Invalid, "reference.too_long",
		"{field} is too long: {length} characters, at most {most}; shorten it",
		"{field}: слишком длинно, знаков {length}, допустимо {most}; сократите",
		"{field} тым ұзын: {length} таңба, ең көбі {most}; қысқартыңыз")
	BadText = fault.Define(fault.Invalid, "reference.text",
		"{field} contains characters that cannot be printed; type it again as plain text",
		"{field} содержит непечатаемые знаки; введите обычным текстом",
		"{field} ішінде басып шығарылмайтын таңбалар бар; оны кәдімгі мәтінмен қайта теріңіз")
	Missing = fault.Define(fault.Invalid, "reference.missing",
		"{field} is missing; fill it in",
		"не заполнено: {field}; заполните",
		"{field} толтырылмаған; толтырыңыз")
	Anonymous = fault.Define(fault.Invalid, "reference.anonymous",
		"say who asks: a person's surname and name, or an organisation's name; an anonymous request is not registered",
		"укажите, кто обращается: фамилию и имя или название организации; анонимный запрос не регистрируется",
		"кім сұрайтынын көрсетіңіз: адамның тегі мен аты немесе ұйымның атауы; жасырын сұрау салу тіркелмейді")
	BadIIN = fault.Define(fault.Invalid, "reference.iin",
		"{field} has 12 digits and a check digit that fits them; copy it again from the document",
		"{field} состоит из 12 цифр, последняя из которых контрольная; перепишите его с документа",
		"{field} 12 цифрдан тұрады, соңғысы – бақылау цифры; оны құжаттан қайта көшіріңіз")
	BadDay = fault.Define(fault.Invalid, "reference.day",
		"{field} cannot be {day}; give a day from {from} to {to}",
		"{field} не может быть {day}; укажите день с {from} по {to}",
		"{field} {day} бола алмайды; {from} және {to} аралығындағы күнді көрсетіңіз")
)

// Number is the number of a request in the register of a year: given once, without gaps.
type Number struct {
	Year int
	N    uint32
}

// String is "2026-1".
func (n Number) String() string { return fmt.Sprintf("%d-%d", n.Year, n.N) }

// ParseNumber reads exactly what String writes: a request has one number. Error: BadNumber.
func ParseNumber(s string) (Number, error) {
	y, rest, _ := strings.Cut(s, "-")
	year, err1 := strconv.ParseUint(y, 10, 16)
	n, err2 := strconv.ParseUint(rest, 10, 32)
	out := Number{Year: int(year), N: uint32(n)}
	if err1 != nil || err2 != nil || n == 0 || year < 1000 || year > 9999 || out.String() != s {
		return Number{}, BadNumber.With("text", clip.Value(s))
	}
	return out, nil
}

// PaperNumber is the number of a printed answer: its request's and how many papers that had.
type PaperNumber struct {
	Request Number
	N       uint32
}

// String is "2026-15-1".
func (p PaperNumber) String() string { return fmt.Sprintf("%s-%d", p.Request, p.N) }

// ParsePaper reads exactly what String writes. Error: BadNumber.
func ParsePaper(s string) (PaperNumber, error) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return PaperNumber{}, BadNumber.With("text", clip.Value(s))
	}
	of, err := ParseNumber(s[:i])
	n, numErr := strconv.ParseUint(s[i+1:], 10, 32)
	out := PaperNumber{Request: of, N: uint32(n)}
	if err != nil || numErr != nil || n == 0 || out.String() != s {
		return PaperNumber{}, BadNumber.With("text", clip.Value(s))
	}
	return out, nil
}

// OneOf checks a word of a closed list. Error: BadWord.
func OneOf(field, value string, known ...string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return BadWord.With("field", field, "value", clip.Value(value), "known", strings.Join(known, ", "))
}

// Text checks a text that a person typed: UTF-8, no control characters but line breaks and tabs,
// at most so many characters. Errors: TooLong, BadText.
func Text(field, value string, most int) error {
	if n := utf8.RuneCountInString(value); n > most {
		return TooLong.With("field", field, "length", n, "most", most)
	}
	if !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}) {
		return BadText.With("field", field)
	}
	return nil
}

// Needed is Text that must not be empty. Error: also Missing.
func Needed(field, value string, most int) error {
	if strings.TrimSpace(value) == "" {
		return Missing.With("field", field)
	}
	return Text(field, value, most)
}

// Words of closed lists.
var (
	Languages  = []string{"kk", "ru", "en"}
	Deliveries = []string{"paper", "electronic"}
	Documents  = []string{"identity_card", "passport", "birth_certificate", "eds", "egov", "court", "other"}
	Powers     = []string{"power_of_attorney", "parent", "guardian", "court", "advocate", "heir", "other"}
	Showings   = []string{"in_person", "post", "video", "electronic"}
	Handovers  = []string{"in_person", "post", "email", "egov", "link"}
	Tellings   = []string{"letter", "email", "phone", "in_person", "link"}
)

// Channel is the way by which a request came.
type Channel string

// The channels.
const (
	Web     Channel = "web"
	Counter Channel = "counter"
	Post    Channel = "post"
	Email   Channel = "email"
	EGov    Channel = "egov"
	Oral    Channel = "oral"
)

// Channels lists them; oral ones are never registered as written requests.
func Channels() []string {
	return []string{string(Web), string(Counter), string(Post), string(Email), string(EGov), string(Oral)}
}

// Most characters of what people write.
const (
	MaxText   = 4000
	MaxHints  = 500
	MaxPeriod = 100
	MaxField  = 300
	MaxQuote  = 8000
	MaxReason = 500
)
