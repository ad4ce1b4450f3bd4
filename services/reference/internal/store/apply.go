package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/term"
)

// Apply writes what follows from one event of this service. An event of the platform is no
// concern of ours.
func Apply(tx *base.Tx, r *journal.Record) error {
	body := bodyOf(r)
	if body == nil {
		return nil
	}
	if err := proto.Unmarshal(r.Entry.GetBody(), body); err != nil {
		return fmt.Errorf("event %d: %w", r.Seq(), err)
	}
	switch b := body.(type) {
	case *referencev1.RequestRegistered:
		return applyRegistered(tx, r, b)
	case *referencev1.OralAnswerGiven:
		n, err := request.ParseNumber(b.GetNumber())
		if err != nil {
			return err
		}
		setCounter(tx, yearKey("oral", n.Year), n.N)
		return nil
	case *referencev1.SignerInvited:
		return applyInvited(tx, r, b)
	case *referencev1.SignerEnrolled:
		return applyEnrolled(tx, b)
	case *referencev1.SignerRevoked:
		return applyRevoked(tx, b)
	case *referencev1.HoldPlaced:
		return hold(b.GetRequestNumber(), func(n []byte) { tx.Put("holds", under(b.GetCode(), n...), []byte{}) })
	case *referencev1.HoldReleased:
		return hold(b.GetRequestNumber(), func(n []byte) { tx.Delete("holds", under(b.GetCode(), n...)) })
	case *referencev1.FilesLocked:
		return applyLocked(tx, b)
	case *referencev1.FilesUnlocked:
		applyUnlocked(tx, b)
		return nil
	case numbered:
		return change(tx, b.GetRequestNumber(), func(row *referencev1.RequestRow) error {
			if shown(body) && len(row.GetTimeline()) < maxTimeline {
				row.Timeline = append(row.Timeline, r.Seq())
			}
			return onRequest(tx, r, row, body)
		})
	}
	return nil
}

// maxTimeline bounds what people see of a request; the journal keeps everything.
const maxTimeline = 1000

// shown tells whether people see an event in the timeline of its request. The archive's inner
// work (findings, versions of a draft, who works on it) is the journal's alone.
func shown(body proto.Message) bool {
	switch body.(type) {
	case *referencev1.FindingAdded, *referencev1.FindingRemoved, *referencev1.AnswerDrafted, *referencev1.TermNear, *referencev1.CertificateCompleted:
		return false
	}
	return true
}

// numbered is an event about a request.
type numbered interface{ GetRequestNumber() string }

// bodies are empty bodies of our events.
func bodies() []proto.Message {
	return []proto.Message{
		new(referencev1.RequestRegistered), new(referencev1.RegimeDecided), new(referencev1.TermSet), new(referencev1.TermExtended),
		new(referencev1.NoticeGiven), new(referencev1.TermNear), new(referencev1.TermMissed), new(referencev1.RequestAssigned),
		new(referencev1.IdentityRecorded), new(referencev1.FindingAdded), new(referencev1.FindingRemoved), new(referencev1.HoldPlaced),
		new(referencev1.HoldReleased), new(referencev1.ClarificationAsked), new(referencev1.ClarificationGiven),
		new(referencev1.AnswerDrafted), new(referencev1.AnswerSubmitted), new(referencev1.DraftReturned),
		new(referencev1.CertificateSigned), new(referencev1.CertificateCompleted), new(referencev1.RequestForwarded),
		new(referencev1.AnswerDelivered), new(referencev1.RequestWithdrawn), new(referencev1.RequestClosed),
		new(referencev1.ComplaintRegistered), new(referencev1.OralAnswerGiven), new(referencev1.SignerInvited),
		new(referencev1.SignerEnrolled), new(referencev1.SignerRevoked), new(referencev1.FilesLocked), new(referencev1.FilesUnlocked),
	}
}

// bodyOf is an empty body of the event's type, nil where it is none of ours.
func bodyOf(r *journal.Record) proto.Message {
	for _, m := range bodies() {
		if r.Is(m) {
			return m
		}
	}
	return nil
}

func hold(number string, with func(n []byte)) error {
	n, err := request.ParseNumber(number)
	if err == nil {
		with(numberKey(n))
	}
	return err
}

func applyRegistered(tx *base.Tx, r *journal.Record, b *referencev1.RequestRegistered) error {
	n, err := request.ParseNumber(b.GetNumber())
	if err != nil {
		return err
	}
	setCounter(tx, yearKey("request", n.Year), n.N)
	setCounter(tx, []byte("open"), counter(&tx.View, []byte("open"))+1)
	return put(tx, "requests", numberKey(n), &referencev1.RequestRow{
		Summary: &referencev1.RequestSummary{
			Number: b.GetNumber(), Topic: b.GetTopic(), Wish: b.GetWish(), Channel: b.GetChannel(), Language: b.GetLanguage(),
			Delivery: b.GetDelivery(), Organisation: b.GetOrganisation(), ByRepresentative: b.GetByRepresentative(),
			State: string(request.Registered), ReceivedOn: b.GetReceivedOn(), RegisteredOn: b.GetRegisteredOn(),
		},
		SecretSha256: b.GetSecretSha256(), RegisteredSeq: r.Seq(), NextFinding: 1, Timeline: []uint64{r.Seq()},
	})
}

// change rewrites a request and keeps the lists that it stands in.
func change(tx *base.Tx, number string, with func(*referencev1.RequestRow) error) error {
	row, err := Request(&tx.View, number)
	if err != nil {
		return err
	}
	n, err := request.ParseNumber(number)
	if err != nil {
		return err
	}
	k := numberKey(n)
	wasOpen, wasMissed, wasDue := open(row), row.GetSummary().GetMissed(), row.GetSummary().GetDueOn()
	if err := with(row); err != nil {
		return fmt.Errorf("request %s: %w", number, err)
	}
	isOpen, isMissed, isDue := open(row), row.GetSummary().GetMissed(), row.GetSummary().GetDueOn()
	if wasOpen && wasDue != "" && (!isOpen || isDue != wasDue) {
		tx.Delete("queue", under(wasDue, k...))
	}
	if isOpen && isDue != "" && isDue != wasDue {
		tx.Put("queue", under(isDue, k...), []byte{})
	}
	if wasOpen && !isOpen {
		tx.Put("closed", turned(k), []byte{})
	}
	count(tx, "open", wasOpen, isOpen)
	count(tx, "overdue", wasOpen && wasMissed, isOpen && isMissed)
	return put(tx, "requests", k, row)
}

// count keeps a number of requests of which something is true.
func count(tx *base.Tx, name string, before, after bool) {
	n := counter(&tx.View, []byte(name))
	switch {
	case before && !after:
		setCounter(tx, []byte(name), n-1)
	case !before && after:
		setCounter(tx, []byte(name), n+1)
	}
}

// onRequest applies an event to its request.
func onRequest(tx *base.Tx, r *journal.Record, row *referencev1.RequestRow, body proto.Message) error {
	s := row.GetSummary()
	switch b := body.(type) {
	case *referencev1.RegimeDecided:
		row.Regime, s.Regime = b, b.GetRegime()
	case *referencev1.TermSet:
		clearTimers(tx, s.GetNumber(), row.GetDuties())
		row.Duties, s.DueOn, s.Missed = b.GetDuties(), b.GetDueOn(), false
		return setTimers(tx, row)
	case *referencev1.TermExtended:
		return applyExtended(tx, row, b)
	case *referencev1.NoticeGiven:
		if d := dutyOf(row.GetDuties(), b.GetDuty()); d != nil {
			clearTimers(tx, s.GetNumber(), []*referencev1.Duty{d})
			d.DoneOn = b.GetGivenOn()
			if x := row.GetExtension(); x != nil && b.GetDuty() == string(term.Notice) {
				x.NoticeGivenOn = b.GetGivenOn()
			}
		}
	case *referencev1.TermMissed:
		if d := dutyOf(row.GetDuties(), b.GetDuty()); d != nil {
			d.Missed = true
		}
		s.Missed = s.GetMissed() || b.GetDuty() == string(term.Answer)
	case *referencev1.RequestAssigned:
		s.Assignee = b.GetAccount()
		if s.GetState() == string(request.Registered) {
			s.State = string(request.Assigned)
		}
	case *referencev1.IdentityRecorded:
		row.IdentitySeq, s.IdentityRecorded = r.Seq(), true
	case *referencev1.FindingAdded:
		f := &referencev1.FindingRow{
			Finding: b.GetFinding(), Code: b.GetCode(), Leaves: b.GetLeaves(), RecordId: b.GetRecordId(), Seq: r.Seq(), LeafCount: b.GetLeafCount(),
		}
		if b.GetLeavesConfirmed() {
			f.LeavesConfirmedBy = Account(r.Header.GetActor())
		}
		row.Findings = append(row.Findings, f)
		row.NextFinding = b.GetFinding() + 1
	case *referencev1.FindingRemoved:
		row.Findings = slices.DeleteFunc(row.Findings, func(f *referencev1.FindingRow) bool { return f.GetFinding() == b.GetFinding() })
	case *referencev1.ClarificationAsked:
		row.Exchanges, s.ClarificationOpen = append(row.Exchanges, r.Seq()), true
	case *referencev1.ClarificationGiven:
		row.Exchanges, s.ClarificationOpen = append(row.Exchanges, r.Seq()), false
	case *referencev1.ComplaintRegistered:
		row.Complaints = append(row.Complaints, r.Seq())
		s.Complaints = b.GetComplaint()
	case *referencev1.RequestClosed:
		clearTimers(tx, s.GetNumber(), row.GetDuties())
		if d := dutyOf(row.GetDuties(), string(term.Answer)); d != nil {
			d.DoneOn = b.GetClosedOn()
		}
		s.State, s.Outcome, s.ClosedOn = string(request.Closed), b.GetOutcome(), b.GetClosedOn()
	default:
		return onAnswer(tx, r, row, body)
	}
	return nil
}

// onAnswer applies the steps of an answer.
func onAnswer(tx *base.Tx, r *journal.Record, row *referencev1.RequestRow, body proto.Message) error {
	s := row.GetSummary()
	switch b := body.(type) {
	case *referencev1.AnswerDrafted:
		row.Drafts = append(row.Drafts, &referencev1.DraftRow{
			Version: b.GetVersion(), Kind: b.GetKind(), RefusalGround: b.GetRefusalGround(), Findings: b.GetFindings(), Seq: r.Seq(), State: "draft",
		})
		s.State, s.DraftKind = string(request.Drafted), b.GetKind()
	case *referencev1.AnswerSubmitted:
		row.Papers = append(row.Papers, &referencev1.PaperRow{Submitted: b, State: "submitted"})
		tx.Put("prints", []byte(b.GetSha256()), []byte(b.GetCertificateNumber()))
		s.State, s.CertificateNumber, s.Signer = string(request.Submitted), b.GetCertificateNumber(), b.GetSigner()
		return draftIs(row, b.GetVersion(), func(d *referencev1.DraftRow) { d.State = "submitted" })
	case *referencev1.DraftReturned:
		if err := paperIs(row, b.GetCertificateNumber(), func(p *referencev1.PaperRow) { p.State = "returned" }); err != nil {
			return err
		}
		s.State, s.CertificateNumber, s.Signer = string(request.Drafted), "", ""
		return draftIs(row, b.GetVersion(), func(d *referencev1.DraftRow) { d.State, d.ReturnedSeq = "returned", r.Seq() })
	case *referencev1.CertificateSigned:
		s.State, s.Signer = string(request.Signed), ""
		tx.Put("pending", []byte(b.GetCertificateNumber()), binary.BigEndian.AppendUint64(nil, r.Seq()))
		var version uint32
		if err := paperIs(row, b.GetCertificateNumber(), func(p *referencev1.PaperRow) {
			p.State, p.Signed, p.SignedSeq, version = "signed", b, r.Seq(), p.GetSubmitted().GetVersion()
		}); err != nil {
			return err
		}
		return draftIs(row, version, func(d *referencev1.DraftRow) { d.State = "signed" })
	case *referencev1.CertificateCompleted:
		tx.Delete("pending", []byte(b.GetCertificateNumber()))
		tx.Put("prints", []byte(b.GetSha256()), []byte(b.GetCertificateNumber()))
		return paperIs(row, b.GetCertificateNumber(), func(p *referencev1.PaperRow) { p.Completed = b })
	}
	return nil // RequestForwarded, AnswerDelivered, RequestWithdrawn, TermNear: the journal alone tells
}

func draftIs(row *referencev1.RequestRow, version uint32, set func(*referencev1.DraftRow)) error {
	if version == 0 || int(version) > len(row.GetDrafts()) {
		return fmt.Errorf("no draft %d", version)
	}
	set(row.GetDrafts()[version-1])
	return nil
}

func paperIs(row *referencev1.RequestRow, number string, set func(*referencev1.PaperRow)) error {
	for _, p := range row.GetPapers() {
		if p.GetSubmitted().GetCertificateNumber() == number {
			set(p)
			return nil
		}
	}
	return fmt.Errorf("no paper %q", number)
}

func applyExtended(tx *base.Tx, row *referencev1.RequestRow, b *referencev1.TermExtended) error {
	clearTimers(tx, row.GetSummary().GetNumber(), row.GetDuties())
	row.Duties = slices.DeleteFunc(row.Duties, func(d *referencev1.Duty) bool { return d.GetKind() == string(term.Answer) })
	row.Duties = append([]*referencev1.Duty{b.GetAnswer()}, append(row.Duties, b.GetNotice())...)
	row.Extension = &referencev1.Extension{
		Before: b.GetBefore(), DueOn: b.GetDueOn(), Ground: b.GetGround(), Reason: b.GetReason(), NoticeDueOn: b.GetNotice().GetDueOn(),
	}
	// That the first term was missed before it was extended stays recorded: Missed is not taken back.
	row.Summary.DueOn, row.Summary.Extended = b.GetDueOn(), true
	return setTimers(tx, row)
}

// timerKey names a duty of a request.
func timerKey(number, duty string) string { return number + "/" + duty }

// times are when a duty's timers fire: once its day is over, and three days before it.
func times(d *referencev1.Duty) (missed, near time.Time, err error) {
	day, err := civil.Parse(d.GetDueOn())
	if err != nil {
		return missed, near, fmt.Errorf("duty %s: %w", d.GetKind(), err)
	}
	return day.AddDays(1).Start(), day.AddDays(-nearDays).Start(), nil
}

// watched tells whether time runs for a duty.
func watched(d *referencev1.Duty) bool {
	return d.GetBinding() && d.GetDoneOn() == "" && !d.GetMissed()
}

func setTimers(tx *base.Tx, row *referencev1.RequestRow) error {
	for _, d := range row.GetDuties() {
		if !watched(d) {
			continue
		}
		missed, near, err := times(d)
		if err != nil {
			return err
		}
		key := timerKey(row.GetSummary().GetNumber(), d.GetKind())
		tx.SetTimer(missed, TimerDue, key)
		if d.GetKind() == string(term.Answer) {
			tx.SetTimer(near, TimerNear, key)
		}
	}
	return nil
}

func clearTimers(tx *base.Tx, number string, duties []*referencev1.Duty) {
	for _, d := range duties {
		missed, near, err := times(d)
		if err != nil {
			continue // such a duty never had a timer
		}
		tx.ClearTimer(missed, TimerDue, timerKey(number, d.GetKind()))
		tx.ClearTimer(near, TimerNear, timerKey(number, d.GetKind()))
	}
}

func applyInvited(tx *base.Tx, r *journal.Record, b *referencev1.SignerInvited) error {
	row, err := signer(&tx.View, b.GetAccount())
	if err != nil {
		return err
	}
	if len(row.GetCodeSha256()) > 0 {
		tx.Delete("codes", row.GetCodeSha256())
	}
	row.Account, row.Post, row.InvitedSeq = b.GetAccount(), b.GetPost(), r.Seq()
	row.CodeSha256, row.InvitedOn, row.ExpiresOn = b.GetCodeSha256(), civil.Of(r.Time()).String(), b.GetExpiresOn()
	if row.GetState() != "enrolled" {
		row.State = "invited"
	}
	tx.Put("codes", b.GetCodeSha256(), []byte(b.GetAccount()))
	return put(tx, "signers", []byte(b.GetAccount()), row)
}

func applyEnrolled(tx *base.Tx, b *referencev1.SignerEnrolled) error {
	row, err := signer(&tx.View, b.GetAccount())
	if err != nil {
		return err
	}
	tx.Delete("codes", row.GetCodeSha256())
	row.State, row.CodeSha256, row.Key, row.EnrolledOn, row.RevokedOn, row.Ground = "enrolled", nil, b.GetKey(), b.GetEnrolledOn(), "", ""
	row.Keys = append(row.Keys, b.GetKey())
	return put(tx, "signers", []byte(b.GetAccount()), row)
}

func applyRevoked(tx *base.Tx, b *referencev1.SignerRevoked) error {
	row, err := signer(&tx.View, b.GetAccount())
	if err != nil {
		return err
	}
	if len(row.GetCodeSha256()) > 0 {
		tx.Delete("codes", row.GetCodeSha256())
	}
	row.State, row.CodeSha256, row.RevokedOn, row.Ground = "revoked", nil, b.GetRevokedOn(), b.GetGround()
	return put(tx, "signers", []byte(b.GetAccount()), row)
}

// signer is a signer's row; an empty one where the account was never invited.
func signer(v *base.View, account string) (*referencev1.SignerRow, error) {
	row := new(referencev1.SignerRow)
	_, err := get(v, "signers", []byte(account), row)
	return row, err
}
