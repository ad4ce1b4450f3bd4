package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"
)

// BenchmarkCommand measures durable commands of 256 callers beside plain bbolt.Update; the
// ratio of the two is what counts, absolute figures swing with the disk.
func BenchmarkCommand(b *testing.B) {
	b.Run("update", func(b *testing.B) {
		db, err := bbolt.Open(filepath.Join(b.TempDir(), "plain.db"), 0o600, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		for i := 0; b.Loop(); i++ {
			if err := db.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucketIfNotExists([]byte("b"))
				if err != nil {
					return err
				}
				return bucket.Put(fmt.Appendf(nil, "o%012d", i), []byte("value"))
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("fdatasync", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		page := make([]byte, 4096)
		for b.Loop() {
			if _, err := f.WriteAt(page, 0); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, refused := range []int{0, 20} {
		b.Run(fmt.Sprintf("do/refused=%d", refused), func(b *testing.B) {
			s := open(b, config(b.TempDir()))
			const callers = 256
			var next, accepted atomic.Int64
			total := int64(b.N)
			b.ResetTimer()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for {
						i := next.Add(1)
						if i > total {
							return
						}
						id := fmt.Sprintf("o%012d", i)
						if int(i%100) < refused {
							id = "o000000000050"
						}
						if _, err := s.Do(context.Background(), command(register(id))); err == nil {
							accepted.Add(1)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(accepted.Load())/b.Elapsed().Seconds(), "ok/s")
		})
	}
}
