package api

import (
	"fmt"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/term"
)

func say(kk, ru, en string) *recordv1.Text { return &recordv1.Text{Kk: kk, Ru: ru, En: en} }

// on is the civil date of an event.
func on(r *journal.Record) string { return civil.Of(r.Time()).String() }

// dated puts a day into a text of each language, in words.
func dated(kk, ru, en, day string) *recordv1.Text {
	d, err := civil.Parse(day)
	if err != nil {
		return say(kk, ru, en)
	}
	return say(fmt.Sprintf(kk, d.In(fault.Kazakh)), fmt.Sprintf(ru, d.In(fault.Russian)), fmt.Sprintf(en, d.In(fault.English)))
}

// timeline is what happened to a request, in plain words and without anything personal.
func timeline(records []*journal.Record) []*referencev1.TimelineEntry {
	var out []*referencev1.TimelineEntry
	for _, r := range records {
		body, err := r.Body()
		if err != nil {
			continue // of a newer program; the journal keeps it
		}
		if code, words := entry(body); code != "" {
			out = append(out, &referencev1.TimelineEntry{Code: code, On: on(r), Words: words})
		}
	}
	return out
}

func entry(body any) (code string, words *recordv1.Text) {
	switch b := body.(type) {
	case *referencev1.RequestRegistered:
		return "registered", dated("Сұрау салу тіркелді; алынған күні – %s.", "Запрос зарегистрирован; день получения – %s", "The request was registered; received on %s.", b.GetReceivedOn())
	case *referencev1.RegimeDecided:
		if b.GetBefore() != "" {
			return "regime_changed", say("Қарау тәртібі өзгертілді: "+b.GetGround(), "Порядок рассмотрения изменён: "+b.GetGround(), "The way of handling was changed: "+b.GetGround())
		}
	case *referencev1.TermSet:
		return "term_set", dated("Жауаптың соңғы күні – %s.", "Последний день ответа – %s", "The last day of the answer is %s.", b.GetDueOn())
	case *referencev1.TermExtended:
		return "term_extended", dated("Мерзім бір рет ұзартылды; жаңа соңғы күн – %s.", "Срок продлён один раз; новый последний день – %s", "The term was extended, once; the new last day is %s.", b.GetDueOn())
	case *referencev1.NoticeGiven:
		return "notice_given", dated("Ұзарту туралы сізге хабарланды: %s.", "Вам сообщено о продлении: %s", "You were told of the extension on %s.", b.GetGivenOn())
	case *referencev1.TermMissed:
		return "missed", missed(b)
	case *referencev1.RequestAssigned:
		return "assigned", say("Сұрау салумен қызметкер жұмыс істеп жатыр.", "С запросом работает сотрудник архива.", "Somebody of the archive works on the request.")
	case *referencev1.IdentityRecorded:
		return "identity_recorded", say("Жеке бас немесе өкілеттік расталды.", "Личность или полномочие подтверждены.", "Identity or authority was proven.")
	case *referencev1.ClarificationAsked:
		return "clarification_asked", say("Архив нақтылауды сұрады; мерзім тоқтамайды.", "Архив просит уточнить; срок при этом не останавливается.", "The archive asks for clarification; the term goes on.")
	case *referencev1.ClarificationGiven:
		return "clarification_given", say("Сіз мәлімет қостыңыз.", "Вы дополнили запрос.", "You added to the request.")
	case *referencev1.ComplaintRegistered:
		return "complaint", say("Шағым тіркелді.", "Жалоба зарегистрирована.", "The complaint was registered.")
	default:
		return answerEntry(body)
	}
	return "", nil
}

func answerEntry(body any) (code string, words *recordv1.Text) {
	switch b := body.(type) {
	case *referencev1.AnswerSubmitted:
		return "submitted", say("Жауап басшының қолына берілді.", "Ответ передан руководителю на подпись.", "The answer lies before the head for signature.")
	case *referencev1.DraftReturned:
		return "returned", say("Жауап пысықтауға қайтарылды.", "Ответ возвращён на доработку.", "The answer was sent back to be improved.")
	case *referencev1.CertificateSigned:
		return "signed", dated("Жауапқа қол қойылды: %s.", "Ответ подписан: %s", "The answer was signed on %s.", b.GetSignedOn())
	case *referencev1.AnswerDelivered:
		return "delivered", dated("Жауап берілді: %s.", "Ответ вручён: %s", "The answer was handed over on %s.", b.GetDeliveredOn())
	case *referencev1.RequestForwarded:
		return "forwarded", say(
			"Сұрау салу құзыретті иеленушіге жолданды: "+b.GetHolder(), "Запрос переадресован обладателю информации: "+b.GetHolder(), "The request was forwarded to: "+b.GetHolder())
	case *referencev1.RequestWithdrawn:
		return "withdrawn", say("Сіз сұрау салуды қайтарып алдыңыз.", "Вы отозвали запрос.", "You withdrew the request.")
	case *referencev1.RequestClosed:
		return "closed", say("Сұрау салу жабылды.", "Запрос закрыт.", "The request is closed.")
	}
	return "", nil
}

func missed(b *referencev1.TermMissed) *recordv1.Text {
	switch term.Kind(b.GetDuty()) {
	case term.Notice:
		return dated("Ұзарту туралы %s күніне дейін хабарланбады: бұл бұзушылық ретінде тіркелді.", "О продлении не сообщено до %s: нарушение записано.", "You were not told of the extension by %s: the breach is recorded.", b.GetDueOn())
	case term.Refusal:
		return dated("Бас тарту %s күнінен кеш берілді: бұзушылық тіркелді.", "Отказ дан позже %s: нарушение записано.", "The refusal came after %s: the breach is recorded.", b.GetDueOn())
	case term.Forward:
		return dated("Сұрау салу %s күнінен кеш жолданды: бұзушылық тіркелді.", "Запрос переадресован позже %s: нарушение записано.", "The request was forwarded after %s: the breach is recorded.", b.GetDueOn())
	case term.Published:
		return dated("Жарияланған жері %s күнінен кеш көрсетілді: бұзушылық тіркелді.", "О публикации сообщено позже %s: нарушение записано.", "Where it is published was told after %s: the breach is recorded.", b.GetDueOn())
	case term.Answer, term.Complain:
	}
	return dated("Мерзім %s күні өтті, жауап болмады: бұзушылық тіркелді. Архив бәрібір жауап беруге міндетті.", "Срок истёк %s, ответа не было: нарушение записано. Архив всё равно обязан ответить.", "The term passed on %s without an answer: the breach is recorded. The archive must answer all the same.", b.GetDueOn())
}

// next says who must do what by when.
func next(row *referencev1.RequestRow) *referencev1.TimelineEntry {
	s := row.GetSummary()
	e := &referencev1.TimelineEntry{Who: "archive", On: s.GetDueOn()}
	switch {
	case s.GetState() == string(request.Closed):
		return nil
	case s.GetState() == string(request.Signed) && !s.GetIdentityRecorded():
		e.Code, e.Who, e.On = "prove_identity", "applicant", ""
		e.Words = say("Жауап дайын. Оны алу үшін архивке жеке басты куәландыратын құжатты көрсетіңіз.", "Ответ готов. Чтобы получить его, предъявите архиву документ, удостоверяющий личность.", "The answer is ready. To get it, show the archive your proof of identity.")
	case s.GetState() == string(request.Signed):
		e.Code = "deliver"
		e.Words = dated("Архив жауапты %s күнінен кешіктірмей береді.", "Архив вручает ответ не позднее %s", "The archive hands the answer over by %s.", s.GetDueOn())
	case s.GetClarificationOpen():
		e.Code, e.Who, e.On = "clarify", "applicant", s.GetDueOn()
		e.Words = dated("Архивке нақтылау керек: толықтырыңыз. Жауаптың соңғы күні өзгермейді – %s.", "Архиву нужно уточнение: дополните запрос. Последний день ответа не меняется – %s", "The archive needs clarification: add to your request. The last day of the answer stays %s.", s.GetDueOn())
	case s.GetMissed():
		e.Code = "answer_late"
		e.Words = dated("Архивтің мерзімі %s күні өтті; ол жауап беруге міндетті. Сіз шағымдана аласыз.", "Срок архива истёк %s; ответить он обязан. Вы можете пожаловаться.", "The archive's term passed on %s; it must still answer. You may complain.", s.GetDueOn())
	default:
		e.Code = "answer"
		e.Words = dated("Архив %s күнінен кешіктірмей жауап береді.", "Архив отвечает не позднее %s", "The archive answers by %s.", s.GetDueOn())
	}
	return e
}

// remedy is what to do where it is late or wrong (AI-18).
func remedy(row *referencev1.RequestRow) *recordv1.Text {
	if row.GetSummary().GetMissed() {
		return say(
			"Архив мерзімді өткізіп алды. Осы беттен шағым бере аласыз: ол жоғары тұрған органға немесе лауазымды адамға жолданады; сотқа да жүгінуге болады. Мерзімі – білген күннен бастап үш ай, кешіккен шағым да қабылданады (18-бап).",
			"Архив пропустил срок. Вы можете подать жалобу с этой страницы: она направляется вышестоящему органу или должностному лицу; можно обратиться и в суд. Срок – три месяца со дня, когда вы узнали, но принимается и поздняя жалоба (статья 18).",
			"The archive missed its term. You may complain from this page: the complaint goes to the higher body or official; you may also go to court. The term is three months from the day you learnt of it, and a late complaint is accepted too (article 18).")
	}
	return say(
		"Жауап кешіксе немесе онымен келіспесеңіз, осы беттен шағым бере аласыз немесе сотқа жүгіне аласыз: білген күннен бастап үш ай ішінде (18-бап).",
		"Если ответ задержится или вы с ним не согласны, подайте жалобу с этой страницы или обратитесь в суд: в течение трёх месяцев со дня, когда узнали (статья 18).",
		"If the answer is late or you disagree with it, complain from this page or go to court: within three months of the day you learnt of it (article 18).")
}

func complaintWords(late bool) *recordv1.Text {
	if late {
		return say(
			"Шағым қабылданды. Үш айлық мерзім өткен: кешігу себептері мәні бойынша қаралады (18-бап).",
			"Жалоба принята. Три месяца прошли: причины опоздания рассматриваются по существу (статья 18).",
			"The complaint is accepted. The three months have passed: the reasons for lateness are judged on the merits (article 18).")
	}
	return say(
		"Шағым қабылданды және жоғары тұрған органға немесе лауазымды адамға жолданады. Заң оны қарау мерзімін белгілемейді.",
		"Жалоба принята и направляется вышестоящему органу или должностному лицу. Закон не устанавливает срока её рассмотрения.",
		"The complaint is accepted and goes to the higher body or official. The law sets no term for deciding it.")
}

// verdict is what is said of a paper, without anything of its content.
func verdict(v string) *referencev1.VerifyPaperResponse {
	words := map[string]*recordv1.Text{
		"genuine": say(
			"Құжат түпнұсқа: архив оған қол қойған және журналға жазған.",
			"Документ подлинный: подписан архивом и записан в журнале.",
			"The paper is genuine: the archive signed it and it stands in the journal."),
		"unknown": say(
			"Мұндай құжат жоқ немесе цифрлары сәйкес емес. Нөмірі мен цифрларын тексеріңіз; күмән болса, архивке хабарласыңыз.",
			"Такого документа нет, или цифры не подходят. Проверьте номер и цифры; при сомнении обратитесь в архив.",
			"There is no such paper, or the digits do not fit. Check number and digits; if in doubt, ask the archive."),
		"unsigned": say(
			"Бұл – қол қойылмаған жоба, оның күші жоқ.",
			"Это неподписанный проект, он не имеет силы.",
			"This is a draft that was not signed; it has no force."),
		"returned": say(
			"Бұл жоба қайтарылған, оған қол қойылмаған; оның күші жоқ.",
			"Этот проект возвращён и не подписан; он не имеет силы.",
			"This draft was sent back and never signed; it has no force."),
	}[v]
	return &referencev1.VerifyPaperResponse{Verdict: v, Words: words}
}
