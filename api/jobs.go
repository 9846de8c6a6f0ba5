package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

// Work is what operators can see and ask of the work behind the requests. Each
// method refuses who is no operator.
type Work interface {
	ListJobs(ctx context.Context, actor selvedge.Actor, f job.Filter) ([]job.Status, error)
	Job(ctx context.Context, actor selvedge.Actor, id job.ID) (job.Status, error)
	CancelJob(ctx context.Context, actor selvedge.Actor, id job.ID) error
	// AskToRotate has every token taken to new keys, by a job.
	AskToRotate(ctx context.Context, actor selvedge.Actor) (job.Status, error)
}

// Job is a job as operators see it: what is left of its arguments is the key, an
// id, and of its errors the code.
type Job struct {
	ID         string        `json:"id"`
	Kind       job.Kind      `json:"kind"`
	Key        string        `json:"key,omitempty"` // what it is about
	State      job.State     `json:"state"`
	Cancelling bool          `json:"cancelling"`
	Attempts   int           `json:"attempts"`
	Done       int64         `json:"done"`
	Total      int64         `json:"total,omitzero"`
	Failure    selvedge.Code `json:"failure,omitempty"`
	EnqueuedAt time.Time     `json:"enqueued_at"`
	DueAt      time.Time     `json:"due_at"`
	EndedAt    time.Time     `json:"ended_at,omitzero"`
}

func jobOf(s job.Status) Job {
	return Job{
		ID: strconv.FormatInt(int64(s.ID), 10), Kind: s.Kind, Key: s.Key, State: s.State, Cancelling: s.Cancelling, Attempts: s.Attempt,
		Done: s.Progress.Done, Total: s.Progress.Total, Failure: s.Failure, EnqueuedAt: s.EnqueuedAt, DueAt: s.DueAt, EndedAt: s.EndedAt,
	}
}

func (d *door) jobOperations() []operation {
	operator := []selvedge.Role{selvedge.OperatorRole}
	return []operation{
		{
			id: "listJobs", route: "GET /v1/jobs", roles: operator, handle: d.listJobs,
			summary: "List jobs, the newest first", paged: true, status: http.StatusOK, out: Items[Job]{},
			params: []param{
				query("kind", "Only this kind."), query("state", "Only this state: waiting, running, done, failed or cancelled."),
			},
		},
		{
			id: "getJob", route: "GET /v1/jobs/{job}", roles: operator, handle: d.getJob,
			summary: "Show a job", status: http.StatusOK, out: Job{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "cancelJob", route: "POST /v1/jobs/{job}:cancel", roles: operator, handle: d.cancelJob,
			summary: "Cancel a job", status: http.StatusOK, out: Job{}, problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict},
		},
		{
			id: "rotateKeys", route: "POST /v1/keys:rotate", roles: operator, handle: d.rotateKeys,
			summary: "Have every token taken to new keys, by a job", status: http.StatusAccepted, out: Job{},
			about: "While a rotation is under way, or one was cut off, the answer is that one's job, and nothing new begins.",
		},
	}
}

func (d *door) listJobs(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	q := r.URL.Query()
	f := job.Filter{Kind: job.Kind(q.Get("kind")), State: job.State(q.Get("state"))}
	switch f.State {
	case "", job.Waiting, job.Running, job.Done, job.Failed, job.Cancelled:
	default:
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "must be waiting, running, done, failed or cancelled").At("state").Because("bad_state")
	}
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	f.Before = job.ID(t.numberOf())
	vs, err := d.Work.ListJobs(ctx, actor, f) // more than a page has
	return firstOf(t, vs, func(s job.Status) string { return strconv.FormatInt(int64(s.ID), 10) }, jobOf), err
}

// jobID reads the number of a job.
func jobID(s string) (job.ID, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return job.ID(n), err == nil && n > 0
}

func noSuchJob() error { return selvedge.Errorf(selvedge.CodeNotFound, "there is no such job") }

func (d *door) getJob(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	id, ok := jobID(r.PathValue("job"))
	if !ok { // what is no number names nothing
		return nil, noSuchJob()
	}
	v, err := d.Work.Job(ctx, actor, id)
	return jobOf(v), err
}

func (d *door) cancelJob(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	id, ok := jobID(r.PathValue("job"))
	if !ok {
		return nil, noSuchJob()
	}
	if err := d.Work.CancelJob(ctx, actor, id); err != nil {
		return nil, err
	}
	v, err := d.Work.Job(ctx, actor, id)
	return jobOf(v), err
}

func (d *door) rotateKeys(ctx context.Context, actor selvedge.Actor, _ *http.Request) (any, error) {
	v, err := d.Work.AskToRotate(ctx, actor)
	return jobOf(v), err
}
