package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/e2e/load"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// stray is a file for which the inventory has no row.
const stray = "9999/stray.txt"

// pages are the small files of a unit: they go many to a call.
const pages = 10

// sent is one package: what is sent, how, and how far it has come. One goroutine works on it at a time.
type sent struct {
	transfer, dir   string
	files           map[string][]byte
	pieces, refused bool // file by file; with a folder that the inventory does not have
	zipped          bool // in pieces, as one ZIP that is unpacked there
	upload, accept  string
	judged, done    bool
	mended          bool // it was refused, and the folder that was wrong is gone
	object          string
}

// plant writes the files of a package, in a bag where it goes in one stream.
func (p *sent) plant(ctx context.Context, dir string, units int, random *rand.Rand) error {
	p.dir, p.files = dir, make(map[string][]byte)
	for i := range units {
		content := make([]byte, 1+random.IntN(1<<20))
		for at := range content {
			content[at] = byte(random.Uint32())
		}
		p.files[fmt.Sprintf("%04d/scan.bin", i+1)] = content
		for n := range pages {
			p.files[fmt.Sprintf("%04d/page-%02d.bin", i+1, n+1)] = content[:random.IntN(min(len(content), 20<<10)+1)]
		}
	}
	if p.refused {
		p.files[stray] = []byte("no such unit")
	}
	to := dir
	if !p.pieces {
		to += "-payload"
	}
	for name, content := range p.files {
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
			return err
		}
	}
	if p.zipped {
		p.dir += ".zip"
		return pack(p.dir, dir)
	}
	if p.pieces {
		return nil
	}
	_, err := bagit.Create(ctx, dir, os.DirFS(to), nil, bagit.Options{})
	return err
}

// pack makes a ZIP of a folder.
func pack(to, from string) (err error) {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	return errors.Join(z.AddFS(os.DirFS(from)), z.Close())
}

// advance takes the package on to its end, from wherever a death left it.
func (p *sent) advance(ctx context.Context, c intakev1.IntakeServiceClient) error {
	if !p.judged {
		res, err := p.send(ctx, c)
		if err != nil {
			return err
		}
		if res.GetTaken() == p.refused {
			return fmt.Errorf("transfer %s: taken %t, refused it should be %t: %v", p.transfer, res.GetTaken(), p.refused, res.GetFaults())
		}
		if p.refused && p.pieces {
			return p.mend(ctx, c)
		}
		p.judged, p.done = true, p.refused
	}
	if !p.done {
		res, err := c.AcceptTransfer(ctx, &intakev1.AcceptTransferRequest{CommandId: p.accept, TransferId: p.transfer})
		if err != nil {
			return err
		}
		p.object, p.done = res.GetAccession().GetObjectId(), true
	}
	return nil
}

// mend takes away what was wrong; the next round sends the rest. What was good must be there whole, and
// nothing else.
func (p *sent) mend(ctx context.Context, c intakev1.IntakeServiceClient) error {
	list, err := c.ListUploads(ctx, &intakev1.ListUploadsRequest{TransferId: p.transfer})
	if err != nil {
		return err
	}
	if good := len(p.files) - 1; list.GetRefusedPackage() == "" || int(list.GetFiles()) != good || int(list.GetWholeFiles()) != good {
		return fmt.Errorf("transfer %s: of a refused package %d good files were to be kept: %v", p.transfer, good, list)
	}
	delete(p.files, stray)
	p.refused, p.mended = false, true
	return os.RemoveAll(filepath.Join(p.dir, filepath.Dir(stray)))
}

func (p *sent) send(ctx context.Context, c intakev1.IntakeServiceClient) (*intakev1.UploadPackageResponse, error) {
	if !p.pieces {
		return client.Upload(ctx, c, &intakev1.UploadBegin{CommandId: p.upload, TransferId: p.transfer}, p.dir)
	}
	// Where the answer of the finish was lost in a death, the transfer itself says how it ended.
	t, err := c.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: p.transfer})
	if err != nil {
		return nil, err
	}
	if n := t.GetTransfer(); n.GetPackageId() != "" || n.GetFaultCount() > 0 && !p.mended {
		return &intakev1.UploadPackageResponse{Taken: n.GetPackageId() != "" && n.GetFaultCount() == 0}, nil
	}
	b := &client.Bulk{Client: c, Transfer: p.transfer, Root: p.dir, Parallel: 2}
	return b.Run(ctx)
}

// intake sends packages, kills the server again and again meanwhile, and wants every one accepted or
// refused, its bytes as they were sent, and nothing left in staging. What came file by file and was refused keeps
// its good files; it is mended and accepted.
func intake(ctx context.Context, cfg config) error {
	random := rand.New(rand.NewPCG(cfg.seed, 3))
	packages, err := prepare(ctx, cfg, random)
	if err != nil {
		return err
	}
	began, deaths := time.Now(), 0
	for left := cfg.uploads; left > 0; deaths++ {
		srv, err := start(ctx, cfg)
		if err != nil {
			return err
		}
		err = advance(ctx, srv, packages, time.Duration(50+random.IntN(700))*time.Millisecond)
		srv.kill()
		if err != nil {
			return fmt.Errorf("death %d: %w", deaths, err)
		}
		left = 0
		for _, p := range packages {
			if !p.done {
				left++
			}
		}
	}
	if err := compare(ctx, cfg, packages); err != nil {
		return err
	}
	fmt.Printf("%d packages in %s, %d deaths: all at their end, bytes equal, staging empty, check clean\n", cfg.uploads, time.Since(began).Round(time.Second), deaths)
	return nil
}

func prepare(ctx context.Context, cfg config, random *rand.Rand) (packages []*sent, err error) {
	srv, err := start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer srv.kill()
	memory := load.NewMemory(filepath.Join(filepath.Dir(cfg.data), "bags"))
	for i := range cfg.uploads {
		p := &sent{pieces: i%2 == 0, refused: i%5 == 4, zipped: i%6 == 0 && i%5 != 4, upload: uuid.NewString(), accept: uuid.NewString()}
		transfer, units, err := memory.Due(ctx, srv.archive, cfg.seed+uint64(i))
		if err != nil {
			return nil, err
		}
		p.transfer = transfer
		if err := p.plant(ctx, filepath.Join(filepath.Dir(cfg.data), "packages", p.transfer), units, random); err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// advance works on four packages at once until the server's death; what dies with it is no error.
func advance(ctx context.Context, srv *server, packages []*sent, life time.Duration) error {
	round, dead := context.WithCancel(ctx)
	defer dead()
	c, err := srv.archive.Intake()
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	queue, errs := make(chan *sent, len(packages)), make([]error, 4)
	for _, p := range packages {
		if !p.done {
			queue <- p
		}
	}
	close(queue)
	for n := range errs {
		wg.Go(func() {
			for p := range queue {
				if err := p.advance(round, c); round.Err() != nil {
					return
				} else if err != nil && fault.KindOf(err) != fault.Unavailable {
					errs[n] = err
					return
				}
			}
		})
	}
	// The server dies first, under their hands; only then are they told not to try again.
	time.AfterFunc(life, func() {
		_ = srv.cmd.Process.Kill() // it may be dead already
		dead()
	})
	wg.Wait()
	return errors.Join(errs...)
}

// compare reads every accepted byte back, looks into staging, and checks the folder.
func compare(ctx context.Context, cfg config, packages []*sent) error {
	srv, err := start(ctx, cfg)
	if err != nil {
		return err
	}
	c, err := srv.archive.Intake()
	for _, p := range packages {
		for name, want := range p.files {
			if err == nil && p.object != "" {
				err = same(ctx, c, p.object, "data/"+name, want)
			}
		}
	}
	if err != nil {
		srv.kill()
		return err
	}
	if err := srv.stop(); err != nil {
		return err
	}
	left, err := os.ReadDir(filepath.Join(cfg.data, "intake", "staging"))
	if err != nil || len(left) > 0 {
		return fmt.Errorf("staging holds %v: %w", left, err)
	}
	if out, err := exec.CommandContext(ctx, cfg.binary, "check", "--data", cfg.data).CombinedOutput(); err != nil {
		return fmt.Errorf("check: %w\n%s", err, out)
	}
	return nil
}

func same(ctx context.Context, c intakev1.IntakeServiceClient, object, path string, want []byte) error {
	stream, err := c.ReadContent(ctx, &intakev1.ReadContentRequest{ObjectId: object, Path: path})
	if err != nil {
		return err
	}
	var have []byte
	for {
		res, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", path, object, err)
		}
		have = append(have, res.GetData()...)
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%s of %s is not what was sent", path, object)
	}
	return nil
}
