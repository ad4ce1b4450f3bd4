package bagit

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// Counted is a file whose digests are known, lower-case hexadecimal, and its size in bytes.
type Counted struct {
	Path           string
	Size           uint64
	SHA256, SHA512 string
}

// Describe writes the tag files of a bag of version 1.0 around files that somebody else has counted and
// keeps: bagit.txt, bag-info.txt with Payload-Oxum, manifests and tag manifests for sha256 and sha512. It
// reads none of the files. payload and tags are in the order of their paths (bytes), those of payload
// begin with "data/"; both are gone through more than once, and memory does not grow with them. write is called for each tag file in the order in which they stand on each other
// and answers with what it has counted. The same arguments give the same bytes. Errors: BadLabel, and
// those of write, payload and tags.
func Describe(info []Field, payload, tags iter.Seq2[Counted, error], write func(name string, text func(io.Writer) error) (Counted, error)) error {
	m := Making{Info: info}
	if err := m.prepare(); err != nil {
		return err
	}
	var sum oxum
	for f, err := range payload {
		if err != nil {
			return err
		}
		sum.bytes += int64(f.Size)
		sum.files++
	}
	var made []Counted
	put := func(name string, text func(io.Writer) error) error {
		f, err := write(name, text)
		f.Path = name
		made = append(made, f)
		return err
	}
	err := put("bagit.txt", literally(ourDeclaration))
	if err == nil {
		err = put(bagInfo, literally(m.infoText(sum)))
	}
	for _, algorithm := range m.Algorithms {
		if err == nil {
			err = put("manifest-"+algorithm+".txt", listing(payload, algorithm))
		}
	}
	order := func(a, b Counted) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(made, order)
	for _, algorithm := range m.Algorithms {
		if err == nil {
			_, err = write("tagmanifest-"+algorithm+".txt", listing(spool.Merged(tags, made, order), algorithm))
		}
	}
	return err
}

func literally(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// listing writes a manifest line by line.
func listing(files iter.Seq2[Counted, error], algorithm string) func(io.Writer) error {
	return func(w io.Writer) error {
		for f, err := range files {
			if err != nil {
				return err
			}
			digest := f.SHA256
			if algorithm == "sha512" {
				digest = f.SHA512
			}
			if _, err := fmt.Fprintf(w, "%s  %s\n", digest, encodePath(f.Path)); err != nil {
				return err
			}
		}
		return nil
	}
}
