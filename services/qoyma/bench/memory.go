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
	"sync/atomic"
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
			cfg.Progress(fmt.Sprintf("  %.0f %s", m.live, took)) // the last step is long after the first
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

// check is what the insurance fund asks of each object from time to time.
func (o *object) check(ctx context.Context) (err error) {
	if o.line, err = o.accession(ctx, o.transfer); err != nil {
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
	return asked(ctx, again, func() bool {
		a, err := o.accession(ctx, o.transfer)
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
	last := look()
	most = memory{live: last.all - last.bus, bus: last.bus}
	done := make(chan error, 1)
	go func() { done <- do() }()
	collected, stop := collections()
	defer stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-collected:
		case err = <-done:
			ended = true
			debug.FreeOSMemory() // so that the last collection counts too
		case <-tick.C:
		}
		ram, problem := resident()
		if problem != nil && !ended {
			err = <-done
		}
		if problem != nil {
			return most, errors.Join(problem, err)
		}
		now := look()
		if most.resident, most.bus = max(most.resident, ram), max(most.bus, now.bus); ended {
			now.bus = min(now.bus, last.bus) // this one is told of the collection just made, not of the one before
		}
		most.live = max(most.live, now.others(last))
		last = now
	}
	return most, err
}

// collections says when the collector has looked, until it is stopped: after each time something has gone that nobody
// needed, and the next is laid out.
func collections() (collected <-chan struct{}, stop func()) {
	each := make(chan struct{}, 1)
	var stopped atomic.Bool
	var lay func(struct{})
	lay = func(struct{}) {
		if stopped.Load() {
			return
		}
		runtime.AddCleanup(new(heap), lay, struct{}{})
		select {
		case each <- struct{}{}:
		default:
		}
	}
	lay(struct{}{})
	return each, func() { stopped.Store(true) }
}

// heap is what a look at the heap finds, in MiB.
type heap struct {
	cycle uint64  // how often the collector has looked
	all   float64 // what was in use when it last did
	bus   float64 // what of that the embedded bus had made: when it last did but one
}

// look looks at the heap. What is in use altogether is known at once, who made it only after the next collection.
func look() (h heap) {
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	for {
		metrics.Read(sample)
		h.cycle, h.all = sample[0].Value.Uint64(), float64(sample[1].Value.Uint64())/(1<<20)
		h.bus = ofBus()
		if metrics.Read(sample[:1]); sample[0].Value.Uint64() == h.cycle {
			return h
		}
	}
}

// others is what others than the bus had in use: at the collection that last saw where it is the one before, otherwise
// (nothing new, or more than one since) as near as can be told.
func (h heap) others(last heap) float64 {
	if h.cycle == last.cycle+1 {
		return max(last.all-h.bus, 0)
	}
	if h.cycle == last.cycle {
		return 0
	}
	return max(h.all-h.bus, 0)
}

// ofBus is what the embedded bus made of what is in use, in MiB.
func ofBus() (bus float64) {
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
	return bus
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
