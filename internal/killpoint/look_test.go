package killpoint_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/server"
)

// look starts the program again and compares what is so with what is known. What
// was in doubt is known afterwards.
func (w *world) look(t *testing.T) {
	t.Helper()
	s, err := w.p.serve(t, kill{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	w.rounds++
	w.completeImports(t)
	platform, org := w.p.client(t, s, "platform"), w.p.client(t, s, "org")
	from := max(0, w.looked-crowd) // those who were asked to withdraw since
	if w.rounds%5 == 0 {
		from = 0
	}
	// Side by side: each look waits for the ledger, and those who wait share a leaf.
	var looking sync.WaitGroup
	next := make(chan int)
	for range 16 {
		looking.Go(func() {
			for i := range next {
				w.lookAt(t, platform, i)
			}
		})
	}
	for i := from; i < len(w.people); i++ {
		next <- i
	}
	close(next)
	looking.Wait()
	for id := range w.lists {
		if _, err := org.List(t.Context(), w.audience, id); err != nil {
			t.Errorf("list %s was acknowledged: %v", id, err)
		}
	}
	if w.audience != "" {
		// What was open when it died is still a draft.
		if _, err := org.SealDraft(t.Context(), w.audience); err != nil {
			t.Error(err)
		}
		w.processed(t, org)
	}
	w.rotated(t, w.p.client(t, s, "anna"))
	w.looked = len(w.people)
	s.stop(t)
	// Whatever was committed when it died is in the ledger by now, or waits.
	w.p.must(t, "ledger", "verify")
	if w.rounds%5 == 0 {
		w.restore(t)
	}
}

// completeImports brings the crowds since the last look again, twice: the second
// time nothing can be new. The last one comes first: its import may have been cut
// off, and then nobody else can be brought.
func (w *world) completeImports(t *testing.T) {
	t.Helper()
	for first := len(w.people) - crowd; first >= w.looked; first -= crowd {
		accounts, points := w.files(t, first)
		w.p.must(t, "import", "--accounts", accounts, "--contact-points", points)
		w.imported(first)
		w.present(t, w.p, first)
	}
}

// present brings a crowd that must be there already.
func (w *world) present(t *testing.T, p *program, first int) {
	t.Helper()
	accounts, points := w.files(t, first)
	again := p.must(t, "import", "--accounts", accounts, "--contact-points", points)
	// A backup may be from before the erasure.
	all, erased := (w.left[first] != sure || p != w.p) && strings.Contains(again, fmt.Sprintf(`"present": %d`, crowd+1)),
		w.left[first] != not && strings.Contains(again, fmt.Sprintf(`"present": %d`, crowd))
	if !all && !erased {
		t.Errorf("what was imported is not there: %s", again)
	}
}

// lookAt compares a person with what is known of them.
func (w *world) lookAt(t *testing.T, c *api.Client, i int) {
	t.Helper()
	points, err := c.ContactPoints(t.Context(), account(i))
	p := &w.people[i]
	if err != nil || len(points) == 0 || len(points) > 2 {
		t.Errorf("person %d has %d contact points: %v", i, len(points), err)
		return
	}
	settle := func(what string, k *known, is bool) {
		switch {
		case *k == sure && !is:
			t.Errorf("person %d: %s was acknowledged and is lost", i, what)
		case *k == not && is:
			t.Errorf("person %d: %s was never asked for", i, what)
		case is:
			*k = sure
		default:
			*k = not
		}
	}
	settle("the event", &p.told, len(points) == 2)
	settle("the withdrawal", &p.withdrawn, len(points[0].Ended) > 0)
	if i%2 == 0 {
		settle("the objection", &p.objects, slices.Contains(points[0].WhyNot, string(contact.MaskObjection)))
	}
}

// settle uploads one more list, and compares its members one by one with what
// is known.
func (w *world) settle(t *testing.T) {
	t.Helper()
	s, err := w.p.serve(t, kill{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	org := w.p.client(t, s, "org")
	if _, err := org.UploadList(t.Context(), w.audience, strings.NewReader(everybody(len(w.people))), audience.Delivery{Options: listtest.Options()}, ""); err != nil {
		t.Fatal(err)
	}
	if !w.processed(t, org) {
		t.Fatal("the server is gone")
	}
	s.stop(t)
	w.restore(t)
	got := w.members(t)
	for first, left := range w.left {
		if left == sure && got[leaver(first)] {
			t.Errorf("the one who left the crowd of %d is a member", first)
		}
	}
	for i, p := range w.people {
		want := i%2 == 0 && p.withdrawn == not && p.objects == not || p.told == sure
		if got[account(i)] != want {
			t.Errorf("person %d is a member: %t, want %t", i, got[account(i)], want)
		}
	}
}

// members opens the installation beside the program and reads who is reached.
func (w *world) members(t *testing.T) map[string]bool {
	t.Helper()
	s, err := server.Open(t.Context(), server.Config{
		Dir: filepath.Join(w.p.dir, "data"), Database: w.p.database, UnknownAge: contact.UnknownIsMinor,
		Clock: selvedge.WallClock{}, Entropy: selvedge.SystemEntropy{}, Log: slog.New(slog.DiscardHandler), Code: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	operator := selvedge.Operator("anna")
	orgs, err := s.Orgs.List(t.Context(), operator)
	if err != nil || len(orgs) != 1 {
		t.Fatalf("%d orgs: %v", len(orgs), err)
	}
	bitmap, err := s.Matcher.Members(t.Context(), operator, orgs[0].ID, w.audience, purpose.AdsMatchAdvertiser)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	err = s.People.Owners(context.WithoutCancel(t.Context()), operator, bitmap, func(o contact.Owner) error {
		out[o.PlatformID] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
