// Package react is what the intake service does in answer to events of others: what fell due
// in retention is expected here.
package react

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Retention handles what retention publishes.
func Retention() follow.Handlers {
	return follow.Handlers{
		name((*retentionv1.TransferDue)(nil)):       due,
		name((*retentionv1.TransferDueListed)(nil)): listed,
	}
}

// Why what retention or the catalogue says cannot be followed, for the administrator.
var (
	nameless = fault.Define(fault.Refused, "intake.due.nameless",
		"the transfer names no number, no organisation or no inventory; tell those who maintain the program",
		"в передаче не названы номер, организация или опись; сообщите тем, кто сопровождает программу",
		"тапсыруда нөмір, ұйым немесе тізімдеме аталмаған; бағдарламаны сүйемелдейтіндерге хабарлаңыз")
	hereAlready = fault.Define(fault.Refused, "intake.due.here_already",
		"transfer {transfer} is here already; open it and compare it with the department's",
		"передача {transfer} здесь уже есть; откройте её и сверьте с передачей организации",
		"{transfer} тапсыруы мұнда бар; оны ашып, ұйымның тапсыруымен салыстырыңыз")
	positionTwice = fault.Define(fault.Refused, "intake.due.position",
		"position {position} stands twice in transfer {transfer} or is none; compare it with the department's inventory",
		"номер {position} в передаче {transfer} стоит дважды или недействителен; сверьте с описью организации",
		"{transfer} тапсыруындағы {position} нөмірі екі рет тұр немесе жарамсыз; ұйымның тізімдемесімен салыстырыңыз")
	otherCount = fault.Define(fault.Refused, "intake.due.count",
		"transfer {transfer} lists {listed} files, its inventory has {files}; compare it with the department's inventory",
		"в передаче {transfer} перечислено дел: {listed}, в описи: {files}; сверьте с описью организации",
		"{transfer} тапсыруында тізілген іс саны: {listed}, тізімдемеде: {files}; ұйымның тізімдемесімен салыстырыңыз")
	notInBook = fault.Define(fault.Refused, "intake.placed.unknown",
		"the catalogue placed accession {accession}, which is not in the book of accessions; see whether a part of this journal is lost",
		"каталог разместил поступление {accession}, которого нет в книге поступлений; проверьте, не утрачена ли часть этого журнала",
		"каталог түсімдер кітабында жоқ {accession} түсімін орналастырған; осы журналдың бір бөлігі жоғалмағанын тексеріңіз")
)

func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

func due(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b retentionv1.TransferDue
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
	if b.GetTransferId() == "" || b.GetOrganisation().GetId() == "" || b.GetInventory().GetId() == "" {
		return nil, base.Never.With("reason", nameless.With())
	}
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		if _, err := store.Transfer(v, b.GetTransferId()); err == nil {
			return nil, base.Never.With("reason", hereAlready.With("transfer", b.GetTransferId()))
		}
		return []base.Event{{
			Refs:  store.Refs(b.GetTransferId(), b.GetOrganisation(), b.GetInventory()),
			Label: store.LabelOf(r.Header.GetLabel()),
			Body: &intakev1.TransferExpected{
				TransferId: b.GetTransferId(), Organisation: b.GetOrganisation(), Inventory: b.GetInventory(), DueOn: b.GetDueOn(),
			},
		}}, nil
	}, nil
}

func listed(_ context.Context, r *journal.Record) (base.Decide, error) {
	var b retentionv1.TransferDueListed
	if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
		return nil, base.CannotRead(err)
	}
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		t, err := store.Transfer(v, b.GetTransferId())
		if err != nil {
			return nil, err // its TransferDue waits: so do we
		}
		list, err := store.ListOf(v, b.GetTransferId())
		if err != nil {
			return nil, err
		}
		seen := make(map[uint32]bool, len(b.GetFiles()))
		for _, f := range b.GetFiles() {
			if p := f.GetPosition(); p == 0 || seen[p] || store.IsListed(v, b.GetTransferId(), p) {
				return nil, base.Never.With("reason", positionTwice.With("position", p, "transfer", b.GetTransferId()))
			}
			seen[f.GetPosition()] = true
		}
		all := list.Rows + uint32(len(b.GetFiles()))
		if list.Complete || (b.GetLast() && all != t.GetInventory().GetFiles()) {
			return nil, base.Never.With("reason", otherCount.With("transfer", b.GetTransferId(), "listed", all, "files", t.GetInventory().GetFiles()))
		}
		return expected(t, b.GetFiles(), b.GetLast()), nil
	}, nil
}

// expected repeats the rows in events of one label each.
func expected(t *intakev1.Transfer, files []*recordv1.File, last bool) []base.Event {
	var events []base.Event
	store.Chunks(files, (*recordv1.File).GetLabel, func(label base.Label, chunk []*recordv1.File, final bool) {
		events = append(events, base.Event{
			Refs: store.Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: label,
			Body: &intakev1.TransferFilesExpected{TransferId: t.GetTransferId(), Files: chunk, Last: last && final},
		})
	})
	return events
}
