package accounts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
)

func TestLogin(t *testing.T) {
	for typed, want := range map[string]string{
		" Aigul.O ": "aigul.o", "ӘСЕЛ": "әсел", "Й-2025": "й-2025", "И\u0306-2025": "й-2025", "a@b.kz": "a@b.kz", "007": "007",
		"ab": "", "": "", "-abc": "", "a b c": "", "a@b@c": "", "abc\x00": "", "abc/../d": "", strings.Repeat("a", 65): "", "abc\u202e": "", "abc'--": "",
	} {
		got, err := accounts.Login(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	for _, c := range []struct {
		password string
		want     error
	}{
		{"correct horse battery", nil},
		{"сегіз-қырлы-бір-сырлы", nil},
		{"vXn3!kqw0LzP", nil},
		{"elevenchars", accounts.PasswordShort},
		{"\xff\xfe not utf8 at all", accounts.PasswordShort},
		{strings.Repeat("ab cd ef gh", 12), accounts.PasswordLong},
		{"aaaaaaaaaaaa", accounts.PasswordCommon},
		{"abababababab", accounts.PasswordCommon},
		{"password2026!", accounts.PasswordCommon},
		{"ПарольПароль1", accounts.PasswordCommon},
		{"Қазақстан2030", accounts.PasswordCommon},
		{"admin-archive-1", accounts.PasswordCommon},
		{"123456789012", accounts.PasswordCommon},
		{"qwertyuiop[]", accounts.PasswordCommon},
		{"йцукенгшщзхъ", accounts.PasswordCommon},
		{"zyxwvutsrqpo", accounts.PasswordCommon},
		{"qwer1234asdf", accounts.PasswordCommon},
		{"1qaz2wsx3edc4rfv", accounts.PasswordCommon},
		{"my-Aigul-2026-key", accounts.PasswordLogin},
	} {
		if err := accounts.CheckPassword(c.password, "aigul"); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.password, err, c.want)
		}
	}
}

func TestCheckRoles(t *testing.T) {
	for _, c := range []struct {
		roles, organisation, want string
		err                       error
	}{
		{"head archivist head", "", "archivist head", nil},
		{"clerk", "bilim", "clerk", nil},
		{"", "", "", accounts.NoRole},
		{"service", "", "", accounts.UnknownRole},
		{"clerk", "", "", accounts.ClerkNeedsOrganisation},
		{"head", "bilim", "", accounts.OnlyClerksHaveOne},
		{"auditor administrator", "", "", accounts.AuditorAlone},
		{"auditor", "", "auditor", nil},
	} {
		got, err := accounts.CheckRoles(strings.Fields(c.roles), c.organisation)
		if strings.Join(got, " ") != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q for %q: %v, %v", c.roles, c.organisation, got, err)
		}
	}
}

var cheap = accounts.Cost{Passes: 1, Memory: 64, Lanes: 1}

func TestHash(t *testing.T) {
	h := accounts.NewHasher(cheap)
	kept, err := h.New(t.Context(), "Йод и чай вместе")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{
		"Йод и чай вместе": true, "И\u0306од и чай вместе": true, "йод и чай вместе": false, "": false, "Йод и чай вместе ": false,
	} {
		if ok, err := h.Check(t.Context(), password, kept); ok != want || err != nil {
			t.Errorf("%q: %t, %v", password, ok, err)
		}
	}
	broken := kept
	broken.Sum = nil
	greedy := kept
	greedy.Memory = 1 << 31
	for name, hash := range map[string]accounts.Hash{"nobody's": {}, "damaged": broken, "one that would eat the machine": greedy} {
		if ok, err := h.Check(t.Context(), "Йод и чай вместе", hash); ok || err != nil {
			t.Errorf("%s: %t, %v", name, ok, err)
		}
	}
	if other, _ := h.New(t.Context(), "Йод и чай вместе"); string(other.Sum) == string(kept.Sum) {
		t.Error("two hashes of one password are the same")
	}
}

// TestHashesAreBounded holds all places, and wants the next one to be told to come again.
func TestHashesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := accounts.NewHasher(cheap)
		release := h.Occupy()
		began := time.Now()
		if _, err := h.New(t.Context(), "correct horse battery"); !errors.Is(err, accounts.Busy) || time.Since(began) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.New(gone, "correct horse battery"); !errors.Is(err, context.Canceled) {
			t.Errorf("who went away: %v", err)
		}
		release()
		if _, err := h.New(t.Context(), "correct horse battery"); err != nil {
			t.Error(err)
		}
	})
}

// TestTheGuardRemembersLittle floods it with logins that do not exist.
func TestTheGuardRemembersLittle(t *testing.T) {
	g := accounts.NewGuard()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	notes := 0
	for i := range 20000 {
		var key [32]byte
		key[0], key[1] = byte(i), byte(i>>8)
		if err := g.Try("", key, now); err != nil {
			t.Fatal(err)
		}
		if _, _, note, _ := g.Failed("", key, now); note > 0 {
			notes++
		}
		now = now.Add(10 * time.Millisecond)
	}
	if n := g.Strangers(); n > 4096 {
		t.Errorf("%d strangers are remembered", n)
	}
	if notes > 4 {
		t.Errorf("%d notes in %d seconds", notes, 200)
	}
}

// TestAttemptsAtOnceAreNotCheaper begins many attempts before any has failed.
func TestAttemptsAtOnceAreNotCheaper(t *testing.T) {
	g := accounts.NewGuard()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	admitted := 0
	for range 50 {
		if g.Try("7", [32]byte{}, now) == nil {
			admitted++
		}
	}
	if admitted != 3 {
		t.Errorf("%d attempts were admitted at the same moment", admitted)
	}
}

func TestOneTime(t *testing.T) {
	a, b := accounts.OneTime([]byte("key"), "command 1"), accounts.OneTime([]byte("key"), "command 2")
	if a == b || a != accounts.OneTime([]byte("key"), "command 1") || a == accounts.OneTime([]byte("other"), "command 1") || len(a) != 23 || strings.ContainsAny(a, "ilou") {
		t.Errorf("%q, %q", a, b)
	}
	if err := accounts.CheckPassword(a, "aigul"); err != nil {
		t.Errorf("%q: %v", a, err)
	}
}

func BenchmarkCheck(b *testing.B) {
	h := accounts.NewHasher(accounts.Cost{})
	kept, err := h.New(b.Context(), "correct horse battery")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, err := h.Check(b.Context(), "correct horse battery", kept); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func FuzzLogin(f *testing.F) {
	for _, s := range []string{"aigul", "Й", "a@b", "\xff", "ﬁ", "İstanbul"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		login, err := accounts.Login(typed)
		if err != nil {
			return
		}
		if again, err := accounts.Login(login); err != nil || again != login {
			t.Errorf("%q is kept as %q, which is %q: %v", typed, login, again, err)
		}
	})
}
