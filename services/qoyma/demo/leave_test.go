package demo_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/qoyma/check"
	"github.com/qoyma/qoyma/services/qoyma/demo"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// person is one who may see everything.
func person(name string, role monitor.Role) monitor.Identity {
	return monitor.Identity{Actor: "person:" + name, Roles: []monitor.Role{role}, Clearance: process.Clearance([]monitor.Role{role})}
}

// TestWhatLeavesIsGoneEverywhere lets the demonstration's accession leave, across all services, once both sides have signed its act of
// acceptance: an open request keeps it, then its object and its insurance copies are destroyed, no request may name its files, and the folder
// is whole.
func TestWhatLeavesIsGoneEverywhere(t *testing.T) {
	data := filepath.Join(t.TempDir(), "archive")
	p, stop := start(t, data)
	report := demo.Run(t.Context(), p, t.TempDir(), fault.Russian, nil)
	good(t, report)
	archivist, head := p.As(person("arch", monitor.Archivist)), p.As(person("head", monitor.Head))
	intakeConn, err := archivist.Conn("intake")
	if err != nil {
		t.Fatal(err)
	}
	headConn, err := head.Conn("intake")
	if err != nil {
		t.Fatal(err)
	}
	referenceConn, err := archivist.Conn("reference")
	if err != nil {
		t.Fatal(err)
	}
	insuranceConn, err := archivist.Conn("insurance")
	if err != nil {
		t.Fatal(err)
	}
	intake, decides := intakev1.NewIntakeServiceClient(intakeConn), intakev1.NewIntakeServiceClient(headConn)
	requests, fund := referencev1.NewReferenceServiceClient(referenceConn), insurancev1.NewInsuranceServiceClient(insuranceConn)
	id := func() string { return uuid.Must(uuid.NewV7()).String() }

	list, err := intake.ListTransfers(t.Context(), &intakev1.ListTransfersRequest{State: "accepted"})
	if err != nil || len(list.GetTransfers()) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	number := list.GetTransfers()[0].GetAccessionNumber()
	acc, err := intake.GetAccession(t.Context(), &intakev1.GetAccessionRequest{AccessionNumber: number})
	if err != nil {
		t.Fatal(err)
	}
	q := &intakev1.ProposeDeaccessionRequest{
		CommandId: id(), AccessionNumber: number, Way: "destroyed", Ground: "решение суда", Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "5", Date: "2026-02-02"},
	}
	for _, f := range acc.GetFiles() {
		q.Positions = append(q.Positions, f.GetFile().GetPosition())
	}
	if _, err := intake.ProposeDeaccession(t.Context(), q); fault.Of(err) == nil || fault.Of(err).Code != "intake.deaccession.unsigned" {
		t.Fatalf("nobody has signed its act of acceptance, and it leaves: %v", err)
	}
	for _, s := range []*intakev1.SignActRequest{{Side: "giver", Hand: &intakev1.HandSignature{Name: "Г. Хамитова"}}, {Side: "archive"}} {
		s.CommandId, s.AccessionNumber, s.Sha256 = id(), number, acc.GetAccession().GetActs()[0].GetSha256()
		if _, err := intake.SignAct(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	q.CommandId = id()
	if _, err := intake.ProposeDeaccession(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	open := &referencev1.RegisterRequestRequest{
		CommandId: id(), Facts: &referencev1.RegimeFacts{Topic: "other", Wish: "reference"}, Channel: "web", Language: "ru", Delivery: "electronic",
		Submission: &referencev1.Submission{Applicant: &referencev1.Applicant{Surname: "Ахметов", GivenName: "Серик", Email: "a@example.kz"}, Text: "Прошу подтвердить назначение."},
	}
	asked, err := requests.RegisterRequest(t.Context(), open)
	if err != nil {
		t.Fatal(err)
	}
	find := func() (*referencev1.AddFindingResponse, error) {
		return requests.AddFinding(t.Context(), &referencev1.AddFindingRequest{CommandId: id(), Number: asked.GetNumber(), Code: "1/1/2"})
	}
	found, err := find()
	if err != nil {
		t.Fatal(err)
	}
	decide := func() error {
		_, err := decides.DecideDeaccession(t.Context(), &intakev1.DecideDeaccessionRequest{CommandId: id(), AccessionNumber: number, Number: 1, Approve: true})
		return err
	}
	if err := decide(); fault.Of(err) == nil || fault.Of(err).Code != "reference.lock.held" || !strings.Contains(fault.Of(err).In(fault.Kazakh), asked.GetNumber()) {
		t.Fatalf("a file that request %s names leaves: %v", asked.GetNumber(), err)
	}
	if _, err := requests.RemoveFinding(t.Context(), &referencev1.RemoveFindingRequest{CommandId: id(), Number: asked.GetNumber(), Finding: found.GetFinding().GetFinding()}); err != nil {
		t.Fatal(err)
	}
	if err := decide(); err != nil {
		t.Fatal(err)
	}
	if _, err := find(); fault.Of(err) == nil || fault.Of(err).Code != "reference.finding.leaving" {
		t.Errorf("what left is named anew: %v", err)
	}
	destroyed := func(ctx context.Context) bool {
		copies, err := fund.ListCopies(ctx, &insurancev1.ListCopiesRequest{State: "destroyed"})
		work, other := intake.GetAccessionWork(ctx, &intakev1.GetAccessionWorkRequest{AccessionNumber: number})
		return err == nil && other == nil && len(copies.GetCopies()) == 2 && work.GetDeaccessions()[0].GetObjectRemovedOn() != ""
	}
	told := map[string]bool{}
	tell := func(name string) {
		conn, err := p.As(person("auditor", monitor.Auditor)).Conn(name)
		if err != nil {
			t.Fatal(err)
		}
		res, err := journalv1.NewJournalServiceClient(conn).Timeline(t.Context(), &journalv1.TimelineRequest{Service: name, Ref: &journalv1.Ref{Type: "accession", Id: number}, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range res.GetEvents() {
			told[e.GetBodyType()[strings.LastIndex(e.GetBodyType(), ".")+1:]] = true
		}
	}
	for !destroyed(t.Context()) || !told["HistoryRemoved"] { // the test's own deadline ends it
		p.Settle(t.Context())
		tell("insurance")
	}
	for _, name := range []string{"intake", "reference", "catalogue"} {
		tell(name)
	}
	for _, body := range []string{"FilesLocked", "AccessionDeaccessioned", "FilesLeft", "ContentClosed", "ObjectRemoved", "CopyLeaves", "CopyDestroyed", "HistoryEnded"} {
		if !told[body] {
			t.Errorf("the accession's timeline does not say %s: %v", body, told)
		}
	}
	stop()
	for _, dir := range []string{"intake/ocfl", "intake/removed", "insurance/site-1/ocfl", "insurance/site-1/removed"} {
		_ = filepath.WalkDir(filepath.Join(data, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.Contains(filepath.ToSlash(path), "/content/") {
				t.Errorf("%s stands", path)
			}
			return nil
		})
	}
	whole, err := check.Folder(t.Context(), check.Config{Data: data, Services: process.Services()})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range whole.Problems {
		t.Errorf("%s: %s: %s", wrong.Service, wrong.Where, wrong.What)
	}
}
