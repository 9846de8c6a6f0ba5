package upload

import (
	"context"
	"errors"
	"io"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/secret"
)

// Open returns the content of a complete upload, from its beginning. It returns a
// CodeConflict error, Reason "upload_incomplete", while something is missing. What
// is wrong with a part is said when it is read.
func (s *Service) Open(ctx context.Context, actor selvedge.Actor, id ID) (io.ReadCloser, error) {
	u, err := s.Look(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if !u.Complete() {
		return nil, selvedge.Errorf(selvedge.CodeConflict, "the upload is not complete").At("upload").Because("upload_incomplete")
	}
	key, err := s.open(u)
	if err != nil {
		return nil, err
	}
	c := &content{ctx: ctx, blobs: s.Blobs, key: key, id: u.ID}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		c.parts, err = s.Repo.Parts(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	var whole int64
	for i, p := range c.parts {
		if whole += p.Length; p.Number != int64(i)+1 {
			return nil, errors.New("the parts of an upload are not what its row says")
		}
	}
	if whole != u.Length {
		return nil, notFound() // it was used up in between
	}
	return c, nil
}

// content reads part after part.
type content struct {
	ctx   context.Context //nolint:containedctx // of the one read that it is for
	blobs blob.Store
	key   secret.Key
	id    ID
	parts []Part // that were not begun

	blob  blob.Content // of the part that is being read; nil between parts
	plain io.Reader
	left  int64 // of it
}

// Read implements io.Reader.
func (c *content) Read(b []byte) (int, error) {
	for c.left == 0 {
		if err := c.Close(); err != nil {
			return 0, err
		}
		if len(c.parts) == 0 {
			return 0, io.EOF
		}
		p := c.parts[0]
		opened, err := c.blobs.Open(c.ctx, p.Blob)
		if err != nil {
			return 0, err
		}
		c.blob, c.plain, c.left, c.parts = opened, p.key(c.key).Open(opened.Bytes(), p.bound(c.id)), p.Length, c.parts[1:]
	}
	n, err := c.plain.Read(b[:min(int64(len(b)), c.left)])
	if c.left -= int64(n); err == io.EOF {
		err = nil
		if c.left > 0 {
			err = io.ErrUnexpectedEOF // of ours: the row says more
		}
	}
	return n, err
}

// Close implements io.Closer.
func (c *content) Close() error {
	if c.blob == nil {
		return nil
	}
	err := c.blob.Close()
	c.blob = nil
	return err
}
