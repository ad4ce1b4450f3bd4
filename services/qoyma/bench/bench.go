// Package bench measures the journal on the machine it runs on: a real command with its
// rules, event, tree and indexes, beside what the disk and bbolt can do at best, in one run.
// Absolute figures say little about another machine; the ratios do.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// Config says how much to measure.
type Config struct {
	Dir     string        // where to work; a folder is made in it and removed
	Rows    int           // files registered before measuring; 1,000,000 by requirement
	Period  time.Duration // of each measurement
	Callers int           // 256 by requirement
	// Large fills a store of this many bytes and measures how long opening it takes; 0: not.
	Large     int64
	Services  []process.Service
	Telemetry *telemetry.Telemetry
	// Progress is told what is going on; nil: nobody.
	Progress func(string)
}

// Report is what was measured.
type Report struct {
	Dir     string   `json:"dir"`
	Rows    int      `json:"rows"`
	Callers int      `json:"callers"`
	Seconds float64  `json:"seconds_each"`
	Figures []Figure `json:"figures"`
	Ratios  []Ratio  `json:"ratios"`
}

// Figure is one measured value.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Ratio is one promise: a quotient of two figures and what it must be.
type Ratio struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	// AtMost: the value must not be above the limit; otherwise not below it.
	AtMost bool `json:"at_most"`
	OK     bool `json:"ok"`
}

// OK tells whether every promise was kept.
func (r *Report) OK() bool {
	for _, ratio := range r.Ratios {
		if !ratio.OK {
			return false
		}
	}
	return true
}

func (r *Report) figure(name string, value float64, unit string) float64 {
	r.Figures = append(r.Figures, Figure{name, value, unit})
	return value
}

func (r *Report) atLeast(name string, value, limit float64) {
	r.Ratios = append(r.Ratios, Ratio{Name: name, Value: value, Limit: limit, OK: value >= limit})
}

func (r *Report) atMost(name string, value, limit float64) {
	r.Ratios = append(r.Ratios, Ratio{Name: name, Value: value, Limit: limit, AtMost: true, OK: value <= limit})
}

// Journal runs all measurements one after another.
func Journal(ctx context.Context, cfg Config) (_ *Report, err error) {
	if cfg.Progress == nil {
		cfg.Progress = func(string) {}
	}
	dir, err := os.MkdirTemp(cfg.Dir, "qoyma-bench-*")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &Report{Dir: cfg.Dir, Rows: cfg.Rows, Callers: cfg.Callers, Seconds: cfg.Period.Seconds()}

	disk, err := newRaw(filepath.Join(dir, "raw"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, disk.close()) }()
	if err := commands(ctx, cfg, dir, r, disk); err != nil {
		return nil, err
	}
	if err := across(ctx, cfg, filepath.Join(dir, "across"), r, disk); err != nil {
		return nil, err
	}
	if cfg.Large > 0 {
		if err := large(ctx, cfg, filepath.Join(dir, "large"), r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// rounds is into how many slices each measurement is cut. Those that are compared take turns,
// so that a disk or a machine that is busy for a while is busy for all of them.
const rounds = 5

// contender is one of several measurements that take turns.
type contender struct {
	name    string
	callers int
	call    func(ctx context.Context, n int) error
	// before lets what the one before left behind come to rest; nil: nothing.
	before func(ctx context.Context) error
}

// compare lets contenders take turns and gives each one's sum.
func compare(ctx context.Context, cfg Config, list []contender) ([]*result, error) {
	sums := make([]*result, len(list))
	for i := range sums {
		sums[i] = new(result)
	}
	for round := range rounds {
		cfg.Progress(fmt.Sprintf("measuring: round %d of %d", round+1, rounds))
		for i, c := range list {
			if c.before != nil {
				if err := c.before(ctx); err != nil {
					return nil, err
				}
			}
			got, err := drive(ctx, c.callers, cfg.Period/rounds, c.call)
			if err != nil {
				return nil, fmt.Errorf("bench: %s: %w", c.name, err)
			}
			sums[i].add(got)
		}
	}
	return sums, nil
}

// commands measures registering a file, at the store and through gRPC, at the full number of
// rows, without and with refusals, beside the disk and bbolt.
func commands(ctx context.Context, cfg Config, dir string, r *Report, disk *raw) (err error) {
	plain, err := newPlain(filepath.Join(dir, "plain.db"), cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plain.close()) }()
	a, err := open(ctx, cfg, filepath.Join(dir, "commands"), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.preload(ctx, cfg); err != nil {
		return err
	}
	list := []contender{
		{"raw fdatasync, one at a time", 1, disk.append, a.rest},
		{"plain bbolt.Update", cfg.Callers, plain.update, nil},
		{"OpenFile at the store", cfg.Callers, a.direct, nil},
		{"OpenFile through gRPC, identity checked", cfg.Callers, a.grpc, a.rest},
		{"OpenFile at the store, 20 % refused", cfg.Callers, a.fifthRefused, a.rest},
	}
	sums, err := compare(ctx, cfg, list)
	if err != nil {
		return err
	}
	for i, c := range list {
		r.figure(c.name, sums[i].rate(), "/s")
		r.figure("  p50", ms(sums[i].at(0.5)), "ms")
		r.figure("  p99", ms(sums[i].at(0.99)), "ms")
		if sums[i].refused > 0 {
			r.figure("  refusals", float64(sums[i].refused)/sums[i].took.Seconds(), "/s")
		}
	}
	update, store := sums[1].rate(), sums[2].rate()
	r.atLeast("at the store ÷ bbolt.Update", store/update, 10)
	r.atLeast("through gRPC ÷ bbolt.Update", sums[3].rate()/update, 4)
	r.atLeast("accepted beside 20 % refused ÷ without", sums[4].rate()/store, 0.75)
	return nil
}

// across measures what a second service makes of the events: throughput, and how long one
// command takes from being sent to its effect there being durable.
func across(ctx context.Context, cfg Config, dir string, r *Report, disk *raw) (err error) {
	a, err := open(ctx, cfg, dir, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	cfg.Progress("applied in another service")
	before := a.echo.Store().Head().Seq
	began := time.Now()
	got, err := drive(ctx, cfg.Callers, cfg.Period, a.direct)
	if err != nil {
		return fmt.Errorf("bench: across: %w", err)
	}
	if err := a.reached(ctx, before+uint64(got.done)); err != nil {
		return err
	}
	applied := float64(got.done) / time.Since(began).Seconds()
	r.figure("committed while another service follows", got.rate(), "/s")
	r.figure("applied in the other service", applied, "/s")
	r.atLeast("applied in another service ÷ committed", applied/got.rate(), 0.5)

	cfg.Progress("end to end at 50 commands/s")
	lag, sync := new(result), new(result)
	for range rounds {
		one, err := drive(ctx, 1, cfg.Period/rounds/2, disk.append)
		if err != nil {
			return err
		}
		sync.add(one)
		if one, err = a.endToEnd(ctx, 50, 2*cfg.Period/rounds); err != nil {
			return err
		}
		lag.add(one)
	}
	r.figure("end to end at 50/s, p50", ms(lag.at(0.5)), "ms")
	r.figure("end to end at 50/s, p99", ms(lag.at(0.99)), "ms")
	r.figure("raw fdatasync beside it, p50", ms(sync.at(0.5)), "ms")
	r.atMost("end to end p50 ÷ five fdatasyncs", lag.at(0.5).Seconds()/(5*sync.at(0.5).Seconds()), 4)
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
