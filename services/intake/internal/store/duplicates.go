package store

import (
	"bytes"
	"encoding/hex"
	"slices"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// digestPrefix is how much of a SHA-256 stands in the index, in bytes. Whoever shows a match
// compares the whole digest (Holders.Of).
const digestPrefix = 16

func digestKey(sha256hex string) []byte {
	raw, err := hex.DecodeString(sha256hex)
	if err != nil || len(raw) < digestPrefix {
		return nil
	}
	return raw[:digestPrefix]
}

// indexDigests remembers which accession has which bytes. Digests are random, so the keys of a
// transaction are sorted. An empty file says nothing about another empty file.
func indexDigests(tx *base.Tx, n transfer.Number, files []*intakev1.AcceptedFile) error {
	a, err := Accession(&tx.View, n)
	if err != nil || a == nil {
		return err
	}
	s, err := standingOf(&tx.View, a.GetTransferId())
	if err != nil {
		return err
	}
	type row struct {
		key  []byte
		path string
	}
	var rows []row
	for _, f := range files {
		for _, path := range f.GetContentPaths() {
			c, ok, err := s.file(&tx.View, a.GetTransferId(), path)
			if err != nil {
				return err
			}
			if k := digestKey(c.GetSha256()); ok && k != nil && c.GetSize() > 0 {
				rows = append(rows, row{append(slices.Clone(k), numberKey(n)...), path})
			}
		}
	}
	slices.SortStableFunc(rows, func(x, y row) int { return bytes.Compare(x.key, y.key) })
	for _, r := range rows {
		if tx.Get("digests", r.key) == nil { // the first path stays
			tx.Put("digests", r.key, []byte(r.path))
		}
	}
	return nil
}

func applyDuplicates(tx *base.Tx, b *intakev1.PackageDuplicatesFound) error {
	for _, f := range b.GetFiles() {
		if err := put(tx, "duplicates", under(key(b.GetTransferId()), []byte(f.GetPath())...), f); err != nil {
			return err
		}
	}
	return nil
}

// forgetDuplicates takes away what was found of a package that another replaces, in these positions or,
// where none is named, as a whole.
func forgetDuplicates(tx *base.Tx, id string, positions []uint32) {
	var rows [][]byte
	prefix := under(key(id))
	for k := range tx.Scan("duplicates", prefix, nil) {
		position, _ := transfer.PositionOf(string(k[len(prefix):]))
		if len(positions) == 0 || slices.Contains(positions, position) {
			rows = append(rows, bytes.Clone(k))
		}
	}
	for _, k := range rows {
		tx.Delete("duplicates", k)
	}
}

// FirstHolder is the first accession that has a file with these bytes, as far as the index
// knows; false where there is none.
func FirstHolder(v *base.View, sha256hex string) (transfer.Number, bool) {
	k := digestKey(sha256hex)
	if k == nil {
		return transfer.Number{}, false
	}
	for row := range v.Scan("digests", k, nil) {
		return numberOf(row[digestPrefix:]), true
	}
	return transfer.Number{}, false
}

// Duplicates lists files of the package that stands whose bytes the archive had when it was
// checked, by path.
func Duplicates(v *base.View, id string, limit int) (paths []string) {
	prefix := under(key(id))
	for k := range v.Scan("duplicates", prefix, nil) {
		if len(paths) == limit {
			break
		}
		paths = append(paths, string(k[len(prefix):]))
	}
	return paths
}

// Holder is a file of an accession that has certain bytes.
type Holder struct {
	Accession *intakev1.Accession
	Path      string
	Label     base.Label // of its unit
}

// maxHolders is how many accessions with the same bytes are looked through for one that a
// reader may see.
const maxHolders = 50

// Holders finds who has certain bytes, for many files within one view: accessions and units are read once,
// of which files that came together share a few.
type Holders struct {
	v          *base.View
	accessions map[transfer.Number]*intakev1.Accession
	labels     map[unitOf]*base.Label
}

// unitOf names a unit of an accession.
type unitOf struct {
	of       transfer.Number
	position uint32
}

// NewHolders begins to look; it ends with the view.
func NewHolders(v *base.View) *Holders {
	return &Holders{v: v, accessions: make(map[transfer.Number]*intakev1.Accession), labels: make(map[unitOf]*base.Label)}
}

// Of lists accessions with a file of these bytes, by number, the whole digest compared.
func (h *Holders) Of(sha256hex string) (list []Holder, err error) {
	k := digestKey(sha256hex)
	if k == nil {
		return nil, nil
	}
	for row, path := range h.v.Scan("digests", k, nil) {
		n := numberOf(row[digestPrefix:])
		a, err := h.accession(n)
		if err != nil || a == nil {
			return nil, err
		}
		c, ok, err := ContentFile(h.v, a.GetTransferId(), string(path))
		if err != nil {
			return nil, err
		}
		if !ok || c.GetSha256() != sha256hex {
			continue
		}
		position, _ := transfer.PositionOf(string(path))
		label, err := h.label(unitOf{n, position})
		if err != nil {
			return nil, err
		}
		if label != nil {
			list = append(list, Holder{a, string(path), *label})
		}
		if len(list) == maxHolders {
			break
		}
	}
	return list, nil
}

func (h *Holders) accession(n transfer.Number) (*intakev1.Accession, error) {
	if a, known := h.accessions[n]; known {
		return a, nil
	}
	a, err := Accession(h.v, n)
	if err == nil {
		h.accessions[n] = a
	}
	return a, err
}

// label is a unit's; nil where there is no such unit.
func (h *Holders) label(u unitOf) (label *base.Label, err error) {
	if label, known := h.labels[u]; known {
		return label, nil
	}
	unit, ok, err := AcceptedFile(h.v, u.of, u.position)
	if err != nil {
		return nil, err
	}
	if ok {
		of := LabelOf(unit.GetFile().GetLabel())
		label = &of
	}
	h.labels[u] = label
	return label, nil
}
