package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// seen looks at the page as look does, and at 360 pixels.
func (b *tab) seen(name, lang, axe string) {
	b.t.Helper()
	b.look(name, axe)
	for _, width := range []int64{360, 1280} {
		b.wide(width)
		if wide := asks[string](b, overflow); wide != "" {
			b.t.Errorf("%s: scrolls sideways at %d px: %s", name, width, wide)
		}
		b.shot(fmt.Sprintf("%s-%s-%d", name, lang, width))
	}
}

// attaches a file of such a content to a field of a form of uploads.
func (b *tab) attaches(field, content string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "скан.txt")
	b.must(os.WriteFile(path, []byte(content), 0o600))
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS(field), []string{path})))
}

// ticks a box or a choice.
func (b *tab) ticks(field, value string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`input[name=`+field+`][value="`+value+`"]`))))
}

const send = "main form[method=post] .actions button"

// TestATransferFromDueToSigned is the clerk's journey (ux) and the archivist's beside it: from the due card through
// five tasks to the act with both signatures, with one row returned and redone; without JavaScript, and with it.
func TestATransferFromDueToSigned(t *testing.T) {
	for _, c := range []struct {
		lang    string
		scripts bool
	}{{"kk", false}, {"ru", false}, {"kk", true}, {"ru", true}} {
		if !slices.Contains(spoken("kk", "ru"), c.lang) {
			continue
		}
		t.Run(fmt.Sprintf("%s, scripts %t", c.lang, c.scripts), func(t *testing.T) {
			axe := ""
			if !c.scripts {
				axe = axeSource(t)
			}
			transfer := newTransfer(t)
			b := open(t, c.scripts)
			b.wide(1280)
			b.prepares(transfer, c.lang, axe)
			b.checksUnits(transfer, c.lang, axe)
			b.redoes(transfer, c.lang, axe)
			number := b.accepts(transfer, c.lang, axe)
			b.signsBoth(transfer, number, c.lang, axe)
		})
	}
}

// TestOnlyWhatWasBadIsSentAgain sends a good and a bad file in pieces: the page says which was good and stays, the bad
// one alone is mended and sent, and both arrive.
func TestOnlyWhatWasBadIsSentAgain(t *testing.T) {
	transfer := newTransfer(t)
	b := open(t, true)
	here := "/dept/transfers/" + transfer
	b.signsIn("su-bolimi", here+"/files", "ru")
	b.ticks("form", "mixed")
	b.presses(send)
	b.visit(here+"/send", "ru")
	good, bad := filepath.Join(t.TempDir(), "приказ.txt"), filepath.Join(t.TempDir(), "con")
	b.must(os.WriteFile(good, []byte("приказ "+transfer), 0o600))
	b.must(os.WriteFile(bad, []byte("имя, которого не берёт ни одна система"), 0o600))
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS("input[name=row-1]"), []string{good, bad})))
	b.presses0("section[aria-labelledby=by-rows] button")
	b.says("Этот пакет не взят")
	b.visit(here+"/send", "ru")
	b.must(chromedp.Do(b.ctx, chromedp.WaitVisible(chromedp.CSS("#live .begun"))))
	b.says("сохранены годные файлы: 1")
	b.attaches("input[name=row-1]", "исправлено "+transfer)
	b.presses("section[aria-labelledby=by-rows] button")
	if files := asks[string](b, `document.querySelector('table.list tbody tr td.n:nth-of-type(2)').innerText`); files != "2" {
		t.Errorf("row 1 has %s files, want the good one and the mended one: %s", files, asks[string](b, `document.querySelector('main').innerText`))
	}
}

// TestWhatComesAsFilesIsNotAcceptedWithoutThem sends one of two files of a digital transfer: the department reads which row lacks
// its files, the archivist that it cannot be accepted, and what of it can be.
func TestWhatComesAsFilesIsNotAcceptedWithoutThem(t *testing.T) {
	for _, lang := range spoken("kk", "ru") {
		axe, transfer := axeSource(t), newTransfer(t)
		b := open(t, false)
		b.wide(1280)
		here := "/dept/transfers/" + transfer
		b.signsIn("su-bolimi", here+"/files", lang)
		b.ticks("form", "digital")
		b.presses(send)
		b.visit(here+"/send", lang)
		b.attaches("input[name=row-1]", "бірінші "+transfer)
		b.leads(chromedp.Click(chromedp.CSS("section[aria-labelledby=by-rows] button")))
		b.seen("receipt-lacking", lang, axe)
		b.says("№ 2")
		b.visit(here, lang)
		b.seen("transfer-lacking", lang, axe)
		b.signsIn("arhivist", "/intake/"+transfer, lang)
		b.seen("intake-lacking", lang, axe)
		b.presses0(`a[href="/intake/` + transfer + `/accept"]`)
		b.seen("accept-lacking", lang, axe)
		if ticked := asks[[]string](b, `[...document.querySelectorAll('input[name=position]:checked')].map(i => i.value)`); len(ticked) != 1 || ticked[0] != "1" {
			t.Errorf("ticked are %q", ticked)
		}
		b.ticks("position", "2") // without its files
		b.presses0(send)
		b.leads(chromedp.Click(chromedp.CSS(send)))
		b.seen("accept-refused", lang, axe)
		b.ticks("position", "2")
		b.presses0(send)
		b.presses0(send)
		b.seen("accepted-lacking", lang, axe)
		b.says("data/0001/")
	}
}

// TestOneReasonIsSaidOnce: files that a limit keeps out stand together over its one sentence, and what has ended cannot be paused.
func TestOneReasonIsSaidOnce(t *testing.T) {
	transfer := newTransfer(t)
	limits := func(files uint32) {
		t.Helper()
		conn, err := world.p.As(monitor.Identity{Actor: "person:test", Roles: []monitor.Role{monitor.Administrator}}).Conn("intake")
		fail(t, err)
		_, err = intakev1.NewIntakeServiceClient(conn).SetUploadLimits(t.Context(), &intakev1.SetUploadLimitsRequest{CommandId: fresh(), Limits: &intakev1.UploadLimitsSet{
			OrganisationId: organisation, From: time.Now().Format(time.DateOnly), TransferBytes: 1 << 40, TransferFiles: files, DepartmentBytes: 1 << 42, DepartmentFiles: 1_000_000, KeepDays: 30,
		}})
		fail(t, err)
	}
	limits(2)
	defer limits(500_000)
	b := open(t, true)
	b.signsIn("su-bolimi", "/dept/transfers/"+transfer+"/send", "ru")
	folder, names := t.TempDir(), []string(nil)
	for i := range 5 {
		names = append(names, filepath.Join(folder, fmt.Sprintf("лист-%d.txt", i+1)))
		b.must(os.WriteFile(names[i], []byte(names[i]), 0o600))
	}
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS("input[name=row-1]"), names)))
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("section[aria-labelledby=by-rows] button"))))
	b.waitsFor("Не пришли целиком файлов: 3")
	// It is drawn ten times a second, at first not at all.
	asks[bool](b, `new Promise(function wait(done) { document.querySelectorAll('#tus li').length === 1 && !document.querySelector('#tus button') ? done(true) : setTimeout(wait, 20, done); })`, chromedp.EvalAwaitPromise)
	if rows := asks[[]string](b, `[...document.querySelectorAll('#tus li')].map(li => li.innerText)`); len(rows) != 1 || strings.Count(rows[0], "лист-") != 3 || strings.Count(rows[0], "не помещается") != 1 {
		t.Errorf("%q", rows)
	}
	if buttons := asks[string](b, `document.querySelector('#live .controls').innerText`); buttons != "Отменить всю загрузку" {
		t.Errorf("%q", buttons)
	}
}

// prepares goes from the due card to the confirmation, as the clerk.
func (b *tab) prepares(transfer, lang, axe string) {
	b.t.Helper()
	here := "/dept/transfers/" + transfer
	b.signsIn("su-bolimi", "/dept", lang)
	b.seen("due", lang, axe)
	b.opens("details.how")
	b.presses(`article a.button[href="` + here + `"]`)
	if n := asks[int](b, `document.querySelectorAll('.tasklist li').length`); n != 5 {
		b.t.Errorf("%d tasks, want five", n)
	}
	b.seen("tasks", lang, axe)

	b.visit(here+"/files", lang)
	b.seen("files", lang, axe)
	b.ticks("form", "mixed")
	b.presses(send)
	b.visit(here+"/contact", lang)
	b.seen("inventory-signed", lang, axe)
	b.leads(chromedp.Click(chromedp.CSS(send))) // the browser, or the archive, asks for the name
	b.fills("name", "Ерлан Жұмабаев", "phone", "+7 700 000 00 00")
	b.presses(send)

	b.visit(here+"/send", lang)
	b.attaches("input[name=row-1]", "бірінші "+transfer)
	b.attaches("input[name=row-2]", "екінші "+transfer)
	b.presses("section[aria-labelledby=by-rows] button")
	b.seen("receipt-package", lang, axe)

	b.visit(here+"/date", lang)
	b.seen("date", lang, axe)
	b.fills("on", time.Now().AddDate(0, 0, 7).Format(time.DateOnly), "boxes", "1")
	b.presses("main form .actions button")
	b.seen("check", lang, axe)
	if left := asks[int](b, `document.querySelectorAll('.fault').length`); left != 0 {
		b.t.Errorf("something is said to be left: %s", asks[string](b, `document.querySelector('.fault').innerText`))
	}
	b.presses(send)
	address := asks[string](b, `location.pathname`)
	b.seen("confirmation", lang, axe)
	b.visit(address, lang) // it survives a reload
	b.presses(`p.lead a[href*="/receipts/"]`)
	b.seen("receipt", lang, axe)
}

// checksUnits counts the paper, finds one row present and gives the other back, as the archivist.
func (b *tab) checksUnits(transfer, lang, axe string) {
	b.t.Helper()
	here := "/intake/" + transfer
	b.signsIn("arhivist", "/intake", lang)
	b.seen("queue", lang, axe)
	b.presses(`a[href="` + here + `"]`)
	b.seen("transfer", lang, axe)
	b.presses(`a[href="` + here + `/paper"]`)
	b.seen("paper", lang, axe)
	b.fills("units", "2", "boxes", "1")
	b.presses(send)

	b.visit(here+"/units", lang)
	b.seen("units", lang, axe)
	b.sets("#f-1", "missing") // without an explanation: it is asked for, the other row is saved
	b.sets("#f-2", "present")
	b.leads(chromedp.Click(chromedp.CSS(do("save"))))
	b.seen("units-wrong", lang, axe)
	if kept := asks[string](b, `document.querySelector('#f-1').value`); kept != "missing" {
		b.t.Errorf("what was chosen is lost: %q", kept)
	}
	b.sets("#f-1", "leaves_differ")
	b.sets("#l-1", "4")
	b.sets("#n-1", "5-парақ жоқ")
	b.presses(do("save"))

	b.visit(here+"/return", lang)
	b.seen("return", lang, axe)
	b.fills("positions", "2", "comment", "Екінші бет оқылмайды; қайта сканерлеңіз.")
	b.ticks("reason", "unreadable")
	b.presses(send)
	b.seen("receipt-returned", lang, axe)
}

// redoes the returned row alone, as the clerk, and says so.
func (b *tab) redoes(transfer, lang, axe string) {
	b.t.Helper()
	b.signsIn("su-bolimi", "/dept/transfers/"+transfer, lang)
	b.seen("tasks-returned", lang, axe)
	b.presses0(`a[href="/dept/transfers/` + transfer + `/problems"]`)
	b.seen("problems", lang, axe)
	b.presses0(`a.button[href="/transfers/` + transfer + `/rows/2"]`)
	b.fills("text", "Түпнұсқасы солғын, қайта сканерледік.")
	b.presses0(do("comment"))
	b.seen("row", lang, axe)
	b.attaches("#redo", "екінші, қайта "+transfer)
	b.presses("form.upload button")
	b.visit("/dept/transfers/"+transfer, lang)
	if badges := asks[int](b, `document.querySelectorAll('#rows ~ table .badge.late').length`); badges != 0 {
		b.t.Errorf("%d rows still wait", badges)
	}
	b.seen("tasks-redone", lang, axe)
}

// presses0 presses what leads to a page on which the archive's reasons stand as faults.
func (b *tab) presses0(button string) {
	b.t.Helper()
	if status := b.leads(chromedp.Click(chromedp.CSS(button))); status >= 400 {
		b.t.Fatalf("%s: %d, %s", button, status, asks[string](b, `document.body.innerText`))
	}
}

// accepts the transfer: less than all is counted anew first. Gives the number of the accession.
func (b *tab) accepts(transfer, lang, axe string) string {
	b.t.Helper()
	b.signsIn("arhivist", "/intake/"+transfer, lang)
	b.seen("transfer-redone", lang, axe)
	b.presses(`a[href="/intake/` + transfer + `/accept"]`)
	b.seen("accept", lang, axe)
	words := map[string]string{"kk": "2 (екі) істің 2 (екі)", "ru": "2 (два) из 2 (два)"}[lang]
	b.says(words)
	b.ticks("position", "2")
	b.presses(send)
	b.says(map[string]string{"kk": "2 (екі) істің 1 (бір)", "ru": "1 (одно) из 2 (два)"}[lang])
	b.ticks("position", "2")
	b.presses(send)
	b.presses(send)
	return strings.TrimPrefix(asks[string](b, `location.pathname`), "/accessions/")
}

// signsBoth signs for the archive and for the department; the second signature closes the accession.
func (b *tab) signsBoth(transfer, number, lang, axe string) {
	b.t.Helper()
	here := "/accessions/" + number
	for end := time.Now().Add(patience); asks[int](b, `document.querySelectorAll('a[href*="/act/"]').length`) < 2; b.visit(here, lang) {
		if time.Now().After(end) {
			b.t.Fatal("the acts are not drawn up")
		}
	}
	b.seen("accession", lang, axe)
	b.presses(`a[href="` + here + `/sign"]`)
	b.seen("sign", lang, axe)
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("input[name=sha256]"))))
	b.presses(do("archive"))

	b.signsIn("su-bolimi", "/dept/transfers/"+transfer, lang)
	b.presses(`a[href="/dept/transfers/` + transfer + `/sign"]`)
	b.seen("sign-giver", lang, axe)
	b.leads(chromedp.Click(chromedp.CSS(send)))
	if asks[int](b, `document.querySelectorAll('.wrong').length`) < 2 {
		b.t.Error("a signature under nothing is not refused by the field")
	}
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("input[name=sha256]"))))
	b.ticks("read", "yes")
	b.presses(send)
	b.seen("signed", lang, axe)
	if n := asks[int](b, `document.querySelectorAll('section.note .badge.good').length`); n != 2 {
		b.t.Errorf("%d signatures are shown, want two: %s", n, asks[string](b, `document.querySelector('section.note').innerText`))
	}
	if pdf := b.fetch(asks[string](b, `document.querySelector('a[href$="/act/`+lang+`"]').href`)); !strings.HasPrefix(pdf, "%PDF-") {
		b.t.Errorf("the act is %.20q", pdf)
	}
	b.visit("/dept/handed-over", lang)
	b.seen("handed-over", lang, axe)
	b.says(transfer, number)
}
