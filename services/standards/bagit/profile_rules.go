package bagit

import "github.com/qoyma/qoyma/services/platform/fault"

// ProfileInvalid is the answer for a profile that cannot be used; its items say why, key by key.
var ProfileInvalid = fault.Define(fault.Invalid, "bagit.profile",
	"the BagIt profile has {count} faults and cannot be used; correct the file",
	"в профиле BagIt ошибок: {count}; использовать его нельзя; исправьте файл",
	"BagIt профилінде {count} қате бар; оны қолдануға болмайды; файлды түзетіңіз")

const profiles = "BagIt Profiles 1.4.0 "

// The profile itself.
var (
	ProfileJSON = rule("profile_json", profiles+"Implementation Details",
		"the profile is not one JSON document",
		"профиль не является документом JSON",
		"профиль JSON құжаты емес")
	ProfileTooBig = rule("profile_too_big", limit,
		"the profile, or a list in it, is larger than {limit}",
		"профиль или список в нём больше {limit}",
		"профиль немесе ондағы тізім {limit} шегінен үлкен")
	ProfileKeyTwice = rule("profile_key_twice", profiles+"Implementation Details",
		"the key stands twice in one object; leave one",
		"ключ указан в одном объекте дважды; оставьте один",
		"кілт бір нысанда екі рет тұр; біреуін қалдырыңыз")
	ProfileKeyMissing = rule("profile_key_missing", profiles+"Implementation Details",
		"the profile must have this key, with a value",
		"в профиле должен быть этот ключ со значением",
		"профильде бұл кілт мәнімен бірге болуы керек")
	ProfileType = rule("profile_type", profiles+"Implementation Details",
		"the value must be {expected}",
		"значение должно иметь вид {expected}",
		"мән {expected} түрінде болуы керек")
	ProfileVersion = rule("profile_version", profiles+"BagIt-Profile-Info",
		"version {version} of the specification of profiles is not known here; use 1.4.0",
		"версия {version} спецификации профилей здесь неизвестна; используйте 1.4.0",
		"профильдер спецификациясының {version} нұсқасы мұнда белгісіз; 1.4.0 нұсқасын қолданыңыз")
	ProfileContradiction = rule("profile_contradiction", profiles+"Implementation Details",
		"{value} is required here and {other} does not allow it; no bag can keep to both",
		"здесь требуется {value}, а {other} этого не допускает; такому профилю не отвечает ни один пакет",
		"мұнда {value} талап етіледі, ал {other} оған жол бермейді; мұндай профильге ешбір пакет сай келмейді")
	ProfileUnchecked = warning("profile_unchecked", profiles+"Implementation Details",
		"the profile has this key, which the specification does not know; it was not checked",
		"в профиле есть этот ключ, неизвестный спецификации; он не проверен",
		"профильде спецификацияға белгісіз осы кілт бар; ол тексерілген жоқ")
)

// What a bag must keep to by its profile.
var (
	ProfileBagVersion = rule("profile_bagit_version", profiles+"Accept-BagIt-Version",
		"the profile accepts BagIt {allowed}, the bag has {version}",
		"профиль принимает BagIt {allowed}, а у пакета {version}",
		"профиль BagIt {allowed} нұсқасын қабылдайды, ал пакетте {version}")
	ProfileSerialized = rule("profile_serialized", profiles+"Serialization",
		"the profile wants the bag as a folder; it came as {media}",
		"профиль требует пакет в виде папки, а он передан как {media}",
		"профиль пакетті қалта түрінде талап етеді, ал ол {media} түрінде келді")
	ProfileNotSerialized = rule("profile_not_serialized", profiles+"Serialization",
		"the profile wants the bag as one archive file ({allowed}); it came as a folder",
		"профиль требует пакет одним файлом ({allowed}), а он передан папкой",
		"профиль пакетті бір файл түрінде ({allowed}) талап етеді, ал ол қалта түрінде келді")
	ProfileMedia = rule("profile_media", profiles+"Accept-Serialization",
		"the profile accepts archive files of the kinds {allowed}; this is {media}",
		"профиль принимает файлы видов {allowed}, а это {media}",
		"профиль {allowed} түріндегі файлдарды қабылдайды, ал бұл {media}")
	ProfileIdentifier = rule("profile_identifier", profiles+"BagIt-Profile-Identifier",
		"the bag must name its profile: BagIt-Profile-Identifier: {expected}",
		"в пакете должен быть назван профиль: BagIt-Profile-Identifier: {expected}",
		"пакетте профилі аталуы керек: BagIt-Profile-Identifier: {expected}")
	ProfileInfoMissing = rule("profile_info_missing", profiles+"Bag-Info required",
		"{label} is required and is missing or empty",
		"{label} обязателен, но отсутствует или пуст",
		"{label} міндетті, бірақ жоқ немесе бос")
	ProfileInfoRecommended = warning("profile_info_recommended", profiles+"Bag-Info recommended",
		"{label} is recommended and is missing or empty",
		"{label} рекомендуется, но отсутствует или пуст",
		"{label} ұсынылады, бірақ жоқ немесе бос")
	ProfileInfoValue = rule("profile_info_value", profiles+"Bag-Info values",
		"{label} is {value}; allowed are {allowed}",
		"{label} имеет значение {value}; допустимы {allowed}",
		"{label} мәні {value}; рұқсат етілгені {allowed}")
	ProfileInfoRepeated = rule("profile_info_repeated", profiles+"Bag-Info repeatable",
		"{label} may stand once and stands more often",
		"{label} допускается один раз, а указан несколько",
		"{label} бір рет қана жазылуы керек, ал бірнеше рет жазылған")
	ProfileManifestMissing = rule("profile_manifest_missing", profiles+"Manifests-Required",
		"the profile requires this manifest; make the bag with it",
		"профиль требует эту опись; соберите пакет с ней",
		"профиль бұл тізімді талап етеді; пакетті онымен бірге жинаңыз")
	ProfileManifestExtra = rule("profile_manifest_extra", profiles+"Manifests-Allowed",
		"the profile does not allow this manifest, only {allowed}",
		"профиль не допускает эту опись, только {allowed}",
		"профиль бұл тізімге жол бермейді, тек {allowed}")
	ProfileTagManifestMissing = rule("profile_tag_manifest_missing", profiles+"Tag-Manifests-Required",
		"the profile requires this tag manifest; make the bag with it",
		"профиль требует эту опись служебных файлов; соберите пакет с ней",
		"профиль қызметтік файлдардың бұл тізімін талап етеді; пакетті онымен бірге жинаңыз")
	ProfileTagManifestExtra = rule("profile_tag_manifest_extra", profiles+"Tag-Manifests-Allowed",
		"the profile does not allow this tag manifest, only {allowed}",
		"профиль не допускает эту опись служебных файлов, только {allowed}",
		"профиль қызметтік файлдардың бұл тізіміне жол бермейді, тек {allowed}")
	ProfileTagFileMissing = rule("profile_tag_file_missing", profiles+"Tag-Files-Required",
		"the profile requires this tag file; add it",
		"профиль требует этот служебный файл; добавьте его",
		"профиль бұл қызметтік файлды талап етеді; оны қосыңыз")
	ProfileTagFileExtra = rule("profile_tag_file_extra", profiles+"Tag-Files-Allowed",
		"the profile does not allow this tag file, only {allowed}",
		"профиль не допускает этот служебный файл, только {allowed}",
		"профиль бұл қызметтік файлға жол бермейді, тек {allowed}")
	ProfileFetch = rule("profile_fetch", profiles+"Allow-Fetch.txt",
		"the profile does not allow fetch.txt; put every file into the bag itself",
		"профиль не допускает fetch.txt; поместите все файлы в сам пакет",
		"профиль fetch.txt файлына жол бермейді; барлық файлды пакеттің өзіне салыңыз")
	ProfileNoFetch = rule("profile_no_fetch", profiles+"Fetch.txt-Required",
		"the profile requires fetch.txt",
		"профиль требует fetch.txt",
		"профиль fetch.txt файлын талап етеді")
	ProfileNotEmpty = rule("profile_not_empty", profiles+"Data-Empty",
		"the profile wants a bag without records, at most one empty file under data/",
		"профиль требует пакет без документов: в data/ не более одного пустого файла",
		"профиль құжатсыз пакетті талап етеді: data/ ішінде бір бос файлдан артық болмауы керек")
)
