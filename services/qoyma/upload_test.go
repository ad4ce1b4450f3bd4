package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// large FILE MIB makes a file of so many random MiB, and its folder.
func large(ts *testscript.TestScript, _ bool, args []string) {
	mib, err := strconv.Atoi(args[1])
	ts.Check(err)
	content := make([]byte, mib<<20)
	random := rand.NewChaCha8([32]byte{byte(mib)})
	_, _ = random.Read(content) // never fails
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o700))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o600))
}

// pages FOLDER FILES KIB makes so many files of so many random KiB.
func pages(ts *testscript.TestScript, _ bool, args []string) {
	files, err := strconv.Atoi(args[1])
	ts.Check(err)
	kib, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o700))
	content := make([]byte, kib<<10)
	random := rand.NewChaCha8([32]byte{})
	for n := range files {
		_, _ = random.Read(content) // never fails
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), fmt.Sprintf("%05d.bin", n)), content, 0o600))
	}
}

// killed FOLDER MIB waits until a folder holds so many MiB and kills the server with SIGKILL.
func killed(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[0], args[1])
	running.take(ts).kill()
}

// arrived FOLDER MIB waits until a folder holds so many MiB.
func arrived(ts *testscript.TestScript, _ bool, args []string) { until(ts, args[0], args[1]) }

func until(ts *testscript.TestScript, folder, mib string) {
	want, err := strconv.ParseInt(mib, 10, 64)
	ts.Check(err)
	tick, late := time.NewTicker(5*time.Millisecond), time.NewTimer(time.Minute)
	defer tick.Stop()
	defer late.Stop()
	for sizeOf(ts.MkAbs(folder)) < want<<20 {
		select {
		case <-tick.C:
		case <-late.C:
			ts.Fatalf("%s did not grow to %d MiB", folder, want)
		}
	}
}

func sizeOf(folder string) (bytes int64) {
	_ = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, gone error) error {
		if gone == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}

// same FOLDER FILE…: each file stands somewhere in the folder, byte for byte, by itself or in a pack.
func same(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args[1:] {
		want, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		found := false
		ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if info, err := d.Info(); err != nil || info.Size() < int64(len(want)) {
				return err
			}
			got, err := os.ReadFile(path)
			found = found || bytes.Contains(got, want)
			return err
		}))
		if !found {
			ts.Fatalf("the bytes of %s are nowhere in %s", name, args[0])
		}
	}
}
