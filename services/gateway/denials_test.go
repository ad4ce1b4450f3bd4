package gateway

import (
	"flag"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

var update = flag.Bool("update", false, "write the golden file anew")

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// table says for every route who may open it, a line each, as people read it in a review.
func table(routes []web.Route) string {
	var lines []string
	for _, r := range routes {
		who := "everybody"
		if r.Allow != nil {
			var names []string
			for _, role := range accounts.Roles {
				if slices.Contains(r.Allow, monitor.Role(role)) {
					names = append(names, role)
				}
			}
			who = strings.Join(names, " ")
		}
		lines = append(lines, r.Pattern+": "+who)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// TestTheTableOfDenials holds every page against a table; run with -update after a change that was
// meant. A new page without a line fails.
func TestTheTableOfDenials(t *testing.T) {
	w := newWorld(t)
	const golden = "testdata/denials.golden"
	got := table(w.site.Routes())
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the table of pages and roles has changed; it is now\n%s", got)
	}
}

// TestEveryPageIsAskedForByEveryRole really requests every route of the table, as a visitor and
// in every role.
func TestEveryPageIsAskedForByEveryRole(t *testing.T) {
	raw, err := os.ReadFile("testdata/denials.golden")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	sessions := map[string]string{"": ""}
	for _, role := range accounts.Roles {
		w.account("one-"+role, role)
	}
	asked := 0
	for line := range strings.Lines(string(raw)) {
		pattern, who, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			t.Fatalf("a line that says nothing: %q", line)
		}
		method, path, found := strings.Cut(pattern, " ")
		if !found {
			method, path = http.MethodGet, pattern
		}
		path = wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "1")
		for _, role := range append([]string{""}, accounts.Roles...) {
			if role != "" && (sessions[role] == "" || !w.signedIn(sessions[role])) { // a button ended it
				sessions[role] = w.signIn("one-" + role)
			}
			rec := w.send(method, path, sessions[role], url.Values{})
			asked++
			allowed := who == "everybody" || slices.Contains(strings.Fields(who), role)
			to := rec.Header().Get("Location")
			turned := rec.Code == http.StatusForbidden || role == "" && rec.Code == http.StatusUnauthorized ||
				role == "" && rec.Code == http.StatusSeeOther && strings.HasPrefix(to, "/sign-in?next=")
			if who == "everybody" && strings.HasPrefix(to, "/sign-in?next=/account") {
				turned = false // the page looks after itself
			}
			stream := strings.HasSuffix(pattern, "/progress") // needs a real connection
			if rec.Code == http.StatusInternalServerError && !stream {
				t.Errorf("%s as %q: %s", pattern, role, rec.Body)
			}
			if allowed == turned {
				t.Errorf("%s as %q: %d %s, allowed: %t", pattern, role, rec.Code, to, allowed)
			}
			if !allowed && strings.Contains(rec.Body.String(), "<form class=\"stack\"") {
				t.Errorf("%s as %q: turned away, and shown a form", pattern, role)
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d requests were made", asked)
	}
}
