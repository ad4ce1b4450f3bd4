package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"
)

// Table finds rows by their keys. One goroutine uses it at a time; it ends with Close.
type Table struct {
	place Place
	fresh map[string]string // not in the file yet
	cost  int               // of fresh, in bytes
	db    *bbolt.DB         // nil while nothing is in a file
	lost  error             // what the file did not take
}

// freshCost is what a row of a map takes besides its bytes.
const freshCost = 64

// maxStep is how many rows go into the file at once: each may touch a page of its own, and all pages
// of a transaction are in memory.
const maxStep = 500

var bucket = []byte("rows")

// Table begins an empty one.
func (p Place) Table() *Table { return &Table{place: p, fresh: map[string]string{}} }

// Put writes a row, in the place of one that has its key. A value may be empty. An error comes again from
// every call after it.
func (t *Table) Put(key, value string) error {
	if t.lost != nil {
		return t.lost
	}
	t.fresh[key] = value
	if t.cost += len(key) + len(value) + freshCost; t.cost <= t.place.budget() {
		return nil
	}
	if err := t.spill(); err != nil {
		t.lost = fmt.Errorf("spool: %w", err)
	}
	return t.lost
}

// Get finds a row.
func (t *Table) Get(key string) (value string, there bool, err error) {
	if t.lost != nil {
		return "", false, t.lost
	}
	if value, there = t.fresh[key]; there || t.db == nil {
		return value, there, nil
	}
	err = t.db.View(func(tx *bbolt.Tx) error {
		// A value begins with a byte of ours: bbolt does not tell an empty one from none.
		if raw := tx.Bucket(bucket).Get([]byte(key)); raw != nil {
			value, there = string(raw[1:]), true
		}
		return nil
	})
	if err != nil {
		return "", false, fmt.Errorf("spool: %w", err)
	}
	return value, there, nil
}

// After gives up to n rows whose keys follow a key, in their order.
func (t *Table) After(key string, n int) (rows []Row, err error) {
	if t.lost != nil {
		return nil, t.lost
	}
	if t.db == nil {
		for _, k := range slices.Sorted(maps.Keys(t.fresh)) {
			if k > key && len(rows) < n {
				rows = append(rows, Row{k, t.fresh[k]})
			}
		}
		return rows, nil
	}
	if err := t.spill(); err != nil {
		t.lost = fmt.Errorf("spool: %w", err)
		return nil, t.lost
	}
	err = t.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		k, v := c.Seek([]byte(key))
		if string(k) == key {
			k, v = c.Next()
		}
		for ; k != nil && len(rows) < n; k, v = c.Next() {
			rows = append(rows, Row{string(k), string(v[1:])})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return rows, nil
}

// Row is a row of a Table.
type Row struct{ Key, Value string }

// spill writes what is fresh into the file, in the order of the keys: neighbours share pages.
func (t *Table) spill() error {
	if t.db == nil {
		if err := t.open(); err != nil {
			return err
		}
	}
	for step := range slices.Chunk(slices.Sorted(maps.Keys(t.fresh)), maxStep) {
		if err := t.db.Update(func(tx *bbolt.Tx) error {
			rows := tx.Bucket(bucket)
			rows.FillPercent = 0.9 // rows come mostly in order
			for _, key := range step {
				if err := rows.Put([]byte(key), append([]byte{0}, t.fresh[key]...)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	clear(t.fresh)
	t.cost = 0
	return nil
}

func (t *Table) open() error {
	// The file is this process's alone and its name goes at once; nothing of it need be durable.
	name := filepath.Join(t.place.Dir, fmt.Sprintf("%stable-%d-%p", prefix, os.Getpid(), t))
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{NoSync: true, NoGrowSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		if removed := os.Remove(name); !errors.Is(removed, fs.ErrNotExist) { // it was made, and no more
			err = errors.Join(err, removed)
		}
		return err
	}
	t.db = db // Close closes it
	if err := os.Remove(name); err != nil {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	})
}

// Close gives the memory and the file back.
func (t *Table) Close() error {
	t.fresh, t.cost = nil, 0
	if t.db == nil {
		return nil
	}
	err := t.db.Close()
	t.db = nil
	return err
}
