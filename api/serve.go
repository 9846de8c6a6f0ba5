package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/person"
	"github.com/selvedge/selvedge/upload"
)

// maxUpload is the largest list in bytes.
const maxUpload = upload.MaxLength

// maxBody is the largest JSON body in bytes.
const maxBody = 1 << 20

// choose serves the operation whose verb the path ends in.
func (d *door) choose(ops []operation) http.Handler {
	served := make([]http.Handler, 0, len(ops))
	for _, o := range ops {
		served = append(served, d.serve(o))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i, o := range ops {
			_, name, verb := verbOf(o.route)
			if verb == "" {
				served[i].ServeHTTP(w, r)
				return
			}
			if value, ok := strings.CutSuffix(r.PathValue(name), verb); ok {
				r.SetPathValue(name, value)
				served[i].ServeHTTP(w, r)
				return
			}
		}
		noSuchThing(w, r)
	})
}

// serve is the one way from a request to its answer: the request's id, who asks,
// what they may, at which pace, and then the operation itself.
func (d *door) serve(o operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := d.Clock.Now()
		id := d.requestID()
		w.Header().Set("X-Request-Id", id)
		if o.resumes {
			speaks(w.Header())
		}
		status, err := d.answer(w, r, o)
		if err != nil {
			status = writeProblem(w, err)
		}
		took := d.Clock.Now().Sub(began)
		d.requests.count(o, status, took)
		d.log(r.Context(), o, id, status, took, err)
	})
}

// requestID draws a request's id: it stands in the answer and in the log, so
// that a person who asks about one finds the other. Every request draws the
// same, whatever becomes of it, so that ids tell nothing.
func (d *door) requestID() string {
	var b [12]byte
	d.Entropy.Fill("request", b[:])
	return "req_" + hex.EncodeToString(b[:])
}

// answer writes the answer of a success and returns its status.
func (d *door) answer(w http.ResponseWriter, r *http.Request, o operation) (int, error) {
	if o.resumes {
		if err := spoken(r.Header); err != nil {
			return 0, err
		}
	}
	actor, err := d.authenticate(r)
	if err != nil {
		return 0, err
	}
	if err := o.allows(actor); err != nil {
		return 0, err
	}
	if err := admitted(actor, o); err != nil {
		return 0, err
	}
	if err := d.limits.admit(w.Header(), actor, d.Clock.Now()); err != nil {
		return 0, err
	}
	if err := d.honour(w.Header(), r, actor, o); err != nil {
		return 0, err
	}
	status := o.status
	if o.dry != nil && r.URL.Query().Get(dryRun) == "true" {
		status = http.StatusOK
	} else if key := r.Header.Get(idempotencyKey); key != "" && o.once() {
		return d.answerOnce(w, r, o, actor, key)
	}
	body, err := d.perform(w.Header(), r, o, actor)
	if err != nil {
		return 0, err
	}
	o.write(w, status, body)
	return status, nil
}

// write writes an answer with the headers that come with it.
func (o operation) write(w http.ResponseWriter, status int, body []byte) {
	if o.headers != nil {
		o.headers(w.Header(), body)
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	write(w, status, body)
}

// dryRun is the parameter that asks for a dry run.
const dryRun = "dry_run"

// admitted returns a CodeForbidden error, Reason "scope", if an org's key is not
// for this operation.
func admitted(actor selvedge.Actor, o operation) error {
	if actor.Role() == selvedge.OrgRole && actor.Scopes()&o.scope == 0 {
		return selvedge.Errorf(selvedge.CodeForbidden, "the key has not the scope for this").Because("scope")
	}
	return nil
}

// perform does what is asked and returns the answer in JSON.
func (d *door) perform(h http.Header, r *http.Request, o operation, actor selvedge.Actor) ([]byte, error) {
	v, err := o.handle(r.Context(), actor, r)
	if err != nil {
		return nil, err
	}
	if f, ok := v.(file); ok {
		h.Set("Content-Type", f.mediaType)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
		return f.content, nil
	}
	linkNext(h, r, v)
	return encode(v)
}

// authenticate returns who asks.
func (d *door) authenticate(r *http.Request) (selvedge.Actor, error) {
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return selvedge.Actor{}, selvedge.Errorf(selvedge.CodeUnauthenticated, "send a key: Authorization: Bearer slv_...")
	}
	if person.IsLink(bearer) && r.Header.Get(actsFor) == "" {
		return d.Links.Open(bearer)
	}
	if d.Tokens != nil && person.IsToken(bearer) && r.Header.Get(actsFor) == "" {
		return d.Tokens.Open(bearer)
	}
	actor, err := d.Orgs.Authenticate(r.Context(), bearer)
	if org := r.Header.Get(actsFor); err == nil && org != "" {
		return d.Orgs.ActFor(r.Context(), actor, selvedge.OrgID(org))
	}
	return actor, err
}

// log notes a request: its route, never its path, which holds ids.
func (d *door) log(ctx context.Context, o operation, id string, status int, took time.Duration, err error) {
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("route", o.route), slog.Int("status", status), slog.Duration("took", took), slog.String("request", id),
	}
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err))
	}
	d.Log.LogAttrs(ctx, level, "request", attrs...)
}

// readJSON reads a JSON body into v. What it says of a fault names the field at
// most, never what stood in it.
func readJSON(r *http.Request, v any) error {
	return readJSONUpTo(r, v, maxBody)
}

func readJSONUpTo(r *http.Request, v any, limit int64) error {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, limit))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		// Not dec.More: it takes a stray bracket for the end.
		if _, rest := dec.Token(); rest != io.EOF {
			err = cmp.Or(rest, errors.New("more than one value"))
		}
	}
	if err == nil {
		return nil
	}
	e := selvedge.Errorf(selvedge.CodeInvalid, "the body is not the JSON object that is described for this request").Because("bad_json")
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Field = t.Field
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return bodyTooLarge(limit)
	}
	return e
}

func bodyTooLarge(limit int64) error {
	return selvedge.Errorf(selvedge.CodeTooLarge, "the body is larger than %d MiB", limit>>20).Because("body_too_large")
}

// encode returns v in JSON, as one line.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := json.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := encode(v)
	if err != nil {
		writeProblem(w, err)
		return
	}
	write(w, status, body)
}

// write writes a body, of JSON unless its type is set already. An error of it is a
// client's that went away.
func write(w http.ResponseWriter, status int, body []byte) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
