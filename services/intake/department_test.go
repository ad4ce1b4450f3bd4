package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

func clerk(organisation string, others ...monitor.Role) monitor.Identity {
	return monitor.Identity{
		Actor: "person:clerk", Roles: append(others, monitor.Clerk), Organisation: organisation,
		Clearance: monitor.Scope{Level: 3, Grounds: []string{"personal"}},
	}
}

// TestAClerkActsForHisDepartmentAlone tries every method that a clerk may call, as the clerk of
// the department, of another, and of none; and as a clerk who has a wider role too.
func TestAClerkActsForHisDepartmentAlone(t *testing.T) {
	w := newWorld(t)
	w.expectOf("bilim", "2026-1", file(1, 3))
	w.expectOf("bilim", "2026-2", file(1, 3))
	w.expectOf("medeniet", "2026-3", file(1, 3))
	if _, err := w.acceptPaper("2026-1"); err != nil {
		t.Fatal(err)
	}
	number := fmt.Sprintf("%d-1", time.Now().Year())
	if res := w.seen("2026-1"); res.GetTransfer().GetAccessionNumber() != "" {
		number = res.GetTransfer().GetAccessionNumber()
	}
	for name, m := range map[string]struct {
		call func(context.Context) error
		code string // of the fault where the department is another one
	}{
		"ListTransfers": {func(ctx context.Context) error {
			res, err := w.client.ListTransfers(ctx, &intakev1.ListTransfersRequest{})
			return found(res, err, "2026-2")
		}, ""},
		"ListTransfers in a state": {func(ctx context.Context) error {
			res, err := w.client.ListTransfers(ctx, &intakev1.ListTransfersRequest{State: "expected"})
			return found(res, err, "2026-2")
		}, ""},
		"GetTransfer": {func(ctx context.Context) error {
			_, err := w.client.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: "2026-2"})
			return err
		}, transfer.Unknown.Code},
		"NameContact": {func(ctx context.Context) error {
			_, err := w.client.NameContact(ctx, &intakev1.NameContactRequest{CommandId: newID(), TransferId: "2026-2", Contact: &intakev1.Contact{Name: "Сәуле"}})
			return err
		}, transfer.Unknown.Code},
		"UploadPackage": {func(ctx context.Context) error {
			stream, err := w.client.UploadPackage(ctx)
			if err != nil {
				return err
			}
			for _, m := range []*intakev1.UploadPackageRequest{
				part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-2", Bare: true}), part(&intakev1.UploadFile{Path: "data/1/a.txt", Size: 1}), data("a"),
			} {
				if stream.Send(m) != nil {
					break // the answer says why
				}
			}
			_, err = stream.CloseAndRecv()
			return err
		}, transfer.Unknown.Code},
		"WatchTransfer": {func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			stream, err := w.client.WatchTransfer(ctx, &intakev1.WatchTransferRequest{TransferId: "2026-2"})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		}, transfer.Unknown.Code},
		"GetAccession": {func(ctx context.Context) error {
			_, err := w.client.GetAccession(ctx, &intakev1.GetAccessionRequest{AccessionNumber: number})
			return err
		}, "intake.accession.unknown"},
		"GetAct": {func(ctx context.Context) error {
			_, err := w.client.GetAct(ctx, &intakev1.GetActRequest{AccessionNumber: number, Language: "kk"})
			return err
		}, "intake.accession.unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() { w.caller = archivist }()
			w.caller = clerk("bilim")
			if err := m.call(t.Context()); err != nil {
				t.Errorf("his own department's: %v", err)
			}
			before := w.s.host.Store().Head().Seq
			for _, other := range []monitor.Identity{clerk("medeniet"), clerk("medeniet", monitor.Researcher), clerk("bili"), clerk("nobody")} {
				w.caller = other
				err := m.call(t.Context())
				switch {
				case m.code == "" && !errors.Is(err, errNothing), m.code != "" && (fault.Of(err).Code != m.code || fault.KindOf(err) != fault.NotFound):
					t.Errorf("of %s: %v", other.Organisation, err)
				}
			}
			w.caller = clerk("")
			if err := m.call(t.Context()); fault.Of(err).Code != monitor.ErrNoDepartment.Code {
				t.Errorf("of no department: %v", err)
			}
			if w.s.host.Store().Head().Seq != before {
				t.Error("another department's clerk wrote something")
			}
			for _, wider := range []monitor.Role{monitor.Archivist, monitor.Commission, monitor.Head, monitor.Auditor, monitor.Administrator, monitor.Service} {
				w.caller = clerk("medeniet", wider)
				if err := m.call(t.Context()); err != nil && !errors.Is(err, errNothing) {
					t.Errorf("who is %s too: %v", wider, err)
				}
			}
		})
		w.caller = archivist
		if name == "UploadPackage" {
			w.expectOf("bilim", "2026-4", file(1, 3)) // so that one is expected again
		}
	}
	w.whole()
}

var errNothing = errors.New("nothing was listed")

func found(res *intakev1.ListTransfersResponse, err error, _ string) error {
	own := 0
	for _, t := range res.GetTransfers() {
		if t.GetOrganisation().GetId() == "bilim" {
			own++
		}
	}
	if err == nil && own == 0 {
		return errNothing
	}
	return err
}

// TestADepartmentsListHasItsOwnPages pages through the transfers of one department among those
// of others, in every state and by every length.
func TestADepartmentsListHasItsOwnPages(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := 1; i <= 12; i++ {
		id, org := fmt.Sprintf("2026-%d", i), "bilim"
		if i%3 == 0 {
			org = "medeniet"
		} else {
			want = append(want, id)
		}
		w.expectOf(org, id, file(1, 3))
	}
	w.caller = clerk("bilim")
	list := func(state string, limit uint32) (got []string) {
		for after, more := "", true; more; {
			res, err := w.client.ListTransfers(t.Context(), &intakev1.ListTransfersRequest{State: state, After: after, Limit: limit})
			if err != nil || uint32(len(res.GetTransfers())) > limit || len(res.GetCounts()) > 0 {
				t.Fatalf("%v, %v", res, err)
			}
			for _, one := range res.GetTransfers() {
				after = one.GetTransferId()
				got = append(got, after)
			}
			more = res.GetMore()
		}
		return got
	}
	for limit := uint32(1); limit <= 9; limit++ {
		for _, state := range []string{"", "expected"} {
			if got := list(state, limit); !slices.Equal(got, want) {
				t.Errorf("state %q by %d: %v, want %v", state, limit, got, want)
			}
		}
	}
	w.caller = archivist
	if _, err := w.acceptPaper("2026-4"); err != nil {
		t.Fatal(err)
	}
	res, err := w.client.ListTransfers(t.Context(), &intakev1.ListTransfersRequest{State: "accepted"})
	if err != nil || len(res.GetTransfers()) != 1 || counts(res) != "announced 0, expected 11, checked 0, returned 0, accepting 0, accepted 1" {
		t.Errorf("%v, %v", res, err)
	}
	w.caller = clerk("bilim")
	if got := list("accepted", 5); !slices.Equal(got, []string{"2026-4"}) {
		t.Errorf("accepted: %v", got)
	}
	if got := list("expected", 5); len(got) != len(want)-1 || slices.Contains(got, "2026-4") {
		t.Errorf("expected: %v", got)
	}
	w.reopen()
	w.whole()
}

func counts(res *intakev1.ListTransfersResponse) string {
	var out []string
	for _, c := range res.GetCounts() {
		out = append(out, fmt.Sprint(c.GetState(), " ", c.GetCount()))
	}
	return strings.Join(out, ", ")
}

// TestFilesWithoutABagAreBagged sends the payload alone, with and without its sizes: the archive
// makes the bag, and accepts it like any other.
func TestFilesWithoutABagAreBagged(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 5))
	res, err := w.raw(
		part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-1", Bare: true}),
		part(&intakev1.UploadFile{Path: "data/0001/бұйрық.pdf", Unsized: true}), data("%PDF-1.4"), data("\n%%EOF"),
		part(&intakev1.UploadFile{Path: "data/0001/a%0Ab.txt", Unsized: true}),
		part(&intakev1.UploadFile{Path: "data/0002/scan.txt", Size: 4}), data("text"),
	)
	if err != nil || !res.GetTaken() || res.GetFiles() != 3 || res.GetBytes() != 18 {
		t.Fatalf("%v, %v", res, err)
	}
	seen := w.seen("2026-1")
	if c := seen.GetContents(); len(c) != 2 || c[0].GetFiles() != 2 || c[0].GetFirst()[0].GetPath() != "data/0001/a%0Ab.txt" || c[1].GetBytes() != 4 {
		t.Errorf("contents %v", c)
	}
	tr := seen.GetTransfer()
	if at, err := time.Parse(time.RFC3339, tr.GetPackageAt()); err != nil || time.Since(at) > time.Hour || len(tr.GetManifestSha512()) != 128 {
		t.Errorf("package at %q, manifest %q", tr.GetPackageAt(), tr.GetManifestSha512())
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 2 || a.GetObjectId() == "" {
		t.Fatalf("%v, %v", a, err)
	}
	w.whole() // the repository holds a valid object with the bag's own manifests

	w.expect("2026-2", file(1, 0))
	for name, messages := range map[string][]*intakev1.UploadPackageRequest{
		"a tag file":     {part(&intakev1.UploadFile{Path: "bagit.txt", Size: 1}), data("x")},
		"out of the bag": {part(&intakev1.UploadFile{Path: "data/../../x", Size: 1}), data("x")},
		"of no unit":     {part(&intakev1.UploadFile{Path: "data/7/x", Size: 1}), data("x")},
		"twice":          {part(&intakev1.UploadFile{Path: "data/1/x", Size: 1}), data("x"), part(&intakev1.UploadFile{Path: "data/1/x", Size: 1}), data("y")},
		"cut short":      {part(&intakev1.UploadFile{Path: "data/1/x", Size: 9}), data("x")},
		"nothing":        {},
	} {
		res, err := w.raw(append([]*intakev1.UploadPackageRequest{part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-2", Bare: true})}, messages...)...)
		if err == nil && (res.GetTaken() || len(res.GetFaults()) == 0) {
			t.Errorf("%s: %v", name, res)
		}
	}
	if names := w.staged(); len(names) > 0 {
		t.Errorf("left in staging: %v", names)
	}
	w.whole()
}

// TestAWatcherSeesAnUploadGrowAndEnd watches from before the upload to the acceptance.
func TestAWatcherSeesAnUploadGrowAndEnd(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	watch, err := w.client.WatchTransfer(t.Context(), &intakev1.WatchTransferRequest{TransferId: "2026-1"})
	if err != nil {
		t.Fatal(err)
	}
	until := func(what string, holds func(*intakev1.WatchTransferResponse) bool) {
		t.Helper()
		for {
			now, err := watch.Recv()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if holds(now) {
				return
			}
		}
	}
	until("expected", func(m *intakev1.WatchTransferResponse) bool { return m.GetState() == "expected" && !m.GetUploading() })
	stream, err := w.client.UploadPackage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*intakev1.UploadPackageRequest{
		part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-1", Bare: true}), part(&intakev1.UploadFile{Path: "data/1/a", Unsized: true}), data("abc"),
	} {
		if err := stream.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	until("three bytes of one file", func(m *intakev1.WatchTransferResponse) bool {
		return m.GetUploading() && m.GetFiles() == 1 && m.GetBytes() == 3
	})
	if _, err := stream.CloseAndRecv(); err != nil {
		t.Fatal(err)
	}
	until("checked", func(m *intakev1.WatchTransferResponse) bool {
		return m.GetState() == "checked" && !m.GetUploading() && m.GetPackageId() != ""
	})
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	until("accepted", func(m *intakev1.WatchTransferResponse) bool {
		return m.GetState() == "accepted" && m.GetAccessionNumber() == a.GetAccessionNumber()
	})
	if _, err := watch.Recv(); err == nil {
		t.Error("the watch goes on after the acceptance")
	}
}

// TestAWatcherSeesFilesCome watches a package that comes file by file: what is announced, and what is on the disk, long before
// somebody finishes it.
func TestAWatcherSeesFilesCome(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	watch, err := w.client.WatchTransfer(t.Context(), &intakev1.WatchTransferRequest{TransferId: "2026-1"})
	if err != nil {
		t.Fatal(err)
	}
	until := func(files, whole uint32, bytes, there uint64) {
		t.Helper()
		for {
			m, err := watch.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if m.GetUploading() {
				t.Fatal("nobody finishes it")
			}
			if m.GetComingFiles() == files && m.GetComingWhole() == whole && m.GetComingBytes() == bytes && m.GetComingThere() == there {
				return
			}
		}
	}
	until(0, 0, 0, 0)
	one, err := w.openUpload("2026-1", "bare", "data/1/a", 6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.openUpload("2026-1", "bare", "data/1/b", 4); err != nil {
		t.Fatal(err)
	}
	until(2, 0, 10, 0)
	if _, err := w.appendUpload("2026-1", one, 0, "abc", "ok"); err != nil {
		t.Fatal(err)
	}
	until(2, 0, 10, 3)
	if _, err := w.appendUpload("2026-1", one, 3, "def", "ok"); err != nil {
		t.Fatal(err)
	}
	until(2, 1, 10, 6)
	if _, err := w.client.DiscardUpload(t.Context(), &intakev1.DiscardUploadRequest{TransferId: "2026-1"}); err != nil {
		t.Fatal(err)
	}
	until(0, 0, 0, 0)
}

// TestTheBookIsPrinted prints the book of a year that has lines, and refuses what has none.
func TestTheBookIsPrinted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	a, err := w.acceptPaper("2026-1")
	if err != nil {
		t.Fatal(err)
	}
	n, err := transfer.ParseNumber(a.GetAccessionNumber())
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"kk", "ru"} {
		first, err := w.client.GetBook(t.Context(), &intakev1.GetBookRequest{Year: uint32(n.Year), Language: language})
		if err != nil || !strings.HasPrefix(string(first.GetPdf()), "%PDF-") {
			t.Fatalf("%s: %v", language, err)
		}
		again, err := w.client.GetBook(t.Context(), &intakev1.GetBookRequest{Year: uint32(n.Year), Language: language})
		if err != nil || string(again.GetPdf()) != string(first.GetPdf()) {
			t.Errorf("%s: the same book has other bytes (%v)", language, err)
		}
	}
	for name, q := range map[string]*intakev1.GetBookRequest{
		"an empty year": {Year: 1999, Language: "kk"}, "no year": {Year: 1 << 30, Language: "kk"}, "another language": {Year: uint32(n.Year), Language: "en"},
	} {
		if _, err := w.client.GetBook(t.Context(), q); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}
