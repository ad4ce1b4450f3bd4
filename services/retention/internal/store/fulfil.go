package store

import (
	"cmp"
	"fmt"
	"time"

	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

// Why an acceptance closes no duty here, for the administrator and whoever he asks.
var (
	neverNumbered = fault.Define(fault.Refused, "retention.acceptance.transfer_unknown",
		"transfer {transfer} was never numbered here; compare it with the archive's list of transfers",
		"передача {transfer} здесь не нумеровалась; сверьте её со списком передач архива",
		"{transfer} тапсыруына мұнда нөмір берілмеген; оны архивтің тапсырулар тізімімен салыстырыңыз")
	noAccession = fault.Define(fault.Refused, "retention.acceptance.no_accession",
		"transfer {transfer} was accepted without an accession number; see its act and tell those who maintain the program",
		"передача {transfer} принята без номера поступления; посмотрите её акт и сообщите тем, кто сопровождает программу",
		"{transfer} тапсыруы түсім нөмірінсіз қабылданған; актісін қарап, бағдарламаны сүйемелдейтіндерге хабарлаңыз")
	notDue = fault.Define(fault.Refused, "retention.acceptance.not_due",
		"transfer {transfer} does not wait for an acceptance (accession here: {here}, there: {there}); compare both acts",
		"передача {transfer} не ждёт приёма (поступление здесь: {here}, там: {there}); сверьте оба акта",
		"{transfer} тапсыруы қабылдауды күтіп тұрған жоқ (мұндағы түсім: {here}, ондағысы: {there}); екі актіні салыстырыңыз")
	awaited = fault.Define(fault.Refused, "retention.acceptance.awaited",
		"accession {accession} itself is not known here yet; this follows by itself when it is",
		"само поступление {accession} здесь ещё неизвестно; это будет выполнено само вслед за ним",
		"{accession} түсімінің өзі мұнда әлі белгісіз; ол белгілі болған соң, бұл өзі орындалады")
	noFile = fault.Define(fault.Refused, "retention.acceptance.file_unknown",
		"{file} of accession {accession} is no file of a department here; compare the accession with its inventory",
		"{file} из поступления {accession} не является делом организации; сверьте поступление с описью",
		"{accession} түсіміндегі {file} мұндағы ұйымның ісі емес; түсімді тізімдемемен салыстырыңыз")
	otherFile = fault.Define(fault.Refused, "retention.acceptance.file_elsewhere",
		"file {file} of accession {accession} is not due for transfer in this inventory (it stands in {inventory}); compare the accession with the inventory",
		"дело {file} из поступления {accession} не подлежит передаче по этой описи (оно стоит в {inventory}); сверьте поступление с описью",
		"{accession} түсіміндегі {file} ісі осы тізімдеме бойынша тапсырылмайды (ол {inventory} ішінде тұр); түсімді тізімдемемен салыстырыңыз")
)

// Fulfil decides that the archive's acceptance closes a duty. An acceptance of a transfer that
// we never let fall due, or that another acceptance closed, is never handled: a person must
// look at it (store.Never).
func Fulfil(transfer, accession string, accepted uint32) store.Decide {
	return func(v *store.View, _ time.Time) ([]store.Event, error) {
		d, err := Transfer(v, transfer)
		switch {
		case err != nil:
			return nil, err
		case d == nil:
			return nil, never(neverNumbered.With("transfer", clip.Runes(transfer, maxShown)))
		case accession == "":
			return nil, never(noAccession.With("transfer", transfer))
		case d.GetState() == DutyFulfilled && d.GetAccessionNumber() == accession:
			return nil, nil
		case d.GetState() != DutyDue:
			return nil, never(notDue.With("transfer", transfer, "here", cmp.Or(d.GetAccessionNumber(), "–"), "there", clip.Runes(accession, maxShown)))
		}
		return []store.Event{{
			Refs: fulfilment(d, accession),
			Body: &retentionv1.TransferFulfilled{TransferId: transfer, AccessionNumber: accession, Accepted: accepted},
		}}, nil
	}
}

// fulfilment are the objects that an acceptance concerns.
func fulfilment(d *retentionv1.DueTransfer, accession string) []journal.Ref {
	return []journal.Ref{
		transferRef(d.GetTransferId()), organisationRef(d.GetOrganisation().GetId()),
		inventoryRef(d.GetInventory().GetId()), accessionRef(accession),
	}
}

// HandOver decides that files of an accession are in the archive. The accession itself must
// have been taken in before: until then the event waits.
func HandOver(accession string, files []string) store.Decide {
	return func(v *store.View, _ time.Time) ([]store.Event, error) {
		transfer := TransferOf(v, accession)
		if transfer == "" {
			return nil, awaited.With("accession", clip.Runes(accession, maxShown))
		}
		d, err := Transfer(v, transfer)
		if err != nil {
			return nil, err
		}
		if d == nil {
			return nil, fmt.Errorf("retention: accession %s belongs to transfer %s, which is not there", clip.Runes(accession, maxShown), transfer)
		}
		ids := make([]string, 0, len(files))
		for _, id := range files {
			row, err := File(v, id, everything{})
			if err != nil {
				return nil, never(noFile.With("file", clip.Runes(id, maxShown), "accession", accession))
			}
			file, err := fileOf(row)
			if err != nil {
				return nil, err
			}
			if file.State == nomenclature.Transferred {
				continue
			}
			if _, err := nomenclature.HandOver(file); err != nil || row.GetInventoryId() != d.GetInventory().GetId() {
				return nil, never(otherFile.With("file", clip.Runes(id, maxShown), "accession", accession, "inventory", cmp.Or(row.GetInventoryId(), "–")))
			}
			ids = append(ids, id)
		}
		var events []store.Event
		for from := 0; from < len(ids); from += maxRows {
			events = append(events, store.Event{
				Refs: fulfilment(d, accession),
				Body: &retentionv1.FilesTransferred{
					TransferId: transfer, AccessionNumber: accession, FileIds: ids[from:min(from+maxRows, len(ids))],
				},
			})
		}
		return events, nil
	}
}

func never(why *fault.Error) error { return store.Never.With("reason", why) }
