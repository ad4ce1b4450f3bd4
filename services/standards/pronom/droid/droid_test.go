package droid

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// small is a registry of our own, written for this test.
const small = `<?xml version="1.0"?>
<FFSignatureFile Version="7" xmlns="http://www.nationalarchives.gov.uk/pronom/SignatureFile">
<InternalSignatureCollection>
<InternalSignature ID="1"><ByteSequence Reference="BOFoffset">
  <SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>514F59[41:5A]</Sequence></SubSequence>
</ByteSequence></InternalSignature>
<InternalSignature ID="2"><ByteSequence Reference="BOFoffset">
  <SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>514F594D41</Sequence>
    <RightFragment Position="1" MinOffset="2" MaxOffset="4">BEEF</RightFragment>
    <RightFragment Position="1" MinOffset="2" MaxOffset="4">CAFE</RightFragment>
    <RightFragment Position="2" MinOffset="0" MaxOffset="0">00</RightFragment></SubSequence>
  <SubSequence Position="2" SubSeqMinOffset="3"><Sequence>454E44</Sequence></SubSequence>
</ByteSequence><ByteSequence Reference="EOFoffset">
  <SubSequence Position="1" SubSeqMinOffset="1" SubSeqMaxOffset="3"><Sequence>[!00]FF</Sequence><LeftFragment Position="1" MinOffset="0" MaxOffset="1">AA</LeftFragment></SubSequence>
</ByteSequence></InternalSignature>
<InternalSignature ID="3"><ByteSequence Reference="BOFoffset">
  <SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="4"><Sequence>504B0304</Sequence></SubSequence>
</ByteSequence></InternalSignature>
</InternalSignatureCollection>
<FileFormatCollection>
<FileFormat ID="10" PUID="x/1" Name="General"><InternalSignatureID>1</InternalSignatureID><Extension>qoy</Extension></FileFormat>
<FileFormat ID="11" PUID="x/2" Name="Special" Version="2" MIMEType="a/b, a/c"><InternalSignatureID>2</InternalSignatureID><Extension>qoy</Extension><HasPriorityOverFileFormatID>10</HasPriorityOverFileFormatID></FileFormat>
<FileFormat ID="12" PUID="x/3" Name="Shell"><InternalSignatureID>3</InternalSignatureID><Extension>zip</Extension></FileFormat>
<FileFormat ID="13" PUID="x/4" Name="Parcel"><Extension>par</Extension><HasPriorityOverFileFormatID>12</HasPriorityOverFileFormatID></FileFormat>
<FileFormat ID="14" PUID="x/5" Name="By name"><Extension>nam</Extension></FileFormat>
</FileFormatCollection></FFSignatureFile>`

const smallInside = `<ContainerSignatureMapping schemaVersion="1.0" signatureVersion="3"><ContainerSignatures>
<ContainerSignature Id="5" ContainerType="ZIP"><Files><File><Path>what/is.txt</Path><BinarySignatures><InternalSignatureCollection>
<InternalSignature ID="50"><ByteSequence Reference="BOFoffset"><SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="9"><Sequence>'parcel ' (31|'two') [&amp;01]</Sequence></SubSequence></ByteSequence></InternalSignature>
</InternalSignatureCollection></BinarySignatures></File><File><Path>also</Path></File></Files></ContainerSignature>
</ContainerSignatures><FileFormatMappings><FileFormatMapping signatureId="5" Puid="x/4"/></FileFormatMappings>
<TriggerPuids><TriggerPuid ContainerType="ZIP" Puid="x/3"/></TriggerPuids></ContainerSignatureMapping>`

func loadSmall(t testing.TB) *Signatures {
	t.Helper()
	s, err := Load(strings.NewReader(small), strings.NewReader(smallInside))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func puids(matches []Match) string {
	var all []string
	for _, m := range matches {
		all = append(all, fmt.Sprintf("%s by %s", m.PUID, m.Basis))
	}
	return strings.Join(all, ", ")
}

func parcel(t testing.TB, kind string, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(kind))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormatsAreNamedBySignatureContainerAndExtension(t *testing.T) {
	s := loadSmall(t)
	long := strings.Repeat("z", 3*Window)
	for _, c := range []struct{ name, file, content, want string }{
		{"a range", "a.qoy", "QOYZ", "x/1 by signature"},
		{"outside the range", "a.bin", "QOYa", ""},
		{"the special before the general", "a.qoy", "QOYMA..\xbe\xef\x00...END....\xaa1\xff.", "x/2 by signature"},
		{"the other alternative, farther away", "a.qoy", "QOYMA....\xca\xfe\x00...END" + long + "\xaa.1\xff...", "x/2 by signature"},
		{"the fragment is too far away", "a.qoy", "QOYMA.....\xbe\xef\x00...END....\xaa1\xff.", "x/1 by signature"},
		{"what must follow comes too early", "a.qoy", "QOYMA..\xbe\xef\x00.END....\xaa1\xff.", "x/1 by signature"},
		{"the end is too near", "a.qoy", "QOYMA..\xbe\xef\x00...END....\xaa1\xff", "x/1 by signature"},
		{"the byte that must not be", "a.qoy", "QOYMA..\xbe\xef\x00...END....\xaa\x00\xff.", "x/1 by signature"},
		{"a container with what it must hold", "a.par", parcel(t, "parcel two\x03", "what/is.txt", "also"), "x/4 by container"},
		{"the other way to say it", "a.par", parcel(t, "parcel 1\x05", "what/is.txt", "also"), "x/4 by container"},
		{"the bit that must be set", "a.par", parcel(t, "parcel 1\x04", "what/is.txt", "also"), "x/3 by signature"},
		{"a file is missing", "a.par", parcel(t, "parcel 1\x05", "what/is.txt"), "x/3 by signature"},
		{"a container of something else", "a.zip", parcel(t, "x", "y"), "x/3 by signature"},
		{"a broken container", "a.zip", "PK\x03\x04....", "x/3 by signature"},
		{"the name alone", "A.NAM", "anything", "x/5 by extension"},
		{"the name of a format whose signature is not there", "a.qoy", "nothing", ""},
		{"nothing", "a", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := s.Identify(c.file, strings.NewReader(c.content), int64(len(c.content)))
			if err != nil || puids(got) != c.want {
				t.Errorf("%s, %v; want %s", puids(got), err, c.want)
			}
		})
	}
	m, err := s.Identify("a.doc", strings.NewReader("QOYZ"), 4)
	if err != nil || len(m) != 1 || !m[0].Mismatch {
		t.Errorf("an extension of another format: %+v, %v", m, err)
	}
	if f := s.Formats()[1]; !slices.Equal(f.MIME, []string{"a/b", "a/c"}) || f.Version != "2" || s.Version != 7 || s.ContainerVersion != 3 {
		t.Errorf("%+v", f)
	}
}

func TestSequencesAreReadAsPRONOMWritesThem(t *testing.T) {
	for _, c := range []struct {
		text, holds, not string
	}{
		{"4142", "AB", "Ab"},
		{"41 'bc' 44", "AbcD", "ABCD"},
		{"41??43", "AxC", "AC"},
		{"41*43", "A......C", "......C"},
		{"41{2}43", "AxxC", "AxC"},
		{"41{1-2}43", "AxxC", "AxxxC"},
		{"41{2-*}43", "Axxxxx.C", "AxC"},
		{"[30:39]", "7", "a"},
		{"['a'-'c']", "b", "d"},
		{"[!41]42", "xB", "AB"},
		{"[!4142]43", "xxC", "ABC"},
		{"[4142:4144]", "AC", "AE"},
		{"(41|4243)44", "BCD", "BD"},
		{"[&80]", "\xff", "\x7f"},
		{"[!&01]", "\x02", "\x03"},
	} {
		e, err := compile(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		whole := func(data string) bool {
			s := &scan{left: budget}
			ahead := s.forward(e.atoms, []byte(data), 0, func(end int) bool { return end == len(data) })
			back := s.backward(e.atoms, []byte(data), len(data), func(at int) bool { return at == 0 })
			if ahead != back {
				t.Errorf("%s on %q: forward %v, backward %v", c.text, data, ahead, back)
			}
			return ahead
		}
		if !whole(c.holds) || whole(c.not) {
			t.Errorf("%s: %q %v, %q %v", c.text, c.holds, whole(c.holds), c.not, whole(c.not))
		}
	}
	for _, bad := range []string{"", "4", "4G", "'x", "[41", "[41:]", "[41:4243]", "(41|)", "(41", "{x}", "{3-2}", "?", ")", "[&4142]", "{99999999}", strings.Repeat("(", 20) + "41"} {
		if _, err := compile(bad); err == nil {
			t.Errorf("%q was compiled", bad)
		}
	}
}

var words = regexp.MustCompile(`[A-Za-z]{2,}`)

func TestAFileThatCannotBeUsedIsRefused(t *testing.T) {
	for name, files := range map[string][2]string{
		"not XML":                       {"{}", ""},
		"empty":                         {"<FFSignatureFile/>", ""},
		"a sequence that is none":       {strings.Replace(small, "514F594D41", "514F594D4X", 1), ""},
		"a format twice":                {strings.Replace(small, `PUID="x/2"`, `PUID="x/1"`, 1), ""},
		"an offset before the file":     {strings.Replace(small, `SubSeqMinOffset="1" SubSeqMaxOffset="3"`, `SubSeqMinOffset="-1" SubSeqMaxOffset="3"`, 1), ""},
		"an unknown container":          {small, strings.Replace(smallInside, `ContainerType="ZIP"><Files>`, `ContainerType="RAR"><Files>`, 1)},
		"containers that nothing opens": {small, strings.Replace(smallInside, `Puid="x/3"`, `Puid="x/99"`, 1)},
	} {
		var err error
		if files[1] == "" {
			_, err = Load(strings.NewReader(files[0]), nil)
		} else {
			_, err = Load(strings.NewReader(files[0]), strings.NewReader(files[1]))
		}
		f := fault.Of(err)
		if !errors.Is(err, BadFile) || f.Unwrap() == nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian} { // what an administrator reads, without words of the library
			if said := words.FindString(strings.NewReplacer("DROID_SignatureFile", "", "container-signature", "", "PRONOM", "").Replace(f.In(l))); said != "" {
				t.Errorf("%s: %q stands in %s", name, said, f.In(l))
			}
		}
	}
}

// TestHostileBytesEnd looks at files made to be slow; the budget ends each signature's work.
func TestHostileBytesEnd(t *testing.T) {
	e, err := compile("(41|4141){0-64}(41|4141){0-64}(41|4141){0-64}(41|4141)*42")
	if err != nil {
		t.Fatal(err)
	}
	q := sequence{parts: []subsequence{{main: e, most: -1}}}
	data := bytes.Repeat([]byte("A"), Window)
	begun := time.Now()
	if q.match(data, data) {
		t.Error("it holds")
	}
	t.Log(time.Since(begun))
}

// published loads the registry where it is at hand.
func published(t testing.TB) *Signatures {
	t.Helper()
	const folder = "../../../../../shared/data/pronom/"
	droid, err := os.Open(folder + "DROID_SignatureFile_V118.xml")
	if err != nil {
		t.Skip("no DROID signature file beside the checkout")
	}
	defer func() { _ = droid.Close() }()
	inside, err := os.Open(folder + "container-signature-20240501.xml")
	if err != nil {
		t.Skip("no container signature file beside the checkout")
	}
	defer func() { _ = inside.Close() }()
	s, err := Load(droid, inside)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
