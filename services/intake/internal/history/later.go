package history

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/standards/premis"
)

// Later is an event of the journal after the acceptance, of a type that Tells.
type Later struct {
	Seq  uint64
	At   time.Time
	Body proto.Message
}

// Tells says whether an event of the journal belongs into the history of an object, and of which
// accession. What changes or endangers the content does: a fixity check that found damage, a recovery
// from a copy, quarantine and its end, deaccession. What does not:
//
//   - a check that found everything whole: each would make a version that says nothing new, for ever; the
//     journal of the insurance fund counts them (CopiesChecked);
//   - the object's own record, written anew from the journal: it holds nothing that the journal has not;
//   - boxes and shelves: they are where the paper stands, and PREMIS has no event for that;
//   - signatures, approvals, the act of description: they are about the accession, not its bytes.
func Tells(body proto.Message) (accessionNumber string, ok bool) {
	switch b := body.(type) {
	case *intakev1.ContentRestored:
		_, content := transfer.PositionOf(b.GetPath())
		return b.GetAccessionNumber(), content
	case *intakev1.OriginalDamageKnown:
		return b.GetAccessionNumber(), true
	case *intakev1.QuarantineBegun:
		return b.GetAccessionNumber(), true
	case *intakev1.QuarantineEnded:
		return b.GetAccessionNumber(), true
	case *intakev1.AccessionDeaccessioned:
		return b.GetAccessionNumber(), true
	}
	return "", false
}

const (
	fixity       = "fixity"
	recovery     = "recovery"
	quarantine   = "quarantine"
	unquarantine = "unquarantine"
	deaccession  = "deaccession"
)

// deed is one PREMIS event that an event of the journal makes. path is the file that it is about, units
// are the positions of those; neither: it is about the whole object.
type deed struct {
	what    string
	kind    premis.EventType
	detail  string
	outcome premis.Outcome
	path    string
	units   map[uint32]bool
	head    bool // the head decided, not an archivist
}

// deeds puts an event into the words of PREMIS. Words that a person wrote (reasons, notes, receivers) stay
// in the journal: they may name people, and a version of an object can never be taken back.
func (l Later) deeds() []deed {
	switch b := l.Body.(type) {
	case *intakev1.ContentRestored:
		return []deed{
			{what: fixity, kind: premis.FixityCheck, detail: "before the file was replaced", outcome: damage(b.GetSha512(), b.GetDamagedSha512()), path: b.GetPath()},
			{
				what: recovery, kind: premis.Recovery, detail: "from the insurance copy at " + orUnnamed(b.GetFromSite()), path: b.GetPath(),
				outcome: premis.Outcome{Outcome: premis.Success, Notes: []string{"read back: SHA-512 " + b.GetSha512()}},
			},
		}
	case *intakev1.OriginalDamageKnown:
		return []deed{{
			what: fixity, kind: premis.FixityCheck, detail: "check " + orUnnamed(b.GetScrubId()) + " of the insurance fund: " + orUnnamed(b.GetKind()), path: b.GetPath(),
			outcome: damage(b.GetExpectedSha512(), b.GetActualSha512()),
		}}
	case *intakev1.QuarantineBegun:
		return []deed{{what: quarantine, kind: premis.Quarantine, detail: "kept apart from " + orUnnamed(b.GetBegunOn()), outcome: premis.Outcome{Outcome: premis.Success}}}
	case *intakev1.QuarantineEnded:
		outcome := premis.Outcome{Outcome: premis.Success, Notes: []string{orUnnamed(b.GetResult())}}
		if b.GetResult() != "clean" {
			outcome.Outcome = premis.Warning
		}
		return []deed{{what: unquarantine, kind: premis.Unquarantine, detail: "given free on " + orUnnamed(b.GetEndedOn()), outcome: outcome}}
	case *intakev1.AccessionDeaccessioned:
		p := b.GetProtocol()
		d := deed{
			what: deaccession, kind: premis.Deaccession, head: true, units: make(map[uint32]bool), outcome: premis.Outcome{Outcome: premis.Success},
			detail: fmt.Sprintf("%s, act %s/%d of %s, units: %d, by protocol %s of %s, %s", strings.ReplaceAll(orUnnamed(b.GetWay()), "_", " "), b.GetAccessionNumber(), b.GetNumber(),
				orUnnamed(b.GetApprovedOn()), len(b.GetPositions()), orUnnamed(p.GetNumber()), orUnnamed(p.GetDate()), orUnnamed(p.GetCommission())),
		}
		for _, position := range b.GetPositions() {
			d.units[position] = true
		}
		return []deed{d}
	}
	return nil
}

func orUnnamed(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// damage is the outcome of a check that found other bytes than were accepted.
func damage(want, have string) premis.Outcome {
	found := "found: missing or unreadable"
	if have != "" {
		found = "found: SHA-512 " + have
	}
	return premis.Outcome{Outcome: premis.Failure, Notes: []string{"accepted: SHA-512 " + want, found}}
}

// told are the events that later deeds make of objects: of the whole, of files by path, of units.
type told struct {
	whole []premis.Identifier
	files map[string][]premis.Identifier
	units map[uint32][]premis.Identifier
}

func (f *Facts) told() told {
	t := told{files: make(map[string][]premis.Identifier), units: make(map[uint32][]premis.Identifier)}
	for _, l := range f.Later {
		for _, d := range l.deeds() {
			id := journaled(l.Seq, d.what)
			switch {
			case d.path != "":
				t.files[d.path] = append(t.files[d.path], id)
			case d.units != nil:
				t.whole = append(t.whole, id)
				for position := range d.units {
					t.units[position] = append(t.units[position], id)
				}
			default:
				t.whole = append(t.whole, id)
			}
		}
	}
	return t
}

// of are the later events of a file.
func (t told) of(path string) []premis.Identifier {
	position, _ := transfer.PositionOf(path)
	return append(append([]premis.Identifier(nil), t.files[path]...), t.units[position]...)
}

// laterEvents are the PREMIS events of what came after the acceptance, in the order of the journal.
func (f *Facts) laterEvents() (all []premis.Event) {
	for _, l := range f.Later {
		for _, d := range l.deeds() {
			about := f.whole()
			if d.path != "" {
				about = premis.Identifier{Type: pathType, Value: d.path}
			}
			e := premis.Event{
				ID: journaled(l.Seq, d.what), Type: d.kind, At: premis.At(l.At.UTC()), Detail: d.detail, Outcomes: []premis.Outcome{d.outcome},
				Objects: []premis.Link{{Identifier: about}}, Agents: []premis.Link{link(f.keeper(), premis.RoleImplementer)},
			}
			switch {
			case d.head:
				e.Agents = append([]premis.Link{link(f.head(), premis.RoleAuthorizer)}, e.Agents...)
			case d.path == "": // nobody decides on a check or on what follows from it
				e.Agents = append([]premis.Link{link(f.decider(), premis.RoleAuthorizer)}, e.Agents...)
			}
			all = append(all, e)
		}
	}
	return all
}

// head is the office that lets units go, as decider is that which takes them.
func (f *Facts) head() premis.Agent {
	urn := "urn:qoyma:" + f.Archive + ":role:head"
	return premis.Agent{
		IDs: []premis.Identifier{{Type: "URI", Value: urn}}, Names: []string{"head"}, Type: premis.Person,
		Notes: []string{"a role; the journal says which account held it"},
	}
}

// headDecided says whether any of the events is the head's.
func (f *Facts) headDecided() bool {
	for _, l := range f.Later {
		for _, d := range l.deeds() {
			if d.head {
				return true
			}
		}
	}
	return false
}
