package cli

import (
	"fmt"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

// words are the codes of one field of an answer, as people read them. --json and flags keep the codes.
type words map[string]text

// word says a code; one that has no words is said as it is.
func (a *app) word(of words, code string) string {
	if t, ok := of[code]; ok {
		return a.say(t)
	}
	return clean(code)
}

// fault is a text as an argument of a fault, said in its language.
func (t text) fault() *fault.Error {
	return (&fault.Definition{Kind: fault.Invalid, Code: "cli.words", EN: t.en, RU: t.ru, KK: t.kk}).With()
}

// usage is wrong use of a command; %s in the words stand for what was given.
func (t text) usage(given ...string) error {
	filled := make([]any, len(given))
	for i, g := range given {
		filled[i] = clean(g)
	}
	said := func(words string) string { return fmt.Sprintf(words, filled...) }
	return fault.Usage.With("problem", text{said(t.en), said(t.ru), said(t.kk)}.fault())
}

// What several commands say of how they were used.
var (
	noData    = text{"name the folder with --data", "укажите папку через --data", "қалтаны --data арқылы көрсетіңіз"}
	noLog     = text{"--log is text or json", "--log – это text или json", "--log мәні text не json"}
	noService = text{"there is no service “%s”", "нет службы «%s»", "«%s» деген қызмет жоқ"}
)

// size is a number of bytes as the person writes it, with a common space: terminals and scripts take it apart.
func (a *app) size(bytes uint64) string {
	return strings.ReplaceAll(numeral.Size(bytes, a.language()), "\u00a0", " ")
}

// ruleWords say by which act a transfer was announced, in which edition of its rule: of "transfer.early@1" the first.
func (a *app) ruleWords(rule, basis string) string {
	_, n, found := strings.Cut(rule, "@")
	if !found {
		return basis
	}
	return strings.TrimPrefix(basis+", "+strings.ReplaceAll(a.say(text{"edition %", "редакция %", "%-басылым"}), "%", clean(n)), ", ")
}

// The codes of transfers.
var (
	transferStates = words{
		"announced": {"announced", "заявлена", "мәлімделген"},
		"expected":  {"expected", "ожидается", "күтіледі"},
		"checked":   {"package checked", "пакет проверен", "пакеті тексерілген"},
		"returned":  {"rows returned", "строки возвращены", "жолдары қайтарылған"},
		"accepting": {"being accepted", "принимается", "қабылданып жатыр"},
		"accepted":  {"accepted", "принята", "қабылданған"},
	}
	transferKinds = words{
		"scheduled":       {"on schedule", "по графику", "кесте бойынша"},
		"early":           {"early", "досрочная", "мерзімінен бұрын"},
		"extra":           {"extra", "вне графика", "кестеден тыс"},
		"liquidated":      {"of a liquidated body", "от ликвидированной организации", "таратылған ұйымнан"},
		"personal_papers": {"a person’s papers", "документы личного происхождения", "жеке тұлғаның құжаттары"},
		"purchase":        {"purchase", "покупка", "сатып алу"},
		"returned":        {"returned from abroad", "возвращённые из-за рубежа", "шетелден қайтарылған"},
	}
	transferForms = words{
		"paper":       {"on paper", "на бумаге", "қағаз түрінде"},
		"digital":     {"digital", "электронные", "электрондық"},
		"mixed":       {"paper and digital", "бумага и электронные", "қағаз және электрондық"},
		"audiovisual": {"photo, film, sound, video", "фото, кино, звук, видео", "фото, кино, дыбыс, бейне"},
	}
	transferNeeds = words{
		"reason":        {"reason", "причина", "себебі"},
		"consent":       {"the head’s consent", "согласие руководителя", "басшының келісімі"},
		"liquidated_on": {"day of liquidation", "дата ликвидации", "таратылған күні"},
		"giver":         {"who gives", "кто передаёт", "тапсырушы"},
		"document":      {"the paper it rests on", "документ-основание", "негіз құжат"},
		"document_date": {"its date", "его дата", "оның күні"},
		"protocol":      {"the commission’s protocol", "протокол комиссии", "комиссия хаттамасы"},
		"country":       {"country", "страна", "ел"},
		"agreement":     {"agreement", "соглашение", "келісім"},
		"holder":        {"holder abroad", "зарубежный держатель", "шетелдегі ұстаушы"},
	}
	unitFindings = words{
		"present":       {"present", "есть", "бар"},
		"missing":       {"missing", "отсутствует", "жоқ"},
		"damaged":       {"damaged", "повреждено", "бүлінген"},
		"leaves_differ": {"leaves differ", "листы расходятся", "парағы басқа"},
	}
	returnStates = words{
		"returned": {"returned, waits to be redone", "возвращено, ждёт исправления", "қайтарылды, түзетуді күтеді"},
		"answered": {"answered", "дан ответ", "жауап берілді"},
		"redone":   {"sent anew", "прислано заново", "қайта жіберілді"},
	}
	returnReasons = words{
		"unreadable":        {"cannot be opened or read", "не открывается или не читается", "ашылмайды немесе оқылмайды"},
		"wrong_content":     {"content of another file", "содержимое другого дела", "мазмұны басқа істікі"},
		"incomplete":        {"incomplete", "неполно", "толық емес"},
		"wrong_description": {"the description does not agree", "описание не соответствует", "сипаттамасы сай емес"},
		"format":            {"the format is not accepted", "формат не принимается", "пішімі қабылданбайды"},
		"damaged":           {"damaged", "повреждено", "бүлінген"},
		"other":             {"other", "другое", "басқа"},
	}
	receiptWhat = words{
		"inventory":     {"the inventory was completed", "составлена опись", "тізімдеме жасалды"},
		"package":       {"files were received", "получены файлы", "файлдар алынды"},
		"redone":        {"files redone were received", "получены исправленные файлы", "түзетілген файлдар алынды"},
		"paper":         {"what was carried in was received", "получены принесённые дела", "әкелінген істер алынды"},
		"returned":      {"rows were returned", "возвращено на исправление", "түзетуге қайтарылды"},
		"accepted":      {"accepted by the archive", "принято архивом", "архивке қабылданды"},
		"deaccessioned": {"left the archive", "выбыло из архива", "архивтен шығарылды"},
	}
	receiptDirections = words{
		"in":  {"to the archive", "в архив", "архивке"},
		"out": {"from the archive", "из архива", "архивтен"},
	}
	sides = words{
		"giver":      {"giver", "сдатчик", "тапсырушы"},
		"archive":    {"archive", "архив", "архив"},
		"department": {"department", "ведомство", "мекеме"},
	}
)

// formatBases are what a format was recognised by.
var formatBases = words{
	"signature": {"signature", "по сигнатуре", "сигнатура бойынша"},
	"container": {"container", "по содержимому контейнера", "контейнердің ішіндегісі бойынша"},
	"extension": {"extension", "по расширению", "кеңейтім бойынша"},
	"text":      {"text", "только текст", "тек мәтін"},
}

// The codes of accessions.
var (
	signedHow = words{
		"key":     {"with a key", "электронным ключом", "электрондық кілтпен"},
		"account": {"by account", "учётной записью", "есептік жазбамен"},
		"hand":    {"on paper, by hand", "на бумаге, от руки", "қағазда, қолмен"},
	}
	accessionLacks = words{
		"giver":      {"the giver’s signature", "подписи сдатчика", "тапсырушының қолы"},
		"archive":    {"the archive’s signature", "подписи архива", "архивтің қолы"},
		"commission": {"the commission’s decision", "решения комиссии", "комиссияның шешімі"},
	}
	quarantineResults = words{
		"clean":       {"clean", "чисто", "таза"},
		"treated":     {"treated", "обработано", "өңделді"},
		"restoration": {"to restoration", "на реставрацию", "қалпына келтіруге"},
	}
	leaveWays = words{
		"transferred":       {"transferred to another archive", "передача в другой архив", "басқа архивке беру"},
		"destroyed":         {"destroyed", "уничтожение", "жою"},
		"returned_to_owner": {"returned to the owner", "возврат владельцу", "иесіне қайтару"},
	}
	leaveStates = words{
		"proposed": {"waits for a decision", "ждёт решения", "шешім күтуде"},
		"declined": {"declined", "отклонено", "қабылданбады"},
		"done":     {"has left", "выбыло", "шығарылды"},
	}
)

// The codes of requests.
var (
	requestStates = words{
		"registered": {"registered", "зарегистрирован", "тіркелді"},
		"assigned":   {"assigned", "в работе", "орындауда"},
		"drafted":    {"drafted", "есть проект ответа", "жоба дайындалды"},
		"submitted":  {"before the head", "на подписи", "қол қоюда"},
		"signed":     {"signed", "подписан", "қол қойылды"},
		"closed":     {"closed", "закрыт", "жабылды"},
	}
	requestRegimes = words{
		"archival":    {"archival request", "архивный запрос", "архивтік сұрау салу"},
		"information": {"request for information", "запрос информации", "ақпарат беруге сұрау салу"},
		"petition":    {"other petition", "иное обращение", "өзге өтініш"},
	}
	requestTopics = words{
		"work_record": {"work record", "трудовой стаж", "еңбек өтілі"},
		"pay":         {"pay", "заработная плата", "жалақы"},
		"award":       {"awards", "награждение", "наградалау"},
		"repression":  {"political repression", "политические репрессии", "саяси қуғын-сүргін"},
		"land":        {"land and property", "земля и имущество", "жер және мүлік"},
		"other":       {"other", "другая тема", "басқа тақырып"},
	}
	paperKinds = words{
		"certificate": {"archival reference", "архивная справка", "архивтік анықтама"},
		"copy":        {"archival copy", "архивная копия", "архивтік көшірме"},
		"extract":     {"archival extract", "архивная выписка", "архивтік үзінді"},
		"negative":    {"answer that nothing was found", "ответ об отсутствии документов", "құжат табылмағаны туралы жауап"},
		"answer":      {"answer", "ответ", "жауап"},
		"refusal":     {"reasoned refusal", "мотивированный отказ", "уәжді бас тарту"},
		"forwarded":   {"notice of forwarding", "уведомление о передаче", "жіберу туралы хабарлама"},
		"published":   {"answer where it is published", "ответ о месте публикации", "жарияланған жері туралы жауап"},
	}
	paperStates = words{
		"submitted": {"before the head", "на подписи", "қол қоюда"},
		"returned":  {"sent back", "возвращена на доработку", "қайта өңдеуге қайтарылды"},
		"signed":    {"signed", "подписана", "қол қойылды"},
	}
	signerStates = words{
		"invited":  {"invited", "приглашён", "шақырылды"},
		"enrolled": {"enrolled", "ключ зарегистрирован", "кілті тіркелген"},
		"revoked":  {"revoked", "право подписи прекращено", "қол қою құқығы тоқтатылған"},
	}
)

// The codes of departments.
var (
	organisationLevels = words{
		"republican": {"republican", "республиканский", "республикалық"},
		"regional":   {"regional", "областной", "облыстық"},
		"district":   {"district", "районный", "аудандық"},
	}
	departmentStates = words{
		"open":        {"open", "открыто", "ашық"},
		"closed":      {"closed", "закрыто", "жабық"},
		"listed":      {"in an inventory", "в описи", "тізімдемеде"},
		"due":         {"due", "пора сдавать", "тапсыру мерзімі келді"},
		"transferred": {"handed over", "сдано в архив", "архивке тапсырылды"},
	}
	dutyStates = words{
		"waiting":   {"its day has not come", "срок не наступил", "мерзімі келген жоқ"},
		"due":       {"due", "пора сдавать", "тапсыру мерзімі келді"},
		"fulfilled": {"handed over", "сдано в архив", "архивке тапсырылды"},
	}
)

// The codes of the insurance fund.
var (
	// copyGrounds is the ground of a copy that nobody ordered: the mark of its file. What an archivist wrote is said as it is.
	copyGrounds = words{"especially_valuable": {"an especially valuable file", "особо ценное дело", "аса құнды іс"}}
	carriers    = words{
		"object":     {"digital copy", "цифровая копия", "цифрлық көшірме"},
		"microfilm":  {"microfilm", "микрофильм", "микрофильм"},
		"microfiche": {"microfiche", "микрофиша", "микрофиша"},
		"scan":       {"scan", "скан", "скан"},
	}
	siteStates = words{
		"ready":  {"ready", "готово", "дайын"},
		"absent": {"absent", "недоступно", "қолжетімсіз"},
		"full":   {"full", "заполнено", "толған"},
	}
	damageSides = words{
		"original": {"original", "оригинал", "түпнұсқа"},
		"copy":     {"copy", "копия", "көшірме"},
	}
	scrubStates = words{
		"running":  {"running", "идёт", "жүріп жатыр"},
		"finished": {"finished", "закончена", "аяқталды"},
	}
	copyStates = words{
		"ordered":       {"ordered", "заказана", "тапсырыс берілген"},
		"failed":        {"failed", "не удалась", "жасалмады"},
		"awaited":       {"microform awaited", "ожидается микроформа", "микроформа күтілуде"},
		"made":          {"made", "изготовлена", "жасалды"},
		"verified":      {"verified", "сверена", "салыстырылды"},
		"damaged":       {"damaged", "повреждена", "бүлінген"},
		"left":          {"left by deaccession", "выбыло по акту", "шығарылды, акт"},
		"beyond_repair": {"beyond repair", "не восстановить", "қалпына келмейді"},
		"leaving":       {"to be destroyed", "подлежит уничтожению", "жойылуға тиіс"},
		"destroyed":     {"destroyed", "уничтожена", "жойылған"},
		"microform":     {"on microform", "на микроформе", "микроформада"},
	}
)
