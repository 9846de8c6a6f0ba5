package backup

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/selvedge/selvedge/blob"
)

// copiers is how many blobs are copied side by side. Most of the time of each is
// spent on waiting for the disk.
const copiers = 8

// copier copies blobs, several at a time.
type copier struct {
	n, size atomic.Int64 // of what was copied
	refs    chan blob.Ref
	ctx     context.Context //nolint:containedctx // of the copies; it lives until end returns
	stop    context.CancelCauseFunc
	copiers sync.WaitGroup
}

// newCopier returns a copier, which end must be called on.
func newCopier(ctx context.Context, from, to blob.Store) *copier {
	c := &copier{refs: make(chan blob.Ref)}
	c.ctx, c.stop = context.WithCancelCause(ctx)
	for range copiers {
		c.copiers.Go(func() {
			for ref := range c.refs {
				if err := copyBlob(c.ctx, from, to, ref); err != nil {
					c.stop(err)
					continue
				}
				c.n.Add(1)
				c.size.Add(ref.Size)
			}
		})
	}
	return c
}

// copy has a blob copied soon. It returns the error of an earlier one that was
// not.
func (c *copier) copy(ref blob.Ref) error {
	select {
	case c.refs <- ref:
		return nil
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// end waits until everything is copied, and returns the error if something was
// not.
func (c *copier) end() error {
	close(c.refs)
	c.copiers.Wait()
	defer c.stop(nil)
	return context.Cause(c.ctx)
}

// copyBlob copies a blob, whose content is checked against its name on the way.
func copyBlob(ctx context.Context, from, to blob.Store, ref blob.Ref) error {
	content, err := from.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer content.Close()
	w, err := to.Create(ctx, ref.Kind)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(content.Bytes()); err != nil {
		return fmt.Errorf("copy %s: %w", ref.Kind, err)
	}
	_, err = w.Commit()
	return err
}
