package certificate

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// NotOurs says that the first revision is no PDF that Draw made, so nothing can be appended.
var NotOurs = fault.Define(fault.Invalid, "certificate.not_ours",
	"the proof cannot be appended: this PDF was not printed here ({problem}); take the file that was signed",
	"доказательство нельзя добавить: этот PDF напечатан не здесь ({problem}); возьмите подписанный файл",
	"дәлелді қосуға болмайды: бұл PDF осы жерде басып шығарылмаған ({problem}); қол қойылған файлды алыңыз")

// The appended revision, an incremental update (ISO 32000-1 §7.5.6): the catalog again with
// the embedded file in it, the file, its specification, a cross-reference section and a
// trailer that points back with /Prev and says with /QoymaFirst how long the first revision
// is. It follows from the first revision and the proof alone, byte for byte; so whether a
// file has any other appended content is answered by appending the proof again and comparing.
const (
	fileName  = "qoyma-proof.json"
	fileTitle = "Qoyma: proof of the signature (qoyma verify)"
	noFiles   = "/Names <<\n/EmbeddedFiles << /Names [\n  \n] >>\n>>\n" // as the printer leaves it
)

var (
	// ending is how a file ends that carries a proof.
	ending = regexp.MustCompile(`(?:\A|\n)trailer\n<< /Size ([0-9]{1,10}) /Root ([0-9]{1,10}) 0 R(?: /Info [0-9]{1,10} 0 R)? /Prev ([0-9]{1,10}) /QoymaFirst ([0-9]{1,10}) >>\nstartxref\n([0-9]{1,10})\n%%EOF\n`)
	// firstEnding is how a first revision ends.
	firstEnding = regexp.MustCompile(`\ntrailer\n<<\n/Size ([0-9]{1,10})\n/Root ([0-9]{1,10}) 0 R\n(?:/Info ([0-9]{1,10}) 0 R\n)?>>\nstartxref\n([0-9]{1,10})\n%%EOF\n\z`)
)

// maxFile is the largest PDF that is looked at, in bytes.
const maxFile = 64 << 20

// first is what is needed of a first revision to continue it.
type first struct {
	size, root, info int // number of objects, of the catalog, of the info dictionary (0: none)
	xref             int // offset of its cross-reference section
	catalog          []byte
}

// parseFirst reads the end and the catalog of a PDF as our printer writes them; any other
// form is refused, for guessing at foreign PDFs is what makes signatures forgeable.
func parseFirst(pdf []byte) (f first, err error) {
	bad := func(problem string) (first, error) { return first{}, NotOurs.With("problem", problem) }
	if len(pdf) > maxFile || !bytes.HasPrefix(pdf, []byte("%PDF-1.")) {
		return bad("header")
	}
	m := firstEnding.FindSubmatchIndex(pdf[max(0, len(pdf)-400):])
	if m == nil {
		return bad("trailer")
	}
	tail := pdf[max(0, len(pdf)-400):]
	group := func(i int) int {
		if m[2*i] < 0 {
			return 0
		}
		n, _ := strconv.Atoi(string(tail[m[2*i]:m[2*i+1]])) // at most ten digits by the expression
		return n
	}
	f = first{size: group(1), root: group(2), info: group(3), xref: group(4)}
	const entry = 20 // bytes of a cross-reference entry (ISO 32000-1 §7.5.4)
	head := fmt.Appendf(nil, "xref\n0 %d\n", f.size)
	at := f.xref + len(head) + entry*f.root
	if f.root < 1 || f.root >= f.size || f.size > len(pdf)/entry || f.xref < 0 || f.xref > len(pdf) || at+entry > len(pdf) || !bytes.HasPrefix(pdf[f.xref:], head) {
		return bad("xref")
	}
	offset, err := strconv.Atoi(string(pdf[at : at+10]))
	if err != nil || offset < 0 || offset > f.xref || string(pdf[at+10:at+entry]) != " 00000 n \n" {
		return bad("xref")
	}
	rest, ok := bytes.CutPrefix(pdf[offset:f.xref], fmt.Appendf(nil, "%d 0 obj\n<<\n/Type /Catalog\n", f.root))
	if !ok {
		return bad("catalog")
	}
	dict, _, ok := bytes.Cut(rest, []byte(">>\nendobj\n"))
	if !ok || len(dict) > 4096 || bytes.Count(dict, []byte(noFiles)) != 1 {
		return bad("catalog")
	}
	f.catalog = bytes.Replace(dict, []byte(noFiles), nil, 1)
	return f, nil
}

// appendUpdate writes the second revision behind the first one.
func appendUpdate(pdf, content []byte) ([]byte, error) {
	f, err := parseFirst(pdf)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(pdf)+len(content)+2048)
	out = append(out, pdf...)
	file, spec := f.size, f.size+1
	catalogAt := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n<<\n/Type /Catalog\n%s/Names << /EmbeddedFiles << /Names [(%s) %d 0 R] >> >>\n/AF [%d 0 R]\n>>\nendobj\n", f.root, f.catalog, fileName, spec, spec)
	fileAt := len(out)
	out = append(out, streamHead(file, len(content))...)
	out = append(out, content...)
	out = append(out, streamTail...)
	specAt := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n<< /Type /Filespec /F (%s) /UF (%s) /Desc (%s) /AFRelationship /Supplement /EF << /F %d 0 R /UF %d 0 R >> >>\nendobj\n",
		spec, fileName, fileName, fileTitle, file, file)
	xref := len(out)
	out = fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n \n%d 2\n%010d 00000 n \n%010d 00000 n \n", f.root, catalogAt, file, fileAt, specAt)
	info := ""
	if f.info > 0 {
		info = fmt.Sprintf(" /Info %d 0 R", f.info)
	}
	return fmt.Appendf(out, "trailer\n<< /Size %d /Root %d 0 R%s /Prev %d /QoymaFirst %d >>\nstartxref\n%d\n%%%%EOF\n", f.size+2, f.root, info, f.xref, len(pdf), xref), nil
}

const (
	streamMark = "<< /Type /EmbeddedFile /Subtype /application#2Fjson /QoymaProof 1 /Length "
	streamTail = "\nendstream\nendobj\n"
)

func streamHead(object, length int) []byte {
	return fmt.Appendf(nil, "%d 0 obj\n%s%d >>\nstream\n", object, streamMark, length)
}

// cut finds the first revision and the embedded proof of a file, without judging what else
// is in it.
func cut(pdf []byte) (firstRevision, content []byte, err error) {
	switch {
	case len(pdf) > maxFile:
		return nil, nil, TooLarge.With("limit", maxFile>>20)
	case !bytes.HasPrefix(pdf, []byte("%PDF-")):
		return nil, nil, NotPDF.With()
	}
	ends := ending.FindAllSubmatchIndex(pdf, -1)
	if len(ends) == 0 {
		return nil, nil, unproven(pdf)
	}
	// A proof holds no such text, for strings in JSON have no bare line breaks; so two ends mean
	// two updates, or bytes put together.
	if last := ends[len(ends)-1]; len(ends) > 1 || last[1] != len(pdf) {
		return nil, nil, Appended.With()
	}
	n, _ := strconv.Atoi(string(pdf[ends[0][8]:ends[0][9]])) // at most ten digits
	if n <= 0 || n >= ends[0][0] {
		return nil, nil, Foreign.With()
	}
	update := pdf[n:]
	at := bytes.Index(update, []byte(streamMark))
	if at < 0 {
		return nil, nil, Foreign.With()
	}
	rest := update[at+len(streamMark):]
	number, rest, _ := bytes.Cut(rest, []byte(" >>\nstream\n"))
	length, err := strconv.Atoi(string(number))
	if err != nil || length < 0 || length > len(rest) {
		return nil, nil, Foreign.With()
	}
	return pdf[:n], rest[:length], nil
}

// unproven tells why a file carries no whole proof.
func unproven(pdf []byte) error {
	ended := bytes.HasSuffix(bytes.TrimRight(pdf, "\r\n \x00"), []byte("%%EOF"))
	switch {
	case bytes.Contains(pdf, []byte(streamMark)) && ended:
		return Foreign.With()
	case bytes.Contains(pdf, []byte(streamMark)), !ended:
		return Truncated.With()
	}
	return NoProof.With()
}
