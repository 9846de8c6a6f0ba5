package killpoint_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
)

// loaded are the commands that run while others are killed.
var loaded = []string{"backup", "import", "serve", "worker"}

// install makes an installation with an advertiser, prompts and keys.
func install(t *testing.T, bin, database string) *program {
	t.Helper()
	p := &program{bin: bin, dir: t.TempDir(), database: database}
	p.env = []string{
		"SELVEDGE_DIR=" + filepath.Join(p.dir, "data"), "SELVEDGE_DATABASE=" + database, "SELVEDGE_AS=anna", "SELVEDGE_UNKNOWN_AGE=minor",
	}
	p.keep(t, "platform", p.must(t, "init"))
	for _, name := range []string{"anna", "bruno"} {
		p.keep(t, name, p.must(t, "key", "operator", "--name", name))
	}
	p.must(t, "prompts", "apply", "--key-file", filepath.Join(p.dir, "anna.key"), filepath.Join("..", "..", "examples", "prompts.yaml"))
	p.must(t, "prompts", "approve", "--key-file", filepath.Join(p.dir, "bruno.key"), "offers", "1", "--grants", "ads")
	p.keep(t, "org", p.must(t, "org", "add", "--name", "Acme", "--legal-entity", "Acme Ltd", "--accept-terms"))
	return p
}

// keep keeps a key that a command showed.
func (p *program) keep(t *testing.T, name, out string) {
	t.Helper()
	m := secret.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no key in %q", out)
	}
	if err := os.WriteFile(filepath.Join(p.dir, name+".key"), []byte(m[1]), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *program) client(t *testing.T, s *serving, key string) *api.Client {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, key+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return &api.Client{URL: s.url, Key: string(b), HTTP: &http.Client{Transport: &http.Transport{}}}
}

// known is what the test, another process than the program, was told or saw.
type known int

const (
	not   known = iota // never asked for
	maybe              // asked for, and not acknowledged
	sure
)

// person has one address, given for ads by every second one and for security by
// the others.
type person struct {
	imported, withdrawn, objects known
	told                         known // of another address, given for ads, by an event
}

// world is everything that was asked of the program, with what came of it.
type world struct {
	p      *program
	rounds int
	looked int // how many people there were at the last look
	people []person
	lists  map[selvedge.ListID]bool // acknowledged
	epoch  int                      // of keys, the last that was known or acknowledged
	doubt  bool                     // a rotation was asked for, and not acknowledged
	backup backup                   // the last one that was made
	made   int                      // how many backups were begun
	left   map[int]known            // by crowd: whether the one who leaves was erased

	mu       sync.Mutex
	audience selvedge.AudienceID
}

func newWorld(p *program) *world {
	return &world{p: p, lists: map[selvedge.ListID]bool{}, left: map[int]known{}, epoch: 1}
}

// crowd is how many people each load imports: a multiple of eight.
const crowd = 24

func account(i int) string { return fmt.Sprint("account-", i) }
func address(i int) string { return fmt.Sprintf("person-%d@people.example", i) }

// told is the address that an event tells of, and leaver the account of a crowd
// that is erased after it came.
func told(i int) string       { return fmt.Sprintf("told-%d@people.example", i) }
func leaver(first int) string { return fmt.Sprint("leaver-", first) }

// round loads, kills, starts again and looks.
func (w *world) round(t *testing.T, k kill) {
	t.Helper()
	w.load(t, k)
	w.look(t)
}

// load imports a crowd, and has the crowd before it withdraw and object, lists
// come in, keys rotate and a backup be made while it does, until all is done or
// the server is gone.
func (w *world) load(t *testing.T, k kill) {
	s, err := w.p.serve(t, k)
	if err != nil {
		s = nil // it died on the way up
	}
	defer s.kill()
	worker := w.p.work(t, k)
	defer worker.kill()
	first := w.crowd()
	accounts, points := w.files(t, first)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var acks atomic.Int64
	ack := func() {
		if acks.Add(1) == int64(k.after) && s != nil {
			s.kill()
			stop()
		}
	}
	var work sync.WaitGroup
	work.Go(func() {
		_, err := w.p.run(ctx, k, "import", "--accounts", accounts, "--contact-points", points)
		if err == nil {
			w.imported(first)
			ack()
		} else if !errors.Is(err, errKilled) {
			t.Errorf("import: %v", err)
		}
	})
	work.Go(func() { w.backUp(ctx, t, k, first) })
	if s != nil {
		work.Go(func() { w.tell(t, w.p.client(t, s, "platform"), first, ack) })
		work.Go(func() { w.withdraw(t, w.p.client(t, s, "platform"), first, ack) })
		work.Go(func() { w.upload(t, w.p.client(t, s, "org"), first, ack) })
		work.Go(func() { w.rotate(t, w.p.client(t, s, "anna"), ack) })
	}
	work.Wait()
}

// crowd returns the first of those whom this load imports: new people, unless the
// import of the last ones was cut off, which must be brought to its end before.
func (w *world) crowd() (first int) {
	if n := len(w.people); n > 0 && w.people[n-1].imported != sure {
		return n - crowd
	}
	for range crowd {
		w.people = append(w.people, person{imported: maybe})
	}
	return len(w.people) - crowd
}

func (w *world) imported(first int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := first; i < first+crowd; i++ {
		w.people[i].imported = sure
	}
}

// files writes the two files that bring a crowd.
func (w *world) files(t *testing.T, first int) (accounts, points string) {
	t.Helper()
	var as, ps bytes.Buffer
	as.WriteString("account,country,age_class,active_on,state\n")
	ps.WriteString("account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n")
	for i := first; i < first+crowd; i++ {
		prompt := "offers@1"
		if i%2 == 1 {
			prompt = "two-factor@1"
		}
		fmt.Fprintf(&as, "%s,,adult,,active\n", account(i))
		fmt.Fprintf(&ps, "%s,email,%s,,,%s,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,code\n", account(i), address(i), prompt)
	}
	fmt.Fprintf(&as, "%s,,adult,,active\n", leaver(first))
	fmt.Fprintf(&ps, "%s,email,%s@people.example,,,offers@1,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,code\n", leaver(first), leaver(first))
	write := func(name string, b []byte) string {
		path := filepath.Join(w.p.dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("accounts.csv", as.Bytes()), write("points.csv", ps.Bytes())
}

// withdraw has one in four of the crowd before first withdraw, and one in four
// object.
func (w *world) withdraw(t *testing.T, c *api.Client, first int, ack func()) {
	for i := max(0, first-crowd); i < first; i++ {
		var to *known
		var err error
		switch i % 8 {
		case 0, 1:
			to = w.ask(i, func(p *person) *known { return &p.withdrawn })
			_, err = c.Withdraw(t.Context(), api.Withdrawal{Account: account(i), Kind: "email", Value: address(i), Purposes: []string{"ads.match.advertiser", "sec.2fa"}})
		case 2:
			to = w.ask(i, func(p *person) *known { return &p.objects })
			err = c.Object(t.Context(), api.Objection{Account: account(i)})
		default:
			continue
		}
		if err != nil {
			w.gone(t, err)
			return
		}
		w.mu.Lock()
		*to = sure
		w.mu.Unlock()
		ack()
		if _, err := c.ContactPoints(t.Context(), account(i)); err != nil {
			w.gone(t, err)
			return
		}
	}
}

// tell tells of another address of one in eight of the crowd before first, who
// gave none for ads yet, and has one person of it erased.
func (w *world) tell(t *testing.T, c *api.Client, first int, ack func()) {
	for i := max(0, first-crowd); i < first; i++ {
		if i%8 != 5 {
			continue
		}
		to := w.ask(i, func(p *person) *known { return &p.told })
		const at = "2026-01-02T00:00:00Z"
		rep, err := c.BringEvents(t.Context(), []contact.Event{{
			Type: contact.EventGiven, Account: account(i), Kind: "email", Value: told(i), Prompt: "offers@1", GivenAt: at, VerifiedAt: at, VerifiedBy: "code",
		}})
		if err != nil {
			w.gone(t, err)
			return
		}
		if rep.Refused > 0 {
			t.Errorf("the event of person %d was refused: %+v", i, rep)
		}
		w.mu.Lock()
		*to = sure
		w.mu.Unlock()
		ack()
	}
	if before := first - crowd; before >= 0 && w.left[before] != sure {
		w.left[before] = maybe
		if _, err := c.EraseAccount(t.Context(), leaver(before)); err != nil && selvedge.CodeOf(err) != selvedge.CodeNotFound {
			w.gone(t, err)
			return
		}
		w.left[before] = sure
		ack()
	}
}

// ask notes that something is asked for.
func (w *world) ask(i int, what func(*person) *known) *known {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := what(&w.people[i])
	*k = max(*k, maybe)
	return k
}

// gone fails the test if the error is an answer: the server may go away, and
// may not refuse.
func (w *world) gone(t *testing.T, err error) {
	if _, answered := errors.AsType[*selvedge.Error](err); answered {
		t.Errorf("refused: %v", err)
	}
}

// upload brings lists that ask for everybody, and a draft that does.
func (w *world) upload(t *testing.T, c *api.Client, first int, ack func()) {
	a, err := c.CreateAudience(t.Context(), "everybody")
	if err != nil {
		w.gone(t, err)
		return
	}
	if w.audience == "" {
		w.audience = a.ID
	}
	for range 2 {
		l, err := c.UploadList(t.Context(), w.audience, strings.NewReader(everybody(first+crowd)), audience.Delivery{Options: listtest.Options()}, "")
		if err != nil {
			w.gone(t, err)
			return
		}
		w.lists[l.ID] = true
		ack()
	}
	for range 2 {
		b, err := c.AddMembers(t.Context(), w.audience, api.Members{Members: members(first + crowd), Declaration: listtest.Granted()})
		if err != nil {
			w.gone(t, err)
			return
		}
		w.lists[b.List.ID] = true
		ack()
	}
	if _, err := c.SealDraft(t.Context(), w.audience); err != nil {
		w.gone(t, err)
		return
	}
	ack()
	w.processed(t, c)
}

// members are everybody as a batch.
func members(n int) (out []list.Member) {
	for i := range n {
		out = append(out, list.Member{ExternalID: account(i), Emails: []string{address(i)}})
	}
	return out
}

func everybody(n int) string {
	var b strings.Builder
	b.WriteString("email\n")
	for i := range n {
		fmt.Fprintln(&b, address(i))
		fmt.Fprintln(&b, told(i))
		if i%crowd == 0 {
			fmt.Fprintln(&b, leaver(i)+"@people.example")
		}
	}
	return b.String()
}

// processed waits until every list is matched, or the server is gone.
func (w *world) processed(t *testing.T, c *api.Client) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		a, err := c.Audience(t.Context(), w.audience)
		if err != nil {
			w.gone(t, err)
			return false
		}
		if a.Status != audience.Processing {
			return true
		}
		<-tick.C
	}
	t.Error("lists are not matched for a minute")
	return false
}

// counts says how much was acknowledged.
func (w *world) counts() string {
	count := func(of func(person) known) int {
		return len(slices.DeleteFunc(slices.Clone(w.people), func(p person) bool { return of(p) != sure }))
	}
	return fmt.Sprintf("%d people, %d withdrawals, %d objections, %d lists, %d rotations, the last of %d backups",
		count(func(p person) known { return p.imported }), count(func(p person) known { return p.withdrawn }),
		count(func(p person) known { return p.objects }), len(w.lists), w.epoch-1, w.made)
}
