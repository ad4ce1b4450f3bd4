// Command gotest reads `go test -json` and prints what go test would have printed, the packages'
// closing lines together at the end. A test that was skipped and is not in .ci/allowed-skips
// under a condition that holds fails the run: a suite that skips proves nothing.
//
//	go test -json work | go run .ci/gotest.go .ci/allowed-skips
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"strings"
)

const modules = "github.com/qoyma/qoyma/"

// event is one line of test2json.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// allowance is one line of the list.
type allowance struct{ pkg, test, condition string }

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: go test -json work | go run .ci/gotest.go ALLOWED-SKIPS")
	}
	allowed, err := load(args[0])
	if err != nil {
		return err
	}
	var closing, skipped []string
	output := make(map[string][]string) // of tests, shown where one fails or skips
	failed, ran := false, 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			switch {
			case e.Test != "":
				output[key] = append(output[key], e.Output)
			case strings.HasPrefix(e.Output, "ok  ") || strings.HasPrefix(e.Output, "FAIL") || strings.HasPrefix(e.Output, "?   "):
				closing = append(closing, e.Output)
			case e.Output != "PASS\n":
				fmt.Fprint(out, e.Output)
			}
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "build-fail":
			failed = true
		case "pass":
			ran++
			delete(output, key)
		case "fail":
			failed = true
			fmt.Fprint(out, strings.Join(output[key], ""))
		case "skip":
			if e.Test != "" && !permitted(allowed, strings.TrimPrefix(e.Package, modules), e.Test) {
				skipped = append(skipped, strings.TrimPrefix(e.Package, modules)+" "+e.Test+": "+reason(output[key]))
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	for _, s := range skipped {
		fmt.Fprintln(out, "skipped, and not in .ci/allowed-skips:", s)
	}
	fmt.Fprint(out, strings.Join(closing, ""))
	switch {
	case failed:
		return errors.New("tests failed")
	case len(skipped) > 0:
		return fmt.Errorf("%d tests were skipped that may not be", len(skipped))
	case ran == 0:
		return errors.New("no test ran")
	}
	return nil
}

// reason is what the test said when it gave up.
func reason(output []string) string {
	for _, line := range output {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return "no reason given"
}

func load(name string) (list []allowance, err error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(raw), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		if len(f) < 4 {
			return nil, fmt.Errorf("%s:%d: package, test, condition and reason are needed", name, i+1)
		}
		list = append(list, allowance{f[0], f[1], f[2]})
	}
	return list, nil
}

func permitted(allowed []allowance, pkg, test string) bool {
	top, _, _ := strings.Cut(test, "/")
	for _, a := range allowed {
		if a.pkg != pkg || !holds(a.condition) {
			continue
		}
		if ok, err := path.Match(a.test, top); err == nil && ok {
			return true
		}
	}
	return false
}

// holds tells whether a skip's condition is met here. One that nobody knows never is.
func holds(condition string) bool {
	name, value, _ := strings.Cut(condition, "=")
	switch name {
	case "absent":
		_, err := os.Stat(value)
		return errors.Is(err, fs.ErrNotExist)
	case "not-root":
		return os.Geteuid() != 0
	case "unless":
		return os.Getenv(value) == ""
	case "no-command":
		_, err := exec.LookPath(value)
		return err != nil
	case "no-mount":
		return os.Getenv("QOYMA_CAN_MOUNT") != "1"
	}
	return false
}
