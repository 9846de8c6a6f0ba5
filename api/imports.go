package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/aside"
)

// Import is an import as the platform and operators see it.
type Import struct {
	ID        string              `json:"id"`
	Key       string              `json:"key,omitempty" doc:"the sender's own name for it"`
	State     contact.ImportState `json:"state" enum:"open,complete,abandoning,abandoned"`
	BegunAt   time.Time           `json:"begun_at"`
	EndedAt   time.Time           `json:"ended_at,omitzero"`
	Bytes     int64               `json:"bytes" doc:"of the content, unpacked"`
	BytesDone int64               `json:"bytes_done"`
	Rows      int64               `json:"rows"`
	RowsDone  int64               `json:"rows_done"`
	Batches   int64               `json:"batches" doc:"transactions that committed, those of every attempt"`
	Points    int64               `json:"contact_points" doc:"that it has brought"`
	Grants    int64               `json:"grants" doc:"that it made; they count once it is complete"`
	Gone      int64               `json:"grants_gone" doc:"of these, taken back when it was abandoned"`
	Report    *contact.Report     `json:"report,omitempty" doc:"of a complete one; left out in lists"`
}

func importOf(v contact.ImportStatus) Import {
	return Import{
		ID: strconv.FormatInt(int64(v.ID), 10), Key: v.Key, State: v.State, BegunAt: v.BegunAt, EndedAt: v.EndedAt,
		Bytes: v.Bytes, BytesDone: v.BytesDone, Rows: v.Rows, RowsDone: v.RowsDone, Batches: v.Batches,
		Points: v.Points, Grants: v.Grants, Gone: v.Gone, Report: v.Report,
	}
}

// Imported is what an import did, or, in a dry run, would do.
type Imported struct {
	DryRun bool `json:"dry_run"`
	contact.Report
	Prompts  []contact.PromptCount `json:"prompts,omitempty" doc:"in a dry run: the rows of contact points by prompt"`
	Unproven *contact.Unproven     `json:"no_provable_purpose,omitempty" doc:"in a dry run"`
}

// ndjson is the media type of an import's content.
const ndjson = "application/x-ndjson"

func (d *door) importOperations() []operation {
	operator, both := []selvedge.Role{selvedge.OperatorRole}, []selvedge.Role{selvedge.PlatformRole, selvedge.OperatorRole}
	return []operation{
		{
			id: "importPeople", route: "POST /v1/imports", roles: both, handle: d.importPeople,
			summary: "Import accounts and contact points",
			about: "The body is NDJSON, as it is or as gzip. The answer comes when all of it is applied; if the connection ends before, the import goes on. " +
				"If the server ends, the same content, sent again, brings the import to its end.",
			params: []param{
				query("key", "A name of the sender's own for the import, 1 to 128 visible ASCII characters: the same content under it is imported once."),
				query("dry_run", "true: nothing is kept, and the answer says what would be."),
				header("Content-Encoding", "gzip, or nothing: content in gzip is known by how it begins."),
				header("Content-Digest", "sha-256=:BASE64: of the body (RFC 9530); a body that arrives otherwise is refused whole"),
			},
			file: ndjson, status: http.StatusOK, out: Imported{}, problems: []selvedge.Code{selvedge.CodeConflict},
		},
		{
			id: "listImports", route: "GET /v1/imports", roles: both, handle: d.listImports,
			summary: "List imports, the newest first", paged: true, status: http.StatusOK, out: Items[Import]{},
		},
		{
			id: "getImport", route: "GET /v1/imports/{import}", roles: both, handle: d.getImport,
			summary: "Show an import and how far it is", status: http.StatusOK, out: Import{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "abandonImport", route: "POST /v1/imports/{import}:abandon", roles: operator, handle: d.abandonImport,
			summary: "Abandon an open import whose content is lost",
			about:   "What it brought stays, and nothing of it becomes matchable by it. A later import that brings the same contact points makes them matchable.",
			status:  http.StatusOK, out: Import{}, problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict},
		},
	}
}

func (d *door) importPeople(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	if err := d.Ledger.Contained(); err != nil {
		return nil, err
	}
	q := r.URL.Query()
	dry, err := flag("dry_run", q.Get("dry_run"))
	if err != nil {
		return nil, err
	}
	if err := ndjsonType(r.Header); err != nil {
		return nil, err
	}
	body, err := newUploadReader(r.Header, http.MaxBytesReader(nil, r.Body, maxUpload))
	if err != nil {
		return nil, err
	}
	kept, err := aside.Fill(body, d.SpoolDir, d.Entropy, maxUpload)
	if err != nil {
		return nil, cutOff(err)
	}
	defer kept.Close()
	// The request's context ends with its connection, which may be shorter than
	// the import.
	ctx, stop := d.Outlive(ctx)
	defer stop()
	lines := func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(kept, 0, kept.Size())), nil }
	delivery := contact.Delivery{Lines: lines, Key: q.Get("key"), Packed: strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip")}
	if dry {
		v, err := d.Importer.DryRun(ctx, actor, delivery)
		return Imported{DryRun: true, Report: v.Report, Prompts: v.Prompts, Unproven: &v.Unproven}, err
	}
	report, err := d.Importer.Bring(ctx, actor, delivery)
	return Imported{Report: report}, err
}

// cutOff tells a body that did not arrive from a fault of ours.
func cutOff(err error) error {
	if _, said := errors.AsType[*selvedge.Error](err); said || !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return selvedge.Errorf(selvedge.CodeInvalid, "the body did not arrive to its end").Because("ended_early")
}

// flag reads a parameter that is true or false; an empty one is false.
func flag(name, s string) (bool, error) {
	switch s {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, selvedge.Errorf(selvedge.CodeInvalid, "must be true or false").At(name).Because("not_a_flag")
}

// ndjsonType refuses bodies that are no file.
func ndjsonType(h http.Header) error {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || (t != ndjson && t != "application/ndjson" && t != "application/gzip" && t != "application/octet-stream") {
		return selvedge.Errorf(selvedge.CodeInvalid, "send NDJSON as %s, with curl: --data-binary @FILE -H 'Content-Type: %s'", ndjson, ndjson).
			At("Content-Type").Because("not_ndjson")
	}
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "gzip") && !strings.EqualFold(e, "identity") {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be gzip, or missing").At("Content-Encoding").Because("bad_encoding")
	}
	return nil
}

func (d *door) listImports(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	vs, err := d.Importer.Imports(ctx, actor, contact.ImportID(t.numberOf()))
	name := func(v contact.ImportStatus) string { return strconv.FormatInt(int64(v.ID), 10) }
	out := firstOf(t, vs, name, importOf)
	// Imports are numbered from 1.
	if n := len(vs); n == t.limit && vs[n-1].ID > 1 {
		out.Next = t.cursor(name(vs[n-1]))
	}
	return out, err
}

// importID reads the number of an import. What is no number names nothing.
func importID(s string) (contact.ImportID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, selvedge.Errorf(selvedge.CodeNotFound, "there is no such import")
	}
	return contact.ImportID(n), nil
}

func (d *door) getImport(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	id, err := importID(r.PathValue("import"))
	if err != nil {
		return nil, err
	}
	v, err := d.Importer.Status(ctx, actor, id)
	return importOf(v), err
}

func (d *door) abandonImport(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	id, err := importID(r.PathValue("import"))
	if err != nil {
		return nil, err
	}
	v, err := d.Importer.Abandon(ctx, actor, id)
	return importOf(v), err
}
