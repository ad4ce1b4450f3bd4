package store

import (
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/qoyma/qoyma/services/platform/journal"
)

// Bucket is one top-level bucket of a service.
type Bucket struct {
	Name string
	// Appending: keys mostly grow, so pages are filled to 0.9 instead of 0.5 (1.3 times the
	// payload on disk instead of 2.3). bbolt does not keep the setting: it is set in
	// every transaction.
	Appending bool
}

// Schema is a service's buckets and their version. A higher version than the file's folds
// the state again from the journal, which is the migration that is always right; Migrate
// may do a cheaper one.
type Schema struct {
	Version uint64 // from 1
	Buckets []Bucket
	// Migrate brings the state from one version to the next in place; nil, or false from
	// it, means: fold again.
	Migrate func(tx *Tx, from uint64) (done bool, err error)
}

var platformBuckets = []Bucket{
	{Name: "meta"},
	{Name: "journal", Appending: true},
	{Name: "refs"},
	{Name: "tree", Appending: true},
	{Name: "keys"},
	{Name: "idem", Appending: true},
	{Name: "pruned"},
	{Name: "timers", Appending: true},
	{Name: "waiting"},
	{Name: "queue"},
	{Name: "readers"},
}

// folded tells which platform buckets follow from the journal alone.
func folded(name string) bool {
	switch name {
	case "meta", "journal", "readers":
		return false
	}
	return true
}

func (s *Store) buckets() []Bucket {
	return append(append([]Bucket(nil), platformBuckets...), s.cfg.Schema.Buckets...)
}

// prepare makes buckets and migrates. Everything happens in one transaction, except a fold,
// which is resumed at the next start if we crash within it.
func (s *Store) prepare(db *bbolt.DB) error {
	fold := false
	err := db.Update(func(btx *bbolt.Tx) error {
		for _, b := range s.buckets() {
			if _, err := btx.CreateBucketIfNotExists([]byte(b.Name)); err != nil {
				return fmt.Errorf("store %s: bucket %s: %w", s.cfg.Service, b.Name, err)
			}
		}
		tx := s.tx(btx)
		if tx.Get("meta", []byte("service")) == nil {
			tx.Put("meta", []byte("archive"), []byte(s.cfg.Archive))
			tx.Put("meta", []byte("service"), []byte(s.cfg.Service))
			tx.Put("meta", []byte("schema"), number(s.cfg.Schema.Version))
			return tx.err
		}
		// Before anything is changed: migrating the file of another service would fold it with
		// our Apply.
		if err := s.owned(&tx.View); err != nil {
			return fmt.Errorf("store %s: %w", s.cfg.Service, err)
		}
		have := parseNumber(tx.Get("meta", []byte("schema")))
		want := s.cfg.Schema.Version
		if have > want {
			return fmt.Errorf("store %s: the file has schema %d, this program knows %d: use the newer program", s.cfg.Service, have, want)
		}
		for ; have < want; have++ {
			done := false
			if s.cfg.Schema.Migrate != nil {
				var err error
				if done, err = s.cfg.Schema.Migrate(tx, have); err != nil {
					return fmt.Errorf("store %s: migrate from %d: %w", s.cfg.Service, have, err)
				}
			}
			fold = fold || !done
		}
		fold = fold || tx.Get("meta", []byte("folding")) != nil
		if !fold {
			tx.Put("meta", []byte("schema"), number(want))
		}
		return tx.err
	})
	if err != nil || !fold {
		return err
	}
	s.cfg.Log.Info("folding the store again from its journal", "schema", s.cfg.Schema.Version)
	if err := s.refold(db); err != nil {
		return err
	}
	// If we crash before this, the old version stands and the next start folds again.
	return db.Update(func(btx *bbolt.Tx) error {
		tx := s.tx(btx)
		tx.Put("meta", []byte("schema"), number(s.cfg.Schema.Version))
		return tx.err
	})
}

// Archive is the code of the archive whose file this is.
func (v *View) Archive() string { return string(v.Get("meta", []byte("archive"))) }

// owned refuses the file of another archive or service.
func (s *Store) owned(v *View) error {
	archive, service := v.Archive(), string(v.Get("meta", []byte("service")))
	if archive != s.cfg.Archive || service != s.cfg.Service {
		return fmt.Errorf("the file belongs to %s/%s, not to %s/%s", archive, service, s.cfg.Archive, s.cfg.Service)
	}
	return nil
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func parseNumber(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// View reads a service's buckets inside one transaction. Slices it gives are valid until the
// transaction ends and must not be changed.
type View struct {
	tx      *bbolt.Tx
	handles map[string]*bbolt.Bucket
	fill    map[string]bool
}

func (s *Store) view(tx *bbolt.Tx) *View {
	return &View{tx: tx, handles: make(map[string]*bbolt.Bucket, 8)}
}

func (v *View) bucket(name string) *bbolt.Bucket {
	b, ok := v.handles[name]
	if !ok {
		if b = v.tx.Bucket([]byte(name)); b != nil && v.fill[name] {
			b.FillPercent = 0.9
		}
		v.handles[name] = b
	}
	return b
}

// Get is the value of a key; nil where there is none.
func (v *View) Get(bucket string, key []byte) []byte {
	b := v.bucket(bucket)
	if b == nil || len(key) == 0 {
		return nil
	}
	return b.Get(key)
}

// Scan goes through the keys that begin with prefix, in order, from after (exclusive; nil
// means from the beginning). Nothing may be written to the bucket meanwhile.
func (v *View) Scan(bucket string, prefix, after []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, val []byte) bool) {
		b := v.bucket(bucket)
		if b == nil {
			return
		}
		c := b.Cursor()
		start := prefix
		if after != nil {
			start = append(append([]byte(nil), after...), 0)
		}
		for k, val := c.Seek(start); k != nil && hasPrefix(k, prefix); k, val = c.Next() {
			if !yield(k, val) {
				return
			}
		}
	}
}

// Last is the greatest key that begins with prefix, with its value; nil where there is none.
func (v *View) Last(bucket string, prefix []byte) (key, value []byte) {
	b := v.bucket(bucket)
	if b == nil {
		return nil, nil
	}
	c := b.Cursor()
	if len(prefix) == 0 {
		return c.Last()
	}
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			break
		}
		end = end[:i]
	}
	if len(end) == 0 {
		key, value = c.Last()
	} else if k, _ := c.Seek(end); k == nil {
		key, value = c.Last()
	} else {
		key, value = c.Prev()
	}
	if !hasPrefix(key, prefix) || key == nil {
		return nil, nil
	}
	return key, value
}

func hasPrefix(k, prefix []byte) bool {
	return len(k) >= len(prefix) && string(k[:len(prefix)]) == string(prefix)
}

// Entry reads one event of the journal; nil where there is none.
func (v *View) Entry(seq uint64) (*journal.Record, error) {
	raw := v.Get("journal", journal.SeqKey(seq))
	if raw == nil {
		return nil, nil
	}
	return journal.DecodeBytes(raw)
}

// Tx writes. A failed write is kept and ends the transaction: Apply need not look at it.
type Tx struct {
	View
	err   error
	asked struct {
		seq  uint64
		when time.Time
		id   []byte
	}
}

func (s *Store) tx(btx *bbolt.Tx) *Tx {
	fill := make(map[string]bool)
	for _, b := range s.buckets() {
		fill[b.Name] = b.Appending
	}
	return &Tx{View: View{tx: btx, handles: make(map[string]*bbolt.Bucket, 16), fill: fill}}
}

// Put writes a key. The value is copied by bbolt at commit and must not change until then.
func (t *Tx) Put(bucket string, key, value []byte) {
	b := t.bucket(bucket)
	if b == nil {
		t.fail(fmt.Errorf("no bucket %s", bucket))
		return
	}
	if err := b.Put(key, value); err != nil {
		t.fail(fmt.Errorf("bucket %s, key %x: %w", bucket, key, err))
	}
}

// Delete removes a key; one that is not there is no error.
func (t *Tx) Delete(bucket string, key []byte) {
	b := t.bucket(bucket)
	if b == nil {
		t.fail(fmt.Errorf("no bucket %s", bucket))
		return
	}
	if err := b.Delete(key); err != nil {
		t.fail(fmt.Errorf("bucket %s, key %x: %w", bucket, key, err))
	}
}

func (t *Tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// SetTimer lets a command of the kind fire for the key at a time (to the second).
func (t *Tx) SetTimer(due time.Time, kind, key string) {
	t.Put("timers", timerKey(due, kind, key), []byte{})
}

// ClearTimer takes a timer back.
func (t *Tx) ClearTimer(due time.Time, kind, key string) {
	t.Delete("timers", timerKey(due, kind, key))
}
