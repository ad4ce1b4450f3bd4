// Package messages holds every text of the pages in Kazakh, Russian and English, in one file.
package messages

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

//go:embed messages.json
var file []byte

// Message is one text in the three languages; {names} are filled in.
type Message struct {
	KK string `json:"kk"`
	RU string `json:"ru"`
	EN string `json:"en"`
}

// In is the text in a language.
func (m Message) In(l fault.Language) string {
	switch l {
	case fault.Kazakh:
		return m.KK
	case fault.Russian:
		return m.RU
	case fault.English:
	}
	return m.EN
}

// Catalogue is all messages by key.
type Catalogue map[string]Message

// Load reads the catalogue. A message that lacks a language is an error: such a program must
// not start (IS-3).
func Load() (Catalogue, error) {
	var c Catalogue
	if err := json.Unmarshal(file, &c); err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	for key, m := range c {
		if m.KK == "" || m.RU == "" || m.EN == "" {
			return nil, fmt.Errorf("messages: %s lacks a language", key)
		}
	}
	return c, nil
}

// Text is a message in a language, its values given as name, value pairs. A key that does not
// exist shows as itself, between angle quotes.
func (c Catalogue) Text(l fault.Language, key string, pairs ...any) string {
	m, ok := c[key]
	if !ok {
		return "‹" + key + "›"
	}
	if len(pairs) == 0 {
		return m.In(l)
	}
	args := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		args = append(args, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(args...).Replace(m.In(l))
}
