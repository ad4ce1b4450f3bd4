// Package find keeps the search index at the store's heels: filled from the store's rows at
// start, then moved by the catalogue's own journal, so that what was committed is found within
// milliseconds and nothing has to be remembered between two runs.
//
// The journal says which rows changed and the store says what they are now. So an event that
// is taken twice does no harm, and the filling needs no long read transaction: it notes where
// the journal ends, pages through the rows, then takes every event after the note, though some
// of its rows were read already.
package find

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/index"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

const (
	page = 1000 // rows of one read transaction while filling: some ms
	// batch is how many documents searchers wait for at once while they search.
	batch = 100
	// patience is how long a search waits for the filling after a start.
	patience = 3 * time.Second
)

// Filling is answered while the index is being filled after a start.
var Filling = fault.Define(fault.Unavailable, "catalogue.filling",
	"the search is being prepared after a start ({done} records so far); lists and codes work already, search again in a minute",
	"поиск готовится после запуска (внесено записей: {done}); списки и шифры уже доступны, повторите поиск через минуту",
	"іздеу іске қосылғаннан кейін дайындалуда (енгізілген жазба: {done}); тізімдер мен шифрлар қолжетімді, бір минуттан кейін қайта іздеңіз")

// Finder is the index with its place in the journal.
type Finder struct {
	store  *store.Store
	labels Labels
	index  *index.Index
	filled chan struct{}
	at     atomic.Uint64 // last event that the index knows
}

// New makes a finder; Run fills it and keeps it.
func New(s *store.Store, labels Labels) *Finder {
	return &Finder{store: s, labels: labels, index: index.New(), filled: make(chan struct{})}
}

// Search answers a query; behind is how many committed events the answer does not know. It
// waits a little for the filling after a start. Error: Filling.
func (f *Finder) Search(ctx context.Context, q index.Query) (res index.Result, behind uint64, err error) {
	select {
	case <-f.filled:
	default:
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		select {
		case <-f.filled:
		case <-ctx.Done():
			return res, f.Behind(), Filling.With("done", f.index.Len())
		}
	}
	behind = f.Behind()
	return f.index.Search(q), behind, nil
}

// Behind is how many committed events the index does not know yet.
func (f *Finder) Behind() uint64 {
	head := f.store.Head().Seq
	return head - min(f.at.Load(), head)
}

// Run fills the index and follows the journal until ctx ends. An error means a damaged row.
func (f *Finder) Run(ctx context.Context) error {
	from := f.store.Head().Seq
	for {
		err := f.fill(ctx)
		if err == nil {
			break
		}
		if !passing(ctx, err) { // begun again it puts the same documents
			return fmt.Errorf("search index: %w", err)
		}
	}
	f.at.Store(from)
	close(f.filled)
	for {
		head, changed := f.store.Wait()
		for f.at.Load() < head.Seq && ctx.Err() == nil {
			if err := f.catchUp(); err != nil && !passing(ctx, err) {
				return fmt.Errorf("search index: event %d: %w", f.at.Load()+1, err)
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// passing tells an error that ends by itself (the store's file is being opened again after a full
// disk) and waits a moment: the process, which would otherwise stop, must outlive it.
func passing(ctx context.Context, err error) bool {
	if fault.KindOf(err) != fault.Unavailable {
		return false
	}
	t := time.NewTimer(100 * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// fill puts every row into the index, page by page.
func (f *Finder) fill(ctx context.Context) error {
	names := make(map[archcode.FondsNumber]index.Text)
	for _, read := range []reader{f.fonds(names), f.inventories(names), f.files(names)} {
		var after archcode.Code
		for more := true; more; {
			if err := ctx.Err(); err != nil {
				return err
			}
			var docs []index.Document
			if err := f.store.View(func(v *store.View) (err error) {
				docs, after, err = read(v, after)
				return err
			}); err != nil {
				return err
			}
			if more = len(docs) == page; len(docs) > 0 {
				if err := f.index.Put(docs...); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// reader gives at most a page of documents after a code, and the last one's code.
type reader func(v *store.View, after archcode.Code) ([]index.Document, archcode.Code, error)

func (f *Finder) fonds(names map[archcode.FondsNumber]index.Text) reader {
	return func(v *store.View, after archcode.Code) (docs []index.Document, last archcode.Code, err error) {
		err = cataloguestore.EachFonds(v, after, func(code archcode.Code, row *cataloguev1.FondsRow) bool {
			names[code.Fonds] = text(row.GetName())
			docs, last = append(docs, ofFonds(code, row)), code
			return len(docs) < page
		})
		return docs, last, err
	}
}

func (f *Finder) inventories(names map[archcode.FondsNumber]index.Text) reader {
	return func(v *store.View, after archcode.Code) (docs []index.Document, last archcode.Code, err error) {
		err = cataloguestore.EachInventory(v, archcode.Code{}, after, func(code archcode.Code, row *cataloguev1.InventoryRow) bool {
			docs, last = append(docs, ofInventory(code, row, names[code.Fonds])), code
			return len(docs) < page
		})
		return docs, last, err
	}
}

func (f *Finder) files(names map[archcode.FondsNumber]index.Text) reader {
	return func(v *store.View, after archcode.Code) (docs []index.Document, last archcode.Code, err error) {
		err = cataloguestore.EachFile(v, archcode.Code{}, after, func(code archcode.Code, row *cataloguev1.FileRow) bool {
			docs, last = append(docs, f.labels.ofFile(code, row, names[code.Fonds])), code
			return len(docs) < page
		})
		return docs, last, err
	}
}

// catchUp takes the next events of the journal.
func (f *Finder) catchUp() error {
	entries, _, err := f.store.Read(f.at.Load()+1, 256, 1<<20)
	if err != nil {
		return err
	}
	for _, e := range entries {
		r, err := journal.Decode(e)
		if err != nil {
			return err
		}
		codes, err := changed(r)
		if err != nil {
			return err
		}
		for len(codes) > 0 {
			n := min(batch, len(codes))
			if err := f.refresh(codes[:n]); err != nil {
				return err
			}
			codes = codes[n:]
		}
		f.at.Store(r.Seq())
	}
	return nil
}

// changed are the codes whose rows an event wrote.
func changed(r *journal.Record) ([]archcode.Code, error) {
	switch {
	case r.Is((*cataloguev1.FondsOpened)(nil)):
		m := new(cataloguev1.FondsOpened)
		err := proto.Unmarshal(r.Entry.GetBody(), m)
		return codes(err, m.GetFonds(), "")
	case r.Is((*cataloguev1.InventoryOpened)(nil)):
		m := new(cataloguev1.InventoryOpened)
		err := proto.Unmarshal(r.Entry.GetBody(), m)
		return codes(err, m.GetFonds(), m.GetInventory())
	case r.Is((*cataloguev1.AccessionPlaced)(nil)):
		m := new(cataloguev1.AccessionPlaced)
		err := proto.Unmarshal(r.Entry.GetBody(), m)
		return codes(err, m.GetFonds(), m.GetInventory())
	case r.Is((*cataloguev1.FilesCatalogued)(nil)):
		m := new(cataloguev1.FilesCatalogued)
		err := proto.Unmarshal(r.Entry.GetBody(), m)
		return codes(err, m.GetFonds(), m.GetInventory(), m.GetFiles()...)
	}
	return nil, nil
}

func codes(err error, fonds, inventory string, files ...*cataloguev1.CataloguedFile) ([]archcode.Code, error) {
	var c archcode.Code
	if err == nil {
		c.Fonds, err = archcode.ParseFonds(fonds)
	}
	if err == nil && inventory != "" {
		c.Inventory, err = archcode.ParseInventory(inventory)
	}
	if err != nil || len(files) == 0 {
		return []archcode.Code{c}, err
	}
	out := make([]archcode.Code, len(files))
	for i, f := range files {
		if c.File, err = archcode.ParseFile(f.GetNumber()); err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}

// refresh brings the documents of some codes to what the store holds now.
func (f *Finder) refresh(codes []archcode.Code) error {
	var docs []index.Document
	if err := f.store.View(func(v *store.View) error {
		for _, code := range codes {
			doc, err := f.document(v, code)
			if err != nil {
				return err
			}
			docs = append(docs, doc)
		}
		return nil
	}); err != nil {
		return err
	}
	return f.index.Put(docs...)
}

func (f *Finder) document(v *store.View, code archcode.Code) (doc index.Document, err error) {
	fonds, err := cataloguestore.Fonds(v, code)
	if err != nil {
		return doc, err
	}
	switch code.Level() {
	case archcode.FileLevel:
		row, err := cataloguestore.File(v, code)
		return f.labels.ofFile(code, row, text(fonds.GetName())), err
	case archcode.InventoryLevel:
		row, err := cataloguestore.Inventory(v, code)
		return ofInventory(code, row, text(fonds.GetName())), err
	default:
		return ofFonds(code, fonds), nil
	}
}
