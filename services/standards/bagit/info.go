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

// parseInfo reads the file with the metadata, bag-info.txt by name. A line that begins with
// a space or tab continues the value before it.
func parseInfo(name, text string, l Limits) ([]Field, findings) {
	var fields []Field
	found := newFindings(l.Faults)
	var value []string // the lines of the last field's value, joined once it is whole
	flush := func() {
		if len(fields) > 0 && len(value) > 1 {
			fields[len(fields)-1].Value = strings.Join(value, " ")
		}
	}
	for n, line := range linesOf(text) {
		if line == "" {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(fields) > 0 {
				value = append(value, strings.Trim(line, " \t"))
				continue
			}
		} else if label, first, ok := strings.Cut(line, ":"); ok && strings.Trim(label, " \t") != "" {
			flush()
			value = append(value[:0], strings.Trim(first, " \t"))
			fields = append(fields, Field{strings.Trim(label, " \t"), value[0]})
			continue
		}
		found.add(finding{name, BadInfoLine, []any{"line", n}})
	}
	flush()
	return fields, found
}

// oxum is the promise of Payload-Oxum: bytes and files of the payload.
type oxum struct{ bytes, files int64 }

func (o oxum) String() string {
	return strconv.FormatInt(o.bytes, 10) + "." + strconv.FormatInt(o.files, 10)
}

// findOxum reads the promise from the fields; nil when there is none or it is malformed.
// Findings name the file that the fields are from.
func findOxum(name string, fields []Field, rules edition) (*oxum, []finding) {
	var values []string
	for _, f := range fields {
		if strings.EqualFold(rules.label(f.Label), oxumLabel) {
			values = append(values, f.Value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > 1 {
		return nil, []finding{{name, RepeatedOxum, nil}}
	}
	octets, streams, ok := strings.Cut(values[0], ".")
	b, err1 := strconv.ParseUint(octets, 10, 63)
	s, err2 := strconv.ParseUint(streams, 10, 63)
	if !ok || err1 != nil || err2 != nil {
		return nil, []finding{{name, BadOxum, []any{"value", show(values[0])}}}
	}
	return &oxum{int64(b), int64(s)}, nil
}
