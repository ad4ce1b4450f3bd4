package wire

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// What gRPC itself reports, without a fault of ours in it: the peer is away, the call
// ran out of time, the message was too large. Its own English words become the cause,
// for the log; the person gets these.
var (
	Canceled = fault.Define(fault.Unavailable, "call.canceled",
		"the request was cancelled before it was answered; it may have taken effect, so look before you repeat it",
		"запрос отменён до получения ответа; он мог быть выполнен, поэтому проверьте, прежде чем повторять",
		"сұрау салу жауап алынғанша тоқтатылды; ол орындалып қойған болуы мүмкін, қайталамас бұрын тексеріңіз")
	DeadlineExceeded = fault.Define(fault.Unavailable, "call.deadline",
		"the answer did not come in time; the request may have taken effect, so look before you repeat it",
		"ответ не пришёл вовремя; запрос мог быть выполнен, поэтому проверьте, прежде чем повторять",
		"жауап уақытында келмеді; сұрау салу орындалып қойған болуы мүмкін, қайталамас бұрын тексеріңіз")
	Unavailable = fault.Define(fault.Unavailable, "call.unavailable",
		"a part of the system does not answer now; try again in a minute, and tell the administrator if it goes on",
		"часть системы сейчас не отвечает; повторите через минуту, а если не поможет – сообщите администратору",
		"жүйенің бір бөлігі қазір жауап бермейді; бір минуттан кейін қайталаңыз, өзгермесе, әкімшіге хабарлаңыз")
	Unimplemented = fault.Define(fault.Unavailable, "call.unimplemented",
		"this server does not know the request; its version and yours differ: tell the administrator to update them together",
		"сервер не знает такого запроса: версии различаются; попросите администратора обновить их вместе",
		"сервер мұндай сұрау салуды білмейді: нұсқалар әртүрлі; әкімшіден оларды бірге жаңартуды сұраңыз")
	tooMuch = fault.Define(fault.Exhausted, "call.exhausted",
		"the request is too large or there are too many of them; ask for less at a time, or wait a minute",
		"запрос слишком велик, или запросов слишком много; запросите меньше за один раз или подождите минуту",
		"сұрау салу тым үлкен немесе сұрау салулар тым көп; бір жолы азырақ сұраңыз немесе бір минут күтіңіз")
	unauthenticated = fault.Define(fault.Unauthenticated, "call.unauthenticated",
		"the system does not know who is asking; sign in again",
		"система не знает, кто обращается; войдите заново",
		"жүйе кім сұрап тұрғанын білмейді; қайта кіріңіз")
	denied = fault.Define(fault.Denied, "call.denied",
		"you may not do this; ask the administrator for the role that you need",
		"у вас нет права на это действие; обратитесь к администратору за нужной ролью",
		"бұл әрекетке құқығыңыз жоқ; қажетті рөлді әкімшіден сұраңыз")
	invalid = fault.Define(fault.Invalid, "call.invalid",
		"the request is not well formed; check what you entered",
		"запрос составлен неверно; проверьте введённые данные",
		"сұрау салу дұрыс құрылмаған; енгізгеніңізді тексеріңіз")
	notFound = fault.Define(fault.NotFound, "call.not_found",
		"there is no such thing, or you may not see it; check the name or number",
		"такого объекта нет или он вам недоступен; проверьте название или номер",
		"мұндай нысан жоқ немесе сізге қолжетімсіз; атауын не нөмірін тексеріңіз")
	conflict = fault.Define(fault.Conflict, "call.conflict",
		"it has changed meanwhile; load it again and repeat",
		"данные успели измениться; загрузите их заново и повторите",
		"деректер осы арада өзгеріп кетті; қайта жүктеп, қайталаңыз")
	refused = fault.Define(fault.Refused, "call.refused",
		"this cannot be done in the present state; look at the state and choose another step",
		"в текущем состоянии это невозможно; посмотрите состояние и выберите другое действие",
		"қазіргі күйде бұл мүмкін емес; күйін қарап, басқа әрекетті таңдаңыз")
	// Broken is another process's accident.
	Broken = fault.Define(fault.Internal, "call.internal",
		"a part of the system failed; nothing you did is wrong; try again, and tell the administrator if it repeats",
		"в одной из частей системы произошла ошибка; вы ни в чём не ошиблись; повторите, а если повторится – сообщите администратору",
		"жүйенің бір бөлігінде қате болды; бұл сіздің қатеңіз емес; қайталап көріңіз, қайталана берсе, әкімшіге хабарлаңыз")
	itemsLeftOut = fault.Define(fault.Invalid, "call.items_left_out",
		"{count} more are not listed here; mend these and try again, or open the full report",
		"ещё {count} здесь не показаны; исправьте эти и повторите или откройте полный отчёт",
		"тағы {count} осында көрсетілмеген; осыларды түзетіп, қайталаңыз немесе толық есепті ашыңыз")
)

// foreign makes a fault of a gRPC status that carries none of ours.
func foreign(s *status.Status) *fault.Error {
	var d *fault.Definition
	cause := s.Err()
	switch s.Code() {
	case codes.Canceled:
		d, cause = Canceled, context.Canceled
	case codes.DeadlineExceeded:
		d, cause = DeadlineExceeded, context.DeadlineExceeded
	case codes.Unavailable:
		d = Unavailable
	case codes.Unimplemented:
		d = Unimplemented
	case codes.ResourceExhausted:
		d = tooMuch
	case codes.Unauthenticated:
		d = unauthenticated
	case codes.PermissionDenied:
		d = denied
	case codes.InvalidArgument, codes.OutOfRange:
		d = invalid
	case codes.NotFound:
		d = notFound
	case codes.AlreadyExists, codes.Aborted:
		d = conflict
	case codes.FailedPrecondition:
		d = refused
	case codes.OK, codes.Unknown, codes.Internal, codes.DataLoss:
		d = Broken
	default:
		d = Broken
	}
	return d.With().Because(cause)
}
