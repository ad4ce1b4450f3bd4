package browser_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/qoyma/qoyma/services/qoyma/demo"
)

// signsIn opens a page as somebody of the demonstration.
func (b *tab) signsIn(login, address, lang string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{})
	b.must(err)
	b.visit("/sign-in?next="+address, lang)
	b.types("#login", login)
	b.types("#password", demo.Password)
	if b.leads(chromedp.Click(chromedp.CSS(`form.stack button`))); asks[string](b, `location.pathname`) != address {
		b.t.Fatalf("%s signed in and came to %s: %s", login, asks[string](b, `location.pathname`), asks[string](b, `document.body.innerText`))
	}
}

func (b *tab) types(field, text string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS(field), text)))
}

func (b *tab) sets(field, value string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS(field), value)))
}

// presses a button that leads to a page, and wants no fault on it.
func (b *tab) presses(button string) {
	b.t.Helper()
	status := b.leads(chromedp.Click(chromedp.CSS(button)))
	if fault := asks[string](b, `document.querySelector('.fault')?.innerText ?? ''`); status >= 400 || fault != "" {
		b.t.Fatalf("%s: %d, %s", button, status, fault)
	}
}

func (b *tab) opens(part string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(part+" > summary"))))
}

const doing = `button[name=do][value="%"]`

func do(what string) string { return strings.Replace(doing, "%", what, 1) }

// TestDesk is the staff's way, without JavaScript: a request comes at the counter, the archivist
// records identity, finds a document beside the draft, cites it and submits the paper; the head
// reads it, sends it back once, and signs; the archivist hands it over.
func TestDesk(t *testing.T) {
	axe := axeSource(t)
	for _, lang := range spoken("kk", "ru") {
		t.Run(lang, func(t *testing.T) {
			b := open(t, false)
			b.wide(1280)
			b.signsIn("arhivist", "/desk", lang)
			number := b.counter(lang, axe)
			b.works(number, lang, axe)
			b.signsIn("basshy", "/approve", lang)
			b.look("approve", axe)
			b.returns(number)
			b.signsIn("arhivist", "/desk/"+number, lang)
			if !strings.Contains(asks[string](b, `document.querySelector('#work').innerText`), "парақ?") {
				t.Error("the head's remark is not shown beside the draft")
			}
			b.presses(do("submit"))
			b.signsIn("basshy", "/approve/"+number, lang)
			b.signs(number, axe)
			b.signsIn("arhivist", "/desk/"+number, lang)
			b.look("signed request", axe)
			b.presses(do("deliver"))
			if badge := asks[string](b, `document.querySelector('.badge').className`); badge != "badge good" {
				t.Errorf("after the hand-over the badge is %q", badge)
			}
			for _, address := range []string{"/desk?state=closed&show=all", "/books", "/books/requests?state=closed", "/books/certificates", "/accessions", "/insurance", "/insurance/register"} {
				b.visit(address, lang)
				b.look(address, axe)
			}
			b.signsIn("basshy", "/reports", lang)
			b.look("reports", axe)
			b.signsIn("akimshi", "/signers", lang)
			b.look("signers", axe)
		})
	}
}

// counter registers a request that is handed in, and gives its number.
func (b *tab) counter(lang, axe string) (number string) {
	b.t.Helper()
	b.look("queue", axe)
	b.presses(`a[href="/desk/register"]`)
	b.look("register", axe)
	for field, text := range map[string]string{"#surname": "Ахметова", "#given_name": "Гүлнәр", "#text": "Мектеп құрылысы туралы анықтама сұраймын.", "#phone": "+7 701 000 00 00"} {
		b.types(field, text)
	}
	b.sets("#language", lang)
	b.presses(do("preview"))
	if asks[int](b, `document.querySelectorAll('#preview').length`) != 1 {
		b.t.Error("no preview")
	}
	b.look("preview", axe)
	b.presses(do("register"))
	number = asks[string](b, `document.querySelector('.ticket dd.code').innerText`)
	if link := asks[string](b, `document.querySelector('.ticket code').innerText`); !strings.Contains(link, "/r/"+number+"?k=") {
		b.t.Errorf("the ticket of %q leads to %q", number, link)
	}
	b.look("ticket", axe)
	b.presses(`a[href="/desk/` + number + `"]`)
	return number
}

// works on the request until its paper lies before the head.
func (b *tab) works(number, lang, axe string) {
	b.t.Helper()
	b.presses(do("take"))
	b.look("request", axe)
	// What is typed into the draft stays, whatever else is done on the page.
	b.types("#closing", "Басқа құжат табылмады.")
	b.opens(`details[data-enter=identity]`)
	b.presses(do("identity"))
	b.types("#search", "1/1/2")
	b.presses(do("search"))
	b.presses(`button[value^="cite:"]`)
	b.types("#leaves", "47–48")
	b.types("#quotation", "Мектеп салынсын.")
	b.presses(do("finding"))
	b.look("finding", axe)
	b.presses(do("fact-remove:0"))
	b.presses(do("fact-from:1"))
	b.types("#fact-0-period", "12.03.2012")
	b.types("#fact-0-text", "Мектеп салуға жауапты болып тағайындалды.")
	if kept := asks[string](b, `document.querySelector('#closing').value`); kept != "Басқа құжат табылмады." {
		b.t.Errorf("the draft was lost on the way: %q", kept)
	}
	b.presses(do("save"))
	if asks[int](b, `document.querySelectorAll('#fact-0-text').length`) != 1 || asks[string](b, `location.pathname`) != "/desk/"+number {
		b.t.Errorf("the draft was not saved: %s", asks[string](b, `document.body.innerText`))
	}
	b.presses(do("submit"))
	b.look("submitted", axe)
	if asks[int](b, `document.querySelectorAll('#closing').length`) != 0 {
		b.t.Error("what lies before the head can still be changed")
	}
}

// returns sends the paper back with a remark.
func (b *tab) returns(number string) {
	b.t.Helper()
	b.presses(`a[href="/approve/` + number + `"]`)
	b.types("#remark", "Қай парақ?")
	b.presses(do("return"))
}

// signs the paper: a wrong passphrase first.
func (b *tab) signs(number, axe string) {
	b.t.Helper()
	b.look("paper", axe)
	b.types("#passphrase", "басқа біреудің құпиясөзі")
	if status := b.leads(chromedp.Click(chromedp.CSS(do("sign")))); status != http.StatusUnprocessableEntity {
		b.t.Errorf("a wrong passphrase: %d", status)
	}
	if typed := asks[string](b, `document.querySelector('#passphrase').value`); typed != "" {
		b.t.Errorf("the page shows the passphrase again: %q", typed)
	}
	b.look("wrong passphrase", axe)
	b.types("#passphrase", demo.Password)
	b.presses(do("sign"))
	b.look("signed paper", axe)
	link := asks[string](b, `document.querySelector('a.button[href*="/answer"]').href`)
	if pdf := b.fetch(link); !strings.HasPrefix(pdf, "%PDF-") || !strings.Contains(link, "/desk/"+number+"/answer") {
		b.t.Errorf("%s gives %.20q", link, pdf)
	}
}

// fetch gets an address with the cookies of the browser.
func (b *tab) fetch(address string) string {
	b.t.Helper()
	cookies, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{})
	b.must(err)
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	b.must(err)
	for _, c := range cookies.Cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	res, err := http.DefaultClient.Do(r)
	b.must(err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	b.must(err)
	return string(raw)
}

// TestDeskScripts tries what the script adds: Enter presses the button of its group, Ctrl+K goes
// to the search, what belongs to another kind of answer is out of the way.
func TestDeskScripts(t *testing.T) {
	b := open(t, true)
	b.wide(1280)
	b.signsIn("arhivist", "/desk", "ru")
	b.visit("/desk/register", "ru")
	for field, text := range map[string]string{"#surname": "Сериков", "#given_name": "Нұрлан", "#text": "Справка о стаже.", "#phone": "+7 701"} {
		b.types(field, text)
	}
	b.presses(do("register"))
	b.presses(`.actions a.button`)
	if asks[bool](b, `document.querySelector('#ground').checkVisibility()`) {
		t.Error("the grounds of a refusal stand beside a certificate")
	}
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))))
	if asks[string](b, `document.activeElement.id`) != "search" {
		t.Errorf("Ctrl+K went to %q", asks[string](b, `document.activeElement.id`))
	}
	b.types("#search", "1/1/2")
	b.leads(chromedp.KeyEvent("\r"))
	if asks[int](b, `document.querySelectorAll('.hits li').length`) == 0 {
		t.Errorf("Enter did not search: %s", asks[string](b, `document.querySelector('.right').innerText`))
	}
}

// TestScrub starts a check of the insurance fund and watches it to its end.
func TestScrub(t *testing.T) {
	axe := axeSource(t)
	b := open(t, false)
	b.wide(1280)
	b.signsIn("arhivist", "/insurance", "kk")
	b.presses(`form[action="/insurance/scrubs"] button`)
	address := asks[string](b, `location.pathname`)
	end := time.Now().Add(patience)
	for asks[int](b, `document.querySelectorAll('progress').length`) > 0 {
		if time.Now().After(end) {
			t.Fatal("the check does not end")
		}
		b.visit(address, "kk")
	}
	b.look("scrub", axe)
	if asks[int](b, `document.querySelectorAll('.badge').length`) == 0 {
		t.Error(asks[string](b, `document.body.innerText`))
	}
	b.visit("/insurance", "kk")
	b.presses(`table.queue a`)
	b.look("copy", axe)
}
