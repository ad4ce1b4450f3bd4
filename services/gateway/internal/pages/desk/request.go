package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// requestPage is one request beside the work on its answer.
type requestPage struct {
	*referencev1.GetRequestResponse
	confirmers

	Row   row
	Draft draft
	Mark  string // of the draft as the service keeps it
	Dirty bool   // the form has what the service has not
	Saved *referencev1.Draft
	Paper *referencev1.Paper // the newest
	// The form's facts with every finding as a box to tick.
	Facts   []factForm
	Found   *searched
	Signers []web.Option
	// What may be done now.
	Open, Works, Heads bool
	// Colleagues are the accounts that the head may give the request to, and Worker is whoever has it.
	Colleagues     []web.Option
	Worker         string
	MayExtend      string // ground that the regime allows; empty where none does
	Kinds, Grounds []web.Option
	Languages      []web.Option
}

// Shown is what a draft that is not worked on any more says.
func (p requestPage) Shown() *referencev1.AnswerContent { return p.Saved.GetContent() }

// Confirms is what the box of a finding's leaves confirms.
func (requestPage) Confirms(code, leaves string) string {
	return where(strings.TrimSpace(code), strings.TrimSpace(leaves))
}

// Cited is the citation of a finding.
func (p requestPage) Cited(finding uint32) string { return cited(p.GetFindings(), finding) }

func cited(list []*referencev1.Finding, finding uint32) string {
	for _, f := range list {
		if f.GetFinding() == finding {
			return f.GetCitation()
		}
	}
	return "?"
}

type factForm struct {
	fact
	N, Place int
	First    bool
	Last     bool
	Boxes    []box
}

type box struct {
	Finding  uint32
	Citation string
	Ticked   bool
}

// searched is what the catalogue found beside the draft.
type searched struct {
	Query string
	Total uint64
	Hits  []*cataloguev1.Hit
}

// found is how many hits are shown beside the draft.
const found = 10

func showRequest(r *web.Request) (any, error) {
	r.Private()
	r.Keep("work")
	if r.Carry == nil && r.Method == http.MethodPost && r.Field("facts") != "" {
		r.Carry = readDraft(r.PostForm) // the language was changed
	}
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetRequest(r.Context(), &referencev1.GetRequestRequest{Number: r.PathValue("number")})
	if err != nil {
		return nil, err
	}
	s := res.GetRequest()
	p := requestPage{GetRequestResponse: res, confirmers: confirmersOf(r, res.GetFindings()), Row: newRow(r, s), Heads: r.Person.Identity.Has(monitor.Head)}
	p.Open = s.GetState() != "closed"
	p.Works = slices.Contains([]string{"registered", "assigned", "drafted"}, s.GetState())
	if !s.GetExtended() && p.Open {
		p.MayExtend = map[string]string{"information": "other_holders", "archival": "several_organisations"}[s.GetRegime()]
	}
	p.who(r)
	if len(res.GetDrafts()) > 0 {
		p.Saved = res.GetDrafts()[0]
	}
	if len(res.GetPapers()) > 0 {
		p.Paper = res.GetPapers()[0]
	}
	p.draft(r, res)
	if p.Works {
		if err := p.search(r); err != nil {
			return nil, err
		}
		if err := p.signers(r, c); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *requestPage) who(r *web.Request) {
	if p.Heads {
		p.Colleagues = accountsOf(r, monitor.Archivist, monitor.Head)
	}
	p.Worker = workerOf(r, p.Row.GetAssignee(), p.Colleagues)
	if len(p.Colleagues) > 0 {
		p.Colleagues = slices.Insert(p.Colleagues, 0, web.Option{Label: "–"}) // nobody is proposed
	}
}

// draft is the form as it was sent, or the newest saved version.
func (p *requestPage) draft(r *web.Request, res *referencev1.GetRequestResponse) {
	kept := newDraft(p.Saved)
	if p.Saved == nil {
		kept = firstDraft(res.GetRequest())
	}
	p.Draft, p.Mark = kept, kept.mark()
	if sent, ok := r.Carry.(draft); ok {
		p.Draft, p.Dirty = sent, sent.mark() != p.Mark
	}
	for i, f := range p.Draft.Facts {
		one := factForm{fact: f, N: i, Place: i + 1, First: i == 0, Last: i == len(p.Draft.Facts)-1}
		for _, finding := range res.GetFindings() {
			one.Boxes = append(one.Boxes, box{finding.GetFinding(), finding.GetCitation(), slices.Contains(f.Cites, finding.GetFinding())})
		}
		p.Facts = append(p.Facts, one)
	}
	p.Kinds = options(r, "desk.kind.", p.Draft.Kind, kinds...)
	p.Grounds = append([]web.Option{{Label: r.T("desk.ground.choose")}}, options(r, "desk.ground.", p.Draft.Ground, grounds...)...)
	p.Languages = options(r, "desk.language.", p.Draft.Language, languages...)
}

// firstDraft is what the form begins with: the paper that the regime usually ends in, in the
// language of the request (AI-11.12), with one empty fact.
func firstDraft(s *referencev1.RequestSummary) draft {
	d := draft{Kind: "certificate", Language: s.GetLanguage(), Facts: []fact{{}}}
	if s.GetRegime() != "archival" {
		d.Kind = "answer"
	}
	return d
}

func options(r *web.Request, prefix, chosen string, values ...string) []web.Option {
	out := make([]web.Option, len(values))
	for i, v := range values {
		out[i] = web.Option{Value: v, Label: r.T(prefix + v), Chosen: v == chosen}
	}
	return out
}

// search asks the catalogue with what stands in the box beside the draft.
func (p *requestPage) search(r *web.Request) error {
	query := r.Field("search")
	if r.Method == http.MethodGet {
		query = r.URL.Query().Get("search")
	}
	if query == "" {
		return nil
	}
	c, err := catalogue(r)
	if err != nil {
		return err
	}
	res, err := c.Search(r.Context(), &cataloguev1.SearchRequest{Query: query, Kind: "file", Limit: found})
	if err != nil {
		return err
	}
	p.Found = &searched{Query: query, Total: res.GetTotal(), Hits: res.GetHits()}
	return nil
}

// signers lists who may sign, for the head to be chosen.
func (p *requestPage) signers(r *web.Request, c referencev1.ReferenceServiceClient) error {
	res, err := c.ListSigners(r.Context(), &referencev1.ListSignersRequest{})
	if err != nil {
		return err
	}
	for _, s := range res.GetSigners() {
		if s.GetState() == "enrolled" {
			label := web.In(r.Lang, s.GetName())
			if post := web.In(r.Lang, s.GetPost()); post != "" {
				label += ", " + post
			}
			p.Signers = append(p.Signers, web.Option{Value: s.GetAccount(), Label: label, Chosen: s.GetAccount() == r.Field("signer")})
		}
	}
	return nil
}

// paper sends the printed draft, as it lies or lay before the head.
func paper(w http.ResponseWriter, r *web.Request) error {
	c, err := reference(r)
	if err != nil {
		return err
	}
	res, err := c.GetDraftPDF(r.Context(), &referencev1.GetDraftPDFRequest{Number: r.PathValue("number"), CertificateNumber: r.URL.Query().Get("paper")})
	if err != nil {
		return err
	}
	return pdf(w, res.GetPaper().GetCertificateNumber(), res.GetPdf())
}

// answer sends the signed paper.
func answer(w http.ResponseWriter, r *web.Request) error {
	c, err := reference(r)
	if err != nil {
		return err
	}
	res, err := c.GetCertificate(r.Context(), &referencev1.GetCertificateRequest{Number: r.PathValue("number"), CertificateNumber: r.URL.Query().Get("paper")})
	if err != nil {
		return err
	}
	return pdf(w, res.GetCertificateNumber(), res.GetPdf())
}

var noPaper = fault.Define(fault.NotFound, "gateway.desk.no_paper",
	"there is no such paper yet; submit the draft for signature first",
	"такого документа ещё нет; сначала отправьте проект на подпись",
	"мұндай құжат әлі жоқ; алдымен жобаны қол қоюға жіберіңіз")

// pdf sends a paper that concerns a person: no cache keeps it.
func pdf(w http.ResponseWriter, name string, content []byte) error {
	if len(content) == 0 {
		return noPaper.With()
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", `inline; filename="`+fileName(name)+`.pdf"`)
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(content)
	if err != nil {
		return nil //nolint:nilerr // the reader went away; nothing can be said any more
	}
	return nil
}

// fileName keeps digits, letters and dashes: the name stands in a header.
func fileName(s string) string {
	out := make([]rune, 0, len(s))
	for _, c := range s {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return "paper"
	}
	return string(out)
}
