package desk

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"sync"
	"time"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/signing"
)

// wrongPassphrase says that the derived key is not the enrolled one.
var wrongPassphrase = fault.Define(fault.Refused, "gateway.desk.passphrase",
	"this is not your signing passphrase; nothing was signed; type it again",
	"это не ваша кодовая фраза для подписи; ничего не подписано; введите её снова",
	"бұл сіздің қол қоюға арналған құпия сөйлеміңіз емес; ештеңеге қол қойылған жоқ; қайта теріңіз")

// Bounds of signing: a derivation takes 64 MiB and a part of a second, and whoever sits at an
// open desk must not be able to try passphrases.
const (
	atOnce   = 2
	maxWrong = 5
	closed   = 15 * time.Minute
)

var derivations = make(chan struct{}, atOnce)

// derive makes the private key of a passphrase; no more than a few at once.
func derive(ctx context.Context, passphrase string, p signing.Params) (ed25519.PrivateKey, error) {
	select {
	case derivations <- struct{}{}:
		defer func() { <-derivations }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return signing.Derive(passphrase, p)
}

// newKey makes the key of a new passphrase; what it gives holds no secret.
func newKey(ctx context.Context, passphrase string) (*referencev1.KeyDerivation, error) {
	p, err := signing.NewParams(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := derive(ctx, passphrase, p)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	public := signing.Public(key)
	return &referencev1.KeyDerivation{
		KeyId: signing.KeyID(public), PublicKey: append([]byte(nil), public...), Salt: p.Salt, Passes: p.Time, MemoryKib: p.MemoryKiB, Lanes: uint32(p.Threads),
	}, nil
}

// attempts counts wrong passphrases by account. The service checks every signature; this only keeps
// an open desk from being used to guess.
type attempts struct {
	mu    sync.Mutex
	now   func() time.Time
	wrong map[string]tried
}

type tried struct {
	n    int
	last time.Time
}

func newAttempts() *attempts { return &attempts{now: time.Now, wrong: map[string]tried{}} }

// open refuses an account that was wrong too often of late.
func (a *attempts) open(account string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.wrong[account]
	if a.now().Sub(t.last) >= closed {
		delete(a.wrong, account)
		return nil
	}
	if t.n >= maxWrong {
		return tooOften.With("n", t.n, "minutes", int(closed/time.Minute))
	}
	return nil
}

func (a *attempts) note(account string, right bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if right {
		delete(a.wrong, account)
		return
	}
	a.wrong[account] = tried{a.wrong[account].n + 1, a.now()}
}

// sign derives the key and signs. An attempt is counted before the key is derived, so that many at
// once count as many.
func (a *attempts) sign(ctx context.Context, account, passphrase string, k *referencev1.KeyDerivation, s signing.Statement) ([]byte, error) {
	if err := a.open(account); err != nil {
		return nil, err
	}
	if k.GetLanes() > 255 {
		return nil, signing.BadParams.With("problem", "lanes")
	}
	a.note(account, false)
	key, err := derive(ctx, passphrase, signing.Params{Salt: k.GetSalt(), Time: k.GetPasses(), MemoryKiB: k.GetMemoryKib(), Threads: uint8(k.GetLanes())})
	if err != nil {
		return nil, err
	}
	defer clear(key)
	if !signing.Public(key).Equal(ed25519.PublicKey(k.GetPublicKey())) {
		return nil, wrongPassphrase.With()
	}
	a.note(account, true)
	return s.Sign(key)
}
