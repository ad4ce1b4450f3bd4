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
		"file {file} falls due on {date}; until then the organisation keeps it",
		"дело {file} подлежит передаче {date}; до этого дня его хранит организация",
		"{file} ісін тапсыру мерзімі – {date}; оған дейін оны ұйым сақтайды")
	NeverDue = fault.Define(fault.Refused, "nomenclature.due.never",
		"file {file} ({term}) does not go to the state archive on a schedule; see the explanation of its term",
		"дело {file} ({term}) не передаётся в государственный архив по графику; см. пояснение к его сроку",
		"{file} ісі ({term}) мемлекеттік архивке кесте бойынша тапсырылмайды; мерзімінің түсіндірмесін қараңыз")
)
