package insurance

import (
	"net/url"
	"strconv"
	"strings"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

type copyPage struct {
	copyRow
	Files     []fileRow
	MoreFiles bool
	Checks    []checkRow
	Damages   []damageRow
	Keeps     bool // may order, retry, record
	// Act is the address of the act of deaccession with which the content left; "" where it has not.
	Act string
}

type fileRow struct {
	*insurancev1.CopiedFile
	Size   string
	Digest string // its beginning
}

type checkRow struct {
	*insurancev1.Check
	Read string
}

type damageRow struct {
	*insurancev1.Damage
	Class string // of its badge
}

// damages says of each damage what became of it.
func damages(list []*insurancev1.Damage) []damageRow {
	out := make([]damageRow, len(list))
	for i, d := range list {
		out[i] = damageRow{d, "soon"}
		switch {
		case d.GetLeftBy() != "":
			out[i].Class = ""
		case d.GetBeyondRepair():
			out[i].Class = "late"
		case d.GetRestoredAt() != nil:
			out[i].Class = "good"
		}
	}
	return out
}

func showCopy(r *web.Request) (any, error) {
	c, err := service(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetCopy(r.Context(), &insurancev1.GetCopyRequest{CopyId: r.PathValue("copy")})
	if err != nil {
		return nil, err
	}
	one := res.GetCopy()
	p := copyPage{copyRow: newRow(r, one), MoreFiles: res.GetMoreFiles(), Keeps: r.Person.Identity.Has(monitor.Archivist) && one.GetLeftBy() == ""}
	if accession, count, found := strings.Cut(one.GetLeftBy(), "/"); found {
		p.Act = "/accessions/" + url.PathEscape(accession) + "/deaccessions/" + url.PathEscape(count)
	}
	for _, f := range res.GetFiles() {
		p.Files = append(p.Files, fileRow{f, web.Size(r.Lang, f.GetSize()), f.GetSha512()[:min(16, len(f.GetSha512()))]})
	}
	for _, one := range res.GetChecks() {
		p.Checks = append(p.Checks, checkRow{one, web.Size(r.Lang, one.GetBytes())})
	}
	p.Damages = damages(res.GetDamages())
	return p, nil
}

// changeCopy tries a failed copy again, or enters a microform in the register of the fund.
func changeCopy(r *web.Request) (web.Redirect, error) {
	c, err := service(r)
	if err != nil {
		return "", err
	}
	id := r.PathValue("copy")
	switch r.Field("do") {
	case "retry":
		if _, err := c.RetryCopy(r.Context(), &insurancev1.RetryCopyRequest{CommandId: r.Field("command"), CopyId: id}); err != nil {
			return "", err
		}
		return web.Done(copyAddress(id), "done.insurance.retried"), nil
	case "microform":
		return recordMicroform(r, c, id)
	}
	return web.Stay, nil
}

func recordMicroform(r *web.Request, c insurancev1.InsuranceServiceClient, id string) (web.Redirect, error) {
	m := &insurancev1.Microform{Kind: r.Field("kind"), Roll: r.Field("roll"), MadeOn: r.Field("made_on"), Place: r.Field("place")}
	for _, field := range []string{"roll", "made_on", "place"} {
		if r.Field(field) == "" {
			r.Wrong(field, "insurance.need.filled")
		}
	}
	m.FrameFrom, m.FrameTo = frame(r, "frame_from"), frame(r, "frame_to")
	if !r.OK() {
		return web.Stay, nil
	}
	if _, err := c.RecordMicroform(r.Context(), &insurancev1.RecordMicroformRequest{CommandId: r.Field("command"), CopyId: id, Microform: m}); err != nil {
		return "", err
	}
	return web.Done(copyAddress(id), "done.insurance.microform"), nil
}

func frame(r *web.Request, field string) uint32 {
	n, err := strconv.ParseUint(r.Field(field), 10, 32)
	if err != nil || n == 0 {
		r.Wrong(field, "insurance.need.number")
	}
	return uint32(n)
}

type registerPage struct {
	Lines []registerLine
	Next  string
}

type registerLine struct {
	*insurancev1.RegisterLine
	Address, Size string
}

// register is the accession register of the fund, by number.
func register(r *web.Request) (any, error) {
	c, err := service(r)
	if err != nil {
		return nil, err
	}
	after, err := strconv.ParseUint("0"+r.URL.Query().Get("after"), 10, 32)
	if err != nil {
		after = 0 // no number: from the beginning
	}
	res, err := c.ListRegister(r.Context(), &insurancev1.ListRegisterRequest{After: uint32(after), Limit: listed})
	if err != nil {
		return nil, err
	}
	p := registerPage{}
	for _, l := range res.GetLines() {
		p.Lines = append(p.Lines, registerLine{l, copyAddress(l.GetCopyId()), web.Size(r.Lang, l.GetBytes())})
	}
	if n := len(p.Lines); res.GetMore() && n > 0 {
		p.Next = "/insurance/register?after=" + url.QueryEscape(strconv.FormatUint(uint64(p.Lines[n-1].GetNumber()), 10))
	}
	return p, nil
}
