package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
)

// Bounds of small files that go in one call.
const (
	grouped    = 128 << 10 // bytes of a file that goes with others
	groupBytes = 3 << 20   // of all of them, with their names; less on a slow line
	groupFiles = 512
)

// patience is how long a group may take: longer than that no call lives.
const patience = time.Minute

// errSlow says that a group took longer than that.
var errSlow = errors.New("the line is too slow for so much in one call")

// groups puts small files together, and leaves the others, and those of which the archive has something, alone.
func (b *Bulk) groups(files []local) iter.Seq[[]local] {
	return func(yield func([]local) bool) {
		var group []local
		bytes := 0
		for _, f := range files {
			if b.form == "zip" || f.size > grouped || f.begun || f.whole {
				if !yield([]local{f}) {
					return
				}
				continue
			}
			size := int(f.size) + len(f.name) + len(f.path)
			if len(group) > 0 && (len(group) == groupFiles || bytes+size > groupBytes>>b.halved.Load()) {
				if !yield(group) {
					return
				}
				group, bytes = nil, 0
			}
			group, bytes = append(group, f), bytes+size
		}
		if len(group) > 0 {
			yield(group)
		}
	}
}

// sendGroup brings files to their end, in one call where they are several, and gives the package's id. Whatever a call
// for all of them does not settle is settled file by file: a file that came in part, another one under its path, a
// refusal, which then names the file that it is about.
func (b *Bulk) sendGroup(ctx context.Context, files []local) (id string, err error) {
	var rest []local
	if len(files) == 1 {
		rest = files
	} else if id, rest, err = b.put(ctx, files); err != nil {
		return id, err
	}
	for _, f := range rest {
		if stands, err := b.stands(f); err != nil {
			return id, err
		} else if stands {
			continue
		}
		u, err := b.send(ctx, f)
		if err != nil {
			return id, err
		}
		id = u.GetPackageId()
	}
	return id, nil
}

// put sends small files in one call, of half of them where that takes too long; rest are those that it does not settle.
func (b *Bulk) put(ctx context.Context, files []local) (id string, rest []local, err error) {
	req, err := b.read(files)
	if err != nil {
		return "", nil, err
	}
	var res *intakev1.PutFilesResponse
	err = b.try(ctx, func() error {
		within, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		res, err = b.Client.PutFiles(within, req)
		if err != nil && within.Err() != nil && ctx.Err() == nil {
			return errSlow
		}
		return err
	})
	switch {
	case errors.Is(err, errSlow):
		b.halved.Store(min(b.halved.Load()+1, 8)) // of what is sent from now on
		for half := range slices.Chunk(files, (len(files)+1)/2) {
			if id, err = b.sendGroup(ctx, half); err != nil {
				break
			}
		}
		return id, nil, err
	case ctx.Err() != nil, err != nil && passes(err, nil): // given up: file by file it would be waited for as long again
		return "", nil, err
	case err != nil || len(res.GetUploads()) != len(files):
		return "", files, nil
	}
	for i, u := range res.GetUploads() {
		if id = u.GetPackageId(); u.GetSha256() != req.GetFiles()[i].GetSha256() {
			rest = append(rest, files[i])
			continue
		}
		b.Progress.FilesThere.Add(1)
		b.Progress.BytesThere.Add(files[i].size)
	}
	return id, rest, nil
}

// read takes files into memory.
func (b *Bulk) read(files []local) (*intakev1.PutFilesRequest, error) {
	req := &intakev1.PutFilesRequest{TransferId: b.Transfer, Form: b.form}
	from := folder{root: b.dir}
	defer from.close()
	for _, f := range files {
		content, err := f.read(&from)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		req.Files = append(req.Files, &intakev1.PutFile{Path: f.path, Name: f.name, ModifiedMs: f.modified, Content: content, Sha256: hex.EncodeToString(sum[:])})
	}
	return req, nil
}

// read gives all bytes of the file, which has as many as it had when the folder was listed.
func (f local) read(from *folder) ([]byte, error) {
	fd, err := from.open(f.name)
	if err != nil {
		return nil, cannotRead(f.name, err)
	}
	defer func() { _ = unix.Close(fd) }() // only read from
	content := make([]byte, f.size+1)     // one more: whether it has grown
	n, err := descriptor{fd, f.name}.fill(content, len(content))
	if err != nil {
		return nil, cannotRead(f.name, err)
	}
	if int64(n) != f.size {
		return nil, cameOtherwise.With("path", f.name)
	}
	return content[:n], nil
}
