package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// raw is a file that is appended to and synced, which is the least that durability costs.
type raw struct {
	f    *os.File
	page [4096]byte
	at   int64
}

func newRaw(path string) (*raw, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return &raw{f: f}, nil
}

func (r *raw) close() error { return r.f.Close() }

// append writes 4 KiB and waits for the disk; for one caller.
func (r *raw) append(_ context.Context, n int) error {
	binary.BigEndian.PutUint64(r.page[:], uint64(n))
	if _, err := r.f.WriteAt(r.page[:], r.at); err != nil {
		return err
	}
	r.at += int64(len(r.page))
	return unix.Fdatasync(int(r.f.Fd()))
}

// payload is about what one registered file takes in a journal.
const payload = 300

// plain is a bbolt file with the same number of rows, used without groups.
type plain struct {
	db   *bbolt.DB
	rows int
}

var rowsBucket = []byte("rows")

func newPlain(path string, cfg Config) (*plain, error) {
	cfg.Progress(fmt.Sprintf("plain bbolt: %d rows", cfg.Rows))
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 8 << 30})
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	p := &plain{db: db, rows: max(cfg.Rows, 1)}
	value := make([]byte, payload)
	for from := 0; from < p.rows; from += 50_000 {
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(rowsBucket)
			for i := from; err == nil && i < min(from+50_000, p.rows); i++ {
				b.FillPercent = 0.9
				err = b.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), value)
			}
			return err
		}); err != nil {
			return nil, errors.Join(fmt.Errorf("bench: %w", err), db.Close())
		}
	}
	return p, nil
}

func (p *plain) close() error { return p.db.Close() }

// update puts one row with bbolt.Update.
func (p *plain) update(context.Context, int) error {
	return p.db.Update(func(tx *bbolt.Tx) error {
		key := uint64(rand.IntN(p.rows)) //nolint:gosec // rows to measure, not a secret
		return tx.Bucket(rowsBucket).Put(binary.BigEndian.AppendUint64(nil, key), make([]byte, payload))
	})
}
