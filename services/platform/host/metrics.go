package host

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/qoyma/qoyma/services/platform/store"
)

// metrics registers what an operator watches: how far the journal goes, how far the stream and
// the followers have it, what waits. The values are read when they are asked for.
func (s *Service) metrics() (unregister func(), err error) {
	meter := s.process.Meter
	if meter == nil {
		return func() {}, nil
	}
	var gauges [5]metric.Int64ObservableGauge
	for i, g := range []struct{ name, about string }{
		{"qoyma_journal_events", "Events in the journal."},
		{"qoyma_relay_lag_events", "Events of the journal that the stream does not have yet."},
		{"qoyma_follow_lag_events", "Events of a followed journal, as far as known, that were not taken yet."},
		{"qoyma_reactions_waiting", "Reactions that are deferred, and those parked until a person looks."},
		{"qoyma_service_ready", "1 while commands are admitted."},
	} {
		if gauges[i], err = meter.Int64ObservableGauge(g.name, metric.WithDescription(g.about)); err != nil {
			return nil, fmt.Errorf("metric %s: %w", g.name, err)
		}
	}
	name := attribute.String("service", s.name)
	registration, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		head := s.store.Head()
		relayed, _ := s.relay.Status()
		o.ObserveInt64(gauges[0], int64(head.Seq), metric.WithAttributes(name))
		o.ObserveInt64(gauges[1], int64(head.Seq-min(relayed, head.Seq)), metric.WithAttributes(name))
		ready := int64(1)
		if s.store.Ready() != nil {
			ready = 0
		}
		o.ObserveInt64(gauges[4], ready, metric.WithAttributes(name))
		return s.observeFollowers(o, gauges[2], gauges[3], name)
	}, gauges[0], gauges[1], gauges[2], gauges[3], gauges[4])
	if err != nil {
		return nil, fmt.Errorf("metrics of %s: %w", s.name, err)
	}
	return func() { _ = registration.Unregister() }, nil
}

// observeFollowers reads the lag of each follower and counts what waits, up to 1,000.
func (s *Service) observeFollowers(o metric.Observer, lag, waiting metric.Int64ObservableGauge, name attribute.KeyValue) error {
	return s.store.View(func(v *store.View) error {
		for _, f := range s.followers {
			pos, err := v.Position(f.Service())
			if err != nil {
				return err
			}
			known, _ := f.Status()
			o.ObserveInt64(lag, int64(known-min(pos.GetSeq(), known)), metric.WithAttributes(name, attribute.String("follows", f.Service())))
		}
		rows, err := v.Waiting(1000)
		counts := map[string]int64{"deferred": 0, "parked": 0}
		for _, row := range rows {
			if row.GetParked() {
				counts["parked"]++
			} else {
				counts["deferred"]++
			}
		}
		for state, n := range counts {
			o.ObserveInt64(waiting, n, metric.WithAttributes(name, attribute.String("state", state)))
		}
		return err
	})
}
