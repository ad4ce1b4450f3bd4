package store

import (
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/term"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

// Text is a text of the rules as events carry it.
func Text(t worktime.Text) *recordv1.Text { return &recordv1.Text{Kk: t.KK, Ru: t.RU, En: t.EN} }

// Duty is a dated duty as events carry it, with the calendar that it was counted by.
func Duty(d term.Duty, calendar *worktime.Calendar) *referencev1.Duty {
	out := &referencev1.Duty{
		Kind: string(d.Kind), DueOn: d.DueOn.String(), Edition: d.Edition.ID, Binding: d.Binding, CalendarEdition: calendar.Edition().String(),
	}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, &recordv1.DueStep{
			Rule: d.Edition.ID + " " + s.Rule.ID, LegalBasis: d.Edition.LegalBasis.RU, Basis: Text(d.Edition.LegalBasis), Verified: d.Edition.Verified && s.Verified,
			From: s.From.String(), To: s.To.String(), Words: Text(s.Words),
		})
	}
	for _, doubt := range worktime.Doubts(d.Steps) {
		out.Doubts = append(out.Doubts, Text(doubt))
	}
	return out
}

// Duties are all of them, the answer first.
func Duties(list []term.Duty, calendar *worktime.Calendar) []*referencev1.Duty {
	out := make([]*referencev1.Duty, len(list))
	for i, d := range list {
		out[i] = Duty(d, calendar)
	}
	return out
}

// Regime is a decision as answers show it, with the acts that were in force when the request was registered. Where no edition
// names them any more (another file of rules was loaded since) the decision is shown without.
func (r *Rules) Regime(b *referencev1.RegimeDecided, registered string) *referencev1.Regime {
	way := regime.Regime(b.GetRegime())
	out := &referencev1.Regime{Regime: b.GetRegime(), Name: Text(way.Name()), Explanation: b.GetExplanation(), Reasons: b.GetReasons()}
	if by, err := r.Law.Rules.Basis(way, day(registered)); err == nil {
		out.LegalBasis, out.Basis, out.Edition, out.Verified = by.Acts, Text(by.LegalBasis), by.ID, by.Verified
	}
	return out
}

// decided is a decision as an event.
func decided(number string, d regime.Decision, before, ground string) *referencev1.RegimeDecided {
	reasons := make([]string, len(d.Reasons))
	for i, r := range d.Reasons {
		reasons[i] = string(r)
	}
	return &referencev1.RegimeDecided{
		RequestNumber: number, Regime: string(d.Regime), Before: before, Reasons: reasons, Explanation: Text(d.Explain()), Ground: ground,
	}
}

// Previewed is what would be decided, as answers show it.
func (r *Rules) Previewed(p Preview) *referencev1.Regime {
	return r.Regime(decided("", p.Decision, "", ""), p.Registered.String())
}

// Facts are what the regime is decided by.
func Facts(f *referencev1.RegimeFacts) regime.Facts {
	return regime.Facts{
		Topic: regime.Topic(f.GetTopic()), Wish: regime.Wish(f.GetWish()), InProceedings: f.GetInProceedings(),
		ByMedia: f.GetByMedia(), Asked: regime.Regime(f.GetAsked()),
	}
}

// Applicant is who asks, as the rules take it.
func Applicant(a *referencev1.Applicant) request.Applicant {
	return request.Applicant{
		Surname: a.GetSurname(), GivenName: a.GetGivenName(), Patronymic: a.GetPatronymic(), FormerSurname: a.GetFormerSurname(),
		IIN: a.GetIin(), BirthDate: a.GetBirthDate(), Address: a.GetAddress(), Email: a.GetEmail(), Phone: a.GetPhone(),
		OnBehalfOf: a.GetOnBehalfOf(), Authority: a.GetAuthority(), Organisation: a.GetOrganisationName(), BIN: a.GetBin(),
		OutgoingNumber: a.GetOutgoingNumber(), OutgoingDate: a.GetOutgoingDate(),
		SignatoryName: a.GetSignatoryName(), SignatoryPost: a.GetSignatoryPost(),
	}
}

// Lacks are what is wanting, as answers show it.
func Lacks(list []request.Lack) []*referencev1.Lack {
	out := make([]*referencev1.Lack, len(list))
	for i, l := range list {
		out[i] = &referencev1.Lack{Field: l.Field, Requirement: l.Requirement, Words: Text(l.Words)}
	}
	return out
}

// day reads a day that was checked when it was written; one that cannot be read is no date.
func day(s string) civil.Date {
	d, err := civil.Parse(s)
	if err != nil {
		return civil.Date{}
	}
	return d
}
