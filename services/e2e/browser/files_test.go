package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestAClerkKeepsFiles enters a line of the nomenclature, opens a file under it and closes it; the
// term is shown in the reader's language, whichever it was typed in.
func TestAClerkKeepsFiles(t *testing.T) {
	axe := axeSource(t)
	b := open(t, false)
	b.wide(1280)
	b.signIn("bilim")
	const send = "main form[method=post] button:not([value=stay])"
	submit := func() {
		t.Helper()
		if status := b.leads(chromedp.Click(chromedp.CSS(send))); status != 200 {
			t.Fatalf("%d: %s", status, asks[string](b, `document.body.innerText`))
		}
	}
	b.visit("/dept/nomenclature", "kk")
	b.fills("index", "09-09", "title_kk", "Жұмыс жоспарлары", "title_ru", "Планы работы", "term", "5 лет ЭПК", "article", "19")
	submit()
	b.says("09-09", "5 жыл СТК")
	b.visit("/dept/nomenclature", "ru")
	b.says("5 лет ЭПК")
	b.look("nomenclature", axe)

	today := time.Now().Format(time.DateOnly)
	b.visit("/dept/files/new", "ru")
	b.fills("index", "09-09", "title_ru", "Планы работы на год", "title_kk", "Жылдық жоспарлар", "opened_on", today)
	b.look("new file", axe)
	submit()
	b.says("Планы работы на год")

	b.visit("/dept/files?state=open", "kk")
	b.visit(b.find(`^/dept/files/[^/]+/close$`), "kk")
	b.look("close a file", axe)
	b.fills("closed_on", "2019-01-01", "leaves", "7")
	if status := b.leads(chromedp.Click(chromedp.CSS(send))); status < 400 || asks[string](b, `document.querySelector('#leaves').value`) != "7" {
		t.Errorf("closed before it was opened: %d, %s", status, asks[string](b, `document.body.innerText`))
	}
	b.fills("closed_on", today)
	submit()
	if shown := asks[string](b, `document.body.innerText`); !strings.Contains(shown, "Жылдық жоспарлар") {
		t.Errorf("after closing: %s", shown)
	}
}
