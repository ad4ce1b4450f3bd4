package store

import (
	"crypto/ed25519"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/signing"
)

// work compares a transfer's counters with the rows that they count: findings, returned rows,
// receipts without gaps.
func (c *checker) work(where string, k []byte, t *intakev1.Transfer) {
	findings := uint32(0)
	for row := range c.v.Scan("findings", under(k), nil) {
		findings++
		if c.v.Get("expected", row) == nil {
			c.bad(where, "a finding about position %d, which is not listed", position(row[len(k)+1:]))
		}
	}
	open := uint32(0)
	for _, state := range c.v.Scan("returns", under(k), nil) {
		if string(state) == rowReturned {
			open++
		}
	}
	if findings != t.GetUnitsChecked() || open != t.GetReturned() {
		c.bad(where, "it counts %d findings and %d returned rows; there are %d and %d", t.GetUnitsChecked(), t.GetReturned(), findings, open)
	}
	last := uint32(0)
	for _, raw := range c.v.Scan("receipts", under(k), nil) {
		r := new(intakev1.Receipt)
		if err := proto.Unmarshal(raw, r); err != nil || r.GetNumber() != last+1 {
			c.bad(where, "receipt %d follows receipt %d (%v)", r.GetNumber(), last, err)
		}
		last = r.GetNumber()
	}
	if last != t.GetReceipts() {
		c.bad(where, "its last receipt is %d, it says %d", last, t.GetReceipts())
	}
}

// signatures verifies every signature under an act that was made with a key, as anybody may who has the
// statement and the key.
func (c *checker) signatures(where string, a *intakev1.Accession) {
	proofs, err := Proofs(c.v, a, c.v.Archive())
	if err != nil {
		c.bad(where, "%v", err)
	}
	for _, p := range proofs {
		statement, err := signing.ParseStatement(p.GetStatement())
		if err == nil && len(p.GetPublicKey()) > 0 { // of a signature from before keys stood beside them, the key may be revoked
			err = statement.Verify(ed25519.PublicKey(p.GetPublicKey()), p.GetSignature())
		}
		if err != nil {
			c.bad(where, "the signature for the side %s: %v", p.GetSide(), err)
		}
	}
}
