package hostile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

const (
	manifest    = "manifest-sha256.txt"
	tagManifest = "tagmanifest-sha256.txt"
	hello       = "data/hello.txt"
	zeros       = "0000000000000000000000000000000000000000000000000000000000000000"
)

// Sound is the bag that every hostile one is made of: nothing is wrong with it. A table of
// refusals proves nothing where this one is refused too.
func Sound() Package {
	return Package{Name: "sound", Forms: anyForm, Entries: seal(
		Entry{Path: hello, Content: "hello\n"},
		Entry{Path: "data/папка/іс.txt", Content: "құжат\n"},
	)}
}

// seal makes a bag of payload and further tag files, with a manifest and a tag manifest.
func seal(files ...Entry) []Entry {
	var payload, tags []Entry
	size := 0
	for _, f := range files {
		if strings.HasPrefix(f.Path, "data/") {
			payload = append(payload, f)
			size += len(f.Content)
		} else {
			tags = append(tags, f)
		}
	}
	tags = append([]Entry{
		{Path: "bagit.txt", Content: "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"},
		{Path: "bag-info.txt", Content: fmt.Sprintf("Source-Organization: Department\nPayload-Oxum: %d.%d\n", size, len(payload))},
	}, tags...)
	tags = append(tags, Entry{Path: manifest, Content: lines(payload)})
	tags = append(tags, Entry{Path: tagManifest, Content: lines(tags)})
	return append(tags, payload...)
}

func lines(files []Entry) string {
	var text strings.Builder
	for _, f := range files {
		sum := sha256.Sum256([]byte(f.Content))
		fmt.Fprintf(&text, "%s  %s\n", hex.EncodeToString(sum[:]), f.Path)
	}
	return text.String()
}

// with is the sound bag and more, which its manifests do not know.
func with(more ...Entry) []Entry { return append(Sound().Entries, more...) }

// changed is the sound bag with one file's content changed. Nothing guards it any more, unless
// it is payload or a tag manifest itself: the change is to be found for what it is.
func changed(path string, change func(content string) string) []Entry {
	entries := Sound().Entries
	for i := range entries {
		if entries[i].Path == path {
			entries[i].Content = change(entries[i].Content)
		}
	}
	if strings.HasPrefix(path, "data/") || path == tagManifest {
		return entries
	}
	return without(entries, tagManifest)
}

func without(entries []Entry, path string) []Entry {
	return slices.DeleteFunc(entries, func(e Entry) bool { return e.Path == path })
}

// becomes and adds are changes.
func becomes(content string) func(string) string { return func(string) string { return content } }

func adds(more string) func(string) string {
	return func(content string) string { return content + more }
}
