package signing_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/signing"
)

// quick is as cheap as Check allows.
func quick(salt string) signing.Params {
	return signing.Params{Salt: []byte(salt), Time: 1, MemoryKiB: 19 << 10, Threads: 1}
}

func statement() signing.Statement {
	return signing.Statement{
		Archive: "kz-demo", Act: "2026-1-1", Request: "2026-1", ActKind: "certificate", SHA256: strings.Repeat("0123456789abcdef", 4),
		Account: "100017", SignedOn: civil.Date{Year: 2026, Month: 11, Day: 20},
	}
}

func derive(t testing.TB, passphrase string, p signing.Params) ed25519.PrivateKey {
	t.Helper()
	key, err := signing.Derive(passphrase, p)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// What was derived and signed once must come out the same for ever.
func TestKeyAndStatementAreFixed(t *testing.T) {
	key := derive(t, "қара сиыр ақ қар жауды", quick("0123456789abcdef"))
	if got := hex.EncodeToString(signing.Public(key)); got != wantPublic {
		t.Errorf("the public key is %s", got)
	}
	text, err := statement().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := "qoyma.signing.v1\narchive: kz-demo\nact: 2026-1-1\nrequest: 2026-1\nkind: certificate\nsha256: " + strings.Repeat("0123456789abcdef", 4) +
		"\naccount: 100017\nsigned-on: 2026-11-20\n"
	if string(text) != want {
		t.Errorf("%s", text)
	}
	signature, err := statement().Sign(key)
	if err != nil || hex.EncodeToString(signature)[:32] != wantSignature {
		t.Errorf("%x, %v", signature, err)
	}
	if id := signing.KeyID(signing.Public(key)); len(id) != 16 {
		t.Error(id)
	}
}

const (
	wantPublic    = "d8a07fc73ee937e3101f714a9c0948fa2ec21d1f3b110abf0c10c244e7287594"
	wantSignature = "1ea7a6b701bd2c70353b0fcdb425bfcc"
)

// The same phrase typed on another system is the same key.
func TestKeyboardsDoNotMatter(t *testing.T) {
	p := quick("0123456789abcdef")
	composed := derive(t, "мой тёплый дом у реки", p)
	if !composed.Equal(derive(t, "мои\u0306 те\u0308плыи\u0306\u00a0дом у реки", p)) {
		t.Error("composed and decomposed letters give different keys")
	}
	for name, other := range map[string]ed25519.PrivateKey{
		"case":       derive(t, "Мой тёплый дом у реки", p),
		"salt":       derive(t, "мой тёплый дом у реки", quick("0123456789abcdeg")),
		"passphrase": derive(t, "мой тёплый дом у рекі", p),
		"passes":     derive(t, "мой тёплый дом у реки", signing.Params{Salt: p.Salt, Time: 2, MemoryKiB: p.MemoryKiB, Threads: 1}),
	} {
		if composed.Equal(other) {
			t.Errorf("another %s gives the same key", name)
		}
	}
}

func TestPassphrases(t *testing.T) {
	for text, want := range map[string]*fault.Definition{
		"қара сиыр ақ қар жауды":           nil,
		"correct horse battery":            nil,
		"он екі таңба":                     nil, // exactly twelve
		"он бір таңб":                      signing.TooShort,
		"":                                 signing.TooShort,
		strings.Repeat("әлем ", 60):        signing.TooShort,
		"aaaaaaaaaaaaaaaa":                 signing.TooSimple,
		"абабаб абабаб":                    signing.TooSimple,
		"199012300123 45":                  signing.TooSimple,
		"tab\tbetween words":               signing.Unprintable,
		"broken \xff\xfe bytes here":       signing.Unprintable,
		"zero\u200bwidth joins nothing":    signing.Unprintable,
		"мои\u0306 те\u0308плыи\u0306 дом": nil,
		"мо\u0306и\u0306 те\u0308п":        signing.TooShort, // eight letters, however many bytes
		"Қойма 2026: архив, бірлік, парақ, іс": nil,
	} {
		err := signing.CheckPassphrase(text)
		if want == nil && err != nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParamsAreBounded(t *testing.T) {
	p, err := signing.NewParams(rand.Reader)
	if err != nil || p.Check() != nil {
		t.Fatal(p, err)
	}
	if _, err := signing.NewParams(bytes.NewReader(nil)); err == nil {
		t.Error("no salt, and no error")
	}
	for name, change := range map[string]func(*signing.Params){
		"no salt":     func(p *signing.Params) { p.Salt = nil },
		"short salt":  func(p *signing.Params) { p.Salt = p.Salt[:15] },
		"no passes":   func(p *signing.Params) { p.Time = 0 },
		"many passes": func(p *signing.Params) { p.Time = 1 << 30 },
		"no memory":   func(p *signing.Params) { p.MemoryKiB = 8 },
		"all memory":  func(p *signing.Params) { p.MemoryKiB = 1 << 31 },
		"all at once": func(p *signing.Params) { p.Time, p.MemoryKiB = 16, 1<<20 },
		"no lanes":    func(p *signing.Params) { p.Threads = 0 },
	} {
		bad := p
		change(&bad)
		if _, err := signing.Derive("correct horse battery", bad); !errors.Is(err, signing.BadParams) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A signature is good for one statement and one key.
func TestASignatureFitsOneAct(t *testing.T) {
	key, other := derive(t, "correct horse battery", quick("0123456789abcdef")), derive(t, "correct horse staple", quick("0123456789abcdef"))
	signature, err := statement().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := statement().Verify(signing.Public(key), signature); err != nil {
		t.Fatal(err)
	}
	if err := statement().Verify(signing.Public(other), signature); !errors.Is(err, signing.NotSigned) {
		t.Errorf("another key: %v", err)
	}
	if err := statement().Verify(nil, signature); !errors.Is(err, signing.NotSigned) {
		t.Errorf("no key: %v", err)
	}
	for i := range reflect.TypeFor[signing.Statement]().NumField() {
		s := statement()
		v := reflect.ValueOf(&s).Elem().Field(i)
		name := reflect.TypeFor[signing.Statement]().Field(i).Name
		switch name {
		case "SignedOn":
			s.SignedOn = s.SignedOn.AddDays(1)
		case "SHA256":
			s.SHA256 = strings.Repeat("0", 64)
		default:
			v.SetString(v.String() + "x")
		}
		if err := s.Verify(signing.Public(key), signature); !errors.Is(err, signing.NotSigned) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	for i := range signature {
		bad := bytes.Clone(signature)
		bad[i] ^= 1
		if statement().Verify(signing.Public(key), bad) == nil {
			t.Fatalf("altered at byte %d it still fits", i)
		}
	}
}

func TestStatementsThatAreNotComplete(t *testing.T) {
	for name, change := range map[string]func(*signing.Statement){
		"no archive":   func(s *signing.Statement) { s.Archive = "" },
		"two lines":    func(s *signing.Statement) { s.Act = "2026-1\nkind: refusal" },
		"no UTF-8":     func(s *signing.Statement) { s.Account = "\xff" },
		"endless":      func(s *signing.Statement) { s.Request = strings.Repeat("1", 201) },
		"no digest":    func(s *signing.Statement) { s.SHA256 = "" },
		"short digest": func(s *signing.Statement) { s.SHA256 = "00" },
		"upper digest": func(s *signing.Statement) { s.SHA256 = strings.ToUpper(s.SHA256) },
		"no date":      func(s *signing.Statement) { s.SignedOn = civil.Date{} },
		"no such date": func(s *signing.Statement) { s.SignedOn.Day = 31 },
	} {
		s := statement()
		change(&s)
		if _, err := s.Sign(derive(t, "correct horse battery", quick("0123456789abcdef"))); !errors.Is(err, signing.BadStatement) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStatementReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[ -~әғқңөұүһі]{1,40}`)
		s := signing.Statement{
			Archive: value.Draw(t, "archive"), Act: value.Draw(t, "act"), Request: value.Draw(t, "request"), ActKind: value.Draw(t, "kind"),
			SHA256: rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "digest"), Account: value.Draw(t, "account"),
			SignedOn: civil.Date{Year: 2026, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 9999).Draw(t, "day")),
		}
		text, err := s.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := signing.ParseStatement(text); err != nil || back != s {
			t.Fatalf("%+v, %v", back, err)
		}
	})
}

func FuzzParseStatement(f *testing.F) {
	text, err := statement().Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("qoyma.signing.v1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := signing.ParseStatement(text)
		if err != nil {
			if !errors.Is(err, signing.BadStatement) {
				t.Fatal(err)
			}
			return
		}
		if again, err := s.Bytes(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q reads as %+v, which writes %q, %v", text, s, again, err)
		}
	})
}

func BenchmarkDerive(b *testing.B) {
	p, err := signing.NewParams(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		derive(b, "correct horse battery", p)
	}
}
