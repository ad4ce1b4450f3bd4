package store

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// TimerScrub is the kind of the timer that begins a scrub.
const TimerScrub = "scrub"

// Apply writes what follows from one event.
func Apply(tx *base.Tx, r *journal.Record) error {
	a := applier{Tx: tx, r: r}
	switch {
	case r.Is((*insurancev1.CopyOrdered)(nil)):
		return on(a, a.ordered)
	case r.Is((*insurancev1.CopyContentListed)(nil)):
		return on(a, a.listed)
	case r.Is((*insurancev1.CopySiteAdded)(nil)):
		return on(a, a.siteAdded)
	case r.Is((*insurancev1.CopyAwaited)(nil)):
		return on(a, a.awaited)
	case r.Is((*insurancev1.CopyMade)(nil)):
		return on(a, a.made)
	case r.Is((*insurancev1.CopyFilesMade)(nil)):
		return on(a, a.filesMade)
	case r.Is((*insurancev1.CopyVerified)(nil)):
		return on(a, a.verified)
	case r.Is((*insurancev1.CopyFailed)(nil)):
		return on(a, a.failed)
	case r.Is((*insurancev1.CopyRetried)(nil)):
		return on(a, a.retried)
	case r.Is((*insurancev1.CopyLeaves)(nil)):
		return on(a, a.leaves)
	case r.Is((*insurancev1.CopyDestroyed)(nil)):
		return on(a, a.destroyed)
	case r.Is((*insurancev1.MicroformRecorded)(nil)):
		return on(a, a.microform)
	case r.Is((*insurancev1.ScrubBegun)(nil)):
		return on(a, a.scrubBegun)
	case r.Is((*insurancev1.CopiesChecked)(nil)):
		return on(a, a.checked)
	case r.Is((*insurancev1.DamageFound)(nil)):
		return on(a, a.damage)
	case r.Is((*insurancev1.OriginalRestored)(nil)):
		return on(a, func(m *insurancev1.OriginalRestored) error {
			return a.restored(m.GetCopyId(), m.GetScrubId(), fund.Original, "", m.GetPath(), m.GetFromSite())
		})
	case r.Is((*insurancev1.CopyRestored)(nil)):
		return on(a, func(m *insurancev1.CopyRestored) error {
			return a.restored(m.GetCopyId(), m.GetScrubId(), fund.Copy, m.GetSite(), m.GetPath(), m.GetFrom())
		})
	case r.Is((*insurancev1.DamageBeyondRepair)(nil)):
		return on(a, a.beyond)
	case r.Is((*insurancev1.ScrubFinished)(nil)):
		return on(a, a.scrubFinished)
	case r.Is((*insurancev1.CheckPeriodSet)(nil)):
		return on(a, func(m *insurancev1.CheckPeriodSet) error {
			a.Put("settings", []byte("period"), number(m.GetAfter()))
			return a.arm()
		})
	case r.Is((*insurancev1.HistoryKnown)(nil)):
		return on(a, a.historyKnown)
	case r.Is((*insurancev1.HistoryCopied)(nil)):
		return on(a, a.historyCopied)
	case r.Is((*insurancev1.HistoryDamageFound)(nil)):
		return on(a, a.historyDamaged)
	case r.Is((*insurancev1.HistoryEnded)(nil)):
		return on(a, a.historyEnded)
	case r.Is((*insurancev1.HistoryRemoved)(nil)):
		return on(a, a.historyRemoved)
	case r.Is((*journalv1.TimerFired)(nil)):
		return on(a, a.fired)
	}
	return nil
}

// applier is one event being applied.
type applier struct {
	*base.Tx
	r *journal.Record
}

func on[T any, M interface {
	*T
	proto.Message
}](a applier, apply func(M) error) error {
	m := M(new(T))
	if err := proto.Unmarshal(a.r.Entry.GetBody(), m); err != nil {
		return fmt.Errorf("insurance: event %d: %w", a.r.Seq(), err)
	}
	return apply(m)
}

func (a applier) at() *timestamppb.Timestamp { return a.r.Header.GetRecordedAt() }

// row reads a copy by its identifier; one that is not there is a defect.
func (a applier) row(id string) (key []byte, row *insurancev1.CopyRow, err error) {
	if key, err = Key(id); err != nil {
		return nil, nil, err
	}
	row, err = Copy(&a.View, key)
	if err == nil && row == nil {
		err = fmt.Errorf("insurance: copy %s is not there", id)
	}
	return key, row, err
}

// save writes a copy in the state that follows from it, and keeps the lists and counts of states.
func (a applier) save(key []byte, row *insurancev1.CopyRow) error {
	c := row.GetCopy()
	facts := fund.Facts{Left: c.GetLeftBy() != "", Failed: c.GetState() == string(fund.Failed), Microforms: len(c.GetMicroforms()), Open: row.GetOpen(), Beyond: row.GetBeyond()}
	for _, s := range c.GetSites() {
		facts.Sites = append(facts.Sites, fund.State(s.GetState()))
	}
	before, after := fund.State(""), fund.StateOf(facts)
	if old, err := Copy(&a.View, key); err != nil {
		return err
	} else if old != nil {
		before = fund.State(old.GetCopy().GetState())
	}
	c.State = string(after)
	if before != after {
		if before != "" {
			a.Delete("states", join([]byte(before), []byte{0}, key))
			if err := a.count(before, c, -1); err != nil {
				return err
			}
		}
		a.Put("states", join([]byte(after), []byte{0}, key), []byte{})
		if err := a.count(after, c, 1); err != nil {
			return err
		}
	}
	return put(a.Tx, "copies", key, row)
}

// count adds to the number of copies in a state; labels stand in the order in which they came.
func (a applier) count(state fund.State, c *insurancev1.Copy, by int) error {
	labels, err := Counts(&a.View, state)
	if err != nil {
		return err
	}
	l := LabelOf(c)
	label := &journalv1.Label{Level: l.Level, Grounds: l.Grounds}
	i := slices.IndexFunc(labels, func(n *insurancev1.LabelCount) bool { return proto.Equal(n.GetLabel(), label) })
	if i < 0 {
		i = len(labels)
		labels = append(labels, &insurancev1.LabelCount{Label: label})
	}
	labels[i].Count = uint32(int(labels[i].GetCount()) + by)
	return put(a.Tx, "counts", []byte(state), &insurancev1.CountsRow{Labels: labels})
}

func (a applier) orderedBy() string {
	if h := a.r.Header; h.GetOnBehalfOf() != "" {
		return h.GetOnBehalfOf()
	}
	return a.r.Header.GetActor()
}

func (a applier) ordered(m *insurancev1.CopyOrdered) error {
	key, err := Key(m.GetFile().GetCopyId())
	if err != nil {
		return err
	}
	c := &insurancev1.Copy{
		CopyId: m.GetFile().GetCopyId(), File: m.GetFile(), Ground: m.GetGround(), OrderedAt: a.at(), OrderedBy: a.orderedBy(), Files: m.GetFiles(),
	}
	for _, s := range m.GetSites() {
		c.Sites = append(c.Sites, &insurancev1.CopyAtSite{Site: s, State: string(fund.Ordered)})
	}
	if err := a.historyWanted(m.GetFile().GetObjectId(), m.GetSites()...); err != nil {
		return err
	}
	return a.save(key, &insurancev1.CopyRow{Copy: c})
}

func (a applier) listed(m *insurancev1.CopyContentListed) error {
	key, err := Key(m.GetCopyId())
	if err != nil {
		return err
	}
	for _, path := range m.GetPaths() {
		if err := put(a.Tx, "content", join(key, []byte(path)), &insurancev1.CopiedFile{Path: path}); err != nil {
			return err
		}
	}
	return nil
}

func (a applier) siteAdded(m *insurancev1.CopySiteAdded) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	row.Copy.Sites = append(row.Copy.Sites, &insurancev1.CopyAtSite{Site: m.GetSite(), State: string(fund.Ordered)})
	if err := a.historyWanted(row.GetCopy().GetFile().GetObjectId(), m.GetSite()); err != nil {
		return err
	}
	return a.save(key, row)
}

func (a applier) awaited(m *insurancev1.CopyAwaited) error {
	key, err := Key(m.GetFile().GetCopyId())
	if err != nil {
		return err
	}
	return a.save(key, &insurancev1.CopyRow{Copy: &insurancev1.Copy{
		CopyId: m.GetFile().GetCopyId(), File: m.GetFile(), Ground: m.GetGround(), OrderedAt: a.at(), OrderedBy: a.orderedBy(),
	}})
}

// AtSite is a copy at one of its sites; nil where it is not kept there.
func AtSite(c *insurancev1.Copy, site string) *insurancev1.CopyAtSite {
	for _, s := range c.GetSites() {
		if s.GetSite() == site {
			return s
		}
	}
	return nil
}

func (a applier) made(m *insurancev1.CopyMade) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	at := AtSite(row.GetCopy(), m.GetSite())
	if at == nil {
		return fmt.Errorf("insurance: copy %s is not ordered for %s", m.GetCopyId(), m.GetSite())
	}
	at.State, at.CopyObjectId, at.InventorySha512, at.MadeAt = string(fund.Made), m.GetCopyObjectId(), m.GetInventorySha512(), a.at()
	row.Copy.Files, row.Copy.Bytes, row.Copy.Reason = m.GetFiles(), m.GetBytes(), nil
	site, err := Site(&a.View, m.GetSite())
	if err != nil {
		return err
	}
	site.Copies++
	site.Bytes += m.GetBytes()
	if err := put(a.Tx, "sites", []byte(m.GetSite()), site); err != nil {
		return err
	}
	return a.save(key, row)
}

func (a applier) filesMade(m *insurancev1.CopyFilesMade) error {
	key, err := Key(m.GetCopyId())
	if err != nil {
		return err
	}
	for _, f := range m.GetFiles() {
		if err := put(a.Tx, "content", join(key, []byte(f.GetPath())), f); err != nil {
			return err
		}
	}
	return nil
}

func (a applier) verified(m *insurancev1.CopyVerified) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	c := row.GetCopy()
	at := AtSite(c, m.GetSite())
	if at == nil {
		return fmt.Errorf("insurance: copy %s is not ordered for %s", m.GetCopyId(), m.GetSite())
	}
	at.State, at.VerifiedAt = string(fund.Verified), a.at()
	if n := m.GetRegisterNumber(); n != 0 {
		c.RegisterNumber = n
		if err := put(a.Tx, "register", number(n), &insurancev1.RegisterRow{CopyId: m.GetCopyId(), EnteredOn: m.GetVerifiedOn(), Kind: "object"}); err != nil {
			return err
		}
	}
	if c.GetCheckedAt() == nil {
		a.setChecked(key, c, a.at())
	}
	if err := a.save(key, row); err != nil {
		return err
	}
	return a.arm()
}

func (a applier) setChecked(key []byte, c *insurancev1.Copy, at *timestamppb.Timestamp) {
	if old := c.GetCheckedAt(); old != nil {
		a.Delete("checked", join(timeKey(old.AsTime()), key))
	}
	c.CheckedAt = at
	a.Put("checked", join(timeKey(at.AsTime()), key), []byte{})
}

func (a applier) failed(m *insurancev1.CopyFailed) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	row.Copy.State, row.Copy.Reason = string(fund.Failed), m.GetReason()
	return a.save(key, row)
}

func (a applier) retried(m *insurancev1.CopyRetried) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	row.Copy.State, row.Copy.Reason = string(fund.Ordered), nil
	for _, at := range row.GetCopy().GetSites() {
		if at.GetState() != string(fund.Made) {
			continue
		}
		// It stood and did not read back whole: it is made anew.
		at.State = string(fund.Ordered)
		site, err := Site(&a.View, at.GetSite())
		if err != nil {
			return err
		}
		site.Copies--
		site.Bytes -= row.GetCopy().GetBytes()
		if err := put(a.Tx, "sites", []byte(at.GetSite()), site); err != nil {
			return err
		}
	}
	return a.save(key, row)
}

func (a applier) microform(m *insurancev1.MicroformRecorded) error {
	key, row, err := a.row(m.GetCopyId())
	if err != nil {
		return err
	}
	c := row.GetCopy()
	if err := put(a.Tx, "register", number(m.GetRegisterNumber()), &insurancev1.RegisterRow{
		CopyId: m.GetCopyId(), EnteredOn: m.GetRecordedOn(), Kind: m.GetMicroform().GetKind(), Microform: uint32(len(c.GetMicroforms())),
	}); err != nil {
		return err
	}
	if c.GetRegisterNumber() == 0 {
		c.RegisterNumber = m.GetRegisterNumber()
	}
	c.Microforms = append(c.Microforms, m.GetMicroform())
	return a.save(key, row)
}

// fired notes that the timer is gone; what it began follows in the same transaction.
func (a applier) fired(m *journalv1.TimerFired) error {
	if m.GetKind() == TimerScrub {
		a.Delete("settings", []byte("timer"))
		return a.arm()
	}
	return nil
}

// arm sets the timer to when the oldest check is due. While a scrub of all copies runs there
// is none: its end sets the next.
func (a applier) arm() error {
	running, err := WholeRunning(&a.View)
	if err != nil {
		return err
	}
	old := NextScrub(&a.View)
	var due time.Time
	if oldest, any := Oldest(&a.View); any && running == 0 {
		var scrubbed time.Time
		if raw := a.Get("settings", []byte("scrubbed")); raw != nil {
			scrubbed = timeOf(raw)
		}
		due = fund.NextCheck(oldest, Period(&a.View), scrubbed)
	}
	if due.Equal(old) {
		return nil
	}
	if !old.IsZero() {
		a.ClearTimer(old, TimerScrub, "all")
		a.Delete("settings", []byte("timer"))
	}
	if !due.IsZero() {
		a.SetTimer(due, TimerScrub, "all")
		a.Put("settings", []byte("timer"), timeKey(due))
	}
	return nil
}

// ParseScrub reads the number of a scrub; 0 where it is none.
func ParseScrub(id string) uint64 {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != id {
		return 0
	}
	return n
}
