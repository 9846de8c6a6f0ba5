package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

const idempotencyKey = "Idempotency-Key"

// once says whether a request may carry an idempotency key: where an org changes
// something. What the platform reports can be reported twice as it is. An answer
// that holds a secret is shown once and kept nowhere.
func (o operation) once() bool {
	return o.method() == http.MethodPost && !o.secret && slices.Equal(o.roles, []selvedge.Role{selvedge.OrgRole})
}

// answers makes an operation's answer from what its act came to. The act says so
// in its transaction, where the answer is kept, before the handler returns.
func answers[T, B any](of func(T) B) func(any) any { return func(v any) any { return of(v.(T)) } }

// answerOnce answers a request that carries an idempotency key: the first of a
// key is done, and later ones are told what the first was told
// (draft-ietf-httpapi-idempotency-key-header-07). Only what succeeded is kept: a
// request that failed changed nothing and may be sent again under its key.
func (d *door) answerOnce(w http.ResponseWriter, r *http.Request, o operation, actor selvedge.Actor, key string) (int, error) {
	// A client that goes away must not leave its key in the middle.
	ctx := context.WithoutCancel(r.Context())
	said := r.Method + " " + r.URL.RequestURI()
	if o.resumes {
		said += " " + r.Header.Get("Upload-Length") // which stands there in place of a body
	}
	what := sha256.Sum256([]byte(said))
	kept, err := d.Once.Begin(ctx, actor, key, what)
	if e, ok := errors.AsType[*selvedge.Error](err); ok && e.Reason == "in_flight" {
		return 0, &waitError{err, time.Second}
	}
	if err != nil {
		return 0, err
	}
	body := &hashed{ReadCloser: http.MaxBytesReader(nil, r.Body, maxUpload), sum: sha256.New()}
	if kept != nil {
		if err := body.drain(); err != nil {
			return 0, err
		}
		if body.digest() != kept.Body {
			return 0, org.ErrKeyReused()
		}
		w.Header().Set("Idempotent-Replayed", "true")
		o.write(w, kept.Status, kept.Answer)
		return kept.Status, nil
	}
	if o.in == nil && o.file == "" {
		// What no handler reads belongs to the request too. Not in the transaction:
		// a slow sender must keep nobody waiting.
		if err := body.drain(); err != nil {
			return 0, errors.Join(err, d.Once.Drop(ctx, actor, key))
		}
	}
	r.Body = body
	_, err = d.perform(w.Header(), r.WithContext(selvedge.WithOutcome(r.Context(), func(ctx context.Context, tx selvedge.Tx, v any) error {
		answer, err := encode(o.answer(v))
		if err != nil {
			return err
		}
		if !body.ended {
			return errors.New("the body was not read to its end before the act")
		}
		kept = &org.Kept{Body: body.digest(), Status: o.status, Answer: answer}
		return d.Once.Keep(ctx, tx, actor, key, what, *kept)
	})), o, actor)
	if err == nil && kept == nil {
		err = errors.New("the act did not say what it came to")
	}
	if err != nil {
		return 0, errors.Join(err, d.Once.Drop(ctx, actor, key))
	}
	o.write(w, kept.Status, kept.Answer)
	return kept.Status, nil
}

// hashed hashes a body while it is read.
type hashed struct {
	io.ReadCloser
	sum   hash.Hash
	ended bool
}

// Read implements io.Reader.
func (h *hashed) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.sum.Write(p[:n])
	h.ended = h.ended || err == io.EOF
	return n, err
}

// drain reads the body to its end.
func (h *hashed) drain() error {
	if _, err := io.Copy(io.Discard, h); err != nil {
		return selvedge.Errorf(selvedge.CodeInvalid, "the body cannot be read to its end").Because("ended_early")
	}
	return nil
}

func (h *hashed) digest() [sha256.Size]byte { return [sha256.Size]byte(h.sum.Sum(nil)) }
