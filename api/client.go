package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/prompt"
)

// Client speaks to a server with one key. It is safe for concurrent use. A
// problem that the server answers is returned as the *selvedge.Error that it
// was made from, but for its cause.
type Client struct {
	URL  string // of the server, such as http://localhost:8780
	Key  string
	HTTP *http.Client // nil is http.DefaultClient
}

// CreateAudience makes an empty audience.
func (c *Client) CreateAudience(ctx context.Context, name string) (Audience, error) {
	return call[Audience](ctx, c, "POST", "/v1/audiences", map[string]string{"name": name})
}

// Audience returns an audience.
func (c *Client) Audience(ctx context.Context, id selvedge.AudienceID) (Audience, error) {
	return call[Audience](ctx, c, "GET", "/v1/audiences/"+url.PathEscape(string(id)), nil)
}

// Audiences returns the org's audiences in the order of creation.
func (c *Client) Audiences(ctx context.Context) ([]Audience, error) {
	return every[Audience](ctx, c, "/v1/audiences")
}

// UploadList uploads a file to an audience. What is not said of it, the file
// tells; only consent must be said, here or in its rows. The digest is the file's
// SHA-256 as RFC 9530 writes it, "sha-256=:BASE64:"; with one, a file that arrives
// otherwise is refused whole. It may be empty.
func (c *Client) UploadList(ctx context.Context, id selvedge.AudienceID, file io.Reader, d audience.Delivery, digest string) (List, error) {
	return send[List](ctx, c, id, file, d.Values(), digest)
}

// PreviewList sends a file as UploadList does, for a dry run: nothing of it is
// kept.
func (c *Client) PreviewList(ctx context.Context, id selvedge.AudienceID, file io.Reader, d audience.Delivery) (Preview, error) {
	q := d.Values()
	q.Set(dryRun, "true")
	return send[Preview](ctx, c, id, file, q, "")
}

func send[T any](ctx context.Context, c *Client, id selvedge.AudienceID, file io.Reader, q url.Values, digest string) (out T, err error) {
	path := "/v1/audiences/" + url.PathEscape(string(id)) + "/lists?" + q.Encode()
	req, err := http.NewRequestWithContext(ctx, "POST", strings.TrimSuffix(c.URL, "/")+path, file)
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	if digest != "" {
		req.Header.Set("Content-Digest", digest)
	}
	return do[T](c, req)
}

// List returns a list of an audience.
func (c *Client) List(ctx context.Context, audience selvedge.AudienceID, id selvedge.ListID) (List, error) {
	return call[List](ctx, c, "GET", "/v1/audiences/"+url.PathEscape(string(audience))+"/lists/"+url.PathEscape(string(id)), nil)
}

// Rows returns which rows of a list were refused.
func (c *Client) Rows(ctx context.Context, audience selvedge.AudienceID, id selvedge.ListID) (RowReport, error) {
	return call[RowReport](ctx, c, "GET", "/v1/audiences/"+url.PathEscape(string(audience))+"/lists/"+url.PathEscape(string(id))+"/rows", nil)
}

// AddMembers puts members into an audience's draft.
func (c *Client) AddMembers(ctx context.Context, audience selvedge.AudienceID, m Members) (Batch, error) {
	return c.members(ctx, audience, "add", m)
}

// RemoveMembers has an audience's draft take members out.
func (c *Client) RemoveMembers(ctx context.Context, audience selvedge.AudienceID, m Members) (Batch, error) {
	return c.members(ctx, audience, "remove", m)
}

// ReplaceMembers has an audience's draft begin anew with these members.
func (c *Client) ReplaceMembers(ctx context.Context, audience selvedge.AudienceID, m Members) (Batch, error) {
	return c.members(ctx, audience, "replace", m)
}

func (c *Client) members(ctx context.Context, audience selvedge.AudienceID, verb string, m Members) (Batch, error) {
	if m.Members == nil {
		m.Members = []list.Member{} // never null
	}
	return call[Batch](ctx, c, "POST", "/v1/audiences/"+url.PathEscape(string(audience))+"/members:"+verb, m)
}

// SealDraft seals an audience's draft.
func (c *Client) SealDraft(ctx context.Context, audience selvedge.AudienceID) (Draft, error) {
	return call[Draft](ctx, c, "POST", "/v1/audiences/"+url.PathEscape(string(audience))+"/versions:seal", nil)
}

// Versions returns a page of an audience's versions, the last first. The cursor
// is the Next of the page before, or empty.
func (c *Client) Versions(ctx context.Context, audience selvedge.AudienceID, cursor string) (Items[Version], error) {
	path := "/v1/audiences/" + url.PathEscape(string(audience)) + "/versions"
	if cursor != "" {
		path += "?cursor=" + url.QueryEscape(cursor)
	}
	return call[Items[Version]](ctx, c, "GET", path, nil)
}

// ContactPoints returns what the platform holds of an account.
func (c *Client) ContactPoints(ctx context.Context, account string) ([]ContactPoint, error) {
	return every[ContactPoint](ctx, c, "/v1/accounts/"+url.PathEscape(account)+"/contact-points")
}

// Withdraw takes purposes away from an address of an account.
func (c *Client) Withdraw(ctx context.Context, w Withdrawal) (contact.WithdrawResult, error) {
	return call[contact.WithdrawResult](ctx, c, "POST", "/v1/contact-points:withdraw", w)
}

// BringEvents tells what happened to accounts.
func (c *Client) BringEvents(ctx context.Context, events []contact.Event) (contact.EventsReport, error) {
	return call[contact.EventsReport](ctx, c, "POST", "/v1/events", Events{events})
}

// Alerts returns a page of alerts, the last first; the empty cursor is of the
// first page.
func (c *Client) Alerts(ctx context.Context, cursor string) (Items[Alert], error) {
	return call[Items[Alert]](ctx, c, "GET", "/v1/alerts?"+url.Values{"cursor": {cursor}}.Encode(), nil)
}

// Object records a person's objection.
func (c *Client) Object(ctx context.Context, o Objection) error {
	_, err := call[Objection](ctx, c, "POST", "/v1/objections", o)
	return err
}

// LiftObjection takes a person's objection back.
func (c *Client) LiftObjection(ctx context.Context, o Objection) error {
	_, err := call[Objection](ctx, c, "POST", "/v1/objections:lift", o)
	return err
}

// EraseAccount erases an account with all that is held of it.
func (c *Client) EraseAccount(ctx context.Context, account string) (contact.ErasureResult, error) {
	return call[contact.ErasureResult](ctx, c, "POST", "/v1/accounts/"+url.PathEscape(account)+":erase", nil)
}

// Prompts returns every prompt that was ever brought.
func (c *Client) Prompts(ctx context.Context) ([]Prompt, error) {
	return every[Prompt](ctx, c, "/v1/prompts")
}

// RegisterPrompts brings prompts: a prompts file as JSON, or one prompt of it.
func (c *Client) RegisterPrompts(ctx context.Context, file json.RawMessage) ([]Applied, error) {
	got, err := call[Items[Applied]](ctx, c, "POST", "/v1/prompts", file)
	return got.Items, err
}

// ApprovePrompt states, as the second operator, what the texts of a prompt that
// is pending ask for.
func (c *Client) ApprovePrompt(ctx context.Context, id string, version int, grants prompt.Statement) (Prompt, error) {
	path := "/v1/prompts/" + url.PathEscape(id) + "/versions/" + strconv.Itoa(version) + ":approve"
	return call[Prompt](ctx, c, "POST", path, Approval{grants})
}

// ImportOptions are what an import over HTTP may say of itself.
type ImportOptions struct {
	Key    string // the sender's own name for it, or empty
	DryRun bool   // nothing is kept
	Digest string // of the body, as UploadList has it, or empty
}

// ImportPeople imports NDJSON, as it is or as gzip, and returns when all of it is
// applied.
func (c *Client) ImportPeople(ctx context.Context, body io.Reader, o ImportOptions) (Imported, error) {
	q := url.Values{}
	if o.Key != "" {
		q.Set("key", o.Key)
	}
	if o.DryRun {
		q.Set("dry_run", "true")
	}
	req, err := http.NewRequestWithContext(ctx, "POST", strings.TrimSuffix(c.URL, "/")+"/v1/imports?"+q.Encode(), body)
	if err != nil {
		return Imported{}, err
	}
	req.Header.Set("Content-Type", ndjson)
	if o.Digest != "" {
		req.Header.Set("Content-Digest", o.Digest)
	}
	return do[Imported](c, req)
}

// Imports returns a page of imports, the newest first, from a cursor on; an empty
// one is the beginning.
func (c *Client) Imports(ctx context.Context, cursor string) (Items[Import], error) {
	return call[Items[Import]](ctx, c, "GET", "/v1/imports?"+url.Values{"cursor": {cursor}}.Encode(), nil)
}

// Import returns an import.
func (c *Client) Import(ctx context.Context, id string) (Import, error) {
	return call[Import](ctx, c, "GET", "/v1/imports/"+url.PathEscape(id), nil)
}

// AbandonImport abandons an open import.
func (c *Client) AbandonImport(ctx context.Context, id string) (Import, error) {
	return call[Import](ctx, c, "POST", "/v1/imports/"+url.PathEscape(id)+":abandon", nil)
}

// Terms returns the terms that are in force.
func (c *Client) Terms(ctx context.Context) (Terms, error) {
	return call[Terms](ctx, c, "GET", "/v1/terms", nil)
}

// AcceptTerms accepts the terms that are in force, of the version that was read.
func (c *Client) AcceptTerms(ctx context.Context, version int64) (Acceptance, error) {
	return call[Acceptance](ctx, c, "POST", "/v1/terms:accept", AcceptTerms{version})
}

// RotateKeys has every token taken to new keys, and returns the job that does it.
func (c *Client) RotateKeys(ctx context.Context) (Job, error) {
	return call[Job](ctx, c, "POST", "/v1/keys:rotate", nil)
}

// Jobs returns a page of jobs, the newest first, from a cursor on; an empty one is
// the beginning. Kind and state may be empty.
func (c *Client) Jobs(ctx context.Context, kind job.Kind, state job.State, cursor string) (Items[Job], error) {
	q := url.Values{"kind": {string(kind)}, "state": {string(state)}, "cursor": {cursor}}
	return call[Items[Job]](ctx, c, "GET", "/v1/jobs?"+q.Encode(), nil)
}

// Job returns a job.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	return call[Job](ctx, c, "GET", "/v1/jobs/"+url.PathEscape(id), nil)
}

// CancelJob cancels a job.
func (c *Client) CancelJob(ctx context.Context, id string) (Job, error) {
	return call[Job](ctx, c, "POST", "/v1/jobs/"+url.PathEscape(id)+":cancel", nil)
}

// every returns what is on all pages of a list, never nil.
func every[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	all := []T{}
	for cursor := ""; ; {
		page, err := call[Items[T]](ctx, c, "GET", path+"?"+url.Values{"cursor": {cursor}}.Encode(), nil)
		if err != nil {
			return nil, err
		}
		if all = append(all, page.Items...); page.Next == "" {
			return all, nil
		}
		cursor = page.Next
	}
}

func call[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return *new(T), err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, r)
	if err != nil {
		return *new(T), err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return do[T](c, req)
}

func do[T any](c *Client, req *http.Request) (out T, err error) {
	req.Header.Set("Authorization", "Bearer "+c.Key)
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	res, err := h.Do(req)
	if err != nil {
		// The URL in it is of no use and may hold an account's id.
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return out, fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return out, readProblem(res)
	}
	if res.StatusCode == http.StatusNoContent {
		return out, nil
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("read the server's answer: %w", err)
	}
	return out, nil
}

func readProblem(res *http.Response) error {
	var p Problem
	if err := json.NewDecoder(io.LimitReader(res.Body, maxBody)).Decode(&p); err != nil {
		return fmt.Errorf("the server answered %s and no problem document", res.Status)
	}
	return &selvedge.Error{
		Code: selvedge.Code(strings.TrimPrefix(p.Type, "/problems/")), Message: p.Detail, Field: p.Field, Row: p.Row, Reason: p.Reason,
	}
}
