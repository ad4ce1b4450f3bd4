package store

import (
	"cmp"
	"crypto/ed25519"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	// NoAccession says that the book has no such number, or that it is another department's.
	NoAccession = fault.Define(fault.NotFound, "intake.accession.unknown",
		"there is no accession {number}; look it up in the book of accessions of its year",
		"поступления {number} нет; найдите его в книге учёта поступлений за его год",
		"{number} түсімі жоқ; оны сол жылғы түсімдерді есепке алу кітабынан қараңыз")
	badQuarantine = fault.Define(fault.Invalid, "intake.quarantine.fields",
		"say why the accession is kept apart and where, each in at most {limit} characters; at its end write clean, treated or restoration",
		"укажите, почему поступление держат отдельно и где, не длиннее {limit} знаков; в конце – clean, treated или restoration",
		"түсім неге және қайда бөлек ұсталатынын {limit} таңбадан асырмай көрсетіңіз; соңында clean, treated немесе restoration жазыңыз")
	quarantineState = fault.Define(fault.Refused, "intake.quarantine.state",
		"accession {number}: its quarantine is {state}; look at the accession and choose the other step",
		"поступление {number}: карантин – {state}; посмотрите поступление и выберите другое действие",
		"{number} түсімі: карантин – {state}; түсімді қарап, басқа әрекетті таңдаңыз")
	badBox = fault.Define(fault.Invalid, "intake.box",
		"box {box}: {problem}; a box has a number from 1, a run of accepted positions that no other box holds, and a room, rack and shelf of at most 40 characters",
		"коробка {box}: {problem}; у коробки номер от 1, ряд принятых номеров, которых нет в других коробках, и хранилище, стеллаж и полка не длиннее 40 знаков",
		"{box}-қорап: {problem}; қорапта 1-ден басталатын нөмір, басқа қорапта жоқ қабылданған нөмірлер тізбегі және 40 таңбадан аспайтын қойма, стеллаж, сөре болады")
	boxUnit = fault.Define(fault.Invalid, "intake.box.unit",
		"box {box}: unit {unit} was not accepted with accession {number}; look at its list and write a number that stands there; nothing was saved",
		"коробка {box}: дела {unit} среди принятых нет (поступление {number}); посмотрите список и укажите номер из него; ничего не сохранено",
		"{box}-қорап: {unit}-іс қабылданғандардың ішінде жоқ ({number} түсімі); тізімді қарап, содағы нөмірді жазыңыз; ештеңе сақталған жоқ")
	noPlace = fault.Define(fault.Invalid, "intake.box.place",
		"box {box} would hold nothing and stand nowhere; give it units, or the room, rack or shelf where it stands; nothing was saved",
		"коробка {box} была бы без дел и без места; укажите её дела или хранилище, стеллаж или полку; ничего не сохранено",
		"іссіз әрі орынсыз қорап болмайды ({box}-қорап); істерін немесе қоймасын, стеллажын не сөресін көрсетіңіз; ештеңе сақталған жоқ")
	boxUndescribed = fault.Define(fault.Refused, "intake.box.undescribed",
		"accession {number} is not described yet, so box {box} gets a place and no units; leave the units out and say them after the act of description; nothing was saved",
		"поступление {number} ещё не описано: у коробки {box} пока только место; уберите номера дел и внесите их после акта описания; ничего не сохранено",
		"түсім әлі сипатталған жоқ ({number}): {box}-қораптың әзірге тек орны болады; іс нөмірлерін алып тастап, сипаттау актісінен кейін енгізіңіз; ештеңе сақталған жоқ")
	noCode = fault.Define(fault.Unavailable, "intake.label.no_code",
		"accession {number} has no archival code or no boxes yet; put it into boxes, wait until the catalogue has placed it, and print again",
		"у поступления {number} ещё нет шифра или коробок; разложите его по коробкам, дождитесь каталога и напечатайте снова",
		"{number} түсімінде әлі шифр немесе қорап жоқ; қораптарға салып, каталогты күтіп, қайта басып шығарыңыз")
	badProtocol = fault.Define(fault.Invalid, "intake.protocol",
		"name the commission, the number of its protocol and its date, not later than today",
		"укажите комиссию, номер протокола и дату не позже сегодняшнего дня",
		"комиссияны, хаттама нөмірін және бүгіннен кеш емес күнін көрсетіңіз")
	badSide = fault.Define(fault.Denied, "intake.sign.side",
		"the act has two sides: the department's clerk signs as giver, an archivist or the head as archive; whoever signed for one side does not sign for the other",
		"у акта две стороны: делопроизводитель ведомства подписывает как сдатчик (giver), архивист или руководитель – как архив (archive); подписавший за одну сторону за другую не подписывает",
		"актінің екі жағы бар: ведомствоның іс жүргізушісі тапсырушы (giver), мұрағатшы немесе басшы архив (archive) ретінде қол қояды; бір жақ үшін қол қойған адам екіншісіне қол қоймайды")
	alreadySigned = fault.Define(fault.Refused, "intake.sign.twice",
		"the act of accession {number} has this side's signature already",
		"в акте поступления {number} подпись этой стороны уже есть",
		"{number} түсімінің актісінде бұл жақтың қолтаңбасы бар")
	otherAct = fault.Define(fault.Conflict, "intake.sign.digest",
		"this is not the act of accession {number}: its SHA-256 is another one; open the act again, read it, and sign that one",
		"это не акт поступления {number}: его SHA-256 другой; откройте акт заново, прочитайте и подпишите его",
		"бұл {number} түсімінің актісі емес: оның SHA-256 басқа; актіні қайта ашып, оқып, соған қол қойыңыз")
	needsKey = fault.Define(fault.Refused, "intake.sign.key",
		"your account has a signing key, so the act is signed with the passphrase; nothing was signed",
		"у вашей учётной записи есть ключ подписи: акт подписывается кодовой фразой; ничего не подписано",
		"есептік жазбаңызда қол қою кілті бар: актіге құпия сөйлеммен қол қойылады; ештеңеге қол қойылған жоқ")
	strangeKey = fault.Define(fault.Unavailable, "intake.sign.unknown_key",
		"the key with which this was signed is not known here: it was enrolled a moment ago, or revoked; nothing was signed; try again, and ask the administrator if it repeats",
		"ключ, которым это подписано, здесь неизвестен: он только что зарегистрирован или отозван; ничего не подписано; повторите, а если повторится – спросите администратора",
		"қол қойылған кілт мұнда белгісіз: ол жаңа ғана тіркелген немесе кері алынған; ештеңеге қол қойылған жоқ; қайталаңыз, қайталана берсе, әкімшіден сұраңыз")
	badHand = fault.Define(fault.Invalid, "intake.sign.hand",
		"write who signed on paper: name and post, in at most {limit} characters",
		"укажите, кто подписал на бумаге: имя и должность, не длиннее {limit} знаков",
		"қағазға кім қол қойғанын жазыңыз: аты-жөні мен лауазымы, {limit} таңбадан аспасын")
)

// AccessionOf is an accession of a department. Errors: BadNumber, NoAccession.
func AccessionOf(v *base.View, number string, of monitor.Department) (*intakev1.Accession, transfer.Number, error) {
	n, err := transfer.ParseNumber(number)
	if err != nil {
		return nil, n, err
	}
	a, err := Accession(v, n)
	if err == nil && (a == nil || !of.Has(a.GetOrganisation().GetId())) {
		err = NoAccession.With("number", n)
	}
	return a, n, err
}

// ofAccession is one event about an accession.
func ofAccession(a *intakev1.Accession, body proto.Message) base.Event {
	return base.Event{Refs: AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory()), Body: body}
}

func short(s string, most int) bool {
	n := utf8.RuneCountInString(strings.TrimSpace(s))
	return n > 0 && n <= most && utf8.ValidString(s)
}

// BeginQuarantine keeps an accession apart (practice.md: then quarantine, boxes, labels, a place).
func BeginQuarantine(q *intakev1.BeginQuarantineRequest) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, _, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if !short(q.GetReason(), maxText) || !short(q.GetPlace(), maxText) {
			return nil, badQuarantine.With("limit", maxText)
		}
		if a.GetQuarantine() != nil && a.GetQuarantineEnded() == nil {
			return nil, quarantineState.With("number", a.GetAccessionNumber(), "state", a.GetQuarantine().GetBegunOn()+" – …")
		}
		return []base.Event{ofAccession(a, &intakev1.QuarantineBegun{
			AccessionNumber: a.GetAccessionNumber(), Reason: q.GetReason(), Place: q.GetPlace(), BegunOn: civil.Of(now).String(),
		})}, nil
	}
}

// EndQuarantine says what came out of it.
func EndQuarantine(q *intakev1.EndQuarantineRequest) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, _, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if !slices.Contains([]string{"clean", "treated", "restoration"}, q.GetResult()) || utf8.RuneCountInString(q.GetNote()) > maxText {
			return nil, badQuarantine.With("limit", maxText)
		}
		if a.GetQuarantine() == nil || a.GetQuarantineEnded() != nil {
			return nil, quarantineState.With("number", a.GetAccessionNumber(), "state", "–")
		}
		return []base.Event{ofAccession(a, &intakev1.QuarantineEnded{
			AccessionNumber: a.GetAccessionNumber(), Result: q.GetResult(), Note: q.GetNote(), EndedOn: civil.Of(now).String(),
		})}, nil
	}
}

// StoreBoxes puts runs of units into boxes and the boxes into places; what stands as it is said is
// left alone. Boxes of an undescribed accession have places alone (practice.md: places are given at acceptance, and its
// units have no numbers before the act of description); they keep them when it is described. Errors: NoAccession,
// tooManyRows, badBox, boxUnit, noPlace, boxUndescribed.
func StoreBoxes(q *intakev1.StoreBoxesRequest) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		a, n, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if c := len(q.GetBoxes()); c == 0 || c > MaxRows {
			return nil, tooManyRows.With("limit", MaxRows)
		}
		have, err := Boxes(v, n)
		if err != nil {
			return nil, err
		}
		all := make(map[uint32]*intakev1.Box)
		for _, b := range have {
			all[b.GetNumber()] = b
		}
		var changed []*intakev1.Box
		for _, b := range q.GetBoxes() {
			if a.GetUndescribed() > 0 && max(b.GetFirst(), b.GetLast()) > 0 {
				return nil, boxUndescribed.With("number", n, "box", b.GetNumber())
			}
			if problem := wrong(b); problem != "" {
				return nil, badBox.With("box", b.GetNumber(), "problem", problem)
			}
			if p := missing(v, n, b); p > 0 {
				return nil, boxUnit.With("box", b.GetNumber(), "unit", p, "number", n)
			}
			if gone(b) && all[b.GetNumber()] == nil {
				return nil, noPlace.With("box", b.GetNumber())
			}
			if !proto.Equal(all[b.GetNumber()], b) {
				changed = append(changed, b)
			}
			all[b.GetNumber()] = b
		}
		if b, o := twice(slices.Collect(maps.Values(all))); b != nil {
			return nil, badBox.With("box", o.GetNumber(), "problem", fmt.Sprintf("%d–%d ∩ %d: %d–%d", o.GetFirst(), o.GetLast(), b.GetNumber(), b.GetFirst(), b.GetLast()))
		}
		if len(changed) == 0 {
			return nil, nil
		}
		return []base.Event{ofAccession(a, &intakev1.BoxesStored{AccessionNumber: a.GetAccessionNumber(), Boxes: changed})}, nil
	}
}

// twice finds two boxes that hold the same unit, the one that begins first before the other; nil where none do.
func twice(boxes []*intakev1.Box) (first, other *intakev1.Box) {
	held := slices.DeleteFunc(boxes, func(b *intakev1.Box) bool { return b.GetFirst() == 0 })
	slices.SortFunc(held, func(a, b *intakev1.Box) int {
		return cmp.Or(cmp.Compare(a.GetFirst(), b.GetFirst()), cmp.Compare(a.GetNumber(), b.GetNumber()))
	})
	for i := 1; i < len(held); i++ {
		if held[i].GetFirst() <= held[i-1].GetLast() {
			return held[i-1], held[i]
		}
	}
	return nil, nil
}

// missing is the first or the last unit of a box where it was never accepted, 0 where both were: they stand on the label. Between
// them some may be missing, for an acceptance may be one in part.
func missing(v *base.View, n transfer.Number, b *intakev1.Box) uint32 {
	for _, p := range []uint32{b.GetFirst(), b.GetLast()} {
		if p > 0 && v.Get("accepted", rowKey(numberKey(n), p)) == nil {
			return p
		}
	}
	return 0
}

// wrong says what is wrong with a box by itself; empty where nothing is.
func wrong(b *intakev1.Box) string {
	for _, s := range []string{b.GetRoom(), b.GetRack(), b.GetShelf()} {
		if utf8.RuneCountInString(s) > 40 || !utf8.ValidString(s) {
			return clip.Value(s)
		}
	}
	span := fmt.Sprintf("%d–%d", b.GetFirst(), b.GetLast())
	switch {
	case b.GetNumber() == 0 || b.GetNumber() > maxUnits:
		return "№ 0"
	case b.GetFirst() == 0 && b.GetLast() == 0:
		return "" // it has a place alone, or is taken away
	case b.GetFirst() == 0 || b.GetFirst() > b.GetLast() || b.GetLast()-b.GetFirst() > MaxRows:
		return span
	}
	return ""
}

// gone tells whether a box was taken away: it holds nothing and stands nowhere.
func gone(b *intakev1.Box) bool {
	return b.GetFirst() == 0 && b.GetRoom() == "" && b.GetRack() == "" && b.GetShelf() == ""
}

// Boxes of an accession, by number.
func Boxes(v *base.View, n transfer.Number) ([]*intakev1.Box, error) {
	list, _, err := page(v, "boxes", numberKey(n), 0, 1<<20, func() *intakev1.Box { return new(intakev1.Box) })
	return list, err
}

// Labelled is an accession whose labels can be printed, with its boxes. Labels of an undescribed one wait for no code: its units
// have none yet. Error: noCode.
func Labelled(v *base.View, number string) (*intakev1.Accession, []*intakev1.Box, error) {
	a, n, err := AccessionOf(v, number, monitor.Department{})
	if err != nil {
		return nil, nil, err
	}
	boxes, err := Boxes(v, n)
	if err == nil && (len(boxes) == 0 || a.GetUndescribed() == 0 && a.GetCode().GetInventory() == "") {
		err = noCode.With("number", number)
	}
	return a, boxes, err
}

// checkedProtocol refuses a decision that does not say whose it is, or has not been taken yet.
func checkedProtocol(p *recordv1.Protocol, today civil.Date) error {
	d, err := civil.Parse(p.GetDate())
	if err != nil || d.After(today) || !short(p.GetCommission(), maxText) || !short(p.GetNumber(), 100) {
		return badProtocol.With()
	}
	return nil
}

// closing adds the close of an accession that lacks nothing any more.
func closing(a *intakev1.Accession, events []base.Event, now time.Time) []base.Event {
	if len(Lacks(a)) > 0 || a.GetClosedOn() != "" {
		return events
	}
	return append(events, ofAccession(a, &intakev1.AccessionClosed{AccessionNumber: a.GetAccessionNumber(), ClosedOn: civil.Of(now).String()}))
}

// The sides of an act.
const (
	giver   = "giver"
	archive = "archive"
	// commission stands beside them in what an accession lacks.
	commission = "commission"
)

// byKey is how a signature made with an enrolled key is known (ActSigned.how).
const byKey = "key"

// Lacks is what keeps an accession from being closed: giver, archive (their signatures),
// commission (its decision, where the kind needs one).
func Lacks(a *intakev1.Accession) []string {
	lacks := []string{giver, archive}
	for _, s := range a.GetSignatures() {
		lacks = slices.DeleteFunc(lacks, func(side string) bool { return side == s.GetSide() })
	}
	rule, ok := kind.ByName(a.GetGround().GetRule())
	if ok && rule.Commission && a.GetApproved() == nil && a.GetGround().GetProtocol().GetNumber() == "" {
		lacks = append(lacks, commission)
	}
	return lacks
}

// signedByBoth tells whether giver and archive have signed the act of acceptance, with a key, by account or by hand. The commission's
// approval is no signature: what it declines leaves again.
func signedByBoth(a *intakev1.Accession) bool {
	lacks := Lacks(a)
	return !slices.Contains(lacks, giver) && !slices.Contains(lacks, archive)
}

// Signer is who signs.
type Signer struct {
	Account    string
	Clerk      bool // of the giver's department, and nothing more
	Archive    bool // archivist or head
	Department monitor.Department
}

// Sign puts one of the two signatures under the act, bound to the digest of the copy that was read.
// An account with a signing key signs with it, so that a program in front cannot sign for it; one
// without is known by its identity; a signature by hand is recorded by the archive. archiveCode is
// the code of the archive in the statement.
func Sign(q *intakev1.SignActRequest, who Signer, archiveCode string) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, _, err := AccessionOf(v, q.GetAccessionNumber(), who.Department)
		if err != nil {
			return nil, err
		}
		signed := &intakev1.ActSigned{
			AccessionNumber: a.GetAccessionNumber(), Side: q.GetSide(), Sha256: q.GetSha256(), Account: who.Account, SignedOn: civil.Of(now).String(),
		}
		for _, act := range a.GetActs() {
			if act.GetSha256() == q.GetSha256() {
				signed.Language = act.GetLanguage()
			}
		}
		if err := maySign(a, q, who); err != nil {
			return nil, err
		}
		if signed.GetLanguage() == "" {
			return nil, otherAct.With("number", a.GetAccessionNumber())
		}
		e := ofAccession(a, signed)
		if err := how(v, q, signed, a, archiveCode, civil.Of(now)); err != nil {
			return nil, err
		}
		if q.GetHand() != nil {
			e.Sealed, e.SealedLabel = q.GetHand(), personal
		}
		a.Signatures = append(a.Signatures, signed)
		return closing(a, []base.Event{e}, now), nil
	}
}

// maySign says who signs for which side: a clerk for the giver, archivist or head for the archive;
// the archive also records what the giver signed by hand. Errors: badSide, alreadySigned.
func maySign(a *intakev1.Accession, q *intakev1.SignActRequest, who Signer) error {
	byHand := q.GetHand() != nil
	right := (q.GetSide() == giver && (who.Clerk || (byHand && who.Archive))) || (q.GetSide() == archive && who.Archive && !who.Clerk)
	if !right || who.Account == "" {
		return badSide.With()
	}
	for _, s := range a.GetSignatures() {
		switch {
		case s.GetSide() == q.GetSide():
			return alreadySigned.With("number", a.GetAccessionNumber())
		case s.GetAccount() == who.Account && s.GetHow() != "hand" && !byHand:
			return badSide.With()
		}
	}
	return nil
}

// how settles by what the signature is known. Errors: badHand, needsKey, strangeKey,
// signing.NotSigned.
func how(v *base.View, q *intakev1.SignActRequest, signed *intakev1.ActSigned, a *intakev1.Accession, archiveCode string, day civil.Date) error {
	if q.GetHand() != nil {
		signed.How = "hand"
		if !short(q.GetHand().GetName(), 200) || utf8.RuneCountInString(q.GetHand().GetPost()) > 200 {
			return badHand.With("limit", 200)
		}
		return nil
	}
	known := new(intakev1.SignerKeyKnown)
	enrolled, err := get(v, "signers", []byte(signed.GetAccount()), known)
	if err != nil {
		return err
	}
	if !enrolled || len(known.GetPublicKey()) == 0 {
		if len(q.GetSignature()) > 0 {
			return strangeKey.With()
		}
		signed.How = "account"
		return nil
	}
	if len(q.GetSignature()) == 0 {
		return needsKey.With()
	}
	signed.How, signed.KeyId, signed.Signature, signed.PublicKey = byKey, known.GetKeyId(), q.GetSignature(), known.GetPublicKey()
	return Statement(signed, a, archiveCode, day).Verify(ed25519.PublicKey(known.GetPublicKey()), q.GetSignature())
}

// ToSign is what the account would sign on a day under one copy of the act, so that a program in front can
// show it and have it signed. Errors: badSide, alreadySigned.
func ToSign(a *intakev1.Accession, side, sha256 string, who Signer, archiveCode string, day civil.Date) (signing.Statement, error) {
	if err := maySign(a, &intakev1.SignActRequest{Side: side}, who); err != nil {
		return signing.Statement{}, err
	}
	return Statement(&intakev1.ActSigned{Side: side, Sha256: sha256, Account: who.Account}, a, archiveCode, day), nil
}

// Proofs are the signatures under an accession's act that were made with a key, each with the statement
// that it was made over. One that was recorded before the key stood beside it takes the key that is known
// still. Error: that a day stands in it that is none.
func Proofs(v *base.View, a *intakev1.Accession, archiveCode string) (proofs []*intakev1.SignatureProof, err error) {
	for _, s := range a.GetSignatures() {
		if s.GetHow() != byKey {
			continue
		}
		key := s.GetPublicKey()
		if known := new(intakev1.SignerKeyKnown); len(key) == 0 {
			if _, err := get(v, "signers", []byte(s.GetAccount()), known); err != nil {
				return nil, err
			}
			if known.GetKeyId() == s.GetKeyId() {
				key = known.GetPublicKey()
			}
		}
		day, err := civil.Parse(s.GetSignedOn())
		if err != nil {
			return nil, fmt.Errorf("signature under %s: %w", a.GetAccessionNumber(), err)
		}
		text, err := Statement(s, a, archiveCode, day).Bytes()
		if err != nil {
			return nil, fmt.Errorf("signature under %s: %w", a.GetAccessionNumber(), err)
		}
		proofs = append(proofs, &intakev1.SignatureProof{Side: s.GetSide(), Statement: text, PublicKey: key, Signature: s.GetSignature()})
	}
	return proofs, nil
}

// Statement is what a person signs under an act with a key.
func Statement(signed *intakev1.ActSigned, a *intakev1.Accession, archiveCode string, day civil.Date) signing.Statement {
	return signing.Statement{
		Archive: archiveCode, Act: a.GetAccessionNumber(), Request: a.GetTransferId(), ActKind: "acceptance-" + signed.GetSide(),
		SHA256: signed.GetSha256(), Account: signed.GetAccount(), SignedOn: day,
	}
}
