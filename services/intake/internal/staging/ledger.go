package staging

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ncw/directio"
	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// Small files of a package that comes file by file lie in its pack too. While they come the pack says itself what lies
// in it: of two files the second would have to wait until the first is flushed.
//
//	pack      calls, one behind the other; each has
//	          a head     how many bytes its records take (8) · its files' bytes (8), both big-endian
//	          records    of each file that came or is forgotten: JSON
//	          bytes      of its files, in the order of the records
//	          padding    up to whole blocks: they are written past the page cache, into which the copy costs more than SHA-512
//
// The head and each record are framed: length in bytes (4) · CRC-32C of where the frame begins and of its text (4) ·
// text. So a frame counts only where it was written.
//
// A call is written when the one before it is on the disk. Only the last one may be torn therefore: it counts where
// each record is there and each file has its SHA-256; otherwise it is cut off, and nobody had heard of it.

const (
	frameHead = 8
	headText  = 16
	// maxRecord bounds a record's text: path, name and metadata have up to 4, 4 and 8 KiB, of which JSON may make six
	// times as many.
	maxRecord = 128 << 10
)

// record says of one file that it came, and what the one pass over it found, or that it is forgotten.
type record struct {
	File  *File        `json:"file,omitempty"`
	Entry *bagit.Entry `json:"entry,omitempty"`
	Seen  *string      `json:"seen,omitempty"` // as in Came
	Gone  *string      `json:"gone,omitempty"` // its path
}

// spot is where a file lies in a pack: where the frame of its record begins, and where its bytes do.
type spot struct{ record, bytes int64 }

func (s spot) String() string {
	return strconv.FormatInt(s.record, 36) + " " + strconv.FormatInt(s.bytes, 36)
}

// spotOf reads what String wrote.
func spotOf(text string) (s spot, ok bool) {
	record, bytes, _ := strings.Cut(text, " ")
	var err, err2 error
	s.record, err = strconv.ParseInt(record, 36, 64)
	s.bytes, err2 = strconv.ParseInt(bytes, 36, 64)
	return s, err == nil && err2 == nil
}

// noted is a record of a call that counts.
type noted struct {
	record
	spot
}

// path is whose record it is.
func (n noted) path() string {
	if n.File != nil {
		return n.File.Path
	}
	return *n.Gone
}

// is what the path is in the table of names.
func (n noted) is() string {
	if n.File != nil {
		return n.spot.String()
	}
	return dropped
}

// errTorn is what everything of a package ends with after a disk took a call in part and did not take that back: what
// stands there is judged at the next start, and nothing may be written that would contradict it.
var errTorn = errors.New("a call was written in part and could not be taken back: restart the archive once its disk is well")

// ledger writes the pack of a package that comes file by file. Its methods may be called by several goroutines at once.
type ledger struct {
	folder string
	torn   atomic.Bool // errTorn

	mu    sync.Mutex // one call is written at a time
	end   int64      // where the calls end that are on the disk, in bytes
	named bool       // the disk has its name
}

// path is where the pack lies.
func (l *ledger) path() string { return filepath.Join(l.folder, packName) }

// length is how many bytes of the pack count.
func (l *ledger) length() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}

// append writes a call: its records, and the bytes of those that have some. When it returns nil all of it is on the
// disk; otherwise nothing of it stands there, or errTorn is among the errors.
func (l *ledger) append(records []record, contents [][]byte) ([]spot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.torn.Load() {
		return nil, errTorn
	}
	lent, _ := blocks.Get().(*[]byte) // as much as all but few calls need
	defer blocks.Put(lent)
	text, spots, err := callText(*lent, l.end, records, contents)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(l.path(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was flushed, or taken back
	if err = l.write(f, text); err == nil {
		err = f.Sync()
	}
	if err == nil && !l.named {
		err = syncDir(l.folder)
	}
	// If we crash here or above, the next start finds the whole call or none of it.
	if err != nil {
		return nil, errors.Join(err, l.takeBack(f))
	}
	l.named = true
	l.end += int64(len(text))
	return spots, nil
}

// write writes a call past the page cache where the file system can.
func (l *ledger) write(f *os.File, text []byte) error {
	if past, err := directio.OpenFile(l.path(), os.O_WRONLY, 0); err == nil {
		_, err = past.WriteAt(text, l.end)
		if err = errors.Join(err, past.Close()); !errors.Is(err, unix.EINVAL) { // some open files so, and do not write them
			return err
		}
	}
	_, err := f.WriteAt(text, l.end)
	return err
}

// takeBack cuts off what the disk did not take whole. It needs no room.
func (l *ledger) takeBack(f *os.File) error {
	err := f.Truncate(l.end)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		return nil
	}
	l.torn.Store(true)
	return errors.Join(errTorn, err)
}

// padded is how many bytes a call takes of the pack.
func padded(size int64) int64 {
	return (size + directio.BlockSize - 1) / directio.BlockSize * directio.BlockSize
}

// callText is a call that begins at a place, in memory that is lent where there is enough of it, and where the files of
// its records lie then.
func callText(lent []byte, at int64, records []record, contents [][]byte) ([]byte, []spot, error) {
	const head = frameHead + headText
	texts := make([]byte, head, head+len(records)*most)
	spots := make([]spot, len(records))
	for i, r := range records {
		raw, err := json.Marshal(r)
		if err != nil {
			return nil, nil, err
		}
		if len(raw) > maxRecord {
			return nil, nil, fmt.Errorf("a record of %d bytes", len(raw))
		}
		spots[i].record = at + int64(len(texts))
		texts = frame(texts, spots[i].record, raw)
	}
	end := at + int64(len(texts))
	for i, c := range contents {
		spots[i].bytes = end
		end += int64(len(c))
	}
	first := binary.BigEndian.AppendUint64(make([]byte, 0, headText), uint64(len(texts)-head))
	frame(texts[:0], at, binary.BigEndian.AppendUint64(first, uint64(end-at)-uint64(len(texts))))
	size := int(padded(end - at))
	if len(lent) < size {
		lent = directio.AlignedBlock(size)
	}
	text := lent[:0]
	text = append(text, texts...)
	for _, c := range contents {
		text = append(text, c...)
	}
	clear(lent[len(text):size])
	return lent[:size], spots, nil
}

// frame adds a frame that begins at a place.
func frame(to []byte, at int64, text []byte) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(text)))
	return append(binary.BigEndian.AppendUint32(to, checksum(at, text)), text...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(at int64, text []byte) uint32 {
	place := binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(at))
	return crc32.Update(crc32.Checksum(place, castagnoli), castagnoli, text)
}

// most is what most records have with their frame, in bytes.
const most = 1 << 10

// frameAt reads the text of the frame that begins at a place; ok is false where none does.
func frameAt(f io.ReaderAt, at int64) (text []byte, ok bool, err error) {
	raw := make([]byte, most)
	n, err := f.ReadAt(raw, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if n < frameHead {
		return nil, false, nil
	}
	size := binary.BigEndian.Uint32(raw)
	if size > maxRecord {
		return nil, false, nil
	}
	text = raw[frameHead:n]
	if more := int(size) - len(text); more > 0 {
		text = append(text, make([]byte, more)...)
		if _, err := f.ReadAt(text[n-frameHead:], at+int64(n)); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return nil, false, err
		}
	}
	text = text[:size]
	return text, checksum(at, text) == binary.BigEndian.Uint32(raw[4:]), nil
}

// recordAt reads the record whose frame begins at a place, and where the next frame would; ok is false where there is none.
func recordAt(f io.ReaderAt, at int64) (r record, next int64, ok bool, err error) {
	text, ok, err := frameAt(f, at)
	if !ok || err != nil || json.Unmarshal(text, &r) != nil {
		return r, 0, false, err
	}
	came := r.Gone == nil && r.File != nil && r.Entry != nil && r.Entry.Path == r.File.Path && uint64(r.Entry.Size) == r.File.Size
	gone := r.Gone != nil && r.File == nil && r.Entry == nil
	return r, at + int64(frameHead+len(text)), came || gone, nil
}

// call is one that stands in a pack.
type call struct {
	end     int64
	records []noted
}

// callAt reads the call that begins at a place of a pack of some size, in bytes; nil where none does. Whether its files
// have their bytes is not looked at.
func callAt(f io.ReaderAt, at, size int64) (*call, error) {
	head, ok, err := frameAt(f, at)
	if !ok || err != nil || len(head) != headText {
		return nil, err
	}
	texts, bytes := binary.BigEndian.Uint64(head), binary.BigEndian.Uint64(head[8:])
	from := at + frameHead + headText
	if from > size || texts > uint64(size-from) || bytes > uint64(size-from)-texts {
		return nil, nil
	}
	last, content, end := from+int64(texts), from+int64(texts), from+int64(texts+bytes)
	c := &call{end: at + padded(end-at)}
	for next := from; next < last; {
		n := noted{spot: spot{record: next, bytes: content}}
		if n.record, next, ok, err = recordAt(f, next); !ok || err != nil || next > last {
			return nil, err
		}
		if n.File != nil {
			if n.File.Size > uint64(end-content) {
				return nil, nil
			}
			content += int64(n.File.Size)
		}
		c.records = append(c.records, n)
	}
	if content != end || c.end > size {
		return nil, nil
	}
	return c, nil
}

// whole tells whether each file of the call has its bytes.
func (c *call) whole(f io.ReaderAt) (bool, error) {
	for _, n := range c.records {
		if n.File == nil {
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, io.NewSectionReader(f, n.bytes, int64(n.File.Size))); err != nil {
			return false, err
		}
		if hex.EncodeToString(sum.Sum(nil)) != n.Entry.SHA256 {
			return false, nil
		}
	}
	return true, nil
}

// walkPack gives the records of the calls that count in a pack of some size, in bytes, and where they end.
func walkPack(f io.ReaderAt, size int64, visit func(noted) error) (end int64, err error) {
	this, err := callAt(f, 0, size)
	for err == nil && this != nil {
		var next *call
		if next, err = callAt(f, this.end, size); err != nil {
			break
		}
		if next == nil {
			if whole, err := this.whole(f); !whole || err != nil {
				return end, err
			}
		}
		for _, n := range this.records {
			if err := visit(n); err != nil {
				return end, err
			}
		}
		this, end = next, this.end
	}
	return end, err
}

// walk gives the records of the calls that are on the disk.
func (l *ledger) walk(visit func(noted) error) error {
	size := l.length()
	if size == 0 {
		return nil
	}
	f, err := os.Open(l.path())
	if err != nil {
		return err
	}
	_, err = walkPack(f, size, visit)
	return errors.Join(err, f.Close())
}

// recover finds the calls that the last process left, and cuts off a torn one.
func (l *ledger) recover(visit func(noted) error) error {
	f, err := os.OpenFile(l.path(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	info, err := f.Stat()
	if err == nil {
		l.end, err = walkPack(f, info.Size(), visit)
	}
	if err == nil && l.end < info.Size() {
		err = f.Truncate(l.end)
	}
	return errors.Join(err, f.Close())
}

// reading reads records one after the other; it opens the pack for the first, and ends with close.
type reading struct {
	from *ledger
	file *os.File
}

// at gives the record whose frame begins at a place; ok is false where there is none.
func (r *reading) at(place int64) (one record, ok bool, err error) {
	if r.file == nil {
		if r.file, err = os.Open(r.from.path()); err != nil {
			return one, false, err
		}
	}
	one, _, ok, err = recordAt(r.file, place)
	return one, ok, err
}

func (r *reading) close() {
	if r.file != nil {
		_ = r.file.Close() // only read from
	}
}
