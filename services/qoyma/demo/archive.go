package demo

import (
	"slices"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
)

// The people and papers of the demonstration are invented; the kinds of organisation, the
// terms and the order of work are those of practice.

func text(kk, ru, en string) *recordv1.Text { return &recordv1.Text{Kk: kk, Ru: ru, En: en} }

// line is one line of a nomenclature.
type line struct {
	index   string
	title   *recordv1.Text
	term    string
	article string
}

// paper is one file of a department with the documents in it.
type paper struct {
	index              string
	title              *recordv1.Text
	opened, closed     string
	leaves             uint32
	especiallyValuable bool
	temporary          bool // never handed over: in no inventory of permanent keeping
	documents          []document
}

// department is an organisation with one year of its work.
type department struct {
	organisation *recordv1.Organisation
	year         uint32
	lines        []line
	papers       []paper
	// inventory lists the papers that are not temporary.
	number    string
	inventory *recordv1.Text
	approval  *recordv1.Protocol
}

// listed are the papers of the inventory, in its order.
func (d department) listed() []paper {
	return slices.DeleteFunc(slices.Clone(d.papers), func(p paper) bool { return p.temporary })
}

// departments: the first one's inventory has fallen due and goes through the whole main job;
// the second's has fallen due and its package will be spoilt; the third's is still to come.
func departments() []department { return []department{education(), water(), weather()} }

func education() department {
	return department{
		organisation: &recordv1.Organisation{Id: "bilim", Level: "regional", Name: text(
			"Жетіөзен облысының білім басқармасы",
			"Управление образования Жетиозенской области",
			"Education Department of Zhetiozen Region")},
		year: 2012,
		lines: []line{
			{"01-04", text("Негізгі қызмет бойынша бұйрықтар", "Приказы по основной деятельности", "Orders on main activities"), "Тұрақты", "19"},
			{"02-07", text("Ауыл мектептерін салу жөніндегі құжаттар", "Документы о строительстве сельских школ", "Documents on the building of village schools"), "постоянно", "27"},
			{"02-09", text("Жылдық есептер", "Годовые отчёты", "Annual reports"), "permanent", "211"},
			{"05-01", text("Шаруашылық мәселелері бойынша хат алмасу", "Переписка по хозяйственным вопросам", "Correspondence on supplies"), "5 лет ЭПК", "70"},
		},
		papers: []paper{
			{
				index: "01-04", title: text("Басқарма бастығының негізгі қызмет бойынша бұйрықтары, № 1–118", "Приказы начальника управления по основной деятельности, № 1–118", "Orders of the head of the department on main activities, nos. 1–118"),
				opened: "2012-01-09", closed: "2012-12-28", leaves: 214, documents: orders(),
			},
			{
				index: "02-07", title: text("Ақбұлақ ауылында мектеп салу туралы құжаттар", "Документы о строительстве школы в селе Акбулак", "Documents on the building of a school in Akbulak village"),
				opened: "2012-02-01", closed: "2012-11-30", leaves: 87, especiallyValuable: true, documents: school("Ақбұлақ", "Акбулак", "Akbulak"),
			},
			{
				index: "02-07", title: text("Қызылсай ауылындағы мектепті күрделі жөндеу туралы құжаттар", "Документы о капитальном ремонте школы в селе Кызылсай", "Documents on the major repair of the school in Kyzylsai village"),
				opened: "2012-03-12", closed: "2012-10-05", leaves: 63, documents: school("Қызылсай", "Кызылсай", "Kyzylsai"),
			},
			{
				index: "02-09", title: text("Облыс мектептерінің 2011/2012 оқу жылындағы жұмысы туралы жылдық есеп", "Годовой отчёт о работе школ области за 2011/2012 учебный год", "Annual report on the work of the region's schools in 2011/2012"),
				opened: "2012-06-01", closed: "2012-09-14", leaves: 142, especiallyValuable: true, documents: report(),
			},
			{
				index: "05-01", title: text("Отын жеткізу туралы хат алмасу", "Переписка о поставке топлива", "Correspondence on the supply of fuel"),
				opened: "2012-01-16", closed: "2012-12-20", leaves: 39, temporary: true,
			},
		},
		number:    "1",
		inventory: text("Тұрақты сақталатын істердің 2012 жылғы тізімдемесі", "Опись дел постоянного хранения за 2012 год", "Inventory of files of permanent keeping, 2012"),
		approval:  &recordv1.Protocol{Commission: "Жетіөзен облыстық СТК / ЭПК Жетиозенской области", Number: "4", Date: "2014-03-21"},
	}
}

func water() department {
	return department{
		organisation: &recordv1.Organisation{Id: "talgyr-su", Level: "district", Name: text(
			"Талғыр ауданының су шаруашылығы бөлімі",
			"Отдел водного хозяйства Талгырского района",
			"Water Management Office of Talgyr District")},
		year: 2017,
		lines: []line{
			{"01-02", text("Суару жүйелерінің паспорттары", "Паспорта оросительных систем", "Passports of irrigation systems"), "Постоянно", "812"},
			{"01-05", text("Суды бөлу кестелері", "Графики распределения воды", "Schedules of water distribution"), "Тұрақты", "815"},
		},
		papers: []paper{
			{
				index: "01-02", title: text("Үлкен арық суару жүйесінің паспорты", "Паспорт оросительной системы «Улькен арык»", "Passport of the Ulken Aryk irrigation system"),
				opened: "2017-01-11", closed: "2017-12-15", leaves: 48, documents: canal(),
			},
			{
				index: "01-05", title: text("Вегетация кезеңінде суды бөлу кестелері", "Графики распределения воды в вегетационный период", "Schedules of water distribution in the growing season"),
				opened: "2017-04-03", closed: "2017-10-20", leaves: 31, documents: schedule(),
			},
		},
		number:    "1",
		inventory: text("Тұрақты сақталатын істердің 2017 жылғы тізімдемесі", "Опись дел постоянного хранения за 2017 год", "Inventory of files of permanent keeping, 2017"),
		approval:  &recordv1.Protocol{Commission: "Жетіөзен облыстық СТК / ЭПК Жетиозенской области", Number: "11", Date: "2019-05-30"},
	}
}

func weather() department {
	return department{
		organisation: &recordv1.Organisation{Id: "aua-raiy", Level: "republican", Name: text(
			"Ауа райын бақылау институты",
			"Институт наблюдений за погодой",
			"Institute of Weather Observation")},
		year: 2021,
		lines: []line{
			{"03-01", text("Метеорологиялық бақылау журналдары", "Журналы метеорологических наблюдений", "Journals of meteorological observations"), "Тұрақты", "640"},
		},
		papers: []paper{
			{
				index: "03-01", title: text("Мұзтау станциясының бақылау журналы", "Журнал наблюдений станции Музтау", "Observation journal of Muztau station"),
				opened: "2021-01-01", closed: "2021-12-31", leaves: 184,
			},
		},
		number:    "1",
		inventory: text("Тұрақты сақталатын істердің 2021 жылғы тізімдемесі", "Опись дел постоянного хранения за 2021 год", "Inventory of files of permanent keeping, 2021"),
		approval:  &recordv1.Protocol{Commission: "Орталық сараптау-тексеру комиссиясы / ЦЭПК", Number: "2", Date: "2023-02-10"},
	}
}
