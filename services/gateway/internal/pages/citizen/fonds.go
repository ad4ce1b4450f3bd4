package citizen

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// suggested is how many fonds are suggested at once.
const suggested = 5

// matching finds the fonds that the organisation's name may mean, and those chosen before. The
// request can be sent without them: where the catalogue is away, nothing is suggested.
func matching(r *web.Request, d draft) []foundFonds {
	var out []foundFonds
	chosen := strings.Fields(d.fonds)
	found, err := fondsLike(r, d.asked()["org"])
	if err != nil {
		found = nil
	}
	for _, f := range found {
		out = append(out, foundFonds{f, slices.Contains(chosen, f.GetNumber())})
	}
	for _, number := range chosen {
		if !slices.ContainsFunc(out, func(f foundFonds) bool { return f.GetNumber() == number }) {
			out = append(out, foundFonds{&cataloguev1.Fonds{Number: number}, true})
		}
	}
	return out
}

func fondsLike(r *web.Request, words string) ([]*cataloguev1.Fonds, error) {
	if utf8.RuneCountInString(words) < 3 {
		return nil, nil
	}
	c, err := catalogue(r)
	if err != nil {
		return nil, err
	}
	res, err := c.Search(r.Context(), &cataloguev1.SearchRequest{Query: firstRunes(words, 200), Kind: "fonds", Limit: suggested})
	if err != nil {
		return nil, err
	}
	var out []*cataloguev1.Fonds
	for _, h := range res.GetHits() {
		code, err := archcode.Parse(h.GetCode().GetRu())
		if err != nil {
			continue
		}
		out = append(out, &cataloguev1.Fonds{Number: code.Fonds.String(), Name: h.GetTitle(), Code: h.GetCode()})
	}
	return out, nil
}

func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// suggest answers the script of the organisation's field: names of fonds, as a JSON list.
func suggest(w http.ResponseWriter, r *web.Request) error {
	found, err := fondsLike(r, strings.TrimSpace(r.URL.Query().Get("q")))
	if err != nil {
		return err
	}
	names := []string{}
	for _, f := range found {
		names = append(names, web.In(r.Lang, f.GetName()))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, max-age=60")
	return json.NewEncoder(w).Encode(names)
}
