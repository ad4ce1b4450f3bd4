// Package examine looks whether a file is whole as what it says it is: a document that opens
// and ends as its format wants. It is cheap and bounded in bytes, and with them in time; it is no
// validation: a file that passes may still be bad, one that fails is broken for certain. What
// cannot be told within the bounds is not judged.
//
// What is broken is a warning, not a refusal: an archive takes a damaged original too, and it
// must know. The one exception is a ZIP that unpacks to far more than it has (Bomb): nobody could
// ever open it here, and the department can hand over what is in it.
package examine

import (
	"bytes"
	"errors"
	"io"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// The findings. Each names the file and what a person can do about it.
var (
	BadXML = fault.Define(fault.Invalid, "examine.xml",
		"the XML file {path} is not well-formed ({problem}); export the document again",
		"файл XML {path} составлен неправильно ({problem}); выгрузите документ заново",
		"{path} XML файлы дұрыс құрылмаған ({problem}); құжатты қайта шығарыңыз")
	BadPDF = fault.Define(fault.Invalid, "examine.pdf",
		"the PDF {path} is broken ({problem}); open its source and save it again",
		"PDF {path} повреждён ({problem}); откройте источник и сохраните его заново",
		"{path} PDF файлы бүлінген ({problem}); түпнұсқасын ашып, қайта сақтаңыз")
	BadImage = fault.Define(fault.Invalid, "examine.image",
		"the image {path} is broken ({problem}); scan or export it again",
		"изображение {path} повреждено ({problem}); отсканируйте или выгрузите его заново",
		"{path} кескіні бүлінген ({problem}); қайта сканерлеңіз немесе шығарыңыз")
	BadZIP = fault.Define(fault.Invalid, "examine.zip",
		"the ZIP {path} is broken ({problem}); pack it again",
		"ZIP {path} повреждён ({problem}); упакуйте его заново",
		"{path} ZIP файлы бүлінген ({problem}); қайта қаптаңыз")
	Bomb = fault.Define(fault.Refused, "examine.bomb",
		"the ZIP {path} unpacks to {size} bytes from {packed}, more than {ratio} times as much; unpack it and hand over the files",
		"ZIP {path} распаковывается в {size} байт из {packed}, более чем в {ratio} раз; распакуйте его и передайте файлы",
		"{path} ZIP файлы {packed} байттан {size} байтқа ашылады, бұл {ratio} еседен көп; оны ашып, файлдардың өзін тапсырыңыз")
)

// Bounds of one examination.
const (
	headBytes = 512      // by which a kind is told
	maxBytes  = 32 << 20 // that are read of one file, whatever it says
	maxDepth  = 1000     // of elements
	maxChunks = 100_000  // of a PNG, segments of a JPEG, directories of a TIFF
	tailBytes = 64 << 10 // of a PDF or a GIF, in which its end must stand
	// maxRatio is what packing honestly reaches: text has 3 to 20, deflate cannot pass 1,032 to 1.
	maxRatio  = 200
	freeBytes = 1 << 30 // that may be unpacked whatever the ratio is: any reader's disk has room for them
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
// examination.
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

// File examines a file of a size; path is for the finding's text. kind is empty where there is
// nothing to examine, or the bounds did not let it be judged. The error is that of reading, and
// none of the file's faults.
func File(path string, r io.ReaderAt, size int64) (kind Kind, found Finding, err error) {
	head := make([]byte, min(size, headBytes))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", nil, err
	}
	return file(path, KindOf(head), r, size)
}

// Bytes is File for a file that is at hand: of most there is nothing to examine, and they cost nothing.
func Bytes(path string, content []byte) (kind Kind, found Finding, err error) {
	if kind = KindOf(content); kind == "" {
		return "", nil, nil
	}
	return file(path, kind, bytes.NewReader(content), int64(len(content)))
}

func file(path string, kind Kind, r io.ReaderAt, size int64) (Kind, Finding, error) {
	form, ok := forms[kind]
	if !ok {
		return "", nil, nil
	}
	guarded := &reader{r: r, size: size, left: maxBytes}
	problem := form.examine(guarded)
	switch {
	case guarded.failed != nil:
		return "", nil, guarded.failed
	case guarded.unjudged:
		return "", nil, nil
	case problem != nil:
		return kind, form.broken.With("path", path, "problem", problem), nil
	case guarded.bomb > 0:
		return kind, Bomb.With("path", path, "size", guarded.bomb, "packed", size, "ratio", maxRatio), nil
	}
	return kind, nil, nil
}

// forms are what is examined: each gives what is wrong with a file in a few words, nil where
// nothing is.
var forms = map[Kind]struct {
	examine func(*reader) *fault.Error
	broken  *fault.Definition
}{
	XML: {xmlDocument, BadXML}, PDF: {pdf, BadPDF}, ZIP: {zipFile, BadZIP},
	PNG: {png, BadImage}, JPEG: {jpeg, BadImage}, GIF: {gif, BadImage}, TIFF: {tiff, BadImage},
}

// errSpent ends an examination that would read more than its share.
var errSpent = errors.New("examine: enough was read")

// reader tells an error of the disk, which is ours, from an end that comes too early, which is
// the file's, and reads no more than its share.
type reader struct {
	r        io.ReaderAt
	size     int64
	left     int64 // bytes that may still be read
	failed   error
	unjudged bool   // the bounds, or what we do not know, let nothing be told
	bomb     uint64 // what a ZIP unpacks to, where that is far too much
}

// ReadAt implements io.ReaderAt.
func (r *reader) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at >= r.size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), r.size-at)]
	if r.left -= int64(len(want)); r.left < 0 {
		r.unjudged = true
		return 0, errSpent
	}
	n, err := r.r.ReadAt(want, at)
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
