package prompt_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/store"
)

var (
	anna  = selvedge.Operator("anna")
	start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
)

// office is a register on a real store, whose outbox is looked at.
type office struct {
	*prompt.Service
	db      *store.DB
	entries []ledger.Entry
}

// Append implements ledger.Outbox: it notes the entries and keeps them.
func (o *office) Append(ctx context.Context, tx selvedge.Tx, entries ...ledger.Entry) error {
	o.entries = append(o.entries, entries...)
	return store.Outbox{DB: o.db}.Append(ctx, tx, entries...)
}

func newOffice(t *testing.T) *office {
	t.Helper()
	clock := fakeclock.New(start)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), clock, selvedge.NewSeededEntropy("test"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	o := &office{db: db}
	o.Service = &prompt.Service{Repo: store.Prompts{DB: db}, Tx: db, Outbox: o, Clock: clock}
	return o
}

func parse(t *testing.T, file string) []prompt.Prompt {
	t.Helper()
	ps, err := prompt.Parse(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// register returns what is registered, by name.
func (o *office) register(t *testing.T) map[string]prompt.Prompt {
	t.Helper()
	ps, err := o.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]prompt.Prompt{}
	for n, r := range ps {
		out[n.String()] = r.Prompt
	}
	return out
}

func TestApply(t *testing.T) {
	t.Parallel()
	o, ps := newOffice(t), parse(t, offers)
	done, err := o.Apply(t.Context(), anna, ps)
	if err != nil || done != (prompt.Applied{Registered: 1}) {
		t.Fatalf("%+v, %v", done, err)
	}
	if diff := cmp.Diff(map[string]prompt.Prompt{"offers@2": ps[0]}, o.register(t)); diff != "" {
		t.Errorf("register (-want +got):\n%s", diff)
	}
	if len(o.entries) != 1 {
		t.Fatalf("%d entries, want 1", len(o.entries))
	}
	e := o.entries[0]
	if e.Space != ledger.Registry || e.Kind != ledger.PromptRegistered || e.Actor != anna {
		t.Errorf("the entry is %+v", e)
	}
	body := fmt.Sprintf("%+v", e.Body)
	for _, want := range []string{"offers@2", "ads.match.advertiser ads.suppress", sum("May they?"), "anna ben"} {
		if !strings.Contains(body, want) {
			t.Errorf("the entry has no %q: %s", want, body)
		}
	}

	// A second time nothing is new, and another version is.
	next := parse(t, offers+strings.TrimPrefix(strings.Replace(offers, "version: 2", "version: 3", 1), "prompts:\n"))
	for _, want := range []prompt.Applied{{Registered: 1, Unchanged: 1}, {Unchanged: 2}} {
		if done, err = o.Apply(t.Context(), anna, next); err != nil || done != want {
			t.Errorf("%+v, %v, want %+v", done, err, want)
		}
	}
	if len(o.entries) != 2 || len(o.register(t)) != 2 {
		t.Errorf("%d entries and %d prompts, want 2 of both", len(o.entries), len(o.register(t)))
	}
}

// TestApplyChanged brings a new prompt and one that differs from what is
// registered, in one field at a time: nothing of the file is registered.
func TestApplyChanged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.Apply(t.Context(), anna, parse(t, offers)); err != nil {
		t.Fatal(err)
	}
	before := o.register(t)
	for name, replace := range map[string][2]string{
		"surface":       {"settings/ads", "settings/privacy"},
		"purposes":      {", ads.suppress", ""},
		"more purposes": {", ads.suppress", ", ads.suppress, mkt.email"},
		"expiry":        {"months: 6", "months: 7"},
		"approvers":     {"[anna, ben]", "[anna, carl]"},
		"language":      {"      en:", "      it:"},
		"text":          {`"May they?", sha256: ` + sum("May they?"), `"May we?", sha256: ` + sum("May we?")},
		"another text":  {"      en:", `      it: {text: "Si?", sha256: ` + sum("Si?") + "}\n      en:"},
	} {
		file := strings.NewReplacer("offers", "fresh").Replace(offers) + strings.TrimPrefix(strings.Replace(offers, replace[0], replace[1], 1), "prompts:\n")
		done, err := o.Apply(t.Context(), anna, parse(t, file))
		e, _ := err.(*selvedge.Error)
		if e == nil || e.Code != selvedge.CodeConflict || e.Field != "version" || e.Reason != "prompt_changed" || done != (prompt.Applied{}) {
			t.Errorf("%s: %+v, %v, want conflict", name, done, err)
		}
	}
	if diff := cmp.Diff(before, o.register(t)); diff != "" {
		t.Errorf("the register changed:\n%s", diff)
	}
}

// TestApplyChecksAgain brings what no file could hold.
func TestApplyChecksAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	good := parse(t, offers)[0]
	trap := good
	trap.Name.ID, trap.Purposes = "trap", good.Purposes|purpose.Of(purpose.SecRecovery)
	forged := good
	forged.Texts = []prompt.Text{{Language: "en", Text: "Something else", SHA256: sha256.Sum256([]byte("May they?"))}}
	for want, p := range map[selvedge.Code]prompt.Prompt{selvedge.CodePurposeDenied: trap, selvedge.CodeInvalid: forged} {
		if _, err := o.Apply(t.Context(), anna, []prompt.Prompt{good, p}); selvedge.CodeOf(err) != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if _, err := o.Apply(t.Context(), anna, []prompt.Prompt{good, good}); selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("the same twice: %v, want conflict", err)
	}
	if n := len(o.register(t)); n != 0 {
		t.Errorf("%d prompts are registered, want none", n)
	}
}

func TestApplyAsksWhoAsks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, actor := range []selvedge.Actor{{}, selvedge.Platform("key"), selvedge.OrgActor("o", "k"), selvedge.System("matcher")} {
		if _, err := o.Apply(t.Context(), actor, parse(t, offers)); selvedge.CodeOf(err) != selvedge.CodeForbidden {
			t.Errorf("%s: %v, want forbidden", actor.Role(), err)
		}
	}
	if len(o.entries) != 0 || len(o.register(t)) != 0 {
		t.Error("somebody who may not has registered a prompt")
	}
}

// TestDocument parses every prompts file that docs/prompts.md shows, and holds
// its table of fields against the parser.
func TestDocument(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/prompts.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(doc, -1)
	if len(shown) == 0 {
		t.Fatal("the page shows no file")
	}
	for _, m := range shown {
		for _, p := range parse(t, m[1]) {
			if _, err := newOffice(t).Apply(t.Context(), anna, []prompt.Prompt{p}); err != nil {
				t.Error(err)
			}
		}
	}
	for _, field := range []string{"id", "version", "surface", "legal_basis", "purposes", "ads_expiry_months", "approved_by", "texts", "text", "sha256"} {
		if !strings.Contains(doc, "| `"+field+"` |") {
			t.Errorf("the page has no row for %s", field)
		}
		if !strings.Contains(shown[0][1], field+":") {
			t.Errorf("the first example has no %s", field)
		}
	}
}

// Example shows what a prompts file becomes.
func Example() {
	ps, err := prompt.Parse(strings.NewReader(offers))
	if err != nil {
		fmt.Println(err)
		return
	}
	p := ps[0]
	fmt.Println(p.Name, "grants", p.Purposes)
	fmt.Println("until", p.AdsExpiry(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)).Format(time.DateOnly))
	// Output:
	// offers@2 grants ads.match.advertiser ads.suppress
	// until 2026-09-14
}
