package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

func (a *app) keysCommand() *cobra.Command {
	return a.family("keys", "Make and list the keys of services that run apart", a.keysInit(), a.keysShow(), a.keysRenew())
}

// keyFlags are what init and renew have in common.
type keyFlags struct {
	dir, archive string
	hosts        []string
	days         int
}

func (k *keyFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&k.dir, "dir", "", "folder of all keys; keep it apart from the services' machines")
	c.Flags().StringArrayVar(&k.hosts, "host", nil, "where a service or the broker is reached, for its certificate: service=name,address (may be repeated)")
	c.Flags().IntVar(&k.days, "days", keys.DefaultDays, "how many days a certificate lasts")
	_ = c.MarkFlagRequired("dir")
	_ = c.MarkFlagDirname("dir")
}

// plan turns the flags into what to make.
func (k *keyFlags) plan(services []string) (keys.Plan, error) {
	p := keys.Plan{Dir: k.dir, Archive: k.archive, Services: services, Days: k.days, Now: time.Now(), Hosts: map[string][]string{}}
	if k.days < 1 {
		return p, text{"--days is at least 1", "--days – не меньше 1", "--days кемінде 1 болады"}.usage()
	}
	for _, h := range k.hosts {
		name, list, ok := strings.Cut(h, "=")
		if !ok || list == "" {
			return p, text{"--host is service=name,address, not “%s”", "--host пишется как служба=имя,адрес, а не «%s»", "--host қызмет=атау,мекенжай түрінде жазылады, ал берілгені «%s»"}.usage(h)
		}
		p.Hosts[name] = append(p.Hosts[name], strings.Split(list, ",")...)
	}
	have, err := keys.Folder(k.dir).Archive()
	if err != nil {
		return p, err
	}
	if p.Archive == "" {
		p.Archive = have
	}
	if p.Archive == "" {
		p.Archive = process.DefaultArchive
	}
	return p, process.CheckArchive(p.Archive)
}

func (a *app) keysInit() *cobra.Command {
	var k keyFlags
	c := &cobra.Command{
		Use: "init", Short: "Make what is missing of the keys of services that run apart", Args: cobra.NoArgs,
		Long: `Make the keys of an archive whose services run apart: an authority of its own, a certificate and a key for each service
and for the broker, an identity key and a checkpoint key for each service, and a NATS user for each, who may publish
that service's journal and read all. Nothing is overwritten, so it may be run again, also when a service is new.

  DIR/ca          stays where it is, best on a machine without network: whoever has it can be any service
  DIR/<service>   goes to the machine of that service: serve --keys <copy>
  DIR/broker      goes to the machine of the broker: broker --keys <copy>
  DIR/operator    goes to the administrator's machine: --server … --keys <copy>`,
	}
	k.flags(c)
	c.Flags().StringVar(&k.archive, "archive", "", "code of the archive (default: as before, or "+process.DefaultArchive+")")
	c.RunE = a.do(func(context.Context, []string) error {
		plan, err := k.plan(a.names())
		if err != nil {
			return err
		}
		made, err := keys.Make(plan)
		if err != nil {
			return err
		}
		return a.madeKeys(plan.Archive, made)
	})
	return c
}

func (a *app) madeKeys(archive string, made []string) error {
	if a.json {
		return a.printJSON(map[string]any{"archive": archive, "made": append([]string{}, made...)})
	}
	for _, file := range made {
		a.printf("%s\n", file)
	}
	a.printf(a.say(text{"archive %s: %d files made\n", "архив %s: сделано файлов: %d\n", "%s архиві: жасалған файл саны %d\n"}), archive, len(made))
	return nil
}

func (a *app) keysRenew() *cobra.Command {
	var k keyFlags
	c := &cobra.Command{
		Use: "renew [NAME …]", Short: "Replace certificates before they end; keys stay",
		Long: "Replace the certificates of the names, or all. The keys stay, and so do the hosts unless --host gives others.\n" +
			"Carry the new files to their machines and restart one service after another; old and new ones go together.",
	}
	k.flags(c)
	c.RunE = a.do(func(_ context.Context, names []string) error {
		plan, err := k.plan(a.names())
		if err != nil {
			return err
		}
		made, err := keys.Renew(plan, names...)
		if err != nil {
			return err
		}
		return a.madeKeys(plan.Archive, made)
	})
	return c
}

func (a *app) keysShow() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "show", Short: "List certificates and when they end", Args: cobra.NoArgs,
		Long: "List the certificates in a folder of keys, or in one that was carried to a machine, and when they end.",
	}
	c.Flags().StringVar(&dir, "dir", "", "folder of keys")
	_ = c.MarkFlagRequired("dir")
	_ = c.MarkFlagDirname("dir")
	c.RunE = a.do(func(context.Context, []string) error {
		list, err := keys.Show(dir)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"services": a.names(), "certificates": append([]keys.Shown{}, list...)})
		}
		var rows [][]string
		for _, one := range list {
			days := int(time.Until(one.NotAfter) / (24 * time.Hour))
			rows = append(rows, []string{clean(one.Name), one.NotAfter.UTC().Format(time.DateOnly), strconv.Itoa(days), clean(strings.Join(one.Hosts, ", "))})
		}
		a.table([]text{headService, headUntil, headDays, headHosts}, rows)
		return nil
	})
	return c
}

var (
	headUntil = text{"UNTIL", "ДО", "ДЕЙІН"}
	headDays  = text{"DAYS LEFT", "ОСТАЛОСЬ ДНЕЙ", "ҚАЛҒАН КҮН"}
	headHosts = text{"HOSTS", "ХОСТЫ", "ХОСТТАР"}
)
