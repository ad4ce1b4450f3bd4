package admin

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

// gib is the unit in which limits are typed and shown.
const gib = 1 << 30

// uploadsPage is how much may be on its way to the archive, by organisation and day.
type uploadsPage struct {
	Limits        []limitRow
	Organisations []web.Option
	Today         string
	// Now are the limits of every department without its own, with which a new edition begins.
	Now *intakev1.UploadLimitsSet
}

type limitRow struct {
	*intakev1.UploadLimitsSet
	Organisation string // its name; empty where they hold for all
	State        string // in_force, later or over
}

// GiB is a number of bytes in GiB, without a fraction where there is none.
func (uploadsPage) GiB(bytes uint64) string {
	return strconv.FormatFloat(float64(bytes)/gib, 'f', -1, 64)
}

func intakeOf(r *web.Request) (intakev1.IntakeServiceClient, error) {
	conn, err := r.Conn("intake")
	if err != nil {
		return nil, err
	}
	return intakev1.NewIntakeServiceClient(conn), nil
}

func uploads(r *web.Request) (any, error) {
	c, err := intakeOf(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListUploadLimits(r.Context(), &intakev1.ListUploadLimitsRequest{})
	if err != nil {
		return nil, err
	}
	p := uploadsPage{Today: civil.Of(r.Now()).String(), Now: new(intakev1.UploadLimitsSet), Organisations: []web.Option{{Label: r.T("uploads.all")}}}
	names := map[string]string{}
	for _, o := range organisations(r) {
		names[o.GetId()] = cmp.Or(web.In(r.Lang, o.GetName()), o.GetId())
		p.Organisations = append(p.Organisations, web.Option{Value: o.GetId(), Label: names[o.GetId()]})
	}
	list := res.GetLimits()
	// The latest first; those for all before those of one organisation. What stands later in the list replaces
	// an edition of the same day.
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b *intakev1.UploadLimitsSet) int {
		return cmp.Or(cmp.Compare(a.GetOrganisationId(), b.GetOrganisationId()), cmp.Compare(b.GetFrom(), a.GetFrom()))
	})
	found := map[string]bool{}
	for _, l := range list {
		row := limitRow{UploadLimitsSet: l, State: "over"}
		if l.GetOrganisationId() != "" {
			row.Organisation = cmp.Or(names[l.GetOrganisationId()], l.GetOrganisationId())
		}
		switch {
		case l.GetFrom() > p.Today:
			row.State = "later"
		case !found[l.GetOrganisationId()]:
			row.State, found[l.GetOrganisationId()] = "in_force", true
			if l.GetOrganisationId() == "" {
				p.Now = l
			}
		}
		p.Limits = append(p.Limits, row)
	}
	return p, nil
}

// setUploads lets other limits hold from a day on.
func setUploads(r *web.Request) (web.Redirect, error) {
	l := &intakev1.UploadLimitsSet{
		OrganisationId: r.Field("organisation"), From: r.Field("from"),
	}
	// In the order of the form, which is that of the summary on top.
	if _, err := civil.Parse(l.GetFrom()); err != nil {
		r.Wrong("from", "uploads.wrong.from")
	}
	l.TransferBytes, l.TransferFiles = bytesIn(r, "transfer"), filesIn(r, "transfer")
	l.DepartmentBytes, l.DepartmentFiles = bytesIn(r, "department"), filesIn(r, "department")
	if l.KeepDays = countIn(r, "keep_days"); l.GetKeepDays() == 0 || l.GetKeepDays() > 365 {
		r.Wrong("keep_days", "uploads.wrong.days")
	}
	if !r.OK() {
		return web.Stay, nil
	}
	c, err := intakeOf(r)
	if err != nil {
		return "", err
	}
	_, err = c.SetUploadLimits(r.Context(), &intakev1.SetUploadLimitsRequest{CommandId: r.Field("command"), Limits: l})
	return web.Done("/admin/uploads", "done.uploads"), err
}

// Told is a number of bytes as the table says it: GiB to the thousandth, and what is less than a hundredth of one in the unit that fits.
func (uploadsPage) Told(v web.View, bytes uint64) string {
	n := float64(bytes) / gib
	if n < 0.01 {
		return v.Size(bytes)
	}
	return numeral.Decimal(n, 3, v.Lang) + "\u00a0" + v.T("uploads.gib")
}

// bytesIn reads a number of GiB, whole or with a fraction, as bytes; what nobody could mean is wrong. of is the group of fields, by
// which the summary tells one wrong number from another.
func bytesIn(r *web.Request, of string) uint64 {
	field := of + "_gib"
	n, err := strconv.ParseFloat(strings.NewReplacer(",", ".", " ", "", "\u00a0", "").Replace(r.Field(field)), 64)
	if err != nil || !(n*gib >= 1 && n*gib <= 1<<62) {
		r.Wrong(field, "uploads.wrong.gib", "of", r.T("uploads."+of))
		return 0
	}
	return uint64(n * gib)
}

// filesIn reads a number of files.
func filesIn(r *web.Request, of string) uint32 {
	n := countIn(r, of+"_files")
	if n == 0 {
		r.Wrong(of+"_files", "uploads.wrong.count", "of", r.T("uploads."+of))
	}
	return n
}

// countIn reads a whole number; 0 is none.
func countIn(r *web.Request, field string) uint32 {
	n, err := strconv.ParseUint(strings.NewReplacer(" ", "", "\u00a0", "").Replace(r.Field(field)), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
