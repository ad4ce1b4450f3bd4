// Package wire carries faults over gRPC: the one place where a fault.Error becomes a
// status and a status becomes a fault.Error again.
//
// A caller in another process gets the same kind, code, texts, values and items that
// the service made, so that errors.Is(err, intake.TransferUnknown) holds there too. The
// cause stays behind: it is for the log of the process where it happened.
package wire

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	faultv1 "github.com/qoyma/qoyma/proto/gen/qoyma/fault/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

const (
	// itemsBudget bounds the items of one status in bytes: a status travels in a header,
	// and the peer drops the connection on a header list over 16 MiB (grpc-go), proxies
	// much earlier. The full list is what a service keeps and answers in a message.
	itemsBudget = 128 << 10
	// textBudget bounds one text or value in bytes; longer ones come from hostile names.
	textBudget = 4 << 10
	// maxDepth bounds items within items.
	maxDepth = 4
)

var kinds = map[fault.Kind]struct {
	wire faultv1.Kind
	code codes.Code
}{
	fault.Internal:        {faultv1.Kind_KIND_INTERNAL, codes.Internal},
	fault.Invalid:         {faultv1.Kind_KIND_INVALID, codes.InvalidArgument},
	fault.NotFound:        {faultv1.Kind_KIND_NOT_FOUND, codes.NotFound},
	fault.Conflict:        {faultv1.Kind_KIND_CONFLICT, codes.AlreadyExists},
	fault.Refused:         {faultv1.Kind_KIND_REFUSED, codes.FailedPrecondition},
	fault.Denied:          {faultv1.Kind_KIND_DENIED, codes.PermissionDenied},
	fault.Unauthenticated: {faultv1.Kind_KIND_UNAUTHENTICATED, codes.Unauthenticated},
	fault.Exhausted:       {faultv1.Kind_KIND_EXHAUSTED, codes.ResourceExhausted},
	fault.Unavailable:     {faultv1.Kind_KIND_UNAVAILABLE, codes.Unavailable},
}

// Code is the gRPC code of a kind.
func Code(k fault.Kind) codes.Code {
	if m, ok := kinds[k]; ok {
		return m.code
	}
	return codes.Internal
}

// Status makes the status that leaves the process. A fault in the chain wins; then the
// end of a context; then a status of another service (its fault passed on, a foreign
// one put into our words); everything else is a bland Internal. Status(nil) is OK.
func Status(err error) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	f := classify(err)
	code := Code(f.Kind)
	switch {
	case errors.Is(f, Canceled):
		code = codes.Canceled
	case errors.Is(f, DeadlineExceeded):
		code = codes.DeadlineExceeded
	case errors.Is(f, Unimplemented):
		code = codes.Unimplemented
	}
	plain := status.New(code, bounded(f.In(fault.English)))
	detailed, detailErr := plain.WithDetails(encode(f, 0))
	if detailErr != nil { // only for codes.OK or a message that cannot be marshalled: say less, never fail
		return plain
	}
	return detailed
}

// classify finds the fault that err is to the outside.
func classify(err error) *fault.Error {
	var f *fault.Error
	var d *fault.Definition
	if errors.As(err, &f) || errors.As(err, &d) {
		return fault.Of(err)
	}
	if errors.Is(err, context.Canceled) {
		return Canceled.With().Because(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return DeadlineExceeded.With().Because(err)
	}
	if s, ok := status.FromError(err); ok {
		return fromStatus(s)
	}
	return fault.Of(err)
}

// FromError makes the fault of an error that a gRPC client got: a status with our detail
// becomes the fault that the service made; another status one in our words with the
// status as its cause (so that errors.Is(err, context.DeadlineExceeded) holds as well).
// What is no status (io.EOF of a stream, a fault already) passes unchanged.
func FromError(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return classify(err)
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	return fromStatus(s)
}

func fromStatus(s *status.Status) *fault.Error {
	for _, detail := range s.Details() {
		wire, ok := detail.(*faultv1.Fault)
		if !ok || wire.GetCode() == "" {
			continue
		}
		f := decode(wire, 0)
		switch s.Code() {
		case codes.Canceled:
			return f.Because(context.Canceled)
		case codes.DeadlineExceeded:
			return f.Because(context.DeadlineExceeded)
		default:
			return f
		}
	}
	return foreign(s)
}

func encode(f *fault.Error, depth int) *faultv1.Fault {
	wire := worded(f, textBudget)
	if len(f.Args) > 0 {
		wire.Args = make(map[string]string, len(f.Args))
		for name, value := range f.Args {
			wire.Args[bounded(name)] = bounded(value)
		}
	}
	if depth >= maxDepth {
		wire.ItemsLeftOut = uint32(len(f.Items))
		return wire
	}
	size := 0
	for i, item := range f.Items {
		inner := item.Fault
		if inner == nil {
			inner = Broken.With()
		}
		next := &faultv1.Item{Where: bounded(item.Where), Fault: encode(inner, depth+1)}
		if size += proto.Size(next); size > itemsBudget>>(2*depth) {
			wire.ItemsLeftOut = uint32(len(f.Items) - i)
			break
		}
		wire.Items = append(wire.Items, next)
	}
	return wire
}

// worded is a fault's kind, code and texts, each text of at most so many bytes and the mark of a cut.
func worded(f *fault.Error, budget int) *faultv1.Fault {
	wire := &faultv1.Fault{
		Kind: faultv1.Kind_KIND_INTERNAL, Code: clip.Bytes(f.Code, budget),
		TextKk: clip.Bytes(f.In(fault.Kazakh), budget), TextRu: clip.Bytes(f.In(fault.Russian), budget), TextEn: clip.Bytes(f.In(fault.English), budget),
	}
	if m, ok := kinds[f.Kind]; ok {
		wire.Kind = m.wire
	}
	return wire
}

func decode(wire *faultv1.Fault, depth int) *fault.Error {
	f := &fault.Error{Definition: fault.Definition{
		Kind: fault.Internal, Code: wire.GetCode(), EN: wire.GetTextEn(), RU: wire.GetTextRu(), KK: wire.GetTextKk(),
	}, Args: wire.GetArgs()}
	for kind, m := range kinds {
		if m.wire == wire.GetKind() {
			f.Kind = kind
		}
	}
	protect(f)
	if depth >= maxDepth {
		return f
	}
	for _, item := range wire.GetItems() {
		f.Items = append(f.Items, fault.Item{Where: item.GetWhere(), Fault: decode(item.GetFault(), depth+1)})
	}
	if n := wire.GetItemsLeftOut(); n > 0 {
		f.Items = append(f.Items, fault.Item{Where: "…", Fault: itemsLeftOut.With("count", n)})
	}
	return f
}

// protect keeps a filled text as it is: a value may itself contain braces (a file named
// "{code}.pdf"), which filling once more would replace.
func protect(f *fault.Error) {
	for name, text := range map[string]*string{"text.en": &f.EN, "text.ru": &f.RU, "text.kk": &f.KK} {
		if fault.Fill(*text, f.Args) == *text {
			continue
		}
		f.Args[name], *text = *text, "{"+name+"}"
	}
}

// bounded makes a text valid UTF-8 of bounded length, as proto strings must be.
func bounded(text string) string { return clip.Bytes(text, textBudget) }
