package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// FileAddress is the page of a file.
func (v View) FileAddress(f *cataloguev1.File) string {
	return "/u/" + url.PathEscape(f.GetFonds()) + "/" + url.PathEscape(f.GetInventory()) + "/" + url.PathEscape(f.GetFile().GetNumber())
}

// HitAddress is the page of a record found.
func (v View) HitAddress(h *cataloguev1.Hit) string { return CodeAddress(h.GetCode().GetRu()) }

// CodeAddress is the page of a record by its archival code.
func CodeAddress(code string) string {
	c, err := archcode.Parse(code)
	if err != nil {
		return "/search?q=" + url.QueryEscape(code)
	}
	fonds := url.PathEscape(c.Fonds.String())
	switch c.Level() {
	case archcode.FondsLevel:
		return "/fonds/" + fonds
	case archcode.InventoryLevel:
		return "/fonds/" + fonds + "/" + url.PathEscape(c.Inventory.String())
	default:
		return "/u/" + fonds + "/" + url.PathEscape(c.Inventory.String()) + "/" + url.PathEscape(c.File.String())
	}
}

// CodeAddress is the page of a record by its archival code.
func (v View) CodeAddress(code string) string { return CodeAddress(code) }

// ArchivalCode writes a code as the reader's language does; what is none stays as it is.
func (v View) ArchivalCode(code string) string {
	c, err := archcode.Parse(code)
	if err != nil {
		return code
	}
	return c.Format(v.Lang)
}

// ContentName is the name of a digital file as its department knows it: without the folders that a package and
// its row put before it.
func (v View) ContentName(path string) string {
	path = strings.TrimPrefix(path, "data/")
	if row, rest, ok := strings.Cut(path, "/"); ok && strings.Trim(row, "0123456789") == "" {
		return rest
	}
	return path
}

// Years is a range of years, or one.
func (v View) Years(from, to uint32) string {
	switch {
	case from == 0 && to == 0:
		return ""
	case from == to || to == 0:
		return strconv.FormatUint(uint64(from), 10)
	}
	return strconv.FormatUint(uint64(from), 10) + "–" + strconv.FormatUint(uint64(to), 10)
}

// Dates is a range of civil dates as the reader's language writes them.
func (v View) Dates(from, to string) string {
	switch {
	case from == "" && to == "":
		return ""
	case from == to || to == "":
		return v.Date(from)
	}
	return v.Date(from) + " – " + v.Date(to)
}

// Date is a civil date (YYYY-MM-DD) as the reader's language writes it.
func (v View) Date(iso string) string {
	if len(iso) != 10 || v.Lang == "en" {
		return iso
	}
	return iso[8:] + "." + iso[5:7] + "." + iso[:4]
}

// Moment is a moment as the reader's language writes it, in Almaty, to the minute; empty where there
// is none.
func (v View) Moment(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return v.Date(t.AsTime().In(civil.Almaty()).Format(time.DateOnly)) + t.AsTime().In(civil.Almaty()).Format(", 15:04")
}

// Facet is the name of a condition in the reader's language.
func (v View) Facet(name string) string { return v.T("facet." + name) }

// Value is the value of a condition in the reader's language.
func (v View) Value(name, value string) string {
	switch name {
	case "kind":
		return v.T("kind." + value)
	case "decade":
		if year, err := strconv.ParseUint(value, 10, 32); err == nil && year > 0 {
			return v.Years(uint32(year), uint32(year)+9)
		}
	}
	return value
}

// EventKey is the message that names a type of event.
func EventKey(bodyType string) string {
	return "event." + bodyType[strings.LastIndexByte(bodyType, '.')+1:]
}

// Event is a type of event in words; one that is newer than this program keeps its name.
func (v View) Event(bodyType string) string {
	if key := EventKey(bodyType); v.Has(key) {
		return v.T(key)
	}
	return strings.TrimPrefix(EventKey(bodyType), "event.")
}

// Service is a service's name in words.
func (v View) Service(name string) string {
	if key := "service." + name; v.Has(key) {
		return v.T(key)
	}
	return name
}

// Object is a type of object in words.
func (v View) Object(name string) string {
	if key := "object." + name; v.Has(key) {
		return v.T(key)
	}
	return name
}

// Second is a moment to the second, in Almaty.
func (v View) Second(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return v.Moment(t) + t.AsTime().In(civil.Almaty()).Format(":05")
}
