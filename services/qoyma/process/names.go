package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
