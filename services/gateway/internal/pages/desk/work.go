package desk

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// button is one thing that can be done on the page of a request.
type button struct {
	// do carries it out; nil where it only looks.
	do func(r *web.Request, c referencev1.ReferenceServiceClient, arg string) error
	// fields that are emptied once it was done.
	fields []string
	// leaves: the draft is done with, whatever stands in the form.
	leaves bool
}

// buttons by name. A message "done.desk.‹name›" says what was done.
var buttons = map[string]button{
	"take":           {do: take},
	"assign":         {do: assign, fields: []string{"assignee"}},
	"identity":       {do: identity, fields: []string{"document", "authority", "way", "note"}},
	"regime":         {do: decideRegime, fields: []string{"regime", "regime_ground"}},
	"extend":         {do: extend, fields: []string{"extension_reason", "extension_days"}},
	"notice":         {do: notice, fields: []string{"given_on", "notice_way"}},
	"clarify":        {do: clarify, fields: []string{"clarification"}},
	"finding":        {do: addFinding, fields: []string{"code", "leaves", "quotation", "record", confirmed}},
	"finding-remove": {do: removeFinding},
	"forward":        {do: forward, leaves: true},
	"deliver":        {do: deliver, leaves: true},
}

// work does what was asked for on the page of a request. The draft in the form comes along with
// every button, so nothing that was typed is lost: where it is not saved, the page stays.
func work(r *web.Request) (web.Redirect, error) {
	do, arg, _ := strings.Cut(r.Field("do"), ":")
	d := readDraft(r.PostForm)
	if r.Field("facts") == "" { // the form had no draft: the request is not being worked on
		return press(r, do, arg, nil)
	}
	r.Carry = d
	if d.edit(do, arg) {
		r.Carry = d
		return web.Stay, nil
	}
	switch do {
	case "cite":
		r.PostForm.Set("code", arg) // the leaves are what a person adds
		return web.Stay, nil
	case "save", "submit":
		return keep(r, do, d)
	}
	return press(r, do, arg, &d)
}

// press carries out one button that changes something in the service.
func press(r *web.Request, do, arg string, d *draft) (web.Redirect, error) {
	b, ok := buttons[do]
	if !ok || b.do == nil {
		return web.Stay, nil
	}
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	if err := b.do(r, c, arg); err != nil || !r.OK() {
		return "", err
	}
	if n, err := strconv.ParseUint(arg, 10, 32); err == nil && do == "finding-remove" && d != nil {
		d.forget(uint32(n))
		r.Carry = *d
	}
	said := do
	if do == "finding" && !catalogued(r, r.Field("code")) {
		said = "finding.unknown"
	}
	r.PostForm.Del("do")
	for _, name := range b.fields {
		r.PostForm.Del(name)
	}
	if b.leaves || d == nil || d.mark() == r.Field("mark") {
		return done(r, said), nil
	}
	r.Say("done.desk." + said)
	return web.Stay, nil
}

// catalogued is whether the catalogue has a file of this code. A document that it does not know may be
// cited, since not every inventory has been entered; whoever cites it is told. A catalogue that is
// away says nothing.
func catalogued(r *web.Request, code string) bool {
	c, err := catalogue(r)
	if err != nil {
		return true
	}
	_, err = c.GetFile(r.Context(), &cataloguev1.GetFileRequest{Code: code})
	return err == nil || fault.KindOf(err) != fault.NotFound
}

func done(r *web.Request, what string) web.Redirect {
	to := "/desk/" + url.PathEscape(r.PathValue("number"))
	if s := r.Field("search"); s != "" {
		to += "?search=" + url.QueryEscape(s)
	}
	return web.Done(to, "done.desk."+what)
}

// keep saves the draft, and puts it before the head where that was asked for.
func keep(r *web.Request, do string, d draft) (web.Redirect, error) {
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	version, _ := strconv.ParseUint(r.Field("based_on"), 10, 32) // none: the first
	if do == "save" || version == 0 || d.mark() != r.Field("mark") {
		saved, err := save(r, c, d)
		if err != nil {
			return "", err
		}
		version = uint64(saved)
	}
	if do == "save" {
		return done(r, do), nil
	}
	_, err = c.SubmitForSignature(r.Context(), &referencev1.SubmitForSignatureRequest{
		CommandId: second(r.Field("command")), Number: r.PathValue("number"), Version: uint32(version), Signer: r.Field("signer"),
	})
	if err != nil {
		// The draft is saved: what is sent next goes on from there.
		r.PostForm.Set("based_on", strconv.FormatUint(version, 10))
		r.PostForm.Del("command")
		return "", err
	}
	return done(r, do), nil
}

// second is the command id of the second thing that one button does: the same for the same press.
func second(command string) string {
	id, err := uuid.Parse(command)
	if err != nil {
		return command // the service says what is wrong with it
	}
	return uuid.NewSHA1(id, []byte("second")).String()
}

func take(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	_, err := c.AssignRequest(r.Context(), &referencev1.AssignRequestRequest{CommandId: r.Field("command"), Number: r.PathValue("number")})
	return err
}

func assign(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	if r.Field("assignee") == "" {
		r.Wrong("assignee", "desk.need.assignee")
		return nil
	}
	_, err := c.AssignRequest(r.Context(), &referencev1.AssignRequestRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Account: r.Field("assignee"),
	})
	return err
}

func identity(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	if r.Field("document") == "" {
		r.Wrong("document", "desk.need.document")
	}
	if r.Field("way") == "" {
		r.Wrong("way", "desk.need.way")
	}
	if !r.OK() {
		return nil
	}
	_, err := c.RecordIdentity(r.Context(), &referencev1.RecordIdentityRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"),
		Document: r.Field("document"), Authority: r.Field("authority"), Way: r.Field("way"), Note: r.Field("note"),
	})
	return err
}

func decideRegime(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	if r.Field("regime_ground") == "" {
		r.Wrong("regime_ground", "desk.need.ground")
		return nil
	}
	_, err := c.DecideRegime(r.Context(), &referencev1.DecideRegimeRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Regime: r.Field("regime"), Ground: r.Field("regime_ground"),
	})
	return err
}

func extend(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	if r.Field("extension_reason") == "" {
		r.Wrong("extension_reason", "desk.need.holders")
		return nil
	}
	days, err := strconv.ParseUint("0"+r.Field("extension_days"), 10, 32)
	if err != nil {
		r.Wrong("extension_days", "desk.need.number")
		return nil //nolint:nilerr // said beside the field
	}
	_, err = c.ExtendTerm(r.Context(), &referencev1.ExtendTermRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Ground: r.Field("extension_ground"), Reason: r.Field("extension_reason"), Days: uint32(days),
	})
	return err
}

func notice(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	_, err := c.RecordNotice(r.Context(), &referencev1.RecordNoticeRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Duty: "extension_notice", GivenOn: r.Field("given_on"), Way: r.Field("notice_way"),
	})
	return err
}

func clarify(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	if r.Field("clarification") == "" {
		r.Wrong("clarification", "desk.need.clarification")
		return nil
	}
	_, err := c.AskClarification(r.Context(), &referencev1.AskClarificationRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Text: r.Field("clarification"),
	})
	return err
}

// leavesBeyond is the fault of leaves that the file does not have by the catalogue; confirmed is the box under its text.
const (
	leavesBeyond = "reference.finding.beyond"
	confirmed    = "leaves_confirmed"
)

// where is what a tick confirms: these leaves of this file and no others that are typed after it.
func where(code, leaves string) string { return code + " | " + leaves }

func addFinding(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	if r.Field("code") == "" {
		r.Wrong("code", "desk.need.code")
		return nil
	}
	_, err := c.AddFinding(r.Context(), &referencev1.AddFindingRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"),
		Code: r.Field("code"), Leaves: r.Field("leaves"), Quotation: r.Field("quotation"), RecordId: r.Field("record"),
		LeavesConfirmed: r.Field(confirmed) == where(r.Field("code"), r.Field("leaves")),
	})
	if err != nil && fault.Of(err).Code == leavesBeyond {
		r.WrongFault(confirmed, err)
		return nil
	}
	return err
}

func removeFinding(r *web.Request, c referencev1.ReferenceServiceClient, arg string) error {
	n, err := strconv.ParseUint(arg, 10, 32)
	if err != nil {
		return nil //nolint:nilerr // a button that is none of ours: the page stays
	}
	_, err = c.RemoveFinding(r.Context(), &referencev1.RemoveFindingRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Finding: uint32(n),
	})
	return err
}

func forward(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	if r.Field("holder") == "" {
		r.Wrong("holder", "desk.need.holder")
		return nil
	}
	_, err := c.ForwardRequest(r.Context(), &referencev1.ForwardRequestRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Holder: r.Field("holder"), ToldOn: r.Field("told_on"),
	})
	return err
}

func deliver(r *web.Request, c referencev1.ReferenceServiceClient, _ string) error {
	_, err := c.DeliverAnswer(r.Context(), &referencev1.DeliverAnswerRequest{
		CommandId: r.Field("command"), Number: r.PathValue("number"), Way: r.Field("delivery_way"), DeliveredOn: r.Field("delivered_on"),
	})
	return err
}
