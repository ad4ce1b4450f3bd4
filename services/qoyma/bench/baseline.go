package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// fdatasyncs appends 4 KiB and waits for the disk, one at a time.
func fdatasyncs(ctx context.Context, path string, period time.Duration) (_ *result, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(path)) }()
	page := make([]byte, 4096)
	return drive(ctx, 1, period, func(_ context.Context, n int) error {
		binary.BigEndian.PutUint64(page, uint64(n))
		if _, err := f.WriteAt(page, int64(n-1)*int64(len(page))); err != nil {
			return err
		}
		return unix.Fdatasync(int(f.Fd()))
	})
}

// payload is about what one registered file takes in a journal.
const payload = 300

// updates puts one row with bbolt.Update, as one would without a group: the same number of
// rows is there already, the same number of callers calls.
func updates(ctx context.Context, path string, cfg Config) (_ *result, err error) {
	cfg.Progress(fmt.Sprintf("plain bbolt: %d rows", cfg.Rows))
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 8 << 30})
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close(), os.Remove(path)) }()
	name, value := []byte("rows"), make([]byte, payload)
	for from := 0; from < cfg.Rows; from += 50_000 {
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(name)
			for i := from; err == nil && i < min(from+50_000, cfg.Rows); i++ {
				b.FillPercent = 0.9
				err = b.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), value)
			}
			return err
		}); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
	}
	cfg.Progress("plain bbolt.Update")
	return drive(ctx, cfg.Callers, cfg.Period, func(_ context.Context, n int) error {
		return db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(name)
			if err != nil {
				return err
			}
			key := uint64(rand.IntN(max(cfg.Rows, 1))) //nolint:gosec // rows to measure, not a secret
			return b.Put(binary.BigEndian.AppendUint64(nil, key), value)
		})
	})
}
