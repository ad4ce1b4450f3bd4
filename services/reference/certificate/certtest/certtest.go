// Package certtest is a small archive for tests: a real journal with its signing key, a
// signatory, and papers that are printed, signed, recorded and completed with their proof.
package certtest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/signing"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// Archive is one archive with a journal.
type Archive struct {
	Code  string
	Key   journal.SigningKey // of the journal
	Head  ed25519.PrivateKey // of the signatory
	Store *store.Store
	Dir   string
}

// Now is the moment at which everything in a test archive happens.
var Now = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

// New makes an archive in a folder, with the keys of a service in dir/keys.
func New(dir, code, service string) (*Archive, error) {
	a := &Archive{Code: code, Dir: dir}
	keys := filepath.Join(dir, "keys")
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return nil, err
	}
	var err error
	if a.Key, err = journal.LoadSigningKey(keys, code, service); err != nil {
		return nil, err
	}
	// The cheapest parameters that signing takes: a test derives often.
	a.Head, err = signing.Derive("қара сиыр ақ қар жауды", signing.Params{Salt: []byte("0123456789abcdef"), Time: 1, MemoryKiB: 19 << 10, Threads: 1})
	if err != nil {
		return nil, err
	}
	a.Store, err = store.Open(store.Config{
		Dir: filepath.Join(dir, service), Archive: code, Service: service, Reserve: 1, Signer: a.Key.Signer,
		Schema: store.Schema{Version: 1}, Apply: func(*store.Tx, *journal.Record) error { return nil },
		Now: func() time.Time { return Now },
	})
	if err != nil {
		return nil, err
	}
	a.Store.Admit()
	return a, nil
}

// Close closes the journal.
func (a *Archive) Close() error { return a.Store.Close() }

// Facts are those of an ordinary archival reference.
func Facts(l fault.Language, number string) certificate.Facts {
	source, err := certificate.Cite("Р-1109/2лс/345а", "10–12 об.")
	if err != nil {
		panic(err) // the text above is wrong
	}
	return certificate.Facts{
		Language: l, Kind: certificate.Certificate,
		Archive: certificate.Archive{
			Name:    certificate.Text{KK: "«Көкжиек облысының мемлекеттік архиві» КММ", RU: "КГУ «Государственный архив Кокжиекской области»"},
			Address: certificate.Text{KK: "040000, Көкжиек қ., Абай даңғ., 12", RU: "040000, г. Кокжиек, пр. Абая, 12"},
		},
		Number: number, Date: civil.Of(Now), Addressee: "Ә. Қ. Өмірбекова", RequestNumber: "2026-1", RequestDate: civil.Of(Now).AddDays(-11),
		Statements: []certificate.Statement{{Period: "12.03.1975", Text: "Омирбекова Айша (так в документе) принята на должность учётчика.", Sources: []archcode.Code{source}}},
		Signatory:  certificate.Person{Post: certificate.Text{KK: "Архив директоры", RU: "Директор архива", EN: "Director of the archive"}, Name: "Б. І. Іңкәрбаев"},
		Check:      certificate.Check{Address: "archive.kokzhiek.example/verify", Digits: "48210937"},
	}
}

// Event is the signing of a paper, signed by the head.
func (a *Archive) Event(f certificate.Facts, pdf []byte) (*referencev1.CertificateSigned, error) {
	sum := sha256.Sum256(pdf)
	m := &referencev1.CertificateSigned{
		CertificateNumber: f.Number, RequestNumber: f.RequestNumber, Kind: string(f.Kind), Language: string(f.Language),
		Sha256: hex.EncodeToString(sum[:]), Size: uint64(len(pdf)), Account: "100017", Post: f.Signatory.Post.In(f.Language),
		SignedOn: f.Date.String(), DatedOn: f.Date.String(), RequestedOn: f.RequestDate.String(), KeyId: signing.KeyID(signing.Public(a.Head)),
	}
	return m, a.Sign(m)
}

// Sign puts the head's signature under the event as it stands.
func (a *Archive) Sign(m *referencev1.CertificateSigned) error {
	s, err := certificate.SignedOf(m)
	if err != nil {
		return err
	}
	m.Signature, err = s.Statement(a.Code).Sign(a.Head)
	return err
}

// Record commits an event to the journal.
func (a *Archive) Record(ctx context.Context, event store.Event) (*journal.Record, error) {
	records, err := a.Store.Do(ctx, store.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "/qoyma.reference.v1.ReferenceService/SignAnswer", Actor: "person:100017",
		Decide: func(*store.View, time.Time) ([]store.Event, error) { return []store.Event{event}, nil },
	})
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// Prove takes the proof of an entry in the journal of a size; 0 takes the whole journal.
func (a *Archive) Prove(entry *journalv1.Entry, seq, size uint64) (certificate.Proof, error) {
	if size == 0 {
		size = a.Store.Head().Seq
	}
	var path tlog.RecordProof
	if seq <= size {
		var err error
		if _, path, err = a.Store.Inclusion(seq, size); err != nil {
			return certificate.Proof{}, err
		}
	}
	note, err := a.Store.CheckpointAt(size)
	if err != nil {
		return certificate.Proof{}, err
	}
	return certificate.NewProof(entry, path, note, signing.Public(a.Head)), nil
}

// Issue prints, signs, records and completes a paper; it gives the first revision too.
func (a *Archive) Issue(ctx context.Context, f certificate.Facts) (whole, first []byte, err error) {
	if first, err = certificate.Draw(f); err != nil {
		return nil, nil, err
	}
	event, err := a.Event(f, first)
	if err != nil {
		return nil, nil, err
	}
	record, err := a.Record(ctx, store.Event{Refs: Refs(f), Body: event})
	if err != nil {
		return nil, nil, fmt.Errorf("certtest: record %s: %w", f.Number, err)
	}
	proof, err := a.Prove(record.Entry, record.Seq(), 0)
	if err != nil {
		return nil, nil, err
	}
	whole, err = certificate.Append(first, proof)
	return whole, first, err
}

// Refs are the objects that the signing of a paper concerns.
func Refs(f certificate.Facts) []journal.Ref {
	return []journal.Ref{{Type: "request", ID: f.RequestNumber}, {Type: "certificate", ID: f.Number}}
}
