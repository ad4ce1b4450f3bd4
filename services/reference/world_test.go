package reference

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/issue"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

// world is the service as a process would run it, over gRPC in memory, in a folder that can be
// opened again.
type world struct {
	t      *testing.T
	dir    string
	cfg    Config
	s      *service
	server *grpc.Server
	conn   *grpc.ClientConn
	client referencev1.ReferenceServiceClient
	clock  *clock

	mu     sync.Mutex
	caller monitor.Identity
	log    *lines
	shelf  *shelf
}

// clock is the world's time, moved by the test.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// to moves the clock to a time of a day in Almaty.
func (c *clock) to(day string, hour int) {
	d, err := civil.Parse(day)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = d.Start().Add(time.Duration(hour) * time.Hour)
}

// lines keeps the log, in which no secret may stand.
type lines struct {
	mu   sync.Mutex
	text []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

var (
	everything = monitor.Scope{Level: 3, Grounds: []string{"personal"}}
	visitor    = monitor.Identity{Actor: "person:visitor", Roles: []monitor.Role{monitor.Researcher}}
	archivist  = monitor.Identity{Actor: "person:a-17", Roles: []monitor.Role{monitor.Archivist}, Clearance: everything}
	head       = monitor.Identity{Actor: "person:h-1", Roles: []monitor.Role{monitor.Head}, Clearance: everything}
	keeper     = monitor.Identity{Actor: "person:admin", Roles: []monitor.Role{monitor.Administrator}}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: new(clock), log: new(lines), shelf: new(shelf), caller: archivist, cfg: Config{
		NameKK: "Жетіөзен облысының мемлекеттік архиві", NameRU: "Государственный архив Жетиозенской области",
		AddressKK: "Жетіөзен қаласы, Архив көшесі, 1", AddressRU: "город Жетиозен, улица Архивная, 1", URL: "https://archive.example/",
	}}
	w.clock.to("2026-11-02", 10) // a Monday
	if err := os.MkdirAll(filepath.Join(w.dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.open()
	t.Cleanup(w.close)
	return w
}

// open starts the service as after a death: what was in memory is gone.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.s, err = open(w.cfg, host.Process{
		Archive: "kz-test", Data: w.dir, Keys: filepath.Join(w.dir, "keys"), Log: slog.New(slog.NewTextHandler(w.log, nil)), Reserve: 1, Now: w.clock.now,
		Conn: func(string, string) (grpc.ClientConnInterface, error) { return w.shelf, nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.s.host.Store().Admit()
	if err := w.s.api.Recover(); err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	w.server = grpc.NewServer(
		grpc.WaitForHandlers(true),
		grpc.ChainUnaryInterceptor(wire.UnaryServer(log), func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			w.mu.Lock()
			caller := w.caller
			w.mu.Unlock()
			return next(monitor.With(ctx, caller), req)
		}),
	)
	w.s.host.Register(w.server)
	lis := bufconn.Listen(1 << 20)
	go func() { _ = w.server.Serve(lis) }()
	w.conn, err = grpc.NewClient("passthrough:///reference",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUnaryInterceptor(wire.UnaryClient()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.client = referencev1.NewReferenceServiceClient(w.conn)
}

func (w *world) close() {
	if w.s == nil {
		return
	}
	w.server.Stop()
	if err := w.conn.Close(); err != nil {
		w.t.Error(err)
	}
	if err := w.s.host.Close(); err != nil {
		w.t.Error(err)
	}
	w.s = nil
}

func (w *world) reopen() {
	w.t.Helper()
	w.close()
	w.open()
}

// as lets somebody call from now on.
func (w *world) as(id monitor.Identity) referencev1.ReferenceServiceClient {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.caller = id
	return w.client
}

// whole checks every invariant, and that the journal folded anew is the same state.
func (w *world) whole() {
	w.t.Helper()
	problems, err := w.s.host.Store().Verify(w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range problems {
		w.t.Errorf("%s: %s", p.Where, p.What)
	}
}

// wait lets the timers run until none is due.
func (w *world) wait() {
	w.t.Helper()
	st := w.s.host.Store()
	if _, err := st.ConfirmClock(w.t.Context(), base.Command{ID: uuid.New(), Name: "test", Actor: "person:admin"}); err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		st.RunTimers(ctx, store.OnTimer)
	}()
	for due := true; due; {
		_, changed := st.Wait()
		due = false
		if err := st.View(func(v *base.View) error {
			for k := range v.Scan("timers", nil, nil) {
				due = !time.Unix(int64(binary.BigEndian.Uint64(k[:8])^(1<<63)), 0).After(w.clock.now())
				break
			}
			return nil
		}); err != nil {
			w.t.Fatal(err)
		}
		if !due {
			break
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			w.t.Fatal("a timer that is due did not fire")
		}
	}
	stop()
	<-done
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// must gives what a call gave, or ends the test.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// sabira is a citizen who asks for her mother's service record; every name is made up.
func sabira() *referencev1.RegisterRequestRequest {
	return &referencev1.RegisterRequestRequest{
		CommandId: newID(), Facts: &referencev1.RegimeFacts{Topic: "work_record", Wish: "reference"}, Channel: "web", Language: "kk", Delivery: "electronic",
		Submission: &referencev1.Submission{
			Applicant: &referencev1.Applicant{Surname: "Ойдағыева", GivenName: "Сабира", BirthDate: "1961-04-05", Email: "sabira@example.kz", Address: "Жетіөзен, Тың көшесі, 4"},
			Text:      "1975–1983 жылдары «Ойжан» совхозында жұмыс істегенімді растаңыз", Hints: "«Ойжан» совхозы", Period: "1975–1983",
		},
	}
}

const passphrase = "қара сиыр ақ қар жауды"

// enrol gives the head a signing key.
func (w *world) enrol() ed25519.PrivateKey {
	w.t.Helper()
	invited := must[*referencev1.InviteSignerResponse](w.t)(w.as(keeper).InviteSigner(w.t.Context(), &referencev1.InviteSignerRequest{
		CommandId: newID(), Account: "h-1", Name: &recordv1.Text{Kk: "Қ. Басшыұлы", Ru: "К. Басшиулы"},
		Post: &recordv1.Text{Kk: "Архив директоры", Ru: "Директор архива"},
	}))
	params := signing.Params{Salt: []byte("0123456789abcdef"), Time: 1, MemoryKiB: 19 << 10, Threads: 1}
	key := must[ed25519.PrivateKey](w.t)(signing.Derive(passphrase, params))
	must[*referencev1.EnrolSignerResponse](w.t)(w.as(head).EnrolSigner(w.t.Context(), &referencev1.EnrolSignerRequest{
		CommandId: newID(), Code: invited.GetCode(), Key: &referencev1.KeyDerivation{
			PublicKey: signing.Public(key), Salt: params.Salt, Passes: params.Time, MemoryKib: params.MemoryKiB, Lanes: uint32(params.Threads),
		},
	}))
	return key
}

// registered is a request through the page.
func (w *world) registered() *referencev1.RegisterRequestResponse {
	w.t.Helper()
	return must[*referencev1.RegisterRequestResponse](w.t)(w.as(visitor).RegisterRequest(w.t.Context(), sabira()))
}

// drafted adds two findings in one file and drafts a certificate that rests on them.
func (w *world) drafted(number string) {
	w.t.Helper()
	c := w.as(archivist)
	for _, leaves := range []string{"10–12 об.", "14"} {
		must[*referencev1.AddFindingResponse](w.t)(c.AddFinding(w.t.Context(), &referencev1.AddFindingRequest{
			CommandId: newID(), Number: number, Code: "ф.р-1109 оп 2лс д 345а", Leaves: leaves, Quotation: "Ойдагиева Сабира принята дояркой",
		}))
	}
	must[*referencev1.DraftAnswerResponse](w.t)(c.DraftAnswer(w.t.Context(), &referencev1.DraftAnswerRequest{
		CommandId: newID(), Number: number, Kind: "certificate", Content: content(),
	}))
}

func content() *referencev1.AnswerContent {
	return &referencev1.AnswerContent{
		Facts: []*referencev1.Fact{
			{Period: "12.03.1975", Text: "«Ойжан» совхозына сауыншы болып қабылданды.", Citations: []*referencev1.Citation{{Finding: 1}}},
			{Period: "01.09.1983", Text: "Өз еркімен жұмыстан босатылды.", Citations: []*referencev1.Citation{{Finding: 2}}},
		},
		Spellings: []string{"«Ойдагиева» – құжатта солай"}, Gaps: []string{"1979 жылдың бұйрықтары сақталмаған"},
	}
}

// submitted is a printed certificate before the head.
func (w *world) submitted(number string) *referencev1.Paper {
	w.t.Helper()
	w.drafted(number)
	return must[*referencev1.SubmitForSignatureResponse](w.t)(w.as(archivist).SubmitForSignature(w.t.Context(), &referencev1.SubmitForSignatureRequest{
		CommandId: newID(), Number: number, Version: 1,
	})).GetPaper()
}

// sign is the head's signature over a paper's statement.
func (w *world) sign(key ed25519.PrivateKey, number string, p *referencev1.Paper) *referencev1.SignAnswerRequest {
	return &referencev1.SignAnswerRequest{
		CommandId: newID(), Number: number, CertificateNumber: p.GetCertificateNumber(), Sha256: p.GetSha256(),
		Signature: ed25519.Sign(key, p.GetStatement()),
	}
}

// code is the stable code of a refusal; empty where there was none.
func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func day(s string) civil.Date {
	d, err := civil.Parse(s)
	if err != nil {
		return civil.Date{}
	}
	return d
}

// killAt dies behind a step.
func killAt(step string, died error) func(issue.Step) error {
	return func(s issue.Step) error {
		if string(s) == step {
			return died
		}
		return nil
	}
}

// erase destroys the key of a request's personal data.
func (w *world) erase(number string) {
	w.t.Helper()
	_, err := w.s.host.Store().Erase(w.t.Context(), base.Command{ID: uuid.New(), Name: "test", Actor: "person:h-1"}, journal.Ref{Type: "request", ID: number}, "заявление субъекта")
	if err != nil {
		w.t.Fatal(err)
	}
}
