package api

import (
	"maps"
	"slices"

	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	notToRedo = fault.Define(fault.Invalid, "intake.package.not_returned",
		"the row at position {position} was not returned, and what stands for it stays as it is; send the returned rows alone",
		"строка {position} не возвращалась, её содержимое остаётся как есть; пришлите только возвращённые строки",
		"{position}-жол қайтарылмаған, оның мазмұны сол күйінде қалады; тек қайтарылған жолдарды жіберіңіз")
	nothingRedone = fault.Define(fault.Invalid, "intake.package.nothing_redone",
		"the package brings nothing for a returned row; put the files of the returned rows into it",
		"в пакете нет ничего для возвращённых строк; положите в него файлы этих строк",
		"пакетте қайтарылған жолдар үшін ештеңе жоқ; сол жолдардың файлдарын салыңыз")
	onPaperOnly = fault.Define(fault.Refused, "intake.upload.paper",
		"transfer {id} comes on paper; if digital files come too, say so first (prepare it as mixed), then send them",
		"передача {id} – на бумаге; если передаются и электронные файлы, сначала укажите это (форма mixed), затем отправьте их",
		"{id} тапсыруы қағаз түрінде; электрондық файлдар да тапсырылса, алдымен соны көрсетіңіз (mixed нысаны), содан кейін жіберіңіз")
	redoneMeanwhile = fault.Define(fault.Conflict, "intake.upload.rows_changed",
		"rows of transfer {id} were returned or redone while this package was sent; nothing of it was kept; look at the transfer and send again",
		"пока шёл пакет, строки передачи {id} возвращались или исправлялись; из пакета ничего не сохранено; посмотрите передачу и отправьте снова",
		"пакет жіберіліп жатқанда {id} тапсыруының жолдары қайтарылды не түзетілді; пакеттен ештеңе сақталмады; тапсыруды қарап, қайта жіберіңіз")
)

// lookAtRows reads which rows a package may replace: all of them, or, where rows were returned, those
// alone. It refuses digital content of a transfer on paper.
func (u *upload) lookAtRows(v *base.View) (err error) {
	if kind.Form(u.transfer.GetForm()) == kind.Paper {
		return onPaperOnly.With("id", clip.Value(u.id))
	}
	if u.packages, err = store.Packages(v, u.transfer); err != nil || u.transfer.GetState() != string(transfer.Returned) {
		return err
	}
	u.returned, err = store.Open(v, u.id)
	return err
}

// redone narrows a judgement to the returned rows: what comes for another row is a fault, and that
// nothing came for another row is no warning. positions are those that the package replaces.
func (u *upload) redone(of map[uint32]string, faults, warnings transfer.Few) (positions []uint32, wrong, left transfer.Few) {
	if len(u.returned) == 0 {
		return nil, faults, warnings
	}
	for _, position := range slices.Sorted(maps.Keys(of)) {
		if slices.Contains(u.returned, position) {
			positions = append(positions, position)
			continue
		}
		faults.Add(of[position], notToRedo.With("position", position))
	}
	if len(positions) == 0 && faults.Count() == 0 {
		faults.Add("data/", nothingRedone.With())
	}
	return positions, faults, transfer.Few{}
}

// unchanged refuses a package where other rows are returned now than when its upload began.
func (u *upload) unchanged(v *base.View) error {
	now, err := store.Open(v, u.id)
	if err == nil && !slices.Equal(now, u.returned) {
		err = redoneMeanwhile.With("id", clip.Value(u.id))
	}
	return err
}
