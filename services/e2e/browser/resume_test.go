package browser_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
)

// cable stands between browser and archive. It breaks once so many bytes have gone to the archive, and stays
// broken until it is mended.
type cable struct {
	net.Listener
	mu    sync.Mutex
	left  int // bytes until it breaks
	whole bool
	sent  int
	conns map[net.Conn]bool
}

func newCable(t *testing.T, breaks int) *cable {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	fail(t, err)
	c := &cable{Listener: l, left: breaks, whole: true, conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = l.Close()
		c.cut()
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(conn)
		}
	}()
	return c
}

func (c *cable) carry(from net.Conn) {
	to, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", world.host)
	c.mu.Lock()
	if err != nil || !c.whole {
		c.mu.Unlock()
		_ = from.Close()
		return
	}
	c.conns[from], c.conns[to] = true, true
	c.mu.Unlock()
	go func() {
		_, _ = io.Copy(from, to)
		_ = from.Close()
	}()
	_, _ = io.Copy(to, io.TeeReader(from, c))
	_ = to.Close()
}

// Write counts what goes to the archive.
func (c *cable) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.sent += len(b)
	c.left -= len(b)
	broken := c.left < 0 && c.whole
	c.mu.Unlock()
	if broken {
		c.cut()
	}
	return len(b), nil
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole = false
	for conn := range c.conns {
		_ = conn.Close() // both sides hear of it
	}
	clear(c.conns)
}

// mend lets everything through from now on, and gives how many bytes had gone before.
func (c *cable) mend() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sent
	c.whole, c.left, c.sent = true, 1<<40, 0
	return sent
}

// carried is how many bytes went since it was mended.
func (c *cable) carried() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}

// folderOf makes a folder of two files of 12 MiB and a small one, and gives their digests by path.
func folderOf(t *testing.T) (folder string, digests map[string]string) {
	t.Helper()
	folder, digests = filepath.Join(t.TempDir(), "Дела"), map[string]string{}
	for name, content := range map[string][]byte{
		"0001/кино.bin": bytes.Repeat([]byte("кино-0001 "), 12<<20/15), "0002/кино.bin": bytes.Repeat([]byte("кино-0002 "), 12<<20/15), "0002/скан.txt": []byte("мәтін"),
	} {
		fail(t, os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o700))
		fail(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
		sum := sha256.Sum256(content)
		digests["data/"+name] = hex.EncodeToString(sum[:])
	}
	return folder, digests
}

// chooses picks the folder on the page; the browser lists it in its own time.
func (b *tab) chooses(folder string, files int) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS("#folder"), []string{folder})))
	if n := asks[int](b, `new Promise(function wait(done) {
		const n = document.querySelector("#folder").files.length;
		n ? done(n) : setTimeout(wait, 20, done);
	})`, chromedp.EvalAwaitPromise); n < files {
		b.t.Fatalf("the browser chose %d files", n)
	}
}

// waitsFor waits until the page says something; a space in it may be one that does not break.
func (b *tab) waitsFor(text string) {
	b.t.Helper()
	asks[bool](b, `new Promise(function wait(done) { document.body.innerText.replaceAll('\u00a0', ' ').includes(`+"`"+text+"`"+`) ? done(true) : setTimeout(wait, 20, done); })`, chromedp.EvalAwaitPromise)
}

const sendFolder = "section[aria-labelledby=by-folder] button"

// stands compares what intake has with what was sent.
func stands(t *testing.T, transfer string, digests map[string]string) {
	t.Helper()
	_, intake := services(t)
	res, err := intake.GetTransfer(t.Context(), &intakev1.GetTransferRequest{TransferId: transfer})
	fail(t, err)
	seen := 0
	for _, unit := range res.GetContents() {
		for _, f := range unit.GetFirst() {
			seen++
			if digests[f.GetPath()] != f.GetSha256() {
				t.Errorf("%s came as %s, and was %s", f.GetPath(), f.GetSha256(), digests[f.GetPath()])
			}
		}
	}
	if seen != len(digests) {
		t.Errorf("%d files came, of %d", seen, len(digests))
	}
}

// TestAnUploadOutlivesTheConnection cuts the line in the middle; the page says so, and goes on by itself.
func TestAnUploadOutlivesTheConnection(t *testing.T) {
	transfer := newTransfer(t)
	folder, digests := folderOf(t)
	b := open(t, true)
	b.signIn("su-bolimi")
	c := newCable(t, 18<<20)
	b.leads(chromedp.Navigate("http://" + c.Addr().String() + "/dept/transfers/" + transfer + "/send?lang=ru"))
	b.chooses(folder, len(digests))
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(sendFolder))))
	b.waitsFor("Связь прервалась. Ничего не потеряно.")
	if status := b.leads(func(context.Context, *chromedp.Target) (v chromedp.Void, err error) { c.mend(); return v, nil }); status != 200 {
		t.Fatalf("%d", status)
	}
	b.says("Расписка в получении файлов", "Архив получил файлов: 3")
	if again := c.carried(); again > 20<<20 {
		t.Errorf("%d bytes were sent after the cut, of 24 MiB", again)
	}
	stands(t, transfer, digests)
}

// TestAnUploadOutlivesItsPage reloads the page in the middle: the same folder is chosen again, and only what is
// missing is sent.
func TestAnUploadOutlivesItsPage(t *testing.T) {
	transfer := newTransfer(t)
	folder, digests := folderOf(t)
	b := open(t, true)
	b.signIn("su-bolimi")
	c := newCable(t, 18<<20)
	address := "http://" + c.Addr().String() + "/dept/transfers/" + transfer + "/send?lang=ru"
	b.leads(chromedp.Navigate(address))
	b.chooses(folder, len(digests))
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(sendFolder))))
	b.waitsFor("Связь прервалась. Ничего не потеряно.")
	b.must(chromedp.Do(b.ctx, chromedp.Navigate("about:blank"))) // the page dies while the line is cut
	c.mend()
	b.leads(chromedp.Navigate(address))
	b.waitsFor("Есть незавершённая загрузка")
	before := c.carried()
	b.chooses(folder, len(digests))
	if status := b.leads(chromedp.Click(chromedp.CSS(sendFolder))); status != 200 {
		t.Fatalf("%d", status)
	}
	b.says("Расписка в получении файлов", "Архив получил файлов: 3")
	if again := c.carried() - before; again > 20<<20 {
		t.Errorf("%d bytes were sent again, of 24 MiB", again)
	}
	stands(t, transfer, digests)
}

// TestAFullDiskPausesAPage answers as the archive does while its disk is full: the page says so in the archive's words and
// that nothing is lost, and goes on by itself once there is room.
func TestAFullDiskPausesAPage(t *testing.T) {
	transfer := newTransfer(t)
	folder, digests := folderOf(t)
	var full atomic.Bool
	full.Store(true)
	archive := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: world.host})
		r.Out.Host = r.In.Host
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPatch || !full.Load() {
			archive.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Tus-Resumable", "1.0.0")
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusInsufficientStorage)
		_, _ = io.WriteString(w, "Хранилище архива заполнено, загрузка приостановлена; ничего не потеряно.\n") // whoever went away needs no answer
	}))
	t.Cleanup(front.Close)
	b := open(t, true)
	b.signIn("su-bolimi")
	b.leads(chromedp.Navigate(front.URL + "/dept/transfers/" + transfer + "/send?lang=ru"))
	b.chooses(folder, len(digests))
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(sendFolder))))
	b.waitsFor("Хранилище архива заполнено, загрузка приостановлена; ничего не потеряно.")
	if status := b.leads(func(context.Context, *chromedp.Target) (v chromedp.Void, err error) { full.Store(false); return v, nil }); status != 200 {
		t.Fatalf("%d", status)
	}
	b.says("Расписка в получении файлов", "Архив получил файлов: 3")
	stands(t, transfer, digests)
}

// TestWhoeverLooksSeesFilesCome sends a package from elsewhere, file by file, while the clerk has its pages open: that of the
// transfer says at once what has come, that of sending as soon as something moves; nobody has finished anything.
func TestWhoeverLooksSeesFilesCome(t *testing.T) {
	transfer := newTransfer(t)
	here, sender := "/dept/transfers/"+transfer, enter(t, "su-bolimi")
	made := sender.tus("POST", here+"/tus", "", "Upload-Length", "10", "Upload-Metadata", "filename "+word("папка/1/скан.txt")+",form "+word("bare"))
	sends := func(offset, text string) {
		t.Helper()
		if got := sender.tus("PATCH", made.Get("Location"), text, "Content-Type", offsetStream, "Upload-Offset", offset); got.status != 204 {
			t.Fatalf("%d %s", got.status, got.text)
		}
	}
	sends("0", "төрт") // eight bytes
	b := open(t, true)
	b.signsIn("su-bolimi", here, "ru")
	b.waitsFor("Файлы приходят: целиком 0 из 1, 8 Б из 10 Б")
	b.visit(here+"/send", "ru")
	b.waitsFor("Есть незавершённая загрузка")
	if n := asks[int](b, `document.querySelectorAll('#live .coming').length`); n != 0 {
		t.Error("what only lies there is said to be coming")
	}
	sends("8", "9")
	b.waitsFor("Файлы приходят: целиком 0 из 1, 9 Б из 10 Б")
	sends("9", "!")
	b.waitsFor("Файлы приходят: целиком 1 из 1, 10 Б из 10 Б")
}
