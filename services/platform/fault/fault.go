// Package fault is the one error type of Qoyma.
//
// A fault says what kind of thing went wrong (so that the edges can choose a gRPC code,
// an HTTP status and an exit code), carries a stable code (so that programs and
// translators can hold on to it), and speaks to the person in Kazakh, Russian and
// English, telling them what to do next (IS-3). Everything that is not a fault is an
// accident: outside it reads as a bland Internal, in the log it keeps its whole chain.
//
// A package defines its faults once, as variables, and makes one by naming its values:
//
//	var TransferUnknown = fault.Define(fault.NotFound, "intake.transfer.unknown",
//		"there is no transfer {id}; see the list of expected transfers",
//		"передачи {id} нет; посмотрите список ожидаемых передач",
//		"{id} тапсыруы жоқ; күтілетін тапсырулар тізімін қараңыз")
//
//	return TransferUnknown.With("id", id)
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind says which sort of thing went wrong; the edges map it (see HTTP and Exit here,
// and package wire for gRPC).
type Kind uint8

// The kinds. Internal is the zero value: what nobody classified is our own mistake.
const (
	Internal        Kind = iota // our defect; the person can only report it
	Invalid                     // the request itself is wrong; the same request never works
	NotFound                    // the thing named does not exist, or not for this reader
	Conflict                    // it exists already, or was decided otherwise meanwhile
	Refused                     // a rule says no in the present state
	Denied                      // this person may not do this
	Unauthenticated             // we do not know who asks
	Exhausted                   // no room: disk, quota, rate
	Unavailable                 // a part that is needed does not answer now; try again
)

var kindNames = [...]string{
	"internal", "invalid", "not found", "conflict", "refused",
	"denied", "unauthenticated", "exhausted", "unavailable",
}

// String is the kind's name in English, for logs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// HTTP is the status code that a page or the JSON API answers with.
func (k Kind) HTTP() int {
	switch k {
	case Invalid:
		return 400
	case NotFound:
		return 404
	case Conflict:
		return 409
	case Refused:
		return 422
	case Denied:
		return 403
	case Unauthenticated:
		return 401
	case Exhausted:
		return 507
	case Unavailable:
		return 503
	default:
		return 500
	}
}

// Language is one of the three languages of the interface (IS-3).
type Language string

// The languages of the interface.
const (
	Kazakh  Language = "kk"
	Russian Language = "ru"
	English Language = "en"
)

// Definition is one fault as its package defines it: a kind, a stable code in dotted
// lower case beginning with the package's name, and the text in three languages with
// {named} values. It is itself an error, so errors.Is(err, TransferUnknown) works.
type Definition struct {
	Kind       Kind
	Code       string
	EN, RU, KK string
}

// Define makes a definition, for package variables. It panics where a language is
// missing or the three texts do not name the same values: such a program must not start.
func Define(kind Kind, code, en, ru, kk string) *Definition {
	want := names(en)
	for _, text := range []string{en, ru, kk} {
		if text == "" || !slices.Equal(names(text), want) {
			panic("fault " + code + ": the three languages must all be there and name the same values")
		}
	}
	return &Definition{Kind: kind, Code: code, EN: en, RU: ru, KK: kk}
}

// names lists the distinct {names} in a text, sorted.
func names(text string) []string {
	var found []string
	for {
		_, after, ok := strings.Cut(text, "{")
		if !ok {
			break
		}
		name, rest, ok := strings.Cut(after, "}")
		if !ok {
			break
		}
		found, text = append(found, name), rest
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Error makes a definition usable as the target of errors.Is.
func (d *Definition) Error() string { return d.Code }

// With makes a fault, its values given as name, value pairs. A value is printed with
// fmt.Sprint; one that is itself a fault is said in the language of the text. An odd count is a
// programmer's mistake and shows in the text.
func (d *Definition) With(pairs ...any) *Error {
	e := &Error{Definition: *d, Args: make(map[string]string, len(pairs)/2)}
	for i := 0; i+1 < len(pairs); i += 2 {
		name := fmt.Sprint(pairs[i])
		if inner, ok := pairs[i+1].(*Error); ok && inner != nil {
			if e.inner == nil {
				e.inner = make(map[string]*Error)
			}
			e.inner[name], e.Args[name] = inner, inner.In(English)
			continue
		}
		e.Args[name] = fmt.Sprint(pairs[i+1])
	}
	if len(pairs)%2 == 1 {
		e.Args["!"] = fmt.Sprint(pairs[len(pairs)-1])
	}
	return e
}

// Item is one of several things wrong at once: a row of an inventory, an entry of a
// package. Where names it as the person knows it (a path, a row number).
type Item struct {
	Where string
	Fault *Error
}

// Error is one occurrence of a fault.
type Error struct {
	Definition
	Args  map[string]string
	Items []Item            // everything that is wrong, when there is more than one thing
	inner map[string]*Error // those of Args that are faults
	cause error
}

// Error is the English text with its items' count and cause, for logs.
func (e *Error) Error() string {
	s := e.In(English)
	if len(e.Items) > 0 {
		s += fmt.Sprintf(" (%d items)", len(e.Items))
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// In is the text in a language; an unknown language reads as English.
func (e *Error) In(l Language) string {
	text := e.EN
	switch l {
	case Kazakh:
		text = e.KK
	case Russian:
		text = e.RU
	case English:
	}
	if len(e.inner) == 0 {
		return Fill(text, e.Args)
	}
	args := maps.Clone(e.Args)
	for name, f := range e.inner {
		args[name] = f.In(l)
	}
	return Fill(text, args)
}

// Because attaches the cause, which is logged and never shown to the person.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// Listing attaches the items.
func (e *Error) Listing(items []Item) *Error {
	e.Items = items
	return e
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is matches the definition or another occurrence with the same code.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case *Definition:
		return t.Code == e.Code
	case *Error:
		return t.Code == e.Code
	}
	return false
}

// Of finds the fault in an error's chain, and makes an Internal one of anything else.
// Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	var d *Definition
	if errors.As(err, &d) {
		return d.With().Because(err)
	}
	return accident.With().Because(err)
}

// Named finds the fault in an error's chain. False where there is none, or only one that says
// nothing but that something went wrong.
func Named(err error) (f *Error, ok bool) {
	f = Of(err)
	return f, f != nil && f.Code != accident.Code
}

// KindOf is the kind of an error; Internal for what is no fault.
func KindOf(err error) Kind { return Of(err).Kind }

var accident = Define(Internal, "internal",
	"something went wrong on our side; nothing was changed; try again, and tell the administrator if it repeats",
	"произошла внутренняя ошибка; ничего не изменено; повторите, а если повторится – сообщите администратору",
	"ішкі қате болды; ештеңе өзгерген жоқ; қайталап көріңіз, қайталана берсе, әкімшіге хабарлаңыз")

// Fill puts values into a text's {names}.
func Fill(text string, args map[string]string) string {
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Exit is the exit code of a command that ended with err: 0 done, 1 refused or failed,
// 2 wrong use (flags and arguments, which the command line marks with Usage).
func Exit(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, Usage):
		return 2
	default:
		return 1
	}
}

// Usage marks an error in how a command was called.
var Usage = Define(Invalid, "usage",
	"{problem}; see --help",
	"{problem}; см. --help",
	"{problem}; --help қараңыз")
