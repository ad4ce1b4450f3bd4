package droid

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// compoundFile writes a compound file ([MS-CFB], version 3) of two streams: a short one, which
// lies in the mini stream, and a long one in sectors of its own.
func compoundFile(short, long string) []byte {
	const (
		fat, directory, miniFAT, mini, body = 0, 1, 2, 3, 4
		end, free                           = 0xFFFFFFFE, 0xFFFFFFFF
	)
	sectors := (len(long) + 511) / 512
	file := make([]byte, 512*(1+body+sectors))
	sector := func(n int) []byte { return file[512*(n+1) : 512*(n+2)] }
	u16, u32 := binary.LittleEndian.PutUint16, binary.LittleEndian.PutUint32
	chain := func(table []byte, from, n int) {
		for i := range n - 1 {
			u32(table[4*(from+i):], uint32(from+i+1))
		}
		u32(table[4*(from+n-1):], end)
	}
	copy(file, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	u16(file[30:], 9) // sectors of 512 bytes
	u16(file[32:], 6) // short ones of 64
	u32(file[44:], 1) // one sector of FAT
	u32(file[48:], directory)
	u32(file[56:], 4096) // what is shorter lies in the mini stream
	u32(file[60:], miniFAT)
	u32(file[64:], 1)
	u32(file[68:], end)
	for at := 80; at < 512; at += 4 {
		u32(file[at:], free)
	}
	u32(file[76:], fat)
	for _, table := range []int{fat, miniFAT} {
		for at := 0; at < 512; at += 4 {
			u32(sector(table)[at:], free)
		}
	}
	u32(sector(fat)[0:], 0xFFFFFFFD)
	for n := directory; n <= mini; n++ {
		chain(sector(fat), n, 1)
	}
	chain(sector(fat), body, sectors)
	chain(sector(miniFAT), 0, (len(short)+63)/64)
	copy(sector(mini), short)
	copy(file[512*(1+body):], long)
	for i, e := range []struct {
		name  string
		kind  byte
		first uint32
		size  int
	}{{"Root Entry", 5, mini, 512}, {"\x01CompObj", 2, 0, len(short)}, {"Body", 2, body, len(long)}} {
		entry := sector(directory)[128*i:]
		units := utf16.Encode([]rune(e.name))
		for j, u := range units {
			u16(entry[2*j:], u)
		}
		u16(entry[64:], uint16(2*len(units)+2))
		entry[66] = e.kind
		u32(entry[116:], e.first)
		u32(entry[120:], uint32(e.size))
	}
	return file
}

// TestTheInsideOfACompoundFileIsLookedAt: short and long streams, by name and by content.
func TestTheInsideOfACompoundFileIsLookedAt(t *testing.T) {
	files := strings.Replace(small, "<FileFormatCollection>", `<FileFormatCollection>
<FileFormat ID="20" PUID="x/20" Name="Compound"><InternalSignatureID>4</InternalSignatureID></FileFormat>
<FileFormat ID="21" PUID="x/21" Name="By the short stream"><HasPriorityOverFileFormatID>20</HasPriorityOverFileFormatID></FileFormat>
<FileFormat ID="22" PUID="x/22" Name="By the long stream"><HasPriorityOverFileFormatID>21</HasPriorityOverFileFormatID></FileFormat>`, 1)
	files = strings.Replace(files, "</InternalSignatureCollection>", `<InternalSignature ID="4"><ByteSequence Reference="BOFoffset">
<SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>D0CF11E0A1B11AE1</Sequence></SubSequence></ByteSequence></InternalSignature></InternalSignatureCollection>`, 1)
	of := func(id, path, reference, sequence, least string) string {
		return `<ContainerSignature Id="` + id + `" ContainerType="OLE2"><Files><File><Path>` + path + `</Path><BinarySignatures><InternalSignatureCollection>
<InternalSignature ID="` + id + `"><ByteSequence Reference="` + reference + `"><SubSequence Position="1" SubSeqMinOffset="` + least + `"><Sequence>` + sequence + `</Sequence></SubSequence></ByteSequence></InternalSignature>
</InternalSignatureCollection></BinarySignatures></File></Files></ContainerSignature>`
	}
	inside := `<ContainerSignatureMapping signatureVersion="1"><ContainerSignatures>` +
		of("1", "CompObj", "BOFoffset", "'Qoyma.1'", "70") + of("2", "Body", "EOFoffset", "'last'", "0") +
		`</ContainerSignatures><FileFormatMappings><FileFormatMapping signatureId="1" Puid="x/21"/><FileFormatMapping signatureId="2" Puid="x/22"/></FileFormatMappings>
<TriggerPuids><TriggerPuid ContainerType="OLE2" Puid="x/20"/></TriggerPuids></ContainerSignatureMapping>`
	s, err := Load(strings.NewReader(files), strings.NewReader(inside))
	if err != nil {
		t.Fatal(err)
	}
	mark := strings.Repeat(".", 80) + "Qoyma.1" // in the second short sector
	long := strings.Repeat("~", 5000)
	whole := compoundFile(mark, long+"last")
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a short stream":                {compoundFile(mark, long), "x/21 by container"},
		"a long stream, which precedes": {whole, "x/22 by container"},
		"a stream of something else":    {compoundFile("Qoyma.1", long), "x/20 by signature"},
		"cut within the long stream":    {whole[:len(whole)-1024], "x/21 by container"},
		"cut within the directory":      {whole[:600], "x/20 by signature"},
		"the head alone":                {whole[:512], "x/20 by signature"},
	} {
		got, err := s.Identify("a", bytes.NewReader(c.content), int64(len(c.content)))
		if err != nil || puids(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, puids(got), err, c.want)
		}
	}
	// Chains that turn back on themselves end.
	for _, at := range []int{512 + 4*1, 512 + 4*4, 512 + 4*6, 512*3 + 4*0} {
		turned := bytes.Clone(whole)
		binary.LittleEndian.PutUint32(turned[at:], binary.LittleEndian.Uint32([]byte{byte((at % 512) / 4), 0, 0, 0}))
		if _, err := s.Identify("a", bytes.NewReader(turned), int64(len(turned))); err != nil {
			t.Errorf("turned back at %d: %v", at, err)
		}
	}
}
