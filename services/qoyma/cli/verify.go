package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/certificate"
)

var (
	noKey = fault.Define(fault.Invalid, "cli.verify.key",
		"{name} is no verifier key and no file with one; take the key from the archive's own page (one line, it begins with qoyma.)",
		"{name} – не ключ проверки и не файл с ним; возьмите ключ на странице самого архива (одна строка, начинается с qoyma.)",
		"{name} – тексеру кілті де, ондай кілті бар файл да емес; кілтті архивтің өз бетінен алыңыз (бір жол, qoyma. деп басталады)")
	noKeyIn = fault.Define(fault.NotFound, "cli.verify.no_key",
		"there is no key of the reference service in {folder}; give the archive's key with --key",
		"в {folder} нет ключа службы справок; укажите ключ архива в --key",
		"{folder} ішінде анықтама қызметінің кілті жоқ; архив кілтін --key арқылы беріңіз")
)

// longestPaper is how much of a file is read, in bytes; certificate.Verify refuses before.
const longestPaper = 65 << 20

func (a *app) verifyCommand() *cobra.Command {
	var t target
	var keys []string
	c := &cobra.Command{
		Use: "verify FILE", Short: "Check that a signed paper of the archive is genuine; needs no archive", Args: cobra.ExactArgs(1),
		Long: "Check offline that a paper (certificate, refusal, any signed answer) is genuine: that this very file is the one that was signed, who signed it\n" +
			"and when, that the signature stands in the archive's journal, and that nothing was added to the file.\n\n" +
			"It takes the archive's published key: --key with the key itself or a file that holds it, --data with the archive's folder on this machine,\n" +
			"or --server to ask the archive's server for it. Exit code 1 where the paper is not genuine, with the reason.",
	}
	f := c.Flags()
	f.StringArrayVar(&keys, "key", nil, "verifier key that you trust, or a file with one; may be given several times")
	f.StringVar(&t.data, "data", os.Getenv("QOYMA_DATA"), "data folder whose keys/reference.pub is trusted (default: QOYMA_DATA)")
	f.StringSliceVar(&t.server, "server", nil, "address of the archive's server, which is asked for its key")
	f.BoolVar(&t.plain, "plain", false, "speak to a server on another machine without TLS: only in a closed network")
	f.StringVar(&t.token, "token", os.Getenv("QOYMA_TOKEN"), "login token for --server (default: QOYMA_TOKEN)")
	f.StringVar(&t.keys, "keys", os.Getenv("QOYMA_KEYS"), "folder of the operator's keys, for --server (default: QOYMA_KEYS)")
	_ = c.MarkFlagDirname("data")
	c.MarkFlagsMutuallyExclusive("key", "server")
	c.RunE = a.do(func(ctx context.Context, args []string) error {
		trusted, err := a.trusted(ctx, keys, &t)
		if err != nil {
			return err
		}
		pdf, err := readPaper(args[0])
		if err != nil {
			return err
		}
		report, err := certificate.Verify(pdf, trusted...)
		if err != nil {
			return a.showForged(args[0], err)
		}
		return a.showGenuine(args[0], report)
	})
	return c
}

func readPaper(name string) (_ []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, wrongFile(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, longestPaper))
}

// trusted gathers the keys that the person trusts.
func (a *app) trusted(ctx context.Context, keys []string, t *target) ([]note.Verifier, error) {
	var texts []string
	switch {
	case len(t.server) > 0:
		key, err := a.keyOfServer(ctx, t)
		if err != nil {
			return nil, err
		}
		texts = append(texts, key)
	case len(keys) > 0:
		texts = keys
	case t.data != "":
		name := filepath.Join(string(keysOf(t.data, t.keys)), certificate.Service+".pub")
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return nil, noKeyIn.With("folder", t.data)
		}
		texts = append(texts, name)
	default:
		return nil, text{
			"name the archive’s key with --key, its folder with --data, or its server with --server",
			"укажите ключ архива через --key, его папку через --data или его сервер через --server",
			"архивтің кілтін --key, қалтасын --data не серверін --server арқылы көрсетіңіз",
		}.usage()
	}
	var out []note.Verifier
	for _, text := range texts {
		more, err := verifiers(text)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// verifiers reads a key, or a file with one on each line.
func verifiers(text string) ([]note.Verifier, error) {
	if v, err := note.NewVerifier(strings.TrimSpace(text)); err == nil {
		return []note.Verifier{v}, nil
	}
	content, err := os.ReadFile(text)
	if err != nil || len(content) > 64<<10 {
		return nil, noKey.With("name", clean(text)).Because(err)
	}
	var out []note.Verifier
	for line := range strings.FieldsSeq(string(content)) {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, noKey.With("name", clean(text)).Because(err)
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, noKey.With("name", clean(text))
	}
	return out, nil
}

func (a *app) keyOfServer(ctx context.Context, t *target) (key string, err error) {
	t.roles = roleNames(localRoles)
	ar, err := a.connect(ctx, t)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, ar.close()) }()
	client, err := ar.journalOf(certificate.Service)
	if err != nil {
		return "", err
	}
	res, err := client.Checkpoint(ctx, &journalv1.CheckpointRequest{Service: certificate.Service})
	if err != nil {
		return "", err
	}
	return res.GetVerifier(), nil
}

// showForged says why a paper is not genuine: as one document with --json, and as an error.
func (a *app) showForged(name string, err error) error {
	if a.json {
		if err := a.printJSON(map[string]any{"genuine": false, "file": name, "reason": a.problemOf("", fault.Of(err))}); err != nil {
			return err
		}
		return err
	}
	a.printf("%s: %s\n", clean(name), a.say(text{"NOT GENUINE", "НЕ ПОДЛИННЫЙ", "ТҮПНҰСҚА ЕМЕС"}))
	return err
}

func (a *app) showGenuine(name string, r certificate.Report) error {
	if a.json {
		return a.printJSON(map[string]any{
			"genuine": true, "file": name, "archive": r.Archive, "number": r.Number, "kind": r.Kind, "language": r.Language, "request": r.Request,
			"dated_on": r.DatedOn, "requested_on": r.RequestedOn, "signed_on": r.SignedOn, "account": r.Account, "post": r.Post, "key_id": r.KeyID,
			"sha256": r.SHA256, "size": r.Size, "service": r.Service, "epoch": r.Epoch, "seq": r.Seq,
			"recorded_at": r.RecordedAt.UTC().Format(time.RFC3339), "journal_size": r.TreeSize, "root": r.Root, "journal_key": r.Key,
		})
	}
	l := a.language()
	line := func(head text, value string) { a.printf("  %s: %s\n", a.say(head), clean(value)) }
	a.printf("%s: %s: %s № %s, %s\n", clean(name), a.say(text{"GENUINE", "ПОДЛИННЫЙ", "ТҮПНҰСҚА"}), r.Kind.Name().In(l), clean(r.Number), r.DatedOn.In(l))
	line(text{"archive", "архив", "архив"}, r.Archive)
	line(text{"answers request", "ответ на запрос", "сұрау салу"}, fmt.Sprintf("№ %s, %s", r.Request, r.RequestedOn.In(l)))
	line(text{"signed by", "подписал", "қол қойған"}, fmt.Sprintf(a.say(text{"%s (account %s, key %s)", "%s (учётная запись %s, ключ %s)", "%s (есептік жазба %s, кілт %s)"}), r.Post, r.Account, r.KeyID))
	line(text{"signed on", "день подписания", "қол қойылған күні"}, r.SignedOn.In(l))
	line(text{"recorded", "записано", "жазылған"}, fmt.Sprintf(a.say(text{"%s in Almaty, entry %s of the journal", "%s по Алматы, запись %s журнала", "Алматы уақытымен %s, журналдың %s жазбасы"}),
		r.RecordedAt.In(civil.Almaty()).Format(time.DateTime), place(r.Service, r.Epoch, r.Seq)))
	line(text{"journal", "журнал", "журнал"}, fmt.Sprintf(a.say(text{"%d entries, signed with %s", "записей %d, подписан ключом %s", "%d жазба, %s кілтімен қол қойылған"}), r.TreeSize, r.Key))
	line(text{"SHA-256 of what was signed", "SHA-256 подписанного", "қол қойылғанның SHA-256"}, r.SHA256)
	return nil
}
