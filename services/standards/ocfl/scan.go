package ocfl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// What an inventory says of digests and paths stands in tables: the manifest, the state of each version,
// each block of fixity.
type tableKind byte

const (
	manifestTable tableKind = iota
	stateTable
	fixityTable
)

// table is one of them.
type table struct {
	kind tableKind
	name string // of the version, of the algorithm
}

// scanner reads an inventory of any size as it comes: the rows of its tables go out one by one, and what is
// left, in which each table is empty, is small. Nothing is judged but that it is JSON.
type scanner struct {
	json    *json.Decoder
	row     func(t table, key int, digest, path string) error // key counts the digests of all tables, also one that comes twice
	void    func(t table)                                     // a digest that has no list of paths
	keys    int
	repeats bool // an object has a key twice
}

// errNoInventory says that the text is no JSON object, or not UTF-8.
var errNoInventory = errors.New("no inventory")

// maxToken bounds one value of an inventory, in bytes: all of it is in memory.
const maxToken = 16 << 20

// scan reads the whole text and gives what it holds besides its tables. An error of row ends it; else it is
// errNoInventory or what reading said.
func (s *scanner) scan(from io.Reader) (top map[string]json.RawMessage, err error) {
	text := &utf8Text{from: from}
	s.json = json.NewDecoder(text)
	s.json.UseNumber()
	text.taken = s.json.InputOffset
	first, err := s.token()
	if err == nil && first != json.Delim('{') {
		err = errNoInventory
	}
	if err == nil {
		top, err = s.object(s.field)
	}
	if err == nil {
		if _, more := s.json.Token(); !errors.Is(more, io.EOF) {
			err = errNoInventory
		}
	}
	if text.failed != nil {
		err = text.failed
	}
	return top, err
}

// token is the next; a text that ends too early is no inventory.
func (s *scanner) token() (json.Token, error) {
	t, err := s.json.Token()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoInventory, err)
	}
	return t, nil
}

// object takes the fields of an object whose brace was read; value reads each.
func (s *scanner) object(value func(key string) (json.RawMessage, error)) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	for s.json.More() {
		t, err := s.token()
		if err != nil {
			return nil, err
		}
		key, _ := t.(string)
		if _, twice := fields[key]; twice {
			s.repeats = true
		}
		if fields[key], err = value(key); err != nil {
			return nil, err
		}
	}
	_, err := s.token()
	return fields, err
}

// nested takes an object within; anything else becomes an empty list, which is none.
func (s *scanner) nested(value func(key string) (json.RawMessage, error)) (json.RawMessage, error) {
	t, err := s.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('{') {
		return json.RawMessage("[]"), s.skip(t)
	}
	fields, err := s.object(value)
	if err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// passed goes behind a value that nobody judges.
func (s *scanner) passed() (json.RawMessage, error) {
	t, err := s.token()
	if err != nil {
		return nil, err
	}
	return json.RawMessage("{}"), s.skip(t)
}

// skip goes behind the value that a token begins.
func (s *scanner) skip(t json.Token) error {
	for depth := 0; ; {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = s.token(); err != nil {
			return err
		}
	}
}

// plainValue takes a value as it is.
func (s *scanner) plainValue() (raw json.RawMessage, err error) {
	if err := s.json.Decode(&raw); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoInventory, err)
	}
	s.repeats = s.repeats || repeatsKey(raw)
	return raw, nil
}

// field takes a field of the inventory.
func (s *scanner) field(key string) (json.RawMessage, error) {
	switch key {
	case "manifest":
		return s.table(table{kind: manifestTable})
	case "fixity":
		return s.nested(func(algorithm string) (json.RawMessage, error) { return s.table(table{fixityTable, algorithm}) })
	case "versions":
		return s.nested(func(version string) (json.RawMessage, error) {
			if _, _, named := versionNumber(version); !named { // its name is the fault: it is no version
				return s.passed()
			}
			return s.nested(func(key string) (json.RawMessage, error) {
				if key == "state" {
					return s.table(table{stateTable, version})
				}
				return s.plainValue()
			})
		})
	}
	return s.plainValue()
}

// table gives the rows of a table out.
func (s *scanner) table(of table) (json.RawMessage, error) {
	t, err := s.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('{') {
		return json.RawMessage("[]"), s.skip(t)
	}
	for s.json.More() {
		if t, err = s.token(); err != nil {
			return nil, err
		}
		digest, _ := t.(string)
		s.keys++
		if err := s.paths(of, digest); err != nil {
			return nil, err
		}
	}
	_, err = s.token()
	return json.RawMessage("{}"), err
}

// paths gives out the paths of a digest.
func (s *scanner) paths(of table, digest string) error {
	t, err := s.token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		s.void(of)
		return s.skip(t)
	}
	good, count := true, 0
	for ; s.json.More(); count++ {
		if t, err = s.token(); err != nil {
			return err
		}
		path, text := t.(string)
		if !text && t != nil { // encoding/json takes null for an empty text
			good = false
			if err := s.skip(t); err != nil {
				return err
			}
			continue
		}
		if err := s.row(of, s.keys, digest, path); err != nil {
			return err
		}
	}
	if !good || count == 0 {
		s.void(of)
	}
	_, err = s.token()
	return err
}

// utf8Text passes on a text that is UTF-8, of which no value is too large.
type utf8Text struct {
	from   io.Reader
	taken  func() int64 // how much of it was used
	read   int64
	rest   []byte // the beginning of a rune
	failed error  // the first: behind it nothing is read, however often the decoder asks
}

func (u *utf8Text) Read(p []byte) (int, error) {
	if u.failed != nil {
		return 0, u.failed
	}
	n, err := u.from.Read(p)
	u.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		u.failed = err
		return n, err
	}
	text := p[:n]
	if len(u.rest) > 0 {
		text = append(u.rest, text...)
	}
	whole := len(text) - cutRune(text)
	if !utf8.Valid(text[:whole]) || whole < len(text) && err != nil || u.read-u.taken() > maxToken {
		u.failed = errNoInventory
		return 0, u.failed
	}
	u.rest = append([]byte(nil), text[whole:]...)
	return n, err
}

// cutRune is how many bytes at the end of a text begin a rune that goes on behind it.
func cutRune(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
