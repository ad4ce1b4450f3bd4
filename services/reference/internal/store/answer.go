package store

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/term"
)

var (
	overtaken = fault.Define(fault.Conflict, "reference.draft.overtaken",
		"request {number} has draft {newest} already; look at it and put your changes into it",
		"у запроса {number} уже есть проект {newest}; просмотрите его и внесите изменения в него",
		"{number} сұрау салуының {newest} жобасы бар; оны қарап, өзгерістерді соған енгізіңіз")
	// NotLying refuses an act on a paper that does not lie for signature.
	NotLying = fault.Define(fault.Conflict, "reference.paper.not_submitted",
		"paper {paper} does not lie for signature any more; look at the request again",
		"документ {paper} больше не ожидает подписи; посмотрите запрос снова",
		"{paper} құжаты енді қол қоюды күтпейді; сұрау салуды қайта қараңыз")
	// OtherSigner refuses the signature of somebody before whom the paper does not lie.
	OtherSigner = fault.Define(fault.Denied, "reference.paper.other_signer",
		"paper {paper} lies before {signer}; only they sign it, or return it and submit it to somebody else",
		"документ {paper} передан на подпись {signer}; подписать может только он, либо верните его и передайте другому",
		"{paper} құжаты {signer} алдында қол қоюда; тек сол қол қояды немесе оны қайтарып, басқаға беріңіз")
	// Altered refuses a signature over another content than what was printed.
	Altered = fault.Define(fault.Conflict, "reference.paper.other_digest",
		"what was signed is not paper {paper} as it was printed; open the paper again and sign what you see",
		"подписано не то, что напечатано в документе {paper}; откройте документ заново и подпишите то, что видите",
		"қол қойылған нәрсе басып шығарылған {paper} құжаты емес; құжатты қайта ашып, көргеніңізге қол қойыңыз")
)

// DraftOf is a draft as the rules take it; language is the request's where the draft names none.
func DraftOf(kind string, ground uint32, c *referencev1.AnswerContent, language string) request.Draft {
	d := request.Draft{
		Kind: request.AnswerKind(kind), Ground: ground, Language: c.GetLanguage(), Addressee: c.GetAddressee(), Opening: c.GetOpening(),
		Closing: c.GetClosing(), Reasons: c.GetReasons(), Spellings: c.GetSpellings(), Gaps: c.GetGaps(),
	}
	if d.Language == "" {
		d.Language = language
	}
	for _, f := range c.GetFacts() {
		fact := request.Fact{Period: f.GetPeriod(), Text: f.GetText()}
		for _, cited := range f.GetCitations() {
			fact.Findings = append(fact.Findings, cited.GetFinding())
		}
		d.Facts = append(d.Facts, fact)
	}
	return d
}

// Draft keeps a new version of the answer.
func Draft(q *referencev1.DraftAnswerRequest) base.Decide {
	return with(q.GetNumber(), working, func(_ *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		s := row.GetSummary()
		newest := uint32(len(row.GetDrafts()))
		switch {
		case q.GetBasedOn() != newest:
			return nil, overtaken.With("number", s.GetNumber(), "newest", newest)
		case newest >= MaxVersions:
			return nil, tooMany.With("number", s.GetNumber(), "most", MaxVersions)
		}
		n, err := request.ParseNumber(s.GetNumber())
		if err != nil {
			return nil, err
		}
		known := make(map[uint32]*referencev1.FindingRow, len(row.GetFindings()))
		ids := make([]uint32, 0, len(row.GetFindings()))
		for _, f := range row.GetFindings() {
			known[f.GetFinding()] = f
			ids = append(ids, f.GetFinding())
		}
		d := DraftOf(q.GetKind(), q.GetRefusalGround(), q.GetContent(), s.GetLanguage())
		if err := d.Check(n, regime.Topic(s.GetTopic()), ids); err != nil {
			return nil, err
		}
		content, ok := proto.Clone(q.GetContent()).(*referencev1.AnswerContent)
		if !ok || content == nil {
			content = new(referencev1.AnswerContent)
		}
		content.Language = d.Language
		var uses []uint32
		for _, f := range content.GetFacts() {
			for _, c := range f.GetCitations() {
				c.Code, c.Leaves = known[c.GetFinding()].GetCode(), known[c.GetFinding()].GetLeaves()
				uses = append(uses, c.GetFinding())
			}
		}
		slices.Sort(uses)
		return []base.Event{{
			Refs: About(s.GetNumber()),
			Body: &referencev1.AnswerDrafted{
				RequestNumber: s.GetNumber(), Version: newest + 1, Kind: q.GetKind(), RefusalGround: q.GetRefusalGround(), Findings: slices.Compact(uses),
			},
			Sealed: content, SealedLabel: personal,
		}}, nil
	})
}

// ToSubmit checks whether the newest draft can be put before a signer, and names the signer.
func ToSubmit(v *base.View, number string, version uint32, account string) (*referencev1.RequestRow, *referencev1.SignerRow, error) {
	row, err := Request(v, number)
	if err != nil {
		return nil, nil, err
	}
	if err := request.State(row.GetSummary().GetState()).In(number, request.Drafted); err != nil {
		return nil, nil, err
	}
	if newest := uint32(len(row.GetDrafts())); version != newest {
		return nil, nil, overtaken.With("number", number, "newest", newest)
	}
	s, err := Enrolled(v, account)
	return row, s, err
}

// Submit puts a printed paper before its signer. The paper's digest is durable in the folder
// before this is decided.
func Submit(b *referencev1.AnswerSubmitted) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		row, _, err := ToSubmit(v, b.GetRequestNumber(), b.GetVersion(), b.GetSigner())
		if err != nil {
			return nil, err
		}
		if want, err := NextPaper(row); err != nil || want != b.GetCertificateNumber() || b.GetDatedOn() != civil.Of(now).String() {
			// Another was printed meanwhile, or midnight came between printing and recording.
			return nil, overtaken.With("number", b.GetRequestNumber(), "newest", len(row.GetDrafts()))
		}
		return []base.Event{{Refs: About(b.GetRequestNumber(), paperRef(b.GetCertificateNumber())), Body: b}}, nil
	}
}

// NextPaper is the number that the next printed answer of a request gets.
func NextPaper(row *referencev1.RequestRow) (string, error) {
	n, err := request.ParseNumber(row.GetSummary().GetNumber())
	return request.PaperNumber{Request: n, N: uint32(len(row.GetPapers()) + 1)}.String(), err
}

// lying is the paper of a request that lies for signature.
func lying(row *referencev1.RequestRow) *referencev1.PaperRow {
	if n := len(row.GetPapers()); n > 0 && row.GetPapers()[n-1].GetState() == "submitted" {
		return row.GetPapers()[n-1]
	}
	return nil
}

// Return sends a submitted draft back with a remark.
func Return(number, remark string) base.Decide {
	return with(number, []request.State{request.Submitted}, func(_ *base.View, _ time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		p := lying(row).GetSubmitted()
		events, err := words(number, remark, &referencev1.DraftReturned{
			RequestNumber: number, Version: p.GetVersion(), CertificateNumber: p.GetCertificateNumber(),
		}, request.MaxText)
		if err == nil {
			events[0].Refs = About(number, paperRef(p.GetCertificateNumber()))
		}
		return events, err
	})
}

// Sign records a signature; verify checks it with the signer's key over the act that is printed
// and fails with the fault to answer.
func Sign(q *referencev1.SignAnswerRequest, account string, verify func(s *referencev1.SignerRow, p *referencev1.AnswerSubmitted) error) base.Decide {
	return with(q.GetNumber(), []request.State{request.Submitted}, func(v *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		p := lying(row).GetSubmitted()
		switch {
		case p.GetCertificateNumber() != q.GetCertificateNumber():
			return nil, NotLying.With("paper", clip.Value(q.GetCertificateNumber()))
		case p.GetSigner() != account:
			return nil, OtherSigner.With("paper", p.GetCertificateNumber(), "signer", p.GetSigner())
		case p.GetSha256() != q.GetSha256():
			return nil, Altered.With("paper", p.GetCertificateNumber())
		}
		s, err := Enrolled(v, account)
		if err != nil {
			return nil, err
		}
		if err := verify(s, p); err != nil {
			return nil, err
		}
		draft := row.GetDrafts()[p.GetVersion()-1]
		return []base.Event{{
			Refs: About(q.GetNumber(), paperRef(p.GetCertificateNumber()), signerRef(account)),
			Body: &referencev1.CertificateSigned{
				CertificateNumber: p.GetCertificateNumber(), RequestNumber: q.GetNumber(), Kind: p.GetKind(), Language: p.GetLanguage(),
				Sha256: p.GetSha256(), Size: p.GetSize(), Account: account, Post: postIn(s, p.GetLanguage()), SignedOn: civil.Of(now).String(),
				Signature: q.GetSignature(), KeyId: s.GetKey().GetKeyId(), DatedOn: p.GetDatedOn(),
				RequestedOn: row.GetSummary().GetRegisteredOn(), RefusalGround: draft.GetRefusalGround(),
			},
		}}, nil
	})
}

// postIn is a signer's post in the language of a paper, or in the one that was given.
func postIn(s *referencev1.SignerRow, language string) string {
	t := s.GetPost()
	order := []string{t.GetEn(), t.GetRu(), t.GetKk()}
	switch language {
	case "kk":
		order = []string{t.GetKk(), t.GetRu(), t.GetEn()}
	case "ru":
		order = []string{t.GetRu(), t.GetKk(), t.GetEn()}
	}
	for _, post := range order {
		if post != "" {
			return post
		}
	}
	return ""
}

// Complete records where a signed paper ends. Nil events where that was recorded before.
func Complete(b *referencev1.CertificateCompleted) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		_, p, err := Paper(v, b.GetCertificateNumber())
		if err != nil || p.GetCompleted() != nil {
			return nil, err
		}
		return []base.Event{{Refs: About(b.GetRequestNumber(), paperRef(b.GetCertificateNumber())), Body: b}}, nil
	}
}

// end ends a request: what it held is released, a late end is recorded as late.
func end(row *referencev1.RequestRow, outcome string, on civil.Date) []base.Event {
	number := row.GetSummary().GetNumber()
	answer := dutyOf(row.GetDuties(), string(term.Answer))
	late := answer.GetMissed() || on.After(day(answer.GetDueOn()))
	events := lateness(row, answer, on)
	seen := map[string]bool{}
	for _, f := range row.GetFindings() {
		if !seen[f.GetCode()] {
			seen[f.GetCode()] = true
			events = append(events, base.Event{
				Refs: About(number, codeRef(f.GetCode())), Body: &referencev1.HoldReleased{RequestNumber: number, Code: f.GetCode()},
			})
		}
	}
	return append(events, base.Event{Refs: About(number), Body: &referencev1.RequestClosed{
		RequestNumber: number, Outcome: outcome, ClosedOn: on.String(), OnTime: !late,
	}})
}

// Deliver records the hand-over of a signed answer and ends the request. The shorter term of a
// refusal, a forwarding or a reference to what is published is judged now.
func Deliver(q *referencev1.DeliverAnswerRequest) base.Decide {
	return with(q.GetNumber(), []request.State{request.Signed}, func(_ *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if err := request.OneOf("way", q.GetWay(), request.Handovers...); err != nil {
			return nil, err
		}
		signed := row.GetPapers()[len(row.GetPapers())-1].GetSigned()
		today, on := civil.Of(now), civil.Of(now)
		if q.GetDeliveredOn() != "" {
			if err := request.Between("delivered_on", q.GetDeliveredOn(), day(signed.GetSignedOn()), today); err != nil {
				return nil, err
			}
			on = day(q.GetDeliveredOn())
		}
		kind := request.AnswerKind(signed.GetKind())
		way := map[request.AnswerKind]term.Kind{request.Refusal: term.Refusal, request.Forwarded: term.Forward, request.Published: term.Published}[kind]
		events := []base.Event{{
			Refs: About(q.GetNumber(), paperRef(signed.GetCertificateNumber())),
			Body: &referencev1.AnswerDelivered{
				RequestNumber: q.GetNumber(), CertificateNumber: signed.GetCertificateNumber(), Way: q.GetWay(), DeliveredOn: on.String(),
			},
		}}
		events = append(events, lateness(row, dutyOf(row.GetDuties(), string(way)), on)...)
		return append(events, end(row, kind.Outcome(), on)...), nil
	})
}

// Forward hands a request to the right holder and tells the user at the same time (AI-11.11).
func Forward(q *referencev1.ForwardRequestRequest) base.Decide {
	return with(q.GetNumber(), working, func(_ *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		if err := request.Needed("holder", q.GetHolder(), request.MaxField); err != nil {
			return nil, err
		}
		told, err := actedOn("told_on", q.GetToldOn(), row, now)
		if err != nil {
			return nil, err
		}
		today := civil.Of(now)
		events := []base.Event{{Refs: About(q.GetNumber()), Body: &referencev1.RequestForwarded{
			RequestNumber: q.GetNumber(), Holder: q.GetHolder(), ForwardedOn: today.String(), ToldOn: told.String(),
		}}}
		events = append(events, lateness(row, dutyOf(row.GetDuties(), string(term.Forward)), today)...)
		return append(events, end(row, "forwarded", today)...), nil
	})
}

// Withdraw ends a request by the user's will (AI-7).
func Withdraw(number string) base.Decide {
	return with(number, notClosed, func(_ *base.View, now time.Time, row *referencev1.RequestRow) ([]base.Event, error) {
		events := []base.Event{{Refs: About(number), Body: &referencev1.RequestWithdrawn{RequestNumber: number}}}
		return append(events, end(row, "withdrawn", civil.Of(now))...), nil
	})
}
