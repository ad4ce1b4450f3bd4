// Command powercut copies a loop-mounted disk image at random moments while a server writes to
// it, and opens each copy as the machine would after the power came back: every command that
// was acknowledged before the copy must be there. With -unsynced the server gives up fsync,
// and the same test must fail; a test that cannot fail proves nothing. Needs root. See
// scripts/powercut.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/qoyma/qoyma/services/e2e/load"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "powercut:", err)
		os.Exit(1)
	}
}

func run() error {
	cuts := flag.Int("n", 4, "how often to cut the power")
	unsynced := flag.Bool("unsynced", false, "give up fsync: acknowledged commands must then be lost")
	child := flag.String("serve", "", "serve on a data folder (used by the test itself)")
	flag.Parse()
	if *child != "" {
		return serve(*child, *unsynced)
	}
	if os.Getuid() != 0 {
		return errors.New("mounting a disk image needs root")
	}
	lost := 0
	for i := range *cuts {
		err := cut(context.Background(), uint64(i), *unsynced)
		switch {
		case err == nil:
			fmt.Printf("cut %d: nothing lost\n", i+1)
		case errors.Is(err, errLost):
			lost++
			fmt.Printf("cut %d: %v\n", i+1, err)
		default:
			return err
		}
	}
	fmt.Printf("%d of %d cuts lost acknowledged commands\n", lost, *cuts)
	switch {
	case !*unsynced && lost > 0:
		return errors.New("acknowledged commands were lost")
	case *unsynced && lost == 0:
		return errors.New("without fsync nothing was lost: this test cannot see a missing fsync")
	}
	return nil
}

var errLost = errors.New("acknowledged commands are lost")

// serve is the child: everything in one process, on the mounted image.
func serve(data string, unsynced bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	t, err := telemetry.New(ctx, telemetry.Config{Process: "powercut", Output: os.Stderr, Level: slog.LevelError})
	if err != nil {
		return err
	}
	p, err := process.Open(ctx, process.Config{Data: data, Unsynced: unsynced}, t)
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

const imageSize = 1 << 30

// cut runs a server on a fresh image, stops its process for the moment of the copy, and looks
// at the copy.
func cut(ctx context.Context, seed uint64, unsynced bool) error {
	dir, err := os.MkdirTemp("", "qoyma-powercut-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	image, mount := filepath.Join(dir, "disk.img"), filepath.Join(dir, "mnt")
	if err := newDisk(ctx, image, mount); err != nil {
		return err
	}
	defer unmount(ctx, mount)
	data := filepath.Join(mount, "data")
	child, archive, err := start(ctx, data, unsynced)
	if err != nil {
		return err
	}
	defer kill(child, archive)
	memory := load.NewMemory(filepath.Join(dir, "bags"))
	round, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- memory.Run(round, archive, 16, seed) }()
	random := rand.New(rand.NewPCG(seed, 2))
	select {
	case <-time.After(time.Second + time.Duration(random.IntN(1500))*time.Millisecond):
	case err := <-ended:
		return fmt.Errorf("load: %w", err)
	}
	// What is acknowledged now was acknowledged before the power goes.
	acknowledged := memory.Acknowledged()
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	cutImage := filepath.Join(dir, "cut.img")
	if out, err := exec.CommandContext(ctx, "cp", "--sparse=always", image, cutImage).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the image: %w: %s", err, out)
	}
	kill(child, archive)
	cancel()
	<-ended //nolint:errcheck // it ends with the error of a server that was killed
	return after(ctx, dir, cutImage, memory, acknowledged)
}

// after mounts the copy and asks every acknowledged command again.
func after(ctx context.Context, dir, image string, memory *load.Memory, acknowledged int) error {
	mount := filepath.Join(dir, "after")
	if err := mountDisk(ctx, image, mount); err != nil {
		return fmt.Errorf("%w: the file system itself does not come back: %w", errLost, err)
	}
	defer unmount(ctx, mount)
	child, archive, err := start(ctx, filepath.Join(mount, "data"), false)
	if err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	defer kill(child, archive)
	gone, err := memory.Missing(ctx, archive, acknowledged)
	if err != nil {
		return err
	}
	if gone > 0 {
		return fmt.Errorf("%w: %d of %d", errLost, gone, acknowledged)
	}
	settle, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := archive.Settle(settle); err != nil {
		return err
	}
	_, err = archive.Effects(ctx)
	return err
}

func newDisk(ctx context.Context, image, mount string) error {
	f, err := os.Create(image)
	if err != nil {
		return err
	}
	err = f.Truncate(imageSize)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, "mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil {
		return fmt.Errorf("mkfs.ext4: %w: %s", err, out)
	}
	return mountDisk(ctx, image, mount)
}

func mountDisk(ctx context.Context, image, mount string) error {
	if err := os.MkdirAll(mount, 0o700); err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, "mount", "-o", "loop", image, mount).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	return nil
}

func unmount(ctx context.Context, mount string) {
	if out, err := exec.CommandContext(ctx, "umount", "-l", mount).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "powercut: umount %s: %v: %s\n", mount, err, out)
	}
}

func start(ctx context.Context, data string, unsynced bool) (*exec.Cmd, *load.Archive, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	args := []string{"-serve", data}
	if unsynced {
		args = append(args, "-unsynced")
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	ready, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	archive, err := dial(ready, data)
	if err != nil {
		kill(cmd, nil)
		return nil, nil, err
	}
	return cmd, archive, archive.WaitReady(ready)
}

// dial waits for the socket of a server that is starting.
func dial(ctx context.Context, data string) (*load.Archive, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(filepath.Join(data, process.Socket)); err == nil {
			return load.Dial(data)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("the server does not come up: %w", ctx.Err())
		}
	}
}

func kill(cmd *exec.Cmd, archive *load.Archive) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if archive != nil {
		_ = archive.Close()
	}
}
