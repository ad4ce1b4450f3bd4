// Package citizen is the face for those who come once: the first page with its four tasks, the
// request in four screens, the request behind its secret link, the check of a paper, the help.
// Nothing needs an account or JavaScript, and nothing that was typed is kept before it is sent.
package citizen

import (
	"embed"
	"time"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

//go:embed templates texts.json
var files embed.FS

// Add adds the pages to a site.
func Add(s *web.Site) error {
	if err := s.Area(files); err != nil {
		return err
	}
	s.Words("ground", "ground.")
	s.Nav("/request", "nav.request", nil)
	s.Nav("/help", "nav.help", nil)
	s.Page("/{$}", "home", nil, home)
	s.Page("/help", "help", nil, func(*web.Request) (any, error) { return nil, nil })

	s.Form("/request", "request", nil, showAsk, submitAsk)
	s.Raw("GET /request/fonds", nil, suggest)

	s.Form("/follow", "follow", nil, showFollow, submitFollow)
	s.Page("/r/{number}", "timeline", nil, showTimeline)
	s.Page("/r/{number}/receipt", "receipt", nil, showReceipt)
	s.Form("/r/{number}/clarify", "clarify", nil, showOpen, submitClarify)
	s.Form("/r/{number}/complain", "complain", nil, showOpen, submitComplain)
	s.Form("/r/{number}/withdraw", "withdraw", nil, showOpen, submitWithdraw)
	s.Act("/r/{number}/forget", nil, forget)
	s.Raw("GET /r/{number}/answer", nil, answer)

	s.Page("/verify", "verify", nil, showVerify)
	s.Page("/verify/{number}", "verdict", nil, verifyNumber)
	s.Page("/verify/file", "verdict", nil, func(*web.Request) (any, error) { return web.Redirect("/verify"), nil })
	s.Upload("/verify/file", "verdict", nil, maxUpload+64<<10, verifyFile)
	// Secrets and papers are guessed at, and a form can be sent by a machine.
	for pattern, rate := range map[string]web.Rate{
		"POST /follow": {Burst: 10, Every: 6 * time.Second}, "GET /r/{number}": {Burst: 60, Every: time.Second},
		"GET /r/{number}/receipt": {Burst: 60, Every: time.Second}, "GET /r/{number}/answer": {Burst: 20, Every: 3 * time.Second},
		"GET /verify/{number}": {Burst: 30, Every: 2 * time.Second}, "POST /verify/file": {Burst: 10, Every: 6 * time.Second},
		"POST /request": {Burst: 60, Every: time.Second}, "GET /request/fonds": {Burst: 60, Every: time.Second / 2},
	} {
		s.Limit(pattern, rate)
	}
	return nil
}

func reference(r *web.Request) (referencev1.ReferenceServiceClient, error) {
	conn, err := r.Conn("reference")
	if err != nil {
		return nil, err
	}
	return referencev1.NewReferenceServiceClient(conn), nil
}

func catalogue(r *web.Request) (cataloguev1.CatalogueServiceClient, error) {
	conn, err := r.Conn("catalogue")
	if err != nil {
		return nil, err
	}
	return cataloguev1.NewCatalogueServiceClient(conn), nil
}

type homePage struct {
	Tasks []task
	Fonds []*cataloguev1.Fonds
	More  bool
}

// task is one of the four things that people come for.
type task struct{ Key, Address string }

func home(r *web.Request) (any, error) {
	c, err := catalogue(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListFonds(r.Context(), &cataloguev1.ListFondsRequest{Limit: 10})
	if err != nil {
		return nil, err
	}
	return homePage{
		Tasks: []task{{"find", "/fonds"}, {"request", "/request"}, {"follow", "/follow"}, {"verify", "/verify"}},
		Fonds: res.GetFonds(), More: res.GetMore(),
	}, nil
}
