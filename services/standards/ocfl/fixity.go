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
	"os"
	"strconv"

	"golang.org/x/crypto/blake2b"
)

// located compares a file with manifest and fixity block: none missing, none more, none changed.
func (c *checker) located(f located) error {
	digest := f.digests[c.inv.DigestAlgorithm]
	if f.differs {
		c.bad(E093, clip(f.path), "algorithm", c.inv.DigestAlgorithm)
	}
	if !f.onDisk {
		if digest != "" { // E057 said the others
			c.bad(E092Gone, clip(f.path), "digest", digest)
		}
		return nil
	}
	if digest == "" {
		c.bad(E023, f.path)
	}
	if len(f.digests) == 0 {
		return nil
	}
	return c.compare(f.path, f.digests)
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
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	var total int64
	for buffer := make([]byte, min(128<<10, max(info.Size(), 0)+512)); ; { // a small file needs no large one
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
