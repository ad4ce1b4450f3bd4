// Package secret makes what only one person may know: the secret of a request's link, a
// one-time code of enrolment, the check digits of a paper. All follow from a key of the service
// and from what was asked, so that a repeated command gives the same one again although nothing
// of it is kept.
package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key makes secrets. Without it (a folder brought back without its key file) everything goes on,
// only a repeated command does not give its secret again.
type Key struct{ key []byte }

const keySize = 32

// Open reads the key file, or makes it (0600).
func Open(path string) (Key, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	if err == nil && len(raw) != keySize {
		err = fmt.Errorf("%d bytes", len(raw))
	}
	if err != nil {
		return Key{}, fmt.Errorf("reference: key file %s: %w", path, err)
	}
	return Key{raw}, nil
}

func create(path string) (Key, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return Key{}, fmt.Errorf("reference: key: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return Key{}, fmt.Errorf("reference: key: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when the rename succeeded
	_, err = f.Write(key)
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return Key{}, fmt.Errorf("reference: key: %w", err)
	}
	return Key{key}, nil
}

// mac binds the parts so that no two lists of parts give the same text.
func (k Key) mac(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.key)
	for _, p := range append([][]byte{[]byte(purpose)}, parts...) {
		_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))) // a hash never fails
		_, _ = h.Write(p)
	}
	return h.Sum(nil)
}

// alphabet is without letters and digits that look alike (RFC 4648 §6 allows another alphabet).
var alphabet = base32.NewEncoding("abcdefghjkmnpqrstuvwxyz023456789").WithPadding(base32.NoPadding)

// Link is the secret of a request's link: 24 characters, 120 bits. content is everything that was
// asked: whoever repeats a command id without knowing the request gets another secret, which
// opens nothing.
func (k Key) Link(command, content []byte) string {
	return alphabet.EncodeToString(k.mac("link", command, content)[:15])
}

// Code is a one-time code: 16 characters, 80 bits, in groups that people can read out.
func (k Key) Code(command, content []byte) string {
	s := alphabet.EncodeToString(k.mac("code", command, content)[:10])
	return strings.Join([]string{s[:4], s[4:8], s[8:12], s[12:]}, "-")
}

// Digits are eight decimal digits that stand on a paper beside its number.
func (k Key) Digits(paper string) string {
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(k.mac("digits", []byte(paper)))%100_000_000)
}

// Hash is what is kept of a secret.
func Hash(secret string) [32]byte { return sha256.Sum256([]byte(strings.TrimSpace(secret))) }

// Fits compares a secret with what is kept of it, in a time that tells nothing.
func Fits(secret string, kept []byte) bool {
	h := Hash(secret)
	return subtle.ConstantTimeCompare(h[:], kept) == 1
}

// SameText compares two short texts in a time that tells nothing of them.
func SameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
