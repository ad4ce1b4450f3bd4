// Package api answers qoyma.reference.v1.ReferenceService: it translates, calls, translates.
//
// An answer to a command is made from the events that it wrote, so that a retry with the same
// command id is answered the same way; a summary of the request beside it shows the present.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/reference/internal/issue"
	"github.com/qoyma/qoyma/services/reference/internal/papers"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/secret"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

var (
	// wrongSecret is the one answer for an unknown number and a wrong secret alike.
	wrongSecret = fault.Define(fault.NotFound, "reference.secret",
		"there is no request with this number and secret; open the link from your confirmation, or ask the archive with your proof of identity",
		"запроса с таким номером и секретом нет; откройте ссылку из подтверждения или обратитесь в архив с документом, удостоверяющим личность",
		"мұндай нөмірі мен құпиясы бар сұрау салу жоқ; растаудағы сілтемені ашыңыз немесе жеке басты куәландыратын құжатпен архивке жүгініңіз")
	staffOnly = fault.Define(fault.Denied, "reference.channel.staff",
		"requests by {channel} are entered by the archive's staff; send yours through the page",
		"запросы через {channel} вносят сотрудники архива; отправьте свой через страницу",
		"{channel} арқылы келген сұрау салуларды архив қызметкерлері енгізеді; өзіңіздікін бет арқылы жіберіңіз")
	todayOnly = fault.Define(fault.Denied, "reference.received.staff",
		"a request through the page is received when it is sent; leave the day of receipt empty",
		"запрос через страницу считается полученным в момент отправки; не заполняйте день получения",
		"бет арқылы жіберілген сұрау салу жіберілген сәтте алынған болып саналады; алынған күнін бос қалдырыңыз")
	identityFirst = fault.Define(fault.Refused, "reference.identity.first",
		"the answer to request {number} is given once your identity was recorded; show the archive your document",
		"ответ на запрос {number} выдаётся после того, как установлена личность; предъявите архиву документ",
		"{number} сұрау салуына жауап жеке басыңыз анықталғаннан кейін беріледі; архивке құжатыңызды көрсетіңіз")
	draftDamaged = fault.Define(fault.Refused, "reference.paper.draft_damaged",
		"the printed file of paper {paper}, which waits for a signature, is missing or is not the one that was printed; it must not be signed: return the draft, and let the archivist submit it again",
		"напечатанный файл документа {paper}, ожидающего подписи, утрачен или не совпадает с напечатанным; подписывать его нельзя: верните проект, пусть архивист передаст его на подпись снова",
		"қол қоюды күтіп тұрған {paper} құжатының басып шығарылған файлы жоғалған немесе сәйкес емес; оған қол қоюға болмайды: жобаны қайтарыңыз, архивист оны қол қоюға қайта берсін")
	badPage = fault.Define(fault.Invalid, "reference.verify.need",
		"give the eight digits that stand beside the paper's number, or the file itself",
		"укажите восемь цифр рядом с номером документа или сам файл",
		"құжат нөмірінің қасындағы сегіз цифрды немесе файлдың өзін беріңіз")
)

// Server answers the service's calls.
type Server struct {
	referencev1.UnimplementedReferenceServiceServer
	store  *base.Store
	rules  *store.Rules
	office *issue.Office
	key    secret.Key
	now    func() time.Time
	log    *slog.Logger
	swept  chan struct{} // closed once what dead prints left is gone
	prove  func(pdf []byte) (certificate.Report, error)
	// Catalogue reaches the catalogue as whoever calls; nil where there is none.
	Catalogue func() (cataloguev1.CatalogueServiceClient, error)
	// Patience is how long a finding waits for the catalogue: whoever works on an answer with a term waits behind it.
	Patience time.Duration
}

// New makes the server. Prints wait until Recover has swept. prove is certificate.Verify with the
// archive's own keys.
func New(rules *store.Rules, office *issue.Office, prove func(pdf []byte) (certificate.Report, error), log *slog.Logger) *Server {
	return &Server{
		store: office.Store, rules: rules, office: office, key: office.Key, now: office.Now, log: log, swept: make(chan struct{}), prove: prove,
		Patience: patience,
	}
}

// failed notes what an administrator should know and the caller need not.
func (s *Server) failed(ctx context.Context, paper string, err error) {
	s.log.ErrorContext(ctx, "a signed paper cannot be completed yet", "paper", paper, "error", err)
}

// damaged notes a kept file that is gone or altered, which the administrator has to bring back, and
// passes the error on.
func (s *Server) damaged(ctx context.Context, err error) error {
	if errors.Is(err, papers.Damaged) {
		s.log.ErrorContext(ctx, "a kept paper is damaged", "error", err)
	}
	return err
}

// Recover takes away what dead prints have left, then lets new ones in. The store must admit
// commands: only then it is known which papers the journal names.
func (s *Server) Recover() error {
	if err := s.office.Sweep(); err != nil {
		return err
	}
	close(s.swept)
	return nil
}

func (s *Server) ready(ctx context.Context) error {
	select {
	case <-s.swept:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) today() civil.Date { return civil.Of(s.now()) }

// do carries a command out and reads its first event's body into one of the expected type.
func (s *Server) do(ctx context.Context, id, method string, decide base.Decide, into proto.Message) (*journal.Record, error) {
	c, err := journalapi.Command(ctx, id, method)
	if err != nil {
		return nil, err
	}
	c.Decide = decide
	records, err := s.store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if r.Is(into) {
			return r, proto.Unmarshal(r.Entry.GetBody(), into)
		}
	}
	return nil, fmt.Errorf("reference: %s wrote no such event", method)
}

// change carries a command on one request out and gives the request as it stands after it.
func (s *Server) change(ctx context.Context, id, method, number string, decide base.Decide, into interface {
	proto.Message
	GetRequestNumber() string
},
) (*referencev1.RequestSummary, error) {
	if _, err := s.do(ctx, id, method, decide, into); err != nil {
		return nil, err
	}
	if into.GetRequestNumber() != number {
		return nil, base.IDReused.With("command", method)
	}
	return s.summary(number)
}

func (s *Server) summary(number string) (*referencev1.RequestSummary, error) {
	var row *referencev1.RequestRow
	if err := s.store.View(func(v *base.View) (err error) {
		row, err = store.Request(v, number)
		return err
	}); err != nil {
		return nil, err
	}
	return store.Age(row.GetSummary(), s.today(), s.rules.Law.Calendar), nil
}

// identity is who calls.
func identity(ctx context.Context) monitor.Identity {
	id, _ := monitor.From(ctx)
	return id
}

// isStaff tells whether the caller works on requests.
func isStaff(ctx context.Context) bool {
	roles := identity(ctx).Roles
	return slices.Contains(roles, monitor.Archivist) || slices.Contains(roles, monitor.Head)
}

// cleared tells whether the caller may read personal bodies (IS-2, IS-5).
func cleared(ctx context.Context) bool {
	l := store.Personal()
	return identity(ctx).Clearance.Allows(monitor.Label{Level: l.GetLevel(), Grounds: l.GetGrounds()})
}

// noteRead records that somebody of the staff read a request's personal data (IS-6). They are not
// shown unless that is recorded.
func (s *Server) noteRead(ctx context.Context, method, number string) error {
	actor := identity(ctx).Actor
	object := journal.Ref{Type: "request", ID: number}
	return s.store.Note(ctx, actor, method, base.Event{
		Refs: []journal.Ref{object, {Type: "actor", ID: actor}},
		Body: &journalv1.RestrictedRead{Object: object.Proto(), Label: store.Personal()},
	})
}

// unseal opens an event's sealed body; nil and true where its key was destroyed lawfully.
func (s *Server) unseal(r *journal.Record) (body proto.Message, gone bool, err error) {
	if r == nil || r.Header.GetSealedKey() == 0 {
		return nil, false, nil
	}
	body, err = s.store.Keys().Unseal(r)
	if errors.Is(err, journal.Erased) {
		return nil, true, nil
	}
	return body, false, err
}

// mine reads a request for whoever holds its secret. Unknown number and wrong secret look alike.
func (s *Server) mine(number, given string) (row *referencev1.RequestRow, err error) {
	err = s.store.View(func(v *base.View) (err error) {
		row, err = store.Request(v, number)
		return err
	})
	switch {
	case errors.Is(err, request.BadNumber), errors.Is(err, store.Unknown):
		return nil, wrongSecret.With()
	case err != nil:
		return nil, err
	case !secret.Fits(given, row.GetSecretSha256()):
		return nil, wrongSecret.With()
	}
	return row, nil
}

// content is everything that was asked but the command id: what a secret is bound to.
func content(m proto.Message) ([]byte, error) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	return raw, nil
}

func bounded(asked uint32, most int) int {
	if asked == 0 || int64(asked) > int64(most) {
		return most
	}
	return int(asked)
}

// PreviewRequest implements ReferenceService. Nothing is stored.
func (s *Server) PreviewRequest(_ context.Context, q *referencev1.PreviewRequestRequest) (*referencev1.PreviewRequestResponse, error) {
	if err := request.OneOf("channel", q.GetChannel(), request.Channels()...); err != nil {
		return nil, err
	}
	p, err := s.rules.Preview(store.Facts(q.GetFacts()), q.GetReceivedOn(), s.now())
	if err != nil {
		return nil, err
	}
	channel, calendar := request.Channel(q.GetChannel()), s.rules.Law.Calendar
	signature, words := channel.Signature(p.Decision.Regime)
	res := &referencev1.PreviewRequestResponse{
		Regime: s.rules.Previewed(p), Free: true, Price: store.Text(request.Price(p.Decision.Regime)),
		DueOn: p.Duties[0].DueOn.String(), Duties: store.Duties(p.Duties, calendar), ReceivedOn: p.Received.String(),
		Received: store.Text(channel.Received()), Signature: signature, SignatureWords: store.Text(words),
	}
	res.CalendarKnown = len(res.GetDuties()[0].GetDoubts()) == 0
	if a := q.GetApplicant(); a != nil {
		who := store.Applicant(a)
		if q.GetOrganisation() && who.Organisation == "" {
			who.Organisation = "–"
		}
		if err := who.CheckNumbers(); err != nil {
			return nil, err // said while it is being written, not when it is sent
		}
		res.Lacks = store.Lacks(who.Lacks(p.Decision.Regime))
	}
	return res, nil
}

// RegisterRequest implements ReferenceService.
func (s *Server) RegisterRequest(ctx context.Context, q *referencev1.RegisterRequestRequest) (*referencev1.RegisterRequestResponse, error) {
	written := slices.DeleteFunc(request.Channels(), func(c string) bool { return c == string(request.Oral) })
	if err := request.OneOf("channel", q.GetChannel(), written...); err != nil {
		return nil, err
	}
	switch {
	case q.GetChannel() != string(request.Web) && !isStaff(ctx):
		return nil, staffOnly.With("channel", q.GetChannel())
	case q.GetReceivedOn() != "" && !isStaff(ctx):
		return nil, todayOnly.With()
	}
	asked, err := content(&referencev1.RegisterRequestRequest{
		Facts: q.GetFacts(), Channel: q.GetChannel(), Language: q.GetLanguage(), Delivery: q.GetDelivery(), Submission: q.GetSubmission(),
		ReceivedOn: q.GetReceivedOn(),
	})
	if err != nil {
		return nil, err
	}
	c, err := journalapi.Command(ctx, q.GetCommandId(), referencev1.ReferenceService_RegisterRequest_FullMethodName)
	if err != nil {
		return nil, err
	}
	link := s.key.Link(c.ID[:], asked)
	hash := secret.Hash(link)
	c.Decide = s.rules.Register(q, hash)
	records, err := s.store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	var registered referencev1.RequestRegistered
	var regime referencev1.RegimeDecided
	var dates referencev1.TermSet
	if len(records) != 3 {
		return nil, fmt.Errorf("reference: a registration wrote %d events", len(records))
	}
	for i, m := range []proto.Message{&registered, &regime, &dates} {
		if err := proto.Unmarshal(records[i].Entry.GetBody(), m); err != nil {
			return nil, fmt.Errorf("reference: event %d: %w", records[i].Seq(), err)
		}
	}
	if !secret.Fits(link, registered.GetSecretSha256()) {
		// The same id with another content, or after the key file was lost: the secret that was
		// given then cannot be given again.
		return nil, base.IDReused.With("command", c.Name)
	}
	who := store.Applicant(q.GetSubmission().GetApplicant())
	return &referencev1.RegisterRequestResponse{
		Number: registered.GetNumber(), Secret: link, ReceivedOn: registered.GetReceivedOn(), RegisteredOn: registered.GetRegisteredOn(),
		Regime: s.rules.Regime(&regime, registered.GetRegisteredOn()), DueOn: dates.GetDueOn(), Duties: dates.GetDuties(),
		Lacks:        store.Lacks(who.Lacks(regimeOf(&regime))),
		RegisteredAt: records[0].Time().In(civil.Almaty()).Format(time.RFC3339),
	}, nil
}

// RecordOralAnswer implements ReferenceService.
func (s *Server) RecordOralAnswer(ctx context.Context, q *referencev1.RecordOralAnswerRequest) (*referencev1.RecordOralAnswerResponse, error) {
	var e referencev1.OralAnswerGiven
	if _, err := s.do(ctx, q.GetCommandId(), referencev1.ReferenceService_RecordOralAnswer_FullMethodName, store.OralAnswer(q), &e); err != nil {
		return nil, err
	}
	return &referencev1.RecordOralAnswerResponse{Number: e.GetNumber(), AnsweredOn: e.GetAnsweredOn()}, nil
}

// account is the account of the caller.
func account(ctx context.Context) string {
	return strings.TrimPrefix(identity(ctx).Actor, "person:")
}
