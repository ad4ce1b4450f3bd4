package examine

import (
	"bytes"
	"encoding/binary"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// png goes from chunk to chunk (ISO/IEC 15948 §5): first IHDR with a size, last IEND, every
// chunk within the file. The data are not unpacked.
func png(r *reader) *fault.Error {
	at := int64(8)
	for n := range maxChunks {
		head, ok := r.bytes(at, 8)
		if !ok {
			return pngCut.With()
		}
		length, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if n == 0 {
			size, ok := r.bytes(at+8, 8)
			if kind != "IHDR" || length != 13 || !ok || binary.BigEndian.Uint32(size) == 0 || binary.BigEndian.Uint32(size[4:]) == 0 {
				return pngNoSize.With()
			}
		}
		if at += 12 + length; at > r.size {
			return pngOutside.With()
		}
		if kind == "IEND" {
			return nil
		}
	}
	r.unjudged = true
	return nil
}

// jpeg goes from segment to segment to the picture's data (ISO/IEC 10918-1 §B.1), wants a size
// before them, and behind them the marker of the end: cameras write a film behind that.
func jpeg(r *reader) *fault.Error {
	at, sized := int64(2), false
	for range maxChunks {
		head, ok := r.bytes(at, 4)
		if !ok || head[0] != 0xff {
			return jpegCut.With()
		}
		marker := head[1]
		if marker == 0xff || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8) { // filling, and markers alone
			at += 1 + int64(btoi(marker != 0xff))
			continue
		}
		length := int64(binary.BigEndian.Uint16(head[2:]))
		if length < 2 || at+2+length > r.size {
			return jpegOutside.With()
		}
		switch {
		case marker == 0xda && !sized:
			return jpegNoSize.With()
		case marker == 0xda:
			if !ends(r, at) {
				return jpegNoEnd.With()
			}
			return nil
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			size, ok := r.bytes(at+4, 5)
			// A height of 0 may be told later (DNL); a width may not.
			sized = ok && length >= 8 && binary.BigEndian.Uint16(size[3:]) > 0
		}
		at += 2 + length
	}
	r.unjudged = true
	return nil
}

// ends looks for the marker of the end, first in the last 64 KiB, where it nearly always stands.
func ends(r *reader, from int64) bool {
	marker := []byte{0xff, 0xd9}
	for _, at := range []int64{max(from, r.size-tailBytes), from} {
		for ; at < r.size; at += tailBytes - 1 { // a marker may lie across two pieces
			piece, ok := r.bytes(at, int(min(tailBytes, r.size-at)))
			if !ok {
				return false
			}
			if bytes.Contains(piece, marker) {
				return true
			}
		}
	}
	return false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gif wants a size and the byte of the end (GIF89a §17, §27).
func gif(r *reader) *fault.Error {
	head, ok := r.bytes(0, 13)
	if !ok || binary.LittleEndian.Uint16(head[6:]) == 0 || binary.LittleEndian.Uint16(head[8:]) == 0 {
		return gifNoSize.With()
	}
	from := max(13, r.size-tailBytes)
	tail, ok := r.bytes(from, int(r.size-from))
	if !ok || !bytes.Contains(tail, []byte{0x00, 0x3b}) {
		return gifNoEnd.With()
	}
	return nil
}

// tiff goes from directory to directory (TIFF 6.0 §2): each within the file, none twice, the
// first with width and height.
func tiff(r *reader) *fault.Error {
	head, ok := r.bytes(0, 8)
	if !ok {
		return tiffCut.With()
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	seen := map[int64]bool{}
	for at := int64(order.Uint32(head[4:])); at != 0; {
		if len(seen) == maxChunks {
			r.unjudged = true
			return nil
		}
		count, ok := r.bytes(at, 2)
		if !ok || seen[at] {
			return tiffCircle.With()
		}
		n := int(order.Uint16(count))
		rows, ok := r.bytes(at+2, n*12+4)
		if !ok || n == 0 {
			return tiffOutside.With()
		}
		if len(seen) == 0 && !sizedDirectory(order, rows, n) {
			return tiffNoSize.With()
		}
		seen[at] = true
		at = int64(order.Uint32(rows[n*12:]))
	}
	if len(seen) == 0 {
		return tiffNone.With()
	}
	return nil
}

func sizedDirectory(order binary.ByteOrder, rows []byte, n int) bool {
	found := 0
	for i := range n {
		if tag := order.Uint16(rows[i*12:]); tag == 256 || tag == 257 {
			found++
		}
	}
	return found == 2
}
