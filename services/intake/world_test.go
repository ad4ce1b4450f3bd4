package intake

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/intake/internal/react"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// world is the service as a process would run it, over gRPC in memory, in a folder that can
// be opened again.
type world struct {
	t       *testing.T
	dir     string
	s       *service
	server  *grpc.Server
	conn    *grpc.ClientConn
	client  intakev1.IntakeServiceClient
	caller  monitor.Identity
	nextSeq uint64
	cfg     Config
	others  *others
	refs    []string // of the next event of another service: types and ids in turn
	sends   way      // how the next package is sent
}

func (w *world) reference() (refs []*journalv1.Ref) {
	for pair := range slices.Chunk(w.refs, 2) {
		refs = append(refs, &journalv1.Ref{Type: pair[0], Id: pair[1]})
	}
	if len(refs) == 0 {
		refs = []*journalv1.Ref{{Type: "transfer", Id: "x"}}
	}
	return refs
}

// way is one of those in which files come in one stream.
type way int

const (
	inData  way = iota // each with its name, then its bytes
	inFile             // each with its bytes
	inFiles            // three in a message
	ways
)

// lay lays files out, in the order of their names.
func (w way) lay(files map[string]string) (messages []*intakev1.UploadPackageRequest) {
	paths := slices.Sorted(maps.Keys(files))
	if w == inFiles {
		for some := range slices.Chunk(paths, 3) {
			m := new(intakev1.UploadFiles)
			for _, path := range some {
				m.Files = append(m.Files, &intakev1.UploadFile{Path: path, Size: uint64(len(files[path])), Content: []byte(files[path])})
			}
			messages = append(messages, part(m))
		}
		return messages
	}
	for _, path := range paths {
		f := &intakev1.UploadFile{Path: path, Size: uint64(len(files[path]))}
		if w == inFile {
			f.Content = []byte(files[path])
		}
		if messages = append(messages, part(f)); w == inData {
			messages = append(messages, data(files[path]))
		}
	}
	return messages
}

var archivist = monitor.Identity{
	Actor: "person:aigerim", Roles: []monitor.Role{monitor.Archivist}, Clearance: monitor.Scope{Level: 2, Grounds: []string{"personal"}},
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), caller: archivist, others: newOthers()}
	if err := os.MkdirAll(filepath.Join(w.dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.open()
	t.Cleanup(w.close)
	return w
}

// open starts the service as after a death: what was in memory is gone.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.s, err = open(w.cfg, host.Process{Archive: "kz-test", Data: w.dir, Keys: filepath.Join(w.dir, "keys"), Log: slog.New(slog.DiscardHandler), Reserve: 1, Conn: w.others.conn})
	if err != nil {
		w.t.Fatal(err)
	}
	w.s.host.Store().Admit()
	if err := w.s.api.Recover(); err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	server := grpc.NewServer(
		grpc.WaitForHandlers(true), grpc.ForceServerCodecV2(serve.Codec{}),
		grpc.ChainUnaryInterceptor(wire.UnaryServer(log), func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return next(monitor.With(ctx, w.caller), req)
		}),
		grpc.ChainStreamInterceptor(wire.StreamServer(log), func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			return next(srv, identified{stream, monitor.With(stream.Context(), w.caller)})
		}),
	)
	w.server = server
	w.s.host.Register(server)
	lis := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(lis) }()
	w.conn, err = grpc.NewClient("passthrough:///intake",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(wire.UnaryClient()), grpc.WithStreamInterceptor(wire.StreamClient()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.client = intakev1.NewIntakeServiceClient(w.conn)
}

type identified struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // a stream's context is replaced only this way
}

func (s identified) Context() context.Context { return s.ctx }

func (w *world) close() {
	if w.s == nil {
		return
	}
	w.server.Stop()
	if err := w.conn.Close(); err != nil {
		w.t.Error(err)
	}
	if err := w.s.host.Close(); err != nil {
		w.t.Error(err)
	}
	w.s = nil
}

func (w *world) reopen() {
	w.t.Helper()
	w.close()
	w.open()
}

// tell lets an event of retention take effect through the reactions.
func (w *world) tell(body proto.Message, label *journalv1.Label) error {
	w.t.Helper()
	return w.told("retention", react.Retention(), body, label)
}

// placed lets the catalogue's event take effect that gives an accession its place.
func (w *world) placed(number, fonds, inventory string, offset uint32) {
	w.t.Helper()
	if err := w.told("catalogue", react.Catalogue(), &cataloguev1.AccessionPlaced{AccessionNumber: number, Fonds: fonds, Inventory: inventory, Offset: offset}, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) told(service string, handlers follow.Handlers, body proto.Message, label *journalv1.Label) error {
	w.t.Helper()
	w.nextSeq++
	header, err := proto.Marshal(&journalv1.Header{
		Archive: "kz-test", Service: service, Epoch: 1, Seq: w.nextSeq, Transaction: w.nextSeq, Actor: "service:" + service,
		Refs: w.reference(), BodyType: string(body.ProtoReflect().Descriptor().FullName()),
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
	if err != nil || decide == nil { // no concern of ours
		return err
	}
	_, err = w.s.host.Store().Do(w.t.Context(), base.Command{ID: uuid.New(), Name: "react:" + service, Actor: "service:intake", Cause: r.Cause(), Decide: decide})
	return err
}

func (w *world) expect(id string, files ...*recordv1.File) {
	w.t.Helper()
	w.expectOf("bilim", id, files...)
}

func (w *world) expectOf(organisation, id string, files ...*recordv1.File) {
	w.t.Helper()
	inventory := &recordv1.Inventory{
		Id: "inv-" + id, Number: "1", Kind: "permanent", Files: uint32(len(files)), Title: &recordv1.Text{Ru: "Опись дел"},
		Approval: &recordv1.Protocol{Commission: "ЭПК", Number: "4", Date: "2014-03-21"},
	}
	org := &recordv1.Organisation{Id: organisation, Name: &recordv1.Text{Kk: "Білім басқармасы", Ru: "Управление образования"}, Level: "regional"}
	if err := w.tell(&retentionv1.TransferDue{TransferId: id, Organisation: org, Inventory: inventory, DueOn: "2026-01-01"}, nil); err != nil {
		w.t.Fatal(err)
	}
	for i, f := range files {
		if err := w.tell(&retentionv1.TransferDueListed{TransferId: id, Files: []*recordv1.File{f}, Last: i == len(files)-1}, f.GetLabel()); err != nil {
			w.t.Fatal(err)
		}
	}
}

func file(position, leaves uint32, grounds ...string) *recordv1.File {
	f := &recordv1.File{Id: fmt.Sprint("f", position), Position: position, Title: &recordv1.Text{Ru: "Дело"}, Leaves: leaves}
	if len(grounds) > 0 {
		f.Label = &journalv1.Label{Level: 1, Grounds: grounds}
	}
	return f
}

// bag makes a valid bag and gives its files.
func bag(t *testing.T, payload map[string]string) map[string]string {
	t.Helper()
	from := fstest.MapFS{}
	for path, text := range payload {
		from[path] = &fstest.MapFile{Data: []byte(text)}
	}
	dir := filepath.Join(t.TempDir(), "bag")
	if _, err := bagit.Create(t.Context(), dir, from, nil, bagit.Options{}); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(raw)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

func part(m proto.Message) *intakev1.UploadPackageRequest {
	switch p := m.(type) {
	case *intakev1.UploadBegin:
		return &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Begin{Begin: p}}
	case *intakev1.UploadFile:
		return &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_File{File: p}}
	case *intakev1.UploadFiles:
		return &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Files{Files: p}}
	}
	return nil
}

func data(text string) *intakev1.UploadPackageRequest {
	return &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Data{Data: []byte(text)}}
}

// send uploads files in the order of their names, each package in another of the ways: what holds, holds of all.
func (w *world) send(command, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
	messages := w.sends.lay(files)
	w.sends = (w.sends + 1) % ways
	return w.raw(append([]*intakev1.UploadPackageRequest{part(&intakev1.UploadBegin{CommandId: command, TransferId: transfer})}, messages...)...)
}

func (w *world) raw(messages ...*intakev1.UploadPackageRequest) (*intakev1.UploadPackageResponse, error) {
	stream, err := w.client.UploadPackage(w.t.Context())
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if err := stream.Send(m); err != nil {
			break // the server has ended; its answer says why
		}
	}
	return stream.CloseAndRecv()
}

func (w *world) accept(command, transfer string, positions ...uint32) (*intakev1.Accession, error) {
	res, err := w.client.AcceptTransfer(w.t.Context(), &intakev1.AcceptTransferRequest{CommandId: command, TransferId: transfer, Positions: positions})
	return res.GetAccession(), err
}

// acceptPaper accepts units after each of them was found.
func (w *world) acceptPaper(transfer string, positions ...uint32) (*intakev1.Accession, error) {
	w.t.Helper()
	w.present(transfer, positions...)
	return w.accept(newID(), transfer, positions...)
}

// present records that units are there: those that are named, or all.
func (w *world) present(transfer string, positions ...uint32) {
	w.t.Helper()
	if len(positions) == 0 {
		for _, f := range w.seen(transfer).GetFiles() {
			positions = append(positions, f.GetPosition())
		}
	}
	findings := make([]*intakev1.UnitFinding, 0, len(positions))
	for _, p := range positions {
		findings = append(findings, &intakev1.UnitFinding{Position: p, Finding: "present"})
	}
	w.check(transfer, findings...)
}

// staged lists what stands in staging.
func (w *world) staged() (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.dir, "intake", "staging"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// whole checks every invariant, the fold and the repository.
func (w *world) whole() {
	w.t.Helper()
	problems, err := w.s.host.Store().Verify(w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range problems {
		w.t.Errorf("%s: %s", p.Where, p.What)
	}
	report, err := w.s.plans.Repository.Validate(w.t.Context())
	if err != nil || report.Err("originals") != nil {
		w.t.Errorf("repository: %v %v", err, report)
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// seen is the transfer as the present caller sees it.
func (w *world) seen(id string) *intakev1.GetTransferResponse {
	w.t.Helper()
	res, err := w.client.GetTransfer(w.t.Context(), &intakev1.GetTransferRequest{TransferId: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

func faultCodes(faults []*intakev1.PackageFault) string {
	var out []string
	for _, f := range faults {
		out = append(out, f.GetWhere()+" "+f.GetCode())
	}
	return strings.Join(out, "; ")
}

func (w *world) expectMany(id string, positions []uint32) {
	var files []*recordv1.File
	for _, p := range positions {
		files = append(files, file(p, 1))
	}
	w.expect(id, files...)
}

// tiny puts a file system of so many bytes (as mount takes it) under staging, and gives the folder.
func (w *world) tiny(size string) string {
	w.t.Helper()
	w.close()
	dir := filepath.Join(w.dir, "intake", "staging")
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		w.open()
		w.t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	w.t.Cleanup(func() {
		w.close()
		if err := unix.Unmount(dir, 0); err != nil {
			w.t.Error(err)
		}
	})
	w.open()
	return dir
}
