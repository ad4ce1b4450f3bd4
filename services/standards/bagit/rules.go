package bagit

import (
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Rule is one thing that can be wrong with a bag: a fault with the clause it rests on.
// A warning does not refuse the bag.
type Rule struct {
	*fault.Definition
	Clause  string // §… of RFC 8493, that of another document, or "limit" for a bound of ours (see Limits)
	Warning bool
}

var rules []*Rule

// Rules is every rule, in the order of its code.
func Rules() []*Rule {
	all := slices.Clone(rules)
	slices.SortFunc(all, func(a, b *Rule) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return all
}

// Clause is the clause that a code rests on, empty for an unknown code.
func Clause(code string) string {
	for _, r := range rules {
		if r.Code == code {
			return r.Clause
		}
	}
	return ""
}

func rule(code, clause, en, ru, kk string) *Rule {
	mark := ""
	switch {
	case strings.HasPrefix(clause, "§"):
		mark = " [RFC 8493 " + clause + "]"
	case clause != limit:
		mark = " [" + clause + "]"
	}
	r := &Rule{Definition: fault.Define(fault.Invalid, "bagit."+code, en+mark, ru+mark, kk+mark), Clause: clause}
	rules = append(rules, r)
	return r
}

func warning(code, clause, en, ru, kk string) *Rule {
	r := rule(code, clause, en, ru, kk)
	r.Warning = true
	return r
}

const limit = "limit"

// Refused is the answer for a whole bag; its items say what is wrong, file by file.
var Refused = fault.Define(fault.Refused, "bagit.refused",
	"faults in the package: {count}; an archive would not accept it; correct what is listed and check it again",
	"в пакете ошибок: {count}; архив его не примет; исправьте перечисленное и проверьте снова",
	"пакетте {count} қате бар; архив оны қабылдамайды; тізімдегіні түзетіп, қайта тексеріңіз")

// The declaration, the tag files and the bag as a whole.
var (
	NoDeclaration = rule("no_declaration", "§2.1.1",
		"there is no bagit.txt, so this is not a bag; make the package with a BagIt tool",
		"нет файла bagit.txt, значит это не пакет BagIt; соберите пакет программой для BagIt",
		"bagit.txt файлы жоқ, демек бұл BagIt пакеті емес; пакетті BagIt бағдарламасымен жинаңыз")
	BadDeclaration = rule("bad_declaration", "§2.1.1",
		"line {line} of bagit.txt must read {expected}",
		"строка {line} файла bagit.txt должна иметь вид {expected}",
		"bagit.txt файлының {line}-жолы {expected} түрінде болуы керек")
	DeclarationBOM = rule("declaration_bom", "§2.1.1",
		"bagit.txt begins with a byte order mark; save it as UTF-8 without one",
		"bagit.txt начинается с метки порядка байтов; сохраните его в UTF-8 без метки",
		"bagit.txt байт ретінің белгісінен басталады; оны белгісіз UTF-8 түрінде сақтаңыз")
	BadVersion = rule("version", "§2.1.1",
		"version {version} of BagIt is not accepted; use 1.0 or 0.97",
		"версия BagIt {version} не принимается; используйте 1.0 или 0.97",
		"BagIt-тің {version} нұсқасы қабылданбайды; 1.0 немесе 0.97 нұсқасын қолданыңыз")
	OldVersion = warning("old_version", "§2.1.1",
		"version {version} of BagIt was a draft; make the next bag with 1.0",
		"версия BagIt {version} была черновой; следующий пакет соберите по версии 1.0",
		"BagIt-тің {version} нұсқасы жоба болған; келесі пакетті 1.0 нұсқасымен жинаңыз")
	BadEncoding = rule("encoding", "§2.1.1",
		"the tag file encoding {encoding} is not known here; use UTF-8",
		"кодировка служебных файлов {encoding} здесь неизвестна; используйте UTF-8",
		"қызметтік файлдардың {encoding} кодтауы мұнда белгісіз; UTF-8 қолданыңыз")
	OtherEncoding = warning("other_encoding", "§2.1.1",
		"the tag files are in {encoding}; UTF-8 is advised",
		"служебные файлы в кодировке {encoding}; рекомендуется UTF-8",
		"қызметтік файлдар {encoding} кодтауында; UTF-8 ұсынылады")
	BadText = rule("bad_text", "§2.1.1",
		"the file is not text in the declared encoding {encoding}; save it anew in that encoding",
		"файл не является текстом в объявленной кодировке {encoding}; пересохраните его в ней",
		"файл жарияланған {encoding} кодтауындағы мәтін емес; оны сол кодтауда қайта сақтаңыз")
	TagBOM = warning("tag_bom", "§2.1.1",
		"the file begins with a byte order mark, which was ignored; save it without one",
		"файл начинается с метки порядка байтов, она пропущена; сохраняйте без неё",
		"файл байт ретінің белгісінен басталады, ол ескерілмеді; белгісіз сақтаңыз")
	NoPayload = rule("no_payload_directory", "§2.1.2",
		"there is no data directory; put the records into data/",
		"нет каталога data; поместите документы в data/",
		"data каталогы жоқ; құжаттарды data/ ішіне салыңыз")
	EmptyPayload = warning("empty_payload", "§2.1.2",
		"the bag holds no records",
		"в пакете нет документов",
		"пакетте құжат жоқ")
	NoManifest = rule("no_manifest", "§2.1.3",
		"there is no payload manifest; add manifest-sha512.txt or manifest-sha256.txt",
		"нет описи контрольных сумм; добавьте manifest-sha512.txt или manifest-sha256.txt",
		"бақылау сомаларының тізімі жоқ; manifest-sha512.txt немесе manifest-sha256.txt қосыңыз")
	RepeatedManifest = rule("manifest_repeated", "§2.1.3",
		"{other} is a manifest by the same algorithm already; leave one of them",
		"{other} уже является описью по тому же алгоритму; оставьте одну из них",
		"{other} сол алгоритм бойынша жасалған тізім; олардың біреуін қалдырыңыз")
	UnknownAlgorithm = rule("unknown_algorithm", "§2.4",
		"the algorithm {algorithm} is not known here, so the manifest cannot be checked; add sha256 or sha512",
		"алгоритм {algorithm} здесь неизвестен, опись не проверить; добавьте sha256 или sha512",
		"{algorithm} алгоритмі мұнда белгісіз, тізімді тексеру мүмкін емес; sha256 немесе sha512 қосыңыз")
	WeakAlgorithm = warning("weak_algorithm", "§2.4",
		"the bag is guarded only by {algorithm}, which can be forged; use sha256 or sha512",
		"пакет защищён только алгоритмом {algorithm}, который можно подделать; используйте sha256 или sha512",
		"пакет тек {algorithm} алгоритмімен қорғалған, оны қолдан жасауға болады; sha256 немесе sha512 қолданыңыз")
	FetchRefused = rule("fetch_refused", "§2.2.3",
		"the bag lists files to be fetched from elsewhere (fetch.txt); send every file in the bag itself",
		"пакет ссылается на файлы, которые надо скачать (fetch.txt); передайте все файлы в самом пакете",
		"пакет басқа жерден жүктелетін файлдарға сілтейді (fetch.txt); барлық файлды пакеттің өзінде жіберіңіз")
	FetchLineBad = rule("fetch_line", "§2.2.3",
		"line {line} must read: URL, length in bytes or -, path under data/ that no other line names",
		"строка {line} должна содержать: URL, длину в байтах или -, путь внутри data/, не названный в другой строке",
		"{line}-жолда мыналар болуы керек: URL, байтпен ұзындығы немесе -, data/ ішіндегі басқа жолда аталмаған жол")
	FetchUnlisted = rule("fetch_unlisted", "§2.2.3",
		"{file} is to be fetched, but {manifest} does not list it; whatever came could not be checked",
		"{file} подлежит скачиванию, но его нет в {manifest}; полученное нечем проверить",
		"{file} жүктелуі керек, бірақ ол {manifest} ішінде жоқ; келгенін тексеру мүмкін болмайды")
	NotFetched = rule("not_fetched", "§3",
		"the file is to be fetched and has not come yet; the bag is incomplete",
		"файл подлежит скачиванию и ещё не получен; пакет неполон",
		"файл жүктелуі керек, әлі келген жоқ; пакет толық емес")
)

// Manifests and what they say of files.
var (
	BadLine = rule("manifest_line", "§2.1.3",
		"line {line} must read: checksum, space, path; it does not",
		"строка {line} должна содержать: контрольную сумму, пробел, путь; это не так",
		"{line}-жолда мыналар болуы керек: бақылау сомасы, бос орын, жол; олай емес")
	BadDigest = rule("manifest_digest", "§2.1.3",
		"line {line}: the checksum of {file} is not {digits} hexadecimal digits",
		"строка {line}: контрольная сумма файла {file} не состоит из {digits} шестнадцатеричных цифр",
		"{line}-жол: {file} файлының бақылау сомасы {digits} он алтылық цифрдан тұрмайды")
	DuplicateLine = rule("duplicate_line", "§2.1.3",
		"line {line} names {file} a second time; leave one line for each file",
		"строка {line} называет файл {file} второй раз; оставьте для каждого файла одну строку",
		"{line}-жол {file} файлын екінші рет атайды; әр файлға бір жол қалдырыңыз")
	LongLine = rule("line_too_long", limit,
		"line {line} is longer than {limit} bytes",
		"строка {line} длиннее {limit} байт",
		"{line}-жол {limit} байттан ұзын")
	BadPercent = rule("percent", "§2.1.3",
		"line {line}: the path {file} has a percent sign that is not %0A, %0D or %25; nothing else may be encoded",
		"строка {line}: в пути {file} знак процента не является %0A, %0D или %25; другое кодировать нельзя",
		"{line}-жол: {file} жолындағы пайыз белгісі %0A, %0D немесе %25 емес; басқа ештеңе кодталмауы керек")
	NotPayload = rule("not_payload", "§2.1.3",
		"line {line} names {file}, which is not under data/; a payload manifest lists only data/",
		"строка {line} называет {file} вне data/; опись документов перечисляет только data/",
		"{line}-жол data/ ішінде жоқ {file} файлын атайды; құжаттар тізімі тек data/ ішіндегіні қамтиды")
	TagListsPayload = rule("tag_lists_payload", "§2.2.1",
		"line {line} names {file}; a tag manifest lists no payload files",
		"строка {line} называет {file}; опись служебных файлов не перечисляет документы",
		"{line}-жол {file} файлын атайды; қызметтік файлдар тізімінде құжаттар болмауы керек")
	TagListsTag = rule("tag_lists_tag_manifest", "§2.2.1",
		"line {line} names {file}; a tag manifest lists no tag manifests",
		"строка {line} называет {file}; опись служебных файлов не перечисляет такие же описи",
		"{line}-жол {file} файлын атайды; қызметтік файлдар тізімінде сондай тізімдер болмауы керек")
	LeadingMark = warning("leading_mark", "§2.1.3",
		"line {line}: the mark {mark} before the path {file} was ignored",
		"строка {line}: знак {mark} перед путём {file} пропущен",
		"{line}-жол: {file} жолының алдындағы {mark} белгісі ескерілмеді")
	OldSeparator = warning("old_separator", "§6",
		"line {line}: the backslashes in {file} were read as /, as tools of that version wrote them",
		"строка {line}: обратные косые черты в {file} прочитаны как /, так писали программы той версии",
		"{line}-жол: {file} ішіндегі кері қиғаш сызықтар / деп оқылды, сол нұсқаның бағдарламалары солай жазған")
	Missing = rule("missing", "§3",
		"{manifest} lists the file, but it is not in the bag; add it or make the bag anew",
		"файл указан в {manifest}, но в пакете его нет; добавьте его или соберите пакет заново",
		"файл {manifest} ішінде көрсетілген, бірақ пакетте жоқ; оны қосыңыз немесе пакетті қайта жинаңыз")
	Unlisted = rule("unlisted", "§3",
		"no manifest lists the file; it may have been added after the bag was made",
		"файла нет ни в одной описи; возможно, он добавлен после сборки пакета",
		"файл ешбір тізімде жоқ; ол пакет жиналғаннан кейін қосылған болуы мүмкін")
	PartlyListed = rule("partly_listed", "§2.1.3",
		"{manifest} does not list the file; every payload manifest must list every file",
		"файла нет в {manifest}; каждая опись должна перечислять все файлы",
		"файл {manifest} ішінде жоқ; әр тізім барлық файлды қамтуы керек")
	WrongDigest = rule("digest", "§3",
		"the file was changed or damaged: {algorithm} should be {expected} and is {found}; send the original again",
		"файл изменён или повреждён: {algorithm} должен быть {expected}, а получен {found}; отправьте подлинник снова",
		"файл өзгертілген немесе бүлінген: {algorithm} {expected} болуы керек, ал шыққаны {found}; түпнұсқаны қайта жіберіңіз")
	LateManifest = rule("manifest_late", "§3",
		"the file came before its manifest, so its {algorithm} was not counted; send manifests before data/, or use sha256 or sha512",
		"файл пришёл раньше описи, и его {algorithm} не посчитан; передавайте описи до data/ или используйте sha256 либо sha512",
		"файл тізімнен бұрын келді, сондықтан оның {algorithm} сомасы есептелмеді; тізімдерді data/ алдында жіберіңіз немесе sha256 не sha512 қолданыңыз")
	TagIncomplete = rule("tag_incomplete", "§2.2.1",
		"{manifest} does not list this payload manifest; a tag manifest lists them all",
		"{manifest} не перечисляет эту опись документов; он должен перечислять их все",
		"{manifest} бұл құжаттар тізімін атамайды; ол олардың бәрін атауы керек")
	TagUnlisted = warning("tag_unlisted", "§2.2.1",
		"{manifest} does not list this tag file, so nothing guards it",
		"{manifest} не перечисляет этот служебный файл, и он ничем не защищён",
		"{manifest} бұл қызметтік файлды атамайды, сондықтан ол қорғалмаған")
	OtherForm = warning("normal_form", "§6",
		"the manifest writes this name in another Unicode form ({listed}); it was taken to be the same file",
		"в описи имя записано в другой форме Юникода ({listed}); принято, что это тот же файл",
		"тізімде бұл атау Юникодтың басқа түрінде жазылған ({listed}); сол файл деп қабылданды")
)

// Bag metadata.
var (
	BadInfoLine = rule("info_line", "§2.2.2",
		"line {line} is neither «Label: value» nor a continuation that begins with a space",
		"строка {line} не имеет вида «Метка: значение» и не продолжает предыдущую с пробела",
		"{line}-жол «Белгі: мән» түрінде емес әрі бос орыннан басталатын жалғасы да емес")
	OtherInfoName = warning("info_name", "§2.2.2",
		"this version of BagIt keeps the metadata in {expected}; it was read from here",
		"эта версия BagIt хранит сведения о пакете в {expected}; они прочитаны отсюда",
		"BagIt-тің бұл нұсқасы пакет туралы мәліметті {expected} файлында сақтайды; ол осы жерден оқылды")
	BadOxum = rule("oxum_form", "§2.2.2",
		"Payload-Oxum must read bytes.files, for example 279164409832.1198; it reads {value}",
		"Payload-Oxum должен иметь вид байты.файлы, например 279164409832.1198; а написано {value}",
		"Payload-Oxum байт.файл түрінде болуы керек, мысалы 279164409832.1198; жазылғаны {value}")
	WrongOxum = rule("oxum", "§2.2.2",
		"Payload-Oxum promises {expected} (bytes.files), but {found} came; part of the records is missing or was added",
		"Payload-Oxum обещает {expected} (байты.файлы), а получено {found}; части документов нет или добавлено лишнее",
		"Payload-Oxum бойынша {expected} (байт.файл) болуы керек, ал келгені {found}; құжаттардың бір бөлігі жоқ немесе артық қосылған")
	RepeatedOxum = rule("oxum_repeated", "§2.2.2",
		"Payload-Oxum stands more than once; leave one",
		"Payload-Oxum указан более одного раза; оставьте один",
		"Payload-Oxum бірнеше рет жазылған; біреуін қалдырыңыз")
)

// Names and kinds of files.
var (
	EmptyPath = rule("path_empty", "§5.1",
		"a file has an empty name or an empty part in its path",
		"у файла пустое имя или пустая часть пути",
		"файлдың аты немесе жолының бір бөлігі бос")
	Traversal = rule("traversal", "§5.1",
		"the path leads out of its place by . or ..; give the file a plain path",
		"путь выходит за пределы через . или ..; задайте файлу простой путь",
		"жол . немесе .. арқылы сыртқа шығады; файлға қарапайым жол беріңіз")
	Absolute = rule("absolute", "§5.1",
		"the path begins at the root or at a home directory; paths begin at the bag",
		"путь начинается от корня или домашнего каталога; пути отсчитываются от пакета",
		"жол түбірден немесе үй каталогынан басталады; жолдар пакеттен басталуы керек")
	Backslash = rule("backslash", "§5.1",
		"the path is written with a backslash or a drive letter; separate its parts by /",
		"в пути обратная косая черта или буква диска; разделяйте части знаком /",
		"жолда кері қиғаш сызық немесе диск әрпі бар; бөліктерін / белгісімен ажыратыңыз")
	Control = rule("control_character", "§5.1",
		"the name holds a control character ({code}); rename the file",
		"в имени управляющий символ ({code}); переименуйте файл",
		"атауында басқару таңбасы бар ({code}); файлды қайта атаңыз")
	BadUTF8 = rule("name_encoding", "§6",
		"the name is not valid UTF-8; rename the file",
		"имя не является правильным UTF-8; переименуйте файл",
		"атауы дұрыс UTF-8 емес; файлды қайта атаңыз")
	Reserved = rule("reserved_name", "§6",
		"{part} is a name that Windows keeps for devices; rename the file",
		"имя {part} в Windows занято устройством; переименуйте файл",
		"{part} атауын Windows құрылғыларға арнап сақтайды; файлды қайта атаңыз")
	TrailingDot = rule("trailing_dot", "§6",
		"{part} ends with a dot or a space, which Windows drops; rename the file",
		"имя {part} оканчивается точкой или пробелом, Windows их отбрасывает; переименуйте файл",
		"{part} атауы нүктемен немесе бос орынмен аяқталады, Windows оларды алып тастайды; файлды қайта атаңыз")
	Unportable = warning("unportable_name", "§6",
		"the name holds {character}, which some systems do not allow",
		"в имени есть знак {character}, недопустимый в некоторых системах",
		"атауында кейбір жүйелерде рұқсат етілмейтін {character} таңбасы бар")
	LongPath = rule("path_too_long", limit,
		"the path is longer than {limit} bytes, or a part of it than {part}",
		"путь длиннее {limit} байт или часть его длиннее {part}",
		"жол {limit} байттан немесе бір бөлігі {part} байттан ұзын")
	DeepPath = rule("path_too_deep", limit,
		"the path has more than {limit} parts; arrange the files in fewer levels",
		"в пути больше {limit} частей; уменьшите вложенность каталогов",
		"жолда {limit} бөліктен көп; қалталардың қабаттасуын азайтыңыз")
	CaseCollision = rule("case_collision", "§6",
		"the name differs from {other} only by capital letters; rename one of them",
		"имя отличается от {other} только регистром букв; переименуйте один из файлов",
		"атауы {other} атауынан тек бас әріптермен ерекшеленеді; бірін қайта атаңыз")
	FormCollision = rule("normal_form_collision", "§6",
		"the name looks the same as {other} and differs only in its Unicode form; rename one of them",
		"имя выглядит так же, как {other}, и отличается лишь формой Юникода; переименуйте один из файлов",
		"атауы {other} атауымен бірдей көрінеді, тек Юникод түрі басқа; бірін қайта атаңыз")
	DuplicateFile = rule("duplicate_file", "§3",
		"the file came twice",
		"файл передан дважды",
		"файл екі рет келді")
	FileAndDirectory = rule("file_and_directory", "§3",
		"{other} is a file and a directory at once",
		"{other} является и файлом, и каталогом",
		"{other} әрі файл, әрі каталог")
	Symlink = rule("symlink", "§5.1",
		"the file is a symbolic link; put the file itself into the bag",
		"это символическая ссылка; поместите в пакет сам файл",
		"бұл символдық сілтеме; пакетке файлдың өзін салыңыз")
	Device = rule("device", "§5.1",
		"this is a device, pipe or socket, not a file",
		"это устройство, канал или сокет, а не файл",
		"бұл файл емес, құрылғы, арна немесе сокет")
	WrongSize = rule("size", "§3",
		"{expected} bytes were announced and {found} came; send the file again",
		"объявлено {expected} байт, получено {found}; отправьте файл снова",
		"{expected} байт жарияланды, {found} келді; файлды қайта жіберіңіз")
	Unreadable = rule("unreadable", "§3",
		"the file could not be read to its end; send it again",
		"файл не удалось прочитать до конца; отправьте его снова",
		"файлды соңына дейін оқу мүмкін болмады; қайта жіберіңіз")
)

// Bounds of ours.
var (
	TooManyEntries = rule("too_many_entries", limit,
		"the bag has more than {limit} entries; divide it into several bags",
		"в пакете больше {limit} записей; разделите его на несколько",
		"пакетте {limit} жазбадан көп; оны бірнеше пакетке бөліңіз")
	TagTooBig = rule("tag_too_big", limit,
		"this tag file, or all manifests together, are larger than {limit} bytes",
		"служебный файл или все описи вместе больше {limit} байт",
		"қызметтік файл немесе барлық тізімдер бірге {limit} байттан үлкен")
	TooBig = rule("too_big", limit,
		"the bag is larger than {limit} bytes; divide it into several bags",
		"пакет больше {limit} байт; разделите его на несколько",
		"пакет {limit} байттан үлкен; оны бірнеше пакетке бөліңіз")
	MoreFaults = rule("more_faults", limit,
		"{count} more are not listed here",
		"ещё не показано здесь: {count}",
		"мұнда тағы көрсетілмегені: {count}")
)
