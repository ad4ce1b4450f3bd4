package journal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Erased is what reading a sealed body answers once its key has been destroyed.
var Erased = fault.Define(fault.NotFound, "journal.erased",
	"the personal data of {object} were lawfully erased and cannot be read any more",
	"персональные данные объекта {object} уничтожены на законном основании и больше не читаются",
	"{object} нысанының дербес деректері заңды негізде жойылған, оларды енді оқу мүмкін емес")

// KeyFile holds the keys under which personal and restricted bodies are sealed, one slot
// per object. It lies beside the store and never in it: a backup of the store holds
// ciphertext only, and the key file is backed up apart, replaced whole each time, so that
// an erasure reaches every copy.
//
// A slot is 40 bytes: a 32 byte key and the first 8 bytes of its SHA-256. A destroyed slot
// is overwritten with zeros in place, which is why this is a flat file and not a tree that
// copies on write.
type KeyFile struct {
	mu     sync.Mutex
	f      *os.File
	slots  uint64 // in the file
	least  uint64 // slots that the journal uses; more than slots where the file is an older copy
	dirty  bool
	noSync bool
}

const slotSize = 40

// mostSlots bounds what an entry may claim: no archive has so many objects, and a forged number
// must not fill the disk.
const mostSlots = 1 << 28

var errBadSlot = errors.New("journal: key slot is damaged")

// OpenKeyFile opens or makes the key file. A torn last slot (a crash while growing) was
// never used by a committed event and is cut off.
func OpenKeyFile(path string, noSync bool) (*KeyFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: key file: %w", err)
	}
	k := &KeyFile{f: f, noSync: noSync}
	info, err := f.Stat()
	if err == nil {
		k.slots = uint64(info.Size()) / slotSize
		err = f.Truncate(int64(k.slots) * slotSize)
	}
	if err == nil {
		err = SyncDir(filepath.Dir(path))
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("journal: key file: %w", err)
	}
	return k, nil
}

// OpenKeyFileReadOnly opens the key file for a check of a stopped folder: nothing is made and
// nothing cut off. A file that is absent holds no keys.
func OpenKeyFileReadOnly(path string) (*KeyFile, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.Open(os.DevNull)
	}
	if err != nil {
		return nil, fmt.Errorf("journal: key file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("journal: key file: %w", err)
	}
	k := &KeyFile{f: f, noSync: true}
	if info.Mode().IsRegular() {
		k.slots = uint64(info.Size()) / slotSize
	}
	return k, nil
}

// Close closes the file; keys made since the last Sync may be lost.
func (k *KeyFile) Close() error { return k.f.Close() }

// Used tells that the journal has an event sealed under a slot. Where the file does not reach so
// far, it is an older copy or was lost: those keys are gone, and their slots must not serve
// another object, or erasing that one would erase this one too.
func (k *KeyFile) Used(slot uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slot < mostSlots {
		k.least = max(k.least, slot)
	}
}

// Missing is how many slots the journal uses beyond the end of the file.
func (k *KeyFile) Missing() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.least - min(k.least, k.slots)
}

// New makes a key in a fresh slot. It is not durable before Sync.
func (k *KeyFile) New() (slot uint64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.least > k.slots {
		if err := k.giveUp(); err != nil {
			return 0, fmt.Errorf("journal: new key: %w", err)
		}
	}
	var row [slotSize]byte
	if _, err := rand.Read(row[:32]); err != nil {
		return 0, fmt.Errorf("journal: new key: %w", err)
	}
	sum := sha256.Sum256(row[:32])
	copy(row[32:], sum[:8])
	if _, err := k.f.WriteAt(row[:], int64(k.slots)*slotSize); err != nil {
		return 0, fmt.Errorf("journal: new key: %w", err)
	}
	k.slots++
	k.dirty = true
	return k.slots, nil
}

// giveUp fills the slots that were lost. They are not zeros, which would say that they were
// lawfully destroyed.
func (k *KeyFile) giveUp() error {
	const step = 1 << 14
	lost := bytes.Repeat([]byte{0xff}, step*slotSize)
	for k.slots < k.least {
		n := min(step, k.least-k.slots)
		if _, err := k.f.WriteAt(lost[:n*slotSize], int64(k.slots)*slotSize); err != nil {
			return err
		}
		k.slots += n
	}
	return nil
}

// Sync makes new keys durable. It must return before an event sealed under one commits.
func (k *KeyFile) Sync() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.dirty || k.noSync {
		return nil
	}
	if err := k.f.Sync(); err != nil {
		return fmt.Errorf("journal: sync key file: %w", err)
	}
	k.dirty = false
	return nil
}

// Destroy overwrites a slot and makes that durable. Destroying twice is no error.
func (k *KeyFile) Destroy(slot uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slot == 0 || slot > k.slots {
		return nil // the key was never here: nothing can be read
	}
	if _, err := k.f.WriteAt(make([]byte, slotSize), int64(slot-1)*slotSize); err != nil {
		return fmt.Errorf("journal: destroy key %d: %w", slot, err)
	}
	if err := k.f.Sync(); err != nil {
		return fmt.Errorf("journal: destroy key %d: %w", slot, err)
	}
	return nil
}

// State tells what a slot holds: a key, nothing any more, or damage.
func (k *KeyFile) State(slot uint64) (present bool, err error) {
	_, err = k.key(slot)
	if errors.Is(err, errDestroyed) {
		return false, nil
	}
	return err == nil, err
}

var errDestroyed = errors.New("journal: key destroyed")

func (k *KeyFile) key(slot uint64) ([]byte, error) {
	if slot == 0 {
		return nil, errBadSlot
	}
	var row [slotSize]byte
	if _, err := k.f.ReadAt(row[:], int64(slot-1)*slotSize); err != nil {
		return nil, fmt.Errorf("%w: %d: %w", errBadSlot, slot, err)
	}
	if row == [slotSize]byte{} {
		return nil, errDestroyed
	}
	if sum := sha256.Sum256(row[:32]); !bytes.Equal(sum[:8], row[32:]) {
		return nil, fmt.Errorf("%w: %d", errBadSlot, slot)
	}
	return row[:32], nil
}

func (k *KeyFile) aead(slot uint64) (cipher.AEAD, error) {
	key, err := k.key(slot)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("journal: key %d: %w", slot, err)
	}
	return cipher.NewGCM(block)
}

// Seal encrypts a body under a slot's key, bound to the header.
func (k *KeyFile) Seal(slot uint64, header, plain []byte) ([]byte, error) {
	aead, err := k.aead(slot)
	if err != nil {
		return nil, fmt.Errorf("journal: seal: %w", err)
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("journal: seal: %w", err)
	}
	return aead.Seal(nonce, nonce, plain, header), nil
}

// Unseal decrypts and decodes a record's sealed body. Erased once the key is destroyed;
// any other error means damage.
func (k *KeyFile) Unseal(r *Record) (proto.Message, error) {
	return k.UnsealEntry(r.Header, r.Entry)
}

// UnsealEntry is Unseal for an entry whose header is decoded already.
func (k *KeyFile) UnsealEntry(h *journalv1.Header, e *journalv1.Entry) (proto.Message, error) {
	aead, err := k.aead(h.GetSealedKey())
	if errors.Is(err, errDestroyed) {
		return nil, Erased.With("object", RefOf(h.GetRefs()[0]))
	}
	if err != nil {
		return nil, err
	}
	sealed := e.GetSealed()
	if len(sealed) < aead.NonceSize() {
		return nil, fmt.Errorf("journal: event %d: sealed body is cut short", h.GetSeq())
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], e.GetHeader())
	if err != nil {
		return nil, fmt.Errorf("journal: event %d: unseal: %w", h.GetSeq(), err)
	}
	return decodeAs(h.GetSealedType(), plain, h.GetSeq())
}
