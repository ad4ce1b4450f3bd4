package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
	// Memory are numbers of files, of 1 KiB each, in packages whose memory is measured.
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

// against lets both take turns on a tree.
func (a *intakeArchive) against(ctx context.Context, cfg IntakeConfig, r *Report, tree, name string, files, size int, limit float64) error {
	var copied, summed, synced, took, worked, accepted, resumable time.Duration
	const turns = 3
	for turn := range turns {
		cfg.Progress(fmt.Sprintf("%s: round %d of %d", name, turn+1, turns))
		hand, err := byHand(ctx, tree, fmt.Sprintf("%s.copy-%d", tree, turn))
		if err != nil {
			return err
		}
		copied, summed, synced = copied+hand.copied, summed+hand.summed, synced+hand.synced
		id, err := a.expect(ctx, units(files))
		if err != nil {
			return err
		}
		before, err := processor()
		if err != nil {
			return err
		}
		began := time.Now()
		if err := a.send(ctx, id, tree); err != nil {
			return err
		}
		took += time.Since(began)
		after, err := processor()
		if err != nil {
			return err
		}
		worked += after - before
		began = time.Now()
		if err := a.accept(ctx, id); err != nil {
			return err
		}
		accepted += time.Since(began)
		if id, err = a.expect(ctx, units(files)); err != nil {
			return err
		}
		began = time.Now()
		if err := a.sendResumable(ctx, id, tree); err != nil {
			return err
		}
		resumable += time.Since(began)
	}
	mib, count := float64(turns)*float64(files)*float64(size)/(1<<20), float64(turns*files)
	r.figure(name+": cp -r", mib/copied.Seconds(), "MiB/s")
	r.figure("  sha256sum", mib/summed.Seconds(), "MiB/s")
	r.figure("  cp -r, then sha256sum", mib/(copied+summed).Seconds(), "MiB/s")
	r.figure("  cp -r, sha256sum, then sync: durable", mib/(copied+summed+synced).Seconds(), "MiB/s")
	r.figure("  uploaded: hashed, identified, durable", mib/took.Seconds(), "MiB/s")
	r.figure("  uploaded", count/took.Seconds(), "files/s")
	r.figure("  uploaded so that it can be resumed", count/resumable.Seconds(), "files/s")
	r.figure("  processor time of an upload, both sides", worked.Seconds()/mib*1024, "s/GiB")
	r.figure("  the same for each file", worked.Seconds()/count*1e6, "µs")
	r.figure("  accepted into the repository", count/accepted.Seconds(), "files/s")
	r.atLeast(name+" ÷ cp -r and sha256sum", (copied+summed).Seconds()/took.Seconds(), limit)
	return nil
}

func units(files int) int { return (files + unitFiles - 1) / unitFiles }

// hand is how long people need, step by step.
type hand struct{ copied, summed, synced time.Duration }

// byHand copies a tree and counts its digests, as people do, and then has the disk take it, as they do not.
func byHand(ctx context.Context, tree, to string) (h hand, err error) {
	for _, step := range []struct {
		took *time.Duration
		argv []string
	}{
		{&h.copied, []string{"cp", "-r", tree, to}},
		{&h.summed, []string{"find", to, "-type", "f", "-exec", "sha256sum", "{}", "+"}},
		{&h.synced, []string{"sync", "-f", to}},
	} {
		began := time.Now()
		if err := exec.CommandContext(ctx, step.argv[0], step.argv[1:]...).Run(); err != nil {
			return h, fmt.Errorf("bench: %s: %w", step.argv[0], err)
		}
		*step.took = time.Since(began)
	}
	return h, nil
}

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
