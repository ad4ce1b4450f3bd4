package pronom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/pronom/droid"
)

// NoSignatures is answered where a folder holds no signature file.
var NoSignatures = fault.Define(fault.NotFound, "pronom.no_signatures",
	"{folder} holds no DROID signature file; put DROID_SignatureFile_V….xml of The National Archives there, and container-signature-….xml beside it",
	"в папке {folder} нет файла сигнатур DROID; положите туда DROID_SignatureFile_V….xml Национальных архивов Великобритании и рядом container-signature-….xml",
	"{folder} қалтасында DROID сигнатуралар файлы жоқ; Ұлыбритания Ұлттық архивінің DROID_SignatureFile_V….xml файлын, жанына container-signature-….xml файлын салыңыз")

// Registry names formats by the signature files of The National Archives, with the text
// fall-back of the table. It may be used by several goroutines at once.
type Registry struct{ signatures *droid.Signatures }

// OpenRegistry loads the newest signature files of a folder: DROID_SignatureFile_V….xml by its
// version, container-signature-….xml by its date. Errors: NoSignatures, droid.BadFile.
func OpenRegistry(folder string) (*Registry, error) {
	files, err := newest(folder, "DROID_SignatureFile_V", ".xml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, NoSignatures.With("folder", folder).Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	defer func() { _ = files.Close() }() // it is only read
	inside, err := newest(folder, "container-signature-", ".xml")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	var containers io.Reader
	if err == nil {
		defer func() { _ = inside.Close() }() // it is only read
		containers = inside
	}
	s, err := droid.Load(files, containers)
	if err != nil {
		return nil, err
	}
	return &Registry{s}, nil
}

// newest opens the file with the highest number between prefix and suffix: V99 before V118.
func newest(folder, prefix, suffix string) (*os.File, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	best, name := -1, ""
	for _, e := range entries {
		middle, ok := strings.CutPrefix(e.Name(), prefix)
		middle, end := strings.CutSuffix(middle, suffix)
		if n, err := strconv.Atoi(middle); ok && end && err == nil && n > best {
			best, name = n, e.Name()
		}
	}
	if name == "" {
		return nil, fs.ErrNotExist
	}
	return os.Open(filepath.Join(folder, name))
}

// Versions are those of the signature file and of the container signature file, 0 where there
// is none.
func (r *Registry) Versions() (signatures, containers int) {
	return r.signatures.Version, r.signatures.ContainerVersion
}

// Identify names all formats that a file may have: usually one, several where the registry
// itself cannot tell them apart, none where nothing is known. The error is the reader's.
func (r *Registry) Identify(name string, from io.ReaderAt, size int64) ([]Result, error) {
	matches, err := r.signatures.Identify(name, from, size)
	if err != nil {
		return nil, err
	}
	out := make([]Result, 0, len(matches))
	for _, m := range matches {
		out = append(out, resultOf(m, Basis(m.Basis)))
	}
	if len(matches) > 0 && matches[0].Basis != droid.Extension || size == 0 {
		return out, nil
	}
	v := view{size: size, head: make([]byte, min(size, Window))}
	if _, err := from.ReadAt(v.head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if v.tail = v.head; size > Window {
		v.tail = make([]byte, Window)
		if _, err := from.ReadAt(v.tail, size-Window); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	return r.text(name, v, out), nil
}

func resultOf(m droid.Match, basis Basis) Result {
	return Result{PUID: m.PUID, Name: m.Name, Version: m.Version, MIME: strings.Join(m.MIME, ", "), Basis: basis, Mismatch: m.Mismatch}
}

// text is the fall-back for what no signature knows and what is nothing but characters: the
// format that the extension claims, if it is one without signature, else plain text. Of several
// that share the extension the one that the table names is taken.
func (r *Registry) text(name string, v view, claimed []Result) []Result {
	kind := textKind(v)
	if kind == notText {
		return claimed
	}
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	like := textResult(v, kind, ext)
	if m, known := r.signatures.Format(like.PUID); known && (len(claimed) == 0 || slices.ContainsFunc(claimed, func(c Result) bool { return c.PUID == like.PUID })) {
		match := resultOf(droid.Match{Format: m}, Text)
		match.Mismatch = like.Mismatch
		return []Result{match}
	}
	for i := range claimed {
		if strings.HasPrefix(claimed[i].MIME, "text/") { // of others only the name says so
			claimed[i].Basis = Text
		}
	}
	return claimed
}

// best is the one to record: the first that has the file's extension, else the first.
func best(all []Result) Result {
	if len(all) == 0 {
		return Result{Basis: None}
	}
	if i := slices.IndexFunc(all, func(r Result) bool { return !r.Mismatch }); i >= 0 {
		return all[i]
	}
	return all[0]
}

// Watch is NewIdentifier with the whole registry: a writer that names a file once its bytes
// have passed. Of a container it keeps the first 4 MiB and the last MiB; where what it holds
// lies between the two it is named by its shell.
func (r *Registry) Watch(name string) *Watcher { return &Watcher{registry: r, name: name} }

// Watcher watches one file's bytes pass. It takes every write, never fails, and is used by one
// goroutine.
type Watcher struct {
	registry  *Registry
	name      string
	size      int64
	head      []byte
	tail      tail // of what came after the head
	container bool
}

// What is kept of a container, in bytes.
const (
	containerHead = 4 << 20
	containerTail = 1 << 20
)

func (w *Watcher) windows() (head, tail int) {
	if w.container {
		return containerHead, containerTail
	}
	return Window, Window
}

// Write takes the next bytes of the file. It always takes all and never fails.
func (w *Watcher) Write(p []byte) (int, error) {
	if len(w.head) < len(oleHead) {
		begins := append(slices.Clone(w.head), p[:min(len(p), len(oleHead))]...)
		w.container = bytes.HasPrefix(begins, []byte("PK")) || bytes.HasPrefix(begins, []byte(oleHead))
	}
	n := len(p)
	w.size += int64(n)
	head, window := w.windows()
	if room := head - len(w.head); room > 0 {
		taken := min(room, n)
		if len(w.head)+taken > cap(w.head) {
			w.head = slices.Grow(w.head, max(taken, min(room, len(w.head)))) // twice as much each time
		}
		w.head = append(w.head, p[:taken]...)
		p = p[taken:]
	}
	w.tail.take(p, window) // what the head has is not kept twice
	return n, nil
}

// Result says what the file is, once its last byte was written.
func (w *Watcher) Result() Result {
	_, window := w.windows()
	all, err := w.registry.Identify(w.name, view{size: w.size, head: w.head, tail: w.tail.last(window)}, w.size)
	if err != nil {
		return Result{Basis: None} // never: both windows that are asked for were kept
	}
	return best(all)
}
