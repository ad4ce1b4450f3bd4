package process

import (
	"flag"
	"os"
	"slices"
	"testing"

	"google.golang.org/grpc"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

var update = flag.Bool("update", false, "write the golden file anew")

// methods lists every method that any process of the archive serves.
func methods() []string {
	var all []string
	for _, d := range []grpc.ServiceDesc{
		retentionv1.RetentionService_ServiceDesc, intakev1.IntakeService_ServiceDesc,
		cataloguev1.CatalogueService_ServiceDesc, referencev1.ReferenceService_ServiceDesc, insurancev1.InsuranceService_ServiceDesc, gatewayv1.AccountsService_ServiceDesc,
		journalv1.JournalService_ServiceDesc,
	} {
		for _, m := range d.Methods {
			all = append(all, "/"+d.ServiceName+"/"+m.MethodName)
		}
		for _, s := range d.Streams {
			all = append(all, "/"+d.ServiceName+"/"+s.StreamName)
		}
	}
	slices.Sort(all)
	return all
}

// TestPolicyNamesEveryMethod: what no permit names is closed to all, and what does not exist
// has no permit.
func TestPolicyNamesEveryMethod(t *testing.T) {
	policy, err := monitor.NewPolicy(policyText)
	if err != nil {
		t.Fatal(err)
	}
	if unnamed := policy.Unnamed(methods()); len(unnamed) > 0 {
		t.Errorf("no permit names %v", unnamed)
	}
	if stale := policy.Stale(methods()); len(stale) > 0 {
		t.Errorf("the policy names what does not exist: %v", stale)
	}
}

// TestPolicyTable holds who may call what against a table that people read in a review; run
// with -update after a change that was meant.
func TestPolicyTable(t *testing.T) {
	policy, err := monitor.NewPolicy(policyText)
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/policy.golden"
	got := policy.Table(methods())
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the table of methods and roles has changed; it is now\n%s", got)
	}
}

// TestClearance: nobody reads more for running the system.
func TestClearance(t *testing.T) {
	personal := monitor.Label{Level: 2, Grounds: []string{"personal"}}
	for role, may := range map[monitor.Role]bool{
		monitor.Archivist: true, monitor.Head: true, monitor.Commission: true, monitor.Auditor: true, monitor.Clerk: true,
		monitor.Administrator: false, monitor.Researcher: false,
	} {
		if got := Clearance([]monitor.Role{role}).Allows(personal); got != may {
			t.Errorf("%s reads personal data: %t", role, got)
		}
	}
	for _, ground := range Grounds {
		if !everything.Allows(monitor.Label{Level: 3, Grounds: []string{ground}}) {
			t.Errorf("services may not read %s", ground)
		}
	}
}
