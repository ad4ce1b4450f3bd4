package rules

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/strictjson"
)

// The faults of a rules file. Each is an Item of Refused, named by the edition's id.
var (
	Refused = fault.Define(fault.Invalid, "rules.file",
		"the rules file cannot be used; mend the {count} entries listed and load it again; until then the earlier rules hold",
		"файл правил нельзя применить; исправьте перечисленное (записей: {count}) и загрузите его снова; до этого действуют прежние правила",
		"ережелер файлын қолдануға болмайды; аталған жазбаларды ({count}) түзетіп, файлды қайта жүктеңіз; оған дейін бұрынғы ережелер қолданылады")
	NotReadable = fault.Define(fault.Invalid, "rules.json",
		"the rules file is not readable: {why}; it is JSON with “source” and a list “editions”, as the file that ships with the program",
		"файл правил не читается: {why}; это JSON с полем «source» и списком «editions», как в поставляемом файле",
		"ережелер файлы оқылмайды: {why}; ол бағдарламамен бірге келетін файлдағыдай «source» өрісі мен «editions» тізімі бар JSON болуы керек")
	manyEditions = fault.Define(fault.Invalid, "rules.many",
		"it has more than {limit} editions", "в нём больше {limit} редакций", "онда {limit} басылымнан көп")
	NoSource = fault.Define(fault.Invalid, "rules.source",
		"the rules file does not name its source; write in “source” the act or order that its editions come from",
		"файл правил не называет источник; укажите в «source» акт или приказ, из которого взяты редакции",
		"ережелер файлында дереккөз аталмаған; «source» өрісінде редакциялар алынған актіні немесе бұйрықты көрсетіңіз")
	BadField = fault.Define(fault.Invalid, "rules.field",
		"the field “{field}” is wrong ({value}); {hint}",
		"поле «{field}» неверно ({value}); {hint}",
		"«{field}» өрісі дұрыс емес ({value}); {hint}")
	Overlap = fault.Define(fault.Invalid, "rules.overlap",
		"the edition holds on the same days as “{other}” ({from}); give one of them its last day in “valid_to”, or name the ended one in “supersedes”",
		"редакция действует в те же дни, что и «{other}» (с {from}); укажите одной из них последний день в «valid_to» или назовите прекращённую в «supersedes»",
		"редакция «{other}» редакциясымен бір күндері қолданылады ({from} бастап); бірінің соңғы күнін «valid_to» өрісінде көрсетіңіз немесе тоқтатылғанын «supersedes» өрісінде атаңыз")
	Repeated = fault.Define(fault.Invalid, "rules.repeated",
		"there is an edition with this id already; records refer to it, so a new value needs a new id",
		"редакция с таким id уже есть; на неё ссылаются записи, поэтому новому значению нужен новый id",
		"мұндай id бар редакция бұрыннан бар; жазбалар соған сілтейді, сондықтан жаңа мәнге жаңа id керек")
	NothingToEnd = fault.Define(fault.Invalid, "rules.supersedes",
		"there is no earlier edition “{id}” of the same subject to end; check the id in “supersedes”",
		"нет прежней редакции «{id}» того же предмета, которую можно прекратить; проверьте id в «supersedes»",
		"сол мәселе бойынша тоқтатылатын бұрынғы «{id}» редакциясы жоқ; «supersedes» өрісіндегі id-ді тексеріңіз")
)

//go:embed editions.json
var shipped []byte

// Limits on an administrator's file: far above need, far below harm.
const (
	maxFile     = 1 << 20
	maxEditions = 2000
)

// file is the form of editions.json and of an administrator's file.
type file struct {
	Source   string    `json:"source"`
	Editions []Edition `json:"editions"`
}

// Shipped is the set that comes with the program. It fails only when the program was
// built from a broken editions.json, which the tests refuse.
func Shipped() (*Set, error) {
	f, err := parse(shipped)
	if err != nil {
		return nil, fmt.Errorf("editions.json: %w", err)
	}
	for i := range f.Editions {
		f.Editions[i].Source = ""
	}
	return build(nil, f.Editions)
}

// Extend makes a new set of s and an administrator's file; s itself stays as it was. The
// file names its source, adds editions, and by "supersedes" ends an edition on the day
// before the new one begins. Nothing of it is used unless all of it is right; everything
// that is wrong is listed in Refused.
func (s *Set) Extend(data []byte) (*Set, error) {
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(f.Source) == "" {
		return nil, NoSource.With()
	}
	for i := range f.Editions {
		f.Editions[i].Source = f.Source
	}
	return build(s.All(), f.Editions)
}

func parse(data []byte) (file, error) {
	var f file
	if why := strictjson.Decode(data, maxFile, &f); why != nil {
		return f, NotReadable.With("why", why).Because(why)
	}
	if len(f.Editions) > maxEditions {
		return f, NotReadable.With("why", manyEditions.With("limit", maxEditions))
	}
	return f, nil
}

// build puts the added editions to the base, ends those superseded, and refuses what is
// wrong with everything listed.
func build(base, added []Edition) (*Set, error) {
	var wrong []fault.Item
	complain := func(id string, f *fault.Error) { wrong = append(wrong, fault.Item{Where: id, Fault: f}) }
	all := slices.Clone(base)
	seen := map[string]bool{}
	for _, e := range all {
		seen[e.ID] = true
	}
	for i, e := range added {
		where := e.ID
		if where == "" {
			where = fmt.Sprintf("#%d", i+1)
		}
		faults := e.check()
		for _, f := range faults {
			complain(where, f)
		}
		if seen[e.ID] {
			complain(where, Repeated.With())
			continue
		}
		seen[e.ID] = true
		if len(faults) == 0 {
			all = append(all, e)
		}
	}
	for _, e := range added {
		if e.Supersedes != "" && !end(all, e) {
			complain(e.ID, NothingToEnd.With("id", e.Supersedes))
		}
	}
	s := index(all)
	for _, list := range s.bySubject {
		for i := 1; i < len(list); i++ {
			if before, e := list[i-1], list[i]; before.ValidTo.IsZero() || !before.ValidTo.Before(e.ValidFrom) {
				complain(e.ID, Overlap.With("other", before.ID, "from", e.ValidFrom))
			}
		}
	}
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b fault.Item) int { return strings.Compare(a.Where, b.Where) })
		return nil, Refused.With("count", len(wrong)).Listing(wrong)
	}
	return s, nil
}

// end gives the edition that e supersedes its last day. It must have begun before e.
func end(all []Edition, e Edition) bool {
	for i := range all {
		old := &all[i]
		if old.ID == e.Supersedes && old.ID != e.ID && old.Subject == e.Subject && old.ValidFrom.Before(e.ValidFrom) {
			if old.ValidTo.IsZero() || !old.ValidTo.Before(e.ValidFrom) {
				old.ValidTo = e.ValidFrom.AddDays(-1)
			}
			return true
		}
	}
	return false
}

func index(all []Edition) *Set {
	s := &Set{bySubject: map[Subject][]Edition{}, byID: map[string]Edition{}}
	for _, e := range all {
		s.bySubject[e.Subject] = append(s.bySubject[e.Subject], e)
		s.byID[e.ID] = e
	}
	for _, list := range s.bySubject {
		slices.SortFunc(list, byTime)
	}
	return s
}

// greatest is the greatest value that is believed of a unit: past it is a typing mistake.
var greatest = map[Unit]int{Years: 200, Leaves: 10_000}

var idRE = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]{0,79}$`)

// check lists what is wrong with one edition by itself.
func (e Edition) check() []*fault.Error {
	var wrong []*fault.Error
	bad := func(field string, value any, hint string) {
		wrong = append(wrong, BadField.With("field", field, "value", value, "hint", hint))
	}
	if !idRE.MatchString(e.ID) {
		bad("id", e.ID, "a–z 0–9 . _ / - (≤ 80)")
	}
	known, ok := subjects[e.Subject]
	if !ok {
		bad("subject", e.Subject, strings.Join(subjectNames(), ", "))
		return wrong
	}
	if e.Unit != known.unit {
		bad("unit", e.Unit, string(known.unit))
	}
	if most := greatest[known.unit]; known.unit != Day && (e.Number < known.least || e.Number > most) {
		bad("number", e.Number, fmt.Sprintf("%d … %d", known.least, most))
	}
	if known.unit != Day && !e.Date.IsZero() || known.unit == Day && !e.Date.Valid() {
		bad("date", e.Date, "YYYY-MM-DD ⇔ unit = day")
	}
	if known.unit == Day && e.Number != 0 {
		bad("number", e.Number, "unit = day")
	}
	if !e.ValidFrom.Valid() {
		bad("valid_from", e.ValidFrom, "YYYY-MM-DD")
	}
	if !e.ValidTo.IsZero() && e.ValidTo.Before(e.ValidFrom) {
		bad("valid_to", e.ValidTo, "≥ valid_from")
	}
	if e.LegalBasis.KK == "" || e.LegalBasis.RU == "" || e.LegalBasis.EN == "" {
		bad("legal_basis", "kk, ru, en", "kk + ru + en")
	}
	if e.Mark != Found && e.Mark != Related && e.Mark != Practice {
		bad("mark", e.Mark, "F, RU, D")
	}
	if e.Verified && e.Mark != Found {
		bad("verified", e.Verified, "verified ⇒ mark = F")
	}
	return wrong
}

func subjectNames() []string {
	names := make([]string, 0, len(subjects))
	for s := range subjects {
		names = append(names, string(s))
	}
	slices.Sort(names)
	return names
}
