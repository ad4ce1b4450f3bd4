package relay_test

import (
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
)

func pack(first, last uint64, entries, traces int) *journalv1.Pack {
	p := &journalv1.Pack{Archive: "kz-test", Service: "intake", Epoch: 1, First: first, Last: last, Traceparents: make([]string, traces)}
	for range entries {
		p.Entries = append(p.Entries, &journalv1.Entry{Header: []byte{1}})
	}
	return p
}

func encoded(t testing.TB, p *journalv1.Pack) []byte {
	t.Helper()
	raw, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAPackSaysWhatItHolds(t *testing.T) {
	for name, row := range map[string]struct {
		pack *journalv1.Pack
		ok   bool
	}{
		"one":                      {pack(7, 7, 1, 0), true},
		"three, traced":            {pack(7, 9, 3, 3), true},
		"nothing":                  {pack(7, 6, 0, 0), false},
		"from zero":                {pack(0, 1, 2, 0), false},
		"too few":                  {pack(7, 9, 2, 0), false},
		"too many":                 {pack(7, 7, 2, 0), false},
		"numbers that run over":    {pack(math.MaxUint64, 0, 2, 0), false},
		"a trace for some only":    {pack(7, 9, 3, 2), false},
		"the last number there is": {pack(math.MaxUint64, math.MaxUint64, 1, 0), true},
	} {
		if _, err := relay.ReadPack(encoded(t, row.pack)); (err == nil) != row.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesOnTheBus(t *testing.T) {
	if got := relay.Subject("kz-alm", "intake"); got != "qoyma.kz-alm.intake.journal" {
		t.Error(got)
	}
	if got := relay.StreamName("kz-alm", "intake"); got != "QOYMA_KZ_ALM_INTAKE" {
		t.Error(got)
	}
	if got := relay.MessageID(pack(7, 9, 3, 0)); got != "intake-1-7-9" {
		t.Error(got)
	}
}

// FuzzReadPack feeds any bytes: nothing panics, and an accepted pack's numbers fit its entries, so
// that indexing by them is safe.
func FuzzReadPack(f *testing.F) {
	f.Add(encoded(f, pack(1, 3, 3, 3)))
	f.Add(encoded(f, pack(math.MaxUint64, 0, 2, 0)))
	f.Add([]byte{0x20, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := relay.ReadPack(data)
		if err != nil {
			return
		}
		if n := len(p.GetEntries()); p.GetFirst() == 0 || p.GetLast() < p.GetFirst() || p.GetLast()-p.GetFirst() != uint64(n-1) {
			t.Errorf("%d entries for %d to %d", n, p.GetFirst(), p.GetLast())
		}
		if n := len(p.GetTraceparents()); n != 0 && n != len(p.GetEntries()) {
			t.Errorf("%d traces for %d entries", n, len(p.GetEntries()))
		}
	})
}
