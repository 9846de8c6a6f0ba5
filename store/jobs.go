package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/job"
)

// Jobs keeps jobs as rows, for a runner in the process that has the data folder
// (store/jobs). It knows no policy: what becomes of a job is job.Decide's to say.
type Jobs struct{ DB *DB }

// Insert adds a waiting job, and returns its ID. If one of its
// kind and key waits or runs, it returns that one's ID and false.
func (j Jobs) Insert(ctx context.Context, tx selvedge.Tx, s job.Spec, args json.RawMessage) (job.ID, bool, error) {
	if s.Key != "" {
		id, err := one(ctx, tx, number, `SELECT id FROM job WHERE kind = ? AND unique_key = ? AND ended_at IS NULL`, s.Kind, s.Key)
		if selvedge.CodeOf(err) != selvedge.CodeNotFound {
			return job.ID(id), false, err
		}
	}
	// Not MAX + 1: the highest may have been dropped, and an ID is never given
	// twice.
	id, err := one(ctx, tx, number, `UPDATE counter SET given = given + 1 WHERE name = 'job' RETURNING given`)
	if err != nil {
		return 0, false, err
	}
	now := j.DB.clock.Now()
	due := now
	if s.DueAt.After(now) {
		due = s.DueAt
	}
	_, err = exec(ctx, tx, `
		INSERT INTO job (id, kind, unique_key, args, state, cancelling, attempt, progress, total, failure, enqueued_at, due_at)
		VALUES (?, ?, ?, ?, 'waiting', 0, 0, 0, 0, '', ?, ?)`, id, s.Kind, s.Key, string(args), micros{&now}, micros{&due})
	return job.ID(id), true, err
}

const jobColumns = `id, kind, unique_key, args, state, cancelling, attempt, progress, total, failure, enqueued_at, due_at, ended_at`

func scanJob(s scanner) (v job.Status, err error) {
	var args string
	err = s.Scan(&v.ID, &v.Kind, &v.Key, &args, &v.State, &v.Cancelling, &v.Attempt, &v.Progress.Done, &v.Progress.Total, &v.Failure,
		micros{&v.EnqueuedAt}, micros{&v.DueAt}, micros{&v.EndedAt})
	v.Args = json.RawMessage(args)
	return v, err
}

// Job returns a job, or a CodeNotFound error.
func (Jobs) Job(ctx context.Context, tx selvedge.Tx, id job.ID) (job.Status, error) {
	return one(ctx, tx, scanJob, `SELECT `+jobColumns+` FROM job WHERE id = ?`, id)
}

// Jobs returns a page of jobs, the highest ID first.
func (Jobs) Jobs(ctx context.Context, tx selvedge.Tx, f job.Filter) ([]job.Status, error) {
	return all(ctx, tx, scanJob, `SELECT `+jobColumns+` FROM job
		WHERE (? = '' OR kind = ?) AND (? = '' OR state = ?) AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?`,
		f.Kind, f.Kind, f.State, f.State, f.Before, f.Before, job.Page)
}

// Claim starts an attempt at the job of a kind that has been due for longest,
// and returns it. If none is due it returns false.
func (j Jobs) Claim(ctx context.Context, tx selvedge.Tx, kind job.Kind) (job.Status, bool, error) {
	now := j.DB.clock.Now()
	s, err := one(ctx, tx, scanJob, `
		UPDATE job SET state = 'running', attempt = attempt + 1
		WHERE id = (SELECT id FROM job WHERE kind = ? AND state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT 1)
		RETURNING `+jobColumns, kind, micros{&now})
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return s, false, nil
	}
	return s, err == nil, err
}

// NextDue returns when the next waiting job of a kind is due, and false if none
// waits.
func (Jobs) NextDue(ctx context.Context, tx selvedge.Tx, kind job.Kind) (due time.Time, ok bool, err error) {
	due, err = one(ctx, tx, func(s scanner) (due time.Time, err error) {
		err = s.Scan(micros{&due})
		return due, err
	}, `SELECT MIN(due_at) FROM job WHERE kind = ? AND state = 'waiting'`, kind)
	return due, !due.IsZero(), err
}

// RunningJobs returns the jobs that run.
func (Jobs) RunningJobs(ctx context.Context, tx selvedge.Tx) ([]job.Status, error) {
	return all(ctx, tx, scanJob, `SELECT `+jobColumns+` FROM job WHERE state = 'running' ORDER BY id`)
}

// Move gives a job that waits or runs the outcome of an attempt, or of a
// cancellation.
func (j Jobs) Move(ctx context.Context, tx selvedge.Tx, id job.ID, o job.Outcome) error {
	var ended time.Time
	if o.State.Ended() {
		ended = j.DB.clock.Now()
	}
	_, err := exec(ctx, tx, `UPDATE job SET state = ?, cancelling = 0, attempt = ?, due_at = COALESCE(?, due_at), failure = ?, ended_at = ? WHERE id = ? AND ended_at IS NULL`,
		o.State, o.Attempt, micros{&o.DueAt}, o.Failure, micros{&ended}, id)
	return err
}

// AskToEnd notes that a running job was cancelled.
func (Jobs) AskToEnd(ctx context.Context, tx selvedge.Tx, id job.ID) error {
	_, err := exec(ctx, tx, `UPDATE job SET cancelling = 1 WHERE id = ? AND state = 'running'`, id)
	return err
}

// SetProgress notes how far a job is.
func (Jobs) SetProgress(ctx context.Context, tx selvedge.Tx, id job.ID, p job.Progress) error {
	_, err := exec(ctx, tx, `UPDATE job SET progress = ?, total = ? WHERE id = ?`, p.Done, p.Total, id)
	return err
}

// Drop forgets the jobs that ended long enough ago.
func (j Jobs) Drop(ctx context.Context, tx selvedge.Tx) error {
	before := j.DB.clock.Now().Add(-job.Kept)
	_, err := exec(ctx, tx, `DELETE FROM job WHERE ended_at < ?`, micros{&before})
	return err
}
