package index_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/prompt/prompttest"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/token"
)

var (
	office = selvedge.Operator("anna")
	start  = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	both   = purpose.Of(purpose.AdsMatchAdvertiser, purpose.AdsMatchPartner)
)

// platform is an installation with people in it, and what it takes to make a
// Keeper on it.
type platform struct {
	*server.Server
	dir   string
	db    *store.DB
	blobs *blob.Dir
	keys  *token.Keys
	clock *fakeclock.Clock

	accounts map[string]string // the row of each account after its id
	points   []string
}

func newPlatform(t *testing.T, people int) *platform {
	t.Helper()
	p := &platform{dir: filepath.Join(t.TempDir(), "data"), clock: fakeclock.New(start), accounts: map[string]string{}}
	entropy := selvedge.NewSeededEntropy("index")
	must(t, server.Init(t.Context(), server.Config{Dir: p.dir, Clock: p.clock, Entropy: entropy}))
	var err error
	p.Server, err = server.Open(t.Context(), server.Config{
		Dir: p.dir, UnknownAge: contact.UnknownIsMinor, Clock: p.clock, Entropy: entropy, Log: slog.New(slog.DiscardHandler), Code: "test",
	})
	must(t, err)
	t.Cleanup(func() { must(t, p.Server.Close()) })
	p.People.Ledger = &ledgertest.Gate{} // a start would make segments
	p.db, err = store.Open(t.Context(), filepath.Join(p.dir, "selvedge.db"), p.clock, selvedge.NewSeededEntropy("test"))
	must(t, err)
	t.Cleanup(func() { must(t, p.db.Close()) })
	p.blobs, err = blob.OpenDir(filepath.Join(p.dir, "blobs"))
	must(t, err)
	p.db.Blobs = p.blobs
	p.keys, err = p.Rotation.Keys.Current(t.Context())
	must(t, err)

	prompttest.InEffect(t, p.Prompts,
		question("offers", prompt.Consent, both),
		question("suppress", prompt.Consent, purpose.Of(purpose.AdsSuppress)),
		question("two-factor", prompt.LegitimateInterest, purpose.Of(purpose.Sec2FA)))
	for i := range people {
		id := account(i)
		p.accounts[id] = "GB,adult,,active"
		p.give(id, "email", p.email(i), "offers@1")
		p.give(id, "phone", fmt.Sprintf("+447700900%03d", i), []string{"two-factor@1", "offers@1", "suppress@1"}[i%3])
	}
	p.bring(t)
	return p
}

func (*platform) email(i int) string { return fmt.Sprintf("person%d@example.com", i) }

func account(i int) string { return fmt.Sprintf("account-%d", i) }

func question(id string, basis prompt.LegalBasis, purposes purpose.Set) prompt.Prompt {
	q := prompt.Prompt{
		Name: prompt.Name{ID: id, Version: 1}, Surface: "settings", LegalBasis: basis, Purposes: purposes,
		Texts: []prompt.Text{{Language: "en", Text: id, SHA256: sha256.Sum256([]byte(id))}},
	}
	if purposes.Ads() != 0 {
		q.AdsExpiryMonths = 13
	}
	return q
}

// give adds a verified contact point to what is imported next.
func (p *platform) give(id, kind, value, prompt string) {
	at := p.clock.Now().Add(-time.Hour).Format(time.RFC3339)
	p.points = append(p.points, strings.Join([]string{id, kind, value, "", "", prompt, at, at, "code"}, ","))
}

// bring imports every account and contact point there is.
func (p *platform) bring(t *testing.T) {
	t.Helper()
	accounts := []string{"account,country,age_class,active_on,state"}
	for id, facts := range maps.All(p.accounts) {
		accounts = append(accounts, id+","+facts)
	}
	points := append([]string{"account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by"}, p.points...)
	report, err := p.Importer.Import(t.Context(), office, file(accounts), file(points))
	must(t, err)
	if report.Accounts.Refused+report.Points.Refused > 0 {
		t.Fatalf("the import refused rows: %+v", report)
	}
}

func file(lines []string) contact.Source {
	text := []byte(strings.Join(lines, "\n") + "\n")
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
}

// keeper returns a Keeper that knows nothing yet.
func (p *platform) keeper(t *testing.T) *index.Keeper {
	t.Helper()
	k := &index.Keeper{
		Source: store.Index{DB: p.db}, Tx: p.db, Changes: store.Changes{DB: p.db}, Blobs: p.blobs, Names: p.Collector, Ages: contact.UnknownIsMinor,
	}
	t.Cleanup(func() { must(t, k.Close()) })
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what a match can learn from an index.
type answer struct {
	Position selvedge.Position
	Eligible map[string][]uint32
	Found    map[string][]uint32 // ordinals by the tokens of everybody's addresses
}

func (p *platform) ask(t *testing.T, k *index.Keeper) (a answer) {
	t.Helper()
	must(t, k.Use(context.Background(), func(ads *index.Ads) error {
		a = answer{ads.Position(), map[string][]uint32{}, map[string][]uint32{}}
		for _, u := range purpose.Matchable.List() {
			a.Eligible[u.String()] = ads.Eligible("", u).ToArray()
		}
		for class, tokens := range p.tokens(t) {
			found := roaring.New()
			hits, err := ads.AppendHits(nil, class, tokens)
			must(t, err)
			for _, o := range hits {
				found.Add(uint32(o))
			}
			a.Found[class.String()] = found.ToArray()
		}
		return nil
	}))
	return a
}

// tokens returns the tokens of every address that was ever given, in order.
func (p *platform) tokens(t *testing.T) map[identifier.Class][]token.Token {
	t.Helper()
	out := map[identifier.Class][]token.Token{}
	for _, row := range p.points {
		cells := strings.Split(row, ",")
		kind, _ := identifier.ParseKind(cells[1])
		address, refused := identifier.Contact(kind, cells[2], "")
		if refused != identifier.Accepted {
			t.Fatalf("an address of the test is refused: %s", refused)
		}
		for _, f := range address.Forms {
			out[f.Class] = append(out[f.Class], p.keys.Of(f))
		}
	}
	for _, tokens := range out {
		slices.SortFunc(tokens, token.Token.Compare)
	}
	return out
}

// told returns the contact points that the platform is told can be matched
// under a purpose: the rule in words, which reads no index and no change log.
func (p *platform) told(t *testing.T, u purpose.Purpose) map[string]int {
	t.Helper()
	out := map[string]int{}
	for id := range p.accounts {
		held, err := p.People.Look(t.Context(), office, id)
		must(t, err)
		for _, v := range held.Points {
			if v.MatchableFor.Has(u) {
				out[id+" "+v.GivenAt.String()]++
			}
		}
	}
	return out
}

// owners returns the contact points behind ordinals.
func (p *platform) owners(t *testing.T, ordinals []uint32) map[string]int {
	t.Helper()
	out := map[string]int{}
	must(t, p.People.Owners(t.Context(), office, roaring.BitmapOf(ordinals...), func(o contact.Owner) error {
		out[o.PlatformID+" "+o.GivenAt.String()]++
		return nil
	}))
	return out
}

// TestRefreshFollows: after every kind of change, a Keeper that followed it says
// the same as one that starts from nothing, and both say what the platform is
// told of its people.
func TestRefreshFollows(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 9)
	followed := p.keeper(t)
	before := p.ask(t, followed)
	withdraw := func(t *testing.T, i int, s purpose.Set) {
		_, err := p.People.Withdraw(t.Context(), office, account(i), contact.Address{Kind: identifier.Email, Value: p.email(i)}, s)
		must(t, err)
	}
	for _, step := range []struct {
		name   string
		masked bool // what happens is behind a mask, and does not show
		do     func(t *testing.T)
	}{
		{"one purpose is withdrawn", false, func(t *testing.T) { withdraw(t, 0, purpose.Of(purpose.AdsMatchPartner)) }},
		{"the rest is withdrawn", false, func(t *testing.T) { withdraw(t, 0, both) }},
		{"a person objects", false, func(t *testing.T) {
			must(t, p.People.Object(t.Context(), office, account(1), contact.Objection{Scope: contact.ScopeAll}))
		}},
		{"one who objected withdraws", true, func(t *testing.T) { withdraw(t, 1, purpose.Of(purpose.AdsMatchAdvertiser)) }},
		{"and lifts the objection", false, func(t *testing.T) {
			must(t, p.People.LiftObjection(t.Context(), office, account(1), contact.Objection{Scope: contact.ScopeAll}))
		}},
		{"adults turn out to be minors, or of unknown age", false, func(t *testing.T) {
			p.accounts[account(2)], p.accounts[account(3)] = "GB,minor,,active", "GB,unknown,,active"
			p.bring(t)
		}},
		{"an account is out of use", false, func(t *testing.T) {
			p.accounts[account(4)] = "GB,adult,,deactivated"
			p.bring(t)
		}},
		{"both are as before", false, func(t *testing.T) {
			p.accounts[account(2)], p.accounts[account(4)] = "GB,adult,,active", "GB,adult,,active"
			p.bring(t)
		}},
		{"somebody comes, months later", false, func(t *testing.T) {
			p.clock.Add(200 * 24 * time.Hour)
			p.accounts[account(9)] = "GB,adult,,active"
			p.give(account(9), "email", "person9@example.com", "offers@1")
			p.bring(t)
		}},
		{"the older grants are over", false, func(t *testing.T) {
			p.clock.Add(200 * 24 * time.Hour)
			must(t, p.db.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
				_, err := store.Changes{DB: p.db}.Append(ctx, tx)
				return err
			}))
		}},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.do(t)
			after := p.ask(t, followed)
			if diff := cmp.Diff(p.ask(t, p.keeper(t)), after); diff != "" {
				t.Errorf("from nothing (-), and followed (+):\n%s", diff)
			}
			if after.Position <= before.Position {
				t.Errorf("the index stayed at position %d", after.Position)
			}
			if moved := !cmp.Equal(after.Eligible, before.Eligible); moved == step.masked {
				t.Errorf("what is eligible moved: %t", moved)
			}
			for _, u := range purpose.Matchable.List() {
				if diff := cmp.Diff(p.told(t, u), p.owners(t, after.Eligible[u.String()])); diff != "" {
					t.Errorf("%s: the platform is told (-), and the index has (+):\n%s", u, diff)
				}
			}
			before = after
		})
	}
	if n := len(before.Eligible[purpose.AdsMatchAdvertiser.String()]); n != 1 {
		t.Errorf("%d contact points are left, want the one that came late", n)
	}
}

// TestSecurityMovesNothing: what touches no ordinal is no news to the index.
func TestSecurityMovesNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	k := p.keeper(t)
	before := p.ask(t, k)
	_, err := p.People.Withdraw(t.Context(), office, account(0), contact.Address{Kind: identifier.Phone, Value: "+447700900000"}, purpose.Of(purpose.Sec2FA))
	must(t, err)
	p.give(account(1), "email", "person1@example.com", "two-factor@1")
	p.accounts[account(10)] = "GB,adult,,active"
	p.give(account(10), "phone", "+447700900010", "two-factor@1")
	p.bring(t)
	if diff := cmp.Diff(before, p.ask(t, k)); diff != "" {
		t.Errorf("before (-), after (+):\n%s", diff)
	}
}
