package api

import (
	"errors"
	"io"
	"strings"
	"syscall"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/space"
)

var noRoom = fault.Define(fault.Exhausted, "intake.upload.no_room",
	"there is not enough free space for this package ({free} MiB free, {need} MiB needed); nothing of it was kept; ask the administrator to make room and send it again",
	"для пакета недостаточно места (свободно {free} МиБ, нужно {need} МиБ); ничего из него не сохранено; попросите администратора освободить место и отправьте снова",
	"пакетке бос орын жетпейді (бос {free} МиБ, керегі {need} МиБ); одан ештеңе сақталған жоқ; әкімшіден орын босатуды сұрап, қайта жіберіңіз")

// Bounds of one message, in bytes.
const (
	maxData      = 1 << 20
	maxPathBytes = 4 << 10
)

// receive takes the files as they come.
func (u *upload) receive(stream uploadStream) error {
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch part := m.GetPart().(type) {
		case *intakev1.UploadPackageRequest_File:
			if len(part.File.GetPath()) > maxPathBytes {
				return staging.OutOfOrder.With("problem", "a path of more than 4096 bytes")
			}
			if u.bare && !strings.HasPrefix(part.File.GetPath(), "data/") {
				return staging.OutOfOrder.With("problem", "a bare package has files of data/ alone")
			}
			u.so.files.Add(1) // before room is asked for: the file counts, whether bytes come or not
			if err := u.room(part.File.GetSize()); err != nil {
				return err
			}
			full, err := u.begin(part.File)
			if err != nil {
				return u.explained(err, part.File.GetSize())
			}
			if full {
				return nil // the report says so; what would still come changes nothing
			}
			if err := u.data(part.File.GetContent()); err != nil {
				return err
			}
		case *intakev1.UploadPackageRequest_Data:
			if err := u.data(part.Data); err != nil {
				return err
			}
		default:
			return staging.OutOfOrder.With("problem", "a second begin")
		}
	}
}

// data takes the next bytes of the open file; none are no error.
func (u *upload) data(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if len(p) > maxData {
		return staging.OutOfOrder.With("problem", "a message of more than 1 MiB")
	}
	// Again for each piece: packages that are sent at the same time were each promised
	// the same space, and the reserve is what every store lives from.
	if err := u.room(uint64(len(p))); err != nil {
		return err
	}
	if err := u.staged.Data(p); err != nil {
		return u.explained(err, uint64(len(p)))
	}
	u.so.bytes.Add(uint64(len(p)))
	return nil
}

func (u *upload) begin(f *intakev1.UploadFile) (full bool, err error) {
	if f.GetUnsized() {
		return u.staged.Unsized(f.GetPath())
	}
	return u.staged.File(f.GetPath(), f.GetSize())
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
		return noRoom.With("free", free>>20, "need", (u.reserve>>20)+(size>>20)+1)
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
		return noRoom.With("free", 0, "need", (u.reserve>>20)+(size>>20)+1).Because(err)
	}
	return err
}
