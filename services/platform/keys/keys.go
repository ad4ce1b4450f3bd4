// Package keys is the folder of keys that a process works with: who it is, whom it believes, and
// by what it is known on the network.
//
//	archive                    code of the archive that the keys are for
//	<service>.key              signs the service's checkpoints; its own only
//	<name>.pub                 proves them; of every service
//	identity/<name>.key        signs identities (Ed25519, PEM): the services' own, perhaps "operator"
//	identity/<name>.pub        proves them; of every name; several blocks while a key is replaced
//	tls/ca.pem                 the authority that every certificate comes from
//	tls/<name>.pem, .key       certificate and key, for both ends of a connection
//	nats/<service>.nk          seed of the service's NATS user
//
// An archive in one process makes its keys itself at the first start and has neither tls nor
// nats. Make (qoyma keys init) makes a folder for each service to carry to its machine: the private
// keys of that service, and the public ones of all. What has tls/ca.pem was made so, and there
// nothing is made in passing: a key that is missing is a mistake of carrying.
package keys

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// Broker is the name of the NATS server among those who have certificates.
const Broker = "broker"

// The faults of a folder of keys.
var (
	Missing = fault.Define(fault.Invalid, "keys.missing",
		"the key {file} is missing; run qoyma keys init again where the keys were made, and copy the folder of this service anew",
		"нет ключа {file}; выполните qoyma keys init ещё раз там, где делались ключи, и скопируйте папку этой службы заново",
		"{file} кілті жоқ; кілттер жасалған жерде qoyma keys init пәрменін қайта орындап, осы қызметтің қалтасын қайта көшіріңіз")
	Unreadable = fault.Define(fault.Invalid, "keys.unreadable",
		"{file} cannot be used: {problem}; put back the file that qoyma keys init made",
		"файл {file} нельзя использовать: {problem}; верните файл, который сделала команда qoyma keys init",
		"{file} файлын пайдалануға болмайды: {problem}; qoyma keys init жасаған файлды орнына қойыңыз")
	OtherArchive = fault.Define(fault.Invalid, "keys.other_archive",
		"the keys in {folder} are for the archive {have}, not for {want}; choose another folder",
		"ключи в {folder} сделаны для архива {have}, а не для {want}; выберите другую папку",
		"{folder} ішіндегі кілттер {want} емес, {have} архивіне арналған; басқа қалта таңдаңыз")
)

// Folder is a folder of keys. Nothing of it is kept in memory: what a process needs it reads once.
type Folder string

// Secured tells whether the folder has certificates: then every connection between processes has
// TLS, and nothing is made in passing.
func (f Folder) Secured() bool {
	_, err := os.Stat(f.authority())
	return err == nil
}

// Archive is the code of the archive that the keys were made for; empty where the folder does not
// say.
func (f Folder) Archive() (string, error) {
	raw, err := os.ReadFile(filepath.Join(string(f), "archive"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("keys: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// Seed is the file with the seed of a service's NATS user.
func (f Folder) Seed(service string) string { return filepath.Join(string(f), "nats", service+".nk") }

func (f Folder) authority() string { return filepath.Join(string(f), "tls", "ca.pem") }

func (f Folder) identity(name, kind string) string {
	return filepath.Join(string(f), "identity", name+kind)
}

// Complete makes the identity keys that are missing in a folder without certificates, where one
// machine keeps all. Two processes that start at once end with the same keys.
func (f Folder) Complete(names ...string) error {
	if f.Secured() {
		return nil
	}
	for _, name := range names {
		if name == monitor.Operator {
			if err := f.adopt(); err != nil {
				return err
			}
		}
		if err := f.makeIdentity(name); err != nil {
			return err
		}
	}
	return nil
}

// adopt takes over the one key that all processes of an archive shared before each had its own.
func (f Folder) adopt() error {
	path := f.identity(monitor.Operator, ".key")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	err := os.Link(filepath.Join(string(f), "identity.pem"), path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// makeIdentity makes a pair, or the public half that a crash kept from being written. A public file
// that is there stays: it may hold an older key as well.
func (f Folder) makeIdentity(name string) error {
	key, err := monitor.LoadOrCreateKey(f.identity(name, ".key"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(f.identity(name, ".pub")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("keys: identity of %s: %w", name, err)
	}
	return journal.WriteFileSync(f.identity(name, ".pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644)
}

// Speaks tells whether the folder holds the private identity key of a name.
func (f Folder) Speaks(name string) bool {
	_, err := os.Stat(f.identity(name, ".key"))
	return err == nil
}

// Issuer signs identities as a name; see monitor.NewIssuer. Errors: Missing, monitor.ErrKeyFile.
func (f Folder) Issuer(name string, lifetime time.Duration, now func() time.Time) (*monitor.Issuer, error) {
	key, err := monitor.LoadKey(f.identity(name, ".key"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Missing.With("file", f.identity(name, ".key")).Because(err)
	}
	if err != nil {
		return nil, err
	}
	return monitor.NewIssuer(name, key, lifetime, now), nil
}

// Trusted are the public identity keys of the names. Errors: Missing, Unreadable.
func (f Folder) Trusted(names ...string) ([]monitor.Key, error) {
	var all []monitor.Key
	for _, name := range names {
		path := f.identity(name, ".pub")
		rest, err := read(path)
		if err != nil {
			return nil, err
		}
		found := 0
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
			if err != nil {
				return nil, Unreadable.With("file", path, "problem", err.Error())
			}
			public, ok := parsed.(ed25519.PublicKey)
			if !ok {
				return nil, Unreadable.With("file", path, "problem", fmt.Sprintf("%T", parsed))
			}
			all, found = append(all, monitor.Key{Owner: name, Public: public}), found+1
		}
		if found == 0 {
			return nil, Unreadable.With("file", path, "problem", "PEM: PUBLIC KEY?")
		}
	}
	return all, nil
}

// ServerTLS is for a server that hosts the named services: it shows to each caller the certificate
// of the service asked for, and takes nobody without a certificate of our own authority.
func (f Folder) ServerTLS(names ...string) (*tls.Config, error) {
	pool, err := f.pool()
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	for _, name := range names {
		cert, err := f.certificate(name)
		if err != nil {
			return nil, err
		}
		c.Certificates = append(c.Certificates, cert)
	}
	return c, nil
}

// ClientTLS is for a connection that from makes to the service to, whose name must be in the
// certificate shown, whatever the address.
func (f Folder) ClientTLS(from, to string) (*tls.Config, error) {
	pool, err := f.pool()
	if err != nil {
		return nil, err
	}
	cert, err := f.certificate(from)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, ServerName: to, Certificates: []tls.Certificate{cert}}, nil
}

func (f Folder) pool() (*x509.CertPool, error) {
	raw, err := read(f.authority())
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, Unreadable.With("file", f.authority(), "problem", "PEM: CERTIFICATE?")
	}
	return pool, nil
}

func (f Folder) certificate(name string) (tls.Certificate, error) {
	path := filepath.Join(string(f), "tls", name)
	chain, err := read(path + ".pem")
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readSecret(path + ".key")
	if err != nil {
		return tls.Certificate{}, err
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return tls.Certificate{}, Unreadable.With("file", path+".pem", "problem", err.Error()).Because(err)
	}
	return cert, nil
}

func read(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Missing.With("file", path).Because(err)
	}
	if err != nil {
		return nil, Unreadable.With("file", path, "problem", err.Error()).Because(err)
	}
	return raw, nil
}

// readSecret refuses a file that others may read.
func readSecret(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, Unreadable.With("file", path, "problem", fmt.Sprintf("mode %#o, chmod 600", info.Mode().Perm()))
	}
	return read(path)
}

// Speakers are the names that have identity keys in an archive with these services.
func Speakers(services []string) []string {
	names := slices.Clone(services)
	if !slices.Contains(names, monitor.Gateway) {
		names = append(names, monitor.Gateway)
	}
	return append(names, monitor.Operator)
}
