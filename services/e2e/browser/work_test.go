package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/qoyma/qoyma/services/qoyma/demo"
)

// signIn signs in as an account of the demonstration, and out at the end of the test.
func (b *tab) signIn(login string) {
	b.t.Helper()
	forget := func() {
		if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			b.t.Error(err)
		}
	}
	forget()
	b.t.Cleanup(forget)
	b.visit("/sign-in", "kk")
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#login"), login)))
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#password"), demo.Password)))
	if status := b.leads(chromedp.Click(chromedp.CSS("main form button"))); status != 200 {
		b.t.Fatalf("%s cannot sign in: %d", login, status)
	}
}

// shot keeps a picture of the page in the folder QOYMA_SHOTS, for whoever looks at them.
func (b *tab) shot(name string) {
	b.t.Helper()
	folder := os.Getenv("QOYMA_SHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	b.must(err)
	b.must(os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600))
}

// looks checks what holds of every page: one heading, no hole, no message without a text, nothing
// that scrolls sideways on a phone.
func (b *tab) looks(address, lang string) {
	b.t.Helper()
	for _, width := range []int64{1280, 320} {
		b.wide(width)
		if status := b.visit(address, lang); status != 200 {
			b.t.Fatalf("%s: %d", address, status)
		}
		p := asks[page](b, describe)
		if p.Lang != lang || len(p.Headings) != 1 || p.Headings[0] == "" || p.Unknown {
			b.t.Errorf("%s in %s: %+v", address, lang, p)
		}
		if wide := asks[string](b, overflow); wide != "" {
			b.t.Errorf("%s in %s at %d px: %s", address, lang, width, wide)
		}
		b.shot(fmt.Sprintf("%s-%s-%d", strings.Trim(unsafe.ReplaceAllString(address, "_"), "_"), lang, width))
	}
}

var unsafe = regexp.MustCompile(`[^a-z0-9-]+`)

// find is the first address on the page that a pattern describes.
func (b *tab) find(pattern string) string {
	b.t.Helper()
	for _, link := range asks[[]string](b, `[...document.links].map(a => a.getAttribute('href'))`) {
		if regexp.MustCompile(pattern).MatchString(link) {
			return link
		}
	}
	b.t.Fatalf("no link like %s on %s", pattern, asks[string](b, `location.href`))
	return ""
}

// TestPagesOfWork looks at every page of a department and of the staff, without JavaScript.
func TestPagesOfWork(t *testing.T) {
	for _, lang := range spoken(languages...) {
		t.Run(lang, func(t *testing.T) {
			b := open(t, false)
			b.signIn("su-bolimi")
			b.visit("/dept", lang)
			transfer := b.find(`^/dept/transfers/`)
			inventory := b.find(`^/dept/inventories/`)
			for _, address := range []string{
				"/dept", "/dept/nomenclature", "/dept/files", "/dept/files/new", inventory, "/dept/transfers",
				transfer, transfer + "/files", transfer + "/problems", transfer + "/contact", transfer + "/send", transfer + "/date", transfer + "/check", transfer + "/receipt",
				"/dept/handed-over", "/announce", "/announce/early", "/announce/extra", "/announce/liquidated", "/announce/liquidated?counted=yes",
				strings.Replace(transfer, "/dept", "", 1) + "/rows/1",
			} {
				b.looks(address, lang)
			}
			b.signIn("bilim")
			b.visit("/dept/transfers", lang)
			done := b.find(`^/dept/transfers/`)
			b.looks(done, lang)
			b.looks(done+"/receipt", lang)
			b.signIn("komissiya")
			b.looks("/commission", lang)
			b.looks(b.find(`^/commission/`), lang)
			b.looks("/commission/approved/talgyr-su/1", lang)
			b.signIn("arhivist")
			for _, state := range []string{"announced", "expected", "checked", "returned", "accepting", "accepted"} {
				b.looks("/intake?state="+state, lang)
			}
			b.looks(strings.Replace(transfer, "/dept/transfers", "/intake", 1), lang)
			for _, page := range []string{"/accept", "/paper", "/units", "/return"} {
				b.looks(strings.Replace(transfer, "/dept/transfers", "/intake", 1)+page, lang)
			}
			for _, address := range []string{"/announce", "/announce/personal_papers", "/announce/purchase?counted=yes", "/announce/returned", "/accessions/undescribed", "/deaccessions"} {
				b.looks(address, lang)
			}
			b.looks("/organisations", lang)
			b.looks("/accessions", lang)
			b.looks(b.find(`^/accessions/[0-9]+-[0-9]+$`), lang)
		})
	}
}

// fills writes into fields of the page, found by their ids.
func (b *tab) fills(fields ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("#"+fields[i]), fields[i+1])))
	}
}

// says fails unless the page shows a text.
func (b *tab) says(texts ...string) {
	b.t.Helper()
	shown := asks[string](b, `document.body.innerText`)
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Fatalf("the page does not say %q:\n%s", text, shown)
		}
	}
}

// TestAClerkHandsOver is the second journey (ux), in Kazakh and without JavaScript: a returned package,
// files by rows, the receipt; then the archivist accepts, and the clerk has the act.
func TestAClerkHandsOver(t *testing.T) {
	b := open(t, false)
	b.wide(1280)
	b.signIn("su-bolimi")
	b.visit("/dept", "kk")
	transfer := fmt.Sprintf("/dept/transfers/%d-2", time.Now().Year()) // the demonstration's, whose package was returned
	b.visit(b.find("^"+transfer+"$"), "kk")
	b.says("Архив қайтарды", "Тізімдемеге қол қою")

	b.visit(transfer+"/contact", "kk")
	b.fills("name", "Ерлан Жұмабаев", "phone", "+7 700 000 00 00")
	b.leads(chromedp.Click(chromedp.CSS("main form button")))
	b.says("Тапсырушы жазылды", "Ерлан Жұмабаев")

	b.visit(transfer+"/send", "kk")
	scans := t.TempDir()
	var names []string
	for _, name := range []string{"сурет 1.txt", "сурет 2.txt"} {
		path := filepath.Join(scans, name)
		b.must(os.WriteFile(path, []byte("мәтін "+name), 0o600))
		names = append(names, path)
	}
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS("input[name=row-1]"), names)))
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS("input[name=row-2]"), names[:1])))
	if status := b.leads(chromedp.Click(chromedp.CSS("section[aria-labelledby=by-rows] button"))); status != 200 {
		t.Fatalf("upload: %d\n%s", status, asks[string](b, `document.body.innerText`))
	}
	b.says("Файлдарды алғаны туралы қолхат", "Архив 3 файлды")
	receipt := asks[string](b, `location.pathname`)
	b.visit(receipt, "ru") // it survives a reload, in another language
	b.says("Расписка в получении файлов", "Архив получил файлов: 3")
	b.shot("journey-receipt")

	b.signIn("arhivist")
	b.visit("/intake", "ru")
	b.visit(strings.Replace(transfer, "/dept/transfers", "/intake", 1), "ru")
	b.says("Пакет цел", "Ерлан Жұмабаев")
	b.visit(b.find(`/accept$`), "ru")
	b.says("Акт приёма-передачи документов на хранение")
	b.shot("journey-accept")
	if status := b.leads(chromedp.Click(chromedp.CSS("main form[method=post] .actions button"))); status != 200 {
		t.Fatalf("acceptance: %d", status)
	}
	b.says("Передача принята и записана в книгу", "Акт на казахском")

	b.signIn("su-bolimi")
	b.visit(transfer, "kk")
	b.says("Істер архивке қабылданды", "Акт қазақша (PDF)")
	b.shot("journey-accepted")
	if got := asks[string](b, `location.pathname`); got != transfer {
		t.Errorf("at %s", got)
	}
}

// TestTheCommissionApproves chooses closed files, makes a mistake that the service refuses, mends it, and sees the
// date with its arithmetic; what was typed is kept meanwhile.
func TestTheCommissionApproves(t *testing.T) {
	file := closedFile(t)
	b := open(t, false)
	b.signIn("komissiya")
	b.looks("/commission/"+organisation, "ru")
	b.wide(1280)
	b.visit("/commission/"+organisation, "ru")
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`input[name=file][value="`+file+`"]`))))
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`input[name=kind][value=permanent]`))))
	b.fills("number", fmt.Sprint(time.Now().UnixNano()%1_000_000), "title_ru", "Опись дел за 2011 год", "commission", "ЭК отдела", "protocol", "4")
	const send = "main form[method=post] .actions button"
	b.leads(chromedp.Click(chromedp.CSS(send)))
	b.says("экспертно-проверочная комиссия")
	b.shot("commission-refused")
	if kept := asks[string](b, `document.querySelector('#title_ru').value + document.querySelector('input[name=file]:checked')?.value`); kept != "Опись дел за 2011 год"+file {
		t.Fatalf("what was typed is lost: %q", kept)
	}
	b.fills("commission", "ЭПК Жетиозенской области")
	b.leads(chromedp.Click(chromedp.CSS(send)))
	b.says("Опись утверждена", "Как посчитана дата", "01.01.2017")
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("details.how summary"))))
	b.shot("commission-approved")
}
