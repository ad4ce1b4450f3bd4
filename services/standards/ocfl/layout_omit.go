package ocfl

import (
	"path"
	"slices"
	"strings"
)

// Omission is what the layouts 0006 and 0007 do with an identifier: its prefix goes, and what is
// left names directories as it stands.
type Omission struct {
	Delimiter string // ends the prefix, wherever it stands last; ASCII letters of either case are one
	PadRight  bool   // 0007: zeros behind what is too short for the tuples, not before it
	Reverse   bool   // 0007: the tuples are cut from the end of the identifier
}

// What zeroPadding of 0007 may say.
const (
	left  = "left"
	right = "right"
)

// omits judges the parameters of 0006 and 0007.
func (l Layout) omits() bool {
	if l.Omit.Delimiter == "" || l.DigestAlgorithm != "" || l.ShortObjectRoot {
		return false
	}
	if l.ExtensionName == FlatOmit {
		return l == Layout{ExtensionName: FlatOmit, Omit: Omission{Delimiter: l.Omit.Delimiter}}
	}
	return l.TupleSize >= 1 && l.TupleSize <= 32 && l.NumberOfTuples >= 1 && l.NumberOfTuples <= 32 && ascii(l.Omit.Delimiter)
}

// omitted is where an object lies under 0006 and 0007 (their "Procedure"). Error: BadID where nothing
// is left of the identifier, where what is left is no directory's name, and under 0007 where the
// identifier leaves ASCII.
func (l Layout) omitted(id string) (string, error) {
	bad := BadID.With("id", clip(id), "layout", l.ExtensionName)
	rest := id
	if at := strings.LastIndex(lowered(id), lowered(l.Omit.Delimiter)); at >= 0 {
		rest = id[at+len(l.Omit.Delimiter):]
	}
	if !fits(rest) || rest == "" {
		return "", bad
	}
	if l.ExtensionName == FlatOmit {
		return rest, nil
	}
	if !ascii(id) {
		return "", bad
	}
	digits := []byte(rest)
	if zeros := strings.Repeat("0", max(0, l.TupleSize*l.NumberOfTuples-len(digits))); l.Omit.PadRight {
		digits = append(digits, zeros...)
	} else {
		digits = append([]byte(zeros), digits...)
	}
	if l.Omit.Reverse {
		slices.Reverse(digits)
	}
	var parts []string
	for i := range l.NumberOfTuples {
		part := string(digits[i*l.TupleSize : (i+1)*l.TupleSize])
		if !fits(part) {
			return "", bad
		}
		parts = append(parts, part)
	}
	return path.Join(append(parts, rest)...), nil
}

// lowered has its ASCII letters small and every byte in its place: other letters may change their
// length, and no layout says that they are compared without regard to case.
func lowered(s string) string {
	raw := []byte(s)
	for i, c := range raw {
		if c >= 'A' && c <= 'Z' {
			raw[i] = c + 'a' - 'A'
		}
	}
	return string(raw)
}

// ascii says whether a text keeps to what 0007 is defined over (0x20 to 0x7F).
func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7f })
}

// omitConfig is the text of config.json of 0006 and 0007.
func (l Layout) omitConfig() ([]byte, error) {
	if l.ExtensionName == FlatOmit {
		return pretty(struct {
			ExtensionName string `json:"extensionName"`
			Delimiter     string `json:"delimiter"`
		}{l.ExtensionName, l.Omit.Delimiter})
	}
	padding := left
	if l.Omit.PadRight {
		padding = right
	}
	return pretty(struct {
		ExtensionName     string `json:"extensionName"`
		Delimiter         string `json:"delimiter"`
		TupleSize         int    `json:"tupleSize"`
		NumberOfTuples    int    `json:"numberOfTuples"`
		ZeroPadding       string `json:"zeroPadding"`
		ReverseObjectRoot bool   `json:"reverseObjectRoot"`
	}{l.ExtensionName, l.Omit.Delimiter, l.TupleSize, l.NumberOfTuples, padding, l.Omit.Reverse})
}
