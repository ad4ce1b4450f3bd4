package transfer

import (
	_ "embed"
	"encoding/json"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

// Limits bound what is on its way to the archive. They are dated: an edition is in force from its day
// until a later one of the same organisation. The archive's own stand in its journal
// (UploadLimitsSet); before the first, the edition in limits.json is in force.
type Limits struct {
	Organisation    string `json:"-"`    // empty: of every department without its own
	From            string `json:"from"` // civil date
	TransferBytes   uint64 `json:"transfer_bytes"`
	TransferFiles   uint32 `json:"transfer_files"`
	DepartmentBytes uint64 `json:"department_bytes"`
	DepartmentFiles uint32 `json:"department_files"`
	KeepDays        uint32 `json:"keep_days"` // after the last byte of an unfinished package
}

//go:embed limits.json
var limitsJSON []byte

// DefaultLimits are the editions that are in force where the archive has set none.
func DefaultLimits() ([]Limits, error) {
	var all []Limits
	err := json.Unmarshal(limitsJSON, &all)
	return all, err
}

// Faults of uploads that pass a limit.
var (
	OverTransfer = fault.Define(fault.Exhausted, "intake.upload.quota.transfer",
		"this does not fit into one transfer: {left} and {files} files are left of it; send fewer files, or ask the archive for a larger limit",
		"это не помещается в одну передачу: осталось {left} и файлов {files}; отправьте меньше или попросите архив увеличить предел",
		"бұл бір тапсыруға сыймайды: {left} және {files} файл қалды; азырақ жіберіңіз немесе архивтен шекті ұлғайтуды сұраңыз")
	OverDepartment = fault.Define(fault.Exhausted, "intake.upload.quota.department",
		"your department has {left} and {files} files left for what waits at the archive; wait until earlier transfers are accepted, cancel an unfinished one, or ask the archive for a larger limit",
		"у вашего ведомства для ожидающего в архиве осталось {left} и файлов {files}; дождитесь приёма прежних передач, отмените незавершённую или попросите архив увеличить предел",
		"мекемеңізге архивте күтіп тұрғандар үшін {left} және {files} файл қалды; бұрынғы тапсырулар қабылданғанша күтіңіз, аяқталмағанын тоқтатыңыз немесе архивтен шекті ұлғайтуды сұраңыз")
	BadLimits = fault.Define(fault.Invalid, "intake.upload.limits",
		"limits need a day (2026-01-31), at least one byte and one file each, at most 4 EiB, and 1 to 365 days; correct {field}",
		"пределам нужны дата (2026-01-31), хотя бы один байт и один файл, не более 4 ЭиБ, и срок от 1 до 365 дней; исправьте {field}",
		"шектерге күн (2026-01-31), кемінде бір байт пен бір файл, ең көбі 4 ЭиБ және 1-ден 365-ке дейін күн керек; {field} түзетіңіз")
)

// Check refuses limits with which nobody could work.
func (l Limits) Check() error {
	const most = 1 << 62
	for _, f := range []struct {
		name string
		bad  bool
	}{
		{"from", len(l.From) != len("2026-01-31")},
		{"transfer_bytes", l.TransferBytes == 0 || l.TransferBytes > most},
		{"transfer_files", l.TransferFiles == 0},
		{"department_bytes", l.DepartmentBytes == 0 || l.DepartmentBytes > most},
		{"department_files", l.DepartmentFiles == 0},
		{"keep_days", l.KeepDays == 0 || l.KeepDays > 365},
	} {
		if f.bad {
			return BadLimits.With("field", f.name)
		}
	}
	return nil
}

// LimitsOf are those of an organisation on a day (civil, as text): the latest of its own, otherwise of
// all; false where none is in force.
func LimitsOf(all []Limits, organisation, day string) (Limits, bool) {
	var best Limits
	found := false
	for _, l := range all {
		if l.Organisation != "" && l.Organisation != organisation || l.From > day {
			continue
		}
		if own, bestOwn := l.Organisation != "", best.Organisation != ""; !found || own && !bestOwn || own == bestOwn && l.From >= best.From {
			best, found = l, true
		}
	}
	return best, found
}

// Used is what is on its way already: of one transfer, and of its whole department with what waits for
// acceptance.
type Used struct {
	TransferBytes, DepartmentBytes uint64
	TransferFiles, DepartmentFiles uint32
}

// With counts one more file of a size in bytes.
func (u Used) With(size uint64) Used {
	return Used{u.TransferBytes + size, u.DepartmentBytes + size, u.TransferFiles + 1, u.DepartmentFiles + 1}
}

// Left is how much may still be announced, by transfer and by department.
func (l Limits) Left(u Used) (transferBytes, departmentBytes uint64, transferFiles, departmentFiles uint32) {
	return less(l.TransferBytes, u.TransferBytes), less(l.DepartmentBytes, u.DepartmentBytes),
		less(l.TransferFiles, u.TransferFiles), less(l.DepartmentFiles, u.DepartmentFiles)
}

func less[N uint32 | uint64](limit, used N) N {
	if used > limit {
		return 0
	}
	return limit - used
}

// Admit refuses one more file of a size in bytes that passes a limit, and says how much is left.
func (l Limits) Admit(u Used, size uint64) error {
	ofTransfer, ofDepartment, files, departmentFiles := l.Left(u)
	if size > ofTransfer || files == 0 {
		return over(OverTransfer, size, ofTransfer, files)
	}
	if size > ofDepartment || departmentFiles == 0 {
		return over(OverDepartment, size, ofDepartment, departmentFiles)
	}
	return nil
}

// over says what is left, with as many digits as tell it from the file's size. It does not name the size: many files are refused
// for one reason, and that is told once.
func over(d *fault.Definition, size, left uint64, files uint32) error {
	_, rest := numeral.Apart(size, left)
	return d.With("left", rest, "files", files)
}
