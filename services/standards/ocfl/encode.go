package ocfl

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// writeInventory writes what pretty makes of the whole inventory, byte for byte, without holding it:
// digests in their order, and the paths of each in theirs. size is how many bytes it has.
func (m *many) writeInventory(to io.Writer) (size int64, err error) {
	head, middle, tail, err := m.frame()
	if err != nil {
		return 0, err
	}
	w := &measured{Writer: bufio.NewWriterSize(to, 64<<10)}
	w.text(head)
	err = m.block(w, "    ", func(c *spool.Cursor) string {
		return m.skeleton.Head + "/" + m.skeleton.contentDir() + "/" + string(c.Key[64:])
	}, true)
	if err == nil {
		w.text(middle)
		err = m.block(w, "        ", func(c *spool.Cursor) string { return string(c.Key[64:]) }, false)
	}
	w.text(tail)
	return w.size, errors.Join(err, w.err, w.Flush())
}

// mark stands for the digests and paths in the frame. A text of the object's cannot look like its
// lines: a quotation mark within a text is escaped.
const mark = "@"

// frame is the inventory's text around its manifest and its state: what encoding/json makes of one in
// which each has one mark.
func (m *many) frame() (head, middle, tail []byte, err error) {
	inv := *m.skeleton
	inv.Versions = maps.Clone(inv.Versions)
	v := inv.Versions[inv.Head]
	if m.files == 0 {
		text, err := pretty(inv)
		return text, nil, nil, err
	}
	inv.Manifest, v.State = map[string][]string{mark: {mark}}, map[string][]string{mark: {mark}}
	inv.Versions[inv.Head] = v
	text, err := pretty(inv)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("write inventory: %w", err)
	}
	head, rest, first := bytes.Cut(text, []byte("    \"@\": [\n      \"@\"\n    ]"))
	middle, tail, second := bytes.Cut(rest, []byte("        \"@\": [\n          \"@\"\n        ]"))
	if !first || !second {
		return nil, nil, nil, errors.New("write inventory: no place for its files")
	}
	return head, middle, tail, nil
}

// block writes digest → paths; once says that of the paths of a digest only the first counts.
func (m *many) block(w *measured, indent string, path func(*spool.Cursor) string, once bool) error {
	c := m.digests.Sorted()
	var last []byte
	for c.Next() {
		digest := c.Key[:64]
		same := bytes.Equal(digest, last)
		if same && once {
			continue
		}
		text, err := json.Marshal(path(c))
		if err != nil {
			return err
		}
		switch {
		case same:
			w.say(",\n")
		case last != nil:
			w.say("\n" + indent + "],\n")
		}
		if !same {
			w.say(indent + `"` + hex.EncodeToString(digest) + "\": [\n")
			last = slices.Clone(digest)
		}
		w.say(indent + "  ")
		w.text(text)
	}
	if last != nil {
		w.say("\n" + indent + "]")
	}
	return c.Err()
}

// measured counts what is written, and remembers the first error.
type measured struct {
	*bufio.Writer
	size int64
	err  error
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
