package desk

import (
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// confirmers are those who confirmed leaves above a file's count, in words, by their accounts.
type confirmers map[string]string

// confirmersOf asks for each of them once: the head may read the accounts, another reader knows himself alone, and a call that is denied
// would stand in the journal as one. Whose name is not to be had stays a number.
func confirmersOf(r *web.Request, findings []*referencev1.Finding) confirmers {
	c := confirmers{}
	for _, f := range findings {
		account := f.GetLeavesConfirmedBy()
		if account == "" || c[account] != "" {
			continue
		}
		if account == me(r) || r.Person.Identity.Has(monitor.Head) {
			c[account] = r.AccountName(account)
		}
		if c[account] == "" {
			c[account] = r.T("desk.account.n", "n", account)
		}
	}
	return c
}

// uncounted are leaves above the file's count.
type uncounted struct {
	Count uint32 // by the catalogue
	Who   string // confirmed them
}

// Beyond is what a finding cites above its file's count; nil where it cites nothing there.
func (c confirmers) Beyond(f *referencev1.Finding) *uncounted {
	if f.GetLeavesConfirmedBy() == "" {
		return nil
	}
	return &uncounted{f.GetLeafCount(), c[f.GetLeavesConfirmedBy()]}
}
