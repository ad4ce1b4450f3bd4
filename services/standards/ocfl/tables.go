package ocfl

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// tables are the manifest, states and fixity blocks of one inventory, with the files that lie on the disk, as
// rows in two orders: what is wrong with them is seen where rows lie side by side, however many there are. The
// rules are those of parser.manifest, states and fixity, for an inventory that is not in memory.
type tables struct {
	all      []table
	number   map[table]uint32
	byDigest *spool.Sorter // each digest of each table, once for each time that it is a key
	byPath   *spool.Sorter // each path of each table with its digest
	void     map[*Rule]int // digests that have no list of paths, by what is said of them
	key      int           // the last that was seen
}

func newTables(in spool.Place) *tables {
	return &tables{number: map[table]uint32{}, void: map[*Rule]int{}, byDigest: in.Sorter(), byPath: in.Sorter()}
}

func (t *tables) close() error { return errors.Join(t.byDigest.Close(), t.byPath.Close()) }

// diskTable is that of the files found.
const diskTable tableKind = 255

func (t *tables) numberOf(of table) uint32 {
	n, known := t.number[of]
	if !known {
		n = uint32(len(t.all))
		t.number[of], t.all = n, append(t.all, of)
	}
	return n
}

// listless notes a digest that has no list of paths.
func (t *tables) listless(of table) {
	t.void[map[tableKind]*Rule{manifestTable: E092, stateTable: E050, fixityTable: E057}[of.kind]]++
}

// row takes a path of a digest.
func (t *tables) row(of table, key int, digest, path string) error {
	n := t.numberOf(of)
	if key != t.key {
		t.key = key
		row := append(append(digestKey(digest), 0, byte(of.kind)), be32(n)...)
		row = append(append(row, digest...), be64(uint64(key))...)
		if err := t.byDigest.Add(row, nil); err != nil {
			return err
		}
	}
	return t.byPath.Add(append(append(pathKey(path), 0, 0, byte(of.kind)), be32(n)...), pathRow(digest, path))
}

// file takes a content file that lies on the disk.
func (t *tables) file(path string) error {
	n := t.numberOf(table{kind: diskTable})
	return t.byPath.Add(append(append(pathKey(path), 0, 0, byte(diskTable)), be32(n)...), pathRow("", path))
}

// pathRow is what stands under a path's key.
func pathRow(digest, path string) []byte {
	return append(append(binary.AppendUvarint(nil, uint64(len(digest))), digest...), path...)
}

func be32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func be64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// digestKey puts digests that differ by case alone side by side. What is no digest has one that no digest has.
func digestKey(digest string) []byte {
	if isHex(digest) {
		return []byte(strings.ToLower(digest))
	}
	sum := sha256.Sum256([]byte(strings.ToLower(digest)))
	return append([]byte{0xff}, hex.EncodeToString(sum[:])...)
}

// pathKey is treeKey, and for what cannot be a path a key that no path has: UTF-8 has no byte 0xff.
func pathKey(path string) []byte {
	if plain(path) {
		return treeKey(path)
	}
	sum := sha256.Sum256([]byte(path))
	return append([]byte{0xff}, hex.EncodeToString(sum[:])...)
}

// state is a fingerprint of a version's state: its paths alone, and with their digests.
type state struct{ paths, digests [sha256.Size]byte }

// located is a path with all that is said of it.
type located struct {
	path    string
	onDisk  bool
	digests map[string]string // by algorithm, of the manifest and of fixity, in lower case
	differs bool              // fixity by the object's own algorithm is not what the manifest says
}

// judge says into p what is wrong, and gives the fingerprints of the states. each, where it is not nil, gets
// the manifest's and fixity's paths and the files found, in their order.
func (t *tables) judge(p *parser, each func(located) error) (map[string]state, error) {
	for r, count := range t.void {
		for range count {
			p.bad(r)
		}
	}
	if err := t.judgeDigests(p); err != nil {
		return nil, err
	}
	return t.judgePaths(p, each)
}

// keyed is a digest of a table.
type keyed struct {
	table
	raw string
}

// judgeDigests goes through the digests, each with all tables that have it.
func (t *tables) judgeDigests(p *parser) error {
	var at []byte
	var group []keyed
	repeats, other := false, others[p.inv.DigestAlgorithm]
	manifest := 0
	flush := func() {
		p.judgeDigest(group)
		for i, k := range group {
			repeats = repeats || i > 0 && group[i-1] == k
			if k.kind == manifestTable {
				manifest++
				if len(k.raw) != hexLength[other] || !isHex(k.raw) {
					other = ""
				}
			}
		}
		group = group[:0]
	}
	c := t.byDigest.Sorted()
	for c.Next() {
		end := bytes.IndexByte(c.Key, 0)
		if !bytes.Equal(c.Key[:end], at) {
			flush()
			at = append(at[:0], c.Key[:end]...)
		}
		group = append(group, keyed{t.all[binary.BigEndian.Uint32(c.Key[end+2:])], string(c.Key[end+6 : len(c.Key)-8])})
	}
	flush()
	if repeats {
		p.bad(E033)
	}
	if manifest > 0 && other != "" {
		p.bad(E039, "algorithm", other)
	}
	return c.Err()
}

// judgeDigest judges one digest; in the group the same table's lie side by side, and the same key twice only where
// the JSON repeats it.
func (p *parser) judgeDigest(group []keyed) {
	listed, used := false, false
	for i, k := range group {
		twice := i > 0 && group[i-1].table == k.table && group[i-1].raw != k.raw
		again := i > 0 && group[i-1] == k
		switch {
		case again:
		case k.kind == stateTable:
			used = true
			// The same digits in other letters are another key: who reads the JSON finds nothing there.
			if !slices.Contains(group, keyed{table{kind: manifestTable}, k.raw}) {
				p.bad(E050, "digest", clip(k.raw))
			}
		case k.kind == manifestTable:
			listed = true
			p.judgeHex(k.raw, p.inv.DigestAlgorithm, E096, twice)
		default:
			p.judgeHex(k.raw, k.name, E097, twice)
		}
	}
	if listed && !used {
		p.bad(E107, "digest", clip(strings.ToLower(group[0].raw)))
	}
}

func (p *parser) judgeHex(digest, algorithm string, rule *Rule, twice bool) {
	if length := hexLength[algorithm]; length > 0 && (len(digest) != length || !isHex(digest)) {
		p.bad(hexRule(algorithm), "digest", clip(digest))
	}
	if twice {
		p.bad(rule, "digest", clip(digest))
	}
}

// said is what one table says of a path.
type said struct {
	table
	digest string
}

// above is a path that is a file in some tables while others lie below it.
type above struct {
	key  []byte
	path string
	in   []table
}

// holds tells whether a path lies below it.
func (a *above) holds(key []byte) bool {
	return len(key) > len(a.key) && key[len(a.key)] == 0 && bytes.HasPrefix(key, a.key)
}

// judgePaths goes through the paths, each with all tables that have it.
func (t *tables) judgePaths(p *parser, each func(located) error) (map[string]state, error) {
	prints := map[string][2]hash.Hash{}
	for name := range p.inv.Versions {
		prints[name] = [2]hash.Hash{sha256.New(), sha256.New()}
	}
	var at []byte
	var path string
	var group []said
	var stack []above
	flush := func() error {
		if len(group) == 0 {
			return nil
		}
		for len(stack) > 0 && !stack[len(stack)-1].holds(at) {
			stack = stack[:len(stack)-1]
		}
		one := p.judgePath(path, group, stack)
		here := above{key: slices.Clone(at), path: path}
		for _, s := range group {
			if s.kind != diskTable {
				here.in = append(here.in, s.table)
			}
			if of, known := prints[s.name]; known && s.kind == stateTable {
				_, _ = of[0].Write([]byte(path + "\x00")) // a hash never fails
				_, _ = of[1].Write([]byte(path + "\x00" + strings.ToLower(s.digest) + "\x00"))
			}
		}
		stack, group = append(stack, here), group[:0]
		if each == nil {
			return nil
		}
		return each(one)
	}
	c := t.byPath.Sorted()
	for c.Next() {
		end := bytes.Index(c.Key, []byte{0, 0})
		if !bytes.Equal(c.Key[:end], at) || len(group) == 0 {
			if err := flush(); err != nil {
				return nil, err
			}
			at = append(at[:0], c.Key[:end]...)
		}
		length, from := binary.Uvarint(c.Value)
		digest := c.Value[from : from+int(length)]
		path = string(c.Value[from+int(length):])
		group = append(group, said{t.all[binary.BigEndian.Uint32(c.Key[end+3:])], string(digest)})
	}
	if err := errors.Join(c.Err(), flush()); err != nil {
		return nil, err
	}
	states := make(map[string]state, len(prints))
	for name, of := range prints {
		states[name] = state{[sha256.Size]byte(of[0].Sum(nil)), [sha256.Size]byte(of[1].Sum(nil))}
	}
	return states, nil
}

// judgePath judges one path, below others.
func (p *parser) judgePath(path string, group []said, stack []above) located {
	one := located{path: path, digests: map[string]string{}}
	for _, s := range group { // the manifest comes first
		if s.kind == manifestTable {
			one.digests[p.inv.DigestAlgorithm] = strings.ToLower(s.digest)
		}
	}
	listed := len(one.digests) > 0
	for i, s := range group {
		element, end, conflict := E099, E100, E101
		switch s.kind {
		case diskTable:
			one.onDisk = true
			continue
		case stateTable:
			element, end, conflict = E052, E053, E095
		case manifestTable:
			dir, _, _ := strings.Cut(path, "/")
			if _, there := p.inv.Versions[dir]; !there || !strings.HasPrefix(path, dir+"/"+p.inv.contentDir()+"/") {
				p.bad(E042, "file", clip(path))
			}
		case fixityTable:
			p.judgeFixity(s, &one, listed)
		}
		p.judgePlace(path, s.table, i > 0 && group[i-1].table == s.table, stack, element, end, conflict)
	}
	return one
}

// judgePlace says of a path of a table what parser.paths says.
func (p *parser) judgePlace(path string, of table, twice bool, stack []above, element, end, conflict *Rule) {
	switch {
	case strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/"):
		p.bad(end, "file", clip(path))
	case !plain(path):
		p.bad(element, "file", clip(path))
	case twice:
		p.bad(conflict, "file", clip(path))
	}
	for _, a := range stack {
		if slices.Contains(a.in, of) {
			p.bad(conflict, "file", clip(a.path))
		}
	}
}

// judgeFixity judges what a fixity block says of a path, and notes its digest.
func (p *parser) judgeFixity(s said, of *located, listed bool) {
	if !listed && plain(of.path) { // another was said
		p.bad(E057, "file", clip(of.path))
	}
	lower := strings.ToLower(s.digest)
	switch {
	case s.name == p.inv.DigestAlgorithm: // the manifest says it already
		of.differs = of.differs || !listed || of.digests[s.name] != lower
	case fixityHash(s.name) != nil, s.name == "size":
		of.digests[s.name] = lower
	}
}
