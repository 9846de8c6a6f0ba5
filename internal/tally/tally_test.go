package tally_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/internal/tally"
)

type name struct {
	group  uint8
	hi, lo uint64
}

type count struct{ count, first uint64 }

// world is the oracle: what was added, in a map.
type world map[name]count

func (w world) add(group uint8, hi, lo uint64, further bool, place uint64) {
	k := name{group, hi, lo}
	c, known := w[k]
	switch {
	case !known, c.count == 0 && !further, (c.count == 0) == further && place < c.first:
		c.first = place
	}
	if !further {
		c.count++
	}
	w[k] = c
}

func read(t *testing.T, ta *tally.Tally) world {
	t.Helper()
	got, last := world{}, name{}
	for keys, err := range ta.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			n := name{k.Group, k.Hi, k.Lo}
			if _, twice := got[n]; twice {
				t.Fatalf("key %v twice", n)
			}
			if n.group < last.group || n.group == last.group && n.hi>>54 < last.hi>>54 {
				t.Fatalf("key %x after %x", n, last)
			}
			got[n], last = count{k.Count, k.First}, n
		}
	}
	return got
}

// Keys that stand once, often and only as further ones, in memory that holds
// them all, and in memory for a tenth of them.
func TestKeysEqualTheOracle(t *testing.T) {
	t.Parallel()
	const blocks = tally.Parts + 100 // so that parts that need a second block make it spill
	for name, memory := range map[string]int{"in memory": 1 << 30, "spilled": blocks * tally.BlockSize, "least memory": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ta := tally.New(dir, memory)
			defer ta.Close()
			r := rand.New(rand.NewPCG(1, 2))
			want := world{}
			var batch []tally.Record
			for place := range uint64(300_000) {
				group, hi, lo := uint8(r.IntN(tally.Groups)), r.Uint64(), r.Uint64()
				if place%3 == 0 {
					hi, lo = r.Uint64N(5)<<62, 1 // few keys, very often
				}
				further := r.IntN(4) == 0
				batch = append(batch, tally.NewRecord(group, hi, lo, further, place))
				want.add(group, hi, lo, further, place)
				if len(batch) == 1000 {
					// They come out of order, as they do from several readers.
					r.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
					if err := ta.Add(batch, 0); err != nil {
						t.Fatal(err)
					}
					batch = batch[:0]
				}
			}
			if ta.Len() != 300_000 {
				t.Errorf("length %d", ta.Len())
			}
			if spilled := ta.File() != nil; spilled != (name != "in memory") {
				t.Fatalf("spilled: %v", spilled)
			}
			if got := read(t, ta); !maps.Equal(got, want) {
				t.Errorf("%d keys, want %d", len(got), len(want))
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// One key a million times takes no more disk than one key.
func TestOneKeyIsOneKeyOnDisk(t *testing.T) {
	t.Parallel()
	ta := tally.New(t.TempDir(), 0)
	defer ta.Close()
	batch := make([]tally.Record, tally.BlockRecords*tally.Parts)
	for i := range batch {
		batch[i] = tally.NewRecord(1, 7, 7, false, uint64(i))
	}
	for range 3 {
		if err := ta.Add(batch, 0); err != nil {
			t.Fatal(err)
		}
	}
	if i, err := ta.File().Stat(); err != nil || i.Size() > 3*32 {
		t.Errorf("%d bytes, error %v", i.Size(), err)
	}
	if got := read(t, ta); got[name{1, 7, 7}] != (count{3 * uint64(len(batch)), 0}) || len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

// spilled returns a Tally with runs on disk.
func spilled(t *testing.T) *tally.Tally {
	t.Helper()
	ta := tally.New(t.TempDir(), 0)
	t.Cleanup(func() { _ = ta.Close() })
	r := rand.New(rand.NewPCG(1, 2))
	var batch []tally.Record
	for i := range uint64(2 * tally.Parts * tally.BlockRecords) {
		batch = append(batch, tally.NewRecord(0, r.Uint64(), r.Uint64(), false, i))
	}
	if err := ta.Add(batch, 0); err != nil {
		t.Fatal(err)
	}
	return ta
}

func end(ctx context.Context, ta *tally.Tally) (err error) {
	for _, e := range ta.Keys(ctx) {
		err = e
	}
	return err
}

func TestFaultsAreErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		harm func(f *os.File) error
		want string
	}{
		"a bit changed": {func(f *os.File) error { _, err := f.WriteAt([]byte{0x5a}, 4001); return err }, "not as it was written"},
		"cut short":     {func(f *os.File) error { return f.Truncate(5000) }, "read run"},
		"closed":        {func(f *os.File) error { return f.Close() }, "read run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ta := spilled(t)
			if err := tc.harm(ta.File()); err != nil {
				t.Fatal(err)
			}
			if err := end(t.Context(), ta); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that names %q", err, tc.want)
			}
		})
	}
	t.Run("no folder", func(t *testing.T) {
		t.Parallel()
		ta := tally.New("/no/such/folder", 0)
		defer ta.Close()
		batch := make([]tally.Record, tally.Parts*tally.BlockRecords+1)
		if err := ta.Add(batch, 0); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v", err)
		}
		if err := ta.Add(batch[:1], 0); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("then error %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := end(ctx, spilled(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestUseOutOfTurn(t *testing.T) {
	t.Parallel()
	ta := tally.New(t.TempDir(), 0)
	if err := ta.Add([]tally.Record{{}}, 0); err != nil {
		t.Fatal(err)
	}
	if err := end(t.Context(), ta); err != nil {
		t.Fatal(err)
	}
	if err := end(t.Context(), ta); err == nil {
		t.Error("read twice")
	}
	if err := ta.Add([]tally.Record{{}}, 0); err == nil {
		t.Error("added after it was read")
	}
	if err := errors.Join(ta.Close(), ta.Close()); err != nil {
		t.Error(err)
	}
	if err := ta.Add(nil, 0); err == nil {
		t.Error("added after it was closed")
	}
}

func BenchmarkTally(b *testing.B) {
	const n = 2_000_000
	r := rand.New(rand.NewPCG(1, 2))
	records := make([]tally.Record, n)
	for i := range records {
		records[i] = tally.NewRecord(1, r.Uint64(), r.Uint64(), false, uint64(i))
	}
	for b.Loop() {
		ta := tally.New(b.TempDir(), 1<<30)
		if err := ta.Add(records, 0); err != nil {
			b.Fatal(err)
		}
		got := 0
		for keys, err := range ta.Keys(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			got += len(keys)
		}
		if got != n {
			b.Fatalf("%d keys", got)
		}
		_ = ta.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}

// Keys that differ in one bit are two, and so are those of two groups.
func TestKeysOneBitApart(t *testing.T) {
	t.Parallel()
	ta := tally.New(t.TempDir(), 0)
	defer ta.Close()
	want := world{}
	add := func(group uint8, hi, lo uint64) {
		if err := ta.Add([]tally.Record{tally.NewRecord(group, hi, lo, false, tally.MaxPlace)}, 0); err != nil {
			t.Fatal(err)
		}
		want.add(group, hi, lo, false, tally.MaxPlace)
	}
	const base = 0x5a5a5a5a5a5a5a5a
	for group := range uint8(tally.Groups) {
		add(group, base, base)
		for bit := range 64 {
			add(group, base^1<<bit, base)
			add(group, base, base^1<<bit)
		}
	}
	if got := read(t, ta); len(got) != tally.Groups*129 || !maps.Equal(got, want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
}
