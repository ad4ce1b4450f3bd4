package reference

import (
	"bytes"
	"strings"
	"testing"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
)

// verdictOn sends a file in parts, as the gateway does.
func (w *world) verdictOn(pdf []byte, part int) (*referencev1.VerifyFileResponse, error) {
	w.t.Helper()
	stream, err := w.as(visitor).VerifyFile(w.t.Context())
	if err != nil {
		return nil, err
	}
	for len(pdf) > 0 {
		n := min(part, len(pdf))
		if err := stream.Send(&referencev1.VerifyFileRequest{Chunk: pdf[:n]}); err != nil {
			break // CloseAndRecv says why
		}
		pdf = pdf[n:]
	}
	return stream.CloseAndRecv()
}

// TestVerifyFile proves the signed answer, and refuses it altered, cut off, added to, taken before
// its proof, and whatever else is sent: with a reason, and without a word on anybody.
func TestVerifyFile(t *testing.T) {
	w := newWorld(t)
	key := w.enrol()
	reg := w.registered()
	p := w.submitted(reg.GetNumber())
	must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), w.sign(key, reg.GetNumber(), p)))
	must[*referencev1.RecordIdentityResponse](t)(w.as(archivist).RecordIdentity(t.Context(), &referencev1.RecordIdentityRequest{
		CommandId: newID(), Number: reg.GetNumber(), Document: "identity_card", Way: "in_person",
	}))
	pdf := must[*referencev1.GetCertificateResponse](t)(w.as(visitor).GetCertificate(t.Context(), &referencev1.GetCertificateRequest{Number: reg.GetNumber(), Secret: reg.GetSecret()})).GetPdf()
	altered := bytes.Clone(pdf)
	altered[len(altered)/4] ^= 1
	for _, c := range []struct {
		name string
		pdf  []byte
		part int
		want string
	}{
		{"as it was signed", pdf, 1 << 20, "genuine"},
		{"in small parts", pdf, 1000, "genuine"},
		{"altered", altered, 1 << 20, "altered"},
		{"added to", append(bytes.Clone(pdf), "\n%%EOF\n"...), 1 << 20, "altered"},
		{"cut off", pdf[:len(pdf)-10], 1 << 20, "not_ours"},
		{"no PDF", []byte("GIF89a"), 10, "not_ours"},
		{"nothing", nil, 10, "not_ours"},
	} {
		res, err := w.verdictOn(c.pdf, c.part)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		v := res.GetPaper()
		if v.GetVerdict() != c.want || v.GetGenuine() != (c.want == "genuine") || v.GetWords().GetKk() == "" || v.GetWords().GetRu() == "" {
			t.Errorf("%s: %v", c.name, v)
		}
		if v.GetGenuine() && (v.GetCertificateNumber() != "2026-1-1" || len(res.GetChecks()) != 5) {
			t.Errorf("%s: %v", c.name, res)
		}
		if strings.Contains(res.String(), "Ойдағыева") {
			t.Errorf("%s: a person is named: %v", c.name, res)
		}
	}
	if _, err := w.verdictOn(make([]byte, 10<<20+1), 1<<20); err == nil || !strings.Contains(err.Error(), "10 MiB") {
		t.Errorf("too large: %v", err)
	}
}
