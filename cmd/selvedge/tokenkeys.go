package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/selvedge/selvedge"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" help:"List the epochs of keys, and how far a rotation has come."`
	Rotate keysRotateCmd `cmd:"" help:"Take every token to new keys and destroy the older ones. A server that runs does it, as a job."`
	Reseal keysResealCmd `cmd:"" help:"Seal the keys anew, under a new key-encryption key. The server must be stopped."`
}

type keysListCmd struct {
	folder
	operator
}

func (cmd keysListCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	p, err := s.Rotation.Progress(ctx, cmd.actor())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, e := range p.Kept {
		for _, k := range e.Keys {
			fmt.Fprintf(w, "epoch %d\t%s\t%s\t%s\tmade %s\n", e.Epoch, e.State, k.Family, k.Class, k.CreatedAt.Format(time.RFC3339))
		}
		if e.Need.Lists > 0 {
			fmt.Fprintf(w, "epoch %d\t%s\t%d lists wait to be matched\n", e.Epoch, e.State, e.Need.Lists)
		}
	}
	if p.Next != 0 {
		fmt.Fprintf(w, "rotation to epoch %d: %d of %d chunks, %d of %d tokens\n", p.Next, p.ChunksDone, p.Chunks, p.TokensDone, p.Tokens)
	}
	return w.Flush()
}

type keysRotateCmd struct {
	folder
	operator
}

func (cmd keysRotateCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	err = s.Lock()
	if selvedge.CodeOf(err) == selvedge.CodeConflict { // a server has the folder
		j, err := s.AskToRotate(ctx, cmd.actor())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "job %d takes every token to the keys of epoch %s\n", j.ID, j.Key)
		return err
	}
	if err != nil {
		return err
	}
	res, err := s.Rotate(ctx, cmd.actor())
	return show(c, res, err)
}

type keysResealCmd struct {
	folder
	operator
}

func (cmd keysResealCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Lock(); err != nil {
		return err
	}
	n, err := s.Reseal(ctx, cmd.actor())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d keys sealed anew\n", n)
	return err
}
