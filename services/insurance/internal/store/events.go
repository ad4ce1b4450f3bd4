package store

import (
	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// maxRows is how many rows one event carries at most.
const maxRows = 500

// Chunks divides rows into the events that carry them: at most maxRows, and no more bytes than
// an event may have. size is a row's bytes on the wire.
func Chunks[M any](rows []M, size func(M) int) (out [][]M) {
	const most = journal.MaxBody - 16<<10
	from, bytes := 0, 0
	for i, row := range rows {
		n := size(row) + 8
		if i > from && (i-from == maxRows || bytes+n > most) {
			out = append(out, rows[from:i])
			from, bytes = i, 0
		}
		bytes += n
	}
	if len(rows) > from {
		out = append(out, rows[from:])
	}
	return out
}

// Entered tells whether a digital copy has its number in the register.
func Entered(c *insurancev1.Copy) bool {
	for _, at := range c.GetSites() {
		if at.GetVerifiedAt() != nil {
			return true
		}
	}
	return false
}
