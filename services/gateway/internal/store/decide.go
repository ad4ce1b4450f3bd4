package store

import (
	"encoding/hex"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Who may read what of an account's events.
var (
	open = base.Label{}
	// staff: when somebody came and went is not everybody's business.
	staff = base.Label{Level: 1}
	// nobody: a ground that no reader is ever cleared for.
	nobody = base.Label{Level: 3, Grounds: []string{"credential"}}
)

func event(account string, label base.Label, body proto.Message) base.Event {
	return base.Event{Refs: refs(account, ""), Label: label, Body: body}
}

func passwordSet(account string, h accounts.Hash, oneTimeUntil time.Time) base.Event {
	body := &gatewayv1.PasswordSet{AccountId: account}
	if !oneTimeUntil.IsZero() {
		body.OneTime, body.Until = true, timestamppb.New(oneTimeUntil)
	}
	e := event(account, open, body)
	e.Sealed, e.SealedLabel = &gatewayv1.PasswordHash{
		Hash: h.Sum, Salt: h.Salt, Passes: h.Passes, Memory: h.Memory, Lanes: uint32(h.Lanes),
	}, nobody
	return e
}

// HashOf is a kept hash as it is checked.
func HashOf(p *gatewayv1.PasswordHash) accounts.Hash {
	return accounts.Hash{Sum: p.GetHash(), Salt: p.GetSalt(), Passes: p.GetPasses(), Memory: p.GetMemory(), Lanes: uint8(min(p.GetLanes(), 255))}
}

// NewAccount is what a new account begins with.
type NewAccount struct {
	LoginKey     [32]byte
	Login, Name  string
	Roles        []string
	Organisation string
	Password     accounts.Hash
}

// Create opens an account. Error: accounts.LoginTaken.
func Create(n NewAccount) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		if ByLogin(v, n.LoginKey) != "" {
			return nil, accounts.LoginTaken.With()
		}
		id := NextAccount(v)
		created := event(id, open, &gatewayv1.AccountCreated{AccountId: id, LoginKey: n.LoginKey[:]})
		created.Sealed = &gatewayv1.Person{Login: n.Login, Name: n.Name}
		return []base.Event{
			created, rolesSet(Row{Account: &gatewayv1.Account{AccountId: id}}, n.Roles, n.Organisation),
			passwordSet(id, n.Password, now.Add(accounts.OneTimeLife)),
		}, nil
	}
}

func rolesSet(r Row, roles []string, organisation string) base.Event {
	e := event(r.GetAccountId(), open, &gatewayv1.RolesSet{
		AccountId: r.GetAccountId(), Before: r.GetRoles(), After: roles,
		OrganisationBefore: r.GetOrganisation(), OrganisationAfter: organisation,
	})
	e.Refs = refs(r.GetAccountId(), organisation)
	return e
}

// on reads an account and decides about it.
func on(account string, decide func(v *base.View, r Row, now time.Time) ([]base.Event, error)) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		r, err := Account(v, account)
		if err != nil {
			return nil, err
		}
		return decide(v, r, now)
	}
}

// SetPerson corrects a name.
func SetPerson(account, login, name string) base.Decide {
	return on(account, func(_ *base.View, _ Row, _ time.Time) ([]base.Event, error) {
		e := event(account, open, &gatewayv1.PersonSet{AccountId: account})
		e.Sealed = &gatewayv1.Person{Login: login, Name: name}
		return []base.Event{e}, nil
	})
}

// SetRoles gives an account other roles. Error: accounts.LastAdministrator.
func SetRoles(account string, roles []string, organisation string) base.Decide {
	return on(account, func(v *base.View, r Row, _ time.Time) ([]base.Event, error) {
		if slices.Equal(r.GetRoles(), roles) && r.GetOrganisation() == organisation {
			return nil, nil
		}
		if !slices.Contains(roles, "administrator") && last(v, r) {
			return nil, accounts.LastAdministrator.With()
		}
		return append([]base.Event{rolesSet(r, roles, organisation)}, end(v, account, "roles", nil)...), nil
	})
}

// last tells whether nobody else looks after accounts.
func last(v *base.View, r Row) bool {
	return slices.Contains(r.GetRoles(), "administrator") && !r.GetDisabled() && !OtherAdministrator(v, r.GetAccountId())
}

// Disable closes an account. Errors: accounts.IsDisabled, LastAdministrator.
func Disable(account, reason string) base.Decide {
	return on(account, func(v *base.View, r Row, _ time.Time) ([]base.Event, error) {
		switch {
		case r.GetDisabled():
			return nil, accounts.IsDisabled.With()
		case last(v, r):
			return nil, accounts.LastAdministrator.With()
		}
		e := event(account, open, &gatewayv1.AccountDisabled{AccountId: account, Reason: reason})
		return append([]base.Event{e}, end(v, account, "disabled", nil)...), nil
	})
}

// Enable opens a disabled account. Error: accounts.NotDisabled.
func Enable(account string) base.Decide {
	return on(account, func(_ *base.View, r Row, _ time.Time) ([]base.Event, error) {
		if !r.GetDisabled() {
			return nil, accounts.NotDisabled.With()
		}
		return []base.Event{event(account, open, &gatewayv1.AccountEnabled{AccountId: account})}, nil
	})
}

// Unlock opens a locked account. Error: accounts.NotLocked.
func Unlock(account string) base.Decide {
	return on(account, func(_ *base.View, r Row, now time.Time) ([]base.Event, error) {
		if locked(r, now) == nil {
			return nil, accounts.NotLocked.With()
		}
		return []base.Event{event(account, open, &gatewayv1.AccountUnlocked{AccountId: account})}, nil
	})
}

// Lock closes an account for a while.
func Lock(account string, failures uint32, until time.Time) base.Decide {
	return on(account, func(_ *base.View, _ Row, _ time.Time) ([]base.Event, error) {
		return []base.Event{event(account, staff, &gatewayv1.AccountLocked{
			AccountId: account, Failures: failures, Until: timestamppb.New(until),
		})}, nil
	})
}

// Reset gives an account a one-time password.
func Reset(account string, h accounts.Hash) base.Decide {
	return on(account, func(v *base.View, _ Row, now time.Time) ([]base.Event, error) {
		e := passwordSet(account, h, now.Add(accounts.OneTimeLife))
		return append([]base.Event{e}, end(v, account, "password", nil)...), nil
	})
}

// Change sets the password that a person chose, ends all sessions and, where a secret's digest is
// given, begins a new one. The password that was proven must still hold. Errors: those of began.
func Change(account string, proven uint64, h accounts.Hash, session *[32]byte) base.Decide {
	return on(account, func(v *base.View, r Row, now time.Time) ([]base.Event, error) {
		if err := still(r, proven, now); err != nil {
			return nil, err
		}
		events := append([]base.Event{passwordSet(account, h, time.Time{})}, end(v, account, "password", nil)...)
		if session != nil {
			events = append(events, begin(account, *session, now))
		}
		return events, nil
	})
}

// still holds what was found when the password was checked against what holds now.
func still(r Row, proven uint64, now time.Time) error {
	switch until := Locked(r, now); {
	case r.Password != proven:
		return accounts.WrongPassword.With()
	case r.GetDisabled():
		return accounts.Closed.With()
	case !until.IsZero():
		return accounts.LockedAnswer(until, now)
	}
	return nil
}

// SignIn begins a session for whoever proved a password. instead is the session that the browser
// showed, if any; stale are sessions unused longest, which make room where there are too many.
// Errors: accounts.WrongPassword, Closed, Locked.
func SignIn(account string, proven uint64, failures uint32, digest [32]byte, instead *[32]byte, stale [][32]byte) base.Decide {
	return on(account, func(v *base.View, r Row, now time.Time) ([]base.Event, error) {
		if err := still(r, proven, now); err != nil {
			return nil, err
		}
		events := []base.Event{
			event(account, staff, &gatewayv1.SignedIn{AccountId: account, Failures: failures}), begin(account, digest, now),
		}
		kept := Sessions(v, account)
		if instead != nil {
			if s, ok := SessionOf(v, *instead); ok {
				events = append(events, sessionEnded(s, "signed-out"))
				kept = slices.DeleteFunc(kept, func(k Session) bool { return k.Digest == *instead })
			}
		}
		over := len(kept) + 1 - accounts.MaxSessions
		for _, digest := range stale {
			if s, ok := SessionOf(v, digest); ok && over > 0 && s.Account == account && (instead == nil || digest != *instead) {
				events = append(events, sessionEnded(s, "too-many"))
				over--
			}
		}
		return events, nil
	})
}

func begin(account string, digest [32]byte, now time.Time) base.Event {
	return event(account, staff, &gatewayv1.SessionBegan{
		AccountId: account, SecretSha256: digest[:], Until: timestamppb.New(now.Add(accounts.SessionLife).Truncate(time.Second)),
	})
}

func sessionEnded(s Session, reason string) base.Event {
	return event(s.Account, staff, &gatewayv1.SessionEnded{AccountId: s.Account, SecretSha256: s.Digest[:], Reason: reason})
}

// end ends all sessions of an account, or those that only lets through.
func end(v *base.View, account, reason string, only func(Session) bool) (events []base.Event) {
	for _, s := range Sessions(v, account) {
		if only == nil || only(s) {
			events = append(events, sessionEnded(s, reason))
		}
	}
	return events
}

// EndSessions ends an account's sessions, or the one that is named by its ID. It is no error
// where there is none.
func EndSessions(account, id, reason string) base.Decide {
	return on(account, func(v *base.View, _ Row, _ time.Time) ([]base.Event, error) {
		return end(v, account, reason, func(s Session) bool { return id == "" || s.ID() == id }), nil
	})
}

// EndSession ends one session, whosever it is.
func EndSession(digest [32]byte, reason string) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		if s, ok := SessionOf(v, digest); ok {
			return []base.Event{sessionEnded(s, reason)}, nil
		}
		return nil, nil
	}
}

// Failures tells the journal of failed attempts.
func Failures(n accounts.Note) base.Event {
	e := event(n.Account, staff, &gatewayv1.SignInFailed{AccountId: n.Account, Count: n.Count, Since: timestamppb.New(n.Since)})
	if n.Account == "" {
		e.Refs[0].Type, e.Refs[0].ID = "service", "gateway"
	}
	return e
}

// OnTimer gives the decision of a timer.
func OnTimer(kind, key string, _ time.Time) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		raw, err := hex.DecodeString(key)
		if kind != TimerSession || err != nil || len(raw) != 32 {
			return nil, nil //nolint:nilerr // of an older program: nothing is to be done any more
		}
		if s, ok := SessionOf(v, [32]byte(raw)); ok {
			return []base.Event{sessionEnded(s, "expired")}, nil
		}
		return nil, nil
	}
}
