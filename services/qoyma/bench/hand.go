package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ncw/directio"
	"golang.org/x/sys/unix"

	disk "github.com/qoyma/qoyma/services/standards/flush"
)

// hand is how long people need, step by step.
type hand struct{ copied, summed, synced time.Duration }

// byHand copies a tree and counts its digests, as people do, and then has the disk take it, as they do not.
func byHand(ctx context.Context, tree, to string) (h hand, err error) {
	for _, step := range []struct {
		took *time.Duration
		argv []string
	}{
		{&h.copied, []string{"cp", "-r", tree, to}},
		{&h.summed, []string{"find", to, "-type", "f", "-exec", "sha256sum", "{}", "+"}},
		{&h.synced, []string{"sync", "-f", to}},
	} {
		began := time.Now()
		if err := exec.CommandContext(ctx, step.argv[0], step.argv[1:]...).Run(); err != nil {
			return h, fmt.Errorf("bench: %s: %w", step.argv[0], err)
		}
		*step.took = time.Since(began)
	}
	return h, nil
}

// byDisk is how long the disk alone needs for the bytes of a tree: read, written past the page cache into one file by another goroutine
// meanwhile, and flushed. Nothing durable is faster by much, whatever it does besides.
func byDisk(tree, to string) (took time.Duration, err error) {
	began := time.Now()
	f, err := directio.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, unix.EINVAL) { // a file system that has nothing but its cache
		f, err = os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const size = 4 << 20
	full, empty := make(chan []byte, 2), make(chan []byte, 2)
	empty <- directio.AlignedBlock(size)
	empty <- directio.AlignedBlock(size)
	written := make(chan error, 1)
	go func() {
		var err error
		for b := range full {
			if err == nil {
				_, err = f.Write(b)
			}
			empty <- b
		}
		written <- err
	}()
	at, block := 0, <-empty
	err = filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for len(content) > 0 {
			n := copy(block[at:], content)
			if at, content = at+n, content[n:]; at == size {
				full <- block
				at, block = 0, <-empty
			}
		}
		return err
	})
	if at > 0 {
		full <- block // whole blocks only
	}
	close(full)
	if err := errors.Join(err, <-written, unix.Fdatasync(int(f.Fd()))); err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	return time.Since(began), nil
}

// quiesce has the disk take what earlier steps left in the page cache, so that none pays for another.
func quiesce(dir string) (err error) {
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	return disk.FileSystem(folder)
}
