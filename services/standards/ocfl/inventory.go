package ocfl

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
)

// Inventory is inventory.json (OCFL 1.1 §3.5).
type Inventory struct {
	ID               string                         `json:"id"`
	Type             string                         `json:"type"`
	DigestAlgorithm  string                         `json:"digestAlgorithm"`
	Head             string                         `json:"head"`
	ContentDirectory string                         `json:"contentDirectory,omitempty"`
	Manifest         map[string][]string            `json:"manifest"`
	Versions         map[string]Version             `json:"versions"`
	Fixity           map[string]map[string][]string `json:"fixity,omitempty"`
}

// Version is one state of an object (§3.5.3.1). It never changes once written.
type Version struct {
	Created time.Time           `json:"created"`
	State   map[string][]string `json:"state"`
	Message string              `json:"message,omitempty"`
	User    *User               `json:"user,omitempty"`
}

// User is who made a version.
type User struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"` // a URI: mailto:… or the page of a person
}

const inventoryLimit = 1 << 30 // bytes

func (i *Inventory) contentDir() string {
	if i.ContentDirectory == "" {
		return "content"
	}
	return i.ContentDirectory
}

func (i *Inventory) files(version string) []File {
	var list []File
	for digest, paths := range i.Versions[version].State {
		for _, p := range paths {
			f := File{Logical: p, Digest: strings.ToLower(digest)}
			if content := i.content(digest); len(content) > 0 {
				f.Content = content[0]
			}
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Logical, b.Logical) })
	return list
}

// entries are the rows of a version, in no order.
func (i *Inventory) entries(version string) entries {
	return func(yield func(entry, error) bool) {
		for _, f := range i.files(version) {
			digest, err := hex.DecodeString(f.Digest)
			if !yield(entry{digest, f.Logical}, err) {
				return
			}
		}
	}
}

// holds says whether the manifest names a content path.
func (i *Inventory) holds(content string) bool {
	for _, paths := range i.Manifest {
		if slices.Contains(paths, content) {
			return true
		}
	}
	return false
}

func (i *Inventory) sidecarName() string { return inventoryName + "." + i.DigestAlgorithm }

// sidecar is what stands beside an inventory of that text.
func (i *Inventory) sidecar(text []byte) []byte {
	return []byte(sum(i.DigestAlgorithm, text) + "  " + inventoryName + "\n")
}

// content finds a digest in the manifest without regard to case.
func (i *Inventory) content(digest string) []string {
	if c, ok := i.Manifest[digest]; ok {
		return c
	}
	for d, c := range i.Manifest {
		if strings.EqualFold(d, digest) {
			return c
		}
	}
	return nil
}

// repeatsKey says whether any JSON object has a key twice; encoding/json would silently
// keep the last, and another reader the first.
func repeatsKey(raw []byte) bool {
	type level struct {
		keys  map[string]bool // nil for an array
		value bool            // the next string is a value
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var stack []level
	for {
		token, err := d.Token()
		if err != nil {
			return !errors.Is(err, io.EOF)
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if n := len(stack) - 1; n >= 0 && stack[n].keys != nil {
			if stack[n].value = !stack[n].value; stack[n].value {
				key, _ := token.(string)
				if stack[n].keys[key] {
					return true
				}
				stack[n].keys[key] = true
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{keys: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, level{})
		}
	}
}

// parseSidecar reads "DIGEST  inventory.json" (§3.5.5).
func parseSidecar(raw []byte) (string, bool) {
	digest, name, ok := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r"), " ")
	if d, n, tab := strings.Cut(string(raw), "\t"); !ok && tab {
		digest, name, ok = d, strings.TrimSuffix(n, "\n"), true
	}
	return strings.ToLower(digest), ok && strings.TrimLeft(name, " \t") == inventoryName && digest != "" && isHex(digest)
}

// clip keeps a value of a stranger's inventory fit to be shown.
func clip(s string) string {
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, s)
}
