package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

func (w *world) openUpload(transfer, form, path string, size int) (*intakev1.Upload, error) {
	res, err := w.client.OpenUpload(w.t.Context(), &intakev1.OpenUploadRequest{TransferId: transfer, Form: form, Path: path, Name: "менің/" + path, Size: uint64(size)})
	return res.GetUpload(), err
}

// appendUpload sends one piece; sum "" is none, "ok" the right one.
func (w *world) appendUpload(transfer string, u *intakev1.Upload, offset int, text, sum string) (*intakev1.Upload, error) {
	if sum == "ok" {
		digest := sha256.Sum256([]byte(text))
		sum = hex.EncodeToString(digest[:])
	}
	stream, err := w.client.AppendUpload(w.t.Context())
	if err != nil {
		return nil, err
	}
	_ = stream.Send(&intakev1.AppendUploadRequest{Part: &intakev1.AppendUploadRequest_Begin{Begin: &intakev1.AppendBegin{
		TransferId: transfer, UploadId: u.GetUploadId(), Offset: uint64(offset), Checksum: sum,
	}}}) // where the server has ended, its answer says why
	for piece := range slices.Chunk([]byte(text), 512<<10) {
		if stream.Send(&intakev1.AppendUploadRequest{Part: &intakev1.AppendUploadRequest_Data{Data: piece}}) != nil {
			break
		}
	}
	res, err := stream.CloseAndRecv()
	return res.GetUpload(), err
}

func (w *world) finish(command, transfer string) (*intakev1.UploadPackageResponse, error) {
	stream, err := w.client.FinishPackage(w.t.Context(), &intakev1.FinishPackageRequest{CommandId: command, TransferId: transfer})
	if err != nil {
		return nil, err
	}
	res, err := stream.Recv()
	return res.GetOutcome(), err
}

// sendInPieces sends a package file by file, each in two pieces, the server being killed between them
// where that is wanted; it gives the package's id.
func (w *world) sendInPieces(transfer, form string, files map[string]string, kill bool) string {
	w.t.Helper()
	id := ""
	for _, path := range slices.Sorted(maps.Keys(files)) {
		text := files[path]
		u, err := w.openUpload(transfer, form, path, len(text))
		if err != nil {
			w.t.Fatal(err)
		}
		half := len(text) / 2
		for _, piece := range []string{text[:half], text[half:]} {
			if u, err = w.appendUpload(transfer, u, int(u.GetOffset()), piece, "ok"); err != nil {
				w.t.Fatal(err)
			}
			if kill {
				w.reopen()
			}
		}
		if sum := sha256.Sum256([]byte(text)); u.GetOffset() != uint64(len(text)) || u.GetSha256() != hex.EncodeToString(sum[:]) {
			w.t.Fatalf("%s stands at %d, %s", path, u.GetOffset(), u.GetSha256())
		}
		id = u.GetPackageId()
	}
	return id
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		f, err := z.Create(path)
		if err == nil {
			_, err = f.Write([]byte(files[path]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return raw.String()
}

// TestAPackageComesFileByFile sends a package in each form, with the server killed after every piece and
// without, and compares the outcome with that of one stream; then it is accepted.
func TestAPackageComesFileByFile(t *testing.T) {
	payload := map[string]string{"0001/a.txt": "бір", "0002/b.pdf": "%PDF-1.4\n%%EOF", "0002/empty": ""}
	whole := bag(t, payload)
	bare := map[string]string{}
	for path, text := range payload {
		bare["data/"+path] = text
	}
	inZip := map[string]string{}
	for path, text := range whole {
		inZip["пакет/"+path] = text
	}
	for name, c := range map[string]struct {
		form  string
		files map[string]string
	}{
		"bare": {staging.Bare, bare}, "a bag": {staging.Bag, whole},
		"a bag in a ZIP": {staging.Zip, map[string]string{"": zipped(t, inZip)}}, "folders in a ZIP": {staging.Zip, map[string]string{"": zipped(t, payload)}},
	} {
		for _, n := range []int{0, 1, 2, 3} {
			kill, send := n%2 == 1, (*world).sendInPieces
			if n > 1 {
				send = (*world).sendTogether
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				w.expect("2026-1", file(1, 3), file(2, 3))
				before := w.s.host.Store().Head().Seq
				id := send(w, "2026-1", c.form, c.files, kill)
				if w.s.host.Store().Head().Seq != before {
					t.Error("an unfinished upload is in the journal")
				}
				res, err := w.finish(id, "2026-1")
				if err != nil || !res.GetTaken() || res.GetFiles() != 3 || res.GetPackageId() != id {
					t.Fatalf("%v, %v", res, err)
				}
				again, err := w.finish(id, "2026-1")
				if err != nil || again.GetPackageId() != id || again.GetBytes() != res.GetBytes() {
					t.Errorf("the same command: %v, %v", again, err)
				}
				first := w.seen("2026-1")
				w.reopen()
				if left := w.staged(); len(left) != 1 || left[0] != id {
					t.Errorf("in staging stand %v", left)
				}
				if c.form == staging.Bag {
					one, err := w.send(newID(), "2026-1", whole)
					if err != nil || !one.GetTaken() {
						t.Fatalf("%v, %v", one, err)
					}
					if second := w.seen("2026-1"); second.GetTransfer().GetManifestSha512() != first.GetTransfer().GetManifestSha512() || second.GetTransfer().GetPackageBytes() != first.GetTransfer().GetPackageBytes() {
						t.Errorf("in one stream it is %v, in pieces %v", second.GetTransfer(), first.GetTransfer())
					}
				}
				if a, err := w.accept(newID(), "2026-1"); err != nil || a.GetAccepted() != 2 {
					t.Errorf("%v, %v", a, err)
				}
				w.whole()
			})
		}
	}
}

// TestARefusedPackageLeavesNothing finishes packages of which nothing is right (what is right of others stays:
// TestGoodFilesOfARefusedPackageStay).
func TestARefusedPackageLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	for name, c := range map[string]struct {
		form  string
		files map[string]string
		code  string // of the error, where it is one
	}{
		"a row that is not listed": {staging.Bare, map[string]string{"data/7/x": "x"}, ""},
		"out of the bag":           {staging.Bare, map[string]string{"data/../../x": "x"}, ""},
		"no ZIP":                   {staging.Zip, map[string]string{"": "this is none"}, "parcel.zip.none"},
		"an empty ZIP":             {staging.Zip, map[string]string{"": zipped(t, nil)}, "intake.upload.zip_empty"},
		"out of the ZIP":           {staging.Zip, map[string]string{"": zipped(t, map[string]string{"1/../../../x": "x"})}, "parcel.zip.traversal"},
	} {
		id := w.sendInPieces("2026-1", c.form, c.files, false)
		res, err := w.finish(id, "2026-1")
		if c.code == "" && (err != nil || res.GetTaken() || res.GetFaultCount() == 0) || c.code != "" && fault.Of(err).Code != c.code {
			t.Errorf("%s: %v, %v", name, res, err)
		}
		if left := w.staged(); len(left) > 0 {
			t.Errorf("%s: in staging stand %v", name, left)
		}
		if c.code == "" {
			if again, err := w.finish(id, "2026-1"); err != nil || again.GetFaultCount() != res.GetFaultCount() {
				t.Errorf("%s, the same command: %v, %v", name, again, err)
			}
		}
	}
	w.whole()
}

// TestWhatAZIPGaveMakesRoom: where the files of a ZIP do not fit, those that were taken out before do not lie on the disk until
// somebody tries again.
func TestWhatAZIPGaveMakesRoom(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	if _, err := w.client.SetUploadLimits(t.Context(), &intakev1.SetUploadLimitsRequest{CommandId: newID(), Limits: &intakev1.UploadLimitsSet{
		OrganisationId: "bilim", From: "2026-01-01", TransferBytes: 1 << 20, TransferFiles: 10, DepartmentBytes: 1 << 20, DepartmentFiles: 10, KeepDays: 5,
	}}); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("0123456789", 90_000)
	id := w.sendInPieces("2026-1", staging.Zip, map[string]string{"": zipped(t, map[string]string{"1/a.txt": large, "1/b.txt": large})}, false)
	if _, err := w.finish(id, "2026-1"); fault.Of(err).Code != transfer.OverTransfer.Code {
		t.Fatalf("two files of 900 kB where a million bytes are let in: %v", err)
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, "intake", "staging", id))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Size() > 100_000 {
			t.Errorf("%s lies there still: %v, %v", e.Name(), info, err)
		}
	}
	left := filepath.Join(w.dir, "intake", "staging", id, strings.Repeat("a", 64)) // a process that died at it
	if err := os.WriteFile(left, []byte(large), 0o600); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	if _, err := os.Lstat(left); !os.IsNotExist(err) {
		t.Errorf("after the start it lies there still: %v", err)
	}
	if list, err := w.client.ListUploads(t.Context(), &intakev1.ListUploadsRequest{TransferId: "2026-1", Limit: 1}); err != nil || list.GetFiles() != 1 {
		t.Errorf("the ZIP itself waits: %v, %v", list, err)
	}
	w.whole()
}

// TestLimitsOfUploads sets limits and passes each; what is left is said.
func TestLimitsOfUploads(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	w.expect("2026-2", file(1, 3))
	set := func(l *intakev1.UploadLimitsSet) error {
		_, err := w.client.SetUploadLimits(t.Context(), &intakev1.SetUploadLimitsRequest{CommandId: newID(), Limits: l})
		return err
	}
	for _, bad := range []*intakev1.UploadLimitsSet{nil, {From: "2026-01-01"}, {From: "2026-13-01", TransferBytes: 1, TransferFiles: 1, DepartmentBytes: 1, DepartmentFiles: 1, KeepDays: 1}} {
		if err := set(bad); fault.Of(err).Code != transfer.BadLimits.Code {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := set(&intakev1.UploadLimitsSet{OrganisationId: "bilim", From: "2026-01-01", TransferBytes: 10, TransferFiles: 2, DepartmentBytes: 15, DepartmentFiles: 3, KeepDays: 5}); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	opened := func(transfer, path string, size int, code string) {
		t.Helper()
		if _, err := w.openUpload(transfer, staging.Bare, path, size); (err == nil) != (code == "") || code != "" && fault.Of(err).Code != code {
			t.Errorf("%s %s of %d: %v, want %q", transfer, path, size, err, code)
		}
	}
	opened("2026-1", "data/1/a", 11, transfer.OverTransfer.Code)
	opened("2026-1", "data/1/a", 9, "")
	opened("2026-1", "data/1/a", 9, "") // it is there already
	opened("2026-1", "data/1/b", 2, transfer.OverTransfer.Code)
	opened("2026-1", "data/1/b", 1, "")
	opened("2026-1", "data/1/c", 0, transfer.OverTransfer.Code)
	opened("2026-2", "data/1/a", 6, transfer.OverDepartment.Code)
	opened("2026-2", "data/1/a", 5, "")
	opened("2026-2", "data/1/b", 0, transfer.OverDepartment.Code)
	// A package in one stream is held against the same limits.
	for name, c := range map[string]struct {
		files map[string]string
		code  string
	}{
		"one byte too many":   {map[string]string{"data/1/a": "01234567890"}, transfer.OverTransfer.Code},
		"with the department": {map[string]string{"data/1/a": "0", "data/1/b": ""}, transfer.OverDepartment.Code},
		"of the department's": {map[string]string{"data/1/a": "0"}, transfer.OverDepartment.Code},
	} {
		if _, err := w.send(newID(), "2026-2", c.files); fault.Of(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, err := w.client.ListUploads(t.Context(), &intakev1.ListUploadsRequest{TransferId: "2026-1", Limit: 1})
	if err != nil || list.GetFiles() != 2 || list.GetBytes() != 10 || len(list.GetUploads()) != 1 || !list.GetMore() || list.GetBytesLeft() != 0 || list.GetKeepDays() != 5 {
		t.Errorf("%v, %v", list, err)
	}
	all, err := w.client.ListUploadLimits(t.Context(), &intakev1.ListUploadLimitsRequest{})
	if err != nil || len(all.GetLimits()) < 2 {
		t.Errorf("%v, %v", all, err)
	}
	// Five days after the last byte an unfinished package is swept away, not before.
	if err := w.s.api.SweepUploads(time.Now().AddDate(0, 0, 5).Add(-time.Minute)); err != nil || len(w.staged()) != 2 {
		t.Errorf("%v, %v", w.staged(), err)
	}
	if err := w.s.api.SweepUploads(time.Now().AddDate(0, 0, 5).Add(time.Minute)); err != nil || len(w.staged()) != 0 {
		t.Errorf("%v, %v", w.staged(), err)
	}
	// A file of no bytes is one of the files, in one stream too.
	if _, err := w.send(newID(), "2026-1", map[string]string{"data/1/a": "0", "data/1/b": "0", "data/1/c": ""}); err == nil || fault.Of(err).Code != transfer.OverTransfer.Code {
		t.Errorf("a third file where two are let in: %v", err)
	}
	w.whole()
}

// TestUploadsOfAnotherDepartmentAreUnknown tries every method of uploads as another's clerk.
func TestUploadsOfAnotherDepartmentAreUnknown(t *testing.T) {
	w := newWorld(t)
	w.expectOf("bilim", "2026-1", file(1, 3))
	u, err := w.openUpload("2026-1", staging.Bare, "data/1/a", 3)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(context.Context) error{
		"OpenUpload": func(context.Context) error {
			_, err := w.openUpload("2026-1", staging.Bare, "data/1/a", 3)
			return err
		},
		"AppendUpload": func(context.Context) error {
			_, err := w.appendUpload("2026-1", u, 0, "", "")
			return err
		},
		"PutFiles": func(context.Context) error {
			_, err := w.putFiles("2026-1", staging.Bare, map[string]string{"data/1/b": "b"})
			return err
		},
		"StatUpload": func(ctx context.Context) error {
			_, err := w.client.StatUpload(ctx, &intakev1.StatUploadRequest{TransferId: "2026-1", UploadId: u.GetUploadId(), Digest: true})
			return err
		},
		"ListUploads": func(ctx context.Context) error {
			_, err := w.client.ListUploads(ctx, &intakev1.ListUploadsRequest{TransferId: "2026-1"})
			return err
		},
		"DiscardUpload": func(ctx context.Context) error {
			_, err := w.client.DiscardUpload(ctx, &intakev1.DiscardUploadRequest{TransferId: "2026-1"})
			return err
		},
		"FinishPackage": func(context.Context) error {
			_, err := w.finish(u.GetPackageId(), "2026-1")
			return err
		},
	} {
		for _, other := range []monitor.Identity{clerk("medeniet"), clerk("medeniet", monitor.Researcher)} {
			w.caller = other
			if err := call(t.Context()); fault.Of(err).Code != transfer.Unknown.Code {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.caller = clerk("")
		if err := call(t.Context()); fault.Of(err).Code != monitor.ErrNoDepartment.Code {
			t.Errorf("%s of no department: %v", name, err)
		}
	}
	w.caller = clerk("bilim")
	if u, err = w.appendUpload("2026-1", u, 0, "abc", "ok"); err != nil || u.GetOffset() != 3 {
		t.Errorf("his own: %v, %v", u, err)
	}
	w.caller = archivist
}

// TestAnOutcomeThatWasRecordedIsNotForgotten dies between the record and what follows it: a package that stands
// is settled, one that was refused is discarded.
func TestAnOutcomeThatWasRecordedIsNotForgotten(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	w.expect("2026-2", file(1, 3))
	for of, path := range map[string]string{"2026-1": "data/1/a", "2026-2": "data/9/a"} {
		id := w.sendInPieces(of, staging.Bare, map[string]string{path: "abc"}, false)
		dir := filepath.Join(w.dir, "intake", "staging", id)
		saved := t.TempDir()
		if err := os.CopyFS(saved, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.finish(id, of); err != nil {
			t.Fatal(err)
		}
		w.close()
		for _, name := range []string{"set.json"} {
			raw, err := os.ReadFile(filepath.Join(saved, name))
			if err == nil {
				err = os.MkdirAll(dir, 0o700)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), raw, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		w.open()
		_, err := os.Stat(filepath.Join(dir, "set.json"))
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is open again: %v", of, err)
		}
		if standing := w.seen(of).GetTransfer().GetPackageId() == id; standing != (of == "2026-1") || standing != slices.Contains(w.staged(), id) {
			t.Errorf("%s stands: %t, in staging %v", of, standing, w.staged())
		}
	}
	if a, err := w.accept(newID(), "2026-1"); err != nil || a.GetObjectId() == "" {
		t.Errorf("%v, %v", a, err)
	}
	w.whole()
}

// TestAFullDiskPausesAnUpload fills a tiny file system under the service: nothing that was acknowledged is
// lost, and the rest comes once there is room.
func TestAFullDiskPausesAnUpload(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	dir := w.tiny("4m")
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	text := string(bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16))
	u, err := w.openUpload("2026-1", staging.Bare, "data/1/a", len(text))
	if err != nil {
		t.Fatal(err)
	}
	if u, err = w.appendUpload("2026-1", u, 0, text[:1<<20], "ok"); err != nil {
		t.Fatal(err)
	}
	_, err = w.appendUpload("2026-1", u, 1<<20, text[1<<20:], "ok")
	if fault.Of(err).Code != "intake.upload.paused" || fault.KindOf(err) != fault.Exhausted {
		t.Fatalf("a full disk: %v", err)
	}
	_, err = w.appendUpload("2026-1", u, 1<<20, text[1<<20:], "") // without a checksum what came is kept
	if fault.Of(err).Code != "intake.upload.paused" {
		t.Fatalf("a full disk: %v", err)
	}
	stat, err := w.client.StatUpload(t.Context(), &intakev1.StatUploadRequest{TransferId: "2026-1", UploadId: u.GetUploadId(), Digest: true})
	at := int(stat.GetUpload().GetOffset())
	if sum := sha256.Sum256([]byte(text[:at])); err != nil || at < 1<<20 || stat.GetUpload().GetSha256() != hex.EncodeToString(sum[:]) {
		t.Fatalf("after the pause: %v, %v", stat, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if u, err = w.appendUpload("2026-1", u, at, text[at:], "ok"); err != nil || u.GetOffset() != uint64(len(text)) {
		t.Fatalf("with room: %v, %v", u, err)
	}
	if res, err := w.finish(u.GetPackageId(), "2026-1"); err != nil || !res.GetTaken() || res.GetBytes() != uint64(len(text)) {
		t.Errorf("%v, %v", res, err)
	}
}

// TestAnUnfinishedUploadEndsWithItsTransfer: nobody can finish what was being sent for a transfer that is accepted, so it
// does not wait in staging for its days to pass.
func TestAnUnfinishedUploadEndsWithItsTransfer(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5))
	w.expect("2026-2", file(1, 5))
	for _, id := range []string{"2026-1", "2026-2"} {
		u, err := w.openUpload(id, staging.Bare, "data/1/a", 10)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.appendUpload(id, u, 0, "01234", ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.acceptPaper("2026-1"); err != nil {
		t.Fatal(err)
	}
	if err := w.s.api.SweepUploads(time.Now()); err != nil {
		t.Fatal(err)
	}
	if left, kept := w.staged(), w.uploads("2026-2").GetPackageId(); !slices.Equal(left, []string{kept}) {
		t.Errorf("in staging stand %v, want %v", left, kept)
	}
	w.whole()
}
