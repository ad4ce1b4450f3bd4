package examine

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// png goes from chunk to chunk (ISO/IEC 15948 §5): first IHDR with a size, last IEND, every
// chunk within the file. The data are not unpacked.
func png(r *reader) Finding {
	at := int64(8)
	for n := range maxChunks {
		head, ok := r.bytes(at, 8)
		if !ok {
			return BadImage.With("problem", "PNG: cut off before IEND")
		}
		length, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if n == 0 {
			size, ok := r.bytes(at+8, 8)
			if kind != "IHDR" || length != 13 || !ok || binary.BigEndian.Uint32(size) == 0 || binary.BigEndian.Uint32(size[4:]) == 0 {
				return BadImage.With("problem", "PNG: no IHDR with a size")
			}
		}
		if at += 12 + length; at > r.size {
			return BadImage.With("problem", "PNG: a chunk ends outside the file")
		}
		if kind == "IEND" {
			return nil
		}
	}
	return BadImage.With("problem", fmt.Sprintf("PNG: more than %d chunks", maxChunks))
}

// jpeg goes from segment to segment to the picture's data (ISO/IEC 10918-1 §B.1), wants a size
// before them, and the marker of the end in the last 64 KiB: cameras write behind it.
func jpeg(r *reader) Finding {
	at, sized := int64(2), false
	for range maxChunks {
		head, ok := r.bytes(at, 4)
		if !ok || head[0] != 0xff {
			return BadImage.With("problem", "JPEG: cut off before its picture")
		}
		marker := head[1]
		if marker == 0xff || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8) { // filling, and markers alone
			at += 1 + int64(btoi(marker != 0xff))
			continue
		}
		length := int64(binary.BigEndian.Uint16(head[2:]))
		if length < 2 || at+2+length > r.size {
			return BadImage.With("problem", "JPEG: a segment ends outside the file")
		}
		switch {
		case marker == 0xda && !sized:
			return BadImage.With("problem", "JPEG: no size before its picture")
		case marker == 0xda:
			from := max(at, r.size-tailBytes)
			tail, ok := r.bytes(from, int(r.size-from))
			if !ok || !bytes.Contains(tail, []byte{0xff, 0xd9}) {
				return BadImage.With("problem", "JPEG: no end of the picture, the file was cut off")
			}
			return nil
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			size, ok := r.bytes(at+4, 5)
			// A height of 0 may be told later (DNL); a width may not.
			sized = ok && length >= 8 && binary.BigEndian.Uint16(size[3:]) > 0
		}
		at += 2 + length
	}
	return BadImage.With("problem", fmt.Sprintf("JPEG: more than %d segments", maxChunks))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gif wants a size and the byte of the end (GIF89a §17, §27).
func gif(r *reader) Finding {
	head, ok := r.bytes(0, 13)
	if !ok || binary.LittleEndian.Uint16(head[6:]) == 0 || binary.LittleEndian.Uint16(head[8:]) == 0 {
		return BadImage.With("problem", "GIF: no size")
	}
	from := max(13, r.size-tailBytes)
	tail, ok := r.bytes(from, int(r.size-from))
	if !ok || !bytes.Contains(tail, []byte{0x00, 0x3b}) {
		return BadImage.With("problem", "GIF: no end, the file was cut off")
	}
	return nil
}

// tiff goes from directory to directory (TIFF 6.0 §2): each within the file, none twice, the
// first with width and height.
func tiff(r *reader) Finding {
	head, ok := r.bytes(0, 8)
	if !ok {
		return BadImage.With("problem", "TIFF: cut off")
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	seen := map[int64]bool{}
	for at := int64(order.Uint32(head[4:])); at != 0; {
		if len(seen) == maxChunks {
			return BadImage.With("problem", fmt.Sprintf("TIFF: more than %d directories", maxChunks))
		}
		count, ok := r.bytes(at, 2)
		if !ok || seen[at] {
			return BadImage.With("problem", "TIFF: a directory outside the file, or in a circle")
		}
		n := int(order.Uint16(count))
		rows, ok := r.bytes(at+2, n*12+4)
		if !ok || n == 0 {
			return BadImage.With("problem", "TIFF: a directory ends outside the file")
		}
		if len(seen) == 0 && !sizedDirectory(order, rows, n) {
			return BadImage.With("problem", "TIFF: no width and height")
		}
		seen[at] = true
		at = int64(order.Uint32(rows[n*12:]))
	}
	if len(seen) == 0 {
		return BadImage.With("problem", "TIFF: no directory")
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
