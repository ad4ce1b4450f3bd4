package store

import (
	"time"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/term"
)

// maxLate is how long before its registration a request may have been received: a letter that
// lay somewhere is registered with its true day, a slip of the finger is not.
const maxLate = 366

// received is the day of receipt: today, or an earlier one that the staff writes down.
func received(given string, today civil.Date) (civil.Date, error) {
	if given == "" {
		return today, nil
	}
	if err := request.Between("received_on", given, today.AddDays(-maxLate), today); err != nil {
		return civil.Date{}, err
	}
	return civil.Parse(given)
}

// Preview is what would become of a request.
type Preview struct {
	Decision             regime.Decision
	Duties               []term.Duty
	Received, Registered civil.Date
}

// Preview decides regime and dates without a number.
func (r *Rules) Preview(facts regime.Facts, receivedOn string, now time.Time) (p Preview, err error) {
	p.Registered = civil.Of(now)
	if p.Received, err = received(receivedOn, p.Registered); err != nil {
		return p, err
	}
	if p.Decision, err = regime.Decide(facts); err != nil {
		return p, err
	}
	p.Duties, err = r.Law.Duties(p.Decision.Regime, p.Received, p.Registered)
	return p, err
}

// Register decides a registration (AI-11.7): the number, the regime (AI-3) and the dates.
func (r *Rules) Register(q *referencev1.RegisterRequestRequest, secret [32]byte) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		p, err := r.Preview(Facts(q.GetFacts()), q.GetReceivedOn(), now)
		if err != nil {
			return nil, err
		}
		if err := checkSubmission(q, p.Registered); err != nil {
			return nil, err
		}
		applicant := Applicant(q.GetSubmission().GetApplicant())
		number := request.Number{Year: p.Registered.Year, N: counter(v, yearKey("request", p.Registered.Year)) + 1}.String()
		duties := Duties(p.Duties, r.Law.Calendar)
		return []base.Event{
			{
				Refs: About(number),
				Body: &referencev1.RequestRegistered{
					Number: number, Topic: q.GetFacts().GetTopic(), Wish: q.GetFacts().GetWish(), Channel: q.GetChannel(),
					Language: q.GetLanguage(), Delivery: q.GetDelivery(), ReceivedOn: p.Received.String(), RegisteredOn: p.Registered.String(),
					SecretSha256: secret[:], Organisation: applicant.ForOrganisation(), ByRepresentative: applicant.OnBehalfOf != "",
					InProceedings: q.GetFacts().GetInProceedings(), ByMedia: q.GetFacts().GetByMedia(),
				},
				Sealed: proto.Clone(q.GetSubmission()), SealedLabel: personal,
			},
			{Refs: About(number), Body: decided(number, p.Decision, "", "")},
			{Refs: About(number), Body: &referencev1.TermSet{RequestNumber: number, DueOn: duties[0].GetDueOn(), Duties: duties}},
		}, nil
	}
}

func checkSubmission(q *referencev1.RegisterRequestRequest, today civil.Date) error {
	if err := request.OneOf("language", q.GetLanguage(), request.Languages...); err != nil {
		return err
	}
	if err := request.OneOf("delivery", q.GetDelivery(), request.Deliveries...); err != nil {
		return err
	}
	s := q.GetSubmission()
	if err := Applicant(s.GetApplicant()).Check(today); err != nil {
		return err
	}
	if err := request.Needed("text", s.GetText(), request.MaxText); err != nil {
		return err
	}
	if err := request.Text("hints", s.GetHints(), request.MaxHints); err != nil {
		return err
	}
	return request.Text("period", s.GetPeriod(), request.MaxPeriod)
}

var sameRegime = fault.Define(fault.Conflict, "reference.regime.same",
	"request {number} is {regime} already; nothing was changed",
	"запрос {number} уже рассматривается в порядке {regime}; ничего не изменено",
	"{number} сұрау салуы онсыз да {regime} тәртібімен қаралуда; ештеңе өзгерген жоқ")

// DecideRegime decides the regime anew with its ground; the dates follow by the rules in force
// on the day of registration.
func (r *Rules) DecideRegime(q *referencev1.DecideRegimeRequest) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		row, err := Request(v, q.GetNumber())
		if err != nil {
			return nil, err
		}
		s := row.GetSummary()
		if err := request.State(s.GetState()).In(s.GetNumber(), request.Registered, request.Assigned, request.Drafted); err != nil {
			return nil, err
		}
		if x := row.GetExtension(); x != nil {
			return nil, term.Twice.With("due", x.GetDueOn())
		}
		if err := request.Needed("ground", q.GetGround(), request.MaxReason); err != nil {
			return nil, err
		}
		facts := regime.Facts{Topic: regime.Topic(s.GetTopic()), Wish: regime.Wish(s.GetWish())}
		d, err := regime.Change(facts, regime.Regime(q.GetRegime()))
		if err != nil {
			return nil, err
		}
		if string(d.Regime) == s.GetRegime() {
			return nil, sameRegime.With("number", s.GetNumber(), "regime", s.GetRegime())
		}
		list, err := r.Law.Duties(d.Regime, day(s.GetReceivedOn()), day(s.GetRegisteredOn()))
		if err != nil {
			return nil, err
		}
		duties := Duties(list, r.Law.Calendar)
		return []base.Event{
			{Refs: About(s.GetNumber()), Body: decided(s.GetNumber(), d, s.GetRegime(), q.GetGround())},
			{Refs: About(s.GetNumber()), Body: &referencev1.TermSet{
				RequestNumber: s.GetNumber(), DueOn: duties[0].GetDueOn(), Duties: duties, Before: s.GetDueOn(),
			}},
		}, nil
	}
}

// OralAnswer records an answer on the spot (AI-11.4); topic is one of its ten.
func OralAnswer(q *referencev1.RecordOralAnswerRequest) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		if q.GetTopic() < 1 || q.GetTopic() > 10 {
			return nil, request.BadWord.With("field", "topic", "value", q.GetTopic(), "known", "1 … 10")
		}
		if err := request.OneOf("language", q.GetLanguage(), request.Languages...); err != nil {
			return nil, err
		}
		if err := request.Needed("post", q.GetPost(), request.MaxField); err != nil {
			return nil, err
		}
		today := civil.Of(now)
		number := request.Number{Year: today.Year, N: counter(v, yearKey("oral", today.Year)) + 1}.String()
		return []base.Event{{
			Refs: oralRefs(number),
			Body: &referencev1.OralAnswerGiven{
				Number: number, Topic: q.GetTopic(), AnsweredOn: today.String(), Post: q.GetPost(), Language: q.GetLanguage(),
			},
		}}, nil
	}
}
