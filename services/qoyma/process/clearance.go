package process

import (
	"slices"

	"github.com/qoyma/qoyma/services/platform/monitor"
)

// Grounds are the grounds of restriction that this archive knows (AI-1.8). State secrets are
// not among them: they are not stored at all.
var Grounds = []string{"personal", "family", "medical", "bank", "commercial", "official-use", "other-secret"}

// everything is the clearance of the services themselves: what they pass on is cut to the
// reader's.
var everything = monitor.Scope{Level: 3, Grounds: Grounds}

// Clearance is what somebody with these roles may read where nothing else was decided for
// the person: those who keep, decide and audit read all that the archive stores, a clerk
// what a department works with, everybody else (the administrator too) what is open.
func Clearance(roles []monitor.Role) monitor.Scope {
	scope := monitor.Scope{}
	for _, role := range roles {
		switch role {
		case monitor.Archivist, monitor.Head, monitor.Commission, monitor.Auditor:
			return monitor.Scope{Level: everything.Level, Grounds: slices.Clone(Grounds)}
		case monitor.Clerk:
			scope = monitor.Scope{Level: 2, Grounds: []string{"personal", "official-use"}}
		case monitor.Researcher, monitor.Administrator, monitor.Service:
		}
	}
	return scope
}
