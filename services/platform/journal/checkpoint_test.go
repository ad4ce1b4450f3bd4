package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/qoyma/qoyma/services/platform/journal"
)

func signingKey(t *testing.T, dir, service string) journal.SigningKey {
	t.Helper()
	key, err := journal.LoadSigningKey(dir, "kz-test", service)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestACheckpointOpensWithItsOwnKeyOnly(t *testing.T) {
	dir := t.TempDir()
	intake, retention := signingKey(t, dir, "intake"), signingKey(t, dir, "retention")
	c := journal.Checkpoint{Archive: "kz-test", Service: "intake", Epoch: 2, Size: 41, Root: tlog.RecordHash([]byte("x"))}
	signed, err := c.Sign(intake.Signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := journal.OpenCheckpoint(signed, intake.Verifier); err != nil || got != c {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := journal.ReadCheckpoint(signed); err != nil || got != c {
		t.Errorf("read without a key: %+v, %v", got, err)
	}
	if !bytes.HasPrefix(signed, []byte("qoyma/kz-test/intake/2\n41\n")) {
		t.Errorf("not a C2SP checkpoint: %s", signed)
	}
	if _, err := journal.OpenCheckpoint(signed, retention.Verifier); err == nil {
		t.Error("another service's key must not open it")
	}
	for i := range signed {
		altered := bytes.Clone(signed)
		altered[i] ^= 1
		if got, err := journal.OpenCheckpoint(altered, intake.Verifier); err == nil && got != c {
			t.Errorf("altered at byte %d it opens as %+v", i, got)
		}
	}
}

// TestASignedTextThatIsNoCheckpointIsRefused signs nonsense with the right key.
func TestASignedTextThatIsNoCheckpointIsRefused(t *testing.T) {
	key := signingKey(t, t.TempDir(), "intake")
	root := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for name, text := range map[string]string{
		"few lines":    "qoyma/kz-test/intake/1\n1\n",
		"foreign log":  "go.sum database tree\n1\n" + root + "\n",
		"other prefix": "other/kz-test/intake/1\n1\n" + root + "\n",
		"epoch":        "qoyma/kz-test/intake/first\n1\n" + root + "\n",
		"size":         "qoyma/kz-test/intake/1\n-1\n" + root + "\n",
		"root":         "qoyma/kz-test/intake/1\n1\nAAAA\n",
	} {
		signed, err := note.Sign(&note.Note{Text: text}, key.Signer)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := journal.OpenCheckpoint(signed, key.Verifier); err == nil {
			t.Errorf("%s: accepted as %+v", name, c)
		}
	}
}

func TestASigningKeyIsMadeOnceAndKeptPrivate(t *testing.T) {
	dir := t.TempDir()
	first, again := signingKey(t, dir, "intake"), signingKey(t, dir, "intake")
	if first.Public != again.Public {
		t.Error("the second start made another key")
	}
	info, err := os.Stat(filepath.Join(dir, "intake.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Rename(filepath.Join(dir, "intake.key"), filepath.Join(dir, "retention.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.LoadSigningKey(dir, "kz-test", "retention"); err == nil {
		t.Error("the key of another service must be refused")
	}
}
