package accept

import (
	"fmt"
	"strings"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// Leave is the act of a deaccession that was proposed and is approved on a day.
func Leave(archive act.Text, a *intakev1.Accession, p *intakev1.DeaccessionProposed, units []*intakev1.AcceptedFile, on civil.Date) act.Leave {
	protocol := p.GetProtocol()
	paper := act.Leave{
		Number: fmt.Sprintf("%s/%d", a.GetAccessionNumber(), p.GetNumber()), Date: on, Archive: archive, Accession: a.GetAccessionNumber(),
		From: text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 1000), Way: act.Way(p.GetWay()),
		Ground: act.Text{RU: cut(p.GetGround(), 1000)}, Receiver: act.Text{RU: cut(p.GetReceiver(), 1000)},
		Protocol: act.Text{
			KK: cut(fmt.Sprintf("%s, %s, № %s хаттама", protocol.GetCommission(), dotted(protocol.GetDate()), protocol.GetNumber()), 1000),
			RU: cut(fmt.Sprintf("протокол %s от %s № %s", protocol.GetCommission(), dotted(protocol.GetDate()), protocol.GetNumber()), 1000),
		},
	}
	if a.GetObjectId() != "" {
		if paper.Content = act.KeptContent; p.GetContent() == store.Destroyed {
			paper.Content = act.DestroyedContent
		}
	}
	for _, u := range units {
		f := u.GetFile()
		paper.Units = append(paper.Units, act.LeaveUnit{
			Inventory: a.GetInventory().GetNumber(), Position: f.GetPosition(), Title: text(f.GetTitle(), f.GetId(), 1000), Leaves: f.GetLeaves(),
		})
	}
	return paper
}

// Labels are the labels of an accession's boxes, with the archival codes that the catalogue gave; of an undescribed one that is the
// fonds, or nothing yet.
func Labels(archive act.Text, archiveCode string, a *intakev1.Accession, boxes []*intakev1.Box) (act.Labels, error) {
	day, err := civil.Parse(a.GetAcceptedOn())
	if err != nil {
		return act.Labels{}, err
	}
	labels := act.Labels{
		Archive: archive, Fonds: text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 1000), Accession: a.GetAccessionNumber(), Date: day,
	}
	labels.Undescribed = a.GetUndescribed() > 0
	code, err := placed(a.GetCode())
	if err != nil {
		return labels, fmt.Errorf("accession %s in %s: %w", a.GetAccessionNumber(), archiveCode, err)
	}
	for _, b := range boxes {
		first, last := code, code
		if b.GetFirst() > 0 {
			first.File.Number, last.File.Number = a.GetCode().GetOffset()+b.GetFirst(), a.GetCode().GetOffset()+b.GetLast()
		}
		labels.Boxes = append(labels.Boxes, act.Label{Box: b.GetNumber(), First: first, Last: last, Place: place(b)})
	}
	return labels, nil
}

// placed is the code of an accession without a file; what the catalogue has not given yet is empty.
func placed(known *intakev1.AccessionCodeKnown) (code archcode.Code, err error) {
	if known.GetFonds() == "" {
		return code, nil
	}
	if code.Fonds, err = archcode.ParseFonds(known.GetFonds()); err == nil && known.GetInventory() != "" {
		code.Inventory, err = archcode.ParseInventory(known.GetInventory())
	}
	return code, err
}

// place writes where a box stands; empty where it stands nowhere yet.
func place(b *intakev1.Box) act.Text {
	var kk, ru []string
	for _, p := range []struct{ kk, ru, value string }{
		{"қойма", "хранилище", b.GetRoom()}, {"стеллаж", "стеллаж", b.GetRack()}, {"сөре", "полка", b.GetShelf()},
	} {
		if p.value != "" {
			kk, ru = append(kk, p.kk+" "+p.value), append(ru, p.ru+" "+p.value)
		}
	}
	return act.Text{KK: strings.Join(kk, ", "), RU: strings.Join(ru, ", ")}
}
