// Package handover is where the two sides of a transfer meet: a clerk or an archivist announces what no
// term brings (AR-2, AR-3, AR-12), lists its rows, both talk about single rows, and each reads the
// numbered receipts of what went from hand to hand.
package handover

import (
	"embed"
	"net/url"
	"strconv"
	"strings"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

//go:embed templates texts.json
var files embed.FS

// Add adds the pages to a site.
func Add(s *web.Site) error {
	if err := s.Area(files); err != nil {
		return err
	}
	s.Words("kind", "hand.kind.")
	s.Words("form", "hand.form.")
	s.Words("finding", "hand.finding.")
	sides := web.Allow{monitor.Clerk, monitor.Archivist}
	s.Page("/announce", "announce", sides, kinds)
	s.Form("/announce/{kind}", "announce-kind", sides, announcing, announce)
	s.Form("/transfers/{id}/inventory", "transfer-inventory", sides, listing, list)
	s.Form("/transfers/{id}/rows/{position}", "transfer-row", sides, oneRow, speak)
	readers := web.Allow{monitor.Clerk, monitor.Archivist, monitor.Head}
	s.Page("/transfers/{id}/receipts/{number}", "transfer-receipt", readers, receipt)
	s.Raw("GET /transfers/{id}/receipts/{number}/{language}", readers, printReceipt)
	return nil
}

func intake(r *web.Request) (intakev1.IntakeServiceClient, error) {
	conn, err := r.Conn("intake")
	if err != nil {
		return nil, err
	}
	return intakev1.NewIntakeServiceClient(conn), nil
}

// staff tells whether the reader stands on the archive's side.
func staff(r *web.Request) bool {
	return r.Person.Identity.Has(monitor.Archivist) || r.Person.Identity.Has(monitor.Head)
}

// Home is the page of a transfer for the side on which the reader stands.
func Home(r *web.Request, id string) string {
	if staff(r) {
		return "/intake/" + url.PathEscape(id)
	}
	return "/dept/transfers/" + url.PathEscape(id)
}

// Words are a number in words, in the reader's language, agreeing with "дел".
func Words(l fault.Language, n uint64) string {
	return numeral.Words(int64(min(n, 1<<40)), l, numeral.Neuter, numeral.Nominative)
}

// Number reads a whole number that somebody typed; what is none counts as 0.
func Number(s string) uint32 {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// Texts reads a text typed in Kazakh and in Russian, under name_kk and name_ru.
func Texts(r *web.Request, name string) *recordv1.Text {
	return &recordv1.Text{Kk: r.Field(name + "_kk"), Ru: r.Field(name + "_ru")}
}

// bounded is how many rows one call takes.
const bounded = 500
