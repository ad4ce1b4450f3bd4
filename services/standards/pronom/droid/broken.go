package droid

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// What may be wrong with a signature file, in a few words: the {problem} of BadFile. What exactly, in the words of this package and of
// the library, is the cause, for logs.
var (
	notXML   = problem("xml", "a markup error on line {line}", "ошибка разметки в строке {line}", "{line}-жолда белгілеу қатесі")
	cutOff   = problem("cut", "it is empty or cut off", "он пуст или обрывается", "ол бос не үзіліп қалған")
	tooLarge = problem("large", "it is larger than {limit} MiB", "он больше {limit} МиБ", "ол {limit} МиБ-тан үлкен")
	badEntry = problem("signature", "the signature {id} in it cannot be used", "запись {id} в нём не годится", "ондағы {id} жазбасы жарамайды")
	lacking  = problem("content",
		"it has no signatures, formats or containers, or other values than such files have",
		"в нём нет сигнатур, форматов или контейнеров либо значения не те, что бывают в таких файлах",
		"онда сигнатуралар, форматтар не контейнерлер жоқ немесе мәндері мұндай файлдардағыдай емес")
)

func problem(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "pronom.problem."+code, en, ru, kk)
}

var (
	errTooLarge = errors.New("it is larger than a signature file may be")
	errTwice    = errors.New("the format is there twice or has no PUID")
	errNoFiles  = errors.New("the container signature names no files")
)

// named is how a file calls an entry, as far as a person reads it.
func named(id string) string { return fmt.Sprintf("%.60q", id) }

// entryError is what is wrong with one entry of a file.
type entryError struct {
	id  string
	err error
}

func (e *entryError) Error() string { return fmt.Sprintf("%s: %v", e.id, e.err) }

func (e *entryError) Unwrap() error { return e.err }

// unusable is the fault of a signature file, because of an error of reading it.
func unusable(file string, err error) error {
	why := lacking.With()
	var markup *xml.SyntaxError
	var entry *entryError
	switch {
	case errors.Is(err, errTooLarge):
		why = tooLarge.With("limit", maxFile>>20)
	case errors.As(err, &entry):
		why = badEntry.With("id", entry.id)
	case errors.As(err, &markup):
		why = notXML.With("line", markup.Line)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		why = cutOff.With()
	}
	return BadFile.With("file", file, "problem", why).Because(err)
}
