package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/qoyma/qoyma/services/platform/fault"
)

const (
	leastPassword = 12  // characters
	mostPassword  = 128 // characters: longer ones only cost time
)

// Faults of a password that somebody wants to have.
var (
	PasswordShort = fault.Define(fault.Invalid, "gateway.password_short",
		"a password has at least {least} characters; three or four words that do not belong together are easy to keep in mind",
		"пароль – не короче {least} знаков; три-четыре не связанных слова легко запомнить",
		"құпиясөз {least} таңбадан қысқа болмайды; бір-біріне қатысы жоқ үш-төрт сөзді есте сақтау оңай")
	PasswordLong = fault.Define(fault.Invalid, "gateway.password_long",
		"a password has at most {most} characters", "пароль – не длиннее {most} знаков", "құпиясөз {most} таңбадан аспайды")
	PasswordCommon = fault.Define(fault.Invalid, "gateway.password_common",
		"this password is among the first that anybody would try; choose another",
		"такой пароль попробуют одним из первых; выберите другой",
		"мұндай құпиясөзді ең алдымен байқап көреді; басқасын таңдаңыз")
	PasswordLogin = fault.Define(fault.Invalid, "gateway.password_login",
		"the password contains the login; choose another",
		"в пароле стоит логин; выберите другой",
		"құпиясөздің ішінде логин бар; басқасын таңдаңыз")
	PasswordSame = fault.Define(fault.Invalid, "gateway.password_same",
		"this is the password you have; choose another",
		"это ваш нынешний пароль; выберите другой",
		"бұл қазіргі құпиясөзіңіз; басқасын таңдаңыз")
	// Busy is answered where so many passwords are being checked that one more would have to
	// wait too long.
	Busy = fault.Define(fault.Unavailable, "gateway.sign_in_busy",
		"many people are signing in at this moment; try again in a few seconds",
		"сейчас входит много людей; повторите через несколько секунд",
		"қазір көп адам кіріп жатыр; бірнеше секундтан кейін қайталаңыз")
)

// CheckPassword tells whether a person may choose a password (NIST SP 800-63B §5.1.1.2: length and
// a list of the commonest, no rules about kinds of characters). Errors: PasswordShort, PasswordLong,
// PasswordCommon, PasswordLogin.
func CheckPassword(password, login string) error {
	p := normal(password)
	n := utf8.RuneCountInString(p)
	switch folded := strings.ToLower(p); {
	case !utf8.ValidString(password) || n < leastPassword:
		return PasswordShort.With("least", leastPassword)
	case n > mostPassword:
		return PasswordLong.With("most", mostPassword)
	case utf8.RuneCountInString(login) >= 3 && strings.Contains(folded, login):
		return PasswordLogin.With()
	case common(folded):
		return PasswordCommon.With()
	}
	return nil
}

// normal makes the same password of what different keyboards send for the same letters.
func normal(password string) string { return norm.NFC.String(password) }

// words that passwords begin with when somebody must have one; the lists of leaked passwords are
// headed by these with figures and signs around them.
var words = []string{
	"password", "passw0rd", "p@ssw0rd", "p@ssword", "parol", "пароль", "gfhjkm", "құпиясөз", "qupiasoz", "qwerty", "qwertyuiop", "qwertyuiop[]", "qwertyuiopasdfghjkl",
	"1q2w3e4r5t6y", "1qaz2wsx3edc", "qazwsxedcrfv", "zxcvbnm", "asdfghjkl", "йцукен", "йцукенгшщзхъ", "фывапролдж", "ячсмитьбю",
	"admin", "administrator", "админ", "администратор", "әкімші", "root", "user", "guest", "welcome", "letmein", "changeme", "iloveyou", "monkey", "dragon", "sunshine",
	"football", "master", "secret", "login", "test", "temp", "default", "archive", "archives", "архив", "мұрағат", "qoyma", "қойма", "kazakhstan", "qazaqstan", "казахстан", "қазақстан",
	"almaty", "алматы", "astana", "астана", "президент", "любимая", "привет", "солнышко", "самолет", "наташа", "махаббат", "отан", "менiңелiм", "менің", "бисмиллах", "bismillah",
}

// keyboards are rows that a finger goes along.
var keyboards = []string{
	"01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю.",
	"абвгдежзийклмнопрстуфхцчшщъыьэюя", "1qaz2wsx3edc4rfv5tgb", "1q2w3e4r5t6y7u8i9o0p",
}

func common(folded string) bool {
	distinct := map[rune]bool{}
	for _, r := range folded {
		distinct[r] = true
	}
	if len(distinct) < 5 {
		return true
	}
	return onlyWords(folded) || runs(folded)
}

// onlyWords tells whether a password is made of the commonest words, with figures and signs between.
// Figures alone are a telephone or an identity number.
func onlyWords(folded string) bool {
	reached := make([]bool, len(folded)+1) // whether what stands before is such
	reached[0] = true
	for at, r := range folded {
		if !reached[at] {
			continue
		}
		if !unicode.IsLetter(r) {
			reached[at+utf8.RuneLen(r)] = true
		}
		for _, w := range words {
			if strings.HasPrefix(folded[at:], w) {
				reached[at+len(w)] = true
			}
		}
	}
	return reached[len(folded)]
}

// runs tells whether a password is made of walks along a keyboard or an alphabet, four signs or
// longer each.
func runs(folded string) bool {
	signs := []rune(folded)
	for i := 0; i < len(signs); {
		n := walk(signs[i:])
		if n < 4 {
			return false
		}
		i += n
	}
	return true
}

func walk(signs []rune) int {
	longest := 1
	for n := 2; n <= len(signs); n++ {
		piece := string(signs[:n])
		along := false
		for _, row := range keyboards {
			along = along || strings.Contains(row, piece) || strings.Contains(row, reversed(piece))
		}
		if !along {
			break
		}
		longest = n
	}
	return longest
}

func reversed(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// Hash is what a password is checked with, and with what effort (RFC 9106).
type Hash struct {
	Sum, Salt      []byte
	Passes, Memory uint32 // Memory in KiB
	Lanes          uint8
}

// Cost is the effort of one check. The zero Cost means the usual one.
type Cost struct {
	Passes, Memory uint32
	Lanes          uint8
}

// usual is what OWASP's Password Storage Cheat Sheet asks for at least: 19 MiB, two passes, some
// 30 ms. The archive's one machine signs in a whole office at nine in the morning; guessing is held
// up by the lock-out.
var usual = Cost{Passes: 2, Memory: 19 << 10, Lanes: 1}

// mostCost bounds what a kept hash may ask for: a damaged row must not eat the machine.
var mostCost = Cost{Passes: 16, Memory: 1 << 20, Lanes: 64}

// Hasher makes and checks hashes, a few at a time: each takes 19 MiB, and a flood of
// sign-ins must not take them all.
type Hasher struct {
	cost Cost
	room chan struct{}
	wait time.Duration
}

// atOnce is how many hashes are computed at the same time: 76 MiB at most.
const atOnce = 4

// NewHasher makes one.
func NewHasher(cost Cost) *Hasher {
	if cost == (Cost{}) {
		cost = usual
	}
	return &Hasher{cost: cost, room: make(chan struct{}, atOnce), wait: 5 * time.Second}
}

// New makes the hash of a password with a fresh salt. Error: Busy.
func (h *Hasher) New(ctx context.Context, password string) (Hash, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	out := Hash{Salt: salt, Passes: h.cost.Passes, Memory: h.cost.Memory, Lanes: h.cost.Lanes}
	sum, err := h.sum(ctx, password, out)
	out.Sum = sum
	return out, err
}

// Check tells whether a password is the one. A hash that nobody has (no such account) takes as
// long as any other and fits nothing. Error: Busy.
func (h *Hasher) Check(ctx context.Context, password string, kept Hash) (bool, error) {
	absurd := kept.Passes > mostCost.Passes || kept.Memory > mostCost.Memory || kept.Lanes > mostCost.Lanes || kept.Passes == 0 || kept.Lanes == 0
	if len(kept.Sum) != 32 || absurd {
		kept = Hash{Salt: make([]byte, 16), Passes: h.cost.Passes, Memory: h.cost.Memory, Lanes: h.cost.Lanes}
	}
	sum, err := h.sum(ctx, password, kept)
	if err != nil {
		return false, err
	}
	return len(kept.Sum) == 32 && subtle.ConstantTimeCompare(sum, kept.Sum) == 1, nil
}

func (h *Hasher) sum(ctx context.Context, password string, with Hash) ([]byte, error) {
	late := time.NewTimer(h.wait)
	defer late.Stop()
	select {
	case h.room <- struct{}{}:
		defer func() { <-h.room }()
	case <-late.C:
		return nil, Busy.With()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p := normal(password)
	if len(p) > 8*mostPassword {
		p = p[:8*mostPassword]
	}
	return argon2.IDKey([]byte(p), with.Salt, with.Passes, with.Memory, with.Lanes, 32), nil
}

// OneTime is a password for one sign-in: 100 bits, in letters and digits that are not taken for each
// other (Crockford's alphabet). It follows from the command's id and the gateway's key, so that a repeated command gives the same.
func OneTime(key []byte, command string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("one-time\x00" + command))
	text := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
	return text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:20]
}
