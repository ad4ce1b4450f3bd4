package keeper

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Faults of the intake service that say that the original itself is the trouble. They are
// known by their codes: the services share nothing else.
const (
	codeDamaged = "intake.content.damaged"
	codeGone    = "intake.content.gone"
	codeUnknown = "intake.content.unknown"
)

// lostOriginal tells whether an error says that the original's bytes cannot be had, so that
// trying again by ourselves does not help.
func lostOriginal(err error) bool {
	switch f := fault.Of(err); f.Code {
	case codeDamaged, codeGone, codeUnknown:
		return true
	default:
		return f.Kind == fault.Denied
	}
}

// read gives an original piece by piece. When it returns nil, intake has compared all that
// was given with the digest that it recorded.
func read(ctx context.Context, client intakev1.IntakeServiceClient, object, path string, emit func([]byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends a stream that we leave early
	stream, err := client.ReadContent(ctx, &intakev1.ReadContentRequest{ObjectId: object, Path: path})
	if err != nil {
		return err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := emit(part.GetData()); err != nil {
			return err
		}
	}
}

// fetch writes an original to a file and counts it. When it returns nil the bytes are those
// that were accepted. They are not yet durable: whoever puts them in their place syncs them.
func fetch(ctx context.Context, client intakev1.IntakeServiceClient, object, path, to string) (size uint64, sha string, err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return 0, "", err
	}
	h := sha512.New()
	err = read(ctx, client, object, path, func(p []byte) error {
		size += uint64(len(p))
		_, _ = h.Write(p) // a hash never fails
		_, err := f.Write(p)
		return err
	})
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, "", fmt.Errorf("fetch %s: %w", path, err)
	}
	return size, hex.EncodeToString(h.Sum(nil)), nil
}

// sound is what reading one side of a file found.
type sound struct {
	whole   bool
	reached bool   // false: nothing can be said
	sha     string // of the bytes that are there; empty where they are missing or unreadable
	gone    bool
	size    uint64
}

// listen reads an original and compares it with the digest that the fund recorded: not with
// intake's word alone.
func listen(ctx context.Context, client intakev1.IntakeServiceClient, object, path, want string) (sound, error) {
	h := sha512.New()
	var s sound
	err := read(ctx, client, object, path, func(p []byte) error {
		s.size += uint64(len(p))
		_, _ = h.Write(p) // a hash never fails
		return nil
	})
	sha := hex.EncodeToString(h.Sum(nil))
	switch {
	case err == nil:
		s.reached, s.sha, s.whole = true, sha, sha == want
	case fault.Of(err).Code == codeDamaged:
		s.reached, s.sha = true, sha // even where it is the fund's: intake will not give it out
	case fault.Of(err).Code == codeGone:
		s.reached, s.gone = true, s.size == 0
	default:
		return sound{}, err
	}
	return s, nil
}
