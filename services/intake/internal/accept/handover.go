package accept

import (
	"fmt"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/act"
)

// HandOver is the receipt of one hand-over as it prints: who gives and who takes follows from its direction.
func HandOver(archive act.Text, t *intakev1.Transfer, r *intakev1.Receipt) (act.HandOver, error) {
	at, err := time.Parse(time.RFC3339, r.GetAt())
	if err != nil {
		return act.HandOver{}, fmt.Errorf("receipt %d of transfer %s: %w", r.GetNumber(), t.GetTransferId(), err)
	}
	h := act.HandOver{
		Number: r.GetNumber(), Transfer: t.GetTransferId(), At: at, What: r.GetWhat(),
		Giver: text(t.GetOrganisation().GetName(), t.GetOrganisation().GetId(), 1000), Taker: archive,
		Units: r.GetUnits(), Positions: r.GetPositions(), Boxes: r.GetBoxes(), Corrects: r.GetCorrects(), Files: r.GetFiles(), Bytes: r.GetBytes(), Algorithm: "SHA-256", Digest: r.GetDigest(),
	}
	if len(r.GetDigest()) == 2*64 { // a package's, of its payload manifest
		h.Algorithm = "SHA-512"
	}
	if r.GetDirection() == "out" {
		h.Giver, h.Taker = h.Taker, h.Giver
	}
	if i := t.GetInventory(); i.GetNumber() != "" {
		title := text(i.GetTitle(), "", 900)
		h.Inventory = act.Text{KK: cut("№ "+i.GetNumber()+" "+title.KK, 1000), RU: cut("№ "+i.GetNumber()+" "+title.RU, 1000)}
		if title.KK == "" || title.RU == "" { // the one that there is
			h.Inventory = act.Text{RU: cut("№ "+i.GetNumber()+" "+title.KK+title.RU, 1000)}
		}
	}
	return h, nil
}
