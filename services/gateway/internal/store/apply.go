package store

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Apply writes what follows from one event.
func Apply(tx *base.Tx, r *journal.Record) error {
	body, err := r.Body()
	if err != nil {
		return err
	}
	switch e := body.(type) {
	case *gatewayv1.AccountCreated:
		key, ok := number(e.GetAccountId())
		if !ok || len(e.GetLoginKey()) != 32 {
			return fmt.Errorf("event %d: account %q with a login key of %d bytes", r.Seq(), e.GetAccountId(), len(e.GetLoginKey()))
		}
		tx.Put("logins", e.GetLoginKey(), key)
		row := Row{Account: &gatewayv1.Account{AccountId: e.GetAccountId(), CreatedAt: r.Header.GetRecordedAt()}, Person: r.Seq()}
		return row.put(tx)
	case *gatewayv1.SessionBegan:
		return began(tx, e, r.Time())
	case *gatewayv1.SessionEnded:
		return ended(tx, e)
	}
	return change(tx, r, body)
}

// change is an event that alters one account's row.
func change(tx *base.Tx, r *journal.Record, body proto.Message) error {
	of, ok := body.(interface{ GetAccountId() string })
	if !ok || of.GetAccountId() == "" {
		return nil
	}
	row, err := Account(&tx.View, of.GetAccountId())
	if err != nil {
		return fmt.Errorf("event %d: %w", r.Seq(), err)
	}
	switch e := body.(type) {
	case *gatewayv1.PersonSet:
		row.Person = r.Seq()
	case *gatewayv1.RolesSet:
		row.Roles, row.Organisation = e.GetAfter(), e.GetOrganisationAfter()
	case *gatewayv1.PasswordSet:
		row.Password, row.MustChange = r.Seq(), e.GetOneTime()
		if e.GetOneTime() {
			row.LockedUntil = nil // an administrator gave it
		}
	case *gatewayv1.SignedIn:
		row.SignedInAt, row.LockedUntil = r.Header.GetRecordedAt(), nil
	case *gatewayv1.AccountLocked:
		row.LockedUntil = e.GetUntil()
	case *gatewayv1.AccountUnlocked:
		row.LockedUntil = nil
	case *gatewayv1.AccountDisabled:
		row.Disabled = true
	case *gatewayv1.AccountEnabled:
		row.Disabled = false
	default:
		return nil
	}
	key, _ := number(row.GetAccountId())
	if slices.Contains(row.GetRoles(), "administrator") && !row.GetDisabled() {
		tx.Put("administrators", key, []byte{})
	} else {
		tx.Delete("administrators", key)
	}
	return row.put(tx)
}

func began(tx *base.Tx, e *gatewayv1.SessionBegan, at time.Time) error {
	key, ok := number(e.GetAccountId())
	if !ok || len(e.GetSecretSha256()) != 32 {
		return fmt.Errorf("a session of account %q with a digest of %d bytes", e.GetAccountId(), len(e.GetSecretSha256()))
	}
	until := e.GetUntil().AsTime()
	row := binary.BigEndian.AppendUint64(slices.Clone(key), uint64(at.Unix()))
	tx.Put("sessions", e.GetSecretSha256(), binary.BigEndian.AppendUint64(row, uint64(until.Unix())))
	tx.Put("opened", append(slices.Clone(key), e.GetSecretSha256()...), []byte{})
	tx.SetTimer(until, TimerSession, hex.EncodeToString(e.GetSecretSha256()))
	return nil
}

func ended(tx *base.Tx, e *gatewayv1.SessionEnded) error {
	if len(e.GetSecretSha256()) != 32 {
		return fmt.Errorf("the end of a session with a digest of %d bytes", len(e.GetSecretSha256()))
	}
	s, ok := SessionOf(&tx.View, [32]byte(e.GetSecretSha256()))
	if !ok {
		return nil
	}
	key, _ := number(s.Account)
	tx.Delete("sessions", s.Digest[:])
	tx.Delete("opened", append(key, s.Digest[:]...))
	tx.ClearTimer(s.Until, TimerSession, s.ID())
	return nil
}

// Check looks for what does not fit together.
func Check(v *base.View) (problems []base.Problem) {
	bad := func(where, format string, args ...any) {
		problems = append(problems, base.Found("gateway", where, format, args...))
	}
	logins := map[string]int{}
	for _, account := range v.Scan("logins", nil, nil) {
		logins[text(account)]++
	}
	rows, _, err := Accounts(v, "", 1<<30)
	if err != nil {
		bad("accounts", "%v", err)
		return problems
	}
	for _, r := range rows {
		where := "account " + r.GetAccountId()
		if logins[r.GetAccountId()] != 1 {
			bad(where, "%d logins lead to it", logins[r.GetAccountId()])
		}
		key, _ := number(r.GetAccountId())
		admin := slices.Contains(r.GetRoles(), "administrator") && !r.GetDisabled()
		if listed := v.Get("administrators", key) != nil; listed != admin {
			bad(where, "among the administrators: %t, should be: %t", listed, admin)
		}
		delete(logins, r.GetAccountId())
	}
	for account := range logins {
		bad("logins", "one leads to account %s, which does not exist", account)
	}
	AllSessions(v, func(s Session) {
		key, _ := number(s.Account)
		if v.Get("opened", append(key, s.Digest[:]...)) == nil || !v.HasTimer(s.Until, TimerSession, s.ID()) {
			bad("session "+s.ID(), "it lacks its row or its timer")
		}
	})
	return problems
}
