package certificate

import "github.com/qoyma/qoyma/services/platform/fault"

// form is the wording of the paper in one language.
type form struct {
	number, request, to             string
	spellings, gaps, searched       string
	basis, source                   string
	ground, complain                string
	signature, executor, phone      string
	check, checkNumber, checkDigits string
	electronic, foot                string
}

var forms = map[fault.Language]form{
	fault.Kazakh: {
		number: "%s № %s", request: "%[2]s № %[1]s сұрау салуға", to: "Кімге:",
		spellings: "Жазылуы құжаттардағыдай сақталды («құжатта осылай»):", gaps: "Құжаттардағы олқылықтар:", searched: "Қаралған құжаттар:",
		basis: "Негіздеме:", source: "Дереккөзі: ",
		ground:    "Бас тарту негізі: «Ақпаратқа қол жеткізу туралы» 2015 жылғы 16 қарашадағы № 401-V Заңның 11-бабы 16-тармағының %d) тармақшасы – %s.",
		complain:  "Бұл шешімге ол белгілі болған күннен бастап үш ай ішінде жоғары тұрған органға (лауазымды адамға) немесе сотқа шағым жасауға болады.",
		signature: "электрондық қолтаңба", executor: "Орынд.:", phone: "тел.",
		check: "Түпнұсқалығын тексеру", checkNumber: "Құжат нөмірі:", checkDigits: "Тексеру коды:",
		electronic: "Құжатқа электрондық түрде қол қойылады; ол қолтаңба архив журналы бойынша расталған жағдайда ғана жарамды. QR-кодты оқыңыз немесе мына мекенжайда нөмір мен кодты теріңіз:",
		foot:       "%s № %s, %s",
	},
	fault.Russian: {
		number: "№ %[2]s от %[1]s", request: "На запрос № %s от %s", to: "Кому:",
		spellings: "Написание сохранено («так в документе»):", gaps: "Пробелы в документах:", searched: "Просмотренные документы:",
		basis: "Основание:", source: "Источник: ",
		ground:    "Основание отказа: подпункт %d) пункта 16 статьи 11 Закона от 16 ноября 2015 г. № 401-V «О доступе к информации» – %s.",
		complain:  "Это решение можно обжаловать в вышестоящий орган (должностному лицу) или в суд в течение трёх месяцев со дня, когда о нём стало известно.",
		signature: "электронная подпись", executor: "Исп.:", phone: "тел.",
		check: "Проверка подлинности", checkNumber: "Номер документа:", checkDigits: "Код проверки:",
		electronic: "Документ подписывается электронно и действителен, только если подпись подтверждена по журналу архива. Прочитайте QR-код или наберите номер и код по адресу:",
		foot:       "%s № %s от %s",
	},
	fault.English: {
		number: "No. %[2]s of %[1]s", request: "To request No. %s of %s", to: "To:",
		spellings: "Spelling is kept as it stands (“so in the document”):", gaps: "Gaps in the documents:", searched: "Documents searched:",
		basis: "Basis:", source: "Source: ",
		ground:    "Ground of refusal: article 11, paragraph 16, subparagraph %d of Law No. 401-V of 16 November 2015 on access to information – %s.",
		complain:  "A complaint may be made to the higher body or official, or to a court, within three months of learning of this decision.",
		signature: "electronic signature", executor: "Prepared by:", phone: "tel.",
		check: "Is it genuine?", checkNumber: "Number of the paper:", checkDigits: "Verification code:",
		electronic: "This paper is signed electronically and is valid only where the archive's journal confirms the signature. Read the QR code, or type number and code at:",
		foot:       "%s No. %s of %s",
	},
}

// kindWords are a kind's name, its title on the paper and its usual opening.
type kindWords struct{ name, title, opening Text }

var kinds = map[Kind]kindWords{
	Certificate: {
		Text{"архивтік анықтама", "архивная справка", "archival reference"},
		Text{"АРХИВТІК АНЫҚТАМА", "АРХИВНАЯ СПРАВКА", "ARCHIVAL REFERENCE"},
		Text{"Архивте сақтаулы құжаттарда мынадай мәліметтер бар:", "В документах, хранящихся в архиве, имеются следующие сведения:", "The documents kept in the archive contain the following:"},
	},
	Copy: {
		Text{"архивтік құжаттың көшірмесі", "копия архивного документа", "copy of an archival document"},
		Text{"АРХИВТІК ҚҰЖАТТЫҢ КӨШІРМЕСІ", "КОПИЯ АРХИВНОГО ДОКУМЕНТА", "COPY OF AN ARCHIVAL DOCUMENT"},
		Text{"Құжаттың мәтіні сөзбе-сөз беріледі:", "Текст документа воспроизводится дословно:", "The text of the document is given word for word:"},
	},
	Extract: {
		Text{"архивтік үзінді", "архивная выписка", "archival extract"},
		Text{"АРХИВТІК ҮЗІНДІ", "АРХИВНАЯ ВЫПИСКА", "ARCHIVAL EXTRACT"},
		Text{"Құжаттан үзінді сөзбе-сөз беріледі:", "Извлечение из документа приводится дословно:", "The extract from the document is given word for word:"},
	},
	Negative: {
		Text{"мәліметтердің жоқтығы туралы жауап", "ответ об отсутствии сведений", "reply that nothing was found"},
		Text{"МӘЛІМЕТТЕРДІҢ ЖОҚТЫҒЫ ТУРАЛЫ ЖАУАП", "ОТВЕТ ОБ ОТСУТСТВИИ СВЕДЕНИЙ", "REPLY THAT NOTHING WAS FOUND"},
		Text{"Архивте сақтаулы құжаттар қаралды; сұралған мәліметтер табылмады.", "Документы, хранящиеся в архиве, просмотрены; запрошенных сведений в них не обнаружено.", "The documents kept in the archive were searched; what was asked for was not found."},
	},
	Answer: {
		Text{"сұрау салуға жауап", "ответ на запрос", "reply to a request"},
		Text{"СҰРАУ САЛУҒА ЖАУАП", "ОТВЕТ НА ЗАПРОС", "REPLY TO A REQUEST"},
		Text{},
	},
	Refusal: {
		Text{"ақпарат беруден бас тарту", "отказ в предоставлении информации", "refusal of information"},
		Text{"АҚПАРАТ БЕРУДЕН БАС ТАРТУ", "ОТКАЗ В ПРЕДОСТАВЛЕНИИ ИНФОРМАЦИИ", "REFUSAL OF INFORMATION"},
		Text{"Сұралған ақпарат төмендегі негіз бойынша берілмейді.", "Запрошенная информация не предоставляется по следующему основанию.", "The information asked for is not given, on the following ground."},
	},
	Forwarded: {
		Text{"қайта жіберу туралы хабарлама", "уведомление о перенаправлении", "notice of forwarding"},
		Text{"СҰРАУ САЛУДЫ ҚАЙТА ЖІБЕРУ ТУРАЛЫ ХАБАРЛАМА", "УВЕДОМЛЕНИЕ О ПЕРЕНАПРАВЛЕНИИ ЗАПРОСА", "NOTICE THAT A REQUEST WAS FORWARDED"},
		Text{"Сұралған мәліметтер біздің архивтің құзыретіне жатпайды, сұрау салу тиісті иеленушіге жіберілді:", "Запрошенные сведения не относятся к компетенции нашего архива, запрос направлен надлежащему обладателю:", "What was asked for is not in the competence of this archive; the request was sent on to its holder:"},
	},
	Published: {
		Text{"жарияланған ақпарат туралы жауап", "ответ об опубликованной информации", "reply that it is published"},
		Text{"ЖАРИЯЛАНҒАН АҚПАРАТ ТУРАЛЫ ЖАУАП", "ОТВЕТ ОБ ОПУБЛИКОВАННОЙ ИНФОРМАЦИИ", "REPLY THAT THE INFORMATION IS PUBLISHED"},
		Text{"Сұралған ақпарат бұрын жарияланған; оны мына жерден алуға болады:", "Запрошенная информация уже опубликована; её можно получить здесь:", "The information asked for is published already; it is found here:"},
	},
}

// grounds are the seven grounds of refusal (AI-11.16), restated.
var grounds = [...]Text{
	{"сұрау салудың мазмұнынан не сұралғанын анықтау мүмкін емес", "содержание запроса не позволяет установить, какая информация запрошена", "the request does not tell what is asked for"},
	{"сұрау салу заң талаптарына сай келмейді", "запрос не соответствует требованиям закона", "the request does not meet the law"},
	{"сұралған ақпаратқа қол жеткізу шектелген", "запрошена информация с ограниченным доступом", "access to the information is restricted"},
	{"сұрау салу құқықтық баға беруді немесе әлі аяқталмаған талдау жұмысын талап етеді", "запрос требует правовой оценки либо ещё не завершённой аналитической работы", "the request asks for a legal assessment or for analytical work not finished yet"},
	{"бақылау және қадағалау тексеруі бойынша шешім әлі қабылданған жоқ", "решение по проверке контроля и надзора ещё не принято", "the decision on a check of control and supervision is not taken yet"},
	{"хат алмасуда немесе кеңесте пысықталып жатқан мәселе бойынша түпкілікті шешім қабылданған жоқ", "окончательное решение, прорабатываемое в переписке или на совещаниях, ещё не принято", "the final decision, being worked out in correspondence or meetings, is not taken yet"},
	{"ақпаратты ашу туралы шет мемлекеттермен немесе халықаралық ұйымдармен келісім жоқ", "раскрытие информации ещё не согласовано с иностранными государствами или международными организациями", "disclosure is not agreed yet with foreign states or international bodies"},
}
