package bagit

import "github.com/qoyma/qoyma/services/platform/fault"

// UnknownArchive is the answer for a file that is no bag in any form.
var UnknownArchive = fault.Define(fault.Invalid, "bagit.archive_unknown",
	"this is neither a folder nor a ZIP nor a tar; give one of those, without compression around a tar",
	"это не папка, не ZIP и не tar; укажите одно из них, tar без сжатия",
	"бұл қалта да, ZIP те, tar да емес; солардың бірін көрсетіңіз, tar сығылмаған болсын")

// The documents that archives keep to.
const (
	appnote       = "PKWARE APPNOTE "
	pax           = "POSIX pax"
	serialization = "BagIt 0.97 Serialization"
)

// Archives of either kind.
var (
	Broken = rule("archive_broken", serialization,
		"the archive cannot be read after this entry; it is damaged or cut short; send it again",
		"после этой записи архив не читается: он повреждён или оборван; отправьте его снова",
		"осы жазбадан кейін архив оқылмайды: ол бүлінген немесе үзілген; қайта жіберіңіз")
	Outside = rule("archive_outside", serialization,
		"the entry lies outside the folder {base} of the bag; an archive holds one bag and nothing else",
		"запись лежит вне папки пакета {base}; в архиве должен быть один пакет и ничего больше",
		"жазба пакеттің {base} қалтасынан тыс жатыр; архивте бір ғана пакет болуы керек")
	Trailing = rule("archive_trailing", serialization,
		"after the end of the archive there is more; pack the bag again",
		"после конца архива есть ещё данные; упакуйте пакет заново",
		"архивтің соңынан кейін тағы дерек бар; пакетті қайта қаптаңыз")
	NoBase = warning("archive_no_base", serialization,
		"the bag lies in the archive without a folder of its own; pack the folder, not what is in it",
		"пакет лежит в архиве без собственной папки; упаковывайте папку, а не её содержимое",
		"пакет архивте өз қалтасынсыз жатыр; ішіндегісін емес, қалтаның өзін қаптаңыз")
	Ignored = warning("archive_ignored", serialization,
		"what macOS added to the archive was ignored",
		"добавленное в архив системой macOS пропущено",
		"macOS архивке қосқан нәрсе ескерілмеді")
)

// tar.
var (
	HardLink = rule("tar_hard_link", pax,
		"the entry is a hard link to {target}; put the file itself into the archive",
		"запись является жёсткой ссылкой на {target}; поместите в архив сам файл",
		"жазба {target} файлына қатаң сілтеме; архивке файлдың өзін салыңыз")
	Sparse = rule("tar_sparse", pax,
		"the entry is stored with holes, so its size is only claimed; pack it without --sparse",
		"запись хранится с пропусками, и её размер лишь заявлен; упакуйте без --sparse",
		"жазба бос орындармен сақталған, өлшемі тек мәлімделген; --sparse пайдаланбай қаптаңыз")
	TarHeader = rule("tar_header", pax,
		"the entry is of a kind ({kind}) that a package may not hold",
		"запись такого вида ({kind}) в пакете недопустима",
		"мұндай түрдегі ({kind}) жазба пакетте болмауы керек")
)

// ZIP.
var (
	Encrypted = rule("zip_encrypted", appnote+"4.4.4",
		"the entry is encrypted; pack the bag without a password",
		"запись зашифрована; упакуйте пакет без пароля",
		"жазба шифрланған; пакетті құпиясөзсіз қаптаңыз")
	Method = rule("zip_method", appnote+"4.4.5",
		"the entry is packed by method {method}; only stored (0) and deflated (8) are taken",
		"запись сжата методом {method}; принимаются только без сжатия (0) и deflate (8)",
		"жазба {method} әдісімен сығылған; тек сығусыз (0) және deflate (8) қабылданады")
	Overlap = rule("zip_overlap", appnote+"4.3.6",
		"the entry shares its bytes with {other}",
		"данные записи общие с записью {other}",
		"жазбаның деректері {other} жазбасымен ортақ")
	Headers = rule("zip_headers", appnote+"4.3.7",
		"the two descriptions of the entry do not agree ({field}), or do not agree with what is there",
		"два описания записи расходятся между собой ({field}) или с содержимым",
		"жазбаның екі сипаттамасы бір-біріне ({field}) немесе мазмұнына сәйкес келмейді")
	Hidden = rule("zip_hidden", appnote+"4.3.6",
		"before this entry there are {count} bytes that belong to none; some programs would read them",
		"перед этой записью {count} байт, не относящихся ни к одной; некоторые программы их прочитают",
		"осы жазбаның алдында ешқайсысына жатпайтын {count} байт бар; кейбір бағдарламалар оларды оқиды")
	Contents = rule("zip_directory", appnote+"4.3.16",
		"the table of contents of the ZIP is not what its end says ({field}); pack the bag again",
		"оглавление ZIP не такое, как сказано в его конце ({field}); упакуйте пакет заново",
		"ZIP мазмұны оның соңында айтылғандай емес ({field}); пакетті қайта қаптаңыз")
	TooDense = rule("zip_ratio", limit,
		"the entry would unpack to {size} bytes, more than {ratio} times what is packed; put it in unpacked",
		"запись распакуется в {size} байт, более чем в {ratio} раз; поместите её без сжатия",
		"жазба {size} байтқа дейін ашылады, бұл {ratio} еседен көп; оны сығусыз салыңыз")
	OtherName = warning("zip_name", appnote+"D.1",
		"the name is not in UTF-8 and was read as code page 866",
		"имя записано не в UTF-8 и прочитано в кодировке 866",
		"атау UTF-8-де емес, 866 кодтауында оқылды")
)
