// Package monitor is the reference monitor (IS-5, IS-7): every gRPC method and every read
// of an object is decided here, by one policy text, for a caller whose identity is signed.
//
// What is not allowed is denied: a method that the policy does not name, a policy that
// fails to evaluate, a call without identity.
package monitor

import (
	"context"
	"slices"
	"time"
)

// Role is what a person or a service may be; the policy says what each may do.
type Role string

// The roles. Service is for the reactions and timers of our own services.
const (
	Clerk         Role = "clerk"         // a department's clerk: registers files, sends transfers
	Archivist     Role = "archivist"     // accepts, describes, keeps
	Commission    Role = "commission"    // member of an expert commission: decides on disposal
	Head          Role = "head"          // head of the archive: approves, signs
	Researcher    Role = "researcher"    // reads what is open, asks for the rest
	Administrator Role = "administrator" // runs the system; reads no restricted record for it
	Auditor       Role = "auditor"       // reads journals, changes nothing
	Service       Role = "service"       // one of our services, on behalf of the cause
)

// Roles lists all roles in a fixed order.
func Roles() []Role {
	return []Role{Clerk, Archivist, Commission, Head, Researcher, Administrator, Auditor, Service}
}

// Identity says who acts. It is made by the gateway (a person) or a service (itself),
// travels signed for a few minutes, and is never stored.
type Identity struct {
	Actor      string // "person:<id>" or "service:<name>"
	OnBehalfOf string // whose cause it is, where the actor is not the one; else empty
	Roles      []Role
	// Organisation is the id of the department that a clerk works for: a clerk acts for it alone.
	// Empty for everybody else.
	Organisation string
	Clearance    Scope     // what may be read
	Audience     []string  // names of the services it is meant for
	Issued       time.Time // set by the issuer
	Expires      time.Time // set by the issuer
}

// Has reports whether the identity carries a role.
func (id Identity) Has(role Role) bool { return slices.Contains(id.Roles, role) }

type identityKey struct{}

// With puts a verified identity into the context: what the server's interceptors do, and
// what a service does before it acts by itself (a timer, a reaction).
func With(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// From is the verified identity of the call; false where nobody has been verified.
func From(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(Identity)
	return id, ok
}
