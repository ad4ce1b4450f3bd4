package monitor

import (
	"context"
	"slices"
)

// Department says for whose records somebody acts: for those of one organisation, or of all.
// The zero Department is all of them.
type Department struct{ only string }

// beyond are the roles in which people act for more than one organisation.
var beyond = []Role{Archivist, Commission, Head, Auditor, Administrator, Service}

// DepartmentOf is the department of the call's identity. A clerk acts for his own alone, unless
// another of his roles goes beyond it; the fault is ErrNoDepartment where his account names none.
func DepartmentOf(ctx context.Context) (Department, error) {
	id, _ := From(ctx)
	if !id.Has(Clerk) || slices.ContainsFunc(id.Roles, func(r Role) bool { return slices.Contains(beyond, r) }) {
		return Department{}, nil
	}
	if id.Organisation == "" {
		return Department{}, ErrNoDepartment.With()
	}
	return Department{only: id.Organisation}, nil
}

// Only is the organisation for which alone one acts; empty where it is all of them.
func (d Department) Only() string { return d.only }

// Has tells whether an organisation's records are among those for which one acts.
func (d Department) Has(organisation string) bool { return d.only == "" || d.only == organisation }
