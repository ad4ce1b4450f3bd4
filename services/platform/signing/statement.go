package signing

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
)

// Statement is what a person signs: that on a day they signed this act, which is this file
// and no other. Its bytes are text, so that it can be shown and read before it is signed.
type Statement struct {
	Archive  string     // code of the archive: "kz-demo"
	Act      string     // number of the paper: "2026-1-1"
	Request  string     // number of the request that it answers: "2026-1"
	ActKind  string     // certificate, negative, refusal …
	SHA256   string     // of the file, 64 lower-case hexadecimal digits
	Account  string     // who signs
	SignedOn civil.Date // in Almaty
}

// prefix keeps these signatures apart from every other use of a key, and names the form.
const prefix = "qoyma.signing.v1\n"

const maxField = 200 // bytes of a field

// field is one line of the canonical form.
type field struct{ name, value string }

func (s Statement) fields() []field {
	return []field{
		{"archive", s.Archive},
		{"act", s.Act},
		{"request", s.Request},
		{"kind", s.ActKind},
		{"sha256", s.SHA256},
		{"account", s.Account},
		{"signed-on", s.SignedOn.String()},
	}
}

// Bytes is the canonical form: the prefix, then one line "name: value" per field in fixed
// order. Equal statements have equal bytes, and no others have. Error: BadStatement.
func (s Statement) Bytes() ([]byte, error) {
	var b strings.Builder
	b.WriteString(prefix)
	for _, f := range s.fields() {
		if f.value == "" || len(f.value) > maxField || !utf8.ValidString(f.value) || strings.ContainsFunc(f.value, unicode.IsControl) {
			return nil, BadStatement.With("field", f.name, "value", clip.Value(f.value))
		}
		fmt.Fprintf(&b, "%s: %s\n", f.name, f.value)
	}
	if digest, err := hex.DecodeString(s.SHA256); err != nil || len(digest) != 32 || strings.ToLower(s.SHA256) != s.SHA256 {
		return nil, BadStatement.With("field", "sha256", "value", s.SHA256)
	}
	if !s.SignedOn.Valid() {
		return nil, BadStatement.With("field", "signed-on", "value", s.SignedOn)
	}
	return []byte(b.String()), nil
}

// ParseStatement reads the canonical form, so that a program can compare what it is asked
// to sign with what it showed to the person. Error: BadStatement, for anything that Bytes
// does not write.
func ParseStatement(text []byte) (s Statement, err error) {
	bad := BadStatement.With("field", "statement", "value", fmt.Sprintf("%d B", len(text)))
	rest, ok := strings.CutPrefix(string(text), prefix)
	if !ok {
		return Statement{}, bad
	}
	var on string
	for _, to := range []*string{&s.Archive, &s.Act, &s.Request, &s.ActKind, &s.SHA256, &s.Account, &on} {
		var line string
		if line, rest, ok = strings.Cut(rest, "\n"); !ok {
			return Statement{}, bad
		}
		_, *to, _ = strings.Cut(line, ": ")
	}
	if s.SignedOn, err = civil.Parse(on); err != nil {
		return Statement{}, BadStatement.With("field", "signed-on", "value", clip.Value(on)).Because(err)
	}
	again, err := s.Bytes()
	if err != nil {
		return Statement{}, err
	}
	if string(again) != string(text) {
		return Statement{}, bad
	}
	return s, nil
}

// Sign signs the statement's bytes (Ed25519, RFC 8032 §5.1.6; deterministic). Error:
// BadStatement.
func (s Statement) Sign(key ed25519.PrivateKey) ([]byte, error) {
	text, err := s.Bytes()
	if err != nil {
		return nil, err
	}
	return ed25519.Sign(key, text), nil
}

// Verify tells whether the signature is that of the key over exactly this statement.
// Errors: NotSigned, BadStatement.
func (s Statement) Verify(key ed25519.PublicKey, signature []byte) error {
	text, err := s.Bytes()
	if err != nil {
		return err
	}
	if len(key) != ed25519.PublicKeySize {
		return NotSigned.With("key", fmt.Sprintf("(%d B)", len(key)))
	}
	if !ed25519.Verify(key, text, signature) {
		return NotSigned.With("key", KeyID(key))
	}
	return nil
}
