package numeral

import (
	"slices"
	"strconv"
	"strings"
)

// MostRuns is how many numbers and runs a list of them shows, on a page as on paper; the others are counted.
const MostRuns = 50

// Runs writes numbers in ascending order, each once, those that follow each other as a run: "3, 7–9". At most so many numbers and runs
// are written; left is how many numbers stand in none of them.
func Runs(numbers []uint32, most int) (text string, left int) {
	sorted := slices.Compact(slices.Sorted(slices.Values(numbers)))
	var written []string
	for i := 0; i < len(sorted); {
		if len(written) == most {
			return strings.Join(written, ", "), len(sorted) - i
		}
		first := i
		for i++; i < len(sorted) && sorted[i] == sorted[i-1]+1; i++ {
		}
		run := strconv.FormatUint(uint64(sorted[first]), 10)
		if last := i - 1; last > first {
			run += "–" + strconv.FormatUint(uint64(sorted[last]), 10)
		}
		written = append(written, run)
	}
	return strings.Join(written, ", "), 0
}
