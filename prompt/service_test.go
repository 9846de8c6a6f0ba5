package prompt_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
)

var (
	anna  = selvedge.OperatorByKey("anna", "key-a")
	ben   = selvedge.OperatorByKey("ben", "key-b")
	carl  = selvedge.OperatorByKey("carl", "key-c")
	start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
)

// office is a register on a real store, whose outbox is looked at.
type office struct {
	*prompt.Service
	db    *store.DB
	clock *fakeclock.Clock

	mu      sync.Mutex
	entries []ledger.Entry // guarded by mu; of transactions that failed too
}

// Append implements ledger.Outbox: it notes the entries and keeps them.
func (o *office) Append(ctx context.Context, tx selvedge.Tx, entries ...ledger.Entry) error {
	o.mu.Lock()
	o.entries = append(o.entries, entries...)
	o.mu.Unlock()
	return store.Outbox{DB: o.db}.Append(ctx, tx, entries...)
}

func newOffice(t *testing.T) *office {
	t.Helper()
	clock := fakeclock.New(start)
	db := testdb.Open(t, filepath.Join(t.TempDir(), "test.db"), clock, selvedge.NewSeededEntropy("test"))
	o := &office{db: db, clock: clock}
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

// news is a prompt that grants no advertising.
func news(t *testing.T) prompt.Prompt {
	t.Helper()
	return parse(t, strings.NewReplacer("offers", "news", "ads.match.advertiser, ads.suppress", "mkt.email", "    ads_expiry_months: 6\n", "").Replace(offers))[0]
}

// states returns the state of everything that was brought, by name.
func (o *office) states(t *testing.T) map[string]prompt.State {
	t.Helper()
	vs, err := o.List(t.Context(), anna)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]prompt.State{}
	for _, v := range vs {
		out[v.Name.String()] = v.State
	}
	return out
}

// inEffect returns what everybody else reads of the register.
func (o *office) inEffect(t *testing.T) map[string]prompt.Prompt {
	t.Helper()
	out := map[string]prompt.Prompt{}
	err := o.db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		ps, err := o.Repo.Prompts(ctx, tx)
		for n, r := range ps {
			out[n.String()] = r.Prompt
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestApply: a prompt without advertising is in effect at once, one with it
// waits, and each is entered by what it is.
func TestApply(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ads, plain := parse(t, offers)[0], news(t)
	done, err := o.Apply(t.Context(), anna, []prompt.Prompt{ads, plain})
	want := []prompt.Applied{{Name: ads.Name, State: prompt.Pending, New: true}, {Name: plain.Name, State: prompt.InEffect, New: true}}
	if diff := cmp.Diff(want, done); diff != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(map[string]prompt.Prompt{"news@2": plain}, o.inEffect(t)); diff != "" {
		t.Errorf("in effect (-want +got):\n%s", diff)
	}
	o.wantEntries(t,
		`registry prompt.proposed anna {"prompt":"offers@2","purposes":"ads.match.advertiser ads.suppress","texts_sha256":{"en":"`+sum("May they?")+`"},"key":"key-a"}`,
		`registry prompt.registered anna {"prompt":"news@2","purposes":"mkt.email","texts_sha256":{"en":"`+sum("May they?")+`"},"key":"key-a"}`)

	// A second time nothing is new, whoever brings it, and another version is.
	next := ads
	next.Name.Version = 3
	done, err = o.Apply(t.Context(), ben, []prompt.Prompt{plain, next, ads})
	want = []prompt.Applied{{Name: plain.Name, State: prompt.InEffect}, {Name: next.Name, State: prompt.Pending, New: true}, {Name: ads.Name, State: prompt.Pending}}
	if diff := cmp.Diff(want, done); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if len(o.entries) != 3 {
		t.Errorf("%d entries, want 3", len(o.entries))
	}
}

// wantEntries compares what was entered.
func (o *office) wantEntries(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, e := range o.entries {
		body, err := json.Marshal(e.Body)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s", e.Space, e.Kind, e.Actor.Name(), body))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
}

// TestApplyChanged brings a new prompt and one that differs from what was
// brought, in one field at a time, whatever became of that: nothing of the file
// is registered.
func TestApplyChanged(t *testing.T) {
	t.Parallel()
	for state, stated := range map[prompt.State]prompt.Statement{prompt.Pending: "", prompt.InEffect: prompt.ForAds, prompt.Refused: prompt.Unclear} {
		o := newOffice(t)
		o.bring(t, anna, parse(t, offers)...)
		if stated != "" {
			_, _ = o.Approve(t.Context(), ben, prompt.Name{ID: "offers", Version: 2}, stated) // a refusal is an error
		}
		before := o.states(t)
		for name, replace := range map[string][2]string{
			"surface":       {"settings/ads", "settings/privacy"},
			"purposes":      {", ads.suppress", ""},
			"more purposes": {", ads.suppress", ", ads.suppress, mkt.email"},
			"no ads":        {"[ads.match.advertiser, ads.suppress]\n    ads_expiry_months: 6", "[mkt.email]"},
			"expiry":        {"months: 6", "months: 7"},
			"language":      {"      en:", "      it:"},
			"text":          {`"May they?", sha256: ` + sum("May they?"), `"May we?", sha256: ` + sum("May we?")},
			"another text":  {"      en:", `      it: {text: "Si?", sha256: ` + sum("Si?") + "}\n      en:"},
		} {
			file := strings.NewReplacer("offers", "fresh").Replace(offers) + strings.TrimPrefix(strings.Replace(offers, replace[0], replace[1], 1), "prompts:\n")
			done, err := o.Apply(t.Context(), anna, parse(t, file))
			e, _ := err.(*selvedge.Error)
			if e == nil || e.Code != selvedge.CodeConflict || e.Field != "prompts[1].version" || e.Reason != "prompt_changed" || done != nil {
				t.Errorf("%s, %s: %+v, %v, want conflict", state, name, done, err)
			}
		}
		if diff := cmp.Diff(before, o.states(t)); diff != "" || before["offers@2"] != state {
			t.Errorf("%s: the register changed:\n%s", state, diff)
		}
	}
}

func (o *office) bring(t *testing.T, by selvedge.Actor, ps ...prompt.Prompt) {
	t.Helper()
	if _, err := o.Apply(t.Context(), by, ps); err != nil {
		t.Fatal(err)
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
	for _, p := range []prompt.Prompt{good, news(t)} {
		if _, err := o.Apply(t.Context(), anna, []prompt.Prompt{p, p}); selvedge.CodeOf(err) != selvedge.CodeConflict {
			t.Errorf("the same twice: %v, want conflict", err)
		}
	}
	if n := len(o.states(t)); n != 0 {
		t.Errorf("%d prompts are registered, want none", n)
	}
}

// strangers are all who may not bring a prompt nor state anything of one.
func strangers() map[string]selvedge.Actor {
	return map[string]selvedge.Actor{
		"nobody": {}, "the platform": selvedge.Platform("key"), "an org": selvedge.OrgActor("o", "k"), "the system": selvedge.System("matcher"),
		"a name that somebody gives": selvedge.Operator("dora"), "a key of nobody": selvedge.OperatorByKey("", "key-d"),
		"a name with an empty key": selvedge.OperatorByKey("dora", ""),
	}
}

func TestApplyAsksWhoAsks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for who, actor := range strangers() {
		for _, p := range []prompt.Prompt{parse(t, offers)[0], news(t)} {
			if _, err := o.Apply(t.Context(), actor, []prompt.Prompt{p}); selvedge.CodeOf(err) != selvedge.CodeForbidden {
				t.Errorf("%s: %v, want forbidden", who, err)
			}
		}
	}
	if len(o.entries) != 0 || len(o.states(t)) != 0 {
		t.Error("somebody who may not has registered a prompt")
	}
}

// TestDocument parses every prompts file that docs/prompts.md shows, and holds
// its tables of fields, statements and reasons against the code.
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
		newOffice(t).bring(t, anna, parse(t, m[1])...)
	}
	for _, field := range []string{"id", "version", "surface", "legal_basis", "purposes", "ads_expiry_months", "texts", "text", "sha256"} {
		if !strings.Contains(doc, "| `"+field+"` |") {
			t.Errorf("the page has no row for %s", field)
		}
		if !strings.Contains(shown[0][1], field+":") {
			t.Errorf("the first example has no %s", field)
		}
	}
	for _, s := range prompt.Statements() {
		if !strings.Contains(doc, "| `"+string(s)+"` |") {
			t.Errorf("the page has no row for the statement %s", s)
		}
	}
	var code strings.Builder
	for _, name := range []string{"prompt.go", "file.go", "parse.go", "proposal.go", "service.go", "approve.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	reasons := regexp.MustCompile(`Because\("(\w+)"\)|conflict\("(\w+)"|bad\("\w+", "(\w+)"|Reason = .*, "(\w+)"`).FindAllStringSubmatch(code.String(), -1)
	if len(reasons) < 25 {
		t.Fatalf("only %d reasons were found in the code", len(reasons))
	}
	for _, m := range reasons {
		if word := m[1] + m[2] + m[3] + m[4]; !strings.Contains(doc, "`"+word+"`") {
			t.Errorf("the page does not know the reason %s", word)
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
