package blob

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/selvedge/selvedge"
)

const reasonOvertaken = "blob_overtaken"

// Overtaken is the error, of code CodeUnavailable, of a transaction that was to
// name a blob which the collector is deleting, or which is not in the store.
// The blob must be put again; Name does so.
func Overtaken(kind Kind) error {
	return selvedge.Errorf(selvedge.CodeUnavailable, "a %s was deleted before it was named: try again", kind).Because(reasonOvertaken)
}

func overtaken(err error) bool {
	e, ok := errors.AsType[*selvedge.Error](err)
	return ok && e.Reason == reasonOvertaken
}

// namings is how often Name tries. Each further try takes a deletion that began
// within the one before, so that even the second is rare.
const namings = 4

// Name calls name, which runs the transaction that has rows name the blobs. It
// is the one way from a put to a row.
//
// Before, it opens each blob: what was written is read and checked, so that no
// row names a blob that did not arrive whole. If the transaction finds a blob
// overtaken by its deletion, Name waits until the deletion is over, puts the
// same content again and calls name again, a few times. It returns the error of
// the last call unchanged, and Overtaken if a blob was gone before it could be
// opened: then nothing was named, and the caller begins anew.
func (c *Collector) Name(ctx context.Context, name func() error, refs ...Ref) error {
	contents := make([]Content, 0, len(refs))
	defer func() {
		for _, content := range contents {
			_ = content.Close() // what was named is named
		}
	}()
	for _, ref := range refs {
		content, err := c.Store.Open(ctx, ref)
		if selvedge.CodeOf(err) == selvedge.CodeNotFound {
			return Overtaken(ref.Kind)
		}
		if err != nil {
			return err
		}
		contents = append(contents, content)
	}
	for n := 1; ; n++ {
		err := name()
		if !overtaken(err) || n == namings {
			return err
		}
		if err := c.finish(ctx); err != nil {
			return err
		}
		for i, ref := range refs {
			if err := c.again(ctx, ref, contents[i]); err != nil {
				return err
			}
		}
	}
}

// again puts a content under the name that it had.
func (c *Collector) again(ctx context.Context, ref Ref, content Content) error {
	w, err := c.Store.Create(ctx, ref.Kind)
	if err != nil {
		return err
	}
	defer w.Abort()
	if n, err := w.Write(content.Bytes()); err != nil || n != len(content.Bytes()) {
		return errors.Join(fmt.Errorf("put %s again: %w", ref.Kind, io.ErrShortWrite), err)
	}
	put, err := w.Commit()
	if err == nil && put != ref {
		err = fmt.Errorf("put %s again: the content changed while it was open", ref.Kind)
	}
	return err
}
