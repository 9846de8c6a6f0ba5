package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/selvedge/selvedge/api"
)

// door sends requests. It is safe for concurrent use.
type door struct {
	url  string
	http *http.Client
	sent atomic.Int64
}

// question is a request.
type question struct {
	what   string // in words, for what is said of it: never with a value
	key    string
	method string
	path   string
	kind   string // media type; empty if there is no body
	body   []byte
}

// answer is all that the asker is told.
type answer struct {
	what   string
	status int
	header http.Header
	body   []byte
}

func (d *door) ask(ctx context.Context, q question) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, d.url+q.path, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+q.key)
	if q.kind != "" {
		req.Header.Set("Content-Type", q.kind)
	}
	d.sent.Add(1)
	res, err := d.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("%s: the server does not answer", q.what) // the error of it holds the URL, and so an account
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, fmt.Errorf("%s: the answer ends early", q.what)
	}
	return answer{q.what, res.StatusCode, res.Header, body}, nil
}

// post asks with a body in JSON, nil for none, and wants a success.
func (d *door) post(ctx context.Context, key, what, path string, v any) (answer, error) {
	q := question{what: what, key: key, method: http.MethodPost, path: path}
	if v != nil {
		var err error
		if q.body, err = json.Marshal(v); err != nil {
			return answer{}, err
		}
		q.kind = "application/json"
	}
	a, err := d.ask(ctx, q)
	if err != nil {
		return a, err
	}
	return a, a.ok()
}

// get asks and wants a success.
func (d *door) get(ctx context.Context, key, what, path string) (answer, error) {
	a, err := d.ask(ctx, question{what: what, key: key, method: http.MethodGet, path: path})
	if err != nil {
		return a, err
	}
	return a, a.ok()
}

// ok returns an error unless the answer is a success.
func (a answer) ok() error {
	if a.status < http.StatusBadRequest {
		return nil
	}
	var p api.Problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		return fmt.Errorf("%s: status %d", a.what, a.status)
	}
	return fmt.Errorf("%s: status %d, %s %s %s", a.what, a.status, strings.TrimPrefix(p.Type, "/problems/"), p.Field, p.Reason)
}

// read reads an answer in JSON.
func read[T any](a answer) (out T, err error) {
	if err := a.ok(); err != nil {
		return out, err
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		return out, fmt.Errorf("%s: the answer is not the JSON that is described", a.what)
	}
	return out, nil
}

// readFrom reads the answer of a call.
func readFrom[T any](a answer, err error) (T, error) {
	if err != nil {
		return *new(T), err
	}
	return read[T](a)
}
