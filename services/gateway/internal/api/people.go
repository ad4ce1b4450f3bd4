// Package api is the gateway's knowledge of people: who signs in, whose session a browser shows,
// and the gRPC service with which administrators look after accounts.
package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/platform/telemetry"
)

// Config is what People works with.
type Config struct {
	Store *base.Store
	// Key makes login keys and one-time passwords; it never changes.
	Key  []byte
	Cost accounts.Cost // zero: the usual one
	// Clearance is what people with these roles may read.
	Clearance func([]monitor.Role) monitor.Scope
	Log       *slog.Logger
}

// People knows who is who.
type People struct {
	cfg    Config
	hasher *accounts.Hasher
	guard  *accounts.Guard

	mu      sync.Mutex
	started time.Time
	seen    map[[32]byte]time.Time // when a session was used last, since the start
}

// New makes it.
func New(cfg Config) *People {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clearance == nil {
		cfg.Clearance = func([]monitor.Role) monitor.Scope { return monitor.Scope{} }
	}
	return &People{
		cfg: cfg, hasher: accounts.NewHasher(cfg.Cost), guard: accounts.NewGuard(),
		started: cfg.Store.Now(), seen: map[[32]byte]time.Time{},
	}
}

// Person is an account as pages know it.
type Person struct {
	Account    string
	Name       string
	Login      string
	Identity   monitor.Identity
	Session    string // its ID
	MustChange bool   // a one-time password holds: nothing else may be done before another is chosen
}

// Secret is what a browser shows: 256 random bits.
type Secret string

func newSecret() (Secret, [32]byte) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	return Secret(base64.RawURLEncoding.EncodeToString(raw[:])), sha256.Sum256(raw[:])
}

// digest of a secret; false for what cannot be one.
func (s Secret) digest() ([32]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(string(s))
	if err != nil || len(raw) != 32 {
		return [32]byte{}, false
	}
	return sha256.Sum256(raw), true
}

// Who is whoever shows a secret; false where it opens nothing (any more).
func (p *People) Who(s Secret) (Person, bool, error) {
	digest, ok := s.digest()
	if !ok {
		return Person{}, false, nil
	}
	var person Person
	now := p.cfg.Store.Now()
	err := p.cfg.Store.View(func(v *base.View) error {
		session, found := store.SessionOf(v, digest)
		if ok = found && accounts.Expired(session.Until, p.lastSeen(session), now) == ""; !ok {
			return nil
		}
		row, err := store.Account(v, session.Account)
		if err != nil {
			return err
		}
		if ok = !row.GetDisabled(); !ok {
			return nil
		}
		person, err = p.person(v, row)
		person.Session = session.ID()
		return err
	})
	if ok && err == nil {
		p.mu.Lock()
		p.seen[digest] = now
		p.mu.Unlock()
	}
	return person, ok && err == nil, err
}

// lastSeen is when a session was used last, as far as this process knows: where it was not used
// since the start, the start.
func (p *People) lastSeen(s store.Session) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t, ok := p.seen[s.Digest]; ok {
		return t
	}
	if s.Began.After(p.started) {
		return s.Began
	}
	return p.started
}

// person is a row with what is sealed; somebody whose data were erased has neither name nor
// login.
func (p *People) person(v *base.View, row store.Row) (Person, error) {
	sealed, err := p.sealed(v, row)
	if err != nil {
		return Person{}, err
	}
	person := Person{Account: row.GetAccountId(), Name: sealed.GetName(), Login: sealed.GetLogin(), MustChange: row.GetMustChange()}
	person.Identity = monitor.Identity{Actor: "person:" + row.GetAccountId()}
	if person.MustChange {
		return person, nil
	}
	for _, role := range row.GetRoles() {
		person.Identity.Roles = append(person.Identity.Roles, monitor.Role(role))
	}
	person.Identity.Organisation = row.GetOrganisation()
	person.Identity.Clearance = p.cfg.Clearance(person.Identity.Roles)
	return person, nil
}

func (p *People) sealed(v *base.View, row store.Row) (*gatewayv1.Person, error) {
	m, err := unseal[*gatewayv1.Person](p, v, row.Person)
	return m, err
}

// unseal opens the sealed body of an event; nil where it was lawfully erased.
func unseal[M any](p *People, v *base.View, seq uint64) (M, error) {
	var none M
	rec, err := v.Entry(seq)
	if err != nil || rec == nil {
		return none, err
	}
	m, err := p.cfg.Store.Keys().Unseal(rec)
	if errors.Is(err, journal.Erased) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	typed, ok := m.(M)
	if !ok {
		return none, fmt.Errorf("gateway: event %d holds another sealed body", seq)
	}
	return typed, nil
}

// proven is what a checked password leads to.
type proven struct {
	row      store.Row
	login    string
	key      [32]byte
	failures uint32
}

// prove checks a login and a password. What it answers, and how long it takes, is the same for
// a wrong password and a login that does not exist. Errors: accounts.WrongPassword, TooSoon, Locked,
// Closed, OneTimeOver, Busy.
func (p *People) prove(ctx context.Context, login, password string) (proven, error) {
	now := p.cfg.Store.Now()
	out := proven{login: accounts.Fold(login)}
	out.key = accounts.LoginKey(p.cfg.Key, out.login)
	var hash accounts.Hash
	var until time.Time // of a one-time password
	err := p.cfg.Store.View(func(v *base.View) (err error) {
		account := store.ByLogin(v, out.key)
		if account == "" {
			return nil
		}
		if out.row, err = store.Account(v, account); err != nil {
			return err
		}
		kept, err := unseal[*gatewayv1.PasswordHash](p, v, out.row.Password)
		if err != nil || kept == nil {
			return err
		}
		hash = store.HashOf(kept)
		until, err = oneTimeUntil(v, out.row.Password)
		return err
	})
	if err != nil {
		return proven{}, err
	}
	account := out.row.GetAccountId()
	if until := store.Locked(out.row, now); account != "" && !until.IsZero() {
		return proven{}, accounts.LockedAnswer(until, now)
	}
	if err := p.guard.Try(account, out.key, now); err != nil {
		return proven{}, err
	}
	fits, err := p.hasher.Check(ctx, password, hash)
	if err != nil {
		p.guard.Undo(account, out.key, now)
		return proven{}, err
	}
	if !fits {
		p.failed(ctx, account, out.key, now)
		return proven{}, accounts.WrongPassword.With()
	}
	out.failures = p.guard.Succeeded(account)
	switch {
	case out.row.GetDisabled():
		return proven{}, accounts.Closed.With()
	case !until.IsZero() && !now.Before(until):
		return proven{}, accounts.OneTimeOver.With()
	}
	return out, nil
}

// oneTimeUntil is when a password ends; zero for one that the person chose.
func oneTimeUntil(v *base.View, seq uint64) (time.Time, error) {
	rec, err := v.Entry(seq)
	if err != nil || rec == nil {
		return time.Time{}, err
	}
	body, err := rec.Body()
	if e, ok := body.(*gatewayv1.PasswordSet); err == nil && ok && e.GetUntil() != nil {
		return e.GetUntil().AsTime(), nil
	}
	return time.Time{}, err
}

// failed journals what the guard says should be; an attempt is refused whether that works or not.
func (p *People) failed(ctx context.Context, account string, key [32]byte, now time.Time) {
	locked, failures, count, since := p.guard.Failed(account, key, now)
	ctx = context.WithoutCancel(ctx)
	if count > 0 {
		p.note(ctx, accounts.Note{Account: account, Count: count, Since: since})
	}
	if account == "" || locked.IsZero() {
		return
	}
	c, err := p.command(ctx, uuid.Nil, "sign-in", "service:gateway")
	if err == nil {
		c.Decide = store.Lock(account, failures, locked)
		_, err = p.cfg.Store.Do(ctx, c)
	}
	if err != nil {
		p.cfg.Log.ErrorContext(ctx, "a lock could not be journaled", "account", account, "error", err)
	}
}

func (p *People) note(ctx context.Context, n accounts.Note) {
	if err := p.cfg.Store.Note(ctx, "service:gateway", "sign-in", store.Failures(n)); err != nil {
		p.cfg.Log.WarnContext(ctx, "failed sign-ins could not be journaled", "count", n.Count, "error", err)
	}
}

// command begins a command of a person; a fresh id where none is given.
func (p *People) command(ctx context.Context, id uuid.UUID, name, actor string) (base.Command, error) {
	if id == uuid.Nil {
		var err error
		if id, err = uuid.NewV7(); err != nil {
			return base.Command{}, fmt.Errorf("gateway: command id: %w", err)
		}
	}
	return base.Command{ID: id, Name: name, Actor: actor, Traceparent: telemetry.Traceparent(ctx)}, nil
}

// SignIn begins a session, and ends the one that the browser showed before. Errors: those of
// prove, and the store's.
func (p *People) SignIn(ctx context.Context, login, password string, before Secret) (Secret, Person, error) {
	proof, err := p.prove(ctx, login, password)
	if err != nil {
		return "", Person{}, err
	}
	account := proof.row.GetAccountId()
	c, err := p.command(ctx, uuid.Nil, "sign-in", "person:"+account)
	if err != nil {
		return "", Person{}, err
	}
	secret, digest := newSecret()
	var instead *[32]byte
	if old, ok := before.digest(); ok {
		instead = &old
	}
	c.Decide = store.SignIn(account, proof.row.Password, proof.failures, digest, instead, p.stale(account))
	if _, err := p.cfg.Store.Do(ctx, c); err != nil {
		return "", Person{}, err
	}
	person, ok, err := p.Who(secret)
	if err == nil && !ok {
		err = accounts.WrongPassword.With() // ended again within this moment
	}
	return secret, person, err
}

// stale are an account's sessions, unused longest first.
func (p *People) stale(account string) (digests [][32]byte) {
	var list []store.Session
	_ = p.cfg.Store.View(func(v *base.View) error { // the command after it says what is wrong
		list = store.Sessions(v, account)
		return nil
	})
	slices.SortFunc(list, func(a, b store.Session) int {
		return cmp.Or(p.lastSeen(a).Compare(p.lastSeen(b)), a.Began.Compare(b.Began))
	})
	for _, s := range list {
		digests = append(digests, s.Digest)
	}
	return digests
}

// SignOut ends the session that a browser shows.
func (p *People) SignOut(ctx context.Context, person Person, s Secret) error {
	digest, ok := s.digest()
	if !ok {
		return nil
	}
	c, err := p.command(ctx, uuid.Nil, "sign-out", person.Identity.Actor)
	if err != nil {
		return err
	}
	c.Decide = store.EndSession(digest, "signed-out")
	_, err = p.cfg.Store.Do(ctx, c)
	return err
}

// EndSession ends one of a person's own sessions, or all where id is "".
func (p *People) EndSession(ctx context.Context, person Person, id string) error {
	c, err := p.command(ctx, uuid.Nil, "sign-out", person.Identity.Actor)
	if err != nil {
		return err
	}
	c.Decide = store.EndSessions(person.Account, id, "ended")
	_, err = p.cfg.Store.Do(ctx, c)
	return err
}

// ChangePassword sets the password that a person chose, ends all sessions and begins a new one.
// Errors: those of prove and of accounts.CheckPassword, accounts.PasswordSame.
func (p *People) ChangePassword(ctx context.Context, login, password, wanted string) (Secret, error) {
	secret, digest := newSecret()
	c, err := p.command(ctx, uuid.Nil, "change-password", "")
	if err != nil {
		return "", err
	}
	return secret, p.change(ctx, c, login, password, wanted, &digest)
}

func (p *People) change(ctx context.Context, c base.Command, login, password, wanted string, session *[32]byte) error {
	if err := accounts.CheckPassword(wanted, accounts.Fold(login)); err != nil {
		return err
	}
	if wanted == password {
		return accounts.PasswordSame.With()
	}
	proof, err := p.prove(ctx, login, password)
	if err != nil {
		return err
	}
	hash, err := p.hasher.New(ctx, wanted)
	if err != nil {
		return err
	}
	if c.Actor == "" {
		c.Actor = "person:" + proof.row.GetAccountId()
	}
	c.Decide = store.Change(proof.row.GetAccountId(), proof.row.Password, hash, session)
	_, err = p.cfg.Store.Do(ctx, c)
	return err
}

// Own lists a person's sessions, those used last first.
func (p *People) Own(account string) (list []*gatewayv1.Session, err error) {
	err = p.cfg.Store.View(func(v *base.View) error {
		list = p.sessions(v, account)
		return nil
	})
	return list, err
}

// Sweep ends sessions that nobody uses, and tells the journal of failures that it has not been told
// of. It is called once a minute.
func (p *People) Sweep(ctx context.Context) error {
	now := p.cfg.Store.Now()
	var idle []store.Session
	there := map[[32]byte]bool{}
	err := p.cfg.Store.View(func(v *base.View) error {
		store.AllSessions(v, func(s store.Session) {
			there[s.Digest] = true
			if accounts.Expired(s.Until, p.lastSeen(s), now) == "idle" {
				idle = append(idle, s)
			}
		})
		return nil
	})
	p.mu.Lock()
	for digest := range p.seen {
		if !there[digest] {
			delete(p.seen, digest)
		}
	}
	p.mu.Unlock()
	for _, s := range idle {
		c, cmdErr := p.command(ctx, uuid.Nil, "sweep", "service:gateway")
		if cmdErr == nil {
			c.Decide = store.EndSession(s.Digest, "idle")
			_, cmdErr = p.cfg.Store.Do(ctx, c)
		}
		err = errors.Join(err, cmdErr)
	}
	for _, n := range p.guard.Notes(now) {
		p.note(ctx, n)
	}
	return err
}

// Empty tells whether there is no account yet.
func (p *People) Empty() (empty bool, err error) {
	err = p.cfg.Store.View(func(v *base.View) error {
		empty = store.Empty(v)
		return nil
	})
	return empty, err
}
