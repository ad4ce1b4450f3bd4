package admin

import (
	"errors"
	"slices"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

func accountPages(s *web.Site) {
	s.Nav("/admin/accounts", "nav.accounts", administrator)
	s.Page("/admin/accounts", "accounts", administrator, list)
	s.Form("/admin/accounts/new", "newaccount", administrator, newAccount, create)
	s.Form("/admin/accounts/{account}", "oneaccount", administrator, oneAccount, setRoles)
	s.Act("/admin/accounts/{account}/name", administrator, setName)
	s.Act("/admin/accounts/{account}/reset", administrator, reset)
	s.Act("/admin/accounts/{account}/disable", administrator, disable)
	s.Act("/admin/accounts/{account}/enable", administrator, enable)
	s.Act("/admin/accounts/{account}/unlock", administrator, unlock)
	s.Act("/admin/accounts/{account}/end", administrator, endSessions)
}

func accountsOf(r *web.Request) (gatewayv1.AccountsServiceClient, error) {
	conn, err := r.Conn("gateway")
	if err != nil {
		return nil, err
	}
	return gatewayv1.NewAccountsServiceClient(conn), nil
}

type listPage struct {
	Accounts      []*gatewayv1.Account
	Next          string
	Organisations map[string]*recordv1.Text
}

func list(r *web.Request) (any, error) {
	c, err := accountsOf(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListAccounts(r.Context(), &gatewayv1.ListAccountsRequest{After: r.URL.Query().Get("after"), Limit: 100})
	if err != nil {
		return nil, err
	}
	page := listPage{Accounts: res.GetAccounts(), Organisations: map[string]*recordv1.Text{}}
	for _, o := range organisations(r) {
		page.Organisations[o.GetId()] = o.GetName()
	}
	if n := len(page.Accounts); res.GetMore() && n > 0 {
		page.Next = page.Accounts[n-1].GetAccountId()
	}
	return page, nil
}

// organisations are those for which clerks act; none where the service that knows them is away:
// then the code is typed.
func organisations(r *web.Request) []*recordv1.Organisation {
	list, _ := r.Organisations()
	return list
}

// form is what the pages about one account draw.
type form struct {
	Account       *gatewayv1.Account
	Sessions      []*gatewayv1.Session
	Organisations []web.Option
	Roles         []string
	Own           bool // the administrator's own account
}

func roleForm(r *web.Request) form {
	f := form{Roles: accounts.Roles, Account: &gatewayv1.Account{}}
	f.Organisations = []web.Option{{Value: "", Label: r.T("accounts.no-organisation")}}
	for _, o := range organisations(r) {
		f.Organisations = append(f.Organisations, web.Option{Value: o.GetId(), Label: web.In(r.Lang, o.GetName())})
	}
	return f
}

// Holds tells whether the account has a role.
func (f form) Holds(role string) bool { return slices.Contains(f.Account.GetRoles(), role) }

func newAccount(r *web.Request) (any, error) { return roleForm(r), nil }

// shown is a one-time password on its way to a person.
type shown struct {
	Account  *gatewayv1.Account
	Password string
}

func create(r *web.Request) (web.Redirect, error) {
	c, err := accountsOf(r)
	if err != nil {
		return "", err
	}
	res, err := c.CreateAccount(r.Context(), &gatewayv1.CreateAccountRequest{
		CommandId: r.Field("command"), Login: r.Field("login"), Name: r.Field("name"), Roles: r.PostForm["role"], Organisation: r.Field("organisation"),
	})
	if err != nil {
		return "", beside(r, err)
	}
	return r.Show("onetime", shown{res.GetAccount(), res.GetOneTimePassword()})
}

// beside puts a fault beside the field that it is about; what concerns no field stands on top.
func beside(r *web.Request, err error) error {
	for _, f := range []struct {
		field  string
		faults []error
	}{
		{"login", []error{accounts.BadLogin, accounts.LoginTaken}},
		{"name", []error{accounts.BadName}},
		{"role", []error{accounts.NoRole, accounts.UnknownRole, accounts.AuditorAlone}},
		{"organisation", []error{accounts.ClerkNeedsOrganisation, accounts.OnlyClerksHaveOne}},
	} {
		if slices.ContainsFunc(f.faults, func(of error) bool { return errors.Is(err, of) }) {
			r.WrongFault(f.field, err)
			return nil
		}
	}
	return err
}

func oneAccount(r *web.Request) (any, error) {
	c, err := accountsOf(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetAccount(r.Context(), &gatewayv1.GetAccountRequest{AccountId: r.PathValue("account")})
	if err != nil {
		return nil, err
	}
	f := roleForm(r)
	f.Account, f.Sessions, f.Own = res.GetAccount(), res.GetSessions(), res.GetAccount().GetAccountId() == r.Person.Account
	return f, nil
}

func here(r *web.Request) string { return "/admin/accounts/" + r.PathValue("account") }

func setRoles(r *web.Request) (web.Redirect, error) {
	c, err := accountsOf(r)
	if err != nil {
		return "", err
	}
	_, err = c.SetRoles(r.Context(), &gatewayv1.SetRolesRequest{
		CommandId: r.Field("command"), AccountId: r.PathValue("account"), Roles: r.PostForm["role"], Organisation: r.Field("organisation"),
	})
	if err != nil {
		return "", beside(r, err)
	}
	return web.Done(here(r), "done.roles"), nil
}

// act carries a button out and shows the account again.
func act(done string, do func(r *web.Request, c gatewayv1.AccountsServiceClient) error) func(*web.Request) (web.Redirect, error) {
	return func(r *web.Request) (web.Redirect, error) {
		c, err := accountsOf(r)
		if err == nil {
			err = do(r, c)
		}
		return web.Done(here(r), done), err
	}
}

var setName = act("done.name", func(r *web.Request, c gatewayv1.AccountsServiceClient) error {
	_, err := c.SetPerson(r.Context(), &gatewayv1.SetPersonRequest{CommandId: r.Field("command"), AccountId: r.PathValue("account"), Name: r.Field("name")})
	return err
})

var disable = act("done.disabled", func(r *web.Request, c gatewayv1.AccountsServiceClient) error {
	_, err := c.DisableAccount(r.Context(), &gatewayv1.DisableAccountRequest{CommandId: r.Field("command"), AccountId: r.PathValue("account"), Reason: r.Field("reason")})
	return err
})

var enable = act("done.enabled", func(r *web.Request, c gatewayv1.AccountsServiceClient) error {
	_, err := c.EnableAccount(r.Context(), &gatewayv1.EnableAccountRequest{CommandId: r.Field("command"), AccountId: r.PathValue("account")})
	return err
})

var unlock = act("done.unlocked", func(r *web.Request, c gatewayv1.AccountsServiceClient) error {
	_, err := c.UnlockAccount(r.Context(), &gatewayv1.UnlockAccountRequest{CommandId: r.Field("command"), AccountId: r.PathValue("account")})
	return err
})

var endSessions = act("done.ended", func(r *web.Request, c gatewayv1.AccountsServiceClient) error {
	_, err := c.EndSessions(r.Context(), &gatewayv1.EndSessionsRequest{CommandId: r.Field("command"), AccountId: r.PathValue("account")})
	return err
})

func reset(r *web.Request) (web.Redirect, error) {
	c, err := accountsOf(r)
	if err != nil {
		return "", err
	}
	res, err := c.ResetPassword(r.Context(), &gatewayv1.ResetPasswordRequest{CommandId: r.Field("command"), AccountId: r.PathValue("account")})
	if err != nil {
		return "", err
	}
	one, err := c.GetAccount(r.Context(), &gatewayv1.GetAccountRequest{AccountId: r.PathValue("account")})
	if err != nil {
		return "", err
	}
	return r.Show("onetime", shown{one.GetAccount(), res.GetOneTimePassword()})
}
