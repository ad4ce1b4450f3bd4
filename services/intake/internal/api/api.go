// Package api answers qoyma.intake.v1.IntakeService: it translates, calls, translates.
package api

import (
	"context"
	"errors"
	"sync"
	"time"
	"unicode/utf8"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	badState = fault.Define(fault.Invalid, "intake.state",
		"there is no state “{state}”; use announced, expected, checked, returned, accepting or accepted",
		"состояния «{state}» нет; используйте announced, expected, checked, returned, accepting или accepted",
		"«{state}» күйі жоқ; announced, expected, checked, returned, accepting немесе accepted қолданыңыз")
	noAct = fault.Define(fault.NotFound, "intake.act.unknown",
		"accession {number} has no act in “{language}”; acts are in kk and ru",
		"у поступления {number} нет акта на языке «{language}»; акты составляются на kk и ru",
		"{number} түсімінің «{language}» тіліндегі актісі жоқ; актілер kk және ru тілдерінде жасалады")
	noDescription = fault.Define(fault.NotFound, "intake.description.unknown",
		"accession {number} has no act of description in “{language}”: it came with an inventory, is not described yet, or was described before acts were printed; acts are in kk and ru",
		"акта описания поступления {number} на языке «{language}» нет: оно пришло с описью, ещё не описано или описано до того, как акты стали печататься; акты составляются на kk и ru",
		"сипаттау актісі «{language}» тілінде жоқ: {number} түсімі тізімдемемен түскен, әлі сипатталмаған немесе актілер басылмай тұрған кезде сипатталған; актілер kk және ru тілдерінде жасалады")
	noBook = fault.Define(fault.NotFound, "intake.book.empty",
		"nothing was accepted in {year}, so its book has no pages; choose another year",
		"в {year} году ничего не принято, и страниц в книге за этот год нет; выберите другой год",
		"{year} жылы ештеңе қабылданбаған, бұл жылдың кітабында бет жоқ; басқа жылды таңдаңыз")
	noContent = fault.Define(fault.NotFound, "intake.content.unknown",
		"the repository has no such file; take object and path from the accession's files",
		"такого файла в хранилище нет; возьмите объект и путь из дел поступления",
		"қоймада мұндай файл жоқ; нысан мен жолды түсім істерінен алыңыз")
	badContact = fault.Define(fault.Invalid, "intake.contact",
		"say who hands over: a name, and post, phone and e-mail of at most {limit} characters each",
		"укажите, кто передаёт: имя, а также должность, телефон и почту, каждое не длиннее {limit} знаков",
		"кім тапсыратынын көрсетіңіз: аты-жөні, лауазымы, телефоны және поштасы, әрқайсысы {limit} таңбадан аспайды")
)

// Server answers the service's calls.
type Server struct {
	intakev1.UnimplementedIntakeServiceServer
	// Patience is how long a call waits for an inventory that is still arriving.
	Patience time.Duration
	// Scanner looks at each package before it is taken; nil where none is configured. It is set
	// before the first call.
	Scanner Scanner
	// Software is the program and its version, Signatures those that formats are named by, empty for the
	// built-in table: as PackageChecked records them. They are set before the first call.
	Software, Signatures string
	// Others are set before the first call.
	Others Others
	// Destroyed is called behind every durable step of a destruction; an error stops it there, as a death of the process would. nil outside
	// of tests.
	Destroyed func(Step) error

	store   *base.Store
	area    *staging.Area
	repo    *repository.Repository
	plans   *accept.Plans
	reserve uint64

	swept chan struct{} // closed once what dead uploads left is gone
	mu    sync.Mutex
	busy  map[string]*progress // transfers and packages with an upload under way

	opening  sync.Mutex // one file is held against the limits at a time
	deciding sync.Mutex // one deaccession is decided at a time
	woken    chan struct{}
}

// New makes the server. Uploads and acceptances wait until Recover has swept.
func New(plans *accept.Plans, reserve uint64) *Server {
	return &Server{
		Patience: patience, store: plans.Store, area: plans.Staging, repo: plans.Repository, plans: plans, reserve: reserve,
		swept: make(chan struct{}), busy: make(map[string]*progress), woken: make(chan struct{}, 1),
	}
}

// Recover takes away what dead uploads and prints have left, then lets new ones in. The store
// must admit commands: only then it is known which packages the journal names.
func (s *Server) Recover() error {
	keep := make(map[string]bool)
	var acts map[string]bool
	if err := s.store.View(func(v *base.View) error {
		staged, err := store.Staged(v)
		if err != nil {
			return err
		}
		for _, id := range staged {
			keep[id] = true
		}
		acts, err = store.Acts(v)
		return err
	}); err != nil {
		return err
	}
	if err := s.resumeSets(keep); err != nil {
		return err
	}
	if err := errors.Join(s.area.Sweep(keep), s.repo.Sweep(acts)); err != nil {
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

// patience is how long a call waits for rows of an inventory that are on their way, where the
// server was not told otherwise.
const patience = 5 * time.Second

// arrived waits until the inventory of a transfer has come whole: its rows follow the transfer
// within moments, and whoever sees the one may act at once. What it cannot wait for, the rules
// refuse.
func (s *Server) arrived(ctx context.Context, id string) error {
	late := time.NewTimer(s.Patience)
	defer late.Stop()
	for {
		_, changed := s.store.Wait()
		var waits bool
		if err := s.store.View(func(v *base.View) error {
			t, err := store.Transfer(v, id)
			if err != nil || t.GetState() == string(transfer.Announced) {
				return err // rows that people still send are not waited for
			}
			list, err := store.ListOf(v, id)
			waits = !list.Complete
			return err
		}); err != nil || !waits {
			return err
		}
		select {
		case <-changed:
		case <-late.C:
			return transfer.Incomplete.With("id", clip.Value(id))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func limited(asked uint32) int {
	if asked == 0 || asked > 500 {
		return 500
	}
	return int(asked)
}

func clearance(ctx context.Context) monitor.Scope {
	id, _ := monitor.From(ctx)
	return id.Clearance
}

func labelOf(l base.Label) monitor.Label { return monitor.Label{Level: l.Level, Grounds: l.Grounds} }

// ListTransfers implements IntakeService. A clerk's list is that of his department.
func (s *Server) ListTransfers(ctx context.Context, req *intakev1.ListTransfersRequest) (*intakev1.ListTransfersResponse, error) {
	known := req.GetState() == ""
	for _, state := range transfer.States() {
		known = known || req.GetState() == string(state)
	}
	if !known {
		return nil, badState.With("state", clip.Value(req.GetState()))
	}
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	res := new(intakev1.ListTransfersResponse)
	err = s.store.View(func(v *base.View) (err error) {
		if of.Only() == "" {
			res.Counts = store.Counts(v)
		}
		res.Transfers, res.More, err = store.Transfers(v, of, req.GetState(), req.GetAfter(), limited(req.GetLimit()))
		for _, t := range res.GetTransfers() {
			t.ContactNamed = store.ContactSeq(v, t.GetTransferId()) != 0
			t.AwaitsConsent = awaitsConsent(t)
		}
		return err
	})
	return res, err
}

// awaitsConsent tells whether the rule that a transfer keeps wants the head's consent, and nobody gave it.
func awaitsConsent(t *intakev1.Transfer) bool {
	rule, ok := kind.ByName(t.GetGround().GetRule())
	return ok && rule.NeedsConsent() && t.GetConsentedOn() == ""
}

// personal is the label of the person who hands over: for the staff that is cleared for
// personal data (IS-2).
var personal = monitor.Label{Level: 1, Grounds: []string{"personal"}}

// GetTransfer implements IntakeService. Rows that the reader may not see are left out.
func (s *Server) GetTransfer(ctx context.Context, req *intakev1.GetTransferRequest) (*intakev1.GetTransferResponse, error) {
	scope := clearance(ctx)
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	res := new(intakev1.GetTransferResponse)
	var named *journal.Record
	err = s.store.View(func(v *base.View) error {
		t, err := store.Mine(v, req.GetTransferId(), of)
		if err != nil {
			return err
		}
		res.Transfer, res.TakesPaper = t, store.TakesPaper(t)
		res.AsksFindings = true
		if res.UnitsCounted, err = store.CountedAtTheDoor(v, t.GetTransferId()); err != nil {
			return err
		}
		if rule, ok := kind.ByName(t.GetGround().GetRule()); ok {
			res.Kind, t.AwaitsConsent = kindOf(rule), awaitsConsent(t)
		}
		list, err := store.ListOf(v, t.GetTransferId())
		if err != nil {
			return err
		}
		if scope.Allows(labelOf(list.Label)) {
			refused, _, err := store.Findings(v, t.GetTransferId())
			if err != nil {
				return err
			}
			t.Faults = refused.GetFaults()
			if t.Warnings, err = store.Warnings(v, t.GetTransferId()); err != nil {
				return err
			}
		}
		files, more, err := store.Expected(v, t.GetTransferId(), req.GetAfter(), limited(req.GetLimit()))
		if err != nil {
			return err
		}
		res.Files, res.More = visible(scope, files), more
		if t.GetPackageId() != "" {
			if res.Contents, err = store.UnitContents(v, t.GetTransferId(), res.GetFiles()); err != nil {
				return err
			}
		}
		if seq := store.ContactSeq(v, t.GetTransferId()); seq != 0 {
			named, err = v.Entry(seq)
		}
		return err
	})
	if err == nil {
		known, later := s.known(ctx, req.GetTransferId())
		res.Transfer.Warnings, err = append(res.GetTransfer().GetWarnings(), known...), later
	}
	if err != nil || named == nil {
		return res, err
	}
	return res, s.contact(scope, named, res)
}

// contact shows who hands over to those who may see it, and nothing once it was erased.
func (s *Server) contact(scope monitor.Scope, named *journal.Record, res *intakev1.GetTransferResponse) error {
	body, err := s.store.Keys().Unseal(named)
	if errors.Is(err, journal.Erased) {
		return nil
	}
	if err != nil {
		return err
	}
	res.Transfer.ContactNamed = true
	if contact, ok := body.(*intakev1.Contact); ok && scope.Allows(personal) {
		res.Contact = contact
	}
	return nil
}

func visible(scope monitor.Scope, files []*recordv1.File) []*recordv1.File {
	var out []*recordv1.File
	for _, f := range files {
		if scope.Allows(labelOf(store.LabelOf(f.GetLabel()))) {
			out = append(out, f)
		}
	}
	return out
}

// maxField bounds a field of a contact, in characters.
const maxField = 200

// NameContact implements IntakeService.
func (s *Server) NameContact(ctx context.Context, req *intakev1.NameContactRequest) (*intakev1.NameContactResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), intakev1.IntakeService_NameContact_FullMethodName)
	if err != nil {
		return nil, err
	}
	who := req.GetContact()
	for _, field := range []string{who.GetName(), who.GetPost(), who.GetPhone(), who.GetEmail()} {
		if who.GetName() == "" || utf8.RuneCountInString(field) > maxField {
			return nil, badContact.With("limit", maxField)
		}
	}
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	c.Decide = func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := store.Mine(v, req.GetTransferId(), of)
		if err != nil {
			return nil, err
		}
		return []base.Event{{
			Refs: store.Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()),
			Body: &intakev1.ContactNamed{TransferId: t.GetTransferId()}, Sealed: who,
			SealedLabel: base.Label(personal),
		}}, nil
	}
	if _, err := s.store.Do(ctx, c); err != nil {
		return nil, err
	}
	return new(intakev1.NameContactResponse), nil
}

// AcceptTransfer implements IntakeService. Once begun it is carried to its end even if the
// caller goes away.
func (s *Server) AcceptTransfer(ctx context.Context, req *intakev1.AcceptTransferRequest) (*intakev1.AcceptTransferResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), intakev1.IntakeService_AcceptTransfer_FullMethodName)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if err := s.arrived(ctx, req.GetTransferId()); err != nil {
		return nil, err
	}
	// Its beginning too goes on when the call has run out of time: looking for the files of a large package takes longer
	// than a call may, and the acceptance would never begin.
	ctx = context.WithoutCancel(ctx)
	begun, err := s.plans.Begin(ctx, c, req.GetTransferId(), req.GetPositions())
	if err != nil {
		return nil, err
	}
	if begun.Object().ID != req.GetTransferId() {
		return nil, base.IDReused.With("command", begun.Header.GetCommand())
	}
	a, err := s.plans.Finish(ctx, begun)
	if err != nil {
		return nil, err
	}
	return &intakev1.AcceptTransferResponse{Accession: a}, nil
}

// TryAcceptance implements IntakeService. A page asks, so that nothing is waited for.
func (s *Server) TryAcceptance(_ context.Context, req *intakev1.TryAcceptanceRequest) (*intakev1.TryAcceptanceResponse, error) {
	t, err := s.plans.Try(req.GetTransferId(), req.GetPositions())
	if err != nil {
		return nil, err
	}
	return &intakev1.TryAcceptanceResponse{
		Accepted: t.Accepted, Missing: t.Missing, Returned: t.Returned,
		Unchecked: t.Left.Unchecked.Count, FirstUnchecked: t.Left.Unchecked.First,
		Unfiled: t.Left.Unfiled.Count, FirstUnfiled: t.Left.Unfiled.First,
		Uncounted: t.Uncounted, AwaitsConsent: t.AwaitsConsent,
	}, nil
}

// GetAccession implements IntakeService.
func (s *Server) GetAccession(ctx context.Context, req *intakev1.GetAccessionRequest) (*intakev1.GetAccessionResponse, error) {
	n, err := transfer.ParseNumber(req.GetAccessionNumber())
	if err != nil {
		return nil, err
	}
	scope := clearance(ctx)
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	res := new(intakev1.GetAccessionResponse)
	err = s.store.View(func(v *base.View) error {
		if res.Accession, err = store.Accession(v, n); err != nil {
			return err
		}
		if res.Accession == nil || !of.Has(res.GetAccession().GetOrganisation().GetId()) {
			return store.NoAccession.With("number", n)
		}
		files, more, err := store.Accepted(v, n, req.GetAfter(), limited(req.GetLimit()))
		for _, f := range files {
			if scope.Allows(labelOf(store.LabelOf(f.GetFile().GetLabel()))) {
				res.Files = append(res.Files, f)
			}
		}
		res.More = more
		return err
	})
	return res, err
}

// ListAccessions implements IntakeService.
func (s *Server) ListAccessions(_ context.Context, req *intakev1.ListAccessionsRequest) (*intakev1.ListAccessionsResponse, error) {
	res := new(intakev1.ListAccessionsResponse)
	if req.GetYear() > 9999 {
		return res, nil
	}
	err := s.store.View(func(v *base.View) (err error) {
		res.TotalAccessions, res.TotalUnits = store.Book(v, int(req.GetYear()))
		res.Accessions, res.More, err = store.Accessions(v, int(req.GetYear()), req.GetAfter(), limited(req.GetLimit()))
		return err
	})
	return res, err
}
