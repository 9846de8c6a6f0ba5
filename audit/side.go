package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
)

const (
	pairsOfOne = 10 // uploads of two audiences that grow alike: batches and a file
	rowsOfOne  = 20
)

// sideStep compares what is told, and what work there is, where a row matches and
// where it does not.
func sideStep() Step {
	return Step{
		Number: "A12", Title: "side channels",
		Does: "Pairs of uploads at the same times, batches and files, of which one holds a row that matches somebody and the other one that matches nobody: every byte of every answer, status and header is compared, and so are the counters of the work behind them.",
		run: func(ctx context.Context, s *stage, f *findings) error {
			done, bytes := 0, 0
			for done < s.sizes.Pairs {
				both, err := s.newPair(ctx)
				if err != nil {
					return err
				}
				// Both kinds of upload make a version: ten of each fit in a day.
				for range min(perDay/2, (s.sizes.Pairs-done+pairsOfOne-1)/pairsOfOne) {
					n := min(pairsOfOne, s.sizes.Pairs-done)
					if err := s.uploadPairs(ctx, f, both, done, n); err != nil {
						return err
					}
					done += n
				}
				f.same("where the answers differ", "nowhere", orNowhere(both.differ()))
				bytes += both.bytes()
			}
			f.tell("%d pairs of uploads, %d bytes of answers compared with as many, and the work behind them", done, bytes)
			return nil
		},
	}
}

// uploadPairs sends n pairs of uploads to a new audience each: n-1 batches, which
// are sealed, and a file.
func (s *stage) uploadPairs(ctx context.Context, f *findings, both pair, from, n int) error {
	ids := map[bool]*selvedge.AudienceID{true: new(selvedge.AudienceID), false: new(selvedge.AudienceID)}
	err := both.both(func(a *asker, probing bool) (err error) {
		*ids[probing], err = a.audience(ctx)
		return err
	})
	if err != nil {
		return err
	}
	rows := func(i int, probing bool, base []row) []row {
		if probing {
			return append(slices.Clone(base), background(i%s.sizes.Background, 1)...)
		}
		return append(slices.Clone(base), email(fmt.Sprintf("y%06d@people.example", i))) // as long, and nobody's
	}
	for i := range n {
		base := s.strangers(rowsOfOne)
		err := both.both(func(a *asker, probing bool) error {
			var got answer
			var err error
			if i < n-1 {
				got, err = a.change(ctx, *ids[probing], "add", rows(from+i, probing, base))
			} else {
				got, err = a.upload(ctx, *ids[probing], file(rows(from+i, probing, base)))
			}
			if err != nil {
				return err
			}
			return got.ok()
		})
		if err != nil {
			return err
		}
	}
	err = both.both(func(a *asker, probing bool) error {
		_, err := a.seal(ctx, *ids[probing])
		return err
	})
	if err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	if err := s.work(ctx, f, both); err != nil {
		return err
	}
	s.tick()
	return both.both(func(a *asker, probing bool) error {
		_, err := a.ready(ctx, *ids[probing])
		return err
	})
}

// work compares the last four jobs, two of each sender: their state and counters.
// Times are the clock's, and it stood still.
func (s *stage) work(ctx context.Context, f *findings, both pair) error {
	js, err := s.jobs(ctx, "", 4)
	if err != nil {
		return err
	}
	of := map[bool][]string{}
	for _, j := range js {
		line := fmt.Sprintf("%s after %d attempts, %d of %d%s", j.State, j.Attempts, j.Done, j.Total, j.Failure)
		of[both.probe.about(j)] = append(of[both.probe.about(j)], line)
	}
	for _, lines := range of {
		slices.Sort(lines) // whose turn came first tells nothing
	}
	f.same("work behind the uploads", of[false], of[true])
	return nil
}

// about says whether a job is about a list of the asker's.
func (a *asker) about(j api.Job) bool {
	return slices.ContainsFunc(a.said, func(got answer) bool { return containsID(got.body, j.Key) })
}
