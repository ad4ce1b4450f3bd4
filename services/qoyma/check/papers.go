package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// printer is the service that keeps printed answers, and where.
const (
	printer     = "reference"
	printFolder = "papers"
)

// papers looks for the file of every printed answer that the journal names, and compares each with
// its digest.
func (c *checker) papers() {
	st := c.stores[printer]
	if st == nil {
		return
	}
	prints, err := printed(st)
	if err != nil {
		c.add(printer, "store.db", "%v", err)
		return
	}
	for _, p := range prints {
		raw, err := os.ReadFile(filepath.Join(c.cfg.Data, printer, printFolder, p.sha+".pdf"))
		if err != nil {
			c.add(printer, "paper "+p.number, "its file: %v", err)
			continue
		}
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != p.sha {
			c.add(printer, "paper "+p.number, "its file %s.pdf is not what was printed", p.sha)
		}
	}
}

type kept struct{ number, sha string }

// printed lists the papers that events name: as printed, and with their proof.
func printed(st *store.Store) (list []kept, err error) {
	err = st.View(func(v *store.View) error {
		for _, raw := range v.Scan("journal", nil, nil) {
			r, err := journal.DecodeBytes(raw)
			if err != nil {
				return nil // Verify has said so
			}
			if !r.Is((*referencev1.AnswerSubmitted)(nil)) && !r.Is((*referencev1.CertificateCompleted)(nil)) {
				continue
			}
			body, err := r.Body()
			if err != nil {
				return fmt.Errorf("event %d: %w", r.Seq(), err)
			}
			switch b := body.(type) {
			case *referencev1.AnswerSubmitted:
				list = append(list, kept{b.GetCertificateNumber(), b.GetSha256()})
			case *referencev1.CertificateCompleted:
				list = append(list, kept{b.GetCertificateNumber(), b.GetSha256()})
			}
		}
		return nil
	})
	return list, err
}
