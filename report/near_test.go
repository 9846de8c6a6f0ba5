package report_test

import (
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/report"
)

// set returns so many ordinals from one on.
func set(from, n uint32) *roaring.Bitmap {
	b := roaring.New()
	b.AddRange(uint64(from), uint64(from)+uint64(n))
	return b
}

// nearByHand is the rule as decision 0026 says it.
func nearByHand(a, b *roaring.Bitmap) bool {
	d := roaring.Xor(a, b).GetCardinality()
	return d < report.NearStep || report.NearShare*d < roaring.Or(a, b).GetCardinality()
}

func TestNear(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b *roaring.Bitmap
		want bool
	}{
		"nothing and nothing":         {set(1, 0), set(1, 0), true},
		"nothing and 999":             {set(1, 0), set(1, 999), true},
		"nothing and 1,000":           {set(1, 0), set(1, 1000), false},
		"one more":                    {set(1, 5000), set(1, 5001), true},
		"499 swapped":                 {set(1, 5000), set(500, 5000), true},
		"500 swapped":                 {set(1, 5000), set(501, 5000), false},
		"one in 20 more":              {set(1, 95_000), set(1, 100_000), false},
		"a little less than that":     {set(1, 95_001), set(1, 100_000), true},
		"as many, and others":         {set(1, 100_000), set(200_000, 100_000), false},
		"two with 1 % swapped, third": {set(500, 50_000), set(1000, 50_000), true},
	} {
		for range 2 {
			if got := report.Near(c.a, c.b); got != c.want || got != nearByHand(c.a, c.b) {
				t.Errorf("%s: near is %t", name, got)
			}
			c.a, c.b = c.b, c.a
		}
	}
}

// TestNearIsExact holds Near, and the sizes that it can hold between, against the
// rule: on sets that are alike, apart and about as far apart as decides.
func TestNearIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.IntRange(0, 60_000).Draw(t, "size")
		a := roaring.New()
		for range n {
			a.Add(1 + r.Uint32N(1<<18))
		}
		b := a.Clone()
		edge := max(report.NearStep, a.GetCardinality()/report.NearShare)
		for range int(edge) + rapid.IntRange(-200, 200).Draw(t, "beside the edge") {
			b.Flip(uint64(1+r.Uint32N(1<<18)), 0)
			b.Add(1<<20 + r.Uint32N(1<<18))
		}
		want := nearByHand(a, b)
		if got := report.Near(a, b); got != want || report.Near(b, a) != want {
			t.Fatalf("near is %t, want %t", got, want)
		}
		least, most := report.Between(a.GetCardinality())
		if m := b.GetCardinality(); want && (m < least || m > most) {
			t.Fatalf("a set of %d is near to one of %d, and not between %d and %d", m, a.GetCardinality(), least, most)
		}
	})
}
