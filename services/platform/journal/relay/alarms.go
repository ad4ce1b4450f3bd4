package relay

import (
	"errors"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// What the administrator is told while a journal is not published. The error that led to it is the
// cause.
var (
	// LostTail is the alarm that only BeginEpoch resolves.
	LostTail = fault.Define(fault.Refused, "relay.lost_tail",
		"a tail of the journal is lost: it ends with event {kept}, {witness} has seen event {lost}; restore a newer copy, or begin a new epoch (qoyma journal begin-epoch) once the last numbers on paper are known",
		"утрачен конец журнала: он заканчивается событием {kept}, а служба {witness} видела событие {lost}; восстановите более новую копию или начните новую эпоху (qoyma journal begin-epoch), когда последние номера на бумаге известны",
		"журналдың соңы жоғалған: ол {kept}-оқиғамен бітеді, ал {witness} қызметі {lost}-оқиғаны көрген; жаңарақ көшірмені қалпына келтіріңіз немесе қағаздағы соңғы нөмірлер белгілі болғанда жаңа дәуір бастаңыз (qoyma journal begin-epoch)")
	unreconciled = fault.Define(fault.Unavailable, "relay.unreconciled",
		"its journal has not been compared with the stream yet; if this stays for minutes, see whether the broker answers",
		"её журнал ещё не сверен с потоком; если это длится минуты, проверьте, отвечает ли брокер",
		"оның журналы ағынмен әлі салыстырылмаған; бұл бірнеше минутқа созылса, брокердің жауап беретінін тексеріңіз")
	takenOver = fault.Define(fault.Refused, "relay.taken_over",
		"the stream is in epoch {theirs}, this journal in epoch {ours}: another copy of the service writes; let only one of them run",
		"поток находится в эпохе {theirs}, этот журнал – в эпохе {ours}: пишет другая копия службы; оставьте работать только одну",
		"ағын {theirs}-дәуірде, бұл журнал {ours}-дәуірде: қызметтің басқа көшірмесі жазып жатыр; біреуін ғана жұмыста қалдырыңыз")
	twoHistories = fault.Define(fault.Refused, "relay.two_histories",
		"event {event} in the stream is not the one in the journal: there are two histories; stop the service, keep both copies, and follow the runbook",
		"событие {event} в потоке не то, что в журнале: есть две истории; остановите службу, сохраните обе копии и действуйте по руководству",
		"ағындағы {event}-оқиға журналдағыдай емес: екі тарих бар; қызметті тоқтатып, екі көшірмені де сақтап, нұсқаулық бойынша әрекет етіңіз")
	unanswered = fault.Define(fault.Unavailable, "relay.unanswered",
		"the stream is empty, and not every other service says what it holds of this journal; start the other services",
		"поток пуст, и ещё не все службы ответили, что они видели из этого журнала; запустите остальные службы",
		"ағын бос, әрі осы журналдан не көргенін барлық қызмет әлі айтқан жоқ; қалған қызметтерді іске қосыңыз")
	unpublished = fault.Define(fault.Unavailable, "relay.unpublished",
		"the events of {service} do not reach the stream; nothing is lost, commands are taken; see whether the broker answers and has room on its disk",
		"события службы {service} не доходят до потока; ничего не потеряно, команды принимаются; проверьте, отвечает ли брокер и есть ли место на его диске",
		"{service} қызметінің оқиғалары ағынға жетпей тұр; ештеңе жоғалған жоқ, пәрмендер қабылданады; брокердің жауап беретінін және дискісінде орын барын тексеріңіз")
	stopped = fault.Define(fault.Refused, "relay.stopped",
		"the journal of {service} and its stream do not fit together; change nothing, keep copies of both, and follow the runbook",
		"журнал службы {service} и её поток не согласуются; ничего не меняйте, сохраните копии обоих и действуйте по руководству",
		"{service} қызметінің журналы мен ағыны үйлеспейді; ештеңе өзгертпей, екеуінің де көшірмесін сақтап, нұсқаулық бойынша әрекет етіңіз")
)

// alarmOf says what an error of a session means for a service.
func alarmOf(service string, err error) error {
	if _, ok := fault.Named(err); ok {
		return err
	}
	if errors.Is(err, errStop) {
		return stopped.With("service", service).Because(err)
	}
	return unpublished.With("service", service).Because(err)
}
