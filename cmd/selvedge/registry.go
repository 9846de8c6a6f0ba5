package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/selvedge/selvedge/contact"
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
