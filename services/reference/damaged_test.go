package reference

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// spoil changes or takes away the kept files of printed papers, and gives a way back.
func (w *world) spoil(change func(path string) error) (restore func()) {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "reference", papersFolder, "*.pdf"))
	if err != nil || len(files) == 0 {
		w.t.Fatalf("no papers: %v", err)
	}
	kept := make(map[string][]byte)
	for _, path := range files {
		if kept[path], err = os.ReadFile(path); err == nil {
			err = change(path)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return func() {
		for path, raw := range kept {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// TestADamagedPaper: who asks for one reads, in his language, that he has to let it be brought back
// and which file; then it is given out. A draft needs no backup: it is printed again. The log names
// the file each time.
func TestADamagedPaper(t *testing.T) {
	w := newWorld(t)
	key := w.enrol()
	reg := w.registered()
	number := reg.GetNumber()
	w.submitted(number)
	draft := func() (*referencev1.GetDraftPDFResponse, error) {
		return w.as(head).GetDraftPDF(t.Context(), &referencev1.GetDraftPDFRequest{Number: number})
	}
	w.spoil(os.Remove)
	_, err := draft()
	f := fault.Of(err)
	if f.Code != "reference.paper.draft_damaged" || f.Kind != fault.Refused || !strings.Contains(f.In(fault.Russian), "верните проект") {
		t.Errorf("a draft whose file is gone: %v", err)
	}
	must[*referencev1.ReturnDraftResponse](t)(w.as(head).ReturnDraft(t.Context(), &referencev1.ReturnDraftRequest{CommandId: newID(), Number: number, Remark: "файл құжаты жоғалған"}))
	must[*referencev1.SubmitForSignatureResponse](t)(w.as(archivist).SubmitForSignature(t.Context(), &referencev1.SubmitForSignatureRequest{
		CommandId: newID(), Number: number, Version: 1,
	}))
	pdf := must[*referencev1.GetDraftPDFResponse](t)(draft())
	must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), w.sign(key, number, pdf.GetPaper())))
	must[*referencev1.RecordIdentityResponse](t)(w.as(archivist).RecordIdentity(t.Context(), &referencev1.RecordIdentityRequest{
		CommandId: newID(), Number: number, Document: "identity_card", Way: "in_person",
	}))
	certificate := func() (*referencev1.GetCertificateResponse, error) {
		return w.as(visitor).GetCertificate(t.Context(), &referencev1.GetCertificateRequest{Number: number, Secret: reg.GetSecret()})
	}
	must[*referencev1.GetCertificateResponse](t)(certificate())
	for name, change := range map[string]func(path string) error{
		"gone":    os.Remove,
		"altered": func(path string) error { return os.WriteFile(path, []byte("%PDF-1.7 of somebody else"), 0o600) },
	} {
		restore := w.spoil(change)
		_, err := certificate()
		f := fault.Of(err)
		if f.Code != "reference.paper.damaged" || f.Kind != fault.Unavailable || f.Kind.HTTP() != 503 {
			t.Errorf("%s: %v", name, err)
		}
		for l, want := range map[fault.Language]string{fault.Kazakh: "сақтық көшірмеден", fault.Russian: "из резервной копии", fault.English: "from a backup"} {
			if text := f.In(l); !strings.Contains(text, want) || !strings.Contains(text, f.Args["file"]) || !strings.HasSuffix(f.Args["file"], ".pdf") {
				t.Errorf("%s, %s: %s", name, l, text)
			}
		}
		if !strings.Contains(w.log.String(), "a kept paper is damaged") || !strings.Contains(w.log.String(), f.Args["file"]) {
			t.Errorf("%s: the administrator is told nothing: %s", name, w.log)
		}
		restore()
		must[*referencev1.GetCertificateResponse](t)(certificate())
	}
}
