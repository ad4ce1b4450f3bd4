package intake

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHowLongATransferTakes measures, on request (-v), a transfer of many small files: what
// counts there is how often the disk is asked to flush.
func TestHowLongATransferTakes(t *testing.T) {
	if testing.Short() {
		t.Skip("a measurement")
	}
	const units, each = 20, 20
	w := newWorld(t)
	var files []uint32
	payload := map[string]string{}
	for p := range uint32(units) {
		files = append(files, p+1)
		for i := range each {
			payload[fmt.Sprintf("%04d/%02d.txt", p+1, i)] = strings.Repeat(fmt.Sprintln("line", i), 800)
		}
	}
	w.expectMany("2026-1", files)
	b := bag(t, payload)
	start := time.Now()
	if res, err := w.send(newID(), "2026-1", b); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	uploaded := time.Since(start)
	start = time.Now()
	if _, err := w.accept(newID(), "2026-1"); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files: upload %v, acceptance %v", units*each, uploaded, time.Since(start))
	w.whole()
}
