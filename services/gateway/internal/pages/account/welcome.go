package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// Demonstration is what a demonstration leaves in its folder: who can sign in there.
type Demonstration struct {
	Password string `json:"password"`
	Accounts []struct {
		Login string `json:"login"`
		Name  string `json:"name"`
		Role  string `json:"role"`
		KK    string `json:"organisation_kk"`
		RU    string `json:"organisation_ru"`
		EN    string `json:"organisation_en"`
	} `json:"accounts"`
}

// begins is where each role finds something to do.
var begins = map[string]string{
	"clerk": "/dept", "archivist": "/intake", "commission": "/commission", "head": "/accessions", "researcher": "/search?q=1/1/2",
	"auditor": "/audit?type=transfer&id=2026-1", "administrator": "/admin",
}

// Begins is the page where a role finds something to do.
func (Demonstration) Begins(role string) string { return begins[role] }

// Welcome adds the page that says what to try in a demonstration; without the file that one
// leaves there is no such page.
func Welcome(s *web.Site, file string) {
	s.Page("/welcome", "welcome", nil, func(r *web.Request) (any, error) {
		raw, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) || file == "" {
			return nil, web.NotFound.With()
		}
		var d Demonstration
		if err == nil {
			err = json.Unmarshal(raw, &d)
		}
		if err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
		return d, nil
	})
}
