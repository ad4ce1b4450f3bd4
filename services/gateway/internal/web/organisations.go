package web

import (
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
)

// mostOrganisations bounds how many organisations a page gathers, and so its calls.
const mostOrganisations = 5000

// Organisations are the organisations that are registered, by id, as the reader may see them: a clerk's
// own alone. With an error come those that were listed before it.
func (r *Request) Organisations() (list []*recordv1.Organisation, err error) {
	err = r.organisations(func(o *recordv1.Organisation) bool {
		list = append(list, o)
		return true
	})
	return list, err
}

// Organisation finds an organisation among those that the reader may see; nil where it is not there.
func (r *Request) Organisation(id string) (found *recordv1.Organisation, err error) {
	err = r.organisations(func(o *recordv1.Organisation) bool {
		if o.GetId() == id {
			found = o
		}
		return found == nil
	})
	return found, err
}

// organisations hands over one after another until take has enough.
func (r *Request) organisations(take func(*recordv1.Organisation) bool) error {
	conn, err := r.Conn("retention")
	if err != nil {
		return err
	}
	c := retentionv1.NewRetentionServiceClient(conn)
	for n, after := 0, ""; n < mostOrganisations; {
		res, err := c.ListOrganisations(r.Context(), &retentionv1.ListOrganisationsRequest{After: after})
		if err != nil {
			return err
		}
		for _, o := range res.GetOrganisations() {
			if !take(o) {
				return nil
			}
			after = o.GetId()
		}
		if !res.GetMore() || len(res.GetOrganisations()) == 0 {
			return nil
		}
		n += len(res.GetOrganisations())
	}
	return nil
}
