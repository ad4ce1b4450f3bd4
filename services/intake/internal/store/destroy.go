package store

import (
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	// ContentLeft is answered to whoever asks for content that was destroyed.
	ContentLeft = fault.Define(fault.Refused, "intake.content.left",
		"the content left the archive by deaccession {act} and is given to nobody; the act says what became of the unit",
		"содержимое выбыло из архива по акту о выбытии {act} и никому не выдаётся; что стало с делом, сказано в акте",
		"мазмұн {act} шығару актісі бойынша архивтен шықты және ешкімге берілмейді; істің не болғаны актіде көрсетілген")
	noneAwaited = fault.Define(fault.Refused, "intake.deaccession.receipt",
		"deaccession {count} of accession {number} awaits no receipt: it is not decided, nobody receives the units, or the receipt is recorded already",
		"по выбытию {count} поступления {number} расписка не ожидается: оно не решено, дела никому не передаются или расписка уже внесена",
		"{number} түсімінің {count} шығаруы бойынша қолхат күтілмейді: ол шешілмеген, істер ешкімге берілмейді немесе қолхат енгізілген")
	badReceipt = fault.Define(fault.Invalid, "intake.deaccession.receipt_fields",
		"name the receipt (its number and date) in at most {limit} characters, and the day, which is not before the act nor after today",
		"укажите расписку (номер и дату) не длиннее {limit} знаков и день: не раньше акта и не позже сегодняшнего",
		"қолхатты (нөмірі мен күні) {limit} таңбадан асырмай және күнін көрсетіңіз: актіден ерте емес, бүгіннен кеш емес")
	stillComing = fault.Define(fault.Unavailable, "intake.deaccession.accepting",
		"content of accession {number} is not destroyed yet: its acceptance is not finished; this goes on by itself once it is",
		"содержимое поступления {number} ещё не уничтожается: его приём не завершён; всё продолжится само, когда он завершится",
		"{number} түсімінің мазмұны әлі жойылмайды: оны қабылдау аяқталған жоқ; аяқталған соң бәрі өзі жалғасады")
)

// Receive records the receipt of whoever received what left.
func Receive(q *intakev1.ReceiveDeaccessionRequest) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, n, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		d, err := Leaving(v, n, q.GetNumber())
		switch {
		case err != nil:
			return nil, err
		case d == nil:
			return nil, noLeave.With("number", n, "count", q.GetNumber())
		case d.GetState() != done || d.GetProposed().GetReceiver() == "" || d.GetReceived() != nil:
			return nil, noneAwaited.With("number", n, "count", q.GetNumber())
		}
		on, today := q.GetReceivedOn(), civil.Of(now).String()
		if on == "" {
			on = today
		}
		if !short(q.GetDocument(), maxText) || !utf8.ValidString(q.GetDocument()) || !dated(on) || on < d.GetApprovedOn() || on > today {
			return nil, badReceipt.With("limit", maxText)
		}
		return []base.Event{ofAccession(a, &intakev1.DeaccessionReceived{
			AccessionNumber: a.GetAccessionNumber(), Number: q.GetNumber(), ReceivedOn: on, Document: q.GetDocument(),
		})}, nil
	}
}

// Exit names a deaccession.
type Exit struct {
	Accession transfer.Number
	Count     uint32
}

func exits(v *base.View, bucket string) (list []Exit) {
	for k := range v.Scan(bucket, nil, nil) {
		if len(k) == 11 {
			list = append(list, Exit{numberOf(k), binary.BigEndian.Uint32(k[7:])})
		}
	}
	return list
}

// Doomed are the deaccessions whose content is to be destroyed.
func Doomed(v *base.View) []Exit { return exits(v, "doomed") }

// Removing are those whose accession's object is to be removed.
func Removing(v *base.View) []Exit { return exits(v, "removing") }

// IsClosed tells by which deaccession the content at a path was closed, as "2026-4/1"; empty where it is given out. What belongs to no unit
// is closed with the object, by the deaccession that takes it.
func IsClosed(v *base.View, a *intakev1.Accession, path string) (string, error) {
	n, err := transfer.ParseNumber(a.GetAccessionNumber())
	if err != nil {
		return "", err
	}
	position, payload := transfer.PositionOf(path)
	if raw := v.Get("left", rowKey(numberKey(n), position)); payload && len(raw) == 4 {
		count := binary.BigEndian.Uint32(raw)
		d, err := Leaving(v, n, count)
		if err != nil || d.GetContentClosedOn() != "" {
			return fmt.Sprintf("%s/%d", n, count), err
		}
	}
	if !a.GetObjectLeft() {
		return "", nil
	}
	for _, raw := range v.Scan("leaving", under(numberKey(n)), nil) {
		d := new(intakev1.Deaccession)
		if err := proto.Unmarshal(raw, d); err != nil {
			return "", fmt.Errorf("deaccessions of %s: %w", n, err)
		}
		if d.GetRemovesObject() {
			return fmt.Sprintf("%s/%d", n, d.GetProposed().GetNumber()), nil
		}
	}
	return "", fmt.Errorf("the object of accession %s left by no deaccession", n)
}

// Others tells whether units after a position, at most so many, have content that stays when a deaccession is closed; next is where to go
// on, 0 at the end. Error: stillComing while the accession's own acceptance is under way, for rows that are not written yet have content
// in the object too.
func Others(v *base.View, e Exit, after uint32, most int) (stays bool, next uint32, err error) {
	a, err := Accession(v, e.Accession)
	if err != nil {
		return false, 0, err
	}
	if Plan(v, a.GetTransferId()) != 0 {
		return false, 0, stillComing.With("number", e.Accession)
	}
	files, more, err := Accepted(v, e.Accession, after, most)
	if err != nil {
		return false, 0, err
	}
	for _, f := range files {
		next = f.GetFile().GetPosition()
		if len(f.GetContentPaths()) == 0 {
			continue
		}
		raw := v.Get("left", rowKey(numberKey(e.Accession), next))
		if len(raw) != 4 {
			return true, 0, nil
		}
		count := binary.BigEndian.Uint32(raw)
		if count == e.Count {
			continue
		}
		d, err := Leaving(v, e.Accession, count)
		if err != nil || d.GetContentClosedOn() == "" {
			return true, 0, err
		}
	}
	if !more {
		next = 0
	}
	return false, next, nil
}

// Close is the point of no return; nothing where it is passed already. alone says that no other content stands in the object: it was found
// outside of this transaction, and holds because units are only ever closed, by one plan. An object that another deaccession takes is not
// taken again: a unit on paper may leave after it.
func Close(e Exit, alone bool) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		if v.Get("doomed", rowKey(numberKey(e.Accession), e.Count)) == nil {
			return nil, nil
		}
		a, err := Accession(v, e.Accession)
		if err != nil || a == nil {
			return nil, fmt.Errorf("accession %s is not there: %w", e.Accession, err)
		}
		d, err := Leaving(v, e.Accession, e.Count)
		if err != nil || d == nil {
			return nil, fmt.Errorf("deaccession %s/%d is not there: %w", e.Accession, e.Count, err)
		}
		return []base.Event{ofAccession(a, &intakev1.ContentClosed{
			AccessionNumber: a.GetAccessionNumber(), Number: e.Count, Positions: d.GetProposed().GetPositions(), Codes: d.GetCodes(),
			ObjectId: a.GetObjectId(), RemovesObject: alone && a.GetObjectId() != "" && !a.GetObjectLeft(), ClosedOn: civil.Of(now).String(),
		})}, nil
	}
}

// Removed is the tombstone; nothing where it stands already.
func Removed(e Exit) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		if v.Get("removing", rowKey(numberKey(e.Accession), e.Count)) == nil {
			return nil, nil
		}
		a, err := Accession(v, e.Accession)
		if err != nil || a == nil {
			return nil, fmt.Errorf("accession %s is not there: %w", e.Accession, err)
		}
		return []base.Event{ofAccession(a, &intakev1.ObjectRemoved{
			AccessionNumber: a.GetAccessionNumber(), Number: e.Count, ObjectId: a.GetObjectId(), ObjectSha512: a.GetObjectSha512(), RemovedOn: civil.Of(now).String(),
		})}, nil
	}
}

// mark puts a deaccession into a list of work, or takes it out.
func mark(tx *base.Tx, bucket, accession string, count uint32, in bool) error {
	n, err := transfer.ParseNumber(accession)
	if err != nil {
		return err
	}
	if in {
		tx.Put(bucket, rowKey(numberKey(n), count), []byte{})
	} else {
		tx.Delete(bucket, rowKey(numberKey(n), count))
	}
	return nil
}

func applyReceived(tx *base.Tx, b *intakev1.DeaccessionReceived) error {
	doomed := false
	if err := applyDecided(tx, b.GetAccessionNumber(), b.GetNumber(), func(d *intakev1.Deaccession) {
		d.Received, doomed = b, d.GetProposed().GetContent() == Destroyed
	}); err != nil || !doomed {
		return err
	}
	return mark(tx, "doomed", b.GetAccessionNumber(), b.GetNumber(), true)
}

func applyClosed(tx *base.Tx, b *intakev1.ContentClosed) error {
	if err := applyDecided(tx, b.GetAccessionNumber(), b.GetNumber(), func(d *intakev1.Deaccession) {
		d.ContentClosedOn, d.RemovesObject = b.GetClosedOn(), b.GetRemovesObject()
	}); err != nil {
		return err
	}
	if err := mark(tx, "doomed", b.GetAccessionNumber(), b.GetNumber(), false); err != nil || !b.GetRemovesObject() {
		return err
	}
	if err := mark(tx, "removing", b.GetAccessionNumber(), b.GetNumber(), true); err != nil {
		return err
	}
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	tx.Delete("untold", numberKey(n)) // no later version will tell
	return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.ObjectLeft = true })
}

func applyRemoved(tx *base.Tx, b *intakev1.ObjectRemoved) error {
	if err := applyDecided(tx, b.GetAccessionNumber(), b.GetNumber(), func(d *intakev1.Deaccession) { d.ObjectRemovedOn = b.GetRemovedOn() }); err != nil {
		return err
	}
	return mark(tx, "removing", b.GetAccessionNumber(), b.GetNumber(), false)
}
