package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/cite"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

// badCursor refuses a cursor that no page gave.
var badCursor = fault.Define(fault.Invalid, "reference.cursor",
	"this is no place in the list; begin again from its first page",
	"такого места в списке нет; начните с первой страницы",
	"тізімде мұндай орын жоқ; бірінші беттен бастаңыз")

// Filter narrows the queue.
type Filter struct {
	State, Regime string
	Mine          string // account; empty means everybody's
	Missed        bool
}

func (f Filter) keeps(s *referencev1.RequestSummary) bool {
	return (f.State == "" || s.GetState() == f.State) && (f.Regime == "" || s.GetRegime() == f.Regime) &&
		(f.Mine == "" || s.GetAssignee() == f.Mine || s.GetSigner() == f.Mine) && (!f.Missed || s.GetMissed())
}

// Queue is a page of requests: the open ones by the lawful time left, or the closed ones newest
// first. It looks at 1,000 rows at most, so a narrow page may be short and still have a next.
// Error: badCursor.
func Queue(v *base.View, f Filter, after string, limit int) (list []*referencev1.RequestSummary, next string, err error) {
	bucket := "queue"
	if f.State == string(request.Closed) {
		bucket = "closed"
	}
	var from []byte
	if after != "" {
		if from, err = hex.DecodeString(after); err != nil || len(from) < 6 || len(from) > 64 {
			return nil, "", badCursor.With()
		}
	}
	seen := 0
	var last []byte
	for k := range v.Scan(bucket, nil, from) {
		if len(list) == limit || seen == examined {
			return list, hex.EncodeToString(last), nil
		}
		seen++
		last = append(last[:0], k...)
		n := k[len(k)-6:]
		if bucket == "closed" {
			n = turned(n)
		}
		row := new(referencev1.RequestRow)
		if ok, err := get(v, "requests", n, row); err != nil || !ok {
			return nil, "", fmt.Errorf("%s names request %s: %w", bucket, numberOf(n), err)
		}
		if f.keeps(row.GetSummary()) {
			list = append(list, row.GetSummary())
		}
	}
	return list, "", nil
}

// Counts are how many requests are open, and how many of them missed their term.
func Counts(v *base.View) (open, overdue uint32) {
	return counter(v, []byte("open")), counter(v, []byte("overdue"))
}

// Age adds the days left, which depend on the day of reading.
func Age(s *referencev1.RequestSummary, today civil.Date, calendar *worktime.Calendar) *referencev1.RequestSummary {
	due := day(s.GetDueOn())
	if s.GetState() == string(request.Closed) || due.IsZero() {
		return s
	}
	left := calendar.Left(today, due)
	s.DaysLeft, s.WorkingDaysLeft = int32(left.Days), int32(left.WorkingDays)
	return s
}

// Holds is a page of held files by code, each with the requests that name it.
func Holds(v *base.View, after string, limit int) (list []*referencev1.Hold, more bool, err error) {
	var from []byte
	if after != "" {
		from = append([]byte(after), 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	}
	for k := range v.Scan("holds", nil, from) {
		code, n, ok := holdOf(k)
		if !ok {
			continue
		}
		if last := len(list) - 1; last >= 0 && list[last].GetCode() == code {
			list[last].RequestNumbers = append(list[last].RequestNumbers, n.String())
			continue
		}
		if len(list) == limit {
			return list, true, nil
		}
		list = append(list, &referencev1.Hold{Code: code, RequestNumbers: []string{n.String()}})
	}
	return list, false, nil
}

func holdOf(k []byte) (code string, n request.Number, ok bool) {
	if len(k) < 7 || k[len(k)-7] != 0 {
		return "", n, false
	}
	return string(k[:len(k)-7]), numberOf(k[len(k)-6:]), true
}

// HoldsOn are those of some files, named by codes in any spelling, that are held.
func HoldsOn(v *base.View, codes []string) (list []*referencev1.Hold, err error) {
	asked := map[string]bool{}
	for _, text := range codes {
		c, err := cite.Parse(text, "")
		if err != nil {
			return nil, err
		}
		code := cite.File(c)
		if asked[code] {
			continue
		}
		asked[code] = true
		h := &referencev1.Hold{Code: code}
		for k := range v.Scan("holds", under(code), nil) {
			if held, n, ok := holdOf(k); ok && held == code {
				h.RequestNumbers = append(h.RequestNumbers, n.String())
			}
		}
		if len(h.GetRequestNumbers()) > 0 {
			list = append(list, h)
		}
	}
	slices.SortFunc(list, func(a, b *referencev1.Hold) int { return bytes.Compare([]byte(a.GetCode()), []byte(b.GetCode())) })
	return list, nil
}

// Printed tells which paper a PDF in the folder belongs to; empty where none names it.
func Printed(v *base.View, sha string) string { return string(v.Get("prints", []byte(sha))) }

// Pending are the seqs of signatures whose papers are still to be completed; at most 100.
func Pending(v *base.View) (seqs []uint64) {
	for _, raw := range v.Scan("pending", nil, nil) {
		if len(raw) == 8 {
			seqs = append(seqs, binary.BigEndian.Uint64(raw))
		}
		if len(seqs) == 100 {
			break
		}
	}
	return seqs
}

// eachRequest goes through all requests, for checks.
func eachRequest(v *base.View, do func(n request.Number, row *referencev1.RequestRow, err error)) {
	for k, raw := range v.Scan("requests", nil, nil) {
		row := new(referencev1.RequestRow)
		do(numberOf(k), row, proto.Unmarshal(raw, row))
	}
}
