package certificate_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/signing"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/reference/certificate/certtest"
)

func archive(t testing.TB, code, service string) *certtest.Archive {
	t.Helper()
	a, err := certtest.New(t.TempDir(), code, service)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// issue issues a paper among others, so that its proof has a path.
func issue(t testing.TB, a *certtest.Archive, number string) (whole, first []byte) {
	t.Helper()
	f := certtest.Facts(fault.Russian, number)
	note := func() {
		if _, err := a.Record(t.Context(), store.Event{Refs: certtest.Refs(f), Body: &referencev1.HoldPlaced{RequestNumber: "2026-1", Code: "Р-1109/2лс/345а"}}); err != nil {
			t.Fatal(err)
		}
	}
	note()
	note()
	whole, first, err := a.Issue(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return whole, first
}

func TestAGenuinePaper(t *testing.T) {
	a := archive(t, "kz-test", "reference")
	whole, first := issue(t, a, "2026-1-1")
	if !bytes.HasPrefix(whole, first) {
		t.Error("the first revision was changed")
	}
	r, err := certificate.Verify(whole, a.Key.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(first)
	if r.Number != "2026-1-1" || r.Request != "2026-1" || r.Kind != certificate.Certificate || r.Language != fault.Russian || r.Archive != "kz-test" ||
		r.Service != "reference" || r.Epoch != 1 || r.Seq != 3 || r.TreeSize != 3 || r.Account != "100017" || r.Post != "Директор архива" ||
		r.SignedOn.String() != "2026-11-20" || r.RequestedOn.String() != "2026-11-09" || !r.RecordedAt.Equal(certtest.Now) ||
		r.Key != "qoyma.kz-test.reference" || r.SHA256 != hex.EncodeToString(sum[:]) || r.Size != uint64(len(first)) {
		t.Errorf("%+v", r)
	}
	back, p, err := certificate.Split(whole)
	if err != nil || !bytes.Equal(back, first) {
		t.Fatal(err)
	}
	again, err := certificate.Append(back, p)
	if err != nil || !bytes.Equal(again, whole) {
		t.Error("appending is not the reverse of splitting", err)
	}
	// Any of several trusted keys will do.
	other := archive(t, "kz-other", "reference")
	if _, err := certificate.Verify(whole, other.Key.Verifier, a.Key.Verifier); err != nil {
		t.Error(err)
	}
	// A later, larger tree proves it as well.
	issue(t, a, "2026-1-2")
	record, _, err := a.Store.Inclusion(3, 6)
	if err != nil {
		t.Fatal(err)
	}
	p, err = a.Prove(record.Entry, 3, 6)
	if err != nil {
		t.Fatal(err)
	}
	later, err := certificate.Append(first, p)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := certificate.Verify(later, a.Key.Verifier); err != nil || r.TreeSize != 6 || r.Seq != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Every viewer opens the whole file: here poppler, which also finds the attachment.
func TestAViewerOpensIt(t *testing.T) {
	if _, err := exec.LookPath("pdfdetach"); err != nil {
		t.Skip("poppler-utils are not installed")
	}
	a := archive(t, "kz-test", "reference")
	whole, _ := issue(t, a, "2026-1-1")
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if text := read(t, whole); !strings.Contains(text, "АРХИВНАЯ СПРАВКА") || strings.Contains(text, "rror") {
		t.Error(text)
	}
	out, err := exec.CommandContext(t.Context(), "pdfdetach", "-list", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "qoyma-proof.json") || strings.Contains(string(out), "rror") {
		t.Errorf("%s, %v", out, err)
	}
	saved := filepath.Join(t.TempDir(), "proof.json")
	if out, err := exec.CommandContext(t.Context(), "pdfdetach", "-save", "1", "-o", saved, path).CombinedOutput(); err != nil {
		t.Fatalf("%s, %v", out, err)
	}
	got, err := os.ReadFile(saved)
	if err != nil || !bytes.Contains(whole, got) || !bytes.Contains(got, []byte("qoyma.proof.v1")) {
		t.Errorf("%s, %v", got, err)
	}
}

func must(t *testing.T, pdf []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func TestWhatCannotBeAppendedTo(t *testing.T) {
	a := archive(t, "kz-test", "reference")
	whole, first := issue(t, a, "2026-1-1")
	_, p, err := certificate.Split(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, pdf := range map[string][]byte{
		"nothing":          nil,
		"a foreign PDF":    []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"),
		"one with a proof": whole,
		"an edited one":    update(first),
		"a cut one":        first[:len(first)-2],
		"a wrong xref":     slicesReplace(first, "startxref\n", "startxref\n1", len(first)-60),
	} {
		if _, err := certificate.Append(pdf, p); !errors.Is(err, certificate.NotOurs) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The day of the signature is the day in Almaty, which begins at 19:00 UTC.
func TestTheDayIsAlmatys(t *testing.T) {
	if civil.Of(certtest.Now).String() != "2026-11-20" {
		t.Fatal("the test's moment moved")
	}
	a := archive(t, "kz-test", "reference")
	s := &scene{a: a}
	pdf := s.insider(t, func(m *referencev1.CertificateSigned) { m.SignedOn = "2026-11-19" }, true) // decided before midnight
	if _, err := certificate.Verify(pdf, a.Key.Verifier); err != nil {
		t.Error(err)
	}
}

// The proof's form is read in thirty years.
func TestTheProofIsFixed(t *testing.T) {
	p := certificate.Proof{
		Header: []byte("header"), Salt: []byte("0123456789abcdef"), Body: []byte("body"), Sealed: sha256.Sum256(nil),
		Path: tlog.RecordProof{tlog.Hash(sha256.Sum256([]byte("left")))}, Note: []byte("qoyma/kz/reference/1\n2\nroot\n\n— k x+/=\n"), Signer: make([]byte, 32),
	}
	pdf, err := certificate.Append(draw(t, certtest.Facts(fault.Kazakh, "2026-1-1")), p)
	if err != nil {
		t.Fatal(err)
	}
	left := sha256.Sum256([]byte("left"))
	want := "{\n \"format\": \"qoyma.proof.v1\",\n \"checkpoint\": \"qoyma/kz/reference/1\\n2\\nroot\\n\\n— k x+/=\\n\",\n \"header\": \"aGVhZGVy\",\n \"salt\": \"MDEyMzQ1Njc4OWFiY2RlZg==\",\n" +
		" \"body\": \"Ym9keQ==\",\n \"sealed_sha256\": \"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\",\n \"path\": [\n  \"" + base64.StdEncoding.EncodeToString(left[:]) + "\"\n ],\n" +
		" \"signer_public_key\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n}\n"
	if !bytes.Contains(pdf, []byte(want)) {
		t.Errorf("%s", pdf[len(pdf)-4000:])
	}
	if _, back, err := certificate.Split(pdf); err != nil || string(back.Note) != string(p.Note) || back.Path[0] != p.Path[0] {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestTheStatementIsTheEvents(t *testing.T) {
	a := archive(t, "kz-test", "reference")
	f := certtest.Facts(fault.Kazakh, "2026-1-1")
	first := draw(t, f)
	event, err := a.Event(f, first)
	if err != nil {
		t.Fatal(err)
	}
	s, err := certificate.SignedOf(event)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(first)
	want := signing.Statement{Archive: "kz-test", Act: "2026-1-1", Request: "2026-1", ActKind: "certificate", SHA256: hex.EncodeToString(sum[:]), Account: "100017", SignedOn: f.Date}
	if s.Statement("kz-test") != want {
		t.Errorf("%+v", s.Statement("kz-test"))
	}
}

func FuzzVerify(f *testing.F) {
	a, err := certtest.New(f.TempDir(), "kz-test", "reference")
	if err != nil {
		f.Fatal(err)
	}
	whole, first, err := a.Issue(f.Context(), certtest.Facts(fault.Russian, "2026-1-1"))
	if err != nil {
		f.Fatal(err)
	}
	if err := a.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(whole[len(first):], uint32(len(first)))
	f.Add(update(first)[len(first):], uint32(len(first)))
	f.Add([]byte(nil), uint32(len(first)))
	f.Add([]byte("\ntrailer\n<< /Size 1 /Root 1 0 R /Prev 0 /QoymaFirst 1 >>\nstartxref\n0\n%%EOF\n"), uint32(20))
	f.Add([]byte("1 0 obj\n<< /Type /EmbeddedFile /Subtype /application#2Fjson /QoymaProof 1 /Length 99 >>\nstream\n{}\nendstream\nendobj\n"+
		"xref\ntrailer\n<< /Size 1 /Root 1 0 R /Prev 0 /QoymaFirst 9 >>\nstartxref\n0\n%%EOF\n"), uint32(9))
	f.Fuzz(func(t *testing.T, tail []byte, keep uint32) {
		pdf := append(bytes.Clone(first[:min(int(keep), len(first))]), tail...)
		same := bytes.Equal(pdf, whole)
		r, err := certificate.Verify(pdf, a.Key.Verifier)
		if (err == nil) != same {
			t.Fatalf("%d bytes: %v, %+v", len(pdf), err, r)
		}
		if err != nil && fault.KindOf(err) != fault.Refused {
			t.Fatalf("no fault of the file: %v", err)
		}
		back, p, err := certificate.Split(pdf)
		if err != nil {
			if fault.KindOf(err) != fault.Refused {
				t.Fatalf("no fault of the file: %v", err)
			}
			return
		}
		if again, err := certificate.Append(back, p); err != nil || !bytes.Equal(again, pdf) {
			t.Fatalf("what was split does not come together again: %v", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	a := archive(b, "kz-test", "reference")
	whole, _ := issue(b, a, "2026-1-1")
	b.SetBytes(int64(len(whole)))
	for b.Loop() {
		if _, err := certificate.Verify(whole, a.Key.Verifier); err != nil {
			b.Fatal(err)
		}
	}
}
