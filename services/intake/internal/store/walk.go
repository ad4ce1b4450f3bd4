package store

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// pageRows is how many rows of a package are looked at in one read transaction: a few milliseconds.
const pageRows = 500

// ContentAfter gives the next files that stand, by path, after a path. next is where to go on from; more says that
// there may be others. A file of another package than the last names it. A page may be empty: rows for which a later
// package counts are looked at too.
func ContentAfter(v *base.View, id, after string) (files []*intakev1.ContentFile, next string, more bool, err error) {
	s, err := standingOf(v, id)
	if err != nil {
		return nil, "", false, err
	}
	for _, p := range s {
		prefix, looked := contentKey(id, p.GetPackageId(), ""), 0
		for k, raw := range v.Scan("content", prefix, append(bytes.Clone(prefix), after...)) {
			path := string(k[len(prefix):])
			if looked == pageRows {
				break // what follows is behind the page's end
			}
			if looked++; looked == pageRows && (!more || path < next) {
				more, next = true, path
			}
			if s.owner(path) != p.GetPackageId() {
				continue
			}
			f := new(intakev1.ContentFile)
			if err := proto.Unmarshal(raw, f); err != nil {
				return nil, "", false, fmt.Errorf("content of %s: %w", id, err)
			}
			if p.GetPackageId() != s.last() {
				f.PackageId = p.GetPackageId()
			}
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b *intakev1.ContentFile) int { return strings.Compare(a.GetPath(), b.GetPath()) })
	if more { // of a package that was looked at further the rest comes with the next page
		end, _ := slices.BinarySearchFunc(files, next+"\x00", func(f *intakev1.ContentFile, p string) int { return strings.Compare(f.GetPath(), p) })
		files = files[:end]
	}
	return files, next, more, nil
}

// behindPayload follows every path of a payload file, which is UTF-8, and is before any other's.
const behindPayload = "data/\xff"

// EachFile gives the files of a transfer that stand, by path, in short read transactions; tags leaves
// the payload out. It is for a transfer of which nothing is recorded meanwhile.
func EachFile(s *base.Store, id string, tags bool) iter.Seq2[*intakev1.ContentFile, error] {
	return func(yield func(*intakev1.ContentFile, error) bool) {
		for after, more := "", true; more; {
			var files []*intakev1.ContentFile
			err := s.View(func(v *base.View) (err error) {
				files, after, more, err = ContentAfter(v, id, after)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, f := range files {
				if (!tags || isTag(f.GetPath())) && !yield(f, nil) {
					return
				}
			}
			if tags && more && !isTag(after) {
				after = behindPayload
			}
		}
	}
}

// Filed are the units of a transfer for which files came, in short read transactions. Of each folder of a package one row is
// read, however many files it has.
func Filed(s *base.Store, id string) (filed map[uint32]bool, err error) {
	filed = make(map[uint32]bool)
	for at, more := (folder{}), true; more; {
		if err := s.View(func(v *base.View) (err error) {
			at, more, err = filedAfter(v, id, at, filed)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return filed, nil
}

// filed tells whether files came for one unit: under its number as the department wrote it, with or without noughts.
func filed(v *base.View, id string, position uint32) (bool, error) {
	s, err := standingOf(v, id)
	if err != nil {
		return false, err
	}
	of := s.brought(position)
	for digits := strconv.FormatUint(uint64(position), 10); len(digits) <= transfer.MaxDigits; digits = "0" + digits {
		for range v.Scan("content", contentKey(id, of, "data/"+digits+"/"), nil) {
			return true, nil
		}
	}
	return false, nil
}

// folder is where to go on from: the how-manieth package that stands, and a path in it.
type folder struct {
	of    int
	after string
}

// filedAfter adds the units of the next folders.
func filedAfter(v *base.View, id string, at folder, filed map[uint32]bool) (next folder, more bool, err error) {
	s, err := standingOf(v, id)
	if err != nil {
		return at, false, err
	}
	for looked := 0; at.of < len(s); looked++ {
		if looked == pageRows {
			return at, true, nil
		}
		of := s[at.of].GetPackageId()
		path, ok := payloadAfter(v, id, of, at.after)
		if !ok {
			at = folder{of: at.of + 1}
			continue
		}
		at.after = path
		if position, payload := transfer.PositionOf(path); payload {
			at.after = path[:len("data/")+strings.IndexByte(path[len("data/"):], '/')] + "/\xff"
			if s.brought(position) == of {
				filed[position] = true
			}
		}
	}
	return at, false, nil
}

// payloadAfter is the first path of a package's payload after a path; false where none follows.
func payloadAfter(v *base.View, id, packageID, after string) (path string, ok bool) {
	var from []byte
	if after != "" {
		from = contentKey(id, packageID, after)
	}
	root := len(contentKey(id, packageID, ""))
	for k := range v.Scan("content", contentKey(id, packageID, "data/"), from) {
		return string(k[root:]), true
	}
	return "", false
}

// EachUnit gives the units of a transfer's inventory after a position, in short read transactions.
func EachUnit(s *base.Store, id string, after uint32) iter.Seq2[*recordv1.File, error] {
	return func(yield func(*recordv1.File, error) bool) {
		for more := true; more; {
			var files []*recordv1.File
			err := s.View(func(v *base.View) (err error) {
				files, more, err = Expected(v, id, after, pageRows)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, f := range files {
				if after = f.GetPosition(); !yield(f, nil) {
					return
				}
			}
		}
	}
}
