package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"

	"github.com/spf13/cobra"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
)

var (
	notTheAct = fault.Define(fault.Refused, "cli.sign.act",
		"the act of accession {number} that lies in the archive is not the one with SHA-256 {sha256}; nothing was signed; read the act again (qoyma act) and sign with its digest",
		"акт поступления {number} в архиве – не тот, чей SHA-256 {sha256}; ничего не подписано; прочитайте акт заново (qoyma act) и подпишите с его суммой",
		"{number} түсімінің архивтегі актісі SHA-256 мәні {sha256} акт емес; ештеңеге қол қойылған жоқ; актіні қайта оқып (qoyma act), соның сомасымен қол қойыңыз")
	otherFile = fault.Define(fault.Refused, "cli.accession.other_file",
		"{file} is not the act of accession {number} that was signed: its SHA-256 is {sha256}",
		"{file} – не тот акт поступления {number}, который подписан: его SHA-256 {sha256}",
		"{file} – {number} түсімінің қол қойылған актісі емес: оның SHA-256 мәні {sha256}")
	badSignature = fault.Define(fault.Refused, "cli.accession.signature",
		"the signature of the side {side} under the act of accession {number} does not hold ({why}); tell the auditor",
		"подпись стороны «{side}» под актом поступления {number} не проходит проверку ({why}); сообщите аудитору",
		"{number} түсімінің актісіндегі «{side}» жағының қолтаңбасы тексеруден өтпеді ({why}); аудиторға хабарлаңыз")
)

// What is signed is the copy that was read, so its digest is named.
var (
	unreadAct = text{
		"give with --sha256 the SHA-256 of the act that was read: “qoyma act NUMBER -o FILE” writes the act and prints it",
		"через --sha256 укажите SHA-256 прочитанного акта: «qoyma act НОМЕР -o ФАЙЛ» записывает акт и выводит эту сумму",
		"--sha256 арқылы оқылған актінің SHA-256 мәнін көрсетіңіз: «qoyma act НӨМІР -o ФАЙЛ» актіні жазып, оны шығарады",
	}
	noDigest = text{
		"“%s” is no SHA-256: that is 64 characters, digits and letters from a to f; “qoyma act NUMBER -o FILE” prints that of the act",
		"«%s» – не SHA-256: это 64 знака, цифры и буквы от a до f; SHA-256 акта выводит «qoyma act НОМЕР -o ФАЙЛ»",
		"«%s» SHA-256 емес: ол – 64 таңба, цифрлар мен a–f әріптері; актінің SHA-256 мәнін «qoyma act НӨМІР -o ФАЙЛ» шығарады",
	}
)

func (a *app) accessionSign() *cobra.Command {
	var t target
	var file string
	q := new(intakev1.SignActRequest)
	hand := new(intakev1.HandSignature)
	c := &cobra.Command{
		Use: "sign NUMBER SIDE", Short: "Sign the act for a side: giver or archive", Args: cobra.ExactArgs(2),
		Long: "Sign the act for a side. --sha256 is the digest of the copy that was read, as “qoyma act” prints it. --by records who signed on paper.\n\n" +
			"An account with a signing key signs with it: the passphrase is read from --passphrase-file or the standard input (at a terminal it is\n" +
			"asked for and not shown), never from an argument. The key is derived from it here and forgotten.",
	}
	t.in(c, monitor.Archivist, monitor.Head)
	f := c.Flags()
	f.StringVar(&q.Sha256, "sha256", "", "digest of the act that was read")
	f.StringVar(&hand.Name, "by", "", "who signed by hand on paper")
	f.StringVar(&hand.Post, "post", "", "the post of whoever signed by hand")
	f.StringVar(&file, "passphrase-file", "", "file with the passphrase of the signing key; empty reads the standard input")
	c.MarkFlagsMutuallyExclusive("by", "passphrase-file")
	c.PreRunE = func(*cobra.Command, []string) error {
		switch raw, err := hex.DecodeString(q.GetSha256()); {
		case q.GetSha256() == "":
			return unreadAct.usage()
		case err != nil || len(raw) != sha256.Size:
			return noDigest.usage(q.GetSha256())
		}
		return nil
	}
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		q.AccessionNumber, q.Side = args[0], args[1]
		if hand.GetName() != "" {
			q.Hand = hand
		}
		res, err := a.signAct(ctx, ar, q, file)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.showKept(res.GetAccession()) })
	})
	return c
}

// signAct signs with the account's key where it has one: intake says so, and has signed nothing then.
func (a *app) signAct(ctx context.Context, ar *archive, q *intakev1.SignActRequest, file string) (res *intakev1.SignActResponse, err error) {
	cl, err := intakeOf(ar)
	if err != nil {
		return nil, err
	}
	if file == "" {
		if q.CommandId, err = commandID(); err != nil {
			return nil, err
		}
		if res, err = cl.SignAct(ctx, q); fault.Of(err) == nil || fault.Of(err).Code != "intake.sign.key" {
			return res, err
		}
	}
	reference, err := referenceOf(ar)
	if err != nil {
		return nil, err
	}
	own, err := reference.GetSigner(ctx, new(referencev1.GetSignerRequest))
	if err != nil {
		return nil, err
	}
	statement, err := actStatement(ctx, cl, q, own.GetSigner().GetAccount())
	if err != nil {
		return nil, err
	}
	passphrase, err := a.hidden(file)
	if err != nil {
		return nil, err
	}
	key, err := derived(own.GetSigner().GetKey(), passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	if q.Signature, err = statement.Sign(key); err != nil {
		return nil, err
	}
	if q.CommandId, err = commandID(); err != nil {
		return nil, err
	}
	return cl.SignAct(ctx, q)
}

// actStatement is what is to be signed, once it was compared with the bytes of the act, the digest that the
// person gave, and who signs. Errors: notTheAct, notWhatWasShown.
func actStatement(ctx context.Context, cl intakev1.IntakeServiceClient, q *intakev1.SignActRequest, account string) (signing.Statement, error) {
	for _, language := range []string{"kk", "ru"} {
		act, err := cl.GetAct(ctx, &intakev1.GetActRequest{AccessionNumber: q.GetAccessionNumber(), Language: language, Side: q.GetSide()})
		if err != nil {
			return signing.Statement{}, err
		}
		if digestOf(act.GetPdf()) != q.GetSha256() {
			continue
		}
		s, err := signing.ParseStatement(act.GetStatement())
		if err == nil && (s.SHA256 != q.GetSha256() || s.Act != q.GetAccessionNumber() || s.ActKind != "acceptance-"+q.GetSide() || s.Account != account) {
			err = notWhatWasShown.With()
		}
		return s, err
	}
	return signing.Statement{}, notTheAct.With("number", q.GetAccessionNumber(), "sha256", clean(q.GetSha256()))
}

// checkedSignature is one signature under an act as it was verified.
type checkedSignature struct {
	Side     string `json:"side"`
	How      string `json:"how"` // key, account or hand
	SHA256   string `json:"sha256"`
	SignedOn string `json:"signed_on"`
	Account  string `json:"account,omitempty"`
	Key      string `json:"key,omitempty"`
	// Verified: a key signed exactly this; the others are known by their record alone.
	Verified bool `json:"verified"`
}

func (a *app) accessionVerify() *cobra.Command {
	var t target
	var file string
	c := &cobra.Command{
		Use: "verify NUMBER", Short: "Verify the signatures under the act of an accession", Args: cobra.ExactArgs(1),
		Long: "Verify the signatures under the act of an accession: each that was made with a key, over the digest of the copy that lies in the archive, or\n" +
			"that --act names. A signature by account or by hand has no key; its record is in the timeline (qoyma timeline accession/NUMBER).\n" +
			"Exit code 1 where one does not hold.",
	}
	t.flags(c)
	c.Flags().StringVar(&file, "act", "", "file that is said to be the act")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		work, err := cl.GetAccessionWork(ctx, &intakev1.GetAccessionWorkRequest{AccessionNumber: args[0]})
		if err != nil {
			return err
		}
		acts := make(map[string]bool)
		for _, act := range work.GetAccession().GetActs() {
			pdf, err := cl.GetAct(ctx, &intakev1.GetActRequest{AccessionNumber: args[0], Language: act.GetLanguage()})
			if err != nil {
				return err
			}
			acts[digestOf(pdf.GetPdf())] = true
		}
		if file != "" {
			pdf, err := os.ReadFile(file)
			if err != nil {
				return wrongFile(err)
			}
			if !acts[digestOf(pdf)] {
				return otherFile.With("file", file, "number", args[0], "sha256", digestOf(pdf))
			}
		}
		list, err := checkSignatures(work, acts)
		return errors.Join(a.showSignatures(list), err)
	})
	return c
}

// checkSignatures verifies what was made with a key. Error: badSignature, of the first that does not hold.
func checkSignatures(work *intakev1.GetAccessionWorkResponse, acts map[string]bool) (list []checkedSignature, err error) {
	proofs := make(map[string]*intakev1.SignatureProof)
	for _, p := range work.GetProofs() {
		proofs[p.GetSide()] = p
	}
	for _, s := range work.GetAccession().GetSignatures() {
		one := checkedSignature{Side: s.GetSide(), How: s.GetHow(), SHA256: s.GetSha256(), SignedOn: s.GetSignedOn(), Account: s.GetAccount(), Key: s.GetKeyId()}
		if s.GetHow() == "key" {
			failed := holds(s, proofs[s.GetSide()], work.GetAccession().GetAccessionNumber(), acts)
			if one.Verified = failed == nil; failed != nil && err == nil {
				err = badSignature.With("side", sides[s.GetSide()].fault(), "number", work.GetAccession().GetAccessionNumber(), "why", failed).Because(failed)
			}
		}
		list = append(list, one)
	}
	return list, err
}

// holds verifies one signature: its statement says what the record says, names an act that lies there, and
// the key signed exactly it.
func holds(s *intakev1.ActSigned, p *intakev1.SignatureProof, number string, acts map[string]bool) error {
	statement, err := signing.ParseStatement(p.GetStatement())
	if err != nil {
		return err
	}
	key := ed25519.PublicKey(p.GetPublicKey())
	if statement.Act != number || statement.SHA256 != s.GetSha256() || statement.Account != s.GetAccount() || statement.SignedOn.String() != s.GetSignedOn() ||
		statement.ActKind != "acceptance-"+s.GetSide() || !acts[statement.SHA256] || len(key) != ed25519.PublicKeySize || signing.KeyID(key) != s.GetKeyId() {
		return notWhatWasShown.With()
	}
	return statement.Verify(key, s.GetSignature())
}

func (a *app) showSignatures(list []checkedSignature) error {
	if a.json {
		return a.printJSON(list)
	}
	var rows [][]string
	for _, s := range list {
		verified := a.say(text{"recorded", "записана", "жазылған"})
		if s.Verified {
			verified = a.say(text{"verified", "проверена", "тексерілді"})
		}
		rows = append(rows, []string{a.word(sides, s.Side), a.word(signedHow, s.How), s.SignedOn, clean(s.Account), s.Key, verified, s.SHA256})
	}
	a.table([]text{{"SIDE", "СТОРОНА", "ТАРАП"}, {"HOW", "КАК", "ҚАЛАЙ"}, {"ON", "ДАТА", "КҮНІ"}, {"ACCOUNT", "ЗАПИСЬ", "ЖАЗБА"}, {"KEY", "КЛЮЧ", "КІЛТ"}, {"", "", ""}, {"SHA-256", "SHA-256", "SHA-256"}}, rows)
	return nil
}
