package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/upload"
)

// SendUpload sends a file of so many bytes in an upload, goes on where it is when
// the connection breaks, and returns the id of the upload when it is complete. It
// gives up after several tries of which none brought it any further.
func (c *Client) SendUpload(ctx context.Context, file io.ReaderAt, size int64) (upload.ID, error) {
	req, err := c.tus(ctx, "POST", "/v1/uploads", nil, "Upload-Length", size)
	if err != nil {
		return "", err
	}
	u, err := do[Upload](c, req)
	for idle := 0; err == nil && u.Offset < size; {
		at := u.Offset
		failed := c.appendUpload(ctx, u, io.NewSectionReader(file, at, size-at))
		if final(failed) {
			return "", failed
		}
		if idle++; idle > 1 {
			if err := pause(ctx, idle); err != nil {
				return "", err
			}
		}
		next, lookErr := c.Upload(ctx, u.ID)
		switch {
		case lookErr == nil && next.Offset > at:
			u, idle = next, 0
		case idle >= resumeTries || final(lookErr):
			err = errors.Join(failed, lookErr)
		}
	}
	return u.ID, err
}

// resumeTries is how often SendUpload tries to get any further.
const resumeTries = 6

// final says whether an error is the server's word, which another try would not
// change. An offset that is another one is to be asked for.
func final(err error) bool {
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case selvedge.CodeTooMany, selvedge.CodeUnavailable, selvedge.CodeInternal:
		return false
	}
	return e.Reason != "wrong_offset" && e.Reason != "ended_early"
}

// pause waits a little longer each time.
func pause(ctx context.Context, n int) error {
	t := time.NewTimer(time.Second << n / 2)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Upload returns an upload.
func (c *Client) Upload(ctx context.Context, id upload.ID) (Upload, error) {
	return call[Upload](ctx, c, "GET", "/v1/uploads/"+url.PathEscape(string(id)), nil)
}

// DeleteUpload deletes an upload.
func (c *Client) DeleteUpload(ctx context.Context, id upload.ID) error {
	_, err := call[struct{}](ctx, c, "DELETE", "/v1/uploads/"+url.PathEscape(string(id)), nil)
	return err
}

// TakeUpload does what UploadList does, with the content of a complete upload, and
// uses it up.
func (c *Client) TakeUpload(ctx context.Context, to selvedge.AudienceID, id upload.ID, d audience.Delivery, digest string) (List, error) {
	q := d.Values()
	q.Set("upload", string(id))
	return send[List](ctx, c, to, http.NoBody, q, digest)
}

func (c *Client) appendUpload(ctx context.Context, u Upload, rest *io.SectionReader) error {
	req, err := c.tus(ctx, "PATCH", "/v1/uploads/"+url.PathEscape(string(u.ID)), rest, "Upload-Offset", u.Offset)
	if err != nil {
		return err
	}
	req.ContentLength = rest.Size()
	req.Header.Set("Content-Type", offsetType)
	_, err = do[struct{}](c, req)
	return err
}

func (c *Client) tus(ctx context.Context, method, path string, body io.Reader, header string, n int64) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Tus-Resumable", tusVersion)
	req.Header.Set(header, strconv.FormatInt(n, 10))
	return req, nil
}
