package keys

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
)

var noUser = fault.Define(fault.Internal, "keys.no_user",
	"the NATS user of {name} could not be made", "не удалось создать пользователя NATS для {name}", "{name} үшін NATS пайдаланушысын жасау мүмкін болмады")

// InboxPrefix is where the answers to a service's requests go. Each has its own, so that nobody
// reads or forges what another was answered.
func InboxPrefix(service string) string { return "_INBOX_" + service }

// users makes a NATS user for each service and says what each may do. It comes last and ends with
// the authority's certificate in every folder: if we crash before, no folder looks complete.
func (m *maker) users() error {
	services := m.plan.journals()
	var text strings.Builder
	text.WriteString("# Made by qoyma keys init from the users' keys; run it again rather than change this.\n" +
		"accounts {\n  QOYMA {\n    jetstream: enabled\n    users: [\n")
	for _, name := range services {
		public, err := m.user(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "      # %s\n      { nkey: %s, permissions: {\n        publish: { allow: [\n", name, public)
		for _, subject := range publishes(m.plan.Archive, name, services) {
			fmt.Fprintf(&text, "          %q\n", subject)
		}
		fmt.Fprintf(&text, "        ] }\n        subscribe: { allow: [%q] }\n      } }\n", InboxPrefix(name)+".>")
	}
	text.WriteString("    ]\n  }\n}\n")
	path := filepath.Join(string(m.plan.folder(Broker)), "users.conf")
	if have, err := os.ReadFile(path); err != nil || string(have) != text.String() { // it follows from the seeds
		if err := journal.WriteFileSync(path, []byte(text.String()), 0o600); err != nil {
			return err
		}
		m.made = append(m.made, path)
	}
	ca, err := read(filepath.Join(m.plan.Dir, "ca", "ca.pem"))
	if err != nil {
		return err
	}
	return m.spread(filepath.Join("tls", "ca.pem"), ca)
}

// user loads a service's seed or makes it, and gives the public key.
func (m *maker) user(name string) (string, error) {
	path := m.plan.folder(name).Seed(name)
	if _, err := os.Stat(path); err != nil {
		pair, err := nkeys.CreateUser()
		if err != nil {
			return "", noUser.With("name", name).Because(err)
		}
		seed, err := pair.Seed()
		if err != nil {
			return "", noUser.With("name", name).Because(err)
		}
		if err := m.write(path, append(seed, '\n'), 0o600); err != nil {
			return "", err
		}
	}
	seed, err := readSecret(path)
	if err != nil {
		return "", err
	}
	pair, err := nkeys.ParseDecoratedUserNKey(seed)
	if err != nil {
		return "", Unreadable.With("file", path, "problem", err.Error()).Because(err)
	}
	return pair.PublicKey()
}

// publishes lists what a service may send: its own journal, making its own stream (never changing,
// emptying or deleting one), and reading every stream. What is not listed is refused.
func publishes(archive, service string, services []string) []string {
	allow := []string{
		relay.Subject(archive, service),
		"$JS.API.INFO",
		"$JS.API.STREAM.CREATE." + relay.StreamName(archive, service),
	}
	for _, other := range services {
		stream := relay.StreamName(archive, other)
		for _, api := range []string{
			"STREAM.INFO.%s", "STREAM.MSG.GET.%s", "CONSUMER.CREATE.%s", "CONSUMER.CREATE.%s.>",
			"CONSUMER.INFO.%s.>", "CONSUMER.DELETE.%s.>", "CONSUMER.MSG.NEXT.%s.>",
		} {
			allow = append(allow, "$JS.API."+fmt.Sprintf(api, stream))
		}
	}
	return allow
}
