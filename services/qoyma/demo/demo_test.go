package demo_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/check"
	"github.com/qoyma/qoyma/services/qoyma/demo"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// start runs a whole archive on a folder.
func start(t *testing.T, data string) (p *process.Process, stop func()) {
	t.Helper()
	var console bytes.Buffer // written under the log's own lock, read after the end
	tel, err := telemetry.New(t.Context(), telemetry.Config{Process: "test", Output: &console, Level: slog.LevelError})
	if err != nil {
		t.Fatal(err)
	}
	p, err = process.Open(t.Context(), process.Config{
		Data: data, Archive: "kz-demo", HTTP: "127.0.0.1:0", NoSocket: true,
		NameKK: "Архив", NameRU: "Архив", AddressKK: "Жетіөзен", AddressRU: "Жетиозен",
	}, tel)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for p.Ready() != nil {
		select {
		case <-tick.C:
		case err := <-done:
			t.Fatalf("the process ended: %v", err)
		}
	}
	return p, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		// The damage that is made on purpose is no error of the program.
		if console.Len() > 0 {
			t.Errorf("the demonstration's console shows errors:\n%s", &console)
		}
	}
}

// TestTheMainJobHoldsTwice runs the demonstration on an empty folder, looks at its pages, runs
// it again on the same folder after a restart, and wants every journal to fold.
func TestTheMainJobHoldsTwice(t *testing.T) {
	data := filepath.Join(t.TempDir(), "archive")
	p, stop := start(t, data)
	first := demo.Run(t.Context(), p, t.TempDir(), fault.Kazakh, nil)
	good(t, first)
	chained(t, first)
	heads := p.Heads()
	pages(t, "http://"+p.HTTPAddr().String())
	stop()

	p, stop = start(t, data)
	second := demo.Run(t.Context(), p, t.TempDir(), fault.Russian, nil)
	good(t, second)
	chained(t, second)
	if got := p.Heads(); !slices.Equal(got, heads) {
		t.Errorf("the second run wrote events: the journals ended with %v, now with %v", heads, got)
	}
	for i, step := range second.Steps {
		if a, b := first.Steps[i].Facts["accession"], step.Facts["accession"]; a != b {
			t.Errorf("step %d: accession %v, then %v", step.Number, a, b)
		}
	}
	stop()

	report, err := check.Folder(t.Context(), check.Config{Data: data, Services: process.Services()})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range report.Problems {
		t.Errorf("%s: %s: %s", wrong.Service, wrong.Where, wrong.What)
	}
	if report.Copies != 2 {
		t.Errorf("%d insurance copies, want 2", report.Copies)
	}
	if report.Objects != 1 {
		t.Errorf("%d objects in the repository, want 1", report.Objects)
	}
	spoilt, err := filepath.Glob(filepath.Join(data, "insurance", "site-1", "ocfl", "*", "*", "*", "*", "v1", "content", "data", "*", "*"))
	if err != nil || len(spoilt) == 0 {
		t.Fatalf("no insurance copies: %v", err)
	}
	if err := os.WriteFile(spoilt[0], []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err = check.Folder(t.Context(), check.Config{Data: data, Services: process.Services()})
	if err != nil {
		t.Fatal(err)
	}
	if report.OK || !slices.ContainsFunc(report.Problems, func(p store.Problem) bool { return p.Service == "insurance" }) {
		t.Errorf("a spoilt insurance copy is not found: %v", report.Problems)
	}
}

func good(t *testing.T, r *demo.Report) {
	t.Helper()
	if !r.OK || len(r.Steps) != 8 || len(r.Accounts) < 8 {
		for _, s := range r.Steps {
			t.Errorf("step %d %s: %s", s.Number, s.Name, s.Error)
		}
		t.FailNow()
	}
	for _, s := range r.Steps {
		if len(s.Told()) == 0 || s.Title(fault.Kazakh) == s.Title(fault.Russian) {
			t.Errorf("step %d says nothing, or not in every language", s.Number)
		}
	}
}

// chained wants the last step's timeline to hold the whole life of the file, in its order.
func chained(t *testing.T, r *demo.Report) {
	t.Helper()
	step := r.Steps[len(r.Steps)-1]
	told, ok := step.Facts["chain"].([]string)
	if !ok || step.Facts["object"] != "code/1/1/2" || step.Facts["services"] != 5 {
		t.Fatalf("the chain is %v", step.Facts)
	}
	at := -1
	for _, want := range []string{
		"FileOpened", "InventoryApproved", "TransferDue", "PackageChecked", "AccessionAccepted", "AccessionCatalogued", "CopyMade", "CopyVerified",
		"DamageFound", "OriginalRestored", "RequestRegistered", "FindingAdded", "CertificateSigned", "RequestClosed",
	} {
		i := slices.Index(told, want)
		if i <= at {
			t.Errorf("%s is not after what came before it: %v", want, told)
		}
		at = i
	}
	said := strings.Join(step.Told(), "\n")
	if strings.Contains(said, "CertificateSigned") || len(step.Told()) != len(told)+1 {
		t.Errorf("the chain is not told in words:\n%s", said)
	}
}

// pages looks at what a visitor sees.
func pages(t *testing.T, base string) {
	t.Helper()
	for _, row := range []struct {
		path, lang string
		status     int
		want       []string
	}{
		{"/", "kk", 200, []string{`lang="kk"`, "Жетіөзен облысының білім басқармасы"}},
		{"/", "ru", 200, []string{`lang="ru"`, "Управление образования Жетиозенской области"}},
		{"/search?q=школами", "ru", 200, []string{"Документы о строительстве школы в селе Акбулак", "/u/1/1/2"}},
		{"/search?q=мектептерге", "kk", 200, []string{"Ақбұлақ ауылында мектеп салу туралы құжаттар"}},
		{"/search?q=Қ.+1,+Т.+1,+І.+2", "kk", 200, []string{"дәл осы шифр"}},
		{"/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "en", 200, []string{"&lt;script&gt;"}},
		{"/search?q=zzzzqq", "en", 200, []string{"Nothing was found"}},
		{"/fonds/1/1", "en", 200, []string{"Documents on the building of a school in Akbulak village", "2012-02-01 – 2012-11-30"}},
		{"/u/1/1/2", "en", 200, []string{"Especially valuable", "plan-7.png"}},
		{"/u/1/1/99", "ru", 404, []string{"Страница не открылась"}},
		{"/u/%00/1/2", "kk", 400, []string{"Бет ашылмады"}},
		{"/nothing", "kk", 404, []string{"Мұндай бет жоқ"}},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", row.lang)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if closeErr := res.Body.Close(); err != nil || closeErr != nil {
			t.Fatal(err, closeErr)
		}
		if res.StatusCode != row.status {
			t.Errorf("%s: status %d, want %d", row.path, res.StatusCode, row.status)
		}
		for _, want := range row.want {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s in %s lacks %q", row.path, row.lang, want)
			}
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", row.path, csp)
		}
		if strings.Contains(string(body), "<script") {
			t.Errorf("%s carries a script", row.path)
		}
		if strings.Contains(string(body), "‹") {
			t.Errorf("%s uses a message that does not exist", row.path)
		}
	}
}
