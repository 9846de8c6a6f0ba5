package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

// River's table river_job, as far as it is read and written here: River itself
// inserts, fetches and cancels. Ours in its metadata are "progress" and
// "failure". River's states that nothing here makes a job take (pending,
// scheduled, retryable) are read as waiting.

// riverStates are the states that a job is given here. One that waits for its
// next attempt is available from a later time on, which needs no scheduler.
var riverStates = map[job.State]string{
	job.Waiting: "available", job.Done: "completed", job.Failed: "discarded", job.Cancelled: "cancelled",
}

const (
	jobState  = `CASE state WHEN 'running' THEN 'running' WHEN 'completed' THEN 'done' WHEN 'discarded' THEN 'failed' WHEN 'cancelled' THEN 'cancelled' ELSE 'waiting' END`
	jobsQuery = `SELECT id, kind, args->>'key', (args->'args')::text, ` + jobState + `,
		state = 'running' AND metadata ? 'cancel_attempted_at', attempt,
		COALESCE((metadata->'progress'->>0)::bigint, 0), COALESCE((metadata->'progress'->>1)::bigint, 0),
		COALESCE(metadata->>'failure', ''), created_at, scheduled_at, finalized_at FROM river_job `
	forUpdate = ` FOR UPDATE`
)

func scanStatus(row pgx.CollectableRow) (v job.Status, err error) {
	var args string
	var ended *time.Time
	err = row.Scan(&v.ID, &v.Kind, &v.Key, &args, &v.State, &v.Cancelling, &v.Attempt, &v.Progress.Done, &v.Progress.Total, &v.Failure,
		&v.EnqueuedAt, &v.DueAt, &ended)
	v.Args, v.EnqueuedAt, v.DueAt = json.RawMessage(args), v.EnqueuedAt.UTC(), v.DueAt.UTC()
	if ended != nil {
		v.EndedAt = ended.UTC()
	}
	return v, err
}

// statuses reads jobs. The tail of the query says which.
func statuses(ctx context.Context, tx pgx.Tx, tail string, args ...any) ([]job.Status, error) {
	rows, err := tx.Query(ctx, jobsQuery+tail, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanStatus)
}

// lookAt returns a job, or a CodeNotFound error. With the lock forUpdate nobody
// else changes it until tx ends.
func lookAt(ctx context.Context, tx pgx.Tx, id job.ID, lock string) (job.Status, error) {
	vs, err := statuses(ctx, tx, `WHERE id = $1`+lock, id)
	if err == nil && len(vs) == 0 {
		err = selvedge.Errorf(selvedge.CodeNotFound, "there is no such job")
	}
	if err != nil {
		return job.Status{}, err
	}
	return vs[0], nil
}

func listJobs(ctx context.Context, tx pgx.Tx, f job.Filter) ([]job.Status, error) {
	return statuses(ctx, tx, `WHERE ($1::text = '' OR kind = $1) AND ($2::text = '' OR `+jobState+` = $2) AND ($3::bigint = 0 OR id < $3)
		ORDER BY id DESC LIMIT $4`, f.Kind, f.State, f.Before, job.Page)
}

// silent locks jobs whose attempts have not been renewed since a time, and
// returns them. Those that somebody has locked are not dead.
func silent(ctx context.Context, tx pgx.Tx, since time.Time) ([]job.Status, error) {
	return statuses(ctx, tx, `WHERE state = 'running' AND attempted_at < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`, since, job.Page)
}

// heldBy locks the jobs whose attempt a process of a name began, and returns
// them.
func heldBy(ctx context.Context, tx pgx.Tx, name string) ([]job.Status, error) {
	return statuses(ctx, tx, `WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1 ORDER BY id FOR UPDATE`, name)
}

// move gives a job that tx has locked the outcome of an attempt.
func move(ctx context.Context, tx pgx.Tx, id job.ID, o job.Outcome, now time.Time) error {
	var due, ended *time.Time
	if o.State.Ended() {
		ended = &now
	} else {
		due = &o.DueAt
	}
	_, err := tx.Exec(ctx, `UPDATE river_job SET state = $2::text::river_job_state, attempt = $3, scheduled_at = COALESCE($4, scheduled_at),
		finalized_at = $5, metadata = metadata || jsonb_build_object('failure', $6::text) WHERE id = $1`,
		id, riverStates[o.State], o.Attempt, due, ended, o.Failure)
	return err
}

// postpone has a job that tx has just added wait until it is due. River itself
// would make it scheduled, which needs a scheduler.
func postpone(ctx context.Context, tx pgx.Tx, id job.ID, due time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE river_job SET scheduled_at = $2 WHERE id = $1`, id, due)
	return err
}

// setProgress notes how far a job is that tx has locked.
func setProgress(ctx context.Context, tx pgx.Tx, id job.ID, p job.Progress) error {
	_, err := tx.Exec(ctx, `UPDATE river_job SET metadata = metadata || jsonb_build_object('progress', jsonb_build_array($2::bigint, $3::bigint)) WHERE id = $1`,
		id, p.Done, p.Total)
	return err
}

// renew notes that attempts are alive, as far as nobody has locked their jobs,
// and returns the jobs whose attempt is not the one given any more.
func renew(ctx context.Context, tx pgx.Tx, attempts map[job.ID]int, now time.Time) ([]job.ID, error) {
	var ids []int64
	var numbers []int
	for id, n := range attempts {
		ids, numbers = append(ids, int64(id)), append(numbers, n)
	}
	_, err := tx.Exec(ctx, `UPDATE river_job SET attempted_at = $3 WHERE id IN (
		SELECT id FROM river_job JOIN unnest($1::bigint[], $2::int[]) AS ours (id, number) USING (id)
		WHERE state = 'running' AND attempt = number FOR UPDATE OF river_job SKIP LOCKED)`, ids, numbers, now)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT id FROM unnest($1::bigint[], $2::int[]) AS ours (id, number)
		WHERE NOT EXISTS (SELECT FROM river_job j WHERE j.id = ours.id AND j.state = 'running' AND j.attempt = ours.number)`, ids, numbers)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[job.ID])
}

// drop forgets jobs that ended before a time.
func drop(ctx context.Context, tx pgx.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM river_job WHERE id IN (
		SELECT id FROM river_job WHERE state IN ('completed', 'discarded', 'cancelled') AND finalized_at < $1
		ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED)`, before)
	return err
}
