package store

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/signing"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/request"
)

var (
	badCode = fault.Define(fault.Refused, "reference.signer.code",
		"this code does not fit your account, was used, or is past its day; ask the administrator for a new one",
		"код не подходит к вашей учётной записи, уже использован или просрочен; попросите у администратора новый",
		"код есептік жазбаңызға сәйкес емес, пайдаланылған немесе мерзімі өткен; әкімшіден жаңасын сұраңыз")
	badKey = fault.Define(fault.Invalid, "reference.signer.key",
		"this is no signing key of this program, or the cost of deriving it is out of bounds; enrol again with a new passphrase",
		"это не ключ подписи этой программы, или стоимость его получения вне пределов; зарегистрируйтесь снова с новой кодовой фразой",
		"бұл осы бағдарламаның қол қою кілті емес немесе оны алу құны шектен тыс; жаңа құпия сөйлеммен қайта тіркеліңіз")
	chooseSigner = fault.Define(fault.Invalid, "reference.signer.choose",
		"{count} people can sign; name the account of the one who is to sign this answer",
		"подписать могут {count}; назовите учётную запись того, кто подпишет этот ответ",
		"қол қоя алатындар: {count}; осы жауапқа кім қол қоятынын есептік жазбасымен көрсетіңіз")
	noSigners = fault.Define(fault.Refused, "reference.signer.none",
		"nobody is enrolled to sign; the administrator invites the head, and the head enrols with the code",
		"никто не зарегистрирован для подписания; администратор приглашает руководителя, и тот регистрируется по коду",
		"қол қоюға ешкім тіркелмеген; әкімші басшыны шақырады, басшы кодпен тіркеледі")
	notEnrolled = fault.Define(fault.Refused, "reference.signer.revoked",
		"{account} does not sign any more; nothing was changed",
		"{account} больше не подписывает; ничего не изменено",
		"{account} енді қол қоймайды; ештеңе өзгерген жоқ")
)

// invited is how many days a code of enrolment can be used.
const invited = 7

// Invite gives an account the right to enrol a key with a code.
func Invite(q *referencev1.InviteSignerRequest, code [32]byte) base.Decide {
	return func(_ *base.View, now time.Time) ([]base.Event, error) {
		if !IsAccount(q.GetAccount()) {
			return nil, badAccount.With("account", clip.Value(q.GetAccount()))
		}
		for field, t := range map[string][3]string{
			"name": {q.GetName().GetKk(), q.GetName().GetRu(), q.GetName().GetEn()},
			"post": {q.GetPost().GetKk(), q.GetPost().GetRu(), q.GetPost().GetEn()},
		} {
			if err := request.Needed(field, t[0]+t[1]+t[2], 3*request.MaxField); err != nil {
				return nil, err
			}
		}
		return []base.Event{{
			Refs: []journal.Ref{signerRef(q.GetAccount())},
			Body: &referencev1.SignerInvited{
				Account: q.GetAccount(), Post: q.GetPost(), CodeSha256: code[:], ExpiresOn: civil.Of(now).AddDays(invited).String(),
			},
			Sealed: &referencev1.SignerName{Name: q.GetName()}, SealedLabel: personal,
		}}, nil
	}
}

// Enrol gives the caller's account its public key.
func Enrol(account, code string, key *referencev1.KeyDerivation) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		digest := sha256.Sum256([]byte(strings.TrimSpace(code)))
		row, err := signer(v, account)
		if err != nil {
			return nil, err
		}
		if string(v.Get("codes", digest[:])) != account || account == "" || civil.Of(now).After(day(row.GetExpiresOn())) {
			return nil, badCode.With()
		}
		params := signing.Params{Salt: key.GetSalt(), Time: key.GetPasses(), MemoryKiB: key.GetMemoryKib(), Threads: uint8(min(key.GetLanes(), 255))}
		if err := params.Check(); err != nil || len(key.GetPublicKey()) != ed25519.PublicKeySize {
			return nil, badKey.With().Because(err)
		}
		kept, ok := proto.Clone(key).(*referencev1.KeyDerivation)
		if !ok {
			return nil, fmt.Errorf("reference: key of %s is no key", account)
		}
		kept.KeyId = signing.KeyID(key.GetPublicKey())
		return []base.Event{{Refs: []journal.Ref{signerRef(account)}, Body: &referencev1.SignerEnrolled{
			Account: account, Key: kept, EnrolledOn: civil.Of(now).String(),
		}}}, nil
	}
}

// Revoke ends the right to sign; what was signed stays signed.
func Revoke(q *referencev1.RevokeSignerRequest) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		row, err := Signer(v, q.GetAccount())
		if err != nil {
			return nil, err
		}
		if err := request.Needed("ground", q.GetGround(), request.MaxReason); err != nil {
			return nil, err
		}
		if row.GetState() == "revoked" {
			return nil, notEnrolled.With("account", q.GetAccount())
		}
		return []base.Event{{Refs: []journal.Ref{signerRef(q.GetAccount())}, Body: &referencev1.SignerRevoked{
			Account: q.GetAccount(), KeyId: row.GetKey().GetKeyId(), Ground: q.GetGround(), RevokedOn: civil.Of(now).String(),
		}}}, nil
	}
}

// Signer is one account's row. Error: NoSigner.
func Signer(v *base.View, account string) (*referencev1.SignerRow, error) {
	row, err := signer(v, account)
	if err == nil && row.GetAccount() == "" {
		err = NoSigner.With("account", clip.Value(account))
	}
	return row, err
}

// Enrolled is a signer with a key in force; the only one where no account is named. Errors:
// NoSigner, and that there is none or several.
func Enrolled(v *base.View, account string) (*referencev1.SignerRow, error) {
	if account != "" {
		row, err := Signer(v, account)
		if err == nil && row.GetState() != "enrolled" {
			err = NoSigner.With("account", clip.Value(account))
		}
		return row, err
	}
	all, _, err := Signers(v, "", MaxPage)
	if err != nil {
		return nil, err
	}
	var found []*referencev1.SignerRow
	for _, row := range all {
		if row.GetState() == "enrolled" {
			found = append(found, row)
		}
	}
	switch len(found) {
	case 0:
		return nil, noSigners.With()
	case 1:
		return found[0], nil
	}
	return nil, chooseSigner.With("count", len(found))
}

// Signers is a page of them by account.
func Signers(v *base.View, after string, limit int) (list []*referencev1.SignerRow, more bool, err error) {
	var from []byte
	if after != "" {
		from = []byte(after)
	}
	for k, raw := range v.Scan("signers", nil, from) {
		if len(list) == limit {
			return list, true, nil
		}
		row := new(referencev1.SignerRow)
		if err := proto.Unmarshal(raw, row); err != nil {
			return nil, false, fmt.Errorf("signer %q: %w", k, err)
		}
		list = append(list, row)
	}
	return list, false, nil
}

// PublicKey is a key that an account has or had. Error: NoSigner.
func PublicKey(v *base.View, account, id string) ([]byte, error) {
	row, err := Signer(v, account)
	if err != nil {
		return nil, err
	}
	for _, k := range row.GetKeys() {
		if k.GetKeyId() == id {
			return k.GetPublicKey(), nil
		}
	}
	return nil, NoSigner.With("account", clip.Value(account))
}
