package handover

import (
	"net/url"
	"strconv"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// shown is how many rows a page lists.
const shown = 100

type listingPage struct {
	*intakev1.Transfer
	Home  string
	Staff bool
	Files []*recordv1.File // this page
	Next  string
	Count uint32 // rows so far
	Words string
	// Closed are files of the department that it still has and may hand over now, as retention knows them: closed ones that stand in no
	// inventory yet, and those of approved inventories whose term has not come.
	Closed []*retentionv1.DepartmentFile
}

// listing is where the rows of an announced transfer are entered.
func listing(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetTransfer(r.Context(), &intakev1.GetTransferRequest{
		TransferId: r.PathValue("id"), After: Number(r.URL.Query().Get("after")), Limit: shown,
	})
	if err != nil {
		return nil, err
	}
	p := listingPage{Transfer: res.GetTransfer(), Home: Home(r, r.PathValue("id")), Staff: staff(r), Files: res.GetFiles()}
	if p.GetState() != "announced" {
		return web.Redirect(p.Home), nil
	}
	if n := len(p.Files); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(p.Files[n-1].GetPosition()), 10)
	}
	if p.Count, _, err = listed(r, c); err != nil {
		return nil, err
	}
	p.Words = Words(r.Lang, uint64(p.Count))
	if !p.Staff {
		p.Closed, err = closed(r)
	}
	return p, err
}

// listed is how many rows the inventory has so far, and which registered files they name.
func listed(r *web.Request, c intakev1.IntakeServiceClient) (n uint32, named map[string]bool, err error) {
	named = map[string]bool{}
	for {
		res, err := c.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: r.PathValue("id"), After: n, Limit: bounded})
		if err != nil {
			return 0, nil, err
		}
		for _, f := range res.GetFiles() {
			n = f.GetPosition()
			if f.GetSourceId() != "" {
				named[f.GetSourceId()] = true
			}
		}
		if !res.GetMore() || len(res.GetFiles()) == 0 {
			return n, named, nil
		}
	}
}

// recognised gives pasted rows the registered files that retention takes them for, so that their acceptance ends the duty for these; a file
// that an earlier row names already is not given again. A giver that has no register in the archive has no such files.
func recognised(r *web.Request, c intakev1.IntakeServiceClient, rows []*recordv1.File, named map[string]bool) error {
	res, err := c.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: r.PathValue("id"), Limit: 1})
	if err != nil {
		return err
	}
	conn, err := r.Conn("retention")
	if err != nil {
		return err
	}
	known, err := retentionv1.NewRetentionServiceClient(conn).RecogniseFiles(r.Context(), &retentionv1.RecogniseFilesRequest{
		OrganisationId: res.GetTransfer().GetOrganisation().GetId(), Rows: rows,
	})
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	for i, id := range known.GetFileIds() {
		if i < len(rows) && !named[id] {
			rows[i].SourceId = id
		}
	}
	return nil
}

// closed are the clerk's files that have not fallen due; of each state at most so many as a page lists.
func closed(r *web.Request) ([]*retentionv1.DepartmentFile, error) {
	conn, err := r.Conn("retention")
	if err != nil {
		return nil, err
	}
	var all []*retentionv1.DepartmentFile
	for _, state := range []string{"closed", "listed"} {
		res, err := retentionv1.NewRetentionServiceClient(conn).ListFiles(r.Context(), &retentionv1.ListFilesRequest{
			OrganisationId: r.Person.Identity.Organisation, State: state, Limit: shown,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, res.GetFiles()...)
	}
	return all, nil
}

// list adds rows, pasted or chosen, or ends them.
func list(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	id := r.PathValue("id")
	here := "/transfers/" + url.PathEscape(id) + "/inventory"
	if r.Field("do") == "seal" {
		_, err := c.SealInventory(r.Context(), &intakev1.SealInventoryRequest{CommandId: r.Field("command"), TransferId: id, Rows: Number(r.Field("count"))})
		return web.Done(Home(r, id), "done.hand.sealed"), err
	}
	after, named, err := listed(r, c)
	if err != nil {
		return "", err
	}
	rows, err := typed(r, after)
	if err != nil || !r.OK() {
		return web.Stay, err
	}
	if r.Field("do") != "choose" {
		if err := recognised(r, c, rows, named); err != nil {
			return "", err
		}
	}
	_, err = c.ListRows(r.Context(), &intakev1.ListRowsRequest{CommandId: r.Field("command"), TransferId: id, Files: rows})
	return web.Done(here, "done.hand.listed"), err
}

// typed are the rows that were pasted, or the department's files that were chosen.
func typed(r *web.Request, after uint32) ([]*recordv1.File, error) {
	if r.Field("do") != "choose" {
		l := fault.Russian
		if r.Field("language") == "kk" {
			l = fault.Kazakh
		}
		rows, err := ParseRows(r.PostFormValue("rows"), after, l)
		if err != nil {
			r.WrongFault("rows", err)
		} else if len(rows) == 0 {
			r.Wrong("rows", "hand.need.rows")
		}
		return rows, nil
	}
	known, err := closed(r)
	if err != nil {
		return nil, err
	}
	var rows []*recordv1.File
	for _, k := range known {
		for _, chosen := range r.PostForm["file"] {
			f := k.GetFile()
			if chosen != f.GetId() {
				continue
			}
			rows = append(rows, &recordv1.File{
				Position: after + uint32(len(rows)) + 1, Index: f.GetIndex(), Title: f.GetTitle(), DateFrom: f.GetDateFrom(), DateTo: f.GetDateTo(),
				Leaves: f.GetLeaves(), Term: f.GetTerm(), Article: f.GetArticle(), Label: f.GetLabel(), EspeciallyValuable: f.GetEspeciallyValuable(),
				SourceId: f.GetId(), // by which retention knows that it was handed over
			})
		}
	}
	if len(rows) == 0 {
		r.Wrong("file", "hand.need.file")
	}
	return rows, nil
}
