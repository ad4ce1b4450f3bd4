// Package accounts holds the rules about people who sign in: what a login and a password must
// be, which roles go together, when too many attempts lock an account, how long a session lasts.
//
// The rules are functions on plain values and are handed the time; what is kept stands in the
// gateway's store.
package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// How long things last.
const (
	// SessionLife ends a session whatever the person does.
	SessionLife = 12 * time.Hour
	// SessionIdle ends a session that nobody uses.
	SessionIdle = time.Hour
	// MaxSessions of one account: the one unused longest makes room for a new one.
	MaxSessions = 5
	// OneTimeLife is how long a password for one sign-in is good.
	OneTimeLife = 7 * 24 * time.Hour
)

// Roles that a person can have, in a fixed order.
var Roles = []string{"clerk", "archivist", "commission", "head", "researcher", "administrator", "auditor"}

// Faults of what an administrator asks.
var (
	BadLogin = fault.Define(fault.Invalid, "gateway.bad_login",
		"a login has 3 to 64 letters, digits, dots, hyphens, underscores or one @, and begins with a letter or digit",
		"логин – от 3 до 64 букв, цифр, точек, дефисов, подчёркиваний или одна @; начинается с буквы или цифры",
		"логин 3-тен 64-ке дейінгі әріп, цифр, нүкте, сызықша, астын сызу немесе бір @ болады; әріптен не цифрдан басталады")
	LoginTaken = fault.Define(fault.Conflict, "gateway.login_taken",
		"another account has this login; choose another, or look for that account in the list",
		"такой логин уже есть у другой учётной записи; выберите иной или найдите ту запись в списке",
		"мұндай логин басқа есептік жазбада бар; басқасын таңдаңыз немесе сол жазбаны тізімнен табыңыз")
	BadName = fault.Define(fault.Invalid, "gateway.bad_name",
		"write the person's name, 2 to 200 characters on one line",
		"укажите имя человека: от 2 до 200 знаков в одну строку",
		"адамның атын жазыңыз: бір жолда 2-ден 200-ге дейін таңба")
	NoRole = fault.Define(fault.Invalid, "gateway.no_role",
		"give at least one role; an account without a role can do nothing",
		"дайте хотя бы одну роль; без роли учётная запись ничего не может",
		"кемінде бір рөл беріңіз; рөлсіз есептік жазба ештеңе істей алмайды")
	UnknownRole = fault.Define(fault.Invalid, "gateway.unknown_role",
		"there is no role {role}; there are {known}",
		"роли {role} нет; есть {known}",
		"{role} деген рөл жоқ; бар рөлдер: {known}")
	ClerkNeedsOrganisation = fault.Define(fault.Invalid, "gateway.clerk_needs_organisation",
		"a clerk acts for one department; choose it",
		"делопроизводитель действует за одну организацию; выберите её",
		"іс жүргізуші бір ұйым атынан әрекет етеді; оны таңдаңыз")
	OnlyClerksHaveOne = fault.Define(fault.Invalid, "gateway.organisation_without_clerk",
		"only a clerk acts for a department; give the role of clerk, or leave the department empty",
		"за организацию действует только делопроизводитель; дайте эту роль или оставьте организацию пустой",
		"ұйым атынан тек іс жүргізуші әрекет етеді; осы рөлді беріңіз немесе ұйымды бос қалдырыңыз")
	AuditorAlone = fault.Define(fault.Invalid, "gateway.auditor_alone",
		"an auditor changes nothing, so the role does not go together with others; make two accounts",
		"аудитор ничего не изменяет, поэтому эта роль не сочетается с другими; заведите две учётные записи",
		"аудитор ештеңе өзгертпейді, сондықтан бұл рөл басқаларымен бірге берілмейді; екі есептік жазба ашыңыз")
	LastAdministrator = fault.Define(fault.Refused, "gateway.last_administrator",
		"this is the last administrator; make another one first, otherwise nobody could look after accounts",
		"это последний администратор; сначала заведите другого, иначе учётными записями некому будет заниматься",
		"бұл соңғы әкімші; алдымен басқасын тағайындаңыз, әйтпесе есептік жазбаларға қарайтын ешкім қалмайды")
	UnknownAccount = fault.Define(fault.NotFound, "gateway.unknown_account",
		"there is no such account; see the list of accounts",
		"такой учётной записи нет; посмотрите список учётных записей",
		"мұндай есептік жазба жоқ; есептік жазбалар тізімін қараңыз")
	IsDisabled = fault.Define(fault.Refused, "gateway.account_is_disabled",
		"this account is closed already", "эта учётная запись уже закрыта", "бұл есептік жазба жабылған")
	NotDisabled = fault.Define(fault.Refused, "gateway.account_is_open",
		"this account is open already", "эта учётная запись уже открыта", "бұл есептік жазба ашық тұр")
	NotLocked = fault.Define(fault.Refused, "gateway.account_not_locked",
		"this account is not locked", "эта учётная запись не заблокирована", "бұл есептік жазба бұғатталмаған")
	BadReason = fault.Define(fault.Invalid, "gateway.bad_reason",
		"say why in 3 to 300 characters, without names: the reason stays in the journal",
		"укажите причину, 3–300 знаков, без имён: причина остаётся в журнале",
		"себебін 3–300 таңбамен, аты-жөнсіз жазыңыз: себеп журналда қалады")
)

// Login is a login as it is compared: lower case, Unicode NFC. Error: BadLogin.
func Login(typed string) (string, error) {
	login := Fold(typed)
	n, at := 0, 0
	for i, r := range login {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
		case i == 0:
			return "", BadLogin.With()
		case r == '@':
			at++
		case !strings.ContainsRune(".-_", r):
			return "", BadLogin.With()
		}
		n++
	}
	if n < 3 || n > 64 || at > 1 {
		return "", BadLogin.With()
	}
	return login, nil
}

// Fold is what was typed as a login, in the form in which logins are compared.
func Fold(typed string) string {
	if len(typed) > 1024 {
		typed = strings.ToValidUTF8(typed[:1024], "")
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(strings.TrimSpace(typed))))
}

// LoginKey finds an account by its login without keeping the login.
func LoginKey(key []byte, login string) [32]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("login\x00" + login))
	return [32]byte(mac.Sum(nil))
}

// Name is a person's name as it is kept. Error: BadName.
func Name(typed string) (string, error) {
	name := norm.NFC.String(strings.Join(strings.Fields(typed), " "))
	n := 0
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return "", BadName.With()
		}
		n++
	}
	if n < 2 || n > 200 {
		return "", BadName.With()
	}
	return name, nil
}

// Reason is why an account is closed. Error: BadReason.
func Reason(typed string) (string, error) {
	reason := strings.Join(strings.Fields(typed), " ")
	if n := len([]rune(reason)); n < 3 || n > 300 {
		return "", BadReason.With()
	}
	return reason, nil
}

// CheckRoles gives the roles in order, each once. Errors: NoRole, UnknownRole,
// ClerkNeedsOrganisation, OnlyClerksHaveOne, AuditorAlone.
func CheckRoles(roles []string, organisation string) ([]string, error) {
	for _, role := range roles {
		if !slices.Contains(Roles, role) {
			return nil, UnknownRole.With("role", clip.Value(role), "known", strings.Join(Roles, ", "))
		}
	}
	var out []string
	for _, role := range Roles {
		if slices.Contains(roles, role) {
			out = append(out, role)
		}
	}
	clerk := slices.Contains(out, "clerk")
	switch {
	case len(out) == 0:
		return nil, NoRole.With()
	case clerk && organisation == "":
		return nil, ClerkNeedsOrganisation.With()
	case !clerk && organisation != "":
		return nil, OnlyClerksHaveOne.With()
	case slices.Contains(out, "auditor") && len(out) > 1:
		return nil, AuditorAlone.With()
	}
	return out, nil
}

// Expired tells whether a session has ended by itself, and why: "" while it lasts.
func Expired(until, seen, now time.Time) (reason string) {
	switch {
	case !now.Before(until):
		return "expired"
	case now.Sub(seen) >= SessionIdle:
		return "idle"
	}
	return ""
}
