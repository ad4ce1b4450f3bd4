package bagit

import (
	"strconv"
	"strings"
)

// manifestName splits the name of a manifest into its kind and algorithm:
// "tagmanifest-sha256.txt" is (true, "sha256", true).
func manifestName(name string) (tag bool, algorithm string, ok bool) {
	rest, ok := strings.CutSuffix(name, ".txt")
	if !ok || strings.Contains(name, "/") {
		return false, "", false
	}
	if algorithm, ok := strings.CutPrefix(rest, "tagmanifest-"); ok && algorithm != "" {
		return true, normalAlgorithm(algorithm), true
	}
	algorithm, ok = strings.CutPrefix(rest, "manifest-")
	return false, normalAlgorithm(algorithm), ok && algorithm != ""
}

// normalAlgorithm writes an algorithm's name as RFC 8493 §2.4 does: lower case, letters and
// digits only, so that SHA-256 and sha256 are one.
func normalAlgorithm(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

// manifest is a parsed manifest: digest in lower-case hexadecimal by path.
type manifest struct {
	name      string
	algorithm string
	tag       bool
	digests   map[string]string
}

// parseManifest reads the lines of a payload or tag manifest (RFC 8493 §2.1.3, §2.2.1):
// digest, white space, path. The version decides how a path is read (see edition). Findings
// name the manifest and the line.
func parseManifest(name, text, version string, l Limits) (*manifest, []finding) {
	tag, algorithm, _ := manifestName(name)
	rules := editionOf(version)
	m := &manifest{name: name, algorithm: algorithm, tag: tag, digests: map[string]string{}}
	var found []finding
	for n, line := range linesOf(text) {
		bad := func(r *Rule, args ...any) {
			found = bounded(found, l, finding{name, r, append([]any{"line", n}, args...)})
		}
		if len(m.digests) >= l.Entries {
			bad(TooManyEntries, "limit", l.Entries)
			break
		}
		if len(line) > l.LineBytes {
			bad(LongLine, "limit", l.LineBytes)
			continue
		}
		if strings.Trim(line, " \t") == "" {
			continue
		}
		digest, file, ok := cutLine(line)
		if !ok {
			bad(BadLine)
			continue
		}
		if size, known := digestSize[algorithm]; known && !isHex(digest, size*2) {
			bad(BadDigest, "file", show(file), "digits", size*2)
			continue
		}
		for _, mark := range []string{"*", "./"} {
			if rest, marked := strings.CutPrefix(file, mark); marked {
				bad(LeadingMark, "mark", mark, "file", show(rest))
				file = rest
			}
		}
		if rules.backslash && strings.Contains(file, `\`) {
			bad(OldSeparator, "file", show(file))
			file = strings.ReplaceAll(file, `\`, "/")
		}
		decoded, ok := decodePath(file, version)
		if !ok {
			bad(BadPercent, "file", show(file))
			continue
		}
		if f := badPath(decoded, l); f != nil {
			f.where = name + ":" + strconv.Itoa(n) + ": " + f.where
			found = bounded(found, l, *f)
			continue
		}
		if r := misplaced(tag, decoded, rules); r != nil {
			bad(r, "file", show(decoded))
			continue
		}
		if _, twice := m.digests[decoded]; twice {
			bad(DuplicateLine, "file", show(decoded))
			continue
		}
		m.digests[decoded] = strings.ToLower(digest)
	}
	return m, found
}

// misplaced says which rule forbids a manifest of that kind to name the file.
func misplaced(tag bool, file string, rules edition) *Rule {
	payload := strings.HasPrefix(file, payloadPrefix)
	if !tag {
		if !payload {
			return NotPayload
		}
		return nil
	}
	if payload {
		return TagListsPayload
	}
	if isTag, _, ok := manifestName(file); ok && isTag && rules.strictTags {
		return TagListsTag
	}
	return nil
}

// cutLine splits a line at its first run of spaces and tabs.
func cutLine(line string) (digest, file string, ok bool) {
	i := strings.IndexAny(line, " \t")
	if i <= 0 {
		return "", "", false
	}
	file = strings.TrimLeft(line[i:], " \t")
	return line[:i], file, file != ""
}

func isHex(s string, length int) bool {
	if len(s) != length {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// decodePath reads the percent-encoding of RFC 8493 §2.1.3: only %0A, %0D and %25. Before
// version 1.0 the percent sign itself was not encoded, so there any other stands for
// itself; in 1.0 it is a trick or a mistake and refused.
func decodePath(p, version string) (string, bool) {
	if !strings.Contains(p, "%") {
		return p, true
	}
	strict := editionOf(version).percent
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] != '%' {
			b.WriteByte(p[i])
			continue
		}
		code := ""
		if i+2 < len(p) {
			code = strings.ToUpper(p[i+1 : i+3])
		}
		switch {
		case code == "0A":
			b.WriteByte('\n')
		case code == "0D":
			b.WriteByte('\r')
		case code == "25" && strict:
			b.WriteByte('%')
		case strict:
			return "", false
		default:
			b.WriteByte('%')
			continue
		}
		i += 2
	}
	return b.String(), true
}

var encoded = strings.NewReplacer("%", "%25", "\n", "%0A", "\r", "%0D")

// encodePath is the inverse of decodePath for version 1.0.
func encodePath(p string) string {
	return encoded.Replace(p)
}

// FetchLine is one line of fetch.txt (RFC 8493 §2.2.3).
type FetchLine struct {
	URL    string `json:"url"`
	Length int64  `json:"length"` // bytes, -1 when not told
	Path   string `json:"path"`
}

// parseFetch reads fetch.txt. The URLs are handed on as they are: whoever fetches decides
// which may be (RFC 8493 §5.2).
func parseFetch(text, version string, l Limits) ([]FetchLine, []finding) {
	var lines []FetchLine
	var found []finding
	seen := map[string]bool{}
	for i, line := range linesOf(text) {
		if len(lines) >= l.Entries {
			return lines, bounded(found, l, finding{"fetch.txt", TooManyEntries, []any{"limit", l.Entries}})
		}
		url, rest, ok := cutLine(line)
		length, file, ok2 := cutLine(rest)
		n, err := int64(-1), error(nil)
		if length != "-" {
			n, err = strconv.ParseInt(length, 10, 64)
		}
		decoded, ok3 := decodePath(file, version)
		if !ok || !ok2 || !ok3 || err != nil || n < -1 || len(line) > l.LineBytes ||
			badPath(decoded, l) != nil || !strings.HasPrefix(decoded, payloadPrefix) || seen[decoded] {
			found = bounded(found, l, finding{"fetch.txt", FetchLineBad, []any{"line", i}})
			continue
		}
		seen[decoded] = true
		lines = append(lines, FetchLine{url, n, decoded})
	}
	return lines, found
}
