package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

type orgCmd struct {
	Add  orgAddCmd  `cmd:"" help:"Add an org and print its key."`
	List orgListCmd `cmd:"" help:"List the orgs."`

	Suspend    orgSuspendCmd    `cmd:"" help:"Suspend an org, at once."`
	Reactivate orgReactivateCmd `cmd:"" help:"Make a suspended org active again."`
}

type orgAddCmd struct {
	folder
	operator
	Name        string   `required:"" help:"Name of the org."`
	LegalEntity string   `required:"" help:"Legal entity behind it. Limits are counted over all its orgs."`
	Kind        org.Kind `default:"advertiser" enum:"advertiser,partner" help:"advertiser or partner"`
	AcceptTerms bool     `help:"Record that the org has accepted the terms that are in force; without, it must itself, before its first upload."`
}

func (cmd orgAddCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	o, key, err := s.Orgs.Create(ctx, cmd.actor(), cmd.Name, cmd.LegalEntity, cmd.Kind)
	if err != nil {
		return err
	}
	if cmd.AcceptTerms {
		t, _, err := s.Orgs.Terms(ctx, cmd.actor())
		if err != nil {
			return err
		}
		if _, err := s.Orgs.Accept(ctx, cmd.actor(), o.ID, t.Version); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(c.out, "org: %s\nkey (shown once): %s\n", o.ID, key)
	return err
}

type orgListCmd struct {
	folder
	operator
}

func (cmd orgListCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	orgs, err := s.Orgs.List(ctx, cmd.actor())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, o := range orgs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", o.ID, o.Kind, o.State, o.Name, o.LegalEntity)
	}
	return w.Flush()
}

type orgSuspendCmd struct {
	folder
	operator
	Org selvedge.OrgID `arg:"" help:"Id of the org."`
}

func (cmd orgSuspendCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Orgs.Suspend(ctx, cmd.actor(), cmd.Org); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, "the org is suspended")
	return err
}

type orgReactivateCmd struct {
	folder
	operator
	Org selvedge.OrgID `arg:"" help:"Id of the org."`
}

func (cmd orgReactivateCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Orgs.Reactivate(ctx, cmd.actor(), cmd.Org); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, "the org is active")
	return err
}

type termsCmd struct {
	Show    termsShowCmd    `cmd:"" help:"Show the terms that are in force, over HTTP, and whether you accepted them."`
	Accept  termsAcceptCmd  `cmd:"" help:"Accept the terms that are in force, over HTTP."`
	Publish termsPublishCmd `cmd:"" help:"Put other terms in force."`
}

type termsShowCmd struct{ remote }

func (cmd termsShowCmd) Run(ctx context.Context, c *console) error {
	client, err := cmd.client()
	if err != nil {
		return err
	}
	v, err := client.Terms(ctx)
	return show(c, v, err)
}

type termsAcceptCmd struct {
	remote
	Version int64 `arg:"" help:"The version that you have read."`
}

func (cmd termsAcceptCmd) Run(ctx context.Context, c *console) error {
	client, err := cmd.client()
	if err != nil {
		return err
	}
	v, err := client.AcceptTerms(ctx, cmd.Version)
	return show(c, v, err)
}

type termsPublishCmd struct {
	folder
	operator
	File string `arg:"" type:"existingfile" help:"Markdown file with the text."`
}

func (cmd termsPublishCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	text, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	t, err := s.Orgs.PublishTerms(ctx, cmd.actor(), string(text))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "version %d is in force\n", t.Version)
	return err
}
