package audience_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
)

// change sends a batch of rows of words.
func (s *shop) change(t *testing.T, kind list.Kind, rows ...string) audience.Receipt {
	t.Helper()
	r := audience.Request{Declaration: listtest.Granted(), Kind: kind}
	for _, row := range rows {
		r.Members = append(r.Members, member(strings.Fields(row)))
	}
	v, err := s.Audiences.Change(t.Context(), s.actor, s.audience, r)
	must(t, err)
	return v
}

func (s *shop) seal(t *testing.T) audience.Draft {
	t.Helper()
	d, err := s.Audiences.Seal(t.Context(), s.actor, s.audience)
	must(t, err)
	return d
}

func (s *shop) drain(t *testing.T) {
	t.Helper()
	servertest.Drain(t, s.Server, s.clock)
}

func (s *shop) want(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := s.who(t); !cmp.Equal(append([]string{}, want...), append([]string{}, got...)) {
		t.Errorf("%s: members %v, want %v", what, got, want)
	}
}

// TestDraftIsOneVersion: batches count when their draft is sealed, and all at
// once: one version, of the draft's last list.
func TestDraftIsOneVersion(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	var last audience.Receipt
	for i := range 5 {
		last = s.change(t, list.Add, fmt.Sprint("e", i))
		s.drain(t)
	}
	s.want(t, "open")
	if v := s.get(t); v.Status != audience.Processing {
		t.Errorf("the audience is %s", v.Status)
	}
	if d := s.seal(t); d.Lists != 5 || d.Last != last.ID {
		t.Errorf("sealed %+v", d)
	}
	s.drain(t)
	s.want(t, "sealed", "e0", "e1", "e2", "e3", "e4")
	got := s.sealed(t)
	if len(got) != 1 || got[0].List != last.ID || got[0].Members != 5 {
		t.Errorf("sealed %+v", got)
	}
	// The lists of the draft share one bitmap.
	if n := len(s.column(t, "SELECT DISTINCT hex(members_sum) FROM list")); n != 1 {
		t.Errorf("%d bitmaps", n)
	}
	if d := s.seal(t); d != (audience.Draft{}) {
		t.Errorf("sealed twice: %+v", d)
	}
}

// TestIdleDraft: a draft is sealed 60 s after its last batch, to the microsecond,
// by a job.
func TestIdleDraft(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0")
	s.clock.Add(59 * time.Second)
	s.change(t, list.Add, "e1")
	s.clock.Add(audience.SealAfter - time.Microsecond)
	s.drain(t)
	s.want(t, "a moment early")
	s.clock.Add(time.Microsecond)
	s.drain(t)
	s.want(t, "60 s after the last", "e0", "e1")
	if diff := cmp.Diff([]string{"org", "system"}, func() []string {
		s.change(t, list.Add, "e2")
		s.seal(t)
		return s.column(t, "SELECT role FROM ledger_entry WHERE kind = 'draft.sealed' ORDER BY role")
	}()); diff != "" {
		t.Errorf("who sealed (-want +got):\n%s", diff)
	}
	s.clock.Add(time.Hour)
	s.drain(t)
	if n := len(s.sealed(t)); n != 2 {
		t.Errorf("%d versions", n)
	}
}

// TestIdleDraftWithoutItsJob: a draft whose job is lost is sealed all the same
// once a server has started.
func TestIdleDraftWithoutItsJob(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0")
	s.sql(t, "DELETE FROM job")
	s.restart(t)
	s.clock.Add(time.Minute)
	s.drain(t)
	s.want(t, "after a restart", "e0")
}

// TestSealIsFenced: the seal of an attempt that was given up does not count.
func TestSealIsFenced(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	v := s.change(t, list.Add, "e0")
	s.clock.Add(time.Minute)
	a := servertest.Attempt(fmt.Sprintf(`{"audience":%q,"list":%q}`, s.audience, v.ID))
	a.Fence = func(context.Context, selvedge.Tx) error { return job.ErrSuperseded }
	if err := s.Matcher.SealIdle(t.Context(), a); !errors.Is(err, job.ErrSuperseded) {
		t.Errorf("sealed with %v", err)
	}
	if d := s.seal(t); d.Lists != 1 {
		t.Errorf("the draft is %+v", d)
	}
}

// TestLaterBatchWins: within a draft, and between drafts.
func TestLaterBatchWins(t *testing.T) {
	t.Parallel()
	for name, seal := range map[string]bool{"one draft": false, "a draft each": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCrowd(t).shop(t, "Acme", org.Advertiser)
			for _, b := range []struct {
				kind list.Kind
				row  string
			}{{list.Add, "e0"}, {list.Add, "e1"}, {list.Remove, "e0"}, {list.Remove, "e1"}, {list.Add, "e1"}, {list.Remove, "e2"}, {list.Add, "e3"}} {
				s.change(t, b.kind, b.row)
				if seal {
					s.seal(t)
					s.drain(t)
				}
			}
			s.seal(t)
			s.drain(t)
			s.want(t, "at the end", "e1", "e3")
		})
	}
}

// TestReplaceIsAtomic: until the seal everything is as it was; with it, all that
// was before is over, also in the same draft; further batches add to it. An
// upload beside the draft counts before it.
func TestReplaceIsAtomic(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0 p0")
	s.seal(t)
	s.drain(t)
	s.change(t, list.Add, "e1")
	s.change(t, list.Replace, "e2")
	s.change(t, list.Remove, "e7") // so that the two replacements share no bitmap
	s.change(t, list.Replace, "e3", "e4")
	s.change(t, list.Add, "e5")
	s.change(t, list.Remove, "e4")
	s.upload(t, "email\n"+value("e6")+"\n")
	s.drain(t)
	s.want(t, "before the seal", "e0", "e6", "p0")
	s.seal(t)
	s.drain(t)
	s.want(t, "after it", "e2", "e3", "e5")
	if n := len(s.sealed(t)); n != 3 {
		t.Errorf("%d versions", n)
	}
	s.change(t, list.Replace)
	s.seal(t)
	s.drain(t)
	s.want(t, "replaced by nobody")
}

// TestDates: what is refused, what stands without being said, and when members
// count.
func TestDates(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	now, hour := s.clock.Now(), time.Hour
	for name, c := range map[string]struct {
		kind             list.Kind
		effective, until time.Time
		field, reason    string
	}{
		"over already":           {list.Add, time.Time{}, now, "expires_at", "not_later"},
		"too late":               {list.Add, time.Time{}, now.Add(audience.MaxListLife + time.Microsecond), "expires_at", "too_late"},
		"over before it begins":  {list.Add, now.Add(hour), now.Add(hour), "effective_at", "not_earlier"},
		"begins after it is all": {list.Replace, now.Add(audience.ListLife), time.Time{}, "effective_at", "not_earlier"},
		"a removal for a time":   {list.Remove, time.Time{}, now.Add(hour), "expires_at", "not_for_removal"},
		"a removal later":        {list.Remove, now.Add(hour), time.Time{}, "effective_at", "not_for_removal"},
	} {
		_, err := s.Audiences.Change(t.Context(), s.actor, s.audience, audience.Request{
			Declaration: listtest.Granted(),
			Kind:        c.kind, Members: []list.Member{{Emails: []string{value("e0")}}}, EffectiveAt: c.effective, ExpiresAt: c.until,
		})
		e, ok := errors.AsType[*selvedge.Error](err)
		if !ok || e.Code != selvedge.CodeInvalid || e.Field != c.field || e.Reason != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(s.column(t, "SELECT id FROM list")) + len(s.spills(t)); n != 0 {
		t.Errorf("%d things are left of what was refused", n)
	}
	send := func(row string, effective, until time.Time) {
		t.Helper()
		_, err := s.Audiences.Change(t.Context(), s.actor, s.audience, audience.Request{
			Declaration: listtest.Granted(),
			Kind:        list.Add, Members: []list.Member{member([]string{row})}, EffectiveAt: effective, ExpiresAt: until,
		})
		must(t, err)
	}
	send("e0", now.Add(hour), time.Time{})
	send("e1", now.Add(-hour), now.Add(2*hour))
	send("e2", now.Add(hour), now.Add(2*hour))
	s.seal(t)
	s.drain(t)
	s.want(t, "at once", "e1")
	s.clock.Add(hour)
	s.want(t, "after an hour, without any job", "e0", "e1", "e2")
	s.drain(t)
	s.clock.Add(hour - time.Microsecond)
	s.want(t, "a moment before two", "e0", "e1", "e2")
	s.clock.Add(time.Microsecond)
	s.want(t, "after two", "e0")
	s.drain(t)
	s.clock.Add(audience.ListLife)
	s.want(t, "in the end")
	s.drain(t)
	// Each due change has its version.
	var got []uint64
	for _, v := range s.sealed(t) {
		got = append(got, v.Members)
	}
	if diff := cmp.Diff([]uint64{1, 3, 1, 0}, got); diff != "" {
		t.Errorf("members of the versions (-want +got):\n%s", diff)
	}
	s.clock.Add(audience.ListLife)
	s.drain(t)
	if n := len(s.sealed(t)); n != 4 {
		t.Errorf("%d versions", n)
	}
}

// TestReuploadRenews: who comes again stays as long as the later list says.
func TestReuploadRenews(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0", "e1")
	s.seal(t)
	s.drain(t)
	s.clock.Add(100 * 24 * time.Hour)
	s.change(t, list.Add, "e1")
	s.seal(t)
	s.drain(t)
	s.clock.Add(100 * 24 * time.Hour)
	s.want(t, "200 days after the first", "e1")
}

// TestVersionsAreBrowsed: from the last, a page at a time, and nothing before it
// is published.
func TestVersionsAreBrowsed(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	versions := func(before int64) (out []int64) {
		t.Helper()
		vs, err := s.Audiences.Versions(t.Context(), s.actor, s.audience, before)
		must(t, err)
		for _, v := range vs {
			out = append(out, v.Number)
		}
		return out
	}
	for i := range 3 {
		s.change(t, list.Add, fmt.Sprint("e", i))
		s.seal(t)
		s.drain(t)
		if i == 1 {
			s.clock.Add(2 * time.Minute)
		}
	}
	if diff := cmp.Diff([]int64{2, 1}, versions(0)); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{1}, versions(2)); diff != "" {
		t.Errorf("before the second (-want +got):\n%s", diff)
	}
	s.clock.Add(2 * time.Minute)
	if diff := cmp.Diff([]int64{3, 2, 1}, versions(0)); diff != "" {
		t.Errorf("published later (-want +got):\n%s", diff)
	}
	vs, err := s.Audiences.Versions(t.Context(), s.actor, s.audience, 2)
	must(t, err)
	if v := vs[0]; !v.SealedAt.Equal(start) || v.PublishedAt.Before(v.SealedAt) || v.Figure.Size.Deliverable() || !v.Figure.At.Equal(v.PublishedAt) {
		t.Errorf("the first is %+v", v)
	}
}

// TestDraftFull: a draft takes so many batches and no more.
func TestDraftFull(t *testing.T) {
	t.Parallel()
	s := newCrowd(t).shop(t, "Acme", org.Advertiser)
	s.change(t, list.Add, "e0")
	s.sql(t, `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO list (id, org_id, audience_id, kind, state, draft, report, spill_sum, spill_size, epoch, rule_set, accepted_at, effective_at, expires_at, version, seq, came)
		SELECT 'l' || i, org_id, audience_id, kind, state, draft, report, spill_sum, spill_size, epoch, rule_set, accepted_at, effective_at, expires_at, version, i, i FROM list, n`)
	_, err := s.Audiences.Change(t.Context(), s.actor, s.audience, audience.Request{Declaration: listtest.Granted(), Kind: list.Add, Members: []list.Member{{Emails: []string{value("e1")}}}})
	if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeConflict || e.Reason != "draft_full" {
		t.Errorf("one more: %v", err)
	}
	if d := s.seal(t); d.Lists != audience.MaxDraft {
		t.Errorf("sealed %+v", d)
	}
}
