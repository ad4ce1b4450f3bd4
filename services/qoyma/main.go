// Qoyma is the archive in one program: its services, and the commands that speak to them.
package main

import (
	"os"
	"runtime"

	"github.com/qoyma/qoyma/services/qoyma/cli"
)

func main() {
	if os.Getenv("GOMAXPROCS") == "" {
		// Whoever writes past the page cache or flushes keeps his place among those that may run until the runtime notices, up
		// to milliseconds later: with a place for each core, cores idle while the disk works (bench/README.md).
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
