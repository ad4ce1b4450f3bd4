package department

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/space"
)

var (
	badZip = fault.Define(fault.Invalid, "gateway.upload.zip",
		"the file {name} cannot be read as a ZIP ({problem}); pack the folder again and send it, or choose the folder itself",
		"файл {name} не читается как ZIP ({problem}); упакуйте папку заново и отправьте её или выберите саму папку",
		"{name} файлы ZIP ретінде оқылмайды ({problem}); қалтаны қайта қаптап жіберіңіз немесе қалтаның өзін таңдаңыз")
	noRoom = fault.Define(fault.Exhausted, "gateway.upload.no_room",
		"there is no room for this ZIP now; nothing of it was kept; choose the folder itself instead, or ask the administrator to make room",
		"для этого ZIP сейчас нет места; ничего из него не сохранено; выберите саму папку или попросите администратора освободить место",
		"бұл ZIP үшін қазір орын жоқ; одан ештеңе сақталмады; орнына қалтаның өзін таңдаңыз немесе әкімшіден орын босатуды сұраңыз")
)

// maxEntries bounds the table of contents of a ZIP: intake takes no more files in a package.
const maxEntries = 50_000

// unzip writes a ZIP to the disk and sends what is in it.
func (u uploader) unzip(part *multipart.Part, s *sending) error {
	spool, err := os.CreateTemp(u.Spool, "zip-")
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	defer func() { _ = spool.Close() }() // it has no name by then
	if err := os.Remove(spool.Name()); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	size, err := u.spool(spool, part)
	if err != nil {
		return err
	}
	z, err := zip.NewReader(spool, size)
	if err != nil {
		return badZip.With("name", base(fileName(part)), "problem", err).Because(err)
	}
	if len(z.File) > maxEntries {
		return badZip.With("name", base(fileName(part)), "problem", fmt.Sprintf("%d > %d", len(z.File), maxEntries))
	}
	return s.zip(z, base(fileName(part)))
}

// spool copies a ZIP as far as there is room for it.
func (u uploader) spool(to *os.File, from io.Reader) (size int64, err error) {
	folder := u.Spool
	if folder == "" {
		folder = os.TempDir()
	}
	const piece = 16 << 20
	for {
		free, err := space.Free(folder)
		if err != nil {
			return size, fmt.Errorf("upload: %w", err)
		}
		if free < u.Reserve+2*piece {
			return size, noRoom.With()
		}
		n, err := io.CopyN(to, from, piece)
		size += n
		var unwritable *os.PathError
		switch {
		case errors.Is(err, io.EOF):
			return size, nil
		case errors.As(err, &unwritable):
			return size, noRoom.With().Because(err)
		case err != nil:
			return size, brokenForm.With().Because(err)
		}
	}
}

// zip sends the files of a ZIP: a bag, alone or within one folder, or numbered folders.
func (s *sending) zip(z *zip.Reader, name string) error {
	names := make([]string, len(z.File))
	top, bag := "", false
	for i, f := range z.File {
		names[i] = nameIn(f)
		if rest, found := strings.CutSuffix(names[i], "bagit.txt"); found && strings.Count(rest, "/") <= 1 && (rest == "" || strings.HasSuffix(rest, "/")) && !junk(names[i]) {
			top, bag = rest, true
		}
	}
	sent := false
	for i, f := range z.File {
		path := names[i]
		switch {
		case strings.HasSuffix(path, "/"), strings.HasPrefix(path, "__MACOSX/"), !bag && junk(path), bag && !strings.HasPrefix(path, top):
			continue
		case !f.Mode().IsRegular():
			return badZip.With("name", name, "problem", path)
		}
		if bag {
			path = strings.TrimPrefix(path, top)
		} else {
			path = placed(path)
		}
		if err := s.begin(!bag); err != nil {
			return err
		}
		if err := s.entry(f, path, name); err != nil {
			return err
		}
		sent = true
	}
	if !sent {
		return noFiles.With()
	}
	return nil
}

// entry sends one file of a ZIP. It is sent without its size: that of a hostile one is invented.
func (s *sending) entry(f *zip.File, path, name string) error {
	from, err := f.Open()
	if err != nil {
		return badZip.With("name", name, "problem", err).Because(err)
	}
	defer func() { _ = from.Close() }() // its checksum was compared at the end of reading
	if err := s.file(path, -1, from); err != nil {
		if errors.Is(err, brokenForm) {
			return badZip.With("name", name, "problem", path).Because(err)
		}
		return err
	}
	return nil
}

// nameIn is the path of an entry. Programs of the region write Cyrillic in code page 866 and do
// not say so.
func nameIn(f *zip.File) string {
	name := f.Name
	if f.NonUTF8 {
		if decoded, err := charmap.CodePage866.NewDecoder().String(name); err == nil {
			name = decoded
		}
	}
	return strings.ReplaceAll(name, `\`, "/")
}
