package store

import (
	"unicode/utf8"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// What may be wrong with a row that somebody lists: the {problem} of badRow, with the column called as the pages call it.
var (
	rowNumber = rowProblem("number",
		"its number is {number}, and {want} comes next",
		"её номер {number}, а следующий по порядку – {want}",
		"оның нөмірі {number}, ал рет бойынша келесісі – {want}")
	rowTitle = rowProblem("title",
		"“Title of the file” is empty or has more than {limit} characters",
		"«Заголовок дела» пуст или длиннее {limit} знаков",
		"«Істің тақырыбы» бос немесе {limit} таңбадан ұзын")
	rowDates = rowProblem("dates",
		"“Date range”: {from} – {to} are no days, or the last is before the first",
		"«Крайние даты»: {from} – {to} – не даты, или последняя раньше первой",
		"«Шеткі күндері»: {from} – {to} күн емес, немесе соңғысы біріншісінен бұрын")
	rowLeaves = rowProblem("leaves",
		"“Leaves”: {leaves} is more than {limit}",
		"«Листов»: {leaves} больше {limit}",
		"«Парақ саны»: {leaves} саны {limit} санынан көп")
	rowIndex   = rowLong("index", "Nomenclature index", "Индекс по номенклатуре", "Номенклатура индексі")
	rowNote    = rowLong("note", "Note", "Примечание", "Ескертпе")
	rowTerm    = rowLong("term", "Retention term", "Срок хранения", "Сақтау мерзімі")
	rowArticle = rowLong("article", "Article of the list", "Статья перечня", "Тізбенің бабы")
	rowSource  = rowLong("source", "Identifier of the department’s file", "Идентификатор дела ведомства", "Ұйым ісінің идентификаторы")
)

func rowProblem(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "intake.row.problem."+code, en, ru, kk)
}

// rowLong is the problem of a column in which too much stands.
func rowLong(code, en, ru, kk string) *fault.Definition {
	return rowProblem(code,
		"“"+en+"” is too long",
		"«"+ru+"» – слишком длинный текст",
		"«"+kk+"» – тым ұзын мәтін")
}

// Bounds of a row beside maxText, in bytes, which people do not count in.
const (
	maxIndex  = 100
	maxSource = 60 // of a department's identifier of a file
)

// wrongIn is what is wrong with the row that is to have a number; nil where nothing is.
func wrongIn(f *recordv1.File, want uint32) *fault.Error {
	switch {
	case f.GetPosition() != want:
		return rowNumber.With("number", f.GetPosition(), "want", want)
	case !written(f.GetTitle()):
		return rowTitle.With("limit", maxText)
	case !dated(f.GetDateFrom()) || !dated(f.GetDateTo()) || (f.GetDateTo() != "" && f.GetDateFrom() > f.GetDateTo()):
		return rowDates.With("from", clip.Value(f.GetDateFrom()), "to", clip.Value(f.GetDateTo()))
	case f.GetLeaves() > maxUnits:
		return rowLeaves.With("leaves", f.GetLeaves(), "limit", maxUnits)
	case len(f.GetIndex()) > maxIndex:
		return rowIndex.With()
	case utf8.RuneCountInString(f.GetNote()) > maxText:
		return rowNote.With()
	case len(f.GetTerm()) > maxText:
		return rowTerm.With()
	case len(f.GetArticle()) > maxText:
		return rowArticle.With()
	case len(f.GetSourceId()) > maxSource:
		return rowSource.With()
	}
	return nil
}
