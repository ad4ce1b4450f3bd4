package monitor

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadOrCreateKey reads the signing key from a PEM file (PKCS #8, RFC 5958, Ed25519 as of
// RFC 8410) and makes one where the file is absent. Two processes that start at once end
// with the same key. Errors: ErrKeyFile where others may read the file or it holds
// something else; those of the file system.
func LoadOrCreateKey(path string) (ed25519.PrivateKey, error) {
	key, err := LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKey(path); err != nil {
		return nil, fmt.Errorf("make signing key %s: %w", path, err)
	}
	return LoadKey(path)
}

// LoadKey reads a signing key that must be there. Errors: fs.ErrNotExist; otherwise as of
// LoadOrCreateKey.
func LoadKey(path string) (ed25519.PrivateKey, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, ErrKeyFile.With("file", path, "problem", fmt.Sprintf("its mode is %#o", info.Mode().Perm()))
	}
	text, err := io.ReadAll(io.LimitReader(file, 64<<10))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, ErrKeyFile.With("file", path, "problem", "no PEM block PRIVATE KEY")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, ErrKeyFile.With("file", path, "problem", "PKCS #8 not readable").Because(err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, ErrKeyFile.With("file", path, "problem", fmt.Sprintf("it is a %T", parsed))
	}
	return key, nil
}

// createKey writes a new key beside its place and links it there, which fails where
// somebody was faster: a key in use is never overwritten.
func createKey(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(folder, ".key-*") // 0600 by its contract
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	// If we crash here, a draft with a random name is left, which nobody reads.
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// If we crash here, the name may be lost, and with it a key that has signed nothing
	// yet: the next start makes another.
	return syncFolder(folder)
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// keyID names a public key in a token's header: 16 hex digits of its SHA-256.
func keyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}
