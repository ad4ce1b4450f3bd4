// Package account is signing in and out, and what people see of their own account.
package account

import (
	"embed"
	"errors"
	"time"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/api"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

//go:embed templates texts.json
var files embed.FS

// pages holds what the handlers need.
type pages struct {
	people *api.People
}

// Add adds the pages to a site; people knows who is who.
func Add(s *web.Site, people *api.People) error {
	if err := s.Area(files); err != nil {
		return err
	}
	p := pages{people}
	s.Form("/sign-in", "signin", nil, p.showSignIn, p.signIn)
	s.Act("/sign-out", nil, p.signOut)
	s.Page("/account", "account", web.Signed, p.show)
	s.Form("/account/password", "password", nil, p.showPassword, p.changePassword)
	s.Act("/account/sessions/end", web.Signed, p.endSession)
	// Whole archives sign in from behind one address at nine in the morning.
	s.Limit("POST /sign-in", web.Rate{Burst: 60, Every: 2 * time.Second})
	s.Limit("POST /account/password", web.Rate{Burst: 20, Every: 5 * time.Second})
	return nil
}

type signInPage struct {
	Next string
	// Empty: no account exists yet.
	Empty bool
}

func (p pages) showSignIn(r *web.Request) (any, error) {
	next := string(r.Next(""))
	if r.Person.Account != "" && r.Method == "GET" {
		return r.Next(r.Home(r.Person)), nil
	}
	r.Private()
	empty, err := p.people.Empty()
	return signInPage{Next: next, Empty: empty}, err
}

func (p pages) signIn(r *web.Request) (web.Redirect, error) {
	login, password := r.Field("login"), r.PostFormValue("password")
	if login == "" {
		r.Wrong("login", "signin.login.missing")
	}
	if password == "" {
		r.Wrong("password", "signin.password.missing")
	}
	if !r.OK() {
		return "", nil
	}
	secret, person, err := p.people.SignIn(r.Context(), login, password, api.Secret(r.Session()))
	if err != nil {
		return "", err
	}
	r.SetSession(string(secret), accounts.SessionLife)
	if person.MustChange {
		return "/account/password", nil
	}
	return r.Next(r.Home(Person(person))), nil
}

// Person is an account as the frame knows it.
func Person(p api.Person) web.Person {
	return web.Person{Account: p.Account, Name: p.Name, Identity: p.Identity, MustChange: p.MustChange}
}

func (p pages) signOut(r *web.Request) (web.Redirect, error) {
	secret := api.Secret(r.Session())
	person, ok, err := p.people.Who(secret)
	if ok {
		err = p.people.SignOut(r.Context(), person, secret)
	}
	if err != nil {
		return "", err
	}
	r.SetSession("", 0)
	return web.Done("/sign-in", "done.signed-out"), nil
}

type accountPage struct {
	Login        string
	Roles        []string
	Organisation string // of a clerk, by its name
	Sessions     []session
}

type session struct {
	*gatewayv1.Session
	Here bool
}

func (p pages) show(r *web.Request) (any, error) {
	person, ok, err := p.people.Who(api.Secret(r.Session()))
	if err != nil || !ok {
		return web.Redirect("/sign-in"), err
	}
	own, err := p.people.Own(person.Account)
	page := accountPage{Login: person.Login, Organisation: organisation(r)}
	for _, role := range person.Identity.Roles {
		page.Roles = append(page.Roles, string(role))
	}
	for _, s := range own {
		page.Sessions = append(page.Sessions, session{s, s.GetId() == person.Session})
	}
	return page, err
}

// organisation is the name of the department that the reader acts for; its code where the service that knows
// the name is away.
func organisation(r *web.Request) string {
	code := r.Person.Identity.Organisation
	if code == "" {
		return ""
	}
	o, err := r.Organisation(code)
	if err != nil || o == nil {
		return code
	}
	return web.In(r.Lang, o.GetName())
}

func (p pages) endSession(r *web.Request) (web.Redirect, error) {
	person, ok, err := p.people.Who(api.Secret(r.Session()))
	if err != nil || !ok {
		return "/sign-in", err
	}
	if err := p.people.EndSession(r.Context(), person, r.Field("session")); err != nil {
		return "", err
	}
	return web.Done("/account", "done.session-ended"), nil
}

type passwordPage struct {
	Login string
	First bool // a one-time password holds
}

// showPassword is open to whoever signed in, with a one-time password too.
func (p pages) showPassword(r *web.Request) (any, error) {
	person, ok, err := p.people.Who(api.Secret(r.Session()))
	if err != nil || !ok {
		return web.Redirect("/sign-in?next=/account/password"), err
	}
	r.Private()
	return passwordPage{Login: person.Login, First: person.MustChange}, nil
}

func (p pages) changePassword(r *web.Request) (web.Redirect, error) {
	person, ok, err := p.people.Who(api.Secret(r.Session()))
	if err != nil || !ok {
		return "/sign-in?next=/account/password", err
	}
	old, wanted, again := r.PostFormValue("password"), r.PostFormValue("new"), r.PostFormValue("again")
	if old == "" {
		r.Wrong("password", "password.old.missing")
	}
	if wanted == "" {
		r.Wrong("new", "password.new.missing")
	} else if again != wanted {
		r.Wrong("again", "password.again.differs")
	}
	if !r.OK() {
		return "", nil
	}
	secret, err := p.people.ChangePassword(r.Context(), person.Login, old, wanted)
	if err != nil {
		field := "new"
		if errors.Is(err, accounts.WrongPassword) {
			r.Wrong("password", "password.old.wrong")
			return "", nil
		}
		for _, of := range []error{accounts.PasswordShort, accounts.PasswordLong, accounts.PasswordCommon, accounts.PasswordLogin, accounts.PasswordSame} {
			if errors.Is(err, of) {
				r.WrongFault(field, err)
				return "", nil
			}
		}
		return "", err
	}
	r.SetSession(string(secret), accounts.SessionLife)
	if person.MustChange {
		if now, ok, err := p.people.Who(secret); err == nil && ok {
			return web.Done(r.Home(Person(now)), "done.password"), nil
		}
	}
	return web.Done("/account", "done.password"), nil
}
