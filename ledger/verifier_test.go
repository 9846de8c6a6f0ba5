package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
)

// rows changes the leaves that the database knows of ads.
func rows(w *world, fn func([]ledger.RecordedLeaf) []ledger.RecordedLeaf) {
	w.store.Tamper(ledger.Ads, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
		return r, fn(l)
	})
}

// TestTampering alters one thing in a world of three leaves of ads (0: entries
// 1 to 3, 1: 4 to 5, 2: 6 to 9), one of the registry (0: entries 1 to 2, the
// second erases entry 5 of ads), and one entry of ads that waits (10). What is
// found is exactly that.
func TestTampering(t *testing.T) {
	t.Parallel()
	const cut = "ads: the checkpoint was signed for other leaves than the log has (the log's own, of 3 leaves)"
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, w *world)
		want  []string
	}{
		"nothing": {func(*testing.T, *world) {}, nil},
		"a body": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[6].Body = []byte(`{"account":8}`); return r })
			},
			[]string{"ads: leaf 2, entry 7: not what was committed to"},
		},
		"a body, its salt and its commitment": {
			func(t *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[6] = another(t, r[6]); return r })
			},
			[]string{"ads: leaf 2, entries 6 to 9: these entries make another root than the leaf has: at least one was replaced, commitment and all"},
		},
		"a time": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[6].At = r[6].At.AddDate(0, 0, 1); return r })
			},
			[]string{"ads: leaf 2, entry 7: not what was committed to"},
		},
		"two rows swapped": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record {
					r[6], r[7] = r[7], r[6]
					r[6].Seq, r[7].Seq = 7, 8
					return r
				})
			},
			[]string{
				"ads: leaf 2, entries 7 to 8: not what was committed to",
				"ads: leaf 2, entries 6 to 9: these entries make another root than the leaf has: at least one was replaced, commitment and all",
			},
		},
		"a row gone": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { return append(r[:6], r[7:]...) })
			},
			[]string{"ads: leaf 2, entry 7: not in the database"},
		},
		"rows gone at both ends": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { return append(r[1:7], r[9:]...) })
			},
			[]string{"ads: leaf 0, entry 1: not in the database", "ads: leaf 2, entries 8 to 9: not in the database"},
		},
		"a row gone that waits": {
			func(t *testing.T, w *world) {
				w.append(t, ledger.Ads, 3)
				change(w, func(r []ledger.Record) []ledger.Record { return append(r[:10], r[12:]...) })
			},
			[]string{"ads: entries 11 to 12: not in the database"},
		},
		"a body that waits": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[9].Actor = "Eve"; return r })
			},
			[]string{"ads: entry 10: not what was committed to"},
		},
		"a salt gone": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[6] = r[6].Erased(); return r })
			},
			[]string{"ads: leaf 2, entry 7: without its salt, and no erasure names it"},
		},
		"an erased row's commitment": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[4].Commitment[0] ^= 1; return r })
			},
			[]string{"ads: leaf 1, entries 4 to 5: these entries make another root than the leaf has: at least one was replaced, commitment and all"},
		},
		"an erased row's time": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[4].At = r[4].At.AddDate(0, 0, 1); return r })
			},
			[]string{"ads: leaf 1, entries 4 to 5: the first or the last of these entries has another time than the leaf says"},
		},
		"a body left behind": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[4].Body = []byte(`{}`); return r })
			},
			[]string{"ads: leaf 1, entry 5: erased, and the body was left behind"},
		},
		"an erasure not carried out": {
			func(t *testing.T, w *world) {
				var kept ledger.Record
				change(w, func(r []ledger.Record) []ledger.Record { kept = r[8]; return r })
				w.erase(t, ledger.Ref{Space: ledger.Ads, Seq: 9})
				change(w, func(r []ledger.Record) []ledger.Record { r[8] = kept; return r })
			},
			[]string{"ads: leaf 2, entry 9: an erasure names it, and its salt is still there"},
		},
		"an erasure of what never was": {
			func(t *testing.T, w *world) {
				appendErasure(t, w, ledger.Erasure{Entries: []ledger.Ref{{Space: ledger.Ads, Seq: 11}, {Space: ledger.Ads, Seq: 12}}})
			},
			[]string{"ads: entries 11 to 12: an erasure names it, and there never was such an entry"},
		},
		"an erasure of no place": {
			func(t *testing.T, w *world) {
				appendErasure(t, w, ledger.Erasure{Entries: []ledger.Ref{{Space: ledger.Ads}}})
				appendErasure(t, w, ledger.Erasure{Entries: []ledger.Ref{{Space: "adds", Seq: 1}}})
			},
			[]string{
				"registry: entry 3: an erasure whose list cannot be read",
				"registry: entry 4: an erasure whose list cannot be read",
			},
		},
		"an erasure without a list": {
			func(t *testing.T, w *world) { appendErasure(t, w, []string{"x"}) },
			[]string{"registry: entry 3: an erasure whose list cannot be read"},
		},
		"an erasure made to excuse more": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[6] = r[6].Erased(); return r })
				w.store.Tamper(ledger.Registry, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
					r[1].Body = []byte(`{"entries":[{"space":"ads","seq":5},{"space":"ads","seq":7}]}`)
					return r, l
				})
			},
			[]string{
				"ads: leaf 1, entry 5: without its salt, and no erasure names it",
				"ads: leaf 2, entry 7: without its salt, and no erasure names it",
				"registry: leaf 0, entry 2: not what was committed to",
			},
		},
		"the database's root": {
			func(_ *testing.T, w *world) {
				rows(w, func(l []ledger.RecordedLeaf) []ledger.RecordedLeaf { l[1].Root[0] ^= 1; return l })
			},
			[]string{"ads: leaf 1, entries 4 to 5: the database knows this leaf with other entries or another root (the database has entries 4 to 5)"},
		},
		"the database's range": {
			func(_ *testing.T, w *world) {
				rows(w, func(l []ledger.RecordedLeaf) []ledger.RecordedLeaf { l[1].Last = 6; return l })
			},
			[]string{"ads: leaf 1, entries 4 to 5: the database knows this leaf with other entries or another root (the database has entries 4 to 6)"},
		},
		"a leaf unknown to the database": {
			func(_ *testing.T, w *world) {
				rows(w, func(l []ledger.RecordedLeaf) []ledger.RecordedLeaf { return append(l[:1], l[2:]...) })
			},
			[]string{"ads: leaf 1, entries 4 to 5: in the log, and the database does not know the leaf"},
		},
		"two leaves unknown to the database": {
			func(_ *testing.T, w *world) {
				rows(w, func(l []ledger.RecordedLeaf) []ledger.RecordedLeaf { return l[:1] })
			},
			[]string{"ads: leaf 2, entries 6 to 9: in the log, and the database does not know the leaf"},
		},
		"an older database": {
			func(_ *testing.T, w *world) { restore(w, 5, 2) },
			[]string{"ads: leaf 2, entries 6 to 9: in the log, and the database does not have the entries: an older database was restored (the last entry in the database is 5)"},
		},
		"the log cut": {
			func(_ *testing.T, w *world) { w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { return l[:1] }) },
			[]string{
				"ads: leaf 1, entries 4 to 9: gone from the log, though the database knows that they were in it (leaves 1 to 2)",
				"ads: the checkpoint was signed for more leaves than the log has (the log's own: 3 leaves signed, 1 there)",
			},
		},
		"the log cut and signed anew": {
			func(_ *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { return l[:1] })
				w.logs[ledger.Ads].Publish()
			},
			[]string{"ads: leaf 1, entries 4 to 9: gone from the log, though the database knows that they were in it (leaves 1 to 2)"},
		},
		"log and database cut, and a checkpoint kept": {
			func(t *testing.T, w *world) {
				keep(t, w)
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { return l[:2] })
				w.logs[ledger.Ads].Publish()
				restore(w, 5, 2)
			},
			[]string{"ads: the checkpoint was signed for more leaves than the log has (kept checkpoint 1: 3 leaves signed, 2 there)"},
		},
		"a new past without a contradiction, and a checkpoint kept": {
			func(t *testing.T, w *world) {
				keep(t, w)
				rewrite(t, w)
			},
			[]string{"ads: the checkpoint was signed for other leaves than the log has (kept checkpoint 1, of 3 leaves)"},
		},
		"a leaf forged": {
			func(t *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[1] = forged(t, l[1], func(l *proof.Leaf) { l.Root[0] ^= 1 })
					return l
				})
			},
			[]string{
				"ads: leaf 1, entries 4 to 5: the database knows this leaf with other entries or another root (the database has entries 4 to 5)",
				"ads: leaf 1, entries 4 to 5: these entries make another root than the leaf has: at least one was replaced, commitment and all",
				cut,
			},
		},
		"a leaf that is none": {
			func(_ *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { l[1] = []byte("x"); return l })
			},
			[]string{"ads: leaf 1: not in the form of a leaf (leaf: this is no leaf of version 1)", cut},
		},
		"a leaf that is none, and a body in it": {
			func(_ *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { l[1] = []byte("x"); return l })
				change(w, func(r []ledger.Record) []ledger.Record { r[3].Body = []byte(`1`); return r })
			},
			[]string{"ads: leaf 1: not in the form of a leaf (leaf: this is no leaf of version 1)", "ads: leaf 1, entry 4: not what was committed to", cut},
		},
		"a leaf of the other space": {
			func(t *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[1] = forged(t, l[1], func(l *proof.Leaf) { l.Space = "registry" })
					return l
				})
			},
			[]string{"ads: leaf 1, entries 4 to 5: a leaf of another space", cut},
		},
		"a leaf that begins later": {
			func(t *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.First++ })
					return l
				})
			},
			[]string{
				"ads: leaf 2, entry 6: in no leaf",
				"ads: leaf 2, entries 7 to 9: the database knows this leaf with other entries or another root (the database has entries 6 to 9)",
				"ads: leaf 2, entries 7 to 9: these entries make another root than the leaf has: at least one was replaced, commitment and all",
				cut,
			},
		},
		"a leaf that begins earlier": {
			func(t *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.First-- })
					return l
				})
			},
			[]string{
				"ads: leaf 2, entry 5: in an earlier leaf too",
				"ads: leaf 2, entries 5 to 9: the database knows this leaf with other entries or another root (the database has entries 6 to 9)",
				"ads: leaf 2, entries 5 to 9: these entries make another root than the leaf has: at least one was replaced, commitment and all",
				cut,
			},
		},
		"another minute in a leaf": {
			func(t *testing.T, w *world) {
				w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
					l[2] = forged(t, l[2], func(l *proof.Leaf) { l.From = l.From.AddDate(0, 0, 1) })
					return l
				})
			},
			[]string{"ads: leaf 2, entries 6 to 9: the first or the last of these entries has another time than the leaf says", cut},
		},
		"the checkpoint of another key": {
			func(t *testing.T, w *world) {
				signer, _ := ledgertest.Key(t, origin(ledger.Ads), 9)
				l := ledgertest.NewLog(signer)
				for i, leaf := range w.logs[ledger.Ads].Leaves() {
					if err := l.Add(t.Context(), int64(i), leaf); err != nil {
						t.Fatal(err)
					}
				}
				w.logs[ledger.Ads] = l
			},
			[]string{"ads: the checkpoint does not hold (the log's own: checkpoint: no trusted key signed it)"},
		},
		"a kept checkpoint that is none": {
			func(_ *testing.T, w *world) { w.kept[ledger.Registry] = [][]byte{[]byte("x")} },
			[]string{"registry: the checkpoint does not hold (kept checkpoint 1: checkpoint: it is no signed note, or a trusted key is there twice)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := threeLeaves(t)
			w.append(t, ledger.Registry, 1)
			w.erase(t, ledger.Ref{Space: ledger.Ads, Seq: 5})
			drain(t, w.sequencer(ledger.Registry))
			w.append(t, ledger.Ads, 1)
			tc.spoil(t, w)
			w.wantFindings(t, tc.want...)
		})
	}
}

// another returns a record with another act in it, committed to.
func another(t *testing.T, r ledger.Record) ledger.Record {
	t.Helper()
	e := proof.Event{
		Space: string(r.Space), Seq: r.Seq, At: r.At, Kind: string(r.Kind), Role: r.Role, Actor: r.Actor, Body: []byte(`{"account":8}`),
	}
	c, err := proof.Commit(proof.Salt(r.Salt), e)
	if err != nil {
		t.Fatal(err)
	}
	r.Body, r.Commitment = e.Body, c
	return r
}

func appendErasure(t *testing.T, w *world, body any) {
	t.Helper()
	err := w.store.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		e := ledgertest.Entry(ledger.Registry, 0)
		e.Kind, e.Body = ledger.AccountErased, body
		return w.store.Append(ctx, tx, e)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// keep keeps the checkpoint of ads.
func keep(t *testing.T, w *world) {
	t.Helper()
	signed, err := w.logs[ledger.Ads].Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.kept[ledger.Ads] = append(w.kept[ledger.Ads], signed)
}

// rewrite replaces an act and makes leaf, database and checkpoint fit it, as
// somebody with the key could.
func rewrite(t *testing.T, w *world) {
	t.Helper()
	w.store.Tamper(ledger.Ads, func(r []ledger.Record, l []ledger.RecordedLeaf) ([]ledger.Record, []ledger.RecordedLeaf) {
		r[3] = another(t, r[3])
		root, err := proof.NewTree([]proof.Commitment{r[3].Commitment, r[4].Commitment}).Root(2)
		if err != nil {
			t.Fatal(err)
		}
		l[1].Root = root
		w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte {
			l[1] = forged(t, l[1], func(l *proof.Leaf) { l.Root = root })
			return l
		})
		return r, l
	})
	w.logs[ledger.Ads].Publish()
	w.wantFindingsExceptKept(t)
}

// wantFindingsExceptKept checks that nothing contradicts what is kept here.
func (w *world) wantFindingsExceptKept(t *testing.T) {
	t.Helper()
	kept := w.kept
	w.kept = nil
	w.wantFindings(t)
	w.kept = kept
}

func TestReport(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	w.erase(t, ledger.Ref{Space: ledger.Ads, Seq: 5}, ledger.Ref{Space: ledger.Ads, Seq: 1})
	w.append(t, ledger.Ads, 2)
	w.logs[ledger.Registry].Hold()
	drain(t, w.sequencer(ledger.Registry))
	keep(t, w)
	want := ledger.Report{Spaces: []ledger.Checked{
		{Space: ledger.Ads, Leaves: 3, Signed: 3, Entries: 9, Erased: 2, Waiting: 2},
		{Space: ledger.Registry, Leaves: 1, Signed: 0, Entries: 1},
	}}
	if diff := cmp.Diff(want, w.verify(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestVerifyCannotLook has each call fail. What cannot be read is an error or a
// finding, never passed over.
func TestVerifyCannotLook(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		w := threeLeaves(t)
		w.append(t, ledger.Registry, 2)
		w.drain(t)
		v := ledger.Verifier{Tx: w.store, Records: w.store, Sources: []ledger.Source{
			{Space: ledger.Ads, Log: w.logs[ledger.Ads], Keys: []string{w.keys[ledger.Ads]}},
			{Space: ledger.Registry, Log: w.logs[ledger.Registry], Keys: []string{w.keys[ledger.Registry]}},
		}}
		w.faults.Arm(n, false)
		report, err := v.Verify(t.Context())
		if !w.faults.Fired() {
			if n < 20 || err != nil || len(report.Findings) > 0 {
				t.Errorf("%d calls, %v, %v", n, report.Findings, err)
			}
			return
		}
		if err == nil && len(report.Findings) == 0 {
			t.Errorf("call %d failed, and nothing was said", n)
		}
		if err != nil && !errors.Is(err, ledgertest.ErrInjected) {
			t.Errorf("call %d failed: %v", n, err)
		}
	}
}

// crooked is a log whose stored hashes went bad beside good leaves.
type crooked struct{ *ledgertest.Log }

func (crooked) Prove(context.Context, tlog.Tree, int64) (tlog.RecordProof, error) {
	return nil, errors.New("bad tile")
}

func TestHashesThatProveNothing(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	v := ledger.Verifier{Tx: w.store, Records: w.store, Sources: []ledger.Source{
		{Space: ledger.Ads, Log: crooked{w.logs[ledger.Ads]}, Keys: []string{w.keys[ledger.Ads]}},
	}}
	report, err := v.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.Finding{{Space: ledger.Ads, Fault: ledger.LeafUnprovable, Leaf: 2, Detail: "bad tile"}}
	if diff := cmp.Diff(want, report.Findings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// busy enters more in the log whenever it is asked for its size.
type busy struct {
	*ledgertest.Log
	enter func()
}

func (b busy) Size(ctx context.Context) (int64, error) {
	defer b.enter() // after the size was read, before the database is
	return b.Log.Size(ctx)
}

// TestBesideASequencer has leaves come while the Verifier looks.
func TestBesideASequencer(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	once := false
	v := ledger.Verifier{Tx: w.store, Records: w.store, Sources: []ledger.Source{{
		Space: ledger.Ads, Keys: []string{w.keys[ledger.Ads]},
		Log: busy{w.logs[ledger.Ads], func() {
			if !once {
				once = true
				for range 3 {
					w.append(t, ledger.Ads, 2)
					drain(t, w.sequencer(ledger.Ads))
				}
			}
		}},
	}}}
	report, err := v.Verify(t.Context())
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("%v, %v", report.Findings, err)
	}
	want := []ledger.Checked{{Space: ledger.Ads, Leaves: 6, Signed: 3, Entries: 15}}
	if diff := cmp.Diff(want, report.Spaces); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWitnessedCheckpoint checks that a cosigned checkpoint is as good.
func TestWitnessedCheckpoint(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	log, _ := ledgertest.Key(t, origin(ledger.Ads), 1)
	witness, _ := ledgertest.Key(t, "witness.example", 7)
	var tree proof.Tree
	for _, leaf := range w.logs[ledger.Ads].Leaves()[:2] {
		tree.Append(leaf)
	}
	root, err := tree.Root(2)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: ledgertest.CheckpointText(origin(ledger.Ads), 2, root)}, witness, log)
	if err != nil {
		t.Fatal(err)
	}
	w.kept[ledger.Ads] = [][]byte{signed}
	w.wantFindings(t)
}
