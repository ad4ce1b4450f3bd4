package eark

// What a package that is one file may break (CSIPSTR3 lets it be one).
var (
	STR1 = add("CSIPSTR1", Must, structure, "",
		"the archive must hold one folder, which is the package, and nothing beside it; it holds {found}",
		"в архивном файле должна быть одна папка – сам пакет – и больше ничего; в нём {found}",
		"мұрағаттық файлда бір ғана қалта – пакеттің өзі – болуы керек; онда {found}")
	BadEntry = add("archive_entry", Must, limit, "",
		"the name leads out of the archive, stands in it twice, or is a file and a folder at once; make the archive anew",
		"имя ведёт за пределы архивного файла, встречается в нём дважды либо это и файл, и папка; соберите файл заново",
		"атау мұрағаттық файлдан тыс жерге апарады, онда екі рет кездеседі не әрі файл, әрі қалта; файлды қайта жинаңыз")
	BadArchive = add("archive", Must, limit, "",
		"the archive cannot be read to its end ({problem}); send it again",
		"архивный файл не читается до конца ({problem}); отправьте его снова",
		"мұрағаттық файл соңына дейін оқылмайды ({problem}); оны қайта жіберіңіз")
	TooDense = add("archive_dense", Must, limit, "",
		"the archive unpacks to more than {limit} bytes, or this entry to more than 200 times its size; pack it without compression, or divide it",
		"архивный файл распаковывается больше чем в {limit} байт либо эта запись – больше чем в 200 раз; упакуйте без сжатия или разделите",
		"мұрағаттық файл {limit} байттан көпке немесе бұл жазба 200 еседен көпке ашылады; сығусыз қаптаңыз немесе бөліңіз")
)
