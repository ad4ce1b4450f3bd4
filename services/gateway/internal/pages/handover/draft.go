package handover

import (
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// Draft is the act as it will print, for whoever checks it before it is drawn up.
type Draft struct {
	*intakev1.Transfer
	Today       string
	Listed      uint32
	ListedWords string
	// Decided: the draft says how many are accepted.
	Decided       bool
	Accepted      uint32
	AcceptedWords string
}

// DraftOf is the act of a transfer before anybody has decided what is accepted.
func DraftOf(r *web.Request, t *intakev1.Transfer) Draft {
	d := Draft{Transfer: t, Today: civil.Of(r.Now()).String(), Listed: Listed(t)}
	d.ListedWords = Words(r.Lang, uint64(d.Listed))
	return d
}

// Accepts is the draft that says so many are accepted.
func (d Draft) Accepts(r *web.Request, n uint32) Draft {
	d.Decided, d.Accepted, d.AcceptedWords = true, n, Words(r.Lang, uint64(n))
	return d
}

// Listed is how many units a transfer announces: the rows of its inventory, or what was counted.
func Listed(t *intakev1.Transfer) uint32 {
	if u := t.GetUndescribed(); u != nil {
		return u.GetUnits()
	}
	return t.GetInventory().GetFiles()
}
