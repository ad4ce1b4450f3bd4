package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// step is a part of a package's way whose memory is measured.
type step struct {
	name string
	do   func() error
}

// memory measures how much memory the process takes at its most while a package comes in, while it is
// accepted, and in what is done with its object later. Both sides of the upload are in it.
func (a *intakeArchive) memory(ctx context.Context, cfg IntakeConfig, r *Report, dir string) error {
	var live []float64
	for _, files := range cfg.Memory {
		tree := filepath.Join(dir, fmt.Sprintf("many-%d", files))
		if err := plant(tree, files, 1<<10); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		id, err := a.expect(ctx, units(files))
		if err != nil {
			return err
		}
		o := object{intakeArchive: a, tree: tree, transfer: id}
		var most float64
		for _, s := range []step{
			{"upload", func() error { return a.send(ctx, id, tree) }},
			{"acceptance", func() error { return a.accept(ctx, id) }},
			{"check of the object's record", func() error { return o.check(ctx) }},
			{"reading one file", func() error { return o.read(ctx) }},
			{"restoring one file", func() error { return o.restore(ctx) }},
			{"the object's next version", func() error { return o.next(ctx) }},
			{"object validate", func() error { return o.validate(ctx) }},
		} {
			cfg.Progress(fmt.Sprintf("memory: %d files: %s", files, s.name))
			began := time.Now()
			m, err := watched(s.do)
			if err != nil {
				return fmt.Errorf("bench: %s: %w", s.name, err)
			}
			took := fmt.Sprintf("MiB live and %.0f of the bus, %.0f resident, %.1f s", m.bus, m.resident, time.Since(began).Seconds())
			r.figure(fmt.Sprintf("memory at most, %d files: %s", files, s.name), m.live, took)
			most = max(most, m.live)
		}
		live = append(live, most)
	}
	if n := len(live); n > 1 && slices.IsSorted(cfg.Memory) {
		r.atMost(fmt.Sprintf("live memory at most without the bus, %d files ÷ %d", cfg.Memory[n-1], cfg.Memory[n-2]), live[n-1]/live[n-2], 1.3)
	}
	return nil
}

// object is a package that was accepted, and the tree that it was made of.
type object struct {
	*intakeArchive
	tree, transfer string
	line           *intakev1.Accession
}

// first is a file of every tree, in the tree and in the object.
const first, firstHeld = "00001/000000.bin", "data/00001/000000.bin"

func (o *object) accession(ctx context.Context) (*intakev1.Accession, error) {
	t, err := o.client.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: o.transfer, Limit: 1})
	if err != nil {
		return nil, err
	}
	res, err := o.client.GetAccession(ctx, &intakev1.GetAccessionRequest{AccessionNumber: t.GetTransfer().GetAccessionNumber(), Limit: 1})
	return res.GetAccession(), err
}

// check is what the insurance fund asks of each object from time to time.
func (o *object) check(ctx context.Context) (err error) {
	if o.line, err = o.accession(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // the longest that a call gets
	defer cancel()
	res, err := o.insurer.CheckObject(ctx, &intakev1.CheckObjectRequest{ObjectId: o.line.GetObjectId()})
	if err == nil && len(res.GetDamaged()) > 0 {
		err = fmt.Errorf("%v is damaged", res.GetDamaged()[0])
	}
	return err
}

// read reads a file as a person does who asks for it.
func (o *object) read(ctx context.Context) error {
	stream, err := o.client.ReadContent(ctx, &intakev1.ReadContentRequest{ObjectId: o.line.GetObjectId(), Path: firstHeld})
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// restore damages a file and gives it back, of which the object's history tells.
func (o *object) restore(ctx context.Context) error {
	damaged := filepath.Join(o.place(), "v1", "content", filepath.FromSlash(firstHeld))
	content, err := os.ReadFile(filepath.Join(o.tree, filepath.FromSlash(first)))
	if err == nil {
		err = os.Remove(damaged)
	}
	if err != nil {
		return err
	}
	stream, err := o.insurer.RestoreContent(ctx)
	if err != nil {
		return err
	}
	begin := &intakev1.RestoreBegin{CommandId: newID(), ObjectId: o.line.GetObjectId(), Path: firstHeld, FromSite: "bench", ScrubId: "bench"}
	for _, m := range []*intakev1.RestoreContentRequest{{Part: &intakev1.RestoreContentRequest_Begin{Begin: begin}}, {Part: &intakev1.RestoreContentRequest_Data{Data: content}}} {
		if err := stream.Send(m); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	res, err := stream.CloseAndRecv()
	if err == nil && !res.GetRestored() {
		err = errors.New("nothing was restored")
	}
	return err
}

// next waits until the object's next version tells of it: a minute at least, for nothing more must have happened.
func (o *object) next(ctx context.Context) error {
	return until(ctx, func() bool {
		a, err := o.accession(ctx)
		return err == nil && a.GetObjectVersion() == 2
	})
}

// validate is qoyma object validate.
func (o *object) validate(ctx context.Context) error {
	report, err := ocfl.Validate(ctx, o.place())
	if err == nil {
		err = report.Err(o.line.GetObjectId())
	}
	return err
}

// place is where the object lies.
func (o *object) place() string {
	root, err := ocfl.Open(o.originals)
	if err != nil {
		return ""
	}
	return root.Path(o.line.GetObjectId())
}

// memory at most, in MiB: what the process has in RAM, and what of its heap is in use when the collector has looked:
// the embedded bus's own, which keeps what was published within the last ten seconds, and all other.
type memory struct{ resident, live, bus float64 }

// watched runs something and gives the most memory that was seen meanwhile.
func watched(do func() error) (most memory, err error) {
	debug.FreeOSMemory()
	done := make(chan error, 1)
	go func() { done <- do() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ram, problem := resident()
		if problem != nil {
			return most, errors.Join(problem, <-done)
		}
		all, bus := inUse()
		most = memory{max(most.resident, ram), max(most.live, all-bus), max(most.bus, bus)}
		select {
		case err := <-done:
			return most, err
		case <-tick.C:
		}
	}
}

// inUse is what the heap held when the collector last looked, and what of it the embedded bus had made, in MiB.
func inUse() (all, bus float64) {
	var records []runtime.MemProfileRecord
	for n, ok := runtime.MemProfile(nil, false); !ok; {
		records = make([]runtime.MemProfileRecord, n+50)
		if n, ok = runtime.MemProfile(records, false); ok {
			records = records[:n]
		}
	}
	for i := range records {
		if records[i].InUseBytes() >= 1<<20 && madeBy(records[i].Stack(), "github.com/nats-io/nats-server/") {
			bus += float64(records[i].InUseBytes()) / (1 << 20) // of large ones each is counted, of small ones a sample
		}
	}
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return max(float64(sample[0].Value.Uint64())/(1<<20), bus), bus
}

// madeBy tells whether a function of a module is among the callers.
func madeBy(stack []uintptr, module string) bool {
	frames := runtime.CallersFrames(stack)
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, module) {
			return true
		}
		if !more {
			return false
		}
	}
}
