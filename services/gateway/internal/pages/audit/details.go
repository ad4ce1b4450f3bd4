package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/qoyma/qoyma/services/platform/clip"
)

// Line is one field of an event as it is drawn: its name, and its value or how it changed.
type Line struct {
	Name          string
	Value         string
	Changed       bool
	Before, After string
}

const (
	mostLines  = 60  // of one event: bulk events carry hundreds of rows
	mostValues = 12  // of one list
	mostText   = 600 // characters of one value
)

// details draws a body (protobuf JSON) as lines in the order of the fields' names; cut is how many
// were left out. Fields that come as a pair, before and after, become one line.
func (n fieldNames) details(raw, lang string) (lines []Line, cut int) {
	var body map[string]any
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	if d.Decode(&body) != nil {
		return nil, 0
	}
	lines = pairs(n.flatten("", body, lang, 0))
	if len(lines) > mostLines {
		return lines[:mostLines], len(lines) - mostLines
	}
	return lines, 0
}

func (n fieldNames) flatten(prefix string, m map[string]any, lang string, depth int) (lines []Line) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		name := prefix + n.name(key, lang)
		switch v := m[key].(type) {
		case map[string]any:
			if text, ok := inLanguage(v, lang); ok {
				lines = append(lines, Line{Name: name, Value: clip.Runes(text, mostText)})
			} else if depth < 4 {
				lines = append(lines, n.flatten(name+" › ", v, lang, depth+1)...)
			}
		case []any:
			lines = append(lines, n.list(name, v, lang, depth)...)
		default:
			lines = append(lines, Line{Name: name, Value: value(v)})
		}
	}
	return lines
}

func (n fieldNames) list(name string, items []any, lang string, depth int) (lines []Line) {
	var plain []string
	for i, item := range items {
		if i == mostValues {
			lines = append(lines, Line{Name: name, Value: "… +" + strconv.Itoa(len(items)-mostValues)})
			break
		}
		m, ok := item.(map[string]any)
		switch text, isText := inLanguage(m, lang); {
		case !ok:
			plain = append(plain, value(item))
		case isText:
			plain = append(plain, clip.Runes(text, mostText))
		case depth < 4:
			lines = append(lines, n.flatten(fmt.Sprintf("%s %d › ", name, i+1), m, lang, depth+1)...)
		}
	}
	if len(plain) > 0 {
		lines = append([]Line{{Name: name, Value: strings.Join(plain, ", ")}}, lines...)
	}
	return lines
}

// inLanguage takes a text in three languages, and a fault, which has one, for what it is.
func inLanguage(m map[string]any, lang string) (string, bool) {
	if m["code"] != nil && m["textEn"] != nil {
		m = map[string]any{"kk": m["textKk"], "ru": m["textRu"], "en": m["textEn"]}
	}
	if len(m) == 0 || len(m) > 3 {
		return "", false
	}
	for key, v := range m {
		if _, ok := v.(string); !ok || !slices.Contains([]string{"kk", "ru", "en"}, key) {
			return "", false
		}
	}
	for _, key := range []string{lang, "kk", "ru", "en"} {
		if s, ok := m[key].(string); ok && s != "" {
			return s, true
		}
	}
	return "", true
}

func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "–"
	case string:
		return clip.Runes(v, mostText)
	}
	return clip.Runes(fmt.Sprint(v), mostText)
}

// fieldNames are the names of events' fields in Kazakh and Russian, by their names in protobuf JSON.
// In English a field is called as it is (words).
type fieldNames map[string][2]string

func readFields(raw []byte) (names fieldNames, err error) {
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil, fmt.Errorf("audit: names of fields: %w", err)
	}
	return names, nil
}

// name is a field's name in a language, the pairs "xBefore" and "xAfter" with that word behind it
// (pairs). A field of a newer service, which has no name here, keeps its own.
func (n fieldNames) name(key, lang string) string {
	stem, end := key, ""
	for _, which := range []string{"Before", "After"} {
		_, whole := n[key] // "checkedBefore" is no pair
		if s, ok := strings.CutSuffix(key, which); ok && !whole {
			stem, end = s, " "+strings.ToLower(which)
		}
	}
	at := slices.Index([]string{"kk", "ru"}, lang)
	if named, ok := n[stem]; ok && at >= 0 {
		return named[at] + end
	}
	return words(stem) + end
}

// words is a field's name as words: organisationBefore → organisation before.
func words(key string) string {
	var b strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			b.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// pairs joins the lines "x before" and "x after".
func pairs(lines []Line) (out []Line) {
	at := map[string]int{}
	for _, l := range lines {
		stem, which := l.Name, ""
		for _, end := range []string{"before", "after"} {
			if s, ok := strings.CutSuffix(l.Name, end); ok && (s == "" || strings.HasSuffix(s, " ")) {
				stem, which = strings.TrimRight(s, " ›"), end
			}
		}
		if which == "" {
			out = append(out, l)
			continue
		}
		i, known := at[stem]
		if !known {
			i, at[stem] = len(out), len(out)
			out = append(out, Line{Name: stem, Changed: true})
		}
		if which == "before" {
			out[i].Before = l.Value
		} else {
			out[i].After = l.Value
		}
	}
	return out
}
