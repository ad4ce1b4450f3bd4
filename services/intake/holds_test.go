package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// others are the catalogue and the requests, as a deaccession asks them.
type others struct {
	placedAt map[string]*cataloguev1.File // by code
	held     map[string]string            // the request that holds a code
	locked   map[string]string            // the deaccession that locks a code
	away     string                       // the service that does not answer
	lost     bool                         // the lock is placed and its answer lost
}

func newOthers() *others {
	return &others{placedAt: map[string]*cataloguev1.File{}, held: map[string]string{}, locked: map[string]string{}}
}

var (
	noFile = fault.Define(fault.NotFound, "intake_test.no_file", "no such file", "нет такого дела", "мұндай іс жоқ")
	isHeld = fault.Define(fault.Refused, "reference.lock.held", "{code} is held by {requests}", "{code} удержано {requests}", "{code} ұсталған: {requests}")
	silent = fault.Define(fault.Unavailable, "intake_test.away", "no answer", "нет ответа", "жауап жоқ")
)

// place catalogues units of an accession: positions by code.
func (o *others) place(accession string, units map[string]uint32) {
	for code, position := range units {
		part := strings.Split(code, "/")
		o.placedAt[code] = &cataloguev1.File{
			Fonds: part[0], Inventory: part[1], AccessionNumber: accession,
			File: &cataloguev1.CataloguedFile{Number: part[2], File: &recordv1.File{Position: position}},
		}
	}
}

func (o *others) conn(_, to string) (grpc.ClientConnInterface, error) {
	if to == o.away {
		return nil, silent.With()
	}
	return o, nil
}

func (o *others) Invoke(_ context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	answer, _ := out.(proto.Message)
	switch q := in.(type) {
	case *cataloguev1.GetFileRequest:
		f := o.placedAt[q.GetCode()]
		if f == nil {
			return noFile.With()
		}
		proto.Merge(answer, &cataloguev1.GetFileResponse{File: f})
	case *cataloguev1.ListFilesRequest: // a page has one file
		var codes []string
		for code, f := range o.placedAt {
			if f.GetFonds() == q.GetFonds() && f.GetInventory() == q.GetInventory() && f.GetFile().GetNumber() > q.GetAfter() {
				codes = append(codes, code)
			}
		}
		slices.Sort(codes)
		if len(codes) > 0 {
			proto.Merge(answer, &cataloguev1.ListFilesResponse{Files: []*cataloguev1.File{o.placedAt[codes[0]]}, More: len(codes) > 1})
		}
	case *referencev1.LockFilesRequest:
		for _, code := range q.GetCodes() {
			if r := o.held[code]; r != "" {
				return isHeld.With("code", code, "requests", r)
			}
		}
		for _, code := range q.GetCodes() {
			o.locked[code] = fmt.Sprintf("%s/%d", q.GetAccessionNumber(), q.GetDeaccession())
		}
		if o.lost {
			return silent.With()
		}
	default:
		return fmt.Errorf("%s is asked", method)
	}
	return nil
}

func (*others) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("nobody streams here")
}

// TestWhatIsHeldDoesNotLeave (AR-3, AR-8): before a deaccession is decided intake itself asks for holds; a hold, a silence and a unit
// without a code keep everything where it is, and the files are locked before they leave.
func TestWhatIsHeldDoesNotLeave(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3), file(3, 3))
	a, err := w.acceptPaper("2026-1", 1, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	w.signedByBoth(a)
	n := a.GetAccessionNumber()
	if _, err := w.client.ProposeDeaccession(t.Context(), &intakev1.ProposeDeaccessionRequest{
		CommandId: newID(), AccessionNumber: n, Way: "returned_to_owner", Ground: "договор", Receiver: "владелец", Positions: []uint32{1, 3},
		Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "9", Date: "2026-03-01"},
	}); err != nil {
		t.Fatal(err)
	}
	w.as(head)
	command := newID()
	approve := func() (*intakev1.Deaccession, error) {
		res, err := w.client.DecideDeaccession(t.Context(), &intakev1.DecideDeaccessionRequest{CommandId: command, AccessionNumber: n, Number: 1, Approve: true})
		return res.GetDeaccession(), err
	}
	refused := func(what, want string) {
		t.Helper()
		if _, err := approve(); fault.Of(err) == nil || fault.Of(err).Code != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
		work, err := w.client.GetAccessionWork(t.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: n})
		if err != nil || work.GetDeaccessions()[0].GetState() != "proposed" || work.GetAccession().GetDeaccessioned() != 0 {
			t.Errorf("%s: %v %v", what, work, err)
		}
	}
	refused("no place in the catalogue", "intake.deaccession.uncatalogued")
	w.placed(n, "7", "1", 40)
	w.others.place(n, map[string]uint32{"7/1/41": 1})
	w.others.place("2025-9", map[string]uint32{"7/1/43": 3})
	refused("one unit is not catalogued, another's stands at its number", "intake.deaccession.uncatalogued")
	w.others.place(n, map[string]uint32{"7/1/58": 3})
	for _, service := range []string{"catalogue", "reference"} {
		w.others.away = service
		refused(service+" is silent", "intake.deaccession.unasked")
	}
	w.others.away = ""
	w.others.held["7/1/58"] = "2026-7"
	refused("held", "reference.lock.held")
	if len(w.others.locked) != 0 {
		t.Errorf("locked by a refusal: %v", w.others.locked)
	}
	delete(w.others.held, "7/1/58")
	w.others.lost = true
	refused("the answer is lost", "intake.deaccession.unasked")
	w.others.lost = false
	w.reopen() // as after a death behind the lock
	if d, err := approve(); err != nil || d.GetState() != "done" {
		t.Fatalf("%v %v", d, err)
	}
	if len(w.others.locked) != 2 || w.others.locked["7/1/41"] != n+"/1" || w.others.locked["7/1/58"] != n+"/1" {
		t.Errorf("locked: %v", w.others.locked)
	}
	w.others.away = "reference"
	if _, err := approve(); err != nil {
		t.Errorf("the same command once more: %v", err)
	}
	w.whole()
}
