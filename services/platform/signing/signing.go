// Package signing lets a person sign an act with nothing but a passphrase: the Ed25519 key
// (RFC 8032) is derived from it by Argon2id (RFC 9106) for the one act and then forgotten.
//
// Who derives is the program in front of the person (gateway, command line); who checks is
// the service that owns the act. It keeps the public key and the parameters, so it can
// verify a signature on the exact digest and can make none; and the program in front
// cannot make one either without the person typing the passphrase again.
package signing

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of signing.
var (
	// TooShort and TooSimple refuse a new passphrase.
	TooShort = fault.Define(fault.Invalid, "signing.passphrase.short",
		"a signing passphrase has {least} to {most} characters; take four or more words that do not belong together",
		"кодовая фраза для подписи содержит от {least} до {most} знаков; возьмите четыре или больше не связанных между собой слов",
		"қол қоюға арналған құпия сөйлем {least}–{most} таңбадан тұрады; өзара байланыспаған төрт не одан көп сөз алыңыз")
	TooSimple = fault.Define(fault.Invalid, "signing.passphrase.simple",
		"this passphrase is too easy to guess: it has only {different} different characters, or only digits; take several words",
		"эту кодовую фразу легко угадать: в ней разных знаков – {different}, или одни цифры; возьмите несколько слов",
		"бұл құпия сөйлемді табу оңай: онда әртүрлі таңба саны – {different} немесе тек цифрлар; бірнеше сөз алыңыз")
	Unprintable = fault.Define(fault.Invalid, "signing.passphrase.unprintable",
		"the passphrase has characters that cannot be typed; write letters, digits, signs and spaces only",
		"в кодовой фразе есть знаки, которые нельзя набрать; используйте только буквы, цифры, знаки и пробелы",
		"құпия сөйлемде теруге болмайтын таңбалар бар; тек әріп, цифр, белгі және бос орын жазыңыз")
	// BadParams: the stored parameters are weaker or costlier than any that were given out.
	BadParams = fault.Define(fault.Internal, "signing.params",
		"the parameters of the signing key are damaged ({problem}); nothing was signed; tell the administrator",
		"параметры ключа подписи повреждены ({problem}); ничего не подписано; сообщите администратору",
		"қол қою кілтінің параметрлері бүлінген ({problem}); ештеңеге қол қойылған жоқ; әкімшіге хабарлаңыз")
	// BadStatement: the statement cannot be written in one way only.
	BadStatement = fault.Define(fault.Invalid, "signing.statement",
		"what is to be signed is not complete: “{field}” is missing or wrong ({value}); open the act again",
		"подписываемое неполно: «{field}» отсутствует или неверно ({value}); откройте акт заново",
		"қол қойылатын мәтін толық емес: «{field}» жоқ немесе дұрыс емес ({value}); актіні қайта ашыңыз")
	// NotSigned: wrong passphrase, another key, or another act.
	NotSigned = fault.Define(fault.Refused, "signing.signature",
		"the signature does not fit this act and the key {key}; type the passphrase again, and look whether the act was changed meanwhile",
		"подпись не подходит к этому акту и ключу {key}; введите кодовую фразу снова и проверьте, не изменён ли акт за это время",
		"қолтаңба бұл актіге және {key} кілтіне сәйкес келмейді; құпия сөйлемді қайта теріп, актінің осы уақытта өзгермегенін тексеріңіз")
)

// Bounds of a passphrase, in characters.
const (
	LeastPassphrase = 12
	MostPassphrase  = 256
	leastDifferent  = 5
)

// CheckPassphrase refuses a passphrase that is too short, too long or easily guessed. It is
// asked where a key is enrolled, not where it is used. Errors: TooShort, TooSimple,
// Unprintable.
func CheckPassphrase(passphrase string) error {
	p := normal(passphrase)
	if !utf8.ValidString(passphrase) || strings.ContainsFunc(p, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return Unprintable.With()
	}
	if n := utf8.RuneCountInString(p); n < LeastPassphrase || n > MostPassphrase {
		return TooShort.With("least", LeastPassphrase, "most", MostPassphrase)
	}
	different := map[rune]bool{}
	digits := true
	for _, r := range p {
		different[unicode.ToLower(r)] = true
		digits = digits && (unicode.IsDigit(r) || unicode.IsSpace(r))
	}
	if len(different) < leastDifferent || digits {
		return TooSimple.With("different", len(different))
	}
	return nil
}

// normal makes one passphrase of what keyboards write in different ways: composed letters
// (й is one character on one system and two on another) and plain spaces (RFC 8265 §4.2).
func normal(passphrase string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, passphrase))
}

// Params are what is needed beside the passphrase to derive the key. They are stored with
// the public key and are no secret; they are made once and never change.
type Params struct {
	Salt      []byte // 16 random bytes
	Time      uint32 // passes
	MemoryKiB uint32
	Threads   uint8 // lanes
}

const saltSize = 16

// NewParams makes the parameters of a new key: 64 MiB, 3 passes, 4 lanes (RFC 9106 §4,
// second recommended choice), with a salt from random.
func NewParams(random io.Reader) (Params, error) {
	p := Params{Salt: make([]byte, saltSize), Time: 3, MemoryKiB: 64 << 10, Threads: 4}
	if _, err := io.ReadFull(random, p.Salt); err != nil {
		return Params{}, fmt.Errorf("signing: salt: %w", err)
	}
	return p, nil
}

// Check refuses parameters that would make a weak key, or that would cost whoever derives
// more than a few seconds or a gigabyte: they may come over a wire. Error: BadParams.
func (p Params) Check() error {
	switch {
	case len(p.Salt) != saltSize:
		return BadParams.With("problem", fmt.Sprintf("salt %d B", len(p.Salt)))
	case p.Time < 1 || p.Time > 16:
		return BadParams.With("problem", fmt.Sprintf("passes %d", p.Time))
	case p.MemoryKiB < 19<<10 || p.MemoryKiB > 1<<20:
		return BadParams.With("problem", fmt.Sprintf("memory %d KiB", p.MemoryKiB))
	case uint64(p.Time)*uint64(p.MemoryKiB) > 2<<20:
		return BadParams.With("problem", fmt.Sprintf("passes %d × memory %d KiB", p.Time, p.MemoryKiB))
	case p.Threads < 1 || p.Threads > 16:
		return BadParams.With("problem", fmt.Sprintf("lanes %d", p.Threads))
	}
	return nil
}

// Derive makes the private key of a passphrase: the seed of RFC 8032 §5.1.5 is the Argon2id
// tag of 32 bytes. Every passphrase gives a key; whether it is the right one the signature
// tells. It takes up to a second and the memory of the parameters. Error: BadParams.
func Derive(passphrase string, p Params) (ed25519.PrivateKey, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	text := []byte(normal(passphrase))
	seed := argon2.IDKey(text, p.Salt, p.Time, p.MemoryKiB, p.Threads, ed25519.SeedSize)
	key := ed25519.NewKeyFromSeed(seed)
	clear(seed)
	clear(text)
	return key, nil
}

// Public is the public half of a derived key.
func Public(key ed25519.PrivateKey) ed25519.PublicKey {
	public, _ := key.Public().(ed25519.PublicKey) // crypto/ed25519 gives this type
	return public
}

// KeyID names a public key: the first 16 hexadecimal digits of its SHA-256.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}
