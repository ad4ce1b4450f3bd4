package check_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/check"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// Two services that exist for this test: one notes things, the other follows it and answers.
const first, second = "first", "second"

func spec(name string) host.Spec {
	return host.Spec{
		Name: name, Schema: store.Schema{Version: 1, Buckets: []store.Bucket{{Name: "seen"}}},
		Apply: func(tx *store.Tx, r *journal.Record) error {
			tx.Put("seen", journal.SeqKey(r.Seq()), []byte(r.Object().String()))
			return nil
		},
	}
}

func event(id string) store.Event {
	return store.Event{Refs: []journal.Ref{{Type: "thing", ID: id}}, Body: &journalv1.RestrictedRead{}}
}

type pair struct{ first, second *host.Service }

func (p *pair) services() []process.Service {
	return []process.Service{
		{Name: first, Spec: func() host.Spec { return spec(first) }, New: func(h host.Process) (svc *host.Service, err error) {
			p.first, err = host.Open(h, spec(first))
			return p.first, err
		}},
		{Name: second, Spec: func() host.Spec { return spec(second) }, New: func(h host.Process) (svc *host.Service, err error) {
			if p.second, err = host.Open(h, spec(second)); err != nil {
				return nil, err
			}
			p.second.Follow(first, follow.Handlers{"qoyma.journal.v1.RestrictedRead": func(_ context.Context, r *journal.Record) (store.Decide, error) {
				return func(*store.View, time.Time) ([]store.Event, error) { return []store.Event{event(r.Object().ID)}, nil }, nil
			}})
			return p.second, nil
		}},
	}
}

// folder makes an archive in which the second service has answered events of the first.
func folder(t *testing.T, events int) (string, []process.Service) {
	t.Helper()
	dir, p := t.TempDir(), new(pair)
	services := p.services()
	tel, err := telemetry.New(t.Context(), telemetry.Config{Process: "test", Output: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	proc, err := process.Open(t.Context(), process.Config{Data: dir, Services: services, NoSocket: true}, tel)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- proc.Run(ctx) }()
	until(t, func() bool { return proc.Ready() == nil })
	for range events {
		if _, err := p.first.Store().Do(t.Context(), store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "test", Actor: "person:test",
			Decide: func(*store.View, time.Time) ([]store.Event, error) {
				return []store.Event{event(uuid.NewString())}, nil
			},
		}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() bool { return p.second.Store().Head().Seq == uint64(events) })
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return dir, services
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("waited in vain")
		}
	}
}

func edit(t *testing.T, dir, service string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, service, "store.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func position(t *testing.T, dir string, change func(pos *journalv1.ReaderPosition)) {
	t.Helper()
	edit(t, dir, second, func(tx *bbolt.Tx) error {
		b, pos := tx.Bucket([]byte("readers")), new(journalv1.ReaderPosition)
		if err := proto.Unmarshal(b.Get([]byte(first)), pos); err != nil {
			return err
		}
		change(pos)
		raw, err := proto.Marshal(pos)
		if err != nil {
			return err
		}
		return b.Put([]byte(first), raw)
	})
}

// keep puts the followed service's checkpoint into the position, as a follower does now and
// then.
func keep(t *testing.T, dir string) {
	t.Helper()
	archive, err := process.ArchiveOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := journal.LoadSigningKey(filepath.Join(dir, "keys"), archive, first)
	if err != nil {
		t.Fatal(err)
	}
	cfg := host.Process{Archive: archive, Data: dir}.StoreConfig(spec(first))
	cfg.ReadOnly, cfg.Signer = true, key.Signer
	st, err := store.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := st.CheckpointAt(4)
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	position(t, dir, func(pos *journalv1.ReaderPosition) { pos.Checkpoint, pos.CheckpointSize = signed, 4 })
}

// TestFolder damages a folder in the ways that a check exists for; each must be named.
func TestFolder(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string // empty: all is well
	}{
		{"whole", func(*testing.T, string) {}, ""},
		{"older copy of the followed journal", func(t *testing.T, dir string) {
			other, _ := folder(t, 2) // as the first service was before
			for _, name := range []string{"store.db", "keys.bin"} {
				copyFile(t, filepath.Join(other, first, name), filepath.Join(dir, first, name))
			}
		}, "its tail is lost here"},
		{"another journal of the same length", func(t *testing.T, dir string) {
			other, _ := folder(t, 5)
			copyFile(t, filepath.Join(other, first, "store.db"), filepath.Join(dir, first, "store.db"))
		}, "they have parted"},
		{"position set back", func(t *testing.T, dir string) {
			position(t, dir, func(pos *journalv1.ReaderPosition) {
				pos.Seq, pos.Edge, pos.Checkpoint, pos.CheckpointSize = 0, nil, nil, 0
			})
		}, "which was followed only to 0"},
		{"position in a later epoch", func(t *testing.T, dir string) {
			position(t, dir, func(pos *journalv1.ReaderPosition) { pos.Epoch = 7 })
		}, "it is in epoch 7"},
		{"checkpoint kept", keep, ""},
		{"checkpoint cut", func(t *testing.T, dir string) {
			keep(t, dir)
			position(t, dir, func(pos *journalv1.ReaderPosition) { pos.Checkpoint = pos.GetCheckpoint()[:len(pos.GetCheckpoint())-9] })
		}, "position in first"},
		{"key of another signer", func(t *testing.T, dir string) {
			keep(t, dir)
			other, _ := folder(t, 1)
			copyFile(t, filepath.Join(other, "keys", first+".pub"), filepath.Join(dir, "keys", first+".pub"))
		}, "position in first"},
		{"state changed by hand", func(t *testing.T, dir string) {
			edit(t, dir, second, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("seen")).Put(journal.SeqKey(3), []byte("thing/else"))
			})
		}, "its value differs from what follows from the journal"},
		{"event taken out", func(t *testing.T, dir string) {
			edit(t, dir, first, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("journal")).Delete(journal.SeqKey(3)) })
		}, "event 4: it says number 4, expected is 3"},
		{"store gone", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, first, "store.db")); err != nil {
				t.Fatal(err)
			}
		}, "the file is missing"},
		{"page overwritten", func(t *testing.T, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, second, "store.db"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			junk := make([]byte, info.Size()-2*int64(os.Getpagesize()))
			for i := range junk {
				junk[i] = byte(i*7 + 13)
			}
			_, err = f.WriteAt(junk, 2*int64(os.Getpagesize()))
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}, "second: store.db"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, services := folder(t, 5)
			test.damage(t, dir)
			report, err := check.Folder(t.Context(), check.Config{Data: dir, Services: services})
			if err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			for _, p := range report.Problems {
				all.WriteString(p.Service + ": " + p.Where + ": " + p.What + "\n")
			}
			if report.OK != (test.want == "") || !strings.Contains(all.String(), test.want) {
				t.Errorf("want %q, found\n%s", test.want, &all)
			}
		})
	}
}

// TestRunning: a folder that somebody works in is not judged.
func TestRunning(t *testing.T) {
	dir, services := folder(t, 1)
	db, err := bbolt.Open(filepath.Join(dir, second, "store.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := check.Folder(t.Context(), check.Config{Data: dir, Services: services}); !errors.Is(err, check.Running) {
		t.Errorf("want %v, got %v", check.Running, err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
