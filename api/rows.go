package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// RowReport lists the rows of a list of which something was refused. Nothing that
// stood in them is in it, and nothing that depends on who is on the platform.
type RowReport struct {
	List     selvedge.ListID `json:"list"`
	Complete bool            `json:"complete" doc:"false if more rows were refused than the 100,000 that are listed; the list's report counts them all"`
	Rows     []RefusedRow    `json:"rows" doc:"in the order of the file; a row with several reasons stands there with each"`

	Advice map[identifier.Reason]string `json:"advice" doc:"for each reason, what the sender can do"`
}

// RefusedRow is one row and one reason.
type RefusedRow struct {
	Row    int64             `json:"row" doc:"from 1, as a spreadsheet numbers it"`
	Number int               `json:"number" doc:"of the reason; it never changes"`
	Reason identifier.Reason `json:"reason"`
}

func rowReportOf(id selvedge.ListID, v list.RowReport) RowReport {
	out := RowReport{List: id, Complete: v.Complete, Rows: []RefusedRow{}, Advice: map[identifier.Reason]string{}}
	for _, r := range v.Rows {
		out.Rows = append(out.Rows, RefusedRow{r.Row, list.ReasonNumber(r.Reason), r.Reason})
		out.Advice[r.Reason] = list.ReasonText(r.Reason)
	}
	return out
}

// csv returns the report as a spreadsheet opens it. All that is in it are digits
// and sentences of ours: a spreadsheet finds no formula there.
func (r RowReport) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write([]string{"row", "number", "reason", "advice"}) // Error returns its error
	for _, row := range r.Rows {
		_ = w.Write([]string{strconv.FormatInt(row.Row, 10), strconv.Itoa(row.Number), string(row.Reason), r.Advice[row.Reason]})
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// file is an answer that is no JSON.
type file struct {
	mediaType, name string
	content         []byte
}

func (d *door) getRows(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	id := selvedge.ListID(r.PathValue("list"))
	v, err := d.Audiences.RowReport(ctx, actor, selvedge.AudienceID(r.PathValue("audience")), id)
	if err != nil {
		return nil, err
	}
	out := rowReportOf(id, v)
	switch r.URL.Query().Get("format") {
	case "", "json":
		return out, nil
	case "csv":
		b, err := out.csv()
		return file{csvMedia, "rows.csv", b}, err
	}
	return nil, selvedge.Errorf(selvedge.CodeInvalid, "say json or csv").At("format").Because("bad_format")
}

const csvMedia = "text/csv"
