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
		"a server at {server} asks who you are: give --token or QOYMA_TOKEN (the administrator makes one with: qoyma token)",
		"сервер {server} спрашивает, кто вы: укажите --token или QOYMA_TOKEN (администратор выдаёт его командой qoyma token)",
		"{server} сервері кім екеніңізді сұрайды: --token немесе QOYMA_TOKEN беріңіз (әкімші оны qoyma token пәрменімен жасайды)")
)

// target says where the archive is and as whom it is asked.
type target struct {
	server []string
	plain  bool
	token  string
	data   string
	roles  []string
	// unready: the command looks at what is wrong, so it does not wait until nothing is.
	unready bool
}

// flags adds the flags of every command that speaks to the archive.
func (t *target) flags(c *cobra.Command) {
	t.where(c)
	c.Flags().StringSliceVar(&t.roles, "role", roleNames(localRoles), "roles to act in, with --data: "+strings.Join(roleNames(personRoles()), ", "))
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
			return nil, fault.Usage.With("problem", fmt.Sprintf("there is no role %q; there are %s", name, strings.Join(roleNames(personRoles()), ", ")))
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
	if len(t.server) > 0 {
		return a.remote(t)
	}
	if t.data == "" {
		return nil, fault.Usage.With("problem", "name the archive with --server or --data")
	}
	roles, err := parseRoles(t.roles)
	if err != nil {
		return nil, err
	}
	if err := archiveIn(t.data); err != nil {
		return nil, err
	}
	id := monitor.Identity{Actor: account(), Roles: roles, Clearance: process.Clearance(roles)}
	if socket := filepath.Join(t.data, process.Socket); answers(socket) {
		key, err := monitor.LoadOrCreateKey(filepath.Join(t.data, "keys", "identity.pem"))
		if err != nil {
			return nil, err
		}
		n := a.network("unix:"+socket, nil, false)
		return &archive{n.As(monitor.NewCredentials(monitor.NewIssuer(key, 0, time.Now), id)), a.names(), n.Close}, nil
	}
	return a.openFolder(ctx, t.data, id, t.unready)
}

// archiveIn refuses a folder in which no archive was ever made: a mistyped path must not
// become a new one.
func archiveIn(folder string) error {
	for _, name := range []string{"archive", filepath.Join("keys", "identity.pem")} {
		if _, err := os.Stat(filepath.Join(folder, name)); errors.Is(err, fs.ErrNotExist) {
			return noArchive.With("folder", folder)
		} else if err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
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

func (a *app) network(all string, each map[string]string, plain bool) *serve.Network {
	addresses := make(map[string]string, len(a.services))
	for _, name := range a.names() {
		if addresses[name] = all; each[name] != "" {
			addresses[name] = each[name]
		}
	}
	return serve.NewNetwork(serve.NetworkConfig{Addresses: addresses, Plain: plain, DefaultDeadline: 30 * time.Second})
}

func (a *app) remote(t *target) (*archive, error) {
	if t.token == "" {
		return nil, needsToken.With("server", strings.Join(t.server, ","))
	}
	all, each := "", make(map[string]string)
	for _, s := range t.server {
		name, address, named := strings.Cut(s, "=")
		switch {
		case !named:
			all = s
		case !slices.Contains(a.names(), name):
			return nil, fault.Usage.With("problem", fmt.Sprintf("there is no service %q", name))
		default:
			each[name] = address
		}
	}
	n := a.network(all, each, t.plain)
	return &archive{n.Bearing(t.token), a.names(), n.Close}, nil
}

// openFolder runs the services of a folder within this command.
func (a *app) openFolder(ctx context.Context, folder string, id monitor.Identity, unready bool) (*archive, error) {
	t, err := quiet(ctx, a)
	if err != nil {
		return nil, err
	}
	p, err := process.Open(ctx, process.Config{Data: folder, NoSocket: true, Services: a.services}, t)
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
	if unready {
		within = settleWithin
	}
	err = waitReady(ctx, p, done, within)
	switch {
	case err == nil:
		settle()
	case !unready || !errors.Is(err, notReady):
		return nil, errors.Join(err, end())
	}
	return &archive{p.As(id), a.names(), end}, nil
}

// settleWithin is how long a command that opens a folder waits for what the services do by
// themselves; what is left is done when the folder is opened next.
const settleWithin = 5 * time.Second

// quiet is the telemetry of a command: errors alone are logged.
func quiet(ctx context.Context, a *app) (*telemetry.Telemetry, error) {
	return telemetry.New(ctx, telemetry.Config{Process: "qoyma", Version: version(), Output: a.err, Level: errorsOnly})
}

// commandID makes the idempotency key of one command.
func commandID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("command id: %w", err)
	}
	return id.String(), nil
}
