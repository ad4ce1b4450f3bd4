package store

import (
	"fmt"
	"iter"
	"slices"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// EachSubmitted gives the tag files of every package that stands, each package's by path, the packages in
// the order in which they came, in short read transactions. Each names its package. The payload's rows are
// not gone through. It is for a transfer of which nothing is recorded meanwhile.
func EachSubmitted(s *base.Store, id string) iter.Seq2[*intakev1.ContentFile, error] {
	return func(yield func(*intakev1.ContentFile, error) bool) {
		var of standing
		if err := s.View(func(v *base.View) (err error) {
			of, err = standingOf(v, id)
			return err
		}); err != nil {
			yield(nil, err)
			return
		}
		for _, p := range of {
			for after, more := "", true; more; {
				var files []*intakev1.ContentFile
				err := s.View(func(v *base.View) (err error) {
					files, after, err = tagsAfter(v, id, p.GetPackageId(), after)
					return err
				})
				if err != nil {
					yield(nil, err)
					return
				}
				for _, f := range files {
					if !yield(f, nil) {
						return
					}
				}
				more = after != ""
			}
		}
	}
}

// tagsAfter is a page of a package's tag files after a path; next is where to go on, empty at the end.
func tagsAfter(v *base.View, id, packageID, after string) (files []*intakev1.ContentFile, next string, err error) {
	prefix := contentKey(id, packageID, "")
	for k, raw := range v.Scan("content", prefix, append(slices.Clone(prefix), after...)) {
		path := string(k[len(prefix):])
		if !isTag(path) {
			return files, behindPayload, nil
		}
		f := new(intakev1.ContentFile)
		if err := proto.Unmarshal(raw, f); err != nil {
			return nil, "", fmt.Errorf("tag files of %s: %w", id, err)
		}
		f.PackageId = packageID
		if files = append(files, f); len(files) == pageRows {
			return files, path, nil
		}
	}
	return files, "", nil
}

// SubmittedFile is one tag file of a package, as it came; false where there is none.
func SubmittedFile(v *base.View, id, packageID, path string) (*intakev1.ContentFile, bool, error) {
	f := new(intakev1.ContentFile)
	ok, err := get(v, "content", contentKey(id, packageID, path), f)
	f.PackageId = packageID
	return f, ok && isTag(path), err
}
