package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/pgtest"
	"github.com/selvedge/selvedge/server/servertest"
	"github.com/selvedge/selvedge/token"
)

// TestRotate: every token is under new keys, the older ones are gone, and what
// happened is in the ads ledger, without a key. Members stay, and new lists
// reach whom they would have reached.
func TestRotate(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.bring(t, 5)
	p.bring(t, 4)
	p.ask(t, "account-1", "account-7", "nobody")
	p.drain(t)
	before := p.column(t, `SELECT hex(sum) FROM chunk`)
	if got := p.rotate(t); got != 2 {
		t.Errorf("rotated to epoch %d", got)
	}
	p.check(t)
	p.settled(t, 2)
	for _, sum := range p.column(t, `SELECT hex(sum) FROM chunk`) {
		if slices.Contains(before, sum) {
			t.Error("a chunk is the same as before")
		}
	}
	want := []string{
		`operator keys.rotating {"from_epoch":1,"to_epoch":2}`,
		`operator keys.rotated {"from_epoch":1,"to_epoch":2,"chunks":4,"tokens":27}`,
		`system keys.destroyed {"epoch":1}`,
	}
	got := p.column(t, `SELECT role || ' ' || kind || ' ' || body FROM ledger_entry WHERE space = 'ads' AND kind LIKE 'keys.%' ORDER BY seq`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the ledger (-want +got):\n%s", diff)
	}
	if got := p.column(t, `SELECT kind || ' ' || subject FROM change_ads WHERE kind = 'keys'`); !slices.Equal(got, []string{"keys 2"}) {
		t.Errorf("the change log says %v", got)
	}
	p.withdraw(t, "account-7")
	p.bring(t, 1)
	p.rotate(t)
	p.crash(t)
	p.settled(t, 3)
}

// TestRotateNothing: an installation without a token is rotated all the same.
func TestRotateNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.rotate(t)
	p.ask(t, "nobody")
	p.drain(t) // against an index of no tokens, of the new epoch
	p.bring(t, 2)
	p.settled(t, 2)
}

// TestRotateIsForOperators: nobody else rotates, reads progress or reseals.
func TestRotateIsForOperators(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, a := range []selvedge.Actor{{}, selvedge.Platform("x"), selvedge.OrgActor("org_x", "x"), selvedge.System("x")} {
		_, err := p.Rotate(t.Context(), a)
		_, err2 := p.Rotation.Progress(t.Context(), a)
		_, err3 := p.Rotation.Reseal(t.Context(), a, p.Rotation.Keys.KEK)
		for _, err := range []error{err, err2, err3} {
			if selvedge.CodeOf(err) != selvedge.CodeForbidden {
				t.Errorf("%s: error %v", a.Role(), err)
			}
		}
	}
	if got := p.epoch(t); got != 1 {
		t.Errorf("epoch %d", got)
	}
}

// begun is a platform with two imports and two lists, of which one waits.
func begun(t *testing.T) *platform {
	p := newPlatform(t)
	p.bring(t, 4)
	p.bring(t, 3)
	p.ask(t, "account-0", "account-5", "nobody")
	p.drain(t)
	p.ask(t, "account-1", "account-6")
	return p
}

// TestCutOffAnywhere cuts a rotation off at each transaction and each blob, in
// every way that these fail. Matching goes on, and the next Rotate brings it to
// its end: no token is lost or doubled.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	whole := begun(t)
	tx := &faulty{Transactor: whole.Rotation.Tx}
	blobs := &faultyBlobs{Store: whole.Rotation.Blobs}
	whole.Rotation.Tx, whole.Rotation.Blobs = tx, blobs
	whole.rotate(t)
	if tx.n != 7 || blobs.n != 4 { // begin, a chunk each, change over, destroy
		t.Fatalf("a rotation has %d transactions and makes %d blobs", tx.n, blobs.n)
	}
	type cut struct {
		what string
		do   func(p *platform)
	}
	var cuts []cut
	for n := 1; n <= tx.n; n++ {
		at := func(i int) error {
			if i == n {
				return errFault
			}
			return nil
		}
		cuts = append(cuts,
			cut{fmt.Sprint("transaction ", n, " fails"), func(p *platform) { p.Rotation.Tx = &faulty{Transactor: p.Rotation.Tx, before: at} }},
			cut{fmt.Sprint("transaction ", n, " fails and persists"), func(p *platform) { p.Rotation.Tx = &faulty{Transactor: p.Rotation.Tx, after: at} }})
	}
	for n := 1; n <= blobs.n; n++ {
		for _, way := range []string{"create fails", "write fails", "commit fails", "commit fails and persists"} {
			cuts = append(cuts, cut{fmt.Sprint("blob ", n, " ", way), func(p *platform) {
				p.Rotation.Blobs = &faultyBlobs{Store: p.Rotation.Blobs, at: n, way: way}
			}})
		}
	}
	for _, c := range cuts {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			p := begun(t)
			c.do(p)
			if _, err := p.Rotate(t.Context(), anna); !errors.Is(err, errFault) {
				t.Fatalf("error %v, want the fault's", err)
			}
			p.crash(t)
			at := p.epoch(t)
			p.ask(t, "account-2", "account-4", "nobody")
			p.drain(t)
			p.bring(t, 2)
			p.check(t)
			if at == 1 {
				if got := p.rotate(t); got != 2 {
					t.Errorf("the second one went to epoch %d", got)
				}
			}
			p.check(t)
			p.settled(t, 2)
		})
	}
}

// TestCancelled: a context that ends is as a crash.
func TestCancelled(t *testing.T) {
	t.Parallel()
	p := begun(t)
	ctx, cancel := context.WithCancel(t.Context())
	tx := p.Rotation.Tx
	p.Rotation.Tx = &faulty{Transactor: tx, after: func(n int) error {
		if n == 3 {
			cancel()
		}
		return nil
	}}
	if _, err := p.Rotate(ctx, anna); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	got, err := p.Rotation.Progress(t.Context(), anna)
	must(t, err)
	if got.Current != 1 || got.Next != 2 || got.Chunks != 4 || got.ChunksDone != 2 || got.Tokens != forms*7 || got.TokensDone != forms*4 {
		t.Errorf("progress %+v", got)
	}
	p.Rotation.Tx = tx
	p.rotate(t)
	p.settled(t, 2)
}

// TestAnythingMeanwhile lives random lives, in the middle of whose rotations
// people come, lists come, lists are matched and people withdraw. The members
// of every list are those of the sets, at every moment.
func TestAnythingMeanwhile(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 4))
			p := newPlatform(t)
			p.bring(t, 3)
			var step func()
			cut := -1 // transactions until the rotation is cut off
			interleave := func() {
				tx := p.Rotation.Tx
				p.Rotation.Tx = &faulty{Transactor: tx, after: func(int) error {
					if cut--; cut == 0 {
						return errFault
					}
					if rnd.IntN(2) == 0 {
						step()
						p.check(t)
					}
					return nil
				}}
				blobs := p.Rotation.Blobs
				p.Rotation.Blobs = &faultyBlobs{Store: blobs, hook: func() {
					if rnd.IntN(3) == 0 {
						step()
					}
				}}
				cut = rnd.IntN(12) - 4
				_, err := p.Rotate(t.Context(), anna)
				if err != nil && !errors.Is(err, errFault) {
					t.Fatal(err)
				}
				if p.Rotation.Tx, p.Rotation.Blobs = tx, blobs; err != nil && rnd.IntN(2) == 0 {
					p.crash(t)
				}
			}
			step = func() {
				switch rnd.IntN(6) {
				case 0:
					p.bring(t, 1+rnd.IntN(3))
				case 1, 2:
					var asked []string
					for i := range p.people + 3 {
						if rnd.IntN(2) == 0 {
							asked = append(asked, account(i))
						}
					}
					p.ask(t, append(asked, "nobody")...)
				case 3:
					p.drain(t)
				case 4:
					p.withdraw(t, account(rnd.IntN(p.people)))
				case 5:
					if err := p.Rotation.Retire(t.Context()); !errors.Is(err, errFault) {
						must(t, err)
					}
				}
			}
			rotations := 0
			for range 30 {
				if rnd.IntN(4) == 0 {
					interleave()
					rotations++
				} else {
					step()
				}
				p.check(t)
			}
			p.drain(t)
			p.check(t)
			to := p.rotate(t)
			p.settled(t, to)
			if rotations < 4 || len(p.shops) < 5 {
				t.Errorf("%d rotations and %d lists prove little", rotations, len(p.shops))
			}
		})
	}
}

// TestUploadAcross: the keys that an upload began with are destroyed before it
// ends. It is accepted under the new ones, and matched.
func TestUploadAcross(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.bring(t, 4)
	s := p.shop(t)
	asked := []string{"account-0", "account-3", "nobody", "account-1"}
	p.upload(t, s, inTheMiddle(rows(asked), func() { p.rotate(t); p.rotate(t) }), asked)
	if got := p.column(t, `SELECT epoch FROM list`); !slices.Equal(got, []string{"3"}) {
		t.Errorf("the list is of epoch %v", got)
	}
	p.drain(t)
	p.settled(t, 3)
}

// TestImportAcross: the keys that an import began with are destroyed before it
// is complete. Its chunks are of the new epoch.
func TestImportAcross(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.bring(t, 2)
	accounts, points := p.files(5)
	passes := 0
	source := func() (io.ReadCloser, error) {
		if passes++; passes == 1 {
			return text(points)()
		}
		return io.NopCloser(inTheMiddle(points, func() { p.rotate(t) })), nil
	}
	r, err := p.Importer.Import(t.Context(), anna, text(accounts), source)
	must(t, err)
	if r.Points.Matchable != 10 {
		t.Errorf("%+v", r.Points)
	}
	p.people += 5
	p.settled(t, 2)
}

// TestMatchAcross: a rotation ends in the middle of a match. The version names
// the epoch that is in force when it is sealed.
func TestMatchAcross(t *testing.T) {
	t.Parallel()
	p := begun(t)
	before := p.Matcher.Blobs
	once := sync.OnceFunc(func() { p.rotate(t) })
	p.Matcher.Blobs = &faultyBlobs{Store: before, hook: once}
	p.drain(t)
	if got := p.column(t, `SELECT epoch FROM audience_version ORDER BY position`); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("the versions are of epochs %v", got)
	}
	p.settled(t, 2)
}

// TestRenewAcross: a rotation ends between the conversion of a list that waits
// and the row that names it. The keys of the conversion may be gone by then, so
// it is made again.
func TestRenewAcross(t *testing.T) {
	t.Parallel()
	p := begun(t)
	rotate := func() {
		_, err := p.Rotate(t.Context(), anna)
		must(t, err)
	}
	rotate()
	p.Matcher.Tx = &faulty{Transactor: p.Matcher.Tx, before: func(n int) error {
		if n == 2 { // the first one is the intent
			rotate()
		}
		return nil
	}}
	p.drain(t)
	p.check(t)
	p.settled(t, 3)
}

// TestWaitingListKeepsTheKeys: older keys stay for a list that waits, through a
// further rotation and a restart, and go once it is matched.
func TestWaitingListKeepsTheKeys(t *testing.T) {
	t.Parallel()
	p := begun(t)
	for range 2 {
		res, err := p.Rotate(t.Context(), anna)
		must(t, err)
		if res.Lists != 1 {
			t.Errorf("%+v", res)
		}
	}
	p.crash(t)
	got, err := p.Rotation.Progress(t.Context(), anna)
	must(t, err)
	var kept []string
	for _, e := range got.Kept {
		kept = append(kept, fmt.Sprint(e.Epoch, " ", e.State, " ", e.Need.Lists))
		for _, k := range e.Keys {
			if k.Sealed != nil {
				t.Error("progress shows a sealed key")
			}
		}
	}
	if diff := cmp.Diff([]string{"1 old 1", "3 current 0"}, kept); diff != "" {
		t.Error(diff)
	}
	p.drain(t)
	p.check(t)
	p.settled(t, 3)
}

// TestRetiredEpochIsRefused: what only destroyed keys could read fails loudly,
// and is never matched as if it held nobody.
func TestRetiredEpochIsRefused(t *testing.T) {
	t.Parallel()
	p := begun(t)
	p.sql(t, `UPDATE list SET epoch = 9 WHERE state = 'accepted'`) // no list needs epoch 1
	p.rotate(t)
	p.sql(t, `UPDATE list SET epoch = 1 WHERE state = 'accepted'`)
	if err := servertest.Match(t, p.Server); selvedge.CodeOf(err) != selvedge.CodeNotFound || !strings.Contains(err.Error(), "destroyed") {
		t.Errorf("error %v, want that the keys were destroyed", err)
	}
	if got := p.column(t, `SELECT state FROM list ORDER BY seq`); !slices.Equal(got, []string{"matched", "accepted"}) {
		t.Errorf("the lists are %v", got)
	}
	if _, err := p.Rotation.Keys.Of(t.Context(), 1); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("error %v", err)
	}
}

// TestNothingBeforeAllOfIt: while a rotation is under way, its chunks are in no
// index and its keys make no token.
func TestNothingBeforeAllOfIt(t *testing.T) {
	t.Parallel()
	p := begun(t)
	tx := p.Rotation.Tx
	p.Rotation.Tx = &faulty{Transactor: tx, after: func(n int) error {
		if n == 5 {
			return errFault // all are staged, and it does not change over
		}
		return nil
	}}
	if _, err := p.Rotate(t.Context(), anna); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	p.Rotation.Tx = tx
	keys, err := p.Rotation.Keys.Current(t.Context())
	must(t, err)
	if keys.Epoch() != 1 {
		t.Errorf("tokens are made under epoch %d", keys.Epoch())
	}
	must(t, p.RebuildIndex(t.Context()))
	p.drain(t)
	if got := p.column(t, `SELECT DISTINCT epoch FROM audience_version`); !slices.Equal(got, []string{"1"}) {
		t.Errorf("versions are of epochs %v", got)
	}
	p.settledLater(t)
}

func (p *platform) settledLater(t *testing.T) {
	t.Helper()
	p.check(t)
	p.rotate(t)
	p.settled(t, 2)
}

// TestTwoAtOnce: the second is refused while the first runs.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	p := begun(t)
	var second error
	p.Rotation.Blobs = &faultyBlobs{Store: p.Rotation.Blobs, hook: sync.OnceFunc(func() {
		_, second = p.Rotate(t.Context(), anna)
	})}
	p.rotate(t)
	if selvedge.CodeOf(second) != selvedge.CodeConflict {
		t.Errorf("the second: %v", second)
	}
	p.settled(t, 2)
}

// TestBeside runs rotations beside imports, uploads, matches and withdrawals in
// goroutines of their own.
func TestBeside(t *testing.T) {
	t.Parallel()
	for engine, database := range map[string]func(testing.TB) string{
		"SQLite": func(testing.TB) string { return "" }, "PostgreSQL": pgtest.Schema,
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			beside(t, newPlatformOn(t, database(t)))
		})
	}
}

func beside(t *testing.T, p *platform) {
	t.Helper()
	p.bring(t, 40)
	for i := range 8 {
		p.ask(t, account(i), account(i+8), "nobody")
	}
	accounts, points := p.files(20)
	var wg sync.WaitGroup
	failed := make(chan error, 8)
	also := func(fn func() error) { wg.Go(func() { failed <- fn() }) }
	also(func() error {
		for range 3 {
			if _, err := p.Rotate(t.Context(), anna); err != nil {
				return err
			}
		}
		return nil
	})
	also(func() error { return servertest.Match(t, p.Server) })
	also(func() error {
		_, err := p.Importer.Import(t.Context(), anna, text(accounts), text(points))
		return err
	})
	also(func() error {
		_, err := p.People.Withdraw(t.Context(), anna, account(39), contact.Address{Kind: identifier.Email, Value: email(account(39))}, 1<<24)
		return err
	})
	wg.Wait()
	close(failed)
	for err := range failed {
		must(t, err)
	}
	p.drain(t)
	p.check(t)
	p.people += 20
	p.withdrawn[account(39)] = true
	p.ask(t, p.all()...)
	p.drain(t)
	p.check(t)
}

// TestDamagedChunk: a chunk that is not what its name says ends the rotation,
// and nothing changes over.
func TestDamagedChunk(t *testing.T) {
	t.Parallel()
	p := begun(t)
	p.sql(t, `UPDATE chunk SET size = size - 1 WHERE sum = (SELECT MAX(sum) FROM chunk)`)
	if _, err := p.Rotate(t.Context(), anna); err == nil {
		t.Error("no error")
	}
	if got := p.epoch(t); got != token.FirstEpoch {
		t.Errorf("epoch %d", got)
	}
}
