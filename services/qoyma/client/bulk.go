package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// The faults of sending a folder.
var (
	foreignUpload = fault.Define(fault.Conflict, "client.upload.foreign",
		"the unfinished upload of this transfer has {count} files that are not in {folder}, the first {path}; send from where it was begun, or begin anew with --restart",
		"в незавершённой загрузке этой передачи файлов, которых нет в {folder}: {count}, первый {path}; отправьте оттуда, где она начата, или начните заново с --restart",
		"бұл тапсырудың аяқталмаған жүктеуінде {folder} қалтасында жоқ {count} файл бар, біріншісі {path}; басталған жерден жіберіңіз немесе --restart арқылы қайта бастаңыз")
	samePlace = fault.Define(fault.Invalid, "client.upload.same_place",
		"{first} and {second} both belong to {path}; rename one of them",
		"{first} и {second} попадают в одно место {path}; переименуйте один из них",
		"{first} пен {second} бір орынға түседі ({path}); біреуінің атын өзгертіңіз")
	irregular = fault.Define(fault.Invalid, "client.upload.irregular",
		"{path} is no file but a link, a device or the like; put the file itself in its place, or take it out, and send again",
		"{path} – не файл, а ссылка, устройство или подобное; поместите на его место сам файл или уберите его и отправьте снова",
		"{path} – файл емес, сілтеме, құрылғы не сол сияқты; орнына файлдың өзін салыңыз немесе оны алып тастап, қайта жіберіңіз")
	nothingHere = fault.Define(fault.Invalid, "client.upload.nothing",
		"there is no file to send in {folder}; put each record's files into a folder called by its number in the inventory, for example 0001",
		"в {folder} нет ни одного файла для отправки; положите файлы каждого дела в папку с его номером по описи, например 0001",
		"{folder} ішінде жіберетін бірде-бір файл жоқ; әр істің файлдарын тізімдемедегі нөмірімен аталған қалтаға салыңыз, мысалы 0001")
	cameOtherwise = fault.Define(fault.Conflict, "client.upload.otherwise",
		"{path} changed while it was being sent; leave the folder alone and send again",
		"{path} изменился во время отправки; не меняйте папку и отправьте снова",
		"{path} жіберу кезінде өзгерген; қалтаны өзгертпей, қайта жіберіңіз")
)

// Bulk sends a folder, a mounted disk, a ZIP or a tar in pieces that survive a killed server and a killed client: what is
// there already is not sent again.
type Bulk struct {
	Client   intakev1.IntakeServiceClient
	Transfer string
	Root     string // a folder that is a bag or an E-ARK package, a folder of numbered folders, or a ZIP or tar of any
	Parallel int    // large files, or groups of small ones, at once; 2
	Restart  bool   // forget what was begun before
	// Wait is called between tries, with what failed and for how long is waited; nil just waits.
	Wait func(err error, wait time.Duration)
	// Left is told of how many files are not sent because their rows were not returned; nil is told nothing.
	Left func(files int)
	// Progress is how far it has come; it may be read at any time.
	Progress Progress

	form   string
	dir    *os.Root
	halved atomic.Int32 // how often a group of small files was too much for the line
}

// Progress counts.
type Progress struct {
	Files, FilesThere atomic.Int64
	Bytes, BytesThere atomic.Int64
}

// piece is how many bytes are acknowledged at once.
const piece = 8 << 20

// local is a file to send.
type local struct {
	name, path string // within the folder, and within the package
	size       int64
	modified   int64 // ms since 1970
	// What the archive says of it: some of its bytes are there, or as many as it has, of which this is the digest.
	begun, whole bool
	there        [sha256.Size]byte
}

// Run sends what is missing and lets the archive judge the package. A package with faults is an answer,
// not an error.
func (b *Bulk) Run(ctx context.Context) (*intakev1.UploadPackageResponse, error) {
	files, err := b.look()
	if err != nil {
		return nil, err
	}
	defer func() { _ = b.dir.Close() }() // only read from
	if b.Restart {
		if err := b.try(ctx, func() error {
			_, err := b.Client.DiscardUpload(ctx, &intakev1.DiscardUploadRequest{TransferId: b.Transfer})
			return err
		}); err != nil {
			return nil, err
		}
	}
	if files, err = b.returnedOnly(ctx, files); err != nil {
		return nil, err
	}
	begun, err := b.compare(ctx, files)
	if err != nil {
		return nil, err
	}
	b.count(files)
	var sent atomic.Pointer[string] // the package that some file went to
	work, within := errgroup.WithContext(ctx)
	work.SetLimit(max(b.Parallel, 1))
	for group := range b.groups(files) {
		work.Go(func() error {
			of, err := b.sendGroup(within, group)
			if of != "" {
				sent.CompareAndSwap(nil, &of)
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	if id := sent.Load(); id != nil {
		begun = *id
	}
	return b.finish(ctx, begun)
}

func (b *Bulk) finish(ctx context.Context, id string) (res *intakev1.UploadPackageResponse, err error) {
	err = b.try(ctx, func() error {
		stream, err := b.Client.FinishPackage(ctx, &intakev1.FinishPackageRequest{CommandId: id, TransferId: b.Transfer})
		if err != nil {
			return err
		}
		last, err := stream.Recv()
		res = last.GetOutcome()
		return err
	})
	return res, err
}

// look lists the folder and decides in which form it goes.
func (b *Bulk) look() ([]local, error) {
	info, err := os.Stat(b.Root)
	if err != nil {
		return nil, cannotRead(b.Root, err)
	}
	within := b.Root
	if !info.IsDir() {
		within = filepath.Dir(b.Root)
	}
	if b.dir, err = os.OpenRoot(within); err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	if !info.IsDir() {
		b.form = "zip"
		return []local{{name: filepath.Base(b.Root), size: info.Size(), modified: info.ModTime().UnixMilli()}}, nil
	}
	b.form = string(Kind(b.dir.FS()))
	files, err := b.walk()
	if err != nil {
		return nil, errors.Join(err, b.dir.Close())
	}
	return files, nil
}

func (b *Bulk) count(files []local) {
	b.Progress.Files.Store(int64(len(files)))
	for _, f := range files {
		b.Progress.Bytes.Add(f.size)
	}
}

// walk lists the files by name. Only regular files are sent; what else the folder holds is an error.
func (b *Bulk) walk() (files []local, err error) {
	at, top := make(map[string]string), topOf(b.Root)
	err = fs.WalkDir(b.dir.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if b.form == "bare" && (d.Name() == "lost+found" || d.Name() == "$RECYCLE.BIN" || d.Name() == "System Volume Information") {
				return fs.SkipDir // what systems keep on every disk
			}
			return nil
		}
		if b.form == "bare" && parcel.Junk(name) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return irregular.With("path", name)
		}
		f := local{name: name, path: path.Clean(name), size: info.Size(), modified: info.ModTime().UnixMilli()}
		switch b.form {
		case "bare":
			f.path = parcel.Placed(name)
		case "eark":
			f.path = parcel.PlacedEARK(top + "/" + name)
		}
		if first, taken := at[f.path]; taken {
			return samePlace.With("first", first, "second", name, "path", f.path)
		}
		at[f.path] = name
		files = append(files, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	if len(files) == 0 {
		return nil, nothingHere.With("folder", b.Root)
	}
	return files, nil
}

// compare refuses to add to an upload that was begun from elsewhere: the package would be of both. It gives the package's id,
// empty where nothing was begun, and notes with each file how far it has come.
func (b *Bulk) compare(ctx context.Context, files []local) (id string, err error) {
	here := make(map[string]*local, len(files))
	for i := range files {
		here[files[i].path] = &files[i]
	}
	count, first := 0, ""
	for after, more := "", true; more; {
		var res *intakev1.ListUploadsResponse
		if err := b.try(ctx, func() (err error) {
			res, err = b.Client.ListUploads(ctx, &intakev1.ListUploadsRequest{TransferId: b.Transfer, After: after, Digest: true})
			return err
		}); err != nil {
			return "", err
		}
		id = res.GetPackageId()
		for _, u := range res.GetUploads() {
			after = u.GetPath()
			if f := here[after]; f != nil {
				f.note(u)
				continue
			}
			count++
			first = cmp.Or(first, after)
		}
		more = res.GetMore() && len(res.GetUploads()) > 0
	}
	if count > 0 {
		return "", foreignUpload.With("count", count, "folder", b.Root, "path", first)
	}
	return id, nil
}

// note keeps what the archive says of the file.
func (f *local) note(u *intakev1.Upload) {
	f.begun = u.GetOffset() > 0
	sum, err := hex.DecodeString(u.GetSha256())
	if f.whole = err == nil && len(sum) == len(f.there) && u.GetOffset() == u.GetSize() && int64(u.GetSize()) == f.size; f.whole {
		copy(f.there[:], sum)
	}
}

// stands tells whether the archive has the file as it is here, without asking again.
func (b *Bulk) stands(f local) (bool, error) {
	if !f.whole {
		return false, nil
	}
	from, err := b.dir.Open(f.name)
	if err != nil {
		return false, cannotRead(f.name, err)
	}
	defer func() { _ = from.Close() }() // only read from
	sum := sha256.New()
	if _, err := io.Copy(sum, from); err != nil {
		return false, cannotRead(f.name, err)
	}
	if !bytes.Equal(sum.Sum(nil), f.there[:]) {
		return false, nil
	}
	b.Progress.FilesThere.Add(1)
	b.Progress.BytesThere.Add(f.size)
	return true, nil
}

// send brings one file to its end.
func (b *Bulk) send(ctx context.Context, f local) (u *intakev1.Upload, err error) {
	from, err := b.dir.Open(f.name)
	if err != nil {
		return nil, cannotRead(f.name, err)
	}
	defer func() { _ = from.Close() }() // only read from
	counted := int64(0)
	defer func() {
		if err != nil {
			b.Progress.BytesThere.Add(-counted)
		}
	}()
	err = b.try(ctx, func() error {
		b.Progress.BytesThere.Add(-counted)
		counted = 0
		sum := sha256.New()
		if u, err = b.begun(ctx, f, from, sum); err != nil {
			return err
		}
		counted = int64(u.GetOffset())
		b.Progress.BytesThere.Add(counted)
		for int64(u.GetOffset()) < f.size {
			before := int64(u.GetOffset())
			if u, err = b.append(ctx, u, from, sum); err != nil {
				return err
			}
			counted += int64(u.GetOffset()) - before
			b.Progress.BytesThere.Add(int64(u.GetOffset()) - before)
		}
		if u.GetSha256() != "" && u.GetSha256() != hex.EncodeToString(sum.Sum(nil)) {
			return cameOtherwise.With("path", f.name)
		}
		return nil
	}, "intake.upload.unknown") // announced, and forgotten by a server that died before its first bytes
	if err == nil {
		b.Progress.FilesThere.Add(1)
	}
	return u, err
}

// compared is up to how many bytes of an unfinished file the archive is asked to count again, to see that they are
// ours; of a larger one, size and date must do.
const compared = 1 << 30

// begun announces the file, finds how far it has come, and counts that much of ours. What came of another
// file is forgotten.
func (b *Bulk) begun(ctx context.Context, f local, from io.ReadSeeker, sum hash.Hash) (*intakev1.Upload, error) {
	open := func() (*intakev1.Upload, error) {
		res, err := b.Client.OpenUpload(ctx, &intakev1.OpenUploadRequest{
			TransferId: b.Transfer, Path: f.path, Name: f.name, Size: uint64(f.size), Form: b.form, ModifiedMs: f.modified,
		})
		return res.GetUpload(), err
	}
	u, err := open()
	if fault.Of(err) != nil && fault.Of(err).Code == "intake.upload.other" {
		if err = b.forget(ctx, f.path); err == nil {
			u, err = open()
		}
	}
	if err != nil {
		return nil, err
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	if _, err := io.CopyN(sum, from, int64(u.GetOffset())); err != nil {
		return nil, cannotRead(f.name, err)
	}
	if at := u.GetOffset(); at == 0 || at < u.GetSize() && at > compared {
		return u, nil
	}
	res, err := b.Client.StatUpload(ctx, &intakev1.StatUploadRequest{TransferId: b.Transfer, UploadId: u.GetUploadId(), Digest: true})
	if err != nil || res.GetUpload().GetOffset() != u.GetOffset() || res.GetUpload().GetSha256() == hex.EncodeToString(sum.Sum(nil)) {
		return u, err
	}
	if _, err := b.Client.DiscardUpload(ctx, &intakev1.DiscardUploadRequest{TransferId: b.Transfer, UploadId: u.GetUploadId()}); err != nil {
		return nil, err
	}
	sum.Reset()
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	return open()
}

// forget discards the upload of a path, of whatever size it was.
func (b *Bulk) forget(ctx context.Context, path string) error {
	for after, more := "", true; more; {
		res, err := b.Client.ListUploads(ctx, &intakev1.ListUploadsRequest{TransferId: b.Transfer, After: after})
		if err != nil {
			return err
		}
		for _, u := range res.GetUploads() {
			if after = u.GetPath(); after == path {
				_, err := b.Client.DiscardUpload(ctx, &intakev1.DiscardUploadRequest{TransferId: b.Transfer, UploadId: u.GetUploadId()})
				return err
			}
		}
		more = res.GetMore() && len(res.GetUploads()) > 0
	}
	return nil
}

// append sends the next piece with its checksum, and has sum take it meanwhile: after an error the sum counts for nothing.
func (b *Bulk) append(ctx context.Context, u *intakev1.Upload, from io.Reader, sum hash.Hash) (*intakev1.Upload, error) {
	next := make([]byte, min(piece, u.GetSize()-u.GetOffset()))
	if _, err := io.ReadFull(from, next); err != nil {
		return nil, cannotRead(u.GetName(), err)
	}
	digest := sha256.Sum256(next)
	var summing sync.WaitGroup
	summing.Go(func() { _, _ = sum.Write(next) }) // never fails
	defer summing.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := b.Client.AppendUpload(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&intakev1.AppendUploadRequest{Part: &intakev1.AppendUploadRequest_Begin{Begin: &intakev1.AppendBegin{
		TransferId: b.Transfer, UploadId: u.GetUploadId(), Offset: u.GetOffset(), Checksum: hex.EncodeToString(digest[:]),
	}}})
	for rest := next; err == nil && len(rest) > 0; {
		n := min(len(rest), chunk)
		err = stream.Send(&intakev1.AppendUploadRequest{Part: &intakev1.AppendUploadRequest_Data{Data: rest[:n]}})
		rest = rest[n:]
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has ended, its answer says why
		return nil, err
	}
	res, err := stream.CloseAndRecv()
	return res.GetUpload(), err
}

// tries is how often something is tried again before it is given up: two hours of an archive that is away.
const tries = 250

// try does something again while it fails for a reason that passes: the archive is away, its disk is full, another
// piece of the same file was still on its way, or one of the codes that are given.
func (b *Bulk) try(ctx context.Context, do func() error, also ...string) error {
	wait := 250 * time.Millisecond
	for n := 1; ; n++ {
		err := do()
		if err == nil || ctx.Err() != nil || n == tries || !passes(err, also) {
			return err
		}
		if b.Wait != nil {
			b.Wait(err, wait)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		wait = min(2*wait, 30*time.Second)
	}
}

func passes(err error, also []string) bool {
	f := fault.Of(err)
	switch f.Code {
	case "intake.upload.paused", "intake.upload.offset", "intake.upload.taken_over", "intake.upload.checksum", "intake.upload.bytes":
		return true
	}
	return f.Kind == fault.Unavailable || slices.Contains(also, f.Code)
}
