package bagit

import (
	"encoding/binary"
	"fmt"
)

// The entries of a ZIP are looked at in three orders, in which rows are sorted: that of the table of contents, that
// in which they lie, and that in which the bag is read.

// lies is the key by which entries come in the order in which they lie; those that say the same place, in that of
// the table.
func (z *zipItem) lies(number uint64) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(z.offset)^(1<<63)) // a broken entry's may be negative
	return binary.BigEndian.AppendUint64(key, number)
}

// row is what is compared with the entry's own headers.
func (z *zipItem) row() []byte {
	row := binary.LittleEndian.AppendUint16(make([]byte, 0, 24+len(z.name)), z.flags)
	row = binary.LittleEndian.AppendUint16(row, z.method)
	row = binary.LittleEndian.AppendUint32(row, z.crc)
	row = binary.LittleEndian.AppendUint64(row, uint64(z.packed))
	row = binary.LittleEndian.AppendUint64(row, uint64(z.size))
	return append(row, z.name...)
}

// itemOf reads a row and its key.
func itemOf(key, row []byte) (number uint64, z zipItem) {
	z = zipItem{
		flags: binary.LittleEndian.Uint16(row), method: binary.LittleEndian.Uint16(row[2:]), crc: binary.LittleEndian.Uint32(row[4:]),
		packed: int64(binary.LittleEndian.Uint64(row[8:])), size: int64(binary.LittleEndian.Uint64(row[16:])), name: string(row[24:]),
		offset: int64(binary.BigEndian.Uint64(key) ^ (1 << 63)),
	}
	return binary.BigEndian.Uint64(key[8:]), z
}

// byPlace are the rules that compareLocal says, by number.
var byPlace = []*Rule{Headers, Overlap, Hidden}

// note keeps what is wrong with an entry where it lies.
func (c zipContents) note(number uint64, z *zipItem) error {
	for n, r := range byPlace {
		if z.rule == r {
			return c.wrong.Add(binary.BigEndian.AppendUint64(nil, number), fmt.Append([]byte{byte(n)}, z.args[1]))
		}
	}
	return nil
}

// noted is what note kept.
func noted(row []byte) (r *Rule, args []any) {
	r = byPlace[row[0]]
	key := map[*Rule]string{Headers: "field", Overlap: "other", Hidden: "count"}[r]
	return r, []any{key, string(row[1:])}
}
