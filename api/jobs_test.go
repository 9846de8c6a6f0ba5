package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/server/servertest"
)

// operator is a client with an operator's key.
func (p *platform) operator() *api.Client { return &api.Client{URL: p.http.URL, Key: p.anna} }

// TestRotateOverHTTP: an operator asks a running server for new keys, and looks
// on while it makes them.
func TestRotateOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := p.operator()
	j, err := c.RotateKeys(t.Context())
	must(t, err)
	want := api.Job{ID: "1", Kind: rotation.Kind, Key: "2", State: job.Waiting, EnqueuedAt: start, DueAt: start}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Errorf("the job (-want +got):\n%s", diff)
	}
	again, err := c.RotateKeys(t.Context())
	if must(t, err); again.ID != j.ID {
		t.Errorf("asked twice: job %s", again.ID)
	}
	p.clock.Add(time.Minute)
	servertest.Drain(t, p.Server, p.clock)
	want.State, want.Attempts, want.Done, want.Total, want.EndedAt = job.Done, 1, 1, 1, start.Add(time.Minute)
	got, err := c.Job(t.Context(), j.ID)
	must(t, err)
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Done" || p.String() == "Total" }, cmp.Comparer(positive))); diff != "" {
		t.Errorf("the job (-want +got):\n%s", diff)
	}
	if got.Done != got.Total {
		t.Errorf("%d of %d tokens", got.Done, got.Total)
	}
	_, err = c.CancelJob(t.Context(), j.ID)
	if selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("cancel what has ended: %v", err)
	}
}

func positive(a, b int64) bool { return a > 0 && b > 0 }

// TestCancelOverHTTP: what was cancelled does not run, and asking again goes on
// with the same epoch.
func TestCancelOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := p.operator()
	j, err := c.RotateKeys(t.Context())
	must(t, err)
	got, err := c.CancelJob(t.Context(), j.ID)
	if must(t, err); got.State != job.Cancelled || got.EndedAt.IsZero() {
		t.Errorf("%+v", got)
	}
	next, err := c.RotateKeys(t.Context())
	if must(t, err); next.ID == j.ID || next.Key != j.Key {
		t.Errorf("asked again: job %s of epoch %s", next.ID, next.Key)
	}
}

// TestListJobs: pages of all jobs, the newest first, each once; of one kind; and
// of one state. The error of an attempt is told by its code alone.
func TestListJobs(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	must(t, p.Rotation.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for i := range job.Page + 2 {
			if _, err := p.Server.Jobs.Enqueue(ctx, tx, job.Spec{Kind: "test.none", Key: fmt.Sprint("lst_", i), Args: "ada@example.com"}); err != nil {
				return err
			}
		}
		return nil
	}))
	c := p.operator()
	j, err := c.RotateKeys(t.Context())
	must(t, err)
	var ids []string
	var page api.Items[api.Job]
	for range 4 {
		page, err = c.Jobs(t.Context(), "", "", page.Next)
		must(t, err)
		for _, j := range page.Items {
			ids = append(ids, j.ID)
		}
		if page.Next == "" {
			break
		}
	}
	if len(ids) != job.Page+3 || ids[0] != j.ID || ids[len(ids)-1] != "1" || page.Next != "" {
		t.Errorf("%d jobs, from %s to %s, then %q", len(ids), ids[0], ids[len(ids)-1], page.Next)
	}
	one, err := c.Jobs(t.Context(), rotation.Kind, job.Waiting, "")
	if must(t, err); len(one.Items) != 1 || one.Items[0].ID != j.ID {
		t.Errorf("rotations: %+v", one)
	}
	none, err := c.Jobs(t.Context(), "", job.Failed, "")
	if must(t, err); len(none.Items) != 0 {
		t.Errorf("failed: %+v", none)
	}
	if a := p.ask(t, p.anna, "GET", "/v1/jobs?state=failed", ""); a.body != "{\"items\":[]}\n" {
		t.Errorf("no job: %s", a.body)
	}
	if a := p.ask(t, p.anna, "GET", "/v1/jobs", ""); strings.Contains(a.body, "ada") {
		t.Error("the arguments are shown")
	}
}

// TestListJobsRefused: a cursor that nobody gave, and a state that is none.
func TestListJobsRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for query, field := range map[string]string{
		"cursor=1": "cursor", "cursor=am9iOg": "cursor", "cursor=am9iOi0x": "cursor", "cursor=am9iOjAx": "cursor", "cursor=am9iOjF": "cursor",
		"cursor=%00": "cursor", "state=over": "state", "state=Done": "state",
	} {
		a := p.ask(t, p.anna, "GET", "/v1/jobs?"+query, "")
		problem(t, a, 400, selvedge.CodeInvalid)
		var got api.Problem
		must(t, json.Unmarshal([]byte(a.body), &got))
		if got.Field != field {
			t.Errorf("%s: at %q", query, got.Field)
		}
	}
	for _, id := range []string{"0", "-1", "x", "1.0", "99999999999999999999"} {
		problem(t, p.ask(t, p.anna, "GET", "/v1/jobs/"+id, ""), 404, selvedge.CodeNotFound)
		problem(t, p.ask(t, p.anna, "POST", "/v1/jobs/"+id+":cancel", ""), 404, selvedge.CodeNotFound)
	}
}
