package bagit

import (
	"strconv"
	"strings"
)

// Field is one element of the bag's metadata (RFC 8493 §2.2.2). Labels may repeat, and
// their order is kept.
type Field struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

const oxumLabel = "Payload-Oxum"

// parseInfo reads bag-info.txt. A line that begins with a space or tab continues the
// value before it.
func parseInfo(text string) ([]Field, []finding) {
	var fields []Field
	var found []finding
	for n, line := range splitLines(text) {
		if line == "" {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(fields) > 0 {
				fields[len(fields)-1].Value += " " + strings.Trim(line, " \t")
				continue
			}
		} else if label, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(label) != "" {
			fields = append(fields, Field{strings.Trim(label, " \t"), strings.Trim(value, " \t")})
			continue
		}
		found = append(found, finding{"bag-info.txt", BadInfoLine, []any{"line", n + 1}})
	}
	return fields, found
}

// oxum is the promise of Payload-Oxum: bytes and files of the payload.
type oxum struct{ bytes, files int64 }

func (o oxum) String() string {
	return strconv.FormatInt(o.bytes, 10) + "." + strconv.FormatInt(o.files, 10)
}

// findOxum reads the promise from the fields; nil when there is none or it is malformed.
func findOxum(fields []Field) (*oxum, []finding) {
	var values []string
	for _, f := range fields {
		if strings.EqualFold(f.Label, oxumLabel) {
			values = append(values, f.Value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > 1 {
		return nil, []finding{{"bag-info.txt", RepeatedOxum, nil}}
	}
	octets, streams, ok := strings.Cut(values[0], ".")
	b, err1 := strconv.ParseUint(octets, 10, 63)
	s, err2 := strconv.ParseUint(streams, 10, 63)
	if !ok || err1 != nil || err2 != nil {
		return nil, []finding{{"bag-info.txt", BadOxum, []any{"value", show(values[0])}}}
	}
	return &oxum{int64(b), int64(s)}, nil
}
