package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

var infected = fault.Define(fault.Refused, "intake.package.malware",
	"the file {path} holds malware ({malware}) and was not kept; clean your computer, replace the file and send the package again",
	"в файле {path} вредоносная программа ({malware}), он не сохранён; проверьте свой компьютер, замените файл и отправьте пакет снова",
	"{path} файлында зиянды бағдарлама бар ({malware}), ол сақталған жоқ; компьютеріңізді тазалап, файлды ауыстырып, пакетті қайта жіберіңіз")

// Scanner looks for malware. Its errors are of fault.Unavailable where it gives no answer: the
// package is then neither taken nor refused.
type Scanner interface {
	// Version is how the scanner names itself, as events and acts show it.
	Version(ctx context.Context) (string, error)
	// Scan gives the name of the malware in what r reads; empty where there is none.
	Scan(ctx context.Context, path string, size int64, r io.Reader) (malware string, err error)
}

// scanners is how many files are scanned at once.
const scanners = 2

// scan lets the scanner look at every file of a package and adds what it finds as
// faults. A package that is refused anyway is not looked at. Without a scanner nothing is looked
// for, and scanner is empty: the event and the act say so.
func (u *upload) scan(ctx context.Context, report *bagit.Report, v *verdict) (scanner string, err error) {
	if u.Scanner == nil || !report.Valid() || v.bad() > 0 {
		return "", nil
	}
	if scanner, err = u.Scanner.Version(ctx); err != nil {
		return "", err
	}
	places := u.area.Places()
	defer func() { err = errors.Join(err, places.Close()) }()
	var mu sync.Mutex
	var found firsts
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(scanners)
	for e, err := range u.all() {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return "", cmp.Or(work.Wait(), err)
		}
		place, err := places.Of(u.command.ID.String(), e.Path)
		if err != nil {
			return "", cmp.Or(work.Wait(), err)
		}
		work.Go(func() error {
			f, err := place.Open()
			if err != nil {
				return fmt.Errorf("scan: %w", err)
			}
			defer func() { _ = f.Close() }() // only read from
			malware, err := u.Scanner.Scan(ctx, clip.Value(e.Path), e.Size, f)
			if err != nil || malware == "" {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			found.add(fault.Item{Where: e.Path, Fault: infected.With("path", clip.Value(u.sentAs(e.Path)), "malware", clip.Value(malware))})
			return nil
		})
	}
	err = work.Wait()
	v.faults = append(v.faults, found.few())
	return scanner, err
}
