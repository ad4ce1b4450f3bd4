package store

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Refs are the objects of an event about a transfer, the transfer first.
func Refs(transferID string, o *recordv1.Organisation, i *recordv1.Inventory) []journal.Ref {
	refs := []journal.Ref{{Type: "transfer", ID: transferID}}
	if o.GetId() != "" {
		refs = append(refs, journal.Ref{Type: "organisation", ID: o.GetId()})
	}
	if i.GetId() != "" {
		refs = append(refs, journal.Ref{Type: "inventory", ID: i.GetId()})
	}
	return refs
}

// AccessionRefs are the objects of an event about an accession, the accession first.
func AccessionRefs(number, transferID string, o *recordv1.Organisation, i *recordv1.Inventory) []journal.Ref {
	return append([]journal.Ref{{Type: "accession", ID: number}}, Refs(transferID, o, i)...)
}

// What one event may carry. The body limit is the journal's; the rest of it is for the
// message around the rows.
const (
	MaxRows  = 500
	MaxBytes = journal.MaxBody - 16<<10
)

// Chunks divides rows into the events that carry them: rows of one label each, in their order,
// at most MaxRows and MaxBytes. final is true on the last; no rows give one empty last chunk.
func Chunks[M proto.Message](rows []M, label func(M) *journalv1.Label, emit func(label base.Label, chunk []M, final bool)) {
	type group struct {
		label base.Label
		rows  []M
	}
	groups := make(map[string]*group)
	var of *journalv1.Label
	var last *group
	for _, row := range rows {
		if l := label(row); last == nil || l != of { // most have the label of the one before, or none
			of = l
			l := LabelOf(l)
			name := fmt.Sprintf("%d %q", l.Level, l.Grounds)
			if groups[name] == nil {
				groups[name] = &group{label: l}
			}
			last = groups[name]
		}
		last.rows = append(last.rows, row)
	}
	type chunk struct {
		label base.Label
		rows  []M
	}
	var chunks []chunk
	for _, name := range sortedKeys(groups) {
		g := groups[name]
		from, size := 0, 0
		for i, row := range g.rows {
			n := proto.Size(row) + 8
			if i > from && (i-from == MaxRows || size+n > MaxBytes) {
				chunks = append(chunks, chunk{g.label, g.rows[from:i]})
				from, size = i, 0
			}
			size += n
		}
		chunks = append(chunks, chunk{g.label, g.rows[from:]})
	}
	if len(chunks) == 0 {
		chunks = append(chunks, chunk{})
	}
	for i, c := range chunks {
		emit(c.label, c.rows, i == len(chunks)-1)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}
