// Package audit is what an auditor reads: what happened to an object, and who did what, from the
// journals of all services. Nothing can be changed here.
package audit

import (
	"context"
	"embed"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/timeline"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/standards/custody"
)

//go:embed templates texts.json
var files embed.FS

//go:embed fields.json
var fieldsJSON []byte

// reads says who may open the pages; what each may see of an event is decided in the services.
var reads = web.Allow{monitor.Auditor, monitor.Head, monitor.Administrator}

// registered may ask for a department's file (the policy says so); who may not would leave a denial
// in the journal without having done anything.
var registered = web.Allow{monitor.Auditor, monitor.Head}

// Add adds the pages to a site.
func Add(s *web.Site) error {
	names, err := readFields(fieldsJSON)
	if err == nil {
		err = s.Area(files)
	}
	if err != nil {
		return err
	}
	s.Nav("/audit", "nav.audit", reads)
	s.Page("/audit", "audit", reads, names.show)
	return nil
}

// types of objects that journals speak of, in the order in which they are offered.
var types = []string{"transfer", "accession", "file", "code", "inventory", "nomenclature", "fonds", "organisation", "request", "certificate", "signer", "account", "insurance", "site", "scrub", "service"}

// shownAtOnce is how many events a page shows.
const shownAtOnce = 50

type event struct {
	*journalv1.TimelineEvent
	Lines  []Line // of the open body
	Cut    int
	Sealed []Line // of what is restricted, where the reader may see it
	Actor  actor
	For    actor
	About  []object
}

type actor struct {
	ID, Name string // as journals have it, and in words where it is known
	Number   string // of a person's account, beside the name
	Link     string
}

// object is what an event speaks of: its type, and its number or name.
type object struct{ Type, ID, Name string }

type page struct {
	Types    []web.Option
	Type, ID string
	Who      string
	By       actor // who that is
	Events   []event
	Next     string   // address of what is older
	Away     []string // services that do not answer
	Chain    bool     // the whole chain of a file
	More     bool     // there is more than one page takes
	Asked    bool
}

func (n fieldNames) show(r *web.Request) (any, error) {
	q := r.URL.Query()
	p := page{Type: q.Get("type"), ID: strings.TrimSpace(q.Get("id")), Who: whoOf(q.Get("who"), r.Services())}
	for _, t := range types {
		p.Types = append(p.Types, web.Option{Value: t, Label: r.T("object." + t), Chosen: t == p.Type})
	}
	var found []*journalv1.TimelineEvent
	switch {
	case p.Type != "" && p.ID != "":
		p.Asked = true
		found = p.timeline(r)
	default:
		p.Type, p.ID, p.Asked = "", "", p.Who != ""
		found = p.recent(r, q.Get("before"))
	}
	names := names{r: r, known: map[string]string{}}
	if p.Who != "" {
		p.By = names.of(p.Who)
	}
	for _, e := range found {
		one := event{TimelineEvent: e, Actor: names.of(e.GetActor())}
		if e.GetOnBehalfOf() != "" && e.GetOnBehalfOf() != e.GetActor() {
			one.For = names.of(e.GetOnBehalfOf())
		}
		for _, ref := range e.GetRefs() {
			one.About = append(one.About, object{ref.GetType(), ref.GetId(), names.object(ref.GetType(), ref.GetId())})
		}
		one.Lines, one.Cut = n.details(e.GetBodyJson(), string(r.Lang))
		if e.GetSealedJson() != "" {
			one.Sealed, _ = n.details(e.GetSealedJson(), string(r.Lang))
		}
		p.Events = append(p.Events, one)
	}
	return p, nil
}

// whoOf takes an account's number and a service's name for their actors.
func whoOf(typed string, services []string) string {
	typed = strings.TrimSpace(typed)
	if slices.Contains(services, typed) {
		return "service:" + typed
	}
	if typed != "" && strings.Trim(typed, "0123456789") == "" {
		return "person:" + typed
	}
	return typed
}

func journalOf(r *web.Request, service string) (journalv1.JournalServiceClient, error) {
	conn, err := r.Conn(service)
	if err != nil {
		return nil, err
	}
	return journalv1.NewJournalServiceClient(conn), nil
}

// each asks all services at once, and notes those that are away.
func (p *page) each(r *web.Request, ask func(ctx context.Context, i int, c journalv1.JournalServiceClient, service string) error) {
	var wg sync.WaitGroup
	services := r.Services()
	failed := make([]error, len(services))
	for i, service := range services {
		wg.Go(func() {
			c, err := journalOf(r, service)
			if err == nil {
				err = ask(r.Context(), i, c, service)
			}
			failed[i] = err
		})
	}
	wg.Wait()
	for i, err := range failed {
		if err != nil {
			p.Away = append(p.Away, serviceName(r, services[i])+": "+r.Words(err))
		}
	}
}

// serviceName is a service in words.
func serviceName(r *web.Request, service string) string {
	if key := "service." + service; r.Has(key) {
		return r.T(key)
	}
	return service
}

// timeline is what all journals say of the object asked for; of a file, asked for by its code or by
// its department's number, the whole chain from the department to the papers that cite it.
func (p *page) timeline(r *web.Request) []*journalv1.TimelineEvent {
	plan := timeline.Plan{From: []journal.Ref{{Type: p.Type, ID: p.ID}}}
	if id, ok := custody.ID(p.ID); ok && p.Type == custody.Code {
		p.ID, p.Chain = id, true
		plan = chain(r, custody.Names{Code: id})
	} else if p.Type == custody.File {
		p.Chain = true
		plan = chain(r, custody.Names{File: p.ID})
	}
	var mu sync.Mutex
	away := map[string]error{}
	read := func(ctx context.Context, service string, ref journal.Ref, after uint64) (*journalv1.TimelineResponse, error) {
		c, err := journalOf(r, service)
		var res *journalv1.TimelineResponse
		if err == nil {
			res, err = c.Timeline(ctx, &journalv1.TimelineRequest{Service: service, Ref: ref.Proto(), After: after})
		}
		// An object with more events is a service itself, whose journal is read by who and when.
		mu.Lock()
		defer mu.Unlock()
		if res.GetMore() {
			res.More, p.More = false, true
		}
		if err != nil {
			away[service] = err
		}
		return res, nil // the page shows what the others say, and who is away
	}
	events, cut, err := timeline.Gather(r.Context(), r.Services(), read, plan)
	if err != nil {
		return nil // read gives none
	}
	p.More = p.More || cut
	for _, service := range slices.Sorted(maps.Keys(away)) {
		p.Away = append(p.Away, serviceName(r, service)+": "+r.Words(away[service]))
	}
	return events
}

// chain says how the history of a file is gathered from one name of it: with its others, where the
// catalogue shows the file to this reader, or with the department's inventory, where it has none yet.
func chain(r *web.Request, n custody.Names) timeline.Plan {
	if f := catalogued(r, n); f != nil {
		n.File, n.Accession = f.GetFile().GetFile().GetId(), f.GetAccessionNumber()
		n.Code, _ = custody.ID(f.GetFonds() + "/" + f.GetInventory() + "/" + f.GetFile().GetNumber())
	} else if n.File != "" && registered.Lets(r.Person) {
		n.Inventory = inventoryOf(r, n.File)
	}
	plan := timeline.Plan{Single: custody.Single()}
	for _, o := range n.Begin() {
		plan.From = append(plan.From, journal.Ref(o))
	}
	for _, l := range custody.Links() {
		plan.Links = append(plan.Links, timeline.Link(l))
	}
	return plan
}

// catalogued is what the catalogue shows of a file; nil where that is nothing. A service that is away
// is named by the timeline itself.
func catalogued(r *web.Request, n custody.Names) *cataloguev1.File {
	conn, err := r.Conn("catalogue")
	if err != nil {
		return nil
	}
	res, err := cataloguev1.NewCatalogueServiceClient(conn).GetFile(r.Context(), &cataloguev1.GetFileRequest{Code: n.Code, Record: n.File})
	if err != nil {
		return nil
	}
	return res.GetFile()
}

// inventoryOf is the department's inventory that lists a file; "" where it is in none.
func inventoryOf(r *web.Request, file string) string {
	conn, err := r.Conn("retention")
	if err != nil {
		return ""
	}
	res, err := retentionv1.NewRetentionServiceClient(conn).GetFile(r.Context(), &retentionv1.GetFileRequest{FileId: file})
	if err != nil {
		return ""
	}
	return res.GetFile().GetInventoryId()
}

// recent goes back through all journals together, newest first; before says where each goes on, as
// "intake:120,retention:80".
func (p *page) recent(r *web.Request, before string) []*journalv1.TimelineEvent {
	from, begun := cursor(before), before != ""
	answers := make([]*journalv1.RecentResponse, len(r.Services()))
	p.each(r, func(ctx context.Context, i int, c journalv1.JournalServiceClient, service string) (err error) {
		seq, goesOn := from[service]
		if begun && !goesOn {
			return nil // this one was read to its beginning
		}
		answers[i], err = c.Recent(ctx, &journalv1.RecentRequest{Service: service, Before: seq, Actor: p.Who, Limit: shownAtOnce})
		return err
	})
	var all []*journalv1.TimelineEvent
	for _, a := range answers {
		all = append(all, a.GetEvents()...)
	}
	slices.SortStableFunc(all, func(a, b *journalv1.TimelineEvent) int {
		return b.GetRecordedAt().AsTime().Compare(a.GetRecordedAt().AsTime())
	})
	all = all[:min(len(all), shownAtOnce)]
	next := map[string]uint64{}
	for i, service := range r.Services() {
		if seq := goOn(answers[i], all, service, from[service]); seq > 0 {
			next[service] = seq
		}
	}
	p.Next = address(p.Who, next)
	return all
}

// goOn is where a service's journal goes on after what was shown of it; 0 at its beginning.
func goOn(a *journalv1.RecentResponse, shown []*journalv1.TimelineEvent, service string, from uint64) uint64 {
	if a == nil {
		return 0
	}
	var last uint64
	for _, e := range shown {
		if e.GetService() == service {
			last = e.GetSeq()
		}
	}
	n := len(a.GetEvents())
	switch {
	case n == 0 || last == a.GetEvents()[n-1].GetSeq(): // all that was found is shown
		return a.GetNext()
	case last > 0:
		return last
	case from > 0:
		return from
	}
	return a.GetEvents()[0].GetSeq() + 1
}

func cursor(text string) map[string]uint64 {
	out := map[string]uint64{}
	for part := range strings.SplitSeq(text, ",") {
		service, seq, _ := strings.Cut(part, ":")
		if n, err := strconv.ParseUint(seq, 10, 64); err == nil && n > 0 {
			out[service] = n
		}
	}
	return out
}

func address(who string, next map[string]uint64) string {
	if len(next) == 0 {
		return ""
	}
	var parts []string
	for service, seq := range next {
		parts = append(parts, service+":"+strconv.FormatUint(seq, 10))
	}
	slices.Sort(parts)
	q := url.Values{"before": {strings.Join(parts, ",")}}
	if who != "" {
		q.Set("who", who)
	}
	return "/audit?" + q.Encode()
}

// names finds who an account is, once for a page.
type names struct {
	r     *web.Request
	known map[string]string
}

// object is how an object is called: people by their names, everything else by its number.
func (n names) object(kind, id string) string {
	known := actor{}
	switch kind {
	case "actor":
		known = n.of(id)
	case "signer", "account":
		known = n.of("person:" + id)
	}
	if known.Name == "" {
		return id
	}
	return known.Name
}

func (n names) of(id string) actor {
	a := actor{ID: id, Link: "/audit?" + url.Values{"who": {id}}.Encode()}
	if id == web.Visitor.Actor {
		a.Name = n.r.T("audit.visitor")
	}
	if service, ok := strings.CutPrefix(id, "service:"); ok && n.r.Has("service."+service) {
		a.Name = n.r.T("service." + service)
	}
	account, person := strings.CutPrefix(id, "person:")
	if !person || strings.Trim(account, "0123456789") != "" {
		if person && a.Name == "" {
			a.Name = account // whoever worked on the command line, with a name of their own
		}
		return a
	}
	name, asked := n.known[account]
	if !asked {
		name = n.r.AccountName(account)
		n.known[account] = name
	}
	a.Name, a.Number = name, account
	return a
}
