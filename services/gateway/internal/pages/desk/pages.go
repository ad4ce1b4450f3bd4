// Package desk is the staff's work on requests: the queue, one request with its draft, the head's
// signature, the books that are kept of it.
package desk

import (
	"embed"

	"google.golang.org/grpc"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

//go:embed templates texts.json
var files embed.FS

// Who may open what. The services decide once more what each of them may do.
var (
	staff         = web.Allow{monitor.Archivist, monitor.Head}
	archivist     = web.Allow{monitor.Archivist}
	head          = web.Allow{monitor.Head}
	administrator = web.Allow{monitor.Administrator}
)

// Add adds the pages to a site. Whoever signs here or elsewhere has the same tries.
func Add(tries *keysign.Tries) func(*web.Site) error {
	return func(s *web.Site) error {
		if err := s.Area(files); err != nil {
			return err
		}
		for argument, prefix := range map[string]string{
			"regime": "desk.regime.", "kind": "desk.kind.", "state": "desk.state.", "allowed": "desk.state.",
			"channel": "desk.channel.", "field": "desk.",
		} {
			s.Words(argument, prefix)
		}
		s.Nav("/desk", "desk.nav", staff)
		s.Nav("/approve", "desk.nav.approve", head)
		s.Nav("/books", "desk.nav.books", staff)
		s.Nav("/reports", "desk.nav.reports", head)
		s.Nav("/signers", "desk.nav.signers", administrator)

		s.Page("/desk", "desk", staff, queue)
		s.Form("/desk/register", "deskregister", archivist, showRegister, register)
		s.Form("/desk/{number}", "deskrequest", staff, showRequest, work)
		s.Raw("GET /desk/{number}/paper", staff, paper)
		s.Raw("GET /desk/{number}/answer", staff, answer)

		a := &approval{tries}
		s.Page("/approve", "approve", head, lying)
		s.Form("/approve/{number}", "approveone", head, showPaper, a.decide)
		s.Form("/signing-key", "signingkey", head, showKey, enrol)
		s.Form("/signers", "signers", administrator, showSigners, invite)
		s.Page("/reports", "reports", head, reports)

		s.Page("/books", "books", staff, nothing)
		s.Page("/books/requests", "bookrequests", staff, requestBook)
		s.Page("/books/certificates", "bookcertificates", staff, certificateBook)
		return nil
	}
}

func nothing(*web.Request) (any, error) { return nil, nil }

// service connects to a service under the identity of whoever asks.
func service[C any](r *web.Request, name string, client func(grpc.ClientConnInterface) C) (C, error) {
	conn, err := r.Conn(name)
	if err != nil {
		var none C
		return none, err
	}
	return client(conn), nil
}

func reference(r *web.Request) (referencev1.ReferenceServiceClient, error) {
	return service(r, "reference", referencev1.NewReferenceServiceClient)
}

func catalogue(r *web.Request) (cataloguev1.CatalogueServiceClient, error) {
	return service(r, "catalogue", cataloguev1.NewCatalogueServiceClient)
}

// me is the account of whoever asks, as the services name it.
func me(r *web.Request) string { return r.Person.Account }
