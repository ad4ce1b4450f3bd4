package follow_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/space"
	"github.com/qoyma/qoyma/services/platform/store"
)

// TestAFullDiskRefusesClearlyAndEverythingIsWholeAfterwards fills a small file system under
// two services and their stream to the last byte, frees it again, and wants every
// acknowledged command there, once.
func TestAFullDiskRefusesClearlyAndEverythingIsWholeAfterwards(t *testing.T) {
	dir := smallDisk(t)
	w := newWorldIn(t, dir, filepath.Join(dir, "nats"))
	go func() { _ = w.bus.Run(t.Context()) }()
	w.start("mirror")
	w.start("writer")
	w.register("before", 50)

	filler := filepath.Join(dir, "filler")
	if err := fill(dir, filler); err != nil {
		t.Fatal(err)
	}
	var acknowledged, refused atomic.Int64
	for i := range 200 {
		_, err := w.writer.Do(t.Context(), store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "/test/Register", Actor: "person:test",
			Decide: func(*store.View, time.Time) ([]store.Event, error) {
				return []store.Event{event(fmt.Sprintf("full%d", i))}, nil
			},
		})
		switch kind := fault.KindOf(err); {
		case err == nil:
			acknowledged.Add(1)
		case kind == fault.Exhausted || kind == fault.Unavailable:
			refused.Add(1)
		default:
			t.Errorf("a full disk must be refused clearly, got %v", err)
		}
		if refused.Load() > 20 {
			break
		}
	}
	if refused.Load() == 0 {
		t.Fatal("the disk was never full")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	w.eventually("commands are taken again", func() bool {
		_, err := w.writer.Do(t.Context(), store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "/test/Register", Actor: "person:test",
			Decide: func(*store.View, time.Time) ([]store.Event, error) { return []store.Event{event("after")}, nil },
		})
		return err == nil
	})
	w.same()
	have := make(map[string]int)
	for _, id := range effects(t, w.writer.Store) {
		have[id]++
	}
	count := 0
	for id, n := range have {
		if n != 1 {
			t.Errorf("%s stands there %d times", id, n)
		}
		if len(id) > 4 && id[:4] == "full" {
			count++
		}
	}
	// A command whose outcome was unknown may be there; an acknowledged one must.
	if int64(count) < acknowledged.Load() {
		t.Errorf("%d were acknowledged while the disk filled, %d are there", acknowledged.Load(), count)
	}
	w.eventually("the stream holds everything", func() bool {
		relayed, alarm := w.writer.relay.Status()
		return alarm == nil && relayed == w.writer.Head().Seq
	})
	whole(t, w.writer.Store, w.mirror.Store)
}

// smallDisk mounts 24 MiB of memory as a file system.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestAFrozenStreamHoldsUpNobodyAndIsThawed fills only the disk under the streams: commands
// go on, the follower reads from the journal directly, and when there is room the stream
// holds everything.
func TestAFrozenStreamHoldsUpNobodyAndIsThawed(t *testing.T) {
	dir := smallDisk(t)
	w := newWorldIn(t, t.TempDir(), filepath.Join(dir, "nats"))
	go func() { _ = w.bus.Run(t.Context()) }()
	w.start("mirror")
	w.start("writer")
	w.register("before", 50)
	w.same()
	filler := filepath.Join(dir, "filler")
	if err := fill(dir, filler); err != nil {
		t.Fatal(err)
	}
	w.register("frozen", 3000)
	w.same()
	w.eventually("the freeze is noticed", func() bool { _, alarm := w.writer.relay.Status(); return alarm != nil })
	if relayed, _ := w.writer.relay.Status(); relayed >= 3050 {
		t.Fatalf("the stream was never full: it has %d events", relayed)
	}
	if err := w.writer.Ready(); err != nil {
		t.Errorf("a frozen stream must not stop commands: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	w.eventually("the stream holds everything", func() bool {
		relayed, alarm := w.writer.relay.Status()
		return alarm == nil && relayed == w.writer.Head().Seq
	})
	w.register("after", 50)
	w.same()
	whole(t, w.writer.Store, w.mirror.Store)
}

// fill writes until the file system is full.
func fill(dir, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size >= 4096; size /= 2 {
		block := make([]byte, size)
		for {
			if _, err := f.Write(block); err != nil {
				if !errors.Is(err, unix.ENOSPC) {
					return err
				}
				break
			}
		}
	}
	free, err := space.Free(dir)
	if err == nil && free > 64<<10 {
		return fmt.Errorf("%d bytes are still free", free)
	}
	return err
}
