package cli

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	faultv1 "github.com/qoyma/qoyma/proto/gen/qoyma/fault/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// chosen are the services that a command is for: --service, or all.
func chosen(ar *archive, service string) []string {
	if service != "" {
		return []string{service}
	}
	return ar.services
}

func (a *app) serviceFlag(c *cobra.Command, service *string, usage string) {
	c.Flags().StringVar(service, "service", "", usage)
	_ = c.RegisterFlagCompletionFunc("service", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return a.names(), cobra.ShellCompDirectiveNoFileComp
	})
}

func (a *app) statusCommand() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "status", Short: "How journals, their stream and their readers stand", Args: cobra.NoArgs,
		Long: "How journals, their stream and their readers stand. Exit code 1 where there is an alarm.",
	}
	t.unready = true
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		all := new(journalv1.StatusResponse)
		for _, service := range ar.services {
			client, err := ar.journalOf(service)
			if err != nil {
				return err
			}
			res, err := client.Status(ctx, &journalv1.StatusRequest{Service: service})
			if err != nil {
				return err
			}
			all.Services = append(all.Services, res.GetServices()...)
		}
		if err := a.show(all, func() { a.showStatus(all) }); err != nil {
			return err
		}
		return alarms(all)
	})
	return c
}

var alarmed = fault.Define(fault.Refused, "cli.alarm",
	"there are alarms: {services}; see what they say and the log",
	"есть тревоги: {services}; смотрите их текст и журнал сервера",
	"дабыл бар: {services}; олардың мәтінін және сервер журналын қараңыз")

func alarms(all *journalv1.StatusResponse) error {
	var services []string
	for _, s := range all.GetServices() {
		bad := s.GetAlarm() != ""
		for _, f := range s.GetFollows() {
			bad = bad || f.GetAlarm() != ""
		}
		if bad {
			services = append(services, s.GetService())
		}
	}
	if len(services) == 0 {
		return nil
	}
	return alarmed.With("services", strings.Join(services, ", "))
}

func (a *app) showStatus(all *journalv1.StatusResponse) {
	for _, s := range all.GetServices() {
		a.printf(a.say(text{
			"%s: %d events, epoch %d, %d in the stream\n", "%s: событий %d, эпоха %d, в потоке %d\n", "%s: оқиға %d, дәуір %d, ағында %d\n",
		}), s.GetService(), s.GetLast(), s.GetEpoch(), s.GetRelayed())
		for _, f := range s.GetFollows() {
			a.printf(a.say(text{
				"  follows %s: at %d of %d, lag %d\n", "  следует за %s: %d из %d, отставание %d\n", "  %s соңынан: %d/%d, қалу %d\n",
			}), f.GetService(), f.GetSeq(), f.GetHead(), f.GetHead()-f.GetSeq())
			if f.GetAlarm() != "" {
				a.printf("    ! %s\n", a.said(f.GetAlarmFault(), f.GetAlarm()))
			}
		}
		if s.GetWaiting()+s.GetParked() > 0 {
			a.printf(a.say(text{
				"  waiting: %d, parked: %d (qoyma waiting list)\n", "  ждут: %d, остановлены: %d (qoyma waiting list)\n", "  күтуде: %d, тоқтатылған: %d (qoyma waiting list)\n",
			}), s.GetWaiting(), s.GetParked())
		}
		if s.GetClockHeld() {
			a.printf("  ! %s\n", a.say(text{
				"the clock jumped: timers wait for qoyma clock confirm", "часы скакнули: сроки ждут qoyma clock confirm", "сағат секірді: мерзімдер qoyma clock confirm күтуде",
			}))
		}
		if s.GetAlarm() != "" {
			a.printf("  ! %s\n", a.said(s.GetAlarmFault(), s.GetAlarm()))
		}
	}
}

// said is a fault that a service kept, in the language of the person, and in brackets the technical
// detail where that adds to it.
func (a *app) said(kept *faultv1.Fault, detail string) string {
	words, technical := wire.Said(kept, detail, a.language())
	if technical != "" {
		words += " (" + a.say(text{"technical detail", "технические сведения", "техникалық мәлімет"}) + ": " + technical + ")"
	}
	return clean(words)
}

func (a *app) waitingCommand() *cobra.Command {
	return a.family("waiting", "Reactions to other services' events that could not be carried out", a.waitingList(), a.waitingRetry())
}

func (a *app) waitingList() *cobra.Command {
	var t target
	var service string
	c := &cobra.Command{Use: "list", Short: "List what is deferred or parked", Args: cobra.NoArgs}
	t.flags(c)
	a.serviceFlag(c, &service, "only in this service")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		all := make(map[string][]*journalv1.WaitingEvent)
		flat := new(journalv1.WaitingResponse)
		for _, name := range chosen(ar, service) {
			client, err := ar.journalOf(name)
			if err != nil {
				return err
			}
			res, err := client.Waiting(ctx, &journalv1.WaitingRequest{Service: name})
			if err != nil {
				return err
			}
			all[name] = res.GetEvents()
			flat.Events = append(flat.Events, res.GetEvents()...)
		}
		return a.show(flat, func() { a.showWaiting(all) })
	})
	return c
}

func (a *app) showWaiting(all map[string][]*journalv1.WaitingEvent) {
	var rows [][]string
	for _, name := range sortedKeys(all) {
		for _, e := range all[name] {
			state := a.say(text{"deferred", "отложено", "кейінге қалды"})
			switch {
			case e.GetParked():
				state = a.say(text{"parked", "остановлено", "тоқтатылды"})
			case e.GetBehind():
				state = a.say(text{"behind", "в очереди", "кезекте"})
			}
			ev := e.GetEvent()
			rows = append(rows, []string{
				name, place(ev.GetService(), ev.GetEpoch(), ev.GetSeq()), a.eventName(e.GetBodyType()),
				e.GetObject().GetType() + "/" + e.GetObject().GetId(), state, when(e.GetSince()), a.said(e.GetFault(), e.GetReason()),
			})
		}
	}
	if len(rows) == 0 {
		a.printf("%s\n", a.say(text{"nothing waits", "ничего не ждёт", "күтіп тұрған ештеңе жоқ"}))
		return
	}
	a.table([]text{headService, headEvent, {"", "", ""}, headObject, headState, headSince, headReason}, rows)
}

// parsePlace reads "intake/1/42".
func parsePlace(s string) (*journalv1.Cause, error) {
	parts := strings.Split(s, "/")
	if len(parts) == 3 {
		epoch, errEpoch := strconv.ParseUint(parts[1], 10, 64)
		seq, errSeq := strconv.ParseUint(parts[2], 10, 64)
		if errEpoch == nil && errSeq == nil && parts[0] != "" {
			return &journalv1.Cause{Service: parts[0], Epoch: epoch, Seq: seq}, nil
		}
	}
	return nil, text{"“%s” is no event; write service/epoch/seq", "«%s» – не событие; напишите служба/эпоха/номер", "«%s» оқиға емес; қызмет/дәуір/нөмір деп жазыңыз"}.usage(s)
}

func (a *app) waitingRetry() *cobra.Command {
	var t target
	var service, event string
	c := &cobra.Command{
		Use: "retry", Short: "Try again what is deferred or parked", Args: cobra.NoArgs,
		Long: "Try again what is deferred or parked, all of it or one event. Exit code 1 where something still waits.",
	}
	t.flags(c)
	a.serviceFlag(c, &service, "only in this service")
	c.Flags().StringVar(&event, "event", "", "only this event: service/epoch/seq, as waiting list shows it")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		var cause *journalv1.Cause
		if event != "" {
			var err error
			if cause, err = parsePlace(event); err != nil {
				return err
			}
		}
		sum := new(journalv1.RetryResponse)
		for _, name := range chosen(ar, service) {
			client, err := ar.journalOf(name)
			if err != nil {
				return err
			}
			res, err := client.Retry(ctx, &journalv1.RetryRequest{Service: name, Event: cause})
			if err != nil {
				return err
			}
			sum.Settled += res.GetSettled()
			sum.StillWaiting += res.GetStillWaiting()
		}
		if err := a.show(sum, func() {
			a.printf(a.say(text{"carried out: %d, still waiting: %d\n", "выполнено: %d, ещё ждут: %d\n", "орындалды: %d, әлі күтуде: %d\n"}), sum.GetSettled(), sum.GetStillWaiting())
		}); err != nil {
			return err
		}
		if sum.GetStillWaiting() > 0 {
			return stillWaiting.With("count", sum.GetStillWaiting())
		}
		return nil
	})
	return c
}

var stillWaiting = fault.Define(fault.Refused, "cli.still_waiting",
	"{count} reactions still wait; their reasons: qoyma waiting list",
	"реакций ещё ждёт: {count}; причины: qoyma waiting list",
	"әлі күтіп тұрған әрекет саны: {count}; себептері: qoyma waiting list")

func (a *app) clockCommand() *cobra.Command {
	var t target
	var service string
	c := &cobra.Command{
		Use: "confirm", Short: "Say that the clock is right, so that timers fire again", Args: cobra.NoArgs,
		Long: "Say that the clock is right after it had jumped by more than a day: timers then fire again. Only services whose timers wait are told, unless --service names one.",
	}
	t.flags(c)
	a.serviceFlag(c, &service, "only this service")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		confirmed := map[string]uint64{}
		for _, name := range chosen(ar, service) {
			client, err := ar.journalOf(name)
			if err != nil {
				return err
			}
			if service == "" {
				st, err := client.Status(ctx, &journalv1.StatusRequest{Service: name})
				if err != nil {
					return err
				}
				if !last(st.GetServices()).GetClockHeld() {
					continue
				}
			}
			id, err := commandID()
			if err != nil {
				return err
			}
			res, err := client.ConfirmClock(ctx, &journalv1.ConfirmClockRequest{Service: name, CommandId: id})
			if err != nil {
				return err
			}
			confirmed[name] = res.GetSeq()
		}
		if a.json {
			return a.printJSON(map[string]any{"confirmed": confirmed})
		}
		if len(confirmed) == 0 {
			a.printf("%s\n", a.say(text{"no timer waits for the clock", "ни один срок не ждёт подтверждения часов", "сағатты растауды күткен мерзім жоқ"}))
		}
		for _, name := range sortedKeys(confirmed) {
			a.printf("%s: %s %d\n", name, a.say(text{"confirmed, event", "подтверждено, событие", "расталды, оқиға"}), confirmed[name])
		}
		return nil
	})
	return a.family("clock", "The clock by which timers fire", c)
}

func (a *app) eraseCommand() *cobra.Command {
	var t target
	var service, ground string
	c := &cobra.Command{
		Use: "erase REF", Short: "Destroy the key of an object's personal data, for ever", Args: cobra.ExactArgs(1),
		Long: "Destroy the key under which an object's personal data are sealed: nobody can read them any more, in no copy, and all proofs still stand.\n" +
			"It cannot be undone. Only the head of the archive may: with --data add --role head.",
		Example: "  qoyma erase transfer/2026-1 --service intake --ground \"Law on personal data, art. 18\" --data DIR --role head",
	}
	t.in(c, monitor.Head)
	a.serviceFlag(c, &service, "service that keeps the data")
	c.Flags().StringVar(&ground, "ground", "", "legal ground")
	_ = c.MarkFlagRequired("service")
	_ = c.MarkFlagRequired("ground")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		ref, err := parseRef(args[0])
		if err != nil {
			return err
		}
		client, err := ar.journalOf(service)
		if err != nil {
			return err
		}
		id, err := commandID()
		if err != nil {
			return err
		}
		res, err := client.EraseObject(ctx, &journalv1.EraseObjectRequest{Service: service, CommandId: id, Object: ref.Proto(), Ground: ground})
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.printf(a.say(text{"erased; event %d of %s\n", "уничтожено; событие %d службы %s\n", "жойылды; %d оқиғасы, %s қызметі\n"}), res.GetSeq(), service)
		})
	})
	return c
}

func (a *app) journalCommand() *cobra.Command {
	return a.family("journal", "Checkpoints and proofs of a journal, and going on after a loss", a.journalCheckpoint(), a.journalProof(), a.journalRebuild(), a.journalEpoch())
}

func (a *app) journalCheckpoint() *cobra.Command {
	var t target
	var service string
	c := &cobra.Command{
		Use: "checkpoint", Short: "Print the newest signed checkpoint (C2SP tlog-checkpoint)", Args: cobra.NoArgs,
		Long: "Print the newest signed checkpoint (C2SP tlog-checkpoint). Keep copies elsewhere: they prove later that nothing was lost or changed.",
	}
	t.flags(c)
	a.serviceFlag(c, &service, "service of the journal")
	_ = c.MarkFlagRequired("service")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := ar.journalOf(service)
		if err != nil {
			return err
		}
		res, err := client.Checkpoint(ctx, &journalv1.CheckpointRequest{Service: service})
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]string{"checkpoint": string(res.GetCheckpoint()), "verifier": res.GetVerifier()})
		}
		a.printf("%s", bytes.TrimLeft(res.GetCheckpoint(), "\n"))
		return nil
	})
	return c
}
