package ocfl

import (
	"context"
	"crypto/md5"  // old fixity blocks name it; it is compared, never relied on
	"crypto/sha1" // as above
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/blake2b"
)

// digests compares the files with manifest and fixity block: none missing, none more,
// none changed.
func (c *checker) digests() error {
	listed := map[string]map[string]string{} // content path → algorithm → digest
	note := func(algorithm string, block map[string][]string) {
		for digest, paths := range block {
			for _, p := range paths {
				if listed[p] == nil {
					listed[p] = map[string]string{}
				}
				listed[p][algorithm] = strings.ToLower(digest)
			}
		}
	}
	note(c.inv.DigestAlgorithm, c.inv.Manifest)
	for algorithm, block := range c.inv.Fixity {
		if algorithm == c.inv.DigestAlgorithm { // the manifest says it already
			c.repeated(block)
			continue
		}
		if fixityHash(algorithm) != nil || algorithm == "size" {
			note(algorithm, block)
		}
	}
	for p := range c.contents {
		if listed[p][c.inv.DigestAlgorithm] == "" {
			c.bad(E023, p)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(listed)) {
		if !c.contents[p] {
			if digest := listed[p][c.inv.DigestAlgorithm]; digest != "" { // E057 said the others
				c.bad(E092Gone, clip(p), "digest", digest)
			}
			continue
		}
		if err := c.compare(p, listed[p]); err != nil {
			return err
		}
	}
	return nil
}

// repeated compares a fixity block by the object's own algorithm with the manifest.
func (c *checker) repeated(block map[string][]string) {
	for digest, paths := range block {
		of := c.inv.content(digest)
		for _, p := range paths {
			if !slices.Contains(of, p) {
				c.bad(E093, clip(p), "algorithm", c.inv.DigestAlgorithm)
			}
		}
	}
}

// compare counts every digest that is recorded of a file in one pass.
func (c *checker) compare(p string, want map[string]string) error {
	hashes := map[string]hash.Hash{}
	var writers []io.Writer
	for algorithm := range want {
		if h := fixityHash(algorithm); h != nil {
			hashes[algorithm] = h
			writers = append(writers, h)
		}
	}
	n, err := copyFile(c.ctx, io.MultiWriter(writers...), c.full(p))
	if err != nil {
		return err
	}
	c.report.Files++
	c.report.Bytes += n
	if size, asked := want["size"]; asked && size != strconv.FormatInt(n, 10) {
		c.bad(E093, p, "algorithm", "size")
	}
	for algorithm, h := range hashes {
		switch got := hex.EncodeToString(h.Sum(nil)); {
		case got == want[algorithm]:
		case algorithm == c.inv.DigestAlgorithm:
			c.bad(E092, p, "digest", want[algorithm], "found", got)
		default:
			c.bad(E093, p, "algorithm", algorithm)
		}
	}
	return nil
}

// fixityHash begins a digest of any algorithm that the specification or extension 0009 names,
// and is nil for others; "size" is counted without one.
func fixityHash(algorithm string) hash.Hash {
	switch algorithm {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha512/256":
		return sha512.New512_256()
	case "blake2b-160", "blake2b-256", "blake2b-384", "blake2b-512":
		h, err := blake2b.New(hexLength[algorithm]/2, nil)
		if err != nil {
			return nil // never: only a key or a size can be wrong
		}
		return h
	}
	return newHash(algorithm)
}

// copyFile streams a file and stops when the context ends.
func copyFile(ctx context.Context, to io.Writer, name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read from
	var total int64
	for buffer := make([]byte, 128<<10); ; {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		n, err := f.Read(buffer)
		total += int64(n)
		if _, writeErr := to.Write(buffer[:n]); writeErr != nil {
			return total, writeErr
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, fmt.Errorf("read %s: %w", name, err)
		}
	}
}

func digestFile(name, algorithm string) (string, error) {
	h := newHash(algorithm)
	_, err := copyFile(context.Background(), h, name)
	return hex.EncodeToString(h.Sum(nil)), err
}
