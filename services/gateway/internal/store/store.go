// Package store is what the gateway keeps: accounts and sessions.
//
//	accounts        ‹account›             → seq of its person (8), seq of its password (8), Account without
//	                                        person, sessions and lock that is over
//	logins          login key (32)        → ‹account›
//	sessions        digest of secret (32) → ‹account›, began (8), until (8), in seconds
//	opened          ‹account› digest      → nothing: an account's sessions
//	administrators  ‹account›             → nothing: those who are open
//
// ‹account› is the number, 8 bytes, big endian. Login and name stand in sealed bodies of the
// journal only, and so does what a password is checked with. Every row follows from the journal by Apply.
//
// Timers: "session-ends", keyed by the digest in hex, at the session's end.
package store

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// TimerSession is the kind of the timer that ends a session.
const TimerSession = "session-ends"

// Schema is the buckets above.
func Schema() base.Schema {
	return base.Schema{Version: 1, Buckets: []base.Bucket{
		{Name: "accounts", Appending: true},
		{Name: "logins"},
		{Name: "sessions"},
		{Name: "opened"},
		{Name: "administrators"},
	}}
}

// number reads an account's number in exactly the form that text writes.
func number(account string) (key []byte, ok bool) {
	n, err := strconv.ParseUint(account, 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != account {
		return nil, false
	}
	return binary.BigEndian.AppendUint64(nil, n), true
}

func text(key []byte) string {
	if len(key) < 8 {
		return ""
	}
	return strconv.FormatUint(binary.BigEndian.Uint64(key), 10)
}

// NextAccount is the number of the account that is opened next.
func NextAccount(v *base.View) string {
	key, _ := v.Last("accounts", nil)
	if len(key) != 8 {
		return "1"
	}
	return strconv.FormatUint(binary.BigEndian.Uint64(key)+1, 10)
}

// Row is an account as it is kept.
type Row struct {
	*gatewayv1.Account
	Person, Password uint64 // seq of the events whose sealed bodies hold them
}

// Account reads one. Error: accounts.UnknownAccount.
func Account(v *base.View, account string) (Row, error) {
	key, ok := number(account)
	if !ok {
		return Row{}, accounts.UnknownAccount.With()
	}
	raw := v.Get("accounts", key)
	if raw == nil {
		return Row{}, accounts.UnknownAccount.With()
	}
	return decode(account, raw)
}

func decode(account string, raw []byte) (Row, error) {
	r := Row{Account: new(gatewayv1.Account)}
	if len(raw) < 16 {
		return r, fmt.Errorf("accounts %s: a row of %d bytes", account, len(raw))
	}
	r.Person, r.Password = binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:])
	if err := proto.Unmarshal(raw[16:], r.Account); err != nil {
		return r, fmt.Errorf("accounts %s: %w", account, err)
	}
	return r, nil
}

var deterministic = proto.MarshalOptions{Deterministic: true}

func (r Row) put(tx *base.Tx) error {
	key, ok := number(r.GetAccountId())
	if !ok {
		return fmt.Errorf("account %q has no number", r.GetAccountId())
	}
	raw := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, r.Person), r.Password)
	raw, err := deterministic.MarshalAppend(raw, r.Account)
	if err != nil {
		return fmt.Errorf("accounts %s: %w", r.GetAccountId(), err)
	}
	tx.Put("accounts", key, raw)
	return nil
}

// ByLogin is the account that a login key leads to; "" where there is none.
func ByLogin(v *base.View, key [32]byte) string { return text(v.Get("logins", key[:])) }

// Accounts is a page of accounts after one.
func Accounts(v *base.View, after string, limit int) (rows []Row, more bool, err error) {
	from, _ := number(after)
	for k, raw := range v.Scan("accounts", nil, from) {
		if len(rows) == limit {
			return rows, true, nil
		}
		r, err := decode(text(k), raw)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, r)
	}
	return rows, false, nil
}

// Empty tells whether there is no account at all.
func Empty(v *base.View) bool {
	key, _ := v.Last("accounts", nil)
	return key == nil
}

// OtherAdministrator tells whether an open account other than this one looks after accounts.
func OtherAdministrator(v *base.View, account string) bool {
	for k := range v.Scan("administrators", nil, nil) {
		if text(k) != account {
			return true
		}
	}
	return false
}

// Session is one browser that is signed in.
type Session struct {
	Account      string
	Digest       [32]byte // of the secret that the browser shows
	Began, Until time.Time
}

// ID names the session without opening it.
func (s Session) ID() string { return hex.EncodeToString(s.Digest[:]) }

// SessionOf finds a session by the digest of its secret.
func SessionOf(v *base.View, digest [32]byte) (Session, bool) {
	raw := v.Get("sessions", digest[:])
	if len(raw) != 24 {
		return Session{}, false
	}
	return Session{
		Account: text(raw), Digest: digest,
		Began: time.Unix(int64(binary.BigEndian.Uint64(raw[8:])), 0).UTC(),
		Until: time.Unix(int64(binary.BigEndian.Uint64(raw[16:])), 0).UTC(),
	}, true
}

// Sessions are an account's, in no order that means anything.
func Sessions(v *base.View, account string) (list []Session) {
	key, ok := number(account)
	if !ok {
		return nil
	}
	for k := range v.Scan("opened", key, nil) {
		if s, ok := SessionOf(v, [32]byte(k[8:])); ok {
			list = append(list, s)
		}
	}
	return list
}

// AllSessions goes through the sessions of everybody.
func AllSessions(v *base.View, yield func(Session)) {
	for k := range v.Scan("sessions", nil, nil) {
		if s, ok := SessionOf(v, [32]byte(k)); ok {
			yield(s)
		}
	}
}

// Ref is an account in the journal.
func Ref(account string) journal.Ref { return journal.Ref{Type: "account", ID: account} }

func refs(account, organisation string) []journal.Ref {
	list := []journal.Ref{Ref(account)}
	if organisation != "" {
		list = append(list, journal.Ref{Type: "organisation", ID: organisation})
	}
	return list
}

// locked is the moment until which no password is accepted; nil where one is.
func locked(r Row, now time.Time) *timestamppb.Timestamp {
	if r.GetLockedUntil() == nil || !now.Before(r.GetLockedUntil().AsTime()) {
		return nil
	}
	return r.GetLockedUntil()
}

// Locked is the moment until which no password is accepted; zero where one is.
func Locked(r Row, now time.Time) time.Time {
	if t := locked(r, now); t != nil {
		return t.AsTime()
	}
	return time.Time{}
}
