package ocfl

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parser gathers what is wrong with one inventory.
type parser struct {
	where string
	found []finding
	many  func(finding) // takes what is found of inventories that are not in memory, instead of found; may be nil
	inv   Inventory
}

func (p *parser) bad(r *Rule, pairs ...any) {
	f := finding{p.where, r, append([]any{"path", p.where}, pairs...)}
	if p.many != nil {
		p.many(f)
		return
	}
	p.found = append(p.found, f)
}

// parseInventory reads and judges an inventory by itself, without the files it speaks of.
// The inventory is nil only when it is no JSON object.
func parseInventory(raw []byte) (*Inventory, []finding) {
	p := &parser{where: inventoryName}
	top, ok := p.object(raw)
	if !ok || repeatsKey(raw) {
		p.bad(E033)
		if !ok {
			return nil, p.found
		}
	}
	p.fields(top)
	p.states()
	return &p.inv, p.found
}

// skeleton judges what a scanner left of an inventory, in which every table is empty.
func (p *parser) skeleton(top map[string]json.RawMessage, repeats bool) {
	if repeats {
		p.bad(E033)
	}
	p.fields(top)
}

// fields judges the inventory field by field.
func (p *parser) fields(top map[string]json.RawMessage) {
	for _, key := range slices.Sorted(maps.Keys(top)) {
		switch key {
		case "id", "type", "digestAlgorithm", "head", "contentDirectory", "manifest", "versions", "fixity":
		default:
			p.bad(E102, "key", clip(key))
		}
	}
	p.required(top)
	p.manifest(top["manifest"])
	p.versions(top["versions"])
	p.fixity(top["fixity"])
}

func (p *parser) object(raw []byte) (map[string]json.RawMessage, bool) {
	var m map[string]json.RawMessage
	if !utf8.Valid(raw) || json.Unmarshal(raw, &m) != nil || m == nil {
		return nil, false
	}
	return m, true
}

func (p *parser) str(raw json.RawMessage, bad *Rule) string {
	var s string
	if json.Unmarshal(raw, &s) != nil || isNull(raw) {
		p.bad(bad)
	}
	return s
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

func (p *parser) required(top map[string]json.RawMessage) {
	for key, to := range map[string]*string{"id": &p.inv.ID, "type": &p.inv.Type, "digestAlgorithm": &p.inv.DigestAlgorithm, "head": &p.inv.Head} {
		raw, there := top[key]
		if !there {
			p.bad(E036, "key", key)
			continue
		}
		*to = p.str(raw, E033)
	}
	switch p.inv.DigestAlgorithm {
	case "sha512":
	case "sha256":
		p.bad(W004)
	default:
		p.bad(E025)
	}
	if _, known := editionOf(p.inv.Type); !known {
		p.bad(E038)
	}
	if p.inv.ID == "" {
		p.bad(E037)
	} else if u, err := url.Parse(p.inv.ID); err != nil || u.Scheme == "" {
		p.bad(W005)
	}
	if raw, there := top["contentDirectory"]; there {
		p.inv.ContentDirectory = p.str(raw, E033)
		switch d := p.inv.ContentDirectory; {
		case strings.Contains(d, "/"):
			p.bad(E017)
		case d == "" || d == "." || d == "..":
			p.bad(E018)
		}
	}
}

// block reads digest → paths, as the manifest, a state and a fixity block are written.
func (p *parser) block(raw json.RawMessage, bad *Rule) map[string][]string {
	fields, ok := p.object(raw)
	if !ok {
		p.bad(bad)
		return nil
	}
	block := make(map[string][]string, len(fields))
	for digest, list := range fields {
		var paths []string
		if json.Unmarshal(list, &paths) != nil || len(paths) == 0 {
			p.bad(bad)
			continue
		}
		block[digest] = paths
	}
	return block
}

func (p *parser) manifest(raw json.RawMessage) {
	if raw == nil {
		p.bad(E041, "key", "manifest")
		return
	}
	if _, ok := p.object(raw); !ok {
		p.bad(E106, "key", "manifest")
		return
	}
	p.inv.Manifest = p.block(raw, E092)
	if other := otherAlgorithm(p.inv.Manifest, p.inv.DigestAlgorithm); other != "" {
		p.bad(E039, "algorithm", other)
	}
	p.digests(p.inv.Manifest, p.inv.DigestAlgorithm, E096)
	var all []string
	for _, paths := range p.inv.Manifest {
		all = append(all, paths...)
	}
	p.paths(all, E099, E100, E101)
}

// digests judges digest values: hexadecimal, of the algorithm's length, once each without
// regard to case.
func (p *parser) digests(block map[string][]string, algorithm string, twice *Rule) {
	seen := map[string]bool{}
	for _, digest := range slices.Sorted(maps.Keys(block)) { // of two spellings always the same is said
		if length := hexLength[algorithm]; length > 0 && (len(digest) != length || !isHex(digest)) {
			p.bad(hexRule(algorithm), "digest", clip(digest))
		}
		lower := strings.ToLower(digest)
		if seen[lower] {
			p.bad(twice, "digest", clip(digest))
		}
		seen[lower] = true
	}
}

// paths judges paths: their elements, their ends, and that none is the beginning of
// another.
func (p *parser) paths(all []string, element, end, conflict *Rule) {
	seen := make(map[string]bool, len(all))
	for _, path := range all {
		switch {
		case strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/"):
			p.bad(end, "file", clip(path))
		case !plain(path):
			p.bad(element, "file", clip(path))
		case seen[path]:
			p.bad(conflict, "file", clip(path))
		}
		seen[path] = true
	}
	for _, one := range all {
		for dir := path.Dir(one); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if seen[dir] {
				p.bad(conflict, "file", clip(dir))
			}
		}
	}
}

// plain says whether a path has only proper elements. A NUL fits into no file system.
func plain(p string) bool {
	for element := range strings.SplitSeq(p, "/") {
		if element == "" || element == "." || element == ".." || strings.Contains(element, "\x00") {
			return false
		}
	}
	return true
}

var versionName = regexp.MustCompile(`^v(0*)([1-9][0-9]{0,8})$`)

// versionNumber reads v3 or v003; width is the number of digits of a padded name, else 0.
func versionNumber(name string) (number, width int, ok bool) {
	m := versionName.FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	number, err := strconv.Atoi(m[2])
	if m[1] != "" {
		width = len(name) - 1
	}
	return number, width, err == nil
}

func (p *parser) versions(raw json.RawMessage) {
	if raw == nil {
		p.bad(E043)
		return
	}
	fields, ok := p.object(raw)
	if !ok {
		p.bad(E044)
		return
	}
	if len(fields) == 0 {
		p.bad(E008)
	}
	p.inv.Versions = make(map[string]Version, len(fields))
	numbers, width := map[int]bool{}, -1
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		n, w, ok := versionNumber(name)
		if !ok {
			p.bad(E046, "version", clip(name))
			continue
		}
		if width >= 0 && w != width {
			p.bad(E012, "version", name)
		}
		if width = w; w > 0 {
			p.bad(W001)
		}
		numbers[n] = true
		p.inv.Versions[name] = p.version(name, fields[name])
	}
	highest := 0
	for n := range numbers {
		highest = max(highest, n)
	}
	if len(numbers) > 0 && !numbers[1] {
		p.bad(E009)
	} else if highest != len(numbers) {
		p.bad(E010)
	}
	if n, _, ok := versionNumber(p.inv.Head); !ok || n != highest || p.inv.Versions[p.inv.Head].State == nil {
		p.bad(E040, "version", clip(p.inv.Head))
	}
}

func (p *parser) version(name string, raw json.RawMessage) Version {
	v := Version{State: map[string][]string{}}
	fields, ok := p.object(raw)
	if !ok {
		p.bad(E047, "version", name)
		return v
	}
	for key := range fields {
		switch key {
		case "created", "state", "message", "user":
		default:
			p.bad(E102, "key", clip(key))
		}
	}
	if created, there := fields["created"]; !there {
		p.bad(E048, "version", name, "key", "created")
	} else if t, err := time.Parse(time.RFC3339, p.str(created, E049)); err != nil {
		p.bad(E049)
	} else {
		v.Created = t
	}
	if state, there := fields["state"]; !there {
		p.bad(E048, "version", name, "key", "state")
	} else {
		v.State = p.block(state, E050)
		if v.State == nil {
			v.State = map[string][]string{}
		}
	}
	if message, there := fields["message"]; there {
		v.Message = p.str(message, E094)
	} else {
		p.bad(W007, "version", name)
	}
	p.user(&v, name, fields["user"])
	return v
}

func (p *parser) user(v *Version, name string, raw json.RawMessage) {
	if raw == nil {
		p.bad(W007, "version", name)
		return
	}
	v.User = &User{}
	if json.Unmarshal(raw, v.User) != nil || v.User.Name == "" {
		p.bad(E054, "version", name)
		return
	}
	if v.User.Address == "" {
		p.bad(W008, "version", name)
	} else if u, err := url.Parse(v.User.Address); err != nil || u.Scheme == "" {
		p.bad(W009, "version", name)
	}
}

// states judges the states against the manifest, and the manifest's content paths against
// the versions.
func (p *parser) states() {
	known, used := map[string]bool{}, map[string]bool{}
	for digest, paths := range p.inv.Manifest {
		known[strings.ToLower(digest)] = true
		for _, path := range paths {
			dir, _, _ := strings.Cut(path, "/")
			if _, there := p.inv.Versions[dir]; !there || !strings.HasPrefix(path, dir+"/"+p.inv.contentDir()+"/") {
				p.bad(E042, "file", clip(path))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.inv.Versions)) {
		var all []string
		for digest, paths := range p.inv.Versions[name].State {
			used[strings.ToLower(digest)] = true
			// The same digits in other letters are another key: who reads the JSON finds nothing there.
			if _, there := p.inv.Manifest[digest]; !there {
				p.bad(E050, "digest", clip(digest))
			}
			all = append(all, paths...)
		}
		p.paths(all, E052, E053, E095)
	}
	for digest := range known {
		if !used[digest] {
			p.bad(E107, "digest", clip(digest))
		}
	}
}

func (p *parser) fixity(raw json.RawMessage) {
	if raw == nil {
		return
	}
	fields, ok := p.object(raw)
	if !ok {
		p.bad(E111, "file", "fixity")
		return
	}
	p.inv.Fixity = make(map[string]map[string][]string, len(fields))
	content := map[string]bool{}
	for _, paths := range p.inv.Manifest {
		for _, path := range paths {
			content[path] = true
		}
	}
	for algorithm, block := range fields {
		if _, known := hexLength[algorithm]; !known {
			p.bad(E056, "algorithm", clip(algorithm))
		}
		p.inv.Fixity[algorithm] = p.block(block, E057)
		p.digests(p.inv.Fixity[algorithm], algorithm, E097)
		var all []string
		for _, paths := range p.inv.Fixity[algorithm] {
			all = append(all, paths...)
		}
		p.paths(all, E099, E100, E101)
		for _, path := range all {
			if !content[path] && plain(path) { // another was said
				p.bad(E057, "file", clip(path))
			}
		}
	}
}
