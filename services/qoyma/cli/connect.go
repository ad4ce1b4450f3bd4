package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

var (
	noArchive = fault.Define(fault.NotFound, "cli.no_archive",
		"there is no archive in {folder}; name its folder with --data, or make one with: qoyma serve --data {folder}",
		"в папке {folder} нет архива; укажите его папку в --data или создайте его: qoyma serve --data {folder}",
		"{folder} қалтасында архив жоқ; оның қалтасын --data арқылы көрсетіңіз немесе жасаңыз: qoyma serve --data {folder}")
	needsToken = fault.Define(fault.Unauthenticated, "cli.needs_token",
		"a server at {server} asks who you are: give --token or QOYMA_TOKEN (the administrator makes one with: qoyma token), or --keys with the operator's folder",
		"сервер {server} спрашивает, кто вы: укажите --token или QOYMA_TOKEN (администратор выдаёт его командой qoyma token) либо --keys с папкой оператора",
		"{server} сервері кім екеніңізді сұрайды: --token немесе QOYMA_TOKEN беріңіз (әкімші оны qoyma token пәрменімен жасайды) не оператор қалтасын --keys арқылы көрсетіңіз")
	noOperator = fault.Define(fault.Denied, "cli.no_operator",
		"the keys in {folder} do not hold the operator's: speak to the server from the administrator's machine, with --server and --keys",
		"среди ключей в {folder} нет ключа оператора: обращайтесь к серверу с машины администратора, с --server и --keys",
		"{folder} кілттерінің арасында оператордікі жоқ: серверге әкімші машинасынан --server және --keys арқылы жүгініңіз")
)

// target says where the archive is and as whom it is asked.
type target struct {
	server []string
	plain  bool
	token  string
	data   string
	keys   string
	roles  []string
	// organisation is the department for which a clerk acts.
	organisation string
	// unready: the command looks at what is wrong, so it does not wait until nothing is.
	unready bool
}

// flags adds the flags of every command that speaks to the archive.
func (t *target) flags(c *cobra.Command) {
	t.where(c)
	c.Flags().StringSliceVar(&t.roles, "role", roleNames(localRoles), "roles to act in, without a token: "+strings.Join(roleNames(personRoles()), ", "))
	c.Flags().StringVar(&t.organisation, "organisation", "", "id of the department for which a clerk acts, with --role clerk and no token")
	t.completeRoles(c)
}

func (t *target) completeRoles(c *cobra.Command) {
	_ = c.RegisterFlagCompletionFunc("role", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return roleNames(personRoles()), cobra.ShellCompDirectiveNoFileComp
	})
}

// where adds the flags that say where the archive is.
func (t *target) where(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&t.server, "server", split(os.Getenv("QOYMA_SERVER")), "address of the server: host:port or unix:PATH; or service=address for each (default: QOYMA_SERVER)")
	f.BoolVar(&t.plain, "plain", false, "speak to a server on another machine without TLS: only in a closed network")
	f.StringVar(&t.token, "token", os.Getenv("QOYMA_TOKEN"), "login token for --server (default: QOYMA_TOKEN)")
	f.StringVar(&t.data, "data", os.Getenv("QOYMA_DATA"), "data folder on this machine: its running server is asked, or the folder opened where none runs (default: QOYMA_DATA)")
	f.StringVar(&t.keys, "keys", os.Getenv("QOYMA_KEYS"), "folder of the operator's keys: certificate for --server, and identity where no token is given (default: QOYMA_KEYS; with --data, its keys)")
	c.MarkFlagsMutuallyExclusive("server", "data")
	_ = c.MarkFlagDirname("data")
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// localRoles are those of whoever may read the identity key of a data folder: the machine's
// administrator, who could take any role.
var localRoles = []monitor.Role{monitor.Archivist, monitor.Administrator, monitor.Auditor}

// personRoles are the roles that a person can have.
func personRoles() []monitor.Role {
	return slices.DeleteFunc(monitor.Roles(), func(r monitor.Role) bool { return r == monitor.Service })
}

func roleNames(roles []monitor.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

func parseRoles(given []string) ([]monitor.Role, error) {
	var roles []monitor.Role
	for _, name := range given {
		if !slices.Contains(personRoles(), monitor.Role(name)) {
			return nil, text{"there is no role “%s”; there are %s", "нет роли «%s»; есть: %s", "«%s» деген рөл жоқ; барлары: %s"}.usage(name, strings.Join(roleNames(personRoles()), ", "))
		}
		roles = append(roles, monitor.Role(name))
	}
	return roles, nil
}

// archive is an open way to the archive's services.
type archive struct {
	caller   serve.Caller
	services []string
	close    func() error
}

func (c *archive) conn(service string) (grpc.ClientConnInterface, error) {
	return c.caller.Conn(service)
}

// with opens the archive for one command's work.
func (a *app) with(t *target, work func(ctx context.Context, c *archive, args []string) error) func(*cobra.Command, []string) error {
	return a.do(func(ctx context.Context, args []string) error {
		c, err := a.connect(ctx, t)
		if err != nil {
			return err
		}
		return errors.Join(work(ctx, c, args), c.close())
	})
}

// connect finds the archive: at --server; or at --data, whose server is asked through its
// socket where one runs; or opens the folder itself.
func (a *app) connect(ctx context.Context, t *target) (*archive, error) {
	roles, err := parseRoles(t.roles)
	if err != nil {
		return nil, err
	}
	id := monitor.Identity{Actor: account(), Roles: roles, Organisation: t.organisation, Clearance: process.Clearance(roles)}
	if len(t.server) > 0 {
		return a.remote(t, id)
	}
	if t.data == "" {
		return nil, text{"name the archive with --server or --data", "укажите архив через --server или --data", "архивті --server не --data арқылы көрсетіңіз"}.usage()
	}
	if err := archiveIn(t.data, t.keys); err != nil {
		return nil, err
	}
	if socket := filepath.Join(t.data, process.Socket); answers(socket) {
		issuer, err := operator(keysOf(t.data, t.keys), 0)
		if err != nil {
			return nil, err
		}
		n := a.network("unix:"+socket, nil, serve.NetworkConfig{})
		return &archive{n.As(monitor.NewCredentials(issuer, id)), a.names(), n.Close}, nil
	}
	return a.openFolder(ctx, t, id)
}

// keysOf is the folder of keys: the one given, or that of the data folder.
func keysOf(data, given string) keys.Folder {
	if given == "" {
		given = filepath.Join(data, "keys")
	}
	return keys.Folder(given)
}

// operator signs for the machine's administrator.
func operator(folder keys.Folder, lifetime time.Duration) (*monitor.Issuer, error) {
	if !folder.Speaks(monitor.Operator) {
		return nil, noOperator.With("folder", string(folder))
	}
	return folder.Issuer(monitor.Operator, lifetime, time.Now)
}

// archiveIn refuses a folder in which no archive was ever made: a mistyped path must not
// become a new one. given are its keys, where they lie elsewhere.
func archiveIn(folder, given string) error {
	if _, err := os.Stat(filepath.Join(folder, "archive")); errors.Is(err, fs.ErrNotExist) {
		return noArchive.With("folder", folder)
	} else if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	made := string(keysOf(folder, given))
	if _, err := os.Stat(made); errors.Is(err, fs.ErrNotExist) { // no others are made in passing
		return noOperator.With("folder", made)
	} else if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

func answers(socket string) bool {
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(context.Background(), "unix", socket)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// account names whoever runs the command in journals: by number, because a name in a journal can
// never be erased.
func account() string { return fmt.Sprintf("person:uid-%d@local", os.Getuid()) }

func (a *app) names() []string {
	out := make([]string, len(a.services))
	for i, s := range a.services {
		out[i] = s.Name
	}
	return out
}

// everywhere is the address of each service.
func (a *app) everywhere(all string, each map[string]string) map[string]string {
	addresses := make(map[string]string, len(a.services))
	for _, name := range a.names() {
		if addresses[name] = all; each[name] != "" {
			addresses[name] = each[name]
		}
	}
	return addresses
}

func (a *app) network(all string, each map[string]string, cfg serve.NetworkConfig) *serve.Network {
	cfg.Addresses, cfg.DefaultDeadline = a.everywhere(all, each), 30*time.Second
	return serve.NewNetwork(cfg)
}

// remote speaks to servers elsewhere, with a token or with the operator's keys.
func (a *app) remote(t *target, id monitor.Identity) (*archive, error) {
	n, err := a.dial(t)
	if err != nil {
		return nil, err
	}
	if t.token != "" {
		return &archive{n.Bearing(t.token), a.names(), n.Close}, nil
	}
	if t.keys == "" {
		return nil, needsToken.With("server", strings.Join(t.server, ","))
	}
	issuer, err := operator(keys.Folder(t.keys), 0)
	if err != nil {
		return nil, err
	}
	return &archive{n.As(monitor.NewCredentials(issuer, id)), a.names(), n.Close}, nil
}

// dial makes the network of the servers that are named; nothing is connected yet.
func (a *app) dial(t *target) (*serve.Network, error) {
	all, each, err := a.addresses(t.server)
	if err != nil {
		return nil, err
	}
	cfg := serve.NetworkConfig{Plain: t.plain}
	if folder := keys.Folder(t.keys); t.keys != "" && folder.Secured() {
		cfg.TLS = folder.ClientTLS
	}
	return a.network(all, each, cfg), nil
}

// addresses reads --server: one for all, and those of single services.
func (a *app) addresses(servers []string) (all string, each map[string]string, err error) {
	each = make(map[string]string)
	for _, s := range servers {
		name, address, named := strings.Cut(s, "=")
		switch {
		case !named:
			all = s
		case !slices.Contains(a.names(), name):
			return "", nil, noService.usage(name)
		default:
			each[name] = address
		}
	}
	return all, each, nil
}

// openFolder runs the services of a folder within this command.
func (a *app) openFolder(ctx context.Context, at *target, id monitor.Identity) (*archive, error) {
	t, err := quiet(ctx, a)
	if err != nil {
		return nil, err
	}
	p, err := process.Open(ctx, process.Config{Data: at.data, Keys: at.keys, NoSocket: true, Services: a.services}, t)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- p.Run(running) }()
	settle := func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
		defer cancel()
		p.Settle(bound)
	}
	end := func() error {
		settle()
		stop()
		return errors.Join(<-done, t.Shutdown(context.WithoutCancel(ctx)))
	}
	within := readyWithin
	if at.unready {
		within = settleWithin
	}
	err = waitReady(ctx, p, done, within)
	switch {
	case err == nil:
		settle()
	case !at.unready || !errors.Is(err, notReady):
		return nil, errors.Join(err, end())
	}
	return &archive{p.As(id), a.names(), end}, nil
}

// settleWithin is how long a command that opens a folder waits for what the services do by
// themselves; what is left is done when the folder is opened next.
const settleWithin = 5 * time.Second

// quiet is the telemetry of a command: errors alone are logged.
func quiet(ctx context.Context, a *app) (*telemetry.Telemetry, error) {
	return telemetry.New(ctx, telemetry.Config{Process: "qoyma", Version: telemetry.Version(), Output: a.err, Level: errorsOnly})
}

// commandID makes the idempotency key of one command.
func commandID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("command id: %w", err)
	}
	return id.String(), nil
}
