package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/api"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// TestASessionIsOnesOwn looks at what a browser is given, that nobody can plant it beforehand, and
// what ends it.
func TestASessionIsOnesOwn(t *testing.T) {
	w := newWorld(t)
	w.account("aigul", "archivist")
	planted := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	rec := w.attempt("AIGUL ", password, planted)
	cookie := rec.Header().Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	first := secretOf(rec)
	if first == planted || w.signedIn(planted) || !w.signedIn(first) {
		t.Fatal("a session that was planted before the sign-in opens the account")
	}
	second := secretOf(w.attempt("aigul", password, first))
	if second == first || w.signedIn(first) || !w.signedIn(second) {
		t.Error("signing in again leaves the browser's old session open")
	}
	w.send(http.MethodPost, "/sign-out", second, nil)
	if w.signedIn(second) {
		t.Error("signed out, and still in")
	}
	if w.events("SignedIn") != 2 || w.events("SessionBegan") != 2 || w.events("SessionEnded") != 2 {
		t.Errorf("%d sign-ins, %d sessions, %d ends", w.events("SignedIn"), w.events("SessionBegan"), w.events("SessionEnded"))
	}
}

// TestUnderTLSTheCookieHasItsPrefix comes through a trusted proxy, and through one that nobody knows.
func TestUnderTLSTheCookieHasItsPrefix(t *testing.T) {
	w := newWorld(t)
	w.account("aigul", "archivist")
	form := url.Values{"login": {"aigul"}, "password": {password}}
	through := func(from string) func(*http.Request) {
		return func(r *http.Request) {
			r.RemoteAddr = from + ":4711"
			r.Header.Set("X-Forwarded-Proto", "https")
		}
	}
	if c := w.send(http.MethodPost, "/sign-in", "", form, through("10.9.0.1")).Header().Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-qoyma=") || !strings.Contains(c, "Secure") {
		t.Errorf("behind our proxy: %s", c)
	}
	if c := w.send(http.MethodPost, "/sign-in", "", form, through("192.0.2.1")).Header().Get("Set-Cookie"); strings.Contains(c, "Secure") {
		t.Errorf("anybody may say that he is a proxy: %s", c)
	}
}

// TestWhatEndsSessions tries what must end every session of an account.
func TestWhatEndsSessions(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(w *world, account, secret string) error
		back bool // whether the password still opens the account
	}{
		{"other roles", func(w *world, a, _ string) error {
			_, err := w.server.SetRoles(w.admin(), &gatewayv1.SetRolesRequest{CommandId: command(), AccountId: a, Roles: []string{"head"}})
			return err
		}, true},
		{"closed", func(w *world, a, _ string) error {
			_, err := w.server.DisableAccount(w.admin(), &gatewayv1.DisableAccountRequest{CommandId: command(), AccountId: a, Reason: "left the archive"})
			return err
		}, false},
		{"a new password", func(w *world, a, _ string) error {
			_, err := w.server.ResetPassword(w.admin(), &gatewayv1.ResetPasswordRequest{CommandId: command(), AccountId: a})
			return err
		}, false},
		{"ended everywhere", func(w *world, a, _ string) error {
			_, err := w.server.EndSessions(w.admin(), &gatewayv1.EndSessionsRequest{CommandId: command(), AccountId: a})
			return err
		}, true},
		{"twelve hours, in use all the time", func(w *world, _, secret string) error {
			for range 12 * 60 / 45 {
				w.later(45 * time.Minute)
				w.send(http.MethodGet, "/account", secret, nil)
			}
			return nil
		}, true},
		{"an hour without use", func(w *world, _, _ string) error {
			w.later(time.Hour)
			return w.people.Sweep(w.t.Context())
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			account := w.account("aigul", "archivist")
			secrets := []string{w.signIn("aigul"), w.signIn("aigul")}
			if err := c.do(w, account, secrets[0]); err != nil {
				t.Fatal(err)
			}
			for _, s := range secrets {
				if w.signedIn(s) {
					t.Error("the session goes on")
				}
			}
			if rec := w.attempt("aigul", password, ""); (rec.Code == http.StatusSeeOther) != c.back {
				t.Errorf("signing in again: %d", rec.Code)
			}
		})
	}
}

// TestSessionsAreFew signs in more often than an account may be signed in, and restarts between.
func TestSessionsAreFew(t *testing.T) {
	w := newWorld(t)
	account := w.account("aigul", "archivist")
	var secrets []string
	for range accounts.MaxSessions + 2 {
		secrets = append(secrets, w.signIn("aigul"))
		w.later(time.Minute)
		w.restart()
	}
	for i, s := range secrets {
		if got, want := w.signedIn(s), i >= 2; got != want {
			t.Errorf("session %d of %d is open: %t", i+1, len(secrets), got)
		}
	}
	own, err := w.people.Own(account)
	if err != nil || len(own) != accounts.MaxSessions {
		t.Errorf("%d sessions, %v", len(own), err)
	}
}

// TestTooManyAttempts fails until the account is locked: a login that does not exist is answered
// alike, word for word, and the right password is no way around.
func TestTooManyAttempts(t *testing.T) {
	w := newWorld(t)
	account := w.account("aigul", "archivist")
	for i := range 12 {
		there := w.attempt("aigul", "wrong password", "")
		nowhere := w.attempt("nobody", "wrong password", "")
		a := strings.ReplaceAll(there.Body.String(), "aigul", "nobody")
		if there.Code != nowhere.Code || a != nowhere.Body.String() {
			t.Fatalf("attempt %d tells which login exists:\n%s\n%s", i, there.Body, nowhere.Body)
		}
		w.later(31 * time.Second)
	}
	if rec := w.attempt("aigul", password, ""); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "administrator can unlock") {
		t.Fatalf("locked, and the right password is answered %d", rec.Code)
	}
	if n := w.events("AccountLocked"); n != 1 {
		t.Errorf("locked %d times", n)
	}
	w.restart()
	if w.attempt("aigul", password, "").Code == http.StatusSeeOther {
		t.Error("a restart unlocks")
	}
	res, err := w.server.GetAccount(w.admin(), &gatewayv1.GetAccountRequest{Login: "Aigul"})
	if err != nil || res.GetAccount().GetLockedUntil() == nil {
		t.Errorf("the administrator does not see that it is locked: %v %v", res, err)
	}
	if _, err := w.server.UnlockAccount(w.admin(), &gatewayv1.UnlockAccountRequest{CommandId: command(), AccountId: account}); err != nil {
		t.Fatal(err)
	}
	w.signIn("aigul")
	// The lock ends by itself as well.
	for range 10 {
		w.attempt("aigul", "wrong password", "")
		w.later(31 * time.Second)
	}
	if w.attempt("aigul", password, "").Code == http.StatusSeeOther {
		t.Fatal("not locked a second time")
	}
	w.later(accounts.LockedFor)
	w.signIn("aigul")
}

// TestEachFailureCostsAPause tries again at once after a few failures.
func TestEachFailureCostsAPause(t *testing.T) {
	w := newWorld(t)
	w.account("aigul", "archivist")
	for range 3 {
		w.attempt("aigul", "wrong password", "")
	}
	if rec := w.attempt("aigul", password, ""); !strings.Contains(rec.Body.String(), "must wait 1 seconds") {
		t.Fatalf("no pause: %d\n%s", rec.Code, rec.Body)
	}
	w.later(time.Second)
	w.signIn("aigul")
}

// TestAFloodFillsNothing sends many attempts: the journal grows by a line a minute, an address is
// held up, another is not.
func TestAFloodFillsNothing(t *testing.T) {
	w := newWorld(t)
	w.account("aigul", "archivist")
	before := w.store.Head().Seq
	held := 0
	for i := range 300 {
		rec := w.send(http.MethodPost, "/sign-in", "", url.Values{"login": {fmt.Sprintf("nobody%d", i)}, "password": {"x"}}, func(r *http.Request) {
			r.RemoteAddr = "192.0.2.7:99"
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i%250)) // anybody can write that
		})
		if rec.Code == http.StatusTooManyRequests {
			held++
			if rec.Header().Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
		}
	}
	if grown := w.store.Head().Seq - before; grown > 3 {
		t.Errorf("the journal grew by %d events", grown)
	}
	if held < 200 {
		t.Errorf("only %d of 300 were held up", held)
	}
	w.later(2 * time.Minute)
	if err := w.people.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.events("SignInFailed"); n < 1 || n > 3 {
		t.Errorf("the journal tells of the flood %d times", n)
	}
	w.signIn("aigul") // from another address
}

// TestNoOtherSiteActsHere sends forms as another site's page would.
func TestNoOtherSiteActsHere(t *testing.T) {
	w := newWorld(t)
	w.account("akim", "administrator")
	secret := w.signIn("akim")
	for name, change := range map[string]func(*http.Request){
		"another origin":     func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a cross-site fetch": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a sister site":      func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"no origin at all":   func(r *http.Request) { r.Header.Set("Origin", "null") },
	} {
		for _, address := range []string{"/sign-out", "/sign-in", "/admin/accounts/1/reset", "/account/password"} {
			rec := w.send(http.MethodPost, address, secret, url.Values{"login": {"akim"}, "password": {password}}, change)
			if rec.Code != http.StatusForbidden || secretOf(rec) != "" {
				t.Errorf("%s, %s: %d", name, address, rec.Code)
			}
		}
	}
	if !w.signedIn(secret) {
		t.Error("another site signed the person out")
	}
}

// TestAOneTimePasswordOpensOnlyTheNextOne signs in with one, and finds nothing open but the choice of
// another.
func TestAOneTimePasswordOpensOnlyTheNextOne(t *testing.T) {
	w := newWorld(t)
	q := &gatewayv1.CreateAccountRequest{CommandId: command(), Login: "akim", Name: "Әкім Асанов", Roles: []string{"administrator"}}
	res, err := w.server.CreateAccount(w.admin(), q)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.server.CreateAccount(w.admin(), q)
	if err != nil || again.GetOneTimePassword() != res.GetOneTimePassword() || again.GetAccount().GetAccountId() != res.GetAccount().GetAccountId() {
		t.Fatalf("the same command again: %v %v", again, err)
	}
	rec := w.attempt("akim", res.GetOneTimePassword(), "")
	secret := secretOf(rec)
	if rec.Header().Get("Location") != "/account/password" {
		t.Fatalf("sent to %q", rec.Header().Get("Location"))
	}
	for _, address := range []string{"/admin", "/account", "/admin/accounts"} {
		if rec := w.send(http.MethodGet, address, secret, nil); rec.Header().Get("Location") != "/account/password" {
			t.Errorf("%s is open: %d", address, rec.Code)
		}
	}
	for wrong, says := range map[string]string{
		"short": "at least 12", "password1234": "among the first", "akim-akim-akim": "contains the login", res.GetOneTimePassword(): "the password you have",
	} {
		rec := w.send(http.MethodPost, "/account/password", secret, url.Values{"password": {res.GetOneTimePassword()}, "new": {wrong}, "again": {wrong}})
		if !strings.Contains(rec.Body.String(), says) || secretOf(rec) != "" {
			t.Errorf("%q: %d, does not say %q", wrong, rec.Code, says)
		}
	}
	rec = w.send(http.MethodPost, "/account/password", secret, url.Values{"password": {res.GetOneTimePassword()}, "new": {password}, "again": {password}})
	if next := secretOf(rec); next == "" || next == secret || w.signedIn(secret) || w.send(http.MethodGet, "/admin", next, nil).Code != http.StatusOK {
		t.Fatalf("after the choice: %d\n%s", rec.Code, rec.Body)
	}
	if w.attempt("akim", res.GetOneTimePassword(), "").Code == http.StatusSeeOther {
		t.Error("the one-time password opens a second time")
	}
	late, err := w.server.ResetPassword(w.admin(), &gatewayv1.ResetPasswordRequest{CommandId: command(), AccountId: "1"})
	if err != nil {
		t.Fatal(err)
	}
	w.later(accounts.OneTimeLife)
	if rec := w.attempt("akim", late.GetOneTimePassword(), ""); !strings.Contains(rec.Body.String(), "has run out") {
		t.Errorf("a one-time password of last week: %d", rec.Code)
	}
}

// TestTheJournalNamesNobody looks for people and secrets in everything that is not sealed, and then
// erases one.
func TestTheJournalNamesNobody(t *testing.T) {
	w := newWorld(t)
	account := w.account("aigul.omarova", "archivist")
	secret := w.signIn("aigul.omarova")
	w.attempt("aigul.omarova", "Құпия сөз емес", "")
	var hash *gatewayv1.PasswordHash
	w.each(func(r *journal.Record) {
		open := append(bytes.Clone(r.Entry.GetHeader()), r.Entry.GetBody()...)
		for _, word := range []string{"aigul", "omarova", "Адам", secret, password, "Құпия"} {
			if bytes.Contains(open, []byte(word)) {
				t.Errorf("event %d, %s, says %q in the open", r.Seq(), r.Header.GetBodyType(), word)
			}
		}
		if r.Is((*gatewayv1.PasswordSet)(nil)) {
			if r.SealedLabel().GetGrounds()[0] != "credential" {
				t.Errorf("event %d: somebody may be cleared for a password's hash", r.Seq())
			}
			sealed, err := w.store.Keys().Unseal(r)
			if err != nil {
				t.Fatal(err)
			}
			hash, _ = sealed.(*gatewayv1.PasswordHash)
		}
	})
	if hash.GetPasses() == 0 || len(hash.GetSalt()) != 16 {
		t.Errorf("the hash does not say how it was made: %v", hash)
	}
	c := journal.Ref{Type: "account", ID: account}
	if _, err := w.store.Erase(t.Context(), base.Command{ID: uuid.Must(uuid.NewV7()), Name: "erase", Actor: "person:head"}, c, "request of the person"); err != nil {
		t.Fatal(err)
	}
	res, err := w.server.GetAccount(w.admin(), &gatewayv1.GetAccountRequest{AccountId: account})
	if err != nil || res.GetAccount().GetLogin()+res.GetAccount().GetName() != "" {
		t.Errorf("after the erasure: %v %v", res, err)
	}
	if w.attempt("aigul.omarova", password, "").Code == http.StatusSeeOther {
		t.Error("an erased person signs in")
	}
}

// TestAccountsAreLookedAfter tries what an administrator may not do.
func TestAccountsAreLookedAfter(t *testing.T) {
	w := newWorld(t)
	only := w.account("akim", "administrator")
	clerk := w.account("bolat", "clerk")
	for name, c := range map[string]struct {
		do   func() error
		want error
	}{
		"a login twice": {func() error {
			_, err := w.server.CreateAccount(w.admin(), &gatewayv1.CreateAccountRequest{CommandId: command(), Login: "AKIM", Name: "Басқа", Roles: []string{"head"}})
			return err
		}, accounts.LoginTaken},
		"a clerk without a department": {func() error {
			_, err := w.server.SetRoles(w.admin(), &gatewayv1.SetRolesRequest{CommandId: command(), AccountId: clerk, Roles: []string{"clerk"}})
			return err
		}, accounts.ClerkNeedsOrganisation},
		"the last administrator closed": {func() error {
			_, err := w.server.DisableAccount(w.admin(), &gatewayv1.DisableAccountRequest{CommandId: command(), AccountId: only, Reason: "holidays"})
			return err
		}, accounts.LastAdministrator},
		"the last administrator's role": {func() error {
			_, err := w.server.SetRoles(w.admin(), &gatewayv1.SetRolesRequest{CommandId: command(), AccountId: only, Roles: []string{"head"}})
			return err
		}, accounts.LastAdministrator},
		"nobody": {func() error {
			_, err := w.server.UnlockAccount(w.admin(), &gatewayv1.UnlockAccountRequest{CommandId: command(), AccountId: "01"})
			return err
		}, accounts.UnknownAccount},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	person, ok, err := w.people.Who(api.Secret(w.signIn("bolat")))
	if err != nil || !ok || person.Identity.Organisation != "bilim" || person.Identity.Actor != "person:"+clerk {
		t.Errorf("the clerk is %+v, %v", person, err)
	}
}

// TestTheStoreFoldsToItself does a bit of everything and folds the journal into an empty store.
func TestTheStoreFoldsToItself(t *testing.T) {
	w := newWorld(t)
	a := w.account("aigul", "archivist")
	w.account("akim", "administrator")
	w.signIn("akim")
	secret := w.signIn("aigul")
	for range 11 {
		w.attempt("aigul", "no", "")
		w.later(31 * time.Second)
	}
	if _, err := w.server.SetPerson(w.admin(), &gatewayv1.SetPersonRequest{CommandId: command(), AccountId: a, Name: "Айгүл Омарова"}); err != nil {
		t.Fatal(err)
	}
	w.send(http.MethodPost, "/sign-out", secret, nil)
	problems, err := w.store.Verify(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Where, p.What)
	}
}
