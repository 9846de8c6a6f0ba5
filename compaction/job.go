package compaction

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

// Kind is the kind of the job that compacts. All have one key, so that one waits
// or runs at a time.
const Kind job.Kind = "tokens.compact"

// system is who compacts.
var system = selvedge.System("compaction")

// Handle is the job.Handler of Kind: it folds all token rows into chunks and
// writes the chunks anew that hold tokens of erased people. An attempt that is
// cut off loses nothing; the next takes up what is left. While the server is
// contained nothing is done: a database that is too old must not have chunks
// taken out of it.
func (s *Service) Handle(ctx context.Context, a job.Attempt) error {
	if err := s.Ledger.Contained(); err != nil {
		return job.Permanent(err)
	}
	rows, err := s.fold(ctx, a.Fence)
	if err != nil {
		return err
	}
	if err := a.Progress(ctx, rows, rows); err != nil {
		return err
	}
	res, err := s.purge(ctx, a.Fence)
	if err != nil {
		return err
	}
	return a.Progress(ctx, rows+res.Tokens, rows+res.Tokens)
}
