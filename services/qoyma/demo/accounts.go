package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// Password opens every account of a demonstration: it is printed, and no secret.
const Password = "сегіз-қырлы-бір-сырлы" //nolint:gosec // said on the page that a demonstration opens with

// Account is one account of the demonstration, for whoever tries it.
type Account struct {
	Login        string `json:"login"`
	Name         string `json:"name"`
	Role         string `json:"role"`
	Organisation string `json:"organisation,omitempty"`
	OrgKK        string `json:"organisation_kk,omitempty"`
	OrgRU        string `json:"organisation_ru,omitempty"`
	OrgEN        string `json:"organisation_en,omitempty"`
}

// people lists them: one for every role, and clerks of the first two departments.
func (d *demo) people() []Account {
	list := []Account{
		{Login: "arhivist", Name: "Әсел Тұрсынова", Role: "archivist"},
		{Login: "komissiya", Name: "Марат Оспанов", Role: "commission"},
		{Login: "basshy", Name: "Гүлнәр Сейітқызы", Role: "head"},
		{Login: "zertteushi", Name: "Ирина Ковалёва", Role: "researcher"},
		{Login: "auditor", Name: "Нұрлан Бекенов", Role: "auditor"},
		{Login: "akimshi", Name: "Дмитрий Ким", Role: "administrator"},
	}
	clerks := []struct{ login, name string }{{"bilim", "Сәуле Сағатбекова"}, {"su-bolimi", "Ерлан Жұмабаев"}}
	for i, c := range clerks {
		o := d.departments[i].organisation
		list = append([]Account{{
			Login: c.login, Name: c.name, Role: "clerk", Organisation: o.GetId(),
			OrgKK: o.GetName().GetKk(), OrgRU: o.GetName().GetRu(), OrgEN: o.GetName().GetEn(),
		}}, list...)
	}
	return list
}

// AccountsFile is the name of the file in the demonstration's folder from which the gateway knows
// that it shows a demonstration, and to whom.
const AccountsFile = "accounts.json"

// accounts opens an account for every role, before the first step.
func (d *demo) accounts(ctx context.Context) error {
	conn, err := d.p.As(monitor.Identity{Actor: "person:demo-admin", Roles: []monitor.Role{monitor.Administrator}}).Conn("gateway")
	if err != nil {
		return err
	}
	c := gatewayv1.NewAccountsServiceClient(conn)
	list := d.people()
	failed := make([]error, len(list))
	var wg sync.WaitGroup
	for i, one := range list {
		wg.Go(func() {
			id, err := d.open(ctx, c, one)
			if one.Role == "head" {
				d.headAccount = id
			}
			failed[i] = err
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	d.opened = list
	raw, err := json.MarshalIndent(map[string]any{"password": Password, "accounts": list}, "", "  ")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return journal.WriteFileSync(filepath.Join(d.folder, AccountsFile), append(raw, '\n'), 0o600)
}

// open opens one account and sets the password that is printed; it gives the account's number.
func (d *demo) open(ctx context.Context, c gatewayv1.AccountsServiceClient, one Account) (string, error) {
	q := &gatewayv1.CreateAccountRequest{
		CommandId: d.id("account " + one.Login), Login: one.Login, Name: one.Name, Roles: []string{one.Role}, Organisation: one.Organisation,
	}
	res, err := c.CreateAccount(ctx, q)
	if err != nil {
		return "", err
	}
	id := res.GetAccount().GetAccountId()
	if !res.GetAccount().GetMustChange() {
		return id, nil // of an earlier run
	}
	_, err = c.ChangePassword(ctx, &gatewayv1.ChangePasswordRequest{
		CommandId: d.id("password " + one.Login), Login: one.Login, Password: res.GetOneTimePassword(), NewPassword: Password,
	})
	return id, err
}
