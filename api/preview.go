package api

import (
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// Preview is the answer to a dry run of an upload: how its first rows would be
// read, with values as they stand in it. It is kept nowhere.
type Preview struct {
	DryRun bool `json:"dry_run"`
	list.Preview

	Advice    map[identifier.Reason]string `json:"advice" doc:"for each reason in the report, what the sender can do"`
	Diagnosis []list.Finding               `json:"diagnosis"`
}

func previewOf(v list.Preview, d list.Declaration) Preview {
	return Preview{true, v, adviceOn(v.Report), list.Diagnose(v.Report, d)}
}

// adviceOn returns what can be done about each reason in a report.
func adviceOn(r list.Report) map[identifier.Reason]string {
	out := map[identifier.Reason]string{}
	for _, f := range r.Refused {
		out[f.Reason] = list.ReasonText(f.Reason)
	}
	return out
}
