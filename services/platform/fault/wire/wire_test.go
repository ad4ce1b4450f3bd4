package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
)

var (
	unknown = fault.Define(fault.NotFound, "test.file.unknown", "there is no file {code}", "дела {code} нет", "{code} ісі жоқ")
	badRow  = fault.Define(fault.Invalid, "test.row", "row {row}", "строка {row}", "{row} жол")
)

// across sends an error through a status as marshalled bytes, as another process gets it.
func across(t testing.TB, err error) error {
	t.Helper()
	raw, marshalErr := proto.Marshal(wire.Status(err).Proto())
	if marshalErr != nil {
		t.Fatal(marshalErr)
	}
	p := status.New(codes.OK, "").Proto()
	if unmarshalErr := proto.Unmarshal(raw, p); unmarshalErr != nil {
		t.Fatal(unmarshalErr)
	}
	return wire.FromError(status.FromProto(p).Err())
}

func TestAFaultArrivesWhole(t *testing.T) {
	sent := fmt.Errorf("show: %w", unknown.With("code", "1/2/{code}").Because(errors.New("secret")).
		Listing([]fault.Item{{Where: "row 7", Fault: badRow.With("row", 7)}}))
	got := across(t, sent)
	if !errors.Is(got, unknown) {
		t.Fatalf("got %v", got)
	}
	f := fault.Of(got)
	if f.Kind != fault.NotFound || f.In(fault.Kazakh) != "1/2/{code} ісі жоқ" || f.Args["code"] != "1/2/{code}" {
		t.Errorf("got %+v", f)
	}
	if len(f.Items) != 1 || f.Items[0].Where != "row 7" || f.Items[0].Fault.In(fault.Russian) != "строка 7" {
		t.Errorf("items %+v", f.Items)
	}
	if strings.Contains(f.Error(), "secret") {
		t.Error("the cause crossed the border")
	}
	if again := across(t, got); fault.Of(again).In(fault.Kazakh) != f.In(fault.Kazakh) {
		t.Errorf("a second border changed the text: %v", again)
	}
}

func TestEveryKindComesBackAsItself(t *testing.T) {
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		d := fault.Define(kind, "test.kind", "x", "x", "x")
		if got := across(t, d.With()); fault.KindOf(got) != kind || !errors.Is(got, d) {
			t.Errorf("%v came back as %v", kind, got)
		}
		if wire.Code(kind) == codes.OK || wire.Status(d.With()).Code() != wire.Code(kind) {
			t.Errorf("%v has no code of its own", kind)
		}
	}
}

func TestAccidentsAreBlandOutside(t *testing.T) {
	s := wire.Status(fmt.Errorf("open /var/lib/secret: %w", io.ErrUnexpectedEOF))
	if s.Code() != codes.Internal || strings.Contains(s.String(), "secret") {
		t.Errorf("got %v", s)
	}
	s = wire.Status(status.Error(codes.Internal, "secret of another library"))
	if s.Code() != codes.Internal || strings.Contains(s.String(), "secret") {
		t.Errorf("got %v", s)
	}
}

func TestTheEndOfAContextIsRecognisable(t *testing.T) {
	for _, c := range []struct {
		cause error
		def   *fault.Definition
		code  codes.Code
	}{
		{context.Canceled, wire.Canceled, codes.Canceled},
		{context.DeadlineExceeded, wire.DeadlineExceeded, codes.DeadlineExceeded},
	} {
		err := fmt.Errorf("read: %w", c.cause)
		if got := wire.Status(err).Code(); got != c.code {
			t.Errorf("%v: code %v", c.cause, got)
		}
		for _, got := range []error{across(t, err), wire.FromError(status.FromContextError(c.cause).Err())} {
			if !errors.Is(got, c.def) || !errors.Is(got, c.cause) || fault.KindOf(got) != fault.Unavailable {
				t.Errorf("%v: got %v", c.cause, got)
			}
		}
	}
}

func TestForeignStatusesGetOurWords(t *testing.T) {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		f := fault.Of(wire.FromError(status.Error(code, "foreign words")))
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
			if text := f.In(l); text == "" || strings.Contains(text, "foreign") {
				t.Errorf("%v in %s: %q", code, l, text)
			}
		}
	}
	if wire.FromError(nil) != nil || !errors.Is(wire.FromError(io.EOF), io.EOF) || wire.Status(nil).Code() != codes.OK {
		t.Error("nil and io.EOF must pass")
	}
}

func TestALongListIsCutAndSaysSo(t *testing.T) {
	var items []fault.Item
	for i := range 100_000 {
		items = append(items, fault.Item{Where: fmt.Sprint("row ", i), Fault: badRow.With("row", i)})
	}
	s := wire.Status(unknown.With("code", strings.Repeat("ж", 1<<20)).Listing(items))
	if size := proto.Size(s.Proto()); size > 256<<10 {
		t.Errorf("a status of %d bytes", size)
	}
	got := fault.Of(wire.FromError(s.Err()))
	last := got.Items[len(got.Items)-1]
	if want := fmt.Sprint(100_000 - len(got.Items) + 1); last.Fault.Args["count"] != want {
		t.Errorf("left out %v, want %s", last.Fault, want)
	}
}

func TestAnyTextsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := string(rapid.SliceOf(rapid.Byte()).Draw(t, "value"))
		sent := unknown.With("code", value)
		p := wire.Status(sent).Proto()
		raw, err := proto.Marshal(p)
		if err != nil {
			t.Fatalf("not marshallable: %v", err)
		}
		q := status.New(codes.OK, "").Proto()
		if err := proto.Unmarshal(raw, q); err != nil {
			t.Fatal(err)
		}
		got := fault.Of(wire.FromError(status.FromProto(q).Err()))
		if want := strings.ToValidUTF8(sent.In(fault.English), "\uFFFD"); strings.ToValidUTF8(value, "") == value && got.In(fault.English) != want {
			t.Fatalf("%q became %q", want, got.In(fault.English))
		}
	})
}

// FuzzFromStatus: whatever a peer sends is answered with a fault that can be passed on.
func FuzzFromStatus(f *testing.F) {
	for _, err := range []error{
		unknown.With("code", "{code}").Listing([]fault.Item{{Where: "a", Fault: badRow.With("row", 1)}}),
		status.Error(codes.Aborted, "x"), context.Canceled,
	} {
		raw, err := proto.Marshal(wire.Status(err).Proto())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := status.New(codes.OK, "").Proto()
		if proto.Unmarshal(raw, p) != nil || p.GetCode() == 0 {
			return
		}
		got := wire.FromError(status.FromProto(p).Err())
		if fault.Of(got) == nil {
			t.Fatal("no fault")
		}
		again := wire.FromError(wire.Status(got).Err())
		if fault.Of(again).Code != fault.Of(got).Code && len(fault.Of(got).Code) < 1000 {
			t.Errorf("%q became %q", fault.Of(got).Code, fault.Of(again).Code)
		}
	})
}
