package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/qoyma/demo"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

var demoFailed = fault.Define(fault.Refused, "cli.demo_failed",
	"step {number} did not hold: {problem}",
	"шаг {number} не удался: {problem}",
	"{number}-қадам орындалмады: {problem}")

func (a *app) demoCommand() *cobra.Command {
	var once bool
	var t target
	s := settings{
		Log: "text", Archive: "kz-demo",
		NameKK: "Жетіөзен облысының мемлекеттік архиві", NameRU: "Государственный архив Жетиозенской области",
		AddressKK: "Жетіөзен қаласы, Архив көшесі, 1", AddressRU: "город Жетиозен, улица Архивная, 1",
	}
	c := &cobra.Command{
		Use: "demo", Short: "Make a small archive and run the main job in it, then serve it", Args: cobra.NoArgs,
		Long: `Make a believable small archive in three languages and run the main job in it, step by step: files fall
due, their package is checked, the archivist accepts, the catalogue finds. Then the archive is served until SIGINT.
Without --data the folder is a temporary one and is removed at the end.
With --server and --keys the job is run in an archive whose services run elsewhere, with the operator's keys.
With --once one JSON report is printed; the exit code is 0 only if every step held.`,
	}
	c.Flags().BoolVar(&once, "once", false, "print one JSON report of the steps and end")
	c.Flags().StringVar(&s.Data, "data", "", "folder to keep the archive in (default: a temporary one)")
	c.Flags().StringVar(&s.Listen, "listen", "127.0.0.1:8080", "address of health and metrics while it is served")
	c.Flags().StringSliceVar(&t.server, "server", split(os.Getenv("QOYMA_SERVER")), "run the job in an archive that runs elsewhere: addresses as for other commands (default: QOYMA_SERVER)")
	c.Flags().StringVar(&t.keys, "keys", os.Getenv("QOYMA_KEYS"), "folder of the operator's keys, for --server (default: QOYMA_KEYS)")
	c.Flags().BoolVar(&t.plain, "plain", false, "speak to servers on other machines without TLS: only in a closed network")
	_ = c.MarkFlagDirname("data")
	c.RunE = a.do(func(ctx context.Context, _ []string) error {
		if len(t.server) > 0 {
			return a.demoApart(ctx, &t, once)
		}
		return a.demo(ctx, s, once)
	})
	return c
}

// ownAddress is where the pages are that listen there, as this machine calls it; empty where the port
// is known only once they do.
func ownAddress(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return ""
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// demo runs the main job and then serves, or ends.
func (a *app) demo(ctx context.Context, s settings, once bool) (err error) {
	if s.Data == "" {
		folder, err := os.MkdirTemp("", "qoyma-demo-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		s.Data = filepath.Join(folder, "archive")
	}
	t, err := telemetry.New(ctx, telemetry.Config{Process: "qoyma", Version: telemetry.Version(), Output: a.err, Level: errorsOnly})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Shutdown(context.WithoutCancel(ctx))) }()
	cfg := process.Config{
		Data: s.Data, Archive: s.Archive, NameKK: s.NameKK, NameRU: s.NameRU, AddressKK: s.AddressKK, AddressRU: s.AddressRU,
		OwnURL: ownAddress(s.Listen), HTTP: s.Listen, Services: a.services,
	}
	if once {
		cfg.HTTP = ""
	}
	p, err := process.Open(ctx, cfg, t)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	done := make(chan error, 1)
	go func() { done <- p.Run(running) }()
	err = a.demonstrate(ctx, p, s, once, done)
	stop()
	return errors.Join(err, <-done)
}

// demonstrate waits for the services, runs the steps, and holds until it is interrupted.
func (a *app) demonstrate(ctx context.Context, p *process.Process, s settings, once bool, done chan error) error {
	if err := waitReady(ctx, p, done, readyWithin); err != nil {
		if errors.Is(err, errEnded) {
			return nil // its own error follows
		}
		return err
	}
	ready := time.Since(a.started)
	progress := a.step
	if once || a.json {
		progress = nil
	} else {
		a.printf(a.say(text{
			"Qoyma: the archive %s is ready in %.2f s, in %s\n\n",
			"Qoyma: архив %s готов за %.2f с, папка %s\n\n",
			"Qoyma: %s архиві %.2f с ішінде дайын, қалтасы %s\n\n",
		}), p.Archive(), ready.Seconds(), s.Data)
	}
	folder := filepath.Join(s.Data, "demo")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	report := demo.Run(ctx, p, folder, a.language(), progress)
	report.ReadyMS = ready.Milliseconds()
	if err := a.reported(report, once); err != nil {
		return err
	}
	if once {
		return nil
	}
	if !a.json {
		a.tryNext(p, s, report)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-done:
		done <- err
		return nil
	}
}

// reported prints the report where it is asked for; the error is the step that did not hold.
func (a *app) reported(r *demo.Report, once bool) error {
	if once || a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	}
	if !r.OK {
		last := r.Steps[len(r.Steps)-1]
		return demoFailed.With("number", last.Number, "problem", last.Error)
	}
	return nil
}

// demoApart runs the main job in an archive whose services run elsewhere.
func (a *app) demoApart(ctx context.Context, t *target, once bool) (err error) {
	all, each, err := a.addresses(t.server)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "qoyma-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	remote, err := client.Dial(keys.Folder(t.keys), serve.NetworkConfig{Addresses: a.everywhere(all, each), Plain: t.plain, DefaultDeadline: 30 * time.Second})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remote.Close()) }()
	progress := a.step
	if once || a.json {
		progress = nil
	}
	return a.reported(demo.Run(ctx, remote, folder, a.language(), progress), once)
}

// step prints one step as it ends.
func (a *app) step(s *demo.Step) {
	mark := "✓"
	if !s.OK {
		mark = "✗"
	}
	a.printf("%s %d. %s (%d ms)\n", mark, s.Number, s.Title(a.language()), s.TookMS)
	for _, line := range s.Told() {
		a.printf("     %s\n", line)
	}
	if s.Error != "" {
		a.printf("     %s\n", s.Error)
	}
	a.printf("\n")
}

// roleWords is a role as people call it; the id of one that has no words here.
func (a *app) roleWords(role string) string {
	words, ok := map[monitor.Role]text{
		monitor.Clerk:         {"department clerk", "делопроизводитель", "іс жүргізуші"},
		monitor.Archivist:     {"archivist", "архивист", "архивист"},
		monitor.Commission:    {"member of the expert commission", "член экспертной комиссии", "сараптама комиссиясының мүшесі"},
		monitor.Head:          {"head of the archive", "руководитель архива", "архив басшысы"},
		monitor.Researcher:    {"researcher", "исследователь", "зерттеуші"},
		monitor.Administrator: {"administrator", "администратор", "әкімші"},
		monitor.Auditor:       {"auditor", "аудитор", "аудитор"},
	}[monitor.Role(role)]
	if !ok {
		return role
	}
	return a.say(words)
}

// tryNext says what can be done with the archive while it is served.
func (a *app) tryNext(p *process.Process, s settings, r *demo.Report) {
	a.printf("%s\n\n", a.say(text{
		"The archive is being served; stop it with Ctrl+C. Open the address below, or try in another terminal:",
		"Архив работает; остановить – Ctrl+C. Откройте адрес внизу или попробуйте в другом терминале:",
		"Архив жұмыс істеп тұр; тоқтату – Ctrl+C. Төмендегі мекенжайды ашыңыз немесе басқа терминалда байқап көріңіз:",
	}))
	transfer, accession, paper := "", "", ""
	for _, step := range r.Steps {
		if v, ok := step.Facts["transfer"].(string); ok {
			transfer = v
		}
		if v, ok := step.Facts["accession"].(string); ok {
			accession = v
		}
		if v, ok := step.Facts["file"].(string); ok {
			paper = v
		}
	}
	program := "qoyma"
	if strings.Contains(os.Args[0], "go-build") { // as go run starts it
		program = "go run ./services/qoyma"
	}
	for _, command := range []string{
		`search "мектептерге"`, `search "1/1/2"`, "timeline code/1/1/2", "timeline transfer/" + transfer,
		"accession show " + accession, "act " + accession + " --language kk -o act.pdf", "due", "status",
		"insurance list", "verify " + paper,
	} {
		a.printf("  %s %s --data %s\n", program, command, s.Data)
	}
	a.printf("\n"+a.say(text{
		"Sign in on the pages; the password of all, and the head's signing passphrase, is %s",
		"Войдите на страницах; пароль у всех, он же парольная фраза подписи руководителя, – %s",
		"Беттерге кіріңіз; бәрінің құпиясөзі де, басшының қол қою құпиясөзі де – %s",
	})+"\n\n", r.Password)
	for _, one := range r.Accounts {
		a.printf("  %-12s %s, %s\n", one.Login, a.roleWords(one.Role), one.Name)
	}
	a.printf("\n  http://%s/  (/welcome, /healthz, /readyz, /metrics)\n", p.HTTPAddr())
}
