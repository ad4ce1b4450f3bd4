package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamSpec is what a caller may choose about a stream; the rest is the same for all.
type StreamSpec struct {
	Name     string
	Subjects []string
	// Duplicates is how long message ids are remembered, default two minutes. Keep it
	// short: 300,000 ids cost up to 126 MB; afterwards the expected last sequence protects.
	Duplicates time.Duration
	Replicas   int   // 1 (default) or 3
	MaxMsgSize int32 // bytes, default MaxPayload
}

func (s StreamSpec) config() jetstream.StreamConfig {
	if s.Duplicates == 0 {
		s.Duplicates = 2 * time.Minute
	}
	if s.Replicas == 0 {
		s.Replicas = 1
	}
	if s.MaxMsgSize == 0 {
		s.MaxMsgSize = MaxPayload
	}
	return jetstream.StreamConfig{
		Name: s.Name, Subjects: s.Subjects,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		// Nothing is dropped to make room: a full stream refuses, and the relay waits.
		Discard: jetstream.DiscardNew, MaxMsgs: -1, MaxBytes: -1, MaxAge: 0, MaxMsgsPerSubject: -1,
		MaxConsumers: -1, MaxMsgSize: s.MaxMsgSize,
		DenyDelete: true, DenyPurge: true,
		Duplicates: s.Duplicates, Replicas: s.Replicas,
		// Direct gets may be answered by a replica that is behind; reconciling at start
		// needs the leader's word.
		AllowDirect: false,
	}
}

// EnsureStream makes the stream, or finds it as it should be. Calling it again, from
// several processes at once, is harmless. Errors: ErrStreamDiffers, naming every setting
// that differs (it is never changed here: DenyDelete cannot be taken back, and a stream
// that others rely on is not ours to alter); ErrFrozen and ErrUnreachable as of Healthy.
func (b *Bus) EnsureStream(ctx context.Context, spec StreamSpec) (jetstream.Stream, error) {
	want := spec.config()
	stream, err := b.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = b.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another process was faster
			stream, err = b.js.Stream(ctx, want.Name)
		}
	}
	if err != nil {
		if health := b.Healthy(ctx); health != nil {
			return nil, errors.Join(health, err)
		}
		return nil, fmt.Errorf("stream %s: %w", want.Name, err)
	}
	if d := differences(want, stream.CachedInfo().Config); len(d) > 0 {
		return nil, ErrStreamDiffers.With("stream", want.Name, "differences", strings.Join(d, ", "))
	}
	return stream, nil
}

// differences lists what a stream has otherwise than wanted, as "setting: is X, should be Y".
func differences(want, have jetstream.StreamConfig) []string {
	var found []string
	compare := func(setting string, is, should any) {
		if fmt.Sprint(is) != fmt.Sprint(should) {
			found = append(found, fmt.Sprintf("%s: is %v, should be %v", setting, is, should))
		}
	}
	haveSubjects, wantSubjects := slices.Sorted(slices.Values(have.Subjects)), slices.Sorted(slices.Values(want.Subjects))
	compare("subjects", haveSubjects, wantSubjects)
	compare("storage", have.Storage, want.Storage)
	compare("retention", have.Retention, want.Retention)
	compare("discard", have.Discard, want.Discard)
	compare("max messages", have.MaxMsgs, want.MaxMsgs)
	compare("max bytes", have.MaxBytes, want.MaxBytes)
	compare("max age", have.MaxAge, want.MaxAge)
	compare("max messages per subject", have.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	compare("max message size", have.MaxMsgSize, want.MaxMsgSize)
	compare("deny delete", have.DenyDelete, want.DenyDelete)
	compare("deny purge", have.DenyPurge, want.DenyPurge)
	compare("duplicates", have.Duplicates, want.Duplicates)
	compare("replicas", have.Replicas, want.Replicas)
	compare("sealed", have.Sealed, false)
	compare("async persist", have.PersistMode, want.PersistMode) // it silently disables SyncAlways
	compare("direct gets", have.AllowDirect, want.AllowDirect)
	return found
}
