package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/standards/eark"
)

// earkPackage is what the command that makes packages asks for an E-ARK one.
type earkPackage struct {
	payload       string // folder with the records
	to            string // folder or file to make, named like the package
	form          eark.Form
	label         string   // what the package is
	submitter     string   // organisation that hands it over
	creator       string   // organisation whose records they are; may be empty
	agreement     string   // submission agreement; may be empty
	descriptions  []string // files of descriptive metadata
	documentation string   // folder, or empty
	schemas       string   // folder, or empty
}

var noDescription = fault.Define(fault.Invalid, "cli.description",
	"{file} cannot be read as descriptive metadata; name an XML file",
	"{file} не читается как описательные метаданные; укажите файл XML",
	"{file} сипаттама метадеректері ретінде оқылмайды; XML файлын көрсетіңіз")

// createEARK makes a SIP and prints what was made.
func (a *app) createEARK(ctx context.Context, p earkPackage, now time.Time) error {
	s := eark.Spec{
		ID: p.id(), Label: p.label, SIP: true, Created: now.Truncate(time.Second),
		Software: "Qoyma", Version: telemetry.Version(), Payload: os.DirFS(p.payload),
		Agents: []eark.Agent{{Role: "CREATOR", Type: "ORGANIZATION", Name: p.submitter}},
	}
	if p.creator != "" {
		s.Agents = slices.Insert(s.Agents, 0, eark.Agent{Role: "ARCHIVIST", Type: "ORGANIZATION", Name: p.creator})
	}
	if p.agreement != "" {
		s.OtherIDs = []eark.OtherID{{Type: "SUBMISSIONAGREEMENT", Value: p.agreement}}
	}
	if p.documentation != "" {
		s.Documentation = os.DirFS(p.documentation)
	}
	if p.schemas != "" {
		s.Schemas = os.DirFS(p.schemas)
	}
	for _, file := range p.descriptions {
		content, err := os.ReadFile(file)
		if err != nil {
			return noDescription.With("file", file).Because(err)
		}
		s.Descriptions = append(s.Descriptions, eark.Description{Name: filepath.Base(file), MDType: metadataType(content), Content: content})
	}
	create := eark.Create
	if p.form != eark.Folder {
		create = func(ctx context.Context, to string, s eark.Spec, opts eark.Options) (*eark.Report, error) {
			return eark.CreateArchive(ctx, to, p.form, s, opts)
		}
	}
	report, err := create(ctx, p.to, s, eark.Options{})
	if err != nil {
		return err
	}
	return a.showEARK(report)
}

// id is the package's identifier: the name that it gets, of a file without what says its form.
func (p earkPackage) id() string {
	name := filepath.Base(filepath.Clean(p.to))
	if p.form != eark.Folder {
		name = strings.TrimSuffix(name, "."+string(p.form))
	}
	return name
}

// metadataType is METS's word for a description, told by its namespace.
func metadataType(content []byte) string {
	text := string(content)
	for _, known := range []struct{ mark, kind string }{
		{"ead3.archivists.org", "EAD"},
		{"urn:isbn:1-931666-22-9", "EAD"},
		{"urn:isbn:1-931666-33-4", "EAC-CPF"},
		{"http://www.loc.gov/mods/", "MODS"},
		{"http://purl.org/dc/", "DC"},
	} {
		if strings.Contains(text, known.mark) {
			return known.kind
		}
	}
	return "OTHER"
}
