package accept

import (
	"fmt"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// Description is the act of description of an accession as it stands before, from the event that will record it and its rows.
func Description(archive act.Text, a *intakev1.Accession, d *intakev1.AccessionDescribed, files []*recordv1.File) (act.Description, error) {
	accepted, err := civil.Parse(a.GetAcceptedOn())
	if err != nil {
		return act.Description{}, fmt.Errorf("accession %s: %w", a.GetAccessionNumber(), err)
	}
	on, err := civil.Parse(d.GetDescribedOn())
	if err != nil {
		return act.Description{}, fmt.Errorf("description of %s: %w", a.GetAccessionNumber(), err)
	}
	paper := act.Description{
		Number: a.GetAccessionNumber(), Date: on, Archive: archive, Accession: a.GetAccessionNumber(), Accepted: accepted,
		From: text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 1000), Fonds: a.GetCode().GetFonds(),
		Counted: int(d.GetCounted()), Described: int(d.GetDescribed()), Inventory: d.GetInventory().GetNumber(),
		Title: text(d.GetInventory().GetTitle(), d.GetInventory().GetNumber(), 1000), DrawnUpBy: cut(d.GetDescribedBy(), 300),
	}
	paper.FirstYear, paper.LastYear = outer(d.GetInventory(), files)
	return paper, nil
}

// outer are the outer dates of an inventory: as it says, or else of those of its rows that everybody may read. 0 is what is not known.
func outer(i *recordv1.Inventory, files []*recordv1.File) (first, last int) {
	if i.GetYearTo() > 0 {
		return int(i.GetYearFrom()), int(i.GetYearTo())
	}
	for _, f := range files {
		if f.GetLabel().GetLevel() > 0 || len(f.GetLabel().GetGrounds()) > 0 {
			continue
		}
		from, to := year(f.GetDateFrom()), year(f.GetDateTo())
		if from > 0 && (first == 0 || from < first) {
			first = from
		}
		last = max(last, from, to)
	}
	return first, last
}

// year is that of a civil date, 0 where it is none.
func year(date string) int {
	d, _ := civil.Parse(date) // rows are checked already, and may have no dates
	return d.Year
}
