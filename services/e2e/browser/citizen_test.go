package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// typed is what a citizen types, by the name of the field.
var typed = map[string]string{
	"name": "Ахметова Айгүл Серікқызы", "former": "Иванова", "birth": "12.03.1950", "org": "облыстың білім басқармасы", "years": "1975–1983",
	"details": "Есепші", "contact": "aigul@mail.kz", "phone": "+7 701 123 45 67", "iin": "", "own": "Ахметов Нұрлан",
}

// Fields that are seen in the form of the request, each once.
const fieldsSeen = `[...new Set([...document.querySelectorAll('#ask input:not([type=hidden]), #ask select, #ask textarea')].map(e => e.name))]`

// TestCitizen is journey 1: from the first page to a registered request and its timeline, without
// an account and without JavaScript, in at most four screens and twelve fields.
func TestCitizen(t *testing.T) {
	axe := axeSource(t)
	for _, c := range []struct{ lang, topic string }{{"kk", "work_record"}, {"ru", "information"}} {
		t.Run(c.lang, func(t *testing.T) {
			b := open(t, false)
			b.wide(1280)
			b.visit("/", c.lang)
			b.look("/", axe)
			b.leads(chromedp.Click(chromedp.CSS(`.tasks a[href="/request"]`)))
			screens, fields := 0, 0
			for asks[bool](b, `document.querySelector('#ask') !== null`) {
				if screens++; screens > 4 {
					t.Fatalf("more than four screens; now %q", asks[string](b, `document.body.innerText`))
				}
				seen := asks[[]string](b, fieldsSeen)
				fields += len(seen)
				b.look("screen "+string(rune('0'+screens)), axe)
				if screens == 3 && c.topic == "work_record" { // the fonds that the organisation may mean
					b.leads(chromedp.Click(chromedp.CSS(`#fonds button[value="fonds:1"]`)))
				}
				b.fill(seen, c.topic)
				b.leads(chromedp.Click(chromedp.CSS(`#ask .actions button[value=next]`)))
			}
			if fields > 12 {
				t.Errorf("%d fields", fields)
			}
			t.Logf("%s: %d screens, %d fields", c.topic, screens, fields)
			b.receipt(axe)
		})
	}
}

// fill types into the fields that are seen.
func (b *tab) fill(seen []string, topic string) {
	b.t.Helper()
	for _, name := range seen {
		switch name {
		case "topic":
			b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`input[value=`+topic+`]`))))
		case "delivery":
			b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`input[value=electronic]`))))
		default:
			if text := typed[name]; text != "" {
				b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS(`#`+name), text)))
			}
		}
	}
}

// receipt goes on from the confirmation: it survives a reload, leads to the timeline, is
// forgotten, and opens again by number and code.
func (b *tab) receipt(axe string) {
	b.t.Helper()
	path := asks[string](b, `location.pathname + location.search`)
	number, ok := strings.CutSuffix(strings.TrimPrefix(path, "/r/"), "/receipt")
	if !ok {
		b.t.Fatalf("sent to %s: %s", path, asks[string](b, `document.body.innerText`))
	}
	code := asks[string](b, `document.querySelectorAll('dd.code')[1].innerText.trim()`)
	if code == "" || asks[int](b, `document.querySelectorAll('svg.qr').length`) != 1 {
		b.t.Errorf("the receipt has the code %q", code)
	}
	b.look("receipt", axe)
	if status := b.leads(chromedp.Reload()); status != 200 || !strings.Contains(asks[string](b, `document.body.innerText`), code) {
		b.t.Errorf("reloaded: %d", status)
	}
	b.leads(chromedp.Click(chromedp.CSS(`.actions a.button`)))
	if path := asks[string](b, `location.pathname + location.search`); path != "/r/"+number {
		b.t.Errorf("the receipt leads to %s", path)
	}
	if badge := asks[string](b, `document.querySelector('.badge').innerText`); !strings.Contains(badge, ": ") {
		b.t.Errorf("badge %q", badge)
	}
	b.look("timeline", axe)
	for _, page := range []string{"clarify", "complain", "withdraw"} {
		b.leads(chromedp.Click(chromedp.CSS(`a[href="/r/` + number + `/` + page + `"]`)))
		b.look(page, axe)
		b.leads(chromedp.Click(chromedp.CSS(`.path a`)))
	}
	b.leads(chromedp.Click(chromedp.CSS(`form[action$="/forget"] button`)))
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS(`#code`), "wrong")))
	if status := b.leads(chromedp.Click(chromedp.CSS(`#follow .actions button`))); status != 404 {
		b.t.Errorf("a wrong code: %d", status)
	}
	b.look("wrong code", axe)
	b.visit("/follow?number="+number, asks[string](b, `document.documentElement.lang`))
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS(`#code`), strings.ToUpper(code))))
	b.leads(chromedp.Click(chromedp.CSS(`#follow .actions button`)))
	if path := asks[string](b, `location.pathname`); path != "/r/"+number {
		b.t.Errorf("number and code lead to %s: %s", path, asks[string](b, `document.body.innerText`))
	}
	b.leads(chromedp.Click(chromedp.CSS(`a[href="/r/` + number + `/withdraw"]`)))
	b.must(chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`input[name=sure]`))))
	b.leads(chromedp.Click(chromedp.CSS(`#step .actions button`)))
	if asks[int](b, `document.querySelectorAll('.done').length + document.querySelectorAll('.badge').length`) != 2 {
		b.t.Errorf("after withdrawing: %s", asks[string](b, `document.body.innerText`))
	}
}

// TestVerifyWithoutScripts sends a number that is none, and a PDF that is none of ours.
func TestVerifyWithoutScripts(t *testing.T) {
	axe := axeSource(t)
	b := open(t, false)
	b.wide(1280)
	b.visit("/verify", "ru")
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS(`#number`), "2020-1-1"), chromedp.SendKeys(chromedp.CSS(`#digits`), "12345678")))
	b.leads(chromedp.Click(chromedp.CSS(`form[method=get][action="/verify"] .actions button`)))
	if path := asks[string](b, `location.pathname`); path != "/verify/2020-1-1" || asks[int](b, `document.querySelectorAll('.badge.late').length`) != 1 {
		t.Errorf("%s: %s", path, asks[string](b, `document.body.innerText`))
	}
	b.look("verdict", axe)
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, []byte("%PDF-1.7\nnot ours\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.visit("/verify", "kk")
	b.must(chromedp.Do(b.ctx, chromedp.SetUploadFiles(chromedp.CSS(`#file`), []string{file})))
	b.leads(chromedp.Click(chromedp.CSS(`form[action="/verify/file"] button`)))
	if asks[int](b, `document.querySelectorAll('.badge.late, .fault').length`) == 0 {
		t.Errorf("a strange PDF: %s", asks[string](b, `document.body.innerText`))
	}
	b.look("strange file", axe)
}

// axeSource is the text of axe-core; empty where there is none, or the run is short.
func axeSource(t *testing.T) string {
	t.Helper()
	path := os.Getenv("QOYMA_AXE")
	if path == "" || testing.Short() {
		return ""
	}
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(axe)
}

// look holds the page that is shown to its budget, to 320 pixels and to axe-core, whatever led to it.
func (b *tab) look(name, axe string) {
	b.t.Helper()
	checkLoad(b.t, b, name)
	if unknown := asks[bool](b, describe+`.unknown`); unknown {
		b.t.Errorf("%s: a text is missing", name)
	}
	for _, width := range []int64{320, 1280} {
		b.wide(width)
		if wide := asks[string](b, overflow); wide != "" {
			b.t.Errorf("%s: scrolls sideways at %d px: %s", name, width, wide)
		}
		if axe != "" {
			b.scripts(true) // of the page there are none; axe-core needs timers
			asks[chromedp.Void](b, axe)
			for _, v := range asks[[]violation](b, runAxe, chromedp.EvalAwaitPromise) {
				b.t.Errorf("%s, %d px: %s (%s): %s\n%s", name, width, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
			}
			b.scripts(false)
		}
	}
}

func (b *tab) scripts(run bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
	b.must(err)
}
