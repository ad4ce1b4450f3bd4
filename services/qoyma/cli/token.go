package cli

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

const errorsOnly = slog.LevelError

// longestToken is what a verifier believes at most: a token cannot be taken back.
const longestToken = time.Hour

func (a *app) tokenCommand() *cobra.Command {
	var data, folder, actor, organisation string
	var roles []string
	var lifetime time.Duration
	c := &cobra.Command{
		Use: "token", Short: "Make a login token for --server", Args: cobra.NoArgs,
		Long: "Make a login token with the operator's key of a data folder, or of the folder --keys. What its bearer may read follows from the roles.\n" +
			"A token cannot be taken back, so it lasts an hour at most.",
	}
	c.Flags().StringVar(&data, "data", "", "data folder")
	c.Flags().StringVar(&folder, "keys", os.Getenv("QOYMA_KEYS"), "folder of the operator's keys (default: QOYMA_KEYS, or keys in the data folder)")
	c.Flags().StringVar(&actor, "actor", "", "who it is for: person:<account>, a number or code")
	c.Flags().StringSliceVar(&roles, "role", nil, "roles: "+strings.Join(roleNames(personRoles()), ", "))
	c.Flags().StringVar(&organisation, "organisation", "", "id of the department for which a clerk acts")
	c.Flags().DurationVar(&lifetime, "for", 15*time.Minute, "how long it lasts, at most 1h")
	for _, name := range []string{"actor", "role"} {
		_ = c.MarkFlagRequired(name)
	}
	_ = c.MarkFlagDirname("data")
	c.RunE = a.do(func(_ context.Context, _ []string) error {
		if name, ok := strings.CutPrefix(actor, "person:"); !ok || name == "" {
			return text{
				"--actor is person:<account>, an account being a number or code, not a name",
				"--actor – это person:<учётная запись>: номер или код, а не имя",
				"--actor – person:<есептік жазба>: аты емес, нөмірі не коды",
			}.usage()
		}
		if lifetime < time.Second || lifetime > longestToken {
			return text{"--for is between 1s and 1h", "--for – от 1s до 1h", "--for 1s пен 1h аралығында болады"}.usage()
		}
		parsed, err := parseRoles(roles)
		if err != nil {
			return err
		}
		switch {
		case folder == "" && data == "":
			return text{"name the keys with --data or --keys", "укажите ключи через --data или --keys", "кілттерді --data не --keys арқылы көрсетіңіз"}.usage()
		case folder == "":
			if err := archiveIn(data, ""); err != nil {
				return err
			}
		}
		issuer, err := operator(keysOf(data, folder), lifetime)
		if err != nil {
			return err
		}
		token, expires, err := issuer.Mint(monitor.Identity{
			Actor: actor, Roles: parsed, Organisation: organisation, Clearance: process.Clearance(parsed), Audience: a.names(),
		})
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"token": token, "actor": actor, "roles": roles, "expires": expires.UTC()})
		}
		a.printf("%s\n", token)
		return nil
	})
	return c
}
