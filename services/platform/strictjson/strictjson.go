// Package strictjson reads files of JSON that people write (calendars, rules, settings), and says in their language what is wrong with
// one: a library's words are only the cause, for logs.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// What may be wrong with a file, in a few words that follow "the file cannot be read:".
var (
	tooLarge = problem("large", "it has more than {limit} bytes", "в нём больше {limit} байт", "онда {limit} байттан көп")
	empty    = problem("empty", "nothing stands in it", "в нём ничего нет", "онда ештеңе жоқ")
	cut      = problem("cut",
		"it breaks off: a bracket or a quotation mark is not closed",
		"он обрывается: не закрыта скобка или кавычка",
		"ол үзіліп қалған: жақша не тырнақша жабылмаған")
	noJSON    = problem("syntax", "on line {line} it is no JSON", "в строке {line} это не JSON", "{line}-жолда бұл JSON емес")
	noField   = problem("field", "there is no field “{field}”", "поля «{field}» не бывает", "«{field}» деген өріс болмайды")
	otherKind = problem("kind",
		"on line {line} “{field}” has a value of another kind",
		"в строке {line} у «{field}» значение другого вида",
		"{line}-жолда «{field}» мәні басқа түрде")
	second   = problem("second", "something follows behind its end", "после его конца следует что-то ещё", "соңынан кейін тағы бірдеңе бар")
	noValue  = problem("value", "a value in it cannot be read", "одно из значений не читается", "бір мәні оқылмайды")
	wrongAll = problem("whole", "on line {line} a value of another kind begins", "в строке {line} начинается значение другого вида", "{line}-жолда басқа түрдегі мән басталады")
)

// maxShown is how much a message shows of what somebody calls a field, in characters.
const maxShown = 100

func problem(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "strictjson."+code, en, ru, kk)
}

// Decode reads one JSON value of at most so many bytes, with no field that to has not: a misspelt one would silently leave its default.
// It gives what is wrong in a few words, for an argument of the caller's own fault; nil where nothing is. A value that refuses a text by
// a fault of its own (civil.Date) says so itself.
func Decode(data []byte, most int, to any) *fault.Error {
	if len(data) > most {
		return tooLarge.With("limit", most)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return wrong(data, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return second.With().Because(err)
	}
	return nil
}

func wrong(data []byte, err error) *fault.Error {
	line := func(offset int64) int {
		return 1 + bytes.Count(data[:min(max(0, offset), int64(len(data)))], []byte("\n"))
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var own *fault.Error
	name, unknown := strings.CutPrefix(err.Error(), "json: unknown field ") // the library has no type for it
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, io.EOF):
		return empty.With().Because(err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return cut.With().Because(err)
	case errors.As(err, &syntax):
		return noJSON.With("line", line(syntax.Offset)).Because(err)
	case errors.As(err, &kind) && kind.Field == "":
		return wrongAll.With("line", line(kind.Offset)).Because(err)
	case errors.As(err, &kind):
		return otherKind.With("line", line(kind.Offset), "field", clip.Runes(kind.Field, maxShown)).Because(err)
	case unknown:
		return noField.With("field", clip.Runes(strings.Trim(name, `"`), maxShown)).Because(err)
	}
	return noValue.With().Because(err)
}
