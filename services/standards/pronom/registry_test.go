package pronom

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/pronom/droid"
)

// published is the registry where the checkout has its files beside it.
func published(t testing.TB) *Registry {
	t.Helper()
	r, err := OpenRegistry("../../../../shared/data/pronom")
	if errors.Is(err, NoSignatures) {
		t.Skip("no DROID signature file beside the checkout; get one from The National Archives to run this test")
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const ownFile = `<FFSignatureFile Version="VERSION"><InternalSignatureCollection>
<InternalSignature ID="1"><ByteSequence Reference="BOFoffset"><SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>514F59</Sequence></SubSequence></ByteSequence></InternalSignature>
<InternalSignature ID="2"><ByteSequence Reference="BOFoffset"><SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>504B0304</Sequence></SubSequence></ByteSequence></InternalSignature>
</InternalSignatureCollection><FileFormatCollection>
<FileFormat ID="1" PUID="x/1" Name="Qoy"><InternalSignatureID>1</InternalSignatureID><Extension>qoy</Extension></FileFormat>
<FileFormat ID="2" PUID="x/2" Name="Shell"><InternalSignatureID>2</InternalSignatureID><Extension>zip</Extension></FileFormat>
<FileFormat ID="3" PUID="x/3" Name="Parcel"><Extension>par</Extension><HasPriorityOverFileFormatID>2</HasPriorityOverFileFormatID></FileFormat>
<FileFormat ID="4" PUID="x-fmt/111" Name="Plain Text File"><Extension>txt</Extension></FileFormat>
<FileFormat ID="5" PUID="x-fmt/18" Name="Comma Separated Values"><Extension>csv</Extension></FileFormat>
<FileFormat ID="6" PUID="x/6" Name="Table"><Extension>csv</Extension></FileFormat>
<FileFormat ID="7" PUID="x/7" Name="Ours" MIMEType="text/x-ours"><Extension>ours</Extension></FileFormat>
<FileFormat ID="8" PUID="x/8" Name="Theirs"><Extension>theirs</Extension></FileFormat>
</FileFormatCollection></FFSignatureFile>`

const ownInside = `<ContainerSignatureMapping signatureVersion="3"><ContainerSignatures>
<ContainerSignature Id="5" ContainerType="ZIP"><Files><File><Path>what</Path></File></Files></ContainerSignature>
</ContainerSignatures><FileFormatMappings><FileFormatMapping signatureId="5" Puid="x/3"/></FileFormatMappings>
<TriggerPuids><TriggerPuid ContainerType="ZIP" Puid="x/2"/></TriggerPuids></ContainerSignatureMapping>`

func ownRegistry(t testing.TB) *Registry {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"DROID_SignatureFile_V99.xml": "is not looked at", "DROID_SignatureFile_V118.xml": strings.Replace(ownFile, "VERSION", "118", 1),
		"container-signature-20200101.xml": "nor this", "container-signature-20240501.xml": ownInside, "DROID_SignatureFile_Vx.xml": "nor this",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := OpenRegistry(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// parcel is a ZIP with an entry of that size before the one that tells its format.
func parcel(t testing.TB, before int) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range []struct {
		name string
		size int
	}{{"before", before}, {"what", 1}, {"after", before}} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Store})
		if err == nil {
			_, err = f.Write(bytes.Repeat([]byte{0x80, 1, 2}, e.size/3+1))
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

func TestARegistryNamesFilesWhileTheirBytesPass(t *testing.T) {
	r := ownRegistry(t)
	if s, c := r.Versions(); s != 118 || c != 3 {
		t.Errorf("versions %d and %d: the newest files are by number", s, c)
	}
	noise := strings.Repeat("\x00\x01\xff", 100_000)
	for _, c := range []struct {
		name, content, puid string
		basis               Basis
		mismatch            bool
	}{
		{"a.qoy", "QOY" + noise, "x/1", Signature, false},
		{"a.txt", "QOY", "x/1", Signature, true},
		{"a.par", parcel(t, 10), "x/3", Container, false},
		{"a.par", parcel(t, 6<<20), "x/3", Container, false}, // 12 MiB: the directory lies in what is kept of the end
		{"a.zip", "PK\x03\x04" + noise, "x/2", Signature, false},
		{"a.txt", "мәтін", "x-fmt/111", Text, false},
		{"a", "мәтін", "x-fmt/111", Text, false},
		{"a.csv", "а;б\n1;2\n", "x-fmt/18", Text, false},
		{"a.csv", noise, "x-fmt/18", Extension, false},
		{"a.ours", "мәтін", "x/7", Text, false},
		{"a.theirs", "мәтін", "x/8", Extension, false},
		{"a.ours", noise, "x/7", Extension, false},
		{"a.qoy", "мәтін", "x-fmt/111", Text, false},
		{"a.pdf", "мәтін", "x-fmt/111", Text, true}, // known to have a signature, which is not there
		{"a.qoy", noise, "", None, false},
		{"a.qoy", "", "", None, false},
	} {
		for _, size := range []int{1, 7, 64 << 10, len(c.content) + 1} {
			if size == 1 && len(c.content) > 1<<20 {
				continue
			}
			w := r.Watch(c.name)
			for rest := []byte(c.content); len(rest) > 0; {
				n := min(size, len(rest))
				if took, err := w.Write(rest[:n]); took != n || err != nil {
					t.Fatal(took, err)
				}
				rest = rest[n:]
			}
			got := w.Result()
			if got.PUID != c.puid || got.Basis != c.basis || got.Mismatch != c.mismatch {
				t.Errorf("%s, %d bytes in writes of %d: %+v", c.name, len(c.content), size, got)
			}
			all, err := r.Identify(c.name, strings.NewReader(c.content), int64(len(c.content)))
			if err != nil || best(all) != got {
				t.Errorf("%s at hand: %+v %v", c.name, all, err)
			}
		}
	}
}

func TestAFolderWithoutSignaturesIsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{dir, filepath.Join(dir, "none")} {
		if _, err := OpenRegistry(folder); !errors.Is(err, NoSignatures) || fault.Of(err).In(fault.Kazakh) == "" {
			t.Errorf("%v", err)
		}
	}
	file := filepath.Join(dir, "DROID_SignatureFile_V1.xml")
	if err := os.WriteFile(file, []byte("<a/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRegistry(dir); !errors.Is(err, droid.BadFile) {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(ownFile, "VERSION", "1", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRegistry(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, c := r.Versions(); c != 0 {
		t.Errorf("containers %d", c)
	}
}

// TestPassingBytesAreNamedAsBytesAtHand: what the registry says of a file as it streams is what
// it says of the file as a whole, over all samples of the table.
func TestPassingBytesAreNamedAsBytesAtHand(t *testing.T) {
	r := published(t)
	for _, s := range samples {
		w := r.Watch(s.file)
		for rest := s.content; len(rest) > 0; {
			n := min(1000, len(rest))
			_, _ = w.Write(rest[:n]) // it never fails
			rest = rest[n:]
		}
		all, err := r.Identify(s.file, bytes.NewReader(s.content), int64(len(s.content)))
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Result(); got != best(all) {
			t.Errorf("%s: passing %+v, at hand %+v", s.file, got, all)
		}
	}
}

func FuzzWatch(f *testing.F) {
	r := ownRegistry(f)
	f.Add("a.par", []byte(parcel(f, 10)), 7)
	f.Add("a.csv", []byte("a;b\n"), 1)
	f.Add("a.zip", []byte("PK\x03\x04PK\x05\x06"), 3)
	f.Fuzz(func(t *testing.T, name string, content []byte, size int) {
		size = max(1, size)
		w := r.Watch(name)
		for rest := content; len(rest) > 0; {
			n := min(size, len(rest))
			_, _ = w.Write(rest[:n]) // it never fails
			rest = rest[n:]
		}
		all, err := r.Identify(name, bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Result(); got != best(all) {
			t.Errorf("passing %+v, at hand %+v", got, all)
		}
	})
}

type passing interface {
	io.Writer
	Result() Result
}

// BenchmarkPassing watches files pass, by the table and by the registry, and counts the SHA-256
// of the same bytes beside it, in turns.
func BenchmarkPassing(b *testing.B) {
	registry := published(b)
	table := NewIdentifier("")
	text := bytes.Repeat([]byte("мектеп салу туралы құжаттар\n"), 20<<10/52)
	for name, file := range map[string][]byte{
		"text 20 KiB": text,
		"pdf 1 MiB":   append(append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{1, 2, 0x80, 4}, 256<<10)...), "\n%%EOF\n"...),
		"zip 1 MiB":   []byte(parcel(b, 512<<10)),
	} {
		for by, watch := range map[string]func(name string) passing{
			"table":    func(name string) passing { table.Reset(name); return table },
			"registry": func(name string) passing { return registry.Watch(name) },
		} {
			b.Run(name+" by "+by, func(b *testing.B) {
				b.ReportAllocs()
				var naming, hashing time.Duration
				for b.Loop() {
					begun := time.Now()
					w := watch("a.bin")
					for rest := file; len(rest) > 0; rest = rest[min(len(rest), 128<<10):] {
						_, _ = w.Write(rest[:min(len(rest), 128<<10)]) // it never fails
					}
					_ = w.Result()
					named := time.Now()
					_ = sha256.Sum256(file)
					naming, hashing = naming+named.Sub(begun), hashing+time.Since(named)
				}
				b.ReportMetric(naming.Seconds()/hashing.Seconds(), "×sha256")
			})
		}
	}
}
