package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// fallDue is step 1: departments register and close files, commissions approve inventories,
// and the timer finds which have fallen due.
func (d *demo) fallDue(ctx context.Context, s *Step) error {
	for _, dep := range d.departments {
		if err := d.register(ctx, dep); err != nil {
			return err
		}
	}
	first, err := d.duty(ctx, d.departments[0].organisation.GetId())
	if err != nil {
		return err
	}
	second, err := d.duty(ctx, d.departments[1].organisation.GetId())
	if err != nil {
		return err
	}
	d.transfer, d.second = first.GetTransferId(), second.GetTransferId()
	s.Facts["transfer"], s.Facts["due_on"], s.Facts["files"] = d.transfer, first.GetDueOn(), first.GetInventory().GetFiles()
	d.say(s, "№ "+d.transfer+" тапсыру, мерзімі "+first.GetDueOn()+":", "Передача № "+d.transfer+", срок "+first.GetDueOn()+":", "Transfer no. "+d.transfer+", due on "+first.GetDueOn()+":")
	for _, step := range first.GetSteps() {
		w := step.GetWords()
		d.say(s, "  "+w.GetKk(), "  "+w.GetRu(), "  "+w.GetEn())
	}
	if len(first.GetSteps()) == 0 {
		return wrong("the due date comes without its arithmetic")
	}
	return nil
}

// duty waits until an inventory of a department has fallen due, as its clerk sees it.
func (d *demo) duty(ctx context.Context, organisation string) (due *retentionv1.DueTransfer, err error) {
	c, err := d.retention(d.clerkOf(organisation))
	if err != nil {
		return nil, err
	}
	err = until(ctx, "an inventory of "+organisation+" falls due", func() (bool, error) {
		res, err := c.ListDue(ctx, &retentionv1.ListDueRequest{})
		for _, t := range res.GetTransfers() {
			if t.GetTransferId() != "" {
				due = t
			}
		}
		return due != nil, err
	})
	return due, err
}

// register enters one department with its files and its approved inventory.
func (d *demo) register(ctx context.Context, dep department) error {
	archivist, err := d.retention(d.archivist)
	if err != nil {
		return err
	}
	clerk, err := d.retention(d.clerkOf(dep.organisation.GetId()))
	if err != nil {
		return err
	}
	commission, err := d.retention(d.commission)
	if err != nil {
		return err
	}
	org := dep.organisation.GetId()
	if _, err := archivist.RegisterOrganisation(ctx, &retentionv1.RegisterOrganisationRequest{CommandId: d.id("organisation " + org), Organisation: dep.organisation}); err != nil {
		return err
	}
	for _, l := range dep.lines {
		if _, err := clerk.AddNomenclatureEntry(ctx, &retentionv1.AddNomenclatureEntryRequest{
			CommandId: d.id("line " + org + l.index),
			Entry: &retentionv1.NomenclatureEntry{
				OrganisationId: org, Year: dep.year, Index: l.index, Title: l.title, Term: l.term, Article: l.article,
			},
		}); err != nil {
			return err
		}
	}
	var ids []string
	for i, p := range dep.papers {
		act := fmt.Sprintf("file %s %d", org, i)
		opened, err := clerk.OpenFile(ctx, &retentionv1.OpenFileRequest{
			CommandId: d.id("open " + act), OrganisationId: org, Year: dep.year, Index: p.index, Title: p.title,
			OpenedOn: p.opened, EspeciallyValuable: p.especiallyValuable,
		})
		if err != nil {
			return err
		}
		id := opened.GetFile().GetFile().GetId()
		if _, err := clerk.CloseFile(ctx, &retentionv1.CloseFileRequest{
			CommandId: d.id("close " + act), FileId: id, ClosedOn: p.closed, DateFrom: p.opened, DateTo: p.closed, Leaves: p.leaves,
		}); err != nil {
			return err
		}
		if !p.temporary {
			ids = append(ids, id)
		}
	}
	_, err = commission.ApproveInventory(ctx, &retentionv1.ApproveInventoryRequest{
		CommandId: d.id("inventory " + org), OrganisationId: org, Number: dep.number, Title: dep.inventory,
		Kind: "permanent", FileIds: ids, Approval: dep.approval,
	})
	return err
}

// upload is step 2: the first department's bag is checked and taken; the second's has one
// flipped byte and is refused with the file named.
func (d *demo) upload(ctx context.Context, s *Step) error {
	c, err := d.expected(ctx, d.departments[0].organisation.GetId(), d.transfer)
	if err != nil {
		return err
	}
	others, err := d.expected(ctx, d.departments[1].organisation.GetId(), d.second)
	if err != nil {
		return err
	}
	if _, err := c.NameContact(ctx, &intakev1.NameContactRequest{
		CommandId: d.id("contact"), TransferId: d.transfer,
		Contact: &intakev1.Contact{Name: "Сағатбекова Сәуле Ерланқызы", Post: "архивист / мұрағатшы", Phone: "+7 700 000 00 00"},
	}); err != nil {
		return err
	}
	whole, err := d.makeBag(ctx, d.departments[0], "bag-"+d.transfer)
	if err != nil {
		return err
	}
	taken, err := client.Upload(ctx, c, &intakev1.UploadBegin{CommandId: d.id("upload"), TransferId: d.transfer}, whole)
	if err != nil {
		return err
	}
	if !taken.GetTaken() {
		return wrong("the whole bag was refused: %v", taken.GetFaults())
	}
	s.Facts["taken"] = map[string]any{"package": taken.GetPackageId(), "files": taken.GetFiles(), "bytes": taken.GetBytes()}
	d.say(s, fmt.Sprintf("Қабылданды: %d файл, %d байт, әрқайсысының бақылау сомасы сәйкес", taken.GetFiles(), taken.GetBytes()),
		fmt.Sprintf("Принято: %d файлов, %d байт, все контрольные суммы сошлись", taken.GetFiles(), taken.GetBytes()),
		fmt.Sprintf("Taken: %d files, %d bytes, every digest agrees", taken.GetFiles(), taken.GetBytes()))

	spoilt, err := d.makeBag(ctx, d.departments[1], "bag-"+d.second)
	if err != nil {
		return err
	}
	victim, err := flip(filepath.Join(spoilt, "data"))
	if err != nil {
		return err
	}
	refused, err := client.Upload(ctx, others, &intakev1.UploadBegin{CommandId: d.id("spoilt upload"), TransferId: d.second}, spoilt)
	if err != nil {
		return err
	}
	named := slices.IndexFunc(refused.GetFaults(), func(f *intakev1.PackageFault) bool { return f.GetWhere() == "data/"+victim })
	if refused.GetTaken() || named < 0 {
		return wrong("the bag with a flipped byte in data/%s was not refused with the file named: %v", victim, refused.GetFaults())
	}
	f := refused.GetFaults()[named]
	s.Facts["refused"] = map[string]any{"file": f.GetWhere(), "code": f.GetCode(), "clause": f.GetClause()}
	d.say(s, "Қайтарылды: "+f.GetWhere()+" – "+f.GetText().GetKk(), "Отклонено: "+f.GetWhere()+" – "+f.GetText().GetRu(), "Refused: "+f.GetWhere()+" – "+f.GetText().GetEn())
	return nil
}

// expected waits until the archive expects a department's transfer, and gives its clerk's way to
// intake.
func (d *demo) expected(ctx context.Context, organisation, transfer string) (intakev1.IntakeServiceClient, error) {
	c, err := d.intake(d.clerkOf(organisation))
	if err != nil {
		return nil, err
	}
	return c, until(ctx, "the archive expects transfer "+transfer, func() (bool, error) {
		res, err := c.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: transfer})
		return res.GetTransfer().GetTransferId() == transfer, err
	})
}

// makeBag prepares a department's documents and bags them; one from an earlier run is made
// again.
func (d *demo) makeBag(ctx context.Context, dep department, name string) (string, error) {
	payload := d.bag(name + "-payload")
	if err := errors.Join(os.RemoveAll(payload), os.RemoveAll(d.bag(name))); err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	if err := dep.write(payload); err != nil {
		return "", err
	}
	info := []bagit.Field{
		{Label: "Source-Organization", Value: dep.organisation.GetName().GetEn()},
		{Label: "External-Description", Value: dep.inventory.GetEn()},
	}
	_, err := bagit.Create(ctx, d.bag(name), os.DirFS(payload), info, bagit.Options{})
	if err != nil {
		return "", err
	}
	return d.bag(name), os.RemoveAll(payload)
}

// flip changes one bit in the first file of a payload and names the file.
func flip(payload string) (victim string, err error) {
	err = fs.WalkDir(os.DirFS(payload), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || victim != "" {
			return err
		}
		victim = path
		content, err := os.ReadFile(filepath.Join(payload, path))
		if err != nil {
			return err
		}
		content[len(content)/2] ^= 1
		return os.WriteFile(filepath.Join(payload, path), content, 0o600)
	})
	return victim, err
}

// accept is step 3: the archivist accepts; number, book, act in two languages.
func (d *demo) accept(ctx context.Context, s *Step) error {
	c, err := d.intake(d.archivist)
	if err != nil {
		return err
	}
	res, err := c.AcceptTransfer(ctx, &intakev1.AcceptTransferRequest{CommandId: d.id("accept"), TransferId: d.transfer})
	if err != nil {
		return err
	}
	d.accession = res.GetAccession().GetAccessionNumber()
	listed, accepted := res.GetAccession().GetListed(), res.GetAccession().GetAccepted()
	if d.accession == "" || accepted != listed || accepted == 0 {
		return wrong("accepted %d of %d, number %q", accepted, listed, d.accession)
	}
	s.Facts["accession"], s.Facts["accepted"], s.Facts["object"] = d.accession, accepted, res.GetAccession().GetObjectId()
	d.say(s, fmt.Sprintf("Түсім № %s: %d істің %d-і қабылданды", d.accession, listed, accepted),
		fmt.Sprintf("Поступление № %s: принято %d из %d дел", d.accession, accepted, listed),
		fmt.Sprintf("Accession no. %s: %d of %d files accepted", d.accession, accepted, listed))
	if _, err := c.AcceptTransfer(ctx, &intakev1.AcceptTransferRequest{CommandId: d.id("accept again"), TransferId: d.transfer}); err == nil {
		return wrong("a transfer was accepted twice")
	}
	acts := map[string]string{}
	for _, language := range []string{"kk", "ru"} {
		act, err := c.GetAct(ctx, &intakev1.GetActRequest{AccessionNumber: d.accession, Language: language})
		if err != nil {
			return err
		}
		sum := sha256.Sum256(act.GetPdf())
		if hex.EncodeToString(sum[:]) != act.GetSha256() || !strings.HasPrefix(string(act.GetPdf()), "%PDF-") {
			return wrong("the act in %s is not the one whose digest was recorded", language)
		}
		path := d.bag("act-" + d.accession + "-" + language + ".pdf")
		if err := journal.WriteFileSync(path, act.GetPdf(), 0o600); err != nil {
			return err
		}
		acts[language] = path
		d.say(s, "Акт: "+path, "Акт: "+path, "Act: "+path)
	}
	s.Facts["acts"] = acts
	book, err := c.ListAccessions(ctx, &intakev1.ListAccessionsRequest{Year: yearOf(d.accession)})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(book.GetAccessions(), func(a *intakev1.Accession) bool { return a.GetAccessionNumber() == d.accession }) {
		return wrong("the book of accessions does not hold %s", d.accession)
	}
	return nil
}

func yearOf(number string) (year uint32) {
	if _, err := fmt.Sscanf(number, "%d-", &year); err != nil {
		return 0
	}
	return year
}

// find is step 4: what was accepted is found by anybody, by words in other forms than the
// title's and by the code as people type it.
func (d *demo) find(ctx context.Context, s *Step) error {
	c, err := d.catalogue(d.researcher)
	if err != nil {
		return err
	}
	search := func(query string) (*cataloguev1.SearchResponse, error) {
		return c.Search(ctx, &cataloguev1.SearchRequest{Query: query})
	}
	found := map[string]any{}
	for _, q := range []struct{ query, title string }{
		{"мектептерін салуға", "Ақбұлақ"},   // Kazakh, other cases than in the title
		{"строительства школ", "Акбулак"},   // Russian, other forms
		{"buildings of schools", "Akbulak"}, // English
	} {
		var hit *cataloguev1.Hit
		if err := until(ctx, fmt.Sprintf("%q finds the file of %s", q.query, q.title), func() (bool, error) {
			res, err := search(q.query)
			for _, h := range res.GetHits() {
				if t := h.GetTitle(); h.GetKind() == "file" && strings.Contains(t.GetKk()+t.GetRu()+t.GetEn(), q.title) {
					hit = h
				}
			}
			return hit != nil, err
		}); err != nil {
			return err
		}
		d.code = hit.GetCode().GetRu()
		found[q.query] = hit.GetCode().GetRu()
		d.say(s, "«"+q.query+"» → "+hit.GetCode().GetKk(), "«"+q.query+"» → "+hit.GetCode().GetRu(), "“"+q.query+"” → "+hit.GetCode().GetEn())
	}
	file, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: d.code})
	if err != nil {
		return err
	}
	f := file.GetFile()
	n := f.GetFile().GetNumber()
	for _, spelling := range []string{
		f.GetFonds() + "/" + f.GetInventory() + "/" + n,
		"ф" + f.GetFonds() + " оп" + f.GetInventory() + " д" + n,
		"Қ. " + f.GetFonds() + ", Т. " + f.GetInventory() + ", І. " + n,
	} {
		res, err := search(spelling)
		if err != nil {
			return err
		}
		if len(res.GetHits()) == 0 || !res.GetHits()[0].GetExact() || res.GetHits()[0].GetCode().GetRu() != d.code {
			return wrong("%q does not give %s first", spelling, d.code)
		}
		found[spelling] = res.GetHits()[0].GetCode().GetRu()
		d.say(s, "«"+spelling+"» → "+f.GetCode().GetKk(), "«"+spelling+"» → "+f.GetCode().GetRu(), "“"+spelling+"” → "+f.GetCode().GetEn())
	}
	s.Facts["found"] = found
	if len(f.GetFile().GetContentPaths()) == 0 {
		return wrong("%s has no digital content", d.code)
	}
	return nil
}
