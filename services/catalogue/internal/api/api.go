// Package api answers qoyma.catalogue.v1.CatalogueService: it translates, reads and
// translates back.
//
// What a reader may not see is absent from every answer as if it did not exist: from lists,
// from counts and facets, and asked for by code it is not found, in the same words as what
// was never there (IS-5). Fonds and inventories themselves are open; their counts are those
// of the reader.
package api

import (
	"context"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/find"
	"github.com/qoyma/qoyma/services/catalogue/internal/index"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

var (
	noFonds = fault.Define(fault.NotFound, "catalogue.no_fonds",
		"there is no fonds {fonds}; see the list of fonds",
		"фонда {fonds} нет; посмотрите список фондов",
		"{fonds} қоры жоқ; қорлар тізімін қараңыз")
	noInventory = fault.Define(fault.NotFound, "catalogue.no_inventory",
		"fonds {fonds} has no inventory {inventory}; see the inventories of the fonds",
		"в фонде {fonds} нет описи {inventory}; посмотрите описи фонда",
		"{fonds} қорында {inventory} тізімдемесі жоқ; қордың тізімдемелерін қараңыз")
	noFile = fault.Define(fault.NotFound, "catalogue.no_file",
		"there is no file {code}; check the number, or search by words",
		"дела {code} нет; проверьте номер или ищите по словам",
		"{code} ісі жоқ; нөмірін тексеріңіз немесе сөздер бойынша іздеңіз")
	notFile = fault.Define(fault.Invalid, "catalogue.not_file",
		"{code} names no file; write fonds, inventory and file, for example 1/2/345",
		"{code} не называет дела; укажите фонд, опись и дело, например 1/2/345",
		"{code} істі атамайды; қорды, тізімдемені және істі көрсетіңіз, мысалы 1/2/345")
	badKind = fault.Define(fault.Invalid, "catalogue.bad_kind",
		"{kind} is no kind of record; choose fonds, inventory or file, or leave it empty",
		"{kind} – неизвестный вид записи; выберите fonds, inventory или file либо оставьте пустым",
		"{kind} – белгісіз жазба түрі; fonds, inventory не file таңдаңыз немесе бос қалдырыңыз")
	badYears = fault.Define(fault.Invalid, "catalogue.bad_years",
		"the years {from}–{to} are not possible; give the earlier first, up to 9999, or leave them empty",
		"годы {from}–{to} невозможны; укажите сначала ранний, не позднее 9999, или оставьте пустыми",
		"{from}–{to} жылдары мүмкін емес; алдымен ерте жылды, 9999-дан асырмай көрсетіңіз немесе бос қалдырыңыз")
)

const (
	maxFonds  = 500
	maxFiles  = 400
	maxSearch = 100
)

// Server answers the service's calls.
type Server struct {
	cataloguev1.UnimplementedCatalogueServiceServer
	store  *store.Store
	finder *find.Finder
	labels find.Labels
}

// New makes the server.
func New(s *store.Store, finder *find.Finder, labels find.Labels) *Server {
	return &Server{store: s, finder: finder, labels: labels}
}

// scope is what the caller may see; somebody unknown sees what is open.
func (s *Server) scope(ctx context.Context) index.Scope {
	id, _ := monitor.From(ctx)
	return s.labels.Scope(id.Clearance)
}

func bounded(asked, usual, most uint32) int {
	if asked == 0 {
		return int(usual)
	}
	return int(min(asked, most))
}

// ListFonds implements CatalogueService.
func (s *Server) ListFonds(ctx context.Context, req *cataloguev1.ListFondsRequest) (*cataloguev1.ListFondsResponse, error) {
	var after archcode.Code
	if req.GetAfter() != "" {
		var err error
		if after.Fonds, err = archcode.ParseFonds(req.GetAfter()); err != nil {
			return nil, err
		}
	}
	scope, limit := s.scope(ctx), bounded(req.GetLimit(), maxFonds, maxFonds)
	res := new(cataloguev1.ListFondsResponse)
	err := s.store.View(func(v *store.View) error {
		return cataloguestore.EachFonds(v, after, func(code archcode.Code, row *cataloguev1.FondsRow) bool {
			if res.More = len(res.Fonds) == limit; res.GetMore() {
				return false
			}
			res.Fonds = append(res.Fonds, s.fonds(code, row, scope))
			return true
		})
	})
	return res, err
}

// GetFonds implements CatalogueService.
func (s *Server) GetFonds(ctx context.Context, req *cataloguev1.GetFondsRequest) (*cataloguev1.GetFondsResponse, error) {
	var code archcode.Code
	var err error
	if code.Fonds, err = archcode.ParseFonds(req.GetNumber()); err != nil {
		return nil, err
	}
	scope := s.scope(ctx)
	res := new(cataloguev1.GetFondsResponse)
	err = s.store.View(func(v *store.View) error {
		row, err := cataloguestore.Fonds(v, code)
		if err != nil {
			return err
		}
		if row == nil {
			return noFonds.With("fonds", code.Fonds)
		}
		res.Fonds = s.fonds(code, row, scope)
		return cataloguestore.EachInventory(v, code, archcode.Code{}, func(code archcode.Code, row *cataloguev1.InventoryRow) bool {
			res.Inventories = append(res.Inventories, s.inventory(code, row, scope))
			return true
		})
	})
	return res, err
}

// ListFiles implements CatalogueService.
func (s *Server) ListFiles(ctx context.Context, req *cataloguev1.ListFilesRequest) (*cataloguev1.ListFilesResponse, error) {
	code, err := inventoryCode(req.GetFonds(), req.GetInventory())
	if err != nil {
		return nil, err
	}
	after := archcode.Code{}
	if req.GetAfter() != "" {
		after = code
		if after.File, err = archcode.ParseFile(req.GetAfter()); err != nil {
			return nil, err
		}
	}
	scope, limit := s.scope(ctx), bounded(req.GetLimit(), 100, maxFiles)
	res := new(cataloguev1.ListFilesResponse)
	err = s.store.View(func(v *store.View) error {
		row, err := cataloguestore.Inventory(v, code)
		if err != nil {
			return err
		}
		if row == nil {
			return noInventory.With("fonds", code.Fonds, "inventory", code.Inventory)
		}
		res.Inventory = s.inventory(code, row, scope)
		return cataloguestore.EachFile(v, code, after, func(code archcode.Code, row *cataloguev1.FileRow) bool {
			if !s.labels.Reads(scope, row.GetFile().GetFile().GetLabel()) {
				return true
			}
			if res.More = len(res.Files) == limit; res.GetMore() {
				return false
			}
			res.Files = append(res.Files, file(code, row))
			return true
		})
	})
	return res, err
}

// GetFile implements CatalogueService.
func (s *Server) GetFile(ctx context.Context, req *cataloguev1.GetFileRequest) (*cataloguev1.GetFileResponse, error) {
	scope := s.scope(ctx)
	res := new(cataloguev1.GetFileResponse)
	err := s.store.View(func(v *store.View) error {
		code, err := codeOf(v, req)
		if err != nil {
			return err
		}
		row, err := cataloguestore.File(v, code)
		if err != nil {
			return err
		}
		if row == nil || !s.labels.Reads(scope, row.GetFile().GetFile().GetLabel()) {
			return noFile.With("code", asked(req, code)) // a hidden one, too
		}
		fonds, err := cataloguestore.Fonds(v, code)
		if err != nil {
			return err
		}
		inventory, err := cataloguestore.Inventory(v, code)
		if err != nil {
			return err
		}
		res.File, res.Fonds, res.Inventory = file(code, row), s.fonds(code, fonds, scope), s.inventory(code, inventory, scope)
		return nil
	})
	return res, err
}

// codeOf is the code of the file that a request names.
func codeOf(v *store.View, req *cataloguev1.GetFileRequest) (archcode.Code, error) {
	if req.GetCode() == "" && req.GetRecord() != "" {
		code, known, err := cataloguestore.Record(v, req.GetRecord())
		if err == nil && !known {
			err = noFile.With("code", asked(req, code))
		}
		return code, err
	}
	code, err := archcode.Parse(req.GetCode())
	if err != nil {
		return code, err
	}
	if code = code.OfFile(); code.Level() != archcode.FileLevel {
		return code, notFile.With("code", code)
	}
	return code, nil
}

// asked is the name under which a file was asked for: to ask by record gives no code away.
func asked(req *cataloguev1.GetFileRequest, code archcode.Code) string {
	if req.GetCode() == "" {
		return req.GetRecord()
	}
	return code.String()
}

func inventoryCode(fonds, inventory string) (code archcode.Code, err error) {
	if code.Fonds, err = archcode.ParseFonds(fonds); err == nil {
		code.Inventory, err = archcode.ParseInventory(inventory)
	}
	return code, err
}

// official is a code in its official form in the three languages.
func official(code archcode.Code) *recordv1.Text {
	return &recordv1.Text{Kk: code.Format(fault.Kazakh), Ru: code.Format(fault.Russian), En: code.Format(fault.English)}
}

// visible counts the files that a scope reads.
func (s *Server) visible(counts []*cataloguev1.LabelCount, scope index.Scope) (n uint32) {
	for _, c := range counts {
		if s.labels.Reads(scope, c.GetLabel()) {
			n += c.GetCount()
		}
	}
	return n
}

func (s *Server) fonds(code archcode.Code, row *cataloguev1.FondsRow, scope index.Scope) *cataloguev1.Fonds {
	return &cataloguev1.Fonds{
		Number: code.Fonds.String(), OrganisationId: row.GetOrganisationId(), Name: row.GetName(), Inventories: row.GetInventories(),
		Files: s.visible(row.GetFiles(), scope), FirstAccession: row.GetFirstAccession(), Code: official(code.OfFonds()),
		Undescribed: row.GetUndescribed(),
	}
}

func (s *Server) inventory(code archcode.Code, row *cataloguev1.InventoryRow, scope index.Scope) *cataloguev1.Inventory {
	return &cataloguev1.Inventory{
		Fonds: code.Fonds.String(), Number: code.Inventory.String(), Title: row.GetTitle(), YearFrom: row.GetYearFrom(),
		YearTo: row.GetYearTo(), Files: s.visible(row.GetFiles(), scope), Code: official(code.OfInventory()),
	}
}

func file(code archcode.Code, row *cataloguev1.FileRow) *cataloguev1.File {
	return &cataloguev1.File{
		Code: official(code), Fonds: code.Fonds.String(), Inventory: code.Inventory.String(), File: row.GetFile(), AccessionNumber: row.GetAccessionNumber(),
		Left: row.GetLeft(),
	}
}
