package bagit

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Check holds a report against the profile: what breaks it, and apart from that what it
// recommends. A report of a bag that RFC 8493 refuses may be checked too.
func (p *Profile) Check(r *Report) (faults, warnings []fault.Item) {
	for _, f := range p.judge(r) {
		item := fault.Item{Where: f.where, Fault: f.fault()}
		if f.rule.Warning {
			warnings = append(warnings, item)
		} else {
			faults = append(faults, item)
		}
	}
	return faults, warnings
}

// judge gives what Check gives, before it is put into words.
func (p *Profile) judge(r *Report) []finding {
	found := p.judgeForm(r)
	p.judgeContent(r, func(yield func(*entry) bool) {
		for _, e := range r.Tags {
			if !yield(&entry{Path: e.Path}) {
				return
			}
		}
	}, func(all ...finding) { found = append(found, all...) })
	return found
}

// judgeForm is what can be known of a bag before its payload.
func (p *Profile) judgeForm(r *Report) []finding {
	var found []finding
	bad := func(where string, r *Rule, args ...any) { found = append(found, finding{where, r, args}) }
	if !slices.Contains(p.AcceptVersions, r.Version) {
		bad("bagit.txt", ProfileBagVersion, "version", show(r.Version), "allowed", list(p.AcceptVersions))
	}
	switch media := r.Serialization; {
	case media != "" && p.Serialization == "forbidden":
		bad("", ProfileSerialized, "media", media)
	case media == "" && p.Serialization == "required":
		bad("", ProfileNotSerialized, "allowed", list(p.AcceptSerialization))
	case media != "" && p.AcceptSerialization != nil && !slices.Contains(p.AcceptSerialization, media):
		bad("", ProfileMedia, "media", media, "allowed", list(p.AcceptSerialization))
	}
	if !slices.Contains(r.Values(profileLabel), p.Identifier) {
		bad(bagInfo, ProfileIdentifier, "expected", show(p.Identifier))
	}
	for _, label := range slices.Sorted(maps.Keys(p.Info)) {
		found = append(found, p.Info[label].judge(label, r.Values(label))...)
	}
	for _, m := range []struct {
		prefix string
		choice Choice
		has    []string
		// the two rules
		missing, extra *Rule
	}{
		{"manifest-", p.Manifests, r.Manifests, ProfileManifestMissing, ProfileManifestExtra},
		{"tagmanifest-", p.TagManifests, r.TagManifests, ProfileTagManifestMissing, ProfileTagManifestExtra},
	} {
		for _, algorithm := range m.choice.Required {
			if !slices.Contains(m.has, algorithm) {
				bad(show(m.prefix+algorithm+".txt"), m.missing)
			}
		}
		for _, algorithm := range m.has {
			if m.choice.Allowed != nil && !slices.Contains(m.choice.Allowed, algorithm) {
				bad(show(m.prefix+algorithm+".txt"), m.extra, "allowed", list(m.choice.Allowed))
			}
		}
	}
	for _, key := range p.Unchecked {
		bad(show(key), ProfileUnchecked)
	}
	return found
}

// judgeContent is what needs every file of the bag.
func (p *Profile) judgeContent(r *Report, tagFiles iter.Seq[*entry], found func(...finding)) {
	bad := func(where string, r *Rule, args ...any) { found(finding{where, r, args}) }
	tags := map[string]bool{} // those that are asked for
	for e := range tagFiles {
		if e.Path == "fetch.txt" || slices.Contains(p.TagFiles.Required, e.Path) {
			tags[e.Path] = true
		}
		if !ruledElsewhere(e.Path) && !allowed(e.Path, p.TagFiles.Allowed) {
			bad(show(e.Path), ProfileTagFileExtra, "allowed", list(p.TagFiles.Allowed))
		}
	}
	for _, path := range p.TagFiles.Required {
		if !tags[path] {
			bad(show(path), ProfileTagFileMissing)
		}
	}
	switch fetch := tags["fetch.txt"]; {
	case fetch && !p.FetchAllowed:
		bad("fetch.txt", ProfileFetch)
	case !fetch && p.FetchRequired:
		bad("fetch.txt", ProfileNoFetch)
	}
	// One empty file is how a folder without content is carried by what has no empty folders.
	if p.DataEmpty && (max(r.Files, len(r.Payload)) > 1 || r.Bytes > 0) {
		bad("data/", ProfileNotEmpty)
	}
}

// judge holds the values of a label against its rule.
func (rule InfoRule) judge(label string, values []string) []finding {
	var found []finding
	bad := func(r *Rule, args ...any) {
		found = append(found, finding{bagInfo, r, append([]any{"label", show(label)}, args...)})
	}
	filled := slices.ContainsFunc(values, func(v string) bool { return v != "" })
	switch {
	case rule.Required && !filled:
		bad(ProfileInfoMissing)
	case rule.Recommended && !filled:
		bad(ProfileInfoRecommended)
	}
	if rule.Once && len(values) > 1 {
		bad(ProfileInfoRepeated)
	}
	for _, v := range values {
		if len(rule.Values) > 0 && !slices.Contains(rule.Values, v) {
			bad(ProfileInfoValue, "value", show(v), "allowed", list(rule.Values))
		}
	}
	return found
}

const profileLabel = "BagIt-Profile-Identifier"

// ruledElsewhere says of which files Tag-Files-Allowed does not speak.
func ruledElsewhere(path string) bool {
	_, _, manifest := manifestName(path)
	return manifest || path == "bagit.txt" || path == bagInfo || path == packageInfo || path == "fetch.txt"
}

// allowed says whether one of the patterns matches; nil allows everything.
func allowed(s string, patterns []string) bool {
	return patterns == nil || slices.ContainsFunc(patterns, func(p string) bool { return matches(p, s) })
}

// matches compares with a pattern in which * is any run of characters, "/" too. It takes at
// most len(pattern) × len(s) steps, whatever the pattern.
func matches(pattern, s string) bool {
	star, resume := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, resume = i, j
			i++
		case i < len(pattern) && pattern[i] == s[j]:
			i++
			j++
		case star >= 0: // let the last star take one more
			resume++
			i, j = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// list writes what is allowed, as much of it as a person reads.
func list(values []string) string {
	const most = 20
	if len(values) > most {
		return show(strings.Join(values[:most], ", ") + ", …")
	}
	return show(strings.Join(values, ", "))
}
