package browser_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/qoyma/qoyma/services/qoyma/demo"
)

// TestPapersAreAnnouncedAndKept is the archivist's way with what no term brings, without JavaScript: a person's papers are
// announced and counted, accepted, signed for on paper and with the head's key, decided on by the commission, described, put apart, into boxes, and
// one unit leaves again with the head's consent.
func TestPapersAreAnnouncedAndKept(t *testing.T) {
	axe := axeSource(t)
	for _, lang := range spoken("kk", "ru") {
		t.Run(lang, func(t *testing.T) {
			b := open(t, false)
			b.wide(1280)
			b.signsIn("arhivist", "/intake", lang)
			b.presses(`a[href="/announce"]`)
			b.seen("announce", lang, axe)
			b.presses(`a[href="/announce/personal_papers"]`)
			b.presses(`a[href="/announce/personal_papers?counted=yes"]`)
			b.leads(chromedp.Click(chromedp.CSS(send)))
			b.seen("announce-wrong", lang, axe)
			b.fills("name_kk", "Ахметов Серік", "name_ru", "Ахметов Серик", "code", fmt.Sprint("ahmetov-", time.Now().UnixNano()%1_000_000), "giver", "Ахметова Гүлнәр",
				"document", "Сыйға тарту шарты № 5", "document_date", "2026-11-01", "units", "3", "boxes", "1", "centimetres", "20")
			b.ticks("form", "paper")
			b.presses(send)
			transfer := asks[string](b, `location.pathname`)
			b.seen("announced", lang, axe)
			b.leads(chromedp.Click(chromedp.CSS(`a[href="` + transfer + `/accept"]`)))
			b.seen("accept-uncounted", lang, axe)
			b.presses(`a[href="` + transfer + `/paper"]`)
			b.fills("units", "30", "boxes", "1")
			b.presses(send)
			b.visit(transfer+"/paper", lang) // a cipher too many: counted again in the place of that receipt
			b.ticks("corrects", "1")
			b.fills("units", "3", "boxes", "1")
			b.seen("paper-corrects", lang, axe)
			b.presses(send)
			b.seen("receipt-counted", lang, axe)
			b.visit(transfer+"/accept", lang)
			b.seen("accept-undescribed", lang, axe)
			b.presses(send)
			here := asks[string](b, `location.pathname`)
			for end := time.Now().Add(patience); asks[int](b, `document.querySelectorAll('a[href*="/act/"]').length`) < 2; b.visit(here, lang) {
				if time.Now().After(end) {
					t.Fatal("the acts are not drawn up")
				}
			}
			b.visit("/accessions/undescribed", lang)
			b.seen("undescribed", lang, axe)
			b.says(strings.TrimPrefix(here, "/accessions/"))
			b.keeps(here, lang, axe)
			b.leaves(here, lang, axe)
		})
	}
}

// TestAClerkAnnouncesAnInventory is what a department hands over out of turn: its rows pasted from a spreadsheet, a wrong one said
// where it stands, and sealed; without JavaScript.
func TestAClerkAnnouncesAnInventory(t *testing.T) {
	axe := axeSource(t)
	for _, lang := range spoken("kk", "ru") {
		t.Run(lang, func(t *testing.T) {
			b := open(t, false)
			b.wide(1280)
			b.signsIn("su-bolimi", "/announce/extra", lang)
			b.fills("reason", "Қойма жөндеуге жабылады", "number", fmt.Sprint(time.Now().UnixNano()%1_000_000), "title_kk", "Тұрақты істер", "title_ru", "Дела постоянного хранения", "year_from", "2011", "year_to", "2011")
			b.ticks("form", "paper")
			b.ticks("inventory_kind", "permanent")
			b.presses(send)
			b.seen("inventory", lang, axe)
			b.fills("rows", "Бұйрықтар; 2011; 2011; көп")
			b.leads(chromedp.Click(chromedp.CSS(do("add"))))
			b.seen("inventory-wrong", lang, axe)
			b.fills("rows", "Бұйрықтар; 2011; 2011; 120\nХаттамалар; 2011; 2011; 80")
			b.presses(do("add"))
			b.says("Бұйрықтар", "Хаттамалар")
			b.presses(do("seal"))
			b.seen("inventory-sealed", lang, axe)
		})
	}
}

// keeps signs, decides, describes, puts apart and stores.
func (b *tab) keeps(here, lang, axe string) {
	b.t.Helper()
	b.visit(here+"/sign", lang)
	b.ticksFirst("hand_sha256")
	b.fills("name", "Ахметова Гүлнәр")
	b.presses(do("hand"))
	b.headSigns(here, lang, axe)
	b.commissionDecides(here, lang, axe)

	b.visit(here+"/boxes", lang) // places are given before anybody knows what the box holds
	if asks[bool](b, `document.querySelector('input[name=first-1]') !== null`) {
		b.t.Error("a box of what is only counted asks for units")
	}
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("input[name=room-1]"), "5")))
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("input[name=room-2]"), "5")))
	b.presses(send)
	b.seen("boxes-undescribed", lang, axe)
	b.visit(here, lang)
	b.seen("kept-undescribed", lang, axe)
	if got := asks[int](b, `document.querySelectorAll('a[href*="/labels/"]').length`); got != 2 {
		b.t.Errorf("%d labels of what is only counted", got)
	}
	b.visit(here+"/describe", lang)
	b.seen("describe", lang, axe)
	b.fills("number", "1", "title_kk", "Жеке құжаттар")
	b.ticks("inventory_kind", "permanent")
	b.types("#rows", "Хаттар; 1975; 1960") // ends before it begins
	b.leads(chromedp.Click(chromedp.CSS(send)))
	b.seen("describe-wrong", lang, axe)
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("#rows"), "Хаттар; 1960; 1975; 40")))
	b.presses(send)
	b.seen("described", lang, axe)
	b.says(map[string]string{"kk": "істері көрсетілмеген", "ru": "дела не указаны"}[lang])
	if got := asks[int](b, `document.querySelectorAll('a[href*="/description/"]').length`); got != 2 {
		b.t.Errorf("%d acts of description", got)
	}

	b.visit(here+"/quarantine", lang)
	b.seen("quarantine", lang, axe)
	b.fills("reason", "Көгеру", "place", "Бөлек бөлме")
	b.presses(do("begin"))
	b.visit(here+"/quarantine", lang)
	b.seen("quarantine-end", lang, axe)
	b.ticks("result", "clean")
	b.presses(do("end"))

	b.visit(here+"/boxes", lang)
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("input[name=first-1]"), "1")))
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("input[name=last-1]"), "1")))
	if room := asks[string](b, `document.querySelector('input[name=room-1]').value`); room != "5" {
		b.t.Errorf("the box stands in %q after its description", room)
	}
	b.must(chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("input[name=shelf-1]"), "4")))
	b.presses(send)
	b.seen("boxes", lang, axe)
	b.visit(here, lang)
	b.seen("kept", lang, axe)
}

// headSigns signs for the archive with the key of the head: a wrong passphrase first, which signs nothing.
func (b *tab) headSigns(here, lang, axe string) {
	b.t.Helper()
	b.signsIn("basshy", here, lang)
	b.presses(`a[href="` + here + `/sign"]`)
	b.seen("head-sign", lang, axe)
	b.ticksFirst("sha256")
	b.types("#passphrase", "басқа біреудің құпиясөзі")
	if status := b.leads(chromedp.Click(chromedp.CSS(do("archive")))); status != 422 {
		b.t.Errorf("a wrong passphrase: %d", status)
	}
	if typed := asks[string](b, `document.querySelector('#passphrase').value`); typed != "" {
		b.t.Errorf("the page shows the passphrase again: %q", typed)
	}
	b.seen("head-sign-wrong", lang, axe)
	b.types("#passphrase", demo.Password)
	b.presses(do("archive"))
	b.says(map[string]string{"kk": "Қолтаңба жазылды", "ru": "Подпись записана"}[lang])
}

// commissionDecides lays the accession before the commission, which declines it for want of an inventory, and approves
// it when it is laid before it again. The page for a protocol on paper is looked at on the way.
func (b *tab) commissionDecides(here, lang, axe string) {
	b.t.Helper()
	one := "/commission" + here
	for _, approve := range []bool{false, true} {
		b.signsIn("arhivist", here, lang)
		if approve {
			b.says("Тізімдеме жоқ")
		}
		b.presses(`a[href="` + here + `/propose"]`)
		b.leads(chromedp.Click(chromedp.CSS(send)))
		b.seen("propose-wrong", lang, axe)
		b.fills("ground", "Ғалымның хаттары <ескі>")
		b.presses(send)
		b.visit(here+"/approval", lang)
		b.seen("approval", lang, axe)
		b.signsIn("komissiya", "/commission/accessions", lang)
		b.seen("approvals", lang, axe)
		b.says("Ғалымның хаттары <ескі>")
		b.presses(`a[href="` + one + `"]`)
		b.seen("oneapproval", lang, axe)
		if approve {
			b.fills("commission", "СТК", "protocol", "7", "date", "2026-11-20")
			b.presses(do("approve"))
		} else {
			b.fills("reason", "Тізімдеме жоқ")
			b.presses(do("decline"))
		}
		b.seen("decided", lang, axe)
	}
	b.signsIn("arhivist", here, lang)
	b.seen("closed", lang, axe)
}

func (b *tab) ticksFirst(field string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("input[name="+field+"]"))))
}

// leaves proposes as the archivist and decides as the head.
func (b *tab) leaves(here, lang, axe string) {
	b.t.Helper()
	b.visit(here+"/deaccession", lang)
	b.seen("leave", lang, axe)
	b.fills("positions", "1", "receiver", "Иесі", "ground", "Иесінің өтініші", "commission", "СТК", "protocol", "8", "date", "2026-11-21")
	b.ticks("way", "returned_to_owner")
	b.ticks("content", "destroyed")
	b.presses(send)
	proposal := asks[string](b, `location.pathname`)
	if n := asks[int](b, `document.querySelectorAll('main form').length`); n != 0 {
		b.t.Error("whoever proposed it may decide")
	}
	b.signsIn("basshy", "/deaccessions", lang)
	b.seen("deaccessions", lang, axe)
	b.presses(`a[href="` + proposal + `"]`)
	b.seen("deaccession", lang, axe)
	b.presses(do("approve"))
	b.seen("deaccessioned", lang, axe)
	if pdf := b.fetch(asks[string](b, `document.querySelector('a[href*="/act/`+lang+`"]').href`)); !strings.HasPrefix(pdf, "%PDF-") {
		b.t.Errorf("the act of deaccession is %.20q", pdf)
	}
	b.signsIn("arhivist", proposal, lang)
	b.fills("document", "№ 4, 22.11.2026")
	b.seen("receipt-left", lang, axe)
	b.presses(do("receive"))
	b.seen("received-left", lang, axe)
	if asks[bool](b, `document.querySelector('button[value=receive]') !== null`) {
		b.t.Error("the receipt is asked for again")
	}
}
