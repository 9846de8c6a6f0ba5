package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/upload"
)

// List is a list as its org sees it: the report speaks of rows, and nothing
// in it depends on who is on the platform.
type List struct {
	ID         selvedge.ListID     `json:"id"`
	Audience   selvedge.AudienceID `json:"audience"`
	Kind       list.Kind           `json:"kind" enum:"add,remove,replace"`
	Status     audience.Status     `json:"status" enum:"processing,ready"`
	AcceptedAt time.Time           `json:"accepted_at"`
	// EffectiveAt and ExpiresAt are when the list's members enter and leave the
	// audience; null for a removal, which counts at once and for good.
	EffectiveAt *time.Time    `json:"effective_at"`
	ExpiresAt   *time.Time    `json:"expires_at"`
	Declaration list.Declared `json:"declaration" doc:"under which the list was taken"`
	Report      list.Report   `json:"report"`

	Advice    map[identifier.Reason]string `json:"advice" doc:"for each reason in the report, what the sender can do"`
	Diagnosis []list.Finding               `json:"diagnosis" doc:"what keeps the list from matching, or may: found in the list and its probes alone"`
}

func listOf(v audience.ListView) List {
	b := List{
		ID: v.ID, Audience: v.Audience, Kind: v.Kind, Status: v.Status, AcceptedAt: v.AcceptedAt,
		Declaration: v.Declared, Report: v.Report, Advice: adviceOn(v.Report), Diagnosis: list.Diagnose(v.Report, v.Declared.Declaration),
	}
	if v.Adds() {
		b.EffectiveAt, b.ExpiresAt = &v.EffectiveAt, &v.ExpiresAt
	}
	return b
}

func (d *door) listOperations() []operation {
	org := []selvedge.Role{selvedge.OrgRole}
	return []operation{
		{
			id: "uploadList", route: "POST /v1/audiences/{audience}/lists", roles: org, scope: selvedge.WriteAudiences, handle: d.uploadList, answer: answers(listOf),
			summary: "Upload a list",
			about: "The body is the file itself. The answer comes when the list is durable, with an exact report of its rows; " +
				"nothing in it depends on who is on the platform.",
			params: []param{
				query("default_region", "ISO 3166 country of phone numbers without a country code"),
				query("format", "csv, ndjson, xlsx or parquet; the file tells by itself"),
				query("encoding", "utf-8, utf-16le, utf-16be or windows-1252; the file tells, but for a guess that the report shows"),
				query("separator", "comma, semicolon, tab, pipe or none, as it is written or by name; the file tells"),
				query("header", "yes or no; the first row tells"),
				query("columns", "what a column holds, as NUMBER:ROLE or NAME:ROLE with email, phone, country, ad_user_data or ad_personalization; again for each column; then no other is read"),
				query("ad_user_data", "granted if the people of the list agreed that their data goes to the platform for advertising; a column of this name wins, row by row"),
				query("ad_personalization", "granted if they agreed that it decides what they are shown; a column of this name wins, row by row"),
				query("source", "customers, partners or both: where the data is from"),
				query("hash_rules", "by whose rules the list was hashed: plain, x, meta, google, uid2, tiktok, snap, pinterest, linkedin, liveramp, amazon or other"),
				query("expires_at", "when the members leave the audience, RFC 3339: 180 days from now unless it is given, at most 540"),
				query("terms_version", "the version of the terms that was read; another one than that in force is refused"),
				query(dryRun, "true: nothing is kept, and the answer says how the first 100 rows would be read"),
				query("label", "what people are to be shown of the audience: proposed with the list"),
				query("upload", "id of a complete upload: the list is taken from it, and uses it up; there is no body then"),
				header("Content-Digest", "sha-256=:BASE64: of the file (RFC 9530); a file that arrives otherwise is refused whole"),
			},
			file: "text/csv", spare: true, status: http.StatusCreated, out: List{}, dry: Preview{}, problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict},
		},
		{
			id: "listLists", route: "GET /v1/audiences/{audience}/lists", roles: org, scope: selvedge.ReadAudiences, handle: d.listLists,
			summary: "List an audience's lists", about: "In the order of acceptance.", paged: true,
			status: http.StatusOK, out: Items[List]{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "getList", route: "GET /v1/audiences/{audience}/lists/{list}", roles: org, scope: selvedge.ReadAudiences, handle: d.getList,
			summary: "Show a list", status: http.StatusOK, out: List{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "getRows", route: "GET /v1/audiences/{audience}/lists/{list}/rows", roles: org, scope: selvedge.ReadAudiences, handle: d.getRows,
			summary: "Show which rows of a list were refused",
			about:   "Each row by its number and the number of its reason, never by what stood in it; until the list is over. As JSON, or as CSV for a spreadsheet.",
			params:  []param{query("format", "json or csv; json unless it is given")},
			status:  http.StatusOK, out: RowReport{}, also: csvMedia, problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeInvalid},
		},
	}
}

func (d *door) uploadList(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	// The request's context ends with its connection, and would turn an upload
	// that was cut off into a fault of ours. Reading the body tells of that.
	ctx = context.WithoutCancel(ctx)
	id, q := selvedge.AudienceID(r.PathValue("audience")), r.URL.Query()
	var content io.Reader = http.MaxBytesReader(nil, r.Body, maxUpload)
	kept := upload.ID(q.Get("upload"))
	if kept == "" {
		if err := csvType(r.Header.Get("Content-Type")); err != nil {
			return nil, err
		}
	} else {
		if err := noBody(r); err != nil {
			return nil, err
		}
		whole, err := d.Uploads.Open(ctx, actor, kept)
		if err != nil {
			return nil, err
		}
		defer whole.Close()
		content = whole
	}
	body, err := newUploadReader(r.Header, content)
	if err != nil {
		return nil, err
	}
	o, err := audience.ParseDelivery(q)
	if err != nil {
		return nil, err
	}
	dry, err := flag(dryRun, q.Get(dryRun))
	if err != nil {
		return nil, err
	}
	if dry {
		return d.previewList(ctx, actor, id, body, o)
	}
	if kept != "" {
		o.Kept = func(ctx context.Context, tx selvedge.Tx, _ list.List) error { return d.Uploads.UseUp(ctx, tx, kept) }
	}
	v, err := d.Audiences.Upload(ctx, actor, id, body, o)
	return listOf(v), err
}

// previewList answers a dry run. The rest of the file is read too: a sender that
// is answered before it has sent everything may not get to read the answer.
func (d *door) previewList(ctx context.Context, actor selvedge.Actor, id selvedge.AudienceID, body io.Reader, o audience.Delivery) (any, error) {
	v, err := d.Audiences.Preview(ctx, actor, id, body, o)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		if _, said := errors.AsType[*selvedge.Error](err); !said {
			err = selvedge.Errorf(selvedge.CodeInvalid, "the file did not arrive to its end").Because("ended_early")
		}
		return nil, err
	}
	return previewOf(v, o.Declaration), nil
}

// fileTypes are the types of bodies that are files. What a file is, it says itself.
var fileTypes = []string{
	"text/csv", "text/plain", "text/tab-separated-values", "application/octet-stream",
	"application/x-ndjson", "application/ndjson", "application/gzip", "application/x-gzip", "application/zstd",
	"application/zip", "application/x-zip-compressed", "application/vnd.apache.parquet",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

func (d *door) getList(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	v, err := d.Audiences.GetList(ctx, actor, selvedge.AudienceID(r.PathValue("audience")), selvedge.ListID(r.PathValue("list")))
	return listOf(v), err
}

func (d *door) listLists(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	vs, err := d.Audiences.Lists(ctx, actor, selvedge.AudienceID(r.PathValue("audience")), selvedge.ListID(t.after), t.limit+1)
	return firstOf(t, vs, func(v audience.ListView) string { return string(v.ID) }, listOf), err
}

// csvType refuses bodies that are no file. The type that curl -d gives is one of
// them: it has taken the line ends out by then.
func csvType(header string) error {
	t, _, err := mime.ParseMediaType(header)
	if err == nil && slices.Contains(fileTypes, t) {
		return nil
	}
	return selvedge.Errorf(selvedge.CodeInvalid, "send the file itself as text/csv, with curl: --data-binary @FILE -H 'Content-Type: text/csv'").
		At("Content-Type").Because("not_csv")
}

// uploadReader reads an upload. It turns a body over the cap, and one whose
// content is not the declared one, into errors that say so.
type uploadReader struct {
	r    io.Reader
	sum  hash.Hash
	want []byte // SHA-256 declared by the sender; nil if none
}

// newUploadReader reads a body, or what stands in its place, and holds it to what
// the headers say of it.
func newUploadReader(h http.Header, content io.Reader) (*uploadReader, error) {
	u := &uploadReader{r: content, sum: sha256.New()}
	var err error
	u.want, err = contentDigest(h.Get("Content-Digest"))
	return u, err
}

// contentDigest reads a Content-Digest header (RFC 9530), of which only sha-256
// is checked.
func contentDigest(header string) ([]byte, error) {
	if header == "" {
		return nil, nil
	}
	for member := range strings.SplitSeq(header, ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(member), "sha-256=:")
		if !ok {
			continue
		}
		sum, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, ":"))
		if err == nil && len(sum) == sha256.Size && strings.HasSuffix(text, ":") {
			return sum, nil
		}
	}
	return nil, selvedge.Errorf(selvedge.CodeInvalid, "must hold sha-256=:BASE64: of the file").At("Content-Digest").Because("bad_digest")
}

// Read implements io.Reader.
func (u *uploadReader) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.sum.Write(p[:n])
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return n, selvedge.Errorf(selvedge.CodeTooLarge, "the list is larger than 10 GiB").Because("list_too_large")
	}
	if err == io.EOF && u.want != nil && subtle.ConstantTimeCompare(u.sum.Sum(nil), u.want) != 1 {
		return n, selvedge.Errorf(selvedge.CodeInvalid, "the file that arrived is not the one that was declared").
			At("Content-Digest").Because("digest_mismatch")
	}
	return n, err
}
