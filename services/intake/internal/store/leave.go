package store

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	badLeave = fault.Define(fault.Invalid, "intake.deaccession.fields",
		"a deaccession names its way (transferred, destroyed or returned_to_owner), its ground, the receiver unless it is destroyed, and at least one and at most {limit} positions",
		"выбытие называет способ (transferred, destroyed или returned_to_owner), основание, получателя (кроме уничтожения) и от одной до {limit} позиций",
		"шығару тәсілін (transferred, destroyed немесе returned_to_owner), негізін, алушысын (жоюдан басқа) және бірден {limit} дейін нөмірді көрсетеді")
	badContent = fault.Define(fault.Invalid, "intake.deaccession.content",
		"say what becomes of the digital content and its insurance copies: kept or destroyed; of units that are destroyed it is destroyed",
		"укажите, что будет с электронным содержимым и страховыми копиями: kept или destroyed; у уничтожаемых дел оно уничтожается",
		"электрондық мазмұн мен сақтандыру көшірмелері не болатынын көрсетіңіз: kept немесе destroyed; жойылатын істерде ол жойылады")
	longLeave = fault.Define(fault.Invalid, "intake.deaccession.long",
		"write the ground and the receiver of the deaccession in at most {limit} characters each",
		"напишите основание и получателя выбытия не длиннее {limit} знаков каждое",
		"шығарудың негіздемесі мен алушысын әрқайсысы {limit} таңбадан аспайтындай етіп жазыңыз")
	notSigned = fault.Define(fault.Refused, "intake.deaccession.unsigned",
		"nothing leaves accession {number} before giver and archive have both signed its act of acceptance and transfer; have it signed (the archive records a signature on paper), then propose this again; nothing was recorded",
		"пока акт приёма-передачи не подписан и сдатчиком, и архивом, из поступления {number} ничего не выбывает; пусть акт подпишут (подпись на бумаге вносит архив), затем предложите снова; ничего не записано",
		"қабылдау-беру актісіне тапсырушы да, архив те қол қоймайынша, {number} түсімінен ештеңе шығарылмайды; актіге қол қойылсын (қағаздағы қолтаңбаны архив енгізеді), содан кейін қайта ұсыныңыз; ештеңе жазылған жоқ")
	badLeavePosition = fault.Define(fault.Refused, "intake.deaccession.position",
		"the unit at position {position} is not in accession {number}, has left already, or is proposed to leave; choose others",
		"единицы {position} в поступлении {number} нет, она уже выбыла или предложена к выбытию; выберите другие",
		"{position} бірлігі {number} түсімінде жоқ, шығып кеткен немесе шығаруға ұсынылған; басқаларын таңдаңыз")
	noLeave = fault.Define(fault.NotFound, "intake.deaccession.unknown",
		"accession {number} has no deaccession {count} in question; look at the accession",
		"у поступления {number} нет выбытия {count}; посмотрите поступление",
		"{number} түсімінде {count} шығаруы жоқ; түсімді қараңыз")
	leaveDecided = fault.Define(fault.Refused, "intake.deaccession.decided",
		"deaccession {count} of accession {number} is decided already",
		"выбытие {count} поступления {number} уже решено",
		"{number} түсімінің {count} шығаруы шешіліп қойған")
	sameEyes = fault.Define(fault.Denied, "intake.deaccession.same",
		"whoever proposed a deaccession does not decide on it; another person must",
		"предложивший выбытие сам его не решает; нужен другой человек",
		"шығаруды ұсынған адам оны өзі шешпейді; басқа адам керек")
	noReason = fault.Define(fault.Invalid, "intake.deaccession.reason",
		"say why it is declined, in at most {limit} characters",
		"укажите, почему отклонено, не длиннее {limit} знаков",
		"неге қабылданбағанын {limit} таңбадан асырмай көрсетіңіз")
	notUndescribed = fault.Define(fault.Refused, "intake.describe.none",
		"accession {number} is described already; correct its rows in the catalogue",
		"поступление {number} уже описано; исправляйте строки в каталоге",
		"{number} түсімі сипатталып қойған; жолдарын каталогта түзетіңіз")
)

// The states of a deaccession.
const (
	proposed = "proposed"
	declined = "declined"
	done     = "done"
)

// What becomes of content; Destroyed is also a way to leave.
const (
	Kept      = "kept"
	Destroyed = "destroyed"
)

// Leaving is a deaccession of an accession; nil where there is none of the number.
func Leaving(v *base.View, n transfer.Number, count uint32) (*intakev1.Deaccession, error) {
	d := new(intakev1.Deaccession)
	ok, err := get(v, "leaving", rowKey(numberKey(n), count), d)
	if err != nil || !ok {
		return nil, err
	}
	return d, nil
}

// Leavings lists the deaccessions of an accession, by number.
func Leavings(v *base.View, n transfer.Number) ([]*intakev1.Deaccession, error) {
	list, _, err := page(v, "leaving", numberKey(n), 0, MaxRows, func() *intakev1.Deaccession { return new(intakev1.Deaccession) })
	return list, err
}

// Tell says of deaccessions of an accession what becomes of the digital content of their units.
func Tell(v *base.View, a *intakev1.Accession, n transfer.Number, list ...*intakev1.Deaccession) error {
	if a.GetObjectId() == "" {
		return nil
	}
	all, err := Leavings(v, n)
	if err != nil {
		return err
	}
	var taker *intakev1.Deaccession // of earlier programs there may be two: the later took nothing
	for _, d := range all {
		if d.GetRemovesObject() && (taker == nil || d.GetContentClosedOn() < taker.GetContentClosedOn()) {
			taker = d
		}
	}
	for _, d := range list {
		if d.GetState() == declined {
			continue
		}
		switch digital, err := anyContent(v, n, d.GetProposed().GetPositions()); {
		case err != nil:
			return err
		case digital:
			d.Fate = fate(d, taker)
		}
	}
	return nil
}

func anyContent(v *base.View, n transfer.Number, positions []uint32) (bool, error) {
	for _, p := range positions {
		f := new(intakev1.AcceptedFile)
		if _, err := get(v, "accepted", rowKey(numberKey(n), p), f); err != nil || len(f.GetContentPaths()) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

func fate(d, taker *intakev1.Deaccession) *intakev1.ContentFate {
	closed := d.GetContentClosedOn()
	switch {
	case d.GetProposed().GetContent() != Destroyed:
		return &intakev1.ContentFate{State: Kept}
	case closed == "" && d.GetState() == done && d.GetProposed().GetReceiver() != "" && d.GetReceived() == nil:
		return &intakev1.ContentFate{State: "awaits"}
	case closed == "":
		return &intakev1.ContentFate{State: "doomed"}
	case taker == nil:
		return &intakev1.ContentFate{State: "closed", On: closed}
	case taker.GetObjectRemovedOn() == "":
		return &intakev1.ContentFate{State: "removing", On: closed, TakenBy: taker.GetProposed().GetNumber()}
	}
	return &intakev1.ContentFate{State: "removed", On: taker.GetObjectRemovedOn(), TakenBy: taker.GetProposed().GetNumber()}
}

// Propose asks the head to let units leave the archive (AR-3: exclusion is a recorded act; AR-8: by
// the commission's decision). Nothing leaves before both sides have signed the act of acceptance and transfer (AR-6: an act is certified in
// the set way; practice.md: quarantine, boxes and places come after it, and nothing of leaving before it): what came in by no signed act
// has no recorded inclusion that an exclusion could end. What an earlier program let be proposed is decided all the same. Errors:
// NoAccession, notSigned, longLeave, badLeave, badContent, badProtocol, badLeavePosition.
func Propose(q *intakev1.ProposeDeaccessionRequest, account string) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, n, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if !signedByBoth(a) {
			return nil, notSigned.With("number", n)
		}
		destroyed := q.GetWay() == Destroyed
		ok := destroyed || q.GetWay() == "transferred" || q.GetWay() == "returned_to_owner"
		if max(utf8.RuneCountInString(q.GetGround()), utf8.RuneCountInString(q.GetReceiver())) > maxText {
			return nil, longLeave.With("limit", maxText)
		}
		if !ok || !short(q.GetGround(), maxText) || destroyed != (q.GetReceiver() == "") ||
			len(q.GetPositions()) == 0 || len(q.GetPositions()) > MaxRows {
			return nil, badLeave.With("limit", MaxRows)
		}
		content := q.GetContent()
		if content == "" && destroyed {
			content = Destroyed
		} else if content == "" {
			content = Kept
		}
		if content != Destroyed && (content != Kept || destroyed) {
			return nil, badContent.With()
		}
		if err := checkedProtocol(q.GetProtocol(), civil.Of(now)); err != nil {
			return nil, err
		}
		positions := slices.Sorted(slices.Values(q.GetPositions()))
		for i, p := range positions {
			if v.Get("accepted", rowKey(numberKey(n), p)) == nil || v.Get("left", rowKey(numberKey(n), p)) != nil || (i > 0 && positions[i-1] == p) {
				return nil, badLeavePosition.With("position", p, "number", n)
			}
		}
		return []base.Event{ofAccession(a, &intakev1.DeaccessionProposed{
			AccessionNumber: a.GetAccessionNumber(), Number: a.GetDeaccessions() + 1, Way: q.GetWay(), Ground: q.GetGround(), Protocol: q.GetProtocol(),
			Receiver: q.GetReceiver(), Positions: positions, ProposedBy: account, ProposedOn: civil.Of(now).String(), Content: content,
		})}, nil
	}
}

// Undecided is a deaccession that somebody other than its proposer may decide on. Errors: noLeave,
// leaveDecided, sameEyes.
func Undecided(v *base.View, number string, count uint32, account string) (*intakev1.Accession, *intakev1.Deaccession, error) {
	a, n, err := AccessionOf(v, number, monitor.Department{})
	if err != nil {
		return nil, nil, err
	}
	d, err := Leaving(v, n, count)
	switch {
	case err != nil:
	case d == nil:
		err = noLeave.With("number", n, "count", count)
	case d.GetState() != proposed:
		err = leaveDecided.With("number", n, "count", count)
	case d.GetProposed().GetProposedBy() == account:
		err = sameEyes.With()
	}
	return a, d, err
}

// Decline says that the units stay.
func Decline(q *intakev1.DecideDeaccessionRequest, account string) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		a, _, err := Undecided(v, q.GetAccessionNumber(), q.GetNumber(), account)
		if err != nil {
			return nil, err
		}
		if !short(q.GetReason(), maxText) {
			return nil, noReason.With("limit", maxText)
		}
		return []base.Event{ofAccession(a, &intakev1.DeaccessionDeclined{AccessionNumber: a.GetAccessionNumber(), Number: q.GetNumber(), Reason: q.GetReason()})}, nil
	}
}

// Deaccessioned lets the units leave; the acts that say so are printed and kept already. on is the
// day that they bear.
func Deaccessioned(q *intakev1.DecideDeaccessionRequest, account string, on civil.Date, acts []*intakev1.DeaccessionAct, codes []string) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		a, d, err := Undecided(v, q.GetAccessionNumber(), q.GetNumber(), account)
		if err != nil {
			return nil, err
		}
		p := d.GetProposed()
		return []base.Event{ofAccession(a, &intakev1.AccessionDeaccessioned{
			AccessionNumber: a.GetAccessionNumber(), Number: p.GetNumber(), Way: p.GetWay(), Ground: p.GetGround(), Protocol: p.GetProtocol(),
			Receiver: p.GetReceiver(), Positions: p.GetPositions(), ApprovedOn: on.String(), Acts: acts,
			Content: p.GetContent(), Codes: codes,
		})}, nil
	}
}

// Describe turns an undescribed accession into described rows: the act of description, drawn up by an account on a day. Its paper is
// printed from the first event that this gives, and kept already where acts name it. Boxes stay as they stand. Errors: NoAccession,
// notUndescribed, badInventory, tooManyRows, badRow.
func Describe(q *intakev1.DescribeAccessionRequest, account string, on civil.Date, acts []*intakev1.DescriptionAct) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		a, n, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if a.GetUndescribed() == 0 {
			return nil, notUndescribed.With("number", n)
		}
		inventory, err := checkedInventory(q.GetInventory(), a.GetInventory().GetId())
		if err != nil {
			return nil, err
		}
		files, err := rows(q.GetFiles(), a.GetTransferId(), 0)
		if err != nil {
			return nil, err
		}
		inventory.Files = uint32(len(files))
		events := []base.Event{{
			Refs: AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), inventory),
			Body: &intakev1.AccessionDescribed{
				AccessionNumber: a.GetAccessionNumber(), TransferId: a.GetTransferId(), Organisation: a.GetOrganisation(), Inventory: inventory,
				Described: uint32(len(files)), Counted: a.GetUndescribed(), DescribedOn: on.String(), ObjectId: a.GetObjectId(),
				Acts: acts, DescribedBy: account,
			},
		}}
		accepted := make([]*intakev1.AcceptedFile, len(files))
		for i, f := range files {
			accepted[i] = &intakev1.AcceptedFile{File: f}
		}
		Chunks(accepted, func(f *intakev1.AcceptedFile) *journalv1.Label { return f.GetFile().GetLabel() },
			func(label base.Label, chunk []*intakev1.AcceptedFile, final bool) {
				events = append(events, base.Event{Refs: events[0].Refs, Label: label, Body: &intakev1.AccessionFilesAccepted{
					AccessionNumber: a.GetAccessionNumber(), Files: chunk, Last: final, Kind: a.GetKind(),
				}})
			})
		return events, nil
	}
}

// HandedOver is a page of everything that an organisation ever handed over, by number of the transfer: of a transfer that is only
// being prepared nothing was. What was handed over has a receipt.
func HandedOver(v *base.View, organisation, after string, limit int) (list []*intakev1.HandedOver, more bool, err error) {
	prefix := departmentKey(organisation, "", nil)
	var from []byte
	if after != "" {
		from = append(slices.Clone(prefix), key(after)...)
	}
	for k := range v.Scan("departments", prefix, from) {
		t := new(intakev1.Transfer)
		if _, err := get(v, "transfers", k[len(prefix):], t); err != nil {
			return nil, false, err
		}
		h := &intakev1.HandedOver{Transfer: t}
		if h.Receipts, err = Receipts(v, t.GetTransferId()); err != nil {
			return nil, false, err
		}
		if !slices.ContainsFunc(h.GetReceipts(), ofRecords) {
			continue
		}
		if len(list) == limit {
			return list, true, nil
		}
		for range v.Scan("returns", under(key(t.GetTransferId())), nil) {
			h.Returned++
		}
		if t.GetAccessionNumber() != "" {
			n, err := transfer.ParseNumber(t.GetAccessionNumber())
			if err != nil {
				return nil, false, fmt.Errorf("transfer %s: %w", t.GetTransferId(), err)
			}
			if h.Accession, err = Accession(v, n); err != nil {
				return nil, false, err
			}
		}
		list = append(list, h)
	}
	return list, false, nil
}

// ofRecords tells a receipt for files, paper or carriers from one for the inventory that announces them.
func ofRecords(r *intakev1.Receipt) bool { return r.GetWhat() != "inventory" }
