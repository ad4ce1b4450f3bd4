package browser_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"
	"golang.org/x/text/encoding/charmap"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/qoyma/demo"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/eark"
)

// organisation is the department of the demonstration's account su-bolimi.
const organisation = "talgyr-su"

var everybody = monitor.Identity{
	Actor: "person:test", Roles: []monitor.Role{monitor.Clerk, monitor.Commission, monitor.Archivist}, Clearance: monitor.Scope{Level: 3, Grounds: []string{"personal"}},
}

func fresh() string { return uuid.Must(uuid.NewV7()).String() }

// services are retention and intake for somebody with every role.
func services(t *testing.T) (retentionv1.RetentionServiceClient, intakev1.IntakeServiceClient) {
	t.Helper()
	needBrowser(t)
	rc, err := world.p.As(everybody).Conn("retention")
	fail(t, err)
	ic, err := world.p.As(everybody).Conn("intake")
	fail(t, err)
	return retentionv1.NewRetentionServiceClient(rc), intakev1.NewIntakeServiceClient(ic)
}

var line atomic.Uint32

// closedFile registers a file under a line of its own, and closes it.
func closedFile(t *testing.T) string {
	t.Helper()
	retention, _ := services(t)
	index := fmt.Sprintf("07-%02d", line.Add(1))
	_, err := retention.AddNomenclatureEntry(t.Context(), &retentionv1.AddNomenclatureEntryRequest{CommandId: fresh(), Entry: &retentionv1.NomenclatureEntry{
		OrganisationId: organisation, Year: 2011, Index: index, Title: &recordv1.Text{Kk: "Жоспарлар", Ru: "Планы"}, Term: "Тұрақты", Article: "1",
	}})
	fail(t, err)
	f, err := retention.OpenFile(t.Context(), &retentionv1.OpenFileRequest{CommandId: fresh(), OrganisationId: organisation, Year: 2011, Index: index, OpenedOn: "2011-02-01"})
	fail(t, err)
	_, err = retention.CloseFile(t.Context(), &retentionv1.CloseFileRequest{CommandId: fresh(), FileId: f.GetFile().GetFile().GetId(), ClosedOn: "2011-12-20", Leaves: 5})
	fail(t, err)
	return f.GetFile().GetFile().GetId()
}

// newTransfer lets an inventory of two files fall due, and gives its transfer once the archive expects it.
func newTransfer(t *testing.T) string {
	t.Helper()
	retention, intake := services(t)
	files := []string{closedFile(t), closedFile(t)}
	number := fmt.Sprint(time.Now().UnixNano() % 1_000_000)
	inventory, err := retention.ApproveInventory(t.Context(), &retentionv1.ApproveInventoryRequest{
		CommandId: fresh(), OrganisationId: organisation, Number: number, Kind: "permanent", FileIds: files, Title: &recordv1.Text{Kk: "Істер", Ru: "Дела " + number},
		Approval: &recordv1.Protocol{Commission: "СТК", Number: "1", Date: "2013-02-01"},
	})
	fail(t, err)
	tick, late := time.NewTicker(20*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer late.Stop()
	for {
		res, err := retention.GetInventory(t.Context(), &retentionv1.GetInventoryRequest{InventoryId: inventory.GetInventory().GetId(), Limit: 1})
		fail(t, err)
		if id := res.GetTransferId(); id != "" {
			if got, err := intake.GetTransfer(t.Context(), &intakev1.GetTransferRequest{TransferId: id}); err == nil && len(got.GetFiles()) == 2 {
				return id
			}
		}
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatal("the inventory did not fall due")
		}
	}
}

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is a client that keeps its cookies, as a browser without scripts.
type visitor struct {
	t *testing.T
	*http.Client
}

func enter(t *testing.T, login string) *visitor {
	t.Helper()
	needBrowser(t)
	jar, err := cookiejar.New(nil)
	fail(t, err)
	v := &visitor{t, &http.Client{Jar: jar, Timeout: patience}}
	if login == "" {
		return v
	}
	form := url.Values{"login": {login}, "password": {demo.Password}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+world.host+"/sign-in?lang=ru", strings.NewReader(form.Encode()))
	fail(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := v.Do(r)
	fail(t, err)
	fail(t, res.Body.Close())
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s cannot sign in: %d", login, res.StatusCode)
	}
	return v
}

// get gives the status, the text and the headers of an address.
func (v *visitor) get(address string) (int, string, http.Header) {
	v.t.Helper()
	return v.asked(http.NewRequestWithContext(v.t.Context(), http.MethodGet, "http://"+world.host+address, http.NoBody))
}

func (v *visitor) asked(r *http.Request, err error) (int, string, http.Header) {
	v.t.Helper()
	fail(v.t, err)
	res, err := v.Do(r)
	fail(v.t, err)
	raw, err := io.ReadAll(res.Body)
	fail(v.t, err)
	fail(v.t, res.Body.Close())
	return res.StatusCode, string(raw), res.Header
}

// upload sends a form of files, each "field|name|content".
func (v *visitor) upload(transfer string, parts ...string) (int, string) {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fail(v.t, form.WriteField("command", fresh()))
	for _, part := range parts {
		field, rest, _ := strings.Cut(part, "|")
		name, content, _ := strings.Cut(rest, "|")
		w, err := form.CreateFormFile(field, name)
		fail(v.t, err)
		_, err = io.WriteString(w, content)
		fail(v.t, err)
	}
	fail(v.t, form.Close())
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, "http://"+world.host+"/dept/transfers/"+transfer+"/upload", &body)
	fail(v.t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	status, text, _ := v.asked(r, nil)
	return status, text
}

// packed makes a ZIP of files in their order: name, content, name, content …
func packed(t *testing.T, files ...string) string {
	t.Helper()
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	for i := 0; i+1 < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		if old, ok := strings.CutPrefix(files[i], "866:"); ok {
			name, err := charmap.CodePage866.NewEncoder().String(old)
			fail(t, err)
			h.Name, h.NonUTF8 = name, true
		}
		w, err := z.CreateHeader(h)
		fail(t, err)
		_, err = io.WriteString(w, files[i+1])
		fail(t, err)
	}
	fail(t, z.Close())
	return raw.String()
}

// aBag is a bag of one file for each row, as a ZIP with the folder around it; with a wrong byte where it is
// to be spoilt.
func aBag(t *testing.T, spoilt bool) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "bag")
	payload := t.TempDir()
	for _, row := range []string{"0001", "0002"} {
		fail(t, os.Mkdir(filepath.Join(payload, row), 0o700))
		fail(t, os.WriteFile(filepath.Join(payload, row, "scan.txt"), []byte("мәтін "+row), 0o600))
	}
	_, err := bagit.Create(t.Context(), root, os.DirFS(payload), nil, bagit.Options{})
	fail(t, err)
	var files []string
	fail(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		if spoilt && strings.HasSuffix(name, "0002/scan.txt") {
			raw[0] ^= 1
		}
		files = append(files, "менің пакетім/"+filepath.ToSlash(name), string(raw))
		return err
	}))
	return packed(t, files...)
}

// anEARK is an E-ARK package of one file for each row: names, with the package's folder, and contents, by name.
func anEARK(t *testing.T) (files []string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "sip-1")
	_, err := eark.Create(t.Context(), root, eark.Spec{
		ID: "sip-1", Label: "Дела", SIP: true, Created: time.Now().Truncate(time.Second), Software: "Qoyma", Version: "1",
		Agents:        []eark.Agent{{Role: "CREATOR", Type: "ORGANIZATION", Name: "Отдел"}},
		Payload:       fstest.MapFS{"0001/скан.txt": {Data: []byte("бір")}, "0002/скан.txt": {Data: []byte("екі")}},
		Documentation: fstest.MapFS{"readme.txt": {Data: []byte("x")}},
	}, eark.Options{})
	fail(t, err)
	fail(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		name, _ := filepath.Rel(filepath.Dir(root), path)
		files = append(files, filepath.ToSlash(name), string(raw))
		return err
	}))
	return files
}

// asFolder are files as a browser sends a folder; the first by name, METS.xml, comes last.
func asFolder(files []string) (parts []string) {
	for pair := range slices.Chunk(files, 2) {
		parts = append(parts, "folder|"+pair[0]+"|"+pair[1])
	}
	return append(parts[1:], parts[0])
}

// TestUploads sends packages in every way that the page offers, and in ways that it does not.
func TestUploads(t *testing.T) {
	transfer := newTransfer(t)
	clerk := enter(t, "su-bolimi")
	for _, c := range []struct {
		name   string
		parts  []string
		status int
		says   string
	}{
		{"nothing", nil, 400, "Ни один файл не выбран"},
		{"an empty choice", []string{"row-1||"}, 400, "Ни один файл не выбран"},
		{"no ZIP", []string{"package|a.zip|this is none"}, 400, "Это не целый ZIP или tar: a.zip"},
		{"an empty ZIP", []string{"package|a.zip|" + packed(t)}, 400, "Ни один файл не выбран"},
		{"two ways at once", []string{"row-1|a.txt|a", "package|a.zip|" + packed(t, "1/a.txt", "a")}, 400, "сразу двумя способами"},
		{"a bag that was spoilt", []string{"package|bag.zip|" + aBag(t, true)}, 200, "№ 2"},
		{"a row that is not listed", []string{"row-9|a.txt|a"}, 200, "нет дела под номером 9"},
		{"a file in no folder", []string{"folder|папка/скан.txt|a"}, 200, "не относится ни к одному делу"},
		{"out of the ZIP", []string{"package|a.zip|" + packed(t, "../../0001/x.txt", "a")}, 400, "ведёт за пределы своей папки"},
		{"a bag and something beside it", []string{"package|a.zip|" + packed(t, "bag/bagit.txt", "a", "2/x.txt", "b")}, 400, "вне её лежит 2/x.txt"},
		{"rows", []string{"row-1|скан 1.txt|бір", "row-1|C:\\fakepath\\скан 2.txt|екі", "row-2||"}, 200, "Архив получил файлов: 2"},
		{"a numbered folder", []string{"folder|Папка/0001/а.txt|a", "folder|Папка/0002/.DS_Store|junk", "folder|Папка/0002/б/в.txt|b"}, 200, "Архив получил файлов: 2"},
		{"a ZIP of numbered folders, named in code page 866", []string{"package|a.zip|" + packed(t, "866:Дела/1/Приказ №5.txt", "a", "__MACOSX/1/._x", "junk", "866:Дела/2/План.txt", "b")}, 200, "Архив получил файлов: 2"},
		{"an E-ARK package as a folder", asFolder(anEARK(t)), 200, "пакет E-ARK (SIP) «sip-1»"},
		{"an E-ARK package as a ZIP", []string{"package|sip-1.zip|" + packed(t, anEARK(t)...)}, 200, "пакет E-ARK (SIP) «sip-1»"},
		{"an E-ARK package without METS", asFolder(anEARK(t)[2:]), 200, "CSIPSTR4"},
		{"a whole bag", []string{"package|bag.zip|" + aBag(t, false)}, 200, "Архив получил файлов: 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clerk := &visitor{t, clerk.Client}
			status, text := clerk.upload(transfer, c.parts...)
			if status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%d, want %d with %q:\n%s", status, c.status, c.says, main(text))
			}
		})
	}
	for _, login := range []string{"", "bilim", "arhivist", "zertteushi"} {
		if status, text := enter(t, login).upload(transfer, "row-1|a.txt|a"); status < 400 && !strings.Contains(text, "sign-in") || strings.Contains(text, "Расписка") {
			t.Errorf("%q may send: %d", login, status)
		}
	}
	if _, text, _ := clerk.get("/dept/transfers/" + transfer + "/receipt"); !strings.Contains(text, "Архив получил файлов: 2") {
		t.Errorf("the receipt after all this: %s", main(text))
	}
}

var element = regexp.MustCompile(`(?s)<main.*</main>`)

// main is the middle of a page, for messages.
func main(text string) string { return element.FindString(text) }

// TestAnUploadThatBreaksOffLeavesNothing closes the connection in the middle of a file.
func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	transfer := newTransfer(t)
	clerk := enter(t, "su-bolimi")
	u, err := url.Parse("http://" + world.host)
	fail(t, err)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", world.host)
	fail(t, err)
	var cookies []string
	for _, c := range clerk.Jar.Cookies(u) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	head := "--b\r\nContent-Disposition: form-data; name=\"command\"\r\n\r\n" + fresh() + "\r\n--b\r\nContent-Disposition: form-data; name=\"row-1\"; filename=\"a.txt\"\r\n\r\n"
	_, err = fmt.Fprintf(conn, "POST /dept/transfers/%s/upload HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n%s%s",
		transfer, world.host, strings.Join(cookies, "; "), head, strings.Repeat("x", 300))
	fail(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+world.host+"/dept/transfers/"+transfer+"/progress", http.NoBody)
	fail(t, err)
	res, err := clerk.Do(r)
	fail(t, err)
	defer func() { fail(t, res.Body.Close()) }()
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("content type %s", got)
	}
	lines := bufio.NewScanner(res.Body)
	until := func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("the events ended before %s: %v", text, lines.Err())
	}
	until(`"uploading":true`)
	fail(t, conn.Close())
	until(`"uploading":false`)
	if _, text, _ := clerk.get("/dept/transfers/" + transfer + "/receipt"); !strings.Contains(text, "Файлы ещё не отправлены") {
		t.Errorf("something was kept: %s", main(text))
	}
}

// TestContentIsDownloadedByThoseWhoMay downloads a file of the accession and a paper, as each role.
func TestContentIsDownloadedByThoseWhoMay(t *testing.T) {
	staff := enter(t, "arhivist")
	_, text, _ := staff.get("/accessions?year=" + fmt.Sprint(time.Now().Year()))
	number := regexp.MustCompile(`/accessions/([0-9]+-1)"`).FindStringSubmatch(text)
	if number == nil {
		t.Fatalf("no accession: %s", main(text))
	}
	_, text, _ = staff.get("/accessions/" + number[1])
	address := regexp.MustCompile(`href="(/accessions/[^"]+/content/[^"]+\.pdf)"`).FindStringSubmatch(text)
	if address == nil {
		t.Fatalf("no content: %s", main(text))
	}
	for login, allowed := range map[string]bool{"arhivist": true, "basshy": true, "bilim": false, "zertteushi": false, "akimshi": false, "": false} {
		for _, one := range []string{address[1], "/accessions/" + number[1] + "/act/kk"} {
			status, body, header := enter(t, login).get(one)
			if got := status == 200 && strings.HasPrefix(body, "%PDF"); got != allowed {
				t.Errorf("%q, %s: %d, %d bytes", login, one, status, len(body))
			}
			if allowed && (!strings.HasPrefix(header.Get("Content-Disposition"), "attachment") || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store") {
				t.Errorf("%s: %v", one, header)
			}
		}
	}
	if status, _, _ := staff.get("/accessions/" + number[1] + "/content/data/0001/none"); status != 404 {
		t.Errorf("what is not there: %d", status)
	}
	if status, body, _ := staff.get("/accessions/" + number[1][:4] + "/book/ru"); status != 200 || !strings.HasPrefix(body, "%PDF") {
		t.Errorf("the book: %d", status)
	}
}

// TestAFolderIsSentWithProgress chooses a folder in the browser with our script, and watches from
// another tab.
func TestAFolderIsSentWithProgress(t *testing.T) {
	transfer := newTransfer(t)
	b := open(t, true)
	b.signIn("su-bolimi")
	b.visit("/dept/transfers/"+transfer+"/send", "ru")
	folder := filepath.Join(t.TempDir(), "Дела")
	for _, row := range []string{"0001", "0002"} {
		fail(t, os.MkdirAll(filepath.Join(folder, row), 0o700))
		fail(t, os.WriteFile(filepath.Join(folder, row, "скан.txt"), bytes.Repeat([]byte("мәтін "), 100_000), 0o600))
	}
	b.chooses(folder, 2)
	if status := b.leads(chromedp.Click(chromedp.CSS("section[aria-labelledby=by-folder] button"))); status != 200 {
		t.Fatalf("%d", status)
	}
	b.says("Расписка в получении файлов", "Архив получил файлов: 2")
	if faults := asks[string](b, `document.querySelector('.live .broken')?.innerText ?? ''`); faults != "" {
		t.Error(faults)
	}
}
