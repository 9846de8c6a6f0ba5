package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/org"
)

type importCmd struct {
	folder
	operator
	Accounts      string `required:"" type:"existingfile" help:"accounts.csv"`
	ContactPoints string `required:"" type:"existingfile" help:"contact_points.csv"`
}

func (cmd importCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	report, err := s.Importer.Import(ctx, cmd.actor(), source(cmd.Accounts), source(cmd.ContactPoints))
	if err != nil {
		return err
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

func source(path string) contact.Source {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}

type orgCmd struct {
	Add  orgAddCmd  `cmd:"" help:"Add an org and print its key."`
	List orgListCmd `cmd:"" help:"List the orgs."`
}

type orgAddCmd struct {
	folder
	operator
	Name        string   `required:"" help:"Name of the org."`
	LegalEntity string   `required:"" help:"Legal entity behind it. Limits are counted over all its orgs."`
	Kind        org.Kind `default:"advertiser" enum:"advertiser,partner" help:"advertiser or partner"`
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

type indexCmd struct {
	Rebuild indexRebuildCmd `cmd:"" help:"Build the segments again from the token chunks. The server must be stopped."`
}

type indexRebuildCmd struct {
	folder
	ages
}

func (cmd indexRebuildCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c, withAges(cmd.UnknownAge))
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Start(ctx); err != nil {
		return err
	}
	if err := s.RebuildIndex(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, "the index was built again")
	return err
}
