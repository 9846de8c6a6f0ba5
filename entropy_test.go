package selvedge_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
)

func fill(e selvedge.Entropy, stream string, n int) []byte {
	b := make([]byte, n)
	e.Fill(stream, b)
	return b
}

// TestSeededStreamsAreIndependent draws from one stream, with and without other
// streams being read in between, in pieces of any size: the bytes are the same.
func TestSeededStreamsAreIndependent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.String().Draw(t, "seed")
		pieces := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 8).Draw(t, "pieces")
		noise := rapid.SliceOf(rapid.SampledFrom([]string{"b", "c", "aa", ""})).Draw(t, "noise")

		alone, among := selvedge.NewSeededEntropy(seed), selvedge.NewSeededEntropy(seed)
		for i, n := range pieces {
			for _, s := range noise {
				fill(among, s, 1+i)
			}
			if a, b := fill(alone, "a", n), fill(among, "a", n); !bytes.Equal(a, b) {
				t.Fatalf("piece %d differs once other streams are read", i)
			}
		}
	})
}

func TestSeededEntropyDependsOn(t *testing.T) {
	t.Parallel()
	base := fill(selvedge.NewSeededEntropy("s"), "a", 32)
	tests := []struct {
		name string
		got  []byte
		same bool
	}{
		{"nothing else", fill(selvedge.NewSeededEntropy("s"), "a", 32), true},
		{"the seed", fill(selvedge.NewSeededEntropy("t"), "a", 32), false},
		{"the stream", fill(selvedge.NewSeededEntropy("s"), "b", 32), false},
		{"where the seed ends and the stream begins", fill(selvedge.NewSeededEntropy(""), "sa", 32), false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if bytes.Equal(base, tc.got) != tc.same {
				t.Errorf("same bytes: %t, want %t", !tc.same, tc.same)
			}
		})
	}

	e := selvedge.NewSeededEntropy("s")
	if bytes.Equal(fill(e, "a", 32), fill(e, "a", 32)) {
		t.Error("a stream repeats itself")
	}
}

// TestSeededEntropyIsConcurrent has meaning under the race detector; without
// it, it shows that no bytes are given twice or lost.
func TestSeededEntropyIsConcurrent(t *testing.T) {
	t.Parallel()
	const workers, each = 4, 64
	e := selvedge.NewSeededEntropy("s")
	got := make([]map[[8]byte]bool, workers)
	var wg sync.WaitGroup
	for w := range workers {
		got[w] = map[[8]byte]bool{}
		wg.Go(func() {
			for range each {
				got[w][[8]byte(fill(e, "a", 8))] = true
			}
		})
	}
	wg.Wait()

	want := selvedge.NewSeededEntropy("s")
	for range workers * each {
		b := [8]byte(fill(want, "a", 8))
		holders := 0
		for w := range workers {
			if got[w][b] {
				holders++
			}
		}
		if holders != 1 {
			t.Fatalf("a piece was given out %d times", holders)
		}
	}
}

func TestSystemEntropy(t *testing.T) {
	t.Parallel()
	var e selvedge.SystemEntropy
	if bytes.Equal(fill(e, "a", 32), fill(e, "a", 32)) {
		t.Error("32 random bytes came twice")
	}
}

func TestWallClock(t *testing.T) {
	t.Parallel()
	now := selvedge.WallClock{}.Now()
	if now.Location() != time.UTC || now != now.Truncate(time.Microsecond) || now.IsZero() {
		t.Errorf("got %v, want UTC to the microsecond", now)
	}
}
