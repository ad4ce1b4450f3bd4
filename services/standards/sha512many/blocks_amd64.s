//go:build amd64 && !purego

#include "textflag.h"

// Eight messages at once (FIPS 180-4 §6.4): each register has a word of all eight, so that what one message does step by
// step eight do in the same steps. AVX-512 has what SHA-512 is made of as single instructions: rotation, and any
// function of three operands by its table (VPTERNLOGQ: 0x96 is the sum without carry, 0xCA Ch, 0xE8 Maj).
//
// Z0–Z7 have a–h, Z8–Z23 the last sixteen words of the message schedule, Z24–Z31 what is needed for a moment.

// The bytes of each word in reverse: messages are big-endian.
DATA ·reverse<>+0(SB)/8, $0x0001020304050607
DATA ·reverse<>+8(SB)/8, $0x08090a0b0c0d0e0f
DATA ·reverse<>+16(SB)/8, $0x0001020304050607
DATA ·reverse<>+24(SB)/8, $0x08090a0b0c0d0e0f
DATA ·reverse<>+32(SB)/8, $0x0001020304050607
DATA ·reverse<>+40(SB)/8, $0x08090a0b0c0d0e0f
DATA ·reverse<>+48(SB)/8, $0x0001020304050607
DATA ·reverse<>+56(SB)/8, $0x08090a0b0c0d0e0f
GLOBL ·reverse<>(SB), RODATA|NOPTR, $64

// ROW reads eight words of a lane.
#define ROW(lane, half, r) \
	MOVQ      (lane*8)(SI), AX      \
	VMOVDQU64 half(AX)(BX*1), r     \
	VPSHUFB   Z31, r, r

// TURN makes of eight rows, each with words of one lane, eight columns, each with a word of all lanes. t are for a moment.
#define TURN(r0, r1, r2, r3, r4, r5, r6, r7, t0, t1, t2, t3, t4, t5, t6, t7) \
	VPUNPCKLQDQ r1, r0, t0          \
	VPUNPCKHQDQ r1, r0, t1          \
	VPUNPCKLQDQ r3, r2, t2          \
	VPUNPCKHQDQ r3, r2, t3          \
	VPUNPCKLQDQ r5, r4, t4          \
	VPUNPCKHQDQ r5, r4, t5          \
	VPUNPCKLQDQ r7, r6, t6          \
	VPUNPCKHQDQ r7, r6, t7          \
	VSHUFI64X2  $0x88, t2, t0, r0   \
	VSHUFI64X2  $0xDD, t2, t0, r2   \
	VSHUFI64X2  $0x88, t3, t1, r1   \
	VSHUFI64X2  $0xDD, t3, t1, r3   \
	VSHUFI64X2  $0x88, t6, t4, r4   \
	VSHUFI64X2  $0xDD, t6, t4, r6   \
	VSHUFI64X2  $0x88, t7, t5, r5   \
	VSHUFI64X2  $0xDD, t7, t5, r7   \
	VSHUFI64X2  $0x88, r4, r0, t0   \
	VSHUFI64X2  $0xDD, r4, r0, t4   \
	VSHUFI64X2  $0x88, r6, r2, t2   \
	VSHUFI64X2  $0xDD, r6, r2, t6   \
	VSHUFI64X2  $0x88, r5, r1, t1   \
	VSHUFI64X2  $0xDD, r5, r1, t5   \
	VSHUFI64X2  $0x88, r7, r3, t3   \
	VSHUFI64X2  $0xDD, r7, r3, t7   \
	VMOVDQA64   t0, r0              \
	VMOVDQA64   t1, r1              \
	VMOVDQA64   t2, r2              \
	VMOVDQA64   t3, r3              \
	VMOVDQA64   t4, r4              \
	VMOVDQA64   t5, r5              \
	VMOVDQA64   t6, r6              \
	VMOVDQA64   t7, r7

// ROUND is one of the eighty, with word w and the constant n of the next sixteen.
#define ROUND(a, b, c, d, e, f, g, h, w, n) \
	VPADDQ      w, h, h             \
	VPADDQ.BCST (n*8)(R8), h, h     \
	VPRORQ      $14, e, Z24         \
	VPRORQ      $18, e, Z25         \
	VPRORQ      $41, e, Z26         \
	VPTERNLOGQ  $0x96, Z24, Z25, Z26 \
	VMOVDQA64   e, Z27              \
	VPTERNLOGQ  $0xCA, g, f, Z27    \
	VPADDQ      Z26, h, h           \
	VPADDQ      Z27, h, h           \
	VPADDQ      h, d, d             \
	VPRORQ      $28, a, Z28         \
	VPRORQ      $34, a, Z29         \
	VPRORQ      $39, a, Z30         \
	VPTERNLOGQ  $0x96, Z28, Z29, Z30 \
	VMOVDQA64   a, Z31              \
	VPTERNLOGQ  $0xE8, c, b, Z31    \
	VPADDQ      Z30, h, h           \
	VPADDQ      Z31, h, h

// NEXT makes word t+16 of the schedule in the place of word t; the others are words t+1, t+9 and t+14.
#define NEXT(w, w1, w9, w14) \
	VPRORQ     $1, w1, Z24          \
	VPRORQ     $8, w1, Z25          \
	VPSRLQ     $7, w1, Z26          \
	VPTERNLOGQ $0x96, Z24, Z25, Z26 \
	VPADDQ     w9, w, w             \
	VPRORQ     $19, w14, Z27        \
	VPRORQ     $61, w14, Z28        \
	VPSRLQ     $6, w14, Z29         \
	VPTERNLOGQ $0x96, Z27, Z28, Z29 \
	VPADDQ     Z26, w, w            \
	VPADDQ     Z29, w, w

// func blocks(state *[8][Lanes]uint64, lanes *[Lanes]*byte, constants *[80]uint64, n int)
TEXT ·blocks(SB), NOSPLIT, $0-32
	MOVQ state+0(FP), DI
	MOVQ lanes+8(FP), SI
	MOVQ constants+16(FP), DX
	MOVQ n+24(FP), CX
	XORQ BX, BX
	TESTQ CX, CX
	JZ   done
	VMOVDQU64 0(DI), Z0
	VMOVDQU64 64(DI), Z1
	VMOVDQU64 128(DI), Z2
	VMOVDQU64 192(DI), Z3
	VMOVDQU64 256(DI), Z4
	VMOVDQU64 320(DI), Z5
	VMOVDQU64 384(DI), Z6
	VMOVDQU64 448(DI), Z7

block:
	VMOVDQU64 ·reverse<>(SB), Z31
	ROW(0, 0, Z8)
	ROW(1, 0, Z9)
	ROW(2, 0, Z10)
	ROW(3, 0, Z11)
	ROW(4, 0, Z12)
	ROW(5, 0, Z13)
	ROW(6, 0, Z14)
	ROW(7, 0, Z15)
	TURN(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15, Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)
	ROW(0, 64, Z16)
	ROW(1, 64, Z17)
	ROW(2, 64, Z18)
	ROW(3, 64, Z19)
	ROW(4, 64, Z20)
	ROW(5, 64, Z21)
	ROW(6, 64, Z22)
	ROW(7, 64, Z23)
	TURN(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31)
	MOVQ DX, R8
	MOVQ $4, R9

sixteen:
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, 0)
	NEXT(Z8, Z9, Z17, Z22)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z9, 1)
	NEXT(Z9, Z10, Z18, Z23)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z10, 2)
	NEXT(Z10, Z11, Z19, Z8)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z11, 3)
	NEXT(Z11, Z12, Z20, Z9)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z12, 4)
	NEXT(Z12, Z13, Z21, Z10)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z13, 5)
	NEXT(Z13, Z14, Z22, Z11)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z14, 6)
	NEXT(Z14, Z15, Z23, Z12)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z15, 7)
	NEXT(Z15, Z16, Z8, Z13)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, 8)
	NEXT(Z16, Z17, Z9, Z14)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, 9)
	NEXT(Z17, Z18, Z10, Z15)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, 10)
	NEXT(Z18, Z19, Z11, Z16)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, 11)
	NEXT(Z19, Z20, Z12, Z17)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, 12)
	NEXT(Z20, Z21, Z13, Z18)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, 13)
	NEXT(Z21, Z22, Z14, Z19)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, 14)
	NEXT(Z22, Z23, Z15, Z20)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, 15)
	NEXT(Z23, Z8, Z16, Z21)
	ADDQ $128, R8
	DECQ R9
	JNZ  sixteen

	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, 0)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z9, 1)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z10, 2)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z11, 3)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z12, 4)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z13, 5)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z14, 6)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z15, 7)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, 8)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, 9)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, 10)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, 11)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, 12)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, 13)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, 14)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, 15)

	VPADDQ    0(DI), Z0, Z0
	VPADDQ    64(DI), Z1, Z1
	VPADDQ    128(DI), Z2, Z2
	VPADDQ    192(DI), Z3, Z3
	VPADDQ    256(DI), Z4, Z4
	VPADDQ    320(DI), Z5, Z5
	VPADDQ    384(DI), Z6, Z6
	VPADDQ    448(DI), Z7, Z7
	VMOVDQU64 Z0, 0(DI)
	VMOVDQU64 Z1, 64(DI)
	VMOVDQU64 Z2, 128(DI)
	VMOVDQU64 Z3, 192(DI)
	VMOVDQU64 Z4, 256(DI)
	VMOVDQU64 Z5, 320(DI)
	VMOVDQU64 Z6, 384(DI)
	VMOVDQU64 Z7, 448(DI)
	ADDQ $128, BX
	DECQ CX
	JNZ  block
	VZEROUPPER

done:
	RET
