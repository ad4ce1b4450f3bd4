package process

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/qoyma/qoyma/services/insurance"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// names are what papers print of the archive: its name, its postal address, where its pages are.
type names struct {
	KK        string `json:"kk"`
	RU        string `json:"ru"`
	AddressKK string `json:"address_kk,omitempty"`
	AddressRU string `json:"address_ru,omitempty"`
	URL       string `json:"url,omitempty"`
}

// over is n with what is given in its place.
func (n names) over(given names) names {
	return names{
		KK: cmp.Or(given.KK, n.KK), RU: cmp.Or(given.RU, n.RU), AddressKK: cmp.Or(given.AddressKK, n.AddressKK),
		AddressRU: cmp.Or(given.AddressRU, n.AddressRU), URL: cmp.Or(given.URL, n.URL),
	}
}

// namesOf reads the folder's names, with those that are given in their place; these are kept.
func namesOf(data string, given names) (names, error) {
	path := filepath.Join(data, "name.json")
	var kept names
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil:
		err = json.Unmarshal(raw, &kept)
		fallthrough
	default:
		if err != nil {
			return names{}, fmt.Errorf("process: %s: %w", path, err)
		}
	}
	now := kept.over(given)
	if now == kept {
		return kept, nil
	}
	if raw, err = json.Marshal(now); err != nil {
		return now, fmt.Errorf("process: %w", err)
	}
	return now, journal.WriteFileSync(path, append(raw, '\n'), 0o600)
}

// SitesOf reads the places of insurance copies that a data folder keeps; none where nobody
// named any.
func SitesOf(data string) (sites []string, err error) {
	raw, err := os.ReadFile(filepath.Join(data, "sites.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &sites)
	}
	if err != nil {
		return nil, fmt.Errorf("process: sites of %s: %w", data, err)
	}
	return sites, nil
}

// keepSites keeps the sites that are given, with absolute folders, so that every later start
// finds the same ones; where none are given it reads the folder's.
func keepSites(data string, given []string) ([]string, error) {
	if len(given) == 0 {
		return SitesOf(data)
	}
	kept, err := insurance.Sites(given, data)
	if err != nil {
		return nil, err
	}
	sites := make([]string, len(kept))
	for i, s := range kept {
		dir, err := filepath.Abs(s.Dir)
		if err != nil {
			return nil, fmt.Errorf("process: %w", err)
		}
		sites[i] = s.ID + "=" + dir
	}
	raw, err := json.Marshal(sites)
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	return sites, journal.WriteFileSync(filepath.Join(data, "sites.json"), append(raw, '\n'), 0o600)
}
