package web

import gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"

// AccountName is who an account belongs to: the reader's own name without asking, others' where the reader may look into the
// accounts. Empty where he may not, where there is no such account any more or its name was erased, and while the accounts do
// not answer: no page waits for a name.
func (r *Request) AccountName(account string) string {
	if account == "" || account == r.Person.Account {
		return r.Person.Name
	}
	conn, err := r.Conn("gateway")
	if err != nil {
		return ""
	}
	res, err := gatewayv1.NewAccountsServiceClient(conn).GetAccount(r.Context(), &gatewayv1.GetAccountRequest{AccountId: account})
	if err != nil {
		return ""
	}
	return res.GetAccount().GetName()
}
