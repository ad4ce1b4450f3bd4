package bagit

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// finding is one thing that is wrong, before it is put into words.
type finding struct {
	where string
	rule  *Rule
	args  []any
}

// badPath judges a path inside a bag: of a file that came or that a manifest names. It
// returns nil for a path that may be used on every system that an archive may move to.
// RFC 8493 §5.1 asks to keep paths inside the bag; §6 to keep them portable.
func badPath(p string, l Limits) *finding {
	say := func(r *Rule, args ...any) *finding { return &finding{show(p), r, args} }
	switch {
	case p == "":
		return say(EmptyPath)
	case !utf8.ValidString(p):
		return say(BadUTF8)
	case strings.HasPrefix(p, "/"), strings.HasPrefix(p, "~"):
		return say(Absolute)
	case strings.Contains(p, `\`), len(p) > 1 && p[1] == ':' && isLetter(p[0]):
		return say(Backslash)
	case len(p) > l.PathBytes:
		return say(LongPath, "limit", l.PathBytes, "part", l.NameBytes)
	}
	if strings.Count(p, "/") >= l.Depth {
		return say(DeepPath, "limit", l.Depth)
	}
	for _, r := range p {
		// Cf holds the marks that turn a line's direction around: with them a name reads
		// otherwise than it is.
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' || isDirection(r) {
			return say(Control, "code", fmt.Sprintf("U+%04X", r))
		}
	}
	for part := range strings.SplitSeq(p, "/") {
		switch {
		case part == "":
			return say(EmptyPath)
		case part == "." || part == "..":
			return say(Traversal)
		case len(part) > l.NameBytes:
			return say(LongPath, "limit", l.PathBytes, "part", l.NameBytes)
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
			return say(TrailingDot, "part", part)
		case isReserved(part):
			return say(Reserved, "part", part)
		}
	}
	return nil
}

// isDirection says whether a character changes the direction in which text is shown.
func isDirection(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\u200E' || r == '\u200F'
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isReserved says whether a name is one that Windows keeps for devices, with any extension.
func isReserved(part string) bool {
	if !strings.ContainsRune("CPANLcpanl", rune(part[0])) {
		return false // most names; no other letter becomes one of these
	}
	stem, _, _ := strings.Cut(part, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	runes := []rune(stem)
	if len(runes) != 4 || (!strings.HasPrefix(stem, "COM") && !strings.HasPrefix(stem, "LPT")) {
		return false
	}
	return runes[3] >= '1' && runes[3] <= '9' || strings.ContainsRune("¹²³", runes[3])
}

// unportable is the first character of a path that some file systems refuse, or 0.
func unportable(p string) rune {
	if i := strings.IndexAny(p, `<>:"|?*`); i >= 0 {
		return rune(p[i])
	}
	return 0
}

// show makes a hostile path fit to be put before a person: nothing unprintable in it, and
// no more of it than fits a line or two.
func show(p string) string {
	const most = 300
	cut := p
	if len(cut) > most {
		cut = strings.ToValidUTF8(cut[:most], "") + "…"
	}
	if !utf8.ValidString(cut) || strings.ContainsFunc(cut, func(r rune) bool { return !unicode.IsPrint(r) || isDirection(r) }) {
		return fmt.Sprintf("%+q", cut)
	}
	return cut
}

// Shown is how the findings of a report write the path that they are about (fault.Item.Where).
func Shown(path string) string { return show(path) }

// fold is the key under which two names are the same on a system that looks neither at
// capital letters nor at Unicode forms.
func fold(p string) string {
	ascii := true
	for i := range len(p) {
		ascii = ascii && p[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(p)
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(p)))
}
