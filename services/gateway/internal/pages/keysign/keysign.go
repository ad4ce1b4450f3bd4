// Package keysign makes the signing key of a person from a passphrase, in the program in front of the person: for
// the one act that he signs, and forgotten then. The services check every signature and can make none.
package keysign

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

// The faults of signing with a passphrase.
var (
	// WrongPassphrase says that the derived key is not the enrolled one.
	WrongPassphrase = fault.Define(fault.Refused, "gateway.desk.passphrase",
		"this is not your signing passphrase; nothing was signed; type it again",
		"это не ваша кодовая фраза для подписи; ничего не подписано; введите её снова",
		"бұл сіздің қол қоюға арналған құпия сөйлеміңіз емес; ештеңеге қол қойылған жоқ; қайта теріңіз")
	// TooOften closes signing for an account that was wrong too often.
	TooOften = fault.Define(fault.Denied, "gateway.desk.attempts",
		"the passphrase was wrong {n} times; signing is closed for you for {minutes} minutes; if you forgot it, ask the administrator for a new invitation",
		"кодовая фраза введена неверно {n} раз; подписание для вас закрыто на {minutes} мин.; если вы её забыли, попросите администратора о новом приглашении",
		"құпия сөйлем {n} рет қате терілді; қол қою сізге {minutes} минутқа жабылды; ұмытсаңыз, әкімшіден жаңа шақыру сұраңыз")
)

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

// NewKey makes the key of a new passphrase; what it gives holds no secret.
func NewKey(ctx context.Context, passphrase string) (*referencev1.KeyDerivation, error) {
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

// Tries counts wrong passphrases by account, whatever is signed: all pages of a site share them. The service
// checks every signature; this only keeps an open desk from being used to guess.
type Tries struct {
	mu    sync.Mutex
	now   func() time.Time
	wrong map[string]tried
}

type tried struct {
	n    int
	last time.Time
}

// NewTries counts from nothing; a process begins anew.
func NewTries() *Tries { return &Tries{now: time.Now, wrong: map[string]tried{}} }

// open refuses an account that was wrong too often of late.
func (a *Tries) open(account string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.wrong[account]
	if a.now().Sub(t.last) >= closed {
		delete(a.wrong, account)
		return nil
	}
	if t.n >= maxWrong {
		return TooOften.With("n", t.n, "minutes", int(closed/time.Minute))
	}
	return nil
}

func (a *Tries) note(account string, right bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if right {
		delete(a.wrong, account)
		return
	}
	a.wrong[account] = tried{a.wrong[account].n + 1, a.now()}
}

// Sign derives the key and signs the statement. An attempt is counted before the key is derived, so that many at
// once count as many. Errors: WrongPassphrase, TooOften, signing.BadParams, signing.BadStatement.
func (a *Tries) Sign(ctx context.Context, account, passphrase string, k *referencev1.KeyDerivation, s signing.Statement) ([]byte, error) {
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
		return nil, WrongPassphrase.With()
	}
	a.note(account, true)
	return s.Sign(key)
}
