package bagit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Profile is an agreement between who makes bags and who takes them (BagIt Profiles
// Specification 1.4.0): what a bag must, may and may not have beyond RFC 8493. It is data that
// a person gives as a file. Its identifier is a URI, which is compared and never fetched.
type Profile struct {
	Identifier string // BagIt-Profile-Identifier
	Version    string // of the profile itself
	Source     string // Source-Organization
	// Info is what each label of the metadata must keep to, by the label as written.
	Info map[string]InfoRule

	Manifests    Choice // algorithms
	TagManifests Choice // algorithms
	TagFiles     Choice // Required are paths, Allowed are patterns in which * is any run of characters

	FetchAllowed, FetchRequired bool
	DataEmpty                   bool
	Serialization               string   // forbidden, required or optional
	AcceptSerialization         []string // media types; nil for any
	AcceptVersions              []string // of BagIt

	// Unchecked are keys that the specification does not know; each is a warning of every bag.
	Unchecked []string
}

// InfoRule is what one label of the metadata must keep to.
type InfoRule struct {
	Required    bool
	Recommended bool // where it is missing there is a warning
	Once        bool // "repeatable": false
	Values      []string
}

// Choice is a pair of lists. Allowed is nil where everything is.
type Choice struct{ Required, Allowed []string }

// Bounds of a profile: real ones have some kilobytes and a few dozen labels.
const (
	profileBytes = 1 << 20
	profileList  = 1000 // members of one list or object
)

// ParseProfile reads a profile. The error is the fault ProfileInvalid with an item for each
// thing that is wrong, named by its key, or what reading gave.
func ParseProfile(r io.Reader) (*Profile, error) {
	raw, err := io.ReadAll(io.LimitReader(r, profileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	p := &profileParser{profile: &Profile{
		Info: map[string]InfoRule{}, FetchAllowed: true, Serialization: "optional",
	}}
	p.parse(raw)
	if len(p.faults) > 0 {
		return nil, ProfileInvalid.With("count", len(p.faults)).Listing(p.faults)
	}
	return p.profile, nil
}

// profileParser collects what is wrong while it reads.
type profileParser struct {
	profile *Profile
	faults  []fault.Item
}

func (p *profileParser) bad(key string, r *Rule, args ...any) {
	p.faults = append(p.faults, fault.Item{Where: show(key), Fault: r.With(args...)})
}

func (p *profileParser) parse(raw []byte) {
	if len(raw) > profileBytes {
		p.bad("", ProfileTooBig, "limit", profileBytes)
		return
	}
	raw = bytes.TrimPrefix(raw, utf8BOM)
	if twice, err := repeatedKey(raw); err != nil {
		p.bad("", ProfileJSON)
		return
	} else if twice != "" {
		// Which of the two is meant depends on who reads it: two parties would not agree.
		p.bad(twice, ProfileKeyTwice)
		return
	}
	keys, ok := p.object("", raw)
	if !ok {
		return
	}
	p.about(keys["BagIt-Profile-Info"])
	p.info(keys["Bag-Info"])
	known := map[string]func(json.RawMessage){
		"Manifests-Required":     p.list("Manifests-Required", &p.profile.Manifests.Required, normalAlgorithm),
		"Manifests-Allowed":      p.list("Manifests-Allowed", &p.profile.Manifests.Allowed, normalAlgorithm),
		"Tag-Manifests-Required": p.list("Tag-Manifests-Required", &p.profile.TagManifests.Required, normalAlgorithm),
		"Tag-Manifests-Allowed":  p.list("Tag-Manifests-Allowed", &p.profile.TagManifests.Allowed, normalAlgorithm),
		"Tag-Files-Required":     p.list("Tag-Files-Required", &p.profile.TagFiles.Required, same),
		"Tag-Files-Allowed":      p.list("Tag-Files-Allowed", &p.profile.TagFiles.Allowed, same),
		"Allow-Fetch.txt":        p.boolean("Allow-Fetch.txt", &p.profile.FetchAllowed),
		"Fetch.txt-Required":     p.boolean("Fetch.txt-Required", &p.profile.FetchRequired),
		"Data-Empty":             p.boolean("Data-Empty", &p.profile.DataEmpty),
		"Serialization":          p.text("Serialization", &p.profile.Serialization),
		"Accept-Serialization":   p.list("Accept-Serialization", &p.profile.AcceptSerialization, mediaType),
		"Accept-BagIt-Version":   p.list("Accept-BagIt-Version", &p.profile.AcceptVersions, same),
		"BagIt-Profile-Info":     func(json.RawMessage) {},
		"Bag-Info":               func(json.RawMessage) {},
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if take := known[key]; take != nil {
			take(keys[key])
		} else {
			p.profile.Unchecked = append(p.profile.Unchecked, key)
		}
	}
	p.agree()
}

// about reads what the profile says of itself.
func (p *profileParser) about(raw json.RawMessage) {
	const section = "BagIt-Profile-Info"
	if raw == nil {
		p.bad(section, ProfileKeyMissing)
		return
	}
	keys, ok := p.object(section, raw)
	if !ok {
		return
	}
	description, specification := "", "1.1.0" // what has no version was written for 1.1.0
	for _, part := range []struct {
		key  string
		to   *string
		must bool
	}{
		{"BagIt-Profile-Identifier", &p.profile.Identifier, true},
		{"Source-Organization", &p.profile.Source, true},
		{"External-Description", &description, true},
		{"Version", &p.profile.Version, true},
		{"BagIt-Profile-Version", &specification, false},
	} {
		key := section + "/" + part.key
		if keys[part.key] != nil {
			p.text(key, part.to)(keys[part.key])
		}
		if part.must && strings.TrimSpace(*part.to) == "" {
			p.bad(key, ProfileKeyMissing)
		}
	}
	if !strings.HasPrefix(specification, "1.") {
		p.bad(section+"/BagIt-Profile-Version", ProfileVersion, "version", show(specification))
	}
}

// info reads the rules for the labels of the metadata.
func (p *profileParser) info(raw json.RawMessage) {
	if raw == nil {
		return
	}
	labels, ok := p.object("Bag-Info", raw)
	if !ok {
		return
	}
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		where := "Bag-Info/" + label
		keys, ok := p.object(where, labels[label])
		if !ok {
			continue
		}
		rule, repeatable, description := InfoRule{}, true, ""
		known := map[string]func(json.RawMessage){
			"required":    p.boolean(where+"/required", &rule.Required),
			"recommended": p.boolean(where+"/recommended", &rule.Recommended),
			"repeatable":  p.boolean(where+"/repeatable", &repeatable),
			"values":      p.list(where+"/values", &rule.Values, same),
			"description": p.text(where+"/description", &description),
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if take := known[key]; take != nil {
				take(keys[key])
			} else {
				p.profile.Unchecked = append(p.profile.Unchecked, where+"/"+key)
			}
		}
		rule.Once = !repeatable
		p.profile.Info[label] = rule
	}
}

// agree looks for a profile that no bag could keep to.
func (p *profileParser) agree() {
	q := p.profile
	for _, c := range []struct {
		key    string
		choice Choice
	}{{"Manifests", q.Manifests}, {"Tag-Manifests", q.TagManifests}, {"Tag-Files", q.TagFiles}} {
		for _, must := range c.choice.Required {
			if !allowed(must, c.choice.Allowed) {
				p.bad(c.key+"-Required", ProfileContradiction, "value", show(must), "other", c.key+"-Allowed")
			}
		}
	}
	if q.FetchRequired && !q.FetchAllowed {
		p.bad("Fetch.txt-Required", ProfileContradiction, "value", "true", "other", "Allow-Fetch.txt")
	}
	switch q.Serialization {
	case "forbidden", "optional":
	case "required":
		if len(q.AcceptSerialization) == 0 {
			p.bad("Accept-Serialization", ProfileKeyMissing)
		}
	default:
		p.bad("Serialization", ProfileType, "expected", "forbidden, required, optional")
	}
	if len(q.AcceptVersions) == 0 {
		p.bad("Accept-BagIt-Version", ProfileKeyMissing)
	}
}

// object reads a JSON object of a bounded number of members, keys exactly as written.
func (p *profileParser) object(key string, raw json.RawMessage) (map[string]json.RawMessage, bool) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil || keys == nil {
		p.bad(key, ProfileType, "expected", "{ }")
		return nil, false
	}
	if len(keys) > profileList {
		p.bad(key, ProfileTooBig, "limit", profileList)
		return nil, false
	}
	return keys, true
}

func (p *profileParser) boolean(key string, to *bool) func(json.RawMessage) {
	return func(raw json.RawMessage) {
		var v *bool
		if err := json.Unmarshal(raw, &v); err != nil || v == nil {
			p.bad(key, ProfileType, "expected", "true, false")
			return
		}
		*to = *v
	}
}

func (p *profileParser) text(key string, to *string) func(json.RawMessage) {
	return func(raw json.RawMessage) {
		var v *string
		if err := json.Unmarshal(raw, &v); err != nil || v == nil {
			p.bad(key, ProfileType, "expected", `"…"`)
			return
		}
		*to = *v
	}
}

func (p *profileParser) list(key string, to *[]string, normal func(string) string) func(json.RawMessage) {
	return func(raw json.RawMessage) {
		var v []*string
		if err := json.Unmarshal(raw, &v); err != nil || v == nil || slices.Contains(v, nil) {
			p.bad(key, ProfileType, "expected", `["…"]`)
			return
		}
		if len(v) > profileList {
			p.bad(key, ProfileTooBig, "limit", profileList)
			return
		}
		*to = make([]string, len(v))
		for i, s := range v {
			(*to)[i] = normal(*s)
		}
	}
}

func same(s string) string { return s }

// mediaType writes the several names that tar has gone by as one.
func mediaType(s string) string {
	switch s = strings.ToLower(strings.TrimSpace(s)); s {
	case "application/tar", "application/x-gtar":
		return MIMETar
	case "application/x-zip-compressed", "application/x-zip":
		return MIMEZip
	}
	return s
}

// repeatedKey is the first key that stands twice in one object of a JSON document. The error
// is for what is no JSON document.
func repeatedKey(raw []byte) (string, error) {
	type level struct {
		seen map[string]bool // nil for a list
		key  bool            // a key comes next
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	var open []level
	for {
		token, err := d.Token()
		if err == io.EOF && len(open) == 0 {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		top := len(open) - 1
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				open = append(open, level{seen: map[string]bool{}, key: true})
				continue
			case '[':
				open = append(open, level{})
				continue
			}
			open = open[:top]
			top--
		case string:
			if top >= 0 && open[top].key {
				if open[top].seen[t] {
					return t, nil
				}
				open[top].seen[t], open[top].key = true, false
				continue
			}
		}
		if top >= 0 && open[top].seen != nil {
			open[top].key = true // a value has ended
		}
	}
}
