package store

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// afterPayload is behind the last row of a package's payload: no path has the byte 0xff, which is no
// UTF-8.
const afterPayload = "data/\xff"

// Submitted lists the tag files of every package that stands, each package's by path, the packages in
// the order in which they came. Each names its package. The payload's rows are not gone through.
func Submitted(v *base.View, id string) (files []*intakev1.ContentFile, err error) {
	s, err := standingOf(v, id)
	if err != nil {
		return nil, err
	}
	for _, p := range s {
		prefix := contentKey(id, p.GetPackageId(), "")
		for from, more := []byte(nil), true; more; {
			more = false
			for k, raw := range v.Scan("content", prefix, from) {
				if strings.HasPrefix(string(k[len(prefix):]), "data/") {
					from, more = append(append([]byte(nil), prefix...), afterPayload...), true
					break
				}
				f := new(intakev1.ContentFile)
				if err := proto.Unmarshal(raw, f); err != nil {
					return nil, fmt.Errorf("tag files of %s: %w", id, err)
				}
				f.PackageId = p.GetPackageId()
				files = append(files, f)
			}
		}
	}
	return files, nil
}

// SubmittedFile is one tag file of a package, as it came; false where there is none.
func SubmittedFile(v *base.View, id, packageID, path string) (*intakev1.ContentFile, bool, error) {
	f := new(intakev1.ContentFile)
	ok, err := get(v, "content", contentKey(id, packageID, path), f)
	f.PackageId = packageID
	return f, ok && isTag(path), err
}
