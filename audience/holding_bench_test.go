package audience_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
)

// BenchmarkHolding asks who holds somebody with four contact points, on a platform
// with 5,000 audiences of 8 versions, of 20,000 members each in the mean, of ten
// million ordinals: in which 50 audiences the person is. A new version is sealed
// before each question. The first question, which reads a bitmap of every
// audience, is measured apart. Audiences share 200 different bitmaps.
func BenchmarkHolding(b *testing.B) {
	const audiences, versions, ordinals, kinds = 5000, 8, 10_000_000, 200
	p := newPlatform(b, 1)
	s := p.shop(b, "Acme", org.Advertiser)
	rnd := rand.New(rand.NewPCG(7, 8))
	mine := []selvedge.Ordinal{1_000_003, 2_000_003, 7_000_003, 9_000_003}
	put := func(n int, more ...uint32) *blob.Ref {
		m := roaring.New()
		for range n {
			m.Add(uint32(1 + rnd.IntN(ordinals)))
		}
		for _, o := range mine {
			m.Remove(uint32(o))
		}
		m.AddMany(more)
		m.RunOptimize()
		ref := keep(b, p.Holders.Blobs, m)
		return &ref
	}
	var wholes, flips []*blob.Ref
	for range kinds {
		size := 2000 * (1 + rnd.IntN(20))
		wholes, flips = append(wholes, put(size)), append(flips, put(size/100))
	}
	came := put(100, uint32(mine[2]))
	seal := func(a, n int) audience.Version {
		v := audience.Version{
			Audience: selvedge.AudienceID(fmt.Sprint("aud_", a)), Number: int64(n), Added: 1, SealedAt: start, AcceptedAt: start, PublishAt: start,
		}
		switch {
		case n == 1:
			v.Members = wholes[a%kinds]
		case n == versions && a%(audiences/50) == 0:
			v.Flips = came
		default:
			v.Flips = flips[(a+n)%kinds]
		}
		return v
	}
	for from := 0; from < audiences; from += 500 {
		must(b, p.Holders.Tx.Update(b.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			for a := from; a < from+500; a++ {
				id := selvedge.AudienceID(fmt.Sprint("aud_", a))
				must(b, p.Holders.Repo.InsertAudience(ctx, tx, audience.Audience{ID: id, Org: s.org.ID, CreatedAt: start}))
				l := list.List{
					ID: selvedge.ListID(fmt.Sprint("lst_", a)), Org: s.org.ID, Audience: id, Kind: list.Add, State: list.StateAccepted, Draft: 1, Spill: wholes[0],
					AcceptedAt: start, SealedAt: start, EffectiveAt: start, ExpiresAt: start.Add(24 * time.Hour),
				}
				must(b, p.Holders.Repo.InsertList(ctx, tx, l))
				must(b, p.Holders.Repo.SetMatched(ctx, tx, []selvedge.ListID{l.ID}, *wholes[0], 1))
				for n := range versions {
					must(b, p.Holders.Repo.InsertVersion(ctx, tx, seal(a, n+1)))
				}
			}
			return nil
		}))
	}
	ask := func(b *testing.B) {
		got, err := p.Holders.Holding(b.Context(), mine)
		if err != nil || len(got) != 50 {
			b.Fatalf("held by %d, %v", len(got), err)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			must(b, p.Holders.Close())
			ask(b)
		}
	})
	next := versions
	b.Run("then", func(b *testing.B) {
		ask(b)
		for b.Loop() {
			b.StopTimer()
			next++
			v := seal(1, next)
			must(b, p.Holders.Tx.Update(b.Context(), func(ctx context.Context, tx selvedge.Tx) error {
				return p.Holders.Repo.InsertVersion(ctx, tx, v)
			}))
			b.StartTimer()
			ask(b)
		}
	})
}

// keep puts a bitmap.
func keep(b *testing.B, blobs blob.Store, m *roaring.Bitmap) blob.Ref {
	w, err := blobs.Create(b.Context(), blob.KindBitmap)
	must(b, err)
	defer w.Abort()
	_, err = m.WriteTo(w)
	must(b, err)
	ref, err := w.Commit()
	must(b, err)
	return ref
}
