package certificate

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of a file that carries no proof, or not one alone.
var (
	NotPDF = fault.Define(fault.Refused, "certificate.not_pdf",
		"this is no PDF, or something stands before it; take the file as the archive sent it",
		"это не PDF, или перед ним что-то дописано; возьмите файл в том виде, в каком его прислал архив",
		"бұл PDF емес немесе алдына бірдеңе жазылған; архив жіберген файлдың өзін алыңыз")
	TooLarge = fault.Define(fault.Refused, "certificate.too_large",
		"the file is larger than {limit} MiB; the archive's papers are far smaller, take the file as the archive sent it",
		"файл больше {limit} МиБ; документы архива намного меньше, возьмите файл в том виде, в каком его прислал архив",
		"файл {limit} МиБ-тан үлкен; архив құжаттары әлдеқайда кіші, архив жіберген файлдың өзін алыңыз")
	NoProof = fault.Define(fault.Refused, "certificate.no_proof",
		"the file carries no proof: it may be a draft, a print or a copy saved anew; type its number and code on the archive's verification page, or ask the archive for the signed file",
		"в файле нет доказательства: это может быть проект, скан или пересохранённая копия; наберите номер и код документа на странице проверки архива или попросите у архива подписанный файл",
		"файлда дәлел жоқ: бұл жоба, скан немесе қайта сақталған көшірме болуы мүмкін; құжаттың нөмірі мен кодын архивтің тексеру бетінде теріңіз немесе архивтен қол қойылған файлды сұраңыз")
	Truncated = fault.Define(fault.Refused, "certificate.truncated",
		"the file is cut off: its end is missing; download it again",
		"файл обрезан: нет его конца; скачайте его ещё раз",
		"файл қиылған: соңы жоқ; қайта жүктеп алыңыз")
	Appended = fault.Define(fault.Refused, "certificate.appended",
		"something was added to the file after the archive's proof; what a viewer shows may not be what was signed; take the file as the archive sent it",
		"после доказательства архива в файл что-то дописано; показанное может отличаться от подписанного; возьмите файл в том виде, в каком его прислал архив",
		"архив дәлелінен кейін файлға бірдеңе қосылған; көрініп тұрған мәтін қол қойылғаннан өзгеше болуы мүмкін; архив жіберген файлдың өзін алыңыз")
	Foreign = fault.Define(fault.Refused, "certificate.foreign",
		"the part of the file that carries the proof holds something else besides; what a viewer shows may not be what was signed; take the file as the archive sent it",
		"в части файла с доказательством есть постороннее содержимое; показанное может отличаться от подписанного; возьмите файл в том виде, в каком его прислал архив",
		"файлдың дәлел тұрған бөлігінде бөгде мазмұн бар; көрініп тұрған мәтін қол қойылғаннан өзгеше болуы мүмкін; архив жіберген файлдың өзін алыңыз")
	Damaged = fault.Define(fault.Refused, "certificate.damaged",
		"the proof in the file cannot be read ({problem}); download the file again, and tell the archive if it repeats",
		"доказательство в файле не читается ({problem}); скачайте файл ещё раз, а если повторится – сообщите архиву",
		"файлдағы дәлел оқылмайды ({problem}); файлды қайта жүктеңіз, қайталана берсе, архивке хабарлаңыз")
)

// Proof is everything needed to check offline that a paper stands signed in the journal. It
// holds nothing personal: the entry's sealed body is there as a digest only.
type Proof struct {
	Header []byte            // serialized journal header of the event that signed the paper
	Salt   []byte            // of the entry
	Body   []byte            // its open body, which names the paper's SHA-256
	Sealed [32]byte          // SHA-256 of its sealed body, or of nothing
	Path   tlog.RecordProof  // from the leaf to the root (RFC 6962 §2.1.1)
	Note   []byte            // signed checkpoint (C2SP tlog-checkpoint)
	Signer ed25519.PublicKey // of the signatory; its identifier stands in the body
}

// NewProof gathers a proof from the entry of the journal, the path from it to the checkpoint,
// and the public key of whoever signed.
func NewProof(entry *journalv1.Entry, path tlog.RecordProof, checkpoint []byte, signer ed25519.PublicKey) Proof {
	return Proof{
		Header: entry.GetHeader(), Salt: entry.GetSalt(), Body: entry.GetBody(), Sealed: sha256.Sum256(entry.GetSealed()),
		Path: path, Note: checkpoint, Signer: signer,
	}
}

// format names the form of the proof; another one gets another name.
const format = "qoyma.proof.v1"

// Limits of what is read: a path of a tree of 2^64 leaves, a journal's largest body.
const (
	maxProof = 1 << 20
	maxPath  = 64
	maxNote  = 16 << 10
)

// written is the proof as it stands in the file.
type written struct {
	Format     string   `json:"format"`
	Checkpoint string   `json:"checkpoint"`
	Header     []byte   `json:"header"`
	Salt       []byte   `json:"salt"`
	Body       []byte   `json:"body"`
	Sealed     []byte   `json:"sealed_sha256"`
	Path       [][]byte `json:"path"`
	Signer     []byte   `json:"signer_public_key"`
}

// encode writes the one form that a proof has.
func (p Proof) encode() ([]byte, error) {
	w := written{Format: format, Checkpoint: string(p.Note), Header: p.Header, Salt: p.Salt, Body: p.Body, Sealed: p.Sealed[:], Path: [][]byte{}, Signer: p.Signer}
	for i := range p.Path {
		w.Path = append(w.Path, p.Path[i][:])
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // a key of a note begins with an em dash and may hold + and &
	enc.SetIndent("", " ")
	if err := enc.Encode(w); err != nil {
		return nil, fmt.Errorf("certificate: proof: %w", err)
	}
	if out.Len() > maxProof {
		return nil, fmt.Errorf("certificate: a proof of %d bytes", out.Len())
	}
	return out.Bytes(), nil
}

// decodeProof reads what encode wrote, and nothing else.
func decodeProof(content []byte) (Proof, error) {
	if len(content) > maxProof {
		return Proof{}, Damaged.With("problem", "size")
	}
	var w written
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return Proof{}, Damaged.With("problem", "JSON").Because(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Proof{}, Damaged.With("problem", "JSON")
	}
	switch {
	case w.Format != format:
		return Proof{}, Damaged.With("problem", "format "+clip.Value(w.Format))
	case len(w.Sealed) != sha256.Size || len(w.Path) > maxPath || len(w.Checkpoint) > maxNote || len(w.Signer) != ed25519.PublicKeySize:
		return Proof{}, Damaged.With("problem", "field")
	}
	p := Proof{Header: w.Header, Salt: w.Salt, Body: w.Body, Sealed: [32]byte(w.Sealed), Note: []byte(w.Checkpoint), Signer: w.Signer}
	for _, h := range w.Path {
		if len(h) != tlog.HashSize {
			return Proof{}, Damaged.With("problem", "path")
		}
		p.Path = append(p.Path, tlog.Hash(h))
	}
	return p, nil
}

// Append adds the proof to a paper that Draw printed, as an incremental update: the paper's
// own bytes stay as they are, every viewer opens the whole, and shows the proof as an
// attached file. Equal arguments give equal bytes. Error: NotOurs.
func Append(pdf []byte, p Proof) ([]byte, error) {
	content, err := p.encode()
	if err != nil {
		return nil, err
	}
	if bytes.Contains(pdf, []byte(streamMark)) {
		return nil, NotOurs.With("problem", "proof")
	}
	return appendUpdate(pdf, content)
}

// Split parts a file into the first revision and the proof, and refuses one that holds
// anything else. It checks form only; whether the proof is true is for Verify. Errors: NotPDF,
// TooLarge, NoProof, Truncated, Appended, Foreign, Damaged.
func Split(pdf []byte) (firstRevision []byte, p Proof, err error) {
	firstRevision, p, err = open(pdf)
	if err == nil {
		err = alone(pdf, firstRevision, p)
	}
	if err != nil {
		return nil, Proof{}, err
	}
	return firstRevision, p, nil
}

// open parts a file without asking whether there is more in it.
func open(pdf []byte) ([]byte, Proof, error) {
	firstRevision, content, err := cut(pdf)
	if err != nil {
		return nil, Proof{}, err
	}
	p, err := decodeProof(content)
	return firstRevision, p, err
}

// alone tells whether a file is its first revision with its proof and nothing else: it must
// come out the same when the proof is appended again.
func alone(pdf, firstRevision []byte, p Proof) error {
	again, err := Append(firstRevision, p)
	if err != nil {
		return Foreign.With().Because(err)
	}
	if !bytes.Equal(again, pdf) {
		return Foreign.With()
	}
	return nil
}
