package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// languages of an answer (AI-11.12).
var languages = []string{"kk", "ru", "en"}

// kinds are the kinds of answer, in the order in which the form offers them.
var kinds = []string{"certificate", "copy", "extract", "negative", "answer", "refusal", "forwarded", "published"}

// grounds are the seven grounds of a refusal, and no other (AI-11.16).
var grounds = []string{"1", "2", "3", "4", "5", "6", "7"}

// maxFacts bounds what a form is read for.
const maxFacts = 200

// draft is an answer as it stands in the form. It lives in the page: whatever button is pressed, it
// comes along and is drawn again; the service keeps the versions that were saved.
type draft struct {
	Kind, Ground, Language, Addressee, Opening string
	Facts                                      []fact
	Spellings, Gaps, Reasons, Closing          string
}

type fact struct {
	Period, Text string
	Cites        []uint32 // findings
}

// newDraft is the newest saved version as a form.
func newDraft(d *referencev1.Draft) draft {
	c := d.GetContent()
	out := draft{
		Kind: d.GetKind(), Language: c.GetLanguage(), Addressee: c.GetAddressee(), Opening: c.GetOpening(),
		Spellings: strings.Join(c.GetSpellings(), "\n"), Gaps: strings.Join(c.GetGaps(), "\n"), Reasons: c.GetReasons(), Closing: c.GetClosing(),
	}
	if g := d.GetRefusalGround(); g > 0 {
		out.Ground = strconv.FormatUint(uint64(g), 10)
	}
	for _, f := range c.GetFacts() {
		one := fact{Period: f.GetPeriod(), Text: f.GetText()}
		for _, cite := range f.GetCitations() {
			one.Cites = append(one.Cites, cite.GetFinding())
		}
		out.Facts = append(out.Facts, one)
	}
	return out
}

// readDraft reads the form.
func readDraft(form url.Values) draft {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(form.Get(name), "\r\n", "\n"))
	}
	d := draft{
		Kind: get("kind"), Ground: get("ground"), Language: get("language"), Addressee: get("addressee"), Opening: get("opening"),
		Spellings: get("spellings"), Gaps: get("gaps"), Reasons: get("reasons"), Closing: get("closing"),
	}
	n, _ := strconv.Atoi(form.Get("facts")) // nothing readable: no facts
	for i := range min(max(n, 0), maxFacts) {
		at := "fact-" + strconv.Itoa(i) + "-"
		f := fact{Period: get(at + "period"), Text: get(at + "text")}
		for _, v := range form[at+"cite"] {
			if c, err := strconv.ParseUint(v, 10, 32); err == nil && !slices.Contains(f.Cites, uint32(c)) {
				f.Cites = append(f.Cites, uint32(c))
			}
		}
		d.Facts = append(d.Facts, f)
	}
	return d
}

// edit carries out a button of the draft that needs no service: facts in and out, up and down.
// It tells whether it was one.
func (d *draft) edit(do, arg string) bool {
	i, err := strconv.Atoi(arg)
	in := err == nil && i >= 0 && i < len(d.Facts)
	switch do {
	case "fact-add":
		if len(d.Facts) < maxFacts {
			d.Facts = append(d.Facts, fact{})
		}
	case "fact-from":
		if err == nil && i > 0 && len(d.Facts) < maxFacts {
			d.Facts = append(d.Facts, fact{Cites: []uint32{uint32(i)}})
		}
	case "fact-remove":
		if in {
			d.Facts = slices.Delete(d.Facts, i, i+1)
		}
	case "fact-up", "fact-down":
		to := i - 1
		if do == "fact-down" {
			to = i + 1
		}
		if in && to >= 0 && to < len(d.Facts) {
			d.Facts[i], d.Facts[to] = d.Facts[to], d.Facts[i]
		}
	default:
		return false
	}
	return true
}

// forget takes a finding out of every fact: it was taken back.
func (d *draft) forget(finding uint32) {
	for i := range d.Facts {
		d.Facts[i].Cites = slices.DeleteFunc(d.Facts[i].Cites, func(n uint32) bool { return n == finding })
	}
}

// content is what the service keeps. Facts without a word are left out.
func (d draft) content() *referencev1.AnswerContent {
	c := &referencev1.AnswerContent{
		Language: d.Language, Addressee: d.Addressee, Opening: d.Opening, Spellings: lines(d.Spellings), Gaps: lines(d.Gaps),
		Reasons: d.Reasons, Closing: d.Closing,
	}
	for _, f := range d.Facts {
		if f.Period == "" && f.Text == "" && len(f.Cites) == 0 {
			continue
		}
		one := &referencev1.Fact{Period: f.Period, Text: f.Text}
		for _, n := range f.Cites {
			one.Citations = append(one.Citations, &referencev1.Citation{Finding: n})
		}
		c.Facts = append(c.Facts, one)
	}
	return c
}

// ground is the number of the ground of a refusal; 0 for every other kind.
func (d draft) ground() uint32 {
	if d.Kind != "refusal" {
		return 0
	}
	n, _ := strconv.ParseUint(d.Ground, 10, 32) // none: the service names the seven
	return uint32(n)
}

// mark tells two states of the form apart, so that it can be said whether something is not saved.
func (d draft) mark() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", d))
	return hex.EncodeToString(sum[:8])
}

func lines(s string) []string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// save keeps the draft as a new version.
func save(r *web.Request, c referencev1.ReferenceServiceClient, d draft) (uint32, error) {
	based, _ := strconv.ParseUint(r.Field("based_on"), 10, 32) // none: the first
	res, err := c.DraftAnswer(r.Context(), &referencev1.DraftAnswerRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Kind: d.Kind, RefusalGround: d.ground(), Content: d.content(), BasedOn: uint32(based),
	})
	return res.GetVersion(), err
}
