// Package browser_test opens the public pages in a real browser.
package browser_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What a page may cost a reader on a slow line, on the first visit.
const (
	maxBytes    = 60 << 10
	maxRequests = 6
)

var languages = []string{"kk", "ru", "en"}

// spoken is the languages that a test goes through: of a short run, which looks for races, the first alone.
func spoken(all ...string) []string {
	if testing.Short() {
		return all[:1]
	}
	return all
}

// entrances are where a reader may come from outside: the first page, searches with and
// without a result, and addresses that lead nowhere.
var entrances = []string{
	"/", "/search?q=мектептерге", "/search?q=школа", "/search?q=1/1/2", "/search?q=жоқнәрсе", "/search?q=" + strings.Repeat("ұзақ", 70),
	"/no/such/page", "/fonds/999", "/u/1/1/999",
}

// kinds of pages; each must have been reached by links.
var kinds = map[string]*regexp.Regexp{
	"first page": regexp.MustCompile(`^/$`),
	"search":     regexp.MustCompile(`^/search\?`),
	"all fonds":  regexp.MustCompile(`^/fonds$`),
	"fonds":      regexp.MustCompile(`^/fonds/[^/]+$`),
	"inventory":  regexp.MustCompile(`^/fonds/[^/]+/[^/]+$`),
	"file":       regexp.MustCompile(`^/u/[^/]+/[^/]+/[^/]+$`),
	"request":    regexp.MustCompile(`^/request$`),
	"follow":     regexp.MustCompile(`^/follow$`),
	"verify":     regexp.MustCompile(`^/verify$`),
	"help":       regexp.MustCompile(`^/help$`),
	"error":      regexp.MustCompile(`^/no/`),
}

// page is what a page says of itself.
type page struct {
	Lang     string   `json:"lang"`
	Title    string   `json:"title"`
	Headings []string `json:"headings"`
	Links    []string `json:"links"`
	Fault    string   `json:"fault"`
	Unknown  bool     `json:"unknown"` // shows a message without a text, or a hole of a template
}

const describe = `({
	lang: document.documentElement.lang,
	title: document.title,
	headings: [...document.querySelectorAll('h1')].map(h => h.innerText.trim()),
	links: [...document.links].map(a => a.href),
	fault: document.querySelector('.fault')?.innerText.trim() ?? '',
	unknown: /‹[a-z0-9.]+›|<no value>|%!/.test(document.documentElement.innerText + document.title),
})`

// overflow names what makes the page scroll sideways; empty where nothing does.
const overflow = `(() => {
	const width = document.documentElement.clientWidth;
	if (document.scrollingElement.scrollWidth <= width) return '';
	const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > width + 1);
	return document.scrollingElement.scrollWidth + ' > ' + width + ': ' + wide.slice(0, 4).map(e => e.outerHTML.slice(0, 120)).join(' | ');
})()`

// TestPages follows every link from the entrances, in every language, without JavaScript.
func TestPages(t *testing.T) {
	for _, lang := range spoken(languages...) {
		t.Run(lang, func(t *testing.T) {
			b := open(t, false)
			seen := make(map[string]bool)
			queue := append([]string(nil), entrances...)
			var most int64
			for len(queue) > 0 {
				address := queue[0]
				queue = queue[1:]
				if seen[address] {
					continue
				}
				if seen[address] = true; len(seen) > 150 {
					t.Fatal("more than 150 pages: the links of the small archive have no end")
				}
				b.wide(1280)
				status := b.visit(address, lang)
				p := asks[page](b, describe)
				checkPage(t, address, lang, status, p)
				most = max(most, checkLoad(t, b, address))
				for _, width := range []int64{1280, 320} {
					b.wide(width)
					if wide := asks[string](b, overflow); wide != "" {
						t.Errorf("%s, %s: scrolls sideways at %d px: %s", address, lang, width, wide)
					}
				}
				for _, link := range p.Links {
					if next, ours := inside(t, link); ours {
						queue = append(queue, next)
					}
				}
			}
			for kind, form := range kinds {
				if !reached(seen, form) {
					t.Errorf("no page of the kind %q was reached", kind)
				}
			}
			t.Logf("%d pages, at most %d bytes", len(seen), most)
		})
	}
}

func checkPage(t *testing.T, address, lang string, status int64, p page) {
	t.Helper()
	wrong := strings.HasPrefix(address, "/no/") || strings.HasSuffix(address, "/999")
	if want := map[bool]int64{false: 200, true: 404}[wrong]; status != want {
		t.Errorf("%s, %s: status %d, want %d", address, lang, status, want)
	}
	if wrong != (p.Fault != "") {
		t.Errorf("%s, %s: says %q is wrong", address, lang, p.Fault)
	}
	if p.Lang != lang {
		t.Errorf("%s: html lang %q, want %q", address, p.Lang, lang)
	}
	if name, _, ok := strings.Cut(p.Title, " – "); !ok || name == "" {
		t.Errorf("%s, %s: title %q does not name the page", address, lang, p.Title)
	}
	if len(p.Headings) != 1 || p.Headings[0] == "" {
		t.Errorf("%s, %s: headings %q, want one", address, lang, p.Headings)
	}
	if p.Unknown {
		t.Errorf("%s, %s: a text is missing", address, lang)
	}
}

// checkLoad holds a page to its budget, and to what comes from the archive itself.
func checkLoad(t *testing.T, b *tab, address string) int64 {
	t.Helper()
	requests, bytes := b.loaded()
	if len(requests) < 2 || len(requests) > maxRequests || bytes == 0 || bytes > maxBytes {
		t.Errorf("%s: %d requests (at most %d) and %d bytes (at most %d): %q", address, len(requests), maxRequests, bytes, maxBytes, requests)
	}
	for _, r := range requests {
		// The browser draws the sign beside a date for itself.
		if u, err := url.Parse(r); err != nil || u.Host != world.host && u.Scheme != "data" {
			t.Errorf("%s loads %s", address, r)
		}
	}
	return bytes
}

// inside is a link's address within the archive, without what does not make another page.
func inside(t *testing.T, link string) (address string, ours bool) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Errorf("link %q: %v", link, err)
		return "", false
	}
	if u.Host != world.host || strings.HasPrefix(u.Path, "/api/") { // what programs read is no page
		return "", false
	}
	q := u.Query()
	q.Del("lang")
	u.Scheme, u.Host, u.Fragment, u.RawQuery = "", "", "", q.Encode()
	return u.String(), true
}

func reached(seen map[string]bool, form *regexp.Regexp) bool {
	for address := range seen {
		if form.MatchString(address) {
			return true
		}
	}
	return false
}

// TestJourney is a reader's way: a word, a record found, its neighbour, the same record in
// another language, and up to the inventory.
func TestJourney(t *testing.T) {
	b := open(t, false)
	b.wide(1280)
	b.visit("/", "kk")
	b.must(chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("#q"), "мектептерге")))
	b.leads(chromedp.Click(chromedp.CSS("form.search button")))
	if path := asks[string](b, `location.pathname`); path != "/search" {
		t.Fatalf("the search led to %s", path)
	}
	record := b.follows("ol.records li a", true)
	neighbour := b.follows("ol.around a", true)
	if record == neighbour {
		t.Errorf("the neighbour of %s is itself", record)
	}
	kk := asks[string](b, `document.querySelector('h1').innerText`)

	b.follows(".languages a[hreflang=ru]", false)
	if there := asks[string](b, `location.pathname`); there != neighbour {
		t.Errorf("the language switch leads from %s to %s", neighbour, there)
	}
	if ru := asks[string](b, `document.querySelector('h1').innerText`); ru == kk || ru == "" {
		t.Errorf("in Russian the record is called %q, in Kazakh %q", ru, kk)
	}
	b.follows(".path a:last-of-type", false)
	if path := asks[string](b, `location.pathname`); !kinds["inventory"].MatchString(path) {
		t.Errorf("the path above a file leads to %s", path)
	}
	if lang := asks[string](b, `document.documentElement.lang`); lang != "ru" {
		t.Errorf("the language chosen is forgotten: %s", lang)
	}
}

// follows clicks a link and gives the path that it led to. What the link says is the heading
// of a record.
func (b *tab) follows(link string, record bool) string {
	b.t.Helper()
	said := asks[string](b, `document.querySelector(`+"`"+link+"`"+`).innerText.trim()`)
	if status := b.leads(chromedp.Click(chromedp.CSS(link))); status != 200 {
		b.t.Fatalf("%s: status %d", link, status)
	}
	path := asks[string](b, `location.pathname`)
	if heading := asks[string](b, `document.querySelector('h1').innerText.trim()`); record && heading != said {
		b.t.Errorf("the link says %q, the page that it leads to %q (%s)", said, heading, path)
	}
	return path
}

// TestKeyboard jumps over the head of a page: the first key press offers it.
func TestKeyboard(t *testing.T) {
	b := open(t, false)
	b.visit("/", "ru")
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\t")))
	if class := asks[string](b, `document.activeElement.className`); class != "skip" {
		t.Fatalf("the first tab stop is %q", class)
	}
	if left := asks[float64](b, `document.activeElement.getBoundingClientRect().left`); left < 0 {
		t.Error("what has the focus is not seen")
	}
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\r")))
	if id := asks[string](b, `document.activeElement.id`); id != "main" {
		t.Errorf("the jump leads to %q", id)
	}
}

// TestTheMenuOfAPhone (ux): at 360 pixels the menu of a page of work is one line that says where one is, opened and walked by keyboard
// without JavaScript; on a wide screen all of it is there and nothing is to be opened.
func TestTheMenuOfAPhone(t *testing.T) {
	const (
		shown = `document.querySelector('#menu').getBoundingClientRect().height > 0`
		line  = `document.querySelector('.fold').getBoundingClientRect().height`
	)
	b := open(t, false)
	b.signIn("arhivist")
	for lang, says := range map[string]string{"kk": "Мәзір: Қабылдау", "ru": "Меню: Приём", "en": "Menu: Intake"} {
		b.wide(360)
		b.visit("/intake", lang)
		if asks[bool](b, shown) || asks[float64](b, line) > 60 {
			t.Errorf("%s: the menu is open, or has more than a line", lang)
		}
		if said := asks[string](b, `document.querySelector('.fold summary').innerText`); said != says {
			t.Errorf("%s: it says %q", lang, said)
		}
		b.must(chromedp.Do(b.ctx, chromedp.Focus(chromedp.CSS(".fold summary"))))
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\r")))
		if !asks[bool](b, shown) {
			t.Errorf("%s: a key does not open it", lang)
		}
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("\t")))
		if !asks[bool](b, `document.activeElement === document.querySelector('#menu a')`) {
			t.Errorf("%s: its first entry is not the next stop", lang)
		}
		if over := asks[string](b, overflow); over != "" {
			t.Errorf("%s: %s", lang, over)
		}
		b.visit("/intake", lang)
		b.wide(1280)
		if !asks[bool](b, shown) || asks[float64](b, line) > 0 {
			t.Errorf("%s: on a wide screen the menu is shut", lang)
		}
	}
	b = open(t, false)
	b.wide(360)
	b.visit("/", "ru")
	if !asks[bool](b, shown) || asks[bool](b, `!!document.querySelector('.fold')`) {
		t.Error("the short menu of the public is shut")
	}
}

// violation is a finding of axe-core.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

const runAxe = `axe.run(document, {resultTypes: ['violations'], preload: false}).then(r => r.violations
	.filter(v => v.impact === 'serious' || v.impact === 'critical')
	.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary)})))`
