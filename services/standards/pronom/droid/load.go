// Package droid identifies formats by PRONOM's whole registry: it loads a DROID signature file and
// a container signature file (The National Archives) as data, compiles their byte sequences, and
// looks at a file's first and last bytes and into its container.
//
// Package pronom beside it knows some hundred formats by heart and needs no file; this one knows
// what the files know.
package droid

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// BadFile is answered where a signature file cannot be used.
var BadFile = fault.Define(fault.Invalid, "pronom.signature_file",
	"{file} cannot be used as a signature file: {problem}; take it from The National Archives (PRONOM) anew",
	"{file} не годится как файл сигнатур: {problem}; возьмите его заново у Национальных архивов Великобритании (PRONOM)",
	"{file} сигнатуралар файлы ретінде жарамайды: {problem}; оны Ұлыбританияның Ұлттық архивінен (PRONOM) қайта алыңыз")

// Format is one format of the registry.
type Format struct {
	PUID, Name, Version string
	MIME                []string
	Extensions          []string // lower case, without the dot
}

// Signatures is what the files know. It may be used by several goroutines at once.
type Signatures struct {
	// Version of the signature file, and of the container signature file (0 where there is none).
	Version, ContainerVersion int

	formats    []Format
	byPUID     map[string]int
	byExt      map[string][]int
	signatures []signature
	grams      grams
	starting   [256][]int           // signatures by the first byte of their start
	anyStart   []int                // those without
	signed     map[int]bool         // formats that have a signature
	over       map[int]map[int]bool // format → formats that it takes precedence of
	triggers   map[int]string       // formats that are shells: "ZIP" or "OLE2"
	containers map[string][]containerSignature
}

type signature struct {
	id        int
	start     []byte // bytes with which every file of it begins; empty where there are none
	formats   []int
	sequences []sequence
	gram      gram // what a file must have besides the start
}

// The files as XML. The shift tables that DROID's own search needs are left where they are.
type xmlFile struct {
	Version    int            `xml:"Version,attr"`
	Signatures []xmlSignature `xml:"InternalSignatureCollection>InternalSignature"`
	Formats    []xmlFormat    `xml:"FileFormatCollection>FileFormat"`
}

type xmlSignature struct {
	ID        int           `xml:"ID,attr"`
	Sequences []xmlSequence `xml:"ByteSequence"`
}

type xmlSequence struct {
	Reference string   `xml:"Reference,attr"`
	Parts     []xmlSub `xml:"SubSequence"`
}

type xmlSub struct {
	Position int           `xml:"Position,attr"`
	Least    int           `xml:"SubSeqMinOffset,attr"`
	Most     *int          `xml:"SubSeqMaxOffset,attr"`
	Sequence string        `xml:"Sequence"`
	Left     []xmlFragment `xml:"LeftFragment"`
	Right    []xmlFragment `xml:"RightFragment"`
}

type xmlFragment struct {
	Position int    `xml:"Position,attr"`
	Least    int    `xml:"MinOffset,attr"`
	Most     *int   `xml:"MaxOffset,attr"`
	Text     string `xml:",chardata"`
}

type xmlFormat struct {
	ID         int      `xml:"ID,attr"`
	PUID       string   `xml:"PUID,attr"`
	Name       string   `xml:"Name,attr"`
	Version    string   `xml:"Version,attr"`
	MIME       string   `xml:"MIMEType,attr"`
	Signatures []int    `xml:"InternalSignatureID"`
	Extensions []string `xml:"Extension"`
	Over       []int    `xml:"HasPriorityOverFileFormatID"`
}

// maxFile bounds a signature file in bytes; the published one has 3.5 MB.
const maxFile = 64 << 20

// Load reads a signature file, and a container signature file where there is one (nil otherwise).
// Every sequence is compiled: a file with one that cannot be is refused, because formats would
// silently not be recognised. Error: BadFile.
func Load(droid, container io.Reader) (*Signatures, error) {
	var file xmlFile
	if err := decode(droid, &file); err != nil {
		return nil, unusable("DROID_SignatureFile", err)
	}
	s := &Signatures{
		Version: file.Version, byPUID: map[string]int{}, byExt: map[string][]int{}, signed: map[int]bool{},
		over: map[int]map[int]bool{}, grams: grams{ids: map[[4]byte]int{}}, triggers: map[int]string{}, containers: map[string][]containerSignature{},
	}
	if err := s.build(&file); err != nil {
		return nil, unusable("DROID_SignatureFile", err)
	}
	if container == nil {
		return s, nil
	}
	var inside xmlContainers
	err := decode(container, &inside)
	if err == nil {
		err = s.buildContainers(&inside)
	}
	if err != nil {
		return nil, unusable("container-signature", err)
	}
	return s, nil
}

func decode(r io.Reader, to any) error {
	limited := &io.LimitedReader{R: r, N: maxFile}
	err := xml.NewDecoder(limited).Decode(to)
	if err != nil && limited.N <= 0 {
		return errTooLarge
	}
	return err
}

func (s *Signatures) build(file *xmlFile) error {
	if len(file.Signatures) == 0 || len(file.Formats) == 0 {
		return fmt.Errorf("it has %d signatures and %d formats", len(file.Signatures), len(file.Formats))
	}
	of := map[int][]int{} // formats of a signature
	byID := map[int]int{} // DROID's id → position
	for _, f := range file.Formats {
		at := len(s.formats)
		if _, twice := s.byPUID[f.PUID]; twice || f.PUID == "" {
			return &entryError{named(f.PUID), errTwice}
		}
		format := Format{PUID: f.PUID, Name: f.Name, Version: f.Version}
		for _, m := range strings.Split(f.MIME, ",") {
			if m = strings.TrimSpace(m); m != "" {
				format.MIME = append(format.MIME, m)
			}
		}
		for _, e := range f.Extensions {
			e = strings.ToLower(strings.TrimSpace(e))
			format.Extensions = append(format.Extensions, e)
			s.byExt[e] = append(s.byExt[e], at)
		}
		s.formats = append(s.formats, format)
		s.byPUID[f.PUID], byID[f.ID] = at, at
		for _, id := range f.Signatures {
			of[id] = append(of[id], at)
			s.signed[at] = true
		}
	}
	for _, f := range file.Formats {
		for _, id := range f.Over {
			if less, known := byID[id]; known {
				if s.over[byID[f.ID]] == nil {
					s.over[byID[f.ID]] = map[int]bool{}
				}
				s.over[byID[f.ID]][less] = true
			}
		}
	}
	for _, x := range file.Signatures {
		sequences, err := sequences(x.Sequences)
		if err != nil {
			return &entryError{fmt.Sprint(x.ID), err}
		}
		one := signature{id: x.ID, formats: of[x.ID], sequences: sequences, start: start(sequences)}
		s.grams.add(&one)
		if len(one.start) > 0 {
			s.starting[one.start[0]] = append(s.starting[one.start[0]], len(s.signatures))
		} else {
			s.anyStart = append(s.anyStart, len(s.signatures))
		}
		s.signatures = append(s.signatures, one)
	}
	return nil
}

// start is a literal with which every file of a signature begins.
func start(list []sequence) []byte {
	for _, q := range list {
		p := &q.parts[0]
		if !q.fromEnd && p.least == 0 && p.most == 0 && len(p.left) == 0 && p.main.atoms[0].kind == literal {
			return p.main.atoms[0].low
		}
	}
	return nil
}

func sequences(list []xmlSequence) ([]sequence, error) {
	var out []sequence
	for _, x := range list {
		q := sequence{fromEnd: x.Reference == "EOFoffset", anywhere: x.Reference == "" || x.Reference == "Variable"}
		slices.SortStableFunc(x.Parts, func(a, b xmlSub) int { return a.Position - b.Position })
		for i := range x.Parts {
			part, err := x.Parts[i].compile()
			if err != nil {
				return nil, err
			}
			if q.anywhere || i > 0 && x.Parts[i].Most == nil {
				part.most = -1
			}
			q.parts = append(q.parts, part)
		}
		if len(q.parts) == 0 {
			return nil, fmt.Errorf("a byte sequence without parts")
		}
		out = append(out, q)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no byte sequences")
	}
	// All must hold, so the one that costs least is tried first.
	slices.SortStableFunc(out, func(a, b sequence) int { return cmp.Compare(a.reach(), b.reach()) })
	return out, nil
}

// reach is at how many places a sequence's first part may have to be tried.
func (q *sequence) reach() int {
	p := &q.parts[0]
	if q.anywhere || p.most < 0 || p.leftMost < 0 {
		return maxRun
	}
	return p.most - p.least + p.leftMost - p.leftLeast
}

func (x *xmlSub) compile() (subsequence, error) {
	p := subsequence{least: x.Least, most: -1}
	if x.Most != nil {
		p.most = *x.Most
	}
	if p.least < 0 {
		return p, fmt.Errorf("an offset of %d", p.least)
	}
	if p.most >= 0 && p.most < p.least {
		p.most = p.least // so in the published file of 2024-05-01, signature 24010
	}
	var err error
	if p.main, err = compile(x.Sequence); err != nil {
		return p, err
	}
	if p.left, p.leftLeast, p.leftMost, err = fragments(x.Left); err != nil {
		return p, err
	}
	p.right, p.rightLeast, p.rightMost, err = fragments(x.Right)
	return p, err
}

// fragments groups fragments by position: those at one are alternatives.
func fragments(list []xmlFragment) (out []fragment, least, most int, err error) {
	slices.SortStableFunc(list, func(a, b xmlFragment) int { return a.Position - b.Position })
	for i, x := range list {
		if i == 0 || x.Position != list[i-1].Position {
			out = append(out, fragment{least: x.Least, most: x.Least})
		}
		f := &out[len(out)-1]
		e, err := compile(x.Text)
		if err != nil {
			return nil, 0, 0, err
		}
		f.least = min(f.least, x.Least)
		if x.Most != nil {
			f.most = max(f.most, *x.Most)
		}
		if f.least < 0 || f.most > maxRun {
			return nil, 0, 0, fmt.Errorf("a fragment %d to %d bytes away", f.least, f.most)
		}
		f.ways = append(f.ways, e)
	}
	for _, f := range out {
		l, m := f.ways[0].least, f.ways[0].most
		for _, way := range f.ways[1:] {
			l = min(l, way.least)
			if way.most < 0 || m < 0 {
				m = -1
			} else {
				m = max(m, way.most)
			}
		}
		least += f.least + l
		if m < 0 || most < 0 {
			most = -1
		} else {
			most += f.most + m
		}
	}
	return out, least, most, nil
}

// Formats lists all formats.
func (s *Signatures) Formats() []Format { return slices.Clone(s.formats) }

// Format finds a format by its PUID.
func (s *Signatures) Format(puid string) (Format, bool) {
	at, known := s.byPUID[puid]
	if !known {
		return Format{}, false
	}
	return s.formats[at], true
}

// Count is how many signatures were compiled: of files, and of the inside of containers.
func (s *Signatures) Count() (internal, container int) {
	for _, list := range s.containers {
		container += len(list)
	}
	return len(s.signatures), container
}
