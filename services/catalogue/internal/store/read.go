package store

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// What is read is a copy and outlives the transaction. An error means a damaged row.

// LastFonds is the last fonds number ever given; 0 where none was.
func LastFonds(v *store.View) uint32 {
	raw := v.Get(numbers, []byte("fonds"))
	if len(raw) != 8 {
		return 0
	}
	return uint32(binary.BigEndian.Uint64(raw)) //nolint:gosec // written from a uint32
}

// FondsOf is the fonds of an organisation; false where it has none yet.
func FondsOf(v *store.View, organisation string) (archcode.Code, bool, error) {
	key := v.Get(organisations, []byte(organisation))
	if key == nil {
		return archcode.Code{}, false, nil
	}
	code, err := archcode.ParseKey(key)
	return code, err == nil, err
}

// Fonds is the row of a code's fonds; nil where there is none.
func Fonds(v *store.View, code archcode.Code) (*cataloguev1.FondsRow, error) {
	return get[cataloguev1.FondsRow](v, fondsBucket, code.OfFonds().Key())
}

// Inventory is the row of a code's inventory; nil where there is none.
func Inventory(v *store.View, code archcode.Code) (*cataloguev1.InventoryRow, error) {
	if code.Level() < archcode.InventoryLevel {
		return nil, nil
	}
	return get[cataloguev1.InventoryRow](v, inventories, code.OfInventory().Key())
}

// File is the row of a code's file; nil where there is none.
func File(v *store.View, code archcode.Code) (*cataloguev1.FileRow, error) {
	if code.Level() < archcode.FileLevel {
		return nil, nil
	}
	return get[cataloguev1.FileRow](v, files, code.OfFile().Key())
}

// HasFile says whether a file's number is given.
func HasFile(v *store.View, code archcode.Code) bool { return v.Get(files, code.OfFile().Key()) != nil }

// Record is the code of a file by its identifier in its department; false where it is not
// catalogued.
func Record(v *store.View, id string) (archcode.Code, bool, error) {
	key := v.Get(records, []byte(id))
	if key == nil {
		return archcode.Code{}, false, nil
	}
	code, err := archcode.ParseKey(key)
	return code, err == nil, err
}

// Accession is an accession's row; nil where it was not placed yet.
func Accession(v *store.View, number string) (*cataloguev1.AccessionRow, error) {
	return get[cataloguev1.AccessionRow](v, accessions, []byte(number))
}

// EachFonds goes through the fonds after a code (the zero code: from the first) until each
// answers false.
func EachFonds(v *store.View, after archcode.Code, each func(archcode.Code, *cataloguev1.FondsRow) bool) error {
	return scan(v, fondsBucket, nil, after.OfFonds().Key(), each)
}

// EachInventory goes through the inventories within a fonds (the zero code: of all) after one.
func EachInventory(v *store.View, within, after archcode.Code, each func(archcode.Code, *cataloguev1.InventoryRow) bool) error {
	return scan(v, inventories, within.OfFonds().Key(), after.OfInventory().Key(), each)
}

// EachFile goes through the files within a fonds or an inventory (the zero code: all) after
// one.
func EachFile(v *store.View, within, after archcode.Code, each func(archcode.Code, *cataloguev1.FileRow) bool) error {
	return scan(v, files, within.OfInventory().Key(), after.OfFile().Key(), each)
}

func scan[T any, M message[T]](v *store.View, bucket string, prefix, after []byte, each func(archcode.Code, M) bool) error {
	for key, raw := range v.Scan(bucket, prefix, after) {
		code, err := archcode.ParseKey(key)
		if err != nil {
			return fmt.Errorf("catalogue: bucket %s: %w", bucket, err)
		}
		row := M(new(T))
		if err := proto.Unmarshal(raw, row); err != nil {
			return fmt.Errorf("catalogue: bucket %s, %s: %w", bucket, code, err)
		}
		if !each(code, row) {
			return nil
		}
	}
	return nil
}
