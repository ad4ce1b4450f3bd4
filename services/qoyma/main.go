// Qoyma is the archive in one program: its services, and the commands that speak to them.
package main

import (
	"os"

	"github.com/qoyma/qoyma/services/qoyma/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
