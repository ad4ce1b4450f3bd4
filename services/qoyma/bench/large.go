package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// large fills a store and measures how long opening it takes.
func large(ctx context.Context, cfg Config, dir string, r *Report) error {
	i := slices.IndexFunc(cfg.Services, func(s process.Service) bool { return s.Name == "retention" })
	p := host.Process{Archive: "bench", Data: dir}
	open := p.StoreConfig(cfg.Services[i].Spec())
	// Filling need not survive a crash; opening afterwards is the ordinary way.
	open.Unsynced = true
	if err := os.MkdirAll(open.Dir, 0o700); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	st, err := store.Open(open)
	if err != nil {
		return err
	}
	st.Admit()
	path := filepath.Join(open.Dir, "store.db")
	size, err := fill(ctx, cfg, st, path)
	if err := errors.Join(err, st.Close()); err != nil {
		return err
	}
	// What the filling left in memory is written out first: it is not the opening's work.
	if err := flush(path); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	open.Unsynced = false
	cfg.Progress("opening it")
	began := time.Now()
	if st, err = store.Open(open); err != nil {
		return err
	}
	took := time.Since(began)
	r.figure("size of the store opened", float64(size)/(1<<30), "GiB")
	r.figure("opening it", took.Seconds(), "s")
	r.atMost("seconds to open it", took.Seconds(), 1)
	return st.Close()
}

func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// fill registers files with long titles, 200 in a command, until the file is large enough.
func fill(ctx context.Context, cfg Config, st *store.Store, path string) (size int64, err error) {
	title := strings.Repeat("Протоколы заседаний земельной комиссии. ", 10)
	for n := 0; size < cfg.Large; {
		if n%20_000 == 0 {
			cfg.Progress(fmt.Sprintf("filling a store: %d MiB of %d MiB", size>>20, cfg.Large>>20))
		}
		events := make([]store.Event, 200)
		for i := range events {
			n++
			id := strconv.Itoa(n)
			events[i] = store.Event{Refs: []journal.Ref{{Type: "file", ID: id}}, Body: &retentionv1.FileOpened{
				FileId: id, OrganisationId: fmt.Sprintf("bench-%d", n%organisations), Year: 2026, Index: index(n % lines),
				Title: &recordv1.Text{Ru: title}, OpenedOn: "2026-01-05", Term: "permanent", Article: "1",
			}}
		}
		if _, err := st.Do(ctx, store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "bench", Actor: "person:bench",
			Decide: func(*store.View, time.Time) ([]store.Event, error) { return events, nil },
		}); err != nil {
			return size, fmt.Errorf("bench: fill: %w", err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return size, fmt.Errorf("bench: fill: %w", err)
		}
		size = info.Size()
	}
	return size, nil
}
