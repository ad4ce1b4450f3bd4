package store

import (
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

// Recognise begins to look for the files that rows are; a date that is none is nomenclature.BadField.
func Recognise(rows []*recordv1.File) (*nomenclature.Recognition, error) {
	written := make([]nomenclature.Row, len(rows))
	for i, f := range rows {
		written[i] = nomenclature.Row{Index: nomenclature.Index(f.GetIndex()), Title: title(f.GetTitle()), Leaves: int(f.GetLeaves())}
		for field, one := range map[string]struct {
			text string
			into *civil.Date
		}{"date_from": {f.GetDateFrom(), &written[i].Earliest}, "date_to": {f.GetDateTo(), &written[i].Latest}} {
			if one.text == "" {
				continue
			}
			d, err := civil.Parse(one.text)
			if err != nil {
				return nil, nomenclature.BadField.With("field", field, "value", clip.Runes(one.text, maxShown)).Because(err)
			}
			*one.into = d
		}
	}
	return nomenclature.Recognise(written), nil
}

// See shows a page of an organisation's files to a recognition; next is where to go on.
func See(v *store.View, known *nomenclature.Recognition, organisation, after string, scope Reader) (next string, more bool, err error) {
	page, err := Files(v, organisation, "", after, MaxPage, scope)
	if err != nil {
		return "", false, err
	}
	for _, row := range page.Files {
		f, err := fileOf(row)
		if err != nil {
			return "", false, err
		}
		known.See(f)
		next = row.GetFile().GetId()
	}
	if page.Next != "" {
		next = page.Next
	}
	return next, page.More || page.Next != "", nil
}
