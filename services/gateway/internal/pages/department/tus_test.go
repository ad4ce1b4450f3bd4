package department

import (
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
)

// TestWhatMetadataSays reads where a file belongs.
func TestWhatMetadataSays(t *testing.T) {
	word := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for header, want := range map[string]announced{
		"filename " + word("Дела/0001/скан.pdf"):                                                          {"bare", "data/0001/скан.pdf", "Дела/0001/скан.pdf", 0},
		"filename " + word("3/скан.pdf") + ",row " + word("3"):                                            {"bare", "data/0003/скан.pdf", "3/скан.pdf", 0},
		"filename " + word(`C:\fakepath\a.txt`) + ", row " + word("12") + ",lastModified " + word("1700"): {"bare", "data/0012/a.txt", `C:\fakepath\a.txt`, 1700},
		"form " + word("bag") + ",filename " + word("пакет/data/1/a"):                                     {"bag", "data/1/a", "пакет/data/1/a", 0},
		"form " + word("eark") + ",filename " + word("пакет/METS.xml"):                                    {"eark", "eark/пакет/METS.xml", "пакет/METS.xml", 0},
		"form " + word("eark") + ",filename " + word(`пакет\representations\r\data\1\a`):                  {"eark", "data/1/r/a", `пакет\representations\r\data\1\a`, 0},
		"form " + word("zip") + ",filename " + word("a.zip"):                                              {"zip", "", "a.zip", 0},
	} {
		pairs, err := metadata(header)
		if err != nil {
			t.Fatalf("%s: %v", header, err)
		}
		if got, err := placedIn(pairs); err != nil || got != want {
			t.Errorf("%s: %+v, %v", header, got, err)
		}
	}
	for _, header := range []string{
		",", "filename", "filename " + word("a/"), "form " + word("bag") + ",filename " + word("bagit.txt"), "filename " + word("a") + ",row " + word("x"),
		"filename " + word("a") + ",lastModified " + word("-1"), "a b c", "é YQ==", "filename =", strings.Repeat("x", maxMetadata+1),
	} {
		pairs, err := metadata(header)
		if err == nil {
			_, err = placedIn(pairs)
		}
		if err == nil {
			t.Errorf("%.40q was taken: %v", header, pairs)
		}
	}
}

// FuzzMetadata: whatever a client sends, a file has a path of the payload, of a bag, or none, and what is
// taken reads the same once it is written again.
func FuzzMetadata(f *testing.F) {
	for _, seed := range []string{"", "filename YQ==", "filename YQ==,form YmFn", "a,b", "filename Li4vLi4v,row MQ==", "form emlw", " , ", "x \x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		pairs, err := metadata(header)
		if err != nil {
			return
		}
		var again []string
		for k, v := range pairs {
			again = append(again, k+" "+base64.StdEncoding.EncodeToString([]byte(v)))
		}
		if second, err := metadata(strings.Join(again, ",")); len(strings.Join(again, ",")) <= maxMetadata && (err != nil || len(second) != len(pairs)) {
			t.Errorf("%q is %v, and again %v, %v", header, pairs, second, err)
		}
		a, err := placedIn(pairs)
		if err == nil && a.form == "bare" && !strings.HasPrefix(a.path, "data/") {
			t.Errorf("%q belongs at %q", header, a.path)
		}
	})
}

// FuzzOffset: an offset is a number in digits, and nothing else is.
func FuzzOffset(f *testing.F) {
	for _, seed := range []string{"0", "", "-1", "+1", " 1", "1e3", "0x1", "9223372036854775807", "9223372036854775808", "٣", "1_000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		n, err := counted("Upload-Offset", header)
		if err == nil && strings.TrimLeft(header, "0") != strings.TrimLeft(strconv.FormatUint(n, 10), "0") {
			t.Errorf("%q was taken as %d", header, n)
		}
		if sum, err := checksum(header); err == nil && header != "" && len(sum) != 40 && len(sum) != 64 {
			t.Errorf("%q is a checksum: %q", header, sum)
		}
	})
}
