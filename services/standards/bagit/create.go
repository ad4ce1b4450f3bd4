package bagit

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// Making says what bag is to be made. The same payload and the same Making give the same
// bytes: nothing in a bag is taken from a clock or from who makes it.
type Making struct {
	Form Form
	Info []Field // of bag-info.txt, to which Payload-Oxum is added, and the identifier of Profile
	// Algorithms are those of the manifests and tag manifests; sha256 and sha512.
	Algorithms []string
	// Profile is what the bag must keep to; nil for none. What can be judged before the payload
	// is judged before it, the rest before the bag has its name.
	Profile *Profile
	Limits  Limits
}

// BadLabel refuses a label that bag-info.txt cannot have.
var BadLabel = fault.Define(fault.Invalid, "bagit.info_label",
	"{label} cannot be a label of bag-info.txt: it is empty, has a colon, or is Payload-Oxum, which is counted",
	"{label} не может быть меткой bag-info.txt: она пуста, содержит двоеточие или это Payload-Oxum, который вычисляется",
	"{label} bag-info.txt белгісі бола алмайды: ол бос, қос нүктесі бар немесе есептелетін Payload-Oxum")

// Create makes a bag of version 1.0 in the directory root, which must not exist yet, from the
// files of payload: data/, manifests and tag manifests for sha256 and sha512, and bag-info.txt
// with the fields given, to which Payload-Oxum is added. It gives the report of what it made.
// It is a Builder for a folder; see there for what holds when it fails or is interrupted.
func Create(ctx context.Context, root string, payload fs.FS, info []Field, opts Options) (*Report, error) {
	return Make(ctx, root, payload, nil, Making{Info: info, Profile: opts.Profile, Limits: opts.Limits})
}

// Make makes a bag under the name of root, which must not exist yet, from the files of payload
// and, where tags is not nil, with those as further tag files. It reads each file once and
// holds none of them in memory.
func Make(ctx context.Context, root string, payload, tags fs.FS, m Making) (report *Report, err error) {
	b, err := NewBuilder(root, m)
	if err != nil {
		return nil, err
	}
	defer func() { err = b.end(err) }()
	if tags != nil {
		if err := b.AddTags(ctx, tags); err != nil {
			return nil, err
		}
	}
	if err := b.AddPayload(ctx, payload); err != nil {
		return nil, err
	}
	return b.Commit(ctx)
}

// prepare fills in what is left out and refuses what no bag can be made of.
func (m *Making) prepare() error {
	m.Info = slices.Clone(m.Info)
	for i, f := range m.Info {
		label := oneLine(f.Label)
		if label == "" || strings.Contains(label, ":") || strings.EqualFold(label, oxumLabel) {
			return BadLabel.With("label", show(f.Label))
		}
		m.Info[i] = Field{label, oneLine(f.Value)}
	}
	if len(m.Algorithms) == 0 {
		m.Algorithms = []string{"sha256", "sha512"}
	}
	var algorithms []string
	for _, a := range m.Algorithms {
		normal := normalAlgorithm(a)
		if digestSize[normal] == 0 {
			return UnknownAlgorithm.With("algorithm", show(a))
		}
		algorithms = append(algorithms, normal)
	}
	slices.Sort(algorithms)
	m.Algorithms = slices.Compact(algorithms)
	if m.Profile == nil {
		return nil
	}
	draft := &Report{
		Version: "1.0", Serialization: m.Form.media(), Manifests: m.Algorithms, TagManifests: m.Algorithms,
		Info: append(m.Info, Field{oxumLabel, "0.0"}),
	}
	if !slices.Contains(draft.Values(profileLabel), m.Profile.Identifier) {
		m.Info = append(m.Info, Field{profileLabel, m.Profile.Identifier})
		draft.Info = append(draft.Info, m.Info[len(m.Info)-1])
	}
	found := slices.DeleteFunc(m.Profile.judgeForm(draft), func(f finding) bool { return f.rule.Warning })
	wrong := newFindings(m.Limits.withDefaults().Faults)
	wrong.add(found...)
	draft.faults(wrong)
	return draft.Err()
}

// ourDeclaration is the bagit.txt that we write (RFC 8493 §2.1.1).
const ourDeclaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

// infoText is bag-info.txt of what was prepared (RFC 8493 §2.2.2).
func (m *Making) infoText(sum oxum) string {
	var text strings.Builder
	for _, f := range append(slices.Clone(m.Info), Field{oxumLabel, sum.String()}) {
		text.WriteString(f.Label + ": " + f.Value + "\n")
	}
	return text.String()
}

// Wrap makes a bag of the payload that came, with manifests and tag manifests for sha256 and
// sha512: it gives the tag files to write, each whole and once, in the order in which they
// stand on each other; the text is closed here. What is written is to come back as files of the bag. Files
// whose bytes did not all come are left out. The fault BadLabel is for a label that cannot be one.
func (c *Checker) Wrap(info []Field, write func(name string, text *spool.Text) error) error {
	m := Making{Info: info}
	if err := m.prepare(); err != nil {
		return err
	}
	return c.wrap(m, write)
}

func (c *Checker) wrap(m Making, write func(name string, text *spool.Text) error) (err error) {
	c.mu.Lock()
	c.wrapping = true
	c.mu.Unlock()
	manifests, sum, err := c.manifestTexts(m.Algorithms, false)
	defer func() { err = errors.Join(err, closeAll(manifests)) }()
	if err != nil {
		return err
	}
	if err := c.tagFile("bagit.txt", write, ourDeclaration); err != nil {
		return err
	}
	if err := c.tagFile(bagInfo, write, m.infoText(sum)); err != nil {
		return err
	}
	for i, algorithm := range m.Algorithms {
		if err := write("manifest-"+algorithm+".txt", manifests[i]); err != nil {
			return err
		}
	}
	tags, _, err := c.manifestTexts(m.Algorithms, true)
	defer func() { err = errors.Join(err, closeAll(tags)) }()
	for i, algorithm := range m.Algorithms {
		if err == nil {
			err = write("tagmanifest-"+algorithm+".txt", tags[i])
		}
	}
	return errors.Join(err, c.Err())
}

// tagFile writes a short tag file.
func (c *Checker) tagFile(name string, write func(name string, text *spool.Text) error, content string) error {
	text := c.opts.Spool.Text()
	_, err := io.WriteString(text, content)
	if err == nil {
		err = write(name, text)
	}
	return errors.Join(err, text.Close())
}

func closeAll(texts []*spool.Text) error {
	var errs []error
	for _, text := range texts {
		errs = append(errs, text.Close())
	}
	return errors.Join(errs...)
}

// listed are the files that a manifest lists, by path: payload, or the tag files that none of our own tag
// manifests is among.
func (c *Checker) listed(tags bool) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for e := range c.whole(tags) {
			if tag, _, is := manifestName(e.Path); (!is || !tag) && !yield(e) {
				return
			}
		}
	}
}

// manifestTexts makes a manifest for each algorithm of the payload, or of the tag files, and the sum of what they list.
// The texts are to be closed, also where there is an error.
func (c *Checker) manifestTexts(algorithms []string, tags bool) (texts []*spool.Text, sum oxum, err error) {
	to := make([]*bufio.Writer, len(algorithms))
	for i := range algorithms {
		texts = append(texts, c.opts.Spool.Text())
		to[i] = bufio.NewWriter(texts[i])
	}
	for e := range c.listed(tags) {
		sum.bytes += e.Size
		sum.files++
		path := encodePath(e.Path)
		for i, algorithm := range algorithms {
			// A bufio.Writer keeps its error for Flush.
			_, _ = to[i].WriteString(e.digest(algorithm))
			_, _ = to[i].WriteString("  ")
			_, _ = to[i].WriteString(path)
			_ = to[i].WriteByte('\n')
		}
	}
	for _, w := range to {
		err = errors.Join(err, w.Flush())
	}
	return texts, sum, err
}

// oneLine keeps a value on its line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
