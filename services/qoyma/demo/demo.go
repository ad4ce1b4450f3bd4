// Package demo makes a believable small archive in three languages and runs the main job in
// it, step by step, as the people would: over the same calls, with their own identities.
package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
)

// Report is what a demonstration did; as JSON it is what `qoyma demo --once` prints.
type Report struct {
	OK      bool    `json:"ok"`
	Archive string  `json:"archive"`
	ReadyMS int64   `json:"ready_ms"` // from the start of the process to the readiness of all services
	TookMS  int64   `json:"took_ms"`
	Steps   []*Step `json:"steps"`
	// Accounts are what was opened for whoever tries the archive, all with one Password.
	Accounts []Account `json:"accounts"`
	Password string    `json:"password"`
}

// Step is one step of the main job.
type Step struct {
	Number int            `json:"number"`
	Name   string         `json:"name"`
	OK     bool           `json:"ok"`
	TookMS int64          `json:"took_ms"`
	Facts  map[string]any `json:"facts,omitempty"`
	Error  string         `json:"error,omitempty"`
	title  [3]string
	told   []string
}

// Title is the step in a language.
func (s *Step) Title(lang fault.Language) string {
	switch lang {
	case fault.Kazakh:
		return s.title[0]
	case fault.Russian:
		return s.title[1]
	case fault.English:
	}
	return s.title[2]
}

// Told is what the step has to say, line by line, in the language it ran in.
func (s *Step) Told() []string { return s.told }

var notHeld = fault.Define(fault.Internal, "demo.not_held",
	"a step of the demonstration did not hold: {what}", "шаг демонстрации не удался: {what}", "көрсетілімнің қадамы орындалмады: {what}")

// Archive is an archive that runs: in this process (process.Process), or services elsewhere
// (client.Remote).
type Archive interface {
	Archive() string // its code
	As(id monitor.Identity) serve.Caller
}

// Run carries out the main job in a running archive. The folder keeps the bags that are made
// on the way. progress is told of every step when it ends. Running it again in the same
// data folder changes nothing: every command has the same id each time.
func Run(ctx context.Context, p Archive, folder string, lang fault.Language, progress func(*Step)) *Report {
	d := &demo{
		p: p, folder: folder, lang: lang, departments: departments(),
		commission: person("demo-commission", monitor.Commission, 1),
		archivist:  person("demo-archivist", monitor.Archivist, 2),
		researcher: monitor.Identity{Actor: "person:demo-reader", Roles: []monitor.Role{monitor.Researcher}},
	}
	r := &Report{OK: true, Archive: p.Archive()}
	began := time.Now()
	if err := d.accounts(ctx); err != nil {
		r.OK = false
		r.Steps = append(r.Steps, &Step{Name: "accounts", Error: err.Error(), Facts: map[string]any{}})
		return r
	}
	r.Accounts, r.Password = d.opened, Password
	for i, s := range []struct {
		name  string
		title [3]string
		run   func(context.Context, *Step) error
	}{
		{"department", [3]string{
			"Мекеме: бекітілген тізімдемедегі істі тапсыру мерзімі келді",
			"Ведомство: наступил срок передачи дел по утверждённой описи",
			"Department: files of an approved inventory fall due",
		}, d.fallDue},
		{"package", [3]string{
			"Қабылдау: пакет тексерілді; бір байты бұзылған пакет қайтарылды",
			"Приём: пакет проверен; пакет с одним испорченным байтом отклонён",
			"Intake: a package is checked; one with a flipped byte is refused",
		}, d.upload},
		{"acceptance", [3]string{
			"Архивист қабылдады: түсім нөмірі, кітап, акт",
			"Архивист принял: номер поступления, книга, акт",
			"The archivist accepts: number, book, act",
		}, d.accept},
		{"catalogue", [3]string{
			"Каталог табады: сөздің кез келген түрі, шифрдің үш жазылуы",
			"Каталог находит: слово в другой форме, шифр в трёх написаниях",
			"The catalogue finds it: words in other forms, the code in three spellings",
		}, d.find},
		{"insurance", [3]string{
			"Сақтандыру қоры: көшірмелер жасалды; бүлінген түпнұсқа табылып, қалпына келтірілді",
			"Страховой фонд: копии изготовлены; повреждённый оригинал найден и восстановлен",
			"Insurance fund: copies are made; a damaged original is found and restored",
		}, d.insure},
		{"request", [3]string{
			"Азамат есептік жазбасыз өтініш берді: тәртібі мен соңғы күні есебімен түсіндірілді",
			"Гражданин подал запрос без учётной записи: порядок и последний день объяснены с расчётом",
			"A citizen asks without an account: regime and latest date are explained with their arithmetic",
		}, d.ask},
		{"certificate", [3]string{
			"Анықтамаға қол қойылды: ол өзін дәлелдейді; өзгертілгені, күні ауыстырылғаны және жалғаны қабылданбайды",
			"Справка подписана: она доказывает себя; изменённая, с другой датой и поддельная отклонены",
			"The certificate is signed and proves itself; an altered, a re-dated and a forged one are refused",
		}, d.certify},
		{"timeline", [3]string{
			"Бүкіл тізбек бір тарихта: мекеменің ісінен азаматтың анықтамасына дейін, барлық журналдардан",
			"Вся цепочка на одной ленте: от дела ведомства до справки гражданина, из всех журналов",
			"The whole chain on one timeline: from the department's file to the citizen's certificate, from all journals",
		}, d.timeline},
	} {
		step := &Step{Number: i + 1, Name: s.name, title: s.title, Facts: map[string]any{}}
		r.Steps = append(r.Steps, step)
		start := time.Now()
		err := persist(ctx, step, s.run)
		step.TookMS, step.OK = time.Since(start).Milliseconds(), err == nil
		if err != nil {
			step.Error = err.Error()
			if f := fault.Of(err); f.Kind != fault.Internal {
				step.Error = f.In(lang)
			}
			r.OK = false
		}
		if progress != nil {
			progress(step)
		}
		if err != nil {
			break // what follows stands on this step
		}
	}
	r.TookMS = time.Since(began).Milliseconds()
	return r
}

// persist carries out a step, and again where a service did not answer for a moment: every act
// has the same command id in every try, so nothing is done twice.
func persist(ctx context.Context, s *Step, run func(context.Context, *Step) error) error {
	bound, cancel := context.WithTimeout(ctx, absence)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		err := run(bound, s)
		if err == nil || fault.KindOf(err) != fault.Unavailable {
			return err
		}
		select {
		case <-tick.C:
			clear(s.Facts)
			s.told = nil
		case <-bound.Done():
			return err
		}
	}
}

func person(account string, role monitor.Role, level uint32) monitor.Identity {
	return monitor.Identity{Actor: "person:" + account, Roles: []monitor.Role{role}, Clearance: monitor.Scope{Level: level, Grounds: []string{"personal"}}}
}

// clerkOf is the clerk of a department: each acts for his own alone.
func (d *demo) clerkOf(organisation string) monitor.Identity {
	id := person("demo-clerk-"+organisation, monitor.Clerk, 1)
	id.Organisation = organisation
	return id
}

type demo struct {
	p           Archive
	folder      string
	lang        fault.Language
	departments []department

	commission, archivist, researcher monitor.Identity

	transfer, second string // numbers of the first and the second department's transfers
	accession        string
	code             string
	opened           []Account
	headAccount      string
	request          requestID
}

// id is the command id of one act of the demonstration: the same in every run.
func (d *demo) id(act string) string {
	return uuid.NewSHA1(demoSpace, []byte(d.p.Archive()+"/"+act)).String()
}

var demoSpace = uuid.MustParse("0d6b6a9e-5a0c-5e0f-9a53-b5bb0e6f2d11")

func (d *demo) retention(id monitor.Identity) (retentionv1.RetentionServiceClient, error) {
	conn, err := d.p.As(id).Conn("retention")
	if err != nil {
		return nil, err
	}
	return retentionv1.NewRetentionServiceClient(conn), nil
}

func (d *demo) intake(id monitor.Identity) (intakev1.IntakeServiceClient, error) {
	conn, err := d.p.As(id).Conn("intake")
	if err != nil {
		return nil, err
	}
	return intakev1.NewIntakeServiceClient(conn), nil
}

func (d *demo) catalogue(id monitor.Identity) (cataloguev1.CatalogueServiceClient, error) {
	conn, err := d.p.As(id).Conn("catalogue")
	if err != nil {
		return nil, err
	}
	return cataloguev1.NewCatalogueServiceClient(conn), nil
}

func (d *demo) journal(service string) (journalv1.JournalServiceClient, error) {
	conn, err := d.p.As(d.archivist).Conn(service)
	if err != nil {
		return nil, err
	}
	return journalv1.NewJournalServiceClient(conn), nil
}

// say adds a line to what a step tells.
func (d *demo) say(s *Step, kk, ru, en string) {
	line := en
	switch d.lang {
	case fault.Kazakh:
		line = kk
	case fault.Russian:
		line = ru
	case fault.English:
	}
	s.told = append(s.told, line)
}

// absence is how long a service may be away, restarting, before a step gives up on it.
const absence = 5 * time.Minute

// patience is how long a step waits for what the services do by themselves.
const patience = 15 * time.Second

// until looks until something holds, or tells what did not come.
func until(ctx context.Context, what string, holds func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := holds()
		if ok && err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(err, notHeld.With("what", what))
		}
	}
}

func wrong(format string, args ...any) error {
	return notHeld.With("what", fmt.Sprintf(format, args...))
}

func (d *demo) bag(name string) string { return filepath.Join(d.folder, name) }
