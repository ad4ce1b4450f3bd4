package accept

import (
	"errors"

	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
)

// Trial is what an acceptance would come to, as far as the facts of the transfer decide it. What people do row by row or at
// the door before it can begin is counted here; everything else refuses the trial as it would refuse the acceptance.
type Trial struct {
	Accepted uint32 // units
	// Missing and Returned are the rows of the inventory that stay out for that reason; what is both is missing.
	Missing, Returned uint32
	Left              transfer.Left
	Uncounted         bool // it comes without an inventory, and nobody has counted it here
	AwaitsConsent     bool // of the head of the archive
}

// Try tells what Begin would begin. It changes nothing, waits for no plan, and looks neither at staging nor at the disk; of
// what came for a unit it reads one row, so that a page may ask. Errors: those of Begin about the transfer, the choice and the act, without
// those of Settled.
func (p *Plans) Try(id string, positions []uint32) (t Trial, err error) {
	f, err := p.gather(id)
	if err != nil {
		return t, err
	}
	if err := decided(f.transfer); err != nil {
		return t, err
	}
	filed, err := store.Filed(p.Store, id)
	if err != nil {
		return t, err
	}
	for position := range filed {
		f.content[position] = new(came)
	}
	chosen, t, err := f.try(positions)
	if err != nil || t.Settled(id) != nil {
		return t, err
	}
	return t, p.printable(f, chosen)
}

// try holds an acceptance against the facts of its transfer. What was asked for and cannot be accepted is refused before
// consent, count and checks: whoever asks mends the choice at once, and the others take days.
// Errors: NotSealed, Incomplete, NoApproval, those of choose.
func (f *facts) try(positions []uint32) (chosen []uint32, t Trial, err error) {
	if err := f.listedWhole(); err != nil {
		return nil, t, err
	}
	switch err := store.MayAccept(f.transfer); {
	case errors.Is(err, transfer.NoConsent):
		t.AwaitsConsent = true
	case err != nil:
		return nil, t, err
	}
	if chosen, err = f.choose(positions); err != nil {
		return nil, t, err
	}
	t.Left, t.Accepted, t.Uncounted = f.left(chosen), uint32(len(chosen)), f.uncounted()
	if !t.Uncounted {
		t.Accepted += f.undescribed()
	}
	for _, u := range f.units {
		switch {
		case f.checks.Findings[u.Position] == transfer.Missing:
			t.Missing++
		case f.checks.Returned[u.Position]:
			t.Returned++
		}
	}
	return chosen, t, nil
}

// Settled is nil where nothing is waited for. Errors: NoConsent, NotCounted, NothingThere, NotChecked.
func (t Trial) Settled(id string) error {
	switch {
	case t.AwaitsConsent:
		return transfer.NoConsent.With("id", id)
	case t.Uncounted:
		return transfer.NotCounted.With("id", id)
	}
	return t.Left.Settled(id)
}
