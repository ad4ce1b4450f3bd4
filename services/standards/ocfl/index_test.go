package ocfl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestAnInventoryThatCannotBeReadHasNoIndex: it is lost, as reading the object says; an end that was asked for is no loss.
func TestAnInventoryThatCannotBeReadHasNoIndex(t *testing.T) {
	r, s := newRoot(t), spec(t, scratch(t))
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if x, err := r.Index(ended, s.ID, "v1"); x != nil || !errors.Is(err, context.Canceled) || Lost(err) {
		t.Errorf("ended: %v, %v", x, err)
	}
	for _, text := range []string{"", "{", `{"id": rot`, "[]"} {
		if err := os.WriteFile(filepath.Join(r.Path(s.ID), inventoryName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if x, err := r.Index(t.Context(), s.ID, "v1"); x != nil || err == nil || !Lost(err) {
			t.Errorf("%q: %v, %v", text, x, err)
		}
	}
}
