package store

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/cite"
)

var (
	// Held keeps files in the archive while open requests name them.
	Held = fault.Define(fault.Refused, "reference.lock.held",
		"file {code} is held by request {requests}; it may leave the archive once the request is closed or no longer names it",
		"дело {code} удержано запросом {requests}; оно может выбыть, когда запрос будет закрыт или перестанет на него ссылаться",
		"{code} ісін {requests} сұрау салуы ұстап тұр; сұрау салу жабылғанда немесе оған сілтеме алынғанда ғана іс шығарыла алады")
	// Declined keeps a late lock from standing for ever: nobody would give its files back.
	Declined = fault.Define(fault.Refused, "reference.lock.declined",
		"deaccession {act} was declined and its files stay; to let them go, propose a new one",
		"выбытие {act} отклонено, дела остаются; чтобы они выбыли, предложите его заново",
		"{act} шығаруы қабылданбады, істер қалады; оларды шығару үшін жаңадан ұсыныңыз")
	// Leaving keeps requests from naming files that leave or have left.
	Leaving = fault.Define(fault.Refused, "reference.finding.leaving",
		"file {code} leaves the archive or has left it by deaccession {act}; ask whoever received it, or the head to decline while it is undecided",
		"дело {code} выбывает или выбыло из архива по акту о выбытии {act}; обратитесь к получателю, а пока решения нет – к руководителю",
		"{code} ісі {act} шығару актісі бойынша архивтен шығып жатыр немесе шыққан; алушыға, шешім болмаса басшыға жүгініңіз")
)

func lockKey(accession string, deaccession uint32) []byte {
	return under(accession, binary.BigEndian.AppendUint32(nil, deaccession)...)
}

// leaving is the deaccession by which a file leaves, as people write it: "2026-4/1"; empty where it stays.
func leaving(v *base.View, code string) string {
	accession, n, ok := strings.Cut(string(v.Get("locked", []byte(code))), "\x00")
	if !ok || len(n) != 4 {
		return ""
	}
	return act(accession, binary.BigEndian.Uint32([]byte(n)))
}

func act(accession string, deaccession uint32) string {
	return fmt.Sprintf("%s/%d", accession, deaccession)
}

// Lock takes files out of use for a deaccession, in the one transaction that finds no hold on any of them: a hold that came first
// refuses it, one that comes later is refused. A call that is carried out only after its deaccession was declined, because its caller
// had stopped waiting, is refused too. Errors: Held, Declined, those of cite.Parse. Locked by this deaccession already: nothing is written.
func Lock(q *referencev1.LockFilesRequest) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		k := lockKey(q.GetAccessionNumber(), q.GetDeaccession())
		if v.Get("declined", k) != nil {
			return nil, Declined.With("act", act(q.GetAccessionNumber(), q.GetDeaccession()))
		}
		if v.Get("locks", k) != nil {
			return nil, nil
		}
		held, err := HoldsOn(v, q.GetCodes())
		if err != nil {
			return nil, err
		}
		if len(held) > 0 {
			return nil, Held.With("code", held[0].GetCode(), "requests", strings.Join(held[0].GetRequestNumbers(), ", "))
		}
		b := &referencev1.FilesLocked{AccessionNumber: q.GetAccessionNumber(), Deaccession: q.GetDeaccession()}
		for _, text := range q.GetCodes() {
			c, err := cite.Parse(text, "")
			if err != nil {
				return nil, err
			}
			b.Codes = append(b.Codes, cite.File(c))
		}
		return []base.Event{{Refs: lockRefs(b.GetAccessionNumber(), b.GetCodes()), Body: b}}, nil
	}
}

// Unlock gives the files of a declined deaccession back. Where none were locked it is recorded all the same, so that a lock still under way
// is refused when it comes; a deaccession is declined once, for good. Unlocked already: nothing is written.
func Unlock(accession string, deaccession uint32) base.Decide {
	return func(v *base.View, _ time.Time) ([]base.Event, error) {
		k := lockKey(accession, deaccession)
		if v.Get("declined", k) != nil {
			return nil, nil
		}
		b := new(referencev1.FilesLocked)
		if err := proto.Unmarshal(v.Get("locks", k), b); err != nil {
			return nil, fmt.Errorf("lock of deaccession %s: %w", act(accession, deaccession), err)
		}
		return []base.Event{{Refs: lockRefs(accession, b.GetCodes()), Body: &referencev1.FilesUnlocked{
			AccessionNumber: accession, Deaccession: deaccession, Codes: b.GetCodes(),
		}}}, nil
	}
}

func lockRefs(accession string, codes []string) []journal.Ref {
	refs := []journal.Ref{{Type: "accession", ID: accession}}
	for _, code := range codes {
		refs = append(refs, codeRef(code))
	}
	return refs
}

func applyLocked(tx *base.Tx, b *referencev1.FilesLocked) error {
	k := lockKey(b.GetAccessionNumber(), b.GetDeaccession())
	raw, err := deterministic.Marshal(b)
	if err != nil {
		return fmt.Errorf("locks: %w", err)
	}
	tx.Put("locks", k, raw)
	for _, code := range b.GetCodes() {
		tx.Put("locked", []byte(code), k)
	}
	return nil
}

func applyUnlocked(tx *base.Tx, b *referencev1.FilesUnlocked) {
	k := lockKey(b.GetAccessionNumber(), b.GetDeaccession())
	tx.Put("declined", k, []byte{})
	tx.Delete("locks", k)
	for _, code := range b.GetCodes() {
		tx.Delete("locked", []byte(code))
	}
}
