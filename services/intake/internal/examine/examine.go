// Package examine looks whether a file is whole as what it says it is: a document that opens
// and ends as its format wants. It is cheap and bounded in bytes and time, and it is no
// validation: a file that passes may still be bad, one that fails is broken for certain.
//
// What is broken is a warning, not a refusal: an archive takes a damaged original too, and it
// must know. The one exception is an archive that unpacks to far more than it has (Bomb).
package examine

import (
	"errors"
	"io"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// The findings. Each names what a person can do about it.
var (
	BadXML = fault.Define(fault.Invalid, "examine.xml",
		"the XML is not well-formed: {problem}; export the document again",
		"XML составлен неправильно: {problem}; выгрузите документ заново",
		"XML дұрыс құрылмаған: {problem}; құжатты қайта шығарыңыз")
	BadPDF = fault.Define(fault.Invalid, "examine.pdf",
		"the PDF is broken: {problem}; open it and save it again from its source",
		"PDF повреждён: {problem}; откройте источник и сохраните его заново",
		"PDF бүлінген: {problem}; түпнұсқасын ашып, қайта сақтаңыз")
	BadImage = fault.Define(fault.Invalid, "examine.image",
		"the image is broken: {problem}; scan or export it again",
		"изображение повреждено: {problem}; отсканируйте или выгрузите его заново",
		"кескін бүлінген: {problem}; қайта сканерлеңіз немесе шығарыңыз")
	BadZIP = fault.Define(fault.Invalid, "examine.zip",
		"the ZIP is broken: {problem}; pack it again",
		"ZIP повреждён: {problem}; упакуйте заново",
		"ZIP бүлінген: {problem}; қайта қаптаңыз")
	Bomb = fault.Define(fault.Refused, "examine.bomb",
		"the ZIP unpacks to {size} bytes from {packed}, more than {ratio} times as much; unpack it and hand over the files",
		"ZIP распаковывается в {size} байт из {packed}, более чем в {ratio} раз; распакуйте его и передайте файлы",
		"ZIP {packed} байттан {size} байтқа ашылады, бұл {ratio} еседен көп; оны ашып, файлдардың өзін тапсырыңыз")
)

// Bounds of one examination.
const (
	maxXML     = 64 << 20 // bytes of a document that are read
	maxDepth   = 1000     // of elements
	maxChunks  = 100_000  // of a PNG, segments of a JPEG, blocks of a GIF, directories of a TIFF
	tailBytes  = 64 << 10 // of a PDF, in which its end must stand
	maxEntries = 1_000_000
	// maxRatio is what packing honestly reaches: deflate cannot pass 1,032 to 1, and text has 3 to 20.
	maxRatio  = 200
	freeBytes = 64 << 20 // that may be unpacked whatever the ratio is
)

// Kind is what a file is examined as.
type Kind string

// The kinds.
const (
	XML  Kind = "xml"
	PDF  Kind = "pdf"
	PNG  Kind = "png"
	JPEG Kind = "jpeg"
	GIF  Kind = "gif"
	TIFF Kind = "tiff"
	ZIP  Kind = "zip"
)

// KindOf tells from the first bytes what a file is examined as; empty where there is no cheap
// examination. At most 512 bytes are looked at.
func KindOf(head []byte) Kind {
	for _, m := range []struct {
		magic string
		kind  Kind
	}{
		{"%PDF-", PDF},
		{"\x89PNG\r\n\x1a\n", PNG},
		{"\xff\xd8\xff", JPEG},
		{"GIF87a", GIF},
		{"GIF89a", GIF},
		{"II*\x00", TIFF},
		{"MM\x00*", TIFF},
		{"PK\x03\x04", ZIP},
		{"PK\x05\x06", ZIP},
		{"<?xml", XML},
		{"\xef\xbb\xbf<?xml", XML},
	} {
		if len(head) >= len(m.magic) && string(head[:len(m.magic)]) == m.magic {
			return m.kind
		}
	}
	return ""
}

// Finding is what is wrong with a file; nil where nothing was found.
type Finding = *fault.Error

// File examines a file of a size. kind is empty where there is nothing to examine. The error is
// that of reading, and none of the file's faults.
func File(r io.ReaderAt, size int64) (kind Kind, found Finding, err error) {
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", nil, err
	}
	guarded := &reader{r: r, size: size}
	switch kind = KindOf(head); kind {
	case XML:
		found = xmlDocument(guarded)
	case PDF:
		found = pdf(guarded)
	case PNG:
		found = png(guarded)
	case JPEG:
		found = jpeg(guarded)
	case GIF:
		found = gif(guarded)
	case TIFF:
		found = tiff(guarded)
	case ZIP:
		found = zipFile(guarded)
	}
	return kind, found, guarded.failed
}

// reader tells an error of the disk, which is ours, from an end that comes too early, which is
// the file's.
type reader struct {
	r      io.ReaderAt
	size   int64
	failed error
}

func (r *reader) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at >= r.size {
		return 0, io.EOF
	}
	n, err := r.r.ReadAt(p[:min(int64(len(p)), r.size-at)], at)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// bytes reads exactly n bytes; false where the file ends before.
func (r *reader) bytes(at int64, n int) ([]byte, bool) {
	if at < 0 || n < 0 || at > r.size-int64(n) {
		return nil, false
	}
	p := make([]byte, n)
	got, _ := r.ReadAt(p, at) // what is missing is said by the count
	return p, got == n
}
