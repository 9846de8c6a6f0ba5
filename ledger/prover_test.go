package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/ledger/proof"
)

// TestProofStands makes a file of each entry's proof, and reads and verifies it
// as somebody else would. Erasing an entry changes nothing for the others.
func TestProofStands(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	p := w.prover(ledger.Ads)
	file := func(seq int64) []byte {
		t.Helper()
		b, err := p.Prove(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := file(4)
	w.erase(t, ledger.Ref{Space: ledger.Ads, Seq: 5}, ledger.Ref{Space: ledger.Ads, Seq: 6})
	for _, seq := range []int64{1, 2, 3, 4, 7, 8, 9} {
		b, err := proof.Parse(file(seq))
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.Verify(b, w.keys[ledger.Ads]); err != nil {
			t.Errorf("entry %d: %v", seq, err)
		}
		if b.Event.Seq != seq || b.Event.Kind != "staff.lookup" || b.Event.Actor != "Ada" {
			t.Errorf("entry %d: %+v", seq, b.Event)
		}
		if err := proof.Verify(b, w.keys[ledger.Registry]); err == nil {
			t.Errorf("entry %d holds under the other log's key", seq)
		}
	}
	if !bytes.Equal(before, file(4)) {
		t.Error("the proof of an entry changed when the one beside it was erased")
	}
	for _, seq := range []int64{5, 6} {
		_, err := p.Prove(t.Context(), seq)
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeNotFound || e.Reason != "erased" {
			t.Errorf("erased entry %d: %v", seq, err)
		}
	}
}

func TestProveRefuses(t *testing.T) {
	t.Parallel()
	w := threeLeaves(t)
	w.append(t, ledger.Ads, 1)
	for _, seq := range []int64{-1, 0, 10, 11} { // 10 waits
		if _, err := w.prover(ledger.Ads).Prove(t.Context(), seq); selvedge.CodeOf(err) != selvedge.CodeNotFound {
			t.Errorf("entry %d: %v", seq, err)
		}
	}
	for name, spoil := range map[string]func(r []ledger.Record) []ledger.Record{
		"body":         func(r []ledger.Record) []ledger.Record { r[7].Body = []byte(`1`); return r },
		"neighbour":    func(r []ledger.Record) []ledger.Record { r[8] = another(t, r[8]); return r },
		"row gone":     func(r []ledger.Record) []ledger.Record { return append(r[:7], r[8:]...) },
		"all rows":     func([]ledger.Record) []ledger.Record { return nil },
		"last row":     func(r []ledger.Record) []ledger.Record { return r[:8] },
		"only its own": func(r []ledger.Record) []ledger.Record { return r[7:8] },
	} {
		w := threeLeaves(t)
		change(w, spoil)
		if _, err := w.prover(ledger.Ads).Prove(t.Context(), 8); !errors.Is(err, ledger.ErrTampered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w = threeLeaves(t)
	w.logs[ledger.Ads].Tamper(func(l [][]byte) [][]byte { l[0] = []byte("x"); return l })
	if _, err := w.prover(ledger.Ads).Prove(t.Context(), 8); err == nil {
		t.Error("a log that was altered proved an entry")
	}
}

// TestProveWaits has the proof wait for a checkpoint that covers it.
func TestProveWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.logs[ledger.Ads].Hold()
	w.append(t, ledger.Ads, 1)
	drain(t, w.sequencer(ledger.Ads))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := w.prover(ledger.Ads).Prove(ctx, 1)
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	go func() {
		b, err := w.prover(ledger.Ads).Prove(t.Context(), 1)
		done <- errors.Join(err, proof.Verify(b, w.keys[ledger.Ads]))
	}()
	w.logs[ledger.Ads].Publish()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNewRecord(t *testing.T) {
	t.Parallel()
	at := time.Date(2019, 10, 8, 12, 0, 0, 123456000, time.UTC)
	make := func(e ledger.Entry, seq int64) ledger.Record {
		t.Helper()
		r, err := ledger.NewRecord(e, seq, at, selvedge.NewSeededEntropy("seed"))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	e := ledgertest.Entry(ledger.Ads, 1)
	r := make(e, 3)
	if diff := cmp.Diff(r, make(e, 3)); diff != "" {
		t.Errorf("the same seed, and another record (-want +got):\n%s", diff)
	}
	e.Space = ledger.Registry
	if bytes.Equal(make(e, 3).Salt, r.Salt) {
		t.Error("the spaces share a stream of salts: one would tell of the other")
	}
	if !r.Erased().IsErased() || r.IsErased() || r.Erased().Body != nil || r.Erased().Commitment != r.Commitment {
		t.Errorf("erased: %+v", r.Erased())
	}
	for name, change := range map[string]func(e *ledger.Entry){
		"body":  func(e *ledger.Entry) { e.Body = func() {} },
		"space": func(e *ledger.Entry) { e.Space = "" },
		"kind":  func(e *ledger.Entry) { e.Kind = "No Word" },
	} {
		e := ledgertest.Entry(ledger.Ads, 1)
		change(&e)
		if _, err := ledger.NewRecord(e, 1, at, selvedge.SystemEntropy{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := ledger.NewRecord(ledgertest.Entry(ledger.Ads, 1), 0, at, selvedge.SystemEntropy{}); err == nil {
		t.Error("entry 0: no error")
	}
}

// TestFindingsSayWhatTheyMean checks that every fault has a sentence.
func TestFindingsSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	for _, f := range []ledger.Fault{
		ledger.LogShort, ledger.LogAhead, ledger.LeafUnreadable, ledger.LeafMalformed, ledger.LeafMisplaced, ledger.LeafGap,
		ledger.LeafOverlap, ledger.LeafUnknown, ledger.LeafDiffers, ledger.LeafRoot, ledger.LeafMinutes, ledger.LeafUnprovable,
		ledger.EntryMissing, ledger.EntryChanged, ledger.EntryStripped, ledger.EntryHalfErased, ledger.EntryNotErased,
		ledger.ErasureMalformed, ledger.ErasureUnknown, ledger.CheckpointBad, ledger.CheckpointAhead, ledger.CheckpointRoot,
	} {
		s := ledger.Finding{Space: ledger.Ads, Fault: f, Leaf: 3, First: 7, Last: 7, Detail: "more"}.String()
		if !strings.HasPrefix(s, "ads: leaf 3, entry 7: ") || !strings.HasSuffix(s, " (more)") || strings.Contains(s, string(f)) {
			t.Errorf("%s: %q", f, s)
		}
	}
}
