package sha512many

import (
	"crypto/sha512"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"testing"
)

// messages are bytes of so many lengths, each message another.
func messages(lengths ...int) [][]byte {
	all := make([][]byte, len(lengths))
	for i, n := range lengths {
		all[i] = make([]byte, n)
		_, _ = rand.NewChaCha8([32]byte{byte(i), byte(n), byte(n >> 8)}).Read(all[i]) // never fails
	}
	return all
}

// agrees holds Sum against crypto/sha512. Where the processor is not able it says nothing of blocks.
func agrees(t *testing.T, all [][]byte) {
	t.Helper()
	sums := Sum(all)
	if len(sums) != len(all) {
		t.Fatalf("%d sums of %d messages", len(sums), len(all))
	}
	for i, m := range all {
		if sums[i] != sha512.Sum512(m) {
			t.Errorf("message %d of %d, of %d bytes: %x", i, len(all), len(m), sums[i])
		}
	}
}

// TestEveryLength goes through all lengths around blocks and their padding, with neighbours of other lengths.
func TestEveryLength(t *testing.T) {
	if !able {
		t.Log("this processor counts one by one: no test here reaches the assembly")
	}
	for n := range 3*sha512.BlockSize + 2 {
		agrees(t, messages(n, n, n+1, 2*n, 0, n, 1, n/2, n, 5*n))
	}
}

// TestAnyCompany counts messages of random lengths in random numbers.
func TestAnyCompany(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		lengths := make([]int, random.IntN(40))
		for i := range lengths {
			lengths[i] = random.IntN(1 << random.IntN(17))
		}
		agrees(t, messages(lengths...))
	}
}

// TestLongMessages has more blocks than one call counts.
func TestLongMessages(t *testing.T) {
	n := most * sha512.BlockSize
	agrees(t, messages(n, n+1, n-1, 2*n+5, n, n, n, n, n, 3))
}

func TestNothing(t *testing.T) {
	agrees(t, nil)
	agrees(t, messages(0))
	agrees(t, messages(0, 0, 0, 0, 0, 0, 0, 0, 0))
}

// TestItIsRepeatable counts the same messages from many goroutines, which share nothing but the constants.
func TestItIsRepeatable(t *testing.T) {
	all := messages(20<<10, 20<<10, 5, 300, 70_000, 20<<10, 20<<10, 20<<10, 20<<10)
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 50 {
				agrees(t, all)
			}
		})
	}
}

// TestConstants makes the constants from the primes, as FIPS 180-4 §4.2.3 and §5.3.5 define them.
func TestConstants(t *testing.T) {
	mask := new(big.Int).SetUint64(^uint64(0))
	n := 0
	for p := int64(2); n < len(roundConstants); p++ {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		// K is the greatest number whose cube is not above p·2^192.
		bound := new(big.Int).Lsh(big.NewInt(p), 192)
		root := new(big.Int)
		for bit := 80; bit >= 0; bit-- {
			if larger := new(big.Int).SetBit(root, bit, 1); new(big.Int).Exp(larger, big.NewInt(3), nil).Cmp(bound) <= 0 {
				root = larger
			}
		}
		if want := root.And(root, mask).Uint64(); roundConstants[n] != want {
			t.Errorf("K(%d) is %#x", n, want)
		}
		square := new(big.Int).Sqrt(new(big.Int).Lsh(big.NewInt(p), 128))
		if want := square.And(square, mask).Uint64(); n < len(initial) && initial[n] != want {
			t.Errorf("H(%d) is %#x", n, want)
		}
		n++
	}
}

// FuzzSum cuts bytes into messages by the lengths that stand before them.
func FuzzSum(f *testing.F) {
	f.Add([]byte("\x00\x03\x00\x00\x00\x80abc"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var all [][]byte
		for len(raw) >= 2 {
			n := min(int(binary.BigEndian.Uint16(raw)), len(raw)-2)
			all, raw = append(all, raw[2:2+n]), raw[2+n:]
		}
		agrees(t, all)
	})
}

// BenchmarkSum counts files of 20 KiB, as many as come together, and the same one by one in the same run: the ratio is the
// result.
func BenchmarkSum(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8, 12, 16} {
		lengths := make([]int, n)
		for i := range lengths {
			lengths[i] = 20 << 10
		}
		all := messages(lengths...)
		b.Run("together", func(b *testing.B) {
			b.SetBytes(int64(n * 20 << 10))
			for b.Loop() {
				Sum(all)
			}
		})
		b.Run("one by one", func(b *testing.B) {
			b.SetBytes(int64(n * 20 << 10))
			for b.Loop() {
				for _, m := range all {
					sha512.Sum512(m)
				}
			}
		})
	}
}
