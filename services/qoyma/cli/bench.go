package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) benchCommand() *cobra.Command {
	return a.family("bench", "Measure on this machine")
}
