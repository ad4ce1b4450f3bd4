package api

import (
	"errors"
	"io"

	"google.golang.org/grpc"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/certificate"
)

// maxFile bounds a file that is to be proven, in bytes.
const maxFile = 10 << 20

// VerifyFile implements ReferenceService: the proof in the file is checked as anybody can check it
// offline, then the journal is asked for the paper that it proves. Why a file is refused is an
// answer, not an error.
func (s *Server) VerifyFile(stream grpc.ClientStreamingServer[referencev1.VerifyFileRequest, referencev1.VerifyFileResponse]) error {
	var pdf []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if pdf = append(pdf, part.GetChunk()...); len(pdf) > maxFile {
			return certificate.TooLarge.With("limit", maxFile>>20)
		}
	}
	report, err := s.prove(pdf)
	if verdict := refusedAs(err); verdict != "" {
		f := fault.Of(err)
		return stream.SendAndClose(&referencev1.VerifyFileResponse{Paper: &referencev1.VerifyPaperResponse{
			Verdict: verdict, Words: say(f.In(fault.Kazakh), f.In(fault.Russian), f.In(fault.English)),
		}})
	}
	if err != nil {
		return err
	}
	paper, err := s.VerifyPaper(stream.Context(), &referencev1.VerifyPaperRequest{CertificateNumber: report.Number, Sha256: report.SHA256})
	if err != nil {
		return err
	}
	return stream.SendAndClose(&referencev1.VerifyFileResponse{Paper: paper, Checks: proven()})
}

// refusedAs is the verdict on a file whose proof does not hold; empty for whatever else went wrong.
func refusedAs(err error) string {
	for verdict, list := range map[string][]*fault.Definition{
		"altered": {certificate.Altered, certificate.Added, certificate.Appended, certificate.Foreign, certificate.Redated},
		"forged": {
			certificate.UnknownKey, certificate.BadCheckpoint, certificate.OtherJournal, certificate.TooEarly, certificate.NotInJournal,
			certificate.OtherEvent, certificate.OtherSigner, certificate.Unsigned,
		},
		"not_ours": {certificate.NotPDF, certificate.NoProof, certificate.Truncated, certificate.Damaged, certificate.TooLarge},
	} {
		for _, d := range list {
			if errors.Is(err, d) {
				return verdict
			}
		}
	}
	return ""
}

// proven lists what certificate.Verify has looked at, in its order.
func proven() []*referencev1.Check {
	var out []*referencev1.Check
	for _, c := range []struct {
		code  string
		words *recordv1.Text
	}{
		{"checkpoint", say("архивтің журналға қойған қолтаңбасы", "подпись архива под журналом", "the archive's signature under its journal")},
		{"inclusion", say("құжаттың журналдағы жазбасы", "запись документа в журнале", "the paper's entry in the journal")},
		{"signature", say("басшының қолтаңбасы мен күні", "подпись руководителя и её дата", "the signature of the head, and its date")},
		{"digest", say("файлдың мазмұны қол қойылғаннан өзгермеген", "содержимое файла не изменилось с подписания", "the file is as it was signed")},
		{"alone", say("файлға бөгде ештеңе қосылмаған", "к файлу ничего постороннего не добавлено", "nothing was added to the file")},
	} {
		out = append(out, &referencev1.Check{Code: c.code, Passed: true, Words: c.words})
	}
	return out
}
