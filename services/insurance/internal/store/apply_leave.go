package store

import (
	"fmt"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
)

// leaves takes a copy out of the checks, and nobody mends what is damaged of it; its lines in the register stay.
func (a applier) leaves(m *insurancev1.CopyLeaves) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	c := row.GetCopy()
	if at := c.GetCheckedAt(); at != nil {
		a.Delete("checked", join(timeKey(at.AsTime()), key))
		c.CheckedAt = nil
	}
	c.LeftBy, c.Reason = m.GetDeaccession(), nil
	if err := a.giveUp(key, row); err != nil {
		return err
	}
	if err := a.save(key, row); err != nil {
		return err
	}
	return a.arm()
}

// giveUp closes the damages of a copy that leaves.
func (a applier) giveUp(key []byte, row *insurancev1.CopyRow) error {
	opens, err := Opens(&a.View, key)
	if err != nil {
		return err
	}
	for _, o := range opens {
		at := join(key, seqKey(o.Seq))
		d, err := get[insurancev1.Damage](&a.View, "damages", at)
		if err != nil {
			return err
		}
		d.LeftBy = row.GetCopy().GetLeftBy()
		if err := put(a.Tx, "damages", at, d); err != nil {
			return err
		}
		a.Delete("open", openKey(key, o.Side, o.Site, o.Path))
	}
	row.Open, row.Beyond = 0, 0
	return nil
}

func (a applier) destroyed(m *insurancev1.CopyDestroyed) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	at := AtSite(row.GetCopy(), m.GetSite())
	if at == nil {
		return fmt.Errorf("insurance: copy %s was not ordered for %s", m.GetCopyId(), m.GetSite())
	}
	if stands(at) {
		site, err := Site(&a.View, m.GetSite())
		if err != nil {
			return err
		}
		site.Copies--
		site.Bytes -= row.GetCopy().GetBytes()
		if err := put(a.Tx, "sites", []byte(m.GetSite()), site); err != nil {
			return err
		}
	}
	at.State, at.DestroyedAt = string(fund.Destroyed), a.at()
	return a.save(key, row)
}

// stands tells whether a site counts the copy among those that it keeps.
func stands(at *insurancev1.CopyAtSite) bool {
	return at.GetMadeAt() != nil && at.GetState() != string(fund.Ordered) && at.GetState() != string(fund.Destroyed)
}
