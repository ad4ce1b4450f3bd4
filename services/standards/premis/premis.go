// Package premis writes and reads preservation metadata after the PREMIS Data Dictionary
// 3.0 as XML: what an archive holds (objects), what was done with it (events), by whom or
// by what (agents), and on what ground it may be kept and shown (rights).
//
// It carries the part of the dictionary that an archive fills from its own records. What
// else a document of another system says is counted and named in the report, never
// dropped silently; it is not kept.
//
// A document is made from plain values. Stream.Encode takes them one at a time, so that
// memory does not grow with their number; the same values give the same bytes.
package premis

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Namespace is that of PREMIS 3 documents; their root says version="3.0".
const Namespace = "http://www.loc.gov/premis/v3"

const version = "3.0"

// Document is everything that one file says, in the order in which the schema has it.
type Document struct {
	Objects []Object
	Events  []Event
	Agents  []Agent
	Rights  []Rights
}

// Stream is a document whose parts come one at a time; nil means none. A sequence that
// fails midway ends early and leaves its error where its maker finds it.
type Stream struct {
	Objects iter.Seq[Object]
	Events  iter.Seq[Event]
	Agents  iter.Seq[Agent]
	Rights  iter.Seq[Rights]
}

// Stream gives the document's parts one at a time.
func (d *Document) Stream() Stream {
	return Stream{slices.Values(d.Objects), slices.Values(d.Events), slices.Values(d.Agents), slices.Values(d.Rights)}
}

// Identifier names an object, event, agent or rights statement: a kind of identifier
// ("UUID", "local", "archival code") and its value. It is unique in its kind.
type Identifier struct{ Type, Value string }

// String is both parts, for reports.
func (i Identifier) String() string { return i.Type + " " + i.Value }

// Category is what sort of thing an object is (1.2).
type Category string

// The categories.
const (
	IntellectualEntity Category = "intellectualEntity" // a file in the archival sense, a fonds, a package
	Representation     Category = "representation"     // files that together make one rendition of it
	File               Category = "file"
	Bitstream          Category = "bitstream" // a part of a file
)

var categories = []Category{IntellectualEntity, Representation, File, Bitstream}

// stored says whether objects of that category have bytes, and so characteristics (1.5).
func (c Category) stored() bool { return c == File || c == Bitstream }

// UnknownSize is the size of a file whose size nobody wrote down.
const UnknownSize = -1

// Object is one thing that is kept. It never changes here; a later state is another
// document. Fixity, Size and Formats are of files and bitstreams only.
type Object struct {
	IDs           []Identifier // at least one
	Category      Category
	Fixity        []Fixity
	Size          int64    // bytes, or UnknownSize
	Formats       []Format // at least one for a file; the first is the best
	OriginalName  string   // as the sender had it, with its path; not for bitstreams
	Storage       []Storage
	Relationships []Relationship
	Events        []Identifier // what was done with it
	Rights        []Identifier // the statements that hold for it
}

// Fixity is a digest by which a later change is seen (1.5.2).
type Fixity struct {
	Algorithm  string // "SHA-256", "SHA-512" …
	Digest     string // hexadecimal
	Originator string // who counted it first, when that was not the archive
}

// Format is what a file is, by name, by a registry's key, or both (1.5.4).
type Format struct {
	Name, Version string
	Registry, Key string // PRONOM and its PUID, see PRONOM
	Role          string // of the registry's entry: "specification", "validation profile"
	Notes         []string
}

// PRONOM is the name of The National Archives' registry, as Format.Registry.
const PRONOM = "PRONOM"

// Storage is where an object lies (1.7): a place, a medium, or both.
type Storage struct {
	LocationType, Location string
	Medium                 string
}

// Relationship ties an object to others (1.13): "structural", "is part of".
type Relationship struct {
	Type, SubType string
	Objects       []Identifier // at least one
	Events        []Identifier
}

// Event is one thing that was done, when, and how it ended. It is a fact: it is written
// once and never changed.
type Event struct {
	ID       Identifier
	Type     EventType
	At       Date
	Detail   string
	Outcomes []Outcome
	Agents   []Link // who did it, in what role
	Objects  []Link // to what
}

// Outcome is how an event ended (2.5): "success", with notes for people.
type Outcome struct {
	Outcome string
	Notes   []string
}

// Link points to an agent or an object, with its roles in what points there.
type Link struct {
	Identifier
	Roles []string
}

// Agent is a person, an organisation or a program that does things.
type Agent struct {
	IDs     []Identifier // at least one
	Names   []string
	Type    AgentType
	Version string // of a program
	Notes   []string
	Events  []Identifier
	Rights  []Identifier
}

// Rights is one statement of what may be done with objects, and on what ground.
type Rights struct {
	ID        Identifier
	Basis     string // RightsStatute, RightsLicense, RightsCopyright, RightsOther, or another word
	Copyright *Copyright
	License   *License
	Statutes  []Statute
	Other     *OtherRights
	Granted   []Grant
	Objects   []Link
	Agents    []Link
}

// The bases of rights (4.1.2).
const (
	RightsCopyright = "copyright"
	RightsLicense   = "license"
	RightsStatute   = "statute"
	RightsOther     = "other"
)

// Copyright says how a work stands under copyright (4.1.3).
type Copyright struct {
	Status, Jurisdiction string
	Determined           Date
	Notes                []string
	Applies              Period
}

// License is an agreement (4.1.4).
type License struct {
	Documents []Link // the agreement itself
	Terms     string
	Notes     []string
	Applies   Period
}

// Statute is a law (4.1.5): "kz", "Law No. 326-I of 22 December 1998, art. 15".
type Statute struct {
	Jurisdiction, Citation string
	Determined             Date
	Notes                  []string
	Documents              []Link
	Applies                Period
}

// OtherRights is any other ground (4.1.6): a policy, a donor's wish.
type OtherRights struct {
	Documents []Link
	Basis     string
	Applies   Period
	Notes     []string
}

// Grant is an act that is allowed, within which bounds and how long (4.1.7).
type Grant struct {
	Act          string
	Restrictions []string
	Term         Period // of the grant
	Restricted   Period // of the restriction
	Notes        []string
}

// Period is from a date to another, which may be open. The zero period is not written.
type Period struct{ Start, End Date }

// Date is a date or a moment as PREMIS has them (EDTF): "2026", "2026-04", "2026-04-30",
// "2026-04-30T10:15:00+05:00", with ? or ~ when uncertain, two with / between them as an
// interval, or "OPEN".
type Date string

// At is the moment t with its offset, to the nanosecond.
func At(t time.Time) Date { return Date(t.Format(time.RFC3339Nano)) }

// Time is the moment, when it is a full one with its offset.
func (d Date) Time() (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, string(d))
	return t, err == nil
}

var datePattern = regexp.MustCompile(`^-?\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?)?)?[?~]{0,2}$`)

// Valid says whether it is written as PREMIS has dates, and is in the calendar.
func (d Date) Valid() bool {
	from, to, interval := strings.Cut(string(d), "/")
	if !interval {
		return validDate(from)
	}
	return validDate(from) && validDate(to)
}

func validDate(s string) bool {
	if strings.EqualFold(s, "OPEN") || strings.EqualFold(s, "unknown") {
		return true
	}
	if !datePattern.MatchString(s) {
		return false
	}
	s = strings.TrimPrefix(strings.TrimRight(s, "?~"), "-")
	layouts := []string{"2006", "2006-01", time.DateOnly, "2006-01-02T15:04:05", time.RFC3339}
	return slices.ContainsFunc(layouts, func(layout string) bool {
		_, err := time.Parse(layout, s)
		return err == nil
	})
}
