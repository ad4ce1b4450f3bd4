package follow

import "github.com/qoyma/qoyma/services/platform/fault"

// What the administrator is told where an event cannot be followed, or none can. The error that led
// to it is the cause.
var (
	gone = fault.Define(fault.NotFound, "follow.event_gone",
		"event {event} is not in the journal of the {service} service any more; see whether a part of that journal is lost",
		"события {event} больше нет в журнале службы {service}; проверьте, не утрачена ли часть этого журнала",
		"{event} оқиғасы {service} қызметінің журналында енді жоқ; сол журналдың бір бөлігі жоғалмағанын тексеріңіз")
	lost = fault.Define(fault.Refused, "follow.event_lost",
		"it belonged to a part of the journal that was lost and given up; see with your own eyes what should follow from it",
		"оно относилось к утраченной части журнала, от которой отказались; проверьте вручную, что должно из него следовать",
		"ол журналдың жоғалған, бас тартылған бөлігіне жататын; одан не шығуы керегін қолмен тексеріңіз")
	tailLost = fault.Define(fault.Refused, "follow.tail_lost",
		"the journal of {service} ends with event {last}, event {seen} was seen here: its tail is lost there; see its alarm",
		"журнал службы {service} заканчивается событием {last}, а здесь видели событие {seen}: его конец там утрачен; смотрите тревогу той службы",
		"{service} қызметінің журналы {last}-оқиғамен бітеді, мұнда {seen}-оқиға көрілген: оның соңы сонда жоғалған; сол қызметтің дабылын қараңыз")
	missing = fault.Define(fault.Refused, "follow.missing",
		"events {from} to {to} of {service} are neither in the stream nor in its journal; restore a copy of that service that has them",
		"событий {from}–{to} службы {service} нет ни в потоке, ни в её журнале; восстановите копию той службы, где они есть",
		"{service} қызметінің {from}–{to} оқиғалары ағында да, журналында да жоқ; сол қызметтің олар бар көшірмесін қалпына келтіріңіз")
	stopped = fault.Define(fault.Refused, "follow.stopped",
		"what comes from {service} does not fit what was seen of it before; change nothing, keep copies of both services, and follow the runbook",
		"приходящее от службы {service} не согласуется с тем, что видели раньше; ничего не меняйте, сохраните копии обеих служб и действуйте по руководству",
		"{service} қызметінен келген нәрсе бұрын көрілгенмен үйлеспейді; ештеңе өзгертпей, екі қызметтің де көшірмесін сақтап, нұсқаулық бойынша әрекет етіңіз")
	held = fault.Define(fault.Internal, "follow.held",
		"events of {service} cannot be taken in; it is tried again by itself; if it stays, look at the disk and give the technical detail to those who maintain the program",
		"события службы {service} не удаётся принять; попытки повторяются сами; если так останется, проверьте диск и передайте технические сведения тем, кто сопровождает программу",
		"{service} қызметінің оқиғалары қабылданбай тұр; әрекет өзі қайталанады; өзгермесе, дискіні тексеріп, техникалық мәліметті бағдарламаны сүйемелдейтіндерге беріңіз")
)

// alarmOf says an error as the fault that it is, or as what it means here.
func alarmOf(otherwise *fault.Definition, service string, err error) error {
	if _, ok := fault.Named(err); ok {
		return err
	}
	return otherwise.With("service", service).Because(err)
}
