package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/killpoint"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/store"
)

// River is job.Queue on PostgreSQL. Any number of processes may have a Run under
// way. River keeps the jobs, hands each to one process, and wakes whoever waits;
// how an attempt ends is written here, under the attempt's number, because River
// takes the word of an attempt that was superseded (see docs/decisions/0009).
//
// A process shows that it lives by renewing its jobs every beat. One that has
// not renewed a job for a lease is taken for dead, by any other; but who could
// not reach the database judges nobody for a lease after, since the others may
// have been cut off as well. Clocks of machines must agree to within a small part
// of a lease.
type River struct {
	// Sole is the name of a process of which there is one at a time, because
	// something else excludes a second, and empty for one of many. What it left
	// running when it died it takes up at once when it runs again. It is set
	// before Run.
	Sole string

	db      *store.DB
	clock   selvedge.Clock
	entropy selvedge.Entropy
	log     *slog.Logger
	client  *river.Client[pgx.Tx] // to enqueue and cancel; Run has one of its own

	// beat is how often Run renews its jobs and looks for dead processes, lease
	// how long a process may be silent, and poll how often Run asks for due jobs
	// that no notification told of.
	beat, lease, poll time.Duration

	mu    sync.Mutex
	held  map[job.ID]held // what runs here; guarded by mu, like all below; nil unless Run is under way
	cut   bool            // the database could not be reached at the last beat
	judge time.Time       // nobody is taken for dead before this
}

var _ job.Queue = (*River)(nil)

// OpenRiver returns the queue of an installation on PostgreSQL, after bringing
// River's tables up to date, which stand beside ours in the schema.
func OpenRiver(ctx context.Context, db *store.DB, clock selvedge.Clock, entropy selvedge.Entropy, log *slog.Logger) (*River, error) {
	r := &River{
		db: db, clock: clock, entropy: entropy, log: log,
		beat: killpoint.Lease / 5, lease: killpoint.Lease, poll: time.Second,
	}
	driver := riverpgxv5.New(db.Postgres())
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(severe{log.Handler()})})
	if err != nil {
		return nil, fmt.Errorf("read River's migrations: %w", err)
	}
	// Within a write transaction, because that makes other processes wait. The
	// migrations do not run in it: some must commit before the next one.
	err = db.Update(ctx, func(ctx context.Context, _ selvedge.Tx) error {
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("bring River's schema up to date: %w", err)
	}
	r.client, err = river.NewClient(driver, r.config())
	return r, err
}

// config is what both clients share.
func (r *River) config() *river.Config {
	return &river.Config{
		Logger: slog.New(severe{r.log.Handler()}),
		Test:   river.TestConfig{Time: riverTime{r.clock}},
	}
}

// riverTime is a Clock as River takes one: its statements then go by it, not by
// the database's clock.
type riverTime struct{ clock selvedge.Clock }

// Now implements rivertype.TimeGenerator.
func (t riverTime) Now() time.Time { return t.clock.Now() }

// NowOrNil implements rivertype.TimeGenerator.
func (t riverTime) NowOrNil() *time.Time {
	now := t.clock.Now()
	return &now
}

// severe passes on errors alone: what River says about its own doings is no
// operator's concern.
type severe struct{ slog.Handler }

// Enabled implements slog.Handler.
func (severe) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// WithAttrs implements slog.Handler.
func (s severe) WithAttrs(as []slog.Attr) slog.Handler { return severe{s.Handler.WithAttrs(as)} }

// WithGroup implements slog.Handler.
func (s severe) WithGroup(name string) slog.Handler { return severe{s.Handler.WithGroup(name)} }

// envelope is a job's key and arguments as River keeps them.
type envelope struct {
	kind job.Kind
	Key  string          `json:"key" river:"unique"`
	Args json.RawMessage `json:"args"`
}

// Kind implements river.JobArgs.
func (e envelope) Kind() string { return string(e.kind) }

// queue is the queue of a kind: each has one, so that kinds do not hold each
// other up.
func queue(kind job.Kind) string { return strings.ReplaceAll(string(kind), ".", "-") }

// Enqueue implements job.Queue.
func (r *River) Enqueue(ctx context.Context, tx selvedge.Tx, s job.Spec) (job.ID, error) {
	args, err := s.Encode()
	if err != nil {
		return 0, err
	}
	o := &river.InsertOpts{Queue: queue(s.Kind), MaxAttempts: job.MaxAttempts}
	if s.Key != "" {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
		}}
	}
	res, err := r.client.InsertTx(context.WithoutCancel(ctx), store.PostgresTx(tx), envelope{s.Kind, s.Key, args}, o)
	if err != nil {
		return 0, fmt.Errorf("enqueue job: %w", err)
	}
	id := job.ID(res.Job.ID)
	if s.DueAt.After(r.clock.Now()) && !res.UniqueSkippedAsDuplicate {
		err = postpone(context.WithoutCancel(ctx), store.PostgresTx(tx), id, s.DueAt)
	}
	return id, err
}

// Cancel implements job.Queue.
func (r *River) Cancel(ctx context.Context, tx selvedge.Tx, id job.ID) error {
	ctx = context.WithoutCancel(ctx)
	s, err := lookAt(ctx, store.PostgresTx(tx), id, forUpdate)
	switch {
	case err != nil:
		return err
	case s.State.Ended():
		return errEnded()
	}
	_, err = r.client.JobCancelTx(ctx, store.PostgresTx(tx), int64(id))
	return err
}

// Look implements job.Queue.
func (r *River) Look(ctx context.Context, tx selvedge.Tx, id job.ID) (job.Status, error) {
	return lookAt(context.WithoutCancel(ctx), store.PostgresTx(tx), id, "")
}

// List implements job.Queue.
func (r *River) List(ctx context.Context, tx selvedge.Tx, f job.Filter) ([]job.Status, error) {
	return listJobs(context.WithoutCancel(ctx), store.PostgresTx(tx), f)
}
