package blob

import (
	"context"
	"errors"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/killpoint"
)

// Collector deletes the blobs that no row names, and no other. It is safe for
// concurrent use, and so are several, in one process or in many.
//
// A blob is put before a row names it: the row must not name what is not there.
// So a blob without a row is garbage, or it is about to be named, and nothing
// about the blob tells the two apart. Write transactions, which are serialisable,
// decide. The collector
//
//	T1  enters a blob that no row names as condemned
//	    lets Grace pass
//	    takes the store's lock
//	T2  unless a row names it by now, marks it as being deleted
//	U   deletes it from the store
//	T3  strikes it off
//	    gives the lock back
//
// and who puts a blob and names it, with Name,
//
//	P   puts it
//	N   in the transaction that names it: refuses if it is being deleted, undoes
//	    its condemnation, refuses if it is not in the store
//
// No row ever names a blob that was deleted. Take any N that commits and any U
// of the same blob, with its T2 and T3, each of which comes once in the serial
// order:
//
//   - N before T2: T2 sees the row, and there is no U. If the row has been taken
//     back by then, nobody is harmed.
//   - N between T2 and T3: N sees the mark and does not commit.
//   - N after T3: U has returned before T3 began, and no U of this T2 comes
//     later. If P came before U, the blob is gone when N looks, and N does not
//     commit. If it came after U, the blob is there and no U takes it.
//
// Two things carry the last case. N looks into the store after it has looked
// for the mark, so it does not see a blob of before U under a mark struck off
// after. And no U is left over from somebody who fell asleep between T2 and U
// while another finished for him: whoever is between T2 and T3 holds the lock,
// which only his death frees. A mark that is met under the lock is therefore
// that of a dead one, and is finished: U may come twice, and T3 after the second.
//
// A crash leaves at each step something that a later run takes up: a condemned
// blob, or a mark with or without its blob. Who is refused by a mark waits for
// the lock, finishes what a dead one left, and puts his blob again; so a mark
// holds nobody up for longer than its maker works.
//
// On the memory of readers: a blob that is deleted stays readable to who has it
// open, and Grace is the time that is left to open what a row named a moment ago.
type Collector struct {
	Store Store
	Repo  Register
	Tx    selvedge.Transactor
	Clock selvedge.Clock
}

// Grace is how long a blob stays condemned before it is deleted. Nothing is
// wrong if it is too short: somebody puts a blob twice, or opens one that he
// read of and finds it gone.
const Grace = killpoint.Hour

// batch is how many blobs one transaction looks at: few enough that a
// withdrawal does not wait long behind it.
const batch = 100

// Report says what became of the blobs that a collection found: Found = Kept +
// Condemned + Deleted + Foreign, counted apart.
type Report struct {
	Found     int64 `json:"found"`
	Kept      int64 `json:"kept"`      // a row names them
	Condemned int64 `json:"condemned"` // no row names them; deleted by a collection after Grace
	Deleted   int64 `json:"deleted"`
	Foreign   int64 `json:"foreign"` // no blobs; never touched
	// DeletedBytes is the size of what was deleted.
	DeletedBytes int64 `json:"deleted_bytes"`
	// Held says that a hold kept what is condemned from being deleted.
	Held bool `json:"held"`
}

// Collect deletes the blobs that were condemned at least Grace ago and that no
// row names, then condemns those that no row names now. Only the system or an
// operator may. If it ends early, the next one goes on where it was; the report
// says what was done until then.
func (c *Collector) Collect(ctx context.Context, actor selvedge.Actor) (r Report, err error) {
	if err := actor.Must(selvedge.SystemRole, selvedge.OperatorRole); err != nil {
		return Report{}, err
	}
	for {
		var due []Ref
		gone, held, err := c.pass(ctx, func(ctx context.Context, tx selvedge.Tx) (_ []Ref, err error) {
			due, err = c.Repo.Due(ctx, tx, c.Clock.Now().Add(-Grace), batch)
			return due, err
		})
		for _, ref := range gone {
			r.Found++
			r.Deleted++
			r.DeletedBytes += ref.Size
		}
		if r.Held = held; err != nil {
			return r, err
		}
		if len(due) == 0 {
			break
		}
	}
	return r, c.condemn(ctx, &r)
}

// condemn enters the blobs that no row names.
func (c *Collector) condemn(ctx context.Context, r *Report) error {
	refs := make([]Ref, 0, batch)
	flush := func() error {
		if len(refs) == 0 {
			return nil
		}
		var named []bool
		err := c.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
			named, err = c.Repo.Condemn(ctx, tx, refs, c.Clock.Now())
			return err
		})
		for _, n := range named {
			if n {
				r.Kept++
			} else {
				r.Condemned++
			}
		}
		refs = refs[:0]
		return err
	}
	foreign, err := c.Store.Each(ctx, func(ref Ref) error {
		r.Found++
		if refs = append(refs, ref); len(refs) < batch {
			return nil
		}
		return flush()
	})
	r.Found += foreign
	r.Foreign = foreign
	if err != nil {
		return err
	}
	return flush()
}

// Discard deletes at once blobs that their last rows have just let go, and that
// nobody else can be about to open. If a row names one after all, or a hold
// stands, it is left to Collect, and that is no error.
func (c *Collector) Discard(ctx context.Context, refs ...Ref) error {
	var errs []error
	for some := range slices.Chunk(refs, batch) {
		_, _, err := c.pass(ctx, func(context.Context, selvedge.Tx) ([]Ref, error) { return some, nil })
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// finish takes up what somebody left who died while he deleted.
func (c *Collector) finish(ctx context.Context) error {
	_, _, err := c.pass(ctx, func(context.Context, selvedge.Tx) ([]Ref, error) { return nil, nil })
	return err
}

// pass takes blobs from T2 to T3: those that pick names, unless a hold stands,
// and those that somebody left between the two. It returns the ones it took off.
func (c *Collector) pass(ctx context.Context, pick func(context.Context, selvedge.Tx) ([]Ref, error)) (gone []Ref, held bool, err error) {
	unlock, err := c.Store.Lock(ctx)
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	var doomed []Ref
	err = c.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		now := c.Clock.Now()
		var picked []Ref
		var err error
		if held, err = c.Repo.Held(ctx, tx, now); err != nil {
			return err
		}
		if !held {
			if picked, err = pick(ctx, tx); err != nil {
				return err
			}
		}
		if err := c.Repo.Begin(ctx, tx, picked, now); err != nil {
			return err
		}
		doomed, err = c.Repo.Deleting(ctx, tx)
		return err
	})
	if err != nil || len(doomed) == 0 {
		return nil, held, err
	}
	// What was marked is brought to its end, although the caller gave up: a mark
	// that is left holds others up.
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for _, ref := range doomed {
		killpoint.Reach("before a blob is deleted")
		// One that cannot be deleted stays marked. Whether it is gone is not
		// known, and may yet change.
		if err := c.Store.Delete(ctx, ref); err != nil {
			errs = append(errs, err)
			continue
		}
		killpoint.Reach("after a blob is deleted")
		gone = append(gone, ref)
	}
	err = c.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error { return c.Repo.End(ctx, tx, gone) })
	if err != nil {
		return nil, held, errors.Join(append(errs, err)...)
	}
	return gone, held, errors.Join(errs...)
}
