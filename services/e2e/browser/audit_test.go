package browser_test

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// referred are one object of each kind that any journal of the demonstration speaks of, by kind.
func referred(t *testing.T) map[string]string {
	t.Helper()
	needBrowser(t)
	caller := world.p.As(monitor.Identity{Actor: "person:auditor", Roles: []monitor.Role{monitor.Auditor}})
	objects := make(map[string]string)
	for _, service := range process.Names() {
		conn, err := caller.Conn(service)
		fail(t, err)
		for before := uint64(0); ; {
			res, err := journalv1.NewJournalServiceClient(conn).Recent(t.Context(), &journalv1.RecentRequest{Service: service, Before: before})
			fail(t, err)
			for _, e := range res.GetEvents() {
				for _, ref := range e.GetRefs() {
					objects[ref.GetType()] = ref.GetId()
				}
			}
			if before = res.GetNext(); before == 0 {
				break
			}
		}
	}
	return objects
}

// TestTheHistoryOfAnything asks for the timeline of one object of each kind that a journal speaks of,
// as the auditor does: by the form.
func TestTheHistoryOfAnything(t *testing.T) {
	objects := referred(t)
	if len(objects) < 10 {
		t.Fatalf("only %v", objects)
	}
	b := open(t, false)
	b.signIn("auditor")
	for kind, id := range objects {
		if kind == "actor" || kind == "timer" { // who did it is the other form; a timer is no object of anybody's
			continue
		}
		b.visit("/audit", "ru")
		if offered := asks[[]string](b, `[...document.querySelectorAll('select[name=type] option')].map(o => o.value)`); !slices.Contains(offered, kind) {
			t.Errorf("the history of %s %s cannot be asked for", kind, id)
			continue
		}
		b.sets("select[name=type]", kind)
		b.sets("input[name=id]", id)
		b.leads(chromedp.Submit(chromedp.CSS("input[name=id]")))
		if asks[int](b, `document.querySelectorAll('main details').length`) == 0 {
			t.Errorf("%s %s has no history: %s", kind, id, asks[string](b, `document.querySelector('main').innerText`))
		}
	}
}
