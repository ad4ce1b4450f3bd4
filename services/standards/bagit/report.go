package bagit

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"golang.org/x/text/encoding/unicode"
)

// Report is what a checked bag is. Its lists are sorted, so that the same bag gives the
// same report in whatever order its files came; only of two names that collide, the one
// that came later is refused.
type Report struct {
	Version  string  `json:"version"` // of BagIt, as declared
	Encoding string  `json:"encoding"`
	Info     []Field `json:"info"`    // bag-info.txt in its order
	Payload  []Entry `json:"payload"` // files under data/; none where Options.Spool is set
	Tags     []Entry `json:"tags"`    // all others; none where Options.Spool is set
	Files    int     `json:"-"`       // of the payload, also where they are not listed
	Bytes    int64   `json:"bytes"`   // of the payload
	// Serialization is the media type of the archive that the bag came in, empty for a folder.
	Serialization string `json:"serialization,omitempty"`
	// Manifests and TagManifests are the algorithms for which there is one, sorted.
	Manifests    []string     `json:"manifests"`
	TagManifests []string     `json:"tag_manifests"`
	Fetch        []FetchLine  `json:"fetch,omitempty"`
	Faults       []fault.Item `json:"-"` // what refuses the bag: the first, and behind them MoreFaults where there are more
	Warnings     []fault.Item `json:"-"` // what does not, as Faults
	FaultCount   int          `json:"fault_count"`
	WarningCount int          `json:"warning_count"`
}

// Valid says whether the bag is complete and valid (RFC 8493 §3).
func (r *Report) Valid() bool { return len(r.Faults) == 0 }

// Err is nil for a valid bag, otherwise the fault Refused listing Faults.
func (r *Report) Err() error {
	if r.Valid() {
		return nil
	}
	return Refused.With("count", r.FaultCount).Listing(r.Faults)
}

// Values are the values of a label in the metadata, without regard to capital letters. Where
// the bag's version had another name for it (Packing-Date), those are meant too.
func (r *Report) Values(label string) []string {
	rules := editionOf(r.Version)
	var values []string
	for _, f := range r.Info {
		if strings.EqualFold(f.Label, label) || strings.EqualFold(rules.label(f.Label), label) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Finish judges the bag as a whole after its last file. It may be called again after
// Reread and then takes the new digests into account.
func (c *Checker) Finish() *Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := &judge{Checker: c, report: &Report{Serialization: c.serialization}, found: c.found.clone()}
	if c.unread {
		j.settle()
		return j.report
	}
	for _, path := range slices.Sorted(maps.Keys(c.open)) {
		c.keep(c.open[path]) // as far as it came
	}
	j.files()
	j.declaration()
	j.info()
	j.manifests()
	j.fetch()
	if !j.wrapping { // what Wrap lists was made from what came
		j.compare(&j.payload)
		j.compare(&j.tags)
	}
	j.spooled(errors.Join(j.payload.close(), j.tags.close()))
	if c.opts.Profile != nil {
		j.found.add(c.opts.Profile.judgeForm(j.report)...)
		c.opts.Profile.judgeContent(j.report, c.whole(true), j.found.add)
	}
	j.settle()
	return j.report
}

// judge is one Finish under way.
type judge struct {
	*Checker
	report  *Report
	found   findings // shadows the checker's: Finish leaves those as they were
	payload manifests
	tags    manifests
	toFetch map[string]bool

	unlike   []fault.Item // warnings of formats that the names do not promise, as many as are listed
	unlikely int          // how many there are
}

func (j *judge) bad(where string, r *Rule, args ...any) {
	j.found.add(finding{where, r, args})
}

// files sorts what came into payload and tag files.
func (j *judge) files() {
	for w := j.walk(); w.next(); {
		e, payload := w.entry(), w.payload()
		if !e.done {
			if !e.aborted {
				j.bad(show(e.Path), Unreadable)
			}
			continue
		}
		if payload {
			j.report.Files++
			j.report.Bytes += e.Size
			j.format(e)
		}
		switch {
		case j.opts.Spool.Dir != "":
		case payload:
			j.report.Payload = append(j.report.Payload, e.entry())
		default:
			j.report.Tags = append(j.report.Tags, e.entry())
		}
	}
	if kind, _ := j.named("data"); kind != nameDir {
		j.bad("data/", NoPayload)
	} else if j.report.Files == 0 {
		j.bad("data/", EmptyPayload)
	}
}

// format warns of a file that is not what its name promises.
func (j *judge) format(e *entry) {
	warning := e.Format.Warning(e.Path)
	if warning == nil {
		return
	}
	if j.unlikely++; len(j.unlike) < j.opts.Limits.Faults {
		j.unlike = append(j.unlike, fault.Item{Where: show(e.Path), Fault: warning})
	}
}

func (j *judge) declaration() {
	j.report.Version, j.report.Encoding = "1.0", "UTF-8"
	text, there := j.texts["bagit.txt"]
	if !there {
		if !j.tooBig["bagit.txt"] {
			j.bad("bagit.txt", NoDeclaration)
		}
		return
	}
	raw, err := io.ReadAll(text.Reader())
	if err != nil {
		j.spooled(err)
		return
	}
	d, found := parseDeclaration(raw)
	j.found.add(found...)
	j.report.Version, j.report.Encoding = d.version, d.encoding
}

// text is a small tag file in the declared encoding, and whether it is there and is text.
func (j *judge) text(name string) (string, bool) {
	r, there := j.reader(name)
	if !there {
		return "", false
	}
	text, err := io.ReadAll(r)
	j.spooled(err)
	return string(text), err == nil
}

// reader reads a tag file in the declared encoding, and says whether it is there and is text.
func (j *judge) reader(name string) (io.Reader, bool) {
	text, there := j.texts[name]
	if !there {
		return nil, false
	}
	charset := decoder(j.report.Encoding)
	if charset == nil || charset == unicode.UTF8 {
		marked, err := begins(text.Reader(), utf8BOM)
		if j.spooled(err); marked {
			j.bad(name, TagBOM)
		}
		open := func() io.Reader {
			r := text.Reader()
			if marked {
				_, err := io.CopyN(io.Discard, r, int64(len(utf8BOM)))
				j.spooled(err)
			}
			return r
		}
		whole, err := isUTF8(open())
		if j.spooled(err); !whole {
			j.bad(name, BadText, "encoding", "UTF-8")
		}
		return open(), whole
	}
	open := func() io.Reader { return charset.NewDecoder().Reader(text.Reader()) }
	if !decodes(open()) {
		j.bad(name, BadText, "encoding", j.report.Encoding)
		return nil, false
	}
	return open(), true
}

func (j *judge) info() {
	name := j.infoName()
	text, there := j.text(name)
	if !there {
		return
	}
	fields, found := parseInfo(name, text, j.opts.Limits)
	j.found.join(found)
	j.report.Info = fields
	promised, odd := findOxum(name, fields, editionOf(j.report.Version))
	j.found.add(odd...)
	got := oxum{j.report.Bytes, int64(j.report.Files)}
	if promised != nil && *promised != got {
		j.bad(name, WrongOxum, "expected", promised.String(), "found", got.String())
	}
}

// infoName is the file that holds the metadata. Tools of the years between 0.95 and 0.96 wrote
// the name of one version into bags of the other.
func (j *judge) infoName() string {
	name, other := editionOf(j.report.Version).info, packageInfo
	if name == packageInfo {
		other = bagInfo
	}
	if j.special[name] {
		return name
	}
	if _, there := j.texts[other]; there {
		j.bad(other, OtherInfoName, "expected", name)
		return other
	}
	return name
}
