package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

var (
	badOrganisation = fault.Define(fault.Invalid, "intake.announce.organisation",
		"say whose documents they are: a code of letters, digits and hyphens (at most 60), and the name under which the fonds is kept",
		"укажите, чьи это документы: код из букв, цифр и дефисов (не длиннее 60) и название, под которым ведётся фонд",
		"құжаттар кімдікі екенін көрсетіңіз: әріп, цифр және сызықшадан тұратын код (60-тан аспайды) және қор жүргізілетін атау")
	notYours = fault.Define(fault.Denied, "intake.announce.not_yours",
		"a department announces early, extra and liquidation transfers of its own documents; for {kind} ask an archivist",
		"ведомство заявляет досрочные, внеплановые и ликвидационные передачи своих документов; для вида {kind} обратитесь к архивисту",
		"ведомство өз құжаттарының мерзімінен бұрын, кестеден тыс және таратылу тапсыруларын ғана мәлімдейді; {kind} түрі үшін мұрағатшыға жүгініңіз")
	badInventory = fault.Define(fault.Invalid, "intake.announce.inventory",
		"name the inventory (number such as 1 or 2лс, title, and permanent, long_term or personnel), or count the units, boxes and length of what has no inventory; not both",
		"укажите опись (номер, например 1 или 2лс, заголовок и permanent, long_term или personnel) либо сосчитайте единицы, коробки и длину того, что без описи; не то и другое",
		"тізімдемені көрсетіңіз (нөмірі, мысалы 1 немесе 2лс, тақырыбы және permanent, long_term немесе personnel) немесе тізімдемесі жоқтың бірліктерін, қораптарын, ұзындығын санаңыз; екеуі бірге болмайды")
	uncountable = fault.Define(fault.Refused, "intake.announce.countable",
		"a transfer of this kind ({kind}) comes with an inventory: name it and list its files; only what is left of a body that is no more, or comes from outside, may be counted first",
		"передача этого вида ({kind}) приходит с описью: назовите её и внесите дела; сначала только сосчитать можно лишь документы ликвидированной организации или поступившие со стороны",
		"мұндай тапсыру ({kind}) тізімдемемен келеді: оны атап, істерін енгізіңіз; алдымен тек санауға таратылған ұйымның немесе сырттан келген құжаттарды ғана болады")
	badRow = fault.Define(fault.Invalid, "intake.row",
		"row {position}: {problem}; correct it and send the rows of this call again",
		"строка {position}: {problem}; исправьте и пришлите строки этого вызова снова",
		"{position}-жол: {problem}; түзетіп, осы шақырудың жолдарын қайта жіберіңіз")
	tooManyRows = fault.Define(fault.Invalid, "intake.rows.many",
		"send at least one and at most {limit} rows in one call, and the rest in the next",
		"пришлите за один вызов не меньше одной и не больше {limit} строк, остальные – следующим",
		"бір шақыруда кемінде бір, көбінде {limit} жол жіберіңіз, қалғанын – келесісінде")
	notAnnounced = fault.Define(fault.Refused, "intake.rows.sealed",
		"the inventory of transfer {id} is complete and takes no more rows; announce another transfer for them",
		"опись передачи {id} завершена и больше не принимает строк; заявите для них другую передачу",
		"{id} тапсыруының тізімдемесі аяқталған, жол қосылмайды; оларға басқа тапсыру мәлімдеңіз")
	rowsDiffer = fault.Define(fault.Conflict, "intake.rows.differ",
		"the inventory of transfer {id} has {have} rows here and {said} were sent by your count; send what is missing, then seal it",
		"в описи передачи {id} здесь строк – {have}, а по вашему счёту отправлено {said}; дошлите недостающие и закройте опись",
		"{id} тапсыруының тізімдемесінде мұнда {have} жол, ал сіздің санауыңызша {said} жіберілген; жетпегенін жіберіп, тізімдемені жабыңыз")
	noConsentNeeded = fault.Define(fault.Refused, "intake.consent.none",
		"transfer {id} needs no consent, or has it already",
		"передаче {id} согласие не нужно или уже дано",
		"{id} тапсыруына келісім керек емес немесе ол берілген")
	badDay = fault.Define(fault.Invalid, "intake.prepare.day",
		"“{value}” is no day; write the day on which the transfer is brought as 2026-11-27",
		"«{value}» – не дата; напишите день, когда передачу привезут, как 2026-11-27",
		"«{value}» – күн емес; тапсыру әкелінетін күнді 2026-11-27 түрінде жазыңыз")
	badCount = fault.Define(fault.Invalid, "intake.paper.count",
		"count what was carried in: at least one unit or box",
		"сосчитайте, что принесено: хотя бы одну единицу или коробку",
		"әкелінгенді санаңыз: кемінде бір бірлік немесе қорап")
	noPaper = fault.Define(fault.Refused, "intake.paper.digital",
		"transfer {id} comes as files alone, of which the archive gives a receipt by itself; where paper was carried in too, the department names the form “mixed” first",
		"передача {id} приходит только файлами, расписку за них архив выдаёт сам; если принесена и бумага, ведомство сначала указывает смешанную форму",
		"{id} тапсыруы тек файлдармен келеді, олардың қолхатын архив өзі береді; қағаз да әкелінсе, ведомство алдымен аралас нысанды көрсетеді")
)

// maxUnits bounds a count that a person types.
const maxUnits = 1 << 24

// Announce opens a transfer that no term brings (AR-2, AR-3, AR-12). of is the announcer's
// department.
func Announce(q *intakev1.AnnounceTransferRequest, of monitor.Department) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		day := civil.Of(now)
		k := kind.Kind(q.GetKind())
		if rule, err := kind.Of(k, day); err == nil && of.Only() != "" && k != kind.Scheduled && !rule.MayAnnounce(kind.Department) {
			return nil, notYours.With("kind", clip.Value(q.GetKind()))
		}
		rule, err := kind.Check(k, groundOf(q), day)
		if err != nil {
			return nil, err
		}
		if q.GetUndescribed() != nil && !rule.Countable {
			return nil, uncountable.With("kind", clip.Value(q.GetKind()))
		}
		if err := kind.CheckForm(kind.Form(q.GetForm())); err != nil {
			return nil, err
		}
		organisation, err := giverOf(v, q.GetOrganisation(), of)
		if err != nil {
			return nil, err
		}
		id := NextAnnounced(v, day.Year)
		inventory, err := inventoryOf(q, id)
		if err != nil {
			return nil, err
		}
		if p := q.GetGround().GetProtocol(); proto.Size(p) > 0 { // half a decision is none, and it would stand for the commission's
			if err := checkedProtocol(p, day); err != nil {
				return nil, err
			}
		}
		ground := new(intakev1.TransferGround)
		proto.Merge(ground, q.GetGround())
		ground.Rule, ground.LegalBasis, ground.Verified = rule.Name(), rule.LegalBasis.RU, rule.Verified
		ground.Basis = &recordv1.Text{Kk: rule.LegalBasis.KK, Ru: rule.LegalBasis.RU, En: rule.LegalBasis.EN}
		e := base.Event{
			Refs: Refs(id, organisation, inventory),
			Body: &intakev1.TransferAnnounced{
				TransferId: id, Kind: q.GetKind(), Form: q.GetForm(), Organisation: organisation, Inventory: inventory, Ground: ground,
				Undescribed: q.GetUndescribed(), AnnouncedOn: day.String(),
			},
		}
		if q.GetGiver().GetName() != "" {
			e.Sealed, e.SealedLabel = q.GetGiver(), personal
		}
		return []base.Event{e}, nil
	}
}

// personal is the label of a person's data in intake: for the staff cleared for them (IS-2).
var personal = base.Label{Level: 1, Grounds: []string{"personal"}}

func groundOf(q *intakev1.AnnounceTransferRequest) kind.Ground {
	g, p := q.GetGround(), q.GetGround().GetProtocol()
	return kind.Ground{
		Giver: q.GetGiver().GetName(), Protocol: p.GetCommission() != "" && p.GetNumber() != "" && p.GetDate() != "",
		ProtocolNumber: p.GetNumber(), ProtocolDate: p.GetDate(), Document: g.GetDocument(), DocumentDate: g.GetDocumentDate(), Reason: g.GetReason(),
		LiquidatedOn: g.GetLiquidatedOn(), Country: g.GetCountry(), Agreement: g.GetAgreement(), Holder: g.GetHolder(),
	}
}

// giverOf is whose documents come; a clerk's own department may be left out where it handed over
// before.
func giverOf(v *base.View, o *recordv1.Organisation, of monitor.Department) (*recordv1.Organisation, error) {
	if of.Only() != "" && (o.GetId() == "" || o.GetId() == of.Only()) {
		for k := range v.Scan("departments", departmentKey(of.Only(), "", nil), nil) {
			t := new(intakev1.Transfer)
			if _, err := get(v, "transfers", k[len(departmentKey(of.Only(), "", nil)):], t); err != nil {
				return nil, err
			}
			return t.GetOrganisation(), nil
		}
		if o.GetId() == "" && written(o.GetName()) {
			o = &recordv1.Organisation{Id: of.Only(), Name: o.GetName(), Level: o.GetLevel()}
		}
	}
	ok := o.GetId() != "" && utf8.RuneCountInString(o.GetId()) <= 60 && written(o.GetName()) &&
		!strings.ContainsFunc(o.GetId(), func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) &&
		slices.Contains([]string{"", "republican", "regional", "district"}, o.GetLevel())
	if !ok || !of.Has(o.GetId()) {
		return nil, badOrganisation.With()
	}
	return o, nil
}

// written tells whether a text says something, and fits.
func written(t *recordv1.Text) bool {
	all := t.GetKk() + t.GetRu() + t.GetEn()
	return strings.TrimSpace(all) != "" && utf8.ValidString(all) && utf8.RuneCountInString(all) <= 3*maxText
}

// maxText is how many characters a text that a person writes may have.
const maxText = 1000

// inventoryOf is the inventory announced, without rows; empty where the transfer is undescribed.
func inventoryOf(q *intakev1.AnnounceTransferRequest, id string) (*recordv1.Inventory, error) {
	i, u := q.GetInventory(), q.GetUndescribed()
	if (u == nil) == (i.GetNumber() == "") || u.GetUnits() > maxUnits {
		return nil, badInventory.With()
	}
	if u != nil {
		if u.GetUnits() == 0 || kind.Form(q.GetForm()) == kind.Digital {
			return nil, badInventory.With()
		}
		return &recordv1.Inventory{Id: id}, nil
	}
	return checkedInventory(i, id)
}

// checkedInventory is an inventory as a person names it, under an id of ours.
func checkedInventory(i *recordv1.Inventory, id string) (*recordv1.Inventory, error) {
	_, err := archcode.ParseInventory(i.GetNumber())
	if err != nil || !written(i.GetTitle()) || !slices.Contains([]string{"permanent", "long_term", "personnel"}, i.GetKind()) ||
		i.GetYearFrom() > i.GetYearTo() || i.GetYearTo() > civil.MaxYear {
		return nil, badInventory.With().Because(err)
	}
	return &recordv1.Inventory{
		Id: id, Number: i.GetNumber(), Title: i.GetTitle(), Kind: i.GetKind(), YearFrom: i.GetYearFrom(), YearTo: i.GetYearTo(), Approval: i.GetApproval(),
	}, nil
}

// NextAnnounced is the number of the next announced transfer of a year, "A2026-1": counted apart
// from those of retention, without gaps.
func NextAnnounced(v *base.View, year int) string {
	return fmt.Sprintf("A%d-%d", year, lastAnnounced(v, year)+1)
}

func lastAnnounced(v *base.View, year int) uint32 {
	raw := v.Get("announced", binary.BigEndian.AppendUint16(nil, uint16(year)))
	if len(raw) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(raw)
}

// Rows appends rows to the inventory of an announced transfer.
func Rows(q *intakev1.ListRowsRequest, of monitor.Department) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := Mine(v, q.GetTransferId(), of)
		if err != nil {
			return nil, err
		}
		if t.GetState() != string(transfer.Announced) {
			return nil, notAnnounced.With("id", clip.Value(q.GetTransferId()))
		}
		list, err := ListOf(v, t.GetTransferId())
		if err != nil {
			return nil, err
		}
		files, err := rows(q.GetFiles(), t.GetTransferId(), list.Rows)
		if err != nil {
			return nil, err
		}
		var events []base.Event
		Chunks(files, (*recordv1.File).GetLabel, func(label base.Label, chunk []*recordv1.File, _ bool) {
			events = append(events, base.Event{
				Refs: Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: label,
				Body: &intakev1.TransferFilesExpected{TransferId: t.GetTransferId(), Files: chunk},
			})
		})
		return events, nil
	}
}

// rows checks rows that follow on after so many, and gives each an id of ours.
func rows(files []*recordv1.File, id string, after uint32) ([]*recordv1.File, error) {
	if len(files) == 0 || len(files) > MaxRows {
		return nil, tooManyRows.With("limit", MaxRows)
	}
	out := make([]*recordv1.File, len(files))
	for i, f := range files {
		want := after + uint32(i) + 1
		if problem := wrongIn(f, want); problem != nil {
			return nil, badRow.With("position", want, "problem", problem)
		}
		row := new(recordv1.File)
		proto.Merge(row, f)
		row.Id = fmt.Sprintf("%s/%d", id, want)
		out[i] = row
	}
	return out, nil
}

func dated(s string) bool {
	_, err := civil.Parse(s)
	return s == "" || err == nil
}

// Seal ends the rows of an announced transfer.
func Seal(q *intakev1.SealInventoryRequest, of monitor.Department) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := Mine(v, q.GetTransferId(), of)
		if err != nil {
			return nil, err
		}
		if t.GetState() != string(transfer.Announced) {
			return nil, notAnnounced.With("id", clip.Value(q.GetTransferId()))
		}
		list, err := ListOf(v, t.GetTransferId())
		if err != nil {
			return nil, err
		}
		if list.Rows == 0 || list.Rows != q.GetRows() {
			return nil, rowsDiffer.With("id", t.GetTransferId(), "have", list.Rows, "said", q.GetRows())
		}
		return about(t, &intakev1.InventorySealed{TransferId: t.GetTransferId(), Files: list.Rows}), nil
	}
}

// about is one event about a transfer.
func about(t *intakev1.Transfer, body proto.Message) []base.Event {
	return []base.Event{{Refs: Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Body: body}}
}

// Consent is the head's consent to an early transfer.
func Consent(id string) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		t, err := undecided(v, id, monitor.Department{})
		if err != nil {
			return nil, err
		}
		if rule, ok := kind.ByName(t.GetGround().GetRule()); !ok || !rule.NeedsConsent() || t.GetConsentedOn() != "" {
			return nil, noConsentNeeded.With("id", id)
		}
		return about(t, &intakev1.TransferConsented{TransferId: id, ConsentedOn: civil.Of(now).String()}), nil
	}
}

// undecided is a transfer of a department whose acceptance has not begun. Errors: Unknown, UnderWay,
// AlreadyAccepted.
func undecided(v *base.View, id string, of monitor.Department) (*intakev1.Transfer, error) {
	t, err := Mine(v, id, of)
	if err != nil {
		return nil, err
	}
	switch transfer.State(t.GetState()) {
	case transfer.Accepting:
		return nil, transfer.UnderWay.With("id", id)
	case transfer.Accepted:
		return nil, transfer.AlreadyAccepted.With("id", id)
	case transfer.Announced, transfer.Expected, transfer.Checked, transfer.Returned:
	}
	return t, nil
}

// Prepare says in which form a transfer comes, and when.
func Prepare(q *intakev1.PrepareTransferRequest, of monitor.Department) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := undecided(v, q.GetTransferId(), of)
		if err != nil {
			return nil, err
		}
		if err := kind.CheckForm(kind.Form(q.GetForm())); err != nil {
			return nil, err
		}
		if !dated(q.GetBroughtOn()) {
			return nil, badDay.With("value", clip.Value(q.GetBroughtOn()))
		}
		return about(t, &intakev1.TransferPrepared{
			TransferId: t.GetTransferId(), Form: q.GetForm(), BroughtOn: q.GetBroughtOn(), Boxes: q.GetBoxes(),
		}), nil
	}
}

// TakesPaper tells whether anything of a transfer may be carried in: not where its form says that all of it comes as files.
func TakesPaper(t *intakev1.Transfer) bool { return kind.Form(t.GetForm()) != kind.Digital }

// ReceivePaper counts what was carried in, before it is checked, or corrects such a count. Errors: noPaper, badCount, noCount,
// transfer.NotSealed.
func ReceivePaper(q *intakev1.ReceivePaperRequest) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		t, err := undecided(v, q.GetTransferId(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if t.GetState() == string(transfer.Announced) {
			return nil, transfer.NotSealed.With("id", q.GetTransferId())
		}
		if !TakesPaper(t) {
			return nil, noPaper.With("id", q.GetTransferId())
		}
		if q.GetUnits()+q.GetBoxes() == 0 || q.GetUnits() > maxUnits || q.GetBoxes() > maxUnits {
			return nil, badCount.With()
		}
		if n := q.GetCorrects(); n != 0 {
			counts, err := countsAtTheDoor(v, t.GetTransferId())
			if err != nil {
				return nil, err
			}
			if counts[n] == nil {
				return nil, noCount.With("id", t.GetTransferId(), "number", n)
			}
		}
		return about(t, &intakev1.PaperReceived{
			TransferId: t.GetTransferId(), Units: q.GetUnits(), Boxes: q.GetBoxes(), ReceivedOn: civil.Of(now).String(), Corrects: q.GetCorrects(),
		}), nil
	}
}
