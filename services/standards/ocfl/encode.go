package ocfl

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
)

// entry is a row of an inventory: a digest and a path that has it.
type entry struct {
	digest []byte
	path   string
}

// entries are rows in the order of their digests, and of each in that of its paths; nil for none.
type entries = iter.Seq2[entry, error]

// writeInventory writes what pretty makes of the whole inventory, byte for byte, without holding it. of gives
// what stands in a table; it is asked for all of them, and then they are gone through one behind the other. digits is how a
// digest is written. size is how many bytes there are.
func writeInventory(to io.Writer, inv *Inventory, of func(table) entries, digits func([]byte) string) (size int64, err error) {
	around, err := frame(inv, of)
	if err != nil {
		return 0, err
	}
	w := &measured{Writer: bufio.NewWriterSize(to, 64<<10), digits: digits}
	for _, part := range around {
		w.text(part.before)
		if part.rows == nil {
			continue
		}
		if err := w.block(part.indent, part.rows); err != nil {
			return 0, err
		}
	}
	return w.size, errors.Join(w.err, w.Flush())
}

// mark stands for the digests and paths in the frame. A text of the object's cannot look like its
// lines: a quotation mark within a text is escaped.
const mark = "@"

// framed is a part of an inventory's text and the rows that follow it; nil after the last.
type framed struct {
	before []byte
	indent string
	rows   entries
}

// frame is the inventory's text around its manifest and its states: what encoding/json makes of one in
// which each has one mark.
func frame(inv *Inventory, of func(table) entries) (parts []framed, err error) {
	marked := *inv
	one := map[string][]string{mark: {mark}}
	marked.Manifest, marked.Versions = map[string][]string{}, maps.Clone(inv.Versions)
	if rows := of(table{kind: manifestTable}); rows != nil {
		marked.Manifest = one
		parts = append(parts, framed{indent: "    ", rows: rows})
	}
	for _, name := range slices.Sorted(maps.Keys(inv.Versions)) { // as encoding/json orders them
		v := inv.Versions[name]
		v.State = map[string][]string{}
		if rows := of(table{stateTable, name}); rows != nil {
			v.State = one
			parts = append(parts, framed{indent: "        ", rows: rows})
		}
		marked.Versions[name] = v
	}
	marked.Fixity = maps.Clone(inv.Fixity)
	for _, name := range slices.Sorted(maps.Keys(inv.Fixity)) {
		marked.Fixity[name] = map[string][]string{}
		if rows := of(table{fixityTable, name}); rows != nil {
			marked.Fixity[name] = one
			parts = append(parts, framed{indent: "      ", rows: rows})
		}
	}
	text, err := pretty(marked)
	if err != nil {
		return nil, fmt.Errorf("write inventory: %w", err)
	}
	for i, p := range parts {
		var there bool
		place := p.indent + "\"@\": [\n" + p.indent + "  \"@\"\n" + p.indent + "]"
		if parts[i].before, text, there = bytes.Cut(text, []byte(place)); !there {
			return nil, errors.New("write inventory: no place for its files")
		}
	}
	return append(parts, framed{before: text}), nil
}

// measured counts what is written, and remembers the first error.
type measured struct {
	*bufio.Writer
	digits func([]byte) string
	size   int64
	err    error
}

// block writes digest → paths.
func (w *measured) block(indent string, rows entries) error {
	var last []byte
	for e, err := range rows {
		if err != nil {
			return err
		}
		text, err := json.Marshal(e.path)
		if err != nil {
			return err
		}
		same := bytes.Equal(e.digest, last)
		switch {
		case same:
			w.say(",\n")
		case last != nil:
			w.say("\n" + indent + "],\n")
		}
		if !same {
			w.say(indent + `"` + w.digits(e.digest) + "\": [\n")
			last = append(last[:0], e.digest...)
		}
		w.say(indent + "  ")
		w.text(text)
	}
	if last != nil {
		w.say("\n" + indent + "]")
	}
	return nil
}

func (w *measured) text(p []byte) {
	n, err := w.Write(p)
	w.size += int64(n)
	w.err = errors.Join(w.err, err)
}

func (w *measured) say(s string) {
	n, err := w.WriteString(s)
	w.size += int64(n)
	w.err = errors.Join(w.err, err)
}

// state are all rows, of a version that has every file.
func (m *many) state() entries {
	return func(yield func(entry, error) bool) {
		c := m.digests.Sorted()
		for c.Next() {
			if !yield(entry{c.Key[:64], string(c.Key[64:])}, nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(entry{}, err)
		}
	}
}

// content are the rows of the manifest: of the paths of a digest the first.
func (m *many) content() entries {
	return func(yield func(entry, error) bool) {
		var last []byte
		for e, err := range m.state() {
			if err == nil && bytes.Equal(e.digest, last) {
				continue
			}
			last = append(last[:0], e.digest...)
			e.path = "v1/" + m.skeleton.contentDir() + "/" + e.path
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// writeInventory writes the inventory of the object's only version.
func (m *many) writeInventory(to io.Writer) (size int64, err error) {
	return writeInventory(to, m.skeleton, func(of table) entries {
		switch {
		case m.files == 0:
			return nil
		case of.kind == manifestTable:
			return m.content()
		}
		return m.state()
	}, hex.EncodeToString)
}
