package issue

import (
	"strings"
	"testing"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
)

// TestCheck: what a person types is short, what the QR code holds leads to the verdict.
func TestCheck(t *testing.T) {
	o := &Office{Archive: Archive{Code: "kz-test", URL: "https://archive.example"}}
	c := o.check("2026-1-1", "48210937")
	if c.Address != "archive.example/verify" || c.Link != "https://archive.example/verify/2026-1-1?d=48210937" || c.Digits != "48210937" {
		t.Errorf("%+v", c)
	}
	o.Archive.URL = ""
	if c := o.check("2026-1-1", "48210937"); c.Address != "kz-test/verify" || c.Link != "" {
		t.Errorf("without an address: %+v", c)
	}
}

// TestAddressee: a person's name or the organisation's, then the address, within what the form takes.
func TestAddressee(t *testing.T) {
	for want, a := range map[string]*referencev1.Applicant{
		"Ойдағыева Сабира\nЖетіөзен, Тың 4": {Surname: "Ойдағыева", GivenName: " Сабира ", Address: "Жетіөзен,  Тың\n4"},
		"ТОО «Ойжан»": {OrganisationName: "ТОО «Ойжан»", Surname: "x"},
	} {
		if got := addressee(a); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	long := addressee(&referencev1.Applicant{Surname: strings.Repeat("ә", 300), GivenName: strings.Repeat("ә", 300)})
	if n := len([]rune(long)); n != maxAddressee {
		t.Errorf("%d characters", n)
	}
}
