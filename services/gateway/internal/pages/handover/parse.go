package handover

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Faults of what is typed as a list.
var (
	badLine = fault.Define(fault.Invalid, "gateway.rows.line",
		"line {line}: {cell}; write title, first date, last date and leaves, one file in a line, as a spreadsheet copies them or with semicolons between",
		"строка {line}: {cell}; пишите заголовок, первую дату, последнюю дату и листы, по одному делу в строке, как копирует таблица или через точку с запятой",
		"{line}-жол: {cell}; тақырыбын, бірінші күнін, соңғы күнін және парақ санын жазыңыз, бір жолға бір іс, кестеден көшірілгендей немесе нүктелі үтірмен")
	badOrder = fault.Define(fault.Invalid, "gateway.rows.order",
		"line {line}: the last date is before the first ({cell}); exchange them, or correct the year",
		"строка {line}: последняя дата раньше первой ({cell}); поменяйте их местами или исправьте год",
		"{line}-жол: соңғы күні бірінші күнінен бұрын ({cell}); орындарын ауыстырыңыз немесе жылын түзетіңіз")
	tooMany = fault.Define(fault.Invalid, "gateway.rows.many",
		"that is {n} rows; send at most {limit} at once, and the rest after",
		"здесь строк: {n}; отправляйте за раз не больше {limit}, остальные следом",
		"мұнда {n} жол бар; бір ретте {limit} жолдан асырмай, қалғанын кейін жіберіңіз")
	badRange = fault.Define(fault.Invalid, "gateway.positions",
		"“{part}” is no number of a row; write numbers and ranges, for example 3, 5–8, at most {limit} in all",
		"«{part}» – не номер строки; пишите номера и промежутки, например 3, 5–8, всего не больше {limit}",
		"«{part}» – жол нөмірі емес; нөмірлер мен аралықтарды жазыңыз, мысалы 3, 5–8, барлығы {limit} аспасын")
)

// What may be wrong with a line: the {cell} of badLine, with the column called as the page calls it.
var (
	noTitle   = inLine("title", "no title in “{cell}”", "нет заголовка: «{cell}»", "тақырыбы жоқ: «{cell}»")
	longTitle = inLine("long", "a title of more than {limit} characters, “{cell}”", "заголовок длиннее {limit} знаков: «{cell}»", "тақырыбы {limit} таңбадан ұзын: «{cell}»")
	inFirst   = inLine("first", "“{cell}” is no first date", "первая дата «{cell}» – не дата", "бірінші күні «{cell}» күн емес")
	inLast    = inLine("last", "“{cell}” is no last date", "последняя дата «{cell}» – не дата", "соңғы күні «{cell}» күн емес")
	inLeaves  = inLine("leaves", "“{cell}” is no number of leaves", "листы «{cell}» – не число", "парақ саны «{cell}» сан емес")
	tooWide   = inLine("wide", "more than five cells in “{cell}”", "больше пяти ячеек: «{cell}»", "бес ұяшықтан көп: «{cell}»")
	inRow     = inLine("letters", "letters that cannot be read in “{cell}”", "знаки не читаются: «{cell}»", "таңбалары оқылмайды: «{cell}»")
)

func inLine(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "gateway.rows.line."+code, en, ru, kk)
}

// maxTitle is how many characters a title may have.
const maxTitle = 1000

// ParseRows reads rows as a spreadsheet copies them (tabs) or as people type them (semicolons): title,
// first date, last date, leaves, index. Dates are 2026-01-31, 31.01.2026 or a year alone; what stands at
// the end may be left out. The rows follow on after so many; titles are in the given language. All or
// nothing. Errors: gateway.rows.line, gateway.rows.order,
// gateway.rows.many.
func ParseRows(text string, after uint32, l fault.Language) ([]*recordv1.File, error) {
	var rows []*recordv1.File
	n := 0
	for line := range strings.Lines(text) {
		n++
		if strings.TrimSpace(line) == "" {
			continue
		}
		f, dates, wrong := parseRow(line, l)
		if wrong == nil && f.GetDateTo() != "" && f.GetDateFrom() > f.GetDateTo() {
			return nil, badOrder.With("line", n, "cell", clip.Value(dates))
		}
		if wrong != nil {
			return nil, badLine.With("line", n, "cell", wrong)
		}
		f.Position = after + uint32(len(rows)) + 1
		rows = append(rows, f)
	}
	if len(rows) > bounded {
		return nil, tooMany.With("n", len(rows), "limit", bounded)
	}
	return rows, nil
}

// parseRow reads one row, and gives its dates as they were typed; or what is wrong with it.
func parseRow(line string, l fault.Language) (f *recordv1.File, dates string, wrong *fault.Error) {
	sep := ";"
	if strings.Contains(line, "\t") {
		sep = "\t"
	}
	cells := strings.Split(line, sep)
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	for len(cells) < 5 {
		cells = append(cells, "")
	}
	title := cells[0]
	bad := func(column *fault.Definition, cell string) (*recordv1.File, string, *fault.Error) {
		return nil, "", column.With("cell", clip.Value(strings.TrimSpace(cell)))
	}
	switch {
	case !utf8.ValidString(line):
		return bad(inRow, line)
	case len(cells) > 5 && strings.Join(cells[5:], "") != "":
		return bad(tooWide, line)
	case title == "":
		return bad(noTitle, line)
	case utf8.RuneCountInString(title) > maxTitle:
		return nil, "", longTitle.With("cell", clip.Value(title), "limit", maxTitle)
	}
	f = &recordv1.File{Title: &recordv1.Text{Ru: title}, Index: cells[4]}
	if l == fault.Kazakh {
		f.Title = &recordv1.Text{Kk: title}
	}
	var ok bool
	if f.DateFrom, ok = dated(cells[1], false); !ok {
		return bad(inFirst, cells[1])
	}
	if f.DateTo, ok = dated(cells[2], true); !ok {
		return bad(inLast, cells[2])
	}
	if f.GetDateTo() == "" && len(cells[1]) == 4 {
		f.DateTo, _ = dated(cells[1], true) // a year alone is the whole year
	}
	if f.Leaves = Number(cells[3]); f.GetLeaves() == 0 && cells[3] != "" && cells[3] != "0" {
		return bad(inLeaves, cells[3])
	}
	return f, cells[1] + " – " + cells[2], nil
}

// dated reads a date as people write it; a year alone is its first or its last day.
func dated(s string, last bool) (iso string, ok bool) {
	switch {
	case s == "":
		return "", true
	case len(s) == 4 && last:
		s += "-12-31"
	case len(s) == 4:
		s += "-01-01"
	case len(s) == 10 && s[2] == '.' && s[5] == '.':
		s = s[6:] + "-" + s[3:5] + "-" + s[:2]
	}
	d, err := civil.Parse(s)
	if err != nil {
		return "", false
	}
	return d.String(), true
}

// Positions reads numbers of rows and ranges of them, "3, 5–8", in any order, each once; empty gives
// none. Error: gateway.positions.
func Positions(text string) ([]uint32, error) {
	var out []uint32
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		from, to, isRange := strings.Cut(strings.ReplaceAll(part, "–", "-"), "-")
		first := Number(from)
		last := first
		if isRange {
			last = Number(to)
		}
		if first == 0 || last < first || last-first >= bounded || len(out) > bounded {
			return nil, badRange.With("part", clip.Value(part), "limit", bounded)
		}
		for p := first; p <= last && p >= first; p++ {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > bounded {
		return nil, badRange.With("part", clip.Value(text), "limit", bounded)
	}
	return out, nil
}

// Span is a range as people read it.
func Span(first, last uint32) string {
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d–%d", first, last)
}
