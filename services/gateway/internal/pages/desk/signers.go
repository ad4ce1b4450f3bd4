package desk

import (
	"slices"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

type signersPage struct {
	Signers []*referencev1.Signer
	Invited *referencev1.InviteSignerResponse // the code, shown once
	Account string
	Heads   []web.Option // accounts of heads; empty where they cannot be listed
}

// showSigners lists who signs or signed, and invites.
func showSigners(r *web.Request) (any, error) {
	r.Private()
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListSigners(r.Context(), &referencev1.ListSignersRequest{})
	if err != nil {
		return nil, err
	}
	p := signersPage{Signers: res.GetSigners(), Heads: accountsOf(r, monitor.Head)}
	if invited, ok := r.Carry.(*referencev1.InviteSignerResponse); ok && r.OK() {
		p.Invited, p.Account = invited, r.Field("account")
	}
	return p, nil
}

// accountsOf lists the accounts with one of these roles, to choose from. Where the accounts do not
// answer, the number is typed: no act waits for a list.
func accountsOf(r *web.Request, roles ...monitor.Role) []web.Option {
	c, err := service(r, "gateway", gatewayv1.NewAccountsServiceClient)
	if err != nil {
		return nil
	}
	res, err := c.ListAccounts(r.Context(), &gatewayv1.ListAccountsRequest{})
	if err != nil {
		return nil
	}
	var out []web.Option
	for _, a := range res.GetAccounts() {
		has := func(role monitor.Role) bool { return slices.Contains(a.GetRoles(), string(role)) }
		if slices.ContainsFunc(roles, has) && !a.GetDisabled() {
			out = append(out, web.Option{Value: a.GetAccountId(), Label: a.GetName() + " (" + a.GetAccountId() + ")"})
		}
	}
	return out
}

// invite gives an account a one-time code, or ends its right to sign. The code is shown in the
// answer and nowhere else.
func invite(r *web.Request) (web.Redirect, error) {
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	if account := r.Field("revoke"); r.Field("do") == "revoke" {
		if r.Field("ground") == "" {
			r.Wrong("ground", "desk.need.ground")
			return web.Stay, nil
		}
		if _, err := c.RevokeSigner(r.Context(), &referencev1.RevokeSignerRequest{CommandId: r.Field("command"), Account: account, Ground: r.Field("ground")}); err != nil {
			return "", err
		}
		return web.Done("/signers", "done.desk.revoked"), nil
	}
	for _, field := range []string{"account", "name_kk", "name_ru", "post_kk", "post_ru"} {
		if r.Field(field) == "" {
			r.Wrong(field, "desk.need.filled")
		}
	}
	if !r.OK() {
		return web.Stay, nil
	}
	r.Carry, err = c.InviteSigner(r.Context(), &referencev1.InviteSignerRequest{
		CommandId: r.Field("command"), Account: r.Field("account"),
		Name: &recordv1.Text{Kk: r.Field("name_kk"), Ru: r.Field("name_ru"), En: r.Field("name_en")},
		Post: &recordv1.Text{Kk: r.Field("post_kk"), Ru: r.Field("post_ru"), En: r.Field("post_en")},
	})
	return web.Stay, err
}
