package bagit

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// manifests are the payload manifests of a bag, or its tag manifests: their lines, and the files that they
// must list, are both walked through by path.
type manifests struct {
	tags  bool
	all   []manifest
	lines *spool.Sorter // path → line; of one path in the order of the manifests and their lines

	key, row []byte // of a line, made anew for each
}

// manifest is one whose algorithm is known; there are few of them, one for each.
type manifest struct{ name, algorithm string }

// line is a line of a manifest.
type line struct {
	of     int // which of the manifests
	number int
	digest []byte
}

// put keeps a line of a manifest; digest is in hex.
func (m *manifests) put(of, number int, digest, path string) (err error) {
	m.key = append(m.key[:0], path...)
	m.row = binary.AppendUvarint(append(m.row[:0], byte(of)), uint64(number))
	if m.row, err = hex.AppendDecode(m.row, []byte(digest)); err != nil {
		return err // isHex was asked
	}
	return m.lines.Add(m.key, m.row)
}

// put keeps a line among those of a path.
func (l line) put(to *spool.Sorter, path string) error {
	row := binary.AppendUvarint([]byte{byte(l.of)}, uint64(l.number))
	return to.Add([]byte(path), append(row, l.digest...))
}

func lineOf(row []byte) line {
	number, n := binary.Uvarint(row[1:])
	return line{of: int(row[0]), number: int(number), digest: slices.Clone(row[1+n:])}
}

func (m *manifests) close() error {
	if m.lines == nil {
		return nil
	}
	return m.lines.Close()
}

// manifests reads them all, and says what is wrong with the manifests themselves.
func (j *judge) manifests() {
	j.payload = manifests{lines: j.opts.Spool.Sorter()}
	j.tags = manifests{lines: j.opts.Spool.Sorter(), tags: true}
	payload, strong := "", false // the first manifest of the payload
	first := map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(j.special)) {
		tag, algorithm, ok := manifestName(path)
		if !ok {
			continue
		}
		kind := fmt.Sprint(tag, algorithm)
		if other, twice := first[kind]; twice {
			j.bad(path, RepeatedManifest, "other", other)
			continue
		}
		first[kind] = path
		if tag {
			j.report.TagManifests = append(j.report.TagManifests, algorithm)
		} else {
			j.report.Manifests = append(j.report.Manifests, algorithm)
			payload = cmp.Or(payload, path)
			strong = strong || (algorithm != "md5" && algorithm != "sha1")
		}
		if !j.wrapping {
			j.manifest(path, tag, algorithm)
		}
	}
	switch {
	case payload == "":
		j.bad("manifest-sha512.txt", NoManifest)
	case !strong:
		j.bad(payload, WeakAlgorithm, "algorithm", strings.Join(j.report.Manifests, ", "))
	}
}

// manifest takes the lines of one among those of its kind.
func (j *judge) manifest(path string, tag bool, algorithm string) {
	text, there := j.reader(path)
	if !there {
		return
	}
	if digestSize[algorithm] == 0 {
		j.bad(path, UnknownAlgorithm, "algorithm", show(algorithm))
		return
	}
	to := &j.payload
	if tag {
		to = &j.tags
	}
	of := len(to.all)
	to.all = append(to.all, manifest{path, algorithm})
	found, err := parseManifest(path, text, j.report.Version, j.opts.Limits, func(file, digest string, n int) error {
		return to.put(of, n, digest, file)
	})
	j.found.join(found)
	j.spooled(err)
}

func (j *judge) fetch() {
	if !j.special["fetch.txt"] {
		return
	}
	if !j.opts.AllowFetch {
		j.bad("fetch.txt", FetchRefused)
		return
	}
	text, there := j.text("fetch.txt")
	if !there {
		return
	}
	lines, found := parseFetch(text, j.report.Version, j.opts.Limits)
	j.found.join(found)
	j.report.Fetch = lines
	j.toFetch = make(map[string]bool, len(lines))
	for _, l := range lines {
		j.toFetch[l.Path] = true
	}
}

// grouped walks through lines, those of one path together.
type grouped struct {
	j     *judge
	rows  *spool.Cursor
	more  bool
	path  string
	lines []line
}

func (j *judge) group(lines *spool.Sorter) *grouped {
	g := &grouped{j: j, rows: lines.Sorted()}
	g.more = g.rows.Next()
	return g
}

func (g *grouped) next() bool {
	if g.lines = g.lines[:0]; !g.more {
		g.path = ""
		g.j.spooled(g.rows.Err())
		return false
	}
	for g.path = string(g.rows.Key); g.more && string(g.rows.Key) == g.path; g.more = g.rows.Next() {
		g.lines = append(g.lines, lineOf(g.rows.Value))
	}
	return true
}

// to gives the lines of a path; paths are asked for in their order.
func (g *grouped) to(path string) []line {
	for g.more && string(g.rows.Key) < path {
		g.more = g.rows.Next()
	}
	if !g.more || string(g.rows.Key) != path || !g.next() {
		g.j.spooled(g.rows.Err())
		return nil
	}
	return g.lines
}

// single leaves of each manifest's lines for a path the first, and says so of the others.
func (j *judge) single(m *manifests, path string, lines []line, say bool) []line {
	kept := lines[:0]
	for i, l := range lines {
		if i > 0 && lines[i-1].of == l.of {
			if say {
				j.bad(m.all[l.of].name, DuplicateLine, "line", l.number, "file", show(path))
			}
			continue
		}
		kept = append(kept, l)
	}
	return kept
}

// compare holds the files of a kind against the manifests of that kind.
func (j *judge) compare(m *manifests) {
	moved := j.opts.Spool.Sorter() // lines of files that came under another form of their name, by that
	j.absent(m, moved)
	lines, others := j.group(m.lines), j.group(moved)
	for w := j.walk(); w.next(); {
		if w.payload() == m.tags {
			continue
		}
		e := w.entry()
		listed := make([]bool, len(m.all))
		for _, l := range append(j.single(m, e.Path, lines.to(e.Path), false), others.to(e.Path)...) {
			listed[l.of] = true
			j.compareDigest(e, m.all[l.of].algorithm, l.digest)
		}
		switch {
		case !e.done: // its own finding says so
		case m.tags:
			j.tagListed(m, e, listed)
		default:
			j.payloadListed(m, e, listed)
		}
	}
	j.spooled(moved.Close())
}

// absent says of every line whose file did not come what that is; where it came under another form of its
// name the line is among the moved.
func (j *judge) absent(m *manifests, moved *spool.Sorter) {
	fetched := map[string]int{} // by which manifests the files to fetch are listed: a bit for each
	files := j.walk()
	for g := j.group(m.lines); g.next(); {
		lines := j.single(m, g.path, g.lines, true)
		if j.toFetch[g.path] {
			for _, l := range lines {
				fetched[g.path] |= 1 << l.of
			}
		}
		if files.to(g.path) {
			continue
		}
		other, there := j.sameNormal(g.path)
		for _, l := range lines {
			switch {
			case there:
				j.bad(show(other), OtherForm, "listed", fmt.Sprintf("%+q", g.path))
				j.spooled(l.put(moved, other))
			case j.toFetch[g.path]:
				j.bad(show(g.path), NotFetched)
			default:
				j.bad(show(g.path), Missing, "manifest", m.all[l.of].name)
			}
		}
	}
	if m.tags {
		return
	}
	for _, l := range j.report.Fetch {
		for i, of := range m.all { // what no manifest knows could be anything when it has come
			if fetched[l.Path]&(1<<i) == 0 {
				j.bad("fetch.txt", FetchUnlisted, "file", show(l.Path), "manifest", of.name)
			}
		}
	}
}

func (j *judge) compareDigest(e *entry, algorithm string, want []byte) {
	if !e.done || e.has(algorithm, want) {
		return // of one that did not come whole its own finding says so
	}
	if got := e.digest(algorithm); got == "" {
		j.bad(show(e.Path), LateManifest, "algorithm", algorithm)
	} else {
		j.bad(show(e.Path), WrongDigest, "algorithm", algorithm, "expected", hex.EncodeToString(want), "found", got)
	}
}

// payloadListed says where a payload file stands in no manifest, or not in each.
func (j *judge) payloadListed(m *manifests, e *entry, listed []bool) {
	switch {
	case len(m.all) == 0: // said already; that no file is listed would only repeat it
	case !slices.Contains(listed, true):
		j.bad(show(e.Path), Unlisted)
	case editionOf(j.report.Version).each:
		for i, is := range listed {
			if !is {
				j.bad(show(e.Path), PartlyListed, "manifest", m.all[i].name)
			}
		}
	}
}

// tagListed says where a tag file stands not in each tag manifest.
func (j *judge) tagListed(m *manifests, e *entry, listed []bool) {
	strict := editionOf(j.report.Version).strictTags
	tag, _, isManifest := manifestName(e.Path)
	for i, of := range m.all {
		switch {
		case listed[i] || tag:
		case isManifest && strict:
			j.bad(e.Path, TagIncomplete, "manifest", of.name)
		default:
			j.bad(show(e.Path), TagUnlisted, "manifest", of.name)
		}
	}
}
