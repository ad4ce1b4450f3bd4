package api

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Server answers qoyma.gateway.v1.AccountsService.
type Server struct {
	gatewayv1.UnimplementedAccountsServiceServer
	people *People
}

// NewServer makes it.
func NewServer(p *People) *Server { return &Server{people: p} }

// maxPage bounds a list of accounts.
const maxPage = 200

// do carries a command out.
func (s *Server) do(ctx context.Context, id, method string, decide base.Decide) ([]*journal.Record, error) {
	c, err := journalapi.Command(ctx, id, method)
	if err != nil {
		return nil, err
	}
	c.Decide = decide
	return s.people.cfg.Store.Do(ctx, c)
}

// account reads one as administrators see it.
func (s *Server) account(id string) (a *gatewayv1.Account, err error) {
	err = s.people.cfg.Store.View(func(v *base.View) error {
		row, err := store.Account(v, id)
		if err == nil {
			a, err = s.people.shown(v, row)
		}
		return err
	})
	return a, err
}

// shown is a row with its person and what follows from the moment.
func (p *People) shown(v *base.View, row store.Row) (*gatewayv1.Account, error) {
	person, err := p.sealed(v, row)
	if err != nil {
		return nil, err
	}
	a, _ := proto.Clone(row.Account).(*gatewayv1.Account)
	a.Login, a.Name = person.GetLogin(), person.GetName()
	a.Sessions = uint32(len(p.sessions(v, row.GetAccountId())))
	a.LockedUntil = nil
	if until := store.Locked(row, p.cfg.Store.Now()); !until.IsZero() {
		a.LockedUntil = timestamppb.New(until)
	}
	return a, nil
}

// sessions are those that last, the ones used last first.
func (p *People) sessions(v *base.View, account string) (list []*gatewayv1.Session) {
	now := p.cfg.Store.Now()
	for _, s := range store.Sessions(v, account) {
		if accounts.Expired(s.Until, p.lastSeen(s), now) != "" {
			continue
		}
		one := &gatewayv1.Session{Id: s.ID(), BeganAt: timestamppb.New(s.Began), Until: timestamppb.New(s.Until)}
		p.mu.Lock()
		if seen, ok := p.seen[s.Digest]; ok {
			one.SeenAt = timestamppb.New(seen)
		}
		p.mu.Unlock()
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *gatewayv1.Session) int {
		if c := b.GetSeenAt().AsTime().Compare(a.GetSeenAt().AsTime()); c != 0 {
			return c
		}
		return b.GetBeganAt().AsTime().Compare(a.GetBeganAt().AsTime())
	})
	return list
}

// CreateAccount implements AccountsService.
func (s *Server) CreateAccount(ctx context.Context, q *gatewayv1.CreateAccountRequest) (*gatewayv1.CreateAccountResponse, error) {
	login, err := accounts.Login(q.GetLogin())
	if err != nil {
		return nil, err
	}
	name, err := accounts.Name(q.GetName())
	if err != nil {
		return nil, err
	}
	roles, err := accounts.CheckRoles(q.GetRoles(), q.GetOrganisation())
	if err != nil {
		return nil, err
	}
	password := accounts.OneTime(s.people.cfg.Key, q.GetCommandId())
	hash, err := s.people.hasher.New(ctx, password)
	if err != nil {
		return nil, err
	}
	records, err := s.do(ctx, q.GetCommandId(), gatewayv1.AccountsService_CreateAccount_FullMethodName, store.Create(store.NewAccount{
		LoginKey: accounts.LoginKey(s.people.cfg.Key, login), Login: login, Name: name, Roles: roles, Organisation: q.GetOrganisation(), Password: hash,
	}))
	if err != nil {
		return nil, err
	}
	a, err := s.account(records[0].Object().ID)
	return &gatewayv1.CreateAccountResponse{Account: a, OneTimePassword: password}, err
}

// ListAccounts implements AccountsService.
func (s *Server) ListAccounts(_ context.Context, q *gatewayv1.ListAccountsRequest) (*gatewayv1.ListAccountsResponse, error) {
	limit := int(q.GetLimit())
	if limit == 0 || limit > maxPage {
		limit = maxPage
	}
	res := new(gatewayv1.ListAccountsResponse)
	err := s.people.cfg.Store.View(func(v *base.View) error {
		rows, more, err := store.Accounts(v, q.GetAfter(), limit)
		if err != nil {
			return err
		}
		res.More = more
		for _, row := range rows {
			a, err := s.people.shown(v, row)
			if err != nil {
				return err
			}
			res.Accounts = append(res.Accounts, a)
		}
		return nil
	})
	return res, err
}

// GetAccount implements AccountsService.
func (s *Server) GetAccount(_ context.Context, q *gatewayv1.GetAccountRequest) (*gatewayv1.GetAccountResponse, error) {
	res := new(gatewayv1.GetAccountResponse)
	err := s.people.cfg.Store.View(func(v *base.View) error {
		id := q.GetAccountId()
		if id == "" {
			id = store.ByLogin(v, accounts.LoginKey(s.people.cfg.Key, accounts.Fold(q.GetLogin())))
		}
		row, err := store.Account(v, id)
		if err != nil {
			return err
		}
		res.Sessions = s.people.sessions(v, id)
		res.Account, err = s.people.shown(v, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// SetPerson implements AccountsService.
func (s *Server) SetPerson(ctx context.Context, q *gatewayv1.SetPersonRequest) (*gatewayv1.SetPersonResponse, error) {
	name, err := accounts.Name(q.GetName())
	if err != nil {
		return nil, err
	}
	now, err := s.account(q.GetAccountId())
	if err != nil {
		return nil, err
	}
	if now.GetLogin() == "" {
		return nil, journal.Erased.With("object", store.Ref(q.GetAccountId()))
	}
	a, err := s.set(ctx, q, gatewayv1.AccountsService_SetPerson_FullMethodName, store.SetPerson(q.GetAccountId(), now.GetLogin(), name))
	return &gatewayv1.SetPersonResponse{Account: a}, err
}

// set carries out a command about one account and shows it afterwards.
func (s *Server) set(ctx context.Context, q interface {
	GetCommandId() string
	GetAccountId() string
}, method string, decide base.Decide,
) (*gatewayv1.Account, error) {
	if _, err := s.do(ctx, q.GetCommandId(), method, decide); err != nil {
		return nil, err
	}
	return s.account(q.GetAccountId())
}

// SetRoles implements AccountsService.
func (s *Server) SetRoles(ctx context.Context, q *gatewayv1.SetRolesRequest) (*gatewayv1.SetRolesResponse, error) {
	roles, err := accounts.CheckRoles(q.GetRoles(), q.GetOrganisation())
	if err != nil {
		return nil, err
	}
	a, err := s.set(ctx, q, gatewayv1.AccountsService_SetRoles_FullMethodName, store.SetRoles(q.GetAccountId(), roles, q.GetOrganisation()))
	return &gatewayv1.SetRolesResponse{Account: a}, err
}

// DisableAccount implements AccountsService.
func (s *Server) DisableAccount(ctx context.Context, q *gatewayv1.DisableAccountRequest) (*gatewayv1.DisableAccountResponse, error) {
	reason, err := accounts.Reason(q.GetReason())
	if err != nil {
		return nil, err
	}
	a, err := s.set(ctx, q, gatewayv1.AccountsService_DisableAccount_FullMethodName, store.Disable(q.GetAccountId(), reason))
	return &gatewayv1.DisableAccountResponse{Account: a}, err
}

// EnableAccount implements AccountsService.
func (s *Server) EnableAccount(ctx context.Context, q *gatewayv1.EnableAccountRequest) (*gatewayv1.EnableAccountResponse, error) {
	a, err := s.set(ctx, q, gatewayv1.AccountsService_EnableAccount_FullMethodName, store.Enable(q.GetAccountId()))
	return &gatewayv1.EnableAccountResponse{Account: a}, err
}

// ResetPassword implements AccountsService.
func (s *Server) ResetPassword(ctx context.Context, q *gatewayv1.ResetPasswordRequest) (*gatewayv1.ResetPasswordResponse, error) {
	password := accounts.OneTime(s.people.cfg.Key, q.GetCommandId())
	hash, err := s.people.hasher.New(ctx, password)
	if err != nil {
		return nil, err
	}
	records, err := s.do(ctx, q.GetCommandId(), gatewayv1.AccountsService_ResetPassword_FullMethodName, store.Reset(q.GetAccountId(), hash))
	if err != nil {
		return nil, err
	}
	s.people.guard.Succeeded(q.GetAccountId())
	return &gatewayv1.ResetPasswordResponse{
		OneTimePassword: password, Until: timestamppb.New(records[0].Time().Add(accounts.OneTimeLife).Truncate(time.Second)),
	}, nil
}

// ChangePassword implements AccountsService.
func (s *Server) ChangePassword(ctx context.Context, q *gatewayv1.ChangePasswordRequest) (*gatewayv1.ChangePasswordResponse, error) {
	c, err := journalapi.Command(ctx, q.GetCommandId(), gatewayv1.AccountsService_ChangePassword_FullMethodName)
	if err != nil {
		return nil, err
	}
	if err := s.people.change(ctx, c, q.GetLogin(), q.GetPassword(), q.GetNewPassword(), nil); err != nil {
		return nil, err
	}
	return &gatewayv1.ChangePasswordResponse{}, nil
}

// UnlockAccount implements AccountsService.
func (s *Server) UnlockAccount(ctx context.Context, q *gatewayv1.UnlockAccountRequest) (*gatewayv1.UnlockAccountResponse, error) {
	a, err := s.set(ctx, q, gatewayv1.AccountsService_UnlockAccount_FullMethodName, store.Unlock(q.GetAccountId()))
	if err == nil {
		s.people.guard.Succeeded(q.GetAccountId())
	}
	return &gatewayv1.UnlockAccountResponse{Account: a}, err
}

// EndSessions implements AccountsService.
func (s *Server) EndSessions(ctx context.Context, q *gatewayv1.EndSessionsRequest) (*gatewayv1.EndSessionsResponse, error) {
	records, err := s.do(ctx, q.GetCommandId(), gatewayv1.AccountsService_EndSessions_FullMethodName, store.EndSessions(q.GetAccountId(), q.GetSessionId(), "ended"))
	return &gatewayv1.EndSessionsResponse{Ended: uint32(len(records))}, err
}
