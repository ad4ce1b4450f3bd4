package client

import (
	"context"
	"slices"
	"strconv"
	"strings"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// nothingReturned says that a folder has nothing for the rows that the archive returned.
var nothingReturned = fault.Define(fault.Invalid, "client.upload.nothing_returned",
	"the archive returned row {rows} of this transfer, and {folder} has no file for it; put the redone files into the folder with its number",
	"архив вернул строку {rows} этой передачи, а в {folder} для неё нет файлов; положите исправленные файлы в папку с её номером",
	"архив бұл тапсырудың {rows}-жолын қайтарды, ал {folder} ішінде ол үшін файл жоқ; түзетілген файлдарды сол нөмірлі қалтаға салыңыз")

// returnedOnly leaves out what stands for rows that were not returned, where rows were: the same folder may be
// sent again, and only what was returned is redone. A bag, an E-ARK package and an archive file are whole as they are. Files of no row
// go along: the archive says what is wrong with them.
func (b *Bulk) returnedOnly(ctx context.Context, files []local) ([]local, error) {
	if b.form != "bare" {
		return files, nil
	}
	var t *intakev1.Transfer
	if err := b.try(ctx, func() error {
		res, err := b.Client.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: b.Transfer, Limit: 1})
		t = res.GetTransfer()
		return err
	}); err != nil || t.GetState() != "returned" {
		return files, err
	}
	rows, err := b.returned(ctx)
	if err != nil || len(rows) == 0 {
		return files, err
	}
	all := len(files)
	files = slices.DeleteFunc(files, func(f local) bool {
		position, is := rowOf(f.path)
		return is && !slices.Contains(rows, position)
	})
	if len(files) == 0 {
		return nil, nothingReturned.With("rows", rows[0], "folder", b.Root)
	}
	if left := all - len(files); left > 0 && b.Left != nil {
		b.Left(left)
	}
	return files, nil
}

// returned are the positions that wait for the department.
func (b *Bulk) returned(ctx context.Context) (rows []uint32, err error) {
	for after, more := uint32(0), true; more; {
		var res *intakev1.ListRowWorkResponse
		if err := b.try(ctx, func() (err error) {
			res, err = b.Client.ListRowWork(ctx, &intakev1.ListRowWorkRequest{TransferId: b.Transfer, After: after, Returned: true})
			return err
		}); err != nil {
			return nil, err
		}
		for _, w := range res.GetRows() {
			after = w.GetFile().GetPosition()
			rows = append(rows, after)
		}
		more = res.GetMore() && len(res.GetRows()) > 0
	}
	return rows, nil
}

// rowOf is the row to which a path of a package belongs: of "data/0001/a" it is 1.
func rowOf(path string) (position uint32, is bool) {
	rest, _ := strings.CutPrefix(path, "data/")
	digits, _, inside := strings.Cut(rest, "/")
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), inside && err == nil
}
