package store

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/cite"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/term"
)

var (
	tooMany = fault.Define(fault.Exhausted, "reference.too_many",
		"request {number} has {most} of these already; go on with what there is",
		"у запроса {number} их уже {most}; работайте с тем, что есть",
		"{number} сұрау салуында олардың саны {most} болды; барымен жұмыс істеңіз")
	// LeavesBeyond warns of leaves that the file does not have by its count. Numbers are skipped and lettered while leaves are
	// numbered (the certifying sheet, practice), and a count can be wrong: so it is a warning that is confirmed, not a bar.
	LeavesBeyond = fault.Define(fault.Refused, "reference.finding.beyond",
		"the catalogue counts {count} leaves in file {code}, you cite {leaves}; correct the leaves, or confirm them if the count in the inventory is wrong",
		"по каталогу в деле {code} листов: {count}, вы ссылаетесь на {leaves}; исправьте листы или подтвердите их, если в описи неверный счёт",
		"каталог бойынша {code} ісіндегі парақ саны: {count}, сіз {leaves} көрсеттіңіз; парақтарды түзетіңіз немесе тізімдемедегі сан қате болса, растаңыз")
	cited = fault.Define(fault.Refused, "reference.finding.cited",
		"finding {finding} is cited by the newest draft; take it out of the draft first",
		"на найденный документ {finding} ссылается последний проект ответа; сначала уберите ссылку",
		"{finding} табылған құжатына соңғы жоба сілтеме жасайды; алдымен сілтемені алып тастаңыз")
	badAccount = fault.Define(fault.Invalid, "reference.account",
		"“{account}” is no account; take it from the list of accounts",
		"«{account}» – не учётная запись; возьмите её из списка учётных записей",
		"«{account}» – есептік жазба емес; оны есептік жазбалар тізімінен алыңыз")
	authorityNeeded = fault.Define(fault.Refused, "reference.identity.authority",
		"request {number} was made for another person; record by what authority (AI-11.8): a power of attorney, a parent, a guardian …",
		"запрос {number} подан за другое лицо; укажите основание представительства (доверенность, родитель, опекун …)",
		"{number} сұрау салуы басқа адам үшін берілген; өкілдіктің негізін көрсетіңіз (сенімхат, ата-ана, қорғаншы …)")
	noDuty = fault.Define(fault.Refused, "reference.duty.none",
		"request {number} has no notice to be given; an extension brings one",
		"по запросу {number} уведомлять не о чем; уведомление нужно после продления",
		"{number} сұрау салуы бойынша хабарлайтын ештеңе жоқ; хабарлама мерзім ұзартылғаннан кейін қажет")
	notOwn = fault.Define(fault.Refused, "reference.duty.done",
		"the notice of request {number} was recorded already, on {day}",
		"уведомление по запросу {number} уже записано, {day}",
		"{number} сұрау салуы бойынша хабарлама {day} күні жазылған")
)

func oralRefs(number string) []journal.Ref { return []journal.Ref{{Type: "oral-answer", ID: number}} }

// working are the states in which the archive works on an answer.
var working = []request.State{request.Registered, request.Assigned, request.Drafted}

// with decides on one request in one of the states.
func with(number string, states []request.State, decide func(v *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error)) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		row, err := Request(v, number)
		if err != nil {
			return nil, err
		}
		if states != nil {
			if err := request.State(row.GetSummary().GetState()).In(number, states...); err != nil {
				return nil, err
			}
		}
		return decide(v, now, row)
	}
}

// notClosed are the states of an open request.
var notClosed = []request.State{request.Registered, request.Assigned, request.Drafted, request.Submitted, request.Signed}

// IsAccount tells whether a text can be an account: opaque, printable, short.
func IsAccount(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") == ""
}

// Assign names who works on a request.
func Assign(number, account string) base.Decide {
	return with(number, notClosed, func(_ *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if !IsAccount(account) {
			return nil, badAccount.With("account", clip.Value(account))
		}
		return []base.Event{{Refs: About(number), Body: &referencev1.RequestAssigned{
			RequestNumber: number, Account: account, Before: row.GetSummary().GetAssignee(),
		}}}, nil
	})
}

// RecordIdentity says how identity or authority was proven (AI-11.5, AI-11.8).
func RecordIdentity(q *referencev1.RecordIdentityRequest) base.Decide {
	return with(q.GetNumber(), nil, func(_ *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if err := request.OneOf("document", q.GetDocument(), request.Documents...); err != nil {
			return nil, err
		}
		if err := request.OneOf("way", q.GetWay(), request.Showings...); err != nil {
			return nil, err
		}
		if err := request.Text("note", q.GetNote(), request.MaxReason); err != nil {
			return nil, err
		}
		if row.GetSummary().GetByRepresentative() && q.GetAuthority() == "" {
			return nil, authorityNeeded.With("number", q.GetNumber())
		}
		if q.GetAuthority() != "" {
			if err := request.OneOf("authority", q.GetAuthority(), request.Powers...); err != nil {
				return nil, err
			}
		}
		e := base.Event{Refs: About(q.GetNumber()), Body: &referencev1.IdentityRecorded{
			RequestNumber: q.GetNumber(), Document: q.GetDocument(), Authority: q.GetAuthority(), Way: q.GetWay(),
		}}
		if q.GetNote() != "" {
			e.Sealed, e.SealedLabel = &referencev1.IdentityNote{Text: q.GetNote()}, personal
		}
		return []base.Event{e}, nil
	})
}

// AddFinding notes a document and holds the file that it is in. leaves is the catalogue's count of the file's leaves, 0 where it has
// none: then nothing can be compared, and the finding is taken as it is. Errors: those of cite.Parse, Leaving,
// LeavesBeyond until it is confirmed.
func AddFinding(q *referencev1.AddFindingRequest, leaves uint32) base.Decide {
	return with(q.GetNumber(), working, func(v *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		c, err := cite.Parse(q.GetCode(), q.GetLeaves())
		if err != nil {
			return nil, err
		}
		if err := request.Text("quotation", q.GetQuotation(), request.MaxQuote); err != nil {
			return nil, err
		}
		if err := request.Text("record_id", q.GetRecordId(), 200); err != nil {
			return nil, err
		}
		if len(row.GetFindings()) >= MaxFindings {
			return nil, tooMany.With("number", q.GetNumber(), "most", MaxFindings)
		}
		code, beyond := cite.File(c), cite.Beyond(c, leaves)
		if act := leaving(v, code); act != "" {
			return nil, Leaving.With("code", code, "act", act)
		}
		if beyond != "" && !q.GetLeavesConfirmed() {
			return nil, LeavesBeyond.With("code", code, "count", leaves, "leaves", beyond)
		}
		events := []base.Event{{
			Refs: About(q.GetNumber(), codeRef(code)),
			Body: &referencev1.FindingAdded{
				RequestNumber: q.GetNumber(), Finding: row.GetNextFinding(), Code: code, Leaves: cite.Leaves(c), RecordId: q.GetRecordId(),
				LeafCount: leaves, LeavesConfirmed: beyond != "",
			},
		}}
		if q.GetQuotation() != "" {
			events[0].Sealed, events[0].SealedLabel = &referencev1.Quotation{Text: q.GetQuotation()}, personal
		}
		if !names(row, code, 0) {
			events = append(events, base.Event{
				Refs: About(q.GetNumber(), codeRef(code)), Body: &referencev1.HoldPlaced{RequestNumber: q.GetNumber(), Code: code},
			})
		}
		return events, nil
	})
}

// names tells whether a request names a file by another finding than one.
func names(row *referencev1.RequestRow, code string, but uint32) bool {
	for _, f := range row.GetFindings() {
		if f.GetCode() == code && f.GetFinding() != but {
			return true
		}
	}
	return false
}

// RemoveFinding takes a finding back that the newest draft does not cite.
func RemoveFinding(number string, finding uint32) base.Decide {
	return with(number, working, func(_ *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		var found *referencev1.FindingRow
		for _, f := range row.GetFindings() {
			if f.GetFinding() == finding {
				found = f
			}
		}
		if found == nil {
			return nil, request.NoSuchFinding.With("number", number, "finding", finding)
		}
		if n := len(row.GetDrafts()); n > 0 {
			for _, f := range row.GetDrafts()[n-1].GetFindings() {
				if f == finding {
					return nil, cited.With("finding", finding)
				}
			}
		}
		refs := About(number, codeRef(found.GetCode()))
		events := []base.Event{{Refs: refs, Body: &referencev1.FindingRemoved{RequestNumber: number, Finding: finding, Code: found.GetCode()}}}
		if !names(row, found.GetCode(), finding) {
			events = append(events, base.Event{Refs: refs, Body: &referencev1.HoldReleased{RequestNumber: number, Code: found.GetCode()}})
		}
		return events, nil
	})
}

// words is an event that carries a sealed text.
func words(number, text string, body proto.Message, most int) ([]base.Event, error) {
	if err := request.Needed("text", text, most); err != nil {
		return nil, err
	}
	return []base.Event{{Refs: About(number), Body: body, Sealed: &referencev1.Words{Text: text}, SealedLabel: personal}}, nil
}

// AskClarification asks the user; the clock goes on (AI-9).
func AskClarification(number, text string) base.Decide {
	return with(number, working, func(_ *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if len(row.GetExchanges()) >= MaxWords {
			return nil, tooMany.With("number", number, "most", MaxWords)
		}
		return words(number, text, &referencev1.ClarificationAsked{RequestNumber: number}, request.MaxText)
	})
}

// Clarify adds what the user answers.
func Clarify(number, text string) base.Decide {
	return with(number, notClosed, func(_ *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if len(row.GetExchanges()) >= MaxWords {
			return nil, tooMany.With("number", number, "most", MaxWords)
		}
		return words(number, text, &referencev1.ClarificationGiven{RequestNumber: number}, request.MaxText)
	})
}

// Complain takes a complaint (AI-18), a late one too.
func (r *Rules) Complain(q *referencev1.RegisterComplaintRequest) base.Decide {
	return with(q.GetNumber(), nil, func(_ *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if len(row.GetComplaints()) >= MaxWords {
			return nil, tooMany.With("number", q.GetNumber(), "most", MaxWords)
		}
		today := civil.Of(now)
		learnt := today
		if q.GetLearntOn() != "" {
			if err := request.Between("learnt_on", q.GetLearntOn(), civil.Date{Year: 2015, Month: 11, Day: 16}, today); err != nil {
				return nil, err
			}
			learnt = day(q.GetLearntOn())
		}
		if err := request.Text("late_reasons", q.GetLateReasons(), request.MaxText); err != nil {
			return nil, err
		}
		d, err := r.Law.ToComplain(learnt, day(row.GetSummary().GetRegisteredOn()))
		if err != nil {
			return nil, err
		}
		text := q.GetText()
		events, err := words(q.GetNumber(), text, &referencev1.ComplaintRegistered{
			RequestNumber: q.GetNumber(), Complaint: row.GetSummary().GetComplaints() + 1, RegisteredOn: today.String(),
			LearntOn: learnt.String(), Term: Duty(d, r.Law.Calendar), Late: today.After(d.DueOn),
		}, request.MaxText)
		if err == nil && q.GetLateReasons() != "" {
			events[0].Sealed = &referencev1.Words{Text: text + "\n\n" + q.GetLateReasons()}
		}
		return events, err
	})
}

// Extend moves the date of the answer once, on a lawful ground (AI-11.10).
func (r *Rules) Extend(q *referencev1.ExtendTermRequest) base.Decide {
	return with(q.GetNumber(), []request.State{request.Registered, request.Assigned, request.Drafted, request.Submitted},
		func(_ *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
			s := row.GetSummary()
			if err := request.Text("reason", q.GetReason(), request.MaxReason); err != nil {
				return nil, err
			}
			if q.GetDays() > 366 {
				return nil, term.TooLong.With("most", 366)
			}
			x, err := r.Law.Extend(regime.Regime(s.GetRegime()), day(s.GetRegisteredOn()), day(s.GetDueOn()), day(row.GetExtension().GetDueOn()),
				civil.Of(now), int(q.GetDays()), term.Ground(q.GetGround()), strings.TrimSpace(q.GetReason()))
			if err != nil {
				return nil, err
			}
			return []base.Event{{Refs: About(q.GetNumber()), Body: &referencev1.TermExtended{
				RequestNumber: q.GetNumber(), Before: s.GetDueOn(), DueOn: x.Answer.DueOn.String(), Days: uint32(x.Days),
				Ground: q.GetGround(), Reason: q.GetReason(), Answer: Duty(x.Answer, r.Law.Calendar), Notice: Duty(x.Notice, r.Law.Calendar),
			}}}, nil
		})
}

// Notice records that the user was told. A late notice is recorded as late, and lawful.
func Notice(q *referencev1.RecordNoticeRequest) base.Decide {
	return with(q.GetNumber(), nil, func(_ *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if err := request.OneOf("duty", q.GetDuty(), string(term.Notice)); err != nil {
			return nil, err
		}
		if err := request.OneOf("way", q.GetWay(), request.Tellings...); err != nil {
			return nil, err
		}
		d := dutyOf(row.GetDuties(), q.GetDuty())
		switch {
		case d == nil:
			return nil, noDuty.With("number", q.GetNumber())
		case d.GetDoneOn() != "":
			return nil, notOwn.With("number", q.GetNumber(), "day", d.GetDoneOn())
		}
		on, err := actedOn("given_on", q.GetGivenOn(), row, now)
		if err != nil {
			return nil, err
		}
		events := []base.Event{{Refs: About(q.GetNumber()), Body: &referencev1.NoticeGiven{
			RequestNumber: q.GetNumber(), Duty: q.GetDuty(), GivenOn: on.String(), Way: q.GetWay(),
		}}}
		return append(lateness(row, d, on), events...), nil
	})
}

// actedOn is the day of an act: today, or an earlier one since the request was received.
func actedOn(field, given string, row *referencev1.RequestRow, now time.Time) (civil.Date, error) {
	today := civil.Of(now)
	if given == "" {
		return today, nil
	}
	if err := request.Between(field, given, day(row.GetSummary().GetReceivedOn()), today); err != nil {
		return civil.Date{}, err
	}
	return day(given), nil
}

// lateness records a duty as missed where the act that fulfils it comes after its day and no
// timer has said so yet.
func lateness(row *referencev1.RequestRow, d *referencev1.Duty, on civil.Date) []base.Event {
	if d == nil || d.GetMissed() || !on.After(day(d.GetDueOn())) {
		return nil
	}
	number := row.GetSummary().GetNumber()
	return []base.Event{{Refs: About(number), Body: &referencev1.TermMissed{RequestNumber: number, Duty: d.GetKind(), DueOn: d.GetDueOn()}}}
}

// OnTimer gives the decision of a timer: a term that passed is recorded, one that is near is
// recalled. Neither keeps anybody from acting.
func OnTimer(kind, key string, due time.Time) base.Decide {
	number, duty, _ := strings.Cut(key, "/")
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		row, err := Request(v, number)
		if err != nil {
			return nil, err
		}
		d := dutyOf(row.GetDuties(), duty)
		if d == nil || !open(row) || !watched(d) {
			return nil, nil
		}
		missed, near, err := times(d)
		if err != nil {
			return nil, err
		}
		switch {
		case kind == TimerDue && due.Equal(missed):
			return []base.Event{{Refs: About(number), Body: &referencev1.TermMissed{RequestNumber: number, Duty: duty, DueOn: d.GetDueOn()}}}, nil
		case kind == TimerNear && due.Equal(near) && now.Before(missed):
			return []base.Event{{Refs: About(number), Body: &referencev1.TermNear{RequestNumber: number, Duty: duty, DueOn: d.GetDueOn()}}}, nil
		}
		return nil, nil // of a date that was moved since, or of an older program
	}
}
