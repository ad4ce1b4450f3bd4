// Package issue turns a draft into a paper that proves itself:
//
//	Print     the first revision, kept in the folder under its digest, then AnswerSubmitted
//	Sign      the head's signature over the statement of that digest, then CertificateSigned
//	Complete  proof and checkpoint appended, the whole kept, then CertificateCompleted
//
// The third step is a plan: the event of the second is its beginning, the call itself and the
// start of the service run the same function, and it may run again at any time.
package issue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/signing"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/reference/internal/cite"
	"github.com/qoyma/qoyma/services/reference/internal/papers"
	"github.com/qoyma/qoyma/services/reference/internal/secret"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

var (
	noAddress = fault.Define(fault.Refused, "reference.archive.address",
		"a paper names the archive and its postal address (article 11, point 14), and they are not set; the administrator starts the service with --name-kk, --name-ru, --address-kk and --address-ru",
		"в документе указываются архив и его почтовый адрес (пункт 14 статьи 11), а они не заданы; администратор запускает службу с --name-kk, --name-ru, --address-kk и --address-ru",
		"құжатта архив пен оның пошталық мекенжайы көрсетіледі (11-баптың 14-тармағы), ал олар берілмеген; әкімші қызметті --name-kk, --name-ru, --address-kk және --address-ru арқылы іске қосады")
	erased = fault.Define(fault.Refused, "reference.request.erased",
		"the personal data of request {number} were erased lawfully; no answer can be printed from it any more",
		"персональные данные запроса {number} уничтожены на законном основании; ответ по нему больше не напечатать",
		"{number} сұрау салуының дербес деректері заңды түрде жойылған; ол бойынша жауап енді басып шығарылмайды")
)

// Archive is what papers print of the holder (AI-11.14).
type Archive struct {
	Code          string
	Name, Address certificate.Text
	// URL is the public address of the pages, without a slash at its end; empty prints the code.
	URL string
}

// Step is a durable step, for the seam After.
type Step string

// The steps, in their order.
const (
	Printed   Step = "printed"
	Submitted Step = "submitted"
	Signed    Step = "signed"
	Appended  Step = "proof appended"
	Completed Step = "completed"
)

// Office prints, signs and completes.
type Office struct {
	Store   *base.Store
	Folder  *papers.Folder
	Key     secret.Key
	Archive Archive
	Now     func() time.Time
	// After is called behind every durable step; an error stops there, as a death of the process
	// would. nil outside of tests.
	After func(Step) error

	mu sync.Mutex // one completion at a time
}

func (o *Office) after(s Step) error {
	if o.After == nil {
		return nil
	}
	return o.After(s)
}

// material is what a paper is printed from.
type material struct {
	row        *referencev1.RequestRow
	signer     *referencev1.SignerRow
	content    *referencev1.AnswerContent
	submission *referencev1.Submission
	name       *referencev1.SignerName
}

// Print prints the newest draft and puts it before its signer. The file is durable before the
// event names it. Errors: those of store.ToSubmit and certificate.Draw.
func (o *Office) Print(ctx context.Context, c base.Command, number string, version uint32, account string) (*referencev1.AnswerSubmitted, error) {
	b, failed := o.print(number, version, account)
	c.Decide = func(v *base.View, now time.Time) ([]base.Event, error) {
		if failed != nil {
			return nil, failed
		}
		return store.Submit(b)(v, now)
	}
	records, err := o.Store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := o.after(Submitted); err != nil {
		return nil, err
	}
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	done, ok := body.(*referencev1.AnswerSubmitted)
	if !ok || done.GetRequestNumber() != number {
		return nil, base.IDReused.With("command", records[0].Header.GetCommand())
	}
	return done, nil
}

func (o *Office) print(number string, version uint32, account string) (*referencev1.AnswerSubmitted, error) {
	m, err := o.gather(number, version, account)
	if err != nil {
		return nil, err
	}
	paper, err := store.NextPaper(m.row)
	if err != nil {
		return nil, err
	}
	today := civil.Of(o.Now())
	digits := o.Key.Digits(paper)
	draft := m.row.GetDrafts()[version-1]
	facts, err := o.facts(m, draft, paper, digits, today)
	if err != nil {
		return nil, err
	}
	pdf, err := certificate.Draw(facts)
	if err != nil {
		return nil, err
	}
	sha, err := o.Folder.Keep(pdf)
	if err != nil {
		return nil, err
	}
	// If we crash here the print is in the folder and no event names it: the sweep takes it.
	return &referencev1.AnswerSubmitted{
		RequestNumber: number, Version: version, CertificateNumber: paper, Kind: draft.GetKind(), Language: m.content.GetLanguage(),
		Sha256: sha, Size: uint64(len(pdf)), Signer: m.signer.GetAccount(), DatedOn: today.String(), CheckDigits: digits,
	}, o.after(Printed)
}

func (o *Office) gather(number string, version uint32, account string) (m material, err error) {
	if o.Archive.Name.In(fault.Russian) == "" || o.Archive.Address.In(fault.Russian) == "" {
		return m, noAddress.With()
	}
	var draft, registered, invited *journal.Record
	if err := o.Store.View(func(v *base.View) (err error) {
		if m.row, m.signer, err = store.ToSubmit(v, number, version, account); err != nil {
			return err
		}
		if draft, err = v.Entry(m.row.GetDrafts()[version-1].GetSeq()); err == nil {
			registered, err = v.Entry(m.row.GetRegisteredSeq())
		}
		if err == nil {
			invited, err = v.Entry(m.signer.GetInvitedSeq())
		}
		return err
	}); err != nil {
		return m, err
	}
	for _, part := range []struct {
		record *journal.Record
		take   func(any) bool
	}{
		{draft, func(b any) (ok bool) { m.content, ok = b.(*referencev1.AnswerContent); return ok }},
		{registered, func(b any) (ok bool) { m.submission, ok = b.(*referencev1.Submission); return ok }},
		{invited, func(b any) (ok bool) { m.name, ok = b.(*referencev1.SignerName); return ok }},
	} {
		body, err := o.Store.Keys().Unseal(part.record)
		if errors.Is(err, journal.Erased) {
			return m, erased.With("number", number)
		}
		if err != nil {
			return m, err
		}
		if !part.take(body) {
			return m, fmt.Errorf("request %s: event %d is sealed otherwise than it says", number, part.record.Seq())
		}
	}
	return m, nil
}

// facts are everything that the paper prints; they follow from what is recorded.
func (o *Office) facts(m material, draft *referencev1.DraftRow, paper, digits string, today civil.Date) (certificate.Facts, error) {
	requested, err := civil.Parse(m.row.GetSummary().GetRegisteredOn())
	if err != nil {
		return certificate.Facts{}, err
	}
	l := fault.Language(m.content.GetLanguage())
	f := certificate.Facts{
		Language: l, Kind: certificate.Kind(draft.GetKind()),
		Archive: certificate.Archive{Name: o.Archive.Name, Address: o.Archive.Address},
		Number:  paper, Date: today, Addressee: m.content.GetAddressee(),
		RequestNumber: m.row.GetSummary().GetNumber(), RequestDate: requested,
		Opening: m.content.GetOpening(), Spellings: m.content.GetSpellings(), Gaps: m.content.GetGaps(),
		Reasons: m.content.GetReasons(), Ground: int(draft.GetRefusalGround()), Closing: m.content.GetClosing(),
		Signatory: certificate.Person{
			Post: certificate.Text{KK: m.signer.GetPost().GetKk(), RU: m.signer.GetPost().GetRu(), EN: m.signer.GetPost().GetEn()},
			Name: certificate.Text{KK: m.name.GetName().GetKk(), RU: m.name.GetName().GetRu(), EN: m.name.GetName().GetEn()}.In(l),
		},
		Check: o.check(paper, digits),
	}
	if f.Addressee == "" {
		f.Addressee = addressee(m.submission.GetApplicant())
	}
	if f.Kind == certificate.Answer && f.Reasons == "" && len(m.content.GetFacts()) == 0 && f.Opening == "" {
		f.Reasons, f.Closing = f.Closing, ""
	}
	for _, fact := range m.content.GetFacts() {
		s := certificate.Statement{Period: fact.GetPeriod(), Text: fact.GetText()}
		for _, c := range fact.GetCitations() {
			code, err := cite.Parse(c.GetCode(), c.GetLeaves())
			if err != nil {
				return f, err
			}
			s.Sources = append(s.Sources, code)
		}
		f.Statements = append(f.Statements, s)
	}
	if f.Kind == certificate.Negative {
		for _, found := range m.row.GetFindings() {
			code, err := cite.Parse(found.GetCode(), found.GetLeaves())
			if err != nil {
				return f, err
			}
			f.Searched = append(f.Searched, code)
		}
	}
	return f, nil
}

// check is where the holder of the paper looks whether it is genuine: the page of the gateway on
// which a verdict stands ("/verify/{number}", the digits in "d").
func (o *Office) check(paper, digits string) certificate.Check {
	if o.Archive.URL == "" {
		return certificate.Check{Address: o.Archive.Code + "/verify", Digits: digits}
	}
	address := o.Archive.URL + "/verify"
	_, shown, found := strings.Cut(address, "://")
	if !found {
		shown = address
	}
	return certificate.Check{Address: shown, Link: address + "/" + paper + "?d=" + digits, Digits: digits}
}

// addressee is to whom an answer goes, where the draft does not say: name, then address.
func addressee(a *referencev1.Applicant) string {
	lines := []string{a.GetOrganisationName()}
	if lines[0] == "" {
		lines[0] = strings.Join(strings.Fields(strings.Join([]string{a.GetSurname(), a.GetGivenName(), a.GetPatronymic()}, " ")), " ")
	}
	if a.GetAddress() != "" {
		lines = append(lines, strings.Join(strings.Fields(a.GetAddress()), " "))
	}
	return clip.Within(strings.Join(lines, "\n"), maxAddressee)
}

const maxAddressee = 480

// Statement is what the signer of a printed paper signs on a day.
func (o *Office) Statement(p *referencev1.AnswerSubmitted, on civil.Date) signing.Statement {
	return signing.Statement{
		Archive: o.Archive.Code, Act: p.GetCertificateNumber(), Request: p.GetRequestNumber(), ActKind: p.GetKind(),
		SHA256: p.GetSha256(), Account: p.GetSigner(), SignedOn: on,
	}
}

// Sign checks a signature and records it, then begins to complete the paper. Errors: signing's
// NotSigned, and those of store.Sign. That the completion failed is no error: it is tried again.
func (o *Office) Sign(ctx context.Context, c base.Command, q *referencev1.SignAnswerRequest, account string) (*referencev1.CertificateSigned, error) {
	c.Decide = func(v *base.View, now time.Time) ([]base.Event, error) {
		return store.Sign(q, account, func(s *referencev1.SignerRow, p *referencev1.AnswerSubmitted) error {
			return o.Statement(p, civil.Of(now)).Verify(s.GetKey().GetPublicKey(), q.GetSignature())
		})(v, now)
	}
	records, err := o.Store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	signed, ok := body.(*referencev1.CertificateSigned)
	if !ok || signed.GetRequestNumber() != q.GetNumber() {
		return nil, base.IDReused.With("command", records[0].Header.GetCommand())
	}
	// If we crash here the paper is signed and proves nothing yet: the next start completes it.
	return signed, o.after(Signed)
}

// Resume completes every signed paper that is not complete. One that fails does not hold up the
// others; it stays for the next time.
func (o *Office) Resume(ctx context.Context) error {
	var pending []uint64
	if err := o.Store.View(func(v *base.View) error {
		pending = store.Pending(v)
		return nil
	}); err != nil {
		return err
	}
	var errs []error
	for _, seq := range pending {
		if err := o.Complete(ctx, seq); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Complete appends proof and checkpoint to a signed paper, keeps the whole, and records where it
// ends. Done already is no error.
func (o *Office) Complete(ctx context.Context, seq uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	size := o.Store.Head().Seq
	record, path, err := o.Store.Inclusion(seq, size)
	if err != nil {
		return err
	}
	body, err := record.Body()
	if err != nil {
		return err
	}
	signed, ok := body.(*referencev1.CertificateSigned)
	if !ok {
		return fmt.Errorf("event %d signs no paper", seq)
	}
	number := signed.GetCertificateNumber()
	done, key, err := o.state(signed)
	if err != nil || done {
		return err
	}
	first, err := o.Folder.Read(number, signed.GetSha256())
	if err != nil {
		return err
	}
	checkpoint, err := o.Store.CheckpointAt(size)
	if err != nil {
		return err
	}
	whole, err := certificate.Append(first, certificate.NewProof(record.Entry, path, checkpoint, key))
	if err != nil {
		return fmt.Errorf("paper %s: %w", number, err)
	}
	sha, err := o.Folder.Keep(whole)
	if err != nil {
		return err
	}
	// If we crash here the whole paper stands and no event names it: it is made again, with a
	// newer checkpoint, and this one is swept away.
	if err := o.after(Appended); err != nil {
		return err
	}
	id, err := uuid.FromBytes(record.Header.GetCommandId())
	if err != nil {
		return err
	}
	onBehalf := record.Header.GetOnBehalfOf()
	if onBehalf == "" {
		onBehalf = record.Header.GetActor()
	}
	if _, err = o.Store.Do(ctx, base.Command{
		ID: uuid.NewSHA1(id, []byte("complete")), Name: "plan:complete", Actor: "service:" + o.Store.Service(), OnBehalfOf: onBehalf, Cause: record.Cause(),
		Decide: store.Complete(&referencev1.CertificateCompleted{
			CertificateNumber: number, RequestNumber: signed.GetRequestNumber(), Sha256: sha, Size: uint64(len(whole)), SignedSeq: seq, TreeSize: size,
		}),
	}); err != nil {
		return err
	}
	return o.after(Completed)
}

// state tells whether a paper is complete, and finds the key that signed it: the signer may have
// another one since.
func (o *Office) state(signed *referencev1.CertificateSigned) (done bool, key []byte, err error) {
	err = o.Store.View(func(v *base.View) error {
		_, p, err := store.Paper(v, signed.GetCertificateNumber())
		if err != nil {
			return err
		}
		done = p.GetCompleted() != nil
		key, err = store.PublicKey(v, signed.GetAccount(), signed.GetKeyId())
		return err
	})
	return done, key, err
}

// Sweep takes prints of dead attempts away. It is for the start, before any paper is printed.
func (o *Office) Sweep() error {
	return o.Folder.Sweep(func(sha string) (named bool) {
		if err := o.Store.View(func(v *base.View) error {
			named = store.Printed(v, sha) != ""
			return nil
		}); err != nil {
			return true // what cannot be asked is kept
		}
		return named
	})
}

// File reads a paper's newest form: with its proof where that is there, otherwise as it was printed.
func (o *Office) File(p *referencev1.PaperRow) (pdf []byte, complete bool, err error) {
	number := p.GetSubmitted().GetCertificateNumber()
	if c := p.GetCompleted(); c != nil {
		pdf, err = o.Folder.Read(number, c.GetSha256())
		return pdf, true, err
	}
	pdf, err = o.Folder.Read(number, p.GetSubmitted().GetSha256())
	return pdf, false, err
}

// First reads a paper as it was printed.
func (o *Office) First(p *referencev1.PaperRow) ([]byte, error) {
	return o.Folder.Read(p.GetSubmitted().GetCertificateNumber(), p.GetSubmitted().GetSha256())
}
