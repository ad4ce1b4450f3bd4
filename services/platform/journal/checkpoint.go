package journal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a statement of how large a journal is and which root it has
// (C2SP tlog-checkpoint). A service that signs two that do not fit is caught.
type Checkpoint struct {
	Archive, Service string
	Epoch            uint64
	Size             uint64
	Root             tlog.Hash
}

// origin names the tree; every epoch is a tree of its own name.
func (c Checkpoint) origin() string {
	return fmt.Sprintf("qoyma/%s/%s/%d", c.Archive, c.Service, c.Epoch)
}

// Sign makes the signed note.
func (c Checkpoint) Sign(signer note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", c.origin(), c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, fmt.Errorf("journal: sign checkpoint: %w", err)
	}
	return signed, nil
}

// OpenCheckpoint verifies a signed checkpoint.
func OpenCheckpoint(signed []byte, verifier note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("journal: checkpoint: %w", err)
	}
	return parseCheckpoint(n.Text)
}

// ReadCheckpoint reads a checkpoint without looking at its signature: what a stored one says
// that was verified when it came.
func ReadCheckpoint(signed []byte) (Checkpoint, error) {
	_, err := note.Open(signed, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return Checkpoint{}, fmt.Errorf("journal: checkpoint: %w", err)
	}
	return parseCheckpoint(unverified.Note.Text)
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return Checkpoint{}, errors.New("journal: checkpoint has too few lines")
	}
	parts := strings.Split(lines[0], "/")
	if len(parts) != 4 || parts[0] != "qoyma" {
		return Checkpoint{}, fmt.Errorf("journal: checkpoint of a foreign log %q", lines[0])
	}
	c.Archive, c.Service = parts[1], parts[2]
	if c.Epoch, err = strconv.ParseUint(parts[3], 10, 64); err != nil {
		return Checkpoint{}, fmt.Errorf("journal: checkpoint epoch: %w", err)
	}
	if c.Size, err = strconv.ParseUint(lines[1], 10, 64); err != nil {
		return Checkpoint{}, fmt.Errorf("journal: checkpoint size: %w", err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("journal: checkpoint root %q", lines[2])
	}
	c.Root = tlog.Hash(root)
	return c, nil
}

// SigningKey is a service's own key for checkpoints, with the public half that others
// check it by.
type SigningKey struct {
	Signer   note.Signer
	Verifier note.Verifier
	Public   string
}

// KeyName is the name under which a service signs.
func KeyName(archive, service string) string { return "qoyma." + archive + "." + service }

// LoadSigningKey reads a service's key from dir/<service>.key (mode 0600) and makes it,
// with dir/<service>.pub beside it, where it is absent.
func LoadSigningKey(dir, archive, service string) (SigningKey, error) {
	private, public := filepath.Join(dir, service+".key"), filepath.Join(dir, service+".pub")
	secret, err := os.ReadFile(private)
	if errors.Is(err, fs.ErrNotExist) {
		skey, vkey, genErr := note.GenerateKey(rand.Reader, KeyName(archive, service))
		if genErr != nil {
			return SigningKey{}, fmt.Errorf("journal: generate key: %w", genErr)
		}
		// The public half first: if we crash here, the next start makes a new pair and
		// nobody has seen a signature of this one.
		if err := WriteFileSync(public, []byte(vkey+"\n"), 0o644); err != nil {
			return SigningKey{}, err
		}
		if err := WriteFileSync(private, []byte(skey+"\n"), 0o600); err != nil {
			return SigningKey{}, err
		}
		secret, err = []byte(skey), nil
	}
	if err != nil {
		return SigningKey{}, fmt.Errorf("journal: signing key: %w", err)
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(secret)))
	if err != nil {
		return SigningKey{}, fmt.Errorf("journal: signing key %s: %w", private, err)
	}
	if want := KeyName(archive, service); signer.Name() != want {
		return SigningKey{}, fmt.Errorf("journal: %s is the key of %s, not of %s", private, signer.Name(), want)
	}
	verifier, text, err := LoadVerifier(dir, service)
	if err != nil {
		return SigningKey{}, err
	}
	return SigningKey{Signer: signer, Verifier: verifier, Public: text}, nil
}

// LoadVerifier reads another service's public key from dir/<service>.pub.
func LoadVerifier(dir, service string) (note.Verifier, string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, service+".pub"))
	if err != nil {
		return nil, "", fmt.Errorf("journal: public key of %s: %w", service, err)
	}
	text := strings.TrimSpace(string(raw))
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, "", fmt.Errorf("journal: public key of %s: %w", service, err)
	}
	return v, text, nil
}

// WriteFileSync writes a file whole or not at all: a temporary file, synced, renamed, and
// the folder synced.
func WriteFileSync(path string, content []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when the rename succeeded
	if _, err = f.Write(content); err == nil {
		err = f.Chmod(mode)
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
	if err == nil {
		err = SyncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// SyncDir makes a folder's entries durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
