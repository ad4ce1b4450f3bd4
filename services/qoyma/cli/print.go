package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// show prints an answer: as protobuf JSON, or as people read it.
func (a *app) show(m proto.Message, people func()) error {
	if !a.json {
		people()
		return nil
	}
	raw, err := protojson.MarshalOptions{EmitUnpopulated: true, Multiline: true, Indent: "  "}.Marshal(m)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	a.printf("%s\n", raw)
	return nil
}

// words is a text of the archive in the language of the person; where nobody wrote it in
// that one, in another.
func (a *app) words(t *recordv1.Text) string {
	order := []string{t.GetEn(), t.GetRu(), t.GetKk()}
	switch a.language() {
	case fault.Kazakh:
		order = []string{t.GetKk(), t.GetRu(), t.GetEn()}
	case fault.Russian:
		order = []string{t.GetRu(), t.GetKk(), t.GetEn()}
	case fault.English:
	}
	for _, s := range order {
		if s != "" {
			return clean(s)
		}
	}
	return ""
}

// clean takes out what could steer a terminal: the texts come from strangers.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, s)
}

// table prints rows in columns.
func (a *app) table(head []text, rows [][]string) {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	names := make([]string, len(head))
	for i, h := range head {
		names[i] = a.say(h)
	}
	_, _ = fmt.Fprintln(w, strings.Join(names, "\t"))
	for _, row := range rows {
		for i := range row {
			row[i] = clean(row[i])
		}
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // see printf
}

func when(t *timestamppb.Timestamp) string {
	return t.AsTime().In(civil.Almaty()).Format(time.DateTime)
}

// years is "2019" or "2015–2019".
func years(from, to uint32) string {
	switch {
	case from == 0 && to == 0:
		return ""
	case from == to || to == 0:
		return fmt.Sprint(from)
	default:
		return fmt.Sprintf("%d–%d", from, to)
	}
}

func dates(from, to string) string {
	if from == to || to == "" {
		return from
	}
	return from + " – " + to
}

// Column heads that several commands share.
var (
	headID           = text{"ID", "КОД", "КОДЫ"}
	headNumber       = text{"NUMBER", "НОМЕР", "НӨМІРІ"}
	headTransfer     = text{"TRANSFER", "ПЕРЕДАЧА", "ТАПСЫРУ"}
	headAccession    = text{"ACCESSION", "ПОСТУПЛЕНИЕ", "ТҮСІМ"}
	headOrganisation = text{"ORGANISATION", "ОРГАНИЗАЦИЯ", "ҰЙЫМ"}
	headInventory    = text{"INVENTORY", "ОПИСЬ", "ТІЗІМДЕМЕ"}
	headFiles        = text{"FILES", "ДЕЛА", "ІСТЕР"}
	headKind         = text{"KIND", "ВИД", "ТҮРІ"}
	headSize         = text{"SIZE", "РАЗМЕР", "КӨЛЕМІ"}
	headContent      = text{"FILES", "ФАЙЛЫ", "ФАЙЛДАР"} // digital ones
	headState        = text{"STATE", "СОСТОЯНИЕ", "КҮЙІ"}
	headDue          = text{"DUE", "СРОК", "МЕРЗІМІ"}
	headTitle        = text{"TITLE", "ЗАГОЛОВОК", "ТАҚЫРЫБЫ"}
	headYears        = text{"YEARS", "ГОДЫ", "ЖЫЛДАРЫ"}
	headDates        = text{"DATES", "ДАТЫ", "КҮНДЕРІ"}
	headCode         = text{"CODE", "ШИФР", "ШИФР"}
	headService      = text{"SERVICE", "СЛУЖБА", "ҚЫЗМЕТ"}
	headEvent        = text{"EVENT", "СОБЫТИЕ", "ОҚИҒА"}
	headObject       = text{"OBJECT", "ОБЪЕКТ", "НЫСАН"}
	headReason       = text{"REASON", "ПРИЧИНА", "СЕБЕБІ"}
	headSince        = text{"SINCE", "С", "БАСТАП"}
)
