package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/qoyma/process"
	"github.com/qoyma/qoyma/services/standards/custody"
)

// link is an event that the chain of the file must have on it.
type link struct {
	event string
	// damage is true where it happens only with the originals on this machine (see damage).
	damage     bool
	kk, ru, en string
}

// links are the steps of the main job as one file lived through them, in their order.
func links() []link {
	return []link{
		{"FileOpened", false, "мекемеде іс ашылды", "в ведомстве заведено дело", "the department opened the file"},
		{"FileClosed", false, "іс аяқталды", "дело закончено", "the file was closed"},
		{"InventoryApproved", false, "тізімдеме бекітілді", "опись утверждена", "its inventory was approved"},
		{"TransferDue", false, "тапсыру мерзімі келді", "наступил срок передачи", "its transfer fell due"},
		{"PackageChecked", false, "пакет тексерілді", "пакет проверен", "its package was checked"},
		{"AccessionAccepted", false, "түсім қабылданды", "поступление принято", "the accession was accepted"},
		{"TransferFulfilled", false, "мекеменің міндеті орындалды", "обязанность ведомства исполнена", "the department's duty was fulfilled"},
		{"AccessionCatalogued", false, "каталогқа енгізілді", "внесено в каталог", "it was catalogued"},
		{"CopyMade", false, "сақтандыру көшірмесі жасалды", "изготовлена страховая копия", "its insurance copy was made"},
		{"CopyVerified", false, "көшірме салыстырылды", "копия сверена", "the copy was verified"},
		{"DamageFound", true, "бүліну табылды", "найдено повреждение", "damage was found"},
		{"OriginalRestored", true, "түпнұсқа қалпына келтірілді", "оригинал восстановлен", "the original was restored"},
		{"RequestRegistered", false, "азаматтың өтініші тіркелді", "зарегистрирован запрос гражданина", "a citizen's request was registered"},
		{"FindingAdded", false, "жауап осы іске сүйенеді", "ответ опирается на это дело", "its answer rests on the file"},
		{"CertificateSigned", false, "анықтамаға қол қойылды", "справка подписана", "the certificate was signed"},
		{"RequestClosed", false, "өтініш жабылды", "запрос закрыт", "the request was closed"},
	}
}

// timeline is step 8: the history of the one file that the steps before led through everything, read
// from all journals. It waits for what the services still do by themselves.
func (d *demo) timeline(ctx context.Context, s *Step) error {
	id, ok := custody.ID(d.code)
	if !ok {
		return wrong("%q is no code of a file", d.code)
	}
	c, err := d.catalogue(d.archivist)
	if err != nil {
		return err
	}
	here, ok := d.p.(withOriginals)
	spoilt := ok && here.Originals() != ""
	want := slices.DeleteFunc(links(), func(l link) bool { return l.damage && !spoilt })
	var events []*journalv1.TimelineEvent
	lacks := ""
	if err := until(ctx, "the chain of "+id+" is whole", func() (bool, error) {
		var err error
		events, _, err = client.History(ctx, process.Names(), d.journal, client.Keepers{Catalogue: c}, journal.Ref{Type: custody.Code, ID: id})
		lacks = missing(events, want)
		return lacks == "", err
	}); err != nil {
		return fmt.Errorf("%w: %s is not on the timeline of %s", err, lacks, id)
	}
	services, told := map[string]bool{}, []string{}
	for _, e := range events {
		services[e.GetService()] = true
		i := slices.IndexFunc(want, func(l link) bool { return l.event == kind(e) })
		if i < 0 {
			continue
		}
		told = append(told, kind(e))
		at := fmt.Sprintf("%s  %-9s %4d  ", e.GetRecordedAt().AsTime().Format("15:04:05.000"), e.GetService(), e.GetSeq())
		d.say(s, at+want[i].kk, at+want[i].ru, at+want[i].en)
	}
	d.say(s, fmt.Sprintf("Бүкіл тізбек: qoyma timeline code/%s, %d оқиға, %d қызмет", id, len(events), len(services)),
		fmt.Sprintf("Вся цепочка: qoyma timeline code/%s, событий %d, служб %d", id, len(events), len(services)),
		fmt.Sprintf("The whole chain: qoyma timeline code/%s, %d events, %d services", id, len(events), len(services)))
	s.Facts["object"], s.Facts["events"], s.Facts["services"], s.Facts["chain"] = "code/"+id, len(events), len(services), told
	return nil
}

func kind(e *journalv1.TimelineEvent) string {
	return e.GetBodyType()[strings.LastIndex(e.GetBodyType(), ".")+1:]
}

// missing names the first event wanted that is not there, or not after those wanted before it of the
// same service.
func missing(events []*journalv1.TimelineEvent, want []link) string {
	last := map[string]uint64{}
	for _, l := range want {
		i := slices.IndexFunc(events, func(e *journalv1.TimelineEvent) bool {
			return kind(e) == l.event && e.GetSeq() > last[e.GetService()]
		})
		if i < 0 {
			return l.event
		}
		last[events[i].GetService()] = events[i].GetSeq()
	}
	return ""
}
