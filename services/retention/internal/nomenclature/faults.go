package nomenclature

import "github.com/qoyma/qoyma/services/platform/fault"

// The faults of keeping a nomenclature, its files and inventories. Each says what to do.
var (
	BadField = fault.Define(fault.Invalid, "nomenclature.field",
		"“{field}” is missing or wrong ({value}); fill it in and send again",
		"поле «{field}» не заполнено или неверно ({value}); исправьте его и отправьте снова",
		"«{field}» толтырылмаған немесе дұрыс емес ({value}); түзетіп, қайта жіберіңіз")
	BadDates = fault.Define(fault.Invalid, "nomenclature.dates",
		"the days are out of order: “{earlier}” ({first}) must not be after “{later}” ({second}); correct one of them",
		"даты идут не по порядку: «{earlier}» ({first}) не может быть позже, чем «{later}» ({second}); исправьте одну из них",
		"күндер реті бұзылған: «{earlier}» ({first}) «{later}» ({second}) күнінен кейін бола алмайды; бірін түзетіңіз")
	Liquidated = fault.Define(fault.Refused, "nomenclature.liquidated",
		"the organisation was liquidated on {date}; new files are opened by its legal successor",
		"организация ликвидирована {date}; новые дела заводит её правопреемник",
		"ұйым {date} күні таратылған; жаңа істерді оның құқықтық мирасқоры ашады")
	EntryExists = fault.Define(fault.Conflict, "nomenclature.entry.exists",
		"the nomenclature of {year} has an entry {index} already; take the next free index, or correct that entry while it has no files",
		"в номенклатуре {year} года уже есть статья {index}; возьмите следующий свободный индекс или исправьте её, пока под ней нет дел",
		"{year} жылғы номенклатурада {index} индексі бұрыннан бар; келесі бос индексті алыңыз немесе ішінде іс жоқ кезде сол жазбаны түзетіңіз")
	EntryInUse = fault.Define(fault.Refused, "nomenclature.entry.in-use",
		"entry {index} of {year} has {count} files, so its term and article stay; make the change in the next year's nomenclature",
		"под статьёй {index} за {year} год уже заведено дел: {count}, поэтому её срок и статья не меняются; внесите изменение в номенклатуру следующего года",
		"{year} жылғы {index} жазбасы бойынша {count} іс ашылған, сондықтан оның мерзімі мен бабы өзгермейді; өзгерісті келесі жылдың номенклатурасына енгізіңіз")
	WrongEntry = fault.Define(fault.Refused, "nomenclature.entry.wrong",
		"entry {index} of {year} belongs to another organisation or year than the file; choose an entry of the file's own nomenclature",
		"статья {index} за {year} год относится к другой организации или другому году, чем дело; выберите статью из номенклатуры самого дела",
		"{year} жылғы {index} жазбасы істің ұйымына немесе жылына жатпайды; істің өз номенклатурасынан жазба таңдаңыз")
	WrongState = fault.Define(fault.Refused, "nomenclature.file.state",
		"file {file} is {state}; this can be done only with a file that is {wanted}",
		"дело {file}: {state}; это действие возможно только для дела в состоянии «{wanted}»",
		"{file} ісі: {state}; бұл әрекет тек «{wanted}» күйіндегі іске жасалады")
	TooThick = fault.Define(fault.Refused, "nomenclature.file.thick",
		"{leaves} leaves are too many for one volume (the most is {most}); close this volume with fewer leaves and open the next one under the same index",
		"{leaves} л. – слишком много для одного тома (не более {most}); закройте том с меньшим числом листов и заведите следующий под тем же индексом",
		"{leaves} парақ бір том үшін тым көп (ең көбі {most}); бұл томды азырақ парақпен жауып, сол индекспен келесі томды ашыңыз")
	WrongInventory = fault.Define(fault.Refused, "nomenclature.inventory.wrong",
		"file {file} ({term}) does not belong in inventory {inventory}: {why}; put it into the inventory of its own kind and years",
		"дело {file} ({term}) не относится к описи {inventory}: {why}; внесите его в опись соответствующего вида и годов",
		"{file} ісі ({term}) {inventory} тізімдемесіне жатпайды: {why}; оны өз түрі мен жылдарының тізімдемесіне енгізіңіз")
	InOtherInventory = fault.Define(fault.Conflict, "nomenclature.inventory.other",
		"file {file} stands in inventory {inventory} already, under No. {number}; a file stands in one inventory only",
		"дело {file} уже внесено в опись {inventory} под № {number}; дело может стоять только в одной описи",
		"{file} ісі {inventory} тізімдемесінде № {number} болып тұр; іс бір ғана тізімдемеде болады")
	InventoryClosed = fault.Define(fault.Refused, "nomenclature.inventory.approved",
		"inventory {inventory} is approved by protocol No. {protocol} and does not change; files left out go into a supplement to it",
		"опись {inventory} утверждена протоколом № {protocol} и не меняется; пропущенные дела вносятся в дополнение к ней",
		"{inventory} тізімдемесі № {protocol} хаттамамен бекітілген, ол өзгермейді; қалып қойған істер оның толықтыруына енгізіледі")
	OutOfOrder = fault.Define(fault.Conflict, "nomenclature.inventory.order",
		"the next number of inventory {inventory} is {want}, not {got}; reload the inventory and add the file again",
		"следующий номер в описи {inventory} – {want}, а не {got}; обновите опись и внесите дело снова",
		"{inventory} тізімдемесінің келесі нөмірі – {want}, {got} емес; тізімдемені жаңартып, істі қайта енгізіңіз")
	InventoryExists = fault.Define(fault.Conflict, "nomenclature.inventory.exists",
		"the organisation has an inventory {inventory} already; take the next free number, for numbers are never used twice",
		"у организации уже есть опись {inventory}; возьмите следующий свободный номер: номера не повторяются",
		"ұйымда {inventory} тізімдемесі бұрыннан бар; келесі бос нөмірді алыңыз: нөмірлер қайталанбайды")
	InventoryEmpty = fault.Define(fault.Refused, "nomenclature.inventory.empty",
		"inventory {inventory} has no files; add the closed files of its years before it goes to the commission",
		"в описи {inventory} нет дел; внесите закрытые дела за её годы, прежде чем подавать её комиссии",
		"{inventory} тізімдемесінде іс жоқ; комиссияға берместен бұрын оның жылдарындағы жабылған істерді енгізіңіз")
	CommissionNeeded = fault.Define(fault.Refused, "nomenclature.inventory.commission",
		"inventory {inventory} needs the decision of the expert-verification commission of the archive (EPC or CEPC); the organisation's own commission only passes it on: send it there and enter that protocol",
		"опись {inventory} утверждает (согласует) экспертно-проверочная комиссия архива (ЭПК или ЦЭПК); комиссия организации лишь представляет её: направьте опись туда и внесите её протокол",
		"{inventory} тізімдемесін архивтің сараптау-тексеру комиссиясы (СТК немесе ОСТК) бекітеді (келіседі); ұйым комиссиясы оны тек ұсынады: тізімдемені сонда жіберіп, сол хаттаманы енгізіңіз")
	NotApproved = fault.Define(fault.Refused, "nomenclature.inventory.draft",
		"inventory {inventory} is not approved, so nothing in it is final; bring it to the commission first",
		"опись {inventory} не утверждена, поэтому дела в ней ещё не окончательны; сначала представьте её комиссии",
		"{inventory} тізімдемесі бекітілмеген, сондықтан ондағы істер түпкілікті емес; алдымен комиссияға ұсыныңыз")
	NotYetDue = fault.Define(fault.Refused, "nomenclature.due.not-yet",
		"inventory {inventory} falls due on {date}; until then the organisation keeps its files",
		"опись {inventory} подлежит передаче {date}; до этого дня дела хранит организация",
		"{inventory} тізімдемесін тапсыру мерзімі – {date}; оған дейін істерді ұйым сақтайды")
	NeverDue = fault.Define(fault.Refused, "nomenclature.due.never",
		"the files of inventory {inventory} do not go to the state archive on a schedule; see the explanation of its date",
		"дела описи {inventory} не передаются в государственный архив по графику; см. пояснение к ней",
		"{inventory} тізімдемесінің істері мемлекеттік архивке кесте бойынша тапсырылмайды; оның түсіндірмесін қараңыз")
	OrganisationExists = fault.Define(fault.Conflict, "nomenclature.organisation.exists",
		"an organisation “{id}” is registered already; choose another short code, or use the one that is there",
		"организация «{id}» уже зарегистрирована; выберите другой краткий код или пользуйтесь существующей",
		"«{id}» ұйымы бұрыннан тіркелген; басқа қысқа код таңдаңыз немесе барын пайдаланыңыз")
	OrganisationUnknown = fault.Define(fault.NotFound, "nomenclature.organisation.unknown",
		"there is no organisation “{id}”; see the list of organisations, or ask the archive to register it",
		"организации «{id}» нет; посмотрите список организаций или попросите архив зарегистрировать её",
		"«{id}» ұйымы жоқ; ұйымдар тізімін қараңыз немесе архивтен оны тіркеуді сұраңыз")
	EntryUnknown = fault.Define(fault.NotFound, "nomenclature.entry.unknown",
		"the nomenclature of {year} of “{organisation}” has no entry {index}; see the nomenclature, or add the entry first",
		"в номенклатуре «{organisation}» за {year} год нет статьи {index}; посмотрите номенклатуру или сначала внесите статью",
		"«{organisation}» ұйымының {year} жылғы номенклатурасында {index} жазбасы жоқ; номенклатураны қараңыз немесе алдымен жазбаны енгізіңіз")
	FileUnknown = fault.Define(fault.NotFound, "nomenclature.file.unknown",
		"there is no file {file}; see the list of files of its organisation",
		"дела {file} нет; посмотрите список дел организации",
		"{file} ісі жоқ; ұйымның істер тізімін қараңыз")
	InventoryUnknown = fault.Define(fault.NotFound, "nomenclature.inventory.unknown",
		"there is no inventory {inventory}; see the list of transfers for the inventories that are approved",
		"описи {inventory} нет; утверждённые описи видны в списке передач",
		"{inventory} тізімдемесі жоқ; бекітілген тізімдемелер тапсырулар тізімінде көрсетілген")
	CommissionUnknown = fault.Define(fault.Invalid, "nomenclature.commission.unknown",
		"“{name}” does not say whose commission decided; name it with EPC (of the archive), CEPC (central) or EC (of the organisation)",
		"из названия «{name}» не видно, чья комиссия решила; укажите ЭПК (архива), ЦЭПК (центральная) или ЭК (организации)",
		"«{name}» атауынан қай комиссия шешкені көрінбейді; СТК (архивтің), ОСТК (орталық) немесе СК (ұйымның) деп көрсетіңіз")
	RowsWrong = fault.Define(fault.Refused, "nomenclature.inventory.rows",
		"{count} files cannot stand in inventory {inventory}; correct the files listed, or leave them out, and send the inventory again",
		"в опись {inventory} нельзя внести дел: {count}; исправьте перечисленные дела или исключите их и отправьте опись снова",
		"{inventory} тізімдемесіне {count} істі енгізуге болмайды; аталған істерді түзетіңіз немесе алып тастап, тізімдемені қайта жіберіңіз")
	TooManyFiles = fault.Define(fault.Invalid, "nomenclature.inventory.many",
		"{count} files are too many for one inventory (the most is {most}); divide it into yearly sections",
		"{count} дел – слишком много для одной описи (не более {most}); разделите её на годовые разделы",
		"{count} іс бір тізімдеме үшін тым көп (ең көбі {most}); оны жылдық бөлімдерге бөліңіз")
	TooManyEntries = fault.Define(fault.Refused, "nomenclature.entry.many",
		"the nomenclature of {year} has {most} entries, and no more fit; use the entries that there are, or divide the organisation into its units",
		"в номенклатуре {year} года уже {most} статей, больше нельзя; пользуйтесь имеющимися или зарегистрируйте подразделения отдельно",
		"{year} жылғы номенклатурада {most} жазба бар, одан артық болмайды; барларын пайдаланыңыз немесе бөлімшелерді жеке тіркеңіз")
	BadLabel = fault.Define(fault.Invalid, "nomenclature.label",
		"the label is wrong ({value}); give a level from 0 to 3 and grounds of these: {known}; state secrets are not kept here",
		"метка доступа неверна ({value}); укажите уровень от 0 до 3 и основания из числа: {known}; государственные секреты здесь не хранятся",
		"қолжетімділік белгісі дұрыс емес ({value}); 0-ден 3-ке дейінгі деңгейді және мына негіздерді көрсетіңіз: {known}; мемлекеттік құпиялар мұнда сақталмайды")
	Twice = fault.Define(fault.Invalid, "nomenclature.inventory.twice",
		"file {file} stands in the list twice, as No. {first} and No. {second}; leave it once",
		"дело {file} стоит в списке дважды, под № {first} и № {second}; оставьте его один раз",
		"{file} ісі тізімде екі рет, № {first} және № {second} болып тұр; бірін ғана қалдырыңыз")
)
