package web

import (
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// mostOrganisations bounds how many organisations a page gathers, and so its calls.
const mostOrganisations = 5000

// Organisations are the organisations that are registered, by id, as the reader may see them: a clerk's
// own alone. With an error come those that were listed before it.
func (r *Request) Organisations() (list []*recordv1.Organisation, err error) {
	conn, err := r.Conn("retention")
	if err != nil {
		return nil, err
	}
	c := retentionv1.NewRetentionServiceClient(conn)
	for after, more := "", true; more && len(list) < mostOrganisations; {
		res, err := c.ListOrganisations(r.Context(), &retentionv1.ListOrganisationsRequest{After: after})
		if err != nil {
			return list, err
		}
		list = append(list, res.GetOrganisations()...)
		if more = res.GetMore() && len(res.GetOrganisations()) > 0; more {
			after = list[len(list)-1].GetId()
		}
	}
	return list, nil
}

// Organisation finds an organisation among those that the reader may see; nil where it is not there.
func (r *Request) Organisation(id string) (*recordv1.Organisation, error) {
	conn, err := r.Conn("retention")
	if err != nil {
		return nil, err
	}
	res, err := retentionv1.NewRetentionServiceClient(conn).GetOrganisation(r.Context(), &retentionv1.GetOrganisationRequest{OrganisationId: id})
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil, nil // that it is not there is an answer
	}
	return res.GetOrganisation(), err
}
