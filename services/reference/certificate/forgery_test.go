package certificate_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/reference/certificate/certtest"
)

// tampering is one way to forge, with the fault that must tell it.
type tampering struct {
	name  string
	want  *fault.Definition
	forge func(t *testing.T, s *scene) []byte
}

// scene is what a forger has: genuine papers of this archive, the keys of another one.
type scene struct {
	a            *certtest.Archive
	other        *certtest.Archive // another archive, same service
	whole, first []byte
	proof        certificate.Proof
	second       []byte // another genuine paper of the same archive
	secondProof  certificate.Proof
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{a: archive(t, "kz-test", "reference"), other: archive(t, "kz-test", "reference")}
	s.whole, s.first = issue(t, s.a, "2026-1-1")
	var err error
	if _, s.proof, err = certificate.Split(s.whole); err != nil {
		t.Fatal(err)
	}
	s.second, _ = issue(t, s.a, "2026-1-2")
	if _, s.secondProof, err = certificate.Split(s.second); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) with(t *testing.T, change func(*certificate.Proof)) []byte {
	t.Helper()
	p := s.proof
	p.Path = append(tlog.RecordProof(nil), p.Path...)
	change(&p)
	pdf, err := certificate.Append(s.first, p)
	return must(t, pdf, err)
}

// insider is somebody with the journal's key who records an event that no signatory signed
// as it stands, or who changes the proof's parts together.
func (s *scene) insider(t *testing.T, change func(*referencev1.CertificateSigned), sign bool) []byte {
	t.Helper()
	f := certtest.Facts(fault.Russian, "2026-1-9")
	first := draw(t, f)
	event, err := s.a.Event(f, first)
	if err != nil {
		t.Fatal(err)
	}
	change(event)
	if sign {
		if err := s.a.Sign(event); err != nil {
			t.Fatal(err)
		}
	}
	return s.recorded(t, s.a, first, store.Event{Refs: certtest.Refs(f), Body: event})
}

func (s *scene) recorded(t *testing.T, a *certtest.Archive, first []byte, event store.Event) []byte {
	t.Helper()
	record, err := a.Record(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.Prove(record.Entry, record.Seq(), 0)
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := certificate.Append(first, p)
	return must(t, pdf, err)
}

func body(t *testing.T, p certificate.Proof) *referencev1.CertificateSigned {
	t.Helper()
	m := new(referencev1.CertificateSigned)
	if err := proto.Unmarshal(p.Body, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func header(t *testing.T, p certificate.Proof) *journalv1.Header {
	t.Helper()
	h := new(journalv1.Header)
	if err := proto.Unmarshal(p.Header, h); err != nil {
		t.Fatal(err)
	}
	return h
}

func bytesOf(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// update writes a plain incremental update behind a PDF, as an editor would.
func update(pdf []byte) []byte {
	xrefs := regexp.MustCompile(`startxref\n(\d+)`).FindAllSubmatch(pdf, -1)
	prev := xrefs[len(xrefs)-1][1]
	out := bytes.Clone(pdf)
	at := len(out)
	out = append(out, "4 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\n"...) // another page
	xref := len(out)
	return fmt.Appendf(out, "xref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 99 /Root 29 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n", at, prev, xref)
}

// changed flips a bit in the content of the page.
func changed(pdf []byte) []byte {
	out := bytes.Clone(pdf)
	out[bytes.Index(out, []byte("stream\n"))+40] ^= 1
	return out
}

// cutUpdate is the part of a file behind the first revision.
func (s *scene) update() []byte { return s.whole[len(s.first):] }

var tamperings = []tampering{
	{"a byte of the content", certificate.Altered, func(_ *testing.T, s *scene) []byte { return changed(s.whole) }},
	{"a byte of the document's properties", certificate.Altered, func(_ *testing.T, s *scene) []byte {
		return bytes.Replace(s.whole, []byte("/CreationDate (D:20261120"), []byte("/CreationDate (D:20251120"), 1)
	}},
	{"printed again with another date, proof appended", certificate.Altered, func(t *testing.T, s *scene) []byte {
		f := certtest.Facts(fault.Russian, "2026-1-1")
		f.Date = f.Date.AddDays(-3)
		pdf, err := certificate.Append(draw(t, f), s.proof)
		return must(t, pdf, err)
	}},
	{"printed again for another person, proof appended", certificate.Altered, func(t *testing.T, s *scene) []byte {
		f := certtest.Facts(fault.Russian, "2026-1-1")
		f.Addressee = "М. Бөтенов"
		pdf, err := certificate.Append(draw(t, f), s.proof)
		return must(t, pdf, err)
	}},
	{"proof of another paper", certificate.Altered, func(t *testing.T, s *scene) []byte {
		pdf, err := certificate.Append(s.first, s.secondProof)
		return must(t, pdf, err)
	}},
	{"update between paper and proof", certificate.Added, func(t *testing.T, s *scene) []byte {
		between := update(s.first)
		tail := bytes.Replace(s.update(), []byte("/QoymaFirst "+strconv.Itoa(len(s.first))), []byte("/QoymaFirst "+strconv.Itoa(len(between))), 1)
		return append(between, tail...)
	}},
	{"update between, length kept", certificate.Foreign, func(_ *testing.T, s *scene) []byte { return append(update(s.first), s.update()...) }},
	{"second update behind the proof", certificate.Appended, func(_ *testing.T, s *scene) []byte { return update(s.whole) }},
	{"a line behind the end", certificate.Appended, func(_ *testing.T, s *scene) []byte { return append(bytes.Clone(s.whole), "% harmless\n"...) }},
	{"a blank behind the end", certificate.Appended, func(_ *testing.T, s *scene) []byte { return append(bytes.Clone(s.whole), '\n') }},
	{"a zip behind the end", certificate.Appended, func(_ *testing.T, s *scene) []byte { return append(bytes.Clone(s.whole), "PK\x03\x04archive"...) }},
	{"the proof twice", certificate.Appended, func(_ *testing.T, s *scene) []byte { return append(bytes.Clone(s.whole), s.update()...) }},
	{"a second paper behind the first", certificate.Appended, func(_ *testing.T, s *scene) []byte { return append(bytes.Clone(s.whole), s.second...) }},
	{"something before the header", certificate.NotPDF, func(_ *testing.T, s *scene) []byte { return append([]byte("<html>"), s.whole...) }},
	{"no PDF at all", certificate.NotPDF, func(*testing.T, *scene) []byte { return []byte("PK\x03\x04") }},
	{"nothing", certificate.NotPDF, func(*testing.T, *scene) []byte { return nil }},
	{"proof stripped", certificate.NoProof, func(_ *testing.T, s *scene) []byte { return s.first }},
	{"saved anew by another program", certificate.NoProof, func(_ *testing.T, s *scene) []byte { return update(s.first) }},
	{"cut in the paper", certificate.Truncated, func(_ *testing.T, s *scene) []byte { return s.whole[:len(s.first)/2] }},
	{"cut in the proof", certificate.Truncated, func(_ *testing.T, s *scene) []byte { return s.whole[:len(s.first)+len(s.update())/2] }},
	{"cut in the last line", certificate.Truncated, func(_ *testing.T, s *scene) []byte { return s.whole[:len(s.whole)-3] }},
	{"another object in the proof's revision", certificate.Foreign, func(_ *testing.T, s *scene) []byte {
		return slicesReplace(s.whole, "endobj\nxref\n", "endobj\n4 0 obj\n<< >>\nendobj\nxref\n", len(s.first))
	}},
	{"catalog points elsewhere", certificate.Foreign, func(_ *testing.T, s *scene) []byte {
		return slicesReplace(s.whole, "/Pages 1 0 R", "/Pages 2 0 R", len(s.first))
	}},
	{"catalog opens an action", certificate.Foreign, func(_ *testing.T, s *scene) []byte {
		return slicesReplace(s.whole, "/AF [", "/OpenAction << /S /JavaScript /JS (x) >> /AF [", len(s.first))
	}},
	{"cross-reference points elsewhere", certificate.Foreign, func(_ *testing.T, s *scene) []byte {
		return slicesReplace(s.whole, fmt.Sprintf("%010d 00000 n", len(s.first)), fmt.Sprintf("%010d 00000 n", 15), len(s.first))
	}},
	{"another way back", certificate.Foreign, func(_ *testing.T, s *scene) []byte { return slicesReplace(s.whole, "/Prev ", "/Prev 1", len(s.first)) }},
	{"proof written with other blanks", certificate.Foreign, func(_ *testing.T, s *scene) []byte {
		return slicesReplace(s.whole, "{\n \"format\"", "{\n\t\"format\"", len(s.first))
	}},
	{"a field of its own in the proof", certificate.Damaged, func(_ *testing.T, s *scene) []byte {
		return slicesReplace(s.whole, "\"format\": \"qoyma.proof.v1\"", "\"formax\": \"qoyma.proof.v1\"", len(s.first))
	}},
	{"a later form of proof", certificate.Damaged, func(_ *testing.T, s *scene) []byte {
		return slicesReplace(s.whole, "qoyma.proof.v1", "qoyma.proof.v2", len(s.first))
	}},
	{"number changed in the body", certificate.NotInJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { m := body(t, *p); m.CertificateNumber = "2025-7-1"; p.Body = bytesOf(t, m) })
	}},
	{"re-dated in the body", certificate.NotInJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { m := body(t, *p); m.SignedOn = "2026-11-13"; p.Body = bytesOf(t, m) })
	}},
	{"re-dated in the header", certificate.NotInJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) {
			h := header(t, *p)
			h.RecordedAt.Seconds -= 7 * 86400
			p.Header = bytesOf(t, h)
		})
	}},
	{"digest changed in the body", certificate.NotInJournal, func(t *testing.T, s *scene) []byte {
		f := certtest.Facts(fault.Russian, "2026-1-1")
		f.Addressee = "М. Бөтенов"
		first := draw(t, f)
		p, m := s.proof, body(t, s.proof)
		sum := sha256.Sum256(first)
		m.Sha256, m.Size = hex.EncodeToString(sum[:]), uint64(len(first))
		p.Body = bytesOf(t, m)
		pdf, err := certificate.Append(first, p)
		return must(t, pdf, err)
	}},
	{"another place in the journal", certificate.NotInJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { h := header(t, *p); h.Seq--; p.Header = bytesOf(t, h) })
	}},
	{"another path", certificate.NotInJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { p.Path[0][0] ^= 1 })
	}},
	{"no path", certificate.NotInJournal, func(t *testing.T, s *scene) []byte { return s.with(t, func(p *certificate.Proof) { p.Path = nil }) }},
	{"another sealed body", certificate.NotInJournal, func(t *testing.T, s *scene) []byte { return s.with(t, func(p *certificate.Proof) { p.Sealed[0] ^= 1 }) }},
	{"another salt", certificate.NotInJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { p.Salt = make([]byte, 16) })
	}},
	{"a salt that reaches into the body", certificate.Damaged, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { p.Salt = append(bytes.Clone(p.Salt), make([]byte, 32)...) })
	}},
	{"checkpoint of another size with the same root", certificate.BadCheckpoint, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { p.Note = bytes.Replace(p.Note, []byte("\n3\n"), []byte("\n4\n"), 1) })
	}},
	{"checkpoint of a smaller tree", certificate.TooEarly, func(t *testing.T, s *scene) []byte {
		record, _, err := s.a.Store.Inclusion(3, 3)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.a.Prove(record.Entry, 3, 2)
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := certificate.Append(s.first, p)
		return must(t, pdf, err)
	}},
	{"checkpoint of the same archive's other key", certificate.UnknownKey, func(t *testing.T, s *scene) []byte {
		whole, _ := issue(t, s.other, "2026-1-1")
		return whole
	}},
	{"checkpoint without a signature", certificate.BadCheckpoint, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { p.Note = p.Note[:bytes.Index(p.Note, []byte("\n\n"))+1] })
	}},
	{"a signature of nobody beside the archive's", certificate.BadCheckpoint, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) {
			p.Note = append(bytes.Clone(p.Note), "— nobody.example AAAAAGhpZGRlbg==\n"...)
		})
	}},
	{"signature of another checkpoint", certificate.BadCheckpoint, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) {
			text, _, _ := bytes.Cut(p.Note, []byte("\n\n"))
			_, sigs, _ := bytes.Cut(s.secondProof.Note, []byte("\n\n"))
			p.Note = bytes.Join([][]byte{text, sigs}, []byte("\n\n"))
		})
	}},
	{"forged key of the right name", certificate.UnknownKey, func(t *testing.T, s *scene) []byte {
		skey, _, err := note.GenerateKey(rand.Reader, journal.KeyName("kz-test", "reference"))
		if err != nil {
			t.Fatal(err)
		}
		signer, err := note.NewSigner(skey)
		if err != nil {
			t.Fatal(err)
		}
		return s.with(t, func(p *certificate.Proof) {
			c, err := journal.ReadCheckpoint(p.Note)
			if err != nil {
				t.Fatal(err)
			}
			if p.Note, err = c.Sign(signer); err != nil {
				t.Fatal(err)
			}
		})
	}},
	{"entry of another archive", certificate.OtherJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { h := header(t, *p); h.Archive = "kz-other"; p.Header = bytesOf(t, h) })
	}},
	{"entry of another epoch", certificate.OtherJournal, func(t *testing.T, s *scene) []byte {
		return s.with(t, func(p *certificate.Proof) { h := header(t, *p); h.Epoch = 7; p.Header = bytesOf(t, h) })
	}},
	{"another event of the journal", certificate.OtherEvent, func(t *testing.T, s *scene) []byte {
		return s.recorded(t, s.a, s.first, store.Event{Refs: []journal.Ref{{Type: "request", ID: "2026-1"}}, Body: &referencev1.HoldPlaced{RequestNumber: "2026-1"}})
	}},
	{"an event without a digest", certificate.OtherEvent, func(t *testing.T, s *scene) []byte {
		return s.insider(t, func(m *referencev1.CertificateSigned) { m.Sha256 = "" }, false)
	}},
	{"recorded without the signatory: other digest", certificate.Unsigned, func(t *testing.T, s *scene) []byte {
		sum := sha256.Sum256([]byte("another paper"))
		return s.insider(t, func(m *referencev1.CertificateSigned) { m.Sha256 = hex.EncodeToString(sum[:]) }, false)
	}},
	{"recorded without the signatory: other account", certificate.Unsigned, func(t *testing.T, s *scene) []byte {
		return s.insider(t, func(m *referencev1.CertificateSigned) { m.Account = "100018" }, false)
	}},
	{"recorded without the signatory: no signature", certificate.Unsigned, func(t *testing.T, s *scene) []byte {
		return s.insider(t, func(m *referencev1.CertificateSigned) { m.Signature = nil }, false)
	}},
	{"recorded and signed with an earlier date", certificate.Redated, func(t *testing.T, s *scene) []byte {
		return s.insider(t, func(m *referencev1.CertificateSigned) { m.SignedOn = "2026-11-13" }, true)
	}},
	{"recorded and signed with a later date", certificate.Redated, func(t *testing.T, s *scene) []byte {
		return s.insider(t, func(m *referencev1.CertificateSigned) { m.SignedOn = "2026-11-22" }, true)
	}},
	{"another size than that of the file", certificate.Altered, func(t *testing.T, s *scene) []byte {
		return s.insider(t, func(m *referencev1.CertificateSigned) { m.Size++ }, true)
	}},
	{"signatory's key exchanged", certificate.OtherSigner, func(t *testing.T, s *scene) []byte {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return s.with(t, func(p *certificate.Proof) { p.Signer = public })
	}},
}

// slicesReplace replaces the first occurrence of a text behind an offset.
func slicesReplace(pdf []byte, from, to string, offset int) []byte {
	tail := bytes.Replace(pdf[offset:], []byte(from), []byte(to), 1)
	if bytes.Equal(tail, pdf[offset:]) {
		panic("nothing to replace: " + from)
	}
	return append(bytes.Clone(pdf[:offset]), tail...)
}

func TestEveryForgeryIsToldByItsCode(t *testing.T) {
	s := newScene(t)
	for _, row := range tamperings {
		t.Run(row.name, func(t *testing.T) {
			pdf := row.forge(t, s)
			r, err := certificate.Verify(pdf, s.a.Key.Verifier)
			if !errors.Is(err, row.want) {
				t.Fatalf("%v, want %s", err, row.want.Code)
			}
			if r.Number != "" {
				t.Error("a forgery has a report")
			}
			f := fault.Of(err)
			for _, l := range languages {
				if text := f.In(l); strings.Contains(text, "{") || f.Kind != fault.Refused {
					t.Errorf("%s: %q, %s", l, text, f.Kind)
				}
			}
		})
	}
	if _, err := certificate.Verify(s.whole, s.a.Key.Verifier); err != nil {
		t.Fatal("the genuine one was changed on the way", err)
	}
}

// A key of another service of the same archive vouches for nothing here, even over an event of
// the right type.
func TestAnotherServicesJournalSignsNoPapers(t *testing.T) {
	a := archive(t, "kz-test", "retention")
	whole, _, err := a.Issue(t.Context(), certtest.Facts(fault.Kazakh, "2026-1-1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certificate.Verify(whole, a.Key.Verifier); !errors.Is(err, certificate.OtherJournal) {
		t.Error(err)
	}
	if _, err := certificate.Verify(whole); !errors.Is(err, certificate.UnknownKey) {
		t.Error(err)
	}
}

// No single changed byte of the file goes unnoticed. Of the long texts in it a sample is tried,
// and all of their ends, where base64 has bits that say nothing.
func TestEveryByteCounts(t *testing.T) {
	a := archive(t, "kz-test", "reference")
	whole, first := issue(t, a, "2026-1-1")
	for i := range whole {
		ends := i > len(first) && i+1 < len(whole) && strings.ContainsRune("=\"\\", rune(whole[i+1]))
		if !ends && i%(1+len(first)/100) != 0 && (i < len(first) || i%11 != 0) && i < len(whole)-60 {
			continue
		}
		pdf := bytes.Clone(whole)
		pdf[i] ^= 1
		if _, err := certificate.Verify(pdf, a.Key.Verifier); err == nil {
			t.Fatalf("byte %d (%q) can be changed", i, whole[max(0, i-20):min(len(whole), i+20)])
		}
		if i%5 == 0 {
			if _, err := certificate.Verify(append(whole[:i:i], whole[i+1:]...), a.Key.Verifier); err == nil {
				t.Fatalf("byte %d can be left out", i)
			}
		}
	}
}
