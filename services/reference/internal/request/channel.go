package request

import (
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

// Received says when a request through a channel counts as received; its day is the day of
// receipt in Almaty, from which the term counts (AI-11.10).
func (c Channel) Received() worktime.Text {
	switch c {
	case Counter:
		return worktime.Text{
			KK: "Сұрау салу архивке тапсырылған күні алынған болып саналады; күні мен сағаты, қабылдаушының тегі көрсетілген талон беріледі (11-баптың 6-тармағы).",
			RU: "Запрос считается полученным в день подачи; выдаётся талон с датой, временем и фамилией принявшего (пункт 6 статьи 11).",
			EN: "The request counts as received on the day it is handed in; a ticket is given with date, time and the receiver's name (article 11.6).",
		}
	case Post:
		return worktime.Text{
			KK: "Сұрау салу хат архивке келген күні алынған болып саналады, жіберілген күні емес.",
			RU: "Запрос считается полученным в день поступления письма в архив, а не в день отправки.",
			EN: "The request counts as received on the day the letter reaches the archive, not when it is sent.",
		}
	case Email, EGov:
		return worktime.Text{
			KK: "Сұрау салу архивтің жүйесіне келген күні алынған болып саналады; растау хабары жіберіледі.",
			RU: "Запрос считается полученным в день поступления в систему архива; отправляется подтверждение.",
			EN: "The request counts as received on the day it reaches the archive's system; a confirmation is sent.",
		}
	case Oral:
		return worktime.Text{
			KK: "Ауызша сұрау салуға сол жерде жауап беріледі (11-баптың 4-тармағы).",
			RU: "На устный запрос отвечают сразу (пункт 4 статьи 11).",
			EN: "An oral request is answered on the spot (article 11.4).",
		}
	case Web:
	}
	return worktime.Text{
		KK: "Сұрау салу жіберілген күні алынған болып саналады, демалыс күні болса да; нөмірі бірден беріледі.",
		RU: "Запрос считается полученным в день отправки, даже если это выходной; номер выдаётся сразу.",
		EN: "The request counts as received on the day it is sent, on a day off too; the number is given at once.",
	}
}

// Signature says what signature a regime asks of a channel: own_hand, eds or none.
func (c Channel) Signature(r regime.Regime) (kind string, words worktime.Text) {
	paper := c == Counter || c == Post
	switch {
	case c == Oral:
		return "none", worktime.Text{KK: "Қол қою қажет емес.", RU: "Подпись не нужна.", EN: "No signature is needed."}
	case r == regime.Information && paper:
		return "own_hand", worktime.Text{
			KK: "Сұрау салуға өз қолыңызбен қол қойылады (11-баптың 5-тармағы).",
			RU: "Запрос подписывается собственноручно (пункт 5 статьи 11).",
			EN: "The request is signed by hand (article 11.5).",
		}
	case r == regime.Information:
		return "eds", worktime.Text{
			KK: "Электрондық құжат түріндегі сұрау салу электрондық цифрлық қолтаңбамен расталады (11-баптың 5-тармағы); онсыз да тіркеледі, бірақ архив қол қоюды сұрай алады.",
			RU: "Запрос в форме электронного документа удостоверяется электронной цифровой подписью (пункт 5 статьи 11); он регистрируется и без неё, но архив может попросить подпись.",
			EN: "A request as an electronic document is certified by an electronic digital signature (article 11.5); it is registered without one too, but the archive may ask for it.",
		}
	case paper:
		return "own_hand", worktime.Text{
			KK: "Өтінішке өз қолыңызбен қол қойылады.",
			RU: "Заявление подписывается собственноручно.",
			EN: "The application is signed by hand.",
		}
	}
	return "none", worktime.Text{
		KK: "Қолтаңба қажет емес; жеке басты куәландыратын құжат жауап берілгенге дейін көрсетіледі.",
		RU: "Подпись не нужна; документ, удостоверяющий личность, предъявляется до выдачи ответа.",
		EN: "No signature is needed; a proof of identity is shown before the answer is given.",
	}
}

// Price says what is free and what may cost (AI-11.1, AI-11.12).
func Price(regime.Regime) worktime.Text {
	return worktime.Text{
		KK: "Жауап тегін. Көшіру мен басып шығарудың нақты шығыны ғана жарияланған тариф бойынша алынуы мүмкін; әлеуметтік қорғалатын топтар одан босатылады.",
		RU: "Ответ бесплатный. Может взиматься только фактическая стоимость копирования и печати по опубликованному тарифу; социально уязвимые слои от неё освобождены.",
		EN: "The answer is free. Only the real cost of copying and printing may be charged by the published tariff; socially vulnerable groups are exempt.",
	}
}
