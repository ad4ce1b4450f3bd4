package premis

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"pgregory.net/rapid"
)

// sound is a document that uses everything once.
func sound() *Document {
	file, whole := Identifier{"local", "data/хаттама.pdf"}, Identifier{"accession", "2026-1"}
	event, agent, rights := Identifier{"journal", "17"}, Identifier{"local", "qoyma"}, Identifier{"local", "law"}
	at := At(time.Date(2026, 4, 30, 10, 15, 0, 5000, time.FixedZone("", 5*3600)))
	link := []Link{{Identifier{"url", "https://adilet.zan.kz/"}, []string{"text"}}}
	return &Document{
		Objects: []Object{
			{
				IDs: []Identifier{file}, Category: File, Size: 0, OriginalName: " Хаттама <1>\t№ 5.pdf",
				Fixity:        []Fixity{{"SHA-256", strings.Repeat("ab", 32), "Мәдениет басқармасы"}},
				Formats:       []Format{{Name: "PDF", Version: "1.4", Registry: PRONOM, Key: "fmt/18", Role: "specification", Notes: []string{"by signature"}}},
				Storage:       []Storage{{"OCFL", "v1/content/data/хаттама.pdf", "disk"}},
				Relationships: []Relationship{{"structural", "is part of", []Identifier{whole}, []Identifier{event}}},
				Events:        []Identifier{event}, Rights: []Identifier{rights},
			},
			{IDs: []Identifier{whole}, Category: IntellectualEntity},
		},
		Events: []Event{{
			ID: event, Type: Ingestion, At: at, Detail: "accepted\nby act 5",
			Outcomes: []Outcome{{Success, []string{"1 file"}}},
			Agents:   []Link{{agent, []string{RoleExecuting}}}, Objects: []Link{{file, []string{RoleSource}}},
		}},
		Agents: []Agent{{IDs: []Identifier{agent}, Names: []string{"Qoyma"}, Type: Software, Version: "1", Notes: []string{"x"}, Events: []Identifier{event}, Rights: []Identifier{rights}}},
		Rights: []Rights{{
			ID: rights, Basis: RightsStatute,
			Copyright: &Copyright{"copyrighted", "kz", "2026", []string{"x"}, Period{"2026", "2096"}},
			License:   &License{link, "as agreed", []string{"x"}, Period{"2026-01-01", "OPEN"}},
			Statutes:  []Statute{{"kz", "326-I, 15", "1998-12-22", []string{"x"}, link, Period{"1999-01-01", ""}}},
			Other:     &OtherRights{link, "donor", Period{}, []string{"x"}},
			Granted:   []Grant{{"disseminate", []string{"reading room"}, Period{"2026", ""}, Period{"2026", "2101"}, []string{"x"}}},
			Objects:   []Link{{file, nil}}, Agents: []Link{{agent, []string{"grantor"}}},
		}},
	}
}

func encoded(t testing.TB, d *Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Encode(&b); err != nil {
		var f *fault.Error
		if errors.As(err, &f) {
			t.Fatalf("%v: %q", err, said(f.Items))
		}
		t.Fatal(err)
	}
	return b.String()
}

// said is "code where" of each item.
func said(items []fault.Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, strings.TrimPrefix(i.Fault.Code, "premis.")+" "+i.Where)
	}
	return out
}

func TestWhatIsWrittenIsReadBackTheSame(t *testing.T) {
	d := sound()
	text := encoded(t, d)
	back, report, err := Decode(iotest.HalfReader(strings.NewReader(text)), Limits{})
	if err != nil || !report.Valid() || len(report.Warnings) > 0 {
		t.Fatalf("%v %q %q", err, said(report.Faults), said(report.Warnings))
	}
	if !reflect.DeepEqual(back, d) {
		t.Errorf("read %+v\nwrote %+v", back, d)
	}
	if again := encoded(t, back); again != text {
		t.Error("the same values must give the same bytes")
	}
	for _, want := range []string{
		`<premis:premis xmlns:premis="http://www.loc.gov/premis/v3"`, `version="3.0"`, `<premis:object xsi:type="premis:file">`,
		`valueURI="http://id.loc.gov/vocabulary/preservation/eventType/ing">ingestion<`,
		`<premis:eventDateTime>2026-04-30T10:15:00.000005+05:00<`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
}

func TestEveryDocumentSurvivesTheRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDocument(t)
		if r := Check(d); !r.Valid() {
			t.Skip("not valid")
		}
		var one, two bytes.Buffer
		if err := d.Encode(&one); err != nil {
			t.Fatal(err)
		}
		back, r, err := Decode(bytes.NewReader(one.Bytes()), Limits{})
		if err != nil || !r.Valid() {
			t.Fatalf("%v %q", err, said(r.Faults))
		}
		if !reflect.DeepEqual(back, d) {
			t.Fatalf("read %+v\nwrote %+v", back, d)
		}
		if err := back.Encode(&two); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Fatalf("other bytes %v", err)
		}
		if why := outOfOrder(one.Bytes()); why != "" {
			t.Fatal(why)
		}
	})
}

func drawDocument(t *rapid.T) *Document {
	text := rapid.StringMatching(`[ -~әғқңөұүһі\n\t\r<&>]{1,12}`)
	word := func() string { return text.Draw(t, "text") }
	maybe := func() string { return rapid.OneOf(rapid.Just(""), text).Draw(t, "maybe") }
	kind := rapid.SampledFrom([]string{"UUID", "local"})
	id := func() Identifier { return Identifier{kind.Draw(t, "kind"), word()} }
	n := func(most int) int { return rapid.IntRange(0, most).Draw(t, "n") }
	ids := func(least int) (out []Identifier) {
		for range least + n(2) {
			out = append(out, id())
		}
		return out
	}
	words := func() (out []string) {
		for range n(2) {
			out = append(out, word())
		}
		return out
	}
	links := func() (out []Link) {
		for range n(2) {
			out = append(out, Link{id(), words()})
		}
		return out
	}
	date := func() Date {
		return rapid.SampledFrom([]Date{"2026", "2026-02", "2026-02-28", "1999?", "OPEN", At(time.Unix(1e9, 7).UTC()), "2026/2027"}).Draw(t, "date")
	}
	d := &Document{}
	for range 1 + n(3) {
		o := Object{IDs: ids(1), Category: rapid.SampledFrom(categories).Draw(t, "category"), Events: ids(0), Rights: ids(0)}
		if o.Category.stored() {
			o.Size = rapid.Int64Min(UnknownSize).Draw(t, "size")
			o.Fixity = []Fixity{{"SHA-512", strings.Repeat("0f", 64), maybe()}, {word(), "x1", maybe()}}
			o.Formats = []Format{{Name: word(), Version: maybe(), Notes: words()}, {Registry: PRONOM, Key: "x-fmt/111", Role: maybe()}}
		}
		if o.Category != Bitstream {
			o.OriginalName = maybe()
		}
		if o.Category != IntellectualEntity {
			o.Storage = []Storage{{word(), word(), maybe()}, {Medium: word()}}
		}
		for range n(2) {
			o.Relationships = append(o.Relationships, Relationship{word(), word(), ids(1), ids(0)})
		}
		d.Objects = append(d.Objects, o)
	}
	for range n(3) {
		types := rapid.OneOf(rapid.SampledFrom([]EventType{Validation, VirusCheck, Quarantine}), rapid.Map(text, func(s string) EventType { return EventType(s) }))
		d.Events = append(d.Events, Event{
			ID: id(), Type: types.Draw(t, "type"), At: date(), Detail: maybe(),
			Outcomes: []Outcome{{word(), words()}}, Agents: links(), Objects: links(),
		})
	}
	for range n(2) {
		d.Agents = append(d.Agents, Agent{IDs: ids(1), Names: words(), Type: Person, Version: maybe(), Notes: words(), Events: ids(0), Rights: ids(0)})
	}
	for range n(2) {
		d.Rights = append(d.Rights, Rights{
			ID: id(), Basis: RightsLicense, License: &License{nil, word(), words(), Period{"2026", "2027"}},
			Granted: []Grant{{word(), words(), Period{Start: date()}, Period{}, words()}}, Objects: links(), Agents: links(),
		})
	}
	return d
}

func TestAHundredThousandObjectsPassInBoundedMemory(t *testing.T) {
	const objects = 100_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, highest := heap(), uint64(0)
	s := Stream{Objects: func(yield func(Object) bool) {
		for i := range objects {
			if i%20_000 == 0 {
				highest = max(highest, heap())
			}
			if !yield(Object{
				IDs: []Identifier{{"local", fmt.Sprint(i)}}, Category: File, Size: int64(i),
				Fixity: []Fixity{{"SHA-512", strings.Repeat("0", 128), ""}}, Formats: []Format{{Name: "PDF", Registry: PRONOM, Key: "fmt/18"}},
			}) {
				return
			}
		}
	}}
	var n counting
	if err := s.Encode(&n); err != nil {
		t.Fatal(err)
	}
	if n < objects*500 || highest > before+2<<20 {
		t.Errorf("%d bytes written, heap %d before and %d at most", n, before, highest)
	}
}

type counting int64

func (c *counting) Write(p []byte) (int, error) { *c += counting(len(p)); return len(p), nil }

func TestAWriterThatFailsAndAPartThatIsWrongEndTheEncoding(t *testing.T) {
	d := sound()
	d.Objects = slices.Repeat(d.Objects[:1], 500)
	disk := errors.New("disk full")
	if err := d.Stream().Encode(failing{disk}); !errors.Is(err, disk) {
		t.Errorf("got %v", err)
	}
	d = sound()
	d.Events[0].At = "yesterday"
	var b bytes.Buffer
	if err := d.Encode(&b); !errors.Is(err, Refused) || b.Len() > 0 {
		t.Errorf("a wrong document is not begun: %v, %d bytes", err, b.Len())
	}
	err := d.Stream().Encode(io.Discard)
	var f *fault.Error
	if !errors.As(err, &f) || !slices.Equal(said(f.Items), []string{"bad_date event[1] journal 17"}) {
		t.Errorf("got %v", err)
	}
	if err := (Stream{}).Encode(io.Discard); !errors.Is(err, Refused) {
		t.Errorf("a document without objects: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestOtherSystemsDocumentsAreRead(t *testing.T) {
	const text = `<?xml version="1.0" encoding="UTF-8"?>
<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0">
  <event>
    <eventIdentifier><eventIdentifierType>UUID</eventIdentifierType><eventIdentifierValue>e</eventIdentifierValue></eventIdentifier>
    <eventType valueURI="https://id.loc.gov/vocabulary/preservation/eventType/fix">Fixity Check</eventType>
    <eventDateTime> 2026-04-30T10:15:00Z </eventDateTime>
    <eventDetailInformation><eventDetail>a</eventDetail></eventDetailInformation>
    <eventDetailInformation><eventDetail>b</eventDetail><eventDetailExtension><x xmlns="urn:x"/></eventDetailExtension></eventDetailInformation>
  </event>
  <object xsi:type="file">
    <objectIdentifier><objectIdentifierType>UUID</objectIdentifierType><objectIdentifierValue>o</objectIdentifierValue></objectIdentifier>
    <preservationLevel><preservationLevelValue>full</preservationLevelValue></preservationLevel>
    <objectCharacteristics>
      <fixity><messageDigestAlgorithm>md5</messageDigestAlgorithm><messageDigest>
        d41d8cd98f00b204e9800998ecf8427e
      </messageDigest></fixity>
      <format><formatRegistry><formatRegistryName>PRONOM</formatRegistryName><formatRegistryKey>fmt/101</formatRegistryKey></formatRegistry></format>
    </objectCharacteristics>
  </object>
  <x xmlns="urn:x"/>
</premis>`
	d, r, err := Decode(strings.NewReader(text), Limits{})
	if err != nil || !r.Valid() {
		t.Fatalf("%v %q", err, said(r.Faults))
	}
	if e := d.Events[0]; e.Type != FixityCheck || e.Detail != "a\nb" || e.At != "2026-04-30T10:15:00Z" {
		t.Errorf("event %+v", e)
	}
	if o := d.Objects[0]; o.Size != UnknownSize || o.Fixity[0].Digest != "d41d8cd98f00b204e9800998ecf8427e" {
		t.Errorf("object %+v", o)
	}
	var units []string
	for _, w := range r.Warnings {
		units = append(units, w.Fault.Args["unit"]+" "+w.Fault.Args["count"])
	}
	if want := []string{"eventDetailInformation/eventDetailExtension 1", "object/preservationLevel 1", "x 1"}; !slices.Equal(units, want) {
		t.Errorf("ignored %q, want %q", units, want)
	}
	broken := errors.New("disk")
	if _, _, err := Decode(iotest.ErrReader(broken), Limits{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestDates(t *testing.T) {
	for d, want := range map[Date]bool{
		"2026": true, "2026-04": true, "2026-04-30": true, "2026-04-30T10:15:00": true, "2026-04-30T10:15:00Z": true,
		"2026-04-30T10:15:00.123+05:00": true, "1999?": true, "1999-12~": true, "OPEN": true, "2026/2027-01": true, "2026/OPEN": true, "-0044": true,
		"": false, "26": false, "2026-13": false, "2026-02-30": false, "2026-04-30T25:00:00Z": false, "today": false, "2026/": false, "2026-04-30 10:15": false,
	} {
		if d.Valid() != want {
			t.Errorf("%q: want %v", d, want)
		}
	}
	if at, ok := At(time.Unix(5, 6)).Time(); !ok || !at.Equal(time.Unix(5, 6)) {
		t.Errorf("%v %v", at, ok)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(encoded(f, sound())))
	f.Add([]byte(`<premis xmlns="http://www.loc.gov/premis/v3" version="3.0"><object/><event/><agent/><rights><rightsStatement/></rights></premis>`))
	f.Add([]byte(`<!DOCTYPE premis><premis/>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, r, err := Decode(bytes.NewReader(raw), Limits{Bytes: 64 << 10, Entities: 50, Faults: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range slices.Concat(r.Faults, r.Warnings) {
			if strings.ContainsAny(i.Where, "\x00\n\r") {
				t.Errorf("%q may not be put before a person", i.Where)
			}
		}
		if n := len(d.Objects) + len(d.Events) + len(d.Agents); n > 50 || len(r.Faults) > 21 || len(r.Warnings) > 20 {
			t.Errorf("%d entities, %d faults", n, len(r.Faults))
		}
		if !r.Valid() {
			return
		}
		var b bytes.Buffer
		if err := d.Encode(&b); err != nil {
			t.Fatalf("accepted and not written: %v", err)
		}
		back, r, err := Decode(bytes.NewReader(b.Bytes()), Limits{})
		if err != nil || !r.Valid() || !reflect.DeepEqual(d, back) {
			t.Errorf("%v %q\nread %+v\nthen %+v", err, said(r.Faults), d, back)
		}
		if why := outOfOrder(b.Bytes()); why != "" {
			t.Error(why)
		}
	})
}
