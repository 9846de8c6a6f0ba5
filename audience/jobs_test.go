package audience_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/server/servertest"
)

func (p *platform) jobs(t *testing.T, f job.Filter) []job.Status {
	t.Helper()
	vs, err := p.ListJobs(t.Context(), anna, f)
	must(t, err)
	return vs
}

// args are the arguments of the job that matches a list.
func (s *shop) args(l audience.ListView) string {
	return fmt.Sprintf(`{"audience":%q,"list":%q}`, s.audience, l.ID)
}

// told is a log that hands out its messages.
type told struct{ messages chan string }

func (told) Enabled(context.Context, slog.Level) bool { return true }
func (h told) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h told) WithGroup(string) slog.Handler          { return h }
func (h told) Handle(_ context.Context, r slog.Record) error {
	h.messages <- r.Level.String() + " " + r.Message
	return nil
}

// done is a store that tells when a spill was deleted: the last step of a match.
type done struct {
	blob.Store
	deleted chan struct{}
}

func (d done) Delete(ctx context.Context, ref blob.Ref) error {
	err := d.Store.Delete(ctx, ref)
	d.deleted <- struct{}{}
	return err
}

// TestRun: what waits at the start is matched, then what comes; what fails is
// logged, and tried again when its wait is over.
func TestRun(t *testing.T) {
	t.Parallel()
	log := told{make(chan string, 9)}
	p := newPlatform(t, 6, func(cfg *server.Config) { cfg.Log = slog.New(log) })
	s := p.shop(t, "Acme", org.Advertiser)
	blobs := done{p.Collector.Store, make(chan struct{}, 9)}
	p.Collector.Store = blobs
	s.upload(t, rows(0, 2))
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	<-blobs.deleted

	s.upload(t, rows(2, 3)) // wakes it
	<-blobs.deleted

	// Accepted by another process, so that it is damaged before the server is
	// woken.
	other, err := server.Open(t.Context(), p.cfg)
	must(t, err)
	own := p.Audiences
	other.Audiences.Ledger = own.Ledger
	p.Audiences = other.Audiences
	s.upload(t, rows(3, 5))
	p.Audiences = own
	restore := damage(t, p.spills(t)[0])
	s.upload(t, rows(5, 6))
	if got := <-log.messages; got != "WARN job attempt failed" {
		t.Errorf("logged %q", got)
	}
	if got := <-log.messages; got != "WARN list overtaken" {
		t.Errorf("logged %q", got)
	}
	<-blobs.deleted
	restore()
	p.clock.Add(time.Second) // the longest first wait
	s.upload(t, rows(5, 6))  // wakes it
	<-blobs.deleted
	<-blobs.deleted
	stop()
	running.Wait()
	must(t, other.Close())
	if diff := cmp.Diff(people(0, 6), s.members(t)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if n := len(log.messages); n != 0 {
		t.Errorf("logged %d times more: %s", n, <-log.messages)
	}
}

// TestEveryWaitingListGetsAJob: one that has none, because it was accepted
// before there were jobs, and one whose job is over for good.
func TestEveryWaitingListGetsAJob(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 4)
	s := p.shop(t, "Acme", org.Advertiser)
	s.upload(t, rows(0, 2))
	p.sql(t, "DELETE FROM job")
	s.upload(t, rows(2, 3))
	waits := s.upload(t, rows(3, 4))
	jobs := p.jobs(t, job.Filter{})
	must(t, p.CancelJob(t.Context(), anna, jobs[1].ID))
	must(t, p.Matcher.EnqueueWaiting(t.Context()))
	must(t, p.Matcher.EnqueueWaiting(t.Context()))
	if got := p.jobs(t, job.Filter{State: job.Waiting}); len(got) != 3 || !slices.ContainsFunc(got, func(v job.Status) bool { return v.ID == jobs[0].ID && v.Key == string(waits.ID) }) {
		t.Errorf("waiting: %+v", got)
	}
	p.sql(t, "DELETE FROM job")
	p.restart(t)
	servertest.Drain(t, p.Server, p.clock)
	if diff := cmp.Diff(people(0, 4), s.members(t)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

// TestOrderOfAcceptance: whichever job comes first, the versions of an audience
// follow the order in which its lists were accepted, and each list has one.
func TestOrderOfAcceptance(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 6)
	s, other := p.shop(t, "Acme", org.Advertiser), p.shop(t, "Bolt", org.Advertiser)
	a, b := s.upload(t, rows(0, 2)), s.upload(t, rows(2, 4))
	o, c := other.upload(t, rows(0, 1)), s.upload(t, rows(4, 6))
	must(t, p.Matcher.Match(t.Context(), servertest.Attempt(s.args(b))))
	if got := s.status(t, c.ID); len(p.sealed(t)) != 2 || got != audience.Processing {
		t.Errorf("%d versions, the third list is %s", len(p.sealed(t)), got)
	}
	for _, l := range []audience.ListView{c, a, b, c} {
		must(t, p.Matcher.Match(t.Context(), servertest.Attempt(s.args(l))))
	}
	must(t, p.Matcher.Match(t.Context(), servertest.Attempt(other.args(o))))
	want := []selvedge.ListID{a.ID, b.ID, c.ID, o.ID}
	got := p.sealed(t)
	if len(got) != len(want) {
		t.Fatalf("sealed %+v", got)
	}
	for i, v := range got {
		if v.List != want[i] {
			t.Errorf("version %d of list %s, want %s", i, v.List, want[i])
		}
	}
}

// between is a store that calls fn once, before the n-th bitmap is written.
type between struct {
	blob.Store
	n  int
	fn func()
}

func (b *between) Create(ctx context.Context, kind blob.Kind) (blob.Writer, error) {
	if b.n--; b.n == 0 && kind == blob.KindBitmap {
		b.fn()
	}
	return b.Store.Create(ctx, kind)
}

// elsewhere is another process on the same installation.
func (p *platform) elsewhere(t *testing.T) *server.Server {
	t.Helper()
	other, err := server.Open(t.Context(), p.cfg)
	must(t, err)
	t.Cleanup(func() { must(t, other.Close()) })
	other.Matcher.Ledger = p.Matcher.Ledger
	return other
}

// TestTwoWorkersOneList: another worker matches the list, and the next one, in
// the middle of a match. Each is sealed once, in order.
func TestTwoWorkersOneList(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 4)
	s := p.shop(t, "Acme", org.Advertiser)
	a, b := s.upload(t, rows(0, 2)), s.upload(t, rows(2, 4))
	other := p.elsewhere(t)
	p.Matcher.Blobs = &between{p.Matcher.Blobs, 2, func() { must(t, other.Matcher.Match(t.Context(), servertest.Attempt(s.args(b)))) }}
	must(t, p.Matcher.Match(t.Context(), servertest.Attempt(s.args(a))))
	got := p.sealed(t)
	if len(got) != 2 || got[0].List != a.ID || got[1].List != b.ID || got[1].Base != got[0].Digest {
		t.Errorf("sealed %+v", got)
	}
	if diff := cmp.Diff(people(0, 4), s.members(t)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

// TestBaseIsReadAgain: a version that another worker seals meanwhile is built
// upon, not beside.
func TestBaseIsReadAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 5)
	s := p.shop(t, "Acme", org.Advertiser)
	a := s.upload(t, rows(0, 3))
	restore := damage(t, p.spills(t)[0])
	b := s.upload(t, rows(2, 5))
	other := p.elsewhere(t)
	p.Matcher.Blobs = &between{p.Matcher.Blobs, 2, func() {
		restore()
		must(t, other.Matcher.Match(t.Context(), servertest.Attempt(s.args(a))))
	}}
	must(t, p.Matcher.Match(t.Context(), servertest.Attempt(s.args(b))))
	got := p.sealed(t)
	if len(got) != 2 || got[0].List != a.ID || got[1].List != b.ID || got[1].Base != got[0].Digest ||
		got[1].Members != 5 || got[1].Added != 2 || got[1].Position <= got[0].Position {
		t.Errorf("sealed %+v", got)
	}
}

// TestSuperseded: an attempt that was given up looks nobody up, and one that is
// given up on its way seals nothing.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	s := p.shop(t, "Acme", org.Advertiser)
	a := servertest.Attempt(s.args(s.upload(t, rows(0, 2))))
	for passes := range 2 {
		n := 0
		a.Fence = func(context.Context, selvedge.Tx) error {
			if n++; n > passes {
				return job.ErrSuperseded
			}
			return nil
		}
		if err := p.Matcher.Match(t.Context(), a); !errors.Is(err, job.ErrSuperseded) {
			t.Errorf("after %d fences: %v", passes, err)
		}
		if got := p.column(t, "SELECT kind FROM ledger_entry WHERE kind IN ('match.intended', 'version.sealed')"); len(got) != passes || len(p.sealed(t)) != 0 {
			t.Errorf("after %d fences: entered %v", passes, got)
		}
	}
}

// TestArgumentsThatAreNone: hopeless, and not tried again.
func TestArgumentsThatAreNone(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 0)
	err := p.Matcher.Match(t.Context(), servertest.Attempt("[]"))
	if got := job.Decide(job.End{Number: 1, Err: err}, start, selvedge.SystemEntropy{}).State; got != job.Failed {
		t.Errorf("%v leads to %s", err, got)
	}
	must(t, p.Matcher.Match(t.Context(), servertest.Attempt(`{"audience":"aud_none","list":"lst_none"}`)))
}

// TestCancelIsEntered: an operator's alone, in the ledger with what it was.
func TestCancelIsEntered(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 1)
	s := p.shop(t, "Acme", org.Advertiser)
	l := s.upload(t, rows(0, 1))
	id := p.jobs(t, job.Filter{})[0].ID
	for _, actor := range []selvedge.Actor{{}, s.actor, selvedge.Platform("k"), selvedge.System("matcher")} {
		if err := p.CancelJob(t.Context(), actor, id); selvedge.CodeOf(err) != selvedge.CodeForbidden {
			t.Errorf("cancelled by %v: %v", actor.Role(), err)
		}
		if vs, err := p.ListJobs(t.Context(), actor, job.Filter{}); selvedge.CodeOf(err) != selvedge.CodeForbidden || vs != nil {
			t.Errorf("listed by %v: %v", actor.Role(), err)
		}
	}
	must(t, p.CancelJob(t.Context(), anna, id))
	if err := p.CancelJob(t.Context(), anna, id); selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("cancelled again: %v", err)
	}
	if err := p.CancelJob(t.Context(), anna, id+1); selvedge.CodeOf(err) != selvedge.CodeNotFound {
		t.Errorf("cancelled what there is not: %v", err)
	}
	body, err := json.Marshal(struct {
		Job  job.ID          `json:"job"`
		Kind job.Kind        `json:"kind"`
		Key  selvedge.ListID `json:"key"`
	}{id, "list.match", l.ID})
	must(t, err)
	got := p.column(t, "SELECT space || ' ' || role || ' ' || actor || ' ' || body FROM ledger_entry WHERE kind = 'job.cancelled'")
	if diff := cmp.Diff([]string{"registry operator anna " + string(body)}, got); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
}
