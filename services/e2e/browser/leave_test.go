package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestUnitsLeaveOneAfterTheOther, without JavaScript: of a digital accession whose act nobody has signed nothing is proposed to leave, and the
// page leads to the signatures; then one unit leaves whose files stand until the other has left too, and its page says both.
func TestUnitsLeaveOneAfterTheOther(t *testing.T) {
	for _, lang := range spoken("kk", "ru") {
		t.Run(lang, func(t *testing.T) {
			axe, transfer := axeSource(t), newTransfer(t)
			b := open(t, false)
			b.wide(1280)
			here := b.accepted(transfer, lang)
			b.seen("accession-unsigned", lang, axe)
			if asks[bool](b, `document.querySelector('main a[href$="/deaccession"]') !== null`) {
				t.Error("leaving is offered of what is not signed")
			}
			b.visit(here+"/deaccession", lang)
			b.seen("leave-unsigned", lang, axe)
			if asks[int](b, `document.querySelectorAll('main form').length`) != 0 {
				t.Error("a form is offered of what is not signed")
			}
			b.presses(`main a[href="` + here + `/sign"]`)
			b.ticksFirst("hand_sha256")
			b.fills("name", "Ахметова Гүлнәр")
			b.presses(do("hand"))
			b.visit(here+"/deaccession", lang)
			b.seen("leave-half-signed", lang, axe)
			b.presses(`main a[href="` + here + `/sign"]`)
			b.ticksFirst("sha256")
			b.presses(do("archive"))
			b.presses(`main a[href="` + here + `/deaccession"]`)

			first := b.destroys(here, "1", lang)
			b.shows(first, lang, map[string]string{"kk": "шыққанда жойылады", "ru": "когда выбудет остальное"}[lang])
			b.seen("leave-closed", lang, axe)
			second := b.destroys(here, "2", lang)
			b.shows(first, lang, map[string]string{"kk": "жойылды", "ru": "уничтожены"}[lang])
			b.says(map[string]string{"kk": "нысанмен бірге: ", "ru": "вместе с объектом: "}[lang])
			b.seen("leave-taken", lang, axe)
			b.presses(`main a[href="` + second + `"]`)
			b.seen("leave-taker", lang, axe)
		})
	}
}

// accepted sends a file for each of two rows and accepts them; gives the address of the accession, whose acts are drawn up.
func (b *tab) accepted(transfer, lang string) (here string) {
	b.t.Helper()
	b.signsIn("su-bolimi", "/dept/transfers/"+transfer+"/files", lang)
	b.ticks("form", "digital")
	b.presses(send)
	b.visit("/dept/transfers/"+transfer+"/send", lang)
	b.attaches("input[name=row-1]", "бірінші "+transfer)
	b.attaches("input[name=row-2]", "екінші "+transfer)
	b.leads(chromedp.Click(chromedp.CSS("section[aria-labelledby=by-rows] button")))
	b.signsIn("arhivist", "/intake/"+transfer+"/accept", lang)
	b.presses(send)
	here = asks[string](b, `location.pathname`)
	for end := time.Now().Add(patience); asks[int](b, `document.querySelectorAll('a[href*="/act/"]').length`) < 2; b.visit(here, lang) {
		if time.Now().After(end) {
			b.t.Fatal("the acts are not drawn up")
		}
	}
	return here
}

// destroys proposes as the archivist that a unit is destroyed, and decides as the head once the catalogue has placed it. Gives the address.
func (b *tab) destroys(here, position, lang string) (leave string) {
	b.t.Helper()
	b.signsIn("arhivist", here+"/deaccession", lang)
	b.fills("positions", position, "ground", "Сот шешімі", "commission", "СТК", "protocol", "8", "date", "2026-11-21")
	b.ticks("way", "destroyed")
	b.ticks("content", "destroyed")
	b.presses(send)
	leave = asks[string](b, `location.pathname`)
	for end := time.Now().Add(patience); ; {
		b.signsIn("basshy", leave, lang)
		if b.leads(chromedp.Click(chromedp.CSS(do("approve")))) < 400 {
			return leave
		}
		if time.Now().After(end) {
			b.t.Fatalf("it is not decided: %s", asks[string](b, `document.querySelector('main').innerText`))
		}
	}
}

// shows visits a page until it says something that a plan does meanwhile.
func (b *tab) shows(address, lang, text string) {
	b.t.Helper()
	for end := time.Now().Add(patience); ; {
		b.visit(address, lang)
		shown := asks[string](b, `document.querySelector('main').innerText`)
		if strings.Contains(shown, text) {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("the page does not say %q:\n%s", text, shown)
		}
	}
}
