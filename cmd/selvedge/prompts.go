package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/server"
)

type promptsCmd struct {
	Check   promptsCheckCmd   `cmd:"" help:"Check a prompts file and register nothing."`
	Apply   promptsApplyCmd   `cmd:"" help:"Register what is new in a prompts file."`
	List    promptsListCmd    `cmd:"" help:"List the prompts and what became of them."`
	Pending promptsPendingCmd `cmd:"" help:"Show the texts of the prompts that wait for a second operator."`
	Approve promptsApproveCmd `cmd:"" help:"State, as the second operator, what the texts of a prompt ask for."`
}

type promptsCheckCmd struct {
	File string `arg:"" type:"existingfile" help:"Prompts file."`
}

func (cmd promptsCheckCmd) Run(c *console) error {
	ps, err := readPrompts(cmd.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d prompts, all valid\n", len(ps))
	return err
}

func readPrompts(path string) ([]prompt.Prompt, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return prompt.Parse(f)
}

// byKey is a data folder, and the key that proves who acts on it: --as would be
// whatever name anybody gives.
type byKey struct {
	folder
	keyFile
}

func (b byKey) openAs(ctx context.Context, c *console) (*server.Server, selvedge.Actor, error) {
	key, err := b.key()
	if err != nil {
		return nil, selvedge.Actor{}, err
	}
	s, err := b.open(ctx, c)
	if err != nil {
		return nil, selvedge.Actor{}, err
	}
	actor, err := s.Orgs.Authenticate(ctx, key)
	if err != nil {
		s.Close()
		return nil, selvedge.Actor{}, err
	}
	return s, actor, nil
}

type promptsApplyCmd struct {
	byKey
	File string `arg:"" type:"existingfile" help:"Prompts file."`
}

func (cmd promptsApplyCmd) Run(ctx context.Context, c *console) error {
	ps, err := readPrompts(cmd.File)
	if err != nil {
		return err
	}
	s, actor, err := cmd.openAs(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	done, err := s.Prompts.Apply(ctx, actor, ps)
	if err != nil {
		return err
	}
	fresh := 0
	for _, d := range done {
		if d.New {
			fresh++
		}
	}
	fmt.Fprintf(c.out, "%d prompts registered, %d unchanged\n", fresh, len(done)-fresh)
	for _, d := range done {
		switch d.State {
		case prompt.Pending:
			fmt.Fprintf(c.out, "%s waits for another operator: selvedge prompts pending\n", d.Name)
		case prompt.Refused:
			fmt.Fprintf(c.out, "%s was refused, and stays so: give the change a version of its own\n", d.Name)
		}
	}
	return nil
}

type promptsListCmd struct{ byKey }

func (cmd promptsListCmd) Run(ctx context.Context, c *console) error {
	s, actor, err := cmd.openAs(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	views, err := s.Prompts.List(ctx, actor)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, v := range views {
		asks := "not shown while it waits"
		if v.Asks != nil {
			asks = v.Asks.Purposes.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Name, v.State, v.Surface, asks)
	}
	return w.Flush()
}

type promptsPendingCmd struct{ byKey }

// Run shows what a person at the prompt would see, and nothing of what the
// prompt is meant to ask for.
func (cmd promptsPendingCmd) Run(ctx context.Context, c *console) error {
	s, actor, err := cmd.openAs(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	views, err := s.Prompts.List(ctx, actor)
	if err != nil {
		return err
	}
	for _, v := range views {
		if v.State != prompt.Pending {
			continue
		}
		fmt.Fprintf(c.out, "%s, shown at %s, registered by %s on %s\n", v.Name, v.Surface, v.By, v.At.Format(time.DateOnly))
		for _, t := range v.Texts {
			fmt.Fprintf(c.out, "  %s: %q\n", t.Language, t.Text) // quoted: no sign of it is for the terminal
		}
	}
	return nil
}

type promptsApproveCmd struct {
	byKey
	ID      string `arg:"" help:"Id of the prompt."`
	Version int    `arg:"" help:"Version of the prompt."`
	// Not from the environment: a statement that is made beforehand is none.
	Grants prompt.Statement `required:"" env:"-" help:"What the texts ask for, as you read them: ads, marketing, security, service or unclear."`
}

func (cmd promptsApproveCmd) Run(ctx context.Context, c *console) error {
	s, actor, err := cmd.openAs(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	v, err := s.Prompts.Approve(ctx, actor, prompt.Name{ID: cmd.ID, Version: cmd.Version}, cmd.Grants)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s is in effect and grants %s: registered by %s, approved by %s\n",
		v.Name, v.Asks.Purposes, v.By, v.Decision.By)
	return err
}
