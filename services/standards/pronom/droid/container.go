package droid

import (
	"archive/zip"
	"fmt"
	"io"
	"slices"
)

type xmlContainers struct {
	Version    int `xml:"signatureVersion,attr"`
	Signatures []struct {
		ID    string `xml:"Id,attr"`
		Type  string `xml:"ContainerType,attr"`
		Files []struct {
			Path       string         `xml:"Path"`
			Signatures []xmlSignature `xml:"BinarySignatures>InternalSignatureCollection>InternalSignature"`
		} `xml:"Files>File"`
	} `xml:"ContainerSignatures>ContainerSignature"`
	Mappings []struct {
		Signature string `xml:"signatureId,attr"`
		PUID      string `xml:"Puid,attr"`
	} `xml:"FileFormatMappings>FileFormatMapping"`
	Triggers []struct {
		Type string `xml:"ContainerType,attr"`
		PUID string `xml:"Puid,attr"`
	} `xml:"TriggerPuids>TriggerPuid"`
}

// containerSignature is what a container must hold: every file, each with one of its patterns
// where it has any.
type containerSignature struct {
	id     string
	format int
	files  []innerFile
}

type innerFile struct {
	path     string
	patterns []signature // one of them must hold
}

func (s *Signatures) buildContainers(x *xmlContainers) error {
	s.ContainerVersion = x.Version
	format := map[string]int{}
	for _, m := range x.Mappings {
		at, known := s.byPUID[m.PUID]
		if !known {
			continue // a format of a newer signature file
		}
		format[m.Signature] = at
	}
	for _, c := range x.Signatures {
		at, mapped := format[c.ID]
		if !mapped {
			continue
		}
		if c.Type != "ZIP" && c.Type != "OLE2" {
			return &entryError{named(c.ID), fmt.Errorf("no container is called %q", c.Type)}
		}
		one := containerSignature{id: c.ID, format: at}
		for _, f := range c.Files {
			inner := innerFile{path: f.Path}
			for _, sig := range f.Signatures {
				sequences, err := sequences(sig.Sequences)
				if err != nil {
					return &entryError{named(c.ID), fmt.Errorf("%s: %w", f.Path, err)}
				}
				inner.patterns = append(inner.patterns, signature{id: sig.ID, sequences: sequences})
			}
			one.files = append(one.files, inner)
		}
		if len(one.files) == 0 {
			return &entryError{named(c.ID), errNoFiles}
		}
		s.containers[c.Type] = append(s.containers[c.Type], one)
		s.signed[at] = true
	}
	for _, t := range x.Triggers {
		if at, known := s.byPUID[t.PUID]; known {
			s.triggers[at] = t.Type
		}
	}
	if len(s.triggers) == 0 || len(s.containers) == 0 {
		return fmt.Errorf("it names no containers")
	}
	return nil
}

// entries is what a container holds, by path.
type entries map[string]func(limit int64) ([]byte, error)

// innerWindow is how much of an entry is looked at, in bytes.
const innerWindow = 64 << 10

// maxEntries bounds the entries of a container that are listed.
const maxEntries = 100_000

// zipEntries lists a ZIP file. What it claims beyond reason is not believed.
func zipEntries(r io.ReaderAt, size int64) (entries, error) {
	if err := reasonable(r, size); err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	list := make(entries, min(len(archive.File), maxEntries))
	for i, f := range archive.File {
		if i == maxEntries {
			break
		}
		if _, twice := list[f.Name]; twice {
			continue
		}
		list[f.Name] = func(limit int64) ([]byte, error) {
			from, err := f.Open()
			if err != nil {
				return nil, err
			}
			content, err := io.ReadAll(io.LimitReader(from, limit))
			_ = from.Close() // it was only read
			return content, err
		}
	}
	return list, nil
}

// inside finds the formats whose container signature holds.
func (s *Signatures) inside(kind string, list entries) []int {
	content := map[string][]byte{}
	var hits []int
	for i := range s.containers[kind] {
		c := &s.containers[kind][i]
		if c.holds(list, content) && !slices.Contains(hits, c.format) {
			hits = append(hits, c.format)
		}
	}
	return hits
}

func (c *containerSignature) holds(list entries, content map[string][]byte) bool {
	for _, f := range c.files {
		if _, there := list[f.path]; !there {
			return false
		}
	}
	for i := range c.files {
		f := &c.files[i]
		if len(f.patterns) == 0 {
			continue
		}
		b, read := content[f.path]
		if !read {
			b, _ = list[f.path](innerWindow) // what could be read is what we judge by
			content[f.path] = b
		}
		if !slices.ContainsFunc(f.patterns, func(p signature) bool { return p.match(b, b) }) {
			return false
		}
	}
	return true
}
