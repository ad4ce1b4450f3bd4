package droid

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// The compound file of [MS-CFB]: sectors chained by a table (FAT), a directory of streams, and
// the short ones kept together in one stream of their own (the mini stream).
const (
	endOfChain   = 0xFFFFFFFE
	directoryLen = 128
	maxChain     = 1 << 20 // sectors followed, at most
)

var errCompound = errors.New("no compound file")

type compound struct {
	r          io.ReaderAt
	size       int64
	shift      uint16 // of a sector
	miniShift  uint16
	cutoff     uint32 // streams shorter than this lie in the mini stream
	fat        []uint32
	mini       []uint32
	miniChain  []uint32
	miniLength int64
}

// oleEntries lists the streams of a compound file by path, without the control characters that
// some names begin with, as container signatures write them.
func oleEntries(r io.ReaderAt, size int64) (entries, error) {
	c := &compound{r: r, size: size}
	var head [512]byte
	if _, err := r.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	c.shift, c.miniShift, c.cutoff = u16(head[30:]), u16(head[32:]), u32(head[56:])
	if c.shift != 9 && c.shift != 12 || c.miniShift != 6 {
		return nil, errCompound
	}
	if err := c.tables(head[:]); err != nil {
		return nil, err
	}
	directory, err := c.read(c.chain(u32(head[48:])), 1<<24)
	if err != nil {
		return nil, err
	}
	return c.streams(directory), nil
}

func (c *compound) sector(n uint32) ([]byte, error) {
	at := (int64(n) + 1) << c.shift
	if at < 0 || at >= c.size {
		return nil, errCompound
	}
	b := make([]byte, 1<<c.shift)
	if n, err := c.r.ReadAt(b, at); err != nil && (!errors.Is(err, io.EOF) || n == 0) {
		return nil, err
	}
	return b, nil
}

// tables reads the FAT, whose sectors the header and the chain behind it name, and the mini FAT.
func (c *compound) tables(head []byte) error {
	u32 := binary.LittleEndian.Uint32
	var sectors []uint32
	for i := range 109 {
		if n := u32(head[76+4*i:]); n < 0xFFFFFFFA {
			sectors = append(sectors, n)
		}
	}
	next := u32(head[68:])
	for count := u32(head[72:]); next < 0xFFFFFFFA && count > 0 && len(sectors) < maxChain; count-- {
		b, err := c.sector(next)
		if err != nil {
			return err
		}
		for i := 0; i+8 <= len(b); i += 4 {
			if n := u32(b[i:]); n < 0xFFFFFFFA {
				sectors = append(sectors, n)
			}
		}
		next = u32(b[len(b)-4:])
	}
	if int64(len(sectors)) > c.size>>c.shift {
		return errCompound // it names more than it has
	}
	for _, n := range sectors {
		b, err := c.sector(n)
		if err != nil {
			return err
		}
		for i := 0; i < len(b); i += 4 {
			c.fat = append(c.fat, u32(b[i:]))
		}
	}
	raw, err := c.read(c.chain(u32(head[60:])), 1<<24)
	for i := 0; i+4 <= len(raw); i += 4 {
		c.mini = append(c.mini, u32(raw[i:]))
	}
	return err
}

// chain follows a chain of sectors; one that turns back on itself ends at its length's limit.
func (c *compound) chain(first uint32) []uint32 {
	var out []uint32
	most := int(min(c.size>>c.shift+1, maxChain))
	for n := first; n < uint32(len(c.fat)) && len(out) < most; n = c.fat[n] {
		out = append(out, n)
	}
	return out
}

func (c *compound) read(sectors []uint32, limit int64) ([]byte, error) {
	var out []byte
	for _, n := range sectors {
		if int64(len(out)) >= limit {
			break
		}
		b, err := c.sector(n)
		if err != nil {
			return out, err
		}
		out = append(out, b...)
	}
	return out, nil
}

type stream struct {
	first  uint32
	length int64
}

func (c *compound) streams(directory []byte) entries {
	list := entries{}
	for at := 0; at+directoryLen <= len(directory) && len(list) < maxEntries; at += directoryLen {
		e := directory[at : at+directoryLen]
		n, kind := int(binary.LittleEndian.Uint16(e[64:])), e[66]
		if n < 2 || n > 64 || n%2 != 0 {
			continue
		}
		units := make([]uint16, 0, 31)
		for i := 0; i < n-2; i += 2 {
			units = append(units, binary.LittleEndian.Uint16(e[i:]))
		}
		s := stream{binary.LittleEndian.Uint32(e[116:]), int64(binary.LittleEndian.Uint32(e[120:]))}
		name := strings.TrimLeft(string(utf16.Decode(units)), "\x01\x02\x03\x04\x05\x06")
		switch kind {
		case 5: // the root: its content is the mini stream
			c.miniChain, c.miniLength = c.chain(s.first), s.length
		case 1, 2:
			if _, twice := list[name]; !twice {
				list[name] = func(limit int64) ([]byte, error) { return c.content(s, limit) }
			}
		}
	}
	return list
}

func (c *compound) content(s stream, limit int64) ([]byte, error) {
	limit = min(limit, s.length)
	if s.length >= int64(c.cutoff) {
		b, err := c.read(c.chain(s.first), limit)
		return b[:min(int64(len(b)), limit)], err
	}
	var out []byte
	for n, steps := s.first, 0; n < uint32(len(c.mini)) && int64(len(out)) < limit && steps < maxChain; n, steps = c.mini[n], steps+1 {
		at := int64(n) << c.miniShift
		index := at >> c.shift
		if index >= int64(len(c.miniChain)) || at >= c.miniLength {
			return out, fmt.Errorf("%w: a short stream beyond the mini stream", errCompound)
		}
		b, err := c.sector(c.miniChain[index])
		if err != nil {
			return out, err
		}
		within := at & (1<<c.shift - 1)
		out = append(out, b[within:min(within+1<<c.miniShift, int64(len(b)))]...)
	}
	return out[:min(int64(len(out)), limit)], nil
}
