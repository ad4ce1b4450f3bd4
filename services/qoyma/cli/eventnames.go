package cli

import (
	"maps"
	"slices"
	"strings"
)

// eventName is an event's type in words. One that is newer than this program keeps its name.
func (a *app) eventName(bodyType string) string {
	name := bodyType[strings.LastIndexByte(bodyType, '.')+1:]
	if t, ok := eventNames[name]; ok {
		return a.say(t)
	}
	return clean(name)
}

var eventNames = map[string]text{
	"OrganisationRegistered": {"organisation registered", "организация зарегистрирована", "ұйым тіркелді"},
	"NomenclatureEntryAdded": {"nomenclature line added", "добавлена строка номенклатуры", "номенклатура жолы қосылды"},
	"FileOpened":             {"file opened", "дело заведено", "іс ашылды"},
	"FileClosed":             {"file closed", "дело закрыто", "іс жабылды"},
	"InventoryApproved":      {"inventory approved", "опись утверждена", "тізімдеме бекітілді"},
	"InventoryListed":        {"rows of the inventory", "строки описи", "тізімдеме жолдары"},
	"TransferDue":            {"due for transfer", "наступил срок передачи", "тапсыру мерзімі келді"},
	"TransferDueListed":      {"files due for transfer", "дела к передаче", "тапсырылатын істер"},
	"TransferFulfilled":      {"transfer fulfilled", "передача исполнена", "тапсыру орындалды"},
	"FilesTransferred":       {"files transferred", "дела переданы", "істер тапсырылды"},
	"TransferExpected":       {"transfer expected", "ожидается передача", "тапсыру күтілуде"},
	"TransferFilesExpected":  {"files expected", "ожидаемые дела", "күтілетін істер"},
	"ContactNamed":           {"contact named", "указан контакт", "байланыс көрсетілді"},
	"PackageRefused":         {"package refused", "пакет отклонён", "пакет қабылданбады"},
	"PackageChecked":         {"package checked", "пакет проверен", "пакет тексерілді"},
	"PackageFilesChecked":    {"files of the package", "файлы пакета", "пакет файлдары"},
	"AcceptanceBegun":        {"acceptance begun", "приём начат", "қабылдау басталды"},
	"AccessionAccepted":      {"accession accepted", "поступление принято", "түсім қабылданды"},
	"AccessionFilesAccepted": {"files accepted", "дела приняты", "істер қабылданды"},
	"ActDrawnUp":             {"act drawn up", "акт составлен", "акт жасалды"},
	"FondsOpened":            {"fonds opened", "фонд открыт", "қор ашылды"},
	"AccessionPlaced":        {"accession placed", "поступлению дано место", "түсімге орын берілді"},
	"InventoryOpened":        {"inventory opened", "опись заведена", "тізімдеме ашылды"},
	"FilesCatalogued":        {"files catalogued", "дела внесены в каталог", "істер каталогқа енгізілді"},
	"AccessionCatalogued":    {"accession catalogued", "поступление внесено в каталог", "түсім каталогқа енгізілді"},
	"AccountCreated":         {"account opened", "заведена учётная запись", "есептік жазба ашылды"},
	"PersonSet":              {"name corrected", "исправлено имя", "аты-жөні түзетілді"},
	"RolesSet":               {"roles set", "заданы роли", "рөлдер берілді"},
	"PasswordSet":            {"password set", "задан пароль", "құпиясөз қойылды"},
	"SignedIn":               {"signed in", "выполнен вход", "жүйеге кірді"},
	"SignInFailed":           {"sign-in failed", "неудачный вход", "кіру сәтсіз болды"},
	"AccountLocked":          {"account locked", "учётная запись заблокирована", "есептік жазба бұғатталды"},
	"AccountUnlocked":        {"account unlocked", "блокировка снята", "бұғат алынды"},
	"AccountDisabled":        {"account closed", "учётная запись закрыта", "есептік жазба жабылды"},
	"AccountEnabled":         {"account opened again", "учётная запись снова открыта", "есептік жазба қайта ашылды"},
	"SessionBegan":           {"session began", "начат сеанс", "сеанс басталды"},
	"SessionEnded":           {"session ended", "сеанс закончен", "сеанс аяқталды"},
	"EpochBegan":             {"new epoch of the journal", "новая эпоха журнала", "журналдың жаңа дәуірі"},
	"TimerFired":             {"timer fired", "сработал срок", "мерзім іске қосылды"},
	"ClockConfirmed":         {"clock confirmed", "часы подтверждены", "сағат расталды"},
	"KeyDestroyed":           {"personal data erased", "персональные данные уничтожены", "дербес деректер жойылды"},
	"EventDeferred":          {"reaction deferred", "реакция отложена", "әрекет кейінге қалдырылды"},
	"EventParked":            {"reaction parked", "реакция остановлена", "әрекет тоқтатылды"},
	"EventSettled":           {"reaction carried out", "реакция выполнена", "әрекет орындалды"},
	"ReaderResynchronised":   {"reader resynchronised", "читатель пересинхронизирован", "оқушы қайта үйлестірілді"},
	"AccessDenied":           {"access denied", "в доступе отказано", "қол жеткізуге тыйым салынды"},
	"RestrictedRead":         {"restricted record read", "прочитана закрытая запись", "жабық жазба оқылды"},
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
