package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

func keyFile(t *testing.T, path string) *journal.KeyFile {
	t.Helper()
	k, err := journal.OpenKeyFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func TestASealedBodyOpensUnderItsHeaderAndKeyOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.bin")
	k := keyFile(t, path)
	one, err := k.New()
	two, err2 := k.New()
	if err := errors.Join(err, err2, k.Sync()); err != nil || one != 1 || two != 2 {
		t.Fatalf("slots %d, %d: %v", one, two, err)
	}
	plain, err := proto.Marshal(&intakev1.Contact{Name: "Әсел"})
	if err != nil {
		t.Fatal(err)
	}
	h := frozenHeader()
	h.SealedKey, h.SealedType = one, "qoyma.intake.v1.Contact"
	header, err := proto.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := k.Seal(one, header, plain)
	if err != nil {
		t.Fatal(err)
	}
	entry := &journalv1.Entry{Header: header, Sealed: sealed}
	m, err := k.UnsealEntry(h, entry)
	if contact, ok := m.(*intakev1.Contact); err != nil || !ok || contact.GetName() != "Әсел" {
		t.Fatalf("got %v, %v", m, err)
	}
	fails := func(what string, h *journalv1.Header, e *journalv1.Entry) {
		t.Helper()
		if m, err := k.UnsealEntry(h, e); err == nil || errors.Is(err, journal.Erased) {
			t.Errorf("%s: got %v, %v", what, m, err)
		}
	}
	fails("another header", h, &journalv1.Entry{Header: append([]byte{0x0a, 0}, header...), Sealed: sealed})
	fails("cut short", h, &journalv1.Entry{Header: header, Sealed: sealed[:7]})
	other, ok := proto.Clone(h).(*journalv1.Header)
	if !ok {
		t.Fatal("a clone is of the same type")
	}
	other.SealedKey = two
	fails("another key", other, entry)
	other.SealedKey = 99
	fails("a slot that never was", other, entry)

	if err := errors.Join(k.Destroy(one), k.Destroy(one), k.Destroy(99)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.UnsealEntry(h, entry); !errors.Is(err, journal.Erased) {
		t.Errorf("after the erasure: %v", err)
	}
	if there, err := k.State(one); there || err != nil {
		t.Errorf("state of a destroyed slot: %t, %v", there, err)
	}
	if there, err := k.State(two); !there || err != nil {
		t.Errorf("state of the other slot: %t, %v", there, err)
	}
}

// TestATornOrDamagedSlotIsNoticed cuts the file within its last slot, as a crash while growing
// does, and flips a bit in another.
func TestATornOrDamagedSlotIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.bin")
	k := keyFile(t, path)
	for range 3 {
		if _, err := k.New(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(k.Sync(), k.Close(), os.Truncate(path, 3*40-5)); err != nil {
		t.Fatal(err)
	}
	k = keyFile(t, path)
	if slot, err := k.New(); err != nil || slot != 3 {
		t.Errorf("the torn slot is made again: %d, %v", slot, err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[40] ^= 1
	if err := errors.Join(k.Close(), os.WriteFile(path, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	k = keyFile(t, path)
	if there, err := k.State(2); there || err == nil {
		t.Errorf("a damaged slot must be an error, got %t, %v", there, err)
	}
	if _, err := k.Seal(2, nil, nil); err == nil {
		t.Error("nothing may be sealed under a damaged key")
	}
}
