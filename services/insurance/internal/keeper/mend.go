package keeper

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
)

type protoMessage = proto.Message

// space of the command ids that mending sends to intake: the same damage gives the same id, so
// that a repair cut short is the same repair when it comes again.
var repairs = uuid.MustParse("5b7c9a04-6c1e-4f5e-9b1f-3d1f64b2a1c8")

func (e *exam) command(at spot, what string) (string, error) {
	var seq uint64
	err := e.Store.View(func(v *base.View) error {
		seq = store.OpenAt(v, e.key, at.side, at.site, at.path)
		return nil
	})
	return uuid.NewSHA1(repairs, fmt.Appendf(nil, "%s %d %s %s", e.Store.Archive(), seq, what, at.path)).String(), err
}

// mend restores a file on the sides where it is damaged, each from bytes that were just found
// whole. Where there are none, it says so and touches nothing.
func (e *exam) mend(ctx context.Context, f *insurancev1.CopiedFile, heard sound) error {
	original := spot{fund.Original, "", f.GetPath()}
	var sources []*shelf
	var damaged []*shelf
	for _, s := range e.shelves {
		switch at := (spot{fund.Copy, s.at.GetSite(), f.GetPath()}); {
		case e.whole[at]:
			sources = append(sources, s)
		default:
			damaged = append(damaged, s)
		}
	}
	if heard.reached && !heard.whole {
		if len(sources) == 0 {
			return e.beyond(ctx, f)
		}
		mended, err := e.mendOriginal(ctx, f, sources)
		if err != nil {
			return err
		}
		heard.whole = mended
		e.whole[original] = mended
	}
	for _, s := range damaged {
		if s.lost {
			continue // the whole object is made anew, in mendCopyRecord
		}
		if err := e.mendCopy(ctx, f, s, heard, sources); err != nil {
			return err
		}
	}
	return nil
}

// beyond says that no side has the bytes. A site that was not reached may have them: then it is
// left open.
func (e *exam) beyond(ctx context.Context, f *insurancev1.CopiedFile) error {
	if len(e.done.GetAbsentSites()) > 0 {
		return nil
	}
	_, err := e.do(ctx, "scrub", func(v *base.View, _ time.Time) ([]base.Event, error) {
		if row, err := store.Copy(v, e.key); err != nil || row.GetCopy().GetLeftBy() != "" {
			return nil, err
		}
		damages, err := store.Damages(v, e.key, 1<<30)
		if err != nil {
			return nil, err
		}
		for _, d := range damages {
			if d.GetPath() == f.GetPath() && d.GetRestoredAt() == nil && d.GetBeyondRepair() {
				return nil, nil // it was said before
			}
		}
		return []base.Event{e.event(&insurancev1.DamageBeyondRepair{
			CopyId: e.copy.GetCopyId(), ScrubId: e.id, Path: f.GetPath(), ExpectedSha512: f.GetSha512(),
		})}, nil
	})
	e.log().ErrorContext(ctx, "damage beyond repair: neither the original nor any copy has the bytes", "copy", e.copy.GetCopyId(), "path", f.GetPath())
	return err
}

// tolerate decides what a failed repair means: what will pass makes the scrub wait, everything
// else leaves the damage open for the next scrub, and a person to look.
func (e *exam) tolerate(ctx context.Context, at spot, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrStopped) || fault.KindOf(err) == fault.Unavailable {
		return err
	}
	e.log().ErrorContext(ctx, "a damaged file could not be restored", "copy", e.copy.GetCopyId(), "side", at.side, "site", at.site, "path", at.path, "error", err)
	return nil
}

// mendOriginal sends a whole copy's bytes to intake, which counts them, keeps the damaged file
// and puts them in its place.
func (e *exam) mendOriginal(ctx context.Context, f *insurancev1.CopiedFile, sources []*shelf) (bool, error) {
	at := spot{fund.Original, "", f.GetPath()}
	for _, s := range sources {
		err := e.send(ctx, f, s)
		if err == nil {
			if err := e.after(Mended); err != nil {
				return false, err
			}
			// If we crash here intake's journal has it and ours has not: the next check finds
			// the original whole and closes the damage.
			return true, e.close(ctx, at, s.at.GetSite(), f.GetSha512())
		}
		if err := e.tolerate(ctx, at, err); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (e *exam) send(ctx context.Context, f *insurancev1.CopiedFile, s *shelf) error {
	from, err := s.known.Open(f.GetPath())
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read from
	id, err := e.command(spot{fund.Original, "", f.GetPath()}, "content")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.client.RestoreContent(ctx)
	if err != nil {
		return err
	}
	err = stream.Send(&intakev1.RestoreContentRequest{Part: &intakev1.RestoreContentRequest_Begin{Begin: &intakev1.RestoreBegin{
		CommandId: id, ObjectId: e.copy.GetFile().GetObjectId(), Path: f.GetPath(), FromSite: s.at.GetSite(), ScrubId: e.id,
	}}})
	for buf := make([]byte, 256<<10); err == nil; {
		n, readErr := io.ReadFull(from, buf)
		if n > 0 {
			err = stream.Send(&intakev1.RestoreContentRequest{Part: &intakev1.RestoreContentRequest_Data{Data: buf[:n]}})
		}
		if errors.Is(readErr, io.EOF) || errors.Is(readErr, io.ErrUnexpectedEOF) {
			break
		}
		if readErr != nil {
			return readErr
		}
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has ended, its answer says why
		return err
	}
	_, err = stream.CloseAndRecv()
	return err
}

// bytesOf brings a file's whole bytes to a place at a site, counted, from the original or from
// another site; from says which.
func (e *exam) bytesOf(ctx context.Context, f *insurancev1.CopiedFile, to string, heard sound, sources []*shelf) (from string, err error) {
	if heard.whole {
		_, sha, err := fetch(ctx, e.client, e.copy.GetFile().GetObjectId(), f.GetPath(), to)
		if err == nil && sha == f.GetSha512() {
			return fund.Original, nil
		}
		if err != nil && !lostOriginal(err) {
			return "", err
		}
	}
	for _, s := range sources {
		if err := e.copyFile(ctx, s, f, to); err == nil {
			return s.at.GetSite(), nil
		}
	}
	return "", nil
}

// copyFile brings a file's bytes from another site, counted.
func (e *exam) copyFile(ctx context.Context, s *shelf, f *insurancev1.CopiedFile, to string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := s.known.Open(f.GetPath())
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read from
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	h := sha512.New()
	_, err = io.Copy(io.MultiWriter(w, h), r)
	if err == nil && hex.EncodeToString(h.Sum(nil)) != f.GetSha512() {
		err = errors.New("the other site's copy has changed")
	}
	return errors.Join(err, w.Close())
}

// mendCopy restores a file of a copy. Restore counts the bytes again before it uses them.
func (e *exam) mendCopy(ctx context.Context, f *insurancev1.CopiedFile, s *shelf, heard sound, sources []*shelf) error {
	at := spot{fund.Copy, s.at.GetSite(), f.GetPath()}
	from, err := e.restoreCopy(ctx, f, s, heard, sources)
	if err != nil || from == "" {
		return e.tolerate(ctx, at, err)
	}
	e.whole[at] = true
	if err := e.after(Mended); err != nil {
		return err
	}
	// If we crash here the copy is whole and the journal does not say so: the next check closes
	// the damage.
	return e.close(ctx, at, from, f.GetSha512())
}

func (e *exam) restoreCopy(ctx context.Context, f *insurancev1.CopiedFile, s *shelf, heard sound, sources []*shelf) (from string, err error) {
	if err := s.place.Room(f.GetSize()); err != nil {
		return "", err
	}
	dir, err := s.place.Incoming("repair " + e.copy.GetCopyId())
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, "0")
	if from, err = e.bytesOf(ctx, f, to, heard, sources); err != nil || from == "" {
		return "", err
	}
	if err := s.known.Restore(ctx, f.GetPath(), to, s.place.Quarantine("scrub-"+e.id)); err != nil {
		return "", s.place.Judge(err)
	}
	return from, os.RemoveAll(dir)
}

// mendOriginalRecord asks intake to write the object's own record anew.
func (e *exam) mendOriginalRecord(ctx context.Context) error {
	at := spot{fund.Original, "", "inventory.json"}
	id, err := e.command(at, "record "+e.id)
	if err != nil {
		return err
	}
	object := e.copy.GetFile().GetObjectId()
	if _, err = e.client.RestoreRecord(ctx, &intakev1.RestoreRecordRequest{CommandId: id, ObjectId: object, ScrubId: e.id}); err != nil {
		return e.tolerate(ctx, at, err)
	}
	if err := e.after(Mended); err != nil {
		return err
	}
	places := slices.SortedFunc(maps.Keys(e.found), func(a, b spot) int { return strings.Compare(a.path, b.path) })
	for _, at := range places {
		if at.side != fund.Original || e.isContent(at.path) {
			continue
		}
		e.whole[at] = true
		if err := e.close(ctx, at, "", e.found[at].want); err != nil {
			return err
		}
	}
	e.mu.Lock()
	e.scrubRun.records[object] = true
	e.mu.Unlock()
	return nil
}

// mendCopyRecord writes a copy's own record anew; a copy that is gone whole is made again.
func (e *exam) mendCopyRecord(ctx context.Context, s *shelf) error {
	if s.lost {
		return e.remake(ctx, s)
	}
	keep := s.place.Quarantine("scrub-" + e.id)
	var wrong []spot
	for _, name := range recordFiles {
		if at := (spot{fund.Copy, s.at.GetSite(), name}); e.found[at] != (harm{}) {
			wrong = append(wrong, at)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	if sha, err := e.spec.InventorySHA512(); err != nil || sha != s.at.GetInventorySha512() {
		return e.tolerate(ctx, wrong[0], errors.Join(err, errors.New("another program wrote this inventory: it cannot be made again")))
	}
	err := s.place.Room(0)
	if err == nil {
		_, err = s.root.RestoreRecord(e.spec, keep)
	}
	if err != nil {
		return e.tolerate(ctx, wrong[0], s.place.Judge(err))
	}
	if err := e.after(Mended); err != nil {
		return err
	}
	for _, at := range wrong {
		e.whole[at] = true
		if err := e.close(ctx, at, "", e.found[at].want); err != nil {
			return err
		}
	}
	return nil
}

// remake makes a copy that is gone whole again, by one rename, from the originals or from
// other sites.
func (e *exam) remake(ctx context.Context, s *shelf) error {
	at := spot{fund.Copy, s.at.GetSite(), ""}
	from, err := e.gather(ctx, s)
	if err != nil || from == "" {
		return e.tolerate(ctx, at, err)
	}
	if err := e.after(Mended); err != nil {
		return err
	}
	s.lost = false
	e.whole[at] = true
	return e.close(ctx, at, from, s.at.GetInventorySha512())
}

func (e *exam) gather(ctx context.Context, s *shelf) (from string, err error) {
	if err := s.place.Room(e.copy.GetBytes()); err != nil {
		return "", err
	}
	dir, err := s.place.Incoming("repair " + e.copy.GetCopyId())
	if err != nil {
		return "", err
	}
	var others []*shelf
	for _, o := range e.shelves {
		if o != s && !o.lost {
			others = append(others, o)
		}
	}
	source := make(map[string]string, len(e.files))
	for i, f := range e.files {
		to := filepath.Join(dir, strconv.Itoa(i))
		source[f.GetPath()] = to
		if from, err = e.bytesOf(ctx, f, to, sound{whole: true}, others); err != nil || from == "" {
			return "", err
		}
	}
	if _, err := s.root.Create(ctx, SpecOf(e.Store.Archive(), e.copy, e.files, source)); err != nil {
		return "", s.place.Judge(err)
	}
	return from, os.RemoveAll(dir)
}

// close records that a damage is mended.
func (e *exam) close(ctx context.Context, at spot, from, sha string) error {
	records, err := e.do(ctx, "repair", func(v *base.View, _ time.Time) ([]base.Event, error) {
		if store.OpenAt(v, e.key, at.side, at.site, at.path) == 0 {
			return nil, nil
		}
		if at.side == fund.Original {
			return []base.Event{e.event(&insurancev1.OriginalRestored{
				CopyId: e.copy.GetCopyId(), ScrubId: e.id, ObjectId: e.copy.GetFile().GetObjectId(), Path: at.path, Sha512: sha, FromSite: from,
			})}, nil
		}
		return []base.Event{e.event(&insurancev1.CopyRestored{
			CopyId: e.copy.GetCopyId(), ScrubId: e.id, Site: at.site, Path: at.path, Sha512: sha, From: from,
		})}, nil
	})
	if err != nil || len(records) == 0 {
		return err
	}
	e.done.Restored++
	e.log().WarnContext(ctx, "restored", "copy", e.copy.GetCopyId(), "side", at.side, "site", at.site, "path", at.path, "from", from)
	return e.after(Closed)
}
