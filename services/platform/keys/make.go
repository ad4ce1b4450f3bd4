package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

const (
	// DefaultDays is how long a certificate lasts.
	DefaultDays = 730
	// authorityYears is how long the authority lasts.
	authorityYears = 10
	// skew is how far a machine's clock may be behind ours when it first sees a certificate.
	skew = time.Hour
)

// The faults of making keys.
var (
	badHost = fault.Define(fault.Invalid, "keys.bad_host",
		"{host} cannot stand in a certificate for {service}: give a DNS name or an address, and not the name of another service",
		"{host} не может стоять в сертификате службы {service}: нужны имя DNS или адрес, но не имя другой службы",
		"{host} {service} қызметінің сертификатында тұра алмайды: DNS атауы немесе мекенжай керек, бірақ басқа қызметтің аты емес")
	noSuchName = fault.Define(fault.Invalid, "keys.no_such_name",
		"there are no keys for {name}; there are {known}",
		"ключей для {name} нет; есть {known}",
		"{name} үшін кілт жоқ; мыналар бар: {known}")
	Lost = fault.Define(fault.Refused, "keys.lost",
		"the private key {file} is lost, while others hold what belongs to it; put it back from a copy, or make new keys in a new folder",
		"закрытый ключ {file} утрачен, а у других есть его открытая половина; верните его из копии или сделайте новые ключи в новой папке",
		"{file} жабық кілті жоғалған, ал оның ашық жартысы басқаларда бар; оны көшірмеден қайтарыңыз немесе жаңа қалтада жаңа кілттер жасаңыз")
	expiringAuthority = fault.Define(fault.Refused, "keys.expiring_authority",
		"the authority in {file} ends on {day}, before the certificate would; make new keys in a new folder",
		"удостоверяющий центр в {file} действует до {day} – меньше, чем сертификат; сделайте новые ключи в новой папке",
		"{file} ішіндегі куәландырушы {day} күні, сертификаттан бұрын аяқталады; жаңа қалтада жаңа кілттер жасаңыз")
)

// Plan is what to make.
type Plan struct {
	Dir      string // everything; Dir/<name> is what to carry to the machine of that name
	Archive  string // code of the archive
	Services []string
	// Hosts are DNS names and addresses, besides the name itself, localhost and 127.0.0.1, under
	// which a service or the broker is reached.
	Hosts map[string][]string
	Days  int // that a certificate lasts; 0 means DefaultDays
	Now   time.Time
}

// names are all that get a folder.
func (p Plan) names() []string { return append(Speakers(p.Services), Broker) }

// journals are those that keep a journal: every service.
func (p Plan) journals() []string {
	return slices.DeleteFunc(Speakers(p.Services), func(name string) bool { return name == monitor.Operator })
}

func (p Plan) folder(name string) Folder { return Folder(filepath.Join(p.Dir, name)) }

func (p Plan) check() error {
	for name, hosts := range p.Hosts {
		if !slices.Contains(p.names(), name) {
			return noSuchName.With("name", name, "known", strings.Join(p.names(), ", "))
		}
		for _, host := range hosts {
			ascii := strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
			if net.ParseIP(host) == nil && (!ascii || host == "") || host != name && slices.Contains(p.names(), host) {
				return badHost.With("host", host, "service", name)
			}
		}
	}
	return nil
}

// Make makes what is missing of an archive's keys and overwrites none, so that it may be run
// again: after a crash, and when a service is new. It gives the files that it made.
//
//	ca/          the authority, which stays where it is: whoever has it can be any service
//	<service>/   see the package; also operator/, for the administrator's own machine
//	broker/      tls/, and users.conf for the NATS server's configuration
//
// Errors: OtherArchive, Unreadable, those of the file system.
func Make(p Plan) (made []string, err error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	m := &maker{plan: p}
	steps := []func() error{m.archive, m.authority, m.certificates, m.identities, m.checkpoints, m.users}
	for _, step := range steps {
		if err := step(); err != nil {
			return m.made, err
		}
	}
	return m.made, nil
}

type maker struct {
	plan Plan
	made []string
	ca   *x509.Certificate
	sign crypto.Signer
}

// write keeps a file that is there.
func (m *maker) write(path string, content []byte, mode fs.FileMode) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := journal.WriteFileSync(path, content, mode); err != nil {
		return err
	}
	m.made = append(m.made, path)
	return nil
}

// whole refuses to make a private key whose other half is in use: nobody would believe the new one.
func whole(private, other string) error {
	if _, err := os.Lstat(other); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(private); errors.Is(err, fs.ErrNotExist) {
		return Lost.With("file", private)
	}
	return nil
}

// spread writes a public file into everybody's folder, in place of an older one.
func (m *maker) spread(name string, content []byte) error {
	for _, owner := range m.plan.names() {
		path := filepath.Join(m.plan.Dir, owner, name)
		if have, err := os.ReadFile(path); err == nil && string(have) == string(content) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := journal.WriteFileSync(path, content, 0o644); err != nil {
			return err
		}
		m.made = append(m.made, path)
	}
	return nil
}

func (m *maker) archive() error {
	have, err := Folder(m.plan.Dir).Archive()
	if err != nil {
		return err
	}
	if have != "" && have != m.plan.Archive {
		return OtherArchive.With("folder", m.plan.Dir, "have", have, "want", m.plan.Archive)
	}
	if err := m.write(filepath.Join(m.plan.Dir, "archive"), []byte(m.plan.Archive+"\n"), 0o644); err != nil {
		return err
	}
	return m.spread("archive", []byte(m.plan.Archive+"\n"))
}

// authority loads the authority or makes it. Its certificate goes into everybody's folder last of
// all that Secured stands for: see users.
func (m *maker) authority() error {
	dir := filepath.Join(m.plan.Dir, "ca")
	path := filepath.Join(dir, "ca.pem")
	if err := whole(filepath.Join(dir, "ca.key"), path); err != nil {
		return err
	}
	key, err := m.tlsKey(filepath.Join(dir, "ca.key"))
	if err != nil {
		return err
	}
	m.sign = key
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Qoyma " + m.plan.Archive},
		NotBefore: m.plan.Now.Add(-skew), NotAfter: m.plan.Now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			return fmt.Errorf("keys: authority: %w", err)
		}
		if err := m.write(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
			return err
		}
	}
	m.ca, err = certificateIn(path)
	return err
}

// tlsKey loads a key or makes it (ECDSA P-256, PKCS #8, 0600).
func (m *maker) tlsKey(path string) (crypto.Signer, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		if err := m.write(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			return nil, err
		}
	}
	raw, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, Unreadable.With("file", path, "problem", "PEM: PRIVATE KEY?")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, Unreadable.With("file", path, "problem", err.Error()).Because(err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, Unreadable.With("file", path, "problem", fmt.Sprintf("%T", parsed))
	}
	return key, nil
}

func (m *maker) certificates() error {
	for _, name := range m.plan.names() {
		path := filepath.Join(string(m.plan.folder(name)), "tls", name)
		if err := whole(path+".key", path+".pem"); err != nil {
			return err
		}
		key, err := m.tlsKey(path + ".key")
		if err != nil {
			return err
		}
		if _, err := os.Stat(path + ".pem"); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			continue
		}
		text, err := m.issue(name, key)
		if err != nil {
			return err
		}
		if err := m.write(path+".pem", text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// issue makes a certificate for both ends of a connection. The name is its subject, by which the
// monitor knows a caller, and one of the names that a server may be asked for.
func (m *maker) issue(name string, key crypto.Signer) ([]byte, error) {
	days := m.plan.Days
	if days <= 0 {
		days = DefaultDays
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: name, Organization: []string{"Qoyma " + m.plan.Archive}},
		NotBefore: m.plan.Now.Add(-skew), NotAfter: m.plan.Now.AddDate(0, 0, days),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{name, "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1).To4()},
	}
	if template.NotAfter.After(m.ca.NotAfter) {
		return nil, expiringAuthority.With("file", filepath.Join(m.plan.Dir, "ca", "ca.pem"), "day", m.ca.NotAfter.Format(time.DateOnly))
	}
	for _, host := range m.hosts(name) {
		if ip := net.ParseIP(host); ip != nil {
			if !slices.ContainsFunc(template.IPAddresses, ip.Equal) {
				template.IPAddresses = append(template.IPAddresses, ip)
			}
		} else if !slices.Contains(template.DNSNames, host) {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, m.ca, key.Public(), m.sign)
	if err != nil {
		return nil, fmt.Errorf("keys: certificate of %s: %w", name, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// hosts are those that the plan gives a name, or that its certificate had so far.
func (m *maker) hosts(name string) []string {
	if hosts := m.plan.Hosts[name]; len(hosts) > 0 {
		return hosts
	}
	old, err := certificateIn(filepath.Join(string(m.plan.folder(name)), "tls", name+".pem"))
	if err != nil {
		return nil
	}
	hosts := slices.Clone(old.DNSNames)
	for _, ip := range old.IPAddresses {
		hosts = append(hosts, ip.String())
	}
	return hosts
}

// Renew replaces the certificates of the names, or of all where none is named; keys stay. It gives
// the files to carry. Errors: as of Make.
func Renew(p Plan, names ...string) (made []string, err error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = p.names()
	}
	if _, err := read(filepath.Join(p.Dir, "ca", "ca.key")); err != nil {
		return nil, err
	}
	m := &maker{plan: p}
	if err := m.authority(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(p.names(), name) {
			return m.made, noSuchName.With("name", name, "known", strings.Join(p.names(), ", "))
		}
		path := filepath.Join(string(p.folder(name)), "tls", name)
		key, err := m.tlsKey(path + ".key")
		if err != nil {
			return m.made, err
		}
		text, err := m.issue(name, key)
		if err != nil {
			return m.made, err
		}
		if err := journal.WriteFileSync(path+".pem", text, 0o644); err != nil {
			return m.made, err
		}
		m.made = append(m.made, path+".pem")
	}
	return m.made, nil
}

// identities makes the pairs and gives everybody the public halves.
func (m *maker) identities() error {
	speakers := Speakers(m.plan.Services)
	for _, name := range speakers {
		own := m.plan.folder(name)
		if err := whole(own.identity(name, ".key"), m.plan.folder(Broker).identity(name, ".pub")); err != nil {
			return err
		}
		noted := m.missing(own.identity(name, ".key"), own.identity(name, ".pub"))
		if err := own.makeIdentity(name); err != nil {
			return err
		}
		m.made = append(m.made, noted...)
		public, err := read(own.identity(name, ".pub"))
		if err != nil {
			return err
		}
		if err := m.spread(filepath.Join("identity", name+".pub"), public); err != nil {
			return err
		}
	}
	return nil
}

// missing are those files that are not there yet.
func (m *maker) missing(paths ...string) []string {
	return slices.DeleteFunc(paths, func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	})
}

// checkpoints makes the keys that sign the journals' checkpoints.
func (m *maker) checkpoints() error {
	for _, name := range m.plan.journals() {
		dir := string(m.plan.folder(name))
		path := filepath.Join(dir, name+".key")
		if err := whole(path, filepath.Join(m.plan.Dir, Broker, name+".pub")); err != nil {
			return err
		}
		noted := m.missing(path, filepath.Join(dir, name+".pub"))
		if known, err := os.ReadFile(filepath.Join(m.plan.Dir, Broker, name+".pub")); err == nil && len(noted) > 0 {
			if err := journal.WriteFileSync(filepath.Join(dir, name+".pub"), known, 0o644); err != nil {
				return err
			}
		}
		key, err := journal.LoadSigningKey(dir, m.plan.Archive, name)
		if err != nil {
			return err
		}
		m.made = append(m.made, noted...)
		if err := m.spread(name+".pub", []byte(key.Public+"\n")); err != nil {
			return err
		}
	}
	return nil
}

// Shown is one certificate, as show lists it.
type Shown struct {
	Name     string    `json:"name"`
	File     string    `json:"file"`
	Hosts    []string  `json:"hosts"`
	NotAfter time.Time `json:"not_after"`
}

// Show lists the certificates in a folder that Make made, or in one that was carried from it.
func Show(dir string) ([]Shown, error) {
	var all []Shown
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".pem" {
			return err
		}
		if filepath.Base(path) == "ca.pem" && filepath.Base(filepath.Dir(path)) == "tls" && filepath.Dir(filepath.Dir(path)) != filepath.Clean(dir) {
			return nil // everybody has a copy
		}
		cert, err := certificateIn(path)
		if err != nil {
			return err
		}
		one := Shown{Name: cert.Subject.CommonName, File: path, Hosts: append([]string{}, cert.DNSNames...), NotAfter: cert.NotAfter}
		for _, ip := range cert.IPAddresses {
			one.Hosts = append(one.Hosts, ip.String())
		}
		all = append(all, one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return all, nil
}

func certificateIn(path string) (*x509.Certificate, error) {
	raw, err := read(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, Unreadable.With("file", path, "problem", "PEM: CERTIFICATE?")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, Unreadable.With("file", path, "problem", err.Error()).Because(err)
	}
	return cert, nil
}
