package audience_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
)

// BenchmarkSync brings a million members in 200 batches of 5,000, each with an own
// id and a hashed address, seals the draft and matches it: one version.
func BenchmarkSync(b *testing.B) {
	const batches, size = 200, 5000
	p := newPlatform(b, 10_000)
	for n := 0; b.Loop(); n++ {
		s := p.shop(b, fmt.Sprint("Acme ", n), org.Advertiser)
		for i := range batches {
			r := audience.Request{Declaration: listtest.Granted(), Kind: list.Replace}
			for k := range size {
				who := i*size + k
				sum := sha256.Sum256(fmt.Appendf(nil, "person%d@example.com", who))
				r.Members = append(r.Members, list.Member{ExternalID: fmt.Sprint("c-", who), SHA256Emails: []string{fmt.Sprintf("%x", sum)}})
			}
			if _, err := s.Audiences.Change(b.Context(), s.actor, s.audience, r); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := s.Audiences.Seal(b.Context(), s.actor, s.audience); err != nil {
			b.Fatal(err)
		}
		servertest.Drain(b, p.Server, p.clock)
		if got := p.sealed(b); len(got) != n+1 || got[n].Members != 10_000 {
			b.Fatalf("%d versions, the last %+v", len(got), got[len(got)-1])
		}
	}
}

// BenchmarkHistory measures what WholeEvery decides: a version is kept whole every
// so often, and the last of those after it is read from all of them. A million
// members of ten million ordinals, of whom 1 % change from one to the next.
func BenchmarkHistory(b *testing.B) {
	const ordinals, members = 10_000_000, 1_000_000
	rnd := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) *roaring.Bitmap {
		out := roaring.New()
		for range n {
			out.Add(uint32(rnd.IntN(ordinals)))
		}
		out.RunOptimize()
		return out
	}
	whole := draw(members)
	flips := make([]*roaring.Bitmap, 64)
	for i := range flips {
		flips[i] = draw(members / 100)
	}
	for _, every := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprint("whole every ", every), func(b *testing.B) {
			var size uint64
			for b.Loop() {
				all := whole.Clone()
				size = whole.GetSerializedSizeInBytes()
				for _, f := range flips[:every-1] {
					all.Xor(f)
					size += f.GetSerializedSizeInBytes()
				}
				if _, err := all.ToBytes(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)/float64(every)/1024, "KiB/version")
		})
	}
}
