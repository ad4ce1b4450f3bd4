package monitor

import "github.com/qoyma/qoyma/services/platform/fault"

// The faults of the monitor.
var (
	ErrNoIdentity = fault.Define(fault.Unauthenticated, "monitor.identity.missing",
		"the request does not say who asks; sign in and try again",
		"в запросе не указано, кто обращается; войдите в систему и повторите",
		"сұрау салуда кім жүгінгені көрсетілмеген; жүйеге кіріп, қайталаңыз")
	ErrBadIdentity = fault.Define(fault.Unauthenticated, "monitor.identity.bad",
		"the proof of who asks is not valid here; sign in again, and tell the administrator if it repeats",
		"подтверждение личности здесь недействительно; войдите заново, а если повторится – сообщите администратору",
		"жеке басты растау мұнда жарамсыз; қайта кіріңіз, қайталана берсе, әкімшіге хабарлаңыз")
	ErrExpired = fault.Define(fault.Unauthenticated, "monitor.identity.expired",
		"the session has run out; sign in again (if it goes on, the clocks of the machines differ)",
		"сеанс истёк; войдите заново (если повторяется – на машинах расходятся часы)",
		"сеанс мерзімі бітті; қайта кіріңіз (қайталана берсе, машиналардың сағаты сәйкес емес)")
	ErrDenied = fault.Define(fault.Denied, "monitor.denied",
		"your roles do not allow {method}; ask the administrator for the role that this work needs",
		"ваши роли не позволяют {method}; обратитесь к администратору за ролью, нужной для этой работы",
		"рөлдеріңіз {method} әрекетіне рұқсат бермейді; осы жұмысқа керек рөлді әкімшіден сұраңыз")
	ErrRestricted = fault.Define(fault.Denied, "monitor.restricted",
		"access to this record is restricted; ask the archive's reading room how to request it",
		"доступ к этому документу ограничен; узнайте в читальном зале архива, как его запросить",
		"бұл құжатқа қолжетімділік шектелген; оны қалай сұратуды архивтің оқу залынан біліңіз")
	ErrNoDepartment = fault.Define(fault.Denied, "monitor.department.missing",
		"this account belongs to no department, so there is nothing it could work on; ask the administrator to name the department",
		"эта учётная запись не относится ни к одному ведомству, поэтому работать ей не с чем; попросите администратора указать ведомство",
		"бұл есептік жазба ешбір мекемеге жатпайды, сондықтан онымен жұмыс істейтін ештеңе жоқ; әкімшіден мекемені көрсетуді сұраңыз")
	ErrKeyFile = fault.Define(fault.Invalid, "monitor.key.file",
		"the signing key {file} cannot be used: {problem}; it must be a PEM Ed25519 key that only its owner can read (chmod 600)",
		"ключ подписи {file} нельзя использовать: {problem}; нужен ключ Ed25519 в PEM, доступный только владельцу (chmod 600)",
		"{file} қол қою кілтін пайдалануға болмайды: {problem}; тек иесі оқи алатын (chmod 600) PEM форматындағы Ed25519 кілті керек")
	ErrPolicy = fault.Define(fault.Invalid, "monitor.policy",
		"the access policy is not usable: {problem}; correct the text and start again",
		"политику доступа нельзя применить: {problem}; исправьте текст и запустите снова",
		"қолжетімділік саясатын қолдану мүмкін емес: {problem}; мәтінін түзетіп, қайта іске қосыңыз")
)
