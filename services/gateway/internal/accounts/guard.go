package accounts

import (
	"sync"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Many failed attempts: first each costs a growing pause, then the account is locked for a while.
const (
	freeFailures = 3 // attempts without a pause
	mostFailures = 10
	// LockedFor is how long an account stays locked after mostFailures.
	LockedFor = 15 * time.Minute
	mostPause = 30 * time.Second
	forgotten = 24 * time.Hour // after which failures no longer count
	strangers = 4096           // unknown logins remembered, some 100 bytes each
)

// Faults of a sign-in.
var (
	// WrongPassword is the same for a wrong password and a login that does not exist.
	WrongPassword = fault.Define(fault.Refused, "gateway.wrong_password",
		"the login and the password do not fit each other; check both, and the keyboard's language",
		"логин и пароль не подходят друг к другу; проверьте оба и раскладку клавиатуры",
		"логин мен құпиясөз бір-біріне сәйкес келмейді; екеуін де, пернетақта тілін де тексеріңіз")
	// TooSoon asks for a pause after failed attempts.
	TooSoon = fault.Define(fault.Refused, "gateway.too_soon",
		"after several failed attempts the next one must wait {seconds} seconds",
		"после нескольких неудачных попыток следующая возможна через {seconds} с",
		"бірнеше сәтсіз әрекеттен кейін келесісін {seconds} секундтан соң жасауға болады")
	// Locked is answered while no password is accepted.
	Locked = fault.Define(fault.Refused, "gateway.locked",
		"too many attempts failed, so no password is accepted for {minutes} more minutes; an administrator can unlock the account",
		"слишком много неудачных попыток: ещё {minutes} мин пароли не принимаются; администратор может снять блокировку",
		"сәтсіз әрекет тым көп болды: тағы {minutes} минут ешбір құпиясөз қабылданбайды; әкімші бұғатты аша алады")
	// Closed is answered to whoever knows the password of a disabled account.
	Closed = fault.Define(fault.Refused, "gateway.account_closed",
		"this account is closed; ask the administrator", "эта учётная запись закрыта; обратитесь к администратору",
		"бұл есептік жазба жабылған; әкімшіге жүгініңіз")
	// OneTimeOver is answered where a one-time password was not used in time.
	OneTimeOver = fault.Define(fault.Refused, "gateway.one_time_over",
		"this one-time password has run out; ask the administrator for another",
		"срок этого одноразового пароля истёк; попросите у администратора новый",
		"бұл бір реттік құпиясөздің мерзімі өтті; әкімшіден жаңасын сұраңыз")
)

// Guard counts failed attempts, of accounts and of logins that do not exist alike: what it
// answers tells nobody which login exists. It is kept in memory; that an account is locked stands in the
// journal as well.
type Guard struct {
	mu    sync.Mutex
	known map[string]*attempts   // by account
	other map[[32]byte]*attempts // by login key
	// unnoted are failures that the journal has not been told of, by account; "" for all
	// unknown logins together.
	unnoted map[string]*unnoted
}

type attempts struct {
	failed uint32
	last   time.Time
	until  time.Time // locked
}

type unnoted struct {
	count uint32
	since time.Time
	told  time.Time
}

// NewGuard makes one.
func NewGuard() *Guard {
	return &Guard{known: map[string]*attempts{}, other: map[[32]byte]*attempts{}, unnoted: map[string]*unnoted{}}
}

// Try admits one attempt, and counts it as failed until Succeeded takes that back: attempts at the
// same moment are not cheaper than one after another. Errors: Locked, TooSoon.
func (g *Guard) Try(account string, key [32]byte, now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.of(account, key, now)
	if now.Before(a.until) {
		return Locked.With("minutes", minutes(a.until.Sub(now)))
	}
	if !a.until.IsZero() || now.Sub(a.last) > forgotten {
		*a = attempts{}
	}
	if wait := pause(a.failed) - now.Sub(a.last); a.failed > 0 && wait > 0 {
		return TooSoon.With("seconds", int((wait+time.Second-1)/time.Second))
	}
	a.failed, a.last = a.failed+1, now
	return nil
}

// LockedAnswer is Try's answer for an account that the journal knows as locked.
func LockedAnswer(until, now time.Time) error {
	return Locked.With("minutes", minutes(until.Sub(now)))
}

func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// pause is how long after that many failures the next attempt must wait: 1, 2, 4 … 30 s.
func pause(failed uint32) time.Duration {
	if failed < freeFailures {
		return 0
	}
	return min(time.Second<<(min(failed, 20)-freeFailures), mostPause)
}

func (g *Guard) of(account string, key [32]byte, now time.Time) *attempts {
	if account != "" {
		if g.known[account] == nil {
			g.known[account] = &attempts{}
		}
		return g.known[account]
	}
	if a := g.other[key]; a != nil {
		return a
	}
	if len(g.other) >= strangers {
		for k, a := range g.other { // whoever fills this up is limited by address
			if !now.Before(a.until) {
				delete(g.other, k)
			}
			if len(g.other) < strangers/2 {
				break
			}
		}
		if len(g.other) >= strangers {
			clear(g.other)
		}
	}
	a := &attempts{}
	g.other[key] = a
	return a
}

// Failed says that the attempt which Try admitted has failed. locked is not zero where it was
// one too many; note is how many failures the journal should be told of now, 0 for none.
func (g *Guard) Failed(account string, key [32]byte, now time.Time) (locked time.Time, failures, note uint32, since time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.of(account, key, now)
	if a.failed >= mostFailures && a.until.IsZero() {
		a.until = now.Add(LockedFor)
		locked = a.until
	}
	failures = a.failed
	u := g.unnoted[account]
	if u == nil {
		u = &unnoted{since: now}
		g.unnoted[account] = u
	}
	if u.count == 0 {
		u.since = now
	}
	u.count++
	note, since = u.due(now)
	return locked, failures, note, since
}

func (u *unnoted) due(now time.Time) (uint32, time.Time) {
	if u.count == 0 || now.Sub(u.told) < time.Minute {
		return 0, time.Time{}
	}
	count, since := u.count, u.since
	u.count, u.told = 0, now
	return count, since
}

// Note is one line for the journal.
type Note struct {
	Account string // "" for logins that do not exist
	Count   uint32
	Since   time.Time
}

// Notes are the failures that the journal should be told of now, and forgets those of long ago.
func (g *Guard) Notes(now time.Time) (notes []Note) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for account, u := range g.unnoted {
		if count, since := u.due(now); count > 0 {
			notes = append(notes, Note{account, count, since})
		} else if u.count == 0 && now.Sub(u.told) > time.Hour {
			delete(g.unnoted, account)
		}
	}
	for account, a := range g.known {
		if now.Sub(a.last) > forgotten {
			delete(g.known, account)
		}
	}
	return notes
}

// Undo takes an attempt back that could not be decided.
func (g *Guard) Undo(account string, key [32]byte, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.of(account, key, now); a.failed > 0 {
		a.failed--
	}
}

// Succeeded forgets the failures of an account, and says how many there were.
func (g *Guard) Succeeded(account string) (failures uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.known[account]; a != nil && a.failed > 0 {
		failures = a.failed - 1
	}
	delete(g.known, account)
	return failures
}
