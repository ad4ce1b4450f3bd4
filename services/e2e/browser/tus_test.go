package browser_test

import (
	"crypto/sha1" //nolint:gosec // the checksum that tus asks every server for
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// tusAnswer is what a server of tus says.
type tusAnswer struct {
	status int
	text   string
	http.Header
}

// tus makes a request of the protocol; headers are name, value, name, value …; Tus-Resumable is there
// unless it is given empty.
func (v *visitor) tus(method, address, body string, headers ...string) tusAnswer {
	v.t.Helper()
	if !strings.HasPrefix(address, "http") {
		address = "http://" + world.host + address
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(body))
	fail(v.t, err)
	r.Header.Set("Tus-Resumable", "1.0.0")
	r.Header.Set("Accept-Language", "ru")
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := v.Do(r)
	fail(v.t, err)
	raw, err := io.ReadAll(res.Body)
	fail(v.t, err)
	fail(v.t, res.Body.Close())
	return tusAnswer{res.StatusCode, string(raw), res.Header}
}

func word(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func sum1(s string) string {
	d := sha1.Sum([]byte(s)) //nolint:gosec // as above
	return "sha1 " + base64.StdEncoding.EncodeToString(d[:])
}

func sum256(s string) string {
	d := sha256.Sum256([]byte(s))
	return "sha256 " + base64.StdEncoding.EncodeToString(d[:])
}

const offsetStream = "application/offset+octet-stream"

// TestTusConformance holds the server to tus 1.0.0, rule by rule.
func TestTusConformance(t *testing.T) {
	transfer := newTransfer(t)
	clerk := enter(t, "su-bolimi")
	base := "/dept/transfers/" + transfer + "/tus"
	meta := func(name string) string { return "filename " + word(name) + ",form " + word("bare") }

	options := clerk.tus("OPTIONS", base, "", "Tus-Resumable", "")
	for name, want := range map[string]string{
		"Tus-Resumable": "1.0.0", "Tus-Version": "1.0.0", "Tus-Extension": "creation,creation-with-upload,termination,checksum,expiration", "Tus-Checksum-Algorithm": "sha1,sha256",
	} {
		if options.status != 204 || options.Get(name) != want || options.Get("Tus-Max-Size") == "" {
			t.Errorf("OPTIONS: %d, %s is %q, not %q", options.status, name, options.Get(name), want)
		}
	}
	created := clerk.tus("POST", base, "", "Upload-Length", "10", "Upload-Metadata", meta("папка/1/скан.txt"))
	one := created.Get("Location")
	if created.status != 201 || !strings.HasPrefix(one, base+"/") || created.Get("Upload-Expires") == "" {
		t.Fatalf("creation: %d %v %s", created.status, created.Header, created.text)
	}
	patch := func(offset, body string, more ...string) (method, address, text string, headers []string) {
		return "PATCH", one, body, append([]string{"Content-Type", offsetStream, "Upload-Offset", offset}, more...)
	}
	type step struct {
		rule            string
		method, address string
		body            string
		headers         []string
		status          int
		want            map[string]string // headers of the answer; "-" is: must not be there
		says            string
	}
	at := func(rule string, status int, offset string, says string, method, address, body string, headers []string) step {
		want := map[string]string{"Tus-Resumable": "1.0.0"}
		if offset != "" {
			want["Upload-Offset"] = offset
		}
		return step{rule, method, address, body, headers, status, want, says}
	}
	p := func(rule string, status int, offset, says, from, body string, more ...string) step {
		method, address, text, headers := patch(from, body, more...)
		return at(rule, status, offset, says, method, address, text, headers)
	}
	head := func(rule, offset string) step {
		s := at(rule, 200, offset, "", "HEAD", one, "", nil)
		s.want["Upload-Length"], s.want["Cache-Control"], s.want["Upload-Metadata"] = "10", "no-store", meta("папка/1/скан.txt")
		return s
	}
	for _, s := range []step{
		head("HEAD says offset, length and metadata, and is not cached", "0"),
		{"another version is refused, with those that are known", "HEAD", one, "", []string{"Tus-Resumable", "0.2.2"}, 412, map[string]string{"Tus-Version": "1.0.0"}, ""},
		{"no version is refused", "PATCH", one, "abc", []string{"Tus-Resumable", "", "Content-Type", offsetStream, "Upload-Offset", "0"}, 412, map[string]string{"Tus-Version": "1.0.0"}, ""},
		p("another content type is refused", 415, "", "", "0", "abc", "Content-Type", "text/plain"),
		p("no offset is refused", 400, "", "tus 1.0.0", "", "abc"),
		p("a negative offset is refused", 400, "", "tus 1.0.0", "-1", "abc"),
		p("an offset that is no number is refused", 400, "", "tus 1.0.0", "+0", "abc"),
		p("an offset too large for any file is refused", 400, "", "tus 1.0.0", "99999999999999999999", "abc"),
		p("a wrong offset is a conflict", 409, "", "У архива 0 байт", "3", "abc"),
		head("what was refused left nothing", "0"),
		p("bytes are taken at the offset", 204, "3", "", "0", "012"),
		p("the same bytes again are a conflict", 409, "", "У архива 3 байт", "0", "012"),
		p("no bytes are taken too", 204, "3", "", "3", ""),
		p("a checksum that does not hold is 460", 460, "", "контрольная сумма", "3", "345", "Upload-Checksum", sum256("346")),
		p("one by SHA-1 too", 460, "", "контрольная сумма", "3", "345", "Upload-Checksum", sum1("346")),
		head("the offset stands where it was", "3"),
		p("an algorithm that is not known is refused", 400, "", "sha256", "3", "345", "Upload-Checksum", "crc32 AAAAAA=="),
		p("a checksum that is none is refused", 400, "", "", "3", "345", "Upload-Checksum", "sha256 AAAA"),
		p("a checksum that holds", 204, "6", "", "3", "345", "Upload-Checksum", sum256("345")),
		p("one by SHA-1 that holds", 204, "8", "", "6", "67", "Upload-Checksum", sum1("67")),
		p("more than was announced is refused", 413, "", "больше данных", "8", "89X"),
		at("POST is heard as the method that it names", 204, "10", "", "POST", one, "89", []string{"X-HTTP-Method-Override", "PATCH", "Content-Type", offsetStream, "Upload-Offset", "8"}),
		at("POST that names none is refused", 405, "", "", "POST", one, "", nil),
		head("the file is whole", "10"),
		at("a whole file is not swept away", 200, "10", "", "HEAD", one, "", nil),
		at("an upload that is not there", 404, "", "", "PATCH", base+"/nothing", "a", []string{"Content-Type", offsetStream, "Upload-Offset", "0"}),
		at("HEAD of one that is not there", 404, "", "", "HEAD", one+"0", "", nil),
		at("creation needs a length", 400, "", "Upload-Length", "POST", base, "", []string{"Upload-Metadata", meta("1/b.txt")}),
		at("a negative length is refused", 400, "", "", "POST", base, "", []string{"Upload-Length", "-5", "Upload-Metadata", meta("1/b.txt")}),
		at("a deferred length is not offered", 400, "", "defer", "POST", base, "", []string{"Upload-Defer-Length", "1", "Upload-Metadata", meta("1/b.txt")}),
		at("more than is left is 413, with how much is", 413, "", "осталось", "POST", base, "", []string{"Upload-Length", "9000000000000000", "Upload-Metadata", meta("1/b.txt")}),
		at("metadata with a key twice is refused", 400, "", "Upload-Metadata", "POST", base, "", []string{"Upload-Length", "1", "Upload-Metadata", "filename YQ==,filename YQ=="}),
		at("metadata that is no base64 is refused", 400, "", "Upload-Metadata", "POST", base, "", []string{"Upload-Length", "1", "Upload-Metadata", "filename ?"}),
		at("a file without a name is refused", 400, "", "filename", "POST", base, "", []string{"Upload-Length", "1"}),
		at("files that come in another form", 409, "", "другим способом", "POST", base, "", []string{"Upload-Length", "1", "Upload-Metadata", "filename " + word("a.zip") + ",form " + word("zip")}),
		at("creation with the first bytes", 201, "2", "", "POST", base, "ab", []string{"Upload-Length", "4", "Content-Type", offsetStream, "Upload-Metadata", meta("2/c.txt")}),
		at("an announced file is found as it stands", 201, "2", "", "POST", base, "", []string{"Upload-Length", "4", "Upload-Metadata", meta("2/c.txt")}),
		at("another file of its name is a conflict", 409, "", "другой файл", "POST", base, "", []string{"Upload-Length", "5", "Upload-Metadata", meta("2/c.txt")}),
		at("creation with a checksum that does not hold", 460, "", "", "POST", base, "ab", []string{"Upload-Length", "4", "Content-Type", offsetStream, "Upload-Metadata", meta("2/d.txt"), "Upload-Checksum", sum1("x")}),
		at("an empty file is whole at once", 201, "0", "", "POST", base, "", []string{"Upload-Length", "0", "Upload-Metadata", meta("2/e.txt")}),
		at("finishing early", 422, "", "не пришли целиком: 2 из 4", "POST", base+"/finish?package="+packageIn(one), "", nil),
		at("termination", 204, "", "", "DELETE", one, "", nil),
		at("what was terminated is gone", 404, "", "", "HEAD", one, "", nil),
		at("and is not written to", 404, "", "", "PATCH", one, "a", []string{"Content-Type", offsetStream, "Upload-Offset", "0"}),
		at("another site's page", 403, "", "", "DELETE", base, "", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}),
	} {
		got := clerk.tus(s.method, s.address, s.body, s.headers...)
		if got.status != s.status || !strings.Contains(got.text, s.says) {
			t.Errorf("%s: %d %q, want %d with %q", s.rule, got.status, got.text, s.status, s.says)
		}
		if strings.HasSuffix(s.address, "/finish?package="+packageIn(one)) || s.status == 403 {
			continue // not of the protocol, or refused before it
		}
		for name, want := range maps.All(s.want) {
			if got.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", s.rule, name, got.Get(name), want)
			}
		}
	}
	for _, login := range []string{"", "bilim", "arhivist", "zertteushi"} {
		if got := enter(t, login).tus("POST", base, "", "Upload-Length", "1", "Upload-Metadata", meta("1/x")); got.status < 400 {
			t.Errorf("%q may send: %d", login, got.status)
		}
	}
	if got := clerk.tus("DELETE", base, ""); got.status != 204 {
		t.Errorf("the whole upload: %d %s", got.status, got.text)
	}
}

// packageIn is the package in the address of an upload.
func packageIn(address string) string {
	id, _, _ := strings.Cut(address[strings.LastIndex(address, "/")+1:], ".")
	return id
}
