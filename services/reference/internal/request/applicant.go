package request

import (
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

// Applicant is who asks (AI-11.5, AI-11.8).
type Applicant struct {
	Surname, GivenName, Patronymic, FormerSurname, IIN, BirthDate string
	Address, Email, Phone                                         string
	OnBehalfOf, Authority                                         string
	Organisation, BIN, OutgoingNumber, OutgoingDate               string
	SignatoryName, SignatoryPost                                  string
}

// ForOrganisation tells whether a legal entity asks.
func (a Applicant) ForOrganisation() bool { return strings.TrimSpace(a.Organisation) != "" }

// Check refuses what cannot be right whatever the regime. Errors: Anonymous (AI-11.7), TooLong,
// BadText, BadIIN, civil.BadDate, BadDay.
func (a Applicant) Check(today civil.Date) error {
	if !a.ForOrganisation() && (strings.TrimSpace(a.Surname) == "" || strings.TrimSpace(a.GivenName) == "") {
		return Anonymous.With()
	}
	for _, f := range []struct{ name, value string }{
		{"surname", a.Surname},
		{"given_name", a.GivenName},
		{"patronymic", a.Patronymic},
		{"former_surname", a.FormerSurname},
		{"address", a.Address},
		{"email", a.Email},
		{"phone", a.Phone},
		{"on_behalf_of", a.OnBehalfOf},
		{"authority", a.Authority},
		{"organisation_name", a.Organisation},
		{"outgoing_number", a.OutgoingNumber},
		{"signatory_name", a.SignatoryName},
		{"signatory_post", a.SignatoryPost},
	} {
		if err := Text(f.name, f.value, MaxField); err != nil {
			return err
		}
	}
	if err := a.CheckNumbers(); err != nil {
		return err
	}
	for _, f := range []struct{ name, value string }{{"birth_date", a.BirthDate}, {"outgoing_date", a.OutgoingDate}} {
		if f.value == "" {
			continue
		}
		if err := Between(f.name, f.value, civil.Date{Year: 1850, Month: 1, Day: 1}, today); err != nil {
			return err
		}
	}
	return nil
}

// CheckNumbers refuses identification numbers that were copied wrongly. Error: BadIIN.
func (a Applicant) CheckNumbers() error {
	if a.IIN != "" && !checkDigit(a.IIN) {
		return BadIIN.With("field", "iin")
	}
	if a.BIN != "" && !checkDigit(a.BIN) {
		return BadIIN.With("field", "bin")
	}
	return nil
}

// Between checks a civil date within two days, both included. Errors: civil.BadDate, BadDay.
func Between(field, value string, from, to civil.Date) error {
	d, err := civil.Parse(value)
	if err != nil {
		return err
	}
	if d.Before(from) || d.After(to) {
		return BadDay.With("field", field, "day", d, "from", from, "to", to)
	}
	return nil
}

// checkDigit tells whether 12 digits end with the check digit of an IIN or a BIN: the weighted
// sum modulo 11, and with the weights moved by two where that gives 10.
func checkDigit(s string) bool {
	if len(s) != 12 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	for shift := range 2 {
		sum := 0
		for i := range 11 {
			sum += int(s[i]-'0') * ((i+2*shift)%11 + 1)
		}
		if r := sum % 11; r < 10 {
			return r == int(s[11]-'0')
		}
	}
	return false // such a number is never given
}

// Lack is something that a regime asks for and that was not given. The request is registered all
// the same (AI-11.7): whoever works on it asks for it.
type Lack struct {
	Field, Requirement string
	Words              worktime.Text
}

// Lacks lists what is still wanting under a regime: AI-11.5 for requests for information,
// authority of a representative (AI-11.8), a way to answer.
func (a Applicant) Lacks(r regime.Regime) []Lack {
	var out []Lack
	need := func(field, value, requirement string, words worktime.Text) {
		if strings.TrimSpace(value) == "" {
			out = append(out, Lack{field, requirement, words})
		}
	}
	if r == regime.Information && a.ForOrganisation() {
		need("bin", a.BIN, "AI-11.5", worktime.Text{KK: "БСН", RU: "БИН", EN: "business identification number (BIN)"})
		need("outgoing_number", a.OutgoingNumber, "AI-11.5", worktime.Text{KK: "хаттың шығыс нөмірі", RU: "исходящий номер", EN: "outgoing number"})
		need("outgoing_date", a.OutgoingDate, "AI-11.5", worktime.Text{KK: "хаттың шығыс күні", RU: "исходящая дата", EN: "outgoing date"})
		need("signatory_name", a.SignatoryName, "AI-11.5", worktime.Text{KK: "қол қойған адамның тегі мен инициалдары", RU: "фамилия и инициалы подписавшего", EN: "surname and initials of the signatory"})
		need("signatory_post", a.SignatoryPost, "AI-11.5", worktime.Text{KK: "қол қойған адамның лауазымы", RU: "должность подписавшего", EN: "post of the signatory"})
	}
	if r == regime.Information && !a.ForOrganisation() {
		need("iin", a.IIN, "AI-11.5", worktime.Text{KK: "ЖСН", RU: "ИИН", EN: "individual identification number (IIN)"})
	}
	if r == regime.Information {
		need("phone", a.Phone, "AI-11.5", worktime.Text{KK: "телефон", RU: "телефон", EN: "phone"})
	}
	need("address", a.Address+a.Email, "AI-11.5", worktime.Text{KK: "пошталық мекенжай немесе электрондық пошта", RU: "почтовый адрес или электронная почта", EN: "postal or e-mail address"})
	if a.OnBehalfOf != "" {
		need("authority", a.Authority, "AI-11.8", worktime.Text{KK: "өкілдіктің негізі", RU: "основание представительства", EN: "authority of the representative"})
	}
	return out
}
