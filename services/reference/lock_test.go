package reference

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/react"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

var remover = monitor.Identity{Actor: "service:intake", OnBehalfOf: "person:h-1", Roles: []monitor.Role{monitor.Service}}

// declined lets intake's event take effect.
func (w *world) declined(accession string, deaccession uint32) {
	w.t.Helper()
	body := &intakev1.DeaccessionDeclined{AccessionNumber: accession, Number: deaccession}
	raw, err := proto.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	name := string(body.ProtoReflect().Descriptor().FullName())
	header, err := proto.Marshal(&journalv1.Header{
		Archive: "kz-test", Service: "intake", Epoch: 1, Seq: 1, Transaction: 1, Actor: "person:h-1", BodyType: name, RecordedAt: timestamppb.Now(),
		Refs: []*journalv1.Ref{{Type: "accession", Id: accession}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := journal.Decode(&journalv1.Entry{Header: header, Salt: make([]byte, 16), Body: raw})
	if err != nil {
		w.t.Fatal(err)
	}
	decide, err := react.Handlers()[name](w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.s.host.Store().Do(w.t.Context(), base.Command{ID: uuid.New(), Name: "react:intake", Actor: "service:reference", Cause: r.Cause(), Decide: decide}); err != nil {
		w.t.Fatal(err)
	}
}

// TestLockedFilesAreNotNamed: a hold refuses the lock, the lock refuses a hold, and a declined deaccession gives the files back.
func TestLockedFilesAreNotNamed(t *testing.T) {
	w := newWorld(t)
	n := w.registered().GetNumber()
	find := func(code string) error {
		_, err := w.as(archivist).AddFinding(t.Context(), &referencev1.AddFindingRequest{CommandId: newID(), Number: n, Code: code})
		return err
	}
	lock := func(as monitor.Identity, id string, count uint32, codes ...string) error {
		_, err := w.as(as).LockFiles(t.Context(), &referencev1.LockFilesRequest{CommandId: id, AccessionNumber: "2026-4", Deaccession: count, Codes: codes})
		return err
	}
	if err := find("1/2/345"); err != nil {
		t.Fatal(err)
	}
	if err := lock(archivist, newID(), 1, "1/2/9"); fault.Of(err).Code != "reference.lock.only" {
		t.Errorf("a person locks: %v", err)
	}
	if err := lock(remover, newID(), 1); err == nil {
		t.Error("nothing is locked")
	}
	err := lock(remover, newID(), 1, "1/2/346", "ф 1 оп 2 д 345")
	if !errors.Is(err, store.Held) {
		t.Fatalf("a held file is locked: %v", err)
	}
	if said := fault.Of(err).In(fault.Russian); said != "дело 1/2/345 удержано запросом "+n+"; оно может выбыть, когда запрос будет закрыт или перестанет на него ссылаться" {
		t.Errorf("%q", said)
	}
	if err := find("1/2/346"); err != nil {
		t.Errorf("after a refused lock: %v", err)
	}
	id := newID()
	for _, again := range []string{id, id, newID()} {
		if err := lock(remover, again, 2, "1/2/347", "1/2/348"); err != nil {
			t.Fatal(err)
		}
	}
	w.reopen()
	if err := find("Ф. 1. Оп. 2. Д. 348. Л. 5"); !errors.Is(err, store.Leaving) {
		t.Errorf("a locked file is named: %v", err)
	}
	w.whole()
	w.declined("2026-4", 7) // of which nothing is locked
	w.declined("2026-4", 2)
	if err := find("1/2/348"); err != nil {
		t.Errorf("after it was declined: %v", err)
	}
	w.whole()
}

// TestNoLockOutlivesItsDeaccession: a lock that its caller no longer waited for ends with the decline, in whichever order the two come, and
// whichever of them comes again.
func TestNoLockOutlivesItsDeaccession(t *testing.T) {
	w := newWorld(t)
	n := w.registered().GetNumber()
	lock := func(count uint32, code string) func() error {
		q := &referencev1.LockFilesRequest{CommandId: newID(), AccessionNumber: "2026-4", Deaccession: count, Codes: []string{code}}
		return func() error {
			_, err := w.as(remover).LockFiles(t.Context(), q)
			return err
		}
	}
	find := func(code string) error {
		_, err := w.as(archivist).AddFinding(t.Context(), &referencev1.AddFindingRequest{CommandId: newID(), Number: n, Code: code})
		return err
	}

	first := lock(1, "1/2/345")
	if err := first(); err != nil {
		t.Fatal(err)
	}
	w.declined("2026-4", 1)
	head := w.s.host.Store().Head().Seq
	if w.declined("2026-4", 1); w.s.host.Store().Head().Seq != head {
		t.Error("a decline that comes again is recorded again")
	}
	if err := first(); err != nil { // the same command has the same answer
		t.Errorf("the lock's own command, sent again: %v", err)
	}
	if err := lock(1, "1/2/345")(); !errors.Is(err, store.Declined) {
		t.Errorf("lock, decline, lock: %v", err)
	}
	if err := find("1/2/345"); err != nil {
		t.Errorf("lock, decline: %v", err)
	}

	late := lock(2, "1/2/346")
	w.declined("2026-4", 2)
	w.reopen()
	if err := late(); !errors.Is(err, store.Declined) || fault.KindOf(err) != fault.Refused {
		t.Errorf("decline, lock: %v", err)
	}
	if err := find("1/2/346"); err != nil {
		t.Errorf("decline, lock: %v", err)
	}
	if err := lock(3, "1/2/347")(); err != nil { // proposed anew it has another number
		t.Errorf("the next deaccession: %v", err)
	}
	w.whole()
}

// TestHoldOrLock: of a hold and a lock that come at once exactly one stands.
func TestHoldOrLock(t *testing.T) {
	w := newWorld(t)
	n := w.registered().GetNumber()
	w.as(remover) // it calls both: who may add a finding is the monitor's to say, which stands in front of the service
	for i := range 40 {
		code := fmt.Sprintf("1/2/%d", 100+i)
		var hold, lock error
		var both sync.WaitGroup
		both.Go(func() {
			_, hold = w.client.AddFinding(t.Context(), &referencev1.AddFindingRequest{CommandId: newID(), Number: n, Code: code})
		})
		both.Go(func() {
			_, lock = w.client.LockFiles(t.Context(), &referencev1.LockFilesRequest{CommandId: newID(), AccessionNumber: "2026-4", Deaccession: uint32(i + 1), Codes: []string{code}})
		})
		both.Wait()
		if (hold == nil) == (lock == nil) {
			t.Fatalf("%s: hold %v, lock %v", code, hold, lock)
		}
	}
	w.whole()
}
