package citizen_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
)

// theSecret is the secret of the only request of the fake archive.
const theSecret = "7k3m9q2x5r8tyv4w6y0z3b5d"

// misread is a number whose check digit does not fit.
const misread = "500312400124"

var badNumber = fault.Define(fault.Invalid, "reference.iin", "{field} has a wrong check digit", "{field}: контрольная цифра неверна", "{field}: бақылау цифры қате")

var wrongSecret = fault.Define(fault.NotFound, "citizen_test.secret", "no such request", "нет такого запроса", "мұндай сұрау салу жоқ")

// archive answers over a real gRPC connection as the two services would; it keeps what came.
type archive struct {
	referencev1.UnimplementedReferenceServiceServer
	cataloguev1.UnimplementedCatalogueServiceServer
	mu         sync.Mutex
	registered []*referencev1.RegisterRequestRequest
	previewed  []*referencev1.PreviewRequestRequest
	called     []string
	size       int // of the file that came to be verified
	// What a request looks like; nil is a fresh one.
	show func(*referencev1.GetRequestBySecretResponse)
	away error // every call fails with it
}

func text(kk, ru, en string) *recordv1.Text { return &recordv1.Text{Kk: kk, Ru: ru, En: en} }

func start(t *testing.T, a *archive) func(string) (grpc.ClientConnInterface, error) {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	s := grpc.NewServer(grpc.ChainUnaryInterceptor(wire.UnaryServer(nil)), grpc.ChainStreamInterceptor(wire.StreamServer(nil)))
	referencev1.RegisterReferenceServiceServer(s, a)
	cataloguev1.RegisterCatalogueServiceServer(s, a)
	go func() { _ = s.Serve(l) }() // ends with Stop
	t.Cleanup(s.Stop)
	conn, err := grpc.NewClient("passthrough:///fake",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithChainUnaryInterceptor(wire.UnaryClient()), grpc.WithChainStreamInterceptor(wire.StreamClient()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return func(string) (grpc.ClientConnInterface, error) { return conn, nil }
}

func (a *archive) note(what string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.called = append(a.called, what)
	return a.away
}

func (a *archive) ListFonds(context.Context, *cataloguev1.ListFondsRequest) (*cataloguev1.ListFondsResponse, error) {
	return &cataloguev1.ListFondsResponse{Fonds: []*cataloguev1.Fonds{
		{Number: "1", Name: text("Алмалы ауданының әкімдігі", "Акимат Алмалинского района", "Akimat of Almaly district"), Files: 12, Code: text("Қ. 1", "Ф. 1", "F. 1")},
	}}, nil
}

func (a *archive) Search(_ context.Context, r *cataloguev1.SearchRequest) (*cataloguev1.SearchResponse, error) {
	if r.GetKind() != "fonds" || !strings.Contains(strings.ToLower(r.GetQuery()), "комбинат") {
		return &cataloguev1.SearchResponse{}, nil
	}
	return &cataloguev1.SearchResponse{Hits: []*cataloguev1.Hit{
		{Kind: "fonds", Code: text("Қ. 1109", "Ф. 1109", "F. 1109"), Title: text("Алматы мақта-мата комбинаты", "Алматинский хлопчатобумажный комбинат", "Almaty cotton mill")},
	}}, nil
}

func answerDuty() *referencev1.Duty {
	return &referencev1.Duty{
		Kind: "answer", DueOn: "2026-12-07", Edition: "archival.answer/2014", Binding: true, CalendarEdition: "2025-12-12",
		Steps: []*recordv1.DueStep{
			{From: "2026-11-22", To: "2026-12-07", LegalBasis: "2014 ж. стандарт", Words: text("алынған күннің ертеңінен күнтізбелік 15 күн", "15 календарных дней со следующего после получения дня", "15 calendar days from the day after receipt")},
		},
	}
}

func (a *archive) PreviewRequest(_ context.Context, r *referencev1.PreviewRequestRequest) (*referencev1.PreviewRequestResponse, error) {
	if err := a.note("preview"); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.previewed = append(a.previewed, r)
	if r.GetApplicant().GetIin() == misread {
		return nil, badNumber.With("field", "iin")
	}
	res := &referencev1.PreviewRequestResponse{
		Regime: &referencev1.Regime{Regime: "archival", Name: text("архивтік сұрау салу", "архивный запрос", "archival request"), Explanation: text("Архивтік анықтама архив тәртібімен беріледі.", "Архивная справка выдаётся в архивном порядке.", "An archival reference follows archival practice."), LegalBasis: "401-V, 3-бап"},
		Free:   true, Price: text("Көшіру ақылы болуы мүмкін.", "Копирование может быть платным.", "Copying may cost something."),
		DueOn: "2026-12-07", Duties: []*referencev1.Duty{answerDuty()}, ReceivedOn: "2026-11-22", Received: text("Жіберілген күні алынған болып саналады.", "Считается полученным в день отправки.", "Counts as received on the day it is sent."),
		Signature: "none", SignatureWords: text("Қолтаңба қажет емес.", "Подпись не нужна.", "No signature is needed."), CalendarKnown: true,
	}
	if r.GetFacts().GetWish() == "information" && r.GetApplicant().GetIin() == "" {
		res.Lacks = append(res.Lacks, &referencev1.Lack{Field: "iin", Requirement: "AI-11.5", Words: text("ЖСН", "ИИН", "IIN")})
	}
	return res, nil
}

func (a *archive) RegisterRequest(_ context.Context, r *referencev1.RegisterRequestRequest) (*referencev1.RegisterRequestResponse, error) {
	if err := a.note("register"); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.registered = append(a.registered, r)
	return &referencev1.RegisterRequestResponse{Number: "2026-15", Secret: theSecret, DueOn: "2026-12-07"}, nil
}

func (a *archive) GetRequestBySecret(_ context.Context, r *referencev1.GetRequestBySecretRequest) (*referencev1.GetRequestBySecretResponse, error) {
	if err := a.note("get " + r.GetNumber()); err != nil {
		return nil, err
	}
	if r.GetNumber() != "2026-15" || r.GetSecret() != theSecret {
		return nil, wrongSecret.With()
	}
	res := &referencev1.GetRequestBySecretResponse{
		Request: &referencev1.RequestSummary{Number: "2026-15", Topic: "work_record", State: "assigned", ReceivedOn: "2026-11-22", DueOn: "2026-12-07", DaysLeft: 15},
		Regime:  &referencev1.Regime{Regime: "archival", Name: text("архивтік сұрау салу", "архивный запрос", "archival request")},
		Duties:  []*referencev1.Duty{answerDuty()},
		Timeline: []*referencev1.TimelineEntry{
			{Code: "registered", On: "2026-11-22", Words: text("Сұрау салу тіркелді.", "Запрос зарегистрирован.", "The request was registered.")},
		},
		Next:        &referencev1.TimelineEntry{Code: "signed", On: "2026-12-07", Who: "archive", Words: text("Архив жауап береді.", "Архив даёт ответ.", "The archive answers.")},
		Remedy:      text("Кешіксе, шағымдануға болады.", "При просрочке можно подать жалобу.", "You may complain of a delay."),
		ArchiveName: text("Қалалық мемлекеттік архив", "Городской государственный архив", "City state archive"), ArchiveAddress: text("Алматы, Абай 1", "Алматы, Абая 1", "1 Abay, Almaty"),
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.show != nil {
		a.show(res)
	}
	return res, nil
}

func (a *archive) ClarifyRequest(_ context.Context, r *referencev1.ClarifyRequestRequest) (*referencev1.ClarifyRequestResponse, error) {
	return &referencev1.ClarifyRequestResponse{}, a.note("clarify " + r.GetText())
}

func (a *archive) WithdrawRequest(_ context.Context, r *referencev1.WithdrawRequestRequest) (*referencev1.WithdrawRequestResponse, error) {
	return &referencev1.WithdrawRequestResponse{}, a.note("withdraw " + r.GetNumber())
}

func (a *archive) RegisterComplaint(_ context.Context, r *referencev1.RegisterComplaintRequest) (*referencev1.RegisterComplaintResponse, error) {
	return &referencev1.RegisterComplaintResponse{}, a.note(fmt.Sprintf("complain %s %s", r.GetText(), r.GetLearntOn()))
}

func (a *archive) GetCertificate(_ context.Context, r *referencev1.GetCertificateRequest) (*referencev1.GetCertificateResponse, error) {
	if r.GetSecret() != theSecret {
		return nil, wrongSecret.With()
	}
	return &referencev1.GetCertificateResponse{CertificateNumber: "2026-15-1", Pdf: []byte("%PDF-1.7 fake")}, nil
}

func genuine() *referencev1.VerifyPaperResponse {
	return &referencev1.VerifyPaperResponse{
		Genuine: true, Verdict: "genuine", CertificateNumber: "2026-15-1", Kind: "certificate", DatedOn: "2026-11-30", SignedOn: "2026-12-01",
		Post: text("Архив директоры", "Директор архива", "Director"), Words: text("Құжат журналда бар.", "Документ есть в журнале.", "The paper stands in the journal."), Sha256: strings.Repeat("ab", 32),
	}
}

func (a *archive) VerifyPaper(_ context.Context, r *referencev1.VerifyPaperRequest) (*referencev1.VerifyPaperResponse, error) {
	if r.GetCertificateNumber() == "2026-15-1" && r.GetCheckDigits() == "48" {
		return genuine(), nil
	}
	return &referencev1.VerifyPaperResponse{Verdict: "unknown", Words: text("Мұндай құжат жоқ.", "Такого документа нет.", "There is no such paper.")}, nil
}

func (a *archive) VerifyFile(s grpc.ClientStreamingServer[referencev1.VerifyFileRequest, referencev1.VerifyFileResponse]) error {
	var all []byte
	for {
		m, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		all = append(all, m.GetChunk()...)
	}
	a.mu.Lock()
	a.size = len(all)
	a.mu.Unlock()
	if strings.Contains(string(all), "altered") {
		return s.SendAndClose(&referencev1.VerifyFileResponse{
			Paper:  &referencev1.VerifyPaperResponse{Verdict: "altered", Words: text("Файл өзгертілген.", "Файл изменён.", "The file was altered.")},
			Checks: []*referencev1.Check{{Code: "digest", Words: text("Файлдың бақылау сомасы", "Контрольная сумма файла", "Digest of the file")}},
		})
	}
	return s.SendAndClose(&referencev1.VerifyFileResponse{Paper: genuine(), Checks: []*referencev1.Check{{Code: "digest", Passed: true, Words: text("Файлдың бақылау сомасы", "Контрольная сумма файла", "Digest of the file")}}})
}
