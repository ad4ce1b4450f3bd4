package bagit

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

const aProfile = `{
  "BagIt-Profile-Info": {
    "BagIt-Profile-Identifier": "https://archive.example/transfer-1.json",
    "BagIt-Profile-Version": "1.4.0",
    "Source-Organization": "Мемлекеттік мұрағат",
    "External-Description": "Transfers from departments",
    "Version": "1.0"
  },
  "Bag-Info": {
    "Source-Organization": {"required": true, "repeatable": false},
    "Language": {"values": ["kk", "ru"], "description": "of the records"},
    "Contact-Email": {"recommended": true}
  },
  "Manifests-Required": ["sha-256"],
  "Manifests-Allowed": ["sha256", "sha512"],
  "Tag-Manifests-Required": ["sha256"],
  "Tag-Manifests-Allowed": ["sha256"],
  "Tag-Files-Required": ["metadata/inventory.xml"],
  "Tag-Files-Allowed": ["metadata/*.xml", "*.md"],
  "Allow-Fetch.txt": false,
  "Serialization": "optional",
  "Accept-Serialization": ["application/tar"],
  "Accept-BagIt-Version": ["0.97", "1.0"]
}`

func parsed(t *testing.T, text string) *Profile {
	t.Helper()
	p, err := ParseProfile(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %v", err, said(fault.Of(err).Items))
	}
	return p
}

// keeping is a report that keeps to aProfile.
func keeping(p *Profile) *Report {
	return &Report{
		Version: "1.0", Serialization: MIMETar, Manifests: []string{"sha256"}, TagManifests: []string{"sha256"},
		Info: []Field{{"source-organization", "Әкімдік"}, {profileLabel, "urn:other"}, {profileLabel, p.Identifier}, {"Language", "kk"}, {"Contact-Email", "a@b"}},
		Tags: []Entry{{Path: "bagit.txt"}, {Path: "bag-info.txt"}, {Path: "manifest-sha256.txt"}, {Path: "tagmanifest-sha256.txt"}, {Path: "metadata/inventory.xml"}, {Path: "metadata/x/y.xml"}, {Path: "README.md"}},
	}
}

func TestABagIsHeldAgainstItsProfile(t *testing.T) {
	field := func(label, value string) func(*Profile, *Report) {
		return func(_ *Profile, r *Report) { r.Info = append(r.Info, Field{label, value}) }
	}
	no := func(label string) func(*Profile, *Report) {
		return func(_ *Profile, r *Report) {
			r.Info = slices.DeleteFunc(r.Info, func(f Field) bool { return strings.EqualFold(f.Label, label) })
		}
	}
	tag := func(path string) func(*Profile, *Report) {
		return func(_ *Profile, r *Report) { r.Tags = append(r.Tags, Entry{Path: path}) }
	}
	cases := map[string]struct {
		change func(*Profile, *Report)
		want   []string // faults
		warn   []string
	}{
		"nothing":              {func(*Profile, *Report) {}, nil, nil},
		"version":              {func(_ *Profile, r *Report) { r.Version = "0.96" }, []string{"profile_bagit_version bagit.txt"}, nil},
		"media":                {func(_ *Profile, r *Report) { r.Serialization = MIMEZip }, []string{"profile_media "}, nil},
		"not serialized":       {func(p *Profile, r *Report) { p.Serialization, r.Serialization = "required", "" }, []string{"profile_not_serialized "}, nil},
		"a folder is optional": {func(_ *Profile, r *Report) { r.Serialization = "" }, nil, nil},
		"serialized":           {func(p *Profile, _ *Report) { p.Serialization = "forbidden" }, []string{"profile_serialized "}, nil},
		"identifier":           {no(profileLabel), []string{"profile_identifier bag-info.txt"}, nil},
		"required":             {no("Source-Organization"), []string{"profile_info_missing bag-info.txt"}, nil},
		"required and empty":   {func(_ *Profile, r *Report) { r.Info[0].Value = "" }, []string{"profile_info_missing bag-info.txt"}, nil},
		"recommended":          {no("Contact-Email"), nil, []string{"profile_info_recommended bag-info.txt"}},
		"repeated":             {field("Source-Organization", "B"), []string{"profile_info_repeated bag-info.txt"}, nil},
		"may repeat":           {field("Language", "ru"), nil, nil},
		"value":                {field("Language", "la"), []string{"profile_info_value bag-info.txt"}, nil},
		"manifest missing":     {func(_ *Profile, r *Report) { r.Manifests = []string{"sha512"} }, []string{"profile_manifest_missing manifest-sha256.txt"}, nil},
		"manifest extra":       {func(_ *Profile, r *Report) { r.Manifests = []string{"md5", "sha256"} }, []string{"profile_manifest_extra manifest-md5.txt"}, nil},
		"tag manifest missing": {func(_ *Profile, r *Report) { r.TagManifests = nil }, []string{"profile_tag_manifest_missing tagmanifest-sha256.txt"}, nil},
		"tag manifest extra":   {func(_ *Profile, r *Report) { r.TagManifests = []string{"sha256", "sha512"} }, []string{"profile_tag_manifest_extra tagmanifest-sha512.txt"}, nil},
		"tag file missing": {func(_ *Profile, r *Report) {
			r.Tags = slices.DeleteFunc(r.Tags, func(e Entry) bool { return e.Path == "metadata/inventory.xml" })
		}, []string{"profile_tag_file_missing metadata/inventory.xml"}, nil},
		"tag file extra": {tag("notes.txt"), []string{"profile_tag_file_extra notes.txt"}, nil},
		"fetch":          {tag("fetch.txt"), []string{"profile_fetch fetch.txt"}, nil},
		"no fetch":       {func(p *Profile, _ *Report) { p.FetchAllowed, p.FetchRequired = true, true }, []string{"profile_no_fetch fetch.txt"}, nil},
		"not empty":      {func(p *Profile, r *Report) { p.DataEmpty, r.Payload, r.Bytes = true, []Entry{{Path: "data/x"}}, 1 }, []string{"profile_not_empty data/"}, nil},
		"two empty":      {func(p *Profile, r *Report) { p.DataEmpty, r.Payload = true, make([]Entry, 2) }, []string{"profile_not_empty data/"}, nil},
		"one empty":      {func(p *Profile, r *Report) { p.DataEmpty, r.Payload = true, make([]Entry, 1) }, nil, nil},
		"key unknown":    {func(p *Profile, _ *Report) { p.Unchecked = []string{"Other-Info"} }, nil, []string{"profile_unchecked Other-Info"}},
		"old label": {func(p *Profile, r *Report) {
			p.AcceptVersions, r.Version = append(p.AcceptVersions, "0.95"), "0.95"
			p.Info["Bagging-Date"] = InfoRule{Required: true}
			r.Info = append(r.Info, Field{"Packing-Date", "2008-01-01"})
		}, nil, nil},
	}
	broken := map[string]bool{}
	for name, c := range cases {
		p := parsed(t, aProfile)
		r := keeping(p)
		c.change(p, r)
		faults, warnings := p.Check(r)
		if got := said(faults); !slices.Equal(got, c.want) {
			t.Errorf("%s: faults %q, want %q", name, got, c.want)
		}
		if got := said(warnings); !slices.Equal(got, c.warn) {
			t.Errorf("%s: warnings %q, want %q", name, got, c.warn)
		}
		for _, want := range c.want {
			code, _, _ := strings.Cut(want, " ")
			broken["bagit."+code] = true
		}
	}
	for _, c := range badProfiles {
		broken["bagit."+strings.Fields(c.want)[0]] = true
	}
	for _, r := range Rules() {
		if strings.HasPrefix(r.Code, "bagit.profile_") && !r.Warning && !broken[r.Code] {
			t.Errorf("nothing breaks %s", r.Code)
		}
	}
}

// badProfiles are changes of aProfile: what is replaced by what, and what is wrong then.
var badProfiles = map[string]struct{ old, by, want string }{
	"no JSON": {`{
  "BagIt-Profile-Info"`, `"BagIt-Profile-Info"`, "profile_json "},
	"cut": {`["0.97", "1.0"]
}`, `["0.97"`, "profile_json "},
	"more after it": {`["0.97", "1.0"]
}`, `["0.97"]} {}`, "profile_type "},
	"key twice":            {`"Allow-Fetch.txt": false`, `"Allow-Fetch.txt": false, "Allow-Fetch.txt": true`, "profile_key_twice Allow-Fetch.txt"},
	"label twice":          {`"Language": {`, `"Language": {}, "Language": {`, "profile_key_twice Language"},
	"no identifier":        {`"BagIt-Profile-Identifier": "https://archive.example/transfer-1.json",`, "", "profile_key_missing BagIt-Profile-Info/BagIt-Profile-Identifier"},
	"no versions":          {`["0.97", "1.0"]`, `[]`, "profile_key_missing Accept-BagIt-Version"},
	"required as text":     {`"required": true`, `"required": "true"`, "profile_type Bag-Info/Source-Organization/required"},
	"list of numbers":      {`["sha-256"]`, `[256]`, "profile_type Manifests-Required"},
	"list of nothing":      {`["sha-256"]`, `[null]`, "profile_type Manifests-Required"},
	"list as null":         {`["sha-256"]`, `null`, "profile_type Manifests-Required"},
	"fetch as null":        {`"Allow-Fetch.txt": false`, `"Allow-Fetch.txt": null`, "profile_type Allow-Fetch.txt"},
	"serialization":        {`"optional"`, `"maybe"`, "profile_type Serialization"},
	"serialization number": {`"optional"`, `1`, "profile_type Serialization"},
	"info as list":         {`"Bag-Info": {`, `"Bag-Info": [], "X": {`, "profile_type Bag-Info"},
	"label as text":        {`"Language": {"values": ["kk", "ru"], "description": "of the records"}`, `"Language": "kk"`, "profile_type Bag-Info/Language"},
	"specification 2":      {`"BagIt-Profile-Version": "1.4.0"`, `"BagIt-Profile-Version": "2.0"`, "profile_version BagIt-Profile-Info/BagIt-Profile-Version"},
	"required not allowed": {`["sha256", "sha512"]`, `["sha512"]`, "profile_contradiction Manifests-Required"},
	"file not allowed":     {`["metadata/*.xml", "*.md"]`, `["metadata/*.json"]`, "profile_contradiction Tag-Files-Required"},
	"fetch contradicted":   {`"Allow-Fetch.txt": false`, `"Allow-Fetch.txt": false, "Fetch.txt-Required": true`, "profile_contradiction Fetch.txt-Required"},
	"archive of no kind": {`"optional",
  "Accept-Serialization": ["application/tar"]`, `"required"`, "profile_key_missing Accept-Serialization"},
	"long list": {`["0.97", "1.0"]`, `["1.0"` + strings.Repeat(`,"1.0"`, 1000) + `]`, "profile_too_big Accept-BagIt-Version"},
	"huge":      {`"Version": "1.0"`, `"Version": "` + strings.Repeat("1", 1<<20) + `"`, "profile_too_big "},
}

func TestABadProfileIsRefusedKeyByKey(t *testing.T) {
	for name, c := range badProfiles {
		text := strings.Replace(aProfile, c.old, c.by, 1)
		if text == aProfile {
			t.Fatalf("%s changes nothing", name)
		}
		_, err := ParseProfile(strings.NewReader(text))
		if !errors.Is(err, ProfileInvalid) || !slices.Contains(said(fault.Of(err).Items), c.want) {
			t.Errorf("%s: %v %q, want %q", name, err, said(fault.Of(err).Items), c.want)
		}
	}
	p := parsed(t, strings.Replace(aProfile, `"Serialization"`, `"Payload-Files": [], "serialization": "forbidden", "Serialization"`, 1))
	if !slices.Equal(p.Unchecked, []string{"Payload-Files", "serialization"}) || p.Serialization != "optional" {
		t.Errorf("keys are read exactly as written: %q %q", p.Unchecked, p.Serialization)
	}
	if p := parsed(t, strings.Replace(aProfile, `"BagIt-Profile-Version": "1.4.0",`, "", 1)); !p.Info["Source-Organization"].Once || p.Info["Language"].Once {
		t.Errorf("repeatable is the default: %+v", p.Info)
	}
}

func TestPatternsOfTagFiles(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"*", "metadata/a/b.xml", true},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"metadata/*.xml", "metadata/a/b.xml", true},
		{"metadata/*.xml", "metadata/b.json", false},
		{"*.xml", "x.xml.bak", false},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"a**b", "ab", true},
		{"[a]?", "[a]?", true},
		{"?", "a", false},
		{"іс*", "іс-1.xml", true},
	} {
		if got := matches(c.pattern, c.path); got != c.want {
			t.Errorf("matches(%q, %q) = %t", c.pattern, c.path, got)
		}
	}
	// A pattern that a backtracking matcher would never finish.
	if matches(strings.Repeat("a*", 5000)+"b", strings.Repeat("a", 5000)) {
		t.Error("no b is there")
	}
}

// TestTheProfileIsPartOfTheReport: with Options.Profile one report says everything.
func TestTheProfileIsPartOfTheReport(t *testing.T) {
	r := check(sound(), Options{Profile: parsed(t, aProfile)})
	for _, want := range []string{"profile_identifier bag-info.txt", "profile_tag_file_missing metadata/inventory.xml"} {
		if !slices.Contains(said(r.Faults), want) {
			t.Errorf("want %q among %q", want, said(r.Faults))
		}
	}
	if !slices.Contains(said(r.Warnings), "profile_info_recommended bag-info.txt") {
		t.Errorf("warnings %q", said(r.Warnings))
	}
}
