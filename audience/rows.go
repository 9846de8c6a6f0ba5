package audience

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// RowReport returns which rows of one of the org's lists were refused, and why:
// what its sender was told in short in the Report, from the same file alone. It
// returns a CodeNotFound error, Reason "no_row_report", for a list that is over,
// whose rows are kept no longer, and for a batch of members, whose answer had
// them.
func (s *Service) RowReport(ctx context.Context, actor selvedge.Actor, audience selvedge.AudienceID, id selvedge.ListID) (list.RowReport, error) {
	v, err := s.GetList(ctx, actor, audience, id)
	switch {
	case err != nil:
		return list.RowReport{}, err
	case v.Rows == nil && v.Report.Identifiers.Refused == 0:
		return list.RowReport{Complete: true}, nil
	case v.Rows == nil:
		return list.RowReport{}, noRowReport()
	}
	r, err := s.Receiver.RowReport(ctx, *v.Rows)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound { // it was over in between
		err = noRowReport()
	}
	return r, err
}

func noRowReport() error {
	return selvedge.Errorf(selvedge.CodeNotFound, "the rows of this list are not kept: it is over, or was a batch of members").Because("no_row_report")
}
