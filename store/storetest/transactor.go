package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/org"
)

func transactorCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"CommitShows":            commitShows,
		"ErrorUndoesAll":         errorUndoesAll,
		"PanicUndoesAll":         panicUndoesAll,
		"CancelledUndoesAll":     cancelledUndoesAll,
		"CancelledBefore":        cancelledBefore,
		"FailedStatement":        failedStatement,
		"ViewCannotWrite":        viewCannotWrite,
		"ViewReturnsItsError":    viewReturnsItsError,
		"ViewIsOneSnapshot":      viewIsOneSnapshot,
		"UpdatesAreSerial":       updatesAreSerial,
		"ReadersSeeWholeCommits": readersSeeWholeCommits,
	}
}

// advance draws the next number of a stream: the smallest thing that writes.
func (s *site) advance(ctx context.Context, tx selvedge.Tx) (uint64, error) {
	return s.Orgs.NextID(ctx, tx, "org", "x")
}

// drawn returns how many numbers of that stream were committed.
func (s *site) drawn(t *testing.T) uint64 {
	t.Helper()
	undo := errors.New("undo")
	var n uint64
	err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		if n, err = s.advance(ctx, tx); err == nil {
			err = undo
		}
		return err
	})
	if err != undo {
		t.Fatal(err)
	}
	return n - 1
}

func commitShows(t *testing.T, s *site) {
	for want := uint64(1); want <= 3; want++ {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
			n, err := s.advance(ctx, tx)
			if n != want {
				t.Errorf("number %d, want %d", n, want)
			}
			return err
		})
	}
	if n := s.drawn(t); n != 3 {
		t.Errorf("%d committed, want 3", n)
	}
}

func errorUndoesAll(t *testing.T, s *site) {
	mine := fmt.Errorf("mine: %w", selvedge.Errorf(selvedge.CodeForbidden, "no"))
	err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for range 2 {
			if _, err := s.advance(ctx, tx); err != nil {
				return err
			}
		}
		return mine
	})
	if err != mine {
		t.Errorf("error %v, want fn's own, unchanged", err)
	}
	if n := s.drawn(t); n != 0 {
		t.Errorf("%d committed, want none", n)
	}
}

func panicUndoesAll(t *testing.T, s *site) {
	func() {
		defer func() {
			if r := recover(); r != "mine" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			if _, err := s.advance(ctx, tx); err != nil {
				t.Error(err)
			}
			panic("mine")
		})
	}()
	if n := s.drawn(t); n != 0 {
		t.Errorf("%d committed, want none", n)
	}
	// A View that panics gives back what it holds too.
	for range 20 {
		func() {
			defer func() { _ = recover() }()
			_ = s.Tx.View(t.Context(), func(context.Context, selvedge.Tx) error { panic("mine") })
		}()
	}
	read(t, s, s.Orgs.Orgs)
}

func cancelledUndoesAll(t *testing.T, s *site) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.advance(ctx, tx)
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if n := s.drawn(t); n != 0 {
		t.Errorf("%d committed, want none", n)
	}
}

func cancelledBefore(t *testing.T, s *site) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := func(context.Context, selvedge.Tx) error { t.Error("it ran"); return nil }
	for what, run := range map[string]func(context.Context, func(context.Context, selvedge.Tx) error) error{
		"Update": s.Tx.Update, "View": s.Tx.View,
	} {
		if err := run(ctx, never); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want the context's", what, err)
		}
	}
}

// failedStatement has fn pass over a statement that the schema refused: what
// else it wrote is undone with it or stands, but never half of a call.
func failedStatement(t *testing.T, s *site) {
	bad := org.Org{ID: "b", Name: "b", LegalEntity: "b", Kind: "neither", State: org.Active, CreatedAt: start}
	err := s.refused(t, "an org of no kind", func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.advance(ctx, tx); err != nil {
			return err
		}
		return s.Orgs.InsertOrg(ctx, tx, bad)
	})
	wantCode(t, "the schema's refusal", err, selvedge.CodeInternal)
	if n := s.drawn(t); n != 0 {
		t.Errorf("%d committed, want none", n)
	}
}

func viewCannotWrite(t *testing.T, s *site) {
	for what, write := range map[string]func(context.Context, selvedge.Tx) error{
		"a number": func(ctx context.Context, tx selvedge.Tx) error { _, err := s.advance(ctx, tx); return err },
		"a prompt number": func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Prompts.PromptRef(ctx, tx, question("new", 0).Name)
			return err
		},
		"an account": func(ctx context.Context, tx selvedge.Tx) error {
			return s.Contacts.PutAccounts(ctx, tx, []*contact.Account{adult("x")}, start)
		},
		"an end": func(ctx context.Context, tx selvedge.Tx) error {
			return s.Contacts.EndGrants(ctx, tx, []contact.End{{Contact: 1, Purpose: 1, At: start, Reason: contact.Withdrawn}})
		},
		"a change": func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Org, Subject: "o"})
			return err
		},
		"an entry": func(ctx context.Context, tx selvedge.Tx) error {
			return s.Outbox.Append(ctx, tx, ledger.Entry{Space: ledger.Ads, Kind: ledger.OrgCreated, Actor: selvedge.System("x")})
		},
		"a segment": func(ctx context.Context, tx selvedge.Tx) error {
			return s.Index.PutSegment(ctx, tx, identifier.ClassEmail, blob.Ref{Kind: blob.KindSegment}, [32]byte{})
		},
	} {
		if err := s.Tx.View(t.Context(), write); err == nil {
			t.Errorf("a View wrote %s", what)
		}
	}
	if n := s.drawn(t); n != 0 {
		t.Errorf("%d committed, want none", n)
	}
	if n := len(s.Entries(t)); n != 0 {
		t.Errorf("%d entries, want none", n)
	}
}

func viewReturnsItsError(t *testing.T, s *site) {
	mine := errors.New("mine")
	if err := s.Tx.View(t.Context(), func(context.Context, selvedge.Tx) error { return mine }); err != mine {
		t.Errorf("error %v, want fn's own, unchanged", err)
	}
}

// viewIsOneSnapshot commits while a View is open. The View goes on seeing what
// it saw first, and the next one sees the commit.
func viewIsOneSnapshot(t *testing.T, s *site) {
	orgs := func(ctx context.Context, tx selvedge.Tx) (int, error) {
		os, err := s.Orgs.Orgs(ctx, tx)
		return len(os), err
	}
	before := read(t, s, func(ctx context.Context, tx selvedge.Tx) (int, error) {
		first, err := orgs(ctx, tx)
		if err != nil {
			return 0, err
		}
		done := make(chan error)
		go func() {
			done <- s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
				return s.Orgs.InsertOrg(ctx, tx, advertiser("o"))
			})
		}()
		if err := <-done; err != nil {
			return 0, err
		}
		again, err := orgs(ctx, tx)
		if again != first {
			t.Errorf("the snapshot grew from %d to %d", first, again)
		}
		return first, err
	})
	if after := read(t, s, orgs); before != 0 || after != 1 {
		t.Errorf("%d orgs before the commit and %d after", before, after)
	}
}

// updatesAreSerial has many goroutines do what goes wrong when two transactions
// overlap: read, and write what follows from it.
func updatesAreSerial(t *testing.T, s *site) {
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range each {
				err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
					os, err := s.Orgs.Orgs(ctx, tx)
					if err != nil {
						return err
					}
					o := advertiser(fmt.Sprintf("o%03d", len(os)))
					o.Name = fmt.Sprint(w)
					return s.Orgs.InsertOrg(ctx, tx, o) // fails if two saw the same
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	os := read(t, s, s.Orgs.Orgs)
	if len(os) != writers*each {
		t.Fatalf("%d orgs, want %d", len(os), writers*each)
	}
	for i, o := range os {
		if want := fmt.Sprintf("o%03d", i); string(o.ID) != want {
			t.Fatalf("org %d is %s, want %s: not in commit order", i, o.ID, want)
		}
	}
}

// readersSeeWholeCommits has readers look on while each transaction adds two
// changes: no reader may see an odd number of them, or fewer than before.
func readersSeeWholeCommits(t *testing.T, s *site) {
	const commits = 40
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var last selvedge.Position
			for {
				var head selvedge.Position
				err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
					head, err = s.Changes.Head(ctx, tx)
					return err
				})
				if err != nil || head%2 != 0 || head < last {
					t.Errorf("a reader sees position %d after %d: %v", head, last, err)
					return
				}
				last = head
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range commits {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
			for range 2 {
				if _, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Org, Subject: "o"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	close(done)
	wg.Wait()
	if head := read(t, s, s.Changes.Head); head != 2*commits {
		t.Errorf("head %d, want %d", head, 2*commits)
	}
}
