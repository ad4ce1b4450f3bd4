package api

import (
	"errors"
	"io"
	"strings"
	"syscall"

	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/platform/space"
)

var noRoom = fault.Define(fault.Exhausted, "intake.upload.no_room",
	"there is not enough free space for this package ({free} free, {need} needed); nothing of it was kept; ask the administrator to make room and send it again",
	"для пакета недостаточно места (свободно {free}, нужно {need}); ничего из него не сохранено; попросите администратора освободить место и отправьте снова",
	"пакетке бос орын жетпейді (бос {free}, керегі {need}); одан ештеңе сақталған жоқ; әкімшіден орын босатуды сұрап, қайта жіберіңіз")

// Bounds of one message, in bytes and files.
const (
	maxData      = 1 << 20
	maxPathBytes = 4 << 10
	maxFiles     = 512
)

// notEARK is said of a path as which no file of an E-ARK package comes.
const notEARK = "an E-ARK package has files of data/<row>/<representation>/ and eark/<package>/ alone"

// receive takes the files as they come.
func (u *upload) receive(stream uploadStream) error {
	for {
		var raw serve.Raw
		err := stream.RecvMsg(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		m, err := readMessage(raw.Data)
		if err != nil {
			return err
		}
		if full, err := u.part(m); full || err != nil {
			return err // the report says what is full; what would still come changes nothing
		}
	}
}

// part takes one message. Its buffers come back once nothing needs them; after an error the collector has them.
func (u *upload) part(m *message) (full bool, err error) {
	switch m.part {
	case partFile:
		f := m.files[0]
		if err := u.announced(f); err != nil {
			return false, err
		}
		if full, err = u.begin(f); full || err != nil {
			return full, u.explained(err, f.Size)
		}
		return false, u.data(staging.Lent{Parts: [][]byte{f.Content}, Back: m.free}, len(f.Content))
	case partFiles:
		return u.many(m)
	case partData:
		size := 0
		for _, p := range m.data {
			size += len(p)
		}
		return false, u.data(staging.Lent{Parts: m.data, Back: m.free}, size)
	default:
		return false, staging.OutOfOrder.With("problem", "a second begin")
	}
}

// announced lets a file in by its name and size.
func (u *upload) announced(f file) error {
	if len(f.Path) > maxPathBytes {
		return staging.OutOfOrder.With("problem", "a path of more than 4096 bytes")
	}
	if u.eark && !mayBe(f.Path) {
		return staging.OutOfOrder.With("problem", notEARK)
	}
	if u.bare && !u.eark && !strings.HasPrefix(f.Path, "data/") {
		return staging.OutOfOrder.With("problem", "a bare package has files of data/ alone")
	}
	u.so.files.Add(1) // before room is asked for: the file counts, whether bytes come or not
	return u.room(f.Size)
}

// data takes the next bytes of the open file; none are no error.
func (u *upload) data(p staging.Lent, size int) error {
	if size == 0 {
		p.Back()
		return nil
	}
	if size > maxData {
		return staging.OutOfOrder.With("problem", "a message of more than 1 MiB")
	}
	// Again for each piece: packages that are sent at the same time were each promised
	// the same space, and the reserve is what every store lives from.
	if err := u.room(uint64(size)); err != nil {
		return err
	}
	if err := u.staged.Take(p); err != nil {
		return u.explained(err, uint64(size))
	}
	u.so.bytes.Add(uint64(size))
	return nil
}

// many takes files that came whole.
func (u *upload) many(m *message) (full bool, err error) {
	files, size := make([]staging.Small, len(m.files)), 0
	for i, f := range m.files {
		if f.unsized {
			f.Size = uint64(len(f.Content))
		}
		if uint64(len(f.Content)) > f.Size {
			return false, staging.TooMuchData.With("path", clip.Value(f.Path), "size", f.Size)
		}
		if size += len(f.Content); size > maxData {
			return false, staging.OutOfOrder.With("problem", "a message of more than 1 MiB")
		}
		if err := u.announced(f); err != nil {
			return false, err
		}
		u.so.bytes.Add(uint64(len(f.Content)))
		files[i] = f.Small
	}
	full, err = u.staged.Many(files, m.free)
	return full, u.explained(err, uint64(size))
}

func (u *upload) begin(f file) (full bool, err error) {
	if f.unsized {
		return u.staged.Unsized(f.Path)
	}
	return u.staged.File(f.Path, f.Size)
}

// askedAgain is after how many bytes the disk is asked again: little beside the reserve, and many small files.
const askedAgain = 4 << 20

// room refuses a file for which there is no space beside the reserve.
func (u *upload) room(size uint64) error {
	if err := u.quota.admit(u.so, size); err != nil {
		return err
	}
	if size <= u.granted {
		u.granted -= size
		return nil
	}
	free, enough, err := u.spare(size)
	if err != nil {
		return err
	}
	if !enough {
		return u.lacking(free, size)
	}
	u.granted = min(free-u.reserve-size, askedAgain)
	return nil
}

// spare asks the disk how many bytes are free, and whether so many may be taken: the reserve is what every
// store lives from.
func (s *Server) spare(size uint64) (free uint64, enough bool, err error) {
	free, err = space.Free(s.area.Dir())
	return free, err == nil && free >= s.reserve && free-s.reserve >= size, err
}

// explained turns a full disk into its fault.
func (u *upload) explained(err error, size uint64) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return u.lacking(0, size).Because(err)
	}
	return err
}

// lacking says how many bytes are free of those that a file and the reserve need.
func (u *upload) lacking(free, size uint64) *fault.Error {
	has, needs := numeral.Apart(free, u.reserve+size)
	return noRoom.With("free", has, "need", needs)
}
