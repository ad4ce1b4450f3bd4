package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	noText = fault.Define(fault.Invalid, "intake.row.text",
		"write what you have to say about row {position}, in at most {limit} characters",
		"напишите, что вы хотите сказать о строке {position}, не длиннее {limit} знаков",
		"{position}-жол туралы айтарыңызды {limit} таңбадан асырмай жазыңыз")
	badReason = fault.Define(fault.Invalid, "intake.return.reason",
		"“{reason}” is no reason to return row {position}; choose unreadable, wrong_content, incomplete, wrong_description, format, damaged or other, and explain “other”",
		"«{reason}» – не причина возврата строки {position}; выберите unreadable, wrong_content, incomplete, wrong_description, format, damaged или other и поясните «other»",
		"«{reason}» – {position}-жолды қайтару себебі емес; unreadable, wrong_content, incomplete, wrong_description, format, damaged немесе other таңдап, «other» дегенді түсіндіріңіз")
	notReturned = fault.Define(fault.Refused, "intake.row.not_returned",
		"row {position} of transfer {id} is not returned, so there is nothing to answer or to redo; write a comment instead",
		"строка {position} передачи {id} не возвращена: отвечать и исправлять нечего; напишите замечание",
		"{id} тапсыруының {position}-жолы қайтарылмаған: жауап беретін, түзететін ештеңе жоқ; ескерту жазыңыз")
	alreadyReturned = fault.Define(fault.Refused, "intake.row.returned",
		"row {position} of transfer {id} is returned already and waits for the department",
		"строка {position} передачи {id} уже возвращена и ждёт ответа ведомства",
		"{id} тапсыруының {position}-жолы қайтарылған, ведомствоның жауабын күтуде")
	noReceipt = fault.Define(fault.NotFound, "intake.receipt.unknown",
		"transfer {id} has no receipt {number}; a receipt is written at every hand-over, from 1",
		"у передачи {id} нет расписки {number}; расписка пишется при каждой передаче из рук в руки, начиная с 1",
		"{id} тапсыруында {number} қолхаты жоқ; қолхат әр тапсырғанда 1-ден бастап жазылады")
	noCount = fault.Define(fault.Refused, "intake.receipt.no_count",
		"receipt {number} of transfer {id} is no count of what was carried in, or was corrected already; name the receipt whose count is wrong",
		"расписка {number} передачи {id} – не о счёте принесённого или уже заменена; укажите расписку, в которой счёт неверен",
		"{id} тапсыруының {number} қолхаты әкелінгенді санау туралы емес немесе ауыстырылып қойған; санағы қате қолхатты көрсетіңіз")
)

// reasons are the codes for which rows are returned.
var reasons = []string{"unreadable", "wrong_content", "incomplete", "wrong_description", "format", "damaged", "other"}

// The states of a returned row.
const (
	rowReturned = "returned" // the department has to redo or to answer it
	rowAnswered = "answered" // it was answered, and nothing new came
	rowRedone   = "redone"   // new content stands in its place
)

// checkable is a transfer whose rows are all here and whose acceptance has not begun.
func checkable(v *base.View, id string, of monitor.Department) (*intakev1.Transfer, List, error) {
	t, err := undecided(v, id, of)
	if err != nil {
		return nil, List{}, err
	}
	if t.GetState() == string(transfer.Announced) {
		return nil, List{}, transfer.NotSealed.With("id", id)
	}
	list, err := ListOf(v, id)
	if err == nil && !list.Complete {
		err = transfer.Incomplete.With("id", id)
	}
	return t, list, err
}

// CheckUnits records what was found of units on paper. A finding that stands already as it is said
// is left alone, so that the same list may be sent again (practice.md, the order in an archive). Of what comes as files only
// nothing is found where none came, but that it is missing; what an earlier program recorded of it stands, and does not count.
func CheckUnits(q *intakev1.CheckUnitsRequest) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		t, list, err := checkable(v, q.GetTransferId(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if n := len(q.GetFindings()); n == 0 || n > MaxRows {
			return nil, tooManyRows.With("limit", MaxRows)
		}
		who := make(map[uint32]*intakev1.Explainer)
		for _, e := range q.GetExplainers() {
			if utf8.RuneCountInString(e.GetName()+e.GetPost()) > maxText {
				return nil, noText.With("position", e.GetPosition(), "limit", maxText)
			}
			who[e.GetPosition()] = e
		}
		body, sealed := &intakev1.UnitsChecked{TransferId: t.GetTransferId()}, new(intakev1.Explanations)
		seen := make(map[uint32]bool)
		for _, f := range q.GetFindings() {
			if seen[f.GetPosition()] {
				return nil, transfer.NoSuchPosition.With("id", t.GetTransferId(), "position", f.GetPosition())
			}
			seen[f.GetPosition()] = true
			kept, err := finding(v, t.GetTransferId(), f, who[f.GetPosition()], civil.Of(now))
			if err != nil {
				return nil, err
			}
			if kept == nil {
				continue
			}
			if err := findable(v, t, kept); err != nil {
				return nil, err
			}
			body.Findings = append(body.Findings, kept)
			if e := who[f.GetPosition()]; e.GetName() != "" && kept.GetFinding() == string(transfer.Missing) {
				sealed.Explainers = append(sealed.Explainers, e)
			}
		}
		if len(body.GetFindings()) == 0 {
			return nil, nil
		}
		e := base.Event{Refs: Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: list.Label, Body: body}
		if len(sealed.GetExplainers()) > 0 {
			e.Sealed, e.SealedLabel = sealed, personal
		}
		return []base.Event{e}, nil
	}
}

// findable is nil where something may be found of a unit: not where all comes as files and none came for it, unless it is missing.
// Error: NothingToFind.
func findable(v *base.View, t *intakev1.Transfer, f *intakev1.UnitFinding) error {
	if TakesPaper(t) || f.GetFinding() == string(transfer.Missing) {
		return nil
	}
	there, err := filed(v, t.GetTransferId(), f.GetPosition())
	if err == nil && !there {
		err = transfer.NothingToFind.With("id", t.GetTransferId(), "position", f.GetPosition())
	}
	return err
}

// finding is one finding as it is to be recorded; nil where it stands already.
func finding(v *base.View, id string, f *intakev1.UnitFinding, who *intakev1.Explainer, today civil.Date) (*intakev1.UnitFinding, error) {
	row, err := listedRow(v, id, f.GetPosition())
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(f.GetNote()) > maxText || utf8.RuneCountInString(f.GetExplanation()) > maxText {
		return nil, noText.With("position", f.GetPosition(), "limit", maxText)
	}
	before := new(intakev1.UnitFinding)
	stands, err := get(v, "findings", rowKey(key(id), f.GetPosition()), before)
	if err != nil {
		return nil, err
	}
	named := who.GetName() != "" || (stands && ExplainedSeq(v, id, f.GetPosition()) != 0)
	on, err := civil.Parse(f.GetExplainedOn())
	if err := (transfer.Found{
		Position: f.GetPosition(), Finding: transfer.Finding(f.GetFinding()), Listed: row.GetLeaves(), Counted: f.GetLeaves(), Note: strings.TrimSpace(f.GetNote()),
		Explanation: strings.TrimSpace(f.GetExplanation()), Explained: named && err == nil && !on.After(today),
	}).Check(); err != nil {
		return nil, err
	}
	kept := &intakev1.UnitFinding{
		Position: f.GetPosition(), Finding: f.GetFinding(), Leaves: f.GetLeaves(), Note: strings.TrimSpace(f.GetNote()), CheckedOn: today.String(),
	}
	if f.GetFinding() == string(transfer.Missing) {
		kept.Explanation, kept.ExplainedOn = strings.TrimSpace(f.GetExplanation()), f.GetExplainedOn()
	}
	if stands && who.GetName() == "" {
		kept.CheckedOn = before.GetCheckedOn()
		if proto.Equal(kept, before) {
			return nil, nil
		}
		kept.CheckedOn = today.String()
	}
	return kept, nil
}

// listedRow is a row of a transfer's inventory. Error: NoSuchPosition.
func listedRow(v *base.View, id string, position uint32) (*recordv1.File, error) {
	f := new(recordv1.File)
	ok, err := get(v, "expected", rowKey(key(id), position), f)
	if err == nil && !ok {
		err = transfer.NoSuchPosition.With("id", clip.Value(id), "position", position)
	}
	return f, err
}

// ExplainedSeq is the event whose sealed body says who explained that a unit is missing; 0 where
// nobody did.
func ExplainedSeq(v *base.View, id string, position uint32) uint64 {
	return seqOf(v.Get("explained", rowKey(key(id), position)))
}

// UnitFindings are what was found of a transfer's units, by position.
func UnitFindings(v *base.View, id string) (map[uint32]*intakev1.UnitFinding, error) {
	out := make(map[uint32]*intakev1.UnitFinding)
	for _, raw := range v.Scan("findings", under(key(id)), nil) {
		f := new(intakev1.UnitFinding)
		if err := proto.Unmarshal(raw, f); err != nil {
			return nil, fmt.Errorf("findings of %s: %w", id, err)
		}
		out[f.GetPosition()] = f
	}
	return out, nil
}

// Checks are what was found and what is returned of a transfer's units.
func Checks(v *base.View, id string) (transfer.Checks, error) {
	c := transfer.Checks{Findings: make(map[uint32]transfer.Finding), Returned: make(map[uint32]bool)}
	found, err := UnitFindings(v, id)
	if err != nil {
		return c, err
	}
	for p, f := range found {
		c.Findings[p] = transfer.Finding(f.GetFinding())
	}
	open, err := Open(v, id)
	if err != nil {
		return c, err
	}
	for _, p := range open {
		c.Returned[p] = true
	}
	return c, nil
}

// MayAccept holds a transfer against what its kind demands before its acceptance. Errors:
// NoApproval, NoConsent.
func MayAccept(t *intakev1.Transfer) error {
	id, i := t.GetTransferId(), t.GetInventory()
	if t.GetKind() == "" || t.GetKind() == string(kind.Scheduled) {
		if a := i.GetApproval(); i.GetNumber() == "" || a.GetNumber() == "" || a.GetDate() == "" || a.GetCommission() == "" {
			return transfer.NoApproval.With("id", id)
		}
		return nil
	}
	if rule, ok := kind.ByName(t.GetGround().GetRule()); ok && rule.NeedsConsent() && t.GetConsentedOn() == "" {
		return transfer.NoConsent.With("id", id)
	}
	return nil
}

// Return gives rows back to the department with a reason for each. What stands for other rows is
// not touched.
func Return(q *intakev1.ReturnRowsRequest) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, list, err := checkable(v, q.GetTransferId(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if n := len(q.GetRows()); n == 0 || n > MaxRows {
			return nil, tooManyRows.With("limit", MaxRows)
		}
		seen := make(map[uint32]bool)
		for _, r := range q.GetRows() {
			p := r.GetPosition()
			if _, err := listedRow(v, t.GetTransferId(), p); err != nil || seen[p] {
				return nil, transfer.NoSuchPosition.With("id", t.GetTransferId(), "position", p)
			}
			seen[p] = true
			if !slices.Contains(reasons, r.GetReason()) {
				return nil, badReason.With("reason", clip.Value(r.GetReason()), "position", p)
			}
			if unexplained := r.GetReason() == "other" && strings.TrimSpace(r.GetComment()) == ""; unexplained || utf8.RuneCountInString(r.GetComment()) > maxText {
				return nil, noText.With("position", p, "limit", maxText)
			}
			if ReturnState(v, t.GetTransferId(), p) == rowReturned {
				return nil, alreadyReturned.With("position", p, "id", t.GetTransferId())
			}
		}
		return []base.Event{{
			Refs: Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: list.Label,
			Body: &intakev1.RowsReturned{TransferId: t.GetTransferId(), Rows: q.GetRows(), RowsOnReceipt: true},
		}}, nil
	}
}

// Answer says what the department did about a returned row.
func Answer(q *intakev1.AnswerRowRequest, of monitor.Department) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, _, err := checkable(v, q.GetTransferId(), of)
		if err != nil {
			return nil, err
		}
		row, err := said(v, t.GetTransferId(), q.GetPosition(), q.GetText())
		if err != nil {
			return nil, err
		}
		if ReturnState(v, t.GetTransferId(), q.GetPosition()) != rowReturned {
			return nil, notReturned.With("position", q.GetPosition(), "id", t.GetTransferId())
		}
		return []base.Event{{
			Refs: Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: LabelOf(row.GetLabel()),
			Body: &intakev1.RowAnswered{TransferId: t.GetTransferId(), Position: q.GetPosition(), Text: strings.TrimSpace(q.GetText())},
		}}, nil
	}
}

// Comment is a remark of either side about a row, also after the acceptance.
func Comment(q *intakev1.CommentRowRequest, of monitor.Department) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := Mine(v, q.GetTransferId(), of)
		if err != nil {
			return nil, err
		}
		row, err := said(v, t.GetTransferId(), q.GetPosition(), q.GetText())
		if err != nil {
			return nil, err
		}
		side := "archive"
		if of.Only() != "" {
			side = "department"
		}
		return []base.Event{{
			Refs: Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: LabelOf(row.GetLabel()),
			Body: &intakev1.RowCommented{TransferId: t.GetTransferId(), Position: q.GetPosition(), Side: side, Text: strings.TrimSpace(q.GetText())},
		}}, nil
	}
}

// said checks a text about a row, and gives the row.
func said(v *base.View, id string, position uint32, text string) (*recordv1.File, error) {
	row, err := listedRow(v, id, position)
	if err != nil {
		return nil, err
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(text)); n == 0 || n > maxText || !utf8.ValidString(text) {
		return nil, noText.With("position", position, "limit", maxText)
	}
	return row, nil
}

// ReturnState is how a returned row stands: returned, answered, redone; empty where it never was.
func ReturnState(v *base.View, id string, position uint32) string {
	return string(v.Get("returns", rowKey(key(id), position)))
}

// Open lists the positions that are returned and neither answered nor redone, in order.
func Open(v *base.View, id string) (positions []uint32, err error) {
	prefix := under(key(id))
	for k, state := range v.Scan("returns", prefix, nil) {
		if string(state) == rowReturned {
			positions = append(positions, position(k[len(prefix):]))
		}
	}
	return positions, nil
}

// Work is a page of what was done on a transfer's rows after a position; returned leaves only rows
// that are returned and not answered.
func Work(v *base.View, id string, after uint32, limit int, returned bool) (list []*intakev1.RowWork, more bool, err error) {
	for _, raw := range v.Scan("expected", under(key(id)), rowKey(key(id), after)) {
		f := new(recordv1.File)
		if err := proto.Unmarshal(raw, f); err != nil {
			return nil, false, fmt.Errorf("expected of %s: %w", id, err)
		}
		state := ReturnState(v, id, f.GetPosition())
		if returned && state != rowReturned {
			continue
		}
		if len(list) == limit {
			return list, true, nil
		}
		w := &intakev1.RowWork{File: f, ReturnState: state}
		found := new(intakev1.UnitFinding)
		if ok, err := get(v, "findings", rowKey(key(id), f.GetPosition()), found); err != nil {
			return nil, false, err
		} else if ok {
			w.Finding = found
		}
		if state != "" {
			w.Returned = new(intakev1.ReturnedRow)
			if _, err := get(v, "reasons", rowKey(key(id), f.GetPosition()), w.Returned); err != nil {
				return nil, false, err
			}
		}
		if w.Remarks, err = remarks(v, id, f.GetPosition()); err != nil {
			return nil, false, err
		}
		list = append(list, w)
	}
	return list, false, nil
}

// maxRemarks is how many remarks about a row a page carries.
const maxRemarks = 100

func remarks(v *base.View, id string, position uint32) (list []*intakev1.RowRemark, err error) {
	for _, raw := range v.Scan("remarks", under(rowKey(key(id), position)), nil) {
		r := new(intakev1.RowRemark)
		if err := proto.Unmarshal(raw, r); err != nil {
			return nil, fmt.Errorf("remarks of %s: %w", id, err)
		}
		list = append(list, r)
	}
	return list[max(0, len(list)-maxRemarks):], nil
}

// Receipt is one receipt of a transfer; number 0 means the last. Error: noReceipt.
func Receipt(v *base.View, id string, number uint32) (*intakev1.Receipt, error) {
	r := new(intakev1.Receipt)
	if number == 0 {
		t, err := Transfer(v, id)
		if err != nil {
			return nil, err
		}
		number = t.GetReceipts()
	}
	ok, err := get(v, "receipts", rowKey(key(id), number), r)
	if err == nil && !ok {
		err = noReceipt.With("id", clip.Value(id), "number", number)
	}
	return r, err
}

// CountedAtTheDoor is how many units were counted as they were carried in: the sum of the counts that stand.
func CountedAtTheDoor(v *base.View, id string) (units uint32, err error) {
	counts, err := countsAtTheDoor(v, id)
	for _, r := range counts {
		units += min(r.GetUnits(), maxUnits)
	}
	return units, err
}

// countsAtTheDoor are the receipts of what was counted as it was carried in, by number, but those that a later one corrects.
func countsAtTheDoor(v *base.View, id string) (map[uint32]*intakev1.Receipt, error) {
	counts := make(map[uint32]*intakev1.Receipt)
	for _, raw := range v.Scan("receipts", under(key(id)), nil) {
		r := new(intakev1.Receipt)
		if err := proto.Unmarshal(raw, r); err != nil {
			return nil, fmt.Errorf("receipts of transfer %s: %w", id, err)
		}
		if r.GetWhat() == carriedIn {
			counts[r.GetNumber()] = r
			delete(counts, r.GetCorrects())
		}
	}
	return counts, nil
}

// Receipts lists all receipts of a transfer, by number.
func Receipts(v *base.View, id string) ([]*intakev1.Receipt, error) {
	list, _, err := page(v, "receipts", key(id), 0, MaxRows, func() *intakev1.Receipt { return new(intakev1.Receipt) })
	return list, err
}
