package contact_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/prompt"
)

func (p *platform) registerWorld(t testing.TB, w *world.World) {
	t.Helper()
	ps, err := prompt.Parse(bytes.NewReader(w.Prompts()))
	must(t, err)
	p.register(t, ps...)
}

// TestWorlds imports invented platforms and holds the report against what the
// worlds know of themselves.
func TestWorlds(t *testing.T) {
	t.Parallel()
	for n := range 5 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w, err := world.New(world.Config{Seed: fmt.Sprint("worlds", n), People: 40 * n * n, Start: start})
			must(t, err)
			p := barePlatform(t)
			p.registerWorld(t, w)
			accounts, points := written(t, w.WriteAccounts), written(t, w.WriteContactPoints)
			r, err := p.Import(t.Context(), office, text(accounts), text(points))
			must(t, err)
			checkSums(t, r)
			var want contact.PointsReport
			registered := map[string]bool{}
			ps, err := p.prompts.List(t.Context(), office)
			must(t, err)
			for _, v := range ps {
				registered[v.Name.String()] = true
			}
			for c := range w.Truths() {
				want.Read++
				want.Created++
				switch {
				case !registered[c.Prompt]:
					want.UnknownPrompt++
				case len(c.Ads) == 0:
					want.NotForAds++
				case !c.Verified:
					want.Unverified++
				default:
					want.Matchable++ // or Expired, which Truth does not tell
				}
			}
			got := r.Points
			if got.Read != want.Read || got.Created != want.Created || got.UnknownPrompt != want.UnknownPrompt || got.NotForAds != want.NotForAds ||
				got.Unverified != want.Unverified || got.Matchable+got.Expired != want.Matchable || got.Refused != 0 {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if r.Accounts.Created != int64(w.Len()) {
				t.Errorf("%d accounts, want %d", r.Accounts.Created, w.Len())
			}
		})
	}
}

// TestSumsAlwaysHold imports any rows, one file after the other on one platform.
func TestSumsAlwaysHold(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	cell := func(_ string, some ...string) *rapid.Generator[string] { return rapid.SampledFrom(some) }
	rapid.Check(t, func(rt *rapid.T) {
		rows := func(label string, columns ...*rapid.Generator[string]) string {
			var b bytes.Buffer
			for range rapid.IntRange(0, 12).Draw(rt, label) {
				for i, c := range columns {
					if i > 0 {
						b.WriteByte(',')
					}
					b.WriteString(c.Draw(rt, "cell"))
				}
				b.WriteByte('\n')
			}
			return b.String()
		}
		account := cell("account", "a", "b", "c", "", "a b")
		accounts := rows("accounts", account, cell("country", "", "IT", "it"), cell("age", "adult", "minor", "unknown", "x"),
			cell("active", "", "2026-03-01", "x"), cell("state", "active", "deactivated", ""))
		points := rows("points", account, cell("kind", "email", "phone", ""), cell("value", jane, joe, "07700 900123", "", "-"),
			cell("sha256", "", "", "", sumOf(jane), sumOf(jane)+" "+sumOf(jane)), cell("region", "GB", ""),
			cell("prompt", "offers@1", "partners@1", "two-factor@1", "legacy@1", "x"), cell("given", ago(1), ago(2), ago(24*50), ""),
			cell("verified", ago(1), ""), cell("by", "code", ""))
		r, err := p.Import(t.Context(), office, text(accountsHeader+accounts), text(pointsHeader+points))
		if err != nil {
			rt.Fatal(err)
		}
		checkSums(rt, r)
	})
}
