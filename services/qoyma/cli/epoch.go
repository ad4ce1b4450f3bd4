package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/qoyma/check"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

var (
	noWitness = fault.Define(fault.Refused, "cli.no_witness",
		"nobody proves that the journal of {service} lost anything after event {kept}: no other service in this folder, and no --witness file, holds a later checkpoint of it; nothing was changed",
		"ничто не доказывает, что журнал службы {service} что-то потерял после события {kept}: более поздней контрольной точки нет ни у служб этой папки, ни в файле --witness; ничего не изменено",
		"{service} қызметінің журналы {kept} оқиғасынан кейін бірдеңе жоғалтқаны дәлелденбеді: одан кейінгі бақылау нүктесі осы қалтадағы қызметтерде де, --witness файлында да жоқ; ештеңе өзгерген жоқ")
	wrongWitness = fault.Define(fault.Invalid, "cli.wrong_witness",
		"the checkpoint in {where} is not of this journal, its epoch or its key: {problem}",
		"контрольная точка в {where} не от этого журнала, эпохи или ключа: {problem}",
		"{where} ішіндегі бақылау нүктесі осы журналдікі, дәуірінікі немесе кілтінікі емес: {problem}")
)

func (a *app) journalEpoch() *cobra.Command {
	var data, folder, service, witness, statement string
	c := &cobra.Command{
		Use: "begin-epoch", Short: "Go on with a journal whose tail is proven lost", Args: cobra.NoArgs,
		Long: "Go on with a journal whose tail is proven lost: by a checkpoint that another service of this folder, or a file, kept of it.\n" +
			"Start the archive once before: what its stream still holds comes back by itself. Then stop it and do this.\n" +
			"It cannot be undone. Write into --statement which numbers stand on paper and why the tail is lost.",
	}
	c.Flags().StringVar(&data, "data", os.Getenv("QOYMA_DATA"), "data folder, stopped (default: QOYMA_DATA)")
	c.Flags().StringVar(&folder, "keys", os.Getenv("QOYMA_KEYS"), "folder of the service's keys (default: QOYMA_KEYS, or keys in the data folder)")
	a.serviceFlag(c, &service, "service of the journal")
	c.Flags().StringVar(&witness, "witness", "", "file with a signed checkpoint of the lost tail")
	c.Flags().StringVar(&statement, "statement", "", "what is known of the loss, for the journal")
	_ = c.MarkFlagRequired("service")
	_ = c.MarkFlagRequired("statement")
	c.RunE = a.do(func(ctx context.Context, _ []string) error {
		if statement == "" {
			return text{"write a --statement", "напишите --statement", "--statement жазыңыз"}.usage()
		}
		return a.stopped(data, folder, service, func(p host.Process, st *store.Store, verifier note.Verifier) error {
			return a.beginEpoch(ctx, p, st, verifier, witness, statement)
		})
	})
	return c
}

// stopped opens one service's store in a folder in which no server works.
func (a *app) stopped(data, folder, service string, work func(host.Process, *store.Store, note.Verifier) error) (err error) {
	if data == "" {
		return noData.usage()
	}
	if err := archiveIn(data, folder); err != nil {
		return err
	}
	if answers(filepath.Join(data, process.Socket)) {
		return check.Running.With("folder", data)
	}
	p := host.Process{Data: data, Keys: string(keysOf(data, folder)), Log: slog.New(slog.DiscardHandler)}
	if p.Archive, err = process.ArchiveOf(data); err != nil {
		return err
	}
	svc, err := a.serviceNamed(service)
	if err != nil {
		return err
	}
	key, err := journal.LoadSigningKey(p.Keys, p.Archive, service)
	if err != nil {
		return err
	}
	cfg := p.StoreConfig(svc.Spec())
	cfg.Signer = key.Signer
	st, err := store.Open(cfg)
	if err != nil {
		return err
	}
	return errors.Join(work(p, st, key.Verifier), st.Close())
}

func (a *app) beginEpoch(ctx context.Context, p host.Process, st *store.Store, verifier note.Verifier, witness, statement string) error {
	proof, lost, err := a.lostTail(p, st, verifier, witness)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	rec, err := st.BeginEpoch(ctx, store.Command{ID: id, Name: "begin-epoch", Actor: account()}, lost, proof, statement)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"service": st.Service(), "epoch": rec.Header.GetEpoch(), "event": rec.Seq(), "lost_through": lost})
	}
	a.printf(a.say(text{
		"%s: epoch %d begins with event %d; the old tail up to event %d is lost\n",
		"%s: эпоха %d начинается с события %d; прежний хвост до события %d утрачен\n",
		"%s: %d дәуірі %d оқиғасынан басталады; %d оқиғасына дейінгі бұрынғы соңы жоғалды\n",
	}), st.Service(), rec.Header.GetEpoch(), rec.Seq(), lost)
	return nil
}

func (a *app) journalRebuild() *cobra.Command {
	var data, folder, service string
	c := &cobra.Command{
		Use: "rebuild", Short: "Fold a service's state again from its journal", Args: cobra.NoArgs,
		Long: "Fold a service's state again from its journal, in a stopped folder: what check found wrong in the state is thrown\n" +
			"away, and what follows from the events takes its place. The journal itself is not changed. What the service\n" +
			"followed is read again, and nothing takes effect twice. Interrupted, do it again.",
	}
	c.Flags().StringVar(&data, "data", os.Getenv("QOYMA_DATA"), "data folder, stopped (default: QOYMA_DATA)")
	c.Flags().StringVar(&folder, "keys", os.Getenv("QOYMA_KEYS"), "folder of the service's keys (default: QOYMA_KEYS, or keys in the data folder)")
	a.serviceFlag(c, &service, "service of the journal")
	_ = c.MarkFlagRequired("service")
	c.RunE = a.do(func(context.Context, []string) error {
		return a.stopped(data, folder, service, func(_ host.Process, st *store.Store, _ note.Verifier) error {
			if err := st.Rebuild(); err != nil {
				return err
			}
			events := st.Head().Seq
			if a.json {
				return a.printJSON(map[string]any{"service": service, "events": events})
			}
			a.printf(a.say(text{
				"%s: folded again from %d events\n", "%s: собрано заново из событий: %d\n", "%s: %d оқиғадан қайта жиналды\n",
			}), service, events)
			return nil
		})
	})
	return c
}

func (a *app) serviceNamed(name string) (process.Service, error) {
	for _, s := range a.services {
		if s.Name == name {
			return s, nil
		}
	}
	return process.Service{}, noService.usage(name)
}

// lostTail finds the checkpoint that proves the longest lost tail.
func (a *app) lostTail(p host.Process, st *store.Store, verifier note.Verifier, file string) (proof []byte, lost uint64, err error) {
	head := st.Head()
	epoch := head.Epoch
	consider := func(where string, signed []byte, strict bool) error {
		c, err := journal.OpenCheckpoint(signed, verifier)
		if err == nil && (c.Archive != p.Archive || c.Service != st.Service() || c.Epoch < head.Epoch) {
			err = errors.New("another journal or epoch")
		}
		if err != nil {
			if strict {
				return wrongWitness.With("where", where, "problem", err.Error())
			}
			return nil
		}
		// A later epoch than ours is a loss whatever its size: it began and we do not hold it.
		if c.Epoch > epoch || c.Epoch == epoch && c.Size > max(head.Seq, lost) {
			proof, lost, epoch = signed, c.Size, c.Epoch
		}
		return nil
	}
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, 0, wrongWitness.With("where", file, "problem", err.Error())
		}
		if err := consider(file, raw, true); err != nil {
			return nil, 0, err
		}
	}
	for _, s := range a.services {
		if s.Name == st.Service() {
			continue
		}
		if err := witnessed(p, s, st.Service(), consider); err != nil {
			return nil, 0, err
		}
	}
	if proof == nil {
		return nil, 0, noWitness.With("service", st.Service(), "kept", head.Seq)
	}
	return proof, lost, nil
}

// witnessed reads what another service of the folder keeps.
func witnessed(p host.Process, s process.Service, of string, consider func(string, []byte, bool) error) error {
	cfg := p.StoreConfig(s.Spec())
	cfg.ReadOnly = true
	if _, err := os.Stat(filepath.Join(cfg.Dir, "store.db")); err != nil {
		return nil //nolint:nilerr // it never ran here
	}
	other, err := store.Open(cfg)
	if err != nil {
		return err
	}
	err = other.View(func(v *store.View) error {
		pos, err := v.Position(of)
		if err != nil || len(pos.GetCheckpoint()) == 0 {
			return err
		}
		return consider(s.Name, pos.GetCheckpoint(), false)
	})
	return errors.Join(err, other.Close())
}
