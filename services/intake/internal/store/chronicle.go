package store

import (
	"encoding/binary"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/history"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// chronicleBodies are empty bodies of the events of an object after its first version, and of those that
// only its history is concerned with.
func chronicleBodies() []proto.Message {
	return []proto.Message{
		new(intakev1.ContentRestored), new(intakev1.OriginalDamageKnown), new(intakev1.ObjectVersionBegun), new(intakev1.ObjectVersionAdded),
	}
}

// applyChronicle notes what an object's history must tell of, and which versions tell of it.
func applyChronicle(tx *base.Tx, body proto.Message, r *journal.Record) error {
	switch b := body.(type) {
	case *intakev1.ObjectVersionBegun:
		n, err := transfer.ParseNumber(b.GetAccessionNumber())
		if err != nil {
			return err
		}
		tx.Put("versioning", numberKey(n), journal.SeqKey(r.Seq()))
		return nil
	case *intakev1.ObjectVersionAdded:
		return applyVersion(tx, b)
	case *intakev1.AccessionAccepted:
		if b.GetObjectId() == "" {
			return nil
		}
		n, err := transfer.ParseNumber(b.GetAccessionNumber())
		if err != nil {
			return err
		}
		return put(tx, "versions", rowKey(numberKey(n), 1), &intakev1.ObjectVersionAdded{
			AccessionNumber: b.GetAccessionNumber(), ObjectId: b.GetObjectId(), Version: 1, Through: r.Seq(), History: b.GetHistory(), ObjectSha512: b.GetObjectSha512(),
		})
	}
	number, tells := history.Tells(body)
	if !tells {
		return nil
	}
	n, err := transfer.ParseNumber(number)
	if err != nil {
		return err
	}
	if a, err := Accession(&tx.View, n); err != nil || a.GetObjectId() == "" || a.GetObjectLeft() {
		return err // paper alone, or removed: there is no object that could tell
	}
	tx.Put("chronicle", binary.BigEndian.AppendUint64(under(numberKey(n)), r.Seq()), []byte{})
	tx.Put("untold", numberKey(n), []byte{})
	return nil
}

func applyVersion(tx *base.Tx, b *intakev1.ObjectVersionAdded) error {
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	tx.Delete("versioning", numberKey(n))
	if err := put(tx, "versions", rowKey(numberKey(n), b.GetVersion()), b); err != nil {
		return err
	}
	if last(&tx.View, n) <= b.GetThrough() {
		tx.Delete("untold", numberKey(n))
	}
	return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) {
		a.History, a.ObjectSha512, a.ObjectVersion = b.GetHistory(), b.GetObjectSha512(), b.GetVersion()
	})
}

// last is the seq of the last event that an object's history must tell of; 0 where there is none.
func last(v *base.View, n transfer.Number) uint64 {
	prefix := under(numberKey(n))
	k, _ := v.Last("chronicle", prefix)
	if len(k) != len(prefix)+8 {
		return 0
	}
	return binary.BigEndian.Uint64(k[len(prefix):])
}

// Untold lists the accessions whose object has a history that does not tell of everything yet.
func Untold(v *base.View) (numbers []transfer.Number) {
	for k := range v.Scan("untold", nil, nil) {
		numbers = append(numbers, numberOf(k))
	}
	return numbers
}

// Versioning is the ObjectVersionBegun of an object whose next version is under way; nil where none is.
func Versioning(v *base.View, n transfer.Number) (*journal.Record, error) {
	seq := seqOf(v.Get("versioning", numberKey(n)))
	if seq == 0 {
		return nil, nil
	}
	r, err := v.Entry(seq)
	if err == nil && r == nil {
		err = fmt.Errorf("accession %s: event %d, which began a version, is not there", n, seq)
	}
	return r, err
}

// Versions lists the versions of an accession's object, the first (that of the acceptance) first.
func Versions(v *base.View, n transfer.Number) (list []*intakev1.ObjectVersionAdded, err error) {
	list, _, err = page(v, "versions", numberKey(n), 0, 1<<30, func() *intakev1.ObjectVersionAdded { return new(intakev1.ObjectVersionAdded) })
	return list, err
}

// Chronicle lists the events that an object's history tells of, in order, after a seq up to and including
// another.
func Chronicle(v *base.View, n transfer.Number, after, through uint64) (records []*journal.Record, err error) {
	prefix := under(numberKey(n))
	for k := range v.Scan("chronicle", prefix, binary.BigEndian.AppendUint64(slices.Clone(prefix), after)) {
		seq := binary.BigEndian.Uint64(k[len(prefix):])
		if seq > through {
			break
		}
		r, err := v.Entry(seq)
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, fmt.Errorf("accession %s: event %d, which its history tells of, is not there", n, seq)
		}
		records = append(records, r)
	}
	return records, nil
}

// ObjectFile is one file of an accession's object with its size and digests: of its content, of the bag
// and the history that the archive wrote, of a package's own tag files; false where there is none.
func ObjectFile(v *base.View, a *intakev1.Accession, path string) (*intakev1.ContentFile, bool, error) {
	for _, own := range Own(a) {
		if own.GetPath() == path {
			return &intakev1.ContentFile{Path: path, Size: own.GetSize(), Sha512: own.GetSha512()}, true, nil
		}
	}
	if a.GetBag() == nil || !isTag(path) {
		return ContentFile(v, a.GetTransferId(), path)
	}
	packageID, name, ok := transfer.Submitted(path)
	if !ok {
		return nil, false, nil
	}
	return SubmittedFile(v, a.GetTransferId(), packageID, name)
}

// Own lists the files of an object that the archive wrote, as of its newest version.
func Own(a *intakev1.Accession) (files []*intakev1.ObjectHistory) {
	files = append(files, a.GetBag().GetFiles()...)
	if h := a.GetHistory(); h != nil {
		files = append(files, h)
	}
	return files
}

// chronicles checks that versions, plans and the list of what is untold agree with the accession.
func (c *checker) chronicles(where string, n transfer.Number, a *intakev1.Accession) {
	versions, err := Versions(c.v, n)
	if err != nil || len(versions) != int(a.GetObjectVersion()) || (len(versions) > 0) != (a.GetObjectId() != "") {
		c.bad(where, "its object %q is at version %d, %d are known (%v)", a.GetObjectId(), a.GetObjectVersion(), len(versions), err)
		return
	}
	through := uint64(0)
	for i, version := range versions {
		if version.GetVersion() != uint32(i+1) || version.GetThrough() < through {
			c.bad(where, "version %d of its object is called %d and tells of events to %d, the one before to %d", i+1, version.GetVersion(), version.GetThrough(), through)
		}
		through = version.GetThrough()
	}
	if newest := len(versions) - 1; newest >= 0 && (!proto.Equal(versions[newest].GetHistory(), a.GetHistory()) || versions[newest].GetObjectSha512() != a.GetObjectSha512()) {
		c.bad(where, "the newest version of its object is not the one that it names")
	}
	if untold := c.v.Get("untold", numberKey(n)) != nil; untold != (last(c.v, n) > through && !a.GetObjectLeft()) {
		c.bad(where, "its object tells of events to %d, there are some to %d; in the list of what is to be told: %t", through, last(c.v, n), untold)
	}
}
