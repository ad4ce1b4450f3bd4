package certificate

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/signing"
)

// The faults of a file that is not what it says it is.
var (
	UnknownKey = fault.Define(fault.Refused, "certificate.unknown_key",
		"the proof is signed with the key {key}, which is none of those that you trust; take the key from the archive's own page, or the paper is forged",
		"доказательство подписано ключом {key}, которого нет среди доверенных; возьмите ключ на странице самого архива, иначе документ поддельный",
		"дәлелге {key} кілтімен қол қойылған, ол сенімді кілттердің арасында жоқ; кілтті архивтің өз бетінен алыңыз, әйтпесе құжат жалған")
	BadCheckpoint = fault.Define(fault.Refused, "certificate.checkpoint",
		"the archive's signature under its journal does not hold: the proof was forged or damaged",
		"подпись архива под журналом неверна: доказательство подделано или повреждено",
		"архивтің журналға қойған қолтаңбасы дұрыс емес: дәлел жалған немесе бүлінген")
	OtherJournal = fault.Define(fault.Refused, "certificate.other_journal",
		"the proof is about another journal ({journal}) than the one that signs papers: it was put together from foreign parts",
		"доказательство относится к другому журналу ({journal}), а не к тому, где подписываются документы: оно собрано из чужих частей",
		"дәлел құжаттарға қол қойылатын журналға емес, басқа журналға ({journal}) қатысты: ол бөгде бөліктерден құрастырылған")
	TooEarly = fault.Define(fault.Refused, "certificate.too_early",
		"the journal had {size} events when the archive signed it, and the paper stands as event {seq}: the proof does not cover it",
		"когда архив подписал журнал, в нём было событий: {size}, а документ – событие {seq}: доказательство его не охватывает",
		"архив журналға қол қойғанда онда {size} оқиға болған, ал құжат – {seq}-оқиға: дәлел оны қамтымайды")
	NotInJournal = fault.Define(fault.Refused, "certificate.not_in_journal",
		"the journal that the archive signed does not hold this entry: number, date or digest in the proof were changed",
		"в подписанном архивом журнале такой записи нет: номер, дата или контрольная сумма в доказательстве изменены",
		"архив қол қойған журналда мұндай жазба жоқ: дәлелдегі нөмір, күн немесе бақылау сомасы өзгертілген")
	OtherEvent = fault.Define(fault.Refused, "certificate.other_event",
		"the entry in the journal ({type}) is no signature under a paper; the proof belongs to something else",
		"запись журнала ({type}) – не подпись под документом; доказательство относится к другому",
		"журналдағы жазба ({type}) құжатқа қойылған қолтаңба емес; дәлел басқа нәрсеге қатысты")
	Altered = fault.Define(fault.Refused, "certificate.altered",
		"this is not the file that was signed as No. {number}: its content was altered, or the proof was taken from that paper; take the file as the archive sent it",
		"это не тот файл, который подписан под № {number}: содержимое изменено, или доказательство взято от того документа; возьмите файл в том виде, в каком его прислал архив",
		"бұл № {number} болып қол қойылған файл емес: мазмұны өзгертілген немесе дәлел сол құжаттан алынған; архив жіберген файлдың өзін алыңыз")
	Added = fault.Define(fault.Refused, "certificate.added",
		"the paper No. {number} is in this file, but something was added to it between the paper and the proof; what a viewer shows may not be what was signed",
		"документ № {number} в этом файле есть, но между ним и доказательством что-то дописано; показанное может отличаться от подписанного",
		"№ {number} құжат осы файлда бар, бірақ ол мен дәлелдің арасына бірдеңе қосылған; көрініп тұрған мәтін қол қойылғаннан өзгеше болуы мүмкін")
	OtherSigner = fault.Define(fault.Refused, "certificate.other_signer",
		"the signatory's key in the proof is {key}, but the journal names {named}: the key was exchanged",
		"ключ подписавшего в доказательстве – {key}, а в журнале назван {named}: ключ подменён",
		"дәлелдегі қол қоюшының кілті – {key}, ал журналда {named} көрсетілген: кілт ауыстырылған")
	Unsigned = fault.Define(fault.Refused, "certificate.unsigned",
		"the signatory's signature does not fit the paper No. {number}: the journal's entry was not made by whoever could sign",
		"подпись подписавшего не подходит к документу № {number}: запись в журнале сделана не тем, кто мог подписать",
		"қол қоюшының қолтаңбасы № {number} құжатқа сәйкес емес: журналдағы жазбаны қол қоя алатын адам жасамаған")
	Redated = fault.Define(fault.Refused, "certificate.redated",
		"the paper No. {number} says that it was signed on {said}, the journal recorded it on {recorded}: it was dated otherwise than it was signed",
		"документ № {number} указывает день подписания {said}, а в журнале он записан {recorded}: дата не соответствует подписанию",
		"№ {number} құжатта қол қойылған күн {said} деп көрсетілген, ал журналға {recorded} жазылған: күні қол қойылған кезге сәйкес емес")
)

// Signed is what the journal's event says about a signed paper.
type Signed struct {
	Number, Request      string
	Kind                 Kind
	Language             fault.Language
	SHA256               string // of the first revision, lower-case hexadecimal
	Size                 uint64 // of the first revision, in bytes; 0 where it is not said
	Account              string // who signed
	Post                 string // as the paper prints it
	KeyID                string // of the signatory's public key
	Signature            []byte
	SignedOn             civil.Date
	DatedOn, RequestedOn civil.Date // none where it is not said
	RefusalGround        int        // 1 to 7 (AI-11.16), 0 for other kinds
}

// Statement is what the signatory signed.
func (s Signed) Statement(archive string) signing.Statement {
	return signing.Statement{
		Archive: archive, Act: s.Number, Request: s.Request, ActKind: string(s.Kind), SHA256: s.SHA256, Account: s.Account, SignedOn: s.SignedOn,
	}
}

// signedBy reads the open body of an event; an error means that it is not the signing of a
// paper.
func signedBy(bodyType string, body []byte) (Signed, error) {
	m := new(referencev1.CertificateSigned)
	if bodyType != string(m.ProtoReflect().Descriptor().FullName()) {
		return Signed{}, fmt.Errorf("certificate: an event %s", bodyType)
	}
	if err := proto.Unmarshal(body, m); err != nil {
		return Signed{}, fmt.Errorf("certificate: body: %w", err)
	}
	return SignedOf(m)
}

// SignedOf reads the event; an error names a field that no signing has.
func SignedOf(m *referencev1.CertificateSigned) (Signed, error) {
	s := Signed{
		Number: m.GetCertificateNumber(), Request: m.GetRequestNumber(), Kind: Kind(m.GetKind()), Language: fault.Language(m.GetLanguage()),
		SHA256: m.GetSha256(), Size: m.GetSize(), Account: m.GetAccount(), Post: m.GetPost(), KeyID: m.GetKeyId(), Signature: m.GetSignature(),
		RefusalGround: int(m.GetRefusalGround()),
	}
	for _, d := range []struct {
		to   *civil.Date
		text string
	}{{&s.SignedOn, m.GetSignedOn()}, {&s.DatedOn, m.GetDatedOn()}, {&s.RequestedOn, m.GetRequestedOn()}} {
		if err := d.to.UnmarshalText([]byte(d.text)); err != nil {
			return Signed{}, fmt.Errorf("certificate: event of %q: %w", s.Number, err)
		}
	}
	if digest, err := hex.DecodeString(s.SHA256); s.Number == "" || err != nil || len(digest) != sha256.Size || s.SignedOn.IsZero() {
		return Signed{}, fmt.Errorf("certificate: event of %q: digest %q, day %q", s.Number, s.SHA256, m.GetSignedOn())
	}
	return s, nil
}

// Report is what has been proven about a genuine paper.
type Report struct {
	Signed
	Archive    string // code
	Service    string
	Epoch, Seq uint64    // the entry in the journal
	RecordedAt time.Time // by the clock of the service
	TreeSize   uint64    // events in the journal that the archive signed
	Root       string    // of its tree, base64
	Key        string    // name of the key that signed the journal
	Proof      Proof     `json:"-"`
}

// Service is the service in whose journal papers are signed.
const Service = "reference"

const saltSize = 16 // of a journal entry, in bytes

// Verify proves a file offline: the archive's signature under the journal (with a key that
// the caller trusts), that the entry stands in that journal, that it is the signature of
// this very file's first revision, that the signatory's own signature fits, and that the
// file holds nothing else. Errors are faults, each with its reason: those of Split, and
// UnknownKey, BadCheckpoint, OtherJournal, TooEarly, NotInJournal, OtherEvent, Altered,
// Added, OtherSigner, Unsigned, Redated.
func Verify(pdf []byte, trusted ...note.Verifier) (Report, error) {
	firstRevision, p, err := open(pdf)
	if err != nil {
		return Report{}, err
	}
	r, err := p.Check(trusted...)
	if err != nil {
		return Report{}, err
	}
	sum := sha256.Sum256(firstRevision)
	if hex.EncodeToString(sum[:]) != r.SHA256 || r.Size != 0 && r.Size != uint64(len(firstRevision)) {
		return Report{}, r.notTheFile(firstRevision)
	}
	if err := alone(pdf, firstRevision, p); err != nil {
		return Report{}, err
	}
	return r, nil
}

// notTheFile tells a file that was altered from one that was added to.
func (r Report) notTheFile(firstRevision []byte) error {
	const end = "%%EOF\n"
	rest, tries := firstRevision, 8
	for ; tries > 0; tries-- {
		at := bytes.Index(rest, []byte(end))
		if at < 0 {
			break
		}
		rest = rest[at+len(end):]
		sum := sha256.Sum256(firstRevision[:len(firstRevision)-len(rest)])
		if len(rest) > 0 && hex.EncodeToString(sum[:]) == r.SHA256 {
			return Added.With("number", r.Number)
		}
	}
	return Altered.With("number", r.Number)
}

// Check proves the proof alone: that the archive's journal holds the signature of a paper
// with the SHA-256 that the report names. Errors as Verify's, save those of the file.
func (p Proof) Check(trusted ...note.Verifier) (Report, error) {
	header := new(journalv1.Header)
	if err := proto.Unmarshal(p.Header, header); err != nil {
		return Report{}, Damaged.With("problem", "header").Because(err)
	}
	checkpoint, key, err := p.checkpoint(trusted)
	if err != nil {
		return Report{}, err
	}
	if name := header.GetArchive() + "/" + header.GetService(); header.GetService() != Service ||
		checkpoint.Service != header.GetService() || checkpoint.Archive != header.GetArchive() ||
		key != journal.KeyName(header.GetArchive(), header.GetService()) || checkpoint.Epoch < header.GetEpoch() {
		return Report{}, OtherJournal.With("journal", name)
	}
	if err := p.included(header, checkpoint); err != nil {
		return Report{}, err
	}
	signed, err := signedBy(header.GetBodyType(), p.Body)
	if err != nil {
		return Report{}, OtherEvent.With("type", header.GetBodyType()).Because(err)
	}
	r := Report{
		Signed: signed, Archive: header.GetArchive(), Service: header.GetService(), Epoch: header.GetEpoch(), Seq: header.GetSeq(),
		RecordedAt: header.GetRecordedAt().AsTime(), TreeSize: checkpoint.Size, Root: checkpoint.Root.String(), Key: key, Proof: p,
	}
	return r, r.signatory()
}

// checkpoint opens the signed checkpoint with one of the trusted keys.
func (p Proof) checkpoint(trusted []note.Verifier) (journal.Checkpoint, string, error) {
	n, err := note.Open(p.Note, note.VerifierList(trusted...))
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified):
		name := "?"
		if sigs := unverified.Note.UnverifiedSigs; len(sigs) > 0 {
			name = sigs[0].Name
		}
		return journal.Checkpoint{}, "", UnknownKey.With("key", name).Because(err)
	case err != nil: // a signature under a known name that does not hold, or no note at all
		return journal.Checkpoint{}, "", BadCheckpoint.With().Because(err)
	}
	// One signature, written in one way: neither other lines nor the unused bits of the base64
	// (which note.Open does not look at) may carry anything.
	raw, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64)
	if err != nil || len(raw) == 0 || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return journal.Checkpoint{}, "", BadCheckpoint.With().Because(err)
	}
	name := n.Sigs[0].Name
	at := slices.IndexFunc(trusted, func(v note.Verifier) bool { return v.Name() == name && v.KeyHash() == n.Sigs[0].Hash })
	if at < 0 {
		return journal.Checkpoint{}, "", BadCheckpoint.With()
	}
	checkpoint, err := journal.OpenCheckpoint(p.Note, trusted[at])
	if err != nil {
		return journal.Checkpoint{}, "", BadCheckpoint.With().Because(err)
	}
	return checkpoint, name, nil
}

// included checks that the entry with this header and body stands in the signed tree.
func (p Proof) included(header *journalv1.Header, checkpoint journal.Checkpoint) error {
	const most = 1 << 62 // tlog counts with int64
	if header.GetSeq() < 1 || checkpoint.Size > most || len(p.Salt) != saltSize {
		return Damaged.With("problem", "seq")
	}
	if header.GetSeq() > checkpoint.Size {
		return TooEarly.With("size", checkpoint.Size, "seq", header.GetSeq())
	}
	body := sha256.Sum256(p.Body)
	digest := sha256.Sum256(slices.Concat(p.Salt, body[:], p.Sealed[:]))
	leaf := journal.LeafOf(p.Header, digest)
	if err := tlog.CheckRecord(p.Path, int64(checkpoint.Size), checkpoint.Root, int64(header.GetSeq()-1), leaf); err != nil {
		return NotInJournal.With().Because(err)
	}
	return nil
}

// signatory checks the signature of the person, and that its date is the journal's.
func (r Report) signatory() error {
	if id := signing.KeyID(r.Proof.Signer); id != r.KeyID {
		return OtherSigner.With("key", id, "named", r.KeyID)
	}
	if err := r.Statement(r.Archive).Verify(r.Proof.Signer, r.Signature); err != nil {
		return Unsigned.With("number", r.Number).Because(err)
	}
	// The service signs on the day it records; a command decided at midnight may be a day off.
	if recorded := civil.Of(r.RecordedAt); recorded.DaysUntil(r.SignedOn) > 0 || recorded.DaysUntil(r.SignedOn) < -1 {
		return Redated.With("number", r.Number, "said", r.SignedOn, "recorded", recorded)
	}
	return nil
}
