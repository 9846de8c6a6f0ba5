package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
)

func (w *world) survey(space ledger.Space) (e ledger.Ending, err error) {
	err = w.store.View(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
		e, err = ledger.Survey(ctx, tx, w.store, space, w.logs[space])
		return err
	})
	return e, err
}

// end ends the log of ads as it is, and begins another one.
func (w *world) end(t *testing.T) (old *ledgertest.Log) {
	t.Helper()
	e, err := w.survey(ledger.Ads)
	if err != nil {
		t.Fatal(err)
	}
	old = w.logs[ledger.Ads]
	e.Log, e.Next, e.Reason = origin(ledger.Ads), origin(ledger.Ads)+"-2", "a backup was restored"
	err = w.store.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		if err := w.store.ForgetLeaves(ctx, tx, ledger.Ads); err != nil {
			return err
		}
		return w.store.Append(ctx, tx, ledger.Entry{Space: ledger.Ads, Kind: ledger.LogEnded, Actor: selvedge.Operator("Ada"), Body: e})
	})
	if err != nil {
		t.Fatal(err)
	}
	signer, key := ledgertest.Key(t, e.Next, 9)
	w.logs[ledger.Ads], w.keys[ledger.Ads] = ledgertest.NewLog(signer), key
	return old
}

// audit verifies both spaces and a log of ads that ended.
func (w *world) audit(t *testing.T, old *ledgertest.Log) ledger.Report {
	t.Helper()
	_, key := ledgertest.Key(t, origin(ledger.Ads), 1)
	v := ledger.Verifier{Tx: w.store, Records: w.store, Sources: []ledger.Source{
		{Space: ledger.Ads, Log: old, Keys: []string{key}, Ended: origin(ledger.Ads)},
	}}
	for _, space := range spaces {
		v.Sources = append(v.Sources, ledger.Source{Space: space, Log: w.logs[space], Keys: []string{w.keys[space]}})
	}
	report, err := v.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestLogThatEnded restores an older database, uses it, ends the log and begins
// another: each entry of the database is in the new one once, and the old one
// is still what it was signed for, with what it has and the database has not.
func TestLogThatEnded(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t) // entries 1 to 3, 4 to 5, 6 to 9
	w.append(t, ledger.Registry, 2)
	w.drain(t)
	restore(w, 6, 1)
	w.append(t, ledger.Ads, 5) // others than 7 to 9 were
	err := w.sequencer(ledger.Ads).Reconcile(t.Context())
	if !errors.Is(err, ledger.ErrTampered) {
		t.Fatalf("error %v", err)
	}
	checkpoint, err := w.logs[ledger.Ads].Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.survey(ledger.Ads)
	if err != nil {
		t.Fatal(err)
	}
	minute := time.Date(2019, 10, 8, 12, 0, 0, 0, time.UTC)
	want := ledger.Ending{Checkpoint: string(checkpoint), Kept: 2, Lost: 1, LostFrom: &minute, LostUntil: &minute}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("survey (-want +got):\n%s", diff)
	}
	old := w.end(t)
	w.drain(t)
	w.wantOnce(t, ledger.Ads, 12)
	report := w.audit(t, old)
	if len(report.Findings) > 0 || report.Spaces[0].Lost != 1 || report.Spaces[0].Leaves != 3 || report.Spaces[1].Entries != 12 {
		t.Errorf("%+v", report)
	}
	// A proof of the old log holds as ever, and one of the new log too.
	b, err := w.prover(ledger.Ads).Prove(t.Context(), 12)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.Verify(b, w.keys[ledger.Ads]); err != nil || b.Event.Kind != string(ledger.LogEnded) {
		t.Errorf("%s, %v", b.Event.Kind, err)
	}
	// The old log's own past is still held against the database's entries.
	change(w, func(r []ledger.Record) []ledger.Record { r[3] = another(t, r[3]); return r })
	old.Tamper(func(l [][]byte) [][]byte { l[2] = l[1]; return l })
	var got []string
	for _, f := range w.audit(t, old).Findings {
		got = append(got, f.String())
	}
	if diff := cmp.Diff([]string{
		"ads (selvedge.example/ledger/ads): leaf 1, entries 4 to 5: these entries make another root than the leaf has: at least one was replaced, commitment and all",
		"ads (selvedge.example/ledger/ads): the checkpoint was signed for other leaves than the log has (the log's own, of 3 leaves)",
		"ads (selvedge.example/ledger/ads): the checkpoint was signed for other leaves than the log has (kept checkpoint 1, of 3 leaves)",
		"ads: leaf 0, entries 1 to 12: these entries make another root than the leaf has: at least one was replaced, commitment and all",
	}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// TestLogThatEndedWithoutAWord: no entry says why, so all of it must hold.
func TestLogThatEndedWithoutAWord(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	old := w.end(t)
	restore(w, 5, 0) // the last word too
	w.drain(t)
	var got []string
	for _, f := range w.audit(t, old).Findings {
		got = append(got, f.String())
	}
	if diff := cmp.Diff([]string{
		"ads (selvedge.example/ledger/ads): this log ended, and no entry says why",
		"ads (selvedge.example/ledger/ads): leaf 2, entries 6 to 9: in the log, and the database does not have the entries: an older database was restored (the last entry in the database is 5)",
	}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// TestSurveyOfDamage: whatever became of the log is counted, and the database
// must be whole.
func TestSurveyOfDamage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil      func(t *testing.T, w *world)
		kept, lost int64
		says       string // the error after ErrTampered; "" if there is none
	}{
		"nothing":          {func(*testing.T, *world) {}, 3, 0, ""},
		"a leaf replaced":  {func(_ *testing.T, w *world) { spoilLeaf(w, 1, []byte("no leaf")) }, 1, 2, ""},
		"leaves lost":      {func(_ *testing.T, w *world) { cutLeaves(w, 1) }, 1, 2, ""},
		"an older backup":  {func(_ *testing.T, w *world) { restore(w, 5, 2) }, 2, 1, ""},
		"a much older one": {func(_ *testing.T, w *world) { restore(w, 0, 0) }, 0, 3, ""},
		"an erased entry":  {func(t *testing.T, w *world) { w.erase(t, ledger.Ref{Space: ledger.Ads, Seq: 2}) }, 3, 0, ""},
		"an entry changed": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[1].Actor = "Eve"; return r })
			}, 0, 0, "ads: entry 2 is not what was committed to",
		},
		"an entry replaced": {
			func(t *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { r[1] = another(t, r[1]); return r })
			}, 0, 0, "ads: entries 1 to 3 do not make leaf 0 as the database has it",
		},
		"an entry lost": {
			func(_ *testing.T, w *world) {
				change(w, func(r []ledger.Record) []ledger.Record { return append(r[:6], r[7:]...) })
			}, 0, 0, "ads: entry 7 is not in the database, and entry 8 is",
		},
		"entries that wait changed": {
			func(t *testing.T, w *world) {
				w.append(t, ledger.Ads, 2)
				change(w, func(r []ledger.Record) []ledger.Record { r[10].Body = []byte("{}"); return r })
			}, 0, 0, "ads: entry 11 is not what was committed to",
		},
		"entries that wait lost": {
			func(t *testing.T, w *world) {
				w.append(t, ledger.Ads, 2)
				w.store.Lose(ledger.Ads, 1)
			}, 0, 0, "ads: entry 11 is not in the database",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := threeLeaves(t)
			tc.spoil(t, w)
			e, err := w.survey(ledger.Ads)
			if tc.says != "" {
				if want := fmt.Sprint(ledger.ErrTampered, ": ", tc.says); err == nil || err.Error() != want || !errors.Is(err, ledger.ErrTampered) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				return
			}
			if err != nil || e.Kept != tc.kept || e.Lost != tc.lost {
				t.Errorf("%d kept, %d lost, %v; want %d and %d", e.Kept, e.Lost, err, tc.kept, tc.lost)
			}
		})
	}
}

func spoilLeaf(w *world, i int, text []byte) {
	w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { l[i] = text; return l })
}

func cutLeaves(w *world, n int) {
	w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { return l[:n] })
}

// nowhere is a log that is not there.
type nowhere struct{ ledger.LogReader }

func (nowhere) Size(context.Context) (int64, error)        { return 0, fs.ErrNotExist }
func (nowhere) Checkpoint(context.Context) ([]byte, error) { return nil, fs.ErrNotExist }

// TestVerifyNowhere: before anything was entered there is no log, and that is
// right; afterwards it is not.
func TestVerifyNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, ledger.Ads, 2)
	v := ledger.Verifier{Tx: w.store, Records: w.store, Sources: []ledger.Source{{Space: ledger.Ads, Log: nowhere{}, Keys: []string{w.keys[ledger.Ads]}}}}
	report, err := v.Verify(t.Context())
	if err != nil || len(report.Findings) > 0 || report.Spaces[0].Waiting != 2 {
		t.Errorf("%+v, %v", report, err)
	}
	v.Sources[0].Kept = [][]byte{[]byte("selvedge.example/ledger/ads\n0\n\n")}
	if report, err = v.Verify(t.Context()); err != nil || len(report.Findings) != 2 {
		t.Errorf("somebody kept a checkpoint: %v, %v", report.Findings, err)
	}
	v.Sources[0].Kept = nil
	w.drain(t)
	report, err = v.Verify(t.Context())
	if err != nil || len(report.Findings) != 2 || report.Findings[0].Fault != ledger.LogShort || report.Findings[1].Fault != ledger.CheckpointBad {
		t.Errorf("it was there: %v, %v", report.Findings, err)
	}
}

// TestLostAtTheEnd: the last entries are gone, and the numbers were given.
func TestLostAtTheEnd(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	w.append(t, ledger.Ads, 3)
	w.store.Lose(ledger.Ads, 2)
	w.wantFindings(t, "ads: entries 11 to 12: not in the database")
}
