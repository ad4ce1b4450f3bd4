package store

import (
	"bytes"
	"fmt"
	"slices"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
)

func (a applier) scrub(id string) (key []byte, row *insurancev1.ScrubRow, err error) {
	n := ParseScrub(id)
	row, err = Scrub(&a.View, n)
	if err == nil && row == nil {
		err = fmt.Errorf("insurance: scrub %s is not there", id)
	}
	return seqKey(n), row, err
}

func (a applier) scrubBegun(m *insurancev1.ScrubBegun) error {
	key := seqKey(ParseScrub(m.GetScrubId()))
	by := a.r.Header.GetActor()
	if err := put(a.Tx, "scrubs", key, &insurancev1.ScrubRow{CheckedBefore: m.GetCheckedBefore(), Scrub: &insurancev1.Scrub{
		ScrubId: m.GetScrubId(), State: "running", CopyId: m.GetCopyId(), BegunAt: a.at(), BegunBy: by, Copies: m.GetCopies(),
	}}); err != nil {
		return err
	}
	a.Put("running", key, []byte{})
	return a.arm()
}

// checked moves a scrub on; a check that reached everything counts as the copy's last.
func (a applier) checked(m *insurancev1.CopiesChecked) error {
	at, scrub, err := a.scrub(m.GetScrubId())
	if err != nil {
		return err
	}
	s := scrub.GetScrub()
	for i, check := range m.GetChecks() {
		key, row, err := a.row(check.GetCopyId())
		if err != nil {
			return err
		}
		s.CopiesDone++
		s.Files += check.GetFiles()
		s.Bytes += check.GetBytes()
		if len(check.GetAbsentSites()) > 0 || check.GetOriginalsAbsent() {
			s.Incomplete++
		} else if row.GetCopy().GetLeftBy() == "" {
			a.setChecked(key, row.GetCopy(), check.GetCheckedAt())
			if err := a.save(key, row); err != nil {
				return err
			}
		}
		if err := a.siteChecked(row.GetCopy(), check); err != nil {
			return err
		}
		// One event may hold several checks of one copy only by a defect; the place in it
		// keeps the keys apart all the same.
		if err := put(a.Tx, "checks", join(key, seqKey(a.r.Seq()), number(uint32(i))), check); err != nil {
			return err
		}
		if bytes.Compare(key, scrub.GetCursor()) > 0 {
			scrub.Cursor = slices.Clone(key)
		}
	}
	if err := put(a.Tx, "scrubs", at, scrub); err != nil {
		return err
	}
	return a.arm()
}

func (a applier) siteChecked(c *insurancev1.Copy, check *insurancev1.Check) error {
	for _, at := range c.GetSites() {
		if slices.Contains(check.GetAbsentSites(), at.GetSite()) || at.GetVerifiedAt() == nil {
			continue
		}
		site, err := Site(&a.View, at.GetSite())
		if err != nil {
			return err
		}
		site.CheckedAt = check.GetCheckedAt()
		if err := put(a.Tx, "sites", []byte(at.GetSite()), site); err != nil {
			return err
		}
	}
	return nil
}

func (a applier) damage(m *insurancev1.DamageFound) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	at, scrub, err := a.scrub(m.GetScrubId())
	if err != nil {
		return err
	}
	scrub.Scrub.Damaged++
	if err := put(a.Tx, "scrubs", at, scrub); err != nil {
		return err
	}
	seq := seqKey(a.r.Seq())
	if err := put(a.Tx, "damages", join(key, seq), &insurancev1.Damage{
		CopyId: m.GetCopyId(), ScrubId: m.GetScrubId(), Side: m.GetSide(), Site: m.GetSite(), Path: m.GetPath(), Kind: m.GetKind(),
		ExpectedSha512: m.GetExpectedSha512(), ActualSha512: m.GetActualSha512(), FoundAt: a.at(),
	}); err != nil {
		return err
	}
	a.Put("open", openKey(key, m.GetSide(), m.GetSite(), m.GetPath()), seq)
	a.Put("found", join(at, seq), key)
	row.Open++
	if site := AtSite(row.GetCopy(), m.GetSite()); site != nil && m.GetSide() == fund.Copy {
		site.State = string(fund.Damaged)
	}
	return a.save(key, row)
}

// restored closes a damage, whatever found it.
func (a applier) restored(id, scrubID, side, site, path, from string) error {
	key, row, err := a.row(id)
	if err != nil {
		return err
	}
	at, scrub, err := a.scrub(scrubID)
	if err != nil {
		return err
	}
	scrub.Scrub.Restored++
	if err := put(a.Tx, "scrubs", at, scrub); err != nil {
		return err
	}
	open := openKey(key, side, site, path)
	seq := slices.Clone(a.Get("open", open))
	if seq == nil {
		return fmt.Errorf("insurance: %s of %s (%s %s) is restored and was not damaged", path, id, side, site)
	}
	a.Delete("open", open)
	row.Open--
	d, err := get[insurancev1.Damage](&a.View, "damages", join(key, seq))
	if err != nil || d == nil {
		return fmt.Errorf("insurance: damage %x is missing: %w", seq, err)
	}
	if d.GetBeyondRepair() {
		row.Beyond--
	}
	d.RestoredAt, d.RestoredFrom, d.BeyondRepair = a.at(), from, false
	if err := put(a.Tx, "damages", join(key, seq), d); err != nil {
		return err
	}
	if s := AtSite(row.GetCopy(), site); s != nil && side == fund.Copy && !a.anyOpen(openKey(key, side, site, "")) {
		s.State = string(fund.Verified)
	}
	return a.save(key, row)
}

func (a applier) anyOpen(prefix []byte) bool {
	for range a.Scan("open", prefix, nil) {
		return true
	}
	return false
}

// beyond marks every damage of a path that is open: no side has its bytes.
func (a applier) beyond(m *insurancev1.DamageBeyondRepair) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	at, scrub, err := a.scrub(m.GetScrubId())
	if err != nil {
		return err
	}
	scrub.Scrub.BeyondRepair++
	if err := put(a.Tx, "scrubs", at, scrub); err != nil {
		return err
	}
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
		if o.Path != m.GetPath() || d.GetBeyondRepair() {
			continue
		}
		d.BeyondRepair = true
		row.Beyond++
		if err := put(a.Tx, "damages", at, d); err != nil {
			return err
		}
	}
	return a.save(key, row)
}

func (a applier) scrubFinished(m *insurancev1.ScrubFinished) error {
	key, row, err := a.scrub(m.GetScrubId())
	if err != nil {
		return err
	}
	row.Scrub.State, row.Scrub.FinishedAt, row.Cursor = "finished", a.at(), nil
	if err := put(a.Tx, "scrubs", key, row); err != nil {
		return err
	}
	a.Delete("running", key)
	if row.GetScrub().GetCopyId() == "" {
		a.Put("settings", []byte("scrubbed"), timeKey(a.at().AsTime()))
	}
	return a.arm()
}
