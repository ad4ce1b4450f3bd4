package department

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/space"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

var noRoom = fault.Define(fault.Exhausted, "gateway.upload.no_room",
	"there is no room for this ZIP or tar now; nothing of it was kept; choose the folder itself instead, or ask the administrator to make room",
	"для этого ZIP или tar сейчас нет места; ничего из него не сохранено; выберите саму папку или попросите администратора освободить место",
	"бұл ZIP не tar үшін қазір орын жоқ; одан ештеңе сақталмады; орнына қалтаның өзін таңдаңыз немесе әкімшіден орын босатуды сұраңыз")

// unzip writes a ZIP or a tar to the disk and sends what is in it.
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
	return s.unpack(spool, size, parcel.Base(fileName(part)))
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

// unpack sends the files of a ZIP or a tar.
func (s *sending) unpack(of io.ReaderAt, size int64, name string) error {
	taken, err := parcel.Unpack(of, size, name, func(f parcel.File, path string, kind parcel.Kind) error {
		if err := s.begin(kind); err != nil {
			return err
		}
		return s.entry(f, path, name)
	})
	if err == nil && taken == 0 {
		return noFiles.With()
	}
	return err
}

// entry sends one file of a ZIP or a tar. It is sent without its size: that of a hostile one is invented.
func (s *sending) entry(f parcel.File, path, name string) error {
	from, err := f.Open()
	if err != nil {
		return parcel.BrokenEntry(name, path, err)
	}
	defer func() { _ = from.Close() }() // its checksum was compared at the end of reading
	if err := s.file(path, -1, from); err != nil {
		if errors.Is(err, brokenForm) {
			return parcel.BrokenEntry(name, path, err)
		}
		return err
	}
	return nil
}
