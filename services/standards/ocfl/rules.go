package ocfl

import "github.com/qoyma/qoyma/services/platform/fault"

// Rule is one of the validation codes of OCFL 1.0 and 1.1: E for what an object or a storage
// root must be, W for what it should be. Its number is the specification's own, so that
// the clause is found at https://ocfl.io/1.1/spec/#E001.
type Rule struct {
	*fault.Definition
	Warning bool
}

type finding struct {
	where string
	rule  *Rule
	args  []any
}

func (f *finding) fault() *fault.Error { return f.rule.With(f.args...) }

func rule(code, en, ru, kk string) *Rule {
	mark := " [OCFL " + code + "]"
	return &Rule{Definition: fault.Define(fault.Refused, "ocfl."+code, en+mark, ru+mark, kk+mark), Warning: code[0] == 'W'}
}

// What an object and its inventory must be.
var (
	E001 = rule("E001",
		"an object holds {path}, which does not belong there",
		"в объекте лишнее: {path}",
		"объектіде артық нәрсе бар: {path}")
	E003 = rule("E003",
		"an object must have exactly one declaration 0=ocfl_object_…; {path} has another number",
		"в объекте должно быть ровно одно объявление 0=ocfl_object_…; в {path} это не так",
		"объектіде дәл бір 0=ocfl_object_… жариялауы болуы керек; {path} ішінде олай емес")
	E004 = rule("E004",
		"the declaration {path} names a version of OCFL that is not known here",
		"объявление {path} называет неизвестную здесь версию OCFL",
		"{path} жариялауы мұнда белгісіз OCFL нұсқасын атайды")
	E007 = rule("E007",
		"the declaration {path} must repeat its own name and end the line",
		"объявление {path} должно повторять своё имя и завершаться переводом строки",
		"{path} жариялауы өз атын қайталап, жолды аяқтауы керек")
	E008 = rule("E008",
		"{path} has no versions",
		"в {path} нет версий",
		"{path} ішінде нұсқа жоқ")
	E009 = rule("E009",
		"the versions of {path} must begin with 1",
		"версии в {path} должны начинаться с 1",
		"{path} нұсқалары 1-ден басталуы керек")
	E010 = rule("E010",
		"a version is missing in {path}",
		"в {path} пропущена версия",
		"{path} ішінде бір нұсқа жоқ")
	E012 = rule("E012",
		"{version} in {path} is not named like the versions before it",
		"{version} в {path} названа не так, как прежние версии",
		"{path} ішіндегі {version} бұрынғы нұсқалардай аталмаған")
	E015 = rule("E015",
		"{path} lies in a version directory outside its content",
		"{path} лежит в каталоге версии вне содержимого",
		"{path} нұсқа каталогында мазмұннан тыс жатыр")
	E017 = rule("E017",
		"contentDirectory in {path} must not hold a slash",
		"contentDirectory в {path} не должен содержать косую черту",
		"{path} ішіндегі contentDirectory мәнінде қиғаш сызық болмауы керек")
	E018 = rule("E018",
		"contentDirectory in {path} must be a name, not . or ..",
		"contentDirectory в {path} должен быть именем, а не . или ..",
		"{path} ішіндегі contentDirectory . немесе .. емес, атау болуы керек")
	E020 = rule("E020",
		"contentDirectory in {path} differs from that of the whole object",
		"contentDirectory в {path} отличается от заданного для всего объекта",
		"{path} ішіндегі contentDirectory бүкіл объектінікінен басқа")
	E023 = rule("E023",
		"{path} lies in the object and the manifest does not name it",
		"{path} лежит в объекте, но в manifest не назван",
		"{path} объектіде жатыр, бірақ manifest ішінде аталмаған")
	E024 = rule("E024",
		"the directory {path} in the content is empty",
		"каталог {path} в содержимом пуст",
		"мазмұндағы {path} каталогы бос")
	E025 = rule("E025",
		"{path} must use sha512 or sha256",
		"в {path} должен использоваться sha512 или sha256",
		"{path} ішінде sha512 немесе sha256 қолданылуы керек")
	E029 = rule("E029",
		"the digest {digest} in {path} is not written in hexadecimal of its length",
		"контрольная сумма {digest} в {path} не является шестнадцатеричной нужной длины",
		"{path} ішіндегі {digest} бақылау сомасы керекті ұзындықтағы он алтылық емес")
	E030 = rule("E030",
		"the sha256 {digest} in {path} is not 64 hexadecimal digits",
		"sha256 {digest} в {path} не из 64 шестнадцатеричных цифр",
		"{path} ішіндегі {digest} sha256 сомасы 64 он алтылық цифр емес")
	E031 = rule("E031",
		"the sha512 {digest} in {path} is not 128 hexadecimal digits",
		"sha512 {digest} в {path} не из 128 шестнадцатеричных цифр",
		"{path} ішіндегі {digest} sha512 сомасы 128 он алтылық цифр емес")
	E032 = rule("E032",
		"the blake2b digest {digest} in {path} is not written in hexadecimal of its length",
		"сумма blake2b {digest} в {path} не является шестнадцатеричной нужной длины",
		"{path} ішіндегі {digest} blake2b сомасы керекті ұзындықтағы он алтылық емес")
	E033 = rule("E033",
		"{path} is not the JSON that an inventory must be",
		"{path} не является описью в JSON",
		"{path} JSON түріндегі тізім емес")
	E036 = rule("E036",
		"{path} lacks the key {key}",
		"в {path} нет ключа {key}",
		"{path} ішінде {key} кілті жоқ")
	E037 = rule("E037",
		"the identifier in {path} is empty or stands for another object too",
		"идентификатор в {path} пуст или принадлежит и другому объекту",
		"{path} ішіндегі идентификатор бос немесе басқа объектіге де тиесілі")
	E038 = rule("E038",
		"{path} names another specification as its type",
		"{path} называет типом другую спецификацию",
		"{path} түрі ретінде басқа ерекшелікті атайды")
	E039 = rule("E039",
		"the digests in {path} are those of {algorithm}, which is not the digestAlgorithm that it names",
		"суммы в {path} посчитаны по {algorithm}, а digestAlgorithm назван другой",
		"{path} ішіндегі сомалар {algorithm} бойынша, ал digestAlgorithm басқаша аталған")
	E040 = rule("E040",
		"head in {path} is {version}, not the newest version",
		"head в {path} равен {version}, это не последняя версия",
		"{path} ішіндегі head {version}, бұл соңғы нұсқа емес")
	E041 = rule("E041",
		"{path} lacks the block {key}",
		"в {path} нет блока {key}",
		"{path} ішінде {key} блогы жоқ")
	E042 = rule("E042",
		"{file} in {path} does not lie in the content of a version of the object",
		"{file} в {path} не лежит в содержимом ни одной версии объекта",
		"{path} ішіндегі {file} объектінің ешбір нұсқасының мазмұнында жоқ")
	E043 = rule("E043",
		"{path} lacks the block versions",
		"в {path} нет блока versions",
		"{path} ішінде versions блогы жоқ")
	E044 = rule("E044",
		"versions in {path} must be a JSON object",
		"versions в {path} должен быть объектом JSON",
		"{path} ішіндегі versions JSON объектісі болуы керек")
	E046 = rule("E046",
		"the version {version} in {path} and the version directories disagree",
		"версия {version} в {path} и каталоги версий расходятся",
		"{path} ішіндегі {version} нұсқасы мен нұсқа каталогтары сәйкес емес")
	E047 = rule("E047",
		"the version {version} in {path} must be a JSON object",
		"версия {version} в {path} должна быть объектом JSON",
		"{path} ішіндегі {version} нұсқасы JSON объектісі болуы керек")
	E048 = rule("E048",
		"the version {version} in {path} lacks {key}",
		"в версии {version} в {path} нет {key}",
		"{path} ішіндегі {version} нұсқасында {key} жоқ")
	E049 = rule("E049",
		"created in {path} is not a date and time with offset",
		"created в {path} не является датой и временем со смещением",
		"{path} ішіндегі created ығысуы бар күн мен уақыт емес")
	E050 = rule("E050",
		"the state in {path} names {digest}, which the manifest lacks",
		"состояние в {path} называет {digest}, которого нет в manifest",
		"{path} күйі {digest} сомасын атайды, ол manifest ішінде жоқ")
	E052 = rule("E052",
		"the logical path {file} in {path} has an element that is empty, . or ..",
		"логический путь {file} в {path} содержит пустую часть, . или ..",
		"{path} ішіндегі {file} логикалық жолында бос бөлік, . немесе .. бар")
	E053 = rule("E053",
		"the logical path {file} in {path} begins or ends with a slash",
		"логический путь {file} в {path} начинается или кончается косой чертой",
		"{path} ішіндегі {file} логикалық жолы қиғаш сызықпен басталады не аяқталады")
	E054 = rule("E054",
		"the user of version {version} in {path} must have a name",
		"у пользователя версии {version} в {path} должно быть имя",
		"{path} ішіндегі {version} нұсқасы пайдаланушысының аты болуы керек")
	E056 = rule("E056",
		"the fixity block of {path} uses {algorithm}, which neither the specification nor a registered extension names",
		"в блоке fixity в {path} указан алгоритм {algorithm}, которого нет ни в спецификации, ни в зарегистрированных расширениях",
		"{path} fixity блогында ерекшелікте де, тіркелген кеңейтімдерде де жоқ {algorithm} алгоритмі қолданылған")
	E057 = rule("E057",
		"the fixity block of {path} does not follow the manifest",
		"блок fixity в {path} не соответствует manifest",
		"{path} ішіндегі fixity блогы manifest-ке сәйкес емес")
	E058 = rule("E058",
		"{path} has no sidecar file with its digest",
		"у {path} нет файла с контрольной суммой",
		"{path} файлының бақылау сомасы бар серігі жоқ")
	E060 = rule("E060",
		"{path} was changed: its digest is not that of its sidecar",
		"{path} изменён: его контрольная сумма не совпадает с записанной рядом",
		"{path} өзгертілген: бақылау сомасы қатар жазылғанмен сәйкес емес")
	E061 = rule("E061",
		"the sidecar {path} must read: digest, space, inventory.json",
		"файл {path} должен содержать: сумму, пробел, inventory.json",
		"{path} файлында мыналар болуы керек: сома, бос орын, inventory.json")
	E063 = rule("E063",
		"{path} has no inventory",
		"в {path} нет описи",
		"{path} ішінде тізім жоқ")
	E064 = rule("E064",
		"{path} differs from the inventory of the whole object",
		"{path} отличается от описи всего объекта",
		"{path} бүкіл объект тізімінен басқа")
	E066 = rule("E066",
		"{path} describes version {version} otherwise than the newest inventory",
		"{path} описывает версию {version} иначе, чем последняя опись",
		"{path} {version} нұсқасын соңғы тізімнен басқаша сипаттайды")
	E067 = rule("E067",
		"the extensions of the object hold {path}, which is not a directory",
		"в extensions объекта лежит {path}, это не каталог",
		"объектінің extensions ішінде {path} бар, ол каталог емес")
	E069 = rule("E069",
		"the storage root {path} has no declaration",
		"в хранилище {path} нет объявления",
		"{path} қоймасында жариялау жоқ")
	E070 = rule("E070",
		"{path} must name extension and description",
		"в {path} должны быть extension и description",
		"{path} ішінде extension мен description болуы керек")
	E071 = rule("E071",
		"{path} names a layout that is not known here",
		"{path} называет неизвестное здесь устройство",
		"{path} мұнда белгісіз құрылымды атайды")
	E072 = rule("E072",
		"{path} belongs to no object",
		"{path} не принадлежит ни одному объекту",
		"{path} ешбір объектіге тиесілі емес")
	E073 = rule("E073",
		"the directory {path} is empty",
		"каталог {path} пуст",
		"{path} каталогы бос")
	E076 = rule("E076",
		"the storage root must have exactly one declaration 0=ocfl_…; {path} has more",
		"в хранилище должно быть ровно одно объявление 0=ocfl_…; в {path} их больше",
		"қоймада дәл бір 0=ocfl_… жариялауы болуы керек; {path} ішінде олар көп")
	E080 = rule("E080",
		"the declaration {path} of the storage root must repeat its own name and end the line",
		"объявление хранилища {path} должно повторять своё имя и завершаться переводом строки",
		"қойманың {path} жариялауы өз атын қайталап, жолды аяқтауы керек")
	E081 = rule("E081",
		"the object in {path} follows OCFL {version}, later than its storage root",
		"объект в {path} соответствует OCFL {version}, более поздней версии, чем хранилище",
		"{path} ішіндегі объект қоймадан кейінгі OCFL {version} нұсқасына сай")
	E083 = rule("E083",
		"the object in {path} belongs elsewhere by its identifier",
		"объект в {path} по идентификатору должен лежать в другом месте",
		"{path} ішіндегі объект идентификаторы бойынша басқа жерде жатуы керек")
	E086 = rule("E086",
		"the extensions of the storage root hold {path}, which is not a directory",
		"в extensions хранилища лежит {path}, это не каталог",
		"қойманың extensions ішінде {path} бар, ол каталог емес")
	E090 = rule("E090",
		"{path} is a link; only files and directories may be kept",
		"{path} является ссылкой; хранить можно только файлы и каталоги",
		"{path} сілтеме; тек файлдар мен каталогтар сақталуы керек")
	E092 = rule("E092",
		"the content of {path} was changed or damaged: {digest} was recorded and {found} is found",
		"содержимое {path} изменено или повреждено: записано {digest}, а получено {found}",
		"{path} мазмұны өзгертілген немесе бүлінген: жазылғаны {digest}, шыққаны {found}")
	E092Gone = rule("E092",
		"{path} is not there, though the manifest names it with the digest {digest}",
		"файла {path} нет, хотя manifest называет его с контрольной суммой {digest}",
		"{path} файлы жоқ, ал manifest оны {digest} бақылау сомасымен атайды")
	E093 = rule("E093",
		"the {algorithm} of {path} in the fixity block is not that of the file",
		"{algorithm} файла {path} в блоке fixity не совпадает с файлом",
		"fixity блогындағы {path} файлының {algorithm} сомасы файлға сәйкес емес")
	E094 = rule("E094",
		"a message in {path} must be a text",
		"сообщение в {path} должно быть текстом",
		"{path} ішіндегі хабар мәтін болуы керек")
	E095 = rule("E095",
		"the logical path {file} in {path} stands twice or is a directory too",
		"логический путь {file} в {path} указан дважды или является и каталогом",
		"{path} ішіндегі {file} логикалық жолы екі рет жазылған немесе каталог та")
	E096 = rule("E096",
		"the digest {digest} stands twice in the manifest of {path}",
		"сумма {digest} дважды указана в manifest в {path}",
		"{digest} сомасы {path} manifest блогында екі рет тұр")
	E097 = rule("E097",
		"the digest {digest} stands twice in the fixity block of {path}",
		"сумма {digest} дважды указана в fixity в {path}",
		"{digest} сомасы {path} fixity блогында екі рет тұр")
	E099 = rule("E099",
		"the content path {file} in {path} has an element that is empty, . or ..",
		"путь содержимого {file} в {path} содержит пустую часть, . или ..",
		"{path} ішіндегі {file} мазмұн жолында бос бөлік, . немесе .. бар")
	E100 = rule("E100",
		"the content path {file} in {path} begins or ends with a slash",
		"путь содержимого {file} в {path} начинается или кончается косой чертой",
		"{path} ішіндегі {file} мазмұн жолы қиғаш сызықпен басталады не аяқталады")
	E101 = rule("E101",
		"the content path {file} in {path} stands twice or is a directory too",
		"путь содержимого {file} в {path} указан дважды или является и каталогом",
		"{path} ішіндегі {file} мазмұн жолы екі рет жазылған немесе каталог та")
	E102 = rule("E102",
		"{path} has the key {key}, which the specification does not know",
		"в {path} есть ключ {key}, неизвестный спецификации",
		"{path} ішінде ерекшелікке белгісіз {key} кілті бар")
	E103 = rule("E103",
		"{path} follows an earlier edition of OCFL than the version before it",
		"{path} соответствует более ранней версии OCFL, чем предыдущая версия объекта",
		"{path} объектінің алдыңғы нұсқасынан бұрынғы OCFL басылымына сай")
	E106 = rule("E106",
		"the manifest of {path} must be a JSON object",
		"manifest в {path} должен быть объектом JSON",
		"{path} manifest блогы JSON объектісі болуы керек")
	E107 = rule("E107",
		"the manifest of {path} holds {digest}, which no version uses",
		"в manifest в {path} есть {digest}, не нужный ни одной версии",
		"{path} manifest блогында ешбір нұсқа қолданбайтын {digest} бар")
	E110 = rule("E110",
		"{path} bears another identifier than the object",
		"в {path} другой идентификатор, чем у объекта",
		"{path} ішіндегі идентификатор объектінікінен басқа")
	E111 = rule("E111",
		"the fixity block of {path} must be a JSON object",
		"fixity в {path} должен быть объектом JSON",
		"{path} fixity блогы JSON объектісі болуы керек")
	E112 = rule("E112",
		"the extensions of the storage root hold {path}, which is not a directory",
		"в extensions хранилища лежит {path}, это не каталог",
		"қойманың extensions ішінде {path} бар, ол каталог емес")
)

// What they should be.
var (
	W001 = rule("W001",
		"the versions in {path} are padded with zeros",
		"версии в {path} дополнены нулями",
		"{path} нұсқалары нөлдермен толықтырылған")
	W002 = rule("W002",
		"{path} is a directory in a version besides its content",
		"{path} – каталог в версии помимо содержимого",
		"{path} – нұсқадағы мазмұннан бөлек каталог")
	W003 = rule("W003",
		"{path} is empty and should not be there",
		"{path} пуст и не нужен",
		"{path} бос, керек емес")
	W004 = rule("W004",
		"{path} uses sha256; sha512 is advised",
		"в {path} используется sha256; рекомендуется sha512",
		"{path} ішінде sha256 қолданылған; sha512 ұсынылады")
	W005 = rule("W005",
		"the identifier in {path} should be a URI",
		"идентификатор в {path} лучше задать как URI",
		"{path} ішіндегі идентификатор URI болғаны жөн")
	W007 = rule("W007",
		"the version {version} in {path} should have message and user",
		"у версии {version} в {path} желательны message и user",
		"{path} ішіндегі {version} нұсқасында message мен user болғаны жөн")
	W008 = rule("W008",
		"the user of version {version} in {path} should have an address",
		"у пользователя версии {version} в {path} желателен адрес",
		"{path} ішіндегі {version} нұсқасы пайдаланушысының мекенжайы болғаны жөн")
	W009 = rule("W009",
		"the address of the user of version {version} in {path} should be a URI",
		"адрес пользователя версии {version} в {path} лучше задать как URI",
		"{path} ішіндегі {version} нұсқасы пайдаланушысының мекенжайы URI болғаны жөн")
	W010 = rule("W010",
		"the version {path} should have an inventory of its own",
		"у версии {path} желательна своя опись",
		"{path} нұсқасының өз тізімі болғаны жөн")
	W011 = rule("W011",
		"{path} tells who made version {version}, when and why otherwise than the newest inventory",
		"{path} иначе, чем последняя опись, говорит, кто, когда и зачем создал версию {version}",
		"{path} {version} нұсқасын кім, қашан және не үшін жасағанын соңғы тізімнен басқаша айтады")
	W013 = rule("W013",
		"the extension {path} of the object is not registered",
		"расширение объекта {path} не зарегистрировано",
		"объектінің {path} кеңейтімі тіркелмеген")
	W014 = rule("W014",
		"the objects of the storage root {path} lie at different depths ({first}, {other}); one layout should hold for all",
		"объекты хранилища {path} лежат на разной глубине ({first}, {other}); устройство должно быть одно для всех",
		"{path} қоймасының объектілері әртүрлі тереңдікте жатыр ({first}, {other}); бәріне бір құрылым болғаны жөн")
	W015 = rule("W015",
		"some objects of the storage root {path} lie in it directly ({first}) and some deeper ({other})",
		"одни объекты хранилища {path} лежат прямо в нём ({first}), другие глубже ({other})",
		"{path} қоймасының кей объектілері тікелей өзінде ({first}), кейі тереңде ({other}) жатыр")
	W016 = rule("W016",
		"the extension {path} of the storage root is not registered",
		"расширение хранилища {path} не зарегистрировано",
		"қойманың {path} кеңейтімі тіркелмеген")
)
