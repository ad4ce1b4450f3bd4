package staging

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// Small is a file that came whole.
type Small struct {
	Path    string
	Size    uint64 // as announced; another than Content has is a fault in the report
	Content []byte
}

// arrived is a small file whose name was let in.
type arrived struct {
	Small
	sink *bagit.Sink
	to   *hand
}

// Many takes files that came whole together: one lane hashes, writes and looks at all of them, so that what a
// hand-over between goroutines costs is paid once. Their bytes are lent until back is called; after an error they may
// never come back. full is as in File.
func (u *Upload) Many(files []Small, back func()) (full bool, err error) {
	u.end()
	batch := make([]arrived, 0, len(files))
	for _, f := range files {
		if f.Size > 1<<62 {
			return false, TooMuchData.With("path", clip(f.Path), "size", f.Size)
		}
		a := arrived{Small: f, to: new(hand)}
		if a.sink, err = u.checker.Begin(f.Path, int64(f.Size), a.to); err != nil {
			if full = errors.Is(err, bagit.TooManyEntries.Definition); full {
				break
			}
			continue // it is in the report
		}
		batch = append(batch, a)
		if len(u.written) < joined {
			u.wrote(u.area.Path(u.id, f.Path))
		}
		u.ahead.came += len(f.Content)
	}
	if broken := u.checker.Err(); broken != nil { // nothing that would still come could be judged
		return false, fmt.Errorf("staging: %w", broken)
	}
	u.flushAhead()
	if err := u.traffic.many(func() error { return u.puts(batch, back) }); err != nil {
		return false, fmt.Errorf("staging: %w", err)
	}
	return full, nil
}

// puts takes files in a lane. After an error the upload ends, and no report is made.
func (u *Upload) puts(batch []arrived, back func()) error {
	for i, a := range batch {
		if err := u.put(a); err != nil {
			for _, rest := range batch[i:] {
				_ = rest.sink.Abort()
			}
			return err
		}
	}
	if back != nil {
		back()
	}
	return nil
}

// put writes one small file, and hashes and looks at it while its bytes are still in the processor's cache. It is not
// durable yet.
func (u *Upload) put(a arrived) (err error) {
	// Relative to the folder, and by the kernel's own calls: what os.File adds for files that are waited for costs
	// a fifth of making the file.
	name := sha256.Sum256([]byte(a.Path))
	fd, err := unix.Openat(int(u.folder.Fd()), hex.EncodeToString(name[:]), unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return &fs.PathError{Op: "open", Path: u.area.Path(u.id, a.Path), Err: err}
	}
	a.to.Writer = descriptor(fd)
	err = a.sink.Whole(a.Content)
	if err = errors.Join(err, unix.Close(fd)); err != nil {
		return err
	}
	runtime.KeepAlive(u.folder)
	if u.Look != nil {
		return u.Look(a.Path, a.Content)
	}
	return nil
}

// descriptor writes to an open file.
type descriptor int

func (d descriptor) Write(p []byte) (n int, err error) {
	for n < len(p) {
		more, err := unix.Write(int(d), p[n:])
		if err != nil && !errors.Is(err, unix.EINTR) {
			return n, fmt.Errorf("write: %w", err)
		}
		n += max(more, 0)
	}
	return n, nil
}
