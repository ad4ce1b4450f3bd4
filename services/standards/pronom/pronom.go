// Package pronom names the format of a file by its PRONOM unique identifier (PUID) from
// bytes that pass by anyway: it keeps a window at the head and one at the tail, looks at
// them once the file has ended, and never asks for the file again.
//
// What it knows is a table (table.go) of the formats that an archive meets most. The
// facts in it (PUID, name, version, byte patterns) are those of The National Archives'
// registry PRONOM; a test compares them with a DROID signature file where one is at hand.
//
// A name by signature or by what a container holds is a finding. A name by extension is
// only what the sender claims, and a text is only the absence of anything else: Basis
// says which, so that nobody mistakes the one for the other.
package pronom

import (
	"path"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Basis says what a format was recognised by.
type Basis string

// The bases, from the firmest to none.
const (
	Signature Basis = "signature" // byte patterns of the format itself
	Container Basis = "container" // what a ZIP or an OLE2 file holds inside
	Extension Basis = "extension" // only the name says so
	Text      Basis = "text"      // nothing but characters; the extension may refine it
	None      Basis = "none"      // unknown
)

// Result is what is known of a file's format. The zero PUID means that it is unknown.
type Result struct {
	PUID     string `json:"puid"`
	Name     string `json:"name"`
	Version  string `json:"version,omitempty"`
	MIME     string `json:"mime,omitempty"`
	Basis    Basis  `json:"basis"`
	Mismatch bool   `json:"mismatch,omitempty"` // the extension belongs to another format
}

// ExtensionMismatch says that a file's extension promises another format than its bytes
// show. It never refuses a file: it is a warning to the archivist.
var ExtensionMismatch = fault.Define(fault.Invalid, "pronom.extension_mismatch",
	"the extension of {file} does not agree with its content, which looks like {format} ({puid}); ask the sender which is right",
	"расширение файла {file} не соответствует содержимому: по содержимому это {format} ({puid}); уточните у отправителя, что верно",
	"{file} файлының кеңейтімі мазмұнына сәйкес емес: мазмұны бойынша бұл {format} ({puid}); қайсысы дұрыс екенін жіберушіден сұраңыз")

// Warning is the warning that a result gives about the file of that name, or nil.
func (r Result) Warning(file string) *fault.Error {
	if !r.Mismatch {
		return nil
	}
	format, puid := r.Name, r.PUID
	if r.Basis == Extension || puid == "" {
		format, puid = "?", "-"
	}
	return ExtensionMismatch.With("file", file, "format", format, "puid", puid)
}

// Window is the default size of the head and of the tail that are looked at, in bytes:
// what DROID looks at by default.
const Window = 64 << 10

// Identifier is a writer that watches a file's bytes pass. It takes every write, never
// fails, and is used by one goroutine at a time. Reset makes it ready for the next file
// and keeps its memory, so that a pool of them costs nothing per file.
type Identifier struct {
	name   fileName
	window int
	size   int64
	head   []byte
	tail   tail
	extra  capture
	pdf    pdfScan
}

// NewIdentifier watches a file of that name with windows of the default size.
func NewIdentifier(name string) *Identifier { return NewIdentifierWindow(name, Window) }

// NewIdentifierWindow watches with windows of the given size in bytes; less than 1 KiB
// is taken as 1 KiB, since several signatures would not fit.
func NewIdentifierWindow(name string, window int) *Identifier {
	return &Identifier{name: fileName(name), window: max(window, 1<<10)}
}

// Reset makes the identifier ready for another file.
func (i *Identifier) Reset(name string) {
	*i = Identifier{name: fileName(name), window: i.window, head: i.head[:0], tail: i.tail[:0], extra: capture{data: i.extra.data[:0]}}
}

// Write takes the next bytes of the file. It always takes all and never fails.
func (i *Identifier) Write(p []byte) (int, error) {
	n := len(p)
	if room := i.window - len(i.head); room > 0 {
		taken := min(room, n)
		i.head = append(i.head, p[:taken]...)
		if len(i.head) >= directoryNeeds && !i.extra.set {
			i.extra.aim(i.head)
		}
	}
	i.extra.take(p, i.size)
	i.pdf.take(p, i.size, i.head)
	i.tail.take(p, i.window)
	i.size += int64(n)
	return n, nil
}

// tail is the last bytes of a file; up to twice as many as are asked for are kept.
type tail []byte

// take keeps the last bytes, window of them. The slice grows to twice the window before it is
// moved down, so that small writes do not copy the window each time.
func (t *tail) take(p []byte, window int) {
	if len(p) >= window {
		*t = append((*t)[:0], p[len(p)-window:]...)
		return
	}
	if len(*t)+len(p) > 2*window {
		kept := copy(*t, (*t)[len(*t)-(window-len(p)):])
		*t = (*t)[:kept]
	}
	*t = append(*t, p...)
}

func (t tail) last(window int) []byte { return t[max(0, len(t)-window):] }

// view is what the rules look at: the two windows and the few bytes kept beside them.
type view struct {
	size       int64
	head, tail []byte
	extra      []byte // the first directory sectors of an OLE2 file, when outside the windows
	pdfa       []byte // the place of a PDF that claims conformance to PDF/A
}

func (i *Identifier) view() view {
	return view{size: i.size, head: i.head, tail: i.tail.last(i.window), extra: i.extra.data, pdfa: i.pdf.found}
}

// Result says what the file is, once its last byte was written. It may be asked earlier
// or twice and then speaks of what has been seen so far.
func (i *Identifier) Result() Result { return i.name.result(i.view()) }

// Whole is Write of a whole file, and Result: nothing of it is copied. The identifier is of no further use before
// Reset.
func (i *Identifier) Whole(content []byte) Result {
	v := view{size: int64(len(content)), head: content[:min(len(content), i.window)], tail: tail(content).last(i.window)}
	if len(v.head) >= directoryNeeds {
		i.extra.aim(v.head)
	}
	i.extra.take(content, 0)
	i.pdf.take(content, 0, v.head)
	v.extra, v.pdfa = i.extra.data, i.pdf.found
	return i.name.result(v)
}

// fileName is a name that a file came under.
type fileName string

func (n fileName) result(v view) Result {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(string(n)), "."))
	if v.size == 0 {
		return Result{Basis: None}
	}
	if row, basis := recognise(v); row != nil {
		return settle(row, basis, ext)
	}
	if kind := textKind(v); kind != notText {
		return textResult(v, kind, ext)
	}
	return byExtension(ext)
}

// settle turns a recognised row into the result. The shell of a container whose inside
// could not be seen (its directory lies between the windows) is refined by extension,
// and then says so.
func settle(row *Row, basis Basis, ext string) Result {
	if row.Shell != "" {
		for j := range table {
			if table[j].In == row.Shell && table[j].has(ext) {
				return table[j].result(Extension)
			}
		}
	}
	r := row.result(basis)
	r.Mismatch = ext != "" && !row.has(ext) && !row.kin(ext) && known(ext)
	return r
}

// byExtension is the last resort for bytes that nothing recognised. Where the format that
// the extension claims has a signature, and the signature was not there, that is worth a
// warning: the file may be damaged or something else.
func byExtension(ext string) Result {
	row, claimed := claims[ext]
	if !claimed {
		return Result{Basis: None}
	}
	r := row.result(Extension)
	r.Mismatch = row.signed()
	return r
}

// known says whether any row claims the extension; an extension that the table has never
// heard of contradicts nothing.
func known(ext string) bool {
	_, claimed := claims[ext]
	return claimed
}

// claims has the first row that claims each extension.
var claims = func() map[string]*Row {
	rows := map[string]*Row{}
	for j := range table {
		for _, ext := range table[j].Ext {
			if rows[ext] == nil {
				rows[ext] = &table[j]
			}
		}
	}
	return rows
}()

// Identify names a file from its bytes at hand, for callers that have it whole.
func Identify(name string, content []byte) Result {
	return NewIdentifier(name).Whole(content)
}
