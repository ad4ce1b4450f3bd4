// Package sha512many counts SHA-512 (FIPS 180-4) of several messages at once: the steps of one message wait for each other,
// those of eight do not. Where the processor cannot (blocks_other.go), and for one message alone, it is crypto/sha512.
package sha512many

import (
	"cmp"
	"crypto/sha512"
	"encoding/binary"
	"slices"
)

// Lanes is how many messages are counted at once.
const Lanes = 8

// most is how many blocks of each lane are counted in one call: the runtime waits for its end when it has to stop.
const most = 4096

// Sum gives the SHA-512 of each message, as sha512.Sum512 does of one.
func Sum(messages [][]byte) [][sha512.Size]byte {
	sums := make([][sha512.Size]byte, len(messages))
	waiting := make([]int, len(messages))
	total := 0
	for i, m := range messages {
		waiting[i] = i
		total += len(m)
	}
	// The longest first, so that none goes on alone when the others are through; one that would is left to one message's way.
	slices.SortFunc(waiting, func(a, b int) int { return cmp.Compare(len(messages[b]), len(messages[a])) })
	for len(waiting) > 0 && (!able || 2*len(messages[waiting[0]]) >= total) {
		sums[waiting[0]] = sha512.Sum512(messages[waiting[0]])
		total -= len(messages[waiting[0]])
		waiting = waiting[1:]
	}
	if len(waiting) > 0 {
		work := work{messages: messages, sums: sums, waiting: waiting}
		work.run()
	}
	return sums
}

// work is messages that are counted together.
type work struct {
	messages [][]byte
	sums     [][sha512.Size]byte
	waiting  []int
	lanes    [Lanes]lane
	state    [8][Lanes]uint64 // H of FIPS 180-4 §6.4.2: word by word, each of all lanes
}

// lane is one message: the whole blocks of it that are left, then the padding with what is no whole block.
type lane struct {
	message int
	left    []byte // whole blocks
	end     []byte // of padding, the last blocks; nil once they are what is left
	padding [2 * sha512.BlockSize]byte
}

func (w *work) run() {
	for i := range w.lanes {
		w.next(i)
	}
	for {
		var at [Lanes]*byte
		var busy *byte
		n := most
		for i := range w.lanes {
			if l := &w.lanes[i]; len(l.left) > 0 {
				at[i], busy = &l.left[0], &l.left[0]
				n = min(n, len(l.left)/sha512.BlockSize)
			}
		}
		if busy == nil {
			return
		}
		for i := range at {
			if at[i] == nil {
				at[i] = busy // the lane is at its end: what it counts nobody asks for
			}
		}
		blocks(&w.state, &at, &roundConstants, n)
		for i := range w.lanes {
			w.counted(i, n*sha512.BlockSize)
		}
	}
}

// counted takes away what was counted of a lane, and goes on to what follows there.
func (w *work) counted(i, bytes int) {
	l := &w.lanes[i]
	if len(l.left) == 0 {
		return
	}
	if l.left = l.left[bytes:]; len(l.left) > 0 {
		return
	}
	if l.left, l.end = l.end, nil; len(l.left) > 0 {
		return
	}
	for word := range w.state {
		binary.BigEndian.PutUint64(w.sums[l.message][8*word:], w.state[word][i])
	}
	w.next(i)
}

// next gives the next message that waits to a lane, if there is one.
func (w *work) next(i int) {
	if len(w.waiting) == 0 {
		return
	}
	l := &w.lanes[i]
	l.message, w.waiting = w.waiting[0], w.waiting[1:]
	message := w.messages[l.message]
	whole := len(message) / sha512.BlockSize * sha512.BlockSize
	l.left, l.end = message[:whole], l.pad(message[whole:], len(message))
	if whole == 0 {
		l.left, l.end = l.end, nil
	}
	for word := range w.state {
		w.state[word][i] = initial[word]
	}
}

// pad makes the last blocks of a message of so many bytes: what is no whole block, a bit, and the length in bits (§5.1.2).
func (l *lane) pad(rest []byte, size int) []byte {
	blocks := 1
	if len(rest) >= sha512.BlockSize-16 {
		blocks = 2
	}
	end := l.padding[:blocks*sha512.BlockSize]
	clear(end)
	end[copy(end, rest)] = 0x80
	binary.BigEndian.PutUint64(end[len(end)-16:], uint64(size)>>61)
	binary.BigEndian.PutUint64(end[len(end)-8:], uint64(size)<<3)
	return end
}

// initial is H(0) of §5.3.5: the first 64 bits behind the point of the square roots of the first eight primes.
var initial = [8]uint64{
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// roundConstants are K of §4.2.3: the same of the cube roots of the first eighty.
var roundConstants = [80]uint64{
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
	0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
	0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
	0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
	0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
	0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
	0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
	0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
	0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
	0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
	0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
	0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
}
