package keysign

import (
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/signing"
)

// TestGuessingIsStopped: after five wrong phrases even the right one waits.
func TestGuessingIsStopped(t *testing.T) {
	const passphrase = "қара сиыр ақ қар жауды"
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	a := NewTries()
	a.now = func() time.Time { return now }
	key, err := NewKey(t.Context(), passphrase)
	if err != nil {
		t.Fatal(err)
	}
	statement := signing.Statement{
		Archive: "kz-test", Act: "2026-1", Request: "2026-1", ActKind: "acceptance-archive", SHA256: strings.Repeat("a", 64), Account: "head1", SignedOn: civil.Of(now),
	}
	try := func(account, phrase, want string) {
		t.Helper()
		signature, err := a.Sign(t.Context(), account, phrase, key, statement)
		switch {
		case want != "" && (err == nil || fault.Of(err).Code != want):
			t.Fatalf("%q, want %s: %v", phrase, want, err)
		case want == "" && err != nil:
			t.Fatalf("%q: %v", phrase, err)
		case want == "" && statement.Verify(key.GetPublicKey(), signature) != nil:
			t.Fatal("the signature does not fit the statement")
		}
	}
	for range maxWrong - 1 {
		try("head1", "өтірік сөйлем", WrongPassphrase.Code)
	}
	try("head1", passphrase, "") // the right one after four wrong ones
	for range maxWrong {
		try("head1", "өтірік сөйлем", WrongPassphrase.Code)
	}
	try("head1", passphrase, TooOften.Code)
	try("head2", passphrase, "") // somebody else
	now = now.Add(closed)
	try("head1", passphrase, "") // later
	key.Lanes = 256
	try("head1", passphrase, signing.BadParams.Code)
}
