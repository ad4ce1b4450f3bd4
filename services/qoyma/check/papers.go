package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// printers are the services that keep what they print under its digest, and in which folder each does.
var printers = []struct {
	service, folder, what string
	names                 func(proto.Message) []kept
	of                    []proto.Message
}{
	{"reference", "papers", "paper", answered, []proto.Message{new(referencev1.AnswerSubmitted), new(referencev1.CertificateCompleted)}},
	{"intake", "acts", "act", drawnUp, []proto.Message{new(intakev1.ActDrawnUp), new(intakev1.AccessionDescribed), new(intakev1.AccessionDeaccessioned)}},
}

type kept struct{ number, sha string }

// answered are the answers that an event names: as printed, and with their proof.
func answered(body proto.Message) []kept {
	switch b := body.(type) {
	case *referencev1.AnswerSubmitted:
		return []kept{{b.GetCertificateNumber(), b.GetSha256()}}
	case *referencev1.CertificateCompleted:
		return []kept{{b.GetCertificateNumber(), b.GetSha256()}}
	}
	return nil
}

// drawnUp are the acts that an event names: of acceptance, of description, of deaccession.
func drawnUp(body proto.Message) (list []kept) {
	switch b := body.(type) {
	case *intakev1.ActDrawnUp:
		list = append(list, kept{b.GetAccessionNumber(), b.GetSha256()})
	case *intakev1.AccessionDescribed:
		for _, act := range b.GetActs() {
			list = append(list, kept{b.GetAccessionNumber(), act.GetSha256()})
		}
	case *intakev1.AccessionDeaccessioned:
		for _, act := range b.GetActs() {
			list = append(list, kept{fmt.Sprintf("%s/%d", b.GetAccessionNumber(), b.GetNumber()), act.GetSha256()})
		}
	}
	return list
}

// papers looks for the file of every printed answer and act that the journals name, and compares each with
// its digest.
func (c *checker) papers() {
	for _, p := range printers {
		st := c.stores[p.service]
		if st == nil {
			continue
		}
		prints, err := printed(st, p.of, p.names)
		if err != nil {
			c.add(p.service, "store.db", "%v", err)
			continue
		}
		for _, k := range prints {
			raw, err := os.ReadFile(filepath.Join(c.cfg.Data, p.service, p.folder, k.sha+".pdf"))
			if err != nil {
				c.add(p.service, p.what+" "+k.number, "its file: %v", err)
				continue
			}
			if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != k.sha {
				c.add(p.service, p.what+" "+k.number, "its file %s.pdf is not what was printed", k.sha)
			}
		}
	}
}

// printed lists the papers that a journal's events of some types name.
func printed(st *store.Store, of []proto.Message, names func(proto.Message) []kept) (list []kept, err error) {
	err = st.View(func(v *store.View) error {
		for _, raw := range v.Scan("journal", nil, nil) {
			r, err := journal.DecodeBytes(raw)
			if err != nil {
				return nil // Verify has said so
			}
			if !slices.ContainsFunc(of, r.Is) {
				continue
			}
			body, err := r.Body()
			if err != nil {
				return fmt.Errorf("event %d: %w", r.Seq(), err)
			}
			list = append(list, names(body)...)
		}
		return nil
	})
	return list, err
}
