package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var payload = map[string]string{"0001/хат.txt": "мазмұны\n", "0001/scan.pdf": "%PDF-1.7\n1 0 obj\nstartxref\n9\n%%EOF\n", "0003/a.txt": "text\n"}

func TestAWholeBagIsTakenAndAccepted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 12), file(2, 5), file(3, 0))
	command := newID()
	taken, err := w.send(command, "2026-1", bag(t, payload))
	if err != nil || !taken.GetTaken() || taken.GetFiles() != 3 || taken.GetBytes() == 0 {
		t.Fatalf("%v %v", taken, err)
	}
	if got := faultCodes(taken.GetWarnings()); got != "2 intake.package.on_paper" {
		t.Errorf("warnings: %s", got)
	}
	again, err := w.raw(part(&intakev1.UploadBegin{CommandId: command, TransferId: "2026-1"}))
	if err != nil || !proto.Equal(again, taken) {
		t.Errorf("a retry without bytes: %v %v", again, err)
	}
	if got := w.seen("2026-1").GetTransfer(); got.GetState() != "checked" || got.GetPackageFiles() != 3 {
		t.Errorf("%v", got)
	}
	w.present("2026-1", 2)
	acceptID := newID()
	a, err := w.accept(acceptID, "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	if a.GetAccepted() != 3 || a.GetListed() != 3 || !strings.HasSuffix(a.GetAccessionNumber(), "-1") || len(a.GetActs()) != 2 {
		t.Errorf("%v", a)
	}
	if same, err := w.accept(acceptID, "2026-1"); err != nil || !proto.Equal(same, a) {
		t.Errorf("a retry: %v %v", same, err)
	}
	if _, err := w.accept(newID(), "2026-1"); !errors.Is(err, transfer.AlreadyAccepted) {
		t.Errorf("a second acceptance: %v", err)
	}
	if _, err := w.send(newID(), "2026-1", bag(t, payload)); !errors.Is(err, transfer.AlreadyAccepted) {
		t.Errorf("a package after the acceptance: %v", err)
	}
	for _, language := range []string{"kk", "ru"} {
		act, err := w.client.GetAct(t.Context(), &intakev1.GetActRequest{AccessionNumber: a.GetAccessionNumber(), Language: language})
		sum := sha256.Sum256(act.GetPdf())
		if err != nil || !strings.HasPrefix(string(act.GetPdf()), "%PDF-") || hex.EncodeToString(sum[:]) != act.GetSha256() {
			t.Errorf("act in %s: %v", language, err)
		}
	}
	if got := w.staged(); len(got) != 0 {
		t.Errorf("staging holds %v", got)
	}
	got, err := w.content(a.GetObjectId(), "data/0001/хат.txt")
	if err != nil || got != "мазмұны\n" {
		t.Errorf("%q %v", got, err)
	}
	w.whole()
}

func (w *world) content(object, path string) (string, error) {
	stream, err := w.client.ReadContent(w.t.Context(), &intakev1.ReadContentRequest{ObjectId: object, Path: path})
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return text.String(), nil
		}
		if err != nil {
			return text.String(), err
		}
		text.Write(m.GetData())
	}
}

func TestABagWithFaultsIsRefusedWithEachNamedAndNothingKept(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(map[string]string)
		want  string
	}{
		{"flipped byte", func(f map[string]string) { f["data/0003/a.txt"] = "texu\n" }, "data/0003/a.txt bagit."},
		{"missing", func(f map[string]string) { delete(f, "data/0003/a.txt") }, "data/0003/a.txt bagit."},
		{"traversal", func(f map[string]string) { f["data/../../etc/passwd"] = "x" }, "passwd bagit."},
		{"absolute", func(f map[string]string) { f["/etc/passwd"] = "x" }, "passwd bagit."},
		{"no declaration", func(f map[string]string) { delete(f, "bagit.txt") }, "bagit.txt bagit."},
		{"unlisted", func(f map[string]string) { f["data/0003/b.txt"] = "x" }, "data/0003/b.txt bagit."},
		{"nothing", func(f map[string]string) { clear(f) }, "bagit.txt bagit."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 1), file(3, 0))
			files := bag(t, payload)
			c.spoil(files)
			command := newID()
			res, err := w.send(command, "2026-1", files)
			if err != nil || res.GetTaken() || res.GetFaultCount() == 0 || !strings.Contains(faultCodes(res.GetFaults()), c.want) {
				t.Fatalf("%v: %s: %v", err, faultCodes(res.GetFaults()), res.GetFaultCount())
			}
			for _, f := range res.GetFaults() {
				if f.GetText().GetKk() == "" || f.GetText().GetRu() == "" || f.GetText().GetEn() == "" || f.GetClause() == "" {
					t.Errorf("a fault without text or clause: %v", f)
				}
			}
			if again, err := w.raw(part(&intakev1.UploadBegin{CommandId: command, TransferId: "2026-1"})); err != nil || !proto.Equal(again, res) {
				t.Errorf("a retry: %v %v", again, err)
			}
			if got := w.staged(); len(got) != 0 {
				t.Errorf("staging holds %v", got)
			}
			if got := w.seen("2026-1").GetTransfer(); got.GetState() != "expected" || got.GetFaultCount() != res.GetFaultCount() || len(got.GetFaults()) == 0 {
				t.Errorf("%v", got)
			}
			w.whole()
		})
	}
}

func TestFilesOfNoUnitAreFaults(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"0001/a": "a", "0002/b": "b", "loose": "c"}))
	if got := faultCodes(res.GetFaults()); err != nil || got != "data/0002/b intake.package.not_listed; data/loose intake.package.no_unit" {
		t.Errorf("%s %v", got, err)
	}
}

func TestManyFaultsAreCountedAndBounded(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	many := map[string]string{}
	for i := range 1500 {
		many[fmt.Sprintf("%s/%d", strings.Repeat("x", 200), i)] = "x"
	}
	res, err := w.send(newID(), "2026-1", bag(t, many))
	if err != nil || res.GetFaultCount() != 1500 || len(res.GetFaults()) == 0 || len(res.GetFaults()) > 500 || proto.Size(res) > journal.MaxBody {
		t.Errorf("%d faults, %d listed, %d bytes, %v", res.GetFaultCount(), len(res.GetFaults()), proto.Size(res), err)
	}
	w.whole()
}

func TestAnUploadOutOfOrderOrBrokenOffLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	begin := func() *intakev1.UploadPackageRequest {
		return part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-1"})
	}
	a := part(&intakev1.UploadFile{Path: "data/1/a", Size: 3})
	for name, c := range map[string]struct {
		messages []*intakev1.UploadPackageRequest
		want     error
	}{
		"empty":          {nil, staging.OutOfOrder},
		"no begin":       {[]*intakev1.UploadPackageRequest{a}, staging.OutOfOrder},
		"two begins":     {[]*intakev1.UploadPackageRequest{begin(), begin()}, staging.OutOfOrder},
		"data first":     {[]*intakev1.UploadPackageRequest{begin(), data("x")}, staging.OutOfOrder},
		"too much":       {[]*intakev1.UploadPackageRequest{begin(), a, data("xx"), data("xx")}, staging.TooMuchData},
		"too much of it": {[]*intakev1.UploadPackageRequest{begin(), part(&intakev1.UploadFile{Path: "data/1/b", Size: 1, Content: []byte("xx")})}, staging.TooMuchData},
		"huge message":   {[]*intakev1.UploadPackageRequest{begin(), part(&intakev1.UploadFile{Path: "data/1/b", Size: 3 << 20}), data(strings.Repeat("x", 2<<20))}, staging.OutOfOrder},
		"no room":        {[]*intakev1.UploadPackageRequest{begin(), part(&intakev1.UploadFile{Path: "data/1/b", Size: 1 << 61})}, nil},
		"absurd size":    {[]*intakev1.UploadPackageRequest{begin(), part(&intakev1.UploadFile{Path: "data/1/b", Size: 1<<64 - 1})}, nil},
		"unknown":        {[]*intakev1.UploadPackageRequest{part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-9"})}, transfer.Unknown},
		"no command id":  {[]*intakev1.UploadPackageRequest{part(&intakev1.UploadBegin{CommandId: "1", TransferId: "2026-1"})}, nil},
	} {
		res, err := w.raw(c.messages...)
		if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: %v %v", name, res, err)
		}
		if got := w.staged(); len(got) != 0 {
			t.Errorf("%s: staging holds %v", name, got)
		}
	}
	w.whole()
}

func TestOneUploadOfATransferAtATimeAndACancelledOneLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	first, err := w.client.UploadPackage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*intakev1.UploadPackageRequest{
		part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-1"}), part(&intakev1.UploadFile{Path: "data/1/a", Size: 9}), data("half"),
	} {
		if err := first.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	for len(w.staged()) == 0 { // until the server has begun it
		runtime.Gosched()
	}
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"})); err == nil || !strings.Contains(err.Error(), "under way") {
		t.Errorf("a second upload beside it: %v", err)
	}
	w.server.Stop() // breaks the first off, and waits for its handler
	if got := w.staged(); len(got) != 0 {
		t.Errorf("staging holds %v", got)
	}
	w.reopen()
	w.whole()
}

func TestANewPackageReplacesTheOldOne(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	for i, text := range []string{"one", "two"} {
		res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a" + text: text}))
		if err != nil || !res.GetTaken() {
			t.Fatal(res, err)
		}
		if got := w.staged(); len(got) != 1 || got[0] != res.GetPackageId() {
			t.Errorf("package %d: staging holds %v", i, got)
		}
	}
	spoilt := bag(t, map[string]string{"1/a": "a"})
	spoilt["data/1/a"] = "b"
	if res, err := w.send(newID(), "2026-1", spoilt); err != nil || res.GetTaken() {
		t.Error(res, err)
	}
	if got := w.seen("2026-1").GetTransfer(); got.GetState() != "checked" || got.GetFaultCount() == 0 {
		t.Errorf("a refused package must leave the one that stands: %v", got)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.content(a.GetObjectId(), "data/1/atwo"); err != nil || got != "two" {
		t.Errorf("%q %v", got, err)
	}
	w.whole()
}

var errKilled = errors.New("killed")

// TestKilledAtEveryStep stops the plan after each durable step, opens the service again from
// its folder, and wants everything once.
func TestKilledAtEveryStep(t *testing.T) {
	for n := range 2 * 9 { // begun, object, accession, 2 × (printed, recorded), staging; 8: not killed
		kill, sends := n/2, []way{inData, inFiles}[n%2]
		t.Run(fmt.Sprint(kill, " ", sends), func(t *testing.T) {
			w := newWorld(t)
			w.sends = sends
			w.expect("2026-1", file(1, 12, "personal"), file(2, 5), file(3, 0))
			if res, err := w.send(newID(), "2026-1", bag(t, payload)); err != nil || !res.GetTaken() {
				t.Fatal(res, err)
			}
			w.present("2026-1", 2)
			steps := 0
			var last accept.Step
			w.s.plans.After = func(s accept.Step) error {
				if last = s; steps == kill {
					return errKilled
				}
				steps++
				return nil
			}
			command := newID()
			if _, err := w.accept(command, "2026-1"); (err != nil) != (kill < 8) {
				t.Fatalf("killed after %s: %v", last, err)
			}
			w.reopen()
			if err := w.s.plans.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			a, err := w.accept(command, "2026-1")
			if err != nil || len(a.GetActs()) != 2 || a.GetAccepted() != 3 {
				t.Fatalf("%v %v", a, err)
			}
			book, err := w.client.ListAccessions(t.Context(), &intakev1.ListAccessionsRequest{Year: year(a)})
			if err != nil || book.GetTotalAccessions() != 1 || book.GetTotalUnits() != 3 || len(book.GetAccessions()) != 1 {
				t.Errorf("%v %v", book, err)
			}
			for _, act := range a.GetActs() {
				got, err := w.client.GetAct(t.Context(), &intakev1.GetActRequest{AccessionNumber: a.GetAccessionNumber(), Language: act.GetLanguage()})
				if err != nil || got.GetSha256() != act.GetSha256() {
					t.Errorf("act in %s: %v", act.GetLanguage(), err)
				}
			}
			pdfs, err := os.ReadDir(filepath.Join(w.dir, "intake", "acts"))
			if err != nil || len(pdfs) != 2 {
				t.Errorf("%d acts: %v", len(pdfs), err)
			}
			if got := w.staged(); len(got) != 0 {
				t.Errorf("staging holds %v", got)
			}
			w.whole()
		})
	}
}

func year(a *intakev1.Accession) uint32 {
	n, err := transfer.ParseNumber(a.GetAccessionNumber())
	if err != nil {
		return 0
	}
	return uint32(n.Year)
}

func TestNumbersOfManyAcceptancesAtOnceHaveNoGap(t *testing.T) {
	w := newWorld(t)
	const n = 12
	for i := range n {
		w.expect(fmt.Sprintf("2026-%d", i+1), file(1, 1))
		w.present(fmt.Sprintf("2026-%d", i+1))
	}
	errs := make(chan error, n)
	for i := range n {
		go func() {
			_, err := w.accept(newID(), fmt.Sprintf("2026-%d", i+1))
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	w.whole() // Check looks at the numbers
}

func TestPaperAloneAndAcceptanceInPart(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 10), file(2, 0), file(3, 4))
	if _, err := w.accept(newID(), "2026-1"); !errors.Is(err, transfer.NotChecked) {
		t.Errorf("nothing came, and nobody looked: %v", err)
	}
	a, err := w.acceptPaper("2026-1", 3, 1)
	if err != nil || a.GetAccepted() != 2 || a.GetListed() != 3 || a.GetObjectId() != "" {
		t.Errorf("%v %v", a, err)
	}
	w.expect("2026-2", file(1, 1), file(2, 1))
	if _, err := w.send(newID(), "2026-2", bag(t, map[string]string{"1/a": "a", "2/b": "b"})); err != nil {
		t.Fatal(err)
	}
	a, err = w.accept(newID(), "2026-2", 2)
	if err != nil || a.GetAccepted() != 1 {
		t.Fatalf("%v %v", a, err)
	}
	if _, err := w.content(a.GetObjectId(), "data/1/a"); err == nil {
		t.Error("what was not accepted is in the repository")
	}
	w.whole()
}

func TestTheContactIsSealedShownToSomeAndGoneOnceErased(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	if _, err := w.client.NameContact(t.Context(), &intakev1.NameContactRequest{
		CommandId: newID(), TransferId: "2026-1", Contact: &intakev1.Contact{Name: "Сәуле"},
	}); err != nil {
		t.Fatal(err)
	}
	if got := w.seen("2026-1"); got.GetContact().GetName() != "Сәуле" || !got.GetTransfer().GetContactNamed() {
		t.Errorf("%v", got)
	}
	w.caller = monitor.Identity{Actor: "person:head", Clearance: monitor.Scope{Level: 1}}
	if got := w.seen("2026-1"); got.GetContact() != nil {
		t.Errorf("shown to who is not cleared: %v", got.GetContact())
	}
	w.caller = archivist
	if _, err := w.s.host.Store().Erase(t.Context(), base.Command{ID: uuid.New(), Name: "erase", Actor: "person:head"}, journal.Ref{Type: "transfer", ID: "2026-1"}, "a request"); err != nil {
		t.Fatal(err)
	}
	if got := w.seen("2026-1"); got.GetContact() != nil || got.GetTransfer().GetContactNamed() {
		t.Errorf("erased and still shown: %v", got)
	}
	w.whole()
}

func TestRestrictedContentIsReadByThoseClearedAndDenialsAreJournaled(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1, "personal"), file(2, 1))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a", "2/b": "b"})); err != nil {
		t.Fatal(err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.content(a.GetObjectId(), "data/1/a"); err != nil {
		t.Error(err)
	}
	w.caller = monitor.Identity{Actor: "person:other", Clearance: monitor.Scope{Level: 3}}
	before := w.s.host.Store().Head().Seq
	if _, err := w.content(a.GetObjectId(), "data/1/a"); !errors.Is(err, monitor.ErrRestricted) {
		t.Errorf("%v", err)
	}
	if w.s.host.Store().Head().Seq != before+1 {
		t.Error("the denial is not in the journal")
	}
	if got, err := w.content(a.GetObjectId(), "data/2/b"); err != nil || got != "b" {
		t.Errorf("%q %v", got, err)
	}
	if got := w.seen("2026-1"); len(got.GetFiles()) != 1 {
		t.Errorf("rows: %v", got.GetFiles())
	}
	w.caller = archivist
	if err := flipByte(w, a.GetObjectId(), "data/2/b"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.content(a.GetObjectId(), "data/2/b"); err == nil {
		t.Error("damaged content was given as whole")
	}
}

// flipByte damages a file of the repository.
func flipByte(w *world, _, suffix string) error {
	return filepath.WalkDir(filepath.Join(w.dir, "intake", "ocfl"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, suffix) {
			return err
		}
		return os.WriteFile(path, []byte("c"), 0o600)
	})
}

func TestOrphansAreSweptAtTheStart(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, orphan := range []string{"staging/dead/x", "acts/dead.pdf"} {
		path := filepath.Join(w.dir, "intake", orphan)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.reopen()
	if got := w.staged(); len(got) != 1 || got[0] != res.GetPackageId() {
		t.Errorf("staging holds %v", got)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "intake", "acts", "dead.pdf")); err == nil {
		t.Error("the act that nobody recorded is there")
	}
	if _, err := w.accept(newID(), "2026-1"); err != nil {
		t.Error(err)
	}
}

func TestAPackageWhoseBytesAreGoneIsNotAccepted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(w.dir, "intake", "staging", res.GetPackageId())); err != nil {
		t.Fatal(err)
	}
	if _, err := w.accept(newID(), "2026-1"); !errors.Is(err, staging.Lost) {
		t.Errorf("%v", err)
	}
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"})); err != nil || !res.GetTaken() {
		t.Error(res, err)
	}
	if _, err := w.accept(newID(), "2026-1"); err != nil {
		t.Error(err)
	}
}

func TestReactionsRefuseWhatCannotBe(t *testing.T) {
	w := newWorld(t)
	rows := func(last bool, files ...*recordv1.File) error {
		return w.tell(&retentionv1.TransferDueListed{TransferId: "2026-1", Files: files, Last: last}, nil)
	}
	if err := rows(false, file(1, 1)); !errors.Is(err, transfer.Unknown) {
		t.Errorf("rows before their transfer must wait: %v", err)
	}
	due := &retentionv1.TransferDue{
		TransferId: "2026-1", Organisation: &recordv1.Organisation{Id: "o"}, Inventory: &recordv1.Inventory{Id: "i", Number: "1", Files: 3},
	}
	if err := w.tell(due, nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]func() error{
		"twice":              func() error { return w.tell(due, nil) },
		"no number":          func() error { return w.tell(&retentionv1.TransferDue{}, nil) },
		"a position twice":   func() error { return rows(false, file(1, 1), file(1, 1)) },
		"no position":        func() error { return rows(false, file(0, 1)) },
		"fewer than it says": func() error { return rows(true, file(1, 1)) },
	} {
		if err := c(); !errors.Is(err, base.Never) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := rows(false, file(1, 1), file(2, 1, "personal")); err != nil {
		t.Fatal(err)
	}
	w.s.api.Patience = 0
	if _, err := w.accept(newID(), "2026-1"); !errors.Is(err, transfer.Incomplete) {
		t.Errorf("%v", err)
	}
	if err := rows(true, file(3, 1)); err != nil {
		t.Fatal(err)
	}
	if got := w.seen("2026-1"); len(got.GetFiles()) != 3 {
		t.Errorf("%v", got)
	}
	w.whole()
}

// TestEventsAreAsStrictAsWhatTheyCarryAndNameTheirObjects reads the journal of a whole
// transfer whose files have different labels.
func TestEventsAreAsStrictAsWhatTheyCarryAndNameTheirObjects(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1, "personal"), file(2, 1), file(3, 1, "medical", "personal"))
	if _, err := w.send(newID(), "2026-1", bag(t, payload)); err != nil {
		t.Fatal(err)
	}
	w.present("2026-1", 2)
	if _, err := w.accept(newID(), "2026-1"); err != nil {
		t.Fatal(err)
	}
	entries, _, err := w.s.host.Store().Read(1, 1000, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, e := range entries {
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		body, err := r.Body()
		if err != nil {
			t.Fatal(err)
		}
		scope := monitor.Scope{Level: r.Header.GetLabel().GetLevel(), Grounds: r.Header.GetLabel().GetGrounds()}
		object := "transfer"
		var files []*recordv1.File
		switch b := body.(type) {
		case *intakev1.TransferFilesExpected:
			files = b.GetFiles()
		case *intakev1.AccessionFilesAccepted:
			object = "accession"
			for _, f := range b.GetFiles() {
				files = append(files, f.GetFile())
			}
		case *intakev1.AccessionAccepted, *intakev1.ActDrawnUp:
			object = "accession"
		case *intakev1.PackageFilesChecked:
			for _, f := range b.GetFiles() {
				if strings.HasPrefix(f.GetPath(), "data/0003/") && !scope.Allows(monitor.Label{Level: 1, Grounds: []string{"medical", "personal"}}) {
					t.Errorf("event %d shows %s to more than may see its unit", r.Seq(), f.GetPath())
				}
			}
		}
		for _, f := range files {
			if rows++; !scope.Allows(monitor.Label{Level: f.GetLabel().GetLevel(), Grounds: f.GetLabel().GetGrounds()}) {
				t.Errorf("event %d is less strict than its row %d", r.Seq(), f.GetPosition())
			}
		}
		if r.Object().Type != object {
			t.Errorf("event %d (%s) is about %s", r.Seq(), r.Header.GetBodyType(), r.Object())
		}
		transfers := 0
		for _, ref := range r.Header.GetRefs() {
			if ref.GetType() == "transfer" && ref.GetId() == "2026-1" {
				transfers++
			}
		}
		if transfers != 1 {
			t.Errorf("event %d (%s) is not on the transfer's timeline", r.Seq(), r.Header.GetBodyType())
		}
	}
	if rows != 6 {
		t.Errorf("%d rows", rows)
	}
}
