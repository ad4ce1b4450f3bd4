package staging

import (
	"crypto/sha1" //nolint:gosec // tus asks every server for it; it guards against accidents alone
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// flushEvery is after how many bytes of one piece without a checksum the disk is made to have them: a
// killed server loses no more of a long piece.
const flushEvery = 32 << 20

// recounted is up to how many bytes a file that an earlier process began is read again when its next
// bytes come; a longer one is read once it is whole, when nobody waits for an answer within seconds.
const recounted = 1 << 30

// pastAtOnce is how many pieces go past the page cache at once, in the whole area.
const pastAtOnce = 8

// measured bounds the files whose one pass is held in memory, in the whole area.
const measured = 64

// Part is one file of a package on its way in. At any moment one Piece may write to it, the
// latest that began.
type Part struct {
	File
	set     *Set
	key     string
	durable atomic.Uint64        // offset that the row says, or all of it where it lies in the pack
	small   bool                 // its place is in the pack: it comes whole
	spot    atomic.Pointer[spot] // there; nil until it has come
	brought int                  // calls that bring it whole; the set's lock guards it

	mu      sync.Mutex
	piece   *Piece // who may write
	file    target
	measure *bagit.Measure // nil where the pass is to be made from the disk
	entry   *bagit.Entry   // once whole and measured
	seen    *string        // as in Came
}

// ID names package and file; of a small one it says where its record is, so that no table is needed to find it.
func (p *Part) ID() string {
	if at := p.spot.Load(); at != nil {
		return p.set.ID + "." + p.key + "." + strconv.FormatInt(at.record, 36)
	}
	return p.set.ID + "." + p.key
}

// Offset is how many bytes are on disk.
func (p *Part) Offset() uint64 { return p.durable.Load() }

func (p *Part) data() string { return filepath.Join(p.set.area.dir, p.set.ID, p.key) }

// place is where its bytes lie.
func (p *Part) place() Place {
	if at := p.spot.Load(); at != nil {
		return Place{File: p.set.pack.path(), Part: true, At: at.bytes, Size: int64(p.Size)}
	}
	return Place{File: p.data()}
}

// clear takes its files from the disk; those that are not there are no error. The row goes first: bytes without a row are nobody's.
func (p *Part) clear() error {
	for _, path := range []string{p.data() + rowSuffix, p.data()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// begin writes the row. It is durable with its first bytes; a file that has none is durable at once.
func (p *Part) begin() error {
	row := p.data() + rowSuffix
	if p.Size > 0 {
		return writeLines(row, false, line{File: &p.File})
	}
	empty, err := os.OpenFile(p.data(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	entry := bagit.NewMeasure(p.Path, p.set.area.Identify).Entry()
	p.entry = &entry
	if err := errors.Join(empty.Close(), writeLines(row, true, line{File: &p.File}, line{Offset: &p.Size}, line{Entry: p.entry})); err != nil {
		return err
	}
	return syncDir(filepath.Dir(row))
}

// Piece is bytes of one call. One goroutine uses it; it ends with End or Break.
type Piece struct {
	part   *Part
	want   string    // SHA-256 or SHA-1 in hex, or empty
	sum    hash.Hash // where one is wanted
	offset uint64    // written
	lost   error     // of a flush: the disk may have dropped what it did not take, and says so once
}

// Begin lets bytes follow at an offset. Whoever wrote to the file before is stopped: his line was lost, or
// he sends the same. Errors: WrongOffset, Finishing, NoUpload.
func (p *Part) Begin(offset uint64, sum string) (*Piece, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.mayWrite(); err != nil {
		return nil, err
	}
	if p.piece != nil {
		if err := p.piece.settle(); err != nil {
			return nil, err
		}
	}
	if offset != p.Offset() {
		return nil, WrongOffset.With("offset", p.Offset())
	}
	if p.small && p.spot.Load() == nil { // a call is about to bring it whole
		return nil, TakenOver.With()
	}
	if err := p.openData(); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	p.piece = &Piece{part: p, want: sum, offset: offset}
	switch len(sum) {
	case 0:
	case hex.EncodedLen(sha1.Size):
		p.piece.sum = sha1.New() //nolint:gosec // as above
	default:
		p.piece.sum = sha256.New()
	}
	return p.piece, nil
}

// openData has the next bytes go behind those that are there. Nothing follows a whole file, wherever it lies.
func (p *Part) openData() error {
	if p.Offset() == p.Size {
		p.forget()
		return nil
	}
	f, err := os.OpenFile(p.data(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err = p.catchUp(f); err == nil {
		_, err = f.Seek(int64(p.Offset()), io.SeekStart)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	p.file = f
	if p.Size-p.Offset() >= uncached {
		if d := p.set.area.direct(f, int64(p.Offset())); d != nil {
			p.file = d
		}
	}
	return nil
}

// target is the file to which a piece is written. Bytes are on the disk after Sync; after Truncate nothing is written.
type target interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// counted is a file past the page cache that is one of those at once.
type counted struct {
	*direct
	area *Area
}

func (c counted) Close() error {
	c.area.sets.past.Add(-1)
	return c.direct.Close()
}

// direct has a piece go past the page cache, where not too many do: each holds two blocks, as long as its sender is slow.
func (a *Area) direct(f *os.File, at int64) target {
	if a.sets.past.Add(1) <= pastAtOnce {
		if d := pastCache(f, at); d != nil {
			return counted{d, a}
		}
	}
	a.sets.past.Add(-1)
	return nil
}

func (p *Part) mayWrite() error {
	p.set.mu.Lock()
	defer p.set.mu.Unlock()
	if !p.set.is(p) {
		return NoUpload.With()
	}
	return p.set.open()
}

// catchUp has the one pass stand where the bytes stand, where that is soon done.
func (p *Part) catchUp(f io.ReaderAt) error {
	at := p.Offset()
	if p.measure != nil && uint64(p.measure.Size()) == at {
		return nil
	}
	p.forget()
	if at > recounted {
		return nil
	}
	p.measure = bagit.NewMeasure(p.Path, p.set.area.Identify)
	p.set.area.holds(p)
	if _, err := io.Copy(p.measure, io.NewSectionReader(f, 0, int64(at))); err != nil {
		return err
	}
	if uint64(p.measure.Size()) != at {
		return Lost.With("package", p.set.ID)
	}
	return nil
}

// forget drops the pass; the disk has the bytes.
func (p *Part) forget() {
	if p.measure != nil {
		p.measure.Drop()
		p.measure = nil
		p.set.area.released(p)
	}
}

// holds counts a pass in memory, and drops another that rests where there are too many.
func (a *Area) holds(p *Part) {
	a.sets.mu.Lock()
	defer a.sets.mu.Unlock()
	if a.sets.measuring == nil {
		a.sets.measuring = map[*Part]bool{}
	}
	a.sets.measuring[p] = true
	for other := range a.sets.measuring {
		if len(a.sets.measuring) <= measured {
			return
		}
		if other != p && other.mu.TryLock() {
			if other.piece == nil && other.measure != nil {
				other.measure.Drop()
				other.measure = nil
				delete(a.sets.measuring, other)
			}
			other.mu.Unlock()
		}
	}
}

func (a *Area) released(p *Part) {
	a.sets.mu.Lock()
	defer a.sets.mu.Unlock()
	delete(a.sets.measuring, p)
}

// Write takes the next bytes. Errors: TakenOver, TooMuchData, and those of the disk; what came before
// stays.
func (w *Piece) Write(b []byte) (int, error) {
	p := w.part
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.piece != w {
		return 0, TakenOver.With()
	}
	if uint64(len(b)) > p.Size-w.offset {
		return 0, TooMuchData.With("path", clip.Runes(p.Path, maxShown), "size", p.Size)
	}
	if p.file == nil { // the file is whole, and these are no bytes
		return 0, nil
	}
	n, err := p.file.Write(b)
	if err != nil {
		// What the disk took of these bytes is behind the offset, and overwritten.
		return 0, fmt.Errorf("staging: %w", err)
	}
	w.offset += uint64(n)
	if p.measure != nil {
		_, _ = p.measure.Write(b) // never fails
	}
	if w.sum != nil {
		_, _ = w.sum.Write(b) // never fails
	} else if w.offset-p.Offset() >= flushEvery {
		return n, w.flush()
	}
	return n, nil
}

// End makes the bytes durable. When it returns nil, Offset counts them. Errors: TakenOver,
// WrongChecksum, those of the disk; then the offset is where it was, or further where there was no checksum.
func (w *Piece) End() error {
	p := w.part
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.piece != w {
		return TakenOver.With()
	}
	if w.sum != nil && hex.EncodeToString(w.sum.Sum(nil)) != w.want {
		return errors.Join(WrongChecksum.With(), w.settle())
	}
	w.sum = nil // it holds: the bytes may be kept
	return w.settle()
}

// Break ends a piece whose sender went away: bytes that no checksum holds are kept.
func (w *Piece) Break() error {
	p := w.part
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.piece != w {
		return nil
	}
	return w.settle()
}

// settle ends the piece: its bytes are made durable, or cut off where a checksum was to hold.
// The part is locked.
func (w *Piece) settle() (err error) {
	p := w.part
	if w.sum == nil {
		err = w.flush()
	}
	if p.Offset() != w.offset || err != nil {
		// The pass has seen bytes that do not count.
		p.forget()
		err = errors.Join(err, p.file.Truncate(int64(p.Offset())))
	}
	if p.file != nil {
		err = errors.Join(err, p.file.Close())
	}
	p.piece, p.file = nil, nil
	if err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// flush makes the disk have what was written, then the row say so. The part is locked.
func (w *Piece) flush() error {
	p := w.part
	before := p.Offset()
	if w.offset == before || w.lost != nil {
		return w.lost
	}
	if w.lost = p.file.Sync(); w.lost != nil {
		return w.lost
	}
	// If we crash here the row says less than there is: the rest is cut off, and sent again.
	lines := []line{{Offset: &w.offset}}
	var entry *bagit.Entry
	if w.offset == p.Size && p.measure != nil {
		e := p.measure.Entry()
		p.measure = nil
		p.set.area.released(p)
		entry, lines = &e, append(lines, line{Entry: &e})
	}
	if err := writeLines(p.data()+rowSuffix, true, lines...); err != nil {
		return err
	}
	if before == 0 {
		if err := syncDir(filepath.Dir(p.data())); err != nil {
			return err
		}
	}
	p.entry = entry
	p.durable.Store(w.offset)
	p.set.mu.Lock()
	p.set.came(p, before, w.offset)
	p.set.last = time.Now()
	p.set.mu.Unlock()
	return nil
}

// Digest is the SHA-256 of the bytes on disk, in hex; they are read where they were not counted.
func (p *Part) Digest() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entry != nil {
		return p.entry.SHA256, nil
	}
	if p.piece == nil && p.measure != nil && uint64(p.measure.Size()) == p.Offset() {
		return p.measure.SHA256(), nil
	}
	f, err := os.Open(p.data())
	if errors.Is(err, fs.ErrNotExist) && p.Offset() == 0 {
		return hex.EncodeToString(sha256.New().Sum(nil)), nil
	}
	if err != nil {
		return "", fmt.Errorf("staging: %w", err)
	}
	sum := sha256.New()
	_, err = io.Copy(sum, io.NewSectionReader(f, 0, int64(p.Offset())))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("staging: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Found is what the one pass over a whole file found; it is made from the disk where an
// earlier process took the beginning.
func (p *Part) Found() (bagit.Entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entry != nil {
		return *p.entry, nil
	}
	f, err := os.Open(p.data())
	if err != nil {
		return bagit.Entry{}, fmt.Errorf("staging: %w", err)
	}
	m := bagit.NewMeasure(p.Path, p.set.area.Identify)
	_, err = io.Copy(m, f)
	if err = errors.Join(err, f.Close()); err != nil {
		m.Drop()
		return bagit.Entry{}, fmt.Errorf("staging: %w", err)
	}
	e := m.Entry()
	if uint64(e.Size) != p.Size {
		return e, Lost.With("package", p.set.ID)
	}
	if err := writeLines(p.data()+rowSuffix, true, line{Entry: &e}); err != nil {
		return e, fmt.Errorf("staging: %w", err)
	}
	p.entry = &e
	return e, nil
}

// stop lets nobody write any more. The part is locked.
func (p *Part) stop() {
	if p.file != nil {
		_ = p.file.Close() // its bytes are given up, or flushed already
	}
	p.piece, p.file = nil, nil
	p.forget()
}
