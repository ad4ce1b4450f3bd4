package browser_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/demo"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// patience is how long a page, or the archive, may take on a busy machine.
const patience = time.Minute

// world is one archive with one browser, shared by the tests: both take a second to start.
var world struct {
	start sync.Once
	err   error
	host  string          // of the archive's pages
	ctx   context.Context // of the browser
	p     *process.Process
	stop  []func() error
}

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(world.stop) - 1; i >= 0; i-- {
		if err := world.stop[i](); err != nil {
			fmt.Fprintln(os.Stderr, "browser:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// needBrowser starts the archive and the browser, or skips where there is none.
func needBrowser(t *testing.T) {
	t.Helper()
	path := chromium()
	if path == "" {
		t.Skip("no chromium in PATH; install it to test the pages in a browser")
	}
	world.start.Do(func() { world.err = errors.Join(startArchive(), startBrowser(path)) })
	if world.err != nil {
		t.Fatal(world.err)
	}
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// startArchive runs everything in this process and fills it with the demonstration.
func startArchive() error {
	folder, err := os.MkdirTemp("", "qoyma-browser-")
	if err != nil {
		return err
	}
	world.stop = append(world.stop, func() error { return os.RemoveAll(folder) })
	ctx, cancel := context.WithCancel(context.Background())
	t, err := telemetry.New(ctx, telemetry.Config{Process: "browser-test", Output: os.Stderr, Level: slog.LevelError})
	if err != nil {
		cancel()
		return err
	}
	p, err := process.Open(ctx, process.Config{
		Data: folder, HTTP: "127.0.0.1:0", NoSocket: true,
		NameKK: "Сынақ архиві", NameRU: "Испытательный архив", AddressKK: "Сынақ қаласы, 1", AddressRU: "Испытательный город, 1",
	}, t)
	if err != nil {
		cancel()
		return err
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	world.stop = append(world.stop, func() error {
		cancel()
		return errors.Join(<-done, t.Shutdown(context.Background()))
	})
	if err := ready(p); err != nil {
		return err
	}
	if report := demo.Run(ctx, p, filepath.Join(folder, "demo"), fault.English, nil); !report.OK {
		return fmt.Errorf("the demonstration failed: %s", report.Steps[len(report.Steps)-1].Error)
	}
	world.host, world.p = p.HTTPAddr().String(), p
	return nil
}

func ready(p *process.Process) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		err := p.Ready()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-late.C:
			return fmt.Errorf("the archive is not ready: %w", err)
		}
	}
}

func startBrowser(path string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator) // Cancel below ends it
	world.ctx = ctx
	world.stop = append(world.stop, func() error {
		defer cancel()
		ctx, done := context.WithTimeout(ctx, patience)
		defer done()
		return chromedp.Cancel(ctx)
	})
	return chromedp.Do(ctx)
}

// tab is one page of the browser with what it loads.
type tab struct {
	t   *testing.T
	ctx context.Context
	mu  sync.Mutex
	// The document that is shown, the addresses that it asked for, itself first, and the bytes that came.
	document cdp.LoaderID
	requests []string
	bytes    int64
	ours     map[network.RequestID]bool
}

// open makes a tab that forgets what it loaded before. Its scripts run only if they are
// wanted.
func open(t *testing.T, scripts bool) *tab {
	t.Helper()
	needBrowser(t)
	ctx, cancel := chromedp.NewContext(world.ctx)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	b.must(chromedp.Listen(ctx, b.note))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	b.must(err)
	_, err = chromedp.Call(ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	b.must(err)
	// A test before this one may have signed in: the browser is the same.
	_, err = chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
	b.must(err)
	_, err = chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
	b.must(err)
	return b
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// note counts what the document that is shown loads; what the one before still asked for is
// not its own.
func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument && e.LoaderID != b.document {
			b.document, b.requests, b.bytes, b.ours = e.LoaderID, nil, 0, make(map[network.RequestID]bool)
		}
		if e.LoaderID == b.document {
			b.requests = append(b.requests, e.Request.URL)
			b.ours[e.RequestID] = true
		}
	case *network.EventLoadingFinished:
		if b.ours[e.RequestID] {
			b.bytes += int64(e.EncodedDataLength)
		}
	}
}

// loaded is what the document asked for and how many bytes came.
func (b *tab) loaded() (requests []string, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests), b.bytes
}

// visit opens an address of the archive ("/fonds") in a language and gives the HTTP status.
func (b *tab) visit(address, lang string) int64 {
	b.t.Helper()
	u, err := url.Parse(address)
	b.must(err)
	q := u.Query()
	q.Set("lang", lang)
	u.Scheme, u.Host, u.RawQuery = "http", world.host, q.Encode()
	return b.leads(chromedp.Navigate(u.String()))
}

// leads does what leads to another page, waits for it, and gives the HTTP status.
func (b *tab) leads(action chromedp.Action[chromedp.Void]) int64 {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, action)
	if err != nil {
		b.t.Fatalf("from %s: %v", asks[string](b, `location.href`), err)
	}
	return res.Status
}

// wide sets the width of the window in CSS pixels.
func (b *tab) wide(pixels int64) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(pixels, 800)))
}

// asks evaluates an expression in the page.
func asks[T any](b *tab, expression string, options ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	b.must(err)
	return v
}
