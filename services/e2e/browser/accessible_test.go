package browser_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// table is the list of every page, which the gateway's own tests hold against the site.
const table = "../../gateway/testdata/denials.golden"

// notPages are answers that no browser draws: downloads, streams and what scripts ask for.
var notPages = []string{
	"/accessions/{number}/act/{language}", "/accessions/{number}/labels/{language}", "/accessions/{number}/deaccessions/{count}/act/{language}", "/accessions/{number}/description/{language}",
	"/accessions/{number}/content/{path...}", "/accessions/{year}/book/{language}",
	"/admin/checkpoints/{service}", "/admin/proof/{service}/{seq}", "/api/openapi.json",
	"/dept/transfers/{id}/act/{language}", "/dept/transfers/{id}/description/{language}", "/transfers/{id}/receipts/{number}/{language}", "/dept/transfers/{id}/progress", "/dept/transfers/{id}/tus", "/insurance/scrubs/{scrub}/progress",
	"/desk/{number}/answer", "/desk/{number}/paper", "/r/{number}/answer", "/request/fonds",
}

// others are pages whose state only a journey makes; each is looked at there, with axe-core.
var others = map[string]string{
	"/approve/{number}": "TestDesk", "/r/{number}": "TestCitizen", "/r/{number}/receipt": "TestCitizen", "/r/{number}/clarify": "TestCitizen",
	"/r/{number}/complain": "TestCitizen", "/r/{number}/withdraw": "TestCitizen", "/verify/{number}": "TestVerifyWithoutScripts",
	"/verify/file": "TestVerifyWithoutScripts", "/dept/files/{file}/close": "TestAClerkKeepsFiles",
	"/transfers/{id}/inventory": "TestAClerkAnnouncesAnInventory", "/dept/transfers/{id}/receipt": "TestATransferFromDueToSigned",
	"/accessions/{number}/approval": "TestPapersAreAnnouncedAndKept", "/accessions/{number}/describe": "TestPapersAreAnnouncedAndKept",
	"/accessions/{number}/deaccessions/{count}": "TestPapersAreAnnouncedAndKept", "/accessions/{number}/propose": "TestPapersAreAnnouncedAndKept",
	"/commission/accessions/{number}": "TestPapersAreAnnouncedAndKept", "/accessions/{number}/deaccession": "TestUnitsLeaveOneAfterTheOther",
}

// rounds are where each person begins; the rest is found by following links.
var rounds = []struct {
	login  string
	begins []string
}{
	{"", []string{"/", "/search?q=мектептерге", "/search?q=жоқнәрсе", "/request", "/follow", "/verify", "/help", "/welcome", "/api", "/sign-in", "/u/1/1/2", "/no/such/page"}},
	{"su-bolimi", []string{"/dept", "/dept/files"}},
	{"bilim", []string{"/dept/transfers", "/dept/files?state=open"}},
	{"komissiya", []string{"/commission", "/commission/approved/talgyr-su/1"}},
	{"arhivist", []string{"/desk", "/desk?state=closed&show=all", "/intake?state=expected", "/intake?state=accepted", "/insurance", "/organisations", "/books", "/accessions"}},
	{"basshy", []string{"/approve", "/reports", "/signing-key", "/audit", "/audit?ref=request%2F2026-1"}},
	{"akimshi", []string{"/admin", "/signers", "/account", "/account/password"}},
}

// pagesOf reads the patterns of everything that a browser draws.
func pagesOf(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	raw, err := os.ReadFile(table)
	fail(t, err)
	pages := make(map[string]*regexp.Regexp)
	for line := range strings.Lines(string(raw)) {
		pattern, _, _ := strings.Cut(line, ": ")
		path, get := strings.CutPrefix(pattern, http.MethodGet+" ")
		if !get || slices.Contains(notPages, path) {
			continue
		}
		form := strings.TrimSuffix(regexp.QuoteMeta(path), `\{\$\}`)
		form = regexp.MustCompile(`\\\{[a-z]+(\\\.\\\.\\\.)\\\}`).ReplaceAllString(form, ".+")
		form = regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(form, "[^/?]+")
		pages[path] = regexp.MustCompile("^" + form + `(\?.*)?$`)
	}
	return pages
}

// kindOf is the pattern that an address belongs to, the most literal one; empty for none.
func kindOf(pages map[string]*regexp.Regexp, address string) string {
	best := ""
	for path, form := range pages {
		if form.MatchString(address) && (best == "" || strings.Count(path, "{") < strings.Count(best, "{")) {
			best = path
		}
	}
	return best
}

// TestAccessibility wants no serious or critical finding of axe-core on any page of the table, white
// and black, wide and narrow. A page that no link leads to is a finding too.
func TestAccessibility(t *testing.T) {
	axe := axeSource(t)
	if axe == "" {
		t.Skip("QOYMA_AXE is not set to the path of axe.min.js, or the run is short")
	}
	pages, seen := pagesOf(t), make(map[string]bool)
	b := open(t, true)
	for _, round := range rounds {
		if round.login != "" {
			b.signIn(round.login)
		}
		queue, mine := slices.Clone(round.begins), make(map[string]bool)
		for len(queue) > 0 {
			address := queue[0]
			queue = queue[1:]
			kind := kindOf(pages, address)
			begun := slices.Contains(round.begins, address)
			if mine[address] || !begun && (kind == "" || mine[kind]) {
				continue
			}
			mine[address], mine[kind] = true, true
			b.wide(1280)
			b.visit(address, "kk")
			for _, link := range asks[page](b, describe).Links {
				if next, ours := inside(t, link); ours {
					queue = append(queue, next)
				}
			}
			if begun || !seen[kind] {
				seen[kind] = true
				b.reads(address, axe, round.login == "")
			}
		}
	}
	for path := range pages {
		if !seen[path] && others[path] == "" {
			t.Errorf("no link led to %s, so nobody looked at it", path)
		}
	}
}

// look is how a page is shown.
type look struct {
	lang, scheme string
	width        int64
}

// reads lets axe-core look at a page on paper white and on black, wide and narrow; at a public one in
// every combination.
func (b *tab) reads(address, axe string, public bool) {
	b.t.Helper()
	looks := []look{{"kk", "light", 1280}, {"ru", "dark", 320}}
	if public {
		looks = append(looks, look{"ru", "light", 320}, look{"kk", "dark", 1280})
	}
	for _, look := range looks {
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}},
		})
		b.must(err)
		b.wide(look.width)
		b.visit(address, look.lang)
		if wide := asks[string](b, overflow); wide != "" {
			b.t.Errorf("%s, %s: scrolls sideways at %d px: %s", address, look.lang, look.width, wide)
		}
		asks[chromedp.Void](b, axe)
		for _, v := range asks[[]violation](b, runAxe, chromedp.EvalAwaitPromise) {
			b.t.Errorf("%s, %s, %s, %d px: %s (%s): %s\n%s", address, look.lang, look.scheme, look.width, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
		}
	}
}
