package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// withOriginals is an archive whose repository of originals lies on this machine, so that the
// demonstration can damage it. Where the services run elsewhere nothing is damaged.
type withOriginals interface {
	Originals() string // the OCFL storage root; empty where it is not here
}

func (d *demo) insurance(id monitor.Identity) (insurancev1.InsuranceServiceClient, error) {
	conn, err := d.p.As(id).Conn("insurance")
	if err != nil {
		return nil, err
	}
	return insurancev1.NewInsuranceServiceClient(conn), nil
}

// insure is the step of the insurance fund: the files marked especially valuable have verified
// copies elsewhere; a bit of an original is turned on the disk; the check finds exactly that and
// the copy gives the byte back.
func (d *demo) insure(ctx context.Context, s *Step) error {
	c, err := d.insurance(d.archivist)
	if err != nil {
		return err
	}
	copies, err := d.copies(ctx, c)
	if err != nil {
		return err
	}
	told := []map[string]any{}
	for _, one := range copies {
		code, at := one.GetFile().GetCode(), one.GetSites()[0]
		told = append(told, map[string]any{
			"code": code.GetRu(), "register": one.GetRegisterNumber(), "site": at.GetSite(), "object": at.GetCopyObjectId(),
			"files": one.GetFiles(), "bytes": one.GetBytes(),
		})
		what := fmt.Sprintf(": %d, %d B, %s, № %d", one.GetFiles(), one.GetBytes(), at.GetSite(), one.GetRegisterNumber())
		d.say(s, code.GetKk()+" көшірмесі жасалды, салыстырылды"+what, "Копия "+code.GetRu()+" изготовлена и сверена"+what, "Copy of "+code.GetEn()+" made and verified"+what)
	}
	s.Facts["copies"] = told
	// The file that the citizen's answer will rest on, so that one chain has everything on it.
	i := slices.IndexFunc(copies, func(one *insurancev1.Copy) bool { return one.GetFile().GetCode().GetRu() == d.code })
	if i < 0 {
		return wrong("%s has no insurance copy", d.code)
	}
	victim := copies[i]
	if err := d.sites(ctx, c, s); err != nil {
		return err
	}
	before, err := d.damage(ctx, c, s, victim.GetCopyId())
	if err != nil {
		return err
	}
	scrub, err := d.scrub(ctx, c, s)
	if err != nil || before == nil {
		return err
	}
	return d.restored(ctx, c, s, scrub, before)
}

// copies waits until every marked file of the transfer has a copy that was read back.
func (d *demo) copies(ctx context.Context, c insurancev1.InsuranceServiceClient) (copies []*insurancev1.Copy, err error) {
	want := 0
	for _, p := range d.departments[0].papers {
		if p.especiallyValuable && !p.temporary {
			want++
		}
	}
	err = until(ctx, fmt.Sprintf("%d insurance copies are verified", want), func() (bool, error) {
		res, err := c.ListCopies(ctx, &insurancev1.ListCopiesRequest{EspeciallyValuable: true})
		copies = slices.DeleteFunc(res.GetCopies(), func(one *insurancev1.Copy) bool {
			return one.GetFile().GetTransferId() != d.transfer || one.GetRegisterNumber() == 0
		})
		return len(copies) == want && want > 0, err
	})
	return copies, err
}

func (d *demo) sites(ctx context.Context, c insurancev1.InsuranceServiceClient, s *Step) error {
	res, err := c.ListSites(ctx, &insurancev1.ListSitesRequest{})
	if err != nil {
		return err
	}
	same := false
	for _, site := range res.GetSites() {
		if a := site.GetAlarm(); a != nil {
			return wrong("site %s: %s", site.GetSite(), a.GetEn())
		}
		same = same || site.GetSameDevice()
	}
	s.Facts["sites"], s.Facts["same_disk"] = len(res.GetSites()), same
	if same {
		d.say(s, "Ескерту: көшірмелер түпнұсқалармен бір дискіде – көрсетілімде ғана солай",
			"Предупреждение: копии на одном диске с оригиналами – так только в демонстрации",
			"Warning: the copies are on the originals' disk, which is so in a demonstration only")
	}
	return nil
}

// harmed is what was damaged, as it was before.
type harmed struct {
	file  string // on this machine's disk
	path  string // within the object
	bytes []byte
}

// damage turns one bit of an original on the disk. A run that comes again finds it turned, or
// restored already, and does not turn it twice. nil where the originals are elsewhere.
func (d *demo) damage(ctx context.Context, c insurancev1.InsuranceServiceClient, s *Step, id string) (*harmed, error) {
	here, ok := d.p.(withOriginals)
	if !ok || here.Originals() == "" {
		s.Facts["damage"] = "skipped: the originals are not on this machine"
		d.say(s, "Түпнұсқалар басқа машинада: ештеңе бүлдірілмеді, тек тексерілді",
			"Оригиналы на другой машине: ничего не портилось, только проверено",
			"The originals are on another machine: nothing was damaged, only checked")
		return nil, nil
	}
	res, err := c.GetCopy(ctx, &insurancev1.GetCopyRequest{CopyId: id})
	if err != nil {
		return nil, err
	}
	root, err := ocfl.Open(here.Originals())
	if err != nil {
		return nil, err
	}
	object, err := root.Object(res.GetCopy().GetFile().GetObjectId())
	if err != nil {
		return nil, err
	}
	h := &harmed{path: res.GetFiles()[0].GetPath()}
	for f, err := range object.Files(ctx, object.Inventory.Head) {
		if err != nil {
			return nil, err
		}
		if f.Logical == h.path {
			h.file = filepath.Join(root.Path(object.Inventory.ID), filepath.FromSlash(f.Content))
		}
	}
	if h.bytes, err = d.original(ctx, object.Inventory.ID, h.path); err != nil {
		h.bytes = nil // damaged by a run that was cut here: the check goes on with it
		return h, nil
	}
	if len(res.GetDamages()) > 0 || len(h.bytes) == 0 {
		return h, nil // an earlier run has shown it
	}
	spoilt := bytes.Clone(h.bytes)
	spoilt[len(spoilt)/2] ^= 1
	return h, os.WriteFile(h.file, spoilt, 0o600)
}

// original reads a file of the originals, as the archivist may.
func (d *demo) original(ctx context.Context, object, path string) ([]byte, error) {
	c, err := d.intake(d.archivist)
	if err != nil {
		return nil, err
	}
	stream, err := c.ReadContent(ctx, &intakev1.ReadContentRequest{ObjectId: object, Path: path})
	if err != nil {
		return nil, err
	}
	var all []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, part.GetData()...)
	}
}

// scrub checks the whole fund; begun again, it is the same check.
func (d *demo) scrub(ctx context.Context, c insurancev1.InsuranceServiceClient, s *Step) (*insurancev1.GetScrubResponse, error) {
	begun, err := c.StartScrub(ctx, &insurancev1.StartScrubRequest{CommandId: d.id("scrub")})
	if err != nil {
		return nil, err
	}
	var res *insurancev1.GetScrubResponse
	if err := until(ctx, "the check of the insurance fund ends", func() (bool, error) {
		var err error
		res, err = c.GetScrub(ctx, &insurancev1.GetScrubRequest{ScrubId: begun.GetScrub().GetScrubId()})
		return res.GetScrub().GetState() == "finished", err
	}); err != nil {
		return nil, err
	}
	one := res.GetScrub()
	s.Facts["scrub"] = map[string]any{
		"id": one.GetScrubId(), "copies": one.GetCopies(), "files": one.GetFiles(), "bytes": one.GetBytes(),
		"damaged": one.GetDamaged(), "restored": one.GetRestored(),
	}
	what := fmt.Sprintf(": %d, %d B; %d → %d", one.GetFiles(), one.GetBytes(), one.GetDamaged(), one.GetRestored())
	d.say(s, "Тексеру: файлдар мен байттар оқылды, бүлінгені → қалпына келтірілгені"+what,
		"Проверка: прочитано файлов и байт, повреждено → восстановлено"+what, "Check: files and bytes read, damaged → restored"+what)
	return res, nil
}

// restored wants the one damage found, mended from the copy, and the bytes as they were.
func (d *demo) restored(ctx context.Context, c insurancev1.InsuranceServiceClient, s *Step, scrub *insurancev1.GetScrubResponse, h *harmed) error {
	if n := len(scrub.GetDamages()); n != 1 || scrub.GetScrub().GetDamaged() != 1 || scrub.GetScrub().GetRestored() != 1 {
		return wrong("the check found %d damages, restored %d; one byte was turned", n, scrub.GetScrub().GetRestored())
	}
	found := scrub.GetDamages()[0]
	if found.GetSide() != "original" || found.GetPath() != h.path || found.GetRestoredAt() == nil {
		return wrong("the check found %s %s, and not %s", found.GetSide(), found.GetPath(), h.path)
	}
	res, err := c.GetCopy(ctx, &insurancev1.GetCopyRequest{CopyId: found.GetCopyId()})
	if err != nil {
		return err
	}
	now, err := d.original(ctx, res.GetCopy().GetFile().GetObjectId(), h.path)
	if err != nil {
		return err
	}
	onDisk, err := os.ReadFile(h.file)
	if err != nil || !bytes.Equal(onDisk, now) || h.bytes != nil && !bytes.Equal(now, h.bytes) {
		return wrong("%s is not what it was (%v)", h.path, err)
	}
	s.Facts["damage"] = map[string]any{"path": found.GetPath(), "expected": found.GetExpectedSha512(), "actual": found.GetActualSha512(), "restored_from": found.GetRestoredFrom()}
	d.say(s, "Бір бит бүлінді: "+found.GetPath()+"; "+found.GetRestoredFrom()+" көшірмесінен қалпына келтірілді, байттар тең",
		"Испорчен один бит: "+found.GetPath()+"; восстановлен из копии "+found.GetRestoredFrom()+", байты равны",
		"One bit was turned: "+found.GetPath()+"; restored from the copy at "+found.GetRestoredFrom()+", the bytes are equal")
	return nil
}
