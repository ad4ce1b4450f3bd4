package ocfl

import (
	"context"
	"crypto/md5"  // old fixity blocks name it; it is compared, never relied on
	"crypto/sha1" // as above
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
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
		if fixityHash(algorithm) != nil && algorithm != c.inv.DigestAlgorithm {
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
			c.bad(E023, clip(p))
			continue
		}
		if err := c.compare(p, listed[p]); err != nil {
			return err
		}
	}
	return nil
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

func fixityHash(algorithm string) hash.Hash {
	switch algorithm {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
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
