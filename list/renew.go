package list

import (
	"bufio"
	"context"
	"fmt"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/token"
)

// Renew writes the spill of a sealed list, and its sidecar if it is given one,
// again under the keys that are in force, which are others than when it was
// received. The tokens stand for the same forms, and the report stays as it is.
// The old blobs stay too: they are the caller's to delete, once no row names
// them.
//
// It returns a CodeNotFound error if the keys of the list's epoch were
// destroyed: then nobody can read it any more. With any error there is no new
// spill, unless the store itself failed to commit it.
func (v *Receiver) Renew(ctx context.Context, s Sealed) (Sealed, error) {
	from := s.keys
	if from == nil {
		var err error
		if from, err = v.Keys.Of(ctx, s.Epoch); err != nil {
			return Sealed{}, err
		}
	}
	to, err := v.Keys.Current(ctx)
	if err != nil {
		return Sealed{}, err
	}
	content, err := v.Blobs.Open(ctx, s.Spill)
	if err != nil {
		return Sealed{}, err
	}
	defer content.Close()
	old, err := OpenSpill(content.Bytes())
	if err != nil {
		return Sealed{}, err
	}
	if old.epoch != from.Epoch() {
		return Sealed{}, selvedge.Errorf(selvedge.CodeInternal, "the spill is of key epoch %d, and its list of %d", old.epoch, from.Epoch())
	}
	c := token.Conversion{From: from, To: to, Dir: v.Dir, Memory: v.memory()}
	if s.Spill, err = v.convert(ctx, c, old); err != nil {
		return Sealed{}, fmt.Errorf("renew spill: %w", err)
	}
	if s.Sidecar != nil {
		next, err := v.RenewSidecar(ctx, *s.Sidecar)
		if err != nil {
			return Sealed{}, err
		}
		s.Sidecar = &next
	}
	s.Epoch, s.keys = to.Epoch(), to
	return s, nil
}

func (v *Receiver) convert(ctx context.Context, c token.Conversion, old *Spill) (blob.Ref, error) {
	out, err := v.Blobs.Create(ctx, blob.KindSpill)
	if err != nil {
		return blob.Ref{}, err
	}
	defer out.Abort()
	w := bufio.NewWriterSize(out, 64<<10)
	_, _ = w.Write(spillBegin(c.To.Epoch(), old.ruleSet, v.Entropy, old.removal))
	var counts spillCounts
	for _, class := range classes {
		tokens := old.of(class)
		at := func(i int) token.Entry { return token.Entry{Token: token.Token(tokens[i*token.Size:])} }
		for e, err := range c.Sorted(ctx, class, int(old.Len(class)), at) {
			if err != nil {
				return blob.Ref{}, err
			}
			counts[class]++
			_, _ = w.Write(e.Token[:])
		}
	}
	if old.removal { // the sender's own ids have a key that is of no epoch
		counts[External] = uint64(old.Len(External))
		_, _ = w.Write(old.of(External))
	}
	return spillEnd(ctx, out, w, counts, old.removal)
}
