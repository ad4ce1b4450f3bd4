package store

import (
	"slices"
	"strings"
	"time"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/due"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/standards/term"
)

// aboutPeople are the grounds under which a title is sealed: it names a living person, and
// lawful erasure must be able to reach it.
var aboutPeople = []string{"personal", "family", "medical"}

// RegisterOrganisation decides the entering of a source of acquisition (AR-12).
func (r *Rules) RegisterOrganisation(o *recordv1.Organisation) store.Decide {
	return func(v *store.View, _ time.Time) ([]store.Event, error) {
		plain := organisation(o)
		if err := nomenclature.Register(plain, plain.ID != "" && v.Get("organisations", []byte(plain.ID)) != nil); err != nil {
			return nil, err
		}
		return []store.Event{{
			Refs: []journal.Ref{organisationRef(o.GetId())},
			Body: &retentionv1.OrganisationRegistered{Organisation: &recordv1.Organisation{Id: o.GetId(), Name: text(plain.Name), Level: o.GetLevel()}},
		}}, nil
	}
}

// AddNomenclatureEntry decides a new line of a nomenclature (AR-7) of an organisation that the
// scope has. Its term is read in any of the three languages and kept in its canonical English
// form.
func (r *Rules) AddNomenclatureEntry(e *retentionv1.NomenclatureEntry, scope Reader) store.Decide {
	return func(v *store.View, now time.Time) ([]store.Event, error) {
		o, err := Mine(v, e.GetOrganisationId(), scope)
		if err != nil {
			return nil, err
		}
		t, err := term.Parse(e.GetTerm())
		if err != nil {
			return nil, err
		}
		asked := nomenclature.Entry{
			Organisation: nomenclature.OrganisationID(e.GetOrganisationId()), Year: int(e.GetYear()), Index: nomenclature.Index(e.GetIndex()),
			Title: title(e.GetTitle()), Article: e.GetArticle(), Term: t, Personnel: e.GetPersonnel() || t.Before != 0,
		}
		var existing *nomenclature.Entry
		if e.GetYear() <= civil.MaxYear && v.Get("entries", entryKey(e.GetOrganisationId(), e.GetYear(), e.GetIndex())) != nil {
			existing = &asked
		}
		entered, err := nomenclature.Enter(organisation(o), existing, asked, false, 0, civil.Of(now))
		if err != nil {
			return nil, err
		}
		if n := counted(v, yearKey(e.GetOrganisationId(), e.GetYear())); n >= MaxEntries {
			return nil, nomenclature.TooManyEntries.With("year", e.GetYear(), "most", MaxEntries)
		}
		return []store.Event{{
			Refs: []journal.Ref{
				{Type: "nomenclature", ID: e.GetOrganisationId() + "/" + asYear(e.GetYear()) + "/" + e.GetIndex()},
				organisationRef(e.GetOrganisationId()),
			},
			Body: &retentionv1.NomenclatureEntryAdded{
				OrganisationId: e.GetOrganisationId(), Year: e.GetYear(), Index: e.GetIndex(), Title: text(entered.Title),
				Term: entered.Term.In(fault.English), Article: entered.Article, Personnel: entered.Personnel,
			},
		}}, nil
	}
}

// OpenFile decides the registering of a file under a line of its nomenclature. It takes four
// reads, because it is the most frequent command.
func (r *Rules) OpenFile(q *retentionv1.OpenFileRequest, scope Reader) store.Decide {
	return func(v *store.View, now time.Time) ([]store.Event, error) {
		label, err := r.label(q.GetLabel())
		if err != nil {
			return nil, err
		}
		o, err := Mine(v, q.GetOrganisationId(), scope)
		if err != nil {
			return nil, err
		}
		e, err := Entry(v, q.GetOrganisationId(), q.GetYear(), q.GetIndex())
		if err != nil {
			return nil, err
		}
		opened, err := day("opened on", q.GetOpenedOn())
		if err != nil {
			return nil, err
		}
		id, volume := nextFile(v), counted(v, entryKey(o.GetId(), e.GetYear(), e.GetIndex()))+1
		file, err := nomenclature.OpenFile(organisation(o), entry(e), int(volume)-1, nomenclature.FileID(id.String()), title(q.GetTitle()), opened, civil.Of(now))
		if err != nil {
			return nil, err
		}
		event := store.Event{Refs: []journal.Ref{fileRef(id.String())}, Label: label}
		shown := text(file.Title)
		if title(q.GetTitle()) != (nomenclature.Title{}) && slices.ContainsFunc(label.Grounds, isAboutPeople) {
			event.Sealed, event.SealedLabel, shown = shown, label, e.GetTitle()
		}
		event.Body = &retentionv1.FileOpened{
			FileId: id.String(), OrganisationId: o.GetId(), Year: e.GetYear(), Index: e.GetIndex(), Volume: volume, Title: shown,
			OpenedOn: file.Opened.String(), Label: protoLabel(label), Term: e.GetTerm(), Article: e.GetArticle(),
			EspeciallyValuable: q.GetEspeciallyValuable(),
		}
		return []store.Event{event}, nil
	}
}

func isAboutPeople(ground string) bool { return slices.Contains(aboutPeople, ground) }

// CloseFile decides that a file which the scope may see is finished. Its outer dates are those
// of opening and closing where nobody gave them.
func (r *Rules) CloseFile(q *retentionv1.CloseFileRequest, scope Reader) store.Decide {
	return func(v *store.View, now time.Time) ([]store.Event, error) {
		row, err := File(v, q.GetFileId(), scope)
		if err != nil {
			return nil, err
		}
		file, err := fileOf(row)
		if err != nil {
			return nil, err
		}
		c := nomenclature.Closing{Leaves: int(q.GetLeaves())}
		if c.On, err = day("closed on", q.GetClosedOn()); err != nil {
			return nil, err
		}
		if c.Earliest, err = dayOr("date from", q.GetDateFrom(), file.Opened); err != nil {
			return nil, err
		}
		if c.Latest, err = dayOr("date to", q.GetDateTo(), c.On); err != nil {
			return nil, err
		}
		most, err := r.Set.On(rules.VolumeLeaves, civil.Of(now))
		if err != nil {
			return nil, err
		}
		if file, err = nomenclature.CloseFile(file, c, most.Number, civil.Of(now)); err != nil {
			return nil, err
		}
		return []store.Event{{
			Refs:  []journal.Ref{fileRef(row.GetFile().GetId())},
			Label: storeLabel(row.GetFile().GetLabel()),
			Body: &retentionv1.FileClosed{
				FileId: row.GetFile().GetId(), ClosedOn: file.Closing.On.String(),
				DateFrom: file.Closing.Earliest.String(), DateTo: file.Closing.Latest.String(), Leaves: q.GetLeaves(),
			},
		}}, nil
	}
}

// label checks a label that a person gave, and puts its grounds in order (IS-5, AI-1.8).
func (r *Rules) label(l *journalv1.Label) (store.Label, error) {
	label := storeLabel(l)
	known := strings.Join(r.Grounds, ", ")
	if label.Level > 3 || len(label.Grounds) > len(r.Grounds) {
		return label, nomenclature.BadLabel.With("value", label.Level, "known", known)
	}
	for _, ground := range label.Grounds {
		if !slices.Contains(r.Grounds, ground) {
			return label, nomenclature.BadLabel.With("value", clip.Runes(ground, maxShown), "known", known)
		}
	}
	slices.Sort(label.Grounds)
	label.Grounds = slices.Compact(label.Grounds)
	return label, nil
}

func storeLabel(l *journalv1.Label) store.Label {
	return store.Label{Level: l.GetLevel(), Grounds: slices.Clone(l.GetGrounds())}
}

// protoLabel is nil for what is open.
func protoLabel(l store.Label) *journalv1.Label {
	if l.Level == 0 && len(l.Grounds) == 0 {
		return nil
	}
	return &journalv1.Label{Level: l.Level, Grounds: l.Grounds}
}

// join is the label of what shows two labelled things at once.
func join(a, b store.Label) store.Label {
	grounds := slices.Concat(a.Grounds, b.Grounds)
	slices.Sort(grounds)
	return store.Label{Level: max(a.Level, b.Level), Grounds: slices.Compact(grounds)}
}

// Plain values for the rules, and back.

func title(t *recordv1.Text) nomenclature.Title {
	return nomenclature.Title{KK: t.GetKk(), RU: t.GetRu(), EN: t.GetEn()}
}

func text(t nomenclature.Title) *recordv1.Text {
	return &recordv1.Text{Kk: t.KK, Ru: t.RU, En: t.EN}
}

var levels = map[string]due.Level{"republican": due.Republican, "regional": due.Regional, "district": due.District}

// organisation is every one a source of acquisition: there is no other way in (AR-12).
func organisation(o *recordv1.Organisation) nomenclature.Organisation {
	return nomenclature.Organisation{ID: nomenclature.OrganisationID(o.GetId()), Name: title(o.GetName()), Level: levels[o.GetLevel()], Source: true}
}

// entry is a line without its term, which only inventories look at.
func entry(e *retentionv1.NomenclatureEntry) nomenclature.Entry {
	return nomenclature.Entry{
		Organisation: nomenclature.OrganisationID(e.GetOrganisationId()), Year: int(e.GetYear()), Index: nomenclature.Index(e.GetIndex()),
		Title: title(e.GetTitle()), Article: e.GetArticle(), Personnel: e.GetPersonnel(),
	}
}

var states = map[string]nomenclature.State{
	StateOpen: nomenclature.Open, StateClosed: nomenclature.Closed, StateListed: nomenclature.Listed,
	StateDue: nomenclature.Due, StateTransferred: nomenclature.Transferred,
}

// fileOf is a row as the rules know it. Its days were checked when they were written.
func fileOf(row FileRow) (f nomenclature.File, err error) {
	f = nomenclature.File{
		ID: nomenclature.FileID(row.GetFile().GetId()), Organisation: nomenclature.OrganisationID(row.GetOrganisationId()),
		Year: int(row.GetYear()), Index: nomenclature.Index(row.GetFile().GetIndex()), Volume: int(row.GetVolume()),
		Title: title(row.GetFile().GetTitle()), State: states[row.GetState()],
		Inventory: nomenclature.InventoryID(row.GetInventoryId()), Number: int(row.GetFile().GetPosition()),
		Closing: nomenclature.Closing{Leaves: int(row.GetFile().GetLeaves())},
	}
	for _, one := range []struct {
		into *civil.Date
		text string
	}{
		{&f.Opened, row.GetOpenedOn()},
		{&f.Closing.On, row.GetClosedOn()},
		{&f.Closing.Earliest, row.GetFile().GetDateFrom()},
		{&f.Closing.Latest, row.GetFile().GetDateTo()},
	} {
		if one.text == "" {
			continue
		}
		if *one.into, err = parseDay(one.text); err != nil {
			return f, err
		}
	}
	return f, nil
}

// day reads a day that a person must give.
func day(field, s string) (civil.Date, error) {
	if s == "" {
		return civil.Date{}, nomenclature.BadField.With("field", field, "value", "YYYY-MM-DD")
	}
	return civil.Parse(s)
}

func dayOr(field, s string, otherwise civil.Date) (civil.Date, error) {
	if s == "" {
		return otherwise, nil
	}
	return day(field, s)
}
