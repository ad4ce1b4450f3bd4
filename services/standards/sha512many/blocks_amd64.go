//go:build amd64 && !purego

package sha512many

import "golang.org/x/sys/cpu"

// able says whether the processor, and the system, let us.
var able = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW

// blocks counts n blocks of 128 bytes of each lane on.
//
//go:noescape
func blocks(state *[8][Lanes]uint64, lanes *[Lanes]*byte, constants *[80]uint64, n int)
