package bagit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/fault"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// Report is what a checked bag is. Its lists are sorted, so that the same bag gives the
// same report in whatever order its files came; only of two names that collide, the one
// that came later is refused.
type Report struct {
	Version  string  `json:"version"` // of BagIt, as declared
	Encoding string  `json:"encoding"`
	Info     []Field `json:"info"`    // bag-info.txt in its order
	Payload  []Entry `json:"payload"` // files under data/
	Tags     []Entry `json:"tags"`    // all others
	Bytes    int64   `json:"bytes"`   // of the payload
	// Serialization is the media type of the archive that the bag came in, empty for a folder.
	Serialization string `json:"serialization,omitempty"`
	// Manifests and TagManifests are the algorithms for which there is one, sorted.
	Manifests    []string     `json:"manifests"`
	TagManifests []string     `json:"tag_manifests"`
	Fetch        []FetchLine  `json:"fetch,omitempty"`
	Faults       []fault.Item `json:"-"` // what refuses the bag
	Warnings     []fault.Item `json:"-"` // what does not
}

// Valid says whether the bag is complete and valid (RFC 8493 §3).
func (r *Report) Valid() bool { return len(r.Faults) == 0 }

// Err is nil for a valid bag, otherwise the fault Refused listing every fault.
func (r *Report) Err() error {
	if r.Valid() {
		return nil
	}
	return Refused.With("count", len(r.Faults)).Listing(r.Faults)
}

// Values are the values of a label in the metadata, without regard to capital letters. Where
// the bag's version had another name for it (Packing-Date), those are meant too.
func (r *Report) Values(label string) []string {
	rules := editionOf(r.Version)
	var values []string
	for _, f := range r.Info {
		if strings.EqualFold(f.Label, label) || strings.EqualFold(rules.label(f.Label), label) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Finish judges the bag as a whole after its last file. It may be called again after
// Reread and then takes the new digests into account.
func (c *Checker) Finish() *Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := &judge{Checker: c, report: &Report{Serialization: c.serialization}, found: slices.Clone(c.found)}
	if c.unread {
		j.settle()
		return j.report
	}
	j.files()
	j.declaration()
	j.info()
	j.manifests()
	j.fetch()
	j.payload()
	j.tags()
	if c.opts.Profile != nil {
		j.found = append(j.found, c.opts.Profile.judge(j.report)...)
	}
	j.settle()
	return j.report
}

// judge is one Finish under way.
type judge struct {
	*Checker
	report        *Report
	found         []finding // shadows the checker's: Finish leaves those as they were
	parsed        []*manifest
	toFetch       map[string]bool
	byNormal      map[string]string // NFC of a file's path → the path
	listedPayload map[string]int    // in how many payload manifests a file stands
}

func (j *judge) bad(where string, r *Rule, args ...any) {
	j.found = append(j.found, finding{where, r, args})
}

// files sorts what came into payload and tag files.
func (j *judge) files() {
	for _, path := range slices.Sorted(maps.Keys(j.entries)) {
		e := j.entries[path]
		if !e.done {
			if !j.tooBig[path] {
				j.bad(show(path), Unreadable)
			}
			continue
		}
		if strings.HasPrefix(path, payloadPrefix) {
			j.report.Payload = append(j.report.Payload, e.Entry)
			j.report.Bytes += e.Size
		} else {
			j.report.Tags = append(j.report.Tags, e.Entry)
		}
	}
	if _, there := j.dirs["data"]; !there {
		j.bad("data/", NoPayload)
	} else if len(j.report.Payload) == 0 {
		j.bad("data/", EmptyPayload)
	}
}

func (j *judge) declaration() {
	raw, there := j.texts["bagit.txt"]
	if !there {
		j.report.Version, j.report.Encoding = "1.0", "UTF-8"
		if !j.tooBig["bagit.txt"] {
			j.bad("bagit.txt", NoDeclaration)
		}
		return
	}
	d, found := parseDeclaration(raw)
	j.found = append(j.found, found...)
	j.report.Version, j.report.Encoding = d.version, d.encoding
}

// text is a tag file in the declared encoding, and whether it is there and is text.
func (j *judge) text(name string) (string, bool) {
	raw, there := j.texts[name]
	if !there {
		return "", false
	}
	charset := decoder(j.report.Encoding)
	if charset == nil || charset == unicode.UTF8 {
		if rest, marked := bytes.CutPrefix(raw, utf8BOM); marked {
			j.bad(name, TagBOM)
			raw = rest
		}
		if !utf8.Valid(raw) {
			j.bad(name, BadText, "encoding", "UTF-8")
			return "", false
		}
		return string(raw), true
	}
	decoded, err := charset.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		j.bad(name, BadText, "encoding", j.report.Encoding)
		return "", false
	}
	return string(decoded), true
}

func (j *judge) info() {
	name := j.infoName()
	text, there := j.text(name)
	if !there {
		return
	}
	fields, found := parseInfo(name, text, j.opts.Limits)
	j.found = append(j.found, found...)
	j.report.Info = fields
	promised, found := findOxum(name, fields, editionOf(j.report.Version))
	j.found = append(j.found, found...)
	got := oxum{j.report.Bytes, int64(len(j.report.Payload))}
	if promised != nil && *promised != got {
		j.bad(name, WrongOxum, "expected", promised.String(), "found", got.String())
	}
}

// infoName is the file that holds the metadata. Tools of the years between 0.95 and 0.96 wrote
// the name of one version into bags of the other.
func (j *judge) infoName() string {
	name, other := editionOf(j.report.Version).info, packageInfo
	if name == packageInfo {
		other = bagInfo
	}
	if _, there := j.entries[name]; there {
		return name
	}
	if _, there := j.texts[other]; there {
		j.bad(other, OtherInfoName, "expected", name)
		return other
	}
	return name
}

// manifests parses them all, and says what is wrong with the manifests themselves.
func (j *judge) manifests() {
	payload, strong := 0, false
	first := map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(j.entries)) {
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
			payload++
			strong = strong || (algorithm != "md5" && algorithm != "sha1")
		}
		text, there := j.text(path)
		if !there {
			continue
		}
		if digestSize[algorithm] == 0 {
			j.bad(path, UnknownAlgorithm, "algorithm", show(algorithm))
			continue
		}
		m, found := parseManifest(path, text, j.report.Version, j.opts.Limits)
		j.found = append(j.found, found...)
		j.parsed = append(j.parsed, m)
	}
	switch {
	case payload == 0:
		j.bad("manifest-sha512.txt", NoManifest)
	case !strong:
		j.bad("manifest-sha512.txt", WeakAlgorithm, "algorithm", "md5/sha1")
	}
}

func (j *judge) fetch() {
	if _, there := j.entries["fetch.txt"]; !there {
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
	j.found = append(j.found, found...)
	j.report.Fetch = lines
	j.toFetch = map[string]bool{}
	for _, l := range lines {
		j.toFetch[l.Path] = true
		// What no manifest knows could be anything when it has come.
		for _, m := range j.parsed {
			if _, listed := m.digests[l.Path]; !listed && !m.tag {
				j.bad("fetch.txt", FetchUnlisted, "file", show(l.Path), "manifest", m.name)
			}
		}
	}
}

// payload compares the files under data/ with every payload manifest.
func (j *judge) payload() {
	j.listedPayload = map[string]int{}
	var manifests []*manifest
	for _, m := range j.parsed {
		if m.tag {
			continue
		}
		manifests = append(manifests, m)
		for path := range j.compare(m) {
			j.listedPayload[path]++
		}
	}
	if len(manifests) == 0 {
		return // said already; that no file is listed would only repeat it
	}
	for _, e := range j.report.Payload {
		switch n := j.listedPayload[e.Path]; {
		case n == 0:
			j.bad(show(e.Path), Unlisted)
		case n < len(manifests) && editionOf(j.report.Version).each:
			for _, m := range manifests {
				if _, listed := m.digests[e.Path]; !listed {
					j.bad(show(e.Path), PartlyListed, "manifest", m.name)
				}
			}
		}
	}
}

// compare checks every line of a manifest and gives the set of files it lists, by the
// names under which they came.
func (j *judge) compare(m *manifest) map[string]bool {
	listed := make(map[string]bool, len(m.digests))
	for path, want := range m.digests {
		e := j.entries[path]
		if e == nil {
			if other, ok := j.sameNormal(path); ok {
				j.bad(show(other), OtherForm, "listed", fmt.Sprintf("%+q", path))
				e = j.entries[other]
			}
		}
		switch {
		case e == nil && j.toFetch[path]:
			j.bad(show(path), NotFetched)
		case e == nil:
			j.bad(show(path), Missing, "manifest", m.name)
		default:
			listed[e.Path] = true
			j.compareDigest(e, m.algorithm, want)
		}
	}
	return listed
}

func (j *judge) compareDigest(e *entry, algorithm, want string) {
	if !e.done {
		return // its own finding says so
	}
	switch got := e.digest(algorithm); got {
	case want:
	case "":
		j.bad(show(e.Path), LateManifest, "algorithm", algorithm)
	default:
		j.bad(show(e.Path), WrongDigest, "algorithm", algorithm, "expected", want, "found", got)
	}
}

// sameNormal finds the file whose name is the same in another Unicode form: a manifest
// written on one system and files renamed by another (RFC 8493 §6).
func (j *judge) sameNormal(path string) (string, bool) {
	if j.byNormal == nil {
		j.byNormal = make(map[string]string, len(j.entries))
		for p := range j.entries {
			j.byNormal[norm.NFC.String(p)] = p
		}
	}
	other, ok := j.byNormal[norm.NFC.String(path)]
	return other, ok
}

// tags compares the tag files with every tag manifest.
func (j *judge) tags() {
	strict := editionOf(j.report.Version).strictTags
	for _, m := range j.parsed {
		if !m.tag {
			continue
		}
		listed := j.compare(m)
		for _, e := range j.report.Tags {
			tag, _, isManifest := manifestName(e.Path)
			switch {
			case listed[e.Path] || tag:
			case isManifest && strict:
				j.bad(e.Path, TagIncomplete, "manifest", m.name)
			default:
				j.bad(show(e.Path), TagUnlisted, "manifest", m.name)
			}
		}
	}
}
