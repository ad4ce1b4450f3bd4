package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// resident is the process's own memory that is in RAM, without the pages of mapped files
// (the kernel's, which it takes back when it needs them), in MiB.
func resident() (float64, error) {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	_, rest, _ := bytes.Cut(raw, []byte("RssAnon:"))
	words := bytes.Fields(rest)
	if len(words) == 0 {
		return 0, fmt.Errorf("bench: the system does not say how much memory the process has")
	}
	kib, err := strconv.ParseFloat(string(words[0]), 64)
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	return kib / 1024, nil
}

// processor is how long this process has kept processors busy since its start, in itself and in the kernel. Other than
// the time on the clock it says something on a busy machine too.
func processor() (time.Duration, error) {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
