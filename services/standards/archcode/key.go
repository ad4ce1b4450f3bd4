package archcode

import (
	"cmp"
	"encoding/binary"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Key is the canonical order-preserving byte form of fonds, inventory and file:
//
//	fonds      index letters, 0, number (4 bytes, big endian), letters, 0
//	inventory  number (4), letters, 0      absent when the code has none
//	file       number (4), letters, 0      absent when the code has none
//
// A letter is one byte, its place in the Kazakh Cyrillic alphabet from 1. So bytes order
// is [Code.Compare], numbers sort as numbers, letters after them (345, 345а, 346), and
// the key of a fonds is the prefix of the keys of all it holds and of nothing else: a
// fonds is the range from its key to [KeyEnd]. Archive and leaves are left out: an
// archive's holdings have a store of their own, and a leaf is a place inside a file.
// The zero code has an empty key, which is the prefix of everything.
//
// The form is stored for ever; it must not change.
func (c Code) Key() []byte {
	if c.Level() == NoLevel {
		return nil
	}
	key := make([]byte, 0, 20)
	key = appendLetters(key, c.Fonds.Index)
	key = appendNumber(key, c.Fonds.Number, c.Fonds.Letters)
	if c.Level() >= InventoryLevel {
		key = appendNumber(key, c.Inventory.Number, c.Inventory.Letters)
	}
	if c.Level() >= FileLevel {
		key = appendNumber(key, c.File.Number, c.File.Letters)
	}
	return key
}

// KeyEnd is the first key after everything that key holds: scan from key up to, not
// including, KeyEnd(key). The end of the empty key is nil: no end.
func KeyEnd(key []byte) []byte {
	end := append([]byte(nil), key...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// KeyFault is the answer to bytes that Key never wrote: a damaged store or a
// programmer's mistake, nothing that a person can put right by typing.
var KeyFault = fault.Define(fault.Internal, "archcode.key",
	"the stored archival code {key} is damaged; tell the administrator to run a check of the store",
	"сохранённый архивный шифр {key} повреждён; сообщите администратору, чтобы он проверил хранилище",
	"сақталған архивтік шифр {key} бүлінген; қойманы тексеру үшін әкімшіге хабарлаңыз")

// ParseKey reads what [Code.Key] wrote. Any other bytes are a [KeyFault].
func ParseKey(key []byte) (Code, error) {
	var c Code
	r := keyReader{rest: key}
	c.Fonds.Index = strings.ToUpper(r.letters())
	c.Fonds.Number, c.Fonds.Letters = r.number()
	if r.more() {
		c.Inventory.Number, c.Inventory.Letters = r.number()
	}
	if r.more() {
		c.File.Number, c.File.Letters = r.number()
	}
	if r.bad || len(r.rest) > 0 {
		return Code{}, KeyFault.With("key", strings.ToUpper(hexOf(key)))
	}
	return c, nil
}

type keyReader struct {
	rest []byte
	bad  bool
}

func (r *keyReader) more() bool { return !r.bad && len(r.rest) > 0 }

func (r *keyReader) letters() string {
	var s strings.Builder
	for i, b := range r.rest {
		switch {
		case b == 0 && i <= maxLetters:
			r.rest = r.rest[i+1:]
			return s.String()
		case i >= maxLetters || int(b) >= len(byRank) || b == 0:
			r.bad = true
			return ""
		}
		s.WriteRune(byRank[b])
	}
	r.bad = true
	return ""
}

func (r *keyReader) number() (uint32, string) {
	if r.bad || len(r.rest) < 4 {
		r.bad = true
		return 0, ""
	}
	n := binary.BigEndian.Uint32(r.rest)
	r.bad = n == 0 || n > MaxNumber
	r.rest = r.rest[4:]
	return n, r.letters()
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b[:min(len(b), 40)] {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}

// alphabet is the Kazakh Cyrillic alphabet, which holds the Russian one, without ё (folded to е).
const alphabet = "аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"

// byRank is the alphabet by place, from 1; 0 ends a word in a key.
var byRank = append([]rune{0}, []rune(alphabet)...)

// rank is the place of each lower case letter in the alphabet.
var rank = func() map[rune]byte {
	m := make(map[rune]byte, len(byRank))
	for i, r := range byRank[1:] {
		m[r] = byte(i + 1)
	}
	return m
}()

func appendLetters(key []byte, letters string) []byte {
	for _, r := range strings.ToLower(letters) {
		key = append(key, rank[r])
	}
	return append(key, 0)
}

func appendNumber(key []byte, n uint32, letters string) []byte {
	return appendLetters(binary.BigEndian.AppendUint32(key, n), letters)
}

// compareLetters orders letters by the Kazakh alphabet; the shorter stands first.
func compareLetters(a, b string) int {
	if a == b {
		return 0
	}
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	for i := range min(len(x), len(y)) {
		if d := cmp.Compare(rank[x[i]], rank[y[i]]); d != 0 {
			return d
		}
	}
	return cmp.Compare(len(x), len(y))
}
