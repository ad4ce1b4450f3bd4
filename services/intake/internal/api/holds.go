package api

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	unasked = fault.Define(fault.Unavailable, "intake.deaccession.unasked",
		"nothing has left: the services that say whether a file is held do not answer; decide again once they do",
		"ничего не выбыло: службы, которые знают, удержаны ли дела, не отвечают; примите решение снова, когда они ответят",
		"ештеңе шыққан жоқ: істің ұсталғанын білетін қызметтер жауап бермейді; олар жауап бергенде қайта шешіңіз")
	uncatalogued = fault.Define(fault.Refused, "intake.deaccession.uncatalogued",
		"nothing has left: the unit at position {position} of accession {number} has no archival code in the catalogue yet, or you may not read it; holds go by the code, so wait until it has one",
		"ничего не выбыло: у единицы {position} поступления {number} ещё нет шифра в каталоге, или она вам не видна; удержания ведутся по шифру, дождитесь его",
		"ештеңе шыққан жоқ: {number} түсімінің {position} бірлігінде каталогта шифр әлі жоқ немесе ол сізге көрінбейді; ұстау шифр бойынша жүреді, оны күтіңіз")
)

// Others are the services that a deaccession asks before it is decided, each reached as whoever calls.
type Others struct {
	Catalogue func() (cataloguev1.CatalogueServiceClient, error)
	Reference func() (referencev1.ReferenceServiceClient, error)
}

// freeOfHolds asks whoever owns holds (so far requests alone) and has the files of a deaccession kept from new ones until it is declined;
// silence means no. command is the decision's id: a repeated decision asks nothing anew. If we crash after it the files are locked and
// nothing has left: the head decides again, and declining gives them back. It answers with the codes of the units. Errors: uncatalogued, unasked, reference.lock.held.
func (s *Server) freeOfHolds(ctx context.Context, command string, a *intakev1.Accession, p *intakev1.DeaccessionProposed) (codes []string, err error) {
	id, err := uuid.Parse(command)
	if err != nil {
		return nil, nil //nolint:nilerr // the decision itself says what is wrong with it
	}
	if codes, err = s.codes(ctx, a, p.GetPositions()); err != nil {
		return nil, silence(err)
	}
	reference, err := s.Others.Reference()
	if err != nil {
		return nil, silence(err)
	}
	_, err = reference.LockFiles(ctx, &referencev1.LockFilesRequest{
		CommandId: uuid.NewSHA1(id, []byte("lock")).String(), AccessionNumber: a.GetAccessionNumber(), Deaccession: p.GetNumber(), Codes: codes,
	})
	return codes, silence(err)
}

// silence makes one answer of everything that is none: what the other service refuses is passed on as it says it.
func silence(err error) error {
	if err == nil || fault.KindOf(err) == fault.Refused {
		return err
	}
	return unasked.With().Because(err)
}

// codes are the archival codes of units, as the catalogue gave them. Most stand at the accession's offset; the few whose number was taken
// are looked for in the inventory.
func (s *Server) codes(ctx context.Context, a *intakev1.Accession, positions []uint32) ([]string, error) {
	if a.GetCode().GetFonds() == "" || a.GetCode().GetInventory() == "" {
		return nil, uncatalogued.With("position", positions[0], "number", a.GetAccessionNumber())
	}
	catalogue, err := s.Others.Catalogue()
	if err != nil {
		return nil, err
	}
	found := make(map[uint32]string, len(positions))
	note := func(f *cataloguev1.File) {
		if f.GetAccessionNumber() == a.GetAccessionNumber() {
			found[f.GetFile().GetFile().GetPosition()] = fmt.Sprintf("%s/%s/%s", f.GetFonds(), f.GetInventory(), f.GetFile().GetNumber())
		}
	}
	missing := false
	for _, p := range positions {
		res, err := catalogue.GetFile(ctx, &cataloguev1.GetFileRequest{
			Code: fmt.Sprintf("%s/%s/%d", a.GetCode().GetFonds(), a.GetCode().GetInventory(), a.GetCode().GetOffset()+p),
		})
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		note(res.GetFile())
		missing = missing || found[p] == ""
	}
	for after, more := "", missing; more; {
		res, err := catalogue.ListFiles(ctx, &cataloguev1.ListFilesRequest{Fonds: a.GetCode().GetFonds(), Inventory: a.GetCode().GetInventory(), After: after, Limit: pageOfFiles})
		if err != nil {
			return nil, err
		}
		for _, f := range res.GetFiles() {
			note(f)
			after = f.GetFile().GetNumber()
		}
		more = res.GetMore() && len(res.GetFiles()) > 0
	}
	codes := make([]string, len(positions))
	for i, p := range positions {
		if codes[i] = found[p]; codes[i] == "" {
			return nil, uncatalogued.With("position", p, "number", a.GetAccessionNumber())
		}
	}
	return codes, nil
}

// pageOfFiles is the most files that the catalogue lists in one page.
const pageOfFiles = 400

// leaves gathers what a decision rests on: the accession and its deaccession that somebody may still decide on.
func (s *Server) leaves(number string, count uint32, who string) (a *intakev1.Accession, d *intakev1.Deaccession, err error) {
	err = s.store.View(func(v *base.View) error {
		a, d, err = store.Undecided(v, number, count, who)
		return err
	})
	return a, d, err
}
