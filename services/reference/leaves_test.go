package reference

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

// shelf is the catalogue: leaves by the code of a file. Where away is set it gives that error; where it hangs it answers nothing.
type shelf struct {
	leaves map[string]uint32
	away   error
	hangs  bool
	asked  int
}

var (
	noFile = fault.Define(fault.NotFound, "reference_test.no_file", "there is no such file", "такого дела нет", "мұндай іс жоқ")
	closed = fault.Define(fault.Unavailable, "reference_test.away", "the catalogue is away", "каталог недоступен", "каталог қолжетімсіз")
)

func (s *shelf) Invoke(ctx context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	s.asked++
	q, ok := in.(*cataloguev1.GetFileRequest)
	switch {
	case !ok || method != cataloguev1.CatalogueService_GetFile_FullMethodName:
		return fmt.Errorf("the catalogue is asked for %s", method)
	case s.hangs:
		<-ctx.Done()
		return ctx.Err()
	case s.away != nil:
		return s.away
	}
	n, ok := s.leaves[q.GetCode()]
	if !ok {
		return noFile.With()
	}
	proto.Merge(out.(proto.Message), &cataloguev1.GetFileResponse{File: &cataloguev1.File{File: &cataloguev1.CataloguedFile{File: &recordv1.File{Leaves: n}}}})
	return nil
}

func (*shelf) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("the catalogue has no streams")
}

func (w *world) findings(number string) []*referencev1.Finding {
	w.t.Helper()
	return must[*referencev1.GetRequestResponse](w.t)(w.as(archivist).GetRequest(w.t.Context(), &referencev1.GetRequestRequest{Number: number})).GetFindings()
}

// TestLeavesBeyondTheFile: leaves that the file does not have are refused until somebody confirms them, whose name then stands with
// the finding; nothing that is not beyond needs a confirmation, and a catalogue that says nothing keeps nobody from working.
func TestLeavesBeyondTheFile(t *testing.T) {
	w := newWorld(t)
	n := w.registered().GetNumber()
	w.shelf.leaves = map[string]uint32{"1/2/345": 48, "1/2/346": 0}
	add := func(code, leaves string, sure bool) (*referencev1.AddFindingResponse, error) {
		return w.as(archivist).AddFinding(t.Context(), &referencev1.AddFindingRequest{CommandId: newID(), Number: n, Code: code, Leaves: leaves, LeavesConfirmed: sure})
	}
	_, err := add("ф 1 оп 2 д 345", "3, 51-52", false)
	if !errors.Is(err, store.LeavesBeyond) {
		t.Fatalf("leaves 51–52 of 48: %v", err)
	}
	for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
		if said := fault.Of(err).In(l); !strings.Contains(said, "48") || !strings.Contains(said, "51–52") || strings.Contains(said, "{") {
			t.Errorf("%s: %q", l, said)
		}
	}
	if kept := w.findings(n); len(kept) != 0 {
		t.Fatalf("a refused finding stands: %v", kept)
	}
	for _, c := range []struct {
		code, leaves string
		sure         bool
		away         error
		count        uint32
		by           string
	}{
		{code: "1/2/345", leaves: "3, 51–52", sure: true, count: 48, by: "a-17"},
		{code: "1/2/345", leaves: "48 об.", count: 48},
		{code: "1/2/345", leaves: "48", sure: true, count: 48}, // nothing was to be confirmed
		{code: "1/2/345"}, // the whole file
		{code: "1/2/346", leaves: "900"},
		{code: "1/2/347", leaves: "900"},
		{code: "1/2/345", leaves: "900", away: closed.With()},
	} {
		w.shelf.away = c.away
		res, err := add(c.code, c.leaves, c.sure)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		kept := w.findings(n)
		for _, f := range []*referencev1.Finding{res.GetFinding(), kept[len(kept)-1]} {
			if f.GetLeafCount() != c.count || f.GetLeavesConfirmedBy() != c.by {
				t.Errorf("%+v: %v", c, f)
			}
		}
	}
	w.whole()
}

// TestAHangingCatalogueHoldsNobodyUp: the finding is taken once patience ends.
func TestAHangingCatalogueHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	n := w.registered().GetNumber()
	w.shelf.hangs, w.s.api.Patience = true, time.Millisecond
	res, err := w.as(archivist).AddFinding(t.Context(), &referencev1.AddFindingRequest{CommandId: newID(), Number: n, Code: "1/2/345", Leaves: "900"})
	if err != nil || res.GetFinding().GetLeafCount() != 0 || w.shelf.asked != 1 {
		t.Fatalf("%v %v, asked %d times", res, err, w.shelf.asked)
	}
	if !strings.Contains(w.log.String(), "could not be compared") {
		t.Error("the log does not say that nothing was compared")
	}
}
