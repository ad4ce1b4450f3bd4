package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// What the archive and the line say, by the codes that matter here.
var (
	cut = fault.Define(fault.Unavailable, "test.cut", "the line was cut", "связь прервалась", "байланыс үзілді")
	old = fault.Define(fault.Internal, "test.old", "there is no such call", "такого вызова нет", "мұндай шақыру жоқ")
	// refused and other are as the archive's.
	refused = fault.Define(fault.Refused, "intake.limits.test", "no room for {path}", "нет места для {path}", "{path} үшін орын жоқ")
	other   = fault.Define(fault.Conflict, "intake.upload.other", "another {path}", "другой {path}", "басқа {path}")
)

// archive is an intake service in memory, as far as Bulk asks it.
type archive struct {
	intakev1.IntakeServiceClient
	mu     sync.Mutex
	files  map[string]*arrived
	puts   []int                           // files of each PutFiles
	put    map[string]int                  // how often the bytes of a path came with PutFiles
	pieces map[string]int                  // and with AppendUpload
	before func(ctx context.Context) error // of PutFiles: nothing happens where it fails
	after  func(n int) error               // of the n-th PutFiles: it happened, and no answer comes
	admit  func(path string) error         // refuses a file
	calls  map[string]int                  // of ListUploads, OpenUpload and StatUpload
	silent bool                            // ListUploads says no digests, as an archive of before
}

// arrived is a file there.
type arrived struct {
	size, modified int64
	content        []byte
}

func newArchive() *archive {
	return &archive{files: map[string]*arrived{}, put: map[string]int{}, pieces: map[string]int{}, calls: map[string]int{}}
}

func (a *archive) shown(path string) *intakev1.Upload {
	f := a.files[path]
	u := &intakev1.Upload{UploadId: path, PackageId: "package", Path: path, Name: path, Size: uint64(f.size), Offset: uint64(len(f.content)), ModifiedMs: f.modified}
	if int64(len(f.content)) == f.size {
		sum := sha256.Sum256(f.content)
		u.Sha256 = hex.EncodeToString(sum[:])
	}
	return u
}

func (a *archive) open(path string, size, modified int64) error {
	if a.admit != nil {
		if err := a.admit(path); err != nil {
			return err
		}
	}
	if f := a.files[path]; f != nil {
		if f.size != size || f.modified != modified {
			return other.With("path", path)
		}
		return nil
	}
	a.files[path] = &arrived{size: size, modified: modified}
	return nil
}

func (a *archive) PutFiles(ctx context.Context, req *intakev1.PutFilesRequest, _ ...grpc.CallOption) (*intakev1.PutFilesResponse, error) {
	if a.before != nil {
		if err := a.before(ctx); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.puts = append(a.puts, len(req.GetFiles()))
	for _, f := range req.GetFiles() {
		sum := sha256.Sum256(f.GetContent())
		if a.put[f.GetPath()]++; f.GetSha256() != hex.EncodeToString(sum[:]) {
			return nil, fmt.Errorf("the checksum of %s does not hold", f.GetPath())
		}
		if err := a.open(f.GetPath(), int64(len(f.GetContent())), f.GetModifiedMs()); err != nil {
			return nil, err
		}
	}
	res := new(intakev1.PutFilesResponse)
	for _, f := range req.GetFiles() {
		if there := a.files[f.GetPath()]; len(there.content) == 0 {
			there.content = slices.Clone(f.GetContent())
		}
		res.Uploads = append(res.Uploads, a.shown(f.GetPath()))
	}
	if a.after != nil {
		if err := a.after(len(a.puts)); err != nil {
			return nil, err
		}
	}
	return res, nil
}

func (a *archive) OpenUpload(_ context.Context, req *intakev1.OpenUploadRequest, _ ...grpc.CallOption) (*intakev1.OpenUploadResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls["OpenUpload"]++
	if err := a.open(req.GetPath(), int64(req.GetSize()), req.GetModifiedMs()); err != nil {
		return nil, err
	}
	u := a.shown(req.GetPath())
	u.Sha256 = ""
	return &intakev1.OpenUploadResponse{Upload: u}, nil
}

func (a *archive) StatUpload(_ context.Context, req *intakev1.StatUploadRequest, _ ...grpc.CallOption) (*intakev1.StatUploadResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls["StatUpload"]++
	u := a.shown(req.GetUploadId())
	sum := sha256.Sum256(a.files[req.GetUploadId()].content)
	u.Sha256 = hex.EncodeToString(sum[:])
	return &intakev1.StatUploadResponse{Upload: u}, nil
}

func (a *archive) DiscardUpload(_ context.Context, req *intakev1.DiscardUploadRequest, _ ...grpc.CallOption) (*intakev1.DiscardUploadResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.files, req.GetUploadId())
	return new(intakev1.DiscardUploadResponse), nil
}

// page is how many files ListUploads lists at once.
const page = 500

func (a *archive) ListUploads(_ context.Context, req *intakev1.ListUploadsRequest, _ ...grpc.CallOption) (*intakev1.ListUploadsResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls["ListUploads"]++
	res := new(intakev1.ListUploadsResponse)
	for _, path := range slices.Sorted(maps.Keys(a.files)) {
		if path <= req.GetAfter() {
			continue
		}
		if res.More = len(res.GetUploads()) == page; res.GetMore() {
			break
		}
		u := a.shown(path)
		if res.PackageId = u.GetPackageId(); !req.GetDigest() || a.silent {
			u.Sha256 = ""
		}
		res.Uploads = append(res.Uploads, u)
	}
	return res, nil
}

func (a *archive) GetTransfer(context.Context, *intakev1.GetTransferRequest, ...grpc.CallOption) (*intakev1.GetTransferResponse, error) {
	return new(intakev1.GetTransferResponse), nil
}

func (a *archive) AppendUpload(context.Context, ...grpc.CallOption) (grpc.ClientStreamingClient[intakev1.AppendUploadRequest, intakev1.AppendUploadResponse], error) {
	return &appending{archive: a}, nil
}

// appending is a call of AppendUpload.
type appending struct {
	grpc.ClientStream
	archive *archive
	path    string
	data    []byte
}

func (s *appending) Send(m *intakev1.AppendUploadRequest) error {
	if m.GetBegin() != nil {
		s.path = m.GetBegin().GetUploadId()
	}
	s.data = append(s.data, m.GetData()...)
	return nil
}

func (s *appending) CloseAndRecv() (*intakev1.AppendUploadResponse, error) {
	a := s.archive
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pieces[s.path]++
	a.files[s.path].content = append(a.files[s.path].content, s.data...)
	return &intakev1.AppendUploadResponse{Upload: a.shown(s.path)}, nil
}

func (a *archive) FinishPackage(_ context.Context, req *intakev1.FinishPackageRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[intakev1.FinishPackageResponse], error) {
	return finished{id: req.GetCommandId(), files: uint32(len(a.files))}, nil
}

// finished is a call of FinishPackage.
type finished struct {
	grpc.ClientStream
	id    string
	files uint32
}

func (f finished) Recv() (*intakev1.FinishPackageResponse, error) {
	return &intakev1.FinishPackageResponse{Outcome: &intakev1.UploadPackageResponse{PackageId: f.id, Taken: true, Files: f.files}}, nil
}

// planted is a folder: of so many small files, some of no bytes, and two that go alone.
func planted(t *testing.T, small int) (root string, want map[string][]byte) {
	t.Helper()
	root, want = t.TempDir(), map[string][]byte{}
	add := func(name string, size int) {
		content := bytes.Repeat([]byte(name+" "), size/(len(name)+1)+1)[:size]
		want["data/"+name] = content
		err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o700)
		if err == nil {
			err = os.WriteFile(filepath.Join(root, name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range small {
		add(fmt.Sprintf("%04d/%04d.txt", n/100+1, n), n%20*1000)
	}
	add("0001/most.bin", grouped)
	add("0001/more.bin", grouped+1)
	add("0002/large.bin", piece+10)
	return root, want
}

// arrivedWhole compares what is there with what was to be sent, and what is counted.
func (a *archive) arrivedWhole(t *testing.T, b *Bulk, want map[string][]byte) {
	t.Helper()
	bytesThere := int64(0)
	for path, content := range want {
		bytesThere += int64(len(content))
		if f := a.files[path]; f == nil || !bytes.Equal(f.content, content) {
			t.Errorf("%s is not there as it was sent", path)
		}
	}
	p := &b.Progress
	if len(a.files) != len(want) || p.Files.Load() != int64(len(want)) || p.FilesThere.Load() != p.Files.Load() || p.Bytes.Load() != bytesThere || p.BytesThere.Load() != bytesThere {
		t.Errorf("%d files of %d are there; counted are %d of %d, and %d of %d bytes of %d", len(a.files), len(want),
			p.FilesThere.Load(), p.Files.Load(), p.BytesThere.Load(), p.Bytes.Load(), bytesThere)
	}
}

func (a *archive) run(t *testing.T, root string) (*Bulk, error) {
	t.Helper()
	b := &Bulk{Client: a, Transfer: "2026-1", Root: root, Parallel: 2}
	res, err := b.Run(t.Context())
	if err == nil && res.GetPackageId() != "package" {
		t.Errorf("%v was finished", res)
	}
	return b, err
}

// TestSmallFilesShareACall sends a folder: small files within the bounds of one call, the others in pieces.
func TestSmallFilesShareACall(t *testing.T) {
	root, want := planted(t, 1200)
	a := newArchive()
	b, err := a.run(t, root)
	if err != nil {
		t.Fatal(err)
	}
	a.arrivedWhole(t, b, want)
	if n := len(want) - 2; len(a.put) != n || len(a.pieces) != 2 || len(a.puts) > 16 || slices.Max(a.puts) > groupFiles {
		t.Errorf("of %d files %d came together in %v, %v in pieces", len(want), len(a.put), a.puts, a.pieces)
	}
	// Sent again, nothing that has bytes is.
	again := &Bulk{Client: a, Transfer: "2026-1", Root: root, Parallel: 2}
	if _, err := again.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.arrivedWhole(t, again, want)
	for path, n := range a.put {
		if n > 1 && len(want[path]) > 0 {
			t.Errorf("%s was sent %d times", path, n)
		}
	}
}

// TestTheAnswerIsLost cuts the line after each call: it is made once more, and nothing else is sent twice.
func TestTheAnswerIsLost(t *testing.T) {
	root, want := planted(t, 300)
	synctest.Test(t, func(t *testing.T) {
		a := newArchive()
		heard := map[string]bool{}
		a.after = func(n int) error {
			size := fmt.Sprint(a.puts[n-1])
			if heard[size] {
				return nil
			}
			heard[size] = true
			return cut.With()
		}
		b, err := a.run(t, root)
		if err != nil {
			t.Fatal(err)
		}
		a.arrivedWhole(t, b, want)
		for path, n := range a.put {
			if n > 2 {
				t.Errorf("%s was sent %d times", path, n)
			}
		}
		if len(a.pieces) != 2 {
			t.Errorf("%v came in pieces", a.pieces)
		}
	})
}

// TestWhatIsThereCostsNoCalls sends a folder again of which most is there: that is learnt by pages. What has changed since is sent,
// whatever its size and date say, and what has only another date is not.
func TestWhatIsThereCostsNoCalls(t *testing.T) {
	root, want := planted(t, 1200)
	for _, silent := range []bool{false, true} {
		a := newArchive()
		if _, err := a.run(t, root); err != nil {
			t.Fatal(err)
		}
		dated := a.files["data/0001/0001.txt"]
		dated.modified--
		changed := a.files["data/0001/0002.txt"]
		changed.content = bytes.Repeat([]byte("x"), len(changed.content))
		half := a.files["data/0002/large.bin"]
		half.content = half.content[:100]
		a.puts, a.calls, a.silent = nil, map[string]int{}, silent
		b, err := a.run(t, root)
		if err != nil {
			t.Fatal(err)
		}
		a.arrivedWhole(t, b, want)
		if silent {
			continue
		}
		// Of the changed one: announced, compared, announced again after it was forgotten; of the half one: announced and compared.
		if len(a.puts) > 0 || a.calls["ListUploads"] != len(want)/page+1 || a.calls["OpenUpload"] != 3 || a.calls["StatUpload"] != 2 || a.files["data/0001/0001.txt"] != dated {
			t.Errorf("PutFiles %v, %v", a.puts, a.calls)
		}
	}
}

// TestASlowLine takes no more than ten files in a minute: less is sent at once.
func TestASlowLine(t *testing.T) {
	root, want := planted(t, 60)
	synctest.Test(t, func(t *testing.T) {
		a := newArchive()
		slow := 0
		a.before = func(ctx context.Context) error {
			if slow++; slow > 3 {
				return nil
			}
			<-ctx.Done()
			return fault.Of(cut.With())
		}
		b, err := a.run(t, root)
		if err != nil {
			t.Fatal(err)
		}
		a.arrivedWhole(t, b, want)
		if len(a.puts) < 3 || slices.Max(a.puts) > 31 {
			t.Errorf("together came %v", a.puts)
		}
	})
}

// TestAnArchiveThatStaysAwayIsGivenUpOnce: the files of a group for which it was waited are not waited for one by one again.
func TestAnArchiveThatStaysAwayIsGivenUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root, _ := planted(t, 3)
		a, asked := newArchive(), 0
		a.before = func(context.Context) error { asked++; return cut.With() }
		a.admit = func(path string) error {
			if strings.HasSuffix(path, ".txt") {
				t.Errorf("%s was asked for by itself", path)
			}
			return nil
		}
		if _, err := a.run(t, root); !errors.Is(err, cut) {
			t.Error(err)
		}
		if asked != tries {
			t.Errorf("asked %d times, not %d", asked, tries)
		}
	})
}

// TestAnArchiveOfBefore has no call for small files: all come in pieces.
func TestAnArchiveOfBefore(t *testing.T) {
	root, want := planted(t, 50)
	a := newArchive()
	a.before = func(context.Context) error { return old.With() }
	b, err := a.run(t, root)
	if err != nil {
		t.Fatal(err)
	}
	a.arrivedWhole(t, b, want)
}

// TestOneOfThemIsAnother finds another file, other bytes, and a part under the path of a small file.
func TestOneOfThemIsAnother(t *testing.T) {
	root, want := planted(t, 50)
	a := newArchive()
	info, err := os.Stat(filepath.Join(root, "0001", "0003.txt"))
	if err != nil {
		t.Fatal(err)
	}
	a.files["data/0001/0002.txt"] = &arrived{size: 7, modified: 7}
	came := false
	a.admit = func(path string) error { // they come from elsewhere, after what is there was compared
		if !came {
			came = true
			a.files["data/0001/0003.txt"] = &arrived{size: 3000, modified: info.ModTime().UnixMilli(), content: make([]byte, 3000)}
			part := want["data/0001/0004.txt"]
			info, _ := os.Stat(filepath.Join(root, "0001", "0004.txt"))
			a.files["data/0001/0004.txt"] = &arrived{size: int64(len(part)), modified: info.ModTime().UnixMilli(), content: slices.Clone(part[:10])}
		}
		return nil
	}
	b, err := a.run(t, root)
	if err != nil {
		t.Fatal(err)
	}
	a.arrivedWhole(t, b, want)
}

// TestABadFileIsNamed refuses one file of a call, or changes it while it is sent: the error is about that file, and
// those before it are there.
func TestABadFileIsNamed(t *testing.T) {
	root, _ := planted(t, 50)
	a := newArchive()
	a.admit = func(path string) error {
		if strings.HasSuffix(path, "0033.txt") {
			return refused.With("path", path)
		}
		return nil
	}
	if _, err := a.run(t, root); !errors.Is(err, refused) || !strings.Contains(err.Error(), "data/0001/0033.txt") {
		t.Errorf("a refused file: %v", err)
	}
	if f := a.files["data/0001/0032.txt"]; f == nil || int64(len(f.content)) != f.size {
		t.Errorf("the file before is %+v", f)
	}
	for name, change := range map[string]func(f *os.File) error{
		"grown":     func(f *os.File) error { _, err := io.WriteString(f, "more"); return err },
		"shortened": func(f *os.File) error { return f.Truncate(5) },
	} {
		root, _ := planted(t, 50)
		b := &Bulk{Client: newArchive(), Transfer: "2026-1", Root: root}
		files, err := b.look()
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(filepath.Join(root, "0001", "0033.txt"), os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			err = errors.Join(change(f), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.sendGroup(t.Context(), files); !errors.Is(err, cameOtherwise) || !strings.Contains(err.Error(), "0001/0033.txt") {
			t.Errorf("%s: %v", name, err)
		}
		_ = b.dir.Close()
	}
}
