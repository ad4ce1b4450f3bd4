package intake

import (
	"crypto/md5" //nolint:gosec // old bags have it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func putFile(path, text string) *intakev1.PutFile {
	return &intakev1.PutFile{Path: path, Name: "менің/" + path, Content: []byte(text), Sha256: digestOf(text)}
}

// putFiles sends whole files in one call, by path.
func (w *world) putFiles(transfer, form string, files map[string]string) ([]*intakev1.Upload, error) {
	req := &intakev1.PutFilesRequest{TransferId: transfer, Form: form}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		req.Files = append(req.Files, putFile(path, files[path]))
	}
	res, err := w.client.PutFiles(w.t.Context(), req)
	return res.GetUploads(), err
}

// TestSmallFilesComeTogether sends packages in one call, the server killed before and after it and the call made again,
// beside files that come in pieces; the package is the same.
func TestSmallFilesComeTogether(t *testing.T) {
	payload := map[string]string{"0001/a.txt": "бір", "0002/b.pdf": "%PDF-1.4\n%%EOF", "0002/empty": ""}
	bare := map[string]string{}
	for path, text := range payload {
		bare["data/"+path] = text
	}
	for form, files := range map[string]map[string]string{staging.Bare: bare, staging.Bag: bag(t, payload)} {
		t.Run(form, func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 3), file(2, 3))
			const half = "data/0002/b.pdf"
			u, err := w.openUpload("2026-1", form, half, len(files[half]))
			if err == nil {
				_, err = w.appendUpload("2026-1", u, 0, files[half][:4], "ok")
			}
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				w.reopen()
				uploads, err := w.putFiles("2026-1", form, files)
				if err != nil || len(uploads) != len(files) {
					t.Fatalf("%v, %v", uploads, err)
				}
				for i, path := range slices.Sorted(maps.Keys(files)) {
					size, digest := uint64(len(files[path])), digestOf(files[path])
					offset := size
					if path == half {
						offset, digest = 4, ""
					}
					got := uploads[i]
					if got.GetPath() != path || got.GetSize() != size || got.GetOffset() != offset || got.GetSha256() != digest || got.GetName() != "менің/"+path {
						t.Errorf("%s: %v", path, got)
					}
				}
			}
			if u, err = w.appendUpload("2026-1", u, 4, files[half][4:], "ok"); err != nil || u.GetOffset() != u.GetSize() {
				t.Fatalf("%v, %v", u, err)
			}
			w.reopen()
			res, err := w.finish(u.GetPackageId(), "2026-1")
			if err != nil || !res.GetTaken() || res.GetFiles() != 3 {
				t.Fatalf("%v, %v", res, err)
			}
			if a, err := w.accept(newID(), "2026-1"); err != nil || a.GetAccepted() != 2 {
				t.Errorf("%v, %v", a, err)
			}
			w.whole()
		})
	}
}

// sendTogether sends a package in calls of two files, the server being killed between them where that is wanted; it gives the package's
// id.
func (w *world) sendTogether(transfer, form string, files map[string]string, kill bool) (id string) {
	w.t.Helper()
	for paths := range slices.Chunk(slices.Sorted(maps.Keys(files)), 2) {
		some := map[string]string{}
		for _, path := range paths {
			some[path] = files[path]
		}
		uploads, err := w.putFiles(transfer, form, some)
		if err != nil {
			w.t.Fatal(err)
		}
		if kill {
			w.reopen()
		}
		id = uploads[0].GetPackageId()
	}
	return id
}

// TestOldDigestsOfWhatCameTogether are counted again, and tag files read: a bag has no others than MD5.
func TestOldDigestsOfWhatCameTogether(t *testing.T) {
	whole := bag(t, map[string]string{"0001/a.txt": "бір", "0002/b.pdf": "%PDF-1.4\n%%EOF", "0002/empty": ""})
	var old strings.Builder
	for _, path := range slices.Sorted(maps.Keys(whole)) {
		if strings.HasPrefix(path, "data/") {
			fmt.Fprintf(&old, "%x  %s\n", md5.Sum([]byte(whole[path])), path) //nolint:gosec // as above
		}
	}
	whole["manifest-md5.txt"] = old.String()
	maps.DeleteFunc(whole, func(path, _ string) bool { return strings.Contains(path, "manifest-sha") })
	for _, spoilt := range []bool{false, true} {
		files := maps.Clone(whole)
		if spoilt {
			files["manifest-md5.txt"] = strings.Replace(old.String(), old.String()[:1], "x", 1)
		}
		w := newWorld(t)
		w.expect("2026-1", file(1, 3), file(2, 3))
		id := w.sendTogether("2026-1", staging.Bag, files, true)
		if rows, err := filepath.Glob(filepath.Join(w.dir, "intake", "staging", id, "*.row")); err != nil || len(rows) != 0 {
			t.Errorf("files of their own: %v, %v", rows, err)
		}
		res, err := w.finish(id, "2026-1")
		if err != nil || res.GetTaken() == spoilt {
			t.Fatalf("%v, %v", res, err)
		}
		w.whole()
	}
}

// TestAPackThatADiskSpoiltIsAskedForAnew spoils a pack while its package comes, and between its judgement and its acceptance: files
// are asked for again, or the package is, and never are other bytes taken for them.
func TestAPackThatADiskSpoiltIsAskedForAnew(t *testing.T) {
	files := map[string]string{"data/1/a.txt": "бір", "data/1/b.txt": "екі", "data/2/c.txt": "үш"}
	for name, c := range map[string]struct {
		spoil func(path string) error
		left  int // files that the next start finds
	}{
		"gone": {os.Remove, 0}, "cut to nothing": {func(path string) error { return os.Truncate(path, 0) }, 0}, "other bytes": {flipped, 0},
		"its end is cut": {func(path string) error {
			info, err := os.Stat(path)
			return errors.Join(err, os.Truncate(path, info.Size()-4000))
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 3), file(2, 3))
			pack := func(id string) string { return filepath.Join(w.dir, "intake", "staging", id, "pack") }
			id := w.sendTogether("2026-1", staging.Bare, files, false)
			w.close()
			if err := c.spoil(pack(id)); err != nil {
				t.Fatal(err)
			}
			w.open()
			if got := w.uploads("2026-1"); len(there(got)) != c.left || int(got.GetFiles()) != c.left {
				t.Errorf("%v", got)
			}
			if again := w.sendTogether("2026-1", staging.Bare, files, true); again != id {
				t.Fatalf("%s instead of %s", again, id)
			}
			if res, err := w.finish(id, "2026-1"); err != nil || !res.GetTaken() || res.GetFiles() != 3 {
				t.Fatalf("%v, %v", res, err)
			}
			if err := c.spoil(pack(id)); err != nil {
				t.Fatal(err)
			}
			if a, err := w.accept(newID(), "2026-1"); err == nil {
				t.Fatalf("accepted: %v", a)
			}
			if got := w.seen("2026-1").GetTransfer(); got.GetState() == "accepted" {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestWhatIsThereIsListedWithItsDigest: whoever sends again learns by pages what need not be sent, also after a death; of what came in part
// there is no digest, and none where nobody asks.
func TestWhatIsThereIsListedWithItsDigest(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	files := map[string]string{"data/1/a": "бір", "data/1/b": "екі", "data/1/empty": ""}
	u, err := w.openUpload("2026-1", staging.Bare, "data/1/half", 8)
	if err == nil {
		_, err = w.appendUpload("2026-1", u, 0, "half", "ok")
	}
	if err == nil {
		_, err = w.putFiles("2026-1", staging.Bare, files)
	}
	if err != nil {
		t.Fatal(err)
	}
	files["data/1/half"] = "half"
	for range 2 {
		seen := map[string]string{}
		for after, more := "", true; more; {
			res, err := w.client.ListUploads(t.Context(), &intakev1.ListUploadsRequest{TransferId: "2026-1", After: after, Limit: 3, Digest: true})
			if err != nil || len(res.GetUploads()) == 0 {
				t.Fatalf("%v, %v", res, err)
			}
			for _, u := range res.GetUploads() {
				after = u.GetPath()
				seen[after] = u.GetSha256()
			}
			more = res.GetMore()
		}
		for path, text := range files {
			want := digestOf(text)
			if path == "data/1/half" {
				want = ""
			}
			if got, listed := seen[path]; !listed || got != want || len(seen) != len(files) {
				t.Errorf("%s: %q of %d", path, got, len(seen))
			}
		}
		for _, u := range w.uploads("2026-1").GetUploads() {
			if u.GetSha256() != "" {
				t.Errorf("nobody asked for the digest of %s", u.GetPath())
			}
		}
		w.reopen()
	}
}

// TestOtherBytesUnderTheSameName: who sends them is told what is there, and decides.
func TestOtherBytesUnderTheSameName(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	for range 2 {
		if _, err := w.putFiles("2026-1", staging.Bare, map[string]string{"data/1/a": "abc"}); err != nil {
			t.Fatal(err)
		}
	}
	uploads, err := w.putFiles("2026-1", staging.Bare, map[string]string{"data/1/a": "xyz", "data/1/b": "b"})
	if err != nil || uploads[0].GetSha256() != digestOf("abc") || uploads[1].GetSha256() != digestOf("b") {
		t.Errorf("%v, %v", uploads, err)
	}
}

// TestRefusedFilesLeaveNothing sends calls of which something is refused: the fault is that of the other way, and
// nothing is announced.
func TestRefusedFilesLeaveNothing(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	w.expect("2026-2", file(1, 3))
	if _, err := w.client.SetUploadLimits(t.Context(), &intakev1.SetUploadLimitsRequest{CommandId: newID(), Limits: &intakev1.UploadLimitsSet{
		OrganisationId: "bilim", From: "2026-01-01", TransferBytes: 2 << 20, TransferFiles: 3, DepartmentBytes: 3 << 20, DepartmentFiles: 5, KeepDays: 5,
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.putFiles("2026-1", staging.Bare, map[string]string{"data/1/there": "there"}); err != nil {
		t.Fatal(err)
	}
	good := putFile("data/1/good", "good")
	changed := putFile("data/1/changed", "changed")
	changed.Content[0]++
	unsummed := putFile("data/1/unsummed", "")
	unsummed.Sha256 = ""
	long := putFile("data/1/long", "x")
	long.Name = strings.Repeat("x", 5000)
	later := putFile("data/1/there", "there")
	later.ModifiedMs = 1
	const order = "intake.upload.order"
	for name, c := range map[string]struct {
		transfer, form, code, says string
		files                      []*intakev1.PutFile
	}{
		"no files":                   {code: order},
		"513 files":                  {code: order, files: slices.Repeat([]*intakev1.PutFile{good}, 513)},
		"more than 3 MiB":            {code: order, files: []*intakev1.PutFile{good, putFile("data/1/big", strings.Repeat("x", 3<<20))}},
		"a path twice":               {code: order, says: "data/1/good", files: []*intakev1.PutFile{good, good}},
		"no path":                    {code: order, files: []*intakev1.PutFile{good, putFile("", "x")}},
		"a long path":                {code: order, files: []*intakev1.PutFile{good, putFile("data/"+strings.Repeat("x", 5000), "x")}},
		"a long name":                {code: order, files: []*intakev1.PutFile{good, long}},
		"no payload":                 {code: order, files: []*intakev1.PutFile{good, putFile("bagit.txt", "x")}},
		"changed on its way":         {code: staging.WrongBytes.Code, says: "data/1/changed", files: []*intakev1.PutFile{good, changed}},
		"no checksum":                {code: staging.WrongBytes.Code, says: "data/1/unsummed", files: []*intakev1.PutFile{good, unsummed}},
		"another size":               {code: staging.Other.Code, says: "data/1/there", files: []*intakev1.PutFile{good, putFile("data/1/there", "th")}},
		"another date":               {code: staging.Other.Code, says: "data/1/there", files: []*intakev1.PutFile{good, later}},
		"another form":               {form: staging.Bag, code: staging.Mixed.Code, files: []*intakev1.PutFile{good}},
		"no form":                    {transfer: "2026-2", form: "tar", code: "intake.upload.bad_form", files: []*intakev1.PutFile{good}},
		"a ZIP of several":           {transfer: "2026-2", form: staging.Zip, code: order, files: []*intakev1.PutFile{good}},
		"one file too many":          {code: transfer.OverTransfer.Code, files: []*intakev1.PutFile{good, putFile("data/1/b", ""), putFile("data/1/c", "")}},
		"one too many of them all":   {transfer: "2026-2", code: transfer.OverTransfer.Code, files: []*intakev1.PutFile{good, putFile("data/1/b", ""), putFile("data/1/c", ""), putFile("data/1/d", "")}},
		"a transfer that is unknown": {transfer: "2026-9", code: transfer.Unknown.Code, files: []*intakev1.PutFile{good}},
	} {
		req := &intakev1.PutFilesRequest{TransferId: "2026-1", Form: staging.Bare, Files: c.files}
		if c.transfer != "" {
			req.TransferId = c.transfer
		}
		if c.form != "" {
			req.Form = c.form
		}
		if _, err := w.client.PutFiles(t.Context(), req); err == nil || fault.Of(err).Code != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		for of, files := range map[string]uint32{"2026-1": 1, "2026-2": 0} {
			list, err := w.client.ListUploads(t.Context(), &intakev1.ListUploadsRequest{TransferId: of})
			if err != nil || list.GetFiles() != files || list.GetWholeFiles() != files {
				t.Fatalf("%s: %v, %v", name, list, err)
			}
		}
	}
	// What is there already counts once.
	if _, err := w.putFiles("2026-1", staging.Bare, map[string]string{"data/1/there": "there", "data/1/b": "", "data/1/c": ""}); err != nil {
		t.Error(err)
	}
	if _, err := w.putFiles("2026-2", staging.Bare, map[string]string{"data/1/a": "", "data/1/b": "", "data/1/c": ""}); fault.Of(err).Code != transfer.OverDepartment.Code {
		t.Errorf("one file too many of the department's: %v", err)
	}
}

// TestAFullDiskPausesFilesThatComeTogether fills a tiny file system under the service in the middle of a call: what
// was there stays, nothing is miscounted, and the same call goes through once there is room.
func TestAFullDiskPausesFilesThatComeTogether(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	dir := w.tiny("1m")
	if _, err := w.putFiles("2026-1", staging.Bare, map[string]string{"data/1/a": "a"}); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"data/1/a": "a"}
	for n := range 50 {
		files[fmt.Sprintf("data/1/%02d", n)] = strings.Repeat("0123456789abcdef", 8<<10/16)
	}
	for range 2 {
		// There is room for their bytes, and not for what is said of them.
		var disk unix.Statfs_t
		if err := unix.Statfs(dir, &disk); err != nil {
			t.Fatal(err)
		}
		ballast := make([]byte, int(disk.Bavail)*int(disk.Bsize)-50*8<<10-8<<10)
		if err := os.WriteFile(filepath.Join(dir, "ballast"), ballast, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.putFiles("2026-1", staging.Bare, files); err == nil || fault.Of(err).Code != "intake.upload.paused" || fault.KindOf(err) != fault.Exhausted {
			t.Fatalf("a full disk: %v", err)
		}
		list, err := w.client.ListUploads(t.Context(), &intakev1.ListUploadsRequest{TransferId: "2026-1"})
		if err != nil || list.GetWholeFiles() != 1 || list.GetBytesThere() != 1 || list.GetFiles() != 1 || list.GetBytes() != 1 || len(list.GetUploads()) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		w.reopen() // the start sweeps the ballast away
	}
	uploads, err := w.putFiles("2026-1", staging.Bare, files)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := w.finish(uploads[0].GetPackageId(), "2026-1"); err != nil || !res.GetTaken() || int(res.GetFiles()) != len(files) {
		t.Errorf("%v, %v", res, err)
	}
}
