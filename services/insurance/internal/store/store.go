// Package store is what the insurance service keeps: the copies of the fund with their files,
// checks and damages, the accession register, the scrubs, the sites.
//
//	copies    ‹code›                        → CopyRow
//	states    ‹state› 0 ‹code›              → nothing: copies by state
//	counts    ‹state›                       → CountsRow: how many, under each label
//	content   ‹code› ‹path›                 → CopiedFile; size and digest once it was copied
//	register  ‹number›                      → RegisterRow
//	checks    ‹code› ‹seq›                  → Check
//	checked   ‹unix time› ‹code›            → nothing: the copies that can be checked, the oldest check first
//	damages   ‹code› ‹seq of DamageFound›   → Damage
//	open      ‹code› side 0 site 0 path     → ‹seq›: damages that are not mended
//	found     ‹scrub› ‹seq›                 → ‹code›: damages by scrub
//	scrubs    ‹scrub›                       → ScrubRow
//	running   ‹scrub›                       → nothing
//	settings  "period" → days (4); "timer" → when it fires, unix time (8); "scrubbed" → end of the last scrub of all (8)
//	sites     site                          → SiteRow
//	histories object of the originals       → HistoryRow
//	lacking   object of the originals       → nothing: a site that is to keep its history has not the newest
//	ended     object of the originals       → nothing: it was removed, and sites may keep its history still
//
// ‹code› is archcode.Code.Key of the file, so that the fund is listed as the shelves stand; no
// such key is the beginning of another. Numbers are big endian: ‹number› 4 bytes, the others 8.
// A row is a message of qoyma/insurance/v1, marshalled deterministically.
package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/platform/clip"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// Schema is the buckets above.
func Schema() base.Schema {
	return base.Schema{Version: 2, Buckets: []base.Bucket{
		{Name: "copies"},
		{Name: "states"},
		{Name: "counts"},
		{Name: "content"},
		{Name: "register", Appending: true},
		{Name: "checks"},
		{Name: "checked"},
		{Name: "damages"},
		{Name: "open"},
		{Name: "found", Appending: true},
		{Name: "scrubs", Appending: true},
		{Name: "running"},
		{Name: "settings"},
		{Name: "sites"},
		{Name: "histories"},
		{Name: "lacking"},
		{Name: "ended"},
	}}
}

// ID is the identifier of a copy.
func ID(c archcode.Code) string {
	return c.Fonds.String() + "/" + c.Inventory.String() + "/" + c.File.String()
}

// Key is the key of a copy by its identifier, or by its file's code as people type it. The fault
// Unknown where the text is no code of a file.
func Key(id string) ([]byte, error) {
	code, err := archcode.Parse(id)
	if err != nil || code.Level() < archcode.FileLevel {
		return nil, fund.Unknown.With("code", clip.Runes(id, 60))
	}
	return code.OfFile().Key(), nil
}

// KeyOf is the key of a file by its numbers.
func KeyOf(fonds, inventory, number string) (code archcode.Code, key []byte, err error) {
	if code.Fonds, err = archcode.ParseFonds(fonds); err == nil {
		code.Inventory, err = archcode.ParseInventory(inventory)
	}
	if err == nil {
		code.File, err = archcode.ParseFile(number)
	}
	return code, code.Key(), err
}

func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func seqKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func seqOf(raw []byte) uint64 {
	if len(raw) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(raw)
}

func timeKey(t time.Time) []byte { return seqKey(uint64(t.Unix()) ^ (1 << 63)) }

func timeOf(raw []byte) time.Time { return time.Unix(int64(seqOf(raw)^(1<<63)), 0).UTC() }

// deterministic: the fold compares bytes.
var deterministic = proto.MarshalOptions{Deterministic: true}

func put(tx *base.Tx, bucket string, key []byte, m proto.Message) error {
	raw, err := deterministic.Marshal(m)
	if err != nil {
		return fmt.Errorf("%s: %w", bucket, err)
	}
	tx.Put(bucket, key, raw)
	return nil
}

func get[T any, M interface {
	*T
	proto.Message
}](v *base.View, bucket string, key []byte) (M, error) {
	raw := v.Get(bucket, key)
	if raw == nil {
		return nil, nil
	}
	m := M(new(T))
	if err := proto.Unmarshal(raw, m); err != nil {
		return nil, fmt.Errorf("%s %x: %w", bucket, key, err)
	}
	return m, nil
}

// Copy is the row of a key; nil where there is none.
func Copy(v *base.View, key []byte) (*insurancev1.CopyRow, error) {
	return get[insurancev1.CopyRow](v, "copies", key)
}

// LabelOf is a copy's label: its file's.
func LabelOf(c *insurancev1.Copy) base.Label { return labelOf(c.GetFile().GetFile().GetLabel()) }

func labelOf(l *journalv1.Label) base.Label {
	grounds := slices.Clone(l.GetGrounds())
	slices.Sort(grounds)
	return base.Label{Level: l.GetLevel(), Grounds: slices.Compact(grounds)}
}

// EachCopy goes through the copies in a state (empty: all) after a key until each answers false.
func EachCopy(v *base.View, state fund.State, after []byte, each func(key []byte, row *insurancev1.CopyRow) bool) error {
	bucket, prefix := "copies", []byte(nil)
	if state != "" {
		bucket, prefix = "states", append([]byte(state), 0)
	}
	var from []byte
	if after != nil {
		from = join(prefix, after)
	}
	for k := range v.Scan(bucket, prefix, from) {
		key := slices.Clone(k[len(prefix):])
		row, err := Copy(v, key)
		if err != nil || row == nil {
			return fmt.Errorf("copy %x is missing or damaged: %w", key, err)
		}
		if !each(key, row) {
			return nil
		}
	}
	return nil
}

// Counts is how many copies are in a state, under each label.
func Counts(v *base.View, state fund.State) ([]*insurancev1.LabelCount, error) {
	row, err := get[insurancev1.CountsRow](v, "counts", []byte(state))
	return row.GetLabels(), err
}

// Content lists a copy's files after a path; limit 0 means all.
func Content(v *base.View, key []byte, after string, limit int) (files []*insurancev1.CopiedFile, more bool, err error) {
	var from []byte
	if after != "" {
		from = join(key, []byte(after))
	}
	for k, raw := range v.Scan("content", key, from) {
		if limit > 0 && len(files) == limit {
			return files, true, nil
		}
		f := new(insurancev1.CopiedFile)
		if err := proto.Unmarshal(raw, f); err != nil {
			return nil, false, fmt.Errorf("content %x: %w", k, err)
		}
		files = append(files, f)
	}
	return files, false, nil
}

// LastNumber is the last number of the register; 0 where it is empty.
func LastNumber(v *base.View) uint32 {
	k, _ := v.Last("register", nil)
	if len(k) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(k)
}

// EachLine goes through the register after a number until each answers false.
func EachLine(v *base.View, after uint32, each func(n uint32, row *insurancev1.RegisterRow) bool) error {
	for k, raw := range v.Scan("register", nil, number(after)) {
		row := new(insurancev1.RegisterRow)
		if err := proto.Unmarshal(raw, row); err != nil || len(k) != 4 {
			return fmt.Errorf("register %x: %w", k, err)
		}
		if !each(binary.BigEndian.Uint32(k), row) {
			return nil
		}
	}
	return nil
}

// Checks are a copy's last checks, the newest first.
func Checks(v *base.View, key []byte, limit int) ([]*insurancev1.Check, error) {
	return newest(v, "checks", key, limit, func() *insurancev1.Check { return new(insurancev1.Check) })
}

// Damages are a copy's last damages, the newest first.
func Damages(v *base.View, key []byte, limit int) ([]*insurancev1.Damage, error) {
	return newest(v, "damages", key, limit, func() *insurancev1.Damage { return new(insurancev1.Damage) })
}

func newest[M proto.Message](v *base.View, bucket string, prefix []byte, limit int, make func() M) ([]M, error) {
	var out []M
	for _, raw := range v.Scan(bucket, prefix, nil) {
		m := make()
		if err := proto.Unmarshal(raw, m); err != nil {
			return nil, fmt.Errorf("%s %x: %w", bucket, prefix, err)
		}
		if out = append(out, m); len(out) > limit {
			out = out[1:]
		}
	}
	slices.Reverse(out)
	return out, nil
}

// Open is a damage that is not mended.
type Open struct {
	Seq              uint64 // of its DamageFound
	Side, Site, Path string
}

func openKey(key []byte, side, site, path string) []byte {
	return join(key, []byte(side), []byte{0}, []byte(site), []byte{0}, []byte(path))
}

// OpenAt is the event that found a damage which is not mended yet; 0 where there is none.
func OpenAt(v *base.View, key []byte, side, site, path string) uint64 {
	return seqOf(v.Get("open", openKey(key, side, site, path)))
}

// Opens lists a copy's damages that are not mended.
func Opens(v *base.View, key []byte) ([]Open, error) {
	var out []Open
	for _, seq := range v.Scan("open", key, nil) {
		d, err := get[insurancev1.Damage](v, "damages", join(key, seq))
		if err != nil || d == nil {
			return nil, fmt.Errorf("damage %x is missing: %w", seq, err)
		}
		out = append(out, Open{Seq: seqOf(seq), Side: d.GetSide(), Site: d.GetSite(), Path: d.GetPath()})
	}
	return out, nil
}

// DamagesOf lists what a scrub found, in order, with the keys of the copies.
func DamagesOf(v *base.View, scrub uint64, limit int) (out []*insurancev1.Damage, err error) {
	for k, key := range v.Scan("found", seqKey(scrub), nil) {
		if len(out) == limit {
			break
		}
		d, err := get[insurancev1.Damage](v, "damages", join(key, k[8:]))
		if err != nil || d == nil {
			return nil, fmt.Errorf("damage %x is missing: %w", k, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// Scrub is a scrub's row; nil where there is none.
func Scrub(v *base.View, n uint64) (*insurancev1.ScrubRow, error) {
	return get[insurancev1.ScrubRow](v, "scrubs", seqKey(n))
}

// LastScrub is the number of the last scrub; 0 where there was none.
func LastScrub(v *base.View) uint64 {
	k, _ := v.Last("scrubs", nil)
	return seqOf(k)
}

// RunningScrubs lists the scrubs that have not ended, the oldest first.
func RunningScrubs(v *base.View) (list []uint64) {
	for k := range v.Scan("running", nil, nil) {
		list = append(list, seqOf(k))
	}
	return list
}

// WholeRunning is the scrub of all copies that has not ended; 0 where there is none.
func WholeRunning(v *base.View) (uint64, error) {
	for _, n := range RunningScrubs(v) {
		row, err := Scrub(v, n)
		if err != nil {
			return 0, err
		}
		if row.GetScrub().GetCopyId() == "" {
			return n, nil
		}
	}
	return 0, nil
}

// Due counts the copies that can be checked and were last checked before a moment.
func Due(v *base.View, before time.Time) (n uint32) {
	for k := range v.Scan("checked", nil, nil) {
		if len(k) < 8 || !timeOf(k[:8]).Before(before) {
			break
		}
		n++
	}
	return n
}

// Oldest is when the copy was checked that was checked longest ago; false where none can be.
func Oldest(v *base.View) (time.Time, bool) {
	for k := range v.Scan("checked", nil, nil) {
		return timeOf(k[:8]), true
	}
	return time.Time{}, false
}

// Period is how often every copy is checked, in days.
func Period(v *base.View) uint32 {
	if raw := v.Get("settings", []byte("period")); len(raw) == 4 {
		return binary.BigEndian.Uint32(raw)
	}
	return fund.DefaultPeriod
}

// NextScrub is when the next scrub begins by itself; the zero time where none will.
func NextScrub(v *base.View) time.Time {
	raw := v.Get("settings", []byte("timer"))
	if len(raw) != 8 {
		return time.Time{}
	}
	return timeOf(raw)
}

// Site is what is known of a site; an empty row where nothing is.
func Site(v *base.View, site string) (*insurancev1.SiteRow, error) {
	row, err := get[insurancev1.SiteRow](v, "sites", []byte(site))
	if row == nil {
		row = new(insurancev1.SiteRow)
	}
	return row, err
}

// Sites lists the sites that ever kept a copy.
func Sites(v *base.View) (list []string) {
	for k := range v.Scan("sites", nil, nil) {
		list = append(list, string(k))
	}
	return list
}
