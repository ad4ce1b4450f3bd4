package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	faultv1 "github.com/qoyma/qoyma/proto/gen/qoyma/fault/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/standards/custody"
)

func (c *archive) journalOf(service string) (journalv1.JournalServiceClient, error) {
	conn, err := c.conn(service)
	if err != nil {
		return nil, err
	}
	return journalv1.NewJournalServiceClient(conn), nil
}

// parseRef reads "transfer/2026-1".
func parseRef(arg string) (journal.Ref, error) {
	ref, ok := journal.ParseRef(arg)
	if !ok {
		return ref, text{
			"“%s” names no object; write its type and id, for example transfer/2026-1",
			"«%s» не указывает на объект; напишите его тип и номер, например transfer/2026-1",
			"«%s» ешбір нысанды көрсетпейді; түрі мен нөмірін жазыңыз, мысалы transfer/2026-1",
		}.usage(arg)
	}
	return ref, nil
}

func (a *app) timelineCommand() *cobra.Command {
	var t target
	var verbose bool
	c := &cobra.Command{
		Use: "timeline REF", Short: "What happened to an object, from the journals of all services", Args: cobra.ExactArgs(1),
		Long:    "What happened to an object, from the journals of all services in one order: a cause stands before its effects. Times are those of Almaty.\nThe timeline of a file, by its code or by its department's number, is the whole chain: department, transfer, accession, catalogue, insurance, requests, papers.",
		Example: "  qoyma timeline code/1/1/2\n  qoyma timeline file/7\n  qoyma timeline transfer/2026-1\n  qoyma timeline accession/2026-1 --verbose",
	}
	t.flags(c)
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "show what the events hold")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		ref, err := parseRef(args[0])
		if err != nil {
			return err
		}
		events, cut, err := ar.history(ctx, ref)
		if err != nil {
			return err
		}
		return a.show(&journalv1.TimelineResponse{Events: events, More: cut}, func() {
			a.showTimeline(ref, events, verbose)
			if cut {
				a.printf("%s\n", a.say(text{
					"more is related to this file than one timeline shows; ask for the timeline of a request or an accession",
					"с этим делом связано больше, чем показывает одна лента; запросите ленту запроса или поступления",
					"бұл іске бір тарихта көрсетілгеннен көп нәрсе қатысты; сұрау салудың немесе түсімнің тарихын сұраңыз",
				}))
			}
		})
	})
	return c
}

// history is an object's timeline; that of a file, asked for by its code or by its department's
// number, is the whole chain from the department to the papers that cite it.
func (c *archive) history(ctx context.Context, ref journal.Ref) (events []*journalv1.TimelineEvent, cut bool, err error) {
	if id, ok := custody.ID(ref.ID); ok && ref.Type == custody.Code {
		ref.ID = id
	} else if ref.Type != custody.File {
		events, err = client.Timeline(ctx, c.services, c.journalOf, ref)
		return events, false, err
	}
	catalogue, err := c.conn("catalogue")
	if err != nil {
		return nil, false, err
	}
	retention, err := c.conn("retention")
	if err != nil {
		return nil, false, err
	}
	return client.History(ctx, c.services, c.journalOf, client.Keepers{
		Catalogue: cataloguev1.NewCatalogueServiceClient(catalogue), Retention: retentionv1.NewRetentionServiceClient(retention),
	}, ref)
}

func (a *app) showTimeline(ref journal.Ref, events []*journalv1.TimelineEvent, verbose bool) {
	if len(events) == 0 {
		a.printf(a.say(text{"no event about %s that you may see\n", "событий об объекте %s, доступных вам, нет\n", "%s туралы сізге ашық оқиға жоқ\n"}), ref)
		return
	}
	for _, e := range events {
		a.printf("%s  %s  %s  %s\n", when(e.GetRecordedAt()), a.eventName(e.GetBodyType()),
			place(e.GetService(), e.GetEpoch(), e.GetSeq()), a.why(e))
		if !verbose {
			continue
		}
		a.details(e.GetBodyJson())
		switch {
		case e.GetErased():
			a.printf("    %s\n", a.say(text{"personal data lawfully erased", "персональные данные уничтожены на законном основании", "дербес деректер заңды негізде жойылған"}))
		case e.GetSealedJson() != "":
			a.details(e.GetSealedJson())
		}
	}
}

// place is an event's place as commands take it: "intake/1/42".
func place(service string, epoch, seq uint64) string {
	return fmt.Sprintf("%s/%d/%d", service, epoch, seq)
}

// why says who did it, for whom and in answer to what.
func (a *app) why(e *journalv1.TimelineEvent) string {
	s := clean(e.GetActor())
	if e.GetOnBehalfOf() != "" && e.GetOnBehalfOf() != e.GetActor() {
		s += a.say(text{" for ", " от имени ", " атынан: "}) + clean(e.GetOnBehalfOf())
	}
	if c := e.GetCause(); c != nil {
		s += " ← " + place(c.GetService(), c.GetEpoch(), c.GetSeq())
	}
	return s
}

// details prints a body one field a line. protojson varies its spacing on purpose, so it is
// read and written again.
func (a *app) details(raw string) {
	var body map[string]json.RawMessage
	if json.Unmarshal([]byte(raw), &body) != nil {
		return
	}
	for _, key := range sortedKeys(body) {
		var value any
		if json.Unmarshal(body[key], &value) != nil {
			continue
		}
		if kept := new(faultv1.Fault); key == "fault" && protojson.Unmarshal(body[key], kept) == nil && kept.GetCode() != "" {
			value = a.said(kept, "")
		}
		if compact, err := json.Marshal(value); err == nil {
			a.printf("    %s: %s\n", clean(key), clean(string(compact)))
		}
	}
}
