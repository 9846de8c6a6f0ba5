package compaction_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/ledger/ledgertest"
)

// begun has people by import and by events, in a chunk of rows, in rows and in
// neither, and one of each erased.
func begun(t testing.TB) *platform {
	t.Helper()
	p := newPlatform(t)
	p.bring(t, 3)
	p.tell(t, 3)
	p.compact(t)
	p.tell(t, 3)
	p.erase(t, 0)
	p.erase(t, 3)
	p.erase(t, 6)
	return p
}

// TestCompact: rows become chunks, small chunks of rows become one, and what was
// of erased people is nowhere any more. Who is found stays the same throughout.
func TestCompact(t *testing.T) {
	t.Parallel()
	p := begun(t)
	p.check(t)
	if _, entries, rows := p.tokens(t); entries != 6*forms || rows != 2*forms {
		t.Errorf("before: %d tokens in chunks, %d rows", entries, rows)
	}
	p.compact(t)
	p.settled(t)
	if chunks, _, _ := p.tokens(t); chunks != 4 { // of the import and of events, by class
		t.Errorf("%d chunks", chunks)
	}
	p.compact(t) // of nothing
	p.settled(t)
	p.crash(t)
	p.settled(t)
	for i := range p.people {
		p.erase(t, i)
	}
	p.compact(t)
	p.settled(t)
	if chunks, _, _ := p.tokens(t); chunks != 0 {
		t.Errorf("%d chunks of nobody", chunks)
	}
}

// TestCutOffAnywhere cuts a compaction off at each transaction and each blob.
// Nothing is lost or doubled, and the next one brings it to its end.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	whole := begun(t)
	tx, blobs := &faulty{Transactor: whole.Compactor.Tx}, &faultyBlobs{Store: whole.Compactor.Blobs}
	whole.Compactor.Tx, whole.Compactor.Blobs = tx, blobs
	whole.compact(t)
	if tx.n != 6 || blobs.n != 6 { // fold, a chunk each, forget; two chunks folded and four written anew
		t.Fatalf("a compaction has %d transactions and makes %d blobs", tx.n, blobs.n)
	}
	for n := 1; n <= tx.n; n++ {
		for _, persists := range []bool{false, true} {
			t.Run(fmt.Sprint("transaction ", n, ", persists: ", persists), func(t *testing.T) {
				t.Parallel()
				p := begun(t)
				p.Compactor.Tx = &faulty{Transactor: p.Compactor.Tx, at: n, persists: persists}
				p.cutOff(t)
			})
		}
	}
	for n := 1; n <= blobs.n; n++ {
		t.Run(fmt.Sprint("blob ", n), func(t *testing.T) {
			t.Parallel()
			p := begun(t)
			p.Compactor.Blobs = &faultyBlobs{Store: p.Compactor.Blobs, at: n}
			p.cutOff(t)
		})
	}
}

// cutOff compacts into a fault, and then without one.
func (p *platform) cutOff(t *testing.T) {
	t.Helper()
	if err := p.compacted(t); !errors.Is(err, errFault) {
		t.Fatalf("error %v, want the fault's", err)
	}
	p.tokens(t)
	p.crash(t)
	p.check(t)
	p.tell(t, 1)
	p.compact(t)
	p.settled(t)
}

// TestSuperseded: an attempt that was given up for dead commits nothing any more,
// wherever it was.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 6; n++ {
		t.Run(fmt.Sprint("at transaction ", n), func(t *testing.T) {
			t.Parallel()
			p := begun(t)
			a, left := attempt(), n
			a.Fence = func(context.Context, selvedge.Tx) error {
				if left--; left <= 0 {
					return job.ErrSuperseded
				}
				return nil
			}
			if err := p.Compactor.Handle(t.Context(), a); !errors.Is(err, job.ErrSuperseded) {
				t.Fatalf("error %v", err)
			}
			if pending, err := p.Compactor.Pending(t.Context()); err != nil || pending.Erased == 0 {
				t.Errorf("%+v, %v", pending, err)
			}
			p.compact(t)
			p.settled(t)
		})
	}
}

// TestInTheMiddle has something happen in the middle of a compaction, at each
// blob and each transaction that it comes by: what it was about to commit is
// true of another moment.
func TestInTheMiddle(t *testing.T) {
	t.Parallel()
	for what, act := range map[string]func(t *testing.T, p *platform){
		"somebody is erased":       func(t *testing.T, p *platform) { p.erase(t, 4); p.erase(t, 7) },
		"some are told of":         func(t *testing.T, p *platform) { p.bring(t, 1); p.tell(t, 1) },
		"the keys are rotated":     func(t *testing.T, p *platform) { p.rotate(t) },
		"a rotation begins":        func(t *testing.T, p *platform) { p.beginRotation(t) },
		"it is compacted":          func(t *testing.T, p *platform) { p.compact(t) },
		"rotated, told and erased": func(t *testing.T, p *platform) { p.rotate(t); p.tell(t, 1); p.erase(t, 8) },
	} {
		for _, n := range []int{1, 4, 7, 8, 12} { // of six blobs, then of six transactions
			t.Run(fmt.Sprint(what, " at ", n), func(t *testing.T) {
				t.Parallel()
				p := begun(t)
				tx, blobs := &faulty{Transactor: p.Compactor.Tx}, &faultyBlobs{Store: p.Compactor.Blobs}
				real, realBlobs := p.Compactor.Tx, p.Compactor.Blobs
				at := func(i *int, n int) func() {
					return func() {
						if *i == n {
							p.Compactor.Tx, p.Compactor.Blobs = real, realBlobs // what happens meets no fault
							act(t, p)
						}
					}
				}
				if n <= 6 {
					blobs.hook = at(&blobs.n, n)
				} else {
					tx.hook = at(&tx.n, n-6)
				}
				p.Compactor.Tx, p.Compactor.Blobs = tx, blobs
				if err := p.compacted(t); err != nil && selvedge.CodeOf(err) != selvedge.CodeConflict {
					t.Fatalf("error %v", err)
				}
				p.Compactor.Tx, p.Compactor.Blobs = real, realBlobs
				p.tokens(t)
				p.check(t)
				p.rotate(t)
				p.compact(t)
				p.settled(t)
			})
		}
	}
}

// rotate rotates to the end.
func (p *platform) rotate(tb testing.TB) {
	tb.Helper()
	_, err := p.Rotate(tb.Context(), anna)
	must(tb, err)
}

// beginRotation makes the next keys, and leaves it at that.
func (p *platform) beginRotation(tb testing.TB) {
	tb.Helper()
	_, err := p.Rotation.Ask(tb.Context(), anna)
	must(tb, err)
}

// TestTurns: while a rotation is under way rows are folded, and no chunk leaves
// the manifest.
func TestTurns(t *testing.T) {
	t.Parallel()
	p := begun(t)
	p.beginRotation(t)
	before, _, _ := p.tokens(t)
	p.compact(t)
	chunks, entries, rows := p.tokens(t)
	if chunks != before+2 || entries != 8*forms || rows != 0 {
		t.Errorf("%d chunks where %d were, %d tokens in them, %d rows", chunks, before, entries, rows)
	}
	p.check(t)
	p.rotate(t)
	p.check(t)
	p.compact(t)
	p.settled(t)
}

// TestRotationTakesRows: rows are of the next epoch when it is in force, whether
// they were there when the rotation began or came in the middle of it.
func TestRotationTakesRows(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.bring(t, 2)
	p.tell(t, 2)
	blobs := &faultyBlobs{Store: p.Rotation.Blobs}
	blobs.hook = func() { p.tell(t, 1) }
	p.Rotation.Blobs = blobs
	res, err := p.Rotate(t.Context(), anna)
	must(t, err)
	if res.Tokens != int64(forms*p.people) || blobs.n < 2 {
		t.Errorf("%+v of %d people, %d blobs", res, p.people, blobs.n)
	}
	if _, _, rows := p.tokens(t); rows == 0 {
		t.Error("no row was left: the test tries too little")
	}
	p.check(t)
	p.compact(t)
	p.settled(t)
}

// TestOpenImport: somebody is erased whose tokens an import is about to bring.
// They are taken out after it was completed, and not forgotten before.
func TestOpenImport(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	accounts, points := p.files(2)
	p.people += 2
	blobs := &faultyBlobs{Store: p.Importer.Blobs} // chunks come last
	blobs.hook = func() {
		if blobs.n == 1 {
			p.erase(t, 0)
			p.compact(t)
		}
	}
	p.Importer.Blobs = blobs
	_, err := p.Importer.Import(t.Context(), anna, text(accounts), text(points))
	must(t, err)
	if _, entries, _ := p.tokens(t); entries != 2*forms {
		t.Fatalf("%d tokens: the test does not do what it says", entries)
	}
	p.compact(t)
	p.settled(t)
}

// TestContained: a contained server takes nothing out of the manifest.
func TestContained(t *testing.T) {
	t.Parallel()
	p := begun(t)
	gate := &ledgertest.Gate{}
	gate.Contain(selvedge.Errorf(selvedge.CodeContained, "for a test"))
	p.Compactor.Ledger = gate
	err := p.compacted(t)
	if selvedge.CodeOf(err) != selvedge.CodeContained {
		t.Fatalf("error %v", err)
	}
	if o := job.Decide(job.End{Number: 1, Err: err}, start, p.cfg.Entropy); o.State != job.Failed {
		t.Errorf("the job is %s", o.State)
	}
	if _, _, rows := p.tokens(t); rows == 0 {
		t.Error("rows were folded")
	}
}

// TestLedger: that tokens were erased is in the ads ledger, and names ordinals.
func TestLedger(t *testing.T) {
	t.Parallel()
	p := begun(t)
	p.compact(t)
	p.compact(t)
	var got []string
	p.rows(t, `SELECT space || ' ' || role || ' ' || actor || ' ' || body FROM ledger_entry WHERE kind = 'tokens.erased'`, func(scan func(...any)) {
		var s string
		scan(&s)
		got = append(got, s)
	})
	if want := `ads system compaction {"ordinals":[1,2,7,8,13,14]}`; strings.Join(got, "; ") != want {
		t.Errorf("entries %q, want %q", got, want)
	}
}

// TestModel takes any course of imports, events, erasures, compactions,
// rotations and crashes, and compares who is found, and which tokens there are.
func TestModel(t *testing.T) {
	t.Parallel()
	courses := 0
	rapid.Check(t, func(rt *rapid.T) {
		if courses++; courses > 8 { // each makes an installation
			return
		}
		p := newPlatform(t)
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"bring", "tell", "tell", "erase", "compact", "compact", "rotate", "crash", "check"}), 3, 14).Draw(rt, "steps")
		for _, s := range steps {
			switch s {
			case "bring":
				p.bring(t, 2)
			case "tell":
				p.tell(t, 2)
			case "erase":
				if p.people > 0 {
					p.erase(t, rapid.IntRange(0, p.people-1).Draw(rt, "who"))
				}
			case "compact":
				p.compact(t)
			case "rotate":
				p.rotate(t)
			case "crash":
				p.crash(t)
			case "check":
				p.check(t)
			}
			p.tokens(t)
		}
		p.check(t)
		p.compact(t)
		p.settled(t)
	})
}
