package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// filled makes a store with some organisations and closes it.
func filled(t *testing.T, cfg store.Config, n int) {
	t.Helper()
	s, err := store.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Admit()
	for i := range n {
		if _, err := s.Do(t.Context(), command(register(fmt.Sprintf("o%03d", i)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func keys(t *testing.T, s *store.Store, bucket string) (list []string) {
	t.Helper()
	if err := s.View(func(v *store.View) error {
		for k := range v.Scan(bucket, nil, nil) {
			list = append(list, string(k))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// second is the next version of the service: it also keeps organisations by their first letter.
func second(dir string) store.Config {
	cfg := config(dir)
	cfg.Schema = store.Schema{Version: 2, Buckets: []store.Bucket{{Name: "organisations"}, {Name: "letters"}}}
	cfg.Apply = func(tx *store.Tx, r *journal.Record) error {
		tx.Put("letters", []byte(r.Object().ID[:1]), []byte{1})
		return apply(tx, r)
	}
	return cfg
}

func TestAHigherSchemaVersionFoldsTheStateAgain(t *testing.T) {
	dir := t.TempDir()
	filled(t, config(dir), 30)
	s := open(t, second(dir))
	if got := keys(t, s, "letters"); len(got) != 1 || got[0] != "o" {
		t.Errorf("the new bucket holds %v", got)
	}
	if got := keys(t, s, "organisations"); len(got) != 30 {
		t.Errorf("%d organisations after the fold", len(got))
	}
	if s.Head().Seq != 30 {
		t.Errorf("a fold must not touch the journal: %d events", s.Head().Seq)
	}
	if _, err := s.Do(t.Context(), command(register("new"))); err != nil {
		t.Fatal(err)
	}
	whole(t, s)
}

func TestMigrateMayDoItCheaper(t *testing.T) {
	dir := t.TempDir()
	filled(t, config(dir), 30)
	folds := 0
	cfg := second(dir)
	cfg.Schema.Version = 3
	inner := cfg.Apply
	cfg.Apply = func(tx *store.Tx, r *journal.Record) error { folds++; return inner(tx, r) }
	var steps []uint64
	cfg.Schema.Migrate = func(tx *store.Tx, from uint64) (bool, error) {
		if steps = append(steps, from); from == 1 {
			tx.Put("letters", []byte("o"), []byte{1})
		}
		return true, nil
	}
	s := open(t, cfg)
	if fmt.Sprint(steps) != "[1 2]" || folds != 0 {
		t.Errorf("migrated from %v, %d events applied again", steps, folds)
	}
	whole(t, s)
}

func TestAMigrationThatFailsOrCrashesLeavesTheOldVersion(t *testing.T) {
	dir := t.TempDir()
	filled(t, config(dir), 3)
	cfg := second(dir)
	boom := errors.New("boom")
	cfg.Schema.Migrate = func(tx *store.Tx, _ uint64) (bool, error) {
		tx.Put("letters", []byte("x"), []byte{1})
		return false, boom
	}
	if _, err := store.Open(cfg); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	// The fold breaks in the middle: the version stays, so the next start folds again.
	cfg = second(dir)
	cfg.Apply = func(_ *store.Tx, r *journal.Record) error {
		if r.Seq() == 2 {
			return boom
		}
		return nil
	}
	if _, err := store.Open(cfg); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	s := open(t, second(dir))
	if got := keys(t, s, "letters"); len(got) != 1 || got[0] != "o" {
		t.Errorf("left behind: %v", got)
	}
	whole(t, s)
}

func TestANewerSchemaOrAForeignFileIsRefusedAndLeftAsItIs(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*store.Config)
		says   string
	}{
		"an older program":                {func(c *store.Config) { c.Schema.Version = 1 }, "use the newer program"},
		"another service":                 {func(c *store.Config) { c.Service = "other" }, "belongs to kz-test/toy"},
		"another archive":                 {func(c *store.Config) { c.Archive = "kz-else" }, "belongs to kz-test/toy"},
		"another service, newer":          {func(c *store.Config) { c.Service, c.Schema.Version = "other", 9 }, "belongs to kz-test/toy"},
		"another service, to look at":     {func(c *store.Config) { c.Service, c.ReadOnly = "other", true }, "belongs to kz-test/toy"},
		"another service, other buckets":  {func(c *store.Config) { c.Service, c.Schema.Buckets = "other", []store.Bucket{{Name: "x"}} }, "belongs to kz-test/toy"},
		"a folder that is not there (ro)": {func(c *store.Config) { c.Dir, c.ReadOnly = filepath.Join(c.Dir, "none"), true }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cfg := config(dir)
			cfg.Schema.Version = 2
			filled(t, cfg, 5)
			before, err := os.ReadFile(filepath.Join(dir, "store.db"))
			if err != nil {
				t.Fatal(err)
			}
			row.change(&cfg)
			if s, err := store.Open(cfg); err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v", err)
				if s != nil {
					_ = s.Close()
				}
			}
			after, err := os.ReadFile(filepath.Join(dir, "store.db"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestCommandIDsAreForgottenAfterThirtyDays moves the clock; the fold must forget the same rows.
func TestCommandIDsAreForgottenAfterThirtyDays(t *testing.T) {
	cfg := config(t.TempDir())
	now := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	cfg.Now = func() time.Time { return now }
	s := open(t, cfg)
	var old []store.Command
	for i := range 10 {
		c := command(register(fmt.Sprintf("old%d", i)))
		if _, err := s.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		old = append(old, c)
	}
	now = now.Add(30*24*time.Hour - time.Second)
	if again, err := s.Do(t.Context(), old[0]); err != nil || again[0].Seq() != 1 {
		t.Fatalf("within 30 days the same answer: %v, %v", again, err)
	}
	if _, err := s.Do(t.Context(), command(register("x"))); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s, "idem"); len(got) != 11 {
		t.Errorf("%d ids are remembered before 30 days are over", len(got))
	}
	now = now.Add(time.Second)
	for i := range 4 {
		if _, err := s.Do(t.Context(), command(register(fmt.Sprintf("new%d", i)))); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, s, "idem"); len(got) != 11+4-8 {
		t.Errorf("%d ids are remembered, want 7: two are given up with each event", len(got))
	}
	if _, err := s.Do(t.Context(), old[0]); !errors.Is(err, taken) {
		t.Errorf("a forgotten command is decided anew: %v", err)
	}
	if again, err := s.Do(t.Context(), old[9]); err != nil || again[0].Seq() != 10 {
		t.Errorf("one that is still there gives its answer: %v, %v", again, err)
	}
	for i := range 4 {
		if _, err := s.Do(t.Context(), command(register(fmt.Sprintf("more%d", i)))); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, s, "idem"); len(got) != 1+4+4 {
		t.Errorf("%d ids are remembered, want 9", len(got))
	}
	whole(t, s)
	if err := s.Rebuild(); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s, "idem"); len(got) != 9 {
		t.Errorf("after a rebuild %d", len(got))
	}
	whole(t, s)
}

// TestAStoreThatIsStoppingAnswersEverybody closes under load: every caller hears something, and
// what was acknowledged is there.
func TestAStoreThatIsStoppingAnswersEverybody(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(config(dir))
	if err != nil {
		t.Fatal(err)
	}
	s.Admit()
	results := make(chan string)
	for i := range 64 {
		go func() {
			id := fmt.Sprintf("o%d", i)
			if _, err := s.Do(context.Background(), command(register(id))); err != nil {
				id = ""
			}
			results <- id
		}()
	}
	acknowledged := []string{<-results}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 63 {
		acknowledged = append(acknowledged, <-results)
	}
	again := open(t, config(dir))
	for _, id := range acknowledged {
		if err := again.View(func(v *store.View) error {
			if id != "" && v.Get("organisations", []byte(id)) == nil {
				return errors.New(id + " was acknowledged and is not there")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	whole(t, again)
}
