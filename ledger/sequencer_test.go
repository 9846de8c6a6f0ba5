package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
)

func TestStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.sequencer(ledger.Ads)
	if n, err := s.Step(t.Context()); n != 0 || err != nil {
		t.Fatalf("nothing waits: %d, %v", n, err)
	}
	w.append(t, ledger.Ads, proof.MaxEntries+1)
	w.append(t, ledger.Registry, 1)
	for _, want := range []int{proof.MaxEntries, 1, 0} {
		if n, err := s.Step(t.Context()); n != want || err != nil {
			t.Fatalf("%d entries, want %d: %v", n, want, err)
		}
	}
	w.wantOnce(t, ledger.Ads, proof.MaxEntries+1)
	w.wantOnce(t, ledger.Registry, 0)
	leaf := w.leaves(t, ledger.Ads)[0]
	if got := leaf.From.Format("15:04") + " " + leaf.Until.Format("15:04"); got != "12:00 13:08" {
		t.Errorf("minutes %s", got)
	}
	w.wantFindings(t)
}

// TestCrashAtEachPoint fails the n-th call that a sequencer makes and then the
// m-th call of the one that takes over, for every n and m, with and without the
// calls' effects, and with more in the outbox each time. Nothing is lost and
// nothing comes twice.
func TestCrashAtEachPoint(t *testing.T) {
	t.Parallel()
	for _, persist := range []bool{false, true} {
		for _, persistAgain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v,%v", persist, persistAgain), func(t *testing.T) {
				t.Parallel()
				first, crashes := 0, 0
				for n, more := 1, true; more; n++ {
					for m := 1; ; m++ {
						one, both := crashTwice(t, n, persist, m, persistAgain)
						more = one
						if !both {
							break
						}
						crashes++
					}
					if more {
						first = n
					}
				}
				if first != 10 || crashes < 10*10 {
					t.Errorf("%d calls, %d pairs of crashes: this is not the sequencer", first, crashes)
				}
			})
		}
	}
}

// crashTwice says whether the first crash and both came about.
func crashTwice(t *testing.T, n int, persist bool, m int, persistAgain bool) (one, both bool) {
	t.Helper()
	w := newWorld(t)
	w.append(t, ledger.Ads, 5)
	drain(t, w.sequencer(ledger.Ads))
	w.append(t, ledger.Ads, 3)
	s := w.sequencer(ledger.Ads)
	for _, crash := range []struct {
		call    int
		persist bool
	}{{n, persist}, {m, persistAgain}} {
		w.faults.Arm(crash.call, crash.persist)
		err := steps(s)
		if !w.faults.Fired() {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if !errors.Is(err, ledgertest.ErrInjected) {
			t.Fatalf("calls %d and %d fail, and the error is %v", n, m, err)
		}
		one, both = true, one
		w.append(t, ledger.Ads, 4)
		if !both {
			w.erase(t, ledger.Ref{Space: ledger.Ads, Seq: 7}) // perhaps between add and record
		}
		if m%2 == 0 {
			s = w.sequencer(ledger.Ads) // a new process; otherwise the same tries again
		}
	}
	w.faults.Arm(0, false)
	want := int64(8)
	if one {
		want += 4
	}
	if both {
		want += 4
	}
	w.drain(t)
	w.wantOnce(t, ledger.Ads, want)
	w.wantFindings(t)
	return one, both
}

func steps(s *ledger.Sequencer) error {
	for {
		if n, err := s.Step(context.Background()); n == 0 || err != nil {
			return err
		}
	}
}

// TestLeafThatTheDatabaseDoesNotKnow enters the gap between add and record by
// hand: the leaf is taken over with the range it has, though more waits now.
func TestLeafThatTheDatabaseDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, ledger.Ads, 3)
	drain(t, w.sequencer(ledger.Ads))
	w.store.Tamper(ledger.Ads, func(r []ledger.Record, _ []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
		return r, nil
	})
	w.append(t, ledger.Ads, 2)
	w.wantFindings(t) // the last leaf may be unknown for a moment
	if err := w.sequencer(ledger.Ads).Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantOnce(t, ledger.Ads, 3) // it added nothing
	drain(t, w.sequencer(ledger.Ads))
	w.wantOnce(t, ledger.Ads, 5)
	w.wantFindings(t)
}

// forged returns the text of a leaf, changed.
func forged(t testing.TB, text []byte, change func(l *proof.Leaf)) []byte {
	t.Helper()
	l, err := proof.ParseLeaf(text)
	if err != nil {
		t.Fatal(err)
	}
	change(&l)
	text, err = l.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestStops has the database and the log contradict each other. Leaves are 0:
// entries 1 to 3; 1: 4 to 5; 2: 6 to 9.
func TestStops(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, w *world)
		is    error
		says  string
	}{
		"nothing amiss": {func(*testing.T, *world) {}, nil, ""},
		"older database": {
			func(_ *testing.T, w *world) { restore(w, 5, 2) }, ledger.ErrLogAhead,
			"ads: leaf 2 has entries 6 to 9, and the database has 0 of them",
		},
		"database of before": {
			func(_ *testing.T, w *world) { restore(w, 8, 2) }, ledger.ErrLogAhead,
			"ads: leaf 2 has entries 6 to 9, and the database has 3 of them",
		},
		"empty database": {
			func(_ *testing.T, w *world) { restore(w, 0, 0) }, ledger.ErrLogAhead,
			"ads: leaf 0 has entries 1 to 3, and the database has 0 of them",
		},
		"older database, used since": {
			func(t *testing.T, w *world) { restore(w, 5, 2); w.append(t, ledger.Ads, 4) }, ledger.ErrTampered,
			"ads: leaf 2 is not what entries 6 to 9 make",
		},
		"a row missing in a leaf that is not recorded": {
			func(_ *testing.T, w *world) {
				restore(w, 9, 2)
				change(w, func(r []ledger.Record) []ledger.Record { return append(r[:6], r[7:]...) })
			}, ledger.ErrLogAhead, "ads: leaf 2 has entries 6 to 9, and the database has 3 of them",
		},
		"a row missing, with others after": {
			func(t *testing.T, w *world) {
				restore(w, 9, 2)
				w.append(t, ledger.Ads, 1)
				change(w, func(r []ledger.Record) []ledger.Record { return append(r[:6], r[7:]...) })
			}, ledger.ErrTampered, "ads: entry 7 is not in the database, and entry 8 is",
		},
		"a body before its leaf": {
			func(t *testing.T, w *world) {
				w.append(t, ledger.Ads, 2)
				change(w, func(r []ledger.Record) []ledger.Record { r[10].Body = []byte(`{}`); return r })
			}, ledger.ErrTampered, "ads: entry 11 is not what was committed to",
		},
		"a salt cut short": {
			func(t *testing.T, w *world) {
				w.append(t, ledger.Ads, 2)
				change(w, func(r []ledger.Record) []ledger.Record { r[9].Salt = []byte{1}; return r })
			}, ledger.ErrTampered, "ads: entry 10 is not what was committed to",
		},
		"log cut": {
			func(_ *testing.T, w *world) { w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { return l[:1] }) }, ledger.ErrTampered,
			"ads: the log ends before leaf 1, and the database knows leaves to 2 (entry 9)",
		},
		"last leaf another": {
			func(t *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.Root[0] ^= 1 })
					return l
				})
			}, ledger.ErrTampered, "ads: leaf 2 (entries 6 to 9) is another one in the log",
		},
		"last leaf no leaf": {
			func(_ *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { l[2] = []byte("x"); return l })
			}, ledger.ErrTampered, "ads: leaf 2: leaf: this is no leaf of version 1",
		},
		"unknown leaf with another root": {
			func(t *testing.T, w *world) {
				restore(w, 9, 2)
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.Root[0] ^= 1 })
					return l
				})
			}, ledger.ErrTampered, "ads: leaf 2 is not what entries 6 to 9 make",
		},
		"unknown leaf of another range": {
			func(t *testing.T, w *world) {
				restore(w, 9, 2)
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.First-- })
					return l
				})
			}, ledger.ErrTampered, "ads: leaf 2 begins with entry 5 of ads, and entry 6 of ads is the next",
		},
		"unknown leaf of another space": {
			func(t *testing.T, w *world) {
				restore(w, 9, 2)
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.Space = "registry" })
					return l
				})
			}, ledger.ErrTampered, "ads: leaf 2 begins with entry 6 of registry, and entry 6 of ads is the next",
		},
		"unknown leaf of another minute": {
			func(t *testing.T, w *world) {
				restore(w, 9, 2)
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.Until = l.Until.AddDate(1, 0, 0) })
					return l
				})
			}, ledger.ErrTampered, "ads: leaf 2 is not what entries 6 to 9 make",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := threeLeaves(t)
			tc.spoil(t, w)
			size := len(w.logs[ledger.Ads].Leaves())
			s := w.sequencer(ledger.Ads)
			err := steps(s)
			if !errors.Is(err, tc.is) || (tc.is == nil) != (err == nil) {
				t.Fatalf("got %v, want %v", err, tc.is)
			}
			if tc.is == nil {
				return
			}
			if want := tc.is.Error() + ": " + tc.says; err.Error() != want {
				t.Errorf("got  %q\nwant %q", err, want)
			}
			if now := len(w.logs[ledger.Ads].Leaves()); now != size {
				t.Errorf("%d leaves were added all the same", now-size)
			}
			// It stops Run, and whoever waits for it hears why.
			w.append(t, ledger.Ads, 20) // more than was ever entered
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				done <- s.Await(ctx)
				cancel() // or a Run that goes on would never return
			}()
			for _, got := range []error{s.Run(ctx, nil), <-done} {
				if !errors.Is(got, ledger.ErrTampered) && !errors.Is(got, ledger.ErrLogAhead) {
					t.Errorf("Run or Await returned %v", got)
				}
			}
		})
	}
}

// threeLeaves has entries 1 to 3, 4 to 5 and 6 to 9 of ads in a leaf each.
func threeLeaves(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	for _, n := range []int{3, 2, 4} {
		w.append(t, ledger.Ads, n)
		drain(t, w.sequencer(ledger.Ads))
	}
	return w
}

// restore goes back to a database with fewer entries and leaves.
func restore(w *world, records, leaves int) {
	w.store.Tamper(ledger.Ads, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
		return r[:records], l[:leaves]
	})
}

// change changes the entries of ads.
func change(w *world, fn func([]ledger.Record) []ledger.Record) {
	w.store.Tamper(ledger.Ads, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
		return fn(r), l
	})
}

// TestTwoSequencers has two work at one space, each refused now and then.
func TestTwoSequencers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 300
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for s := w.sequencer(ledger.Ads); len(w.logs[ledger.Ads].Leaves()) < n; {
				if _, err := s.Step(t.Context()); err != nil && selvedge.CodeOf(err) != selvedge.CodeConflict {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range n {
		w.append(t, ledger.Ads, 1)
		for len(w.logs[ledger.Ads].Leaves()) <= i && !t.Failed() {
			runtime.Gosched()
		}
	}
	wg.Wait()
	w.drain(t)
	w.wantOnce(t, ledger.Ads, n)
	w.wantFindings(t)
}

func TestRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, ledger.Ads, 2)
	s := w.sequencer(ledger.Ads)
	ctx, cancel := context.WithCancel(t.Context())
	wake, done := make(chan struct{}), make(chan error)
	go func() { done <- s.Run(ctx, wake) }()
	if err := s.Await(t.Context()); err != nil { // without being woken
		t.Fatal(err)
	}
	w.wantOnce(t, ledger.Ads, 2)
	wake <- struct{}{} // it has looked by the next
	wake <- struct{}{}
	w.faults.Arm(1, false)
	wake <- struct{}{} // fails
	wake <- struct{}{}
	if !w.faults.Fired() {
		t.Fatal("nothing failed")
	}
	w.append(t, ledger.Ads, proof.MaxEntries+2) // two leaves' worth for one wake
	wake <- struct{}{}
	if err := s.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantOnce(t, ledger.Ads, proof.MaxEntries+4)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestAwait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.sequencer(ledger.Ads)
	if err := s.Await(t.Context()); err != nil {
		t.Errorf("nothing to wait for: %v", err)
	}
	w.append(t, ledger.Ads, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Await(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Await(ctx) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	drain(t, s)
	if err := s.Await(t.Context()); err != nil {
		t.Errorf("it is in the log: %v", err)
	}
	// A new one knows what the one before it entered.
	s = w.sequencer(ledger.Ads)
	if err := s.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Await(t.Context()); err != nil {
		t.Errorf("it is in the log from before: %v", err)
	}
	w.faults.Arm(1, false)
	if err := s.Await(t.Context()); !errors.Is(err, ledgertest.ErrInjected) {
		t.Errorf("the database cannot be read: %v", err)
	}
}

// TestRandomOutboxes has entries, erasures and crashes come in any order. In
// the end each entry is in the log once and nothing is found.
func TestRandomOutboxes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		s := w.sequencer(ledger.Ads)
		var n int64
		erased := map[int64]bool{}
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			switch rapid.SampledFrom([]string{"append", "append", "step", "crash", "erase"}).Draw(rt, "act") {
			case "append":
				k := rapid.IntRange(1, 40).Draw(rt, "entries")
				w.append(t, ledger.Ads, k)
				n += int64(k)
			case "step":
				if _, err := s.Step(context.Background()); err != nil {
					rt.Fatal(err)
				}
			case "crash":
				w.faults.Arm(rapid.IntRange(1, 12).Draw(rt, "call"), rapid.Bool().Draw(rt, "persist"))
				_ = steps(s)
				w.faults.Arm(0, false)
				s = w.sequencer(ledger.Ads)
			case "erase":
				if n == 0 {
					continue
				}
				seq := rapid.Int64Range(1, n).Draw(rt, "seq")
				if !erased[seq] {
					erased[seq] = true
					w.erase(t, ledger.Ref{Space: ledger.Ads, Seq: seq})
				}
			}
		}
		w.drain(t)
		w.wantOnce(t, ledger.Ads, n)
		report := w.wantFindings(t)
		if c := report.Spaces[0]; c.Entries != n || c.Erased != int64(len(erased)) || c.Waiting != 0 {
			rt.Errorf("checked %+v", c)
		}
		for seq := int64(1); seq <= n; seq += 1 + n/7 {
			b, err := w.prover(ledger.Ads).Prove(context.Background(), seq)
			if erased[seq] {
				if selvedge.CodeOf(err) != selvedge.CodeNotFound {
					rt.Errorf("erased entry %d: %v", seq, err)
				}
				continue
			}
			if err != nil {
				rt.Fatal(err)
			}
			if err := proof.Verify(b, w.keys[ledger.Ads]); err != nil || b.Event.Seq != seq {
				rt.Errorf("entry %d of %d: %v", seq, n, err)
			}
		}
		if t.Failed() {
			rt.Fatal("see above")
		}
	})
}

// TestLeafIsTheSpecifiedOne makes a leaf by the words of the format.
func TestLeafIsTheSpecifiedOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, ledger.Ads, 3)
	var want strings.Builder
	var commitments []proof.Commitment
	w.store.Tamper(ledger.Ads, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
		for _, r := range r {
			c, err := proof.Commit(proof.Salt(r.Salt), proof.Event{
				Space: "ads", Seq: r.Seq, At: r.At, Kind: "staff.lookup", Role: "operator", Actor: "Ada", Body: r.Body,
			})
			if err != nil {
				t.Error(err)
			}
			commitments = append(commitments, c)
		}
		return r, l
	})
	root, err := proof.NewTree(commitments).Root(3)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&want, "selvedge-leaf/1\nspace ads\nfirst 1\nlast 3\ncount 3\nroot %s\nfrom 2019-10-08T12:00Z\nuntil 2019-10-08T12:00Z\n", root)
	drain(t, w.sequencer(ledger.Ads))
	if got := string(w.logs[ledger.Ads].Leaves()[0]); got != want.String() {
		t.Errorf("got %q, want %q", got, want.String())
	}
}
