package insurance

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/api"
	"github.com/qoyma/qoyma/services/insurance/internal/react"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// originals speaks as intake does, over a real repository on disk. The e2e tests and the
// demonstration run the real one; here its faults can be chosen.
type originals struct {
	intakev1.UnimplementedIntakeServiceServer
	t        testing.TB
	mu       sync.Mutex
	dir      string
	root     *ocfl.Root
	opened   map[string]*ocfl.Object
	spec     map[string]ocfl.Spec
	restored []string // paths
	down     bool
	past     map[string]string // the newest history of an object
}

// Codes of intake's faults as its clients see them.
var (
	damaged = fault.Define(fault.Refused, "intake.content.damaged", "{what} damaged", "{what} повреждено", "{what} бүлінген")
	gone    = fault.Define(fault.Refused, "intake.content.gone", "{what} gone", "{what} нет", "{what} жоқ")
	unknown = fault.Define(fault.NotFound, "intake.content.unknown", "unknown", "неизвестно", "белгісіз")
	away    = fault.Define(fault.Unavailable, "test.away", "away", "нет связи", "байланыс жоқ")
)

func newOriginals(t testing.TB, dir string) *originals {
	t.Helper()
	o := &originals{t: t, dir: dir, spec: map[string]ocfl.Spec{}, opened: map[string]*ocfl.Object{}, past: map[string]string{}}
	var err error
	if o.root, err = ocfl.Init(filepath.Join(dir, "ocfl")); err != nil {
		t.Fatal(err)
	}
	return o
}

func hexOf(b []byte) string {
	sum := sha512.Sum512(b)
	return hex.EncodeToString(sum[:])
}

// keep puts an object into the repository.
func (o *originals) keep(id string, files map[string]string) {
	o.t.Helper()
	spec := ocfl.Spec{ID: id, Message: "m", Created: time.Unix(1_760_000_000, 0), User: ocfl.User{Name: "u", Address: "urn:x"}}
	for path, text := range files {
		source := filepath.Join(o.dir, "src-"+hexOf([]byte(id + path))[:24])
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			o.t.Fatal(err)
		}
		spec.Files = append(spec.Files, ocfl.Content{Logical: path, Source: source, SHA512: hexOf([]byte(text)), Size: int64(len(text))})
	}
	if _, err := o.root.Create(o.t.Context(), spec); err != nil {
		o.t.Fatal(err)
	}
	for _, f := range spec.Files {
		if err := os.Remove(f.Source); err != nil {
			o.t.Fatal(err)
		}
	}
	o.spec[id] = spec
}

func (o *originals) find(object, path string) (ocfl.Spec, string, error) {
	spec, ok := o.spec[object]
	if !ok {
		return spec, "", unknown.With()
	}
	for _, f := range spec.Files {
		if f.Logical == path {
			return spec, f.SHA512, nil
		}
	}
	return spec, "", unknown.With()
}

func (o *originals) ReadContent(req *intakev1.ReadContentRequest, stream grpc.ServerStreamingServer[intakev1.ReadContentResponse]) error {
	if o.down {
		return away.With()
	}
	if text := o.past[req.GetObjectId()]; text != "" && req.GetPath() == historyPath {
		return stream.Send(&intakev1.ReadContentResponse{Data: []byte(text)})
	}
	_, want, err := o.find(req.GetObjectId(), req.GetPath())
	if err != nil {
		return err
	}
	o.mu.Lock()
	object := o.opened[req.GetObjectId()]
	if object == nil {
		object, err = o.root.Object(req.GetObjectId())
		o.opened[req.GetObjectId()] = object
	}
	o.mu.Unlock()
	if err != nil {
		return gone.With("what", req.GetPath()).Because(err)
	}
	f, err := object.ReadFile(req.GetPath())
	if err != nil {
		return gone.With("what", req.GetPath()).Because(err)
	}
	raw, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return gone.With("what", req.GetPath()).Because(err)
	}
	for part := range slices.Chunk(raw, 64<<10) {
		if err := stream.Send(&intakev1.ReadContentResponse{Data: part}); err != nil {
			return err
		}
	}
	if hexOf(raw) != want {
		return damaged.With("what", req.GetPath())
	}
	return nil
}

func (o *originals) CheckObject(_ context.Context, req *intakev1.CheckObjectRequest) (*intakev1.CheckObjectResponse, error) {
	if o.down {
		return nil, away.With()
	}
	wrong, err := o.root.CheckRecord(o.spec[req.GetObjectId()])
	res := new(intakev1.CheckObjectResponse)
	for _, d := range wrong {
		res.Damaged = append(res.Damaged, &intakev1.DamagedRecord{Path: d.Path, ExpectedSha512: d.Want, ActualSha512: d.Have})
	}
	return res, err
}

func (o *originals) RestoreRecord(_ context.Context, req *intakev1.RestoreRecordRequest) (*intakev1.RestoreRecordResponse, error) {
	o.mu.Lock()
	delete(o.opened, req.GetObjectId())
	o.mu.Unlock()
	mended, err := o.root.RestoreRecord(o.spec[req.GetObjectId()], filepath.Join(o.dir, "quarantine", req.GetCommandId()))
	res := new(intakev1.RestoreRecordResponse)
	for _, d := range mended {
		res.Paths = append(res.Paths, d.Path)
		o.restored = append(o.restored, d.Path)
	}
	return res, err
}

func (o *originals) RestoreContent(stream grpc.ClientStreamingServer[intakev1.RestoreContentRequest, intakev1.RestoreContentResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	begin := first.GetBegin()
	spec, want, err := o.find(begin.GetObjectId(), begin.GetPath())
	if err != nil {
		return err
	}
	known, err := o.root.Known(spec)
	if err != nil {
		return err
	}
	if have, err := known.Digest(stream.Context(), begin.GetPath()); err != nil {
		return err
	} else if have == want {
		return stream.SendAndClose(&intakev1.RestoreContentResponse{})
	}
	to := filepath.Join(o.dir, "restoring")
	var raw []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		raw = append(raw, part.GetData()...)
	}
	if err := os.WriteFile(to, raw, 0o600); err != nil {
		return err
	}
	if err := known.Restore(stream.Context(), begin.GetPath(), to, filepath.Join(o.dir, "quarantine", begin.GetCommandId())); err != nil {
		return err
	}
	o.restored = append(o.restored, begin.GetPath())
	return stream.SendAndClose(&intakev1.RestoreContentResponse{Restored: true})
}

// world is the service in a folder that can be opened again, beside originals.
type world struct {
	t       testing.TB
	dir     string
	sites   []string
	intake  *originals
	inConn  *grpc.ClientConn
	s       *service
	server  *grpc.Server
	conn    *grpc.ClientConn
	client  insurancev1.InsuranceServiceClient
	caller  monitor.Identity
	nextSeq uint64
	reserve uint64
	now     func() time.Time
}

var archivist = monitor.Identity{
	Actor: "person:17", Roles: []monitor.Role{monitor.Archivist}, Clearance: monitor.Scope{Level: 2, Grounds: []string{"personal"}},
}

// reader may see what is open alone.
var reader = monitor.Identity{Actor: "person:18", Roles: []monitor.Role{monitor.Head}}

// scratch is a fresh folder, in memory where there is a place for it: these tests kill plans, not
// power, and sync thousands of times.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "insurance-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func newWorld(t testing.TB, sites ...string) *world {
	t.Helper()
	w := &world{t: t, dir: scratch(t), caller: archivist, reserve: 1}
	for _, s := range sites {
		if !strings.Contains(s, "=") {
			s = s + "=" + filepath.Join(w.dir, s)
		}
		w.sites = append(w.sites, s)
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.intake = newOriginals(t, scratch(t))
	server, conn := w.serve(func(s *grpc.Server) { intakev1.RegisterIntakeServiceServer(s, w.intake) })
	w.inConn = conn
	t.Cleanup(func() {
		w.close()
		server.Stop()
		_ = conn.Close()
	})
	w.open()
	return w
}

func (w *world) serve(register func(*grpc.Server)) (*grpc.Server, *grpc.ClientConn) {
	w.t.Helper()
	log := slog.New(slog.DiscardHandler)
	server := grpc.NewServer(
		grpc.WaitForHandlers(true),
		grpc.ChainUnaryInterceptor(wire.UnaryServer(log), func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return next(monitor.With(ctx, w.caller), req)
		}),
		grpc.ChainStreamInterceptor(wire.StreamServer(log)))
	register(server)
	lis := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(lis) }()
	conn, err := grpc.NewClient("passthrough:///x",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(wire.UnaryClient()), grpc.WithStreamInterceptor(wire.StreamClient()))
	if err != nil {
		w.t.Fatal(err)
	}
	return server, conn
}

// open starts the service as after a death: what was in memory is gone.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.s, err = open(Config{Sites: w.sites}, host.Process{
		Archive: "kz-test", Data: w.dir, Keys: filepath.Join(w.dir, "keys"), Log: slog.New(slog.DiscardHandler), Reserve: w.reserve, Now: w.now,
		Conn: func(_, _ string) (grpc.ClientConnInterface, error) { return w.inConn, nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.s.host.Store().Admit()
	w.server, w.conn = w.serve(func(s *grpc.Server) { w.s.host.Register(s) })
	w.client = insurancev1.NewInsuranceServiceClient(w.conn)
}

func (w *world) close() {
	if w.s == nil {
		return
	}
	w.server.Stop()
	if err := errors.Join(w.conn.Close(), w.s.host.Close()); err != nil {
		w.t.Error(err)
	}
	w.s = nil
}

func (w *world) reopen() {
	w.t.Helper()
	w.close()
	w.open()
}

// place is the folder of a site.
func (w *world) place(name string) string {
	return w.s.keeper.Place(name).Dir
}

// catalogued lets an event of the catalogue take effect through the reactions.
func (w *world) catalogued(accession string, files ...*cataloguev1.CataloguedFile) error {
	w.t.Helper()
	body := &cataloguev1.FilesCatalogued{Fonds: "1", Inventory: "2", AccessionNumber: accession, Files: files}
	return w.told("catalogue", react.Catalogue(w.s.keeper.Names()), body, files[0].GetFile().GetLabel())
}

// told lets an event of another service take effect through the reactions.
func (w *world) told(service string, handlers follow.Handlers, body proto.Message, label *journalv1.Label) error {
	w.t.Helper()
	w.nextSeq++
	header, err := proto.Marshal(&journalv1.Header{
		Archive: "kz-test", Service: service, Epoch: 1, Seq: w.nextSeq, Transaction: w.nextSeq, Actor: "service:" + service,
		Refs:       []*journalv1.Ref{{Type: "inventory", Id: "1/2"}, {Type: "transfer", Id: "2026-1"}},
		BodyType:   string(body.ProtoReflect().Descriptor().FullName()),
		RecordedAt: timestamppb.Now(), Label: label,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := proto.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := journal.Decode(&journalv1.Entry{Header: header, Salt: make([]byte, 16), Body: raw})
	if err != nil {
		w.t.Fatal(err)
	}
	decide, err := handlers[r.Header.GetBodyType()](w.t.Context(), r)
	if err != nil || decide == nil {
		return err
	}
	_, err = w.s.host.Store().Do(w.t.Context(), base.Command{ID: uuid.New(), Name: "react:" + service, Actor: "service:insurance", Cause: r.Cause(), Decide: decide})
	return err
}

// marked is an especially valuable file with content.
func marked(number string, object string, paths []string, grounds ...string) *cataloguev1.CataloguedFile {
	f := &cataloguev1.CataloguedFile{
		Number: number, ObjectId: object, ContentPaths: paths,
		File: &recordv1.File{Id: "f" + number, Title: &recordv1.Text{Ru: "Дело " + number}, Leaves: 10, EspeciallyValuable: true},
	}
	if len(grounds) > 0 {
		f.File.Label = &journalv1.Label{Level: 1, Grounds: grounds}
	}
	return f
}

const object = "urn:qoyma:kz-test:transfer:2026-1"

// texts are the content of the object of the tests. Two files have the same bytes: an OCFL
// object keeps them once.
var texts = map[string]string{
	"data/1/a.txt": "бірінші", "data/1/b.txt": strings.Repeat("екінші ", 20_000), "data/1/копия.txt": "бірінші", "data/2/c.txt": "үшінші",
}

// insuredWorld has one copy of file 1 (three files) and one of file 2 (one file), both verified.
func insuredWorld(t testing.TB, sites ...string) *world {
	t.Helper()
	w := newWorld(t, sites...)
	w.intake.keep(object, texts)
	w.order()
	w.copying()
	return w
}

func (w *world) order() {
	w.t.Helper()
	err := w.catalogued("2026-1",
		marked("1", object, []string{"data/1/a.txt", "data/1/b.txt", "data/1/копия.txt"}),
		marked("2", object, []string{"data/2/c.txt"}))
	if err != nil {
		w.t.Fatal(err)
	}
}

// copying copies until nothing can be done.
func (w *world) copying() {
	w.t.Helper()
	w.drain(w.s.keeper.CopyOnce)
}

func (w *world) drain(once func(context.Context) (bool, error)) {
	w.t.Helper()
	for {
		did, err := once(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if !did {
			return
		}
	}
}

// scrub checks the whole fund, or one copy.
func (w *world) scrub(copyID string) *insurancev1.GetScrubResponse {
	w.t.Helper()
	begun, err := w.client.StartScrub(w.t.Context(), &insurancev1.StartScrubRequest{CommandId: newID(), CopyId: copyID})
	if err != nil {
		w.t.Fatal(err)
	}
	w.drain(w.s.keeper.ScrubOnce)
	res, err := w.client.GetScrub(w.t.Context(), &insurancev1.GetScrubRequest{ScrubId: begun.GetScrub().GetScrubId()})
	if err != nil {
		w.t.Fatal(err)
	}
	if res.GetScrub().GetState() != "finished" || res.GetScrub().GetPercent() != 100 {
		w.t.Fatalf("the scrub is %v", res.GetScrub())
	}
	return res
}

func (w *world) get(id string) *insurancev1.GetCopyResponse {
	w.t.Helper()
	res, err := w.client.GetCopy(w.t.Context(), &insurancev1.GetCopyRequest{CopyId: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

func (w *world) state(id, want string) {
	w.t.Helper()
	if got := w.get(id).GetCopy().GetState(); got != want {
		w.t.Fatalf("copy %s is %s, want %s", id, got, want)
	}
}

// file finds the content file that ends so below a folder.
func (w *world) file(dir, end string) string {
	w.t.Helper()
	found := ""
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, _ error) error {
		if e != nil && !e.IsDir() && strings.HasSuffix(path, filepath.FromSlash(end)) && !strings.Contains(path, "quarantine") {
			found = path
		}
		return nil
	})
	if found == "" {
		w.t.Fatalf("no file %s in %s", end, dir)
	}
	return found
}

// spoil turns one bit.
func (w *world) spoil(file string) {
	w.t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// whole checks every invariant, the fold, the originals and every site.
func (w *world) whole() {
	w.t.Helper()
	w.consistent()
	for _, dir := range append([]string{filepath.Join(w.intake.dir, "ocfl")}, w.roots()...) {
		root, err := ocfl.Open(dir)
		if err != nil {
			w.t.Fatal(err)
		}
		report, err := root.Validate(w.t.Context())
		if err != nil || report.Err(dir) != nil {
			w.t.Errorf("%s: %v %v", dir, err, report.Faults)
		}
	}
}

func (w *world) roots() (dirs []string) {
	for _, p := range w.s.keeper.Places {
		dirs = append(dirs, filepath.Join(p.Dir, "ocfl"))
	}
	return dirs
}

func (w *world) consistent() {
	w.t.Helper()
	problems, err := w.s.host.Store().Verify(w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range problems {
		w.t.Errorf("%s: %s", p.Where, p.What)
	}
}

// events counts the journal's events by their names, and hands each to look.
func (w *world) events(look func(*journal.Record, proto.Message)) map[string]int {
	w.t.Helper()
	entries, _, err := w.s.host.Store().Read(1, 100_000, 1<<30)
	if err != nil {
		w.t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range entries {
		r, err := journal.Decode(e)
		if err != nil {
			w.t.Fatal(err)
		}
		body, err := r.Body()
		if err != nil {
			w.t.Fatal(err)
		}
		count[string(body.ProtoReflect().Descriptor().Name())]++
		if look != nil {
			look(r, body)
		}
	}
	return count
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func say(format string, args ...any) error { return fmt.Errorf(format, args...) }

// timers lets every timer that is due fire.
func (w *world) timers() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	fired := w.events(nil)["TimerFired"]
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.s.host.Store().RunTimers(ctx, api.OnTimer)
	}()
	for w.events(nil)["TimerFired"] == fired {
		_, changed := w.s.host.Store().Wait()
		if w.events(nil)["TimerFired"] != fired {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			w.t.Fatal("the timer did not fire")
		}
	}
	cancel()
	<-done
}
