package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

func (a *app) accountCommand() *cobra.Command {
	return a.family("account", "Accounts of people who sign in", a.accountCreate(), a.accountList(), a.accountShow(), a.accountRoles(),
		a.accountReset(), a.accountDisable(), a.accountEnable(), a.accountUnlock())
}

func accountsOf(ar *archive) (gatewayv1.AccountsServiceClient, error) {
	conn, err := ar.conn("gateway")
	if err != nil {
		return nil, err
	}
	return gatewayv1.NewAccountsServiceClient(conn), nil
}

// accountsCommand is the accounts service with a fresh command id.
func accountsCommand(ar *archive) (gatewayv1.AccountsServiceClient, string, error) {
	c, err := accountsOf(ar)
	if err != nil {
		return nil, "", err
	}
	id, err := commandID()
	return c, id, err
}

// administer adds the flags of a command that acts as administrator: its --role, where it has one,
// is the account's.
func (t *target) administer(c *cobra.Command) {
	t.where(c)
	t.roles = []string{string(monitor.Administrator)}
}

// accountRoles adds the flags that say what an account may do.
func accountRoles(c *cobra.Command, t *target, roles *[]string, organisation *string) {
	c.Flags().StringSliceVar(roles, "role", nil, "what the person may do, all of it: "+strings.Join(roleNames(personRoles()), ", "))
	c.Flags().StringVar(organisation, "organisation", "", "the department that a clerk acts for")
	_ = c.MarkFlagRequired("role")
	t.completeRoles(c)
}

// findAccount takes an account's number or login, and gives the account.
func findAccount(ctx context.Context, c gatewayv1.AccountsServiceClient, arg string) (*gatewayv1.GetAccountResponse, error) {
	q := &gatewayv1.GetAccountRequest{Login: arg}
	if strings.Trim(arg, "0123456789") == "" {
		q = &gatewayv1.GetAccountRequest{AccountId: arg}
	}
	return c.GetAccount(ctx, q)
}

func (a *app) accountCreate() *cobra.Command {
	var t target
	q := new(gatewayv1.CreateAccountRequest)
	c := &cobra.Command{
		Use: "create", Short: "Open an account; a one-time password is printed", Args: cobra.NoArgs,
		Long: `Open an account and print a one-time password, which is shown nowhere else. At the first sign-in the person
chooses another. A clerk needs the department for which they act.`,
		Example: `  qoyma account create --login aigerim --name "Әйгерім Сатова" --role administrator --data DIR
  qoyma account create --login bolat --name "Болат Ахметов" --role clerk --organisation bilim --data DIR`,
	}
	t.administer(c)
	c.Flags().StringVar(&q.Login, "login", "", "what the person types to sign in")
	c.Flags().StringVar(&q.Name, "name", "", "the person's name")
	accountRoles(c, &t, &q.Roles, &q.Organisation)
	for _, name := range []string{"login", "name"} {
		_ = c.MarkFlagRequired(name)
	}
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, id, err := accountsCommand(ar)
		if err != nil {
			return err
		}
		q.CommandId = id
		res, err := client.CreateAccount(ctx, q)
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.accounts([]*gatewayv1.Account{res.GetAccount()})
			a.oneTime(res.GetOneTimePassword())
		})
	})
	return c
}

func (a *app) oneTime(password string) {
	a.printf("%s  %s\n", a.say(text{"one-time password:", "одноразовый пароль:", "бір реттік құпиясөз:"}), password)
}

func (a *app) accounts(list []*gatewayv1.Account) {
	var rows [][]string
	for _, one := range list {
		rows = append(rows, []string{one.GetAccountId(), one.GetLogin(), one.GetName(), strings.Join(one.GetRoles(), ","), one.GetOrganisation(), a.accountState(one)})
	}
	a.table([]text{
		{"NO", "№", "№"},
		{"LOGIN", "ЛОГИН", "ЛОГИН"},
		{"NAME", "ИМЯ", "АТЫ-ЖӨНІ"},
		{"ROLES", "РОЛИ", "РӨЛДЕРІ"},
		{"DEPARTMENT", "ОРГАНИЗАЦИЯ", "ҰЙЫМ"},
		{"STATE", "СОСТОЯНИЕ", "КҮЙІ"},
	}, rows)
}

func (a *app) accountState(one *gatewayv1.Account) string {
	switch {
	case one.GetDisabled():
		return a.say(text{"closed", "закрыта", "жабық"})
	case one.GetLockedUntil() != nil:
		return a.say(text{"locked until ", "заблокирована до ", "бұғатталған: "}) + when(one.GetLockedUntil())
	case one.GetMustChange():
		return a.say(text{"one-time password", "одноразовый пароль", "бір реттік құпиясөз"})
	}
	return a.say(text{"open", "открыта", "ашық"})
}

func (a *app) accountList() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "list", Short: "List accounts", Args: cobra.NoArgs}
	t.administer(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := accountsOf(ar)
		if err != nil {
			return err
		}
		all := new(gatewayv1.ListAccountsResponse)
		for after, more := "", true; more; {
			res, err := client.ListAccounts(ctx, &gatewayv1.ListAccountsRequest{After: after})
			if err != nil {
				return err
			}
			all.Accounts = append(all.Accounts, res.GetAccounts()...)
			if more = res.GetMore() && len(res.GetAccounts()) > 0; more {
				after = res.GetAccounts()[len(res.GetAccounts())-1].GetAccountId()
			}
		}
		return a.show(all, func() { a.accounts(all.GetAccounts()) })
	})
	return c
}

func (a *app) accountShow() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "show LOGIN|NUMBER", Short: "Show an account with its sessions", Args: cobra.ExactArgs(1)}
	t.administer(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := accountsOf(ar)
		if err != nil {
			return err
		}
		res, err := findAccount(ctx, client, args[0])
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.accounts([]*gatewayv1.Account{res.GetAccount()})
			for _, s := range res.GetSessions() {
				a.printf("  %s – %s\n", when(s.GetBeganAt()), when(s.GetUntil()))
			}
		})
	})
	return c
}

// change makes a command about one account.
func (a *app) change(use, short string, flags func(*cobra.Command, *target), do func(ctx context.Context, c gatewayv1.AccountsServiceClient, id, account string) (*gatewayv1.Account, error)) *cobra.Command {
	var t target
	c := &cobra.Command{Use: use + " LOGIN|NUMBER", Short: short, Args: cobra.ExactArgs(1)}
	t.administer(c)
	if flags != nil {
		flags(c, &t)
	}
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := accountsCommand(ar)
		if err != nil {
			return err
		}
		found, err := findAccount(ctx, client, args[0])
		if err != nil {
			return err
		}
		changed, err := do(ctx, client, id, found.GetAccount().GetAccountId())
		if err != nil || changed == nil {
			return err
		}
		return a.show(changed, func() { a.accounts([]*gatewayv1.Account{changed}) })
	})
	return c
}

func (a *app) accountRoles() *cobra.Command {
	q := new(gatewayv1.SetRolesRequest)
	return a.change("roles", "Give an account other roles; its sessions end", func(c *cobra.Command, t *target) { accountRoles(c, t, &q.Roles, &q.Organisation) }, func(ctx context.Context, c gatewayv1.AccountsServiceClient, id, account string) (*gatewayv1.Account, error) {
		q.CommandId, q.AccountId = id, account
		res, err := c.SetRoles(ctx, q)
		return res.GetAccount(), err
	})
}

func (a *app) accountReset() *cobra.Command {
	return a.change("reset", "Give a one-time password; the account's sessions end", nil,
		func(ctx context.Context, c gatewayv1.AccountsServiceClient, id, account string) (*gatewayv1.Account, error) {
			res, err := c.ResetPassword(ctx, &gatewayv1.ResetPasswordRequest{CommandId: id, AccountId: account})
			if err != nil {
				return nil, err
			}
			return nil, a.show(res, func() { a.oneTime(res.GetOneTimePassword()) })
		})
}

func (a *app) accountDisable() *cobra.Command {
	var reason string
	return a.change("disable", "Close an account; its sessions end", func(c *cobra.Command, _ *target) {
		c.Flags().StringVar(&reason, "reason", "", "why, without names: it stays in the journal")
		_ = c.MarkFlagRequired("reason")
	}, func(ctx context.Context, c gatewayv1.AccountsServiceClient, id, account string) (*gatewayv1.Account, error) {
		res, err := c.DisableAccount(ctx, &gatewayv1.DisableAccountRequest{CommandId: id, AccountId: account, Reason: reason})
		return res.GetAccount(), err
	})
}

func (a *app) accountEnable() *cobra.Command {
	return a.change("enable", "Open a closed account again", nil,
		func(ctx context.Context, c gatewayv1.AccountsServiceClient, id, account string) (*gatewayv1.Account, error) {
			res, err := c.EnableAccount(ctx, &gatewayv1.EnableAccountRequest{CommandId: id, AccountId: account})
			return res.GetAccount(), err
		})
}

func (a *app) accountUnlock() *cobra.Command {
	return a.change("unlock", "Open an account that was locked after failed attempts", nil,
		func(ctx context.Context, c gatewayv1.AccountsServiceClient, id, account string) (*gatewayv1.Account, error) {
			res, err := c.UnlockAccount(ctx, &gatewayv1.UnlockAccountRequest{CommandId: id, AccountId: account})
			return res.GetAccount(), err
		})
}

// firstAccount says how to begin where nobody can sign in yet.
func (a *app) firstAccount(p *process.Process, s settings) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := p.As(monitor.Identity{Actor: account(), Roles: []monitor.Role{monitor.Administrator}}).Conn("gateway")
	if err != nil {
		return // where there is no gateway here, somebody else says it
	}
	list, err := gatewayv1.NewAccountsServiceClient(conn).ListAccounts(ctx, &gatewayv1.ListAccountsRequest{Limit: 1})
	if err != nil || len(list.GetAccounts()) > 0 {
		return
	}
	a.printf("%s\n  qoyma account create --role administrator --login LOGIN --name NAME --data %s\n", a.say(text{
		"nobody can sign in yet; make the first account in another terminal:",
		"войти пока некому; заведите первую учётную запись в другом терминале:",
		"әзірге ешкім кіре алмайды; бірінші есептік жазбаны басқа терминалда ашыңыз:",
	}), s.Data)
}
