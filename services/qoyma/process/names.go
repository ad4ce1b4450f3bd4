package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/qoyma/qoyma/services/insurance"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// names are the archive's name as papers print it.
type names struct {
	KK string `json:"kk"`
	RU string `json:"ru"`
}

// namesOf reads the folder's names, or keeps those that are given.
func namesOf(data string, given names) (names, error) {
	path := filepath.Join(data, "name.json")
	if given != (names{}) {
		raw, err := json.Marshal(given)
		if err != nil {
			return given, fmt.Errorf("process: %w", err)
		}
		return given, journal.WriteFileSync(path, append(raw, '\n'), 0o600)
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return names{}, nil
	}
	var kept names
	if err == nil {
		err = json.Unmarshal(raw, &kept)
	}
	if err != nil {
		return names{}, fmt.Errorf("process: %s: %w", path, err)
	}
	return kept, nil
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
