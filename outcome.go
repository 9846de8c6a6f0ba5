package selvedge

import "context"

// Outcome keeps what an act came to, in the transaction of the act: the two
// commit together or not at all. An error of it undoes the act. It may be called
// again if the transaction is tried again.
type Outcome func(ctx context.Context, tx Tx, v any) error

type outcomeKey struct{}

// WithOutcome returns a context under which one act tells what it came to. It
// carries no authority, and no act depends on it: it is for doors, which must
// know later whether the act was done, see
// docs/decisions/0015-the-answer-in-the-act.md.
func WithOutcome(ctx context.Context, keep Outcome) context.Context {
	return context.WithValue(ctx, outcomeKey{}, keep)
}

// Conclude is called by every act that an org asks for, last in its transaction,
// with what the act returns. It does nothing unless WithOutcome asked for it.
func Conclude(ctx context.Context, tx Tx, v any) error {
	if keep, ok := ctx.Value(outcomeKey{}).(Outcome); ok {
		return keep(ctx, tx, v)
	}
	return nil
}
