package bagit

import "strings"

// edition is where one version of BagIt differs from another. The drafts are read as the tools
// of their time wrote them: a bag that lay on a shelf for fifteen years cannot be made anew.
type edition struct {
	// draft: no tool should write it any more.
	draft bool
	// info is the file with the metadata: package-info.txt until 0.95.
	info string
	// labels are those of the metadata that have another name today, in lower case.
	labels map[string]string
	// each: a payload file stands in every payload manifest (RFC 8493 §2.1.3). Before, in one.
	each bool
	// strictTags: a tag manifest lists every payload manifest and no tag manifest (§2.2.1).
	strictTags bool
	// percent: the percent sign is itself encoded, so that any other is a mistake (§2.1.3).
	percent bool
	// backslash: tools on Windows parted the paths of a manifest by the sign of their system.
	backslash bool
}

// Labels before 0.96, and two spellings that early tools wrote for Payload-Oxum.
var (
	labels095 = map[string]string{"packing-date": "Bagging-Date", "package-size": "Bag-Size", "payload-ossum": oxumLabel, "payload-oxsum": oxumLabel}
	labels096 = map[string]string{"payload-ossum": oxumLabel, "payload-oxsum": oxumLabel}
)

var editions = map[string]edition{
	"0.93": {draft: true, info: packageInfo, labels: labels095, backslash: true},
	"0.94": {draft: true, info: packageInfo, labels: labels095, backslash: true},
	"0.95": {draft: true, info: packageInfo, labels: labels095, backslash: true},
	"0.96": {draft: true, info: bagInfo, labels: labels096},
	"0.97": {info: bagInfo},
	"1.0":  {info: bagInfo, each: true, strictTags: true, percent: true},
}

const (
	bagInfo     = "bag-info.txt"
	packageInfo = "package-info.txt"
)

// editionOf gives the rules of a version; one that is unknown, and so refused, is read as 1.0.
func editionOf(version string) edition {
	if e, known := editions[version]; known {
		return e
	}
	return editions["1.0"]
}

// label is the name that a label of the metadata has today.
func (e edition) label(written string) string {
	if today, old := e.labels[strings.ToLower(written)]; old {
		return today
	}
	return written
}
