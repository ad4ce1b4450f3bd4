package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/process"
	"github.com/qoyma/qoyma/services/standards/pronom"
)

// IntakeConfig says how much to measure of a package's way in.
type IntakeConfig struct {
	Dir       string // where to work; a folder is made in it and removed
	LargeMiB  int    // of each of four large files
	Files     int    // small ones
	FileBytes int    // of each of them
	// Memory are numbers of files, of 1 KiB each, in packages whose memory is measured; none: it is not.
	Memory    []int
	Services  []process.Service
	Telemetry *telemetry.Telemetry
	Progress  func(string) // nil: nobody
}

// unitFiles is how many files a unit has: an inventory lists units, not files.
const unitFiles = 500

// Intake measures, on the same trees and in turns, a package's way in and what people do
// without an archive: cp -r and sha256sum. When an upload is answered, every file is on the disk
// (fsync), hashed three ways, identified, examined and recorded; when cp returns nothing is on
// the disk yet.
func Intake(ctx context.Context, cfg IntakeConfig) (_ *Report, err error) {
	if cfg.Progress == nil {
		cfg.Progress = func(string) {}
	}
	dir, err := os.MkdirTemp(cfg.Dir, "qoyma-bench-*")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &Report{Dir: cfg.Dir, Rows: cfg.Files, Callers: 1}
	a, err := openIntake(ctx, cfg, filepath.Join(dir, "archive"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	for _, t := range []struct {
		name        string
		files, size int
		limit       float64
	}{
		{"large files", 4, cfg.LargeMiB << 20, 1.5},
		{fmt.Sprintf("%d files of %d KiB", cfg.Files, cfg.FileBytes>>10), cfg.Files, cfg.FileBytes, 2},
	} {
		cfg.Progress("writing " + t.name)
		tree := filepath.Join(dir, fmt.Sprintf("tree-%d", t.files))
		if err := plant(tree, t.files, t.size); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		if err := a.against(ctx, cfg, r, tree, t.name, t.files, t.size, t.limit); err != nil {
			return nil, err
		}
		if t.files == cfg.Files {
			if err := identified(r, tree); err != nil {
				return nil, err
			}
		}
	}
	return r, a.memory(ctx, cfg, r, dir)
}

// plant writes a tree of files of one size with bytes that no two of them share.
func plant(root string, files, size int) error {
	content := make([]byte, size)
	state := uint64(0x9E3779B97F4A7C15)
	for i := range content {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		content[i] = byte(state)
	}
	for n := range files {
		dir := filepath.Join(root, fmt.Sprintf("%05d", n/unitFiles+1))
		if n%unitFiles == 0 {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
		}
		copy(content, fmt.Sprintf("file %12d\n", n))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.bin", n)), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// turns is how many times each side of a comparison has its turn.
const turns = 5

// turn is how long each step of one turn took, and how much of the processor's time the upload took of both sides.
type turn struct {
	hand
	disk, upload, worked, accepted, resumable, resumedWork time.Duration
}

// ratio is how many times as long people need for a copy and its digests as an upload takes.
func (t turn) ratio() float64 { return (t.copied + t.summed).Seconds() / t.upload.Seconds() }

// against lets people's way, the disk alone and the archive take turns on a tree. What is promised is the median of the turns.
func (a *intakeArchive) against(ctx context.Context, cfg IntakeConfig, r *Report, tree, name string, files, size int, limit float64) error {
	var all [turns]turn
	for n := range all {
		cfg.Progress(fmt.Sprintf("%s: round %d of %d", name, n+1, turns))
		if err := a.turn(ctx, &all[n], tree, fmt.Sprintf("%s.copy-%d", tree, n), files); err != nil {
			return err
		}
	}
	var sum turn
	ratios := make([]float64, 0, turns)
	for _, t := range all {
		ratios = append(ratios, t.ratio())
		sum.copied, sum.summed, sum.synced, sum.disk = sum.copied+t.copied, sum.summed+t.summed, sum.synced+t.synced, sum.disk+t.disk
		sum.upload, sum.worked, sum.accepted, sum.resumable = sum.upload+t.upload, sum.worked+t.worked, sum.accepted+t.accepted, sum.resumable+t.resumable
		sum.resumedWork += t.resumedWork
	}
	slices.Sort(ratios)
	mib, count := float64(turns)*float64(files)*float64(size)/(1<<20), float64(turns*files)
	r.figure(name+": cp -r", mib/sum.copied.Seconds(), "MiB/s")
	r.figure("  sha256sum", mib/sum.summed.Seconds(), "MiB/s")
	r.figure("  cp -r, then sha256sum", mib/(sum.copied+sum.summed).Seconds(), "MiB/s")
	r.figure("  cp -r, sha256sum, then sync: durable", mib/(sum.copied+sum.summed+sum.synced).Seconds(), "MiB/s")
	r.figure("  the disk alone: one file, past the page cache, durable", mib/sum.disk.Seconds(), "MiB/s")
	r.figure("  uploaded: hashed, identified, durable", mib/sum.upload.Seconds(), "MiB/s")
	r.figure("  uploaded", count/sum.upload.Seconds(), "files/s")
	r.figure("  uploaded ÷ the disk alone", sum.disk.Seconds()/sum.upload.Seconds(), "times")
	r.figure("  uploaded ÷ cp -r, sha256sum and sync", (sum.copied+sum.summed+sum.synced).Seconds()/sum.upload.Seconds(), "times")
	r.figure("  uploaded ÷ cp -r and sha256sum, the worst turn", ratios[0], "times")
	r.figure("  the best turn", ratios[turns-1], "times")
	r.figure("  processor time of an upload, both sides", sum.worked.Seconds()/mib*1024, "s/GiB")
	r.figure("  the same for each file", sum.worked.Seconds()/count*1e6, "µs")
	r.figure("  uploaded so that it can be resumed", mib/sum.resumable.Seconds(), "MiB/s")
	r.figure("  the same", count/sum.resumable.Seconds(), "files/s")
	r.figure("  processor time of it, both sides", sum.resumedWork.Seconds()/mib*1024, "s/GiB")
	r.figure("  accepted into the repository", count/sum.accepted.Seconds(), "files/s")
	r.atLeast(name+" ÷ cp -r and sha256sum", ratios[turns/2], limit)
	return nil
}

// turn measures one turn. Each of the sides begins with a disk that has nothing left to write.
func (a *intakeArchive) turn(ctx context.Context, t *turn, tree, to string, files int) (err error) {
	dir := filepath.Dir(tree)
	if err := quiesce(dir); err != nil {
		return err
	}
	if t.hand, err = byHand(ctx, tree, to); err != nil {
		return err
	}
	if t.disk, err = byDisk(tree, to+".raw"); err != nil {
		return err
	}
	id, err := a.expect(ctx, units(files))
	if err != nil {
		return err
	}
	if err := quiesce(dir); err != nil {
		return err
	}
	if t.upload, t.worked, err = timed(func() error { return a.send(ctx, id, tree) }); err != nil {
		return err
	}
	if t.accepted, _, err = timed(func() error { return a.accept(ctx, id) }); err != nil {
		return err
	}
	if id, err = a.expect(ctx, units(files)); err != nil {
		return err
	}
	if err := quiesce(dir); err != nil {
		return err
	}
	t.resumable, t.resumedWork, err = timed(func() error { return a.sendResumable(ctx, id, tree) })
	return err
}

// timed gives how long something took, and how much of the processor's time.
func timed(do func() error) (took, worked time.Duration, err error) {
	before, err := processor()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	after, err := processor()
	return took, after - before, err
}

func units(files int) int { return (files + unitFiles - 1) / unitFiles }

// identified measures identification alone.
func identified(r *Report, tree string) error {
	began, n := time.Now(), 0
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_ = pronom.Identify(d.Name(), content)
		n++
		return nil
	})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	r.figure("identified, one core, with reading the file", float64(n)/time.Since(began).Seconds(), "files/s")
	return nil
}
