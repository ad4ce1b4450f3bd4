package archcode

import "strings"

// part is one part of a code as its label names it.
type part uint8

const (
	noPart part = iota
	fondsPart
	inventoryPart
	filePart
	leafPart
	unlabelled // no part: the text being read has no labels
)

// labels names the part for each word that people write before or after a number, in
// the case forms that occur in citations. They are folded as typed text is, so that
// Latin transliterations (opis, delo, qor) and mixed letters meet the same entries.
// К and кор stand in for Қ and қор on keyboards without Kazakh letters, И for І.
var labels = fold(map[part]string{
	fondsPart: `ф фонд фонда фонды фонде фонду фондом фондының f fond fonds fund
		қ қор қоры қордың қорының қорда қорында қорға к кор q qor`,
	inventoryPart: `о оп опис опись описи описью op opis inv inventory
		т тіз тізімдеме тізімдемесі тізімдемеде тізімдеменің тізімдемесінің тізімдемесінде t`,
	filePart: `д дд дело дела деле делу d delo file item unit
		і и іс ісі істе істің ісінің ісінде іске іc`,
	leafPart: `л лл лист листа листе листы листов листах l ll leaf leaves fol folio
		п пп парақ парағы парақта парақтар парақтары парақтың парағында p pp`,
})

// pairs are the labels of two words: единица хранения and сақтау бірлігі, a unit that is kept.
var pairs = map[[2]string]part{
	{"ед", "хр"}: filePart, {"единица", "хранения"}: filePart, {"единицы", "хранения"}: filePart,
	{"с", "б"}: filePart, {"сақтау", "бірлігі"}: filePart,
}

// ordinals are endings written to a number as to an ordinal: 1-ші тізімдеме, 1-й фонд.
var ordinals = words("ші шы інші ыншы й я е ое ая ый го")

// versos mark the back of a leaf; the Latin v is told apart by how it was typed.
var versos = words("об оборот обороте оборота сырты сырт сыртында арты версо")

func fold(table map[part]string) map[string]part {
	m := map[string]part{}
	for p, list := range table {
		for _, w := range strings.Fields(list) {
			m[foldWord(w)] = p
		}
	}
	return m
}

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}
