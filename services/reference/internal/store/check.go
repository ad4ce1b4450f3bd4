package store

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/signing"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/request"
)

// Check says what is wrong with the service's own state: numbers with gaps, requests that are
// not in the list where their state puts them, holds of requests that name no such file or are
// closed, papers, proofs and timers that do not agree with their requests, codes of nobody.
func Check(v *base.View) []base.Problem {
	c := &checker{v: v, last: map[int]uint32{}, holds: map[string]bool{}}
	eachRequest(v, c.request)
	c.lists()
	c.prints()
	c.signers()
	return c.found
}

type checker struct {
	v                                           *base.View
	found                                       []base.Problem
	last                                        map[int]uint32
	holds                                       map[string]bool // those that must be there
	queued, closed, overdue, pending, near, due int
}

func (c *checker) bad(where, format string, args ...any) {
	if len(c.found) < 100 {
		c.found = append(c.found, base.Found(Name, where, format, args...))
	}
}

func (c *checker) request(n request.Number, row *referencev1.RequestRow, err error) {
	where := "request " + n.String()
	s := row.GetSummary()
	switch {
	case err != nil:
		c.bad(where, "%v", err)
		return
	case n.N != c.last[n.Year]+1:
		c.bad(where, "number %d follows number %d", n.N, c.last[n.Year])
	case s.GetNumber() != n.String():
		c.bad(where, "it calls itself %q", s.GetNumber())
	case !slices.Contains(request.States(), s.GetState()):
		c.bad(where, "it is %q", s.GetState())
	case len(row.GetSecretSha256()) != 32:
		c.bad(where, "its secret has a digest of %d bytes", len(row.GetSecretSha256()))
	case (s.GetOutcome() != "") != !open(row):
		c.bad(where, "it is %s and its outcome is %q", s.GetState(), s.GetOutcome())
	}
	c.last[n.Year] = n.N
	k := numberKey(n)
	inQueue := c.v.Get("queue", under(s.GetDueOn(), k...)) != nil
	inClosed := c.v.Get("closed", turned(k)) != nil
	if open(row) != inQueue || open(row) == inClosed {
		c.bad(where, "it is %s; in the queue: %t, among the closed: %t", s.GetState(), inQueue, inClosed)
	}
	if open(row) {
		c.queued++
		if s.GetMissed() {
			c.overdue++
		}
		for _, f := range row.GetFindings() {
			c.holds[string(under(f.GetCode(), k...))] = true
		}
	} else {
		c.closed++
	}
	c.papers(where, row)
	c.timers(where, row)
}

func (c *checker) papers(where string, row *referencev1.RequestRow) {
	s := row.GetSummary()
	lies, signed := false, false
	for i, p := range row.GetPapers() {
		number := p.GetSubmitted().GetCertificateNumber()
		if want := fmt.Sprintf("%s-%d", s.GetNumber(), i+1); number != want {
			c.bad(where, "its paper %d calls itself %q", i+1, number)
		}
		if c.v.Get("prints", []byte(p.GetSubmitted().GetSha256())) == nil {
			c.bad(where, "the print of paper %s is not listed", number)
		}
		lies, signed = lies || p.GetState() == "submitted", signed || p.GetState() == "signed"
		waits := p.GetState() == "signed" && p.GetCompleted() == nil
		if waits {
			c.pending++
		}
		if waits != (c.v.Get("pending", []byte(number)) != nil) {
			c.bad(where, "paper %s is %s, completed: %t, waiting for its proof: %t", number, p.GetState(), p.GetCompleted() != nil, !waits)
		}
	}
	state := request.State(s.GetState())
	if state != request.Closed && (lies != (state == request.Submitted) || signed != (state == request.Signed)) {
		c.bad(where, "it is %s; a paper lies for signature: %t, one is signed: %t", state, lies, signed)
	}
	for i, d := range row.GetDrafts() {
		if d.GetVersion() != uint32(i+1) {
			c.bad(where, "draft %d calls itself %d", i+1, d.GetVersion())
		}
	}
}

// timers: an open request's dates are watched, nobody else's.
func (c *checker) timers(where string, row *referencev1.RequestRow) {
	for _, d := range row.GetDuties() {
		missed, near, err := times(d)
		if err != nil {
			c.bad(where, "%v", err)
			continue
		}
		key := timerKey(row.GetSummary().GetNumber(), d.GetKind())
		has := c.v.HasTimer(missed, TimerDue, key)
		if want := open(row) && watched(d); has != want {
			c.bad(where, "its date of %s is watched: %t, should be: %t", d.GetKind(), has, want)
		}
		if has {
			c.due++
		}
		if c.v.HasTimer(near, TimerNear, key) {
			c.near++
		}
	}
}

func (c *checker) lists() {
	for k := range c.v.Scan("holds", nil, nil) {
		if !c.holds[string(k)] {
			code, n, _ := holdOf(k)
			c.bad("hold on "+code, "request %s is closed or does not name it", n)
		}
		delete(c.holds, string(k))
	}
	for k := range c.holds {
		code, n, _ := holdOf([]byte(k))
		c.bad("hold on "+code, "request %s names it, and it is not held", n)
	}
	for _, l := range []struct {
		bucket string
		want   int
	}{{"queue", c.queued}, {"closed", c.closed}, {"pending", c.pending}} {
		n := 0
		for range c.v.Scan(l.bucket, nil, nil) {
			n++
		}
		if n != l.want {
			c.bad(l.bucket, "it lists %d, there are %d", n, l.want)
		}
	}
	if o, late := Counts(c.v); int(o) != c.queued || int(late) != c.overdue {
		c.bad("counters", "%d open and %d overdue are counted, there are %d and %d", o, late, c.queued, c.overdue)
	}
	if n := c.v.CountTimers(TimerDue); n != c.due {
		c.bad("timers", "%d dates are watched, %d requests ask for it", n, c.due)
	}
	if n := c.v.CountTimers(TimerNear); n != c.near {
		c.bad("timers", "%d reminders are set, %d requests ask for one", n, c.near)
	}
	for year, n := range c.last {
		if got := counter(c.v, yearKey("request", year)); got != n {
			c.bad(fmt.Sprintf("register of %d", year), "it ends with %d, the last request is %d", got, n)
		}
	}
}

func (c *checker) prints() {
	for sha, paper := range c.v.Scan("prints", nil, nil) {
		_, p, err := Paper(c.v, string(paper))
		if err != nil {
			c.bad("print "+string(sha), "%v", err)
			continue
		}
		if p.GetSubmitted().GetSha256() != string(sha) && p.GetCompleted().GetSha256() != string(sha) {
			c.bad("print "+string(sha), "paper %s is another", paper)
		}
	}
}

func (c *checker) signers() {
	codes := 0
	for k, raw := range c.v.Scan("signers", nil, nil) {
		row := new(referencev1.SignerRow)
		where := "signer " + string(k)
		if err := proto.Unmarshal(raw, row); err != nil {
			c.bad(where, "%v", err)
			continue
		}
		if len(row.GetCodeSha256()) > 0 {
			codes++
			if string(c.v.Get("codes", row.GetCodeSha256())) != row.GetAccount() {
				c.bad(where, "its code is not listed as its own")
			}
		}
		if row.GetState() == "enrolled" && signing.KeyID(row.GetKey().GetPublicKey()) != row.GetKey().GetKeyId() {
			c.bad(where, "its key is not the one it names")
		}
	}
	n := 0
	for range c.v.Scan("codes", nil, nil) {
		n++
	}
	if n != codes {
		c.bad("codes", "%d codes are listed, %d are open", n, codes)
	}
}
