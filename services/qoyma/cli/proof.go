package cli

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

var badProof = fault.Define(fault.Refused, "cli.bad_proof",
	"the proof that the server gave for event {seq} of {service} does not hold: {problem}; the journal may have been changed: tell the auditor",
	"доказательство сервера для события {seq} службы {service} неверно: {problem}; журнал мог быть изменён: сообщите аудитору",
	"{service} қызметінің {seq} оқиғасына сервер берген дәлел дұрыс емес: {problem}; журнал өзгертілген болуы мүмкін: аудиторға хабарлаңыз")

func (a *app) journalProof() *cobra.Command {
	var t target
	var service, verifier string
	c := &cobra.Command{
		Use: "proof SEQ", Short: "Prove that an event stands in the journal (RFC 6962 §2.1.1), and check the proof", Args: cobra.ExactArgs(1),
		Long: "Fetch the proof that an event stands in the journal, and check it here: leaf, path, root, signature. Give --verifier with a key you keep (the .pub file); without it the key that the server names is taken.",
	}
	t.flags(c)
	a.serviceFlag(c, &service, "service of the journal")
	c.Flags().StringVar(&verifier, "verifier", "", "verifier key that you trust, in the form of a signed note")
	_ = c.MarkFlagRequired("service")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		seq, err := strconv.ParseUint(args[0], 10, 63)
		if err != nil || seq == 0 {
			return text{"“%s” is no event number", "«%s» – не номер события", "«%s» оқиға нөмірі емес"}.usage(args[0])
		}
		client, err := ar.journalOf(service)
		if err != nil {
			return err
		}
		if verifier == "" {
			res, err := client.Checkpoint(ctx, &journalv1.CheckpointRequest{Service: service})
			if err != nil {
				return err
			}
			verifier = res.GetVerifier()
		}
		res, err := client.InclusionProof(ctx, &journalv1.InclusionProofRequest{Service: service, Seq: seq})
		if err != nil {
			return err
		}
		checkpoint, header, err := proven(res, seq, verifier)
		if err != nil {
			return badProof.With("service", service, "seq", seq, "problem", err.Error())
		}
		if header.GetService() != service || checkpoint.Service != service {
			return badProof.With("service", service, "seq", seq, "problem", "it is about "+header.GetService())
		}
		return a.showProof(res, checkpoint, header)
	})
	return c
}

// proven checks a proof as an outsider would, from its parts alone.
func proven(res *journalv1.InclusionProofResponse, seq uint64, key string) (journal.Checkpoint, *journalv1.Header, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return journal.Checkpoint{}, nil, fmt.Errorf("verifier key: %w", err)
	}
	checkpoint, err := journal.OpenCheckpoint(res.GetCheckpoint(), v)
	if err != nil {
		return checkpoint, nil, err
	}
	if checkpoint.Size != res.GetSize() || len(res.GetBodyDigest()) != 32 {
		return checkpoint, nil, fmt.Errorf("size %d does not go with a checkpoint of size %d", res.GetSize(), checkpoint.Size)
	}
	path := make(tlog.RecordProof, 0, len(res.GetPath()))
	for _, p := range res.GetPath() {
		if len(p) != tlog.HashSize {
			return checkpoint, nil, fmt.Errorf("a hash of %d bytes", len(p))
		}
		path = append(path, tlog.Hash(p))
	}
	leaf := journal.LeafOf(res.GetHeader(), [32]byte(res.GetBodyDigest()))
	if err := tlog.CheckRecord(path, int64(checkpoint.Size), checkpoint.Root, int64(seq-1), leaf); err != nil {
		return checkpoint, nil, err
	}
	header := new(journalv1.Header)
	if err := proto.Unmarshal(res.GetHeader(), header); err != nil {
		return checkpoint, nil, fmt.Errorf("header: %w", err)
	}
	if header.GetSeq() != seq {
		return checkpoint, nil, fmt.Errorf("the header is of event %d", header.GetSeq())
	}
	return checkpoint, header, nil
}

func (a *app) showProof(res *journalv1.InclusionProofResponse, c journal.Checkpoint, h *journalv1.Header) error {
	if a.json {
		path := make([]string, len(res.GetPath()))
		for i, p := range res.GetPath() {
			path[i] = base64.StdEncoding.EncodeToString(p)
		}
		return a.printJSON(map[string]any{
			"proven": true, "service": h.GetService(), "epoch": h.GetEpoch(), "seq": h.GetSeq(), "body_type": h.GetBodyType(),
			"header": res.GetHeader(), "body_digest": res.GetBodyDigest(), "size": c.Size, "root": c.Root.String(),
			"path": path, "checkpoint": string(res.GetCheckpoint()),
		})
	}
	a.printf(a.say(text{
		"proven: %s (%s) stands in the journal of %d events\n", "доказано: %s (%s) стоит в журнале из %d событий\n", "дәлелденді: %s (%s) %d оқиғалы журналда тұр\n",
	}), place(h.GetService(), h.GetEpoch(), h.GetSeq()), a.eventName(h.GetBodyType()), c.Size)
	a.printf("%s", res.GetCheckpoint())
	return nil
}
