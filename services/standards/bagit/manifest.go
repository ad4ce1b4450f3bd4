package bagit

import (
	"io"
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

// parseManifest reads the lines of a payload or tag manifest (RFC 8493 §2.1.3, §2.2.1):
// digest, white space, path. The version decides how a path is read (see edition). Findings
// name the manifest and the line. each gets what is right, the digest in lower-case hexadecimal; whether
// a path stands twice nobody has looked. The error is that of the reader, or of each.
func parseManifest(name string, text io.Reader, version string, l Limits, each func(file, digest string, n int) error) (findings, error) {
	p := manifestParser{found: newFindings(l.Faults), name: name, version: version, limits: l, rules: editionOf(version), each: each}
	p.tag, p.algorithm, _ = manifestName(name)
	lines := newLines(text, l.LineBytes)
	for lines.next() {
		if p.count >= l.Entries {
			p.bad(lines.number, TooManyEntries, "limit", l.Entries)
			break
		}
		if err := p.line(lines.number, lines.text); err != nil {
			return p.found, err
		}
	}
	return p.found, lines.err
}

type manifestParser struct {
	name, version, algorithm string
	tag                      bool
	limits                   Limits
	rules                    edition
	each                     func(file, digest string, n int) error
	count                    int
	found                    findings
}

func (p *manifestParser) bad(n int, r *Rule, args ...any) {
	p.found.add(finding{p.name, r, append([]any{"line", n}, args...)})
}

func (p *manifestParser) line(n int, line string) error {
	if len(line) > p.limits.LineBytes {
		p.bad(n, LongLine, "limit", p.limits.LineBytes)
		return nil
	}
	if strings.Trim(line, " \t") == "" {
		return nil
	}
	digest, file, ok := cutLine(line)
	if !ok {
		p.bad(n, BadLine)
		return nil
	}
	if size, known := digestSize[p.algorithm]; known && !isHex(digest, size*2) {
		p.bad(n, BadDigest, "file", show(file), "digits", size*2)
		return nil
	}
	for _, mark := range []string{"*", "./"} {
		if rest, marked := strings.CutPrefix(file, mark); marked {
			p.bad(n, LeadingMark, "mark", mark, "file", show(rest))
			file = rest
		}
	}
	if p.rules.backslash && strings.Contains(file, `\`) {
		p.bad(n, OldSeparator, "file", show(file))
		file = strings.ReplaceAll(file, `\`, "/")
	}
	decoded, ok := decodePath(file, p.version)
	if !ok {
		p.bad(n, BadPercent, "file", show(file))
		return nil
	}
	if f := badPath(decoded, p.limits); f != nil {
		f.where = p.name + ":" + strconv.Itoa(n) + ": " + f.where
		p.found.add(*f)
		return nil
	}
	if r := misplaced(p.tag, decoded, p.rules); r != nil {
		p.bad(n, r, "file", show(decoded))
		return nil
	}
	p.count++
	return p.each(decoded, strings.ToLower(digest), n)
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
func parseFetch(text, version string, l Limits) ([]FetchLine, findings) {
	var lines []FetchLine
	found := newFindings(l.Faults)
	seen := map[string]bool{}
	for i, line := range linesOf(text) {
		if len(lines) >= l.Entries {
			found.add(finding{"fetch.txt", TooManyEntries, []any{"limit", l.Entries}})
			break
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
			found.add(finding{"fetch.txt", FetchLineBad, []any{"line", i}})
			continue
		}
		seen[decoded] = true
		lines = append(lines, FetchLine{url, n, decoded})
	}
	return lines, found
}
