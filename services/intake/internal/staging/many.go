package staging

import (
	"crypto/sha512"
	"errors"
	"fmt"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/sha512many"
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
}

// Many takes files that came whole together: one lane hashes, writes and looks at all of them, so that what a
// hand-over between goroutines costs is paid once. Their bytes are lent until back is called; after an error they may
// never come back. full is as in File.
func (u *Upload) Many(files []Small, back func()) (full bool, err error) {
	u.end()
	batch := make([]arrived, 0, len(files))
	for _, f := range files {
		if f.Size > 1<<62 {
			return false, TooMuchData.With("path", clip.Runes(f.Path, maxShown), "size", f.Size)
		}
		a := arrived{Small: f}
		if a.sink, err = u.checker.Begin(f.Path, int64(f.Size), nil); err != nil {
			if full = errors.Is(err, bagit.TooManyEntries.Definition); full {
				break
			}
			continue // it is in the report
		}
		batch = append(batch, a)
	}
	if broken := u.checker.Err(); broken != nil { // nothing that would still come could be judged
		return false, fmt.Errorf("staging: %w", broken)
	}
	if err := u.traffic.many(func() error { return u.puts(batch, back) }); err != nil {
		return false, fmt.Errorf("staging: %w", err)
	}
	return full, nil
}

// puts takes files in a lane. After an error the upload ends, and no report is made.
func (u *Upload) puts(batch []arrived, back func()) error {
	contents := make([][]byte, len(batch))
	for i, a := range batch {
		contents[i] = a.Content
	}
	for i, sum := range sha512many.Sum(contents) {
		if err := u.put(batch[i], &sum); err != nil {
			for _, rest := range batch[i:] {
				_ = rest.sink.Abort()
			}
			return err
		}
	}
	if len(batch) > 0 {
		// All at once: lanes that ask for the pack at each file wait for each other more than they write.
		if err := u.pack.add(batch); err != nil {
			return err
		}
	}
	if back != nil {
		back()
	}
	return nil
}

// put hashes and looks at one small file while its bytes are in the processor's cache.
func (u *Upload) put(a arrived, sum *[sha512.Size]byte) error {
	if err := a.sink.Whole(a.Content, sum); err != nil {
		return err
	}
	if u.Look != nil {
		return u.Look(a.Path, a.Content)
	}
	return nil
}
