package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/selvedge/selvedge/job"
)

type workerCmd struct {
	folder
	ages
	tick
}

func (cmd workerCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c, withAges(cmd.UnknownAge), cmd.set)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.StartWorker(ctx); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "running jobs")
	return s.Run(ctx)
}

type jobsCmd struct {
	List   jobsListCmd   `cmd:"" help:"List jobs, the newest first."`
	Cancel jobsCancelCmd `cmd:"" help:"Cancel a job."`
}

type jobsListCmd struct {
	folder
	operator
	Kind   job.Kind  `help:"Only this kind."`
	State  job.State `enum:",waiting,running,done,failed,cancelled" default:"" help:"Only this state: waiting, running, done, failed or cancelled."`
	Before job.ID    `help:"Only those with a lower number: the next page."`
}

func (cmd jobsListCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	jobs, err := s.ListJobs(ctx, cmd.actor(), job.Filter{Kind: cmd.Kind, State: cmd.State, Before: cmd.Before})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, j := range jobs {
		at := j.DueAt
		if j.State.Ended() {
			at = j.EndedAt
		}
		progress := ""
		if j.Progress != (job.Progress{}) {
			progress = fmt.Sprintf("%d/%d", j.Progress.Done, j.Progress.Total)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", j.ID, j.Kind, j.Key, j.State, j.Attempt, at.Format(time.RFC3339), progress, j.Failure)
	}
	return w.Flush()
}

type jobsCancelCmd struct {
	folder
	operator
	Job job.ID `arg:"" help:"Number of the job."`
}

func (cmd jobsCancelCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.CancelJob(ctx, cmd.actor(), cmd.Job)
}
