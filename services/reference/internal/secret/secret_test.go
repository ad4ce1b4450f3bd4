package secret_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/reference/internal/secret"
)

func TestKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	k, err := secret.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	same, err := secret.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	other, err := secret.Open(filepath.Join(t.TempDir(), "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	link := k.Link([]byte("1"), []byte("2"))
	if link != same.Link([]byte("1"), []byte("2")) {
		t.Error("after a start the same command gives another secret")
	}
	seen := map[string]string{link: "itself"}
	for name, s := range map[string]string{
		"another key": other.Link([]byte("1"), []byte("2")), "another command": k.Link([]byte("2"), []byte("2")), "another content": k.Link([]byte("1"), []byte("1")),
		"a moved border": k.Link([]byte("12"), nil), "another purpose": strings.ReplaceAll(k.Code([]byte("1"), []byte("2")), "-", ""),
	} {
		if was, twice := seen[s]; twice || strings.HasPrefix(link, s) {
			t.Errorf("%s gives the secret of %s", name, was)
		}
		seen[s] = name
	}
	if len(link) != 24 || strings.ContainsAny(link, "il1") {
		t.Errorf("%s", link)
	}
	if d := k.Digits("2026-1-1"); len(d) != 8 || strings.Trim(d, "0123456789") != "" || d == k.Digits("2026-1-2") {
		t.Errorf("%s", d)
	}
	h := secret.Hash(link)
	if !secret.Fits(" "+link+"\n", h[:]) || secret.Fits(link+"x", h[:]) || secret.Fits("", h[:]) || secret.Fits(link, nil) {
		t.Error("comparing")
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Open(path); err == nil {
		t.Error("a damaged key file was taken")
	}
}
