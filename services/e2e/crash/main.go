// Command crash kills a running server at random moments under load, again and again, and
// wants nothing lost: every acknowledged command is there with the same answer, each event
// took effect once, the logs continue the checkpoints that were seen of them, the numbers
// have no gap. See scripts/crash.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/qoyma/qoyma/services/e2e/load"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

type config struct {
	kills, callers int
	uploads        int
	seed           uint64
	binary, data   string
}

func run() error {
	var cfg config
	flag.IntVar(&cfg.kills, "n", 20, "how often to kill the server")
	flag.IntVar(&cfg.callers, "callers", 16, "callers at once")
	flag.IntVar(&cfg.uploads, "uploads", 0, "instead of the general load, this many packages on their way in")
	flag.Uint64Var(&cfg.seed, "seed", uint64(time.Now().UnixNano()), "of the random moments")
	flag.StringVar(&cfg.binary, "qoyma", "", "the qoyma binary")
	flag.StringVar(&cfg.data, "data", "", "data folder; empty makes one and removes it when all is well")
	flag.Parse()
	if cfg.binary == "" {
		return fmt.Errorf("-qoyma is needed")
	}
	if cfg.data == "" {
		dir, err := os.MkdirTemp("", "qoyma-crash-")
		if err != nil {
			return err
		}
		cfg.data = filepath.Join(dir, "data")
	}
	fmt.Printf("seed %d, data %s\n", cfg.seed, cfg.data)
	test := kills
	if cfg.uploads > 0 {
		test = intake
	}
	if err := test(context.Background(), cfg); err != nil {
		return fmt.Errorf("%w (seed %d, the data is kept in %s)", err, cfg.seed, cfg.data)
	}
	return os.RemoveAll(filepath.Dir(cfg.data))
}

// kills carries out the whole test.
func kills(ctx context.Context, cfg config) error {
	random := rand.New(rand.NewPCG(cfg.seed, 1))
	memory := load.NewMemory(filepath.Join(filepath.Dir(cfg.data), "bags"))
	checked := 0
	began := time.Now()
	for i := range cfg.kills {
		srv, err := start(ctx, cfg)
		if err != nil {
			return err
		}
		if err := srv.after(ctx, memory, &checked); err != nil {
			srv.kill()
			return fmt.Errorf("kill %d: %w", i, err)
		}
		round, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- memory.Run(round, srv.archive, cfg.callers, cfg.seed+uint64(i)) }()
		wait := time.NewTimer(time.Duration(20+random.IntN(600)) * time.Millisecond)
		var refused error
		select {
		case <-wait.C:
		case refused = <-ended:
		}
		memory.Witness(round, srv.archive)
		srv.kill()
		cancel()
		if refused == nil {
			refused = <-ended
		}
		if refused != nil {
			return fmt.Errorf("kill %d: %w", i, refused)
		}
		if (i+1)%10 == 0 {
			fmt.Printf("%4d kills, %6d commands acknowledged, %s\n", i+1, memory.Acknowledged(), time.Since(began).Round(time.Second))
		}
	}
	return final(ctx, cfg, memory)
}

// final lets the archive come to rest and looks at everything.
func final(ctx context.Context, cfg config, memory *load.Memory) error {
	srv, err := start(ctx, cfg)
	if err != nil {
		return err
	}
	zero := 0
	if err := srv.after(ctx, memory, &zero); err != nil {
		srv.kill()
		return err
	}
	settle, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := srv.archive.Settle(settle); err != nil {
		srv.kill()
		return err
	}
	counts, err := srv.archive.Effects(ctx)
	if err != nil {
		srv.kill()
		return err
	}
	if err := srv.stop(); err != nil {
		return err
	}
	check := exec.CommandContext(ctx, cfg.binary, "check", "--data", cfg.data)
	out, err := check.CombinedOutput()
	if err != nil {
		return fmt.Errorf("check: %w\n%s", err, out)
	}
	fmt.Printf("%d kills, %d commands acknowledged and there: %v\n", cfg.kills, memory.Acknowledged(), counts)
	return nil
}

type server struct {
	cmd     *exec.Cmd
	archive *load.Archive
	log     *bytes.Buffer
	data    string
}

// start starts the server and waits until it takes commands.
func start(ctx context.Context, cfg config) (*server, error) {
	cmd := exec.CommandContext(ctx, cfg.binary, "serve", "--data", cfg.data, "--listen", "127.0.0.1:0")
	srv := &server{cmd: cmd, log: new(bytes.Buffer), data: cfg.data}
	cmd.Stderr = srv.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		srv.kill()
		return nil, fmt.Errorf("the server ended before it was ready: %s", srv.log)
	}
	go func() {
		for lines.Scan() {
			continue
		}
	}()
	if srv.archive, err = load.Dial(cfg.data); err != nil {
		srv.kill()
		return nil, err
	}
	ready, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := srv.archive.WaitReady(ready); err != nil {
		srv.kill()
		return nil, fmt.Errorf("%w\n%s", err, srv.log)
	}
	return srv, nil
}

// after looks at what a kill left behind: consistent logs, and every act since the last
// look answered as before.
func (s *server) after(ctx context.Context, memory *load.Memory, checked *int) error {
	if err := memory.Consistent(ctx, s.archive, filepath.Join(s.data, "keys")); err != nil {
		return err
	}
	if err := memory.Finish(ctx, s.archive); err != nil {
		return err
	}
	if err := memory.Repeat(ctx, s.archive, *checked); err != nil {
		return err
	}
	*checked = memory.Acknowledged()
	return nil
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill() // SIGKILL: no handler runs
	_ = s.cmd.Wait()
	if s.archive != nil {
		_ = s.archive.Close()
	}
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("stop: %w\n%s", err, s.log)
	}
	return s.archive.Close()
}
