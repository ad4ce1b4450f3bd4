package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
)

var (
	wrongPassphrase = fault.Define(fault.Refused, "cli.wrong_passphrase",
		"this passphrase does not give the key {key} that was enrolled; type it again",
		"эта кодовая фраза не даёт зарегистрированный ключ {key}; введите её снова",
		"бұл құпия сөйлем тіркелген {key} кілтін бермейді; оны қайта теріңіз")
	notWhatWasShown = fault.Define(fault.Refused, "cli.other_statement",
		"the statement to be signed names another paper than the one that was fetched; nothing was signed, tell the administrator",
		"подписываемое заявление называет другой документ; ничего не подписано, сообщите администратору",
		"қол қойылатын мәлімдеме басқа құжатты атайды; ештеңеге қол қойылған жоқ, әкімшіге хабарлаңыз")
)

// input is where a passphrase or a secret is typed, unless a file holds it.
var input io.Reader = os.Stdin

// hidden reads one line that must stand in no list of processes: from a file, or from the standard input.
// A person at a terminal is asked for it and does not see it.
func (a *app) hidden(file string) (string, error) {
	if at, ok := input.(*os.File); ok && file == "" && term.IsTerminal(int(at.Fd())) {
		_, _ = fmt.Fprint(a.err, a.say(text{"passphrase or secret (it is not shown): ", "кодовая фраза или секрет (не отображается): ", "құпия сөйлем немесе құпия (көрсетілмейді): "}))
		typed, err := term.ReadPassword(int(at.Fd()))
		_, _ = fmt.Fprintln(a.err)
		if err != nil {
			return "", fmt.Errorf("read: %w", err)
		}
		return string(typed), nil
	}
	from := input
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", wrongFile(err)
		}
		defer func() { _ = f.Close() }() // read only
		from = f
	}
	raw, err := io.ReadAll(io.LimitReader(from, 64<<10))
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return strings.TrimRight(string(line), "\r"), nil
}

func (a *app) signerCommand() *cobra.Command {
	return a.family("signer", "Who signs the archive's answers", a.signerInvite(), a.signerEnrol(), a.signerList(), a.signerRevoke())
}

func (a *app) signerInvite() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "invite ACCOUNT", Short: "Let an account enrol a signing key; prints a code for one use", Args: cobra.ExactArgs(1),
		Example: `  qoyma signer invite 100017 --kk "Қ. Басшыұлы" --ru "К. Басшиулы" --post-kk "Архив директоры" --post-ru "Директор архива" --data DIR`,
	}
	t.in(c, monitor.Administrator)
	q := &referencev1.InviteSignerRequest{Name: texts(c, "name as papers print it")}
	var kk, ru, en string
	c.Flags().StringVar(&kk, "post-kk", "", "post in Kazakh")
	c.Flags().StringVar(&ru, "post-ru", "", "post in Russian")
	c.Flags().StringVar(&en, "post-en", "", "post in English")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		q.CommandId, q.Account, q.Post = id, args[0], textIn(kk, ru, en)
		res, err := client.InviteSigner(ctx, q)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.printf("%s  %s\n", res.GetCode(), res.GetExpiresOn()) })
	})
	return c
}

func (a *app) signerEnrol() *cobra.Command {
	var t target
	var file string
	c := &cobra.Command{
		Use: "enrol CODE", Short: "Enrol your signing key with the code of your invitation", Args: cobra.ExactArgs(1),
		Long: "Enrol your signing key with the code of your invitation. The passphrase is read from --passphrase-file or the standard\n" +
			"input (at a terminal it is asked for and not shown); the key is derived from it here and leaves this machine as its public half only.",
	}
	t.in(c, monitor.Head)
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase; empty reads the standard input")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		passphrase, err := a.hidden(file)
		if err != nil {
			return err
		}
		if err := signing.CheckPassphrase(passphrase); err != nil {
			return err
		}
		params, err := signing.NewParams(rand.Reader)
		if err != nil {
			return err
		}
		key, err := signing.Derive(passphrase, params)
		if err != nil {
			return err
		}
		res, err := client.EnrolSigner(ctx, &referencev1.EnrolSignerRequest{CommandId: id, Code: args[0], Key: &referencev1.KeyDerivation{
			PublicKey: signing.Public(key), Salt: params.Salt, Passes: params.Time, MemoryKib: params.MemoryKiB, Lanes: uint32(params.Threads),
		}})
		if err != nil {
			return err
		}
		return a.show(res, func() { a.signers([]*referencev1.Signer{res.GetSigner()}) })
	})
	return c
}

func (a *app) signerList() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "list", Short: "List who signs or signed", Args: cobra.NoArgs}
	t.in(c, monitor.Administrator)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := referenceOf(ar)
		if err != nil {
			return err
		}
		all := new(referencev1.ListSignersResponse)
		for more := true; more; {
			res, err := client.ListSigners(ctx, &referencev1.ListSignersRequest{After: last(all.GetSigners()).GetAccount()})
			if err != nil {
				return err
			}
			all.Signers = append(all.Signers, res.GetSigners()...)
			more = res.GetMore() && len(res.GetSigners()) > 0
		}
		return a.show(all, func() { a.signers(all.GetSigners()) })
	})
	return c
}

func (a *app) signers(list []*referencev1.Signer) {
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{s.GetAccount(), a.word(signerStates, s.GetState()), a.words(s.GetName()), a.words(s.GetPost()), s.GetKey().GetKeyId()})
	}
	a.table([]text{{"ACCOUNT", "ЗАПИСЬ", "ЖАЗБА"}, headState, {"NAME", "ИМЯ", "АТЫ"}, {"POST", "ДОЛЖНОСТЬ", "ЛАУАЗЫМЫ"}, {"KEY", "КЛЮЧ", "КІЛТ"}}, rows)
}

func (a *app) signerRevoke() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "revoke ACCOUNT GROUND", Short: "End an account's right to sign; what it signed stays signed", Args: cobra.ExactArgs(2)}
	t.in(c, monitor.Administrator)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		res, err := client.RevokeSigner(ctx, &referencev1.RevokeSignerRequest{CommandId: id, Account: args[0], Ground: args[1]})
		if err != nil {
			return err
		}
		return a.show(res, func() { a.signers([]*referencev1.Signer{res.GetSigner()}) })
	})
	return c
}

func (a *app) requestSign() *cobra.Command {
	var t target
	var file string
	c := &cobra.Command{
		Use: "sign NUMBER", Short: "Sign the answer that lies before you", Args: cobra.ExactArgs(1),
		Long: "Sign the answer that lies before you: read it first with “request certificate --draft”. The passphrase is read from\n" +
			"--passphrase-file or the standard input; the key is derived from it here and forgotten.",
	}
	t.in(c, monitor.Head)
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase; empty reads the standard input")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		paper, err := client.GetDraftPDF(ctx, &referencev1.GetDraftPDFRequest{Number: args[0]})
		if err != nil {
			return err
		}
		own, err := client.GetSigner(ctx, new(referencev1.GetSignerRequest))
		if err != nil {
			return err
		}
		passphrase, err := a.hidden(file)
		if err != nil {
			return err
		}
		q, err := signed(paper, own.GetSigner(), passphrase)
		if err != nil {
			return err
		}
		q.CommandId, q.Number = id, args[0]
		res, err := client.SignAnswer(ctx, q)
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.printf("%s  %s  sha256 %s\n", res.GetPaper().GetCertificateNumber(), res.GetPaper().GetSignedOn(), res.GetPaper().GetSha256())
		})
	})
	return c
}

// signed signs the statement of a fetched paper, after it was compared with the paper's own bytes.
func signed(paper *referencev1.GetDraftPDFResponse, own *referencev1.Signer, passphrase string) (*referencev1.SignAnswerRequest, error) {
	p := paper.GetPaper()
	key, err := derived(own.GetKey(), passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	statement, err := signing.ParseStatement(p.GetStatement())
	if err != nil {
		return nil, err
	}
	if statement.SHA256 != digestOf(paper.GetPdf()) || statement.Act != p.GetCertificateNumber() || statement.Account != own.GetAccount() {
		return nil, notWhatWasShown.With()
	}
	signature, err := statement.Sign(key)
	if err != nil {
		return nil, err
	}
	return &referencev1.SignAnswerRequest{CertificateNumber: p.GetCertificateNumber(), Sha256: p.GetSha256(), Signature: signature}, nil
}

// derived is the private key that a passphrase gives. Errors: wrongPassphrase, signing.BadParams.
func derived(k *referencev1.KeyDerivation, passphrase string) (ed25519.PrivateKey, error) {
	key, err := signing.Derive(passphrase, signing.Params{Salt: k.GetSalt(), Time: k.GetPasses(), MemoryKiB: k.GetMemoryKib(), Threads: uint8(min(k.GetLanes(), 255))})
	if err != nil {
		return nil, err
	}
	if !signing.Public(key).Equal(ed25519.PublicKey(k.GetPublicKey())) {
		clear(key)
		return nil, wrongPassphrase.With("key", k.GetKeyId())
	}
	return key, nil
}

func digestOf(pdf []byte) string {
	sum := sha256.Sum256(pdf)
	return hex.EncodeToString(sum[:])
}

func textIn(kk, ru, en string) *recordv1.Text { return &recordv1.Text{Kk: kk, Ru: ru, En: en} }
