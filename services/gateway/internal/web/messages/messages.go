// Package messages holds the texts of the pages in Kazakh, Russian and English. Each area of
// pages brings its own file; together they are one catalogue.
package messages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

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

// Add reads one area's file. A message that lacks a language, or whose key stands twice, in one
// file or in two areas, is an error: such a program must not start (IS-3).
func (c Catalogue) Add(file []byte) error {
	d := json.NewDecoder(bytes.NewReader(file))
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	// Key by key: a map would keep the last of two messages and say nothing.
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("messages: %w", err)
		}
		if err := c.add(fmt.Sprint(key), d); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	return nil
}

func (c Catalogue) add(key string, d *json.Decoder) error {
	var m Message
	if err := d.Decode(&m); err != nil {
		return fmt.Errorf("messages: %s: %w", key, err)
	}
	if m.KK == "" || m.RU == "" || m.EN == "" {
		return fmt.Errorf("messages: %s lacks a language", key)
	}
	if _, twice := c[key]; twice {
		return fmt.Errorf("messages: %s stands twice", key)
	}
	c[key] = m
	return nil
}

// Has tells whether there is a message.
func (c Catalogue) Has(key string) bool {
	_, ok := c[key]
	return ok
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
