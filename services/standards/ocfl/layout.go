package ocfl

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// The layouts that are understood, by their names in the community's register of extensions.
const (
	FlatDirect = "0002-flat-direct-storage-layout"
	HashAndID  = "0003-hash-and-id-n-tuple-storage-layout"
	Hashed     = "0004-hashed-n-tuple-storage-layout"
	FlatOmit   = "0006-flat-omit-prefix-storage-layout"
	TuplesOmit = "0007-n-tuple-omit-prefix-storage-layout"
)

var titles = map[string]string{
	FlatDirect: "Flat Direct Storage Layout",
	HashAndID:  "Hashed Truncated N-tuple Trees with Object ID Encapsulating Directory",
	Hashed:     "Hashed N-tuple Storage Layout",
	FlatOmit:   "Flat Omit Prefix Storage Layout",
	TuplesOmit: "N Tuple Omit Prefix Storage Layout",
}

// BadID is answered where an identifier cannot have a directory in the root.
var BadID = fault.Define(fault.Invalid, "ocfl.id",
	"the identifier {id} cannot name a directory under the layout {layout}; give another identifier or use another layout",
	"идентификатор {id} не может быть каталогом при устройстве {layout}; задайте другой идентификатор или другое устройство",
	"{id} идентификаторы {layout} құрылымында каталог бола алмайды; басқа идентификатор беріңіз немесе басқа құрылымды таңдаңыз")

// Layout is the arrangement of object directories under a root. It never changes once the
// root is made. What an extension has no parameter for is zero.
type Layout struct {
	ExtensionName   string
	DigestAlgorithm string // of the identifier
	TupleSize       int    // characters of the digest, in 0007 of the identifier, in a directory's name
	NumberOfTuples  int    // directories above the object
	ShortObjectRoot bool   // 0004: the object's directory repeats nothing of those above it
	Omit            Omission
}

// DefaultLayout spreads 28 million objects over 16.7 million × 4,096 places, with few entries
// in any directory.
func DefaultLayout() Layout { return defaultOf(Hashed) }

// defaultOf is a layout with the parameters that its extension gives where config.json says
// nothing.
func defaultOf(name string) Layout {
	switch name {
	case FlatDirect, FlatOmit: // 0006 has no delimiter of its own: config.json must give one
		return Layout{ExtensionName: name}
	case TuplesOmit:
		return Layout{ExtensionName: name, TupleSize: 3, NumberOfTuples: 3, Omit: Omission{Delimiter: ":"}}
	}
	return Layout{ExtensionName: name, DigestAlgorithm: "sha256", TupleSize: 3, NumberOfTuples: 3}
}

func (l Layout) valid() bool {
	switch l.ExtensionName {
	case FlatDirect:
		return l == defaultOf(FlatDirect)
	case FlatOmit, TuplesOmit:
		return l.omits()
	case HashAndID, Hashed:
	default:
		return false
	}
	h := fixityHash(l.DigestAlgorithm)
	if h == nil || l.TupleSize < 0 || l.TupleSize > 32 || l.NumberOfTuples < 0 || l.NumberOfTuples > 32 || (l.TupleSize == 0) != (l.NumberOfTuples == 0) {
		return false
	}
	used, digits := l.TupleSize*l.NumberOfTuples, h.Size()*2
	return l.Omit == Omission{} && used <= digits && (!l.ShortObjectRoot || l.ExtensionName == Hashed && used < digits)
}

// Path is where an object lies, relative to the root, with slashes. Error: BadID, for an empty
// identifier and, under the layouts that do not hash it, for one that is no directory's name.
func (l Layout) Path(id string) (string, error) {
	switch {
	case id == "" || l.ExtensionName == FlatDirect && !fits(id):
		return "", BadID.With("id", clip(id), "layout", l.ExtensionName)
	case l.ExtensionName == FlatDirect:
		return id, nil
	case l.ExtensionName == FlatOmit, l.ExtensionName == TuplesOmit:
		return l.omitted(id)
	}
	h := fixityHash(l.DigestAlgorithm)
	_, _ = h.Write([]byte(id)) // a hash never fails
	digest := hex.EncodeToString(h.Sum(nil))
	var parts []string
	for i := range l.NumberOfTuples {
		parts = append(parts, digest[i*l.TupleSize:(i+1)*l.TupleSize])
	}
	switch {
	case l.ExtensionName == HashAndID:
		parts = append(parts, encapsulate(id, digest))
	case l.ShortObjectRoot:
		parts = append(parts, digest[l.NumberOfTuples*l.TupleSize:])
	default:
		parts = append(parts, digest)
	}
	return path.Join(parts...), nil
}

// fits says whether an identifier is a directory's name as it stands (0002), and not that of
// something else in a root.
func fits(id string) bool {
	return id != "." && id != ".." && len(id) <= 255 && !strings.ContainsAny(id, "/\x00") &&
		id != extensionsDir && id != layoutName && !strings.HasPrefix(id, "0=")
}

// maxEncoded is how many characters of an encoded identifier stand in a directory's name
// (0003, "Encapsulation Directory").
const maxEncoded = 100

// encapsulate writes an identifier as a directory's name: what is not a letter, a digit, a
// hyphen or an underscore becomes %xx for each byte of its UTF-8; what is too long is cut, and
// the digest tells it apart.
func encapsulate(id, digest string) string {
	var name strings.Builder
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			name.WriteByte(c)
		default:
			fmt.Fprintf(&name, "%%%02x", c)
		}
	}
	if name.Len() > maxEncoded {
		return name.String()[:maxEncoded] + "-" + digest
	}
	return name.String()
}

// config is the text of the extension's config.json.
func (l Layout) config() ([]byte, error) {
	switch l.ExtensionName {
	case FlatDirect:
		return pretty(struct {
			ExtensionName string `json:"extensionName"`
		}{l.ExtensionName})
	case HashAndID:
		return pretty(struct {
			ExtensionName   string `json:"extensionName"`
			DigestAlgorithm string `json:"digestAlgorithm"`
			TupleSize       int    `json:"tupleSize"`
			NumberOfTuples  int    `json:"numberOfTuples"`
		}{l.ExtensionName, l.DigestAlgorithm, l.TupleSize, l.NumberOfTuples})
	case FlatOmit, TuplesOmit:
		return l.omitConfig()
	}
	return pretty(struct {
		ExtensionName   string `json:"extensionName"`
		DigestAlgorithm string `json:"digestAlgorithm"`
		TupleSize       int    `json:"tupleSize"`
		NumberOfTuples  int    `json:"numberOfTuples"`
		ShortObjectRoot bool   `json:"shortObjectRoot"`
	}{l.ExtensionName, l.DigestAlgorithm, l.TupleSize, l.NumberOfTuples, l.ShortObjectRoot})
}

var errConfig = errors.New("the layout's config.json says what its extension does not allow")

// parseLayout reads a layout's config.json. A key that the extension does not know is refused:
// it might move every object. No bytes mean the extension's own parameters.
func parseLayout(name string, raw []byte) (Layout, error) {
	l := defaultOf(name)
	if titles[name] == "" {
		return l, fmt.Errorf("layout %s: %w", clip(name), errConfig)
	}
	if raw == nil && l.valid() {
		return l, nil
	}
	padding := left
	fields := map[string]any{"extensionName": &l.ExtensionName}
	switch name {
	case Hashed:
		fields["shortObjectRoot"] = &l.ShortObjectRoot
		fallthrough
	case HashAndID:
		fields["digestAlgorithm"], fields["tupleSize"], fields["numberOfTuples"] = &l.DigestAlgorithm, &l.TupleSize, &l.NumberOfTuples
	case TuplesOmit:
		fields["tupleSize"], fields["numberOfTuples"] = &l.TupleSize, &l.NumberOfTuples
		fields["zeroPadding"], fields["reverseObjectRoot"] = &padding, &l.Omit.Reverse
		fallthrough
	case FlatOmit:
		fields["delimiter"] = &l.Omit.Delimiter
	}
	var have map[string]json.RawMessage
	if err := json.Unmarshal(raw, &have); err != nil {
		return l, fmt.Errorf("layout %s: %w", name, err)
	}
	if repeatsKey(raw) || have["extensionName"] == nil {
		return l, fmt.Errorf("layout %s: %w", name, errConfig)
	}
	for key, value := range have {
		to, known := fields[key]
		if !known || isNull(value) || json.Unmarshal(value, to) != nil {
			return l, fmt.Errorf("layout %s: key %q: %w", name, clip(key), errConfig)
		}
	}
	l.Omit.PadRight = padding == right
	if l.ExtensionName != name || padding != left && padding != right || !l.valid() {
		return l, fmt.Errorf("layout %s: %w", name, errConfig)
	}
	return l, nil
}

// layoutNamed is what ocfl_layout.json says: the extension by which a root is arranged.
func layoutNamed(raw []byte) (string, bool) {
	var have map[string]json.RawMessage
	var extension, description string
	if json.Unmarshal(raw, &have) != nil || repeatsKey(raw) {
		return "", false
	}
	for key, to := range map[string]*string{"extension": &extension, "description": &description} {
		if isNull(have[key]) || json.Unmarshal(bytes.Clone(have[key]), to) != nil {
			return "", false
		}
	}
	return extension, true
}

// readLayout reads by what a root is arranged: ocfl_layout.json names the extension, and its
// config.json, where there is one, gives the parameters.
func readLayout(dir string) (Layout, error) {
	raw, err := readLimited(filepath.Join(dir, layoutName), configLimit)
	if err != nil {
		return Layout{}, err
	}
	name, ok := layoutNamed(raw)
	if !ok {
		return Layout{}, E070.With("path", layoutName)
	}
	if titles[name] == "" {
		return Layout{ExtensionName: name}, E071.With("path", layoutName)
	}
	raw, err = readLimited(filepath.Join(dir, extensionsDir, name, "config.json"), configLimit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Layout{ExtensionName: name}, err
	}
	return parseLayout(name, raw)
}

const configLimit = 1 << 20 // bytes
