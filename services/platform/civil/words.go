package civil

import (
	"fmt"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var (
	monthsRU = [...]string{"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"}
	monthsKK = [...]string{"қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"}
)

// In is the date in words as acts write it: «31 марта 2026 г.», «2026 жылғы 31 наурыз»,
// "31 March 2026". The zero Date is empty.
func (d Date) In(l fault.Language) string {
	if !d.Valid() {
		return d.String()
	}
	switch l {
	case fault.Russian:
		return fmt.Sprintf("%d %s %d г.", d.Day, monthsRU[d.Month-1], d.Year)
	case fault.Kazakh:
		return fmt.Sprintf("%d жылғы %d %s", d.Year, d.Day, monthsKK[d.Month-1])
	default:
		return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year)
	}
}

// Dotted is DD.MM.YYYY, the form of tables and forms in Kazakh and Russian.
func (d Date) Dotted() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d.%02d.%04d", d.Day, int(d.Month), d.Year)
}
